"""Scrambled Sobol: points that fill the cube evenly, each column scrambled by its own seed and name.

The points are those of Joe and Kuo (2008). Scrambling them per column, and not jointly as scipy does, keeps every
column as it is when a parameter is added elsewhere. The scramble is Owen's nested uniform one by hashing (Laine and
Karras 2011; constants of Burley 2020): unbiased, and it keeps the points' even spread.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.designs.monte_carlo import key

__all__ = ["BITS", "points", "uniforms"]

BITS = 32

Words = NDArray[np.uint32]


@cache
def _table() -> list[tuple[int, list[int]]]:
    """Of each dimension, its polynomial and first numbers; a file of its own, since scipy.stats takes long to load."""
    lines = (Path(__file__).parent / "joe_kuo.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.split(",") for line in lines if not line.startswith("#")][1:]
    return [(int(polynomial), [int(number) for number in numbers.split()]) for polynomial, numbers in rows]


@cache
def _directions(dimension: int) -> tuple[int, ...]:
    """What each bit of a point's number adds to it in one dimension, by the recurrence of a primitive polynomial."""
    polynomial, found = _table()[dimension]
    degree, numbers = polynomial.bit_length() - 1, list(found)
    while len(numbers) < BITS:
        following = numbers[-degree] if degree else 1
        for term in range(1, degree + 1):
            if polynomial >> (degree - term) & 1:
                following ^= numbers[-term] << term
        numbers.append(following)
    return tuple(number << (BITS - 1 - bit) for bit, number in enumerate(numbers))


def points(dimension: int, start: int, count: int) -> Words:
    """Sobol points start … start + count − 1 in one dimension as 32-bit words, in the order of Gray's code."""
    number = np.arange(start, start + count, dtype=np.uint32)
    code, words = number ^ (number >> np.uint32(1)), np.zeros(count, dtype=np.uint32)
    for bit in range(int(number[-1]).bit_length()):
        words ^= (code >> np.uint32(bit) & np.uint32(1)) * np.uint32(_directions(dimension)[bit])
    return words


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
    low, high = (int(word) for word in key(seed, name))
    scrambled = _scramble(points(dimension, start, count), low).astype(np.float64)
    # Bits beyond the scrambled ones come from the column's own stream, so that no two draws can coincide.
    jitter = np.random.Philox(key=np.array([high, low], dtype=np.uint64), counter=[start // 4, 0, 0, 0])
    fine = jitter.random_raw(start % 4 + count)[start % 4 :] >> np.uint64(44)
    return (scrambled + (fine.astype(np.float64) + 0.5) * 2.0**-20) * 2.0**-BITS
