"""Where a rising function takes given values."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["inverted"]

Values = NDArray[np.float64]
# From any bracket to neighboring floats, or to 2^-64 of its width.
_HALVINGS = 64


def inverted(rising: Callable[[Values], Values], targets: Values, low: Values, high: Values) -> Values:
    """Points between low and high at which a rising function takes targets, all of the same shape, by bisection.

    Every point takes the same number of steps, so that none depends on which others are asked for.
    """
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = rising(middle) < targets
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray((low + high) / 2)
