"""The stores of a multirun as one dataset: draws of all jobs one after another, read where they are needed.

Which design joined draws are of. Jobs that differ in nothing but their seeds are replicates of one design: batches of
consecutive draws, of which errors are made (`analysis.monte_carlo`), lie within one job as long as jobs have as many
draws as a power of two, and are independent between jobs, so that the design stays what it is; of 16 jobs and more,
batches are whole jobs, and errors those between replicates. Jobs that differ in anything else are no sample of
settings: their design is `multirun`, of which nothing is a probability, until one is chosen
(`data.sel(draw=data.job == 0)`).
"""

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import BackendArray
from xarray.core.indexing import ExplicitIndexer, IndexingSupport, LazilyIndexedArray, explicit_indexing_adapter

from analysis.labels import json_attribute
from analysis.load import StoreWarning, load
from analysis.monte_carlo import DESIGNS, design_of
from sweep.errors import ConfigError, nearest
from sweep.store import MultirunJob, Place, Where, open_store, place, read_multirun

__all__ = ["joined"]

_DIMS = ("policy", "draw", "region", "group", "year")
# What may differ between replicates: seeds, and what is made of them.
_OF_A_SEED = ("seed", "points", "draws")
_REPLICATED = (*DESIGNS, "saltelli", "morris")
_COUNTS = ("draws_dropped", "draws_loaded", "draws_missing", "draws_not_finite", "draws_stopped")
_MOST_SHOWN = 8


@dataclass(frozen=True)
class _Part:
    """One store: its jobs' numbers, what these have that others haven't, its dataset, and the number of its draws."""

    jobs: tuple[int, ...]
    overrides: Mapping[str, str]
    data: xr.Dataset
    draws: int


class _Joined(BackendArray):
    """An array over the draws of several stores, NaN where a store lacks a region.

    parts: the variable in each store, and by dimension where in it each place is, -1 where it isn't.
    """

    def __init__(self, parts: Sequence[tuple[xr.Variable, Sequence[NDArray[np.intp]]]], dtype: np.dtype[Any]) -> None:
        self.parts, self.dtype = parts, dtype
        self.shape = tuple(len(places) for places in parts[0][1])

    def __getitem__(self, key: ExplicitIndexer) -> Any:
        return explicit_indexing_adapter(key, self.shape, IndexingSupport.OUTER, self._read)

    def _read(self, key: tuple[Any, ...]) -> NDArray[Any]:
        wanted = [np.atleast_1d(np.arange(size)[each]) for size, each in zip(self.shape, key, strict=True)]
        found = np.full([len(each) for each in wanted], np.nan if self.dtype.kind == "f" else 0, self.dtype)
        for variable, places in self.parts:
            inside = [where[each] for where, each in zip(places, wanted, strict=True)]
            here = [np.flatnonzero(each >= 0) for each in inside]
            if all(map(len, here)):
                chosen = [_range(each[rows]) for each, rows in zip(inside, here, strict=True)]
                found[np.ix_(*here)] = variable.isel(dict(zip(variable.dims, chosen, strict=True))).to_numpy()
        return np.asarray(found[tuple(0 if isinstance(each, int | np.integer) else slice(None) for each in key)])


def _range(places: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Places in a row as a slice, which is read much faster."""
    first, last = int(places[0]), int(places[-1]) + 1
    return slice(first, last) if np.array_equal(places, np.arange(first, last)) else places


def joined(path: Where, policies: Sequence[str] | None = None) -> xr.Dataset:
    """The stores of an index as one dataset, as `analysis.load` describes it."""
    jobs = read_multirun(path)
    folder = place(path).parent
    shared, left_out = _policies(folder, jobs, policies)
    parts = list(_parts(folder, jobs, shared))
    years = _shared([part.data["year"].to_numpy().tolist() for part in parts])
    if not years:
        raise ConfigError(f"{path}: its jobs have no year in common; load their stores one by one")
    axes: dict[str, Any] = {
        "policy": shared,
        "draw": np.concatenate([part.data["draw"].to_numpy() + first for first, part in _firsts(parts)]),
        "region": list(dict.fromkeys(str(name) for part in parts for name in part.data["region"].to_numpy())),
        "year": years,
    }
    names = [name for name, _ in _shared([_joinable(part.data) for part in parts])]
    if any("group" in parts[0].data[name].dims for name in names):
        axes["group"] = list(dict.fromkeys(name for part in parts for name in part.data["group"].to_numpy().tolist()))
    variables = {name: _variable(name, parts, axes) for name in names}
    coordinates = _coordinates(parts, {*axes, *(str(name) for part in parts for name in part.data.variables)})
    attributes = _attributes(parts, shared, axes["region"])
    notes = [_failed(jobs), left_out, *_unshared(parts, years, names), *_own_notices(parts)]
    notice = "; ".join(filter(None, notes))
    if notice:
        warnings.warn(f"{path}: {notice}", StoreWarning, stacklevel=3)
    return xr.Dataset(variables, {**axes, **coordinates}, {**attributes, "notice": notice})


def _shared(rows: Iterable[Sequence[Any]]) -> list[Any]:
    """What all have, in the order of the first."""
    first, *others = map(list, rows)
    return [each for each in first if all(each in other for other in others)]


def _policies(folder: Place, jobs: Sequence[MultirunJob], wanted: Sequence[str] | None) -> tuple[list[str], str]:
    """The policies that all stores have, or those wanted of them, and what is left out in words."""
    stores = dict.fromkeys(job.store for job in jobs if job.store is not None)
    if not stores:
        raise ConfigError(f"{folder}: no job of this multirun has a store; {_failed(jobs)}")
    rows = [[str(name) for name in open_store(f"{folder}/{store}")["policy"].to_numpy()] for store in stores]
    shared = _shared(rows)
    for name in wanted or ():
        if name not in shared:
            raise ConfigError(f"unknown policy {name!r}, or not in all jobs: {nearest(name, shared)}")
    lost = list(dict.fromkeys(name for row in rows for name in row if name not in shared))
    told = f"policies that not all jobs have are left out: {', '.join(lost)}" if lost else ""
    return (shared if wanted is None else [name for name in shared if name in wanted]), told


def _parts(folder: Place, jobs: Sequence[MultirunJob], policies: Sequence[str]) -> Iterator[_Part]:
    """The stores with their draws, each once, also where several jobs share one."""
    by_store: dict[str, list[int]] = {}
    for number, job in enumerate(jobs):
        if job.store is not None:
            by_store.setdefault(job.store, []).append(number)
    for store, numbers in by_store.items():
        own = [jobs[number].overrides for number in numbers]
        overrides = {key: " | ".join(dict.fromkeys(each.get(key, "") for each in own)) for each in own for key in each}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", StoreWarning)
            data = load(f"{folder}/{store}", policies)
        loaded = int(data.attrs["draws_loaded"]) + int(data.attrs["draws_dropped"])
        yield _Part(tuple(numbers), overrides, data, loaded)


def _firsts(parts: Sequence[_Part]) -> Iterator[tuple[int, _Part]]:
    """Each store with the number that its first draw has among all: blocks of a design stay blocks."""
    first = 0
    for part in parts:
        yield first, part
        first += part.draws


def _joinable(data: xr.Dataset) -> list[tuple[str, set[str]]]:
    """Variables that have draws, with their dimensions; those that are kept as statistics have none."""
    dims = {str(name): set(map(str, each.dims)) for name, each in data.data_vars.items()}
    return [(name, own) for name, own in dims.items() if "draw" in own and own <= set(_DIMS)]


def _variable(name: str, parts: Sequence[_Part], axes: Mapping[str, Any]) -> xr.Variable:
    own = [part.data[name].variable for part in parts]
    dims = own[0].dims
    own = [each.transpose(*dims) for each in own]
    dtype = np.result_type(*own)
    if {"region", "group"} & set(dims) and dtype.kind != "f":
        dtype = np.dtype(float)
    first, pieces = 0, []
    total = sum(part.data.sizes["draw"] for part in parts)
    for part, variable in zip(parts, own, strict=True):
        places = []
        for dim in dims:
            if dim == "draw":
                where = np.full(total, -1)
                where[first : first + part.data.sizes["draw"]] = np.arange(part.data.sizes["draw"])
            else:
                known = {each: place for place, each in enumerate(part.data[dim].to_numpy().tolist())}
                where = np.array([known.get(each, -1) for each in axes[str(dim)]])
            places.append(where)
        pieces.append((variable, places))
        first += part.data.sizes["draw"]
    attributes = _alike([each.attrs for each in own])
    return xr.Variable(dims, LazilyIndexedArray(_Joined(pieces, dtype)), attributes, fastpath=True)


def _coordinates(parts: Sequence[_Part], taken: set[str]) -> dict[str, Any]:
    """Of each draw its job, what that has that others haven't, and the regime."""
    counts = [part.data.sizes["draw"] for part in parts]
    about = {"long_name": "job of the multirun, by its place in the index"}
    found: dict[str, Any] = {"job": ("draw", np.repeat([part.jobs[0] for part in parts], counts), about)}
    for key in dict.fromkeys(key for part in parts for key in part.overrides):
        values = _typed([part.overrides.get(key, "") for part in parts])
        name = f"override_{key}" if key in {*taken, "job", "regime"} else key
        found[name] = ("draw", np.repeat(values, counts), {"long_name": f"{key}, as the job was told"})
    if all("regime" in part.data.coords for part in parts):
        regimes = [part.data["regime"] for part in parts]
        about = _alike([each.attrs for each in regimes])
        if "weights" not in about or "flag_meanings" not in about:
            about.pop("weights", None)
            known = dict.fromkeys(name for each in regimes for name in str(each.attrs.get("flag_meanings", "")).split())
            about["flag_meanings"] = " ".join(known)
        values = np.concatenate([each.to_numpy().astype(object) for each in regimes])
        found["regime"] = xr.Variable("draw", values, about, fastpath=True)
    return found


def _typed(values: Sequence[str]) -> NDArray[Any]:
    """Numbers where all are some, else texts that draws share."""
    for kind in (int, float):
        try:
            return np.array([kind(value) for value in values])
        except (ValueError, OverflowError):
            continue
    return np.array(values, dtype=object)


def _alike(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Attributes that are the same in all."""
    first = rows[0]
    return {key: value for key, value in first.items() if all(_same(row.get(key), value) for row in rows)}


def _same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(np.asarray(one, dtype=object), np.asarray(other, dtype=object)))


def _design(parts: Sequence[_Part], policies: Sequence[str]) -> str:
    """The design of all draws together: that of replicates, which differ in seeds alone, else multirun."""
    if len(parts) == 1:
        return design_of(parts[0].data)
    plans, seeds = [], set()
    for part in parts:
        plan, about = json_attribute(part.data, "identity"), json_attribute(part.data, "policy_definitions")
        seeds.add(str(part.data.attrs.get("seed")))
        rest = {key: value for key, value in plan.items() if key not in _OF_A_SEED}
        plans.append((rest, [about.get(name) for name in policies], part.data.attrs.get("design")))
    replicated = plans[0][0] and all(plan == plans[0] for plan in plans) and len(seeds) == len(parts)
    design = design_of(parts[0].data)
    return design if replicated and design in _REPLICATED else "multirun"


def _attributes(parts: Sequence[_Part], policies: Sequence[str], regions: Sequence[str]) -> dict[str, Any]:
    """Attributes that all stores share, and those of all together; names of the others are told."""
    rows = [part.data.attrs for part in parts]
    alike = _alike(rows)
    labels, definitions = (
        {key: value for part in reversed(parts) for key, value in json_attribute(part.data, name).items()}
        for name in ("policy_labels", "policy_definitions")
    )
    differ = sorted(
        {key for row in rows for key in row if key not in alike} - {*_COUNTS, "notice", "regions", "draws", "unsealed"}
    )
    # Of a design that few jobs have it says nothing.
    spread = next((row["design_optimization"] for row in rows if "design_optimization" in row), "")
    designs = {str(number): design_of(part.data) for part in parts for number in part.jobs}
    alike.pop("random_sample", None)
    return {
        **alike,
        **{name: sum(int(row.get(name, 0)) for row in rows) for name in _COUNTS},
        "draws": sum(part.draws for part in parts),
        "seed": ", ".join(dict.fromkeys(str(row.get("seed", "unknown")) for row in rows)),
        "regions": list(regions),
        "policies": list(policies),
        "policy_labels": json.dumps({name: labels[name] for name in policies if name in labels}, ensure_ascii=False),
        # Of a policy that differs between jobs, there is no one definition.
        **({"policy_definitions": json.dumps(definitions)} if "policy_definitions" in alike else {}),
        "policies_left_out": "{}",
        "complete": all(bool(row.get("complete", True)) for row in rows),
        "design": _design(parts, policies),
        **({"design_optimization": spread} if spread else {}),
        "job_designs": json.dumps(designs),
        "jobs": json.dumps({str(number): dict(part.overrides) for part in parts for number in part.jobs}),
        "attributes_differ": differ,
    }


def _failed(jobs: Sequence[MultirunJob]) -> str:
    """Jobs without a store, in words; "" where there are none."""
    lost = [(number, job) for number, job in enumerate(jobs) if job.store is None]
    if not lost:
        return ""
    shown = [f"{number} ({_told(job.overrides)}: {job.message[:100] or 'not begun'})" for number, job in lost]
    more = f" and {len(lost) - _MOST_SHOWN} more" if len(lost) > _MOST_SHOWN else ""
    return f"{len(lost)} of {len(jobs)} jobs have no store: {', '.join(shown[:_MOST_SHOWN])}{more}"


def _told(overrides: Mapping[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in overrides.items())


def _unshared(parts: Sequence[_Part], years: Sequence[int], names: Sequence[str]) -> Iterator[str]:
    """What not all stores have, in words."""
    if any(part.data.sizes["year"] > len(years) for part in parts):
        yield f"years that not all jobs have are left out: {years[0]}–{years[-1]} stay"
    lost = sorted({str(name) for part in parts for name in part.data.data_vars} - set(names))
    if lost:
        more = f" and {len(lost) - _MOST_SHOWN} more" if len(lost) > _MOST_SHOWN else ""
        told = ", ".join(lost[:_MOST_SHOWN])
        yield f"outcomes and inputs without draws in all jobs, or of other dimensions, are left out: {told}{more}"
    for part in parts:
        if len(part.jobs) > 1:
            yield f"jobs {', '.join(map(str, part.jobs))} share a store, whose draws are here once"


def _own_notices(parts: Sequence[_Part]) -> Iterator[str]:
    """What is to be known of single stores; policies that are left out are told for all."""
    for part in parts:
        about = [text for text in str(part.data.attrs["notice"]).split("; ") if not text.startswith("left out: ")]
        if own := "; ".join(filter(None, about)):
            yield f"job {part.jobs[0]} ({_told(part.overrides)}): {own}"
