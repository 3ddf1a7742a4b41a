"""Saltelli's design: blocks of draws from which first and total Sobol indices follow.

A block has two independent points. Its first row is the first point, then follow rows in which one factor alone comes
from the second point, and the last row is the second point: n factors take n + 2 rows, in the order of SALib. A
regime, which comes first, moves in its own row alone, so that all other rows of a block lie in one regime and give its
indices. Points are scrambled Sobol ones, of twice as many dimensions as there are inputs, in replicates.

Source: Saltelli et al. 2010, Comput. Phys. Commun. 181, 259–270.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["moved", "points", "rows"]


def rows(factors: int) -> int:
    """Draws in a block of so many factors."""
    return factors + 2


def moved(factor: int, factors: int, is_regime: bool) -> NDArray[np.bool_]:
    """Rows in which the factor at a place is that of the second point, (factors + 2,)."""
    row = np.arange(rows(factors))
    return np.asarray((row == 1 + factor) | ((row == factors + 1) & (not is_regime)))


def points(
    base: Callable[..., NDArray[np.float64]], seed: int, name: str, dimension: int, start: int, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """An input's probabilities at the first and at the second points of blocks start … start + count − 1."""
    second = base(seed, f"{name}/second", 2 * dimension + 1, start, count)
    return base(seed, name, 2 * dimension, start, count), second
