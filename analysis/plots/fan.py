"""Fans of one outcome: a row for each policy, a column for each regime."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.plots.style import REFERENCE, STYLE, Canvas, color_of, label, plain, sources, titles
from analysis.statistics import fan
from analysis.units import Scale, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["plot_fan"]

MOST_ROWS = 12
OWN_AXES = 2.5


def plot_fan(
    data: xr.Dataset, outcome: str, policies: Sequence[str] | None = None, pooled: bool = False
) -> Figure:
    """Median, 50 % and 90 % bands of a national outcome by policy (rows, 12 at most) and regime (columns).

    The first policy's median is the thin reference line in every row. Pooled, there is one column, and the
    weights stand under the title.
    """
    quantiles = fan(data, outcome, pooled=pooled)
    if "region" in quantiles.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    columns = quantiles if not pooled else quantiles.expand_dims(regime=["pooled"]).assign_coords(
        draws=("regime", [int(quantiles["draws"])])
    )
    shown, left_out = _rows(data, policies)
    with rc_context(STYLE):
        return _draw(data, columns, shown, left_out)


def _rows(data: xr.Dataset, policies: Sequence[str] | None) -> tuple[list[str], int]:
    """The policies to draw and how many were left out for want of room."""
    known = [str(name) for name in data["policy"].to_numpy()]
    wanted = known if policies is None else list(policies)
    for name in wanted:
        if name not in known:
            raise ConfigError(f"unknown policy {name!r}: {nearest(name, known)}")
    return wanted[:MOST_ROWS], max(0, len(wanted) - MOST_ROWS)


def _draw(data: xr.Dataset, columns: xr.DataArray, shown: list[str], left_out: int) -> Figure:
    """All panels of `columns`, (regime, policy, year, quantile), with their labels."""
    outcome = str(columns.name)
    scale = scale_for(outcome, str(columns.attrs.get("units", "")), columns.to_numpy())
    scaled = columns / scale.divisor
    shared = _spans_alike(scaled.sel(policy=shown))
    canvas = Canvas(len(shown), columns.sizes["regime"], row_height=1.25, left=1.55)
    figure, axes = canvas.panels(sharex=True, sharey=True if shared else "col")
    reference = str(data["policy"].to_numpy()[0])
    for row, policy in zip(axes, shown, strict=True):
        for axis, regime in zip(row, scaled["regime"].to_numpy(), strict=True):
            panels = scaled.sel(regime=regime)
            _panel(axis, panels.sel(policy=policy), panels.sel(policy=reference), _color(data, policy))
        row[0].set_ylabel(label(policy), rotation=0, ha="right", va="center", labelpad=12, weight="bold")
    counts = [int(count) for count in np.atleast_1d(columns["draws"].to_numpy())]
    for axis, title in zip(axes[0], titles([str(r) for r in scaled["regime"].to_numpy()], counts), strict=True):
        axis.set_title(title, fontsize=9.5)
    figure.text(0.15 / canvas.width, 0.5, plain(scale.unit), rotation=90, va="center", fontsize=9)
    title = f"{columns.attrs.get('long_name', outcome)}, {scale.unit}"
    canvas.frame(figure, plain(title[:1].upper() + title[1:]), _explain(columns, reference, shared, left_out), sources(data))
    return figure


def _panel(axis: Axes, values: xr.DataArray, reference: xr.DataArray, color: str) -> None:
    """One panel: two bands and the median of a policy over the reference's median, both (year, quantile)."""
    years = values["year"].to_numpy()
    low, lower, median, upper, high = values.transpose("quantile", "year").to_numpy()
    axis.fill_between(years, low, high, color=color, alpha=0.18, linewidth=0)
    axis.fill_between(years, lower, upper, color=color, alpha=0.38, linewidth=0)
    axis.plot(years, reference.sel(quantile=0.5).to_numpy(), color=REFERENCE, linewidth=0.9, linestyle=(0, (3, 2)))
    axis.plot(years, median, color=color, linewidth=1.7, marker="o" if len(years) == 1 else None)
    axis.margins(x=0.02)
    axis.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(4))


def _color(data: xr.Dataset, policy: str) -> str:
    """Color of a policy: gray for the first, then the palette in the store's order."""
    position = [str(name) for name in data["policy"].to_numpy()].index(policy)
    return "#555555" if position == 0 else color_of(position - 1)


def _spans_alike(scaled: xr.DataArray) -> bool:
    """Whether the regimes' ranges are so near that one y-axis serves all."""
    spans = (scaled.max(("policy", "year", "quantile")) - scaled.min(("policy", "year", "quantile"))).to_numpy()
    return bool(spans.max() <= OWN_AXES * spans.min())


def _explain(columns: xr.DataArray, reference: str, shared: bool, left_out: int) -> str:
    """What the marks mean, which weights pooled them, and what is not shown."""
    axes = "" if shared or columns.sizes["regime"] == 1 else " Regimes differ so much that each column has its own y-axis."
    rest = f" {left_out} more policies are in the table only." if left_out else ""
    pooled = f" Regimes {columns.attrs['weights']}." if "weights" in columns.attrs else ""
    return plain(
        f"Line: median over draws; dark band: middle 50 %; light band: middle 90 %. "
        f"Dashed: median of {reference} in the same regime.{axes}{rest}{pooled}"
    )
