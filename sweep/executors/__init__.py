"""Executors: where tasks run; each maps a function over tasks and knows nothing of labor markets."""

import os

from sweep.executors.base import Executor, WorkerFactory
from sweep.executors.ray import RayExecutor, check_address
from sweep.executors.serial import SerialExecutor

__all__ = ["Executor", "WorkerFactory", "check_address", "choose", "cores", "predicted"]

# Measured on two cores: a task holds the interpreter lock for a seventh of its time (sampling, compressing, writing),
# so more threads than that add nothing; Ray takes some 8 seconds to start and stop and 1.3 times the work.
_USEFUL_THREADS = 7
_RAY_START, _RAY_WORK = 8.0, 1.3


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def predicted(workers: int | None, seconds: float) -> dict[str, float]:
    """Seconds that work of so many core-seconds takes on this machine, by executor."""
    used = workers or cores()
    return {"serial": seconds / min(used, _USEFUL_THREADS), "ray": _RAY_START + _RAY_WORK * seconds / used}


def choose(name: str, workers: int | None, address: str | None, seconds: float) -> tuple[str, Executor]:
    """The executor of that name; auto takes the faster one for work of so many core-seconds."""
    used = workers or cores()
    if name == "auto":
        found = predicted(workers, seconds)
        name = "ray" if address is not None or found["ray"] < found["serial"] else "serial"
    if name == "ray":
        return name, RayExecutor(workers if address is not None else used, address)
    return name, SerialExecutor(used)
