"""Executors: every task once, errors handed on, and the faster one chosen."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.errors import StorageError
from sweep.executors import Executor, choose
from sweep.executors.base import ExecutorError
from sweep.executors.dispatch import Patience
from sweep.executors.ray import RayExecutor, _failed, _raised
from sweep.executors.serial import SerialExecutor
from sweep.inspection import inspect
from sweep.models import model_of
from sweep.plan import Task
from sweep.run import TaskRunner
from sweep.store import read_seal
from tests.processes import descendants, listening
from tests.studies import finish, prepare, study


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


class Unlucky:
    """A factory of slow workers that square and say who they are; one task kills them."""

    def __call__(self) -> Callable[[int], tuple[int, int]]:
        def work(task: int) -> tuple[int, int]:
            if task == 11:
                os._exit(1)
            time.sleep(0.2)
            return task, os.getpid()

        return work


LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_ray_here_loses_workers_and_no_tasks_and_listens_on_loopback_alone() -> None:
    executor = RayExecutor(2, None, Patience(tick=0.5, batch=5, times=1))
    seen: list[int] = []
    with pytest.raises(ExecutorError, match=r"a batch was given up after 3 attempts, all others are stored.*\n *11: "):
        for task, worker in executor(Unlucky(), range(24)):
            seen.append(task)
            if len(seen) == 3:
                sockets = listening(descendants())
            if len(seen) in (3, 9):
                os.kill(worker, signal.SIGKILL if len(seen) == 3 else signal.SIGSTOP)
    assert sorted(seen) == [task for task in range(24) if task != 11]
    assert sockets  # that there was something to see
    assert sockets <= LOOPBACK


def test_a_task_done_late_by_a_second_worker_changes_nothing(tmp_path: Path) -> None:
    small = ("regions=archetypes", "draws=8", "years=1", "policy=[ubi]", "store.draws_per_chunk=4", "executor=serial")
    path = finish(tmp_path / "s.zarr", *small)
    before = read_seal(path)
    chosen = study(f"store.path={path}", *small)
    late = TaskRunner(chosen, model_of(chosen), path)()
    late(Task(4, 8, ("none", "ubi")))
    said, code = inspect("verify", str(path))
    assert code == 0, said
    assert read_seal(path) == before
    assert prepare(chosen)[1] == []


class OddError(Exception):
    """An exception that pickle can't bring back."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


@pytest.mark.parametrize(
    ("error", "kind", "machine"),
    [
        (ValueError("wrong"), ValueError, False),
        (StorageError("disk full"), StorageError, False),
        (MemoryError("none left"), MemoryError, True),
        (OSError(errno.EIO, "broken"), OSError, True),
        (OddError("this", "that"), RuntimeError, False),
        (UnicodeDecodeError("utf-8", b"x", 0, 1, "odd"), RuntimeError, False),
    ],
)
def test_an_exception_comes_back_as_text(error: Exception, kind: type[Exception], machine: bool) -> None:
    failed = _failed(error)
    assert all(isinstance(part, str) for part in (failed.name, failed.message, failed.trace))
    assert failed.machine is machine
    assert type(_raised(failed)) is kind
    assert str(error) in str(_raised(failed))


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
