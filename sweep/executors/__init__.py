"""Executors: where tasks run; each maps a function over tasks and knows nothing of labor markets."""

import os

from sweep.executors.base import Executor, WorkerFactory
from sweep.executors.ray import RayExecutor
from sweep.executors.serial import SerialExecutor

__all__ = ["Executor", "WorkerFactory", "choose"]

# Kernel seconds per core beyond which Ray's separate processes repay the four seconds they take to start.
RAY_REPAYS_AFTER = 60.0


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose(name: str, workers: int | None, address: str | None, seconds: float) -> tuple[str, Executor]:
    """The executor of that name; auto takes the faster one for work of so many core-seconds."""
    cores = workers or _cores()
    if name == "auto":
        name = "ray" if address is not None or seconds / cores > RAY_REPAYS_AFTER else "serial"
    if name == "ray":
        return name, RayExecutor(workers if address is not None else cores, address)
    return name, SerialExecutor(cores)
