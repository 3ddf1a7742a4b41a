"""What each input explains alone, of ordinary draws: a curve, and means of slices of what curves leave.

What an outcome's means differ by between slices of an input is what the input explains alone (Plischke, Borgonovo,
Smith 2013, Eur. J. Oper. Res. 226, 536–550), but for noise, most of which is what other inputs do. So curves in those
inputs that matter are taken off first, by least squares. That leaves less noise of independent draws. And it leaves
little to correct of Sobol draws, in which other inputs are spread so evenly over each slice that they make hardly any.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.shares import Floats

__all__ = ["Codes", "Columns", "explained_alone", "sliced"]

Codes = NDArray[np.intp]

# Of curves: explained variance of noise alone is more than this over the draws once in twenty; and draws a coefficient.
_BY_CHANCE, _DRAWS_A_COEFFICIENT = 6.0, 8


def sliced(values: Floats, most: int | None = None) -> Codes:
    """Slice of each draw along an input, (draw,): one a value where there are few, else of equal count.

    most: number of slices, None: the cube root of that of draws, which loses little of smooth effects.
    """
    limit = max(4, round(len(values) ** (1 / 3))) if most is None else most
    found, codes = np.unique(values, return_inverse=True)
    if len(found) > limit:
        codes = np.argsort(np.argsort(values, kind="stable")) * limit // len(values)
    return np.asarray(codes, dtype=np.intp)


def _curves(values: Floats) -> Floats:
    """A line and a parabola in the ranks of an input, (draw, 2), of mean 0 and variance 1; 0 of a constant."""
    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles = (np.cumsum(counts) - counts / 2)[codes] / len(values)
    line = middles - 0.5
    parabola = line**2 - (line**2).mean()
    columns = np.stack([line, parabola], axis=1)
    return np.asarray(columns / np.maximum(columns.std(axis=0), np.finfo(float).eps))


@dataclass(frozen=True)
class Columns:
    """Inputs of the draws of one regime: slices (input, draw), curves (input, draw, 2)."""

    slices: Codes
    curves: Floats

    @staticmethod
    def of(inputs: Sequence[Floats]) -> "Columns":
        """Inputs by their values, each (draw,)."""
        return Columns(np.stack([sliced(each) for each in inputs]), np.stack([_curves(each) for each in inputs]))


def _taken_off(distances: Floats, curves: Floats) -> tuple[Floats, dict[int, Floats]]:
    """What curves in the inputs that matter leave, and by input the curve taken off, both (draw, lane)."""
    draws = len(distances)
    strength = ((curves.swapaxes(1, 2) @ distances / draws) ** 2).sum(axis=1)
    variance = np.maximum((distances**2).mean(axis=0), np.finfo(float).tiny)
    stands_out = (strength / variance).max(axis=1)
    most = draws // (2 * _DRAWS_A_COEFFICIENT)
    chosen = [place for place in np.argsort(-stands_out)[:most] if stands_out[place] > _BY_CHANCE / draws]
    if not chosen:
        return distances, {}
    columns = np.concatenate([curves[place] for place in chosen], axis=1)
    slopes = np.linalg.lstsq(columns, distances, rcond=None)[0].reshape(len(chosen), 2, -1)
    own = {int(place): curves[place] @ each for place, each in zip(chosen, slopes, strict=True)}
    return distances - sum(own.values()), own


def explained_alone(distances: Floats, inputs: Columns) -> Floats:
    """What each input explains of each draw's squared distance from the mean, (input, draw, lane).

    Its mean over draws is the variance of an outcome's mean given the input, less what noise alone would make of it.
    distances: from the mean, (draw, lane), of draws of one regime.
    """
    rest, own = _taken_off(distances, inputs.curves)
    found = np.empty((len(inputs.slices), *distances.shape))
    for place, codes in enumerate(inputs.slices):
        inside = (codes == np.arange(codes.max() + 1)[:, None]).astype(np.float64)
        left = rest - (inside @ rest / inside.sum(axis=1, keepdims=True))[codes]
        free = len(inside) + 2 * (place in own)
        noise = (len(rest) - 1) / max(len(rest) - free, 1)
        found[place] = (rest + own[place] if place in own else rest) ** 2 - noise * left**2
    return found
