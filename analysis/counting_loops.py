"""Compiled loops over draws in many cells at once; of few cells, NumPy is as fast, and is there at once."""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["add", "add_above"]

Floats = NDArray[np.float64]
_TILE = 64


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def add(
    values: NDArray[np.float32],
    order: NDArray[np.int64],
    ends: NDArray[np.int64],
    low: NDArray[np.float32],
    scale: NDArray[np.float32],
    counts: NDArray[np.uint32],
    sums: Floats,
    squares: Floats,
    smallest: NDArray[np.float32],
    largest: NDArray[np.float32],
    negative: NDArray[np.int64],
) -> None:
    """Add a block, (draw, cell), to what was counted before; draws in an order in which regime r ends at ends[r].

    A few cells at a time, whose counts stay in the cache.
    """
    last, nothing = np.float32(counts.shape[2] - 1), np.float32(0)
    place = np.empty(_TILE, dtype=np.int32)
    for first in range(0, values.shape[1], _TILE):
        tile = slice(first, min(first + _TILE, values.shape[1]))
        base, factor = low[tile], scale[tile]
        for regime in range(len(ends)):
            counted = counts[regime, tile]
            total, square, below = sums[regime, tile], squares[regime, tile], negative[regime, tile]
            least, most = smallest[regime, tile], largest[regime, tile]
            for draw in order[(0 if regime == 0 else ends[regime - 1]) : ends[regime]]:
                row = values[draw, tile]
                # A loop over more arrays than these would not be vectorized.
                for cell in range(len(row)):
                    deviation = np.float64(row[cell]) - np.float64(base[cell])
                    total[cell] += deviation
                    square[cell] += deviation * deviation
                for cell in range(len(row)):
                    least[cell] = row[cell] if row[cell] < least[cell] else least[cell]
                    most[cell] = row[cell] if row[cell] > most[cell] else most[cell]
                for cell in range(len(row)):
                    below[cell] += row[cell] < nothing
                for cell in range(len(row)):
                    # So written that NaN, with which no comparison is true, goes to the first bin.
                    inside = (row[cell] - base[cell]) * factor[cell]
                    inside = inside if inside > nothing else nothing
                    place[cell] = np.int32(inside if inside < last else last)
                for cell in range(len(row)):
                    counted[cell, place[cell]] += np.uint32(1)
            for cell in range(len(total)):
                if np.isnan(total[cell]):
                    # What isn't a number makes all of its cell unknown, as everywhere.
                    least[cell] = most[cell] = np.float32(np.nan)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def add_above(
    values: NDArray[np.float32],
    order: NDArray[np.int64],
    ends: NDArray[np.int64],
    levels: Floats,
    hits: Floats,
) -> None:
    """Add to `hits`, (regime, level, cell), how many draws of a block, (draw, cell), are above each level."""
    found = np.empty(_TILE, dtype=np.int32)
    for first in range(0, values.shape[1], _TILE):
        tile = slice(first, min(first + _TILE, values.shape[1]))
        count = found[: tile.stop - first]
        for regime in range(len(ends)):
            for place, level in enumerate(levels):
                count[:] = 0
                for draw in order[(0 if regime == 0 else ends[regime - 1]) : ends[regime]]:
                    row = values[draw, tile]
                    for cell in range(len(count)):
                        count[cell] += row[cell] > level
                hits[regime, place, tile] += count
