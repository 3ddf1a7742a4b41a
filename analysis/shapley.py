"""Shapley effects: what each of a few inputs has of an outcome's variance, also where inputs are correlated.

An input's effect is what it adds to the variance that others explain, averaged over all orders in which inputs may
become known (Owen 2014, SIAM/ASA J. Uncertain. Quantif. 2, 245–251; Song, Nelson, Staum 2016, ibid. 4, 1060–1083).
What a set of inputs leaves unexplained is the variance among draws that are nearest in it (Broto, Bachoc, Depecker
2020, ibid. 8, 693–716), so that any store of independent draws serves, of all regimes too, between which inputs are
correlated.
"""

from collections.abc import Sequence
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.attributes import described
from analysis.caution import cautioned
from analysis.given_data import plain_regimes
from analysis.inputs import input_names, input_values, with_evidence
from analysis.monte_carlo import DESIGNS, design_of, standard_error
from analysis.regimes import Regimes, named_regimes
from analysis.shares import Floats, Found, chosen, intervals, measured, share, views
from sweep.errors import ConfigError, nearest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["shapley_effects"]

_MOST_INPUTS = 8
# Draws whose variance tells what a set of inputs leaves open: Broto et al. take three.
_NEAREST = 3
# Draws along each input of a set; with fewer, draws nearest to each other are far apart.
_DENSE = 4
# Between regimes, where ranks are 1 apart at most.
_APART = 100.0
# How far apart draws at one place are taken to be; others are farther from each other, or as good as there.
_TIES = 1e-9


def shapley_effects(
    data: xr.Dataset, outcome: str, inputs: Sequence[str], year: int | None = None, pooled: bool = False
) -> xr.Dataset:
    """Shapley effects of at most eight inputs, (regime, policy, [region,] year, factor), from draws.

    `effect` is an input's share of an outcome's variance, with its standard `effect_error` and the ends `effect_lower`
    and `effect_upper` of a 95 % interval. Effects add up to what these inputs explain together; the last factor,
    `all others`, is the rest. What inputs explain together is told too low where draws are few for their number, and a
    caution says so. Draws must be independent, of `design=monte_carlo`.

    If `pooled`, draws have the weights in the attributes, and `regime` may be one of the inputs: what it and an input
    have in common is then shared between them. Raises ConfigError where draws come in blocks, for an unknown input, or
    for more than eight.

    >>> from analysis import example, shapley_effects
    >>> data = example("monte_carlo", draws=2048).sel(policy=["none"])
    >>> inputs = ["automation", "reinstatement", "regime"]
    >>> found = shapley_effects(data, "national_unemployment_rate", inputs, 2035, pooled=True)
    >>> dict(zip(found["factor"].values.tolist(), found["effect"].squeeze().values.round(2).tolist()))
    {'automation': 0.49, 'reinstatement': 0.08, 'regime': 0.42, 'all others': 0.0}
    """
    names = list(dict.fromkeys(inputs))
    known = [*input_names(data), *(["regime"] if pooled and "regime" in data else [])]
    for name in names:
        if name not in known:
            raise ConfigError(f"unknown input {name!r}: {nearest(name, known)}")
    if not 1 <= len(names) <= _MOST_INPUTS:
        raise ConfigError(f"inputs: expected 1 to {_MOST_INPUTS}, since all their subsets are taken; got {len(names)}")
    if (design := design_of(data)) in DESIGNS and design != "monte_carlo":
        raise ConfigError(
            f"shapley_effects needs design=monte_carlo: draws of design={design} avoid each other, so that those "
            "nearest in some inputs differ too much in others, and what inputs explain is told too low"
        )
    regimes, few = plain_regimes(data)
    sets = [each for size in range(1, len(names) + 1) for each in combinations(range(len(names)), size)]
    rows, parts = views(regimes, pooled), _parts(len(names), sets)
    points = [_points(data, names, view.members) for view in rows]
    near = [[_nearest(each[:, list(some)]) for some in sets] for each in points]

    def measure(values: Floats) -> Found:
        effects, errors = [], []
        for view, each in zip(rows, near, strict=True):
            own = values[view.members]
            mean = view.mean(own)[0]
            effect, influence = share(_tops(own - mean, each, parts), (own - mean) ** 2, view, mean)
            effects.append(effect)
            errors.append(standard_error(influence, design))
        return {"effect": np.stack(effects), "effect_error": np.stack(errors)}

    result = measured(chosen(data, outcome, year), regimes, pooled, [*names, "all others"], measure)
    result = with_evidence(data, intervals(result, "effect"), dict(zip(names, names, strict=True)))
    return cautioned(described(result, "1"), few, _sparse(regimes, pooled, len(names)))


def _sparse(regimes: Regimes, pooled: bool, inputs: int) -> str:
    """What to know where draws are too few for a number of inputs, "" where they aren't."""
    draws = sum(regimes.draws) if pooled else min(regimes.draws)
    needed = _DENSE**inputs
    if draws >= needed:
        return ""
    return (
        f"{draws:,} draws are few for {inputs} inputs: they explain more than is told; take {needed:,}, or fewer inputs"
    )


def _parts(inputs: int, sets: Sequence[tuple[int, ...]]) -> Floats:
    """What each set's variance counts for in each input's effect, (input, set)."""
    found = np.empty((inputs, len(sets)))
    for column, each in enumerate(sets):
        size = len(each)
        inside = factorial(size - 1) * factorial(inputs - size) / factorial(inputs)
        outside = factorial(size) * factorial(inputs - size - 1) / factorial(inputs) if size < inputs else 0.0
        found[:, column] = [inside if place in each else -outside for place in range(inputs)]
    return found


def _points(data: xr.Dataset, names: Sequence[str], members: NDArray[np.intp]) -> Floats:
    """Places of draws along inputs, (draw, input): ranks between 0 and 1, and regimes too far apart to be near."""
    from scipy.stats import rankdata

    columns = []
    for name in names:
        if name == "regime":
            _, codes = np.unique(named_regimes(data)["regime"].to_numpy()[members], return_inverse=True)
            columns.append(codes * _APART)
        else:
            columns.append(rankdata(input_values(data, name)[members]) / len(members))
    return np.stack(columns, axis=1)


def _nearest(points: Floats) -> "csr_array":
    """Which draws are nearest to each, itself among them, (draw, draw) of 0 and 1, of points (draw, input)."""
    from scipy.sparse import csr_array
    from scipy.spatial import KDTree

    draws = len(points)
    # Of draws at one place, as those of a regime, chance chooses: else all would have the same few neighbors.
    apart = _TIES * np.random.default_rng(draws).permutation(draws)[:, None] / draws
    places_of = np.concatenate([points, apart], axis=1)
    places = KDTree(places_of).query(places_of, k=_NEAREST)[1].ravel()
    return csr_array((np.ones(len(places)), places, np.arange(0, len(places) + 1, _NEAREST)), shape=(draws, draws))


def _tops(distances: Floats, near: "Sequence[csr_array]", parts: Floats) -> Floats:
    """What each input, and all others, has of each draw's squared distance from the mean, (draw, factor, lane)."""
    tops = np.zeros((len(distances), len(parts) + 1, distances.shape[1]))
    for each, part in zip(near, parts.T, strict=True):
        left = _left_open(distances, each)
        tops[:, :-1] += part[:, None] * (distances**2 - left)[:, None]
    # The last set is that of all inputs.
    tops[:, -1] = left
    return tops


def _left_open(distances: Floats, near: "csr_array") -> Floats:
    """Variance among nearest draws, as each draw contributes to it, (draw, lane).

    The squares (y − mean of the three)² are counted where their y is and not where the three were looked for, so that
    the error is not told too small: a draw is near to some three others.
    """
    means = near @ distances / _NEAREST
    times = near.sum(axis=0)[:, None]
    squares = times * distances**2 - 2 * distances * (near.T @ means) + near.T @ means**2
    return np.asarray(squares / (_NEAREST - 1))
