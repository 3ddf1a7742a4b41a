"""A store of statistics and one of draws of the same study, of a stand-in for the kernel."""

from pathlib import Path

import pytest

from tests.faults.worker import run_study

__all__ = ["KEPT", "MANY", "STATISTICS", "THRESHOLDS", "write_drawn", "write_whole"]

STATISTICS = "outputs.keep=statistics"
THRESHOLDS = "+outputs.thresholds.gdp=[1.5, 3, 6]"
# A last block that isn't full, and a place for fewer draws than there are.
MANY = (STATISTICS, THRESHOLDS, "draws=700", "store.draws_per_chunk=64")
KEPT = 150


def write_whole(path: Path) -> Path:
    """A store that keeps statistics."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.run.KEPT_DRAWS", KEPT)
        run_study(path, *MANY)
    return path


def write_drawn(path: Path) -> Path:
    """A store that keeps all draws, as they were computed."""
    run_study(path, "draws=700", "outputs.keep_bits=null")
    return path
