"""Datasets of planted futures: uncertain inputs, an outcome that they decide, and what stores say of both."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

__all__ = ["planted"]


def planted(
    inputs: Mapping[str, NDArray[Any]],
    outcome: NDArray[Any],
    regimes: Sequence[str] = (),
    weights: Sequence[float] = (),
    units: Mapping[str, str] | None = None,
) -> xr.Dataset:
    """A dataset whose unemployment, (draw,), is as given under no policy, and half of that under a basic income."""
    names = list(dict.fromkeys(regimes))
    values = np.stack([outcome, outcome / 2])[:, :, None]
    about = {"units": "1", "long_name": "unemployed in the labor force"}
    variables: dict[str, tuple[object, ...]] = {
        "national_unemployment_rate": (("policy", "draw", "year"), values, about),
        "status": (("policy", "draw"), np.ones(values.shape[:2], dtype=np.int8)),
    }
    for name, own in inputs.items():
        unit = (units or {}).get(name, "share")
        variables[name] = (
            "draw",
            own,
            {"units": unit, "long_name": f"meaning of {name}", "distribution": "uniform(0, 1)"},
        )
    data = xr.Dataset(variables, {"policy": ["none", "ubi"], "draw": np.arange(len(outcome)), "year": [2040]})
    data.attrs = {"design": "monte_carlo", "policy_labels": '{"none": "No policy", "ubi": "Basic income"}'}
    if not names:
        return data
    flags = {"flag_meanings": " ".join(names), "weights": list(weights)}
    return data.assign_coords(regime=("draw", np.array(list(regimes)), flags))
