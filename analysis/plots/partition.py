"""Stacked areas: where an outcome's spread comes from, year by year."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.labels import Legend, legend
from analysis.partition import REST, variance_partition
from analysis.plots.fan import named_years
from analysis.plots.sensitivity import in_columns, of_policy
from analysis.plots.sheet import Panel, Sheet
from analysis.plots.style import INK, Canvas, grade_color, plain, regime_titles, styled
from analysis.units import readable, scale_for
from sweep.errors import ConfigError

__all__ = ["draw_partition", "plot_partition"]

HEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
WORDS = {"A": "A: causal evidence", "B": "B: one study", "C": "C: assumption", "policy": "doses of policies"}


def plot_partition(
    data: xr.Dataset, outcome: str, policy: str = "none", by: str = "evidence", pooled: bool = False
) -> Figure:
    """Shares of a national outcome's variance by grade of evidence or group of inputs: a panel a regime.

    >>> from analysis import example
    >>> from analysis.plots import plot_partition
    >>> data = example("saltelli", draws=3072)
    >>> plot_partition(data, "national_unemployment_rate").savefig("evidence.png")
    """
    found = variance_partition(of_policy(data, policy), outcome, by, pooled=pooled)
    return draw_partition(legend(data), in_columns(found))


def draw_partition(about: Legend, found: xr.Dataset) -> Figure:
    """The same of a partition of one policy, (regime, policy, year, factor)."""
    with styled():
        return _draw(about, found.isel(policy=0).dropna("year", subset=["first"]))


def _draw(about: Legend, found: xr.Dataset) -> Figure:
    """All panels of the years in which there is a spread, with the names of areas at the right."""
    outcome, years = str(found.attrs["outcome"]), found["year"].to_numpy()
    if not len(years):
        raise ConfigError(f"{outcome} has no spread in any year: nothing to divide")
    canvas = Canvas(1, found.sizes["regime"], 2.6, left=0.75, right=1.75, top=1.3, bottom=0.85)
    sheet, named = Sheet(canvas), named_years(years)
    names = [str(name) for name in found["factor"].to_numpy()]
    edges = _edges(found["first"].transpose("regime", "year", "factor").to_numpy())
    panels = [Panel(box, (years[0] - 0.1, years[-1] + 0.1), (0.0, 1.0)) for box in canvas.boxes[0]]
    for panel, own, title in zip(panels, edges, regime_titles(found), strict=True):
        sheet.frame(panel, named, HEIGHTS)
        for part, name in enumerate(names):
            sheet.area(panel, years, own[:, part], own[:, part + 1], grade_color(name), 0.85)
        sheet.below(panel, named, [str(year) for year in named])
        sheet.title(panel, title)
    sheet.beside(panels[0], HEIGHTS, [f"{100 * height:.0f} %" for height in HEIGHTS])
    figure = sheet.finish()
    _name_areas(sheet, panels[-1], names, edges[-1, -1])
    title = f"Spread of {plain(readable(outcome))} by {found.attrs['by']}"
    under = f"Under {about.labels[str(found['policy'].item())]}. "
    canvas.frame(figure, title, plain(under + _explain(found, outcome)), plain(about.sources))
    return figure


def _edges(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges of areas between 0 and 1, (regime, year, factor + 1); what noise makes negative counts as nothing."""
    some = np.maximum(shares, 0)
    above = np.cumsum(some, axis=-1) / some.sum(axis=-1, keepdims=True)
    return np.concatenate([np.zeros_like(above[..., :1]), above], axis=-1)


def _name_areas(sheet: Sheet, panel: Panel, names: list[str], edges: NDArray[np.float64]) -> None:
    """Write each area's name beside its end in the last panel, apart from its neighbors."""
    heights = (edges[:-1] + edges[1:]) / 2
    for place in range(1, len(heights)):
        heights[place] = max(heights[place], heights[place - 1] + 0.075)
    heights -= max(0.0, float(heights[-1]) - 0.98)
    for name, (x, y) in zip(names, panel.at(np.full(len(names), panel.across[1]), heights), strict=True):
        sheet.axis.text(x + 0.08, y, plain(WORDS.get(name, readable(name))), va="center", fontsize=8, color=INK)


def _explain(found: xr.Dataset, outcome: str) -> str:
    """What areas mean, and how large the whole spread is at the end."""
    spread, error = found["standard_deviation"].isel(year=-1), 100 * float(found["first_error"].max())
    scale = scale_for(outcome, str(spread.attrs.get("units", "")), spread, difference=True).digits_for(spread, 2)
    sizes = ", ".join(scale.show(value) for value in spread.to_numpy())
    return (
        f"Shares of the variance over draws, by {found.attrs['by']} of inputs; standard errors are up to {error:.0f} "
        f"points. {REST.capitalize()}: what no part explains alone. Standard deviation in {int(found['year'][-1])}, "
        f"panel by panel: {sizes} {scale.unit}."
    )
