"""Forest plot: how much each policy changes an outcome in the same draws, and how sure the mean is."""

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.paired import paired_difference
from analysis.plots.style import INK, STYLE, Canvas, color_of, label, plain, sources, titles
from analysis.units import Scale, readable, scale_for
from sweep.errors import ConfigError

__all__ = ["plot_paired"]

NORMAL_95 = 1.96


def plot_paired(data: xr.Dataset, outcome: str, to: str = "none") -> Figure:
    """Differences of a national outcome to policy `to` in the last year: a row a policy, a panel a regime.

    Dots are means with bars of ±1.96 Monte Carlo standard errors; thin lines hold the middle 90 % of draws.
    """
    last = paired_difference(data, outcome, to).isel(year=-1)
    if "region" in last.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    if not last.sizes["policy"]:
        raise ConfigError(f"the store has no policy besides {to!r}: nothing to compare")
    with rc_context(STYLE):
        return _draw(data, last)


def _draw(data: xr.Dataset, last: xr.Dataset) -> Figure:
    """All panels of the differences, (regime, policy), with their labels."""
    ends = np.stack([last["lower"], last["upper"], last["mean"]])
    scale = scale_for(str(last.attrs["outcome"]), str(last.attrs.get("units", "")), ends, difference=True)
    regimes = [str(name) for name in last["regime"].to_numpy()]
    canvas = Canvas(1, len(regimes), row_height=0.5 + 0.3 * last.sizes["policy"], left=1.45, right=0.75, gaps=(0.2, 0.75))
    figure, axes = canvas.panels(sharey=True)
    for axis, regime, title in zip(axes[0], regimes, titles(regimes, last["draws"].to_numpy().tolist()), strict=True):
        _panel(axis, last.sel(regime=regime), scale)
        axis.set_title(title, fontsize=9.5, pad=18)
    policies = [label(name, 20) for name in last["policy"].to_numpy()]
    axes[0][0].set_yticks(range(len(policies)), policies, color=INK, fontsize=9)
    axes[0][0].invert_yaxis()
    year, to = int(last["year"]), readable(str(last.attrs["to"]))
    figure.text(0.5, 0.55 / canvas.height, plain(f"difference to {to} in {year}, {scale.unit}"), ha="center", fontsize=9)
    name = readable(str(last.attrs["outcome"]))
    canvas.frame(figure, plain(f"{name[:1].upper()}{name[1:]}: difference to {to} in {year}"), _explain(last), sources(data))
    return figure


def _panel(axis: Axes, regime: xr.Dataset, scale: Scale) -> None:
    """One regime's dots and bars, all (policy,), with the share of draws below zero at the right edge."""
    shown = {name: regime[name].to_numpy() / scale.divisor for name in ("mean", "standard_error", "lower", "upper")}
    axis.axvline(0, color="#777777", linewidth=0.9)
    for row, (mean, error) in enumerate(zip(shown["mean"], shown["standard_error"], strict=True)):
        color = color_of(row)
        axis.plot([shown["lower"][row], shown["upper"][row]], [row, row], color=color, linewidth=1.2, alpha=0.55)
        bar = NORMAL_95 * error if np.isfinite(error) else 0.0
        axis.errorbar(mean, row, xerr=bar, fmt="o", color=color, markersize=4.5, elinewidth=3, capsize=4, capthick=1.4)
    for row, share in enumerate(regime["below_zero"].to_numpy()):
        axis.text(1.03, row, f"{100 * share:.0f} %", transform=axis.get_yaxis_transform(), va="center", fontsize=8)
    axis.text(1.03, 1.02, "below 0", transform=axis.transAxes, va="bottom", fontsize=7.5)
    axis.set_ylim(-0.6, len(shown["mean"]) - 0.4)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_locator(MaxNLocator(4))


def _explain(last: xr.Dataset) -> str:
    """What the marks mean and how the standard errors were made."""
    single = int(last["draws"].min()) < 2
    missing = " A regime with one draw has no standard error." if single else ""
    return (
        "Dot: mean over draws of the difference in the same draw; thick bar: ±1.96 Monte Carlo standard errors of that mean, "
        "taking draws as independent (conservative for Sobol designs); thin line: middle 90 % of draws; right: share of "
        f"draws below zero. Each panel has its own x-axis.{missing}"
    )
