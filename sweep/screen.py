"""What a run says, and to whom: lines to a person, nothing, or one JSON object a line to a batch system."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape

from sweep.study import Study

__all__ = ["Pace", "Screen", "path_shown", "span_told"]

# Seconds between two events of progress.
_PROGRESS = 1.0


def path_shown(where: object) -> str:
    """A path as it is told: from the working folder on, where it is in it."""
    try:
        return str(Path(str(where)).relative_to(Path.cwd()))
    except ValueError:
        return str(where)


def span_told(study: Study) -> str:
    """Regions, or the model, and how many years, in words."""
    steps = study.years + (study.model is not None)
    return f"{study.regions}, {steps} {'year' if steps == 1 else 'years'}"


class Screen(Console):
    """A console that also tells events to a log; with one, or where it is quiet, it prints no lines.

    log: where events go as JSON, a line each: `event`, `time` (UTC) and what belongs to the event; None for nowhere;
    facts: that every event has, such as which job of several it is of.
    """

    def __init__(self, quiet: bool = False, log: TextIO | None = None, clock: Callable[[], float] = time.monotonic):
        super().__init__(quiet=quiet or log is not None)
        self.sink, self.clock = log, clock
        self.facts: dict[str, Any] = {}
        self._told: float | None = None

    def event(self, event: str, **facts: Any) -> None:
        """Tell an event to the log, where there is one."""
        if self.sink is not None:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {"event": event, "time": now, **self.facts, **facts}
            print(json.dumps(line, ensure_ascii=False, default=str), file=self.sink, flush=True)

    def progress(self, done: int, total: int, rate: float, failures: int) -> None:
        """Tell how many of the draws to do are done, at how many a second: once a second, and the last."""
        now = self.clock()
        if done == total or self._told is None or now - self._told >= _PROGRESS:
            self._told = now
            self.event("progress", draws_done=done, draws=total, rate=round(rate, 3), failures=failures)

    def result(self, where: object) -> None:
        """Print the path of a result by itself where nothing else is printed."""
        if self.quiet and self.sink is None:
            print(path_shown(where), flush=True)

    def notice(self, text: str) -> None:
        """Print a line that a person must see, in red, and tell it to the log."""
        self.print(f"[red]{escape(text)}[/red]")
        self.event("notice", text=text)


@dataclass
class Pace:
    """Draws a second since the first task began: what is started or compiled before is no part of the pace."""

    total: int
    clock: Callable[[], float] = time.perf_counter
    began: float | None = None
    done: int = 0
    rate: float = 0.0

    def add(self, draws: int, seconds: float) -> str:
        """The pace in words after a task of so many draws, which took so many seconds."""
        now = self.clock()
        self.began = now - seconds if self.began is None else self.began
        self.done += draws
        self.rate = self.done / max(now - self.began, 1e-9)
        return f"{self.rate:,.0f} draws/s, {(self.total - self.done) / self.rate:,.0f} s left"
