"""Criteria by which policies are judged over draws: each a score by policy, and its influence values.

Judgements take merits, (draw, policy), of which more is better, and strata of draws. Influence values, (draw, policy),
give Monte Carlo errors; the worst of all draws has none, and gives NaN.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.estimation import inverse
from analysis.monte_carlo import (
    error_of_probability,
    error_of_quantile,
    share_beside,
    standard_error,
    stratified_mean,
)
from analysis.regimes import Strata, effective_draws, pooled_weights
from analysis.statistics import weighted_quantiles

__all__ = ["Criterion", "Judgement", "columns", "less_spread", "mean", "quantile", "share", "tail_mean", "worst"]

Floats = NDArray[np.float64]
Judgement = Callable[[Floats, Strata], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Criterion:
    """What policies are judged by.

    merit: (draw, policy), more is better; sign: -1 where it is shown the other way round, as a regret is; units: of
    what is shown.
    """

    name: str
    merit: Floats
    judged: Judgement
    sign: int
    units: str

    def shown(self, score: Floats) -> Floats:
        """Values as they are read, and no minus before a zero."""
        return np.asarray(self.sign * score + 0.0)

    def error(self, score: Floats, influence: Floats, strata: Strata, design: str) -> Floats:
        """Monte Carlo standard errors, (policy,), NaN of extremes; that of a share of 0 or 1 isn't 0."""
        error = standard_error(influence, design)
        if self.judged is not share:
            return error
        return error_of_probability(score, error, effective_draws(pooled_weights(strata)))


def columns(criteria: Iterable[Criterion], strata: Strata, design: str) -> dict[str, tuple[str, Floats, Any]]:
    """Variables by policy, as xarray takes them: of each criterion its value and, as `…_error`, its error."""
    found: dict[str, tuple[str, Floats, Any]] = {}
    for each in criteria:
        score, influence = each.judged(each.merit, strata)
        found[each.name] = ("policy", each.shown(score), {"units": each.units})
        if each.judged is not worst:
            error = each.error(score, influence, strata, design)
            found[f"{each.name}_error"] = ("policy", error, {"units": each.units})
    return found


def mean(merit: Floats, strata: Strata) -> tuple[Floats, Floats]:
    """Mean over draws."""
    return stratified_mean(merit, strata)


def share(met: Floats, strata: Strata) -> tuple[Floats, Floats]:
    """Share of draws that meet what is asked, 1 of one that does."""
    return stratified_mean(met, strata)


def worst(merit: Floats, strata: Strata) -> tuple[Floats, Floats]:
    """The least of all draws that count."""
    return merit[pooled_weights(strata) > 0].min(axis=0), np.full_like(merit, np.nan)


def spread(values: Floats, strata: Strata) -> tuple[Floats, Floats]:
    """Standard deviation over draws."""
    middle, _ = stratified_mean(values, strata)
    variance, moved = stratified_mean((values - middle) ** 2, strata)
    deviation = np.sqrt(variance)
    return deviation, moved / np.where(deviation > 0, 2 * deviation, np.inf)


def less_spread(aversion: float) -> Judgement:
    """Mean less so many standard deviations."""

    def judged(merit: Floats, strata: Strata) -> tuple[Floats, Floats]:
        (middle, moved), (deviation, widened) = mean(merit, strata), spread(merit, strata)
        return middle - aversion * deviation, moved - aversion * widened

    return judged


def quantile(probability: float, design: str) -> Judgement:
    """Quantile over draws, with the error of `error_of_quantile`: NaN also between two regimes."""

    def judged(merit: Floats, strata: Strata) -> tuple[Floats, Floats]:
        weights, wanted = pooled_weights(strata), np.array([probability])
        of = inverse(merit, weights)
        found = of(wanted)[:, 0]
        share, moved, seam = share_beside(merit, found, probability, strata)
        own = standard_error(moved, design)
        apart = error_of_probability(share, own, effective_draws(weights))
        error = np.where(seam, np.nan, error_of_quantile(wanted, apart[:, None], of)[:, 0])
        # So scaled that these have that error; where no draw moves the share, it is 0 or can't be told.
        return found, -moved * error / np.where(own > 0, own, 1)

    return judged


def tail_mean(probability: float) -> Judgement:
    """Mean of the worst draws, of so much probability: expected shortfall.

    It is the most that q − E(q − x)⁺/probability can be, reached where q is the quantile (Rockafellar and Uryasev
    2000), and so a mean over draws.
    """

    def judged(merit: Floats, strata: Strata) -> tuple[Floats, Floats]:
        lanes, weights = np.ascontiguousarray(merit.T), pooled_weights(strata)
        ends = weighted_quantiles(lanes, weights, [probability])[:, 0]
        return stratified_mean(ends - np.maximum(ends - merit, 0) / probability, strata)

    return judged
