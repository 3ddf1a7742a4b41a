"""Differences between policies in the same draw, with the Monte Carlo error of their mean."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.attributes import described
from analysis.caution import cautioned, gaps_told
from analysis.counted import counted_difference, counted_names
from analysis.monte_carlo import design_of, design_told, errors_told, standard_error, stratified_mean, weighted_mean
from analysis.regimes import Strata, pooled_weights, regimes_of
from analysis.statistics import is_large, outcome_values, weighted_quantiles, without_draws
from sweep.errors import ConfigError, nearest

__all__ = ["paired_difference"]

Floats = NDArray[np.float64]
_MOMENTS = ("mean", "standard_error", "lower", "upper", "below_zero")


def paired_difference(data: xr.Dataset, outcome: str, to: str = "none", pooled: bool = False) -> xr.Dataset:
    """Same-draw difference of every other policy to policy `to`, by ([regime,] policy, [region,] year).

    `mean` with its Monte Carlo `standard_error` (NaN with one draw; the attribute `errors` says how it was made),
    `lower` and `upper` (5 and 95 % of draws) in the outcome's units, `below_zero` as a share of draws; `draws` counts
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
    policies = [str(name) for name in data["policy"].to_numpy()]
    if to not in policies:
        raise ConfigError(f"unknown policy {to!r}: {nearest(to, policies)}")
    design = design_of(data)
    if outcome in counted_names(data):
        told = {"outcome": outcome, "to": to, "errors": errors_told(design, data.sizes["draw"], "none")}
        counted = counted_difference(data, outcome, to, pooled).assign_attrs(told)
        return cautioned(_described(counted), design_told(data))
    stored = outcome_values(data, outcome)
    others = [row for row, name in enumerate(policies) if name != to]
    regimes = regimes_of(data, weighted=True)
    kept: dict[str, Any] = {key: stored.attrs[key] for key in ("units", "long_name") if key in stored.attrs}
    if others and is_large(stored) and regimes.likelihoods is None:
        from analysis.large import large_differences

        found, kept["quantile_error"] = large_differences(stored, regimes, others, policies.index(to), pooled, design)
    elif pooled or regimes.likelihoods is not None or not others:
        found = _weighted(stored, regimes.strata(pooled), others, policies.index(to), design)
    else:
        values = stored.to_numpy().astype(np.float64)
        difference = values[others] - values[[policies.index(to)]]
        # Of plain arrays: for small stores xarray's own operations would take many times as long.
        found = _stacked([_moments(difference, members, design) for members in regimes.members])
    dims = [str(dim) for dim in stored.dims if dim != "draw"]
    coordinates: dict[str, Any] = without_draws(stored.isel(policy=others))
    if pooled:
        found = {name: values[0] for name, values in found.items()}
        coordinates["draws"] = sum(regimes.draws)
        kept |= regimes.pooled_attributes
    else:
        dims = ["regime", *dims]
        coordinates |= {"regime": list(regimes.names), "draws": ("regime", list(regimes.draws))}
    attributes = {**kept, "outcome": outcome, "to": to, "errors": errors_told(design, stored.sizes["draw"])}
    table = xr.Dataset({name: (dims, values) for name, values in found.items()}, coordinates, attributes)
    return cautioned(_described(table), gaps_told(outcome, found["mean"]), design_told(data))


def _described(found: xr.Dataset) -> xr.Dataset:
    return described(found, found.attrs.get("units", "1"), "mean", "standard_error", "lower", "upper")


def _stacked(parts: Sequence[Mapping[str, Floats]]) -> dict[str, Floats]:
    return {name: np.stack([part[name] for part in parts]) for name in parts[0]}


def _weighted(
    stored: xr.DataArray, groups: Sequence[Strata], others: list[int], to: int, design: str
) -> dict[str, Floats]:
    """As `_moments`, (group, policy, …), of draws that weigh differently; two policies in memory at a time."""
    reference = stored.isel(policy=to).to_numpy().astype(np.float64)
    found = []
    for other in others:
        difference = stored.isel(policy=other).to_numpy() - reference
        found.append(_stacked([_weighted_moments(difference, strata, design) for strata in groups]))
    empty = np.empty((len(groups), 0, *reference.shape[1:]))
    return {name: np.stack([each[name] for each in found], axis=1) if found else empty for name in _MOMENTS}


def _weighted_moments(difference: Floats, strata: Strata, design: str) -> dict[str, Floats]:
    """As `_moments`, over strata of draws of (draw, [region,] year)."""
    mean, influence = stratified_mean(difference, strata)
    weights = pooled_weights(strata)
    ends = weighted_quantiles(np.moveaxis(difference, 0, -1), weights, (0.05, 0.95))
    below = np.tensordot(weights, difference < 0, axes=1)
    return {
        "mean": mean,
        "standard_error": standard_error(influence, design),
        "lower": ends[..., 0],
        "upper": ends[..., 1],
        "below_zero": np.where(np.isnan(mean), np.nan, below),
    }


def _moments(difference: NDArray[np.float64], members: NDArray[np.intp], design: str) -> dict[str, NDArray[np.float64]]:
    """Mean, standard error, 5 and 95 %, share below zero, over a regime's draws of (policy, draw, [region,] year)."""
    weights = np.zeros(difference.shape[1])
    weights[members] = 1
    mean, influence = weighted_mean(difference.swapaxes(0, 1), weights)
    own = difference[:, members]
    lower, upper = np.quantile(own, (0.05, 0.95), axis=1)
    return {
        "mean": mean,
        "standard_error": standard_error(influence, design),
        "lower": lower,
        "upper": upper,
        "below_zero": np.where(np.isnan(own).any(axis=1), np.nan, (own < 0).mean(axis=1)),
    }
