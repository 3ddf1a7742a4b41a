"""Draws lines, bands, dots and axes as text of an SVG picture; colors and type are in page.css, by class.

Places are in units of the picture's view box, of which one is about a pixel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.report.markup import Markup, joined, tag

__all__ = [
    "Panel",
    "area",
    "axes",
    "dot",
    "limits_of",
    "line",
    "mark",
    "named_years",
    "number_texts",
    "picture",
    "round_numbers",
    "shortened",
    "stretch",
    "strips",
    "text",
]

Floats = NDArray[np.float64]
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_DECIMALS = 6


@dataclass(frozen=True)
class Panel:
    """A picture's size, the margins around its axes, and the values at the ends of them."""

    width: float
    height: float
    across: tuple[float, float]
    up: tuple[float, float]
    left: float = 36
    right: float = 10
    top: float = 8
    bottom: float = 22

    def x(self, values: ArrayLike) -> Floats:
        """Places from the left."""
        span = self.width - self.left - self.right
        result: Floats = self.left + span * _share(values, self.across)
        return result

    def y(self, values: ArrayLike) -> Floats:
        """Places from the top."""
        span = self.height - self.top - self.bottom
        result: Floats = self.height - self.bottom - span * _share(values, self.up)
        return result


def limits_of(values: ArrayLike, pad: float = 0.05, zero: bool = False) -> tuple[float, float]:
    """Ends of an axis that holds all values that are known, with a pad on both sides; and zero, if asked."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    low, high = (min(low, 0.0), max(high, 0.0)) if zero else (low, high)
    beside = pad * (high - low) or pad * abs(high) or 1.0
    return low - beside, high + beside


def _share(values: ArrayLike, ends: tuple[float, float]) -> Floats:
    result: Floats = (np.asarray(values, dtype=float) - ends[0]) / ((ends[1] - ends[0]) or 1.0)
    return result


def _number(value: float) -> str:
    return f"{round(float(value), 1):g}"


def _points(x: Floats, y: Floats) -> str:
    """Places as an attribute, without those that aren't known."""
    known = np.isfinite(x) & np.isfinite(y)
    return " ".join(f"{right:g},{down:g}" for right, down in zip(x[known].round(1), y[known].round(1), strict=True))


def line(panel: Panel, x: ArrayLike, y: ArrayLike, kind: str) -> Markup:
    """A line through values; one value is a dot."""
    right, down = panel.x(x), panel.y(y)
    if right.size == 1:
        return dot(right.item(), down.item(), kind)
    return Markup(f'<polyline class="{kind}" points="{_points(right, down)}"/>')


def area(panel: Panel, x: ArrayLike, lower: ArrayLike, upper: ArrayLike, kind: str) -> Markup:
    """What lies between two lines."""
    right = panel.x(x)
    around = np.concatenate([right, right[::-1]]), np.concatenate([panel.y(lower), panel.y(upper)[::-1]])
    return Markup(f'<polygon class="{kind}" points="{_points(*around)}"/>')


def dot(x: float, y: float, kind: str, radius: float = 3.5) -> Markup:
    """A dot at a place of the picture, nothing where it isn't known."""
    if not (np.isfinite(x) and np.isfinite(y)):
        return Markup("")
    return Markup(f'<circle class="{kind}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}"/>')


def stretch(left: float, right: float, y: float, kind: str) -> Markup:
    """A level line between places of the picture, nothing where they aren't known."""
    if not np.isfinite([left, right, y]).all():
        return Markup("")
    return Markup(f'<path class="{kind}" d="M{_number(left)},{_number(y)}H{_number(right)}"/>')


def text(x: float, y: float, words: str, kind: str) -> Markup:
    """Words at a place of the picture, nothing where it isn't known; `kind` says how they are aligned."""
    if not (np.isfinite(x) and np.isfinite(y)):
        return Markup("")
    return tag("text", words, class_=kind, x=_number(x), y=_number(y))


def shortened(words: str, most: int) -> str:
    """Words of no more than so many letters' width, of which a Chinese one has two."""
    widths = np.cumsum([2 if east_asian_width(letter) in "WF" else 1 for letter in words])
    if not words or widths[-1] <= most:
        return words
    return words[: int(np.searchsorted(widths, most - 1, side="right"))] + "…"


def mark(x: float, y: float, width: float, height: float, told: str) -> Markup:
    """A part of the picture that says something when it is pointed at, nothing where it isn't known."""
    if not (np.isfinite(x) and np.isfinite(y)):
        return Markup("")
    box = f"M{x:.0f},{y:.0f}h{width:.0f}v{height:.0f}h{-width:.0f}z"
    return tag("path", tag("title", told), class_="mark", d=box)


def strips(panel: Panel, x: ArrayLike, told: Sequence[Sequence[object]]) -> Markup:
    """Marks from top to bottom, one for each of evenly spaced values across, which page.js makes.

    told: what fills the gaps {0}, {1}, … of the sentence that an element around the picture has as `data-sentence`.
    """
    places = panel.x(x)
    step = (places[1] - places[0]).item() if len(places) > 1 else panel.width - panel.left - panel.right
    box = (places[0].item() - step / 2, step, panel.top, panel.height - panel.top - panel.bottom)
    lines = "\n".join("|".join(map(str, each)) for each in told)
    return tag("g", data_strips=" ".join(map(_number, box)), data_told=lines)


def axes(panel: Panel, across: Sequence[float], up: Sequence[float], names: Sequence[str] | None = None) -> Markup:
    """Grid and numbers at some values of both axes; names: of those across, where they aren't numbers."""
    foot, right = panel.height - panel.bottom, panel.width - panel.right
    rows = "".join(f"M{_number(panel.left)},{_number(y)}H{_number(right)}" for y in panel.y(up))
    columns = "".join(f"M{_number(x)},{_number(panel.top)}V{_number(foot)}" for x in panel.x(across))
    beside = [
        text(panel.left - 5, y + 4, words, "beside") for y, words in zip(panel.y(up), number_texts(up), strict=True)
    ]
    below = zip(panel.x(across), number_texts(across) if names is None else names, strict=True)
    return joined(
        Markup(f'<path class="grid" d="{rows}{columns}"/>'),
        *beside,
        *(text(x, foot + 14, words, "below") for x, words in below),
    )


def picture(
    width: float, height: float, told: str, *parts: str, kind: str = "plot", enlarged: float | None = None
) -> Markup:
    """A picture with what it shows in words. enlarged: how much it may be, where it doesn't fill what it is in."""
    box = f"0 0 {_number(width)} {_number(height)}"
    size = {} if enlarged is None else {"width": _number(width * enlarged)}
    return tag("svg", *parts, class_=kind, viewBox=box, role="img", aria_label=told, **size)


def round_numbers(limits: tuple[float, float], most: int, whole: bool = False) -> list[float]:
    """Round numbers within limits, with at most so many steps between them; whole ones if asked."""
    low, high = min(limits), max(limits)
    if not (np.isfinite(low) and np.isfinite(high) and high > low):
        return [low] if np.isfinite(low) else []
    power = 10.0 ** np.floor(np.log10((high - low) / most))
    step = next(size * power for size in (*_STEPS, 20.0) if size * power * most >= (high - low) * (1 - 1e-9))
    step = max(1.0, np.ceil(step)) if whole else step
    first, last = np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9)
    return [float(step * place) for place in np.arange(first, last + 1)]


def named_years(years: Sequence[int]) -> list[int]:
    """The years at the ticks: multiples of five in a span of decades, else some five of them."""
    if 10 <= years[-1] - years[0] <= 30:
        return [year for year in years if year % 5 == 0]
    return [int(year) for year in round_numbers((years[0] - 0.1, years[-1] + 0.1), 4, whole=True)]


def number_texts(values: Sequence[float]) -> list[str]:
    """Numbers with the fewest places after the point that tell them exactly, by powers of ten where six don't."""
    for decimals in range(_MOST_DECIMALS + 1):
        if all(abs(round(value, decimals) - value) <= 1e-9 * max(map(abs, values)) for value in values):
            return [f"{value + 0.0:.{decimals}f}".replace("-", "−") for value in values]
    return [f"{value:.3g}".replace("-", "−") for value in values]
