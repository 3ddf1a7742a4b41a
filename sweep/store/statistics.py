"""The statistics of a complete store as Zarr groups, one an outcome, that plain xarray opens: `statistics/gdp`, …"""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.core.buffer.cpu import Buffer
from zarr.storage import MemoryStore

from sweep.errors import DamageError, writing
from sweep.plan import digest
from sweep.store.counting import Counting, read_pilot
from sweep.store.histogram import histogram_quantiles
from sweep.store.place import Place
from sweep.store.plain_zarr import array_files, group_file
from sweep.store.records import Records, total
from sweep.store.tally import KINDS, Counted, Grid
from sweep.store.tasks import fingerprint
from sweep.store.untrusted import GROUP

__all__ = ["QUANTILES", "Groups", "damaged_statistics", "statistics_groups", "write_statistics"]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_ROOT = "zarr.json"
_AT_ONCE = 8
_ALL = "over all draws, in all regimes as they were drawn"


@dataclass(frozen=True)
class _Counts:
    """What was counted of an outcome, by so many draws, on its grid."""

    outcome: Counted
    arrays: Mapping[str, NDArray[Any]]
    draws: int
    grid: Grid


@dataclass(frozen=True)
class _Statistic:
    """One array of a group: its name, dimensions, values and attributes; at first without those of the outcome."""

    name: str
    dims: tuple[str, ...]
    values: NDArray[Any]
    attributes: Mapping[str, Any]


def _moments(own: _Counts, kind: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mean and variance of a kind, (policy, cell): whole numbers are joined exactly, and rounded once."""
    unit, sums, draws = own.grid.unit[kind], own.arrays["sums"][kind], own.draws
    if not draws:
        return np.full(sums.shape, np.nan), np.full(sums.shape, np.nan)
    mean = (own.grid.origin[kind] + sums / draws) * unit
    high, low = (half[kind].astype(object) for half in own.arrays["squares"])
    exact = draws * (high * 2**32 + low) - sums.astype(object) ** 2
    spread = exact.astype(np.float64) / (draws * (draws - 1)) if draws > 1 else np.full(sums.shape, np.nan)
    return mean, spread * unit**2


def _of_kind(own: _Counts, kind: int) -> Iterator[_Statistic]:
    """Statistics of an outcome, or of its differences to the first policy."""
    outcome, arrays = own.outcome, own.arrays
    before = "" if kind == 0 else "difference_"
    what = outcome.long_name if kind == 0 else f"same-draw difference to the first policy: {outcome.long_name}"

    def told(name: str, meaning: str, further: tuple[str, ...], values: NDArray[Any], **more: Any) -> _Statistic:
        attributes = {"units": outcome.units, "long_name": f"{meaning} {_ALL}: {what}", **more}
        return _Statistic(f"{before}{name}", further, values, attributes)

    known = 0.0 if own.draws else np.nan
    least, most = (arrays[name][kind] + known for name in ("smallest", "largest"))
    mean, variance = _moments(own, kind)
    knots, counts = np.moveaxis(own.grid.knots[:, kind], 0, -1), arrays["counts"][kind]
    quantiles, error = histogram_quantiles(counts, knots, own.grid.knot_bins, (least, most), QUANTILES)
    squared = "1" if outcome.units == "1" else f"({outcome.units})2"
    yield told("mean", "mean", (), mean, cell_methods="draw: mean")
    yield told("variance", "variance", (), variance, units=squared, cell_methods="draw: variance")
    yield told("minimum", "smallest value", (), least, cell_methods="draw: minimum")
    yield told("maximum", "largest value", (), most, cell_methods="draw: maximum")
    yield told("quantiles", "quantiles", ("quantile",), quantiles, cell_methods="draw: quantile")
    yield told("quantile_error", "the most that a quantile may be off", ("quantile",), error)
    edges = "edges of bins are linear between knots; the first and last bin reach to the extremes"
    yield told("counts", "draws in each bin", ("bin",), counts, units="1", comment=edges)
    yield told("knots", "lower edge of the bin that its coordinate numbers", ("knot",), knots)
    if kind == 0 and outcome.thresholds:
        above = np.moveaxis(arrays["above"], 0, -1)
        yield told("above_threshold", "draws above each threshold", ("threshold",), above, units="1")
    if kind == 1:
        yield told("below_zero", "draws below zero", (), arrays["signs"][0], units="1")
        yield told("above_zero", "draws above zero", (), arrays["signs"][1], units="1")


def _coordinates(at: Place) -> dict[str, NDArray[Any]]:
    root: Any = zarr.open_group(at.zarr(), mode="r", use_consolidated=False)
    found = {name: np.asarray(root[name][:]) for name in ("policy", "region", "year")}
    return {name: _plain(values) for name, values in found.items()}


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers as they are, and texts of a fixed width."""
    return values if values.dtype.kind in "iuf" else np.array([str(value) for value in values])


@dataclass(frozen=True)
class Groups:
    """The groups as they should be: every file by name, and hashes of the content by array and policy."""

    files: Mapping[str, bytes]
    hashes: Mapping[str, str]


def statistics_groups(at: Place, about: Counting, records: Records) -> Groups:
    """The groups of a store: a pure function of its records, pilot and coordinates.

    Raises DamageError where a record or the pilot isn't sound.
    """
    pilot = read_pilot(at, about)
    if pilot is None or any(record.pilot != pilot.sha256 for record in records.used):
        raise DamageError(f"{at}: the grids that draws were counted by are damaged; the same command makes them again")
    tally, coordinates = total(at, records.used, about), _coordinates(at)
    files, hashes = _under(GROUP, group_file({})), dict[str, str]()
    for outcome in about.outcomes:
        own = _Counts(outcome, tally.counted[outcome.name], tally.draws, pilot.grid(outcome))
        folder = f"{GROUP}/{outcome.name}"
        files |= _under(folder, group_file(_about(own, about.draws)))
        for each in _arrays(own, coordinates):
            files |= _under(f"{folder}/{each.name}", array_files(each.dims, each.values, each.attributes))
            hashes |= _hashed(f"{folder}/{each.name}", each, about.names)
    return Groups(files, hashes)


def _under(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def _about(counts: _Counts, draws: int) -> dict[str, Any]:
    """Attributes of one outcome's group, which say how many of the store's draws were counted."""
    return {
        "long_name": counts.outcome.long_name,
        "units": counts.outcome.units,
        "draws": counts.draws,
        "draws_left_out": draws - counts.draws,
        "draws_saturated": int(counts.arrays["saturated"].max(initial=0)),
        "comment": f"statistics {_ALL}; differences are to the first policy in the same draw",
    }


def _arrays(counts: _Counts, coordinates: Mapping[str, NDArray[Any]]) -> Iterator[_Statistic]:
    """Coordinates and statistics of one outcome."""
    outcome = counts.outcome
    dims = ("policy", "region", "year") if outcome.regional else ("policy", "year")
    for name in dims:
        yield _Statistic(name, (name,), coordinates[name], {"long_name": name})
    yield _Statistic("quantile", ("quantile",), np.array(QUANTILES), {"units": "1"})
    yield _Statistic("knot", ("knot",), np.array(counts.grid.knot_bins), {"long_name": "number of a bin"})
    if outcome.thresholds:
        yield _Statistic("threshold", ("threshold",), np.array(outcome.thresholds), {"units": outcome.units})
    sizes = tuple(len(coordinates[name]) for name in dims)
    for kind in range(len(KINDS)):
        for each in _of_kind(counts, kind):
            values = each.values.reshape(*sizes, *each.values.shape[2:])
            yield _Statistic(each.name, (*dims, *each.dims), values, each.attributes)


def _hashed(name: str, each: _Statistic, policies: Sequence[str]) -> dict[str, str]:
    if each.dims[0] != "policy" or len(each.dims) == 1:
        return {} if each.dims == ("policy",) else {name: digest(each.values.tolist())}
    return {f"{name}/{policy}": fingerprint(values) for policy, values in zip(policies, each.values, strict=True)}


def write_statistics(at: Place, groups: Groups) -> None:
    """Write what of the groups isn't there as it should be."""
    stored = at.read_all(list(groups.files))
    batches: dict[str, dict[str, bytes]] = {}
    for name, data in groups.files.items():
        if stored.get(name) != data:
            batches.setdefault("/".join(name.split("/")[:2]), {})[name] = data
    # Many small files: a disk flushes those of several groups in the time of one.
    with writing(at), ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(at.write, batches.values()))


def damaged_statistics(at: Place, groups: Groups) -> dict[str, str]:
    """Groups and arrays that aren't stored as they should be, and what is wrong."""
    stored, damaged = at.read_all(list(groups.files)), dict[str, str]()
    for name in [name for name, data in groups.files.items() if stored.get(name) != data]:
        folder = name.rpartition("/")[0]
        try:
            if not _same(folder, stored, groups.files):
                damaged[folder] = "not as its records have it"
        except KeyError:
            damaged[folder] = "missing"
        except Exception as error:  # whatever a decoder makes of damaged bytes
            damaged[folder] = (str(error).splitlines() or [type(error).__name__])[0]
    return damaged


def _same(folder: str, stored: Mapping[str, bytes], expected: Mapping[str, bytes]) -> bool:
    """Whether files that differ say the same: another version of a library may have compressed them otherwise."""
    names = [name for name in expected if name.rpartition("/")[0] == folder]
    metadata = [json.loads(files[f"{folder}/{_ROOT}"]) for files in (stored, expected)]
    if metadata[0] != metadata[1] or metadata[1]["node_type"] != "array":
        return bool(metadata[0] == metadata[1])
    held: list[Any] = [
        {name.removeprefix(f"{folder}/"): Buffer.from_bytes(files[name]) for name in names}
        for files in (stored, expected)
    ]
    first, second = (_plain(np.asarray(zarr.open_array(MemoryStore(own), mode="r")[...])) for own in held)
    return first.tobytes() == second.tobytes()
