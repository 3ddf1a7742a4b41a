"""In what two sweeps differ: their configuration, what they were run with, and what they hold."""

from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from analysis.labels import json_attribute
from sweep.plan import unlike

__all__ = ["configuration_differences"]


def configuration_differences(first: xr.Dataset, second: xr.Dataset) -> list[str]:
    """Where two sweeps differ, a line each: the key, what the first has, and what the second has."""
    return [f"{key}: {_shown(old)} → {_shown(new)}" for key, old, new in _unlike(first, second)]


def _unlike(first: xr.Dataset, second: xr.Dataset) -> Iterator[tuple[str, Any, Any]]:
    here, there = _plan(first), _plan(second)
    parameters = here.pop("parameters"), there.pop("parameters")
    regimes = list(here.get("regimes", {})), list(there.get("regimes", {}))
    yield from unlike(here, there)
    yield from _parameters(*parameters, regimes)


def _plan(data: xr.Dataset) -> dict[str, Any]:
    """What a store holds, what decides its results, and what it was run with."""
    plan = {"parameters": {}, **json_attribute(data, "identity")}
    names = [str(name) for name in data["policy"].to_numpy()]
    definitions = plan.pop("policies", None) or json_attribute(data, "policy_definitions")
    plan |= {f"policy.{name}": definitions[name] for name in names if name in definitions}
    return {**_held(data), **plan, "versions": json_attribute(data, "versions")}


def _held(data: xr.Dataset) -> dict[str, Any]:
    """What a store holds, and how it came about, besides its plan."""
    stated = ("design", "seed", "keep", "outputs", "git_revision")
    return {
        "draws": int(data.attrs.get("draws", data.sizes["draw"])),
        "policies": [str(name) for name in data["policy"].to_numpy()],
        "years": int(data.sizes["year"]) - 1,
        **{key: data.attrs[key] for key in stated if key in data.attrs},
    }


def _parameters(
    here: Mapping[str, list[str]], there: Mapping[str, list[str]], regimes: tuple[list[str], list[str]]
) -> Iterator[tuple[str, Any, Any]]:
    """Distributions that differ, by regime where they do so in some regimes, or not in the same way."""
    for key, old, new in unlike(here, there):
        changes = dict.fromkeys(zip(old or (), new or (), strict=False))
        if old is None or new is None or regimes[0] != regimes[1] or len(old) != len(new) or len(changes) == 1:
            before, after = (" | ".join(dict.fromkeys(each or ["nothing"])) for each in (old, new))
            yield key, before, after
            continue
        for change in changes:
            same = [regime for regime, *own in zip(regimes[0], old, new, strict=False) if tuple(own) == change]
            if change[0] != change[1]:
                yield f"{key} ({', '.join(same)})", *change


def _shown(value: Any) -> str:
    """A value in short."""
    text = "nothing" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
