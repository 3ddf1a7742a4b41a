"""Quantiles of counts in bins, with the most that each may be off: the one convention of stored and read statistics."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["histogram_quantiles"]

Floats = NDArray[np.float64]


def histogram_quantiles(
    mass: ArrayLike,
    knots: ArrayLike,
    knot_bins: Sequence[int],
    extremes: tuple[ArrayLike, ArrayLike],
    wanted: Sequence[float],
) -> tuple[Floats, Floats]:
    """Quantiles, the inverse of the share of draws up to a value, and the widths of the bins that they lie in.

    mass: number or weight of draws, (…, bin); knots: edges of bins, (…, knot), between which bins are of one width;
    knot_bins: number of the bin that begins at each; extremes: smallest and largest of all draws, to which the first
    and the last bin reach, (…); wanted: probabilities. Returns both as (…, quantile); NaN where nothing was counted, or
    where an extreme is NaN.
    """
    weights, ends = np.asarray(mass, dtype=float), np.asarray(knots, dtype=float)
    smallest, largest = (np.asarray(each, dtype=float) for each in extremes)
    bins, firsts = weights.shape[-1], np.asarray(knot_bins)
    shares = np.cumsum(weights, axis=-1)
    whole = shares[..., -1]

    def edge(number: NDArray[np.intp]) -> Floats:
        segment = np.clip(np.searchsorted(firsts, number, side="right") - 1, 0, len(firsts) - 2)
        begin, end = (np.take_along_axis(ends, (segment + step)[..., None], axis=-1)[..., 0] for step in (0, 1))
        inner = begin + (number - firsts[segment]) * (end - begin) / (firsts[segment + 1] - firsts[segment])
        inner = np.clip(inner, smallest, largest)
        return np.where(number == 0, smallest, np.where(number == bins, largest, inner))

    found, errors = [], []
    for probability in wanted:
        # Sums of shares round: a draw's own share is not to fall short of itself.
        target = np.maximum(probability * whole - 1e-12 * whole, 0)
        above = np.clip(1 + (shares < target[..., None]).sum(axis=-1), 1, bins)
        own = np.take_along_axis(weights, above[..., None] - 1, axis=-1)[..., 0]
        before = np.take_along_axis(shares, above[..., None] - 1, axis=-1)[..., 0] - own
        lower, upper = edge(above - 1), edge(above)
        inside = np.clip((target - before) / np.where(own > 0, own, 1), 0, 1)
        found.append(np.where(whole > 0, lower + inside * (upper - lower), np.nan))
        errors.append(np.where(whole > 0, upper - lower, np.nan))
    return np.stack(found, axis=-1), np.stack(errors, axis=-1)
