"""Scrambled Sobol: points that fill the cube evenly, each column scrambled by its own seed and name.

The points are scipy's (Joe and Kuo 2008). Scrambling them per column, and not jointly as scipy does, keeps every
column as it is when a parameter is added elsewhere. The scramble is Owen's nested uniform one by hashing (Laine and
Karras 2011; constants of Burley 2020): unbiased, and it keeps the points' even spread.
"""

from functools import lru_cache
from threading import local

import numpy as np
from numpy.typing import NDArray

from sweep.designs.monte_carlo import key

__all__ = ["BITS", "MAX_DIMENSION", "uniforms"]

BITS = 32
MAX_DIMENSION = 1024
_BLOCK, _DIMENSIONS = 1024, 128

Words = NDArray[np.uint32]


def _points(first: int, blocks: int, dimensions: int) -> Words:
    """Integer Sobol points of consecutive blocks of draws, (dimension, draw)."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(d=dimensions, scramble=False, bits=BITS)
    if first:
        sequence.fast_forward(first * _BLOCK)
    # Block by block: of other numbers of points than powers of two scipy warns.
    points = [(sequence.random(_BLOCK) * 2.0**BITS).astype(np.uint32).T for _ in range(blocks)]
    return np.concatenate(points, axis=1)


class _Latest(local):
    """The points of a thread's task, which every column needs again; gone when the thread is."""

    def __init__(self) -> None:
        self.points = lru_cache(maxsize=2)(_points)


_latest = _Latest()


def _reverse_bits(words: Words) -> Words:
    for shift, mask in ((1, 0x55555555), (2, 0x33333333), (4, 0x0F0F0F0F), (8, 0x00FF00FF), (16, 0x0000FFFF)):
        low = np.uint32(mask)
        words = ((words >> np.uint32(shift)) & low) | ((words & low) << np.uint32(shift))
    return words


def _scramble(words: Words, seed: int) -> Words:
    """Owen scramble of 32-bit points by hashing bit-reversed words."""
    x = _reverse_bits(words) + np.uint32(seed & 0xFFFFFFFF)
    x ^= x * np.uint32(0x6C50B47C)
    x ^= x * np.uint32(0xB82F1E52)
    x ^= x * np.uint32(0xC7AFE638)
    x ^= x * np.uint32(0x8D22F6E6)
    return _reverse_bits(x)


def uniforms(seed: int, name: str, dimension: int, start: int, count: int) -> NDArray[np.float64]:
    """Probabilities in (0, 1) of draws start … start + count − 1 in one Sobol dimension, (count,)."""
    # The same points serve every column; a power of two keeps the number of their shapes small.
    dimensions = max(_DIMENSIONS, 1 << dimension.bit_length())
    first, last = start // _BLOCK, (start + count - 1) // _BLOCK
    words = _latest.points(first, last + 1 - first, dimensions)[dimension][start - first * _BLOCK :][:count]
    low, high = (int(word) for word in key(seed, name))
    scrambled = _scramble(words, low).astype(np.float64)
    # Bits beyond the scrambled ones come from the column's own stream, so that no two draws can coincide.
    jitter = np.random.Philox(key=np.array([high, low], dtype=np.uint64), counter=[start // 4, 0, 0, 0])
    fine = jitter.random_raw(start % 4 + count)[start % 4 :] >> np.uint64(44)
    return (scrambled + (fine.astype(np.float64) + 0.5) * 2.0**-20) * 2.0**-BITS
