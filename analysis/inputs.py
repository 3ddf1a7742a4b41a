"""The uncertain inputs of a store: their values, the evidence behind them, and the group they belong to."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.labels import json_attribute

__all__ = ["evidence_of", "group_of", "input_names", "input_values"]

_GRADES = ("A", "B", "C", "set by the user", "not stated")


def input_names(data: xr.Dataset) -> list[str]:
    """Names of the inputs that differ between draws, doses of policies among them, but for the regime."""
    variables = {str(name): data.variables[name] for name in data.data_vars}
    return [name for name, each in variables.items() if each.dims[:1] == ("draw",) and "distribution" in each.attrs]


def input_values(data: xr.Dataset, name: str) -> NDArray[np.float64]:
    """Values of an input, (draw,), in its units; of one that differs between regions, their mean."""
    values = np.asarray(data[name].to_numpy(), dtype=np.float64)
    return values if values.ndim == 1 else values.mean(axis=1)


def evidence_of(data: xr.Dataset, name: str) -> str:
    """Grade of the weakest evidence for an input in any regime; "" of a policy's dose and of the regime."""
    about = data[name].attrs if name in data else {}
    if "grade" not in about:
        return ""
    # As stored: the first grade, and in the source those of other regimes.
    parts = f"{about['grade']}; {about.get('source', '')}".split(" | ")
    stated = [part.partition(";")[0].strip() for part in parts]
    return max((grade for grade in stated if grade in _GRADES), key=_GRADES.index, default=_GRADES[-1])


def group_of(data: xr.Dataset, name: str) -> str:
    """Group of the configuration that an input belongs to, `policy` of a policy's dose."""
    groups = dict(reversed(key.split(".", 1)) for key in json_attribute(data, "identity").get("parameters", {}))
    return str(groups.get(name, "policy"))
