"""Boxes in the space of the uncertain inputs, on plain arrays: which futures they hold, and which limits they need."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["REGIME", "Box", "Limit", "Points", "chances", "harmonic", "quasi_p", "simplified"]

# Limits that a binomial test can't tell from chance at this level are dropped.
SIGNIFICANT = 0.05
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
# A parameter and its end, 0 low and 1 high; the regime counts as a parameter.
Limit = tuple[int, int]
REGIME: Limit = (-1, 0)


@dataclass(frozen=True)
class Points:
    """What boxes are drawn in.

    values: of the parameters that are numbers, (draw, parameter); regime: code of each draw, (draw,); regimes: how
    many there are; wanted: which draws are cases, (draw,); weights: of draws, (draw,), 1 on average.
    """

    values: Floats
    regime: NDArray[np.intp]
    regimes: int
    wanted: Mask
    weights: Floats

    @cached_property
    def case_weights(self) -> Floats:
        """Weights of the draws that are cases, 0 elsewhere, (draw,)."""
        return self.weights * self.wanted

    @cached_property
    def ranked(self) -> NDArray[np.intp]:
        """Draws by ascending value of each parameter, (parameter, draw)."""
        return np.argsort(self.values, axis=0, kind="stable").T

    @property
    def rate(self) -> float:
        """Share of cases in all futures."""
        return float(self.case_weights.sum() / self.weights.sum())

    @property
    def parameters(self) -> set[int]:
        """Numbers of all parameters, the regime among them."""
        return {*range(self.values.shape[1]), REGIME[0]}

    @property
    def everything(self) -> "Box":
        """The box without limits."""
        none = np.full(self.values.shape[1], np.inf)
        return Box(-none, none, np.ones(self.regimes, dtype=bool))

    def sums(self, inside: Mask) -> tuple[float, float]:
        """Weight of the draws inside, (draw,), and of the cases among them."""
        return float(self.weights[inside].sum()), float(self.case_weights[inside].sum())


@dataclass(frozen=True)
class Box:
    """Limits by parameter, infinite where there is none, and the regimes that are in it."""

    low: Floats
    high: Floats
    regimes: Mask

    @property
    def limits(self) -> list[Limit]:
        """All limits that the box has."""
        ends = [
            (int(each), end) for end, own in enumerate((self.low, self.high)) for each in np.isfinite(own).nonzero()[0]
        ]
        return ends if self.regimes.all() else [*ends, REGIME]

    @property
    def restricted(self) -> int:
        """Number of parameters that have a limit."""
        return len({parameter for parameter, _ in self.limits})

    def within(self, points: Points, limit: Limit) -> Mask:
        """Which draws are on the inner side of one limit, (draw,)."""
        if limit == REGIME:
            return self.regimes[points.regime]
        parameter, end = limit
        own = points.values[:, parameter]
        return np.asarray(own <= self.high[parameter] if end else own >= self.low[parameter])

    def holds(self, points: Points) -> Mask:
        """Which draws are in the box, (draw,)."""
        inside = np.ones(len(points.wanted), dtype=bool)
        for limit in self.limits:
            inside &= self.within(points, limit)
        return inside

    def limited(self, limit: Limit, value: float) -> "Box":
        """The box with one limit at another value; of the regime, the one to be left out."""
        parameter, end = limit
        if limit == REGIME:
            return replace(self, regimes=self.regimes & (np.arange(len(self.regimes)) != value))
        moved = (self.high if end else self.low).copy()
        moved[parameter] = value
        return replace(self, high=moved) if end else replace(self, low=moved)

    def trimmed(self, points: Points, among: Mask) -> "Box":
        """The box less regimes of which it holds none of the draws `among`, (draw,), if any are left out already."""
        if self.regimes.all():
            return self
        held = np.isin(np.arange(len(self.regimes)), points.regime[among & self.holds(points)])
        return replace(self, regimes=self.regimes & held)

    def without(self, limit: Limit) -> "Box":
        """The box with a limit less."""
        if limit == REGIME:
            return replace(self, regimes=np.ones_like(self.regimes))
        return self.limited(limit, np.inf if limit[1] else -np.inf)


def harmonic(coverage: Floats, density: Floats) -> Floats:
    """Harmonic mean of coverage and density, 0 where both are."""
    return 2 * coverage * density / np.maximum(coverage + density, np.finfo(float).tiny)


def quasi_p(weights: Floats, density: float, density_without: Floats) -> Floats:
    """Chance that a box would be as dense by luck if a limit of it did nothing: Bryant and Lempert's quasi-p, (limit,).

    weights: of the draws in the box, (draw,); density_without: of the box without each limit, (limit,). A one-sided
    binomial test; of unequal weights, with the number of draws that equal ones would take.
    """
    from scipy.special import betainc

    draws = weights.sum() ** 2 / (weights**2).sum()
    cases = density * draws
    if cases <= 0:
        return np.ones_like(density_without)
    return np.asarray(betainc(cases, draws - cases + 1, density_without))


@dataclass(frozen=True)
class _Without:
    """Weight of draws and of cases in a box, and in the box without each of its limits, (1 + limit,)."""

    inside: Mask
    weight: Floats
    cases: Floats

    @property
    def density(self) -> Floats:
        return self.cases / np.maximum(self.weight, np.finfo(float).tiny)

    def chances(self, points: Points) -> Floats:
        """quasi-p of each limit, (limit,)."""
        return quasi_p(points.weights[self.inside], float(self.density[0]), self.density[1:])


def _without(points: Points, among: Mask, box: Box) -> _Without:
    limits = box.limits
    outside = np.array([~box.within(points, limit) for limit in limits], dtype=np.int64).reshape(-1, len(among))
    violated = outside.sum(axis=0)
    inside = among & (violated == 0)
    # What violates no other limit: nothing, or this limit alone.
    weight, cases = np.array([points.sums(inside), *(points.sums(among & (violated == own)) for own in outside)]).T
    return _Without(inside, weight, cases)


def chances(points: Points, among: Mask, box: Box) -> dict[Limit, float]:
    """quasi-p of each limit of a box, with the draws `among`, (draw,)."""
    return dict(zip(box.limits, _without(points, among, box).chances(points).tolist(), strict=True))


def simplified(points: Points, among: Mask, box: Box, most: int, dense: bool) -> Box:
    """A box less the limits that it can do without, with the draws `among`, (draw,).

    Dropped are, one at a time, limits of more than `most` parameters, limits that may be chance, and limits without
    which the box is no worse; of these the one first that costs least, in the harmonic mean of coverage and density,
    or in density alone if the box is to be `dense`.
    """
    total = float(points.case_weights[among].sum())
    while box.limits:
        found = _without(points, among, box)
        merit = found.density if dense else harmonic(found.cases / total, found.density)
        droppable = (found.chances(points) > SIGNIFICANT) | (merit[1:] >= merit[0]) | (box.restricted > most)
        if not droppable.any():
            break
        box = box.without(box.limits[int(np.argmax(np.where(droppable, merit[1:], -np.inf)))])
    return box
