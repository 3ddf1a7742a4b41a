"""Many small panels in one Axes: each Axes of its own takes a hundredth of a second to make and to draw."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgba
from numpy.typing import ArrayLike, NDArray

from analysis.plots.style import EDGE, GRID, MUTED, Box, Canvas, Picture
from analysis.plots.ticks import LENGTH, PAD, SIZE

__all__ = ["Panel", "Sheet"]

POINT = 1 / 72
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """A box of the sheet that shows values between limits."""

    box: Box
    across: tuple[float, float]
    up: tuple[float, float]

    def at(self, x: ArrayLike, y: ArrayLike) -> Points:
        """Places on the sheet, (point, 2), in inches."""
        right = (np.asarray(x) - self.across[0]) / (self.across[1] - self.across[0])
        above = (np.asarray(y) - self.up[0]) / (self.up[1] - self.up[0])
        return np.column_stack([self.box.left + right * self.box.width, self.box.bottom + above * self.box.height])


@dataclass
class _Lines:
    """Lines of one kind, which are drawn as one artist."""

    width: float
    order: float
    style: object = "solid"
    ends: str = "projecting"
    places: list[Points] = field(default_factory=list)
    colors: list[str] = field(default_factory=list)

    def add(self, places: ArrayLike, color: str) -> None:
        self.places.append(np.asarray(places, dtype=float))
        self.colors.append(color)

    def draw(self, axis: Axes) -> None:
        look = {"capstyle": self.ends, "joinstyle": "round", "linestyle": self.style, "clip_on": False}
        lines = LineCollection(self.places, colors=self.colors, linewidths=self.width, zorder=self.order, **look)
        axis.add_collection(lines, autolim=False)


class Sheet:
    """A figure of panels whose areas and lines are collected by kind and drawn at the end, and whose texts are its own.

    From below: areas, grid, dashed lines, lines, edges.
    """

    def __init__(self, canvas: Canvas) -> None:
        self.figure = Picture(figsize=(canvas.width, canvas.height))
        self.axis = self.figure.add_axes((0, 0, 1, 1), xlim=(0, canvas.width), ylim=(0, canvas.height))
        self.axis.axis("off")
        self._areas: list[tuple[Points, tuple[float, ...]]] = []
        self._grid, self._marks = _Lines(0.7, 1.5, ends="butt"), _Lines(0.8, 2.0, ends="butt")
        self._dashed, self._lines = _Lines(0.9, 2.0, (0, (3, 2)), "butt"), _Lines(1.7, 2.1)
        self._edges = _Lines(0.8, 2.5)

    def area(self, panel: Panel, x: NDArray[Any], lower: Points, upper: Points, color: str, alpha: float) -> None:
        """Fill what lies between two lines."""
        outline = panel.at(np.concatenate([x, x[::-1]]), np.concatenate([lower, upper[::-1]]))
        self._areas.append((outline, to_rgba(color, alpha)))

    def line(self, panel: Panel, x: NDArray[Any], y: Points, color: str, dashed: bool = False) -> None:
        """Draw a line, or a dot where it has one point."""
        if len(x) == 1 and not dashed:
            ((right, above),) = panel.at(x, y)
            self.axis.scatter([right], [above], s=36, color=color, zorder=2.1, clip_on=False)
        (self._dashed if dashed else self._lines).add(panel.at(x, y), color)

    def frame(self, panel: Panel, right: Sequence[float], heights: Sequence[float]) -> None:
        """The left and the lower edge of a panel, with marks at some places of each, and a grid from them."""
        box, out = panel.box, LENGTH * POINT
        self._edges.add([(box.left, box.bottom + box.height), (box.left, box.bottom)], EDGE)
        self._edges.add([(box.left, box.bottom), (box.left + box.width, box.bottom)], EDGE)
        for x, _ in panel.at(right, np.full(len(right), panel.up[0])):
            self._grid.add([(x, box.bottom), (x, box.bottom + box.height)], GRID)
            self._marks.add([(x, box.bottom), (x, box.bottom - out)], MUTED)
        for _, y in panel.at(np.full(len(heights), panel.across[0]), heights):
            self._grid.add([(box.left, y), (box.left + box.width, y)], GRID)
            self._marks.add([(box.left, y), (box.left - out, y)], MUTED)

    def below(self, panel: Panel, places: Sequence[float], texts: Sequence[str]) -> None:
        """Texts under the marks of a lower edge."""
        for (x, y), text in zip(panel.at(places, np.full(len(places), panel.up[0])), texts, strict=True):
            self.axis.text(x, y - (LENGTH + PAD) * POINT, text, ha="center", va="top", fontsize=SIZE, color=MUTED)

    def beside(self, panel: Panel, places: Sequence[float], texts: Sequence[str]) -> None:
        """Texts left of the marks of a left edge."""
        look: dict[str, Any] = {"ha": "right", "va": "center_baseline", "fontsize": SIZE, "color": MUTED}
        for (x, y), text in zip(panel.at(np.full(len(places), panel.across[0]), places), texts, strict=True):
            self.axis.text(x - (LENGTH + PAD) * POINT, y, text, **look)

    def name(self, panel: Panel, text: str, aside: float) -> None:
        """A row's name, so many points left of its first panel."""
        box = panel.box
        look: dict[str, Any] = {"ha": "right", "va": "center", "fontsize": 8, "weight": "bold"}
        self.axis.text(box.left - aside * POINT, box.bottom + box.height / 2, text, **look)

    def title(self, panel: Panel, text: str) -> None:
        """A column's title above its first panel."""
        box = panel.box
        top = box.bottom + box.height + 6 * POINT
        self.axis.text(box.left + box.width / 2, top, text, ha="center", va="baseline", fontsize=9.5)

    def finish(self) -> Picture:
        """Draw what was collected."""
        outlines, colors = [outline for outline, _ in self._areas], [color for _, color in self._areas]
        areas = PolyCollection(outlines, facecolors=colors, linewidths=0, zorder=1, clip_on=False)
        self.axis.add_collection(areas, autolim=False)
        for lines in (self._grid, self._marks, self._dashed, self._lines, self._edges):
            lines.draw(self.axis)
        return self.figure
