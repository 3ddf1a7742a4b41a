"""Heat map of a regional outcome: a row a region, a column a year, a panel a regime."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter
from numpy.typing import NDArray

from analysis.labels import Legend, legend
from analysis.plots.style import Canvas, heading, label, plain, styled, titles
from analysis.plots.ticks import bottom_ticks, left_ticks, unticked
from analysis.regimes import leading_row
from analysis.statistics import fan
from analysis.units import readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["draw_heat_map", "plot_heat_map"]

MOST_ROWS = 60
LOG_COLORS = 3.0
MOST_STEPS = 15.0


def plot_heat_map(data: xr.Dataset, outcome: str, policy: str = "none") -> Figure:
    """Median over draws of a regional outcome under one policy, by region, year and regime.

    Regions are sorted by the last year's median in the regime of the largest weight; of more than 60 the
    highest and the lowest 30 are shown.

    >>> from analysis import example
    >>> from analysis.plots import plot_heat_map
    >>> plot_heat_map(example(), "unemployment_rate").savefig("regions.png")
    """
    policies = [str(name) for name in data["policy"].to_numpy()]
    if policy not in policies:
        raise ConfigError(f"unknown policy {policy!r}: {nearest(policy, policies)}")
    medians = fan(data.sel(policy=[policy]), outcome, (0.5,)).isel(policy=0, quantile=0)
    if "region" not in medians.dims:
        raise ConfigError(f"{outcome} is not regional: a heat map needs regions")
    return draw_heat_map(legend(data), medians, leading_row(data, medians))


def draw_heat_map(about: Legend, medians: xr.DataArray, leading: int) -> Figure:
    """The same of one policy's medians, (regime, region, year); leading: position of the regime that sorts regions."""
    chosen = _order(medians.isel(regime=leading, year=-1).to_numpy())
    with styled():
        return _draw(about, medians.isel(region=chosen), leading, medians.sizes["region"])


def _order(last: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of the regions to show, highest first, from last values (region,)."""
    order, half = np.argsort(-last, kind="stable"), MOST_ROWS // 2
    return order if len(order) <= MOST_ROWS else np.concatenate([order[:half], order[-half:]])


def _draw(about: Legend, medians: xr.DataArray, leading: int, regions: int) -> Figure:
    """All panels of the medians shown, (regime, region, year), above their one color bar."""
    outcome, rows = str(medians.name), medians.sizes["region"]
    scale = scale_for(outcome, str(medians.attrs.get("units", "")), medians.to_numpy())
    canvas = Canvas(1, medians.sizes["regime"], max(1.6, 0.165 * rows), left=1.75, bottom=1.55, gaps=(0.2, 0.34))
    figure, axes = canvas.panels()
    names, counts = [str(name) for name in medians["regime"].to_numpy()], medians["draws"].to_numpy().tolist()
    shown = medians.transpose("regime", "region", "year").to_numpy() / scale.divisor
    norm = _norm(shown)
    for axis, title, values in zip(axes[0], titles(names, counts), shown, strict=True):
        picture = _panel(axis, values, medians["year"].to_numpy(), norm)
        axis.set_title(title, fontsize=9.5)
        if regions > rows:
            axis.axhline(MOST_ROWS // 2 - 0.5, color="white", linewidth=3)
    left_ticks(axes[0][0], range(rows), [label(name, 28) for name in medians["region"].to_numpy()], length=0, size=7.5)
    _bar(figure, picture, canvas.height, plain(f"median {readable(outcome)}, {scale.unit}"))
    title = f"{heading(outcome)} by region under {plain(about.labels[str(medians['policy'].item())])}"
    logarithmic = isinstance(norm, LogNorm)
    canvas.frame(figure, title, _explain(medians, names[leading], regions, logarithmic), plain(about.sources))
    return figure


def _panel(axis: Axes, values: NDArray[np.float64], years: NDArray[np.int64], norm: Normalize) -> AxesImage:
    """One regime's picture of values, (region, year)."""
    picture = axis.imshow(values, aspect="auto", cmap="cividis", norm=norm, interpolation="nearest")
    unticked(axis)
    bottom_ticks(axis, range(0, len(years), 5), [str(year) for year in years[::5]], length=0)
    return picture


def _bar(figure: Figure, picture: AxesImage, height: float, text: str) -> None:
    """The color bar of all panels, below them, in a figure of `height` inches."""
    place = figure.add_axes((0.3, 1.05 / height, 0.4, 0.1 / height))
    logarithmic = isinstance(picture.norm, LogNorm)
    low, high = picture.get_clim()
    steps = (1, 1.5, 2, 3, 4, 6, 8) if high < MOST_STEPS * low else (1, 3)
    ticks = LogLocator(10, steps, numticks=20) if logarithmic else MaxNLocator(5)
    bar = figure.colorbar(picture, cax=place, orientation="horizontal", ticks=ticks)
    bar.ax.xaxis.set_minor_locator(NullLocator())
    bar.ax.xaxis.set_major_formatter(ScalarFormatter())
    bar.ax.tick_params(labelsize=7.5)
    bar.set_label(text, fontsize=9)


def _norm(shown: NDArray[np.float64]) -> Normalize:
    """One color scale for all panels of (regime, region, year): by ratios where values span more than a few times."""
    low, high = float(np.min(shown)), float(np.max(shown))
    return LogNorm(low, high) if 0 < low * LOG_COLORS < high else Normalize(low, high)


def _explain(medians: xr.DataArray, leading: str, regions: int, logarithmic: bool) -> str:
    """What the colors mean, how regions are sorted, and which are not shown."""
    rows, several = medians.sizes["region"], medians.sizes["regime"] > 1
    scale = " Color steps are equal ratios, not equal differences." if logarithmic else ""
    own = f" All panels share one color scale.{scale}" if several else scale
    rest = f" Shown: the {rows // 2} highest and {rows // 2} lowest of {regions} regions." if regions > rows else ""
    order = f"the last year's median in the regime {leading}" if several else "the last year's median"
    return plain(f"Median over draws. Regions are sorted by {order}.{own}{rest}")
