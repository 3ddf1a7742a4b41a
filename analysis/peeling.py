"""PRIM on plain arrays: a box that holds all futures is peeled, a few percent at a time, towards where cases are.

Friedman and Fisher 1999; for scenarios Bryant and Lempert 2010. Of inputs without ties, peels and their order are
those of EMA Workbench's Prim, beside which a test puts them; this takes weights of futures, and is fast enough for
resampling. There is no pasting, which hardly changes a box.
"""

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.boxes import REGIME, Box, Limit, Points

__all__ = ["Path", "peel"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Path:
    """The boxes that peeling went through, and the weight of draws and of cases in each, (step,)."""

    boxes: list[Box]
    weight: Floats
    cases: Floats


@dataclass(frozen=True)
class _Peels:
    """What could be peeled next: each regime, then of each parameter its high end and its low one; all (peel,).

    Regimes come first, since of equals the first is taken, and a regime is why inputs are zero in the others.

    taken, cases: weight of the draws and of the cases that a peel takes, NaN where it can't be had; value: the new
    limit, or the regime; new: whether it is the first restriction of its parameter.
    """

    taken: Floats
    cases: Floats
    value: Floats
    new: Mask

    def best(self, weight: float, cases: float, smallest: float) -> int | None:
        """Place of the best peel of a box of so much weight; None where none leaves enough."""
        left = weight - self.taken
        with np.errstate(invalid="ignore", divide="ignore"):
            gain = cases / weight - self.cases / self.taken
        gain = np.where(np.isfinite(gain) & (left >= smallest * (1 - 1e-12)), gain, -np.inf)
        most = gain.max(initial=-np.inf)
        if not np.isfinite(most):
            return None
        # Sums of weights round: what differs by less is equal.
        equal = np.flatnonzero(gain >= most - 1e-9 * abs(most))
        return int(equal[np.argmin(self.new[equal])])


def peel(points: Points, among: Mask, share: float, smallest: float, parameters: Set[int]) -> Path:
    """Peel from all of the draws `among`, (draw,), until all left are cases, or the box would be too small.

    Each peel takes a share of the draws left, at one end of one parameter, or a regime. It is the one
    with the smallest share of cases in what it takes (Friedman and Fisher's eq. 14.6: large peels, as of regimes, count
    no more than small ones), even if that is more than the box has, since what hides behind may be better; of equals,
    one of a parameter that has a limit already. smallest: the least weight of a box, as a share of that of all draws;
    parameters: those that may get limits.
    """
    rows = np.array(sorted(parameters - {REGIME[0]}), dtype=np.intp)
    regimes = points.regimes if REGIME[0] in parameters else 0
    limits: list[Limit] = [*[REGIME] * regimes, *((row, end) for row in rows.tolist() for end in (1, 0))]
    box, inside, ranked = points.everything, among, _only(points.ranked[rows], among)
    boxes, sums = [box], [points.sums(inside)]
    while ranked.shape[1] > 1 and sums[-1][1] < sums[-1][0] * (1 - 1e-12):
        peels = _peels(points, box, inside, regimes, rows, ranked, share)
        best = peels.best(*sums[-1], smallest * float(points.weights.sum()))
        if best is None:
            break
        box = box.limited(limits[best], float(peels.value[best]))
        inside = inside & box.within(points, limits[best])
        ranked = _only(ranked, inside)
        boxes.append(box)
        sums.append(points.sums(inside))
    weight, cases = np.array(sums).T
    return Path(boxes, weight, cases)


def _only(ranked: NDArray[np.intp], inside: Mask) -> NDArray[np.intp]:
    """Those ranked draws that are inside, (parameter, draw)."""
    return ranked[inside[ranked]].reshape(len(ranked), int(inside.sum()))


def _peels(
    points: Points, box: Box, inside: Mask, regimes: int, rows: NDArray[np.intp], ranked: NDArray[np.intp], share: float
) -> _Peels:
    """Peels of regimes, and of parameters in rows, of a box with the draws inside, ranked (parameter, draw)."""
    count = int(np.floor((ranked.shape[1] - 1) * share)) + 1
    high, low = (_end(points, rows, own, count) for own in (ranked[:, ::-1], ranked))
    unlimited = ~(np.isfinite(box.low) | np.isfinite(box.high))[rows]
    weight, cases = (
        np.bincount(points.regime[inside], own[inside], points.regimes) for own in (points.weights, points.case_weights)
    )
    # A regime can be left out where it has draws and is not the last one that has.
    weight = np.where((weight > 0) & ((weight > 0).sum() > 1), weight, np.nan)
    taken, lost, value = np.stack([high, low], axis=-1).reshape(3, -1)
    return _Peels(
        np.concatenate([weight[:regimes], taken]),
        np.concatenate([cases[:regimes], lost]),
        np.concatenate([np.arange(regimes), value]),
        np.concatenate([np.full(regimes, box.regimes.all()), np.repeat(unlimited, 2)]),
    )


def _end(points: Points, rows: NDArray[np.intp], ranked: NDArray[np.intp], count: int) -> Floats:
    """Weight of draws and of cases, and new limit, (3, parameter), of peels of the first draws, ranked from that end.

    Draws of one value go together; where all have it, there is no peel.
    """
    tail = ranked[:, :count]
    edge = points.values[ranked[:, count - 1 : count + 1], rows[:, None]]
    found = np.stack([points.weights[tail].sum(axis=1), points.case_weights[tail].sum(axis=1), edge.mean(axis=1)])
    for place in np.flatnonzero(edge[:, 0] == edge[:, 1]):
        own = points.values[ranked[place], rows[place]]
        beyond = np.flatnonzero(own != edge[place, 0])
        beyond = beyond[beyond > count]
        if beyond.size:
            gone = ranked[place, : beyond[0]]
            middle = (edge[place, 0] + own[beyond[0]]) / 2
            found[:, place] = points.weights[gone].sum(), points.case_weights[gone].sum(), middle
        else:
            found[:, place] = np.nan
    return found
