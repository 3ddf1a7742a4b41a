"""Which policy holds up: satisficing, regret, mean and spread, the worst futures, and all of them side by side."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis import criteria
from analysis.arguments import is_number, refuse_no_sweep, refuse_unnamed
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.criteria import Criterion
from analysis.futures import BETTER, Futures, Over, by_regime, direction, few_draws, futures
from analysis.monte_carlo import few_told, in_the_middle, seam_told, standard_error
from analysis.regimes import Strata, pooled_weights
from analysis.statistics import outcome_values, refuse_threshold
from sweep.errors import ConfigError

__all__ = ["Threshold", "criteria_of", "maximin", "mean_variance", "ranked", "regret", "robustness_table"]
__all__ += ["satisficing"]

Floats = NDArray[np.float64]
# A value to reach, from the side that is better, or a side and a value.
Threshold = float | tuple[Literal["<=", ">="], float]
TAIL, HIGH = 0.05, 0.9
# Standard errors by which one policy must lead another to be told apart from it.
APART = 2.0


def satisficing(
    data: xr.Dataset, thresholds: Mapping[str, Threshold], over: Over = "last", pooled: bool = False
) -> xr.Dataset:
    """Share of futures that meet all thresholds (`share`), and each (`share_each`), by (regime, policy, [outcome]).

    thresholds: by outcome a value in its units, to be met from its better side, or a side and a value, as in
    {"national_unemployment_rate": 0.08, "hours": ("<=", 34)}; over: a year, "last", or over all years "mean", "total"
    or "worst" (met in every year); pooled: regimes together, by weights that are told. Errors are `…_error`. Raises
    ConfigError on outcomes, years and thresholds that can't be. Source: Starr 1963; Simon 1956.

    >>> from analysis import example, satisficing
    >>> found = satisficing(example(), {"national_unemployment_rate": 0.08, "net_cost": 1e11}, pooled=True)
    >>> dict(zip(found["policy"].values.tolist(), found["share"].values.round(3).tolist()))
    {'none': 0.732, 'retraining': 0.79, 'ubi': 0.0, 'retraining+ubi': 0.0, 'pilot': 0.732}
    """
    refuse_no_sweep(data)
    of, met = _met(data, thresholds, over)

    def shares(strata: Strata) -> xr.Dataset:
        each = [criteria.columns([_share("share_each", one)], strata, of.design) for one in met.values()]
        together = criteria.columns([_share("share", _all(met))], strata, of.design)
        by_outcome = {
            name: (("policy", "outcome"), np.stack([one[name][1] for one in each], axis=-1), {"units": "1"})
            for name in each[0]
        }
        return xr.Dataset({**together, **by_outcome}, {"policy": list(of.policies), "outcome": list(met)})

    found = by_regime(of.regimes, shares, pooled)
    found = described(found, "1").assign_attrs(thresholds=told(thresholds), over=str(over), units="1")
    return cautioned(found, few_draws(found), _out_of_range(data, thresholds, met))


def regret(
    data: xr.Dataset, outcome: str, over: Over = "last", better: str | None = None, pooled: bool = False
) -> xr.Dataset:
    """How far a policy is from the best one of the same draw: `mean`, `q90`, `max`, by (regime, policy).

    In the outcome's units; `best` is the share of futures in which no other policy is better. outcome: national, or of
    one selected region; over: a year, "last", or over all years "mean", "total" or "worst"; better: "low" or "high"
    where the outcome doesn't say it; pooled: regimes together, by weights that are told. Errors are `…_error`; the
    largest regret has none, and grows with the number of draws. Raises ConfigError on outcomes, years and ways that
    can't be. Source: Savage 1951.

    >>> from analysis import example, regret
    >>> found = regret(example(), "national_unemployment_rate", pooled=True)
    >>> dict(zip(found["policy"].values.tolist(), found["mean"].values.round(4).tolist()))
    {'none': 0.0074, 'retraining': 0.0024, 'ubi': 0.0037, 'retraining+ubi': 0.0007, 'pilot': 0.0069}
    """
    refuse_no_sweep(data)
    of = futures(data, outcome, over, better)
    if len(of.policies) < 2:
        raise ConfigError(f"regret compares policies, and the dataset has {of.policies[0]!r} alone")
    short, units = regrets(of), str(of.about["units"])
    judged = [
        Criterion("mean", -short, criteria.mean, -1, units),
        Criterion("q90", -short, criteria.quantile(1 - HIGH, of.design), -1, units),
        Criterion("max", -short, criteria.worst, -1, units),
        _share("best", short == 0),
    ]
    return _judged(of, judged, pooled)


def mean_variance(
    data: xr.Dataset,
    outcome: str,
    over: Over = "last",
    better: str | None = None,
    pooled: bool = False,
    aversion: float = 1.0,
) -> xr.Dataset:
    """`mean`, `standard_deviation` and their `score`, by (regime, policy), in the outcome's units.

    The score is the mean made worse by `aversion` standard deviations. `efficient` says that no other policy has both
    a mean as good and a spread as small, and one of them better. Other arguments and errors as those of `regret`.
    Source: Markowitz 1952.

    >>> from analysis import example, mean_variance
    >>> found = mean_variance(example(), "national_unemployment_rate", pooled=True)
    >>> dict(zip(found["policy"].values.tolist(), found["score"].values.round(3).tolist()))
    {'none': 0.105, 'retraining': 0.096, 'ubi': 0.095, 'retraining+ubi': 0.089, 'pilot': 0.104}
    """
    refuse_no_sweep(data)
    if not (is_number(aversion) and aversion >= 0):
        raise ConfigError(f"aversion: expected standard deviations of 0 or more, got {aversion!r}")
    of = futures(data, outcome, over, better)
    units = str(of.about["units"])
    judged = [
        Criterion("mean", of.merit, criteria.mean, of.sign, units),
        Criterion("standard_deviation", of.merit, criteria.spread, 1, units),
        Criterion("score", of.merit, criteria.less_spread(aversion), of.sign, units),
    ]
    found = _judged(of, judged, pooled).assign_attrs(aversion=aversion)
    merit, calm = of.sign * found["mean"], -found["standard_deviation"]
    others = [each.rename(policy="other") for each in (merit, calm)]
    as_good = (others[0] >= merit) & (others[1] >= calm)
    beaten = (as_good & ((others[0] > merit) | (others[1] > calm))).any("other")
    return described(found.assign(efficient=(~beaten).transpose(*merit.dims)), "1")


def maximin(
    data: xr.Dataset, outcome: str, over: Over = "last", better: str | None = None, pooled: bool = False
) -> xr.Dataset:
    """The `worst` of all futures, its `worst_draw`, and the mean of the worst 5 % (`tail_mean`), by (regime, policy).

    In the outcome's units. The single worst future has no error and depends on the number of draws; the mean of the
    tail has `tail_mean_error`. Arguments as those of `regret`. Source: Wald 1945.

    >>> from analysis import example, maximin
    >>> found = maximin(example(), "national_unemployment_rate", pooled=True)
    >>> dict(zip(found["policy"].values.tolist(), found["worst"].values.round(3).tolist()))
    {'none': 0.202, 'retraining': 0.192, 'ubi': 0.172, 'retraining+ubi': 0.165, 'pilot': 0.195}
    """
    refuse_no_sweep(data)
    of = futures(data, outcome, over, better)
    units, draws = str(of.about["units"]), data["draw"].to_numpy()
    judged = [
        Criterion("worst", of.merit, criteria.worst, of.sign, units),
        Criterion("tail_mean", of.merit, criteria.tail_mean(TAIL), of.sign, units),
    ]

    def where(strata: Strata) -> dict[str, Any]:
        counted = np.where(pooled_weights(strata)[:, None] > 0, of.merit, np.inf)
        return {"worst_draw": ("policy", draws[counted.argmin(axis=0)])}

    return _judged(of, judged, pooled, where)


def robustness_table(
    data: xr.Dataset,
    outcome: str,
    thresholds: Mapping[str, Threshold] | None = None,
    over: Over = "last",
    better: str | None = None,
    pooled: bool = False,
) -> xr.Dataset:
    """Policies by criteria: `value`, `error` and `rank` (1 is best), by (regime, policy, criterion).

    Criteria are `mean`, `mean_variance` (worse by one standard deviation), `maximin`, `tail_mean` (of the worst 5 %),
    `regret_mean`, `regret_q90`, `regret_max` and, given thresholds, `satisficing`; coordinates `units` and `best_is`
    say what each counts in and which way is better. `as_good` is true of the best, and of policies that lie within two
    standard errors of it in the same draws, or whose error can't be told; extremes have no error. Arguments as those of
    `regret` and `satisficing`. Source: of the choice of criteria, McPhail et al. 2018.

    >>> from analysis import example, robustness_table
    >>> found = robustness_table(example(), "national_unemployment_rate", pooled=True)
    >>> found = found["rank"].sel(policy=["none", "retraining", "ubi"])
    >>> found.sel(criterion=["mean", "maximin", "regret_q90"]).values.tolist()
    [[5, 5, 5], [2, 3, 3], [3, 2, 2]]
    """
    refuse_no_sweep(data)
    of = futures(data, outcome, over, better)
    judged = criteria_of(data, of, thresholds, over)

    def table(strata: Strata) -> xr.Dataset:
        rows = [ranked(each, strata, of.design) for each in judged.values()]
        dims, names = ("policy", "criterion"), {"policy": list(of.policies), "criterion": list(judged)}
        return xr.Dataset({key: (dims, np.stack([row[key] for row in rows], axis=-1)) for key in rows[0]}, names)

    about = {
        "units": ("criterion", [each.units for each in judged.values()]),
        "best_is": ("criterion", ["high" if each.sign > 0 else "low" for each in judged.values()]),
    }
    found = by_regime(of.regimes, table, pooled).assign_coords(about)
    stated = {"thresholds": told(thresholds)} if thresholds else {}
    between = _wanting(found["error"].sel(criterion="regret_q90"))
    found = described(found, "", "value", "error")
    beyond = _out_of_range(data, thresholds, _met(data, thresholds, over)[1]) if thresholds else ""
    return cautioned(found.assign_attrs(of.about, **stated), few_draws(found), between, beyond)


def criteria_of(
    data: xr.Dataset, of: Futures, thresholds: Mapping[str, Threshold] | None, over: Over
) -> dict[str, Criterion]:
    """The criteria of `robustness_table`, by name."""
    units, regretted = str(of.about["units"]), -regrets(of)
    found = [
        Criterion("mean", of.merit, criteria.mean, of.sign, units),
        Criterion("mean_variance", of.merit, criteria.less_spread(1.0), of.sign, units),
        Criterion("maximin", of.merit, criteria.worst, of.sign, units),
        Criterion("tail_mean", of.merit, criteria.tail_mean(TAIL), of.sign, units),
        Criterion("regret_mean", regretted, criteria.mean, -1, units),
        Criterion("regret_q90", regretted, criteria.quantile(1 - HIGH, of.design), -1, units),
        Criterion("regret_max", regretted, criteria.worst, -1, units),
    ]
    if thresholds:
        found.append(_share("satisficing", _all(_met(data, thresholds, over)[1])))
    return {each.name: each for each in found}


def ranked(criterion: Criterion, strata: Strata, design: str) -> dict[str, NDArray[Any]]:
    """Value, error, rank, and whether as good as the best, of each policy, (policy,)."""
    score, influence = criterion.judged(criterion.merit, strata)
    best = int(np.argmax(score))
    # Extremes have no error; where that of others can't be told, no lead can.
    lead = np.nan_to_num(
        standard_error(influence[:, [best]] - influence, design),
        nan=0.0 if criterion.judged is criteria.worst else np.inf,
    )
    # Weighted means of the same draws differ by rounding.
    same = 1e-12 * np.abs(score).max()
    return {
        "value": criterion.shown(score),
        "error": criterion.error(score, influence, strata, design),
        "rank": 1 + (score[:, None] + same < score).sum(axis=1),
        "as_good": score[best] - score <= APART * lead + same,
    }


def regrets(of: Futures) -> Floats:
    """Distance of each policy from the best of the same draw, (draw, policy)."""
    return np.asarray(of.merit.max(axis=1, keepdims=True) - of.merit)


def told(thresholds: Mapping[str, Threshold]) -> str:
    """Thresholds in words."""
    sides = {outcome: _side(outcome, threshold) for outcome, threshold in thresholds.items()}
    return ", ".join(f"{outcome} {'≤' if side == '<=' else '≥'} {value:g}" for outcome, (side, value) in sides.items())


def _judged(of: Futures, judged: list[Criterion], pooled: bool, further: Any = lambda strata: {}) -> xr.Dataset:
    """Criteria by regime and policy; further: more variables from strata of draws."""

    def table(strata: Strata) -> xr.Dataset:
        found = criteria.columns(judged, strata, of.design) | further(strata)
        return xr.Dataset(found, {"policy": list(of.policies)})

    found = by_regime(of.regimes, table, pooled)
    between = _wanting(found["q90_error"]) if "q90_error" in found else ""
    return cautioned(described(found, "1").assign_attrs(of.about), few_draws(found), between)


def _wanting(error: xr.DataArray) -> str:
    """A notice where the quantile of regrets has no error, and why; "" elsewhere."""
    wanting = bool(error.isnull().any())
    enough = in_the_middle(np.array(HIGH), float(error["effective_draws"].min()))
    between = wanting and "regime" not in error.dims and bool(enough)
    return seam_told("regret", between) or few_told(wanting)


def _share(name: str, met: NDArray[np.bool_]) -> Criterion:
    return Criterion(name, met.astype(float), criteria.share, 1, "1")


def _all(met: Mapping[str, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.logical_and.reduce(list(met.values())))


def _met(
    data: xr.Dataset, thresholds: Mapping[str, Threshold], over: Over
) -> tuple[Futures, dict[str, NDArray[np.bool_]]]:
    """Whether each threshold is met, (draw, policy), by outcome, and the futures of the last of them."""
    if not thresholds:
        raise ConfigError("thresholds: expected at least one, as in {'national_unemployment_rate': 0.08}, got none")
    refuse_unnamed("thresholds", thresholds, "{'national_unemployment_rate': 0.08}")
    met = {}
    for outcome, threshold in thresholds.items():
        outcome_values(data, outcome)
        side, value = _side(outcome, threshold)
        of = futures(data, outcome, over, "low" if side == "<=" else "high")
        met[outcome] = of.values <= value if side == "<=" else of.values >= value
    return of, met


def _out_of_range(data: xr.Dataset, thresholds: Mapping[str, Threshold], met: Mapping[str, NDArray[np.bool_]]) -> str:
    """A notice on thresholds beyond all draws of all policies, as one in percent is beyond shares; "" elsewhere."""
    beyond = {name: threshold for name, threshold in thresholds.items() if met[name].all() or not met[name].any()}
    if not beyond:
        return ""
    units = ", ".join(f"{name} in {data[name].attrs.get('units', '1')}" for name in beyond)
    return f"all draws of all policies are on one side of {told(beyond)}; is it in the outcome's units ({units})?"


def _side(outcome: str, threshold: Threshold) -> tuple[str, float]:
    """From which side a threshold is to be met, and its value. Raises ConfigError."""
    given = threshold if isinstance(threshold, tuple | list) else (None, threshold)
    if len(given) != 2 or given[0] not in (None, "<=", ">=") or not isinstance(given[1], int | float):
        example = f"expected a value, or a side and a value, ('<=', 0.08), got {threshold!r}"
        raise ConfigError(f"thresholds, {outcome}: {example}")
    if given[0] is None and outcome.removeprefix("national_") not in BETTER:
        sides = f"('<=', {given[1]:g}) or ('>=', {given[1]:g})"
        raise ConfigError(f"thresholds, {outcome}: people differ on whether more of it is better: say {sides}")
    refuse_threshold(given[1], outcome, f"thresholds, {outcome}")
    return given[0] or ("<=" if direction(outcome) == "low" else ">="), float(given[1])
