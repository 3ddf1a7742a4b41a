"""What each input explains alone, of ordinary draws: the curve that the outcome's mean follows along it.

What that curve varies by is what the input explains alone, less what noise makes of it, most of which is what other
inputs do (sensitivity from given data: Plischke, Borgonovo, Smith 2013, Eur. J. Oper. Res. 226, 536–550; by regression
on orthogonal functions: Plischke 2010, Reliab. Eng. Syst. Saf. 95, 354–360). Means of slices would be steps, which
lose what happens within a slice; so the curve is smooth, of polynomials in an input's ranks, and of the logarithm of
their odds for tails. Lines and parabolas in those inputs that matter are taken off first, by least squares, which
leaves less noise. Noise is each draw's squared distance from the curve times its leverage, as if left out itself
(MacKinnon and White 1985, J. Econom. 29, 305–325), so that it may differ along an input.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.shares import Floats

__all__ = ["Alone", "Columns", "Places", "curves_along", "most_bends", "ranked"]

Places = NDArray[np.intp]

# Of curves: explained variance of noise alone is more than this over the draws once in twenty; and draws a coefficient.
_BY_CHANCE, _DRAWS_A_COEFFICIENT = 6.0, 8
# What is left of a function, of size 1, that is but a sum of those before it.
_NOTHING = 1e-6


def ranked(values: Floats) -> tuple[Places, NDArray[np.bool_]]:
    """Draws by rising value, and whether each has another value than the one before it, both (draw,)."""
    order = np.argsort(values, kind="stable")
    return order, np.append(True, np.diff(values[order]) > 0)


def most_bends(draws: int) -> int:
    """Degree of the polynomials: the cube root of the number of draws, at least 4."""
    return max(4, round(float(draws ** (1 / 3))))


def _functions(new: NDArray[np.bool_], degree: int) -> Floats:
    """Functions of an input's ranks, (draw by rising value, function), of mean 0 and variance 1, apart from each other.

    new: whether a draw has another value than the one before it; equal values have the middle of their ranks, so that
    of few values the functions are all there are. The first two are a line and a parabola, or 0.
    """
    draws, first = len(new), np.flatnonzero(new)
    counts = np.diff(np.append(first, draws))
    line = np.repeat((2 * first + counts) / draws - 1, counts)
    odds = np.log1p(line) - np.log1p(-line)
    polynomials = np.polynomial.legendre.legvander(line, degree).T[1:]
    kept = np.ones((1, draws))
    for place, function in enumerate((*polynomials, odds, odds**2)):
        rest = function / max(np.sqrt((function**2).mean()), _NOTHING)
        for _ in range(2):  # Once more for what rounding leaves.
            rest = rest - (kept @ rest / draws) @ kept
        size = np.sqrt((rest**2).mean())
        if size > _NOTHING or place < 2:
            kept = np.vstack([kept, rest / size if size > _NOTHING else 0 * rest])
    return np.ascontiguousarray(kept[1:].T)


def curves_along(values: Floats, degree: int) -> Floats:
    """Curves along an input by its values, (draw,): polynomials up to a degree, and tails, (draw, function)."""
    order, new = ranked(values)
    found = _functions(new, degree)
    curves = np.empty_like(found)
    curves[order] = found
    return curves


@dataclass(frozen=True)
class Columns:
    """Inputs of the draws of one regime: each draw's place along them, (input, draw), and functions of the places.

    functions: of each input, (draw by rising value, function).
    """

    places: Places
    functions: tuple[Floats, ...]

    @staticmethod
    def of(inputs: Sequence[Floats]) -> "Columns":
        """Inputs by their values, each (draw,)."""
        places = np.empty((len(inputs), len(inputs[0])), dtype=np.intp)
        found: dict[bytes, Floats] = {}
        keys = []
        for own, values in zip(places, inputs, strict=True):
            order, new = ranked(values)
            own[order] = np.arange(len(order))
            # Inputs without equal values share their functions.
            keys.append(new.tobytes())
            if keys[-1] not in found:
                found[keys[-1]] = _functions(new, most_bends(len(values)))
        return Columns(places, tuple(found[key] for key in keys))

    def along(self, place: int) -> Floats:
        """Functions of an input, (draw, function)."""
        return np.asarray(self.functions[place][self.places[place]])

    @cached_property
    def curves(self) -> Floats:
        """A line and a parabola in each input, (draw, 2 input)."""
        own = zip(self.functions, self.places, strict=True)
        return np.hstack([functions[places, :2] for functions, places in own])

    @cached_property
    def products(self) -> Floats:
        """Products of curves, (2 input, 2 input)."""
        return np.asarray(self.curves.T @ self.curves)


class Alone:
    """What single inputs explain of an outcome's squared distances from its mean, in the draws of one regime."""

    def __init__(self, distances: Floats, inputs: Columns, even: bool) -> None:
        """Take curves in those inputs that matter off distances from the mean, (draw, lane), by least squares.

        even: whether draws fill the cube more evenly than by chance, which makes less noise.
        """
        self._inputs, self._even, towards = inputs, even, inputs.curves.T @ distances
        own = _standing_out(towards, distances)
        columns = (2 * own[:, None] + np.arange(2)).ravel()
        products = inputs.products[np.ix_(columns, columns)]
        # So little that it shows only where one curve is another, or none, as of an input of two values.
        products[np.diag_indices_from(products)] += 1e-10 * len(distances)
        self._slopes = np.zeros(towards.shape)
        self._slopes[columns] = np.linalg.solve(products, towards[columns])
        self._rest = distances - inputs.curves @ self._slopes
        self._free = 1 - len(columns) / len(distances)

    def explained(self, place: int) -> tuple[Floats, Floats]:
        """What an input explains of each draw's squared distance, (draw, lane), and doubt about its mean, (lane,).

        The mean over draws is the variance of an outcome's mean given the input, less what noise would make of it; of
        even draws less half of that, since there may be as much or none. That half is in doubt, and twice what the
        last third of the polynomials explain: of a step as much lies beyond them.
        """
        functions, rest, own = self._inputs.along(place), self._rest, slice(2 * place, 2 * place + 2)
        draws, last = len(rest), slice(-(-2 * most_bends(len(rest)) // 3), most_bends(len(rest)))
        slopes = functions.T @ rest / draws
        left = (rest - functions @ slopes) ** 2
        leverage = functions**2 / draws
        whole = leverage.sum(axis=1)
        # As without the draw itself; a draw alone at its value leaves nothing.
        scaled = left * (1 / (self._free * np.maximum(1 - 1 / draws - whole, _NOTHING)))[:, None]
        counted = 0.5 if self._even else 1.0
        noise = counted * whole[:, None] * scaled
        beyond = (slopes[last] ** 2).sum(axis=0) - counted * (leverage[:, last].sum(axis=1) @ scaled) / draws
        doubt = 2 * np.maximum(beyond, 0) + (1 - counted) / counted * noise.mean(axis=0)
        return (rest + self._inputs.curves[:, own] @ self._slopes[own]) ** 2 - left - noise, doubt


def _standing_out(towards: Floats, distances: Floats) -> Places:
    """Places of the inputs of whose curves a lane has more than chance makes, the strongest first."""
    draws, lanes = distances.shape
    strength = ((towards / draws) ** 2).reshape(-1, 2, lanes).sum(axis=1)
    variance = np.maximum((distances**2).mean(axis=0), np.finfo(float).tiny)
    stands_out = (strength / variance).max(axis=1)
    first = np.argsort(-stands_out)[: draws // (2 * _DRAWS_A_COEFFICIENT)]
    return np.asarray(first[stands_out[first] > _BY_CHANCE / draws])
