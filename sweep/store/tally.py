"""What is counted of draws that aren't kept: integers and extremes alone, so that tallies add up to the same bits.

A value is rounded to a whole number of units, a power of two, from an origin of its own; sums, squares and bins are
made of these whole numbers. Whatever is added in whichever order, the result is the same.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["KINDS", "Counted", "Grid", "Pilot", "Tally", "counted_outcomes"]

# Of an outcome: its values, and their differences to the first policy in the same draw.
KINDS = ("level", "difference")
# Units in twice the range of the pilot: sums are as exact as single precision is.
_UNIT_BITS = 26
# Bits of double precision that whole numbers of units have room for.
_EXACT_BITS = 50
Array = NDArray[Any]


@dataclass(frozen=True)
class Counted:
    """One outcome that is counted: its name, meaning, unit, whether by region, its bins, and its thresholds."""

    name: str
    long_name: str
    units: str
    regional: bool
    bins: int
    thresholds: tuple[float, ...]


def counted_outcomes(stored: Sequence[Mapping[str, Any]]) -> tuple[Counted, ...]:
    """The counted outcomes as attributes of a store have them. Raises KeyError and TypeError where they don't."""
    return tuple(Counted(**{**each, "thresholds": tuple(each["thresholds"])}) for each in stored)


@dataclass(frozen=True)
class Pilot:
    """Lowest and highest value of the first draws, (kind, policy, cell) by outcome; cells are regions × years.

    What isn't finite is left out; where nothing is finite, lowest is inf and highest -inf.
    """

    lowest: Mapping[str, NDArray[np.float32]]
    highest: Mapping[str, NDArray[np.float32]]

    @property
    def sha256(self) -> str:
        """Hash that tells one pilot's grids from another's."""
        content = hashlib.sha256()
        for name in sorted(self.lowest):
            content.update(name.encode() + self.lowest[name].tobytes() + self.highest[name].tobytes())
        return content.hexdigest()

    def grid(self, outcome: Counted) -> "Grid":
        """The grid of one outcome: bins over twice the range of the pilot, around it."""
        low, high = (values[outcome.name].astype(float) for values in (self.lowest, self.highest))
        known = np.isfinite(low) & np.isfinite(high)
        low, high = np.where(known, low, 0.0), np.where(known, high, 0.0)
        # What the pilot has no range of may vary later as much as the same outcome does elsewhere.
        ranges = high - low
        otherwise = [float(ranges.max()), float(np.abs(high).max()), 1.0]
        span = np.where(ranges > 0, ranges, next(each for each in otherwise if each > 0))
        start, span = low - span / 2, 2 * span
        largest = np.maximum(np.abs(low), np.abs(high)) + span
        exponent = np.maximum(np.frexp(span)[1] - _UNIT_BITS, np.frexp(largest)[1] - _EXACT_BITS)
        unit = np.ldexp(1.0, exponent)
        return Grid(
            unit, np.rint(start / unit).astype(np.int64), np.ceil(span / unit / outcome.bins).astype(np.int64) + 1
        )


@dataclass(frozen=True)
class Grid:
    """How values become whole numbers, by (kind, policy, cell): units from an origin, and the units in a bin."""

    unit: NDArray[np.float64]
    origin: NDArray[np.int64]
    bin_units: NDArray[np.int64]

    @property
    def lowest_edge(self) -> NDArray[np.float64]:
        """Where the first bin would begin if it didn't reach to the smallest value."""
        edge: NDArray[np.float64] = (self.origin - 0.5) * self.unit
        return edge

    @property
    def bin_width(self) -> NDArray[np.float64]:
        """Width of a bin."""
        width: NDArray[np.float64] = self.bin_units * self.unit
        return width


@dataclass
class Tally:
    """What so many draws counted, by outcome, for every kind, policy and cell.

    draws: that have finite results under every policy, and that alone are counted; failed: runs by policy that gave no
    finite result and that stopped the kernel, (policy, 2); counted: outcome -> array by name, as `arrays` has them.
    """

    draws: int
    failed: NDArray[np.int64]
    counted: dict[str, dict[str, Array]]

    @staticmethod
    def arrays(outcome: Counted, policies: int, cells: int) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and type of each array.

        counts: draws in each bin; sums, squares: of whole units, squares as high and low half of 64 bits; smallest,
        largest: values; saturated: draws too far from the pilot's range to be summed as they are; above: draws above
        each threshold; signs: draws with differences below and above zero.
        """
        each = (len(KINDS), policies, cells)
        return {
            "counts": ((*each, outcome.bins), "<u4"),
            "sums": (each, "<i8"),
            "squares": ((2, *each), "<u8"),
            "smallest": (each, "<f4"),
            "largest": (each, "<f4"),
            "saturated": (each, "<u4"),
            "above": ((len(outcome.thresholds), policies, cells), "<u4"),
            "signs": ((2, policies, cells), "<u4"),
        }

    @classmethod
    def empty(cls, outcomes: Sequence[Counted], policies: int, cells: Mapping[bool, int]) -> "Tally":
        """Nothing counted yet; cells: of a regional and of a national outcome."""
        counted = {}
        for outcome in outcomes:
            shapes = cls.arrays(outcome, policies, cells[outcome.regional])
            counted[outcome.name] = {name: np.zeros(shape, dtype) for name, (shape, dtype) in shapes.items()}
            counted[outcome.name]["smallest"][:] = np.inf
            counted[outcome.name]["largest"][:] = -np.inf
        return cls(0, np.zeros((policies, 2), np.int64), counted)

    def add(self, other: "Tally") -> None:
        """Count what another tally, of other draws and the same grids, counted."""
        self.draws += other.draws
        self.failed += other.failed
        for name, arrays in other.counted.items():
            self.add_outcome(name, arrays)

    def add_outcome(self, name: str, arrays: Mapping[str, Array]) -> None:
        """The same of the arrays of one outcome."""
        for array, values in arrays.items():
            into = self.counted[name][array]
            join = {"smallest": np.minimum, "largest": np.maximum}.get(array, np.add)
            join(into, values, out=into)
