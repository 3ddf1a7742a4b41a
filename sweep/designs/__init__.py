"""Designs: where in the unit cube each draw lies; one file a design."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweep.designs import halton, monte_carlo, morris, saltelli, sobol

__all__ = ["BLOCKS", "DESIGNS", "FIXED", "REPLICATES", "Blocks", "Uniforms", "in_blocks"]

# (seed, parameter name, dimension, first draw, number of draws) -> probabilities in (0, 1).
Uniforms = Callable[[int, str, int, int, int], NDArray[np.float64]]

# Designs whose first draws stay as they are however many follow.
DESIGNS: dict[str, Uniforms] = {
    "halton": halton.uniforms,
    "monte_carlo": monte_carlo.uniforms,
    "sobol": sobol.uniforms,
}

# Designs whose draws are made all at once -> why more of them would be others; such a store can't be extended.
FIXED: dict[str, str] = {
    "factorial": "its draws are all combinations of levels",
    "latin_hypercube": "each draw lies in a slice of its own, of as many slices as there are draws",
    "table": "its draws are the rows of the table",
}


# Blocks take turns in so many scramblings of the same points, independent of each other: what their means differ by is
# the error. Parts of one scrambling don't tell it. Where two dimensions go badly together, all parts err alike: of
# Ishigami's function in dimensions 13 to 18 total indices of 1,024 blocks were .15 off, .01 as told.
REPLICATES = 16


@dataclass(frozen=True)
class Blocks:
    """A design whose draws come in blocks: the rows of a block share a point, and factors move away from it.

    rows: of a block of so many factors; moved: in which rows the factor at a place has moved; points: of an input,
    from where and to where it moves, block by block. Such a design extends in whole blocks, as long as the factors
    are the same ones: with another number of them every draw is another.
    """

    rows: Callable[[int], int]
    moved: Callable[[int, int, bool], NDArray[np.bool_]]
    points: Callable[[Uniforms, int, str, int, int, int], tuple[NDArray[np.float64], NDArray[np.float64]]]


BLOCKS: dict[str, Blocks] = {
    "morris": Blocks(morris.rows, morris.moved, morris.points),
    "saltelli": Blocks(saltelli.rows, saltelli.moved, saltelli.points),
}


def in_blocks(blocks: Blocks, base: Uniforms, factor: int, factors: int, is_regime: bool) -> Uniforms:
    """Uniforms of the inputs of a factor; base: the design that points are from; factor: its place among all."""
    moved = blocks.moved(factor, factors, is_regime)

    def uniforms(seed: int, name: str, dimension: int, start: int, count: int) -> NDArray[np.float64]:
        block, row = np.divmod(np.arange(start, start + count), len(moved))
        turn, replicate = np.divmod(block, REPLICATES)
        found = np.empty(count)
        for each in np.unique(replicate):
            own = replicate == each
            place, first = turn[own], int(turn[own][0])
            points = (base, seed, f"{name}/replicate {each}", dimension, first, int(place[-1]) - first + 1)
            here, there = blocks.points(*points)
            found[own] = np.where(moved[row[own]], there[place - first], here[place - first])
        return found

    return uniforms
