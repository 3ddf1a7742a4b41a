"""Scrambled Halton: points that fill the cube evenly for any number of draws, by one prime base for each input.

The points are scipy's, whose digits are permuted at random (Owen 2017, https://arxiv.org/abs/1706.02808). An input has
its own dimension, so that one added elsewhere changes no other, and the last of many inputs have large bases: the
hundredth prime is 541, and so many draws go by before that input has been everywhere once. With few draws of many
inputs they are spread little better than at random, where Sobol points are.
"""

from functools import lru_cache
from threading import local

import numpy as np
from numpy.typing import NDArray

from sweep.designs.monte_carlo import generator, inside

__all__ = ["uniforms"]

# Of fewer dimensions, points are the first columns of the same: the permutations are drawn base by base.
_DIMENSIONS = 128


def _points(seed: int, start: int, count: int, dimensions: int) -> NDArray[np.float64]:
    """Points of draws start … start + count − 1, (dimension, draw)."""
    from scipy.stats import qmc

    sequence = qmc.Halton(d=dimensions, rng=generator(seed, "halton"))
    # Its own fast_forward makes all points on the way, two minutes for ten million.
    sequence.num_generated = start
    return np.ascontiguousarray(inside(sequence.random(count)).T)


class _Latest(local):
    """The points of a thread's task, which every column needs again; gone when the thread is."""

    def __init__(self) -> None:
        self.points = lru_cache(maxsize=2)(_points)


_latest = _Latest()


def uniforms(seed: int, name: str, dimension: int, start: int, count: int) -> NDArray[np.float64]:
    """Probabilities in (0, 1) of draws start … start + count − 1 in one dimension, (count,); name plays no part."""
    # A power of two keeps the number of shapes small.
    dimensions = max(_DIMENSIONS, 1 << dimension.bit_length())
    points: NDArray[np.float64] = _latest.points(seed, start, count, dimensions)[dimension]
    return points
