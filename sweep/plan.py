"""The plan: which draws and policies make a task, and the identity that a store belongs to; pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.study import Policy, Study

__all__ = [
    "SCHEMA",
    "Task",
    "beside",
    "difference",
    "digest",
    "draws_per_block",
    "draws_per_chunk",
    "identity",
    "store_name",
    "tasks",
    "unlike",
]

SCHEMA = 5
# Of a chunk, where the configuration leaves it open: half of few draws, else a thirty-second of all, or a megabyte.
_FEWEST_DRAWS, _FEW_DRAWS = 16, 64
_TASKS, _MOST_DRAWS, _MOST_VALUES = 32, 1024, 2**18
# Of those whose draws are counted: what a task counts takes a second to write, and its draws a minute or two.
_FEWEST_COUNTED, _MOST_COUNTED = 256, 2048


@dataclass(frozen=True)
class Task:
    """Draws start … stop − 1, one whole chunk, under some policies; doing it twice changes nothing."""

    start: int
    stop: int
    policies: tuple[str, ...]

    @property
    def runs(self) -> int:
        """Draws times policies."""
        return (self.stop - self.start) * len(self.policies)


def identity(
    study: Study,
    version: str,
    kernel: str,
    regions: str,
    randomness: str,
    factors: Mapping[str, Sequence[str]] | None = None,
    points: str = "",
) -> dict[str, Any]:
    """What every result depends on; leaves out what may differ or grow: draws, policies, outputs, batches, workers.

    Where not all draws are kept, policies and outputs can't grow, and what is counted belongs to the results.
    version: of the package; kernel, regions: hashes of the equations and of the region data; randomness: name of
    the scheme; factors: what a design in blocks moves, in which another factor makes every draw another; points: hash
    of draws that were made all at once, or by a library that may make others one day.
    """
    source = study.model
    parameters = {
        f"{item.parameter.group}.{item.parameter.name}": [distribution.exact() for distribution in item.distributions]
        for item in study.uncertainties
        if item.parameter.name not in study.own
    }
    counted = {
        "keep": study.keep,
        "thresholds": {name: list(values) for name, values in sorted(study.thresholds.items())},
        "outputs": list(study.outputs),
        "policies": {policy.name: policy.definition() for policy in study.policies},
    }
    return {
        **(counted if study.keep != "draws" else {}),
        # Where there is none, stores are those from before it could be stated.
        **(
            {"dependence": sorted((each.definition() for each in study.dependence), key=str)}
            if study.dependence
            else {}
        ),
        **_more(study),
        **({"factors": {name: list(inputs) for name, inputs in factors.items()}} if factors else {}),
        **({"points": points[:16]} if points else {}),
        **({"draws": study.draws} if study.points or study.own else {}),
        **({"random_sample": study.random_sample, "own": sorted(study.own)} if study.own else {}),
        **({"modules": {each.name: each.sha256[:16] for each in source.modules}} if source and source.modules else {}),
        "schema": SCHEMA,
        "version": version,
        "kernel": kernel[:16],
        "regions": f"{study.regions}/{regions[:16]}",
        "baseline_year": study.baseline_year,
        "randomness": randomness,
        "design": study.design,
        "seed": study.seed,
        "years": study.years,
        "keep_bits": study.keep_bits,
        "regimes": dict(zip(study.regimes, study.regime_weights, strict=True)),
        "parameters": parameters,
    }


def _more(study: Study) -> dict[str, Any]:
    """What is drawn by place, and what moves, where anything is."""
    places = {
        f"{item.parameter.group}.{item.parameter.name}": [item.per, *(each.definition() for each in item.places)]
        for item in study.uncertainties
        if item.places and item.parameter.name not in study.own
    }
    paths = {path.name: [vars(curve) if curve else None for curve in path.curves] for path in study.paths}
    return {**({"places": places} if places else {}), **({"paths": paths} if paths else {})}


def digest(value: Any) -> str:
    """Hash of canonical JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def unlike(stored: Mapping[str, Any], wanted: Mapping[str, Any], key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two identities differ: the key, and what each has there, None where it has nothing."""
    for name in sorted(set(stored) | set(wanted)):
        where = f"{key}.{name}" if key else name
        old, new = stored.get(name), wanted.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from unlike(old, new, where)
        elif old != new:
            yield where, old, new


def difference(stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Lines that say where two identities differ."""
    # A whole policy is longer than anyone reads.
    return [f"{where}: stored {_shown(old)} → now {_shown(new)}" for where, old, new in unlike(stored, wanted)]


def store_name(study: Study, plan: dict[str, Any]) -> str:
    """Default name of a store: the same for the same configuration, another where a policy was changed by hand."""
    changed = {policy.name: policy.definition() for policy in study.policies if policy.name in study.changed_policies}
    if study.search:
        # Candidates are judged, and the next ones proposed, on all draws.
        return f"{study.regions}-search-{digest([plan, study.search.definition(), study.draws])[:8]}.zarr"
    return f"{study.regions}-{digest([plan, changed])[:8]}.zarr"


def beside(name: str, study: Study, plan: dict[str, Any]) -> str:
    """Name for a store beside one of that name which holds another study: the same for the same study."""
    stem, _, suffix = name.rpartition(".")
    key = digest([plan, {policy.name: policy.definition() for policy in study.policies}])[:8]
    return f"{stem}-{key}.{suffix}" if stem else f"{name}-{key}"


def draws_per_chunk(wanted: int | None, draws: int, values: int) -> int:
    """Draws in a chunk of a new store: few enough that workers stay busy to the end, and as many as pay for a file.

    values: of a regional outcome in one run.
    """
    if wanted is not None:
        return wanted
    if draws < 2 * _FEW_DRAWS:
        return min(max(_FEWEST_DRAWS, -(-draws // 2)), draws)
    share = min(draws // _TASKS, _MOST_VALUES // values, _MOST_DRAWS)
    return max(_FEW_DRAWS, 1 << share.bit_length() - 1 if share else 0)


def draws_per_block(wanted: int | None, draws: int) -> int:
    """Draws in a chunk of a new store that doesn't keep them all: what they count takes the same room however many."""
    if wanted is not None:
        return wanted
    return min(max(_FEWEST_COUNTED, 1 << max(draws // _TASKS, 1).bit_length() - 1), _MOST_COUNTED, draws)


def tasks(draws: int, chunk: int, policies: Sequence[Policy], done: Mapping[str, NDArray[np.bool_]]) -> Iterator[Task]:
    """Tasks for what isn't done; done: policy name -> whether each draw has a result."""
    for start in range(0, draws, chunk):
        stop = min(start + chunk, draws)
        missing = tuple(p.name for p in policies if p.name not in done or not done[p.name][start:stop].all())
        if missing:
            yield Task(start, stop, missing)
