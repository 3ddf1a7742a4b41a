"""Whether boxes are more than a search finds in noise: by shuffled cases, or by a bound over all boxes there are."""

from collections.abc import Iterator
from dataclasses import replace
from math import comb, exp, log

import numpy as np
from numpy.typing import NDArray

from analysis.boxes import REGIME, Box, Points

__all__ = ["SHUFFLED_CHANCE", "luck", "shuffles"]

# What none of so many shuffles reaches has by chance a place in front of them once in twenty times.
SHUFFLES = 19
SHUFFLED_CHANCE = 1 / (SHUFFLES + 1)


def shuffles(points: Points, among: NDArray[np.bool_]) -> Iterator[Points]:
    """The same futures with the cases of the draws `among`, (draw,), shuffled among these: independent of all inputs.

    Source: Fisher 1935; Phipson and Smyth 2010, https://doi.org/10.2202/1544-6115.1585, for so few.
    """
    # By their values, so that the order of draws decides nothing.
    ordered = np.lexsort([*points.values.T, points.regime])
    ordered, generator = ordered[among[ordered]], np.random.default_rng(1)
    for _ in range(SHUFFLES):
        wanted = points.wanted & ~among
        wanted[generator.permutation(ordered)[: (points.wanted & among).sum()]] = True
        yield replace(points, wanted=wanted)


def luck(points: Points, among: NDArray[np.bool_], box: Box) -> float:
    """No less than the chance that any box with as many limits is so dense in cases that are independent of all inputs.

    among: the draws that were searched, (draw,). The chance of one box, by Hoeffding's bound on draws without
    replacement, times the number of such boxes and of numbers of limits. Source: Hoeffding 1963,
    https://doi.org/10.1080/01621459.1963.10500830, theorem 4.
    """
    # Where it is needed: a report whose draws are too few for boxes goes without.
    from scipy.special import rel_entr

    inside, limits = among & box.holds(points), box.limits
    density, rate = points.wanted[inside].mean(), points.wanted[among].mean()
    if not limits or density <= rate:
        return 1.0
    divergence = float(rel_entr(density, rate) + rel_entr(1 - density, 1 - rate))
    places = comb(2 * points.values.shape[1] + (points.regimes > 1), len(limits))
    values = [points.regimes * log(2) if limit == REGIME else log(among.sum()) for limit in limits]
    # A weight of a half to the power of limits for each number of them: together no more than one.
    boxes = log(places) + sum(values) + len(limits) * log(2)
    return exp(min(0.0, boxes - int(inside.sum()) * divergence))
