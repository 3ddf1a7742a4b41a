"""Which worker gets what after losses, in simulated time: every task is reported once or set aside by name."""

from collections import Counter
from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.executors.base import ExecutorError
from sweep.executors.dispatch import Dispatch, Done, Failed, Lost, Patience

PATIENCE = Patience(tick=1, batch=10, first=100, start=30)


class Simulated:
    """Workers that take a second a task, and lose, freeze or fail at tasks as told.

    deadly: tasks that kill their worker each time; frozen: tasks that never end at the first attempt; unlucky: workers
    that die while they start; flaky: tasks that fail once for want of memory.
    """

    def __init__(
        self,
        size: int,
        deadly: Sequence[int] = (),
        frozen: Sequence[int] = (),
        unlucky: Sequence[int] = (),
        flaky: Sequence[int] = (),
    ) -> None:
        self.workers, self.deadly, self.frozen, self.unlucky, self.flaky = size, deadly, frozen, unlucky, flaky
        self.now, self.most, self.numbers, self.hired = 0.0, 0, count(), 0
        # Calls of each worker, and of each call its tasks and what became of those that were begun.
        self.queues: dict[int, list[int]] = {}
        self.tasks: dict[int, tuple[int, ...]] = {}
        self.results: dict[int, list[Done | Failed]] = {}
        self.over: dict[int, Done | Lost] = {}
        self.begun: set[tuple[int, int]] = set()
        self.dismissed: set[int] = set()
        self.attempts = Counter[int]()

    def size(self) -> int:
        return self.workers

    def hire(self) -> tuple[int, int]:
        self.hired += 1
        self.queues[self.hired] = []
        return self.hired, self.submit(self.hired, ())

    def dismiss(self, worker: int) -> None:
        # It may be out of reach, go on, and do its tasks late.
        self.dismissed.add(worker)

    def submit(self, worker: int, tasks: Sequence[int]) -> int:
        call = next(self.numbers)
        self.tasks[call], self.results[call] = tuple(tasks), []
        self.queues[worker].append(call)
        self.most = max(self.most, len(self.queues[worker]))
        return call

    def ended(self, calls: Sequence[int], seconds: float) -> list[int]:
        self.now += seconds
        for worker, queue in self.queues.items():
            if queue and self._ends(worker, queue):
                queue.pop(0)
        return [call for call in calls if call in self.over]

    def _ends(self, worker: int, queue: list[int]) -> bool:
        """A second of a worker; whether its first call ended."""
        call = queue[0]
        tasks, results = self.tasks[call], self.results[call]
        task = tasks[len(results)] if tasks else None
        if task is not None and (call, task) not in self.begun and worker not in self.dismissed:
            self.begun.add((call, task))
            self.attempts[task] += 1
        if (task is None and worker in self.unlucky) or task in self.deadly:
            self.over.update({each: Lost("killed") for each in queue})
            queue[1:] = []
            return True
        if task in self.frozen and self.attempts[task or 0] == 1 and self.now < 200:
            return False
        if task is not None:
            failed = task in self.flaky and self.attempts[task] == 1
            results.append(Failed("MemoryError", "none left", "", machine=True) if failed else Done(task))
            if not failed and len(results) < len(tasks):
                return False
        self.over[call] = Done(results)
        return True

    def result(self, call: int) -> Done | Lost:
        return self.over[call]


def _dispatch(fleet: Simulated, tasks: Sequence[int], patience: Patience = PATIENCE) -> Dispatch[int]:
    return Dispatch(fleet, tasks, patience, lambda failed: ValueError(failed.message), lambda: fleet.now)


SOME = st.sets(st.integers(0, 39), max_size=4)


@given(size=st.integers(1, 6), deadly=SOME, frozen=SOME, flaky=SOME, unlucky=st.sets(st.integers(1, 12), max_size=6))
@settings(max_examples=200, deadline=None)
def test_every_task_is_reported_once_or_named(
    size: int, deadly: set[int], frozen: set[int], flaky: set[int], unlucky: set[int]
) -> None:
    fleet = Simulated(size, list(deadly), list(frozen), list(unlucky), list(flaky))
    dispatch, reports = _dispatch(fleet, list(range(40))), []
    try:
        for report in dispatch.reports():
            reports.append(report)
        assert not deadly
    except ExecutorError as error:
        assert all(f"{task}: " in str(error) for task in deadly)
        assert "all others are stored" in str(error)
    assert sorted(reports) == sorted(set(range(40)) - deadly)
    assert fleet.most <= PATIENCE.ahead
    # Neighbors of a killer pay at most one attempt, since it is alone from its second on.
    assert all(fleet.attempts[task] <= PATIENCE.attempts for task in range(40))


def test_a_suspect_runs_alone() -> None:
    fleet = Simulated(3, deadly=[0])
    with pytest.raises(
        ExecutorError, match=r"a batch was given up after 3 attempts, all others are stored.*\n *0: killed"
    ):
        list(_dispatch(fleet, list(range(30))).reports())
    assert fleet.attempts == {task: 3 if task == 0 else 1 for task in range(30)}


def _calls(fleet: Simulated) -> list[tuple[int, ...]]:
    return [tasks for _, tasks in sorted(fleet.tasks.items()) if tasks]


@pytest.mark.parametrize("size", [1, 3, 8])
def test_a_call_takes_some_seconds_once_a_task_was_timed_and_less_at_the_end(size: int) -> None:
    fleet = Simulated(size)
    assert sorted(_dispatch(fleet, list(range(600))).reports()) == list(range(600))
    lengths = [len(tasks) for tasks in _calls(fleet)]
    assert lengths[:size] == [1] * size
    # A second a task, so that a call holds as many as it is to take seconds.
    assert max(lengths) == PATIENCE.call
    assert lengths[-1] == 1
    left = 600
    for length in lengths:
        assert length <= max(1, left / (2 * PATIENCE.ahead * size))
        left -= length
    # Nobody waits long for the last one.
    assert fleet.now <= 600 / size + 2 * PATIENCE.call + 2


def test_long_tasks_are_sent_one_by_one() -> None:
    fleet = Simulated(2)
    patience = Patience(tick=1, batch=10, first=100, start=30, call=0.5)
    assert sorted(_dispatch(fleet, list(range(90)), patience).reports()) == list(range(90))
    assert {len(tasks) for tasks in _calls(fleet)} == {1}


def test_a_call_that_is_lost_is_split_into_its_tasks() -> None:
    fleet = Simulated(2, deadly=[302])
    reports = []
    with pytest.raises(ExecutorError, match=r"a batch was given up after 3 attempts.*\n *302: killed"):
        for report in _dispatch(fleet, list(range(600))).reports():
            reports.append(report)
    assert sorted(reports) == [task for task in range(600) if task != 302]
    first, *again = [tasks for tasks in _calls(fleet) if 302 in tasks]
    assert len(first) > 1 and again == [(302,), (302,)]
    assert {task for task, attempts in fleet.attempts.items() if attempts > 1} <= set(first)
    assert max(fleet.attempts[task] for task in first if task != 302) <= 2


def test_what_comes_after_a_task_that_failed_is_done_by_another_call() -> None:
    fleet = Simulated(1, flaky=[302])
    assert sorted(_dispatch(fleet, list(range(600))).reports()) == list(range(600))
    first = next(tasks for tasks in _calls(fleet) if 302 in tasks)
    assert len(first) > 1
    assert all(fleet.attempts[task] == 1 + (task == 302) for task in range(600))


def test_a_frozen_worker_costs_one_deadline_and_its_late_result_nothing() -> None:
    fleet = Simulated(2, frozen=[5])
    assert sorted(_dispatch(fleet, list(range(400))).reports()) == list(range(400))
    assert fleet.attempts[5] == 2
    assert fleet.hired == 3


def test_a_slow_task_is_given_more_time() -> None:
    """A task that takes much longer than others isn't taken for frozen again and again."""

    class Slow(Simulated):
        def _ends(self, worker: int, queue: list[int]) -> bool:
            since.setdefault(queue[0], self.now)
            if 7 in self.tasks[queue[0]] and self.now - since[queue[0]] < 60:
                return False
            return super()._ends(worker, queue)

    since: dict[int, float] = {}
    assert sorted(_dispatch(Slow(2), list(range(20))).reports()) == list(range(20))


def test_much_that_fails_ends_the_work() -> None:
    with pytest.raises(ExecutorError, match="20 batches were given up after 3 attempts, the work was ended") as caught:
        list(_dispatch(Simulated(4, deadly=range(1000)), list(range(1000))).reports())
    assert "and 15 more" in str(caught.value)


def test_workers_that_never_start_end_the_work() -> None:
    with pytest.raises(ExecutorError, match="workers can't start, 10 were lost one after another: killed"):
        list(_dispatch(Simulated(2, unlucky=range(100)), [1, 2]).reports())


def test_workers_that_join_are_used() -> None:
    fleet = Simulated(1)
    reports = _dispatch(fleet, list(range(30))).reports()
    next(reports)
    fleet.workers = 4
    list(reports)
    assert fleet.hired == 4
