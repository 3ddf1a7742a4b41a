"""Shapley effects: what each of a few inputs has of an outcome's variance, also where inputs are correlated.

An input's effect is what it adds to the variance that others explain, averaged over all orders in which inputs may
become known (Owen 2014, SIAM/ASA J. Uncertain. Quantif. 2, 245–251; Song, Nelson, Staum 2016, ibid. 4, 1060–1083).
What a set of inputs leaves unexplained is the variance among draws that are nearest in it (Broto, Bachoc, Depecker
2020, ibid. 8, 693–716), so that any store of independent draws serves, of all regimes too, between which inputs are
correlated. Nearest draws still differ in the set, the more so the larger it is. So smooth functions of the set are
taken off first by least squares (Abadie and Imbens 2011, J. Bus. Econ. Stat. 29, 1–11).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.additive import curves_along, most_bends
from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.given_data import plain_regimes
from analysis.inputs import averaged, input_names, input_values, with_evidence
from analysis.monte_carlo import DESIGNS, design_of, standard_error
from analysis.regimes import named_regimes
from analysis.shares import Floats, Found, chosen, intervals, measured, share, views
from sweep.errors import ConfigError, nearest

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["shapley_effects"]

_MOST_INPUTS = 8
# Of curves that are taken off first: draws a coefficient, how many at most, and the least degree, else lines alone.
_DRAWS_A_COEFFICIENT, _MOST_CURVES, _LEAST_DEGREE = 8, 128, 3
# Draws whose variance tells what a set of inputs leaves open: Broto et al. take three.
_NEAREST = 3
# What inputs explain more than is told, of the variance, is said from here on, where it is more than so many errors.
_MUCH, _SURELY = 0.02, 2.0
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
    `all others`, is the rest. Of what inputs do together with many bends it has too much, and effects too little, down
    to below 0; a caution says how much, by what draws farther away differ more. Two things it can't see: of steps
    in three inputs `all others` has 0.07 too much from 512 draws, and 0.04 from 2,048; where a few outcomes lie far
    out, as of exp of a normal sum, some 0.04. Draws must be independent, of `design=monte_carlo`. An input by region or
    group counts by its mean over these, as the attribute `averaged` says.

    If `pooled`, draws have the weights in the attributes, and `regime` may be one of the inputs: what it and an input
    have in common is then shared between them. Raises ConfigError where draws come in blocks, for an unknown input, or
    for more than eight.

    >>> from analysis import example, shapley_effects
    >>> data = example("monte_carlo", draws=2048).sel(policy=["none"])
    >>> inputs = ["automation", "reinstatement", "regime"]
    >>> found = shapley_effects(data, "national_unemployment_rate", inputs, 2035, pooled=True)
    >>> dict(zip(found["factor"].values.tolist(), found["effect"].squeeze().values.round(2).tolist()))
    {'automation': 0.5, 'reinstatement': 0.08, 'regime': 0.42, 'all others': 0.0}
    """
    refuse_no_sweep(data)
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
    smooth = [_Smooth.of(each) for each in points]
    near, farther = [], []
    for each, curves in zip(points, smooth, strict=True):
        near.append([curves.among(some, _nearest(each[:, list(some)])) for some in sets])
        farther.append(curves.among(sets[-1], _nearest(each, 4 * _NEAREST)))
    # As distances to the nearest grow with four times as many; of what smooth functions leave, differences with them.
    growth = 4 ** (1 / max(len(names) - ("regime" in names), 1)) - 1

    def measure(values: Floats) -> Found:
        effects, errors, untold = [], [], []
        for view, each, curves, far in zip(rows, near, smooth, farther, strict=True):
            own = values[view.members]
            mean = view.mean(own)[0]
            spread = (own - mean) ** 2
            tops = _tops(spread, map(_left_open, curves.left(own - mean, sets), each), parts)
            effect, influence = share(tops, spread, view, mean)
            effects.append(effect)
            errors.append(standard_error(influence, design))
            (left,) = curves.left(own - mean, sets[-1:])
            apart = (_left_open(left, far) - _left_open(left, each[-1])) / growth
            lost, influence = share(apart[:, None], spread, view, mean)
            surely = lost > np.maximum(_SURELY * standard_error(influence, design), _MUCH)
            untold.append(np.broadcast_to(np.where(surely, lost, 0), effect.shape))
        return {"effect": np.stack(effects), "effect_error": np.stack(errors), "untold": np.stack(untold)}

    result = measured(chosen(data, outcome, year), regimes, pooled, [*names, "all others"], measure)
    told = _told(float(result["untold"].max()), len(names))
    result = intervals(result.drop_vars("untold"), "effect")
    result = with_evidence(data, result, dict(zip(names, names, strict=True)))
    result, of_places = averaged(data, described(result, "1"), names)
    return cautioned(result, few, told, of_places)


def _told(untold: float, inputs: int) -> str:
    """What to know where inputs explain more of the variance than is told, "" where they don't."""
    if not untold:
        return ""
    return (
        f"draws are few for what {inputs} inputs do: they may explain some {untold:.2f} of the variance more than is "
        "told, which all others have instead; take more draws, or fewer inputs"
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


def _points(data: xr.Dataset, names: Sequence[str], members: NDArray[np.integer]) -> Floats:
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


def _nearest(points: Floats, count: int = _NEAREST) -> "csr_array":
    """Which draws are nearest to each, itself among them, (draw, draw) of 0 and 1, of points (draw, input)."""
    from scipy.sparse import csr_array
    from scipy.spatial import KDTree

    draws = len(points)
    # Of draws at one place, as those of a regime, chance chooses: else all would have the same few neighbors.
    apart = _TIES * np.random.default_rng(draws).permutation(draws)[:, None] / draws
    places_of = np.concatenate([points, apart], axis=1)
    places = KDTree(places_of).query(places_of, k=count)[1].ravel()
    return csr_array((np.ones(len(places)), places, np.arange(0, len(places) + 1, count)), shape=(draws, draws))


@dataclass(frozen=True)
class _Near:
    """Which draws are nearest to each, (draw, draw) of 0 and 1, how many, and the share of noise that they keep."""

    draws: "csr_array"
    count: int
    kept: float


@dataclass(frozen=True)
class _Smooth:
    """Smooth functions of inputs, (draw, function), of mean 0, their products, and which inputs they are of."""

    functions: Floats
    products: Floats
    of_inputs: NDArray[np.bool_]

    @staticmethod
    def of(points: Floats) -> "_Smooth":
        """Curves in each input, and products of those in two, as many as draws allow, of points (draw, input)."""
        draws, inputs = points.shape
        pairs = list(combinations(range(inputs), 2))
        for wide in (2, 1, 0):
            degree = (min(draws // _DRAWS_A_COEFFICIENT, _MOST_CURVES) - wide**2 * len(pairs)) // inputs - 2
            if degree >= _LEAST_DEGREE:
                break
        curves = [curves_along(column, min(max(degree, 1), most_bends(draws))) for column in points.T]
        if degree < _LEAST_DEGREE:
            curves = [each[:, :1] for each in curves]
        columns, owned = curves.copy(), [[place] for place in range(inputs) for _ in curves[place].T]
        for pair in pairs:
            one, other = (curves[place][:, :wide] for place in pair)
            columns.append((one[:, :, None] * other[:, None]).reshape(draws, -1))
            owned += [list(pair)] * columns[-1].shape[1]
        functions = np.hstack(columns)
        functions -= functions.mean(axis=0)
        of_inputs = np.array([[place in own for place in range(inputs)] for own in owned])
        return _Smooth(functions, functions.T @ functions, of_inputs)

    def left(self, distances: Floats, sets: Sequence[Sequence[int]]) -> Iterator[Floats]:
        """What functions of each set of inputs leave of distances from the mean, (draw, lane), by least squares."""
        towards = self.functions.T @ distances
        for some in sets:
            own, products = self._own(some)
            slopes = np.zeros(towards.shape)
            slopes[own] = np.linalg.solve(products, towards[own])
            yield distances - self.functions @ slopes

    def among(self, some: Sequence[int], near: "csr_array") -> "_Near":
        """Draws nearest in some inputs, with the share of the variance of noise among them that least squares leave.

        These take little of what draws differ by in which the functions have like values.
        """
        own, products = self._own(some)
        functions = self.functions[:, own]
        count, means, times = near.nnz // len(functions), near @ functions, near.sum(axis=0)
        apart = (functions.T @ (times[:, None] * functions) - means.T @ means / count) / (count - 1)
        return _Near(near, count, 1 - float(np.trace(np.linalg.solve(products, apart))) / len(functions))

    def _own(self, some: Sequence[int]) -> tuple[NDArray[np.intp], Floats]:
        """Places and products of the functions of a set of inputs."""
        own = np.flatnonzero(~np.delete(self.of_inputs, list(some), axis=1).any(axis=1))
        products = self.products[np.ix_(own, own)]
        # So little that it shows only where one function is a sum of others.
        products[np.diag_indices_from(products)] += 1e-10 * len(self.functions)
        return own, products


def _tops(spread: Floats, left_open: Iterator[Floats], parts: Floats) -> Floats:
    """What each input, and all others, has of each draw's squared distance from the mean, (draw, factor, lane)."""
    tops = np.zeros((len(spread), len(parts) + 1, spread.shape[1]))
    for left, part in zip(left_open, parts.T, strict=True):
        tops[:, :-1] += part[:, None] * (spread - left)[:, None]
    # The last set is that of all inputs.
    tops[:, -1] = left
    return tops


def _left_open(distances: Floats, near: _Near) -> Floats:
    """Variance among nearest draws, as each draw contributes to it, (draw, lane).

    The squares (y − mean of the nearest)² are counted where their y is and not where these were looked for, so that
    the error is not told too small: a draw is near to some others.
    """
    means = near.draws @ distances / near.count
    times = near.draws.sum(axis=0)[:, None]
    squares = times * distances**2 - 2 * distances * (near.draws.T @ means) + near.draws.T @ means**2
    return np.asarray(squares / ((near.count - 1) * near.kept))
