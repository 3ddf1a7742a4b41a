"""Boxes of scenario discovery: what was traded for what on the way to them, and their limits in the full ranges."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.box_words import parameter_words, share_words, shown_limit
from analysis.labels import Legend, counted_draws, legend
from analysis.plots.style import EDGE, GRID, INK, MUTED, Canvas, color_of, plain, styled, wrapped
from analysis.plots.ticks import bottom_ticks, left_ticks, unticked
from analysis.units import INTERVAL
from sweep.errors import ConfigError

__all__ = ["draw_boxes", "draw_peeling", "plot_boxes", "plot_peeling"]

SHARES, SHARE_TEXTS = [0.0, 0.25, 0.5, 0.75, 1.0], ["0 %", "25 %", "50 %", "75 %", "100 %"]
MOST_BOXES = 4


def plot_peeling(data: xr.Dataset, boxes: xr.Dataset) -> Figure:
    """Coverage against density of all boxes on PRIM's way, a panel a box, with the one that was taken.

    boxes: as `prim` gave them for `data`. Raises ConfigError where there is none, or no way, as of `cart`.

    >>> from analysis import example, exceeds, prim
    >>> from analysis.plots import plot_peeling
    >>> data = example()
    >>> boxes = prim(data, exceeds(data, "national_unemployment_rate", 0.1))
    >>> plot_peeling(data, boxes).savefig("peeling.png")
    """
    return draw_peeling(legend(data), boxes)


def plot_boxes(data: xr.Dataset, boxes: xr.Dataset) -> Figure:
    """Limits of boxes within the full ranges of the parameters that any of them restricts, a panel a box.

    boxes: as `prim` or `cart` gave them for `data`; four at most are shown. Raises ConfigError where there is none.

    >>> from analysis import example, exceeds, prim
    >>> from analysis.plots import plot_boxes
    >>> data = example()
    >>> boxes = prim(data, exceeds(data, "national_unemployment_rate", 0.1))
    >>> plot_boxes(data, boxes).savefig("boxes.png")
    """
    return draw_boxes(legend(data), boxes)


def draw_peeling(about: Legend, boxes: xr.Dataset) -> Figure:
    """The same of the run that a legend is of."""
    if "peel_coverage" not in boxes:
        raise ConfigError("boxes: no way of peeling to show; expected boxes that prim found")
    with styled():
        shown = _shown(boxes)
        canvas = Canvas(1, shown.sizes["box"], row_height=2.4, left=0.75, top=1.3, bottom=1.2, gaps=(0.2, 0.7))
        figure, (axes,) = canvas.panels()
        for axis, place in zip(axes, range(len(axes)), strict=True):
            _way(axis, shown.isel(box=place))
        figure.text(0.5, 0.72 / canvas.height, "coverage: share of all cases that are in the box", ha="center")
        explanation = (
            f"Cases: {boxes.attrs['cases'] or 'as given'}. {_weights(boxes)} Dots: boxes on the way, darker with "
            "more limited parameters. Circle: the one taken; cross: without its idle limits. Dashed: "
            "futures outside earlier boxes."
        )
        canvas.frame(figure, "Coverage against density", plain(explanation), plain(about.sources))
        return figure


def draw_boxes(about: Legend, boxes: xr.Dataset) -> Figure:
    """The same of the run that a legend is of."""
    with styled():
        shown = _shown(boxes)
        shown = shown.isel(parameter=np.flatnonzero(shown["restricted"].any("box")))
        rows, columns = shown.sizes["parameter"], shown.sizes["box"]
        canvas = Canvas(
            1, columns, row_height=0.4 + 0.45 * rows, left=2.4, right=0.4, top=1.55, bottom=0.75, gaps=(0.2, 0.5)
        )
        figure, (axes,) = canvas.panels()
        for place, axis in enumerate(axes):
            _ranges(axis, shown.isel(box=place))
        names = [wrapped(parameter_words(str(name)), 32, 2) for name in shown["parameter"].to_numpy()]
        axes[0].set_yticks(range(rows), names, color=INK, fontsize=8.5)
        explanation = (
            f"Cases: {boxes.attrs['cases'] or 'as given'}. {_weights(boxes)} Gray: range of all draws, with its ends; "
            f"colored: the box. {INTERVAL}."
        )
        canvas.frame(figure, "Where cases are", plain(explanation), plain(about.sources))
        return figure


def _shown(boxes: xr.Dataset) -> xr.Dataset:
    if not boxes.sizes["box"]:
        raise ConfigError("boxes: none was found, so that there is nothing to show")
    return boxes.isel(box=slice(MOST_BOXES))


def _weights(boxes: xr.Dataset) -> str:
    return f"Futures are {boxes.attrs['weights']}." if boxes.attrs["weights"] else ""


def _way(axis: Axes, box: xr.Dataset) -> None:
    """One box's way through coverage and density."""
    coverage, density = box["peel_coverage"].dropna("peel").to_numpy(), box["peel_density"].dropna("peel").to_numpy()
    restricted = box["peel_restricted"].dropna("peel").to_numpy()
    color, taken = color_of(int(box["box"])), int(box["peels_taken"])
    axis.axhline(float(box["rest_rate"]), color=EDGE, linestyle="--", linewidth=0.9)
    axis.plot(coverage, density, color=GRID, linewidth=1.2, zorder=2)
    depth = np.minimum(0.2 + 0.8 * restricted / max(restricted.max(), 1), 1)
    axis.scatter(coverage, density, s=18, color=color, alpha=depth, zorder=3, linewidths=0)
    axis.scatter(coverage[taken], density[taken], s=90, facecolors="none", edgecolors=INK, zorder=4)
    axis.scatter(float(box["coverage"]), float(box["density"]), s=50, color=INK, marker="x", zorder=5)
    unticked(axis)
    axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    bottom_ticks(axis, SHARES, SHARE_TEXTS)
    left_ticks(axis, SHARES, SHARE_TEXTS)
    axis.set_title(f"Box {int(box['box'])}: density", fontsize=9.5)


def _ranges(axis: Axes, box: xr.Dataset) -> None:
    """One box's limits, a row a parameter, each as a part of the range of its draws."""
    color = color_of(int(box["box"]))
    for row, name in enumerate(box["parameter"].to_numpy()):
        own = box.sel(parameter=name)
        if str(name) == "regime":
            _regimes(axis, row, box, color)
            continue
        least, greatest, units = float(own["least"]), float(own["greatest"]), str(own["units"].item())
        low, high = max(float(own["low"]), least), min(float(own["high"]), greatest)
        ends = [(each - least) / (greatest - least) for each in (low, high)]
        axis.plot([0, 1], [row, row], color=GRID, linewidth=9, solid_capstyle="butt", zorder=1)
        for place, value, side in ((0.0, least, "left"), (1.0, greatest, "right")):
            axis.text(place, row - 0.38, shown_limit(value, units), ha=side, va="center", fontsize=6.5, color=MUTED)
        if not bool(own["restricted"]):
            continue
        axis.plot(ends, [row, row], color=color, linewidth=9, solid_capstyle="butt", zorder=2)
        limits = [float(own["low"]), float(own["high"])]
        # Two of a narrow box stand aside of it.
        sides = ("right", "left") if np.isfinite(limits).all() else ("center", "center")
        for place, limit, side in zip(ends, limits, sides, strict=True):
            if np.isfinite(limit):
                axis.text(place, row + 0.38, shown_limit(limit, units), ha=side, va="center", fontsize=7.5, color=INK)
    density, coverage = (f"{name} {share_words(box[name], box[f'{name}_error'])}" for name in ("density", "coverage"))
    title = f"Box {int(box['box'])} ({counted_draws(int(box['draws']))})"
    axis.set_title(f"{title}\n{density}, {coverage}", fontsize=9)
    axis.set(xticks=[], xlim=(-0.02, 1.02), ylim=(box.sizes["parameter"] - 0.4, -0.6), yticks=[])
    for edge in ("left", "bottom"):
        axis.spines[edge].set_visible(False)
    axis.tick_params(axis="y", length=0)


def _regimes(axis: Axes, row: int, box: xr.Dataset, color: str) -> None:
    """The regimes side by side, those in the box colored."""
    names, inside = box["regime"].to_numpy(), box["in_box"].to_numpy()
    for place, (name, own) in enumerate(zip(names, inside, strict=True)):
        left, right = place / len(names) + 0.01, (place + 1) / len(names) - 0.01
        axis.plot([left, right], [row, row], color=color if own else GRID, linewidth=9, solid_capstyle="butt", zorder=2)
        axis.text((left + right) / 2, row + 0.38, wrapped(str(name), 14, 1), ha="center", va="center", fontsize=7)
