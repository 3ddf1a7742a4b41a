"""Heat map of a regional outcome: a row a region, a column a year, a panel a regime."""

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.plots.style import STYLE, Canvas, label, plain, sources, titles
from analysis.statistics import fan
from analysis.units import readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["plot_heat_map"]

MOST_ROWS = 60
OWN_COLORS = 2.5


def plot_heat_map(data: xr.Dataset, outcome: str, policy: str = "none") -> Figure:
    """Median over draws of a regional outcome under one policy, by region, year and regime.

    Regions are sorted by the last year's median, mean over regimes; of more than 60 the highest and the
    lowest 30 are shown.
    """
    policies = [str(name) for name in data["policy"].to_numpy()]
    if policy not in policies:
        raise ConfigError(f"unknown policy {policy!r}: {nearest(policy, policies)}")
    medians = fan(data.sel(policy=[policy]), outcome, (0.5,)).isel(policy=0, quantile=0)
    if "region" not in medians.dims:
        raise ConfigError(f"{outcome} is not regional: a heat map needs regions")
    chosen = _order(medians)
    with rc_context(STYLE | {"axes.grid": False}):
        return _draw(data, medians.isel(region=chosen), medians.sizes["region"])


def _order(medians: xr.DataArray) -> NDArray[np.intp]:
    """Positions of the regions to show, highest last value first, from (regime, region, year)."""
    last = medians.isel(year=-1).mean("regime").to_numpy()
    order = np.argsort(-last, kind="stable")
    half = MOST_ROWS // 2
    return order if len(order) <= MOST_ROWS else np.concatenate([order[:half], order[-half:]])


def _draw(data: xr.Dataset, medians: xr.DataArray, regions: int) -> Figure:
    """All panels of the medians shown, (regime, region, year), each with its color bar."""
    outcome = str(medians.name)
    scale = scale_for(outcome, str(medians.attrs.get("units", "")), medians.to_numpy())
    rows = medians.sizes["region"]
    canvas = Canvas(1, medians.sizes["regime"], row_height=max(1.6, 0.165 * rows), left=1.75, bottom=1.35, gaps=(0.2, 0.15))
    figure, axes = canvas.panels(sharey=True)
    names, counts = [str(name) for name in medians["regime"].to_numpy()], medians["draws"].to_numpy().tolist()
    shown = medians.transpose("regime", "region", "year").to_numpy() / scale.divisor
    limits, shared = _limits(shown)
    for position, (axis, title) in enumerate(zip(axes[0], titles(names, counts), strict=True)):
        _panel(figure, axis, shown[position], medians["year"].to_numpy(), limits[position], canvas)
        axis.set_title(title, fontsize=9.5)
    axes[0][0].set_yticks(range(rows), [label(name, 28) for name in medians["region"].to_numpy()], fontsize=7.5)
    if regions > rows:
        for axis in axes[0]:
            axis.axhline(MOST_ROWS // 2 - 0.5, color="white", linewidth=3)
    figure.text(0.5, 0.5 / canvas.height, plain(f"median, {scale.unit}"), ha="center", fontsize=9)
    policy = readable(str(medians["policy"].item()))
    name = readable(outcome)
    title = f"{name[:1].upper()}{name[1:]} by region under {policy}, {scale.unit}"
    canvas.frame(figure, plain(title), _explain(regions, rows, shared), sources(data))
    return figure


def _panel(
    figure: Figure, axis: Axes, values: NDArray[np.float64], years: NDArray[np.int64], limits: tuple[float, float], canvas: Canvas
) -> None:
    """One regime's picture of values, (region, year), and its color bar below."""
    picture = axis.imshow(values, aspect="auto", cmap="cividis", vmin=limits[0], vmax=limits[1], interpolation="nearest")
    ticks = range(0, len(years), 5)
    axis.set_xticks(ticks, [str(years[tick]) for tick in ticks])
    axis.tick_params(length=0)
    box = axis.get_position()
    bar = figure.add_axes((box.x0 + 0.06 * box.width, 0.85 / canvas.height, 0.88 * box.width, 0.1 / canvas.height))
    figure.colorbar(picture, cax=bar, orientation="horizontal").ax.tick_params(labelsize=7.5)


def _limits(shown: NDArray[np.float64]) -> tuple[list[tuple[float, float]], bool]:
    """Color limits of each regime, (regime, region, year): common ones unless the regimes' ranges differ much."""
    own = [(float(np.nanmin(values)), float(np.nanmax(values))) for values in shown]
    spans = [high - low for low, high in own]
    shared = max(spans) <= OWN_COLORS * min(spans)
    return ([(min(low for low, _ in own), max(high for _, high in own))] * len(own) if shared else own), shared


def _explain(regions: int, rows: int, shared: bool) -> str:
    """What the colors mean, how regions are sorted, and which are not shown."""
    colors = "All panels share one color scale." if shared else "Each panel has its own color scale, below it."
    rest = f" Shown: the {rows // 2} highest and {rows // 2} lowest of {regions} regions." if regions > rows else ""
    return f"Median over draws. Regions sorted by the last year's median, mean over regimes. {colors}{rest}"
