"""Stores of functions whose sensitivity is known, with draws from the designs that sweeps use."""

import json
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sweep.designs import BLOCKS, DESIGNS, REPLICATES, in_blocks

__all__ = ["ISHIGAMI", "Function", "G", "drawn", "g_function", "ishigami", "rows_of", "store_of"]

Values = NDArray[np.float64]
Function = Callable[[Values], Values]
WEIGHTS = (0.5, 0.3, 0.2)


def ishigami(u: Values) -> Values:
    """Ishigami and Homma 1990 with a = 7, b = 0.1, of uniforms (draw, 3)."""
    x = np.pi * (2 * u - 1)
    return np.asarray(np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))


_FIRST, _SECOND, _THIRD = (1 + 0.1 * np.pi**4 / 5) ** 2 / 2, 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)
_ALL = _FIRST + _SECOND + _THIRD
# First and total indices, Saltelli et al. 2000.
ISHIGAMI = (
    np.array([_FIRST, _SECOND, 0]) / _ALL,
    np.array([_FIRST + _THIRD, _SECOND, _THIRD]) / _ALL,
)

_A = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
_PARTS = 1 / (3 * (1 + _A) ** 2)
_WHOLE = np.prod(1 + _PARTS) - 1
# Saltelli and Sobol 1995.
G = (_PARTS / _WHOLE, _PARTS * np.prod(1 + _PARTS) / (1 + _PARTS) / _WHOLE)


def g_function(u: Values) -> Values:
    """Sobol's G function of eight uniforms (draw, 8)."""
    return np.asarray(np.prod((np.abs(4 * u - 2) + _A) / (1 + _A), axis=1))


def rows_of(design: str, factors: int) -> int:
    """Draws in a block of a design, 1 where it has none."""
    return BLOCKS[design].rows(factors) if design in BLOCKS else 1


def drawn(
    design: str, factors: Mapping[str, Sequence[str]], blocks: int, seed: int = 1, dimension: int = 0
) -> dict[str, Values]:
    """Uniforms of each input, and of the regime where it is a factor, as a sweep draws them; dimension: the first."""
    count, found = blocks * rows_of(design, len(factors)), {}
    for place, (factor, inputs) in enumerate(factors.items()):
        for name in inputs:
            if design in BLOCKS:
                uniforms = in_blocks(BLOCKS[design], DESIGNS["sobol"], place, len(factors), factor == "regime")
            else:
                uniforms = DESIGNS[design]
            found[name] = uniforms(seed, name, dimension, 0, count)
            dimension += 1
    return found


def store_of(
    design: str,
    function: Function,
    factors: Mapping[str, Sequence[str]],
    blocks: int,
    seed: int = 1,
    by: str = "parameter",
    grades: Mapping[str, str] | None = None,
    dimension: int = 0,
) -> xr.Dataset:
    """What `analysis.load` gives of a sweep with one outcome, a function of uniforms (draw, input) under one policy.

    Where `regime` is a factor, the function gets its code as the first column; blocks: draws of designs without them;
    dimension: of a Sobol point, the first that inputs take.
    """
    uniforms = drawn(design, factors, blocks, seed, dimension)
    codes = np.searchsorted(np.cumsum(WEIGHTS)[:-1], uniforms.pop("regime", np.zeros(1)), side="right")
    columns = [codes.astype(float)] if "regime" in factors else []
    values = function(np.stack([*columns, *uniforms.values()], axis=1))
    values = values.reshape(len(values), -1)
    inputs = {
        name: ("draw", column, {"distribution": "uniform(0, 1)", "grade": (grades or {}).get(name, "C"), "source": "?"})
        for name, column in uniforms.items()
    }
    about = {"units": "persons", "long_name": "a function"}
    coordinates = {"policy": ["none"], "draw": np.arange(len(values)), "year": 2025 + np.arange(values.shape[1])}
    attributes = {"design": design, "policy_labels": "{}", "seed": seed}
    if design in BLOCKS:
        attributes |= {"factors": json.dumps({name: list(each) for name, each in factors.items()}), "factors_by": by}
        attributes["replicates"] = REPLICATES
    data = xr.Dataset({"y": (("policy", "draw", "year"), values[None], about), **inputs}, coordinates, attributes)
    if "regime" not in factors:
        return data
    names = np.array(["low", "middle", "high"])
    flags = {"flag_meanings": "low middle high", "weights": list(WEIGHTS)}
    return data.assign_coords(regime=("draw", names[codes], flags))
