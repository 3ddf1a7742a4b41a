"""The whole command beside what it can't do without: the kernel's time on all cores, and writing the bytes.

Also what executors take for a task that does nothing.
"""

import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sweep.executors.ray import RayExecutor
from sweep.executors.serial import SerialExecutor
from sweep.kernel.compiled import simulate
from tests.benchmarks.dispatching import seconds_a_task
from tests.benchmarks.measuring import Row, clock, cores, medians, process, size, times
from tests.benchmarks.same_model import economy, table
from tests.studies import study

__all__ = ["kernel_seconds", "measure"]

REGIONS, RUNS, SLACK, START = "us_states", 100_000, 1.15, 8.0


def kernel_seconds(draws: int, rounds: int) -> float:
    """Seconds a run of the kernel with all cores busy, over the default study's policies and core outcomes."""
    chosen, few = study(), table(REGIONS, 0, draws)
    policies = [policy.instruments(few) for policy in chosen.policies if policy.name != "none"]

    def once(_: int) -> object:
        return simulate(economy(REGIONS), few, policies, chosen.years, outputs=("core",))

    with ThreadPoolExecutor(cores()) as threads:
        seconds = medians({"kernel": lambda: list(threads.map(once, range(cores())))}, rounds)["kernel"]
    return seconds / (cores() * draws * (1 + len(policies)))


def _bandwidth(folder: Path, count: int) -> float:
    """Bytes a second that reach the disk."""
    block = os.urandom(1 << 20)
    begin = time.perf_counter()
    with (folder / "probe").open("wb") as file:
        for _ in range(count >> 20):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return count / (time.perf_counter() - begin)


def _command(quick: bool) -> list[Row]:
    policies = len(study().policies)
    draws = (2_000 if quick else RUNS) // policies
    kernels, commands = [kernel_seconds(64, 5)], []
    with tempfile.TemporaryDirectory() as folder:
        disk = _bandwidth(Path(folder), 1 << (27 if quick else 30))
        for turn in range(1 if quick else 3):
            given = [f"draws={draws}", "report=false", f"store.folder={folder}/{turn}"]
            commands.append(process("-m", "sweep", *given).seconds)
            # The machine may have changed its pace.
            kernels.append(kernel_seconds(64, 5))
        files = [path.stat() for path in Path(folder, "0").rglob("*") if path.is_file()]
    kernel, taken = statistics.median(kernels) * draws * policies, statistics.median(commands)
    written = sum(each.st_size for each in files)
    writing = written / disk
    allowed = SLACK * kernel + START
    kept = "" if taken <= allowed else ": not reached"
    text = f"{clock(taken)} for {draws * policies:,} runs; kernel {clock(kernel)} on {cores()} cores"
    text += f", {size(written)} in {len(files):,} files {clock(writing)}"
    what = f"sweep, default study, {draws:,} draws"
    return [Row(what, text, times(taken / (kernel + writing)), f"≤ {clock(allowed)}{kept}")]


def _executors(quick: bool) -> list[Row]:
    count = 500 if quick else 4000
    rows = []
    for name, executor in (("threads", SerialExecutor(cores())), ("Ray", RayExecutor(cores(), None))):
        start, each = seconds_a_task(executor, count)
        rows.append(Row(f"{name}: a task that does nothing", f"{clock(each)} after {clock(start)}"))
    return rows


def measure(quick: bool) -> list[Row]:
    """The command against its floor, and the executors' own time."""
    return [*_command(quick), *_executors(quick)]
