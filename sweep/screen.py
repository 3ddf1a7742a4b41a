"""What a run says, and to whom: lines to a person, nothing, or one JSON object a line to a batch system."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape

__all__ = ["Screen", "path_shown"]

# Seconds between two events of progress.
_PROGRESS = 1.0


def path_shown(where: object) -> str:
    """A path as it is told: from the working folder on, where it is in it."""
    try:
        return str(Path(str(where)).relative_to(Path.cwd()))
    except ValueError:
        return str(where)


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
