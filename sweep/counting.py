"""Counts outcomes of draws that aren't kept: slice by slice, in compiled loops, into a tally of whole numbers."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from sweep.isolation import Simulate, isolated
from sweep.plan import Task
from sweep.store import OK, Counted, Failure, Grid, Pilot, Tally, judged

__all__ = ["PILOT", "Block", "Counter", "pilot"]

# Draws of the design that set the grids, however many a sweep has.
PILOT = 256
# Draws that are simulated at once: what they give is all that a worker holds of regional outcomes.
SLICE = 64
_TILE = 64
# Whole units from the origin of a grid that are summed: 2^31 of them times 2^32 draws is what 64 bits hold.
_MOST_UNITS = float(2**31 - 1)
_LOW_HALF = 2**32 - 1
Values = NDArray[Any]


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _count(  # noqa: PLR0912 - one pass over a slice
    values: NDArray[np.float32],
    used: NDArray[np.int64],
    scale: NDArray[np.float64],
    origin: NDArray[np.float64],
    bins_per_unit: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    counts: Values,
    sums: Values,
    squares: Values,
    smallest: Values,
    largest: Values,
    saturated: Values,
    above: Values,
    signs: Values,
) -> None:
    """Count draws of an outcome, (policy, draw, cell), a few cells at a time, whose bins stay in the cache."""
    policies, _, cells = values.shape
    last, low_half = counts.shape[3] - 1, np.uint64(_LOW_HALF)
    number, place = np.empty(_TILE), np.empty(_TILE, np.int32)
    for policy in range(policies):
        for first in range(0, cells, _TILE):
            tile = slice(first, min(first + _TILE, cells))
            below, positive = signs[0, policy, tile], signs[1, policy, tile]
            for kind in range(2):
                factor, start, bins = (
                    scale[kind, policy, tile],
                    origin[kind, policy, tile],
                    bins_per_unit[kind, policy, tile],
                )
                total, beyond = sums[kind, policy, tile], saturated[kind, policy, tile]
                high, low = squares[0, kind, policy, tile], squares[1, kind, policy, tile]
                least, most = smallest[kind, policy, tile], largest[kind, policy, tile]
                counted = counts[kind, policy, tile]
                for draw in used:
                    row, reference = values[policy, draw, tile], values[0, draw, tile]
                    # A loop over more arrays than these would not be vectorized.
                    if kind == 0:
                        for cell in range(len(row)):
                            number[cell] = row[cell]
                        for each in range(len(thresholds)):
                            passed = above[each, policy, tile]
                            for cell in range(len(row)):
                                passed[cell] += row[cell] > thresholds[each]
                    else:
                        for cell in range(len(row)):
                            number[cell] = np.float64(row[cell]) - np.float64(reference[cell])
                        for cell in range(len(row)):
                            below[cell] += row[cell] < reference[cell]
                        for cell in range(len(row)):
                            positive[cell] += row[cell] > reference[cell]
                    for cell in range(len(row)):
                        single = np.float32(number[cell])
                        least[cell] = single if single < least[cell] else least[cell]
                        most[cell] = single if single > most[cell] else most[cell]
                    for cell in range(len(row)):
                        # Exact: the unit is a power of two.
                        number[cell] = np.rint(number[cell] * factor[cell]) - start[cell]
                    for cell in range(len(row)):
                        beyond[cell] += abs(number[cell]) > _MOST_UNITS
                    for cell in range(len(row)):
                        near = number[cell] if number[cell] < _MOST_UNITS else _MOST_UNITS
                        number[cell] = near if near > -_MOST_UNITS else -_MOST_UNITS
                    for cell in range(len(row)):
                        units = np.int64(number[cell])
                        total[cell] += units
                        square = np.uint64(units * units)
                        high[cell] += square >> np.uint64(32)
                        low[cell] += square & low_half
                    for cell in range(len(row)):
                        # A half unit from any edge, so that rounding of the product moves nothing over one.
                        inside = (number[cell] if number[cell] > 0 else 0.0) + 0.5
                        spot = inside * bins[cell]
                        place[cell] = np.int32(spot if spot < last else last)
                    for cell in range(len(row)):
                        counted[cell, place[cell]] += np.uint32(1)


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
        self.grids = {
            outcome.name: (
                1 / grids[outcome.name].unit,
                grids[outcome.name].origin.astype(np.float64),
                1 / grids[outcome.name].bin_units,
                np.asarray(outcome.thresholds, np.float64),
            )
            for outcome in outcomes
        }

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
                counted[name] += np.float32(0)


def _slices(
    simulate: Simulate, draws: int, policies: Sequence[str]
) -> Iterator[tuple[int, Mapping[str, Values], Mapping[tuple[str, int], str]]]:
    """Slices of a task's draws by first place, with their outcomes and the reasons of runs that the kernel refused."""
    for first in range(0, draws, SLICE):

        def part(start: int, count: int, chosen: Sequence[str], first: int = first) -> Mapping[str, Values]:
            return simulate(first + start, count, chosen)

        yield first, *isolated(part, min(SLICE, draws - first), policies)


def pilot(simulate: Simulate, draws: int, policies: Sequence[str], outcomes: Sequence[Counted], threads: int) -> Pilot:
    """Lowest and highest values of the first draws, what isn't finite left out; simulate: of draws from 0 on."""
    found = {name: [[], []] for name in (outcome.name for outcome in outcomes)}  # type: dict[str, list[list[Values]]]

    def part(first: int) -> Mapping[str, tuple[Values, Values]]:
        count = min(SLICE, draws - first)
        block, _ = isolated(lambda start, number, chosen: simulate(first + start, number, chosen), count, policies)
        return {outcome.name: _extremes(block[outcome.name]) for outcome in outcomes if outcome.name in block}

    with ThreadPoolExecutor(threads) as pool:
        for extremes in pool.map(part, range(0, draws, SLICE)):
            for name, ends in extremes.items():
                for own, end in zip(found[name], ends, strict=True):
                    own.append(end)
    lowest = {name: np.min(own[0], axis=0) + np.float32(0) for name, own in found.items()}
    return Pilot(lowest, {name: np.max(own[1], axis=0) + np.float32(0) for name, own in found.items()})


def _extremes(values: Values) -> tuple[Values, Values]:
    """Lowest and highest over draws of an outcome, (policy, draw, …), and of its differences: (kind, policy, cell)."""
    level = np.asarray(values, np.float32).reshape(*values.shape[:2], -1)
    kinds = (level, level - level[:1])
    low = [np.where(np.isfinite(each), each, np.inf).min(axis=1) for each in kinds]
    high = [np.where(np.isfinite(each), each, -np.inf).max(axis=1) for each in kinds]
    return np.stack(low).astype(np.float32), np.stack(high).astype(np.float32)
