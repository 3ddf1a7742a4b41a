"""Forest plot: how much each policy changes an outcome in the same draws, and how sure the mean is."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.labels import Legend, legend
from analysis.monte_carlo import NORMAL_95
from analysis.paired import paired_difference
from analysis.plots.style import INK, Canvas, color_of, heading, plain, styled, titles, wrapped
from analysis.plots.ticks import bottom_ticks, number_texts, round_numbers, shifted, unticked
from analysis.units import Scale, scale_for
from sweep.errors import ConfigError

__all__ = ["draw_paired", "plot_paired"]

SMALL = 0.1
SHARE = Scale(0.01, "%", 0)


def plot_paired(data: xr.Dataset, outcome: str, to: str = "none") -> Figure:
    """Differences of a national outcome to policy `to` in the last year: a row a policy, a panel a regime.

    Dots are means with bars of ±1.96 Monte Carlo standard errors; thin lines hold the middle 90 % of draws.

    >>> from analysis import example
    >>> from analysis.plots import plot_paired
    >>> plot_paired(example(), "national_unemployment_rate").savefig("differences.pdf")
    """
    differences = paired_difference(data, outcome, to)
    if "region" in differences.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    if not differences.sizes["policy"]:
        raise ConfigError(f"the store has no policy besides {to!r}: nothing to compare")
    return draw_paired(legend(data), differences)


def draw_paired(about: Legend, differences: xr.Dataset) -> Figure:
    """The same of differences that `paired_difference` gave, (regime, policy, year)."""
    with styled():
        return _draw(about, differences.isel(year=-1))


def _draw(about: Legend, last: xr.Dataset) -> Figure:
    """All panels of the differences, (regime, policy), with their labels."""
    outcome, year, labels = str(last.attrs["outcome"]), int(last["year"]), about.labels
    ends = np.stack([last["lower"], last["upper"], last["mean"]])
    scale = scale_for(outcome, str(last.attrs.get("units", "")), ends, difference=True)
    regimes, rows = [str(name) for name in last["regime"].to_numpy()], last.sizes["policy"]
    canvas = Canvas(1, len(regimes), 0.5 + 0.34 * rows, left=2.15, right=1.1, top=1.3, bottom=1.2, gaps=(0.2, 1.15))
    figure, axes = canvas.panels()
    for axis, regime, title in zip(axes[0], regimes, titles(regimes, last["draws"].to_numpy().tolist()), strict=True):
        _panel(axis, last.sel(regime=regime), scale)
        axis.set_title(title, fontsize=9.5, pad=18)
    policies = [wrapped(labels[str(name)], 28, 2) for name in last["policy"].to_numpy()]
    axes[0][0].set_yticks(range(rows), policies, color=INK, fontsize=8.5)
    change = plain(f"difference to {labels[str(last.attrs['to'])]} in {year}, {scale.unit}")
    figure.text(0.5, 0.7 / canvas.height, change, ha="center", fontsize=9)
    canvas.frame(figure, f"{heading(outcome)}: {change}", _explain(last), plain(about.sources))
    return figure


def _panel(axis: Axes, regime: xr.Dataset, scale: Scale) -> None:
    """One regime's dots and bars, all (policy,), with the figures at the right edge."""
    means, below = regime["mean"].to_numpy(), regime["below_zero"].to_numpy()
    lower, middle, upper = (regime[name].to_numpy() / scale.divisor for name in ("lower", "mean", "upper"))
    bar = NORMAL_95 * np.nan_to_num(regime["standard_error"].to_numpy()) / scale.divisor
    rows = list(range(len(means)))
    colors = [color_of(row + 1) for row in rows]
    axis.axvline(0, color="#777777", linewidth=0.9)
    axis.hlines(rows, lower, upper, colors=colors, linewidth=1.2, alpha=0.55)
    axis.hlines(rows, middle - bar, middle + bar, colors=colors, linewidth=3)
    axis.scatter([middle - bar, middle + bar], [rows, rows], c=colors * 2, marker="|", s=60)
    axis.scatter(middle, rows, c=colors, s=22)
    for row, (mean, share) in enumerate(zip(means, below, strict=True)):
        _figures(axis, row, scale.digits_for(mean, 3).show(mean, signed=True), f"{SHARE.show(share)} %")
    _figures(axis, -0.85, "mean", "< 0")
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    # Numbers such as -0.015 have room for two.
    limits = axis.get_xlim()
    places = round_numbers(limits, 2 if max(map(abs, limits)) < SMALL else 3)
    unticked(axis)
    axis.set_xlim(limits)
    bottom_ticks(axis, places, number_texts(places))


def _figures(axis: Axes, row: float, mean: str, share: str) -> None:
    """Write the mean and the share of draws below zero beside a row, at the panel's right edge."""
    for text, points in ((mean, 44), (share, 74)):
        aside = shifted(axis, axis.get_yaxis_transform(), right=points)
        axis.text(1, row, text, transform=aside, ha="right", va="center", fontsize=7.5)


def _explain(last: xr.Dataset) -> str:
    """What the marks mean and how the standard errors were made."""
    single = int(last["draws"].min()) < 2
    missing = " A regime with one draw has no standard error." if single else ""
    return (
        "Dot: mean over draws of the difference in the same draw; thick bar: ±1.96 Monte Carlo standard "
        f"errors of that mean, {last.attrs['errors']}; thin line: middle 90 % of draws; right: the mean, and the share "
        f"of draws below zero. Each panel has its own x-axis.{missing}"
    )
