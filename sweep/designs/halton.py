"""Scrambled Halton: points that fill the cube evenly for any number of draws, by one prime base for each input.

The points are scipy's, whose digits are permuted at random (Owen 2017, https://arxiv.org/abs/1706.02808). An input has
its own dimension, so that one added elsewhere changes no other, and the last of many inputs have large bases: the
hundredth prime is 541, and so many draws go by before that input has been everywhere once. With few draws of many
inputs they are spread little better than at random, where Sobol points are.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sweep.designs.monte_carlo import generator, inside

__all__ = ["uniforms"]

_BLOCK = 1024
# Of fewer dimensions, points are the first columns of the same: the permutations are drawn base by base.
_FEWEST = 128


# A task's, for each of many threads: a column needs them all again.
@lru_cache(maxsize=16)
def _points(seed: int, block: int, dimensions: int) -> NDArray[np.float64]:
    """Points of one block of draws, (dimension, draw)."""
    from scipy.stats import qmc

    sequence = qmc.Halton(d=dimensions, rng=generator(seed, "halton"))
    # Its own fast_forward makes all points on the way, a minute for ten million.
    sequence.num_generated = block * _BLOCK
    return np.ascontiguousarray(inside(sequence.random(_BLOCK)).T)


def uniforms(seed: int, name: str, dimension: int, start: int, count: int) -> NDArray[np.float64]:
    """Probabilities in (0, 1) of draws start … start + count − 1 in one dimension, (count,); name plays no part."""
    dimensions = max(_FEWEST, 1 << dimension.bit_length())
    first, last = start // _BLOCK, (start + count - 1) // _BLOCK
    points = np.concatenate([_points(seed, block, dimensions)[dimension] for block in range(first, last + 1)])
    return points[start - first * _BLOCK :][:count]
