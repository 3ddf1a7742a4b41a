"""Combined policies in one year: above what each of them adds, below which pairs help or crowd out each other."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.interactions import WITHIN_NOISE, synergy
from analysis.labels import Legend, legend
from analysis.monte_carlo import NORMAL_95
from analysis.plots.style import INK, MUTED, Canvas, color_of, heading, plain, styled, titles, wrapped
from analysis.plots.ticks import bottom_ticks, number_texts, round_numbers, unticked
from analysis.units import Scale, scale_for

__all__ = ["draw_synergy", "plot_synergy"]

# What is shown of each policy, with its mark.
MARKS = {"alone": "o", "averaged": "D", "shapley": "s"}
ROW, LEAST = 0.3, 1.5


def plot_synergy(
    data: xr.Dataset,
    outcome: str,
    policies: Sequence[str] | None = None,
    better: Literal["low", "high"] | None = None,
    pooled: bool = False,
) -> Figure:
    """What `synergy` says of the last year: effects by policy and interactions of pairs, a column a regime.

    >>> from analysis import example
    >>> from analysis.plots import plot_synergy
    >>> plot_synergy(example(), "national_unemployment_rate").savefig("synergy.png")
    """
    return draw_synergy(legend(data), synergy(data.isel(year=[-1]), outcome, policies, better, pooled))


def draw_synergy(about: Legend, found: xr.Dataset) -> Figure:
    """The same of what `synergy` gave, (regime, policy or mix, year)."""
    last = found.isel(year=-1)
    with styled():
        return _draw(about, last if "regime" in last.dims else last.expand_dims(regime=["all regimes"]))


def _draw(about: Legend, last: xr.Dataset) -> Figure:
    """Both rows of panels of one year, (regime, policy or mix)."""
    outcome, units = str(last.attrs["outcome"]), str(last.attrs.get("units", ""))
    pairs = last.isel(mix=(last["order"] == 2).to_numpy())
    effects = np.concatenate(
        [last[name].to_numpy().ravel() for name in MARKS] + [pairs["interaction"].to_numpy().ravel()]
    )
    scale = scale_for(outcome, units, effects, difference=True)
    regimes, rows = [str(name) for name in last["regime"].to_numpy()], last.sizes["policy"]
    canvas = Canvas(2, len(regimes), max(LEAST, ROW * rows), left=2.15, top=1.45, bottom=1.05, gaps=(0.5, 0.35))
    figure, axes = canvas.panels()
    labels = [about.labels[str(name)] for name in last["policy"].to_numpy()]
    names = [wrapped(f"{row} {label}", 30, 2) for row, label in enumerate(labels, start=1)]
    largest = float(np.max(np.abs(pairs["interaction"].to_numpy()))) or 1.0
    draws = np.broadcast_to(last["draws"].to_numpy(), len(regimes)).tolist()
    for column, (regime, title) in enumerate(zip(regimes, titles(regimes, draws), strict=True)):
        _effects(axes[0][column], last.sel(regime=regime), scale)
        axes[0][column].set_title(title, fontsize=9.5)
        _triangle(axes[1][column], pairs.sel(regime=regime), scale, largest)
    for axis in (axes[0][0], axes[1][0]):
        axis.set_yticks(range(rows), names, color=INK, fontsize=8)
        axis.tick_params(axis="y", length=0)
    axes[0][0].legend(frameon=False, fontsize=7.5, loc="lower left", bbox_to_anchor=(-0.02, 1.16), ncols=3)
    title = f"{heading(outcome)} in {int(last['year'])}, {scale.unit}"
    if "weights" in last.attrs:
        weights = wrapped(f"Regimes are {last.attrs['weights']}.", int(canvas.width * 14.3), 2)
        figure.text(0.5, 0.62 / canvas.height, weights, ha="center", va="center", fontsize=8.5)
    canvas.frame(figure, title, _explain(last), plain(about.sources))
    return figure


def _effects(axis: Axes, regime: xr.Dataset, scale: Scale) -> None:
    """One regime's effects by policy, (policy,), with bars of 1.96 standard errors."""
    axis.axvline(0, color="#777777", linewidth=0.9)
    rows = np.arange(regime.sizes["policy"])
    colors = [color_of(row + 1) for row in range(len(rows))]
    for shift, (name, mark) in zip((-0.22, 0.0, 0.22), MARKS.items(), strict=True):
        values = regime[name].to_numpy() / scale.divisor
        bar = NORMAL_95 * np.nan_to_num(regime[f"{name}_error"].to_numpy()) / scale.divisor
        axis.hlines(rows + shift, values - bar, values + bar, colors=colors, linewidth=1.4)
        axis.scatter(values, rows + shift, c=colors, marker=mark, s=16, zorder=3)
        axis.scatter([], [], c=MUTED, marker=mark, s=16, label=_LEGEND[name])
    axis.set_ylim(len(rows) - 0.5, -0.5)
    limits = axis.get_xlim()
    places = round_numbers(limits, 3)
    unticked(axis)
    axis.set_xlim(limits)
    bottom_ticks(axis, places, number_texts(places))


_LEGEND = {"alone": "alone", "averaged": "added to mixes of the others", "shapley": "part in all together (Shapley)"}


def _triangle(axis: Axes, pairs: xr.Dataset, scale: Scale, largest: float) -> None:
    """One regime's interactions of pairs, (mix,), as cells below the diagonal; what is within noise stays white."""
    policies = [str(name) for name in pairs["policy"].to_numpy()]
    good = 1 if pairs.attrs["better"] == "high" else -1
    cells, own = np.full((len(policies),) * 2, np.nan), scale.digits_for(largest, 3)
    for mix, value, verdict in zip(
        *(pairs[name].to_numpy() for name in ("mix", "interaction", "verdict")), strict=True
    ):
        column, row = sorted(policies.index(name) for name in str(mix).split("+"))
        known = verdict != WITHIN_NOISE
        cells[row, column] = good * value / largest if known else 0.0
        color = (INK if abs(value) < 0.6 * largest else "white") if known else MUTED
        axis.text(column, row, own.show(value, signed=True), ha="center", va="center", fontsize=6.5, color=color)
    # Blue where policies help each other, orange where they crowd out: as far apart for all kinds of color vision.
    axis.imshow(np.ma.masked_invalid(cells), cmap="PuOr", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    unticked(axis)
    axis.set(xlim=(-0.5, len(policies) - 1.5), ylim=(len(policies) - 0.5, -0.5))
    bottom_ticks(axis, range(len(policies) - 1), [str(place + 1) for place in range(len(policies) - 1)], length=0)


def _explain(last: xr.Dataset) -> str:
    """What the marks and colors mean."""
    return plain(
        "Above: what a policy adds by itself, to mixes of the others (mean) and as its part in all; bars: ±1.96 Monte "
        "Carlo standard errors. Below: two together beyond the sum of both; purple helps, orange crowds out, gray is "
        "within noise (tests of all interactions together)."
    )
