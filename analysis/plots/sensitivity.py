"""Bars: which inputs decide an outcome, the strongest above, in the color of the evidence for them."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.given_data import first_order_given_data
from analysis.labels import Legend, legend
from analysis.monte_carlo import design_of
from analysis.plots.style import INK, Canvas, grade_color, plain, regime_titles, styled
from analysis.plots.ticks import bottom_ticks, number_texts, round_numbers, unticked
from analysis.sensitivity import morris_screening, sobol_indices
from analysis.shares import NORMAL_95
from analysis.units import Scale, readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["draw_sensitivity", "in_columns", "of_policy", "plot_sensitivity"]

MOST_ROWS = 15
SHARE = Scale(0.01, "% of the variance", 0)
MEANINGS = {
    "first": "Dark bar: what an input explains of the variance by itself",
    "total": "pale bar: what would be left if all others were known",
    "mu_star": "Bar: mean size of the change, per half of an input's distribution, over 1/2",
}


def plot_sensitivity(
    data: xr.Dataset, outcome: str, policy: str = "none", year: int | None = None, pooled: bool = False
) -> Figure:
    """Inputs by how much they decide a national outcome in a year (default: the last): a panel a regime.

    Sobol indices of a store of `design=saltelli`, effects of `design=morris`, and first-order indices of other draws.
    The 15 strongest are shown, a row each.

    >>> from analysis import example
    >>> from analysis.plots import plot_sensitivity
    >>> data = example("saltelli", draws=3072)
    >>> plot_sensitivity(data, "national_unemployment_rate").savefig("inputs.png")
    """
    last = int(data["year"][-1]) if year is None else year
    by_design = {"saltelli": sobol_indices, "morris": morris_screening}
    measure = by_design.get(design_of(data), first_order_given_data)
    return draw_sensitivity(legend(data), in_columns(measure(of_policy(data, policy), outcome, last, pooled)))


def of_policy(data: xr.Dataset, policy: str) -> xr.Dataset:
    """A dataset of one policy alone. Raises ConfigError where there is none of that name."""
    policies = [str(name) for name in data["policy"].to_numpy()]
    if policy not in policies:
        raise ConfigError(f"unknown policy {policy!r}: {nearest(policy, policies)}")
    return data.sel(policy=[policy])


def in_columns(found: xr.Dataset) -> xr.Dataset:
    """What was found, with a regime for each column of a picture: of pooled ones that is their weights.

    Raises ConfigError for a regional outcome.
    """
    if "region" in found.dims:
        raise ConfigError(f"{found.attrs['outcome']} is regional: select a region first, data.sel(region=...)")
    return found if "regime" in found.dims else found.expand_dims(regime=[found.attrs["weights"]])


def draw_sensitivity(about: Legend, found: xr.Dataset) -> Figure:
    """The same of what was found of one policy in one year, (regime, policy, year, factor)."""
    with styled():
        return _draw(about, found.isel(policy=0, year=0))


def _measures(found: xr.Dataset) -> list[str]:
    """What bars show, the longest first."""
    return [name for name in ("total", "first", "mu_star") if name in found]


def _order(found: xr.Dataset) -> NDArray[np.intp]:
    """Positions of the factors to show, the strongest in any regime first."""
    largest = np.nan_to_num(found[_measures(found)[0]].to_numpy()).max(axis=0)
    return np.argsort(-largest, kind="stable")[:MOST_ROWS]


def _draw(about: Legend, found: xr.Dataset) -> Figure:
    """All panels of the factors, (regime, factor), with their labels."""
    outcome, left_out = str(found.attrs["outcome"]), found.sizes["factor"] - MOST_ROWS
    found = found.isel(factor=_order(found))
    names, grades = [str(name) for name in found["factor"].to_numpy()], _grades(found)
    scale = SHARE if "first" in found else scale_for(outcome, str(found.attrs.get("units", "")), found["mu_star"], True)
    canvas = Canvas(1, found.sizes["regime"], 0.4 + 0.25 * len(names), left=2.6, top=1.4, bottom=1.05, gaps=(0.2, 0.3))
    figure, axes = canvas.panels()
    for axis, column, title in zip(axes[0], range(found.sizes["regime"]), regime_titles(found), strict=True):
        colors = [grade_color(grade or name) for grade, name in zip(grades[column], names, strict=True)]
        _panel(axis, found.isel(regime=column), scale, colors)
        axis.set_title(title, fontsize=9.5)
    told = [", ".join(sorted({grade for grade in own if grade})) for own in zip(*grades, strict=True)]
    rows = [
        plain(f"{readable(name)} ({own})" if own else readable(name)) for name, own in zip(names, told, strict=True)
    ]
    axes[0][0].set_yticks(range(len(rows)), rows, color=INK, fontsize=8)
    figure.text(0.5, 0.62 / canvas.height, plain(scale.unit), ha="center", fontsize=9)
    under = f"Under {about.labels[str(found['policy'].item())]}. "
    title = f"What decides {plain(readable(outcome))} in {int(found['year'])}"
    canvas.frame(figure, title, plain(under + _explain(found, left_out)), plain(about.sources))
    return figure


def _grades(found: xr.Dataset) -> list[list[str]]:
    """Grades of evidence by regime and factor."""
    grades = found["evidence"].to_numpy().reshape(-1, found.sizes["factor"])
    return [[str(grade) for grade in row] for row in grades]


def _panel(axis: Axes, found: xr.Dataset, scale: Scale, colors: list[str]) -> None:
    """One regime's bars with their 95 % intervals, (factor,)."""
    rows = np.arange(found.sizes["factor"])
    for name in _measures(found):
        middle = np.nan_to_num(found[name].to_numpy()) / scale.divisor
        reach = NORMAL_95 * np.nan_to_num(found[f"{name}_error"].to_numpy()) / scale.divisor
        pale, shift = (0.35, 0.18) if name == "total" else (1.0, 0.0 if "total" not in found else -0.18)
        axis.barh(rows, np.maximum(middle, 0), height=0.7, color=colors, alpha=pale)
        axis.hlines(rows + shift, np.maximum(middle - reach, 0), middle + reach, colors=INK, linewidth=1)
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    limits = (0.0, max(axis.get_xlim()[1], 1e-12))
    places = round_numbers(limits, 4)
    unticked(axis)
    axis.set_xlim(limits)
    bottom_ticks(axis, places, number_texts(places))


def _explain(found: xr.Dataset, left_out: int) -> str:
    """What bars, lines and letters mean, and what is not shown."""
    shown = "; ".join(MEANINGS[name] for name in reversed(_measures(found)))
    rest = f" {left_out} weaker inputs are not shown." if left_out > 0 else ""
    return (
        f"{shown}. Lines: 95 % intervals. Colors, and letters: evidence for an input, A causal or meta-analytic, "
        f"B one study or transferred, C assumption.{rest}"
    )
