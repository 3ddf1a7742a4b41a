"""Draws pictures on all cores, beside whoever orders them.

Helpers are processes begun anew: fork is no choice beside threads, and matplotlib holds the interpreter lock. They run
this module alone, not the caller's script as multiprocessing would, so that a report may be written from any script.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Order", "Studio", "cores", "serve"]

DOTS_PER_INCH = 150
# A few helpers draw all of a report before more would have begun.
MOST_HELPERS = 3
_DONE, _FAILED = b"+", b"-"


@dataclass(frozen=True)
class Order:
    """A picture to draw and the file for it; can be pickled."""

    draw: "Callable[[], Figure]"
    path: Path

    def fill(self) -> None:
        """Draw the picture into its file."""
        from matplotlib import rc_context

        # Letters where they belong, not moved onto whole pixels, are drawn in half the time; and a file compressed
        # quickly is a tenth larger.
        with rc_context({"text.hinting": "none"}):
            self.draw().savefig(self.path, dpi=DOTS_PER_INCH, pil_kwargs={"compress_level": 1})


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Studio:
    """Takes orders and fills them on helpers; what they can't fill is filled here, where its error is told."""

    def __init__(self, helpers: int | None = None) -> None:
        count = min(cores() - 1, MOST_HELPERS) if helpers is None else helpers
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._left: SimpleQueue[Order] = SimpleQueue()
        self._processes = [process for process in (_helper() for _ in range(count)) if process is not None]
        self._threads = [Thread(target=self._pass_on, args=(each,), daemon=True) for each in self._processes]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Fill what was ordered, unless an error came before; helpers are gone after it."""
        try:
            if kind is None:
                self._fill()
        finally:
            for process, thread in zip(self._processes, self._threads, strict=True):
                process.kill()
                self._orders.put(None)
                thread.join()
                # Closes its pipes; what was left in one can't be sent any more.
                with suppress(OSError), process:
                    pass

    def order(self, order: Order) -> None:
        """Have a picture drawn by whoever is free, at the latest when the studio closes."""
        self._orders.put(order)

    def _fill(self) -> None:
        with suppress(Empty):
            while order := self._orders.get_nowait():
                order.fill()
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            thread.join()
        with suppress(Empty):
            while True:
                self._left.get_nowait().fill()

    def _pass_on(self, process: "subprocess.Popen[bytes]") -> None:
        """Pass orders on to one helper for as long as it fills them."""
        assert process.stdin is not None and process.stdout is not None
        while order := self._orders.get():
            try:
                pickle.dump(order, process.stdin)
                process.stdin.flush()
                filled = process.stdout.read(1) == _DONE
            except (OSError, ValueError, pickle.PicklingError):
                filled = False
            if not filled:
                self._left.put(order)
            if process.poll() is not None:
                return


def _helper() -> "subprocess.Popen[bytes] | None":
    """A process that fills orders; None where none can be had."""
    if not sys.executable:
        return None
    # The path of this process, since a helper must not find modules in the working folder that this one didn't.
    path = [str(folder) for folder in sys.path]
    program = f"import sys; sys.path[:] = {path!r}; from analysis.report.studio import serve; serve()"
    with suppress(OSError):
        return subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
    return None


def serve() -> None:
    """Fill the orders that come in until no more can come; whoever ordered hears of Ctrl-C, and not this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 10, 10)
    # What a library prints isn't an answer.
    with os.fdopen(os.dup(1), "wb", buffering=0) as answers:
        os.dup2(2, 1)
        import analysis.plots  # noqa: F401  (before the first order comes)

        gc.freeze()

        with suppress(EOFError):
            while True:
                order: Order = pickle.load(sys.stdin.buffer)
                try:
                    order.fill()
                    answers.write(_DONE)
                except Exception:
                    answers.write(_FAILED)
