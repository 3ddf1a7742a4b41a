"""Where a policy acts: differences of a regional outcome in the last year, a row a region, a column a policy."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import CenteredNorm
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from analysis.labels import Legend, legend
from analysis.paired import paired_difference
from analysis.plots.style import Canvas, heading, label, plain, styled, titles, wrapped
from analysis.plots.ticks import bottom_ticks, left_ticks, unticked
from analysis.regimes import leading_row
from analysis.units import readable, scale_for
from sweep.errors import ConfigError

__all__ = ["draw_regional_difference", "plot_regional_difference"]

MOST_ROWS = 60


def plot_regional_difference(data: xr.Dataset, outcome: str, to: str = "none") -> Figure:
    """Mean difference of a regional outcome to policy `to` in the last year, by region, policy and regime.

    Regions are sorted by the first policy's difference in the regime of the largest weight; of more than 60 those
    at both ends are shown. Each regime has its own colors, white at no difference.

    >>> from analysis import example
    >>> from analysis.plots import plot_regional_difference
    >>> plot_regional_difference(example(), "unemployment_rate", "pilot").savefig("pilot.png")
    """
    last = paired_difference(data.isel(year=[-1]), outcome, to).isel(year=-1)
    if "region" not in last.dims:
        raise ConfigError(f"{outcome} is not regional: a picture by region needs regions")
    if not last.sizes["policy"]:
        raise ConfigError(f"the store has no policy besides {to!r}: nothing to compare")
    return draw_regional_difference(legend(data), last, leading_row(data, last))


def draw_regional_difference(about: Legend, last: xr.Dataset, leading: int) -> Figure:
    """The same of the last year's differences, (regime, policy, region); leading: the regime that sorts regions."""
    order = np.argsort(last["mean"].isel(regime=leading, policy=0).to_numpy(), kind="stable")
    half = MOST_ROWS // 2
    chosen = order if len(order) <= MOST_ROWS else np.concatenate([order[:half], order[-half:]])
    with styled():
        return _draw(about, last.isel(region=chosen), leading, last.sizes["region"])


def _draw(about: Legend, last: xr.Dataset, leading: int, regions: int) -> Figure:
    """All panels, (region, policy), each above its own color bar."""
    outcome, rows, labels = str(last.attrs["outcome"]), last.sizes["region"], about.labels
    means = last["mean"].transpose("regime", "region", "policy").to_numpy()
    scale = scale_for(outcome, str(last.attrs.get("units", "")), means, difference=True)
    canvas = Canvas(1, last.sizes["regime"], max(1.6, 0.165 * rows), left=1.75, top=1.15, bottom=2.75, gaps=(0.2, 0.34))
    figure, axes = canvas.panels()
    names = [str(name) for name in last["regime"].to_numpy()]
    policies = [wrapped(labels[str(name)], 26, 2) for name in last["policy"].to_numpy()]
    for axis, title, values in zip(axes[0], titles(names, last["draws"].to_numpy().tolist()), means, strict=True):
        _bar(figure, axis, _panel(axis, values / scale.divisor, policies), canvas)
        axis.set_title(title, fontsize=9.5)
        if regions > rows:
            axis.axhline(MOST_ROWS // 2 - 0.5, color="black", linewidth=1)
    left_ticks(axes[0][0], range(rows), [label(name, 28) for name in last["region"].to_numpy()], length=0, size=7.5)
    change = plain(f"difference to {labels[str(last.attrs['to'])]} in {int(last['year'])}, {scale.unit}")
    figure.text(0.5, 0.62 / canvas.height, plain(f"mean {readable(outcome)}: {change}"), ha="center", fontsize=9)
    explanation = _explain(last, labels[str(last["policy"].to_numpy()[0])], leading, regions)
    canvas.frame(figure, f"{heading(outcome)} by region: {change}", explanation, plain(about.sources))
    return figure


def _panel(axis: Axes, values: NDArray[np.float64], policies: list[str]) -> AxesImage:
    """One regime's differences, (region, policy), blue below zero and red above."""
    largest = float(np.max(np.abs(values), initial=0.0, where=np.isfinite(values)))
    norm = CenteredNorm(halfrange=largest or 1.0)
    picture = axis.imshow(values, aspect="auto", cmap="RdBu_r", norm=norm, interpolation="nearest")
    unticked(axis)
    bottom_ticks(axis, range(len(policies)), policies, length=0, size=7, rotation=90)
    return picture


def _bar(figure: Figure, axis: Axes, picture: AxesImage, canvas: Canvas) -> None:
    """The color bar of one panel, below its policies."""
    box = axis.get_position()
    place = figure.add_axes((box.x0 + 0.1 * box.width, 1.05 / canvas.height, 0.8 * box.width, 0.1 / canvas.height))
    bar = figure.colorbar(picture, cax=place, orientation="horizontal", ticks=MaxNLocator(3))
    bar.ax.tick_params(labelsize=7)


def _explain(last: xr.Dataset, first: str, leading: int, regions: int) -> str:
    """What the colors mean, how regions are sorted, and which are not shown."""
    rows = last.sizes["region"]
    several = f" in the regime {last['regime'].to_numpy()[leading]}" if last.sizes["regime"] > 1 else ""
    rest = f" Shown: the {rows // 2} lowest and {rows // 2} highest of {regions} regions." if regions > rows else ""
    return plain(
        f"Mean over draws of the difference in the same draw; blue is below zero. Regions are sorted by the "
        f"difference under {first}{several}. Each panel has its own color scale.{rest}"
    )
