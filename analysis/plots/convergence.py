"""Convergence of one outcome's estimates as draws are added: a row for each policy, a column for each statistic."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.estimation import convergence
from analysis.labels import Legend, legend
from analysis.monte_carlo import NORMAL_95
from analysis.plots.sheet import Panel, Sheet
from analysis.plots.style import INK, REFERENCE, Canvas, color_of, heading, plain, styled, wrapped
from analysis.plots.ticks import number_texts, round_numbers
from analysis.units import Scale, readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["draw_convergence", "plot_convergence"]

MOST_ROWS = 12
# Doublings to show: with fewer draws, errors are so large that the last ones couldn't be seen.
MOST_SIZES = 7


def plot_convergence(
    data: xr.Dataset, outcome: str, policies: Sequence[str] | None = None, year: int | None = None
) -> Figure:
    """How a national outcome's pooled mean, 5 %, 50 % and 95 % move as draws are added, by policy (12 at most).

    Each panel holds the difference to the estimate from all draws, and ±1.96 Monte Carlo standard errors around it.

    >>> from analysis import example
    >>> from analysis.plots import plot_convergence
    >>> plot_convergence(example(), "national_unemployment_rate").savefig("convergence.png")
    """
    found = convergence(data, outcome, year=year)
    if "region" in found.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    return draw_convergence(legend(data), found, policies)


def draw_convergence(about: Legend, found: xr.Dataset, policies: Sequence[str] | None = None) -> Figure:
    """The same of estimates that `convergence` gave, (policy, first_draws), pooled."""
    known = [str(name) for name in found["policy"].to_numpy()]
    for name in policies or ():
        if name not in known:
            raise ConfigError(f"unknown policy {name!r}: {nearest(name, known)}")
    rows = [known.index(name) for name in policies or known][:MOST_ROWS]
    with styled():
        return _draw(about, found.isel(first_draws=slice(-MOST_SIZES, None)), rows, len(policies or known) - len(rows))


def _columns(found: xr.Dataset) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Titles, estimates and errors, both (statistic, policy, first_draws)."""
    order = ("quantile", "policy", "first_draws")
    quantiles, errors = (found[name].transpose(*order).to_numpy() for name in ("quantiles", "quantiles_error"))
    shares = ["median" if share == 0.5 else f"{100 * share:g} %" for share in found["quantile"].to_numpy()]
    means, spread = (found[name].transpose(*order[1:]).to_numpy()[None] for name in ("mean", "mean_error"))
    return ["mean", *shares], np.concatenate([means, quantiles]), np.concatenate([spread, errors])


def _draw(about: Legend, found: xr.Dataset, rows: list[int], left_out: int) -> Figure:
    """All panels, with their labels."""
    outcome, units = str(found.attrs["outcome"]), str(found.attrs.get("units", ""))
    titles, values, errors = _columns(found)
    scale = scale_for(outcome, units, values)
    moved, bands = (values - values[..., -1:]) / scale.divisor, NORMAL_95 * errors / scale.divisor
    limits = [_limit(moved[column, rows], bands[column, rows]) for column in range(len(titles))]
    canvas = Canvas(len(rows), len(titles), row_height=1.1, left=2.1, bottom=0.95, gaps=(0.17, 0.62))
    sheet, sizes = Sheet(canvas), found["first_draws"].to_numpy()
    steps, heights = np.log2(sizes), [round_numbers((-limit, limit), 4) for limit in limits]
    across = (float(steps[0]) - 0.15, float(steps[-1]) + 0.15)
    aside = 13.5 + 4.7 * max(map(len, number_texts(heights[0])), default=0)
    for row, boxes in zip(rows, canvas.boxes, strict=True):
        for column, box in enumerate(boxes):
            panel = Panel(box, across, (-limits[column], limits[column]))
            sheet.frame(panel, steps.tolist(), heights[column])
            sheet.beside(panel, heights[column], number_texts(heights[column]))
            _funnel(sheet, panel, steps, moved[column, row], bands[column, row], color_of(row))
            _figure(sheet, panel, scale, values[column, row, -1], errors[column, row, -1])
            if row == rows[0]:
                sheet.title(panel, titles[column])
            if row == rows[-1]:
                sheet.below(panel, steps[-1::-2].tolist(), [f"{size:,}" for size in sizes[-1::-2]])
            if column == 0:
                sheet.name(panel, wrapped(about.labels[str(found["policy"].to_numpy()[row])], 18, 5), aside)
    figure = sheet.finish()
    unit = "percentage points" if scale.unit == "%" else scale.unit
    figure.text(0.15 / canvas.width, 0.5, plain(unit), rotation=90, va="center", fontsize=9)
    figure.text(0.5, 0.62 / canvas.height, "number of draws, doubling", ha="center", fontsize=9)
    title = f"{heading(outcome)} in {int(found['year'])}: convergence"
    canvas.frame(figure, title, _explain(found, left_out, readable(outcome)), plain(about.sources))
    return figure


def _limit(moved: NDArray[np.float64], bands: NDArray[np.float64]) -> float:
    """The largest distance from 0 that is drawn in a column."""
    reach = np.concatenate([np.abs(moved).ravel(), (np.abs(moved) + bands).ravel()])
    return float(1.08 * np.max(reach, initial=0.0, where=np.isfinite(reach))) or 1.0


def _funnel(
    sheet: Sheet,
    panel: Panel,
    steps: NDArray[np.float64],
    moved: NDArray[np.float64],
    band: NDArray[np.float64],
    color: str,
) -> None:
    """A line with its band, where there are errors, over the dashed estimate from all draws."""
    known = np.isfinite(band)
    if known.any():
        sheet.area(panel, steps[known], (moved - band)[known], (moved + band)[known], color, 0.22)
    sheet.line(panel, steps, np.zeros(len(steps)), REFERENCE, dashed=True)
    sheet.line(panel, steps, moved, color)


def _figure(sheet: Sheet, panel: Panel, scale: Scale, value: float, error: float) -> None:
    """The estimate from all draws ± 1.96 standard errors, in the upper right corner."""
    ((right, above),) = panel.at([panel.across[1]], [panel.up[1]])
    text = scale.show_with_error(value, error, signed=False, unknown=" ± –")
    sheet.axis.text(right - 0.03, above, text, ha="right", va="top", fontsize=7.5, color=INK)


def _explain(found: xr.Dataset, left_out: int, name: str) -> str:
    """What the marks mean, how errors were made, and what is not shown."""
    rest = f" {left_out} more policies are not shown." if left_out else ""
    weights = str(found.attrs["weights"])
    weights = f"{weights[:1].upper()}{weights[1:]}"
    return plain(
        f"Line: {name} from the first draws less that from all; band: ±1.96 Monte Carlo standard errors, "
        f"{found.attrs['errors']}; numbers: the estimate from all draws ± the band, – if not known. Where lines stay "
        f"level and bands are narrow enough for the question, draws are enough. {weights}.{rest}"
    )
