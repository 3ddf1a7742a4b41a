"""Differences between policies in the same draw, with Monte Carlo errors."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned, gaps_told
from analysis.counted import counted_difference, counted_names
from analysis.estimation import by_policy, moments, share_of
from analysis.futures import few_draws
from analysis.monte_carlo import (
    design_of,
    design_told,
    errors_told,
    few_told,
    seam_told,
)
from analysis.regimes import Strata, regimes_of
from analysis.statistics import is_large, outcome_values, without_draws
from sweep.errors import ConfigError, nearest

__all__ = ["paired_difference"]

Floats = NDArray[np.float64]
_MOMENTS = (
    "mean", "standard_error", "lower", "lower_error", "upper", "upper_error", "below_zero", "below_zero_error",
    "between_regimes",
)  # fmt: skip


def paired_difference(data: xr.Dataset, outcome: str, to: str = "none", pooled: bool = False) -> xr.Dataset:
    """Same-draw difference of every other policy to policy `to`, by ([regime,] policy, [region,] year).

    `mean` with its Monte Carlo `standard_error` (NaN with one draw; the attribute `errors` says how errors were made),
    `lower` and `upper` (5 and 95 % of draws) in the outcome's units, `below_zero` as a share of draws, each with its
    error as `…_error`, NaN where draws can't tell it; `draws` and `effective_draws` (by how unlike weights are) count
    draws, by regime. If `pooled`, there is no regime dimension and the attribute `weights` says how regimes were
    weighted. Of an outcome of more than 2^23 values, or 2^16 draws, and of one that is kept as statistics, `lower` and
    `upper` may be off by the attribute `quantile_error`; of the latter there is one regime, all of them. Draws that
    aren't finite give NaN, and a warning.

    >>> from analysis import example, paired_difference
    >>> found = paired_difference(example(), "national_unemployment_rate", pooled=True)
    >>> found = found.sel(policy="retraining", year=2035)
    >>> found["mean"].round(4).item(), found["standard_error"].round(5).item()
    (-0.005, 6e-05)
    """
    refuse_no_sweep(data)
    policies = [str(name) for name in data["policy"].to_numpy()]
    if to not in policies:
        raise ConfigError(f"unknown policy {to!r}: {nearest(to, policies)}")
    design = design_of(data)
    if outcome in counted_names(data):
        told = {"outcome": outcome, "to": to, "errors": errors_told(data, data.sizes["draw"], "none")}
        counted = counted_difference(data, outcome, to, pooled).assign_attrs(told)
        return cautioned(_described(counted), few_draws(counted), design_told(data))
    stored = outcome_values(data, outcome)
    others = [row for row, name in enumerate(policies) if name != to]
    regimes = regimes_of(data, weighted=True)
    kept: dict[str, Any] = {key: stored.attrs[key] for key in ("units", "long_name") if key in stored.attrs}
    heeded: Literal["all", "only means"] = "all"
    if others and is_large(stored) and regimes.likelihoods is None:
        from analysis.large import large_differences

        heeded = "only means"
        found, kept["quantile_error"] = large_differences(stored, regimes, others, policies.index(to), pooled, design)
    else:
        found = _by_policy(stored, regimes.strata(pooled), others, policies.index(to), design)
    between = found.pop("between_regimes")
    dims = [str(dim) for dim in stored.dims if dim != "draw"]
    coordinates: dict[str, Any] = without_draws(stored.isel(policy=others)) | regimes.counts(pooled)
    if pooled:
        found = {name: values[0] for name, values in found.items()}
        kept |= regimes.pooled_attributes
    else:
        dims = ["regime", *dims]
    attributes = {**kept, "outcome": outcome, "to": to, "errors": errors_told(data, stored.sizes["draw"], heeded)}
    table = xr.Dataset({name: (dims, values) for name, values in found.items()}, coordinates, attributes)
    gaps = gaps_told(outcome, found["mean"])
    seams = seam_told(outcome, bool(between.any()))
    wanting = np.isnan(found["lower_error"]).any() or np.isnan(found["upper_error"]).any()
    few = few_told(bool(wanting) and not gaps and not seams)
    return cautioned(_described(table), gaps, seams, few, few_draws(table), design_told(data))


def _described(found: xr.Dataset) -> xr.Dataset:
    return described(found, found.attrs.get("units", "1"), "mean", "standard_error", "lower", "upper")


def _by_policy(
    stored: xr.DataArray, groups: Sequence[Strata], others: list[int], to: int, design: str
) -> dict[str, NDArray[Any]]:
    """Moments of differences by group of draws and policy, (group, policy, …)."""
    if not others:
        empty = np.empty((len(groups), *stored.isel(policy=[], draw=0).shape))
        return {name: empty.astype(bool) if name == "between_regimes" else empty for name in _MOMENTS}
    return by_policy(stored, groups, partial(_moments, design=design), others, to)


def _moments(difference: Floats, strata: Strata, design: str) -> dict[str, NDArray[Any]]:
    """Mean, 5 and 95 %, and share below zero of (draw, [region,] year) over strata of draws, with their errors."""
    found = moments(difference, strata, design)
    # What isn't a number isn't above zero either.
    unknown = np.isnan(found["mean"])
    share, error = (np.where(unknown, np.nan, each) for each in share_of(difference < 0, strata, design))
    return found | {"below_zero": share, "below_zero_error": error}
