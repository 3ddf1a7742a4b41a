"""Ray workers, started on this machine or joined at an address; the only place that imports ray."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from sweep.errors import ConfigError
from sweep.executors.base import WorkerFactory

__all__ = ["RayExecutor", "check_address"]

T = TypeVar("T")
R = TypeVar("R")

_LOCAL = {
    # Without these, Ray copies the working directory into a second environment under `uv run`, and listens
    # on all interfaces of the machine.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}


@contextmanager
def _own_signals() -> Iterator[None]:
    """Give signal handlers back as they were: Ray takes SIGTERM for itself."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class _Worker:
    """An actor that makes its worker once and keeps it."""

    def __init__(self, factory: WorkerFactory[Any, Any]) -> None:
        self.work = factory()

    def run(self, task: Any) -> Any:
        return self.work(task)


def check_address(address: str) -> None:
    """Make sure that something answers at HOST:PORT before work begins. Raises ConfigError."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, ValueError, OverflowError) as error:
        raise ConfigError(f"executor.address: expected HOST:PORT of a Ray cluster, got {address!r}: {error}") from None


class RayExecutor:
    """Actors, two tasks under way on each so that none waits for the driver."""

    def __init__(self, workers: int | None, address: str | None) -> None:
        self.workers = workers
        self.address = address

    def _connect(self) -> Any:
        os.environ.update({name: value for name, value in _LOCAL.items() if name not in os.environ})
        import ray

        options: dict[str, Any] = {"address": self.address or "local", "logging_level": "error"}
        if self.address is None:
            options |= {"num_cpus": self.workers, "include_dashboard": False, "log_to_driver": False}
        try:
            with _own_signals():
                ray.init(**options)
        except ConnectionError as error:
            raise ConfigError(f"executor.address: no Ray cluster at {self.address!r}: {error}") from None
        except SystemExit:
            # Ray's own handler, while it starts.
            raise KeyboardInterrupt from None
        return ray

    def __call__(self, factory: WorkerFactory[T, R], tasks: Sequence[T]) -> Iterator[R]:
        """Reports in order of completion; lost workers are replaced and their tasks run again."""
        if not tasks:
            return
        ray = self._connect()
        try:
            count = min(self.workers or max(1, int(ray.cluster_resources().get("CPU", 1))), len(tasks))
            actor = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=3)(_Worker)
            workers = [actor.remote(factory) for _ in range(count)]
            yield from _collect(ray, workers, tasks)
        finally:
            with _own_signals():
                ray.shutdown()


def _collect(ray: Any, workers: list[Any], tasks: Sequence[T]) -> Iterator[Any]:
    waiting = iter(tasks)
    running: dict[Any, Callable[[], Any]] = {}

    def submit(worker: Any) -> None:
        for task in waiting:
            running[worker.run.remote(task)] = worker
            return

    for worker in [*workers, *workers]:
        submit(worker)
    while running:
        (ready, *_), _ = ray.wait(list(running), num_returns=1)
        worker = running.pop(ready)
        submit(worker)
        try:
            yield ray.get(ready)
        except ray.exceptions.RayTaskError as error:
            # As the task raised it: Ray's own exception, of that type too, has lost its fields.
            raise error.cause from None
