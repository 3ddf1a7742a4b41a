"""Probabilities of rare outcomes, from draws as they come or drawn towards the tail and weighed back, with errors."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.beliefs import LEAST_SHARE, WEAK_SHARE, Belief, beliefs_of, weighed
from analysis.caution import cautioned
from analysis.futures import Futures, Over, by_regime, futures
from analysis.labels import policy_labels
from analysis.monte_carlo import standard_error, stratified_mean
from analysis.regimes import Strata, effective_draws
from analysis.statistics import refuse_threshold
from analysis.units import readable, scale_for
from sweep.errors import ConfigError

__all__ = ["Believed", "beyond", "tail_probability", "under"]

Floats = NDArray[np.float64]
# Beliefs as `reweighted` takes them, or another sweep that was drawn by them.
Believed = Mapping[str, Belief] | xr.Dataset
# With fewer draws beyond a threshold that count, an error is itself off by a sixth or more.
FEW_HITS = 10
_ENDS = (0.025, 0.975)
_TINY = float(np.finfo(float).tiny)


def tail_probability(
    data: xr.Dataset,
    outcome: str,
    threshold: float,
    over: Over = "last",
    above: bool = True,
    pooled: bool = False,
    beliefs: Believed | None = None,
) -> xr.Dataset:
    """Probability that an outcome is beyond a threshold, by (regime, policy), with its Monte Carlo error.

    outcome: national, or of one selected region; threshold: in its units; over: a year, "last", or over all years
    "mean", "total" or "worst" (the farthest to that side); above: else below it; pooled: regimes together, by weights
    that are told; beliefs: what counts, where draws come from elsewhere: as for `reweighted`, or the dataset of a sweep
    that was drawn by them, such as the pilot of a tilted one. Draws may be weighted by `reweighted` as well.

    - `probability` with `probability_error`, NaN where no draw is beyond; `lower` and `upper`: 95 % interval, of draws
      taken as independent. With no draw beyond, `upper` is some 3.7 / draws, of weighed draws 3.7 / those that count:
      as far as what is beyond weighs no more than they do. Where one regime has none, its next draw might be one;
    - `hits`: draws beyond; `effective_hits`: so many of equal weight would tell as much; `largest_share`: of the
      probability, the part that one draw makes up. Of what is likelier than not, both are of the draws not beyond;
    - `variance_reduction`: variance of a plain Monte Carlo estimate from as many independent draws, over that of this.

    Draws are weighed by likelihood and not scaled to its sum, which would bring in the error of all draws: of a rare
    outcome that is the better estimate, and unbiased. Regimes are strata: how many draws each has moves nothing. Raises
    ConfigError on names and years that aren't there, a threshold that is no number, beliefs as `reweighted`, but for
    how many draws count, and a `variance_reduction` below 0.05, of draws away from the tail.
    Source: Owen 2013 (chapter 9); interval: Fay and Feuer 1997.

    >>> from analysis import example, tail_probability
    >>> data = example(draws=2048).sel(policy=["none"])
    >>> found = tail_probability(data, "national_unemployment_rate", 0.15, pooled=True).squeeze()
    >>> [found[name].round(3).item() for name in ("probability", "lower", "upper")], found["hits"].item()
    ([0.043, 0.036, 0.053], 89)
    """
    refuse_no_sweep(data)
    weighted, notices = under(data, beliefs)
    of = beyond(weighted, outcome, threshold, over, above)
    plain = replace(of.regimes, likelihoods=None)
    likelihoods = np.ones(len(of.values)) if of.regimes.likelihoods is None else of.regimes.likelihoods
    found = by_regime(plain, lambda strata: _measured(of, likelihoods, strata), pooled).drop_vars("effective_draws")
    found = found.assign_coords(policy=list(of.policies)).assign_attrs(of.about, threshold=threshold)
    labels = policy_labels(data)
    away = _drawn_away(found, labels, bool(of.regimes.beliefs))
    found = described(found, "1")
    return cautioned(found, *notices, away, _few_hits(found, labels, of.regimes.likelihoods is not None))


def under(data: xr.Dataset, beliefs: Believed | None) -> tuple[xr.Dataset, list[str]]:
    """The dataset weighed by beliefs, if there are any, however few draws count; and what is to be known of it."""
    given = beliefs_of(beliefs, data) if isinstance(beliefs, xr.Dataset) else beliefs
    if given is None or (isinstance(beliefs, xr.Dataset) and not given):
        return data, []
    return weighed(data, given)


def beyond(data: xr.Dataset, outcome: str, threshold: float, over: Over, above: bool) -> Futures:
    """Futures whose values are by how much they are beyond a threshold, (draw, policy), in the outcome's units.

    Raises ConfigError as `futures`, and on a threshold that is no number.
    """
    refuse_threshold(threshold, outcome)
    # Beyond is the worse side: so "worst" of years is the farthest to that side.
    of = futures(data, outcome, over, "low" if above else "high")
    scale = scale_for(outcome, of.about["units"], threshold)
    amount = scale.digits_for(threshold, 3).show(threshold)
    span = str(of.about["long_name"]).rpartition(", ")[2]
    unit = "" if scale.unit == "dimensionless" else f" {scale.unit}"
    words = f"probability that {readable(outcome)} is {'above' if above else 'below'} {amount}{unit}, {span}"
    about = {"outcome": outcome, "units": "1", "long_name": words, "over": str(over)}
    return replace(of, values=-of.sign * (of.values - threshold), about=about)


def _measured(of: Futures, likelihoods: Floats, strata: Strata) -> xr.Dataset:
    """Probability and all that belongs to it, by policy, over strata of draws that weigh equally within each."""
    hit = of.values > 0
    parts = [(share * weights * likelihoods)[:, None] for share, weights in strata]
    rare = np.sum([(part * hit).sum(axis=0) - (part * ~hit).sum(axis=0) for part in parts], axis=0) <= 0
    # What is likelier than not is known by what else there is: else errors of likelihoods would be errors of it.
    counted = hit == rare
    mean, influence = stratified_mean(likelihoods[:, None] * counted, strata)
    weights = np.sum(parts, axis=0) * counted
    squares = (weights**2).sum(axis=0)
    error = np.where(mean > 0, standard_error(influence, of.design), np.nan)
    low, high = _interval(mean, standard_error(influence, "monte_carlo") ** 2, _one_more(parts, counted))
    probability = np.where(rare, mean, 1 - mean)
    used = int(np.count_nonzero(np.sum(parts, axis=0)))
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "probability": probability,
            "probability_error": error,
            "lower": np.where(rare, low, 1 - high),
            "upper": np.where(rare, high, 1 - low),
            "hits": (hit & (np.sum(parts, axis=0) > 0)).sum(axis=0),
            "effective_hits": np.where(squares > 0, mean**2 / np.maximum(squares, _TINY), 0.0),
            "largest_share": np.where(mean > 0, weights.max(axis=0) / np.maximum(mean, _TINY), np.nan),
            "variance_reduction": mean * (1 - mean) / used / error**2,
        }
    return xr.Dataset({name: ("policy", each, {"units": "1"}) for name, each in columns.items()})


def _one_more(parts: list[Floats], counted: NDArray[np.bool_]) -> Floats:
    """What one draw more beyond the threshold might have weighed, (policy,): the most that it might in any regime.

    As much as the heaviest of those beyond; in a regime that has none, as one of as many equal draws as count in it.
    """
    found = []
    # A regime of no weight adds nothing, whatever its next draw is.
    for part in (each for each in parts if each.any()):
        heaviest = (part * counted).max(axis=0)
        found.append(np.where(heaviest > 0, heaviest, part.sum() / effective_draws(part)))
    return np.asarray(np.max(found, axis=0))


def _interval(mean: Floats, variance: Floats, more: Floats) -> tuple[Floats, Floats]:
    """95 % interval of a sum of few weights: as gamma distributions of its mean and variance, with one draw more above.

    Of equal weights it is that of a Poisson count. Source: Fay and Feuer 1997, Statistics in Medicine 16, 791.
    """
    from scipy.stats import gamma

    spread = np.maximum(np.nan_to_num(variance), 1e-12 * mean**2)
    known = np.where(mean > 0, mean, 1.0), np.where(mean > 0, spread, 1.0)
    low = gamma.ppf(_ENDS[0], known[0] ** 2 / known[1], scale=known[1] / known[0])
    wider, farther = spread + more**2, mean + more
    high = gamma.ppf(_ENDS[1], farther**2 / wider, scale=wider / farther)
    return np.where(mean > 0, np.clip(low, 0, 1), 0.0), np.clip(high, 0, 1)


def _drawn_away(found: xr.Dataset, labels: Mapping[str, str], weighed: bool) -> str:
    """A notice on tails that were drawn less than as they come, so that what weighs most may be missing; "" if none.

    Raises ConfigError where weighed draws tell as little as 5 % of plain ones would.
    """
    worth = found["variance_reduction"].fillna(1)
    least = (worth.min("regime") if "regime" in worth.dims else worth).to_series()
    told = ", ".join(f"{labels[str(name)]} {part:.2g}" for name, part in least.items() if part < WEAK_SHARE)
    sentence = f"beyond the threshold, draws tell less than so many of plain Monte Carlo, for one: {told}"
    if weighed and (least < LEAST_SHARE).any():
        raise ConfigError(
            f"{sentence}: they were drawn away from this tail, and what weighs most may be missing; "
            "draw by the beliefs themselves, or towards the tail (analysis.tilt)"
        )
    return sentence if told else ""


def _few_hits(found: xr.Dataset, labels: Mapping[str, str], weighed: bool) -> str:
    """A notice on policies whose tail no draw reached, or too few to know the error; "" where enough did."""
    hits = found["effective_hits"]
    counts = (hits.max("regime") if "regime" in hits.dims else hits).to_series()
    named = [(labels[str(name)], float(count)) for name, count in counts.items()]
    none = ", ".join(name for name, count in named if not count)
    few = ", ".join(f"{name} {count:.1f}" for name, count in named if 0 < count < FEW_HITS)
    told = f"all draws are on one side of the threshold, so that only a limit is known: {none}" if none else ""
    if none and weighed:
        told += " (as far as what is beyond weighs no more than draws do on the whole)"
    rough = f"few draws beyond count, so that errors are rough: {few}" if few else ""
    advice = "take more draws, or draw towards the tail (analysis.tilt)" if none or few else ""
    return "; ".join(text for text in (told, rough, advice) if text)
