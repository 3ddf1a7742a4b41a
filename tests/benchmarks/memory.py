"""Memory by the number of draws: of the whole command, sealing and summary included, and of Ray's workers."""

import tempfile

from tests.benchmarks.measuring import Row, Taken, at_most, clock, process, size

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
        first, last = (_taken(draws, "executor=serial", f"outputs.keep={keep}") for draws in (few, many))
        case = f"keep={keep}, years=1, threads, {few:,} → {many:,} draws"
        told = f"{size(first.bytes)} → {size(last.bytes)}; {clock(first.seconds)} → {clock(last.seconds)}"
        rows.append(Row(case, told, *at_most(last.bytes / first.bytes, 1.1, " ×")))
    by_ray = [_taken(draws, "executor=ray") for draws in (few, many)]
    held = {"driver": [each.driver for each in by_ray], "worker": [each.worker for each in by_ray]}
    for who, (least, most) in held.items():
        case = f"Ray, a {who}, years=1, {few:,} → {many:,} draws"
        rows.append(Row(case, f"{size(least)} → {size(most)}", *at_most(most / least, 1.1, " ×")))
    states = ["executor=ray", "regions=us_states", "years=15", "policy=[retraining,ubi,job_guarantee]"]
    draws = 512 if quick else 10_000
    most = _taken(draws, *states).worker
    case = f"Ray, a worker, us_states, 15 years, 4 policies, {draws:,} draws"
    return [*rows, Row(case, size(most), *at_most(most / 1e6, WORKER, " MB"))]
