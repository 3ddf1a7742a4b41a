"""How numbers are shown: rates as percent, big amounts in millions to trillions, sensible digits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["ENGLISH", "INTERVAL", "NORMAL_95", "UNKNOWN", "Scale", "UnitWords", "readable", "scale_for"]

ACRONYMS = {"ai": "AI", "gdp": "GDP", "theil": "Theil", "ubi": "UBI"}
# Standard errors to both sides that hold 95 % of normal errors.
NORMAL_95 = 1.96
# What ± says wherever it stands, and what stands where it isn't known.
INTERVAL = f"±: 95 % intervals, {NORMAL_95} Monte Carlo standard errors"
UNKNOWN = " (error not known)"
PERCENT_NAMES = ("_rate", "_share", "_adoption", "_tax_change")


@dataclass(frozen=True)
class UnitWords:
    """What units are called in a language.

    steps: (least value, divisor, word for it) from the largest down; units: other names by that in a store.
    """

    percent: str
    points: str
    plain: str
    steps: tuple[tuple[float, float, str], ...]
    units: Mapping[str, str] = field(default_factory=dict)


ENGLISH = UnitWords(
    "%",
    "percentage points",
    "dimensionless",
    ((1e12, 1e12, "trillion "), (1e9, 1e9, "billion "), (1e6, 1e6, "million "), (1e5, 1e3, "thousand ")),
)


@dataclass(frozen=True)
class Scale:
    """Shown value = stored value / `divisor`, in `unit`, with `decimals` digits after the point."""

    divisor: float
    unit: str
    decimals: int

    def show(self, value: float, signed: bool = False) -> str:
        """One value as text, such as 1,234.5 or −0.25; an en dash where there is none."""
        if not math.isfinite(value):
            return "–"
        text = f"{value / self.divisor:{'+' if signed else ''},.{self.decimals}f}"
        return text.replace("-", "−")

    def show_with_error(self, mean: float, standard_error: float, signed: bool = True, unknown: str = UNKNOWN) -> str:
        """A mean ± 1.96 standard errors, such as −1.25 ± 0.03, both with the places that give the latter two digits.

        unknown: what stands in place of an error that isn't known. Nothing that surely is nothing is 0.
        """
        error = NORMAL_95 * standard_error
        if not mean and not error:
            return "0"
        if not math.isfinite(mean):
            return self.show(mean)
        if not math.isfinite(error):
            return self.digits_for(mean, 3).show(mean, signed) + unknown
        # What six places don't show is rounding.
        least = 5e-7 * self.divisor
        told = standard_error >= least
        mean = mean if told or not abs(mean) < least else 0.0
        own = self.digits_for(error, 2) if told else self.digits_for(mean, 3)
        return f"{own.show(mean, signed)} ± {own.show(error)}"

    def show_at_places(self, mean: float, standard_error: float, signed: bool = False, unknown: str = UNKNOWN) -> str:
        """As `show_with_error`, with this scale's places, whose last one is the least that an error is told as."""
        if not math.isfinite(mean):
            return self.show(mean)
        wide, least = NORMAL_95 * standard_error, self.divisor * 10.0**-self.decimals
        told = f" ± {self.show(max(wide, least) if wide else 0.0)}" if math.isfinite(wide) else unknown
        return f"{self.show(mean, signed)}{told}"

    def digits_for(self, values: ArrayLike, digits: int = 4) -> "Scale":
        """The same unit with so many significant digits in the largest of these stored values."""
        return replace(self, decimals=_decimals(_largest(values) / self.divisor, digits))


def scale_for(name: str, units: str, values: ArrayLike, difference: bool = False, words: UnitWords = ENGLISH) -> Scale:
    """The scale that shows these values of outcome `name` with four digits in the largest."""
    largest = _largest(values)
    if units in ("1", "") and name.endswith(PERCENT_NAMES):
        return Scale(0.01, words.points if difference else words.percent, _decimals(largest * 100))
    if units in ("1", ""):
        return Scale(1.0, words.plain, _decimals(largest))
    divisor, word = next(((size, word) for least, size, word in words.steps if largest >= least), (1.0, ""))
    return Scale(divisor, f"{word}{words.units.get(units, units)}", _decimals(largest / divisor))


def readable(name: str) -> str:
    """A name as words: underscores become spaces, acronyms capitals; long names are cut."""
    words = " ".join(ACRONYMS.get(word, word) for word in str(name).replace("_", " ").split())
    return words if len(words) <= 48 else words[:47] + "…"


def _largest(values: ArrayLike) -> float:
    """The largest finite size of the values, 0 if there is none."""
    sizes = np.abs(np.asarray(values, dtype=float))
    return float(np.max(sizes, initial=0.0, where=np.isfinite(sizes)))


def _decimals(largest: float, digits: int = 4) -> int:
    """Places after the point that leave so many significant digits in the largest value, at most 6."""
    if largest <= 0:
        return 0
    # As it is shown: 99.99 with two digits is 100.
    shown = float(f"{largest:.{digits - 1}e}")
    return int(np.clip(digits - 1 - np.floor(np.log10(shown)), 0, 6))
