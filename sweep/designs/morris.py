"""Morris's design: trajectories through the cube that move one factor after another by half of its distribution.

A block is a trajectory: n factors take n + 1 rows. Each trajectory begins at a point of a scrambled Sobol sequence and
not on a grid, so that every row is spread as the inputs are, and levels need not be chosen: a probability u becomes
u + 1/2, or u − 1/2 where that would be over 1. A regime, which comes first, has moved by the second row, so that all
rows from there on lie in one regime. The order of the others is the same in all trajectories; since every row is
uniform whatever has moved before, that changes no expectation.

Source: Morris 1991, Technometrics 33, 161–174; Campolongo, Cariboni, Saltelli 2007 for the mean of absolute effects.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sweep.designs.monte_carlo import inside

__all__ = ["moved", "points", "rows"]


def rows(factors: int) -> int:
    """Draws in a trajectory of so many factors."""
    return factors + 1


def moved(factor: int, factors: int, is_regime: bool) -> NDArray[np.bool_]:
    """Rows in which the factor at a place has moved, (factors + 1,); a regime is a factor as any other."""
    return np.arange(rows(factors)) > factor


def points(
    base: Callable[..., NDArray[np.float64]], seed: int, name: str, dimension: int, start: int, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """An input's probabilities before and after its move in trajectories start … start + count − 1."""
    before = base(seed, name, dimension, start, count)
    after = np.where(before < 0.5, before + 0.5, before - 0.5)
    return before, inside(after)
