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

__all__ = ["KINDS", "SHARES", "Counted", "Grid", "Pilot", "Tally", "counted_outcomes", "segment_bins"]

# Of an outcome: its values, and their differences to the first policy in the same draw.
KINDS = ("level", "difference")
# Units in twice the range of the pilot: sums are as exact as single precision is.
_UNIT_BITS = 26
# Of the pilot's draws: between these order statistics, and beyond them to twice their range, bins are of one width.
SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_SEGMENTS = (2, 4, 5, 5, 5, 5, 4, 2)
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
    """Order statistics of the first draws, (share, kind, policy, cell) by outcome; cells are regions × years.

    shares: as SHARES; what isn't finite is left out, and where nothing is finite there is NaN.
    """

    values: Mapping[str, NDArray[np.float64]]

    @property
    def sha256(self) -> str:
        """Hash that tells one pilot's grids from another's."""
        content = hashlib.sha256()
        for name in sorted(self.values):
            content.update(name.encode() + np.ascontiguousarray(self.values[name], "<f8").tobytes())
        return content.hexdigest()

    def grid(self, outcome: Counted) -> "Grid":
        """The grid of one outcome: narrow bins where many draws are, wide ones to twice the range of the pilot."""
        values = np.nan_to_num(self.values[outcome.name], posinf=0.0, neginf=0.0)
        # What the pilot has no range of may vary later as much as the same outcome does elsewhere.
        ranges = values[-1] - values[0]
        otherwise = [float(ranges.max()), float(np.abs(values).max()), 1.0]
        span = np.where(ranges > 0, ranges, next(each for each in otherwise if each > 0))
        largest = np.abs(values).max(axis=0) + span
        exponent = np.maximum(np.frexp(2 * span)[1] - _UNIT_BITS, np.frexp(largest)[1] - _EXACT_BITS)
        unit = np.ldexp(1.0, exponent)
        wanted = np.rint(np.stack([values[0] - span / 2, *values, values[-1] + span / 2]) / unit).astype(np.int64)
        origin, bins = wanted[0], segment_bins(outcome.bins)
        widths, edge = [], origin
        for number, end in zip(bins, wanted[1:], strict=True):
            # Whole units in a bin, so that no value lies on an edge.
            widths.append(np.maximum(-((edge - end) // number), 1))
            edge = edge + number * widths[-1]
        return Grid(unit, origin, np.stack(widths), bins)


def segment_bins(bins: int) -> tuple[int, ...]:
    """Bins in each segment between order statistics of the pilot, of so many in all, a multiple of 32."""
    return tuple(bins // sum(_SEGMENTS) * each for each in _SEGMENTS)


@dataclass(frozen=True)
class Grid:
    """How values become whole numbers, by (kind, policy, cell): units from an origin, and the units in a bin.

    bin_units: by segment, (segment, kind, policy, cell), of which each has so many `bins` of the same width.
    """

    unit: NDArray[np.float64]
    origin: NDArray[np.int64]
    bin_units: NDArray[np.int64]
    bins: tuple[int, ...]

    @property
    def knot_units(self) -> NDArray[np.int64]:
        """Where segments begin, and the last ends, in units from the origin, (knot, kind, policy, cell)."""
        widths = self.bin_units * np.reshape(self.bins, (-1, *([1] * self.origin.ndim)))
        return np.concatenate([np.zeros_like(widths[:1]), np.cumsum(widths, axis=0)])

    @property
    def knots(self) -> NDArray[np.float64]:
        """The same in the outcome's units; values are rounded to whole units, so that edges are halfway."""
        edges: NDArray[np.float64] = (self.origin + self.knot_units - 0.5) * self.unit
        return edges

    @property
    def knot_bins(self) -> tuple[int, ...]:
        """Number of the bin that begins at each knot."""
        return (0, *(int(number) for number in np.cumsum(self.bins)))


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
            "smallest": (each, "<f8"),
            "largest": (each, "<f8"),
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
