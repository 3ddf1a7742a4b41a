"""The uncertain inputs of a store: their values, the evidence behind them, and the group they belong to."""

from collections.abc import Iterable, Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.labels import json_attribute
from sweep.errors import ConfigError

__all__ = ["averaged", "by_place", "evidence_of", "fixed_parameters", "groups_of", "input_names", "input_values"]
__all__ += ["moving_together", "place_told", "with_evidence"]

_GRADES = ("A", "B", "C", "set by the user", "not stated")


def input_names(data: xr.Dataset) -> list[str]:
    """Names of the inputs that differ between draws, doses of policies among them, but for the regime."""
    variables = {str(name): data.variables[name] for name in data.data_vars}
    return [name for name, each in variables.items() if each.dims[:1] == ("draw",) and "distribution" in each.attrs]


def by_place(data: xr.Dataset) -> dict[str, str]:
    """Region or group, by name of the inputs that have a value for each in a draw."""
    return {name: str(data.variables[name].dims[1]) for name in input_names(data) if data.variables[name].ndim > 1}


def place_told(data: xr.Dataset, places: Mapping[str, str], what: str) -> str:
    """A notice on inputs with a value by place, and how one place's values become an input that analyses take.

    "" where there are none but those that the labor model has in all studies, which attributes of a result name.
    """
    own = {name: place for name, place in places.items() if evidence_of(data, name) not in _GRADES[:3]}
    if not own:
        return ""
    name, place = next(iter(own.items()))
    listed = ", ".join(f"{each} (by {of})" for each, of in own.items())
    return f"{what}: {listed}; for those of one {place}, data.assign(one=data[{name!r}].isel({place}=0, drop=True))"


def averaged(data: xr.Dataset, found: xr.Dataset, names: Iterable[str]) -> tuple[xr.Dataset, str]:
    """What was found of some inputs, with those by place as attribute `averaged`, and a notice, "" of others."""
    known = by_place(data)
    places = {name: known[name] for name in names if name in known}
    told = place_told(data, places, "of inputs by place the mean over places counts, and not what single ones do")
    return found.assign_attrs(averaged=", ".join(places)), told


def input_values(data: xr.Dataset, name: str) -> NDArray[np.float64]:
    """Values of an input, (draw,), in its units; of one by region or group, the mean over these.

    Of joined stores, a draw has the regions of its own store, and NaN in others. Raises ConfigError on draws in which
    it isn't a finite number.
    """
    values = np.asarray(data.variables[name].to_numpy(), dtype=np.float64)
    found = values if values.ndim == 1 else _mean_of_known(values)
    gaps = ~np.isfinite(found)
    if gaps.any():
        raise ConfigError(
            f"{name}: this input isn't a finite number in {int(gaps.sum()):,} of {len(gaps):,} draws, the first at "
            f"position {int(np.argmax(gaps))}: leave these draws out, or the input, data.drop_vars({name!r})"
        )
    return found


def _mean_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over places, (draw,), of those that a draw has; NaN where it has none."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=1) / known.sum(axis=1))


def evidence_of(data: xr.Dataset, name: str, regime: str = "") -> str:
    """Grade of the evidence for an input in a regime, or the weakest of all; "" of a policy's dose, and the regime."""
    # Of variables, since arrays made for each input would take most of the time.
    about = data.variables[name].attrs if name in data.variables else {}
    if "grade" not in about:
        return ""
    grades = [str(grade) for grade in about.get("grades", [about["grade"]])]
    names = str(data.variables["regime"].attrs.get("flag_meanings", "")).split() if "regime" in data.variables else []
    if regime in names and len(grades) == len(names):
        return grades[names.index(regime)]
    return max((grade for grade in grades if grade in _GRADES), key=_GRADES.index, default=_GRADES[-1])


def groups_of(data: xr.Dataset) -> dict[str, str]:
    """Group of the configuration that each input belongs to, by name; doses of policies belong to none."""
    return dict(reversed(key.split(".", 1)) for key in json_attribute(data, "identity").get("parameters", {}))


def fixed_parameters(data: xr.Dataset) -> list[str]:
    """Names of the parameters that have one value in all draws, so that no share of a spread holds their doubt."""
    return [name for name in groups_of(data) if name not in data.variables]


def moving_together(data: xr.Dataset) -> list[list[str]]:
    """Groups of inputs, by their keys in the configuration, that were drawn to move together."""
    groups = json_attribute(data, "identity").get("dependence", [])
    stated = [each.get("inputs") for each in groups if isinstance(each, dict)] if isinstance(groups, list) else []
    return [[str(key) for key in own] for own in stated if isinstance(own, list)]


def with_evidence(data: xr.Dataset, found: xr.Dataset, inputs: Mapping[str, str]) -> xr.Dataset:
    """Add the grade of evidence of factors that are one input as coordinate `evidence`, ([regime,] factor).

    inputs: the input of such a factor.
    """
    names = [inputs.get(str(name), "") for name in found["factor"].to_numpy()]
    if "regime" not in found.dims:
        return found.assign_coords(evidence=("factor", [evidence_of(data, name) for name in names]))
    grades = [[evidence_of(data, name, str(regime)) for name in names] for regime in found["regime"].to_numpy()]
    return found.assign_coords(evidence=(("regime", "factor"), grades))
