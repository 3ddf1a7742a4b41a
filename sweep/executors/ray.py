"""Ray workers, started on this machine or joined at an address; the only place that imports ray."""

import builtins
import logging
import os
import signal
import socket
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

from sweep import errors
from sweep.errors import ConfigError
from sweep.executors.base import ExecutorError, WorkerFactory
from sweep.executors.dispatch import Dispatch, Done, Failed, Lost, Patience

__all__ = ["KEEPALIVE", "RayExecutor", "check_address"]

T = TypeVar("T")
R = TypeVar("R")
_LONGEST = 300

# Without these a machine cut off from the network is noticed after a minute and its calls never end. They belong to
# every process of a cluster, so that `ray start` needs them too.
KEEPALIVE = {
    "RAY_grpc_client_keepalive_time_ms": "5000",
    "RAY_grpc_client_keepalive_timeout_ms": "5000",
}
_DRIVER = {
    **KEEPALIVE,
    # Without it, Ray copies the working directory into a second environment under `uv run`.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
}
# Without it, Ray listens on all interfaces of this machine, as only a cluster needs it.
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


@contextmanager
def _own_signals(hold: bool = False) -> Iterator[None]:
    """Keep signal handlers as they are, since Ray would take SIGTERM for itself; hold: signals too, to the end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    held: list[int] = []
    for each in kept if hold else ():
        signal.signal(each, lambda number, _: held.append(number))
    try:
        with mock.patch.object(signal, "signal"):
            yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
        for number in held[:1]:
            signal.raise_signal(number)


def _failed(error: Exception) -> Failed:
    machine = isinstance(error, (MemoryError, OSError))
    return Failed(type(error).__name__, str(error), traceback.format_exc(), machine)


def _raised(failed: Failed) -> Exception:
    """A failure as the exception that it was, where its name says which and its text is all that it takes."""
    kind = {**vars(builtins), **vars(errors)}.get(failed.name)
    error: Exception | None = None
    if isinstance(kind, type) and issubclass(kind, Exception):
        with suppress(TypeError):
            error = kind(failed.message)
    error = error or RuntimeError(f"{failed.name}: {failed.message}")
    error.add_note(failed.trace)
    return error


class _Worker:
    """An actor that makes its worker once and keeps it; what goes wrong comes back as a record."""

    def __init__(self, factory: WorkerFactory[Any, Any]) -> None:
        self.factory = factory

    def start(self) -> Done | Failed:
        try:
            self.work = self.factory()
        except Exception as error:
            return _failed(error)
        return Done(None)

    def run(self, tasks: Sequence[Any]) -> Done:
        results: list[Done | Failed] = []
        for task in tasks:
            try:
                results.append(Done(self.work(task)))
            except Exception as error:
                results.append(_failed(error))
                break
        return Done(results)


def _answers(host: str, port: int) -> OSError | None:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        return error
    return None


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    return host, int(port)


def check_address(address: str) -> None:
    """Make sure that something answers at HOST:PORT before work begins. Raises ConfigError."""
    if address == "auto":
        return
    try:
        error = _answers(*_host_and_port(address))
    except (ValueError, OverflowError) as wrong:
        raise ConfigError(f"executor.address: expected HOST:PORT of a Ray cluster, got {address!r}: {wrong}") from None
    if error:
        raise ConfigError(f"executor.address: expected HOST:PORT of a Ray cluster, got {address!r}: {error}")


class _Fleet:
    """Actors, none of which Ray restarts or calls again by itself: which calls are lost is for one place to decide."""

    def __init__(self, ray: Any, factory: WorkerFactory[Any, Any], workers: int | None, patience: Patience) -> None:
        self.ray, self.workers, self.patience = ray, workers, patience
        context = ray.get_runtime_context()
        self.node, self.head = context.get_node_id(), _host_and_port(context.gcs_address)
        self.actor = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Worker)
        self.factory = ray.put(factory)
        self.answered = self.asked = time.monotonic()
        self.cores = self._count()

    def _count(self) -> int:
        nodes = [node for node in self.ray.nodes() if node["Alive"]]
        if self.node not in [node["NodeID"] for node in nodes]:
            raise ExecutorError("Ray ended on this machine; what is stored stays, and the same command continues")
        return max(1, int(sum(node["Resources"].get("CPU", 0) for node in nodes)))

    def size(self) -> int:
        """Workers as asked for, or one for each core of the cluster as it is now."""
        if time.monotonic() - self.asked > self.patience.tick:
            # Ray would wait for its head for a minute and then end this process without a word to us.
            error = _answers(*self.head)
            self.asked = time.monotonic()
            if error is None:
                self.answered, self.cores = self.asked, self._count()
            elif self.asked - self.answered > self.patience.head:
                raise ExecutorError(
                    f"the head of the Ray cluster is gone ({error}); what is stored stays, and the same command, with "
                    "the address of a cluster that is there, continues"
                )
        return self.workers or self.cores

    def hire(self) -> tuple[Any, Any]:
        worker = self.actor.remote(self.factory)
        return worker, worker.start.remote()

    def dismiss(self, worker: Any) -> None:
        self.ray.kill(worker)

    def submit(self, worker: Any, tasks: Sequence[Any]) -> Any:
        return worker.run.remote(tasks)

    def ended(self, calls: Sequence[Any], seconds: float) -> list[Any]:
        if not calls:
            time.sleep(seconds)
            return []
        first, rest = self.ray.wait(list(calls), num_returns=1, timeout=seconds)
        if not (first and rest):
            return list(first)
        # All that have ended, before any of the others is taken for late.
        more = set(self.ray.wait(rest, num_returns=len(rest), timeout=0)[0])
        return [call for call in calls if call in more or call in first]

    def result(self, call: Any) -> Done | Failed | Lost:
        raised = self.ray.exceptions
        try:
            result: Done | Failed = self.ray.get(call)
        except raised.RayActorError as error:
            lines = [line.strip() for line in str(error).splitlines() if line.strip()]
            if error.actor_init_failed:
                advice = "workers need Python and the packages of this machine"
                return Failed("ExecutorError", f"a worker can't start: {lines[-1]}; {advice}", str(error), False)
            return Lost(lines[-1].partition(" Some common causes")[0][:_LONGEST])
        except raised.RayTaskError as error:
            # Of Ray itself: what tasks raise comes back as a record.
            return Failed(type(error.cause).__name__, str(error.cause), str(error), False)
        except raised.RayError as error:
            return Lost(f"{type(error).__name__}: {error}"[:_LONGEST])
        return result


class RayExecutor:
    """Actors, two calls sent to each so that none waits for the driver."""

    def __init__(self, workers: int | None, address: str | None, patience: Patience | None = None) -> None:
        self.workers = workers
        self.address = address
        self.patience = patience or Patience()

    def _import(self) -> Any:
        settings = _DRIVER if self.address is not None else {**_DRIVER, **_ALONE}
        os.environ.update({name: value for name, value in settings.items() if name not in os.environ})
        import ray

        return ray

    def _connect(self, ray: Any) -> None:
        quiet = {"logging_level": logging.CRITICAL, "log_to_driver": False}
        if self.address is None:
            # What half a start of Ray leaves behind would go on.
            with _own_signals(hold=True):
                ray.init(address="local", num_cpus=self.workers, include_dashboard=False, **quiet)
            return
        try:
            with _own_signals(), tempfile.TemporaryDirectory() as nothing:
                # Workers run this package and no other version of it, whatever is installed there. Without a working
                # directory, the path of ours would come first, where another machine may have another version.
                package = str(Path(errors.__file__).parent)
                shipped = {"py_modules": [package], "working_dir": nothing, "excludes": ["__pycache__"]}
                ray.init(address=self.address, runtime_env={**shipped, "env_vars": KEEPALIVE}, **quiet)
        except Exception as error:
            # Whatever it is (no cluster, another version of Ray or Python, no token), it is told without a traceback.
            reason = " ".join(str(error).split())[:_LONGEST]
            raise ConfigError(f"executor.address: can't join a Ray cluster at {self.address!r}: {reason}") from None

    def __call__(self, factory: WorkerFactory[T, R], tasks: Sequence[T]) -> Iterator[R]:
        """Reports in order of completion; lost workers are replaced and their tasks run again."""
        if not tasks:
            return
        ray = self._import()
        try:
            self._connect(ray)
            fleet = _Fleet(ray, factory, self.workers, self.patience)
            yield from Dispatch[Any](fleet, tasks, self.patience, _raised).reports()
        finally:
            with _own_signals():
                ray.shutdown()
