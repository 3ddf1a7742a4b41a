"""Tasks that do nothing, to measure what the project's own executors and dispatch take for one."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sweep.executors import Executor
from sweep.executors.dispatch import Dispatch, Done, Patience

__all__ = ["Nothing", "dispatch_seconds", "seconds_a_task"]


@dataclass(frozen=True)
class Nothing:
    """Makes workers that return what they get."""

    def __call__(self) -> Callable[[int], int]:
        """A worker that does nothing."""
        return int


def seconds_a_task(executor: Executor, tasks: int) -> tuple[float, float]:
    """Seconds from the call to the first report, and then of each task."""
    begin, arrived = time.perf_counter(), list[float]()
    for _ in executor(Nothing(), range(tasks)):
        arrived.append(time.perf_counter())
    return arrived[0] - begin, (arrived[-1] - arrived[0]) / (len(arrived) - 1)


@dataclass
class _Instant:
    """A fleet whose calls have ended once they are asked for, so many at once, as those of busy workers do."""

    workers: int
    at_once: int
    calls: deque[int] = field(default_factory=deque)
    tasks: dict[int, Sequence[Any]] = field(default_factory=dict)
    count: int = 0

    def size(self) -> int:
        return self.workers

    def hire(self) -> tuple[int, int]:
        return self.count, self.submit(None, ())

    def dismiss(self, worker: Any) -> None:
        raise AssertionError("no worker is lost here")

    def submit(self, worker: Any, tasks: Sequence[Any]) -> int:
        self.count += 1
        self.calls.append(self.count)
        self.tasks[self.count] = tasks
        return self.count

    def ended(self, calls: Sequence[Any], seconds: float) -> list[Any]:
        return [self.calls.popleft() for _ in range(min(self.at_once, len(self.calls)))]

    def result(self, call: Any) -> Done:
        return Done([Done(None) for _ in self.tasks.pop(call)])


def _raised(failed: Any) -> Exception:
    return RuntimeError(str(failed))


def dispatch_seconds(workers: int, at_once: int, tasks: int) -> float:
    """Seconds of one round of the dispatch alone, with so many workers, of which some end a call of one task."""
    arrived = []
    for _ in Dispatch(_Instant(workers, at_once), range(tasks), Patience(call=0), _raised).reports():
        arrived.append(time.perf_counter())
    # Not the start, when workers are hired one by one, nor the end, when fewer are busy.
    first, last = len(arrived) // 4, 3 * len(arrived) // 4
    return at_once * (arrived[last] - arrived[first]) / (last - first)
