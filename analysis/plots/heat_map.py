"""Heat map of a regional outcome: a row a region, a column a year, a panel a regime."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.plots.style import Canvas, heading, label, plain, sources, styled, titles
from analysis.regimes import regimes_of
from analysis.statistics import fan
from analysis.units import scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["plot_heat_map"]

MOST_ROWS = 60
OWN_COLORS = 2.5


def plot_heat_map(data: xr.Dataset, outcome: str, policy: str = "none") -> Figure:
    """Median over draws of a regional outcome under one policy, by region, year and regime.

    Regions are sorted by the last year's median in the regime of the largest weight; of more than 60 the
    highest and the lowest 30 are shown.
    """
    policies = [str(name) for name in data["policy"].to_numpy()]
    if policy not in policies:
        raise ConfigError(f"unknown policy {policy!r}: {nearest(policy, policies)}")
    medians = fan(data.sel(policy=[policy]), outcome, (0.5,)).isel(policy=0, quantile=0)
    if "region" not in medians.dims:
        raise ConfigError(f"{outcome} is not regional: a heat map needs regions")
    leading = int(np.argmax(regimes_of(data).weights))
    chosen = _order(medians.isel(regime=leading, year=-1).to_numpy())
    with styled(grid=False):
        return _draw(data, medians.isel(region=chosen), leading, medians.sizes["region"])


def _order(last: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of the regions to show, highest first, from last values (region,)."""
    order, half = np.argsort(-last, kind="stable"), MOST_ROWS // 2
    return order if len(order) <= MOST_ROWS else np.concatenate([order[:half], order[-half:]])


def _draw(data: xr.Dataset, medians: xr.DataArray, leading: int, regions: int) -> Figure:
    """All panels of the medians shown, (regime, region, year), each with its color bar."""
    outcome, rows = str(medians.name), medians.sizes["region"]
    scale = scale_for(outcome, str(medians.attrs.get("units", "")), medians.to_numpy())
    canvas = Canvas(1, medians.sizes["regime"], max(1.6, 0.165 * rows), left=1.75, bottom=1.55, gaps=(0.2, 0.34))
    figure, axes = canvas.panels()
    names, counts = [str(name) for name in medians["regime"].to_numpy()], medians["draws"].to_numpy().tolist()
    shown = medians.transpose("regime", "region", "year").to_numpy() / scale.divisor
    limits, shared = _limits(shown)
    for axis, title, values, ends in zip(axes[0], titles(names, counts), shown, limits, strict=True):
        picture = _panel(axis, values, medians["year"].to_numpy(), ends)
        axis.set_title(title, fontsize=9.5)
        _bar(figure, axis, picture, canvas.height)
        if regions > rows:
            axis.axhline(MOST_ROWS // 2 - 0.5, color="white", linewidth=3)
    axes[0][0].set_yticks(range(rows), [label(name, 28) for name in medians["region"].to_numpy()], fontsize=7.5)
    figure.text(0.5, 0.68 / canvas.height, plain(f"median, {scale.unit}"), ha="center", fontsize=9)
    title = f"{heading(outcome)} by region under {label(medians['policy'].item(), 48)}, {plain(scale.unit)}"
    canvas.frame(figure, title, _explain(medians, names[leading], regions, shared), sources(data))
    return figure


def _panel(axis: Axes, values: NDArray[np.float64], years: NDArray[np.int64], limits: tuple[float, float]) -> AxesImage:
    """One regime's picture of values, (region, year)."""
    low, high = limits
    picture = axis.imshow(values, aspect="auto", cmap="cividis", vmin=low, vmax=high, interpolation="nearest")
    ticks = range(0, len(years), 5)
    axis.set_xticks(ticks, [str(years[tick]) for tick in ticks])
    axis.set_yticks([])
    axis.tick_params(length=0)
    return picture


def _bar(figure: Figure, axis: Axes, picture: AxesImage, height: float) -> None:
    """The color bar of one panel, below it, in a figure of `height` inches."""
    box = axis.get_position()
    place = figure.add_axes((box.x0 + 0.06 * box.width, 1.05 / height, 0.88 * box.width, 0.1 / height))
    bar = figure.colorbar(picture, cax=place, orientation="horizontal", ticks=MaxNLocator(4))
    bar.ax.tick_params(labelsize=7.5)


def _limits(shown: NDArray[np.float64]) -> tuple[list[tuple[float, float]], bool]:
    """Color limits by regime of (regime, region, year), and whether near ranges made them common."""
    own = [(float(np.min(values)), float(np.max(values))) for values in shown]
    spans = [high - low for low, high in own]
    shared = max(spans) <= OWN_COLORS * min(spans)
    return ([(min(low for low, _ in own), max(high for _, high in own))] * len(own) if shared else own), shared


def _explain(medians: xr.DataArray, leading: str, regions: int, shared: bool) -> str:
    """What the colors mean, how regions are sorted, and which are not shown."""
    rows, several = medians.sizes["region"], medians.sizes["regime"] > 1
    own = "All panels share one color scale." if shared else "Each panel has its own color scale, below it."
    rest = f" Shown: the {rows // 2} highest and {rows // 2} lowest of {regions} regions." if regions > rows else ""
    order = f"the last year's median in the regime {leading}" if several else "the last year's median"
    return plain(f"Median over draws. Regions are sorted by {order}.{' ' + own if several else ''}{rest}")
