"""Estimates of outcomes of more draws than fit into memory, with their errors, from one pass over the draws."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.caution import refuse_gaps
from analysis.monte_carlo import batch_draws, error_of_probability, error_of_quantile, few_decide, in_the_middle
from analysis.regimes import Regimes
from analysis.streaming import Tally, quantiles, tally_above, tally_differences, tally_outcome

__all__ = ["large_differences", "large_estimates", "large_exceedance"]

Floats = NDArray[np.float64]


def large_estimates(
    stored: xr.DataArray, regimes: Regimes, probabilities: Sequence[float], pooled: bool, design: str
) -> tuple[dict[str, NDArray[Any]], float]:
    """Means and quantiles of an outcome (policy, draw, …) with their errors, and the most that a quantile may be off.

    All are ([regime,] policy, …). Errors of quantiles are as if draws were independent.
    """
    used = _counted_by(regimes, pooled)
    weights = used.weights if pooled else None
    tallies = tally_outcome(stored, used, batch_draws(stored.sizes["draw"], design))
    found, off = quantiles(tallies, probabilities, weights)
    told = [_quantile_errors(each, probabilities, weights) for each in tallies]
    by_quantile = {"quantiles": found} | {name: np.stack([each[name] for each in told], axis=-3) for name in told[0]}
    values = _means(tallies, weights) | by_quantile
    outer, further = found.ndim - 2, dict.fromkeys(by_quantile, found.shape[-1:])
    cells = (*found.shape[:outer], *stored.shape[2:])
    return {name: each.reshape(*cells, *further.get(name, ())) for name, each in values.items()}, off


def large_exceedance(
    stored: xr.DataArray, regimes: Regimes, levels: Floats, pooled: bool, design: str
) -> dict[str, Floats]:
    """Probabilities that an outcome (policy, draw, …) is above levels, and errors, ([regime,] policy, …, level).

    They are means of what is 1 above a level, and 0 elsewhere.
    """
    used = _counted_by(regimes, pooled)
    weights = used.weights if pooled else None

    def read(start: int, stop: int) -> NDArray[np.float32]:
        block: NDArray[np.float32] = stored.isel(draw=slice(start, stop)).to_numpy()
        refuse_gaps(str(stored.name), block, axis=1)
        return block

    draws = stored.sizes["draw"]
    size = batch_draws(draws, design)
    found = _means(tally_above(read, draws, used.members, levels, size), weights)
    outer = found["mean"].shape[:-2]
    shape = (*outer, stored.shape[0], len(levels), *stored.shape[2:])
    probability, error = (
        np.moveaxis(found[name].reshape(shape), len(outer) + 1, -1) for name in ("mean", "mean_error")
    )
    by_regime = np.reshape(used.draws, (-1, *[1] * (probability.ndim - 1)))
    effective = 1 / np.sum(np.square(used.weights) / used.draws) if pooled else by_regime
    # Sums of deviations round, and what no draw exceeds is to be told as such.
    exact: Floats = np.asarray(np.round(probability, 12), dtype=np.float64)
    return {"probability": exact, "probability_error": error_of_probability(exact, error, effective)}


def large_differences(
    stored: xr.DataArray, regimes: Regimes, rows: Sequence[int], to: int, pooled: bool, design: str
) -> tuple[dict[str, NDArray[Any]], float]:
    """Same-draw differences of policies, by row of an outcome (policy, draw, …), to that of row `to`.

    What `analysis.paired_difference` tells, (regime or 1, policy, …), and the most that a quantile may be off.
    """
    used = _counted_by(regimes, pooled)
    weights = used.weights if pooled else None
    tallies = tally_differences(stored, used, rows, to, batch_draws(stored.sizes["draw"], design))
    ends, off = quantiles(tallies, (0.05, 0.95), weights)
    told = [_quantile_errors(each, (0.05, 0.95), weights) for each in tallies]
    errors = np.stack([each["quantiles_error"] for each in told], axis=-3)
    between = np.stack([each["between_regimes"] for each in told], axis=-3)
    below, below_error = _below_zero(tallies, used, weights)
    means = _means(tallies, weights)
    found: dict[str, NDArray[Any]] = {
        "mean": means["mean"],
        "standard_error": means["mean_error"],
        "lower": ends[..., 0],
        "lower_error": errors[..., 0],
        "upper": ends[..., 1],
        "upper_error": errors[..., 1],
        "below_zero": below,
        "below_zero_error": below_error,
        "between_regimes": np.asarray(between.any(axis=-1)),
    }
    shape = (-1, len(rows), *stored.shape[2:])
    return {name: values.reshape(shape) for name, values in found.items()}, off


def _below_zero(tallies: Sequence[Tally], regimes: Regimes, weights: Sequence[float] | None) -> tuple[Floats, Floats]:
    """Shares of draws below zero, ([regime,] policy, cell), and their errors as of independent draws."""
    shares, draws = np.stack([each.below_zero for each in tallies], axis=-2), np.array(regimes.draws, dtype=float)
    counted = draws[:, None, None]
    squares = shares * (1 - shares) / np.where(counted > 1, counted - 1, np.nan)
    if weights is None:
        share, error, effective = shares, np.sqrt(squares), counted
    else:
        share = np.tensordot(weights, shares, axes=1)
        error = np.sqrt(np.tensordot(np.square(weights), squares, axes=1))
        effective = np.asarray(1 / np.sum(np.square(weights) / draws))
    return share, np.where(np.isnan(share), np.nan, error_of_probability(share, error, effective))


def _counted_by(regimes: Regimes, pooled: bool) -> Regimes:
    """The regimes by which to count: one of all draws where they are pooled as chance had them."""
    if regimes.stated or not pooled:
        return regimes
    return Regimes(("all draws",), (np.arange(sum(regimes.draws)),), (1.0,), stated=False)


def _means(tallies: Sequence[Tally], weights: Sequence[float] | None) -> dict[str, Floats]:
    """Means and their errors, ([regime,] policy, cell)."""
    means = [each.mean if weights is None else np.asarray(weights) @ each.mean for each in tallies]
    errors = [each.mean_error(weights) for each in tallies]
    return {"mean": np.stack(means, axis=-2), "mean_error": np.stack(errors, axis=-2)}


def _quantile_errors(
    counted: Tally, probabilities: Sequence[float], weights: Sequence[float] | None
) -> dict[str, NDArray[Any]]:
    """Errors of quantiles, ([regime,] cell, quantile): as `analysis.estimation` has them, of independent draws."""
    wanted = np.asarray(probabilities, dtype=float)
    shares = counted.shares(counted.quantiles(wanted, weights)[0])
    squares, few = shares * (1 - shares) / counted.draws[:, None, None], np.zeros(shares.shape, dtype=bool)
    if weights is not None:
        squares = (np.square(weights)[:, None, None] * squares).sum(axis=0)
        # Each draw moves the share by its weight where its regime has draws to both sides.
        apart = np.where((shares > 0) & (shares < 1), np.maximum(shares, 1 - shares), 0)
        moved = (np.asarray(weights) / counted.draws)[:, None, None] * apart
        few = few_decide(squares, (moved**2).max(axis=0)) & (len(weights) > 1)
    errors = error_of_quantile(wanted, np.sqrt(squares), lambda each: counted.quantiles(each, weights)[0])
    within = in_the_middle(wanted, float(counted.draws.sum()))
    return {"quantiles_error": np.where(few, np.nan, errors), "between_regimes": few & within}
