"""Whether the ranking of policies holds under other beliefs: over all weights of regimes, or over beliefs by name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.attributes import described
from analysis.beliefs import LEAST_DRAWS, Belief, reweighted
from analysis.caution import cautioned
from analysis.futures import Futures, Over, futures
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
    many draws of equal weight would tell as much. Of the simplex, beliefs under which fewer than 50 count are left out,
    and NaN: `share_refused`. Raises ConfigError where all are, where beliefs by name can't be had from these draws, and
    where there is one regime and no belief.

    >>> from analysis import example, ranking_stability
    >>> found = ranking_stability(example(), "national_unemployment_rate", "regret_q90", steps=4)
    >>> dict(zip(found["policy"].values.tolist(), found["first"].values.tolist()))
    {'none': 0.0, 'retraining': 0.0, 'ubi': 0.0, 'retraining+ubi': 1.0, 'pilot': 0.0}
    """
    of = futures(data, outcome, over, better)
    judged = criteria_of(data, of, thresholds, over)
    if criterion not in judged:
        hint = "" if thresholds or criterion != "satisficing" else "it needs thresholds; "
        raise ConfigError(f"criterion: no {criterion!r}: {hint}{nearest(criterion, judged)}")
    points = _named(data, beliefs) if beliefs else _simplex(of.regimes, steps)
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
    table = table.assign_coords(effective_draws=("belief", effective))
    if not beliefs:
        weights = [regimes.weights for regimes in points.values()]
        table = table.assign_coords(regime=list(of.regimes.names), regime_weights=(("belief", "regime"), weights))
    return _shares(table, of, judged[criterion].units, criterion)


def _named(data: xr.Dataset, beliefs: Mapping[str, Mapping[str, Belief]]) -> dict[str, Regimes]:
    """Regimes with the weights of draws under each belief."""
    return {name: regimes_of(reweighted(data, belief), weighted=True) for name, belief in beliefs.items()}


def _simplex(regimes: Regimes, steps: int) -> dict[str, Regimes]:
    """Regimes with weights at the centers of equal parts of the simplex."""
    if len(regimes.names) < 2:
        raise ConfigError("ranking_stability: there is one regime, whose weight changes no rank: state beliefs")
    if steps < 1:
        raise ConfigError(f"steps: expected a whole number above 0, got {steps!r}")
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
    """The table with shares of beliefs under which a policy is first; a caution for those left out."""
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
    few = f"under {100 * refused:.2g} % of beliefs fewer than {LEAST_DRAWS} draws count: these are left out"
    return cautioned(described(told, units, "value", "error"), few if refused else "")
