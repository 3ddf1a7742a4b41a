"""Ticks in a few artists: one of matplotlib's own is five, and drawing those took half of a picture's time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform

from analysis.plots.style import GRID, MUTED

__all__ = ["LENGTH", "PAD", "SIZE", "bottom_ticks", "left_ticks", "number_texts", "round_numbers", "shifted"]
__all__ += ["unticked"]

LENGTH, PAD, SIZE = 3.5, 3.5, 8.0
MOST_DECIMALS = 6
# All lines of an edge are one artist, with gaps; below the lines of data and above their areas.
LINES: dict[str, Any] = {"color": GRID, "linewidth": 0.7, "zorder": 1.5}


def round_numbers(limits: tuple[float, float], most: int, whole: bool = False) -> list[float]:
    """At most so many steps of round numbers, whole ones if asked, those of them that lie within limits."""
    low, high = sorted(limits)
    slack = 1e-9 * (high - low)
    values = MaxNLocator(most, integer=whole).tick_values(low, high)
    within = [float(value) for value in values if low - slack <= value <= high + slack]
    return [value for value in within if not whole or value.is_integer()]


def number_texts(values: Sequence[float]) -> list[str]:
    """Numbers with the fewest places after the point that tell them exactly, by powers of ten where six don't."""
    for decimals in range(MOST_DECIMALS + 1):
        if all(abs(round(value, decimals) - value) <= 1e-9 * max(map(abs, values)) for value in values):
            return [f"{value + 0.0:.{decimals}f}".replace("-", "−") for value in values]
    return [f"{value:.3g}".replace("-", "−") for value in values]


def unticked(axis: Axes) -> None:
    """Take the ticks off both edges of a panel."""
    axis.set(xticks=[], yticks=[])


def shifted(axis: Axes, transform: Transform, right: float = 0, up: float = 0) -> Transform:
    """Coordinates moved by so many points."""
    return transform + ScaledTranslation(right / 72, up / 72, axis.figure.dpi_scale_trans)


def bottom_ticks(
    axis: Axes,
    places: Sequence[float],
    texts: Sequence[str] = (),
    length: float = LENGTH,
    size: float = SIZE,
    rotation: float = 0,
) -> None:
    """Texts below the lower edge of a panel whose limits are set, with marks and lines unless their length is 0."""
    edge = axis.get_xaxis_transform()
    if length:
        across = [place for place in places for _ in range(3)]
        axis.plot(across, [0, 1, np.nan] * len(places), transform=edge, **LINES)
        _marks(axis, list(places), [0.0] * len(places), edge, TICKDOWN)
    down = shifted(axis, edge, up=-length - PAD)
    for place, text in zip(places, texts, strict=False):
        axis.text(place, 0, text, transform=down, ha="center", va="top", fontsize=size, color=MUTED, rotation=rotation)


def left_ticks(
    axis: Axes, places: Sequence[float], texts: Sequence[str] = (), length: float = LENGTH, size: float = SIZE
) -> None:
    """Texts at the left edge of a panel whose limits are set, with marks and lines unless their length is 0."""
    edge = axis.get_yaxis_transform()
    if length:
        up = [place for place in places for _ in range(3)]
        axis.plot([0, 1, np.nan] * len(places), up, transform=edge, **LINES)
        _marks(axis, [0.0] * len(places), list(places), edge, TICKLEFT)
    aside = shifted(axis, edge, right=-length - PAD)
    for place, text in zip(places, texts, strict=False):
        axis.text(0, place, text, transform=aside, ha="right", va="center_baseline", fontsize=size, color=MUTED)


def _marks(axis: Axes, x: list[float], y: list[float], edge: Transform, marker: int) -> None:
    """Short lines outwards from an edge."""
    axis.plot(
        x,
        y,
        transform=edge,
        clip_on=False,
        linestyle="none",
        color=MUTED,
        marker=marker,
        markersize=LENGTH,
        markeredgewidth=0.8,
    )
