"""Executors: every task once, errors handed on, and the faster one chosen."""

from collections.abc import Callable

import pytest

from sweep.executors import Executor, choose
from sweep.executors.ray import RayExecutor
from sweep.executors.serial import SerialExecutor


class Square:
    """A factory of workers that square, and fail on request."""

    def __init__(self, failing: int | None = None) -> None:
        self.failing = failing

    def __call__(self) -> Callable[[int], int]:
        def work(task: int) -> int:
            if task == self.failing:
                raise ValueError(f"task {task}")
            return task * task

        return work


EXECUTORS = {
    "one thread": SerialExecutor(1),
    "three threads": SerialExecutor(3),
    "ray": RayExecutor(2, None),
}
each = pytest.mark.parametrize("executor", EXECUTORS.values(), ids=EXECUTORS)


@each
def test_every_task_has_one_report(executor: Executor) -> None:
    assert sorted(executor(Square(), list(range(25)))) == [n * n for n in range(25)]


@each
def test_an_error_in_a_task_is_handed_on(executor: Executor) -> None:
    with pytest.raises(ValueError, match="task 7"):
        list(executor(Square(failing=7), list(range(12))))


@each
def test_nothing_to_do_is_done(executor: Executor) -> None:
    assert list(executor(Square(), [])) == []


@pytest.mark.parametrize(
    ("workers", "address", "seconds", "expected"),
    [
        (2, None, 1.0, "serial"),
        (2, None, 1e5, "serial"),
        (64, None, 10.0, "serial"),
        (64, None, 1e5, "ray"),
        (2, "head:6379", 1.0, "ray"),
    ],
)
def test_auto_takes_the_faster_one(workers: int, address: str | None, seconds: float, expected: str) -> None:
    assert choose("auto", workers, address, seconds)[0] == expected


@pytest.mark.parametrize("name", ["serial", "ray"])
def test_a_named_executor_is_taken(name: str) -> None:
    assert choose(name, 2, None, 0.0)[0] == name
