"""What each input explains alone, of ordinary draws: a curve, and means of slices of what curves leave.

What an outcome's means differ by between slices of an input is what the input explains alone (Plischke, Borgonovo,
Smith 2013, Eur. J. Oper. Res. 226, 536–550), but for noise, most of which is what other inputs do. So curves in those
inputs that matter are taken off first, by least squares. That leaves less noise of independent draws. And it leaves
little to correct of Sobol draws, in which other inputs are spread so evenly over each slice that they make hardly any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.shares import Floats

__all__ = ["Alone", "Codes", "Columns", "sliced"]

Codes = NDArray[np.intp]

# Of curves: explained variance of noise alone is more than this over the draws once in twenty; and draws a coefficient.
_BY_CHANCE, _DRAWS_A_COEFFICIENT = 6.0, 8


def sliced(values: Floats, most: int | None = None) -> Codes:
    """Slice of each draw along inputs, (…, draw): one a value where there are few, else of equal count.

    most: number of slices, None: the cube root of that of draws, which loses little of smooth effects.
    """
    draws = values.shape[-1]
    limit = max(4, round(draws ** (1 / 3))) if most is None else most
    order, new = _sorted(values)
    by_value = new.cumsum(axis=-1) - 1
    by_count = np.arange(draws) * limit // draws
    return _unsorted(order, np.where(by_value[..., -1:] < limit, by_value, by_count))


def _sorted(values: Floats) -> tuple[Codes, NDArray[np.bool_]]:
    """Draws by rising value, and whether each has another value than the one before it, (…, draw)."""
    order = np.argsort(values, axis=-1, kind="stable")
    rising = np.take_along_axis(values, order, axis=-1)
    return order, np.concatenate([np.ones_like(rising[..., :1], dtype=bool), np.diff(rising) > 0], axis=-1)


def _unsorted(order: Codes, found: NDArray[Any]) -> NDArray[Any]:
    """What was found of draws by rising value, (…, draw), in the order of draws."""
    placed = np.empty_like(found)
    np.put_along_axis(placed, order, found, axis=-1)
    return placed


def _curves(values: Floats) -> Floats:
    """A line and a parabola in the ranks of inputs, (input, draw, 2), of mean 0 and variance 1; 0 of a constant."""
    order, new = _sorted(values)
    draws, ends = values.shape[-1], np.concatenate([new[..., 1:], new[..., :1]], axis=-1)
    places = np.arange(draws)
    # Of equal values the middle of their ranks.
    first = np.maximum.accumulate(np.where(new, places, 0), axis=-1)
    last = np.minimum.accumulate(np.where(ends, places, draws)[..., ::-1], axis=-1)[..., ::-1]
    line = _unsorted(order, (first + last + 1) / (2 * draws)) - 0.5
    parabola = line**2 - (line**2).mean(axis=-1, keepdims=True)
    columns = np.stack([line, parabola], axis=-1)
    return np.asarray(columns / np.maximum(columns.std(axis=-2, keepdims=True), np.finfo(float).eps))


@dataclass(frozen=True)
class Columns:
    """Inputs of the draws of one regime: slices (input, draw), and curves, two of each input, (draw, 2 input)."""

    slices: Codes
    curves: Floats

    @staticmethod
    def of(inputs: Sequence[Floats]) -> "Columns":
        """Inputs by their values, each (draw,)."""
        values = np.stack(inputs)
        return Columns(sliced(values), np.hstack(list(_curves(values))))

    @cached_property
    def products(self) -> Floats:
        """Products of curves, (2 input, 2 input)."""
        return np.asarray(self.curves.T @ self.curves)


class Alone:
    """What single inputs explain of an outcome's squared distances from its mean, in the draws of one regime."""

    def __init__(self, distances: Floats, inputs: Columns) -> None:
        """Take curves in those inputs that matter off distances from the mean, (draw, lane), by least squares."""
        self._inputs, towards = inputs, inputs.curves.T @ distances
        own = _standing_out(towards, distances)
        self._taken, columns = set(own.tolist()), (2 * own[:, None] + np.arange(2)).ravel()
        products = inputs.products[np.ix_(columns, columns)]
        # So little that it shows only where one curve is another, or none, as of an input of two values.
        products[np.diag_indices_from(products)] += 1e-10 * len(distances)
        self._slopes = np.zeros(towards.shape)
        self._slopes[columns] = np.linalg.solve(products, towards[columns])
        self._rest = distances - inputs.curves @ self._slopes

    def explained(self, place: int) -> Floats:
        """What an input explains of each draw's squared distance, (draw, lane).

        Its mean over draws is the variance of an outcome's mean given the input, less what noise alone would make of
        it.
        """
        codes, rest, own = self._inputs.slices[place], self._rest, slice(2 * place, 2 * place + 2)
        inside = (codes == np.arange(codes.max() + 1)[:, None]).astype(np.float64)
        left = (rest - (inside @ rest / inside.sum(axis=1, keepdims=True)).take(codes, axis=0)) ** 2
        free = len(inside) + 2 * (place in self._taken)
        left *= (len(rest) - 1) / max(len(rest) - free, 1)
        return np.asarray((rest + self._inputs.curves[:, own] @ self._slopes[own]) ** 2 - left)


def _standing_out(towards: Floats, distances: Floats) -> Codes:
    """Places of the inputs of whose curves a lane has more than chance makes, the strongest first."""
    draws, lanes = distances.shape
    strength = ((towards / draws) ** 2).reshape(-1, 2, lanes).sum(axis=1)
    variance = np.maximum((distances**2).mean(axis=0), np.finfo(float).tiny)
    stands_out = (strength / variance).max(axis=1)
    first = np.argsort(-stands_out)[: draws // (2 * _DRAWS_A_COEFFICIENT)]
    return np.asarray(first[stands_out[first] > _BY_CHANCE / draws])
