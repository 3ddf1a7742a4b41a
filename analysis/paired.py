"""Differences between policies in the same draw, with the Monte Carlo error of their mean."""

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.counted import counted_difference, counted_names
from analysis.monte_carlo import batch_draws, design_of, errors_told, standard_error, weighted_mean
from analysis.regimes import Regimes, regimes_of
from analysis.statistics import is_large, outcome_values, weighted_quantiles, without_draws
from sweep.errors import ConfigError, nearest

if TYPE_CHECKING:
    from analysis.streaming import Tally

__all__ = ["paired_difference"]

Floats = NDArray[np.float64]


def paired_difference(data: xr.Dataset, outcome: str, to: str = "none") -> xr.Dataset:
    """Same-draw difference of every other policy to policy `to`, by (regime, policy, [region,] year).

    `mean` with its Monte Carlo `standard_error` (NaN with one draw; the attribute `errors` says how it was made),
    `lower` and `upper` (5 and 95 % of draws) in the outcome's units, `below_zero` as a share of draws; `draws` counts
    draws by regime. Of an outcome of
    more than 2^23 values, or 2^16 draws, and of one that is kept as statistics, `lower` and `upper` may be off by the
    attribute `quantile_error`; of the latter there is one regime, all of them.
    """
    policies = [str(name) for name in data["policy"].to_numpy()]
    if to not in policies:
        raise ConfigError(f"unknown policy {to!r}: {nearest(to, policies)}")
    design = design_of(data)
    if outcome in counted_names(data):
        told = {"outcome": outcome, "to": to, "errors": errors_told(design, data.sizes["draw"], "none")}
        return counted_difference(data, outcome, to).assign_attrs(told)
    stored = outcome_values(data, outcome)
    others = [row for row, name in enumerate(policies) if name != to]
    regimes = regimes_of(data, weighted=True)
    kept: dict[str, Any] = {key: stored.attrs[key] for key in ("units", "long_name") if key in stored.attrs}
    if regimes.likelihoods is not None and others:
        parts = _weighted(stored, regimes, others, policies.index(to), design)
    elif is_large(stored):
        from analysis.streaming import tally_differences

        size = batch_draws(stored.sizes["draw"], design)
        counted = tally_differences(stored, regimes, others, policies.index(to), size)
        parts, kept["quantile_error"] = _counted(counted, (len(others), *stored.shape[2:]))
    else:
        values = stored.to_numpy().astype(np.float64)
        difference = values[others] - values[[policies.index(to)]]
        # Of plain arrays: for small stores xarray's own operations would take many times as long.
        parts = [_moments(difference, members, design) for members in regimes.members]
    dims = ["regime", *(str(dim) for dim in stored.dims if dim != "draw")]
    coordinates: dict[str, Any] = without_draws(stored.isel(policy=others))
    coordinates |= {"regime": list(regimes.names), "draws": ("regime", list(regimes.draws))}
    return xr.Dataset(
        {name: (dims, np.stack([part[name] for part in parts])) for name in parts[0]},
        coordinates,
        {**kept, "outcome": outcome, "to": to, "errors": errors_told(design, stored.sizes["draw"])},
    )


def _weighted(
    stored: xr.DataArray, regimes: Regimes, others: list[int], to: int, design: str
) -> list[dict[str, Floats]]:
    """As `_moments` by regime, of draws that weigh differently; two policies in memory at a time."""
    reference = stored.isel(policy=to).to_numpy().astype(np.float64)
    found: list[list[dict[str, Floats]]] = [[] for _ in regimes.names]
    for other in others:
        difference = stored.isel(policy=other).to_numpy() - reference
        for rows, weights in zip(found, regimes.weights_by_regime, strict=True):
            rows.append(_weighted_moments(difference, weights, design))
    return [{name: np.stack([row[name] for row in rows]) for name in rows[0]} for rows in found]


def _weighted_moments(difference: Floats, weights: Floats, design: str) -> dict[str, Floats]:
    """As `_moments`, over draws of (draw, [region,] year) with weights (draw,)."""
    mean, influence = weighted_mean(difference, weights)
    ends = weighted_quantiles(np.moveaxis(difference, 0, -1), weights, (0.05, 0.95))
    below = np.tensordot(weights, difference < 0, axes=1)
    return {
        "mean": mean,
        "standard_error": standard_error(influence, design),
        "lower": ends[..., 0],
        "upper": ends[..., 1],
        "below_zero": np.where(np.isnan(mean), np.nan, below),
    }


def _counted(differences: "list[Tally]", shape: tuple[int, ...]) -> tuple[list[dict[str, NDArray[np.float64]]], float]:
    """As `_moments` by regime, of one pass over draws, and the most that a quantile may be off."""
    from analysis.streaming import quantiles

    ends, error = quantiles(differences, (0.05, 0.95))
    errors = [each.mean_error() for each in differences]

    def moments(regime: int) -> dict[str, NDArray[np.float64]]:
        found = {
            "mean": np.stack([each.mean[regime] for each in differences]),
            "standard_error": np.stack([each[regime] for each in errors]),
            "lower": ends[regime, ..., 0],
            "upper": ends[regime, ..., 1],
            "below_zero": np.stack([each.below_zero[regime] for each in differences]),
        }
        return {name: values.reshape(shape) for name, values in found.items()}

    return [moments(regime) for regime in range(len(ends))], error


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
