"""What policies cost against what they gain, with Monte Carlo errors of both."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.costs import DISCOUNT, EFFECTS, cost_effectiveness
from analysis.labels import Legend, legend
from analysis.monte_carlo import NORMAL_95
from analysis.plots.style import Canvas, color_of, plain, styled, titles, wrapped
from analysis.plots.ticks import bottom_ticks, left_ticks, number_texts, round_numbers, unticked
from analysis.units import Scale, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["draw_costs", "plot_costs"]

MARKS = "osD^vPX*"
# Where the largest value is so many times the middle one, the others would lie on each other.
DWARFED = 12.0


def plot_costs(
    data: xr.Dataset,
    effect: str = "job_years",
    to: str = "none",
    cost: str = "net_cost",
    discount: float = DISCOUNT,
    pooled: bool = False,
) -> Figure:
    """Cost over all years against an effect of `cost_effectiveness`, a panel a regime, or one of all if pooled.

    >>> from analysis import example
    >>> from analysis.plots import plot_costs
    >>> plot_costs(example()).savefig("costs.png")
    """
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
    """All panels of costs and gains, (regime, policy), on the same axes, above the names of policies."""
    policies, lines = [str(name) for name in found["policy"].to_numpy()], -(-found.sizes["policy"] // 2)
    effect, currency = EFFECTS[str(found["effect"].item())], str(found.attrs["units"])
    gains, costs = scale_for("gain", effect, found["gain"]), scale_for("cost", currency, found["cost"])
    canvas = Canvas(1, found.sizes["regime"], 2.8, left=1.0, top=1.35, bottom=1.15 + 0.2 * lines, gaps=(0.2, 0.75))
    figure, axes = canvas.panels()
    names, counts = [str(name) for name in found["regime"].to_numpy()], np.atleast_1d(found["draws"].to_numpy())
    headings = [wrapped(names[0], 75, 2)] if pooled else titles(names, counts.tolist())
    ends = _ends(found["gain"] / gains.divisor), _ends(found["cost"] / costs.divisor)
    for row, (axis, text) in enumerate(zip(axes[0], headings, strict=True)):
        axis.set_title(text, fontsize=9.5)
        _axes(axis, *ends)
        _panel(axis, found.isel(regime=row), gains, costs)
    figure.text(0.5, (0.72 + 0.2 * lines) / canvas.height, plain(f"gain, {gains.unit}"), ha="center", fontsize=9)
    figure.text(0.15 / canvas.width, 0.55, plain(f"cost, {costs.unit}"), rotation=90, va="center", fontsize=9)
    _names(figure, canvas, [plain(about.labels[name]) for name in policies])
    wide = any(width is not None for _, width in ends)
    canvas.frame(figure, plain(f"Cost against {effect}"), _explain(found, about, wide), plain(about.sources))
    return figure


def _ends(values: xr.DataArray) -> tuple[float, float | None]:
    """The largest of values by size, and, where it dwarfs the others, the size up to which their axis is linear."""
    sizes = np.abs(values.to_numpy())
    largest, middle = float(sizes.max()) or 1.0, float(np.median(sizes))
    return largest, largest / DWARFED**2 if middle * DWARFED < largest else None


def _axes(axis: Axes, across: tuple[float, float | None], up: tuple[float, float | None]) -> None:
    """Axes around zero, on which sizes far apart are told by powers of ten."""
    unticked(axis)
    for (largest, width), scale, limits, ticks in (
        (across, axis.set_xscale, axis.set_xlim, bottom_ticks),
        (up, axis.set_yscale, axis.set_ylim, left_ticks),
    ):
        if width is not None:
            scale("asinh", linear_width=width)
        limits(-1.6 * largest, 1.6 * largest)
        powers = [10.0**power for power in range(-9, 16) if (width or 0) < 10.0**power <= 1.6 * largest]
        places = [-power for power in powers] + [0.0, *powers] if width else round_numbers((-largest, largest), 4)
        ticks(axis, places, [number_texts([place])[0] for place in places])
    unticked(axis)
    axis.minorticks_off()
    axis.axhline(0, color="#777777", linewidth=0.9)
    axis.axvline(0, color="#777777", linewidth=0.9)


def _panel(axis: Axes, regime: xr.Dataset, gains: Scale, costs: Scale) -> None:
    """One regime's policies, (policy,), with crosses of ±1.96 errors; hollow where a cost of one is undefined."""
    across, up = regime["gain"].to_numpy() / gains.divisor, regime["cost"].to_numpy() / costs.divisor
    wide = NORMAL_95 * np.nan_to_num(regime["gain_error"].to_numpy()) / gains.divisor
    high = NORMAL_95 * np.nan_to_num(regime["cost_error"].to_numpy()) / costs.divisor
    for row, remark in enumerate(regime["remark"].to_numpy()):
        color, hollow = color_of(row + 1), str(remark).startswith("undefined")
        axis.hlines(up[row], across[row] - wide[row], across[row] + wide[row], colors=color, linewidth=1.6)
        axis.vlines(across[row], up[row] - high[row], up[row] + high[row], colors=color, linewidth=1.6)
        face = "white" if hollow else color
        axis.plot(across[row], up[row], MARKS[row % len(MARKS)], color=color, markerfacecolor=face, markersize=7)


def _names(figure: Figure, canvas: Canvas, labels: list[str]) -> None:
    """Mark and name of each policy, in two columns below the panels."""
    place = figure.add_axes((0, 0, 1, 1), xlim=(0, canvas.width), ylim=(0, canvas.height), zorder=-1)
    place.axis("off")
    lines = -(-len(labels) // 2)
    for row, text in enumerate(labels):
        x, y = 0.4 + (row // lines) * canvas.width / 2, 0.6 + 0.2 * (lines - 1 - row % lines)
        place.plot(x, y, MARKS[row % len(MARKS)], color=color_of(row + 1), markersize=6)
        place.text(x + 0.15, y, wrapped(text, 48, 1), va="center", fontsize=8)


def _explain(found: xr.Dataset, about: Legend, wide: bool) -> str:
    """What marks mean, and over what costs and gains are added up."""
    powers = " Equal steps are powers of ten but near zero, since some policies dwarf others." if wide else ""
    return plain(
        f"Means of differences to {about.labels[str(found.attrs['to'])]} in the same draw, added up over all years at "
        f"a discount of {100 * float(found.attrs['discount']):g} % a year; {found.attrs['outcome'].replace('_', ' ')}. "
        f"Crosses: ±1.96 Monte Carlo errors. Hollow: a loss, or no gain that can be told from noise.{powers}"
    )
