"""What an executor is: it maps tasks to reports in order of completion, and knows nothing of what they do."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from sweep.errors import ConfigError

__all__ = ["Executor", "ExecutorError", "WorkerFactory"]

T = TypeVar("T")
R = TypeVar("R")

# Makes one worker, a function from task to report, in the process or thread that will use it; can be pickled.
WorkerFactory = Callable[[], Callable[[T], R]]


class ExecutorError(ConfigError):
    """Tasks that could not be done, though their input may be right; what is stored stays."""

    code = 1


class Executor(Protocol):
    """Runs every task once or more, each on one of its workers; tasks are idempotent."""

    def __call__(self, factory: WorkerFactory[T, R], tasks: Sequence[T]) -> Iterator[R]:
        """Reports in order of completion; an exception of a task ends the iteration and the other work.

        Raises ExecutorError, after all other reports, where a task can't be done for want of a worker that survives it.
        """
        ...
