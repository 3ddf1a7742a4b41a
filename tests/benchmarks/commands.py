"""What users wait for: whole commands, started anew each time."""

import statistics
import tempfile

from tests.benchmarks.measuring import Row, at_most, clock, process

__all__ = ["measure"]


def _taken(rounds: int, *arguments: str) -> float:
    return statistics.median(process(*arguments).seconds for _ in range(rounds))


def measure(quick: bool) -> list[Row]:
    """Median seconds of help, a small sweep with its report, one that is done, and the report of the default."""
    rounds = 1 if quick else 5
    rows = []

    def add(what: str, seconds: float, most: float) -> None:
        rows.append(Row(what, clock(seconds), *at_most(seconds, most, " s")))

    add("sweep --help", _taken(rounds, "-m", "sweep", "--help"), 1)
    with tempfile.TemporaryDirectory() as folder:
        small = [_taken(1, "-m", "sweep", "draws=64", f"store.path={folder}/{turn}.zarr") for turn in range(rounds)]
        add("sweep draws=64, with its report", statistics.median(small), 6)
        add(
            "the same again: nothing to do", _taken(rounds, "-m", "sweep", "draws=64", f"store.path={folder}/0.zarr"), 3
        )
        store = f"{folder}/default.zarr"
        process("-m", "sweep", "report=false", f"store.path={store}", *(["draws=128"] if quick else []))
        add("analyze report, default sweep", _taken(1 if quick else 3, "-m", "analysis", "report", store), 15)
    return rows
