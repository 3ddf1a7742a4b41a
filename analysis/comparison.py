"""Policies in pairs on common draws: how much they differ, how likely one is better, and whether one dominates."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.estimation import share_of
from analysis.futures import Futures, Over, by_regime, few_draws, futures
from analysis.monte_carlo import error_of_probability, standard_error, stratified_mean
from analysis.regimes import Strata, effective_draws, pooled_weights
from sweep.errors import ConfigError

__all__ = ["pairwise"]

Floats = NDArray[np.float64]
# Shares of draws and sums of them that differ by less are the same, but for rounding.
_SAME = 1e-12


def pairwise(
    data: xr.Dataset, outcome: str, over: Over = "last", better: str | None = None, pooled: bool = False
) -> xr.Dataset:
    """Every policy against every other (`versus`) in the same draws, by (regime, policy, versus).

    outcome: national, or of one selected region; over: a year, "last", or over all years "mean", "total" or "worst";
    better: "low" or "high" where the outcome doesn't say it; pooled: regimes together, by weights that are told.

    - `difference`: mean of policy less versus, in the outcome's units, with `difference_error`;
    - `better`: share of futures in which the policy is better, `tied`: in which both are the same, with errors;
    - `variance_reduction`: variance of the mean difference if each policy had draws of its own, over that on common
      draws, with its error; of regimes with stated weights, what varies within them counts. `independent_draws`: so
      many draws of their own each would need to know the mean as well;
    - `first_order`: whether the policy is at least as likely to do better than any level, and so better for whoever
      prefers better to worse; `second_order`: better for whoever also shuns risk. Of the draws at hand: the
      `…_violation` is the largest excess that speaks against it (a share; in the outcome's units), with its error, so
      that 0.01 ± 0.01 may be dominance. Of a violation of 0 it is that of about one draw more, as of probabilities.

    Every error is a Monte Carlo standard error. Raises ConfigError on names, years and ways that aren't there, and
    where there is one policy. Dominance and its error at one level: Davidson and Duclos 2000.

    >>> from analysis import example, pairwise
    >>> found = pairwise(example(), "national_unemployment_rate", pooled=True).sel(policy="retraining", versus="ubi")
    >>> found["difference"].round(4).item(), found["better"].round(2).item()
    (-0.0013, 0.75)
    """
    refuse_no_sweep(data)
    of = futures(data, outcome, over, better)
    if len(of.policies) < 2:
        raise ConfigError(f"pairwise compares policies, and the dataset has {of.policies[0]!r} alone")
    found = by_regime(of.regimes, lambda strata: _compare(of, strata), pooled)
    found = described(found, str(of.about["units"]), "difference", "second_order_violation")
    return cautioned(found.assign_attrs(of.about), few_draws(found))


def _compare(of: Futures, strata: Strata) -> xr.Dataset:
    """All pairs, (policy, versus), over strata of draws; NaN and false of a policy with itself."""
    rows = [_differences(of, row, strata) for row in range(len(of.policies))]
    columns = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    for order in (1, 2):
        columns |= _dominance(of, strata, order)
    same = np.eye(len(of.policies), dtype=bool)
    clean = {name: each if each.dtype == bool else np.where(same, np.nan, each) for name, each in columns.items()}
    variables: dict[str, Any] = {name: (("policy", "versus"), each) for name, each in clean.items()}
    return xr.Dataset(variables, {"policy": list(of.policies), "versus": list(of.policies)})


def _differences(of: Futures, row: int, strata: Strata) -> dict[str, Floats]:
    """Of one policy against all, (versus,): difference, chance to be better, variance reduction."""
    mean, influence = stratified_mean(of.values[:, [row]] - of.values, strata)
    merit = of.merit[:, [row]] - of.merit
    better, better_error = share_of(merit > 0, strata, of.design)
    tied, tied_error = share_of(merit == 0, strata, of.design)
    return {
        "difference": mean,
        "difference_error": standard_error(influence, of.design),
        "better": better,
        "better_error": better_error,
        "tied": tied,
        "tied_error": tied_error,
        **_reduction(of, row, strata),
    }


def _reduction(of: Futures, row: int, strata: Strata) -> dict[str, Floats]:
    """Variance of a difference on separate draws over that on common ones, (versus,), with its error."""
    # What draws move means by: of stated weights that is what lies within regimes, since chance decides nothing else.
    _, moved = stratified_mean(of.values, strata)
    squares = moved**2
    apart, paired = squares + squares[:, [row]], (moved - moved[:, [row]]) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = apart.sum(axis=0) / paired.sum(axis=0)
        influence = (apart - ratio * paired) / paired.mean(axis=0)
        for _, weights in strata:
            influence[weights > 0] -= influence[weights > 0].mean(axis=0)
        error = np.where(np.isfinite(ratio), standard_error(influence, of.design), np.nan)
    draws = effective_draws(pooled_weights(strata))
    return {
        "variance_reduction": ratio,
        "variance_reduction_error": error,
        "independent_draws": ratio * draws,
        "independent_draws_error": error * draws,
    }


def _dominance(of: Futures, strata: Strata, order: int) -> dict[str, Any]:
    """Dominance of first or second order, (policy, versus), its largest violation and the error of that."""
    size, weights = len(of.policies), pooled_weights(strata)
    used = np.flatnonzero(weights)
    violation, error = np.zeros((size, size)), np.zeros((size, size))
    for row in range(size):
        for versus in range(row):
            merits = of.merit[:, [row, versus]]
            excess, levels = _violations(merits[used], weights[used], order)
            violation[[row, versus], [versus, row]] = excess
            least = error_of_probability(np.zeros(2), np.zeros(2), effective_draws(weights))
            # One draw more might speak against dominance by as much as policies differ in one.
            scale = 1.0 if order == 1 else float(np.sqrt(weights @ (merits[:, 0] - merits[:, 1]) ** 2))
            found = _level_errors(merits, levels, strata, order, of.design)
            error[[row, versus], [versus, row]] = np.where(excess > 0, found, np.maximum(found, scale * least))
    name = ("first_order", "second_order")[order - 1]
    dominates = (violation == 0) & (violation.T > 0)
    return {name: dominates, f"{name}_violation": violation, f"{name}_violation_error": error}


def _violations(merits: Floats, weights: Floats, order: int) -> tuple[Floats, Floats]:
    """Most by which each of two, (draw, 2), falls short of the other's dominance, (2,), and the levels where it does.

    Of first order by the chance to stay at or below a level, of second by how far below on average.
    """
    both = merits.T.ravel()
    ranks = np.argsort(both, kind="stable")
    levels, gap = both[ranks], np.cumsum(np.concatenate([weights, -weights])[ranks])
    ends = np.append(levels[1:] > levels[:-1], True)
    levels, gap = levels[ends], gap[ends]
    if order == 2:
        gap = np.concatenate([[0.0], np.cumsum(gap[:-1] * np.diff(levels))])
    scale = 1.0 if order == 1 else max(float(np.ptp(levels)), np.finfo(float).tiny)
    excess, places = np.array([gap.max(), -gap.min()]), [int(np.argmax(gap)), int(np.argmin(gap))]
    return np.where(excess > _SAME * scale, excess, 0.0), levels[places]


def _level_errors(merits: Floats, levels: Floats, strata: Strata, order: int, design: str) -> Floats:
    """Errors, (2,), of how much more the one is below each of two levels than the other, (draw, 2)."""
    short = levels[:, None, None] - merits
    below = (short >= 0).astype(float) if order == 1 else np.maximum(short, 0.0)
    _, influence = stratified_mean((below[..., 0] - below[..., 1]).T, strata)
    return standard_error(influence, design)
