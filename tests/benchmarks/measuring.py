"""How the benchmarks measure: cases in turns, medians, whole processes with their memory, and lines through sizes."""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.processes import descendants, titled

__all__ = [
    "Line", "Row", "Taken", "at_least", "at_most", "clock", "cores", "line", "medians", "process", "size", "slope",
    "times",
]  # fmt: skip

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, how it compares, and what is expected of it."""

    case: str
    measured: str
    compared: str = ""
    expected: str = ""


@dataclass(frozen=True)
class Taken:
    """Wall time of a process from start to end, and the largest memory that it and its children had at once.

    driver, worker: the largest that the process itself had, and one of Ray's workers among its children.
    """

    seconds: float
    bytes: float
    driver: float = 0.0
    worker: float = 0.0


@dataclass(frozen=True)
class Line:
    """A cost by size, as measured at two sizes: what the start takes and what each unit takes."""

    start: float
    unit: float

    def at(self, size: float) -> float:
        """The cost at a size that wasn't measured."""
        return self.start + self.unit * size


def medians(cases: Mapping[str, Callable[[], object]], rounds: int, warm: bool = False) -> dict[str, float]:
    """Median seconds of each case, measured in turns, so that a busy machine slows all; warm: the first counts too."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds + (not warm)):
        for name, case in cases.items():
            begin = time.perf_counter()
            case()
            taken[name].append(time.perf_counter() - begin)
    return {name: statistics.median(seconds[-rounds:]) for name, seconds in taken.items()}


def _memory(pids: set[int]) -> int:
    """Bytes that processes hold, those shared between them once."""
    total = 0
    for pid in pids:
        with suppress(OSError, IndexError, ValueError):
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += 1024 * int(text.partition("\nPss:")[2].split()[0])
    return total


def process(*arguments: str, env: Mapping[str, str] | None = None) -> Taken:
    """Run a Python command to its end and watch its memory. Raises CalledProcessError with what it said."""
    begin, peak, driver, worker = time.perf_counter(), 0, 0, 0
    command = [sys.executable, *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    running = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(env or {})}, text=True, **pipes)  # type: ignore[call-overload]
    ended = threading.Event()

    def watch() -> None:
        nonlocal peak, driver, worker
        while not ended.wait(0.2):
            children = descendants(running.pid)
            peak = max(peak, _memory({running.pid} | children))
            driver = max(driver, _memory({running.pid}))
            worker = max(worker, *(_memory({pid}) for pid in titled(children, "ray::")), 0)

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, _ = running.communicate()
    seconds = time.perf_counter() - begin
    ended.set()
    watcher.join()
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command, said)
    return Taken(seconds, peak, driver, worker)


def line(sizes: Sequence[float], costs: Sequence[float]) -> Line:
    """The line through costs at the smallest and the largest size."""
    unit = max(0.0, (costs[-1] - costs[0]) / (sizes[-1] - sizes[0]))
    return Line(max(0.0, costs[0] - unit * sizes[0]), unit)


def slope(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Steepest slope in logs from one size to the next: 1 where cost is in proportion to size."""
    return float((np.diff(np.log(costs)) / np.diff(np.log(sizes))).max())


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def times(ratio: float) -> str:
    """A ratio as text."""
    return f"{ratio:,.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×" if ratio >= 2 else f"{ratio:.2f} ×"


def at_least(ratio: float, wanted: float) -> tuple[str, str]:
    """A ratio, and what was expected of it with whether it was reached."""
    return times(ratio), f"≥ {wanted:g} ×{'' if ratio >= wanted else ': not reached'}"


def at_most(value: float, wanted: float, unit: str = "") -> tuple[str, str]:
    """A value that should be small, and what was expected of it with whether it was kept."""
    return f"{value:.2f}{unit}", f"≤ {wanted:g}{unit}{'' if value <= wanted else ': not reached'}"


def clock(seconds: float) -> str:
    """A time as text in the unit that fits."""
    for unit, length, below in (("µs", 1e-6, 1e-3), ("ms", 1e-3, 1), ("s", 1, 180), ("min", 60, 7200)):
        if seconds < below:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds / 3600:.3g} h"


def size(count: float) -> str:
    """Bytes as text."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
