"""What policies cost against what they gain, with Monte Carlo errors of both."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.costs import DISCOUNT, cost_effectiveness
from analysis.labels import Legend, legend
from analysis.plots.style import Canvas, color_of, plain, styled, titles, wrapped
from analysis.plots.ticks import bottom_ticks, left_ticks, number_texts, round_numbers, unticked
from analysis.units import Scale, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["draw_costs", "plot_costs"]

NORMAL_95 = 1.96
MARKS = "osD^vPX*"


def plot_costs(
    data: xr.Dataset,
    effect: str = "job_years",
    to: str = "none",
    cost: str = "net_cost",
    discount: float = DISCOUNT,
    pooled: bool = False,
) -> Figure:
    """Cost over all years against an effect of `cost_effectiveness`, a panel a regime, or one of all if pooled."""
    return draw_costs(legend(data), cost_effectiveness(data, to, cost, discount, pooled), effect)


def draw_costs(about: Legend, found: xr.Dataset, effect: str) -> Figure:
    """The same of what `cost_effectiveness` gave, ([regime,] policy, effect)."""
    known = [str(name) for name in found["effect"].to_numpy()]
    if effect not in known:
        raise ConfigError(f"unknown effect {effect!r}: {nearest(effect, known)}")
    chosen, pooled = found.sel(effect=effect), "regime" not in found.dims
    with styled():
        return _draw(about, chosen.expand_dims(regime=[chosen.attrs["weights"]]) if pooled else chosen, pooled)


def _draw(about: Legend, found: xr.Dataset, pooled: bool) -> Figure:
    """All panels of costs and gains, (regime, policy), above the names of policies."""
    policies = [str(name) for name in found["policy"].to_numpy()]
    effect, currency = str(found["effect"].item()).replace("_", " "), str(found.attrs["units"])
    gains, costs = scale_for("gain", effect, found["gain"]), scale_for("cost", currency, found["cost"])
    lines = -(-len(policies) // 2)
    canvas = Canvas(1, found.sizes["regime"], 2.6, left=1.0, bottom=1.15 + 0.2 * lines, gaps=(0.2, 0.75))
    figure, axes = canvas.panels()
    counts = np.atleast_1d(found["draws"].to_numpy()).tolist()
    names = [str(name) for name in found["regime"].to_numpy()]
    headings = [wrapped(names[0], 90, 2)] if pooled else titles(names, counts)
    for axis, row, text in zip(axes[0], range(len(names)), headings, strict=True):
        _panel(axis, found.isel(regime=row), gains, costs)
        axis.set_title(text, fontsize=9.5)
    figure.text(0.5, (0.75 + 0.2 * lines) / canvas.height, plain(f"gain, {gains.unit}"), ha="center", fontsize=9)
    left = 0.15 / canvas.width
    figure.text(left, 0.5, plain(f"cost, {costs.unit}"), rotation=90, va="center", fontsize=9)
    _names(figure, canvas, [plain(about.labels[name]) for name in policies])
    title = plain(f"Cost against {effect} gained, {found.attrs['to']} as reference")
    canvas.frame(figure, title, _explain(found), plain(about.sources))
    return figure


def _panel(axis: Axes, regime: xr.Dataset, gains: Scale, costs: Scale) -> None:
    """One regime's policies, (policy,), with crosses of ±1.96 errors; hollow where a cost of one is undefined."""
    across, up = regime["gain"].to_numpy() / gains.divisor, regime["cost"].to_numpy() / costs.divisor
    wide = NORMAL_95 * np.nan_to_num(regime["gain_error"].to_numpy()) / gains.divisor
    high = NORMAL_95 * np.nan_to_num(regime["cost_error"].to_numpy()) / costs.divisor
    axis.axhline(0, color="#777777", linewidth=0.9)
    axis.axvline(0, color="#777777", linewidth=0.9)
    for row, remark in enumerate(regime["remark"].to_numpy()):
        color, hollow = color_of(row + 1), str(remark).startswith("undefined")
        axis.hlines(up[row], across[row] - wide[row], across[row] + wide[row], colors=color, linewidth=1.6)
        axis.vlines(across[row], up[row] - high[row], up[row] + high[row], colors=color, linewidth=1.6)
        face = "white" if hollow else color
        axis.plot(across[row], up[row], MARKS[row % len(MARKS)], color=color, markerfacecolor=face, markersize=7)
    axis.margins(0.12)
    limits = axis.get_xlim(), axis.get_ylim()
    unticked(axis)
    axis.set(xlim=limits[0], ylim=limits[1])
    places = round_numbers(limits[0], 3), round_numbers(limits[1], 5)
    bottom_ticks(axis, places[0], number_texts(places[0]))
    left_ticks(axis, places[1], number_texts(places[1]))


def _names(figure: Figure, canvas: Canvas, labels: list[str]) -> None:
    """Mark and name of each policy, in two columns below the panels."""
    place = figure.add_axes((0, 0, 1, 1), xlim=(0, canvas.width), ylim=(0, canvas.height), zorder=-1)
    place.axis("off")
    lines = -(-len(labels) // 2)
    for row, text in enumerate(labels):
        x, y = 0.4 + (row // lines) * canvas.width / 2, 0.6 + 0.2 * (lines - 1 - row % lines)
        place.plot(x, y, MARKS[row % len(MARKS)], color=color_of(row + 1), markersize=6)
        place.text(x + 0.15, y, wrapped(text, 48, 1), va="center", fontsize=8)


def _explain(found: xr.Dataset) -> str:
    """What marks mean, and over what costs and gains are added up."""
    return plain(
        f"Means over draws of same-draw differences, added up over all years at a discount of "
        f"{100 * float(found.attrs['discount']):g} % a year on both; cost: {found.attrs['outcome'].replace('_', ' ')}. "
        "Crosses: ±1.96 Monte Carlo standard errors. Hollow: a loss, or no gain that can be told from noise, so that a "
        "cost of each is undefined. Each panel has its own axes."
    )
