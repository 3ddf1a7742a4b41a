"""A plan on many cores, from constants measured here: what breaks first, and which batch size avoids it.

Measured: what a task takes by its draws, how many files it writes, what the driver needs for a task and for one round
over all workers, and how long it takes to read a task again before a store is complete. The rest is arithmetic.
"""

import logging
import statistics
import tempfile
import time
import tracemalloc
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sweep.executors.dispatch import Patience
from sweep.executors.ray import RayExecutor
from sweep.executors.serial import SerialExecutor
from sweep.models import model_of
from sweep.run import TaskRunner
from sweep.store import survey
from tests.benchmarks.dispatching import dispatch_seconds, seconds_a_task
from tests.benchmarks.measuring import Line, Row, clock, cores, line, size
from tests.studies import prepare, study

__all__ = ["Constants", "loads", "measure"]

DRAWS = 10_000_000
PLANS = (16, 256, 4096)
CHUNKS = tuple(64 * 2**power for power in range(8))
# What S3 promises for one prefix, once it has seen the load: writes a second; each array's folder is a prefix. Each
# file of a task is written once and read back once.
WRITES = 3_500
# Of the driver, which knows every chunk's hash before it calls a store complete.
MEMORY = 16e9


@dataclass(frozen=True)
class Constants:
    """What was measured: seconds of a task and of its sealing by draws, its files, and the driver's seconds.

    busiest: files of a task in the one folder that has most; streams: rows of arrays, each read by one worker before a
    store is sealed; held: bytes of the driver's memory a file; each: the driver's seconds for a task within a call;
    call: for a call; rounds: for one round over so many workers.
    """

    task: Line
    sealing: Line
    files: int
    busiest: int
    streams: int
    held: float
    each: float
    call: float
    rounds: dict[int, float]


def _tasks(chunk: int, count: int) -> tuple[float, float, tuple[int, int, int, float]]:
    """Seconds of a task of so many draws on one core, and of reading it again; then `Constants` from files to held."""
    with tempfile.TemporaryDirectory() as folder:
        given = [f"store.path={folder}/store.zarr", f"store.draws_per_chunk={chunk}", f"draws={chunk * count}"]
        chosen = study(*given)
        path, tasks = prepare(chosen)
        work = TaskRunner(chosen, model_of(chosen), path)()
        before = sum(1 for each in path.rglob("*") if each.is_file())
        taken = []
        for task in tasks:
            begin = time.perf_counter()
            work(task)
            taken.append(time.perf_counter() - begin)
        files = sum(1 for each in path.rglob("*") if each.is_file()) - before
        marker = survey(path).markers[0]
        begin = time.perf_counter()
        found = survey(path, thorough=True, readers=SerialExecutor(1))
        assert found.whole and not found.damaged
        reading = (time.perf_counter() - begin) / count
        sizes = (
            round(files / count),
            max(Counter(key.partition("/")[0] for key in marker.chunks).values()),
            len(marker.chunks),
            _held(path) / files,
        )
        return statistics.median(taken), reading, sizes


def _held(path: Path) -> float:
    """Bytes that the driver holds of a store's markers."""
    tracemalloc.start()
    found = survey(path)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.markers
    return held


class _Busy:
    def sleep(self) -> None:
        time.sleep(600)


def _waiting(workers: int) -> float:
    """Seconds of one look at all calls under way, two a worker, of which one has ended."""
    import ray

    busy = ray.remote(_Busy).remote()
    calls = [busy.sleep.remote() for _ in range(2 * workers)]
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        _, rest = ray.wait([ray.put(0), *calls], num_returns=1)
        ray.wait(rest, num_returns=len(rest), timeout=0)
        taken.append(time.perf_counter() - begin)
    ray.kill(busy)
    return statistics.median(taken)


def _driver(quick: bool) -> tuple[float, float, dict[int, float]]:
    """Seconds for a task in a call of many, for a call, and for a round of dispatch and Ray over so many workers."""
    _, each = seconds_a_task(RayExecutor(cores(), None), 500 if quick else 4000)
    _, call = seconds_a_task(RayExecutor(cores(), None, Patience(call=0)), 100 if quick else 1000)
    # Only now, since the executor sets what Ray reads at its import.
    import ray

    rounds = {workers: dispatch_seconds(workers, 1, max(2000, 4 * workers)) for workers in PLANS}
    ray.init(address="local", num_cpus=1, include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
    try:
        return each, call, {workers: rounds[workers] + _waiting(workers) for workers in PLANS}
    finally:
        ray.shutdown()


def _constants(quick: bool) -> Constants:
    sizes = (8, 32) if quick else (64, 256)
    measured = [_tasks(draws, 3) for draws in sizes]
    each, call, rounds = _driver(quick)
    task, sealing = line(sizes, [taken for taken, _, _ in measured]), line(sizes, [read for _, read, _ in measured])
    return Constants(task, sealing, *measured[-1][2], each, call, rounds)


def loads(workers: int, chunk: int, known: Constants) -> dict[str, float]:
    """How much of what each part can do a plan asks for; what is above 1 breaks, or leaves cores idle.

    The driver handles all that ended since its last round, and must be back before a worker has done both its tasks.
    """
    seconds = known.task.at(chunk)
    rate = workers / seconds
    together = max(1, int(Patience().call / seconds))
    busy = rate * (known.each + known.call / together)
    period = known.rounds[workers] / (1 - busy) if busy < 1 else float("inf")
    return {
        "driver": max(busy, period / seconds),
        "requests": rate * known.busiest / WRITES,
        "sealing": workers / min(workers, known.streams) * known.sealing.at(chunk) / seconds,
        "memory": DRAWS / chunk * known.files * known.held / MEMORY,
        "tasks a core": 2 * workers * chunk / DRAWS,
    }


def _row(workers: int, chunk: int, known: Constants) -> Row:
    seconds, count, load = known.task.at(chunk), -(-DRAWS // chunk), loads(workers, chunk, known)
    driver = f"driver {load['driver']:.0%} busy" if load["driver"] < 10 else "more than the driver can"
    worst = max(load, key=lambda name: load[name])
    text = (
        f"task {clock(seconds)}, {workers / seconds:,.0f} tasks/s, {driver}, "
        f"{workers / seconds * known.files:,.0f} writes/s, {count * known.files / 1e6:.1f} M files, "
        f"work {clock(count * seconds / workers)}, "
        f"sealing {clock(count * known.sealing.at(chunk) / min(workers, known.streams))}, "
        f"driver's memory {size(count * known.files * known.held)}"
    )
    first = (
        f"{worst} first, asked for {load[worst]:.1f} times what it can"
        if load[worst] > 1
        else f"holds; nearest: {worst}"
    )
    best = min(CHUNKS, key=lambda each: max(loads(workers, each, known).values()))
    left = [name for name, value in loads(workers, best, known).items() if value > 1]
    advice = f"draws_per_chunk={best}" + (f", then still {' and '.join(left)}" if left else "")
    return Row(f"{workers:,} cores, {chunk:,} draws a chunk", text, first, advice if load[worst] > 1 else "")


def measure(quick: bool) -> list[Row]:
    """The constants, and 10^7 draws of the default study on 16, 256 and 4,096 cores."""
    known = _constants(quick)
    rounds = ", ".join(f"{clock(seconds)} over {workers:,} workers" for workers, seconds in known.rounds.items())
    rows = [
        Row(
            "a task",
            f"{clock(known.task.start)} + {clock(known.task.unit)} a draw; {known.files} files, "
            f"{known.busiest} in one folder; the driver holds {known.held:.0f} bytes of each",
        ),
        Row("sealing a task, one core", f"{clock(known.sealing.start)} + {clock(known.sealing.unit)} a draw"),
        Row("the driver", f"{clock(known.each)} a task and {clock(known.call)} a call; a round {rounds}"),
    ]
    return rows + [_row(workers, chunk, known) for workers in PLANS for chunk in (64, 256, 1024)]
