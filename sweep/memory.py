"""How much memory a run takes, roughly: what Python and its packages take, and what tasks hold at once."""

from sweep.executors import cores
from sweep.statistics import bytes_counted
from sweep.study import Study

__all__ = ["driver_bytes", "worker_bytes"]

# Measured on Linux: a process that runs the kernel, one of Ray's workers, and the command with Ray's own processes.
_PROCESS, _RAY_WORKER, _BESIDE_RAY = 320e6, 300e6, 540e6
_NUMBER = 4
# Outcomes of a task, and what they are compressed to, with what one array takes on the way.
_COPIES = 1.6
# Bytes of a bin and of a cell that is counted: in the task's tally, and in the file that it becomes.
_BIN, _CELL = 8, 120
# Draws that are simulated at once where they are counted.
_SLICE = 64
# What is held while a store is read again before it is sealed, and what the driver holds of a task's files.
_READ, _FILE = 2**26, 180


def _outcome_bytes(study: Study, draws: int, regions: int) -> float:
    """Outcomes of so many draws under all policies."""
    chosen = study.computed
    numbers = sum(regions if outcome.regional else 1 for outcome in chosen) * (study.years + 1)
    return draws * len(study.policies) * numbers * _NUMBER


def _task_bytes(study: Study, chunk: int, regions: int) -> float:
    if study.keep == "draws":
        return _COPIES * _outcome_bytes(study, chunk, regions)
    tally = bytes_counted(study, regions, _BIN, _CELL)
    return tally + _outcome_bytes(study, _SLICE, regions) + _outcome_bytes(study, chunk, 0)


def worker_bytes(study: Study, chunk: int, regions: int, executor: str) -> float:
    """Memory of one worker: of a process of Ray all of it, of a thread what it adds to its process."""
    return (_RAY_WORKER if executor == "ray" else 0) + _task_bytes(study, chunk, regions)


def driver_bytes(study: Study, chunk: int, regions: int, executor: str, files: int) -> float:
    """Memory of the command itself, with its threads, or with the processes of Ray that aren't workers.

    files: that its tasks write, of each of which it holds what a marker says.
    """
    threads = study.execution.workers or cores()
    own = _PROCESS + threads * _task_bytes(study, chunk, regions) if executor == "serial" else _BESIDE_RAY
    summed = 2 * bytes_counted(study, regions, _BIN, _CELL)
    return own + files * _FILE + max(summed, min(_READ, _outcome_bytes(study, study.draws, regions)))
