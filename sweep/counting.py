"""Counts outcomes of draws that aren't kept: slice by slice, in compiled loops, into a tally of whole numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

from sweep.errors import DamageError
from sweep.isolation import Simulate, isolated
from sweep.plan import Task
from sweep.store import OK, SHARES, Counted, Failure, Grid, Pilot, Tally, judged

__all__ = ["PILOT", "Block", "Counter", "pilot"]

# Draws of the design that set the grids, however many a sweep has.
PILOT = 256
# Draws that are simulated at once: what they give is all that a worker holds of regional outcomes.
SLICE = 64
_TILE = 128
# Whole units from the origin of a grid that are summed: 2^31 of them times 2^32 draws is what 64 bits hold.
_MOST_UNITS = float(2**31 - 1)
_LOW_HALF = 2**32 - 1
Values = NDArray[Any]


_Function = TypeVar("_Function", bound=Callable[..., None])
_compiled: Callable[[_Function], _Function] = numba.njit(cache=True, nogil=True, error_model="numpy")
# A call for each draw and tile would cost as much as what it does.
_inlined: Callable[[_Function], _Function] = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)


@_inlined
def _compare(row: Values, other: Values, below: Values, beyond: Values) -> None:
    """Count what is below, and above, the first policy in the same draw, by cell."""
    for cell in range(len(row)):
        below[cell] += row[cell] < other[cell]
    for cell in range(len(row)):
        beyond[cell] += row[cell] > other[cell]


@_inlined
def _extend(number: Values, smallest: Values, largest: Values) -> None:
    """Extremes by cell."""
    for cell in range(len(smallest)):
        smallest[cell] = number[cell] if number[cell] < smallest[cell] else smallest[cell]
        largest[cell] = number[cell] if number[cell] > largest[cell] else largest[cell]


@_inlined
def _sum(
    number: Values, scale: Values, origin: Values, sums: Values, high: Values, low: Values, saturated: Values
) -> None:
    """Turn a value of each cell into whole units from the origin, and add these and their squares.

    Loops over more arrays at once would not be vectorized.
    """
    for cell in range(len(sums)):
        # Exact: the unit is a power of two.
        number[cell] = np.rint(number[cell] * scale[cell]) - origin[cell]
    for cell in range(len(sums)):
        saturated[cell] += abs(number[cell]) > _MOST_UNITS
    for cell in range(len(sums)):
        near = number[cell] if number[cell] < _MOST_UNITS else _MOST_UNITS
        number[cell] = near if near > -_MOST_UNITS else -_MOST_UNITS
    half = np.uint64(_LOW_HALF)
    for cell in range(len(sums)):
        units = np.int64(number[cell])
        sums[cell] += units
        square = np.uint64(units * units)
        high[cell] += square >> np.uint64(32)
        low[cell] += square & half


@_inlined
def _place(number: Values, knot: Values, bins: Values, begin: np.float64, place: Values) -> None:
    """The bin of each cell's units, as far as they lie beyond the knot of a segment."""
    for cell in range(len(knot)):
        # A half unit from any edge, so that rounding of the product moves nothing over one.
        inside = number[cell] - knot[cell] + 0.5
        place[cell] = begin + inside * bins[cell] if inside > 0 else place[cell]


@_compiled
def _count(
    values: NDArray[np.float32],
    used: NDArray[np.int64],
    scale: NDArray[np.float64],
    origin: NDArray[np.float64],
    knots: NDArray[np.float64],
    bins_per_unit: NDArray[np.float64],
    first_bins: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    counts: NDArray[np.uint32],
    sums: NDArray[np.int64],
    squares: NDArray[np.uint64],
    smallest: NDArray[np.float64],
    largest: NDArray[np.float64],
    saturated: NDArray[np.uint32],
    above: NDArray[np.uint32],
    signs: NDArray[np.uint32],
) -> None:
    """Count draws of an outcome, (policy, draw, cell), a few cells at a time, whose bins stay in the cache."""
    policies, _, cells = values.shape
    number, place, last = np.empty(_TILE), np.empty(_TILE), np.float64(counts.shape[3] - 1)
    for policy in range(policies):
        for first in range(0, cells, _TILE):
            tile = slice(first, min(first + _TILE, cells))
            for draw in used:
                row = values[policy, draw, tile]
                _compare(row, values[0, draw, tile], signs[0, policy, tile], signs[1, policy, tile])
                for each in range(len(thresholds)):
                    passed = above[each, policy, tile]
                    for cell in range(len(row)):
                        passed[cell] += row[cell] > thresholds[each]
            for kind in range(2):
                counted = counts[kind, policy, tile]
                for draw in used:
                    row, other = values[policy, draw, tile], values[0, draw, tile]
                    for cell in range(len(row)):
                        number[cell] = np.float64(row[cell]) - kind * np.float64(other[cell])
                    _extend(number, smallest[kind, policy, tile], largest[kind, policy, tile])
                    _sum(
                        number,
                        scale[kind, policy, tile],
                        origin[kind, policy, tile],
                        sums[kind, policy, tile],
                        squares[0, kind, policy, tile],
                        squares[1, kind, policy, tile],
                        saturated[kind, policy, tile],
                    )
                    place[:] = 0.0
                    for segment in range(len(first_bins)):
                        knot, bins = knots[segment, kind, policy, tile], bins_per_unit[segment, kind, policy, tile]
                        _place(number, knot, bins, first_bins[segment], place)
                    for cell in range(len(row)):
                        counted[cell, np.int32(min(place[cell], last))] += np.uint32(1)


@dataclass(frozen=True)
class Block:
    """What a task gives: its tally, and of the draws that are kept outcomes, states and failures.

    outcomes: name -> (policy, kept draw, …); status: (policy, kept draw); failures: of all draws of the task.
    """

    tally: Tally
    outcomes: Mapping[str, Values]
    status: NDArray[np.int8]
    failures: tuple[Failure, ...]


class Counter:
    """Counts tasks of one store; its grids are made once."""

    def __init__(self, outcomes: Sequence[Counted], grids: Mapping[str, Grid], cells: Mapping[bool, int]) -> None:
        self.outcomes, self.cells = tuple(outcomes), cells
        self.grids = {outcome.name: _arguments(outcome, grids[outcome.name]) for outcome in outcomes}

    def task(self, simulate: Simulate, task: Task, kept: Mapping[str, tuple[int, ...]], draws_kept: int) -> Block:
        """Simulate and count all draws of a task.

        simulate: of places in the task; kept: outcomes to keep of the first `draws_kept` draws of the task, with their
        shape besides policies and draws.
        """
        tally = Tally.empty(self.outcomes, len(task.policies), self.cells)
        status = np.zeros((len(task.policies), draws_kept), np.int8)
        outcomes = {
            name: np.full((len(task.policies), draws_kept, *shape), np.nan, np.float32) for name, shape in kept.items()
        }
        failures: list[Failure] = []
        for first, block, reasons in _slices(simulate, task.stop - task.start, task.policies):
            count = min(SLICE, task.stop - task.start - first)
            own = Task(task.start + first, task.start + first + count, task.policies)
            states, told = judged(own, block, reasons)
            failures += told
            self.add(tally, block, states)
            held = slice(first, min(first + count, draws_kept))
            if first < draws_kept:
                status[:, held] = states[:, : held.stop - first]
                for name, values in outcomes.items():
                    if name in block:
                        values[:, held] = block[name][:, : held.stop - first]
        return Block(tally, outcomes, status, tuple(failures))

    def add(self, tally: Tally, block: Mapping[str, Values], status: NDArray[np.int8]) -> None:
        """Count a block of outcomes, (policy, draw, …), of draws whose status, (policy, draw), is ok for all policies.

        A draw that failed under one policy counts for none, so that comparisons stay paired.
        """
        used = np.flatnonzero((status == OK).all(axis=0))
        tally.draws += len(used)
        tally.failed += np.stack([(status == state).sum(axis=1) for state in (2, 3)], axis=1)
        for outcome in self.outcomes if len(used) else ():
            values = block[outcome.name]
            flat = np.ascontiguousarray(values, np.float32).reshape(*values.shape[:2], -1)
            counted = tally.counted[outcome.name]
            _count(flat, used, *self.grids[outcome.name], *counted.values())
            for name in ("smallest", "largest"):
                # Zero has two signs, of which the order of draws would choose one.
                counted[name] += 0.0


def _arguments(outcome: Counted, grid: Grid) -> tuple[Values, ...]:
    """What the loop takes besides values and counts, in floating point; whole numbers stay exact in it."""
    knots, first_bins = grid.knot_units[:-1].astype(float), np.array(grid.knot_bins[:-1], float)
    thresholds = np.array(outcome.thresholds, float)
    return 1 / grid.unit, grid.origin.astype(float), knots, 1 / grid.bin_units, first_bins, thresholds


def _slices(
    simulate: Simulate, draws: int, policies: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, Values], Mapping[tuple[str, int], str]]]:
    """Slices of a task's draws by first place, with their outcomes and the reasons of runs that the kernel refused."""
    for first in range(0, draws, SLICE):

        def part(start: int, count: int, chosen: Sequence[str], first: int = first) -> Mapping[str, Values]:
            return simulate(first + start, count, chosen)

        yield first, *isolated(part, min(SLICE, draws - first), policies)


def pilot(simulate: Simulate, draws: int, policies: Sequence[str], outcomes: Sequence[Counted], threads: int) -> Pilot:
    """Order statistics of the first draws, what isn't finite left out; simulate: of draws from 0 on.

    Raises DamageError where the kernel stops at each of them.
    """

    def part(first: int) -> Mapping[str, Values]:
        count = min(SLICE, draws - first)
        block, _ = isolated(lambda start, number, chosen: simulate(first + start, number, chosen), count, policies)
        # Copies: what the kernel gives is a view of all outcomes, also of those that aren't counted.
        return {outcome.name: np.array(block[outcome.name]) for outcome in outcomes if outcome.name in block}

    with ThreadPoolExecutor(threads) as pool:
        parts = list(pool.map(part, range(0, draws, SLICE)))
    return Pilot({outcome.name: _ordered([each[outcome.name] for each in parts if each]) for outcome in outcomes})


def _ordered(parts: Sequence[Values]) -> NDArray[np.float64]:
    """Order statistics over draws of an outcome, (policy, draw, …) in parts, and of its differences, by share."""
    if not parts:
        raise DamageError("the model stops at each of the first draws: outputs.keep=draws with few draws says why")
    found = []
    for policy in range(len(parts[0])):
        own, first = (
            np.concatenate([each[row].reshape(each.shape[1], -1) for each in parts]).astype(np.float64)
            for row in (policy, 0)
        )
        found.append(np.stack([_order_statistics(own), _order_statistics(own - first)], axis=1))
    return np.stack(found, axis=2)


def _order_statistics(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of SHARES of the draws, (share, cell), of (draw, cell); NaN where none is finite."""
    ordered = np.sort(np.where(np.isfinite(values), values, np.nan), axis=0)
    most = np.maximum(np.isfinite(ordered).sum(axis=0) - 1, 0)
    rows = np.stack([np.floor(share * most).astype(np.intp) for share in SHARES])
    # Zero has two signs.
    return np.take_along_axis(ordered, rows, axis=0) + 0.0
