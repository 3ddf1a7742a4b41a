"""Whether the ranking of policies holds under other beliefs: over all weights of regimes, or over beliefs by name."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_count, refuse_no_sweep, refuse_unnamed
from analysis.attributes import described
from analysis.beliefs import LEAST_DRAWS, WEAK_DRAWS, Belief, reweighted
from analysis.caution import AnalysisWarning, cautioned
from analysis.futures import Futures, Over, futures
from analysis.monte_carlo import seam_told
from analysis.regimes import Regimes, effective_draws, regimes_of
from analysis.robustness import Threshold, criteria_of, ranked
from sweep.errors import ConfigError, nearest

__all__ = ["ranking_stability"]

Floats = NDArray[np.float64]


def ranking_stability(
    data: xr.Dataset,
    outcome: str,
    criterion: str = "mean",
    beliefs: Mapping[str, Mapping[str, Belief]] | None = None,
    over: Over = "last",
    better: str | None = None,
    thresholds: Mapping[str, Threshold] | None = None,
    steps: int = 10,
) -> xr.Dataset:
    """Ranks of policies by a criterion under many beliefs: `value`, `error`, `rank`, `as_good`, by (belief, policy).

    beliefs: by a name of yours, what `reweighted` takes; without, all weights of regimes: the centers of equal parts of
    the simplex, `steps` + 1 along each edge, which are then in `regime_weights`, (belief, regime). criterion: one of
    `robustness_table`; other arguments as there. `first` is the share of beliefs under which a policy is best, and
    `first_apart` under which it leads all others by over two standard errors; `effective_draws`, (belief,), says how
    many draws of equal weight would tell as much, and `weights`, (belief,), what regimes are pooled with: beliefs about
    inputs alone leave their weights. Of the simplex, beliefs under which fewer than 50 count are left out, and NaN:
    `share_refused`. It warns where few draws count under beliefs, or a quantile lies between regimes, so that its error
    is NaN and no lead can be told. Raises ConfigError where all are left out, where beliefs by name can't be had from
    these draws, and where there is one regime and no belief.

    >>> from analysis import example, ranking_stability
    >>> found = ranking_stability(example(), "national_unemployment_rate", "regret_q90", steps=4)
    >>> dict(zip(found["policy"].values.tolist(), found["first"].values.tolist()))
    {'none': 0.0, 'retraining': 0.0, 'ubi': 0.0, 'retraining+ubi': 1.0, 'pilot': 0.0}
    """
    refuse_no_sweep(data)
    of = futures(data, outcome, over, better)
    judged = criteria_of(data, of, thresholds, over)
    if criterion not in judged:
        hint = "" if thresholds or criterion != "satisficing" else "it needs thresholds; "
        raise ConfigError(f"criterion: no {criterion!r}: {hint}{nearest(criterion, judged)}")
    points, notices = _named(data, beliefs) if beliefs else (_simplex(of.regimes, steps), [])
    rows: list[dict[str, NDArray[Any]]] = []
    effective = []
    for regimes in points.values():
        counted = effective_draws(regimes.draw_weights)
        row = ranked(judged[criterion], regimes.strata(pooled=True)[0], of.design)
        refused = counted < LEAST_DRAWS
        rows.append({name: np.where(refused, np.nan, each.astype(float)) for name, each in row.items()})
        effective.append(counted)
    columns = {name: (("belief", "policy"), np.stack([row[name] for row in rows])) for name in rows[0]}
    table = xr.Dataset(columns, {"policy": list(of.policies), "belief": list(points)})
    told = [regimes.sentence for regimes in points.values()]
    table = table.assign_coords(effective_draws=("belief", effective), weights=("belief", told))
    if not beliefs:
        notices = _weak(effective)
        weights = [regimes.weights for regimes in points.values()]
        table = table.assign_coords(regime=list(of.regimes.names), regime_weights=(("belief", "regime"), weights))
    if criterion == "regret_q90":
        notices.append(_between(table))
    return cautioned(_shares(table, of, judged[criterion].units, criterion), *notices)


def _named(data: xr.Dataset, beliefs: Mapping[str, Mapping[str, Belief]]) -> tuple[dict[str, Regimes], list[str]]:
    """Regimes with the weights of draws under each belief, and what is to be known of these weights."""
    refuse_unnamed("beliefs", beliefs, "{'mine': {'adoption.automation': ['beta', 3, 2]}}")
    points, notices = dict[str, Regimes](), dict[str, list[str]]()
    for name, belief in beliefs.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AnalysisWarning)
                believed = reweighted(data.assign_attrs(notice=""), belief)
        except ConfigError as error:
            raise ConfigError(f"belief {name!r}: {error}") from None
        points[name] = regimes_of(believed, weighted=True)
        for notice in (believed.attrs["notice"], points[name].pooled_attributes.get("weights_caution")):
            notices.setdefault(notice or "", []).append(name)
    return points, [f"{', '.join(names)}: {notice}" for notice, names in notices.items() if notice]


def _weak(effective: list[float]) -> list[str]:
    """Notices where draws that count are too few, and where they are few."""
    counts = np.array(effective)
    refused, few = float((counts < LEAST_DRAWS).mean()), float((counts < WEAK_DRAWS).mean())
    left_out = f"under {100 * refused:.2g} % of beliefs fewer than {LEAST_DRAWS} draws count: these are left out"
    rough = f"under {100 * (few - refused):.2g} % of beliefs fewer than {WEAK_DRAWS} draws count: errors are rough"
    return [left_out] * (refused > 0) + [rough] * (few > refused)


def _between(table: xr.Dataset) -> str:
    """A notice where a quantile of regrets has no error under some beliefs; "" elsewhere."""
    between = table["error"].isnull() & table["value"].notnull()
    count = f"{int(between.any('policy').sum()):,} of {table.sizes['belief']:,} beliefs"
    return seam_told(f"regret under {count}", bool(between.any()))


def _simplex(regimes: Regimes, steps: int) -> dict[str, Regimes]:
    """Regimes with weights at the centers of equal parts of the simplex."""
    if len(regimes.names) < 2:
        raise ConfigError("ranking_stability: there is one regime, whose weight changes no rank: state beliefs")
    refuse_count("steps", steps)
    points = {}
    for weights in _lattice(len(regimes.names), steps):
        told = ", ".join(f"{name} {weight:.3g}" for name, weight in zip(regimes.names, weights, strict=True))
        points[told] = replace(regimes, weights=weights, stated=True, absent=())
    return points


def _lattice(parts: int, steps: int) -> Iterator[tuple[float, ...]]:
    """Weights that sum to 1, all above 0, evenly over the simplex: whole numbers that sum to `steps`, moved inwards."""
    for bars in combinations(range(steps + parts - 1), parts - 1):
        edges = (-1, *bars, steps + parts - 1)
        numbers = [after - before - 1 for before, after in pairwise(edges)]
        yield tuple((number + 1 / parts) / (steps + 1) for number in numbers)


def _shares(table: xr.Dataset, of: Futures, units: str, criterion: str) -> xr.Dataset:
    """The table with shares of beliefs under which a policy is first."""
    known = table["value"].notnull().all("policy")
    if not known.any():
        raise ConfigError(f"ranking_stability: under no belief {LEAST_DRAWS} draws or more count: take more draws")
    refused = 1 - float(known.mean())
    kept = table.isel(belief=np.flatnonzero(known))
    best = kept["rank"] == 1
    told = table.assign(
        first=(best / best.sum("policy")).mean("belief"),
        first_apart=(best & (kept["as_good"].sum("policy") == 1)).mean("belief"),
    ).assign_attrs({**of.about, "units": units, "criterion": criterion, "share_refused": refused})
    return described(told, units, "value", "error")
