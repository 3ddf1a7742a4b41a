"""Monte Carlo: independent uniforms, each a pure function of seed, parameter name and draw."""

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["generator", "inside", "key", "uniforms"]


def key(seed: int, name: str) -> NDArray[np.uint64]:
    """Philox key of a parameter's stream, (2,) words."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)


def generator(seed: int, stream: str) -> np.random.Generator:
    """What a library draws from that makes points of its own, by seed and name of the stream."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key(seed, stream).tolist())))


def inside(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of which none is 0 or 1, same shape: there, unbounded distributions have no value."""
    return np.clip(probabilities, 2.0**-54, 1 - 2.0**-53)


def uniforms(seed: int, name: str, dimension: int, start: int, count: int) -> NDArray[np.float64]:
    """Probabilities in (0, 1) of draws start … start + count − 1, (count,); dimension plays no part.

    Source: Philox 4x64 (Salmon et al. 2011), four words a counter step, so that any slice costs the same.
    """
    skip = start % 4
    generator = np.random.Philox(key=key(seed, name), counter=np.array([start // 4, 0, 0, 0], dtype=np.uint64))
    words = np.asarray(generator.random_raw(skip + count), dtype=np.uint64)[skip:]
    return ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
