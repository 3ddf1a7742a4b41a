"""Which task goes to which worker when workers die, freeze or fall silent; knows neither Ray nor what tasks do.

Tasks are idempotent, so whatever is in doubt is done again elsewhere, and a late result is dropped. A task that was
being done when its worker was lost is a suspect: it runs alone from then on, so that the next loss is its own and no
neighbor's, and after a few losses it is set aside and named while all others go on.

A call takes several tasks where they are short, as many as the first ones that were timed say.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sweep.executors.base import ExecutorError

__all__ = ["Dispatch", "Done", "Failed", "Fleet", "Lost", "Patience"]

T = TypeVar("T", bound=Hashable)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds, and how often to try.

    batch: the least deadline of a task; beyond it, so many times the mean of those measured; first: before any was
    measured; start: of a worker, with compiling; head: without an answer of the cluster; attempts: of one task; ahead:
    calls sent to a worker, so that it never waits for the next; aside: tasks set aside before all is given up; call:
    what one call is to take, where tasks are shorter.
    """

    tick: float = 2.0
    batch: float = 60.0
    times: float = 10.0
    first: float = 3600.0
    start: float = 600.0
    head: float = 30.0
    attempts: int = 3
    ahead: int = 2
    aside: int = 20
    call: float = 5.0


@dataclass(frozen=True)
class Done:
    """A call that came back, with what it returned."""

    value: Any


@dataclass(frozen=True)
class Failed:
    """A call whose function raised: plain text, since an exception may not survive the way from another process.

    machine: whether it was the machine's fault (memory, files), so that another one may do better.
    """

    name: str
    message: str
    trace: str
    machine: bool


@dataclass(frozen=True)
class Lost:
    """A call that will never come back, since its worker is gone."""

    reason: str


class Fleet(Protocol):
    """Workers somewhere; calls are named by hashable references, and those to one worker run one after another."""

    def size(self) -> int:
        """How many workers there could be now. Raises ExecutorError when the cluster is gone."""
        ...

    def hire(self) -> tuple[Any, Any]:
        """A new worker, and the call that ends once it is ready."""
        ...

    def dismiss(self, worker: Any) -> None:
        """Stop a worker if it can still be reached."""
        ...

    def submit(self, worker: Any, tasks: Sequence[Any]) -> Any:
        """Call a worker with tasks, which it does one after another, up to one that fails."""
        ...

    def ended(self, calls: Sequence[Any], seconds: float) -> list[Any]:
        """The calls that have ended, in their order; waits for one at most so long."""
        ...

    def result(self, call: Any) -> Done | Failed | Lost:
        """What became of a call that ended; done with a list of what became of each task that was begun."""
        ...


@dataclass(eq=False)
class _Worker:
    handle: Any
    ready: bool = False
    # The first call is the one that is under way, since the time of `began`.
    calls: deque[Any] = field(default_factory=deque)
    began: float = 0.0


class Dispatch(Generic[T]):
    """Does all tasks of one run; what is under way is bounded by the number of workers."""

    def __init__(
        self,
        fleet: Fleet,
        tasks: Sequence[T],
        patience: Patience,
        fail: Callable[[Failed], Exception],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fleet, self.patience, self.fail, self.clock = fleet, patience, fail, clock
        self.waiting = deque(tasks)
        self.suspects: deque[T] = deque()
        self.reasons: dict[T, list[str]] = {}
        self.aside: list[T] = []
        self.workers: list[_Worker] = []
        self.calls: dict[Any, tuple[_Worker, tuple[T, ...]]] = {}
        self.spent, self.measured, self.lost_starts = 0.0, 0, 0

    def reports(self) -> Iterator[Any]:
        """Reports in order of completion. Raises what `fail` makes of a failed task, and ExecutorError."""
        while self._unfinished:
            self._hire()
            for worker in self.workers:
                self._feed(worker)
            for call in self.fleet.ended(list(self.calls), self.patience.tick):
                # A call whose worker was given up in the meantime is no longer known: its task is another's now.
                if call in self.calls:
                    yield from self._end(call)
            self._expire()
        if self.aside:
            raise ExecutorError(self._told())

    @property
    def _unfinished(self) -> int:
        under_way = sum(len(tasks) for _, tasks in self.calls.values())
        return len(self.waiting) + len(self.suspects) + under_way

    def _hire(self) -> None:
        for _ in range(min(self.fleet.size(), self._unfinished) - len(self.workers)):
            handle, call = self.fleet.hire()
            worker = _Worker(handle, calls=deque([call]), began=self.clock())
            self.workers.append(worker)
            self.calls[call] = worker, ()

    def _feed(self, worker: _Worker) -> None:
        """Send a worker what it may have: a suspect alone, or as many tasks as are sent ahead."""
        if not worker.ready:
            return
        if self.suspects:
            if not worker.calls:
                self._send(worker, (self.suspects.popleft(),))
            return
        alone = worker.calls and self.reasons.keys() & set(self.calls[worker.calls[0]][1])
        while self.waiting and not alone and len(worker.calls) < self.patience.ahead:
            self._send(worker, tuple(self.waiting.popleft() for _ in range(self._at_once())))

    def _at_once(self) -> int:
        """Tasks of the next call: one until one was timed, and few of those left, so that all are busy to the end."""
        fair = len(self.waiting) // (2 * self.patience.ahead * len(self.workers))
        wanted = int(self.patience.call * self.measured / max(self.spent, 1e-9))
        return max(1, min(fair, wanted))

    def _send(self, worker: _Worker, tasks: tuple[T, ...]) -> None:
        if not worker.calls:
            worker.began = self.clock()
        call = self.fleet.submit(worker.handle, tasks)
        worker.calls.append(call)
        self.calls[call] = worker, tasks

    def _end(self, call: Any) -> Iterator[Any]:
        worker, tasks = self.calls[call]
        result = self.fleet.result(call)
        if isinstance(result, Lost):
            self._give_up(worker, result.reason)
            return
        del self.calls[call]
        worker.calls.remove(call)
        now = self.clock()
        spent, worker.began = now - worker.began, now
        if isinstance(result, Failed):
            if not tasks or not result.machine:
                raise self.fail(result)
            self._lost(tasks, f"{result.name}: {result.message}")
        elif not tasks:
            worker.ready, self.lost_starts = True, 0
        else:
            self.spent, self.measured = self.spent + spent, self.measured + len(result.value)
            self.waiting.extendleft(reversed(tasks[len(result.value) :]))
            for task, each in zip(tasks, result.value, strict=False):
                yield from self._ended(task, each)

    def _ended(self, task: T, result: Done | Failed) -> Iterator[Any]:
        if isinstance(result, Done):
            self.reasons.pop(task, None)
            yield result.value
        elif result.machine:
            self._suspect(task, f"{result.name}: {result.message}")
        else:
            raise self.fail(result)

    def _give_up(self, worker: _Worker, reason: str) -> None:
        """Do without a worker: its tasks are done by others, and those that were under way are suspects."""
        self.workers.remove(worker)
        first, *others = [self.calls.pop(call)[1] for call in worker.calls] or [()]
        self.fleet.dismiss(worker.handle)
        if not worker.ready:
            self._lost_start(reason)
        self.waiting.extendleft(task for tasks in reversed(others) for task in reversed(tasks))
        self._lost(first, reason)

    def _lost(self, tasks: tuple[T, ...], reason: str) -> None:
        """Suspect the tasks of a call: which of several it was shows once each is done alone."""
        for task in tasks:
            self._suspect(task, reason)

    def _lost_start(self, reason: str) -> None:
        self.lost_starts += 1
        if self.lost_starts >= max(10, 3 * self.fleet.size()):
            raise ExecutorError(f"workers can't start, {self.lost_starts} were lost one after another: {reason}")

    def _suspect(self, task: T, reason: str) -> None:
        reasons = self.reasons.setdefault(task, [])
        reasons.append(reason)
        if len(reasons) < self.patience.attempts:
            _log.warning("a batch is done again (%s): %s", task, reason)
            self.suspects.append(task)
            return
        self.aside.append(task)
        if len(self.aside) >= self.patience.aside:
            raise ExecutorError(self._told())

    def _deadline(self, worker: _Worker) -> float:
        """How long a worker may take for what is under way; more each time, in case a batch is just a long one."""
        tasks = self.calls[worker.calls[0]][1]
        if not tasks:
            return self.patience.start
        if not self.measured:
            return self.patience.first
        usual = max(self.patience.batch, self.patience.times * len(tasks) * self.spent / self.measured)
        return float(usual * 4 ** max(len(self.reasons.get(task, ())) for task in tasks))

    def _expire(self) -> None:
        now = self.clock()
        for worker in [worker for worker in self.workers if worker.calls]:
            deadline = self._deadline(worker)
            if now - worker.began <= deadline:
                continue
            if not worker.ready:
                _log.warning("no room for a worker in %.0f s, or it can't start; trying again", deadline)
                # The cluster may be full: that is no loss.
                self.lost_starts -= 1
            self._give_up(worker, f"no answer within {deadline:.0f} s")

    def _told(self) -> str:
        count, first = len(self.aside), self.aside[:5]
        lines = [f"{task}: {'; '.join(dict.fromkeys(self.reasons[task]))}" for task in first]
        more = [f"and {count - len(first)} more"] if count > len(first) else []
        rest = "the work was ended" if self._unfinished else "all others are stored"
        what = "a batch was" if count == 1 else f"{count} batches were"
        head = f"{what} given up after {self.patience.attempts} attempts, {rest}; the same command tries again"
        return "\n  ".join([f"{head}:", *lines, *more])
