"""In this process: one thread a core, since the compiled kernel releases the interpreter lock."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from sweep.executors.base import WorkerFactory

__all__ = ["SerialExecutor"]

T = TypeVar("T")
R = TypeVar("R")


class SerialExecutor:
    """Threads of this process, never the calling one: in compiled code that one would hear no signal."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __call__(self, factory: WorkerFactory[T, R], tasks: Sequence[T]) -> Iterator[R]:
        """Reports in order of completion, with at most two tasks a worker under way."""
        local = threading.local()

        def work(task: T) -> R:
            if not hasattr(local, "worker"):
                local.worker = factory()
            worker: Callable[[T], R] = local.worker
            return worker(task)

        pool = ThreadPoolExecutor(self.workers)
        waiting, running = iter(tasks), set[Future[R]]()
        try:
            while True:
                for task in waiting:
                    running.add(pool.submit(work, task))
                    if len(running) >= 2 * self.workers:
                        break
                if not running:
                    return
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
