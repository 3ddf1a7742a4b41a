"""Full factorial: every combination of levels, each a probability, of all inputs; the last input changes fastest."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_DRAWS", "combinations", "middles", "points"]

MOST_DRAWS = 100_000


def middles(weights: Sequence[float]) -> list[float]:
    """Probabilities in the middle of slices of these weights; slices of weight 0 are left out."""
    shares = np.asarray(weights) / np.sum(weights)
    found: list[float] = (np.cumsum(shares) - shares / 2)[shares > 0].tolist()
    return found


def combinations(levels: Mapping[str, Sequence[float]]) -> int:
    """How many combinations there are of so many levels."""
    return math.prod(len(each) for each in levels.values())


def points(levels: Mapping[str, Sequence[float]]) -> dict[str, NDArray[np.float64]]:
    """Probabilities of each input in all combinations, (combinations,)."""
    # An array of so many dimensions as there are inputs is more than numpy has.
    draws, before, found = combinations(levels), 1, {}
    for name, each in levels.items():
        before *= len(each)
        found[name] = np.tile(np.repeat(np.asarray(each, dtype=np.float64), draws // before), before // len(each))
    return found
