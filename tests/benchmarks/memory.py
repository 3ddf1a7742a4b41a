"""Memory by the number of draws: of the whole command, sealing and summary included, and of Ray's workers."""

import tempfile

from tests.benchmarks.measuring import Row, Taken, at_most, process, size

__all__ = ["measure"]

# What a worker may hold, in MB.
WORKER = 700


def _taken(draws: int, *given: str) -> Taken:
    with tempfile.TemporaryDirectory() as folder:
        settings = ["regions=archetypes", "policy=[]", "years=1"]
        settings += ["report=false", f"draws={draws}", f"store.folder={folder}"]
        return process("-m", "sweep", *settings, *given)


def measure(quick: bool) -> list[Row]:
    """Peak memory of the small model, a year of it, from 10^4 to 10^6 draws, and of a worker of the default study."""
    few, many = (1_000, 10_000) if quick else (10_000, 1_000_000)
    rows = []
    for keep in ("draws", "statistics"):
        first, last = (_taken(draws, "executor=serial", f"outputs.keep={keep}").bytes for draws in (few, many))
        case = f"keep={keep}, years=1, threads, {few:,} → {many:,} draws"
        rows.append(Row(case, f"{size(first)} → {size(last)}", *at_most(last / first, 1.1, " ×")))
    by_ray = [_taken(draws, "executor=ray") for draws in (few, many)]
    for who, (first, last) in {
        "the driver of Ray": [taken.driver for taken in by_ray],
        "a worker of Ray": [taken.worker for taken in by_ray],
    }.items():
        case = f"{who}, years=1, {few:,} → {many:,} draws"
        rows.append(Row(case, f"{size(first)} → {size(last)}", *at_most(last / first, 1.1, " ×")))
    states = ["executor=ray", "regions=us_states", "years=15", "policy=[retraining,ubi,job_guarantee]"]
    last = _taken(512 if quick else 10_000, *states).worker
    case = f"a worker of Ray, us_states, 15 years, 4 policies, {512 if quick else 10_000:,} draws"
    return [*rows, Row(case, size(last), *at_most(last / 1e6, WORKER, " MB"))]
