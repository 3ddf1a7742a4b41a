"""Datasets of made-up draws with known answers, as `analysis.load` would give them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

__all__ = ["made"]

UNITS = {"national_employment": "persons", "guarantee_workers": "persons", "net_cost": "USD per year"}


def made(
    outcomes: Mapping[str, ArrayLike],
    regimes: Sequence[str] | None = None,
    weights: Mapping[str, float] | None = None,
    inputs: Mapping[str, ArrayLike] | None = None,
    parameters: Mapping[str, Sequence[str]] | None = None,
    design: str = "monte_carlo",
) -> xr.Dataset:
    """Outcomes (policy, draw) of one year or (policy, draw, year), policies named none, a, b, …, from 2025 on.

    regimes: of each draw; weights: of regimes; inputs: (draw,) or (draw, region); parameters: by key, what they were
    drawn from, as a store's identity has it.
    """
    filled = {name: np.asarray(values, dtype=float) for name, values in outcomes.items()}
    filled = {name: values[..., None] if values.ndim == 2 else values for name, values in filled.items()}
    policies, draws, years = next(iter(filled.values())).shape
    dims = ("policy", "draw", "year")
    variables: dict[str, Any] = {
        name: (dims, values, {"units": UNITS.get(name, "1"), "long_name": name}) for name, values in filled.items()
    }
    for name, values in (inputs or {}).items():
        drawn = np.asarray(values, dtype=float)
        variables[name] = (("draw", "region")[: drawn.ndim], drawn, {"kind": "input"})
    shares = dict(weights or {})
    identity = {"regimes": shares or {"central": 1.0}, "parameters": dict(parameters or {})}
    coordinates: dict[str, Any] = {
        "policy": ["none", *"abcdef", *map(str, range(7, policies))][:policies],
        "draw": np.arange(draws),
        "year": 2025 + np.arange(years),
    }
    if regimes is not None:
        about = {"flag_meanings": " ".join(shares), "weights": list(shares.values())} if shares else {}
        coordinates["regime"] = ("draw", np.asarray(regimes), about)
    return xr.Dataset(variables, coordinates, {"design": design, "identity": json.dumps(identity)})
