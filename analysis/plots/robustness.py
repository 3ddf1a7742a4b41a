"""Table of policies by criteria of robustness, colored by how far each falls behind the best."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.futures import Over
from analysis.labels import Legend, legend
from analysis.plots.style import INK, PALETTE, Canvas, heading, plain, styled, titles, wrapped
from analysis.plots.ticks import bottom_ticks, left_ticks, unticked
from analysis.robustness import Threshold, robustness_table
from analysis.units import Scale, scale_for

__all__ = ["draw_robustness", "plot_robustness"]

COLORS = LinearSegmentedColormap.from_list("behind", ["#ffffff", PALETTE[1]])
# Beyond that, dark letters can't be read on the color.
DARKEST = 0.8
CRITERIA = {
    "mean": "mean",
    "mean_variance": "mean and one standard deviation",
    "maximin": "worst future",
    "tail_mean": "mean of worst 5 %",
    "regret_mean": "mean regret",
    "regret_q90": "90 % regret",
    "regret_max": "largest regret",
    "satisficing": "% of futures that meet thresholds",
}


def plot_robustness(
    data: xr.Dataset,
    outcome: str,
    thresholds: Mapping[str, Threshold] | None = None,
    over: Over = "last",
    better: str | None = None,
    pooled: bool = False,
) -> Figure:
    """Policies (rows) by criteria of `robustness_table` (columns), a panel a regime, or one of all if pooled.

    >>> from analysis import example
    >>> from analysis.plots import plot_robustness
    >>> plot_robustness(example(), "national_unemployment_rate").savefig("robustness.png")
    """
    return draw_robustness(legend(data), robustness_table(data, outcome, thresholds, over, better, pooled))


def draw_robustness(about: Legend, table: xr.Dataset) -> Figure:
    """The same of a table that `robustness_table` gave, ([regime,] policy, criterion)."""
    pooled = "regime" not in table.dims
    with styled():
        return _draw(about, table.expand_dims(regime=[table.attrs["weights"]]) if pooled else table, pooled)


def _draw(about: Legend, table: xr.Dataset, pooled: bool) -> Figure:
    """All panels, (regime, policy, criterion), one above the other."""
    outcome, names = str(table.attrs["outcome"]), [str(name) for name in table["regime"].to_numpy()]
    height = 0.3 * table.sizes["policy"]
    canvas = Canvas(table.sizes["regime"], 1, height, left=2.1, top=1.35, bottom=1.35, gaps=(0.4, 0.2))
    figure, axes = canvas.panels()
    texts = _texts(table)
    counts = np.atleast_1d(table["draws"].to_numpy()).tolist()
    headings = [wrapped(names[0], 58, 2)] if pooled else titles(names, counts)
    policies = [wrapped(about.labels[str(name)], 30, 2) for name in table["policy"].to_numpy()]
    for row, (axis,) in enumerate(axes):
        _panel(axis, table.isel(regime=row), texts[row])
        axis.set_title(headings[row], fontsize=9.5)
        left_ticks(axis, range(len(policies)), policies, length=0)
    words = [wrapped(CRITERIA[str(name)], 10, 5) for name in table["criterion"].to_numpy()]
    bottom_ticks(axes[-1][0], range(len(words)), words, length=0, size=7.5)
    title = plain(f"{heading(outcome)}: which policy holds up")
    canvas.frame(figure, title, _explain(table), plain(about.sources))
    return figure


def _texts(table: xr.Dataset) -> NDArray[np.str_]:
    """Values as shown, (regime, policy, criterion): shares of futures in percent, all else in the outcome's units."""
    values, own = table["value"].to_numpy(), (table["criterion"] != "satisficing").to_numpy()
    scale, share = _scale(table), Scale(0.01, "%", 0)
    return np.array([
        [[(scale if of else share).show(value) for of, value in zip(own, row, strict=True)] for row in regime]
        for regime in values
    ])  # fmt: skip


def _scale(table: xr.Dataset) -> Scale:
    """The scale of all criteria in the outcome's units, with three digits."""
    own = table["value"].isel(criterion=(table["criterion"] != "satisficing").to_numpy()).to_numpy()
    return scale_for(str(table.attrs["outcome"]), str(table.attrs.get("units", "")), own).digits_for(own, 3)


def _panel(axis: Axes, regime: xr.Dataset, texts: NDArray[np.str_]) -> None:
    """One regime's table, (policy, criterion)."""
    merit = regime["value"].to_numpy() * np.where(regime["best_is"] == "high", 1, -1)
    behind = merit.max(axis=0) - merit
    most = np.maximum(behind.max(axis=0), np.finfo(float).tiny)
    axis.imshow(behind / most, aspect="auto", cmap=COLORS, vmin=0, vmax=1 / DARKEST, interpolation="nearest")
    unticked(axis)
    axis.spines[:].set_visible(False)
    good = regime["as_good"].to_numpy()
    for (row, column), text in np.ndenumerate(texts):
        weight = "bold" if good[row, column] else "normal"
        axis.text(column, row, text, ha="center", va="center", fontsize=7.5, color=INK, weight=weight)


def _explain(table: xr.Dataset) -> str:
    """What numbers, colors and letters mean."""
    met = f" Thresholds: {table.attrs['thresholds']}." if "thresholds" in table.attrs else ""
    meaning = str(table.attrs["long_name"])
    return plain(
        f"{meaning[:1].upper()}{meaning[1:]}, {_scale(table).unit}; {table.attrs['better']} is better. The darker, the "
        "further behind the best policy by that criterion. Bold: the best, and what lies within two standard errors of "
        f"it. Regret: how far from the best policy of the same draw.{met}"
    )
