"""What arguments of analyses have to be: told with their name, before anything is made of them."""

from collections.abc import Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sweep.errors import ConfigError

__all__ = ["is_number", "refuse_count", "refuse_no_sweep", "refuse_no_table", "refuse_unnamed"]

_DIMENSIONS = ("policy", "draw", "year")


def is_number(given: Any) -> bool:
    """Whether an argument is a finite number."""
    return isinstance(given, Real) and not isinstance(given, bool) and bool(np.isfinite(float(given)))


def refuse_count(key: str, given: Any, least: int = 1) -> None:
    """Raise ConfigError on an argument that is no whole number of so many or more; key: its name."""
    if isinstance(given, bool) or not isinstance(given, Integral) or int(given) < least:
        raise ConfigError(f"{key}: expected a whole number of {least} or more, got {given!r}")


def refuse_unnamed(key: str, given: Any, example: str) -> None:
    """Raise ConfigError on an argument that isn't by name; key: its own; example: of what it may be."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise ConfigError(f"{key}: expected values by name, as {example}, got {given!r}")


def refuse_no_sweep(given: Any, key: str = "data") -> None:
    """Raise ConfigError on what isn't a sweep as `analysis.load` gives one; key: the argument's name."""
    expected = f"{key}: expected a sweep as analysis.load gives one"
    if not isinstance(given, xr.Dataset):
        raise ConfigError(f"{expected}, got {_other(given)}")
    for dim in _DIMENSIONS:
        if dim in given.dims:
            continue
        if dim in given.coords:
            one = given[dim].item() if dim != "policy" else str(given[dim].item())
            raise ConfigError(
                f"{expected}, got one {dim} of it, without that dimension: choose by a list, data.sel({dim}=[{one!r}])"
            )
        have = ", ".join(map(str, given.dims)) or "none"
        raise ConfigError(f"{expected}, with the dimensions {', '.join(_DIMENSIONS)}; got a dataset with {have}")


def refuse_no_table(given: Any) -> None:
    """Raise ConfigError on what isn't a table as `tabulated` and `compared` give one."""
    expected = "found: expected what tabulated or compared gives"
    if not isinstance(given, xr.Dataset):
        raise ConfigError(f"{expected}, got {_other(given)}")
    if "draw" in given.dims:
        raise ConfigError(f"{expected}, got a sweep: write_table(tabulated(data), …) makes a table of it first")
    if "outcome" not in given.dims or "units" not in given.coords:
        have = ", ".join(map(str, given.data_vars)) or "nothing"
        raise ConfigError(f"{expected}, got a dataset of {have}: tabulated puts outcomes into one table")


def _other(given: Any) -> str:
    """What came instead of a dataset, and how to come from it to one, in words."""
    if isinstance(given, str | Path):
        return f"the path or name {str(given)!r}: open a store first, data = analysis.load({str(given)!r})"
    if isinstance(given, xr.DataArray):
        return f"the array {given.name} alone: give the whole dataset, and an outcome by its name"
    if given is None:
        return "None: open a store first, data = analysis.load('results/….zarr')"
    return f"{type(given).__name__}: open a store first, data = analysis.load('results/….zarr')"
