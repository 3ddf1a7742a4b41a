"""What all pictures share: palette, type, a grid of panels with title above and sources below, safe text."""

import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.labels import counted_draws
from analysis.units import readable

__all__ = [
    "EDGE",
    "GRID",
    "INK",
    "MUTED",
    "REFERENCE",
    "Box",
    "Canvas",
    "Picture",
    "color_of",
    "heading",
    "label",
    "plain",
]
__all__ += ["grade_color", "regime_titles", "styled", "titles", "wrapped"]

# Okabe and Ito's palette for all kinds of color vision, less yellow, which is too pale for lines.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
# Of grades of evidence, groups of inputs and the rest: what is assumed stands out.
GRADES = {"A": PALETTE[2], "B": PALETTE[0], "C": PALETTE[1], "set by the user": PALETTE[3], "not stated": PALETTE[4]}
GRADES |= {"adoption": PALETTE[1], "labor": PALETTE[0], "regime": "#555555", "interactions": "#d0d0d0", "": "#888888"}
REFERENCE, BASELINE, INK, MUTED, EDGE, GRID = "#000000", "#555555", "#222222", "#5b5b5b", "#999999", "#ececec"


def styled() -> AbstractContextManager[None]:
    """The look of all pictures, for as long as one is drawn."""
    return rc_context(
        {
            "axes.edgecolor": EDGE,
            "axes.labelcolor": INK,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "font.family": ["DejaVu Sans"],
            "font.size": 9,
            "text.color": INK,
            "xtick.color": MUTED,
            "ytick.color": MUTED,
            "xtick.labelsize": 8,
            "ytick.labelsize": 8,
        }
    )


class Picture(Figure):
    """A figure that a notebook shows where it is the last line of a cell, also where pyplot isn't loaded."""

    def _repr_png_(self) -> bytes:
        content = BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


class Box(NamedTuple):
    """A rectangle of a figure, in inches from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float


@dataclass(frozen=True)
class Canvas:
    """A grid of panels with margins in inches, so that titles and footers never meet the panels."""

    rows: int
    columns: int
    row_height: float
    left: float = 1.2
    right: float = 0.25
    top: float = 1.15
    bottom: float = 1.0
    gaps: tuple[float, float] = (0.17, 0.4)

    @property
    def width(self) -> float:
        """Width in inches: that of a report's column, and less where there are few panels."""
        return float(max(7.0, 11.0 if self.columns == 4 else 4.0 + 2.0 * self.columns))

    @property
    def height(self) -> float:
        """Height in inches."""
        return self.top + self.bottom + self.rows * self.row_height + (self.rows - 1) * self.gaps[0]

    @property
    def boxes(self) -> list[list[Box]]:
        """Where the panels are, [row][column]."""
        free = self.width - self.left - self.right - (self.columns - 1) * self.gaps[1]
        width = free / self.columns
        lefts = [self.left + column * (width + self.gaps[1]) for column in range(self.columns)]
        bottoms = [self.bottom + row * (self.row_height + self.gaps[0]) for row in reversed(range(self.rows))]
        return [[Box(left, bottom, width, self.row_height) for left in lefts] for bottom in bottoms]

    def panels(self) -> tuple[Picture, list[list[Axes]]]:
        """A new figure and its axes, [row][column]; panels share nothing, for shared axes draw slowly."""
        figure, size = Picture(figsize=(self.width, self.height)), 2 * (self.width, self.height)
        axes = [
            [figure.add_axes(tuple(np.divide((box.left, box.bottom, box.width, box.height), size))) for box in row]
            for row in self.boxes
        ]
        return figure, axes

    def frame(self, figure: Figure, title: str, explanation: str, footer: str) -> None:
        """Write the title and what is shown above the panels, and the sources below them."""
        inch, letters = 1 / self.height, int(self.width * 14.3)
        left = 0.15 / self.width
        figure.text(left, 1 - 0.12 * inch, _wrap(title, int(letters * 0.7), 1), fontsize=13, weight="bold", va="top")
        figure.text(left, 1 - 0.42 * inch, _wrap(explanation, letters, 3), fontsize=8.5, color=MUTED, va="top")
        figure.text(left, 0.1 * inch, _wrap(footer, int(letters * 1.12), 3), fontsize=7.5, color=MUTED, va="bottom")


def color_of(position: int) -> str:
    """Color of the policy at a position of the store, gray for the first; colors repeat, so add labels."""
    return BASELINE if position == 0 else PALETTE[(position - 1) % len(PALETTE)]


def grade_color(name: str) -> str:
    """Color of a grade of evidence, or of another part of an outcome's variance."""
    return GRADES.get(name, PALETTE[5])


def plain(text: object) -> str:
    """Text from data made safe to draw: no math mode, no control characters, no lone surrogates."""
    words = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return "".join(letter for letter in words if letter.isprintable()).replace("$", r"\$")


def label(name: object, letters: int = 16) -> str:
    """A name from data as a label of at most three lines."""
    return wrapped(readable(str(name)), letters, 3)


def wrapped(text: str, letters: int, lines: int) -> str:
    """Text from data, as it is, in so many lines of so many letters."""
    return _wrap(plain(text), letters, lines)


def heading(name: str) -> str:
    """A name from data as the beginning of a title."""
    words = plain(readable(name))
    return words[:1].upper() + words[1:]


def titles(names: Sequence[str], draws: Sequence[int]) -> list[str]:
    """Titles of the columns: regime and its number of draws."""
    return [f"{label(name, 24)} ({counted_draws(count)})" for name, count in zip(names, draws, strict=True)]


def regime_titles(found: xr.Dataset) -> list[str]:
    """Titles of the columns: regime and how many draws or blocks it has, or the weights that pooled them."""
    names = [str(name) for name in found["regime"].to_numpy()]
    for counted in ("draws", "blocks"):
        if counted in found.coords:
            counts = found[counted].to_numpy()
            return [f"{label(name, 24)} ({count:,} {counted})" for name, count in zip(names, counts, strict=True)]
    return [wrapped(names[0], 60, 2)]


def _wrap(text: str, letters: int, lines: int) -> str:
    """Text broken into lines, cut with an ellipsis where it would be too long."""
    return "\n".join(textwrap.wrap(text, max(letters, 8), max_lines=lines, placeholder=" …"))
