"""Statistics of regional outcomes in one pass, beside reading the same chunks, and the memory that both take."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr
import zarr

from analysis import exceedance, fan, paired_difference
from analysis.regimes import named_regimes
from sweep.store.chunks import compressors
from sweep.store.rounding import rounded, rounding_attributes
from tests.benchmarks.measuring import ROOT, Row, at_most

__all__ = ["measure"]

POLICIES, REGIONS, YEARS, CHUNK, ROUNDS = 2, 51, 16, 256, 3
KINDS = ("reading", "fan", "paired_difference", "exceedance")


def store(folder: Path, draws: int) -> Path:
    """A store of one regional outcome, in chunks, codecs and rounding as a sweep writes them."""
    path, generator = folder / f"{draws}.zarr", np.random.default_rng(draws)
    group = zarr.open_group(path, mode="w")
    rate = group.create_array(
        "rate",
        shape=(POLICIES, draws, REGIONS, YEARS),
        chunks=(1, CHUNK, REGIONS, YEARS),
        dtype="f4",
        compressors=compressors(),
        dimension_names=("policy", "draw", "region", "year"),
    )
    for start in range(0, draws, CHUNK):
        shape = (POLICIES, min(CHUNK, draws - start), REGIONS, YEARS)
        rate[:, start : start + CHUNK] = rounded(
            (0.05 * generator.lognormal(0, 0.4, shape)).astype(np.float32), rounding_attributes(12)
        )
    inputs = {"regime": ("draw", generator.integers(0, 4, draws).astype(np.int8), {"flag_values": [0, 1, 2, 3]})}
    names = group.create_array("policy", shape=(POLICIES,), dtype=np.dtypes.StringDType(), dimension_names=("policy",))
    names[:] = np.array(["none", "ubi"], dtype=np.dtypes.StringDType())
    coordinates = {"year": np.arange(2025, 2025 + YEARS)}
    xr.Dataset(inputs, coordinates).to_zarr(path, mode="a", consolidated=False)
    return path


def _read(data: xr.Dataset) -> None:
    for start in range(0, data.sizes["draw"], 1024):
        data["rate"].isel(draw=slice(start, start + 1024)).to_numpy()


def _alone(kind: str, path: str) -> str:
    """Seconds of the fastest round, and this process's peak of memory in MB."""
    data = named_regimes(xr.open_zarr(path, consolidated=False))
    run: dict[str, Callable[[], object]] = {
        "reading": lambda: _read(data),
        "fan": lambda: fan(data, "rate"),
        "paired_difference": lambda: paired_difference(data, "rate"),
        "exceedance": lambda: exceedance(data, "rate", [0.08, 0.1]),
    }
    # Compiled, or from the cache, before the clock runs.
    if kind != "reading":
        from analysis.streaming import tally

        tally(lambda start, stop: np.ones((1, stop - start, 1), dtype=np.float32), 2, [np.arange(2)])
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        run[kind]()
        taken.append(time.perf_counter() - begin)
    # Not resource's peak, which a process takes over from the one that began it.
    (peak,) = re.findall(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return f"{min(taken)} {int(peak) / 1000}"


def measure(quick: bool) -> list[Row]:
    """Seconds, ratio to reading, and memory, by number of draws; each in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for draws in (10_000, 40_000) if quick else (50_000, 200_000):
            path, reading = store(Path(folder), draws), 0.0
            for kind in KINDS:
                command = [sys.executable, "-m", "tests.benchmarks.analysis", kind, str(path)]
                told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
                seconds, memory = float(told[0]), float(told[1])
                reading = reading or seconds
                compared, expected = at_most(seconds / reading, 2, " of reading")
                case, measured = f"{kind}, {draws:,} draws", f"{seconds:.2f} s, {memory:.0f} MB"
                rows.append(Row(case, measured, *((compared, expected) if kind != "reading" else ("", ""))))
    return rows


if __name__ == "__main__":
    sys.stdout.write(_alone(*sys.argv[1:]))
