"""The statistics of a complete store as Zarr groups, one an outcome, that plain xarray opens: `statistics/gdp`, …"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, Crc32cCodec
from zarr.core.buffer.cpu import Buffer
from zarr.storage import MemoryStore

from sweep.errors import DamageError, UnreachableError, writing
from sweep.plan import digest
from sweep.store.histogram import histogram_quantiles
from sweep.store.place import Place
from sweep.store.records import Counting, Records, read_pilot, total
from sweep.store.tally import KINDS, Counted, Grid
from sweep.store.tasks import fingerprint
from sweep.store.untrusted import GROUP

__all__ = ["GROUP", "QUANTILES", "statistics_files", "statistics_hashes", "write_statistics"]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_ROOT = "zarr.json"
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
    """One array of a group: its name, dimensions besides those of the outcome, values and attributes."""

    name: str
    further: tuple[str, ...]
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


def _create(group: zarr.Group, name: str, dims: tuple[str, ...], values: NDArray[Any], attributes: Any) -> None:
    is_text = values.dtype.kind == "U"
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=values.shape,
        dtype=np.dtypes.StringDType() if is_text else values.dtype,
        compressors=[*([] if is_text else [BloscCodec(cname="zstd", clevel=1)]), Crc32cCodec()],
        dimension_names=dims,
        attributes=dict(attributes),
        chunk_key_encoding={"name": "default", "separator": "."},
        config={"write_empty_chunks": True},
    )
    array[...] = values


def _coordinates(at: Place) -> dict[str, NDArray[Any]]:
    root: Any = zarr.open_group(at.zarr(), mode="r", use_consolidated=False)
    found = {name: np.asarray(root[name][:]) for name in ("policy", "region", "year")}
    return {name: _plain(values) for name, values in found.items()}


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers as they are, and texts of a fixed width."""
    return values if values.dtype.kind in "iuf" else np.array([str(value) for value in values])


def statistics_files(at: Place, about: Counting, records: Records) -> dict[str, bytes]:
    """Every file of the groups, by name: a pure function of the records, the pilot and the coordinates of a store.

    Raises DamageError where a record or the pilot isn't sound.
    """
    pilot = read_pilot(at, about)
    if pilot is None or any(record.pilot != pilot.sha256 for record in records.used):
        raise DamageError(f"{at}: the grids that draws were counted by are damaged; the same command makes them again")
    tally, coordinates = total(at, records.used, about), _coordinates(at)
    held: dict[str, Any] = {}
    root = zarr.open_group(MemoryStore(held), mode="w", zarr_format=3)
    for outcome in about.outcomes:
        own = _Counts(outcome, tally.counted[outcome.name], tally.draws, pilot.grid(outcome))
        _write_group(root, own, about.draws, coordinates)
    return {f"{GROUP}/{name}": buffer.to_bytes() for name, buffer in held.items()}


def _write_group(root: zarr.Group, counts: _Counts, draws: int, coordinates: Mapping[str, NDArray[Any]]) -> None:
    """One outcome's group, whose attributes say how many draws were counted."""
    outcome = counts.outcome
    dims = ("policy", "region", "year") if outcome.regional else ("policy", "year")
    attributes = {
        "long_name": outcome.long_name,
        "units": outcome.units,
        "draws": counts.draws,
        "draws_left_out": draws - counts.draws,
        "draws_saturated": int(counts.arrays["saturated"].max(initial=0)),
        "comment": f"statistics {_ALL}; differences are to the first policy in the same draw",
    }
    group = root.create_group(outcome.name, attributes=attributes)
    own = {name: coordinates[name] for name in dims} | {"quantile": np.array(QUANTILES)}
    units = {"quantile": "1", "threshold": outcome.units}
    own["knot"] = np.array(counts.grid.knot_bins)
    if outcome.thresholds:
        own["threshold"] = np.array(outcome.thresholds)
    for name, values in own.items():
        _create(group, name, (name,), values, {"units": units[name]} if name in units else {"long_name": name})
    sizes = tuple(len(coordinates[name]) for name in dims)
    for kind in range(len(KINDS)):
        for each in _of_kind(counts, kind):
            values = each.values.reshape(*sizes, *each.values.shape[2:])
            _create(group, each.name, (*dims, *each.further), values, each.attributes)


def write_statistics(at: Place, files: Mapping[str, bytes]) -> None:
    """Write what of the groups isn't there as it should be."""
    stored = at.read_all(list(files))
    with writing(at):
        at.write({name: data for name, data in files.items() if stored.get(name) != data})


def statistics_hashes(
    at: Place, files: Mapping[str, bytes], policies: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Damaged arrays of the stored groups, by what they should be, and hashes of their content by array and policy."""
    stored, damaged, hashes = at.read_all(list(files)), dict[str, str](), dict[str, str]()
    folders: dict[str, list[str]] = {}
    for name in files:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    for folder, names in folders.items():
        try:
            metadata = json.loads(files[f"{folder}/{_ROOT}"])
            if json.loads(stored[f"{folder}/{_ROOT}"]) != metadata:
                raise ValueError("its metadata isn't as it was written")
            if metadata["node_type"] == "array":
                values = _decoded(folder, {name: stored[name] for name in names})
                # Another version of a library may have compressed them otherwise.
                same = all(stored[name] == files[name] for name in names)
                if not same and values.tobytes() != _decoded(folder, {name: files[name] for name in names}).tobytes():
                    raise ValueError("its values aren't those of the records")
                hashes |= _hashed(folder, values, metadata["dimension_names"], policies)
        except UnreachableError:
            raise
        except Exception as error:  # whatever a decoder makes of damaged bytes
            why = "missing" if isinstance(error, KeyError) else str(error) or repr(error)
            damaged[folder] = why.splitlines()[0]
    return damaged, hashes


def _decoded(folder: str, files: Mapping[str, bytes]) -> NDArray[Any]:
    held: Any = {name.removeprefix(f"{folder}/"): Buffer.from_bytes(data) for name, data in files.items()}
    array: Any = zarr.open_array(MemoryStore(held), mode="r")
    return _plain(np.asarray(array[...]))


def _hashed(folder: str, values: NDArray[Any], dims: list[str], policies: Sequence[str]) -> dict[str, str]:
    if dims[0] != "policy" or len(dims) == 1:
        return {} if dims == ["policy"] else {folder: digest(values.tolist())}
    return {f"{folder}/{policy}": fingerprint(each) for policy, each in zip(policies, values, strict=True)}
