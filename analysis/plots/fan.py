"""Fans of one outcome: a row for each policy, a column for each regime."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.labels import Legend, legend
from analysis.plots.sheet import Panel, Sheet
from analysis.plots.style import REFERENCE, Canvas, color_of, heading, plain, styled, titles, wrapped
from analysis.plots.ticks import number_texts, round_numbers
from analysis.statistics import fan
from analysis.units import readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["draw_fan", "named_years", "plot_fan"]

MOST_ROWS = 12
OWN_AXES = 2.5


def plot_fan(data: xr.Dataset, outcome: str, policies: Sequence[str] | None = None, pooled: bool = False) -> Figure:
    """Median, 50 % and 90 % bands of a national outcome by policy (rows, 12 at most) and regime (columns).

    The first policy's median is the thin reference line in every row. Pooled, there is one column, titled
    with the weights.

    >>> from analysis import example
    >>> from analysis.plots import plot_fan
    >>> figure = plot_fan(example(), "national_unemployment_rate", policies=["none", "ubi"])
    >>> figure.savefig("fan.png")
    """
    quantiles = fan(data, outcome, pooled=pooled)
    if "region" in quantiles.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    if pooled:
        quantiles = quantiles.drop_vars("draws").expand_dims(regime=[quantiles.attrs["weights"]])
    return draw_fan(legend(data), quantiles, policies)


def draw_fan(about: Legend, quantiles: xr.DataArray, policies: Sequence[str] | None = None) -> Figure:
    """The same of quantiles that `fan` gave, (regime, policy, year, quantile)."""
    with styled():
        return _draw(about, quantiles, *_rows(quantiles, policies))


def _rows(columns: xr.DataArray, policies: Sequence[str] | None) -> tuple[list[str], int]:
    """The policies to draw and how many were left out for want of room."""
    known = [str(name) for name in columns["policy"].to_numpy()]
    wanted = known if policies is None else list(policies)
    for name in wanted:
        if name not in known:
            raise ConfigError(f"unknown policy {name!r}: {nearest(name, known)}")
    return wanted[:MOST_ROWS], max(0, len(wanted) - MOST_ROWS)


def _draw(about: Legend, columns: xr.DataArray, shown: list[str], left_out: int) -> Figure:
    """All panels of `columns`, (regime, policy, year, quantile), with their labels."""
    outcome = str(columns.name)
    scale = scale_for(outcome, str(columns.attrs.get("units", "")), columns.to_numpy())
    policies = [str(name) for name in columns["policy"].to_numpy()]
    values = columns.transpose("regime", "policy", "year", "quantile").to_numpy() / scale.divisor
    rows = [policies.index(name) for name in shown]
    limits, shared = _limits(values[:, sorted({0, *rows})])
    canvas = Canvas(len(shown), columns.sizes["regime"], row_height=1.1, left=2.1, bottom=0.9)
    sheet, years = Sheet(canvas), columns["year"].to_numpy()
    span, named, heights = float(np.ptp(years)), named_years(years), [round_numbers(ends, 4) for ends in limits]
    across = (years[0] - 0.02 * span - 0.1, years[-1] + 0.02 * span + 0.1)
    panels = [[Panel(box, across, ends) for box, ends in zip(row, limits, strict=True)] for row in canvas.boxes]
    # Points from the panel to the policy's name, with room for the numbers between them.
    aside = 13.5 + 4.7 * max(map(len, number_texts(heights[0])), default=0)
    for row, own in zip(rows, panels, strict=True):
        for panel, column, levels in zip(own, values, heights, strict=True):
            sheet.frame(panel, named, levels)
            sheet.beside(panel, levels, number_texts(levels))
            _fan(sheet, panel, years, column[row], column[0], color_of(row))
        sheet.name(own[0], wrapped(about.labels[policies[row]], 18, 5), aside)
    for panel, title in zip(panels[0], _titles(columns), strict=True):
        sheet.title(panel, title)
    for panel in panels[-1]:
        sheet.below(panel, named, [str(year) for year in named])
    figure = sheet.finish()
    figure.text(
        0.15 / canvas.width, 0.5, plain(f"{readable(outcome)}, {scale.unit}"), rotation=90, va="center", fontsize=9
    )
    explanation = _explain(columns, about.labels[policies[0]], shared, left_out)
    canvas.frame(figure, f"{heading(outcome)}, {plain(scale.unit)}", explanation, plain(about.sources))
    return figure


def named_years(years: NDArray[np.int64]) -> list[int]:
    """The years at the ticks: multiples of five in a span of decades, else some five of them."""
    first, last = int(years[0]), int(years[-1])
    if 10 <= last - first <= 30:
        return [year for year in range(first, last + 1) if year % 5 == 0]
    return [int(year) for year in round_numbers((first - 0.1, last + 0.1), 4, whole=True)]


def _fan(
    sheet: Sheet,
    panel: Panel,
    years: NDArray[np.int64],
    values: NDArray[np.float64],
    reference: NDArray[np.float64],
    color: str,
) -> None:
    """Two bands and the median of a policy over the reference's median, both (year, quantile)."""
    low, lower, median, upper, high = values.T
    sheet.area(panel, years, low, high, color, 0.18)
    sheet.area(panel, years, lower, upper, color, 0.38)
    sheet.line(panel, years, reference[:, 2], REFERENCE, dashed=True)
    sheet.line(panel, years, median, color)


def _limits(values: NDArray[np.float64]) -> tuple[list[tuple[float, float]], bool]:
    """Limits of the y-axis by regime of (regime, ...), and whether near ranges made them common."""
    own = [(float(np.min(column)), float(np.max(column))) for column in np.nan_to_num(values)]
    spans = [high - low for low, high in own]
    shared = max(spans) <= OWN_AXES * min(spans)
    if shared:
        own = [(min(low for low, _ in own), max(high for _, high in own))] * len(own)
    margins = [0.05 * (high - low) or 0.05 * abs(high) or 1.0 for low, high in own]
    return [(low - pad, high + pad) for (low, high), pad in zip(own, margins, strict=True)], shared


def _titles(columns: xr.DataArray) -> list[str]:
    """Titles of the columns: the regime and its draws, or the weights that pooled them."""
    names = [str(name) for name in columns["regime"].to_numpy()]
    return titles(names, columns["draws"].to_numpy().tolist()) if "draws" in columns.coords else [plain(names[0])]


def _explain(columns: xr.DataArray, reference: str, shared: bool, left_out: int) -> str:
    """What the outcome and the marks mean, and what is not shown."""
    own = not shared and columns.sizes["regime"] > 1
    axes = " Regimes differ so much that each column has its own y-axis." if own else ""
    rest = f" {left_out} more policies are in the tables only." if left_out else ""
    meaning = str(columns.attrs.get("long_name", columns.name))
    return plain(
        f"{meaning[:1].upper()}{meaning[1:]}. Line: median over draws; dark band: middle 50 %; light band: "
        f"middle 90 %. Dashed: median under {reference} in the same column.{axes}{rest}"
    )
