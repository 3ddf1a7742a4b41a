"""The front of a search: an objective against each other one, with errors, and a lever in color."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.fronts import pareto
from analysis.labels import Legend, legend
from analysis.monte_carlo import NORMAL_95
from analysis.plots.style import Canvas, plain, styled
from analysis.plots.ticks import bottom_ticks, left_ticks, number_texts, round_numbers, unticked
from analysis.units import Scale, readable, scale_for
from sweep.errors import ConfigError

__all__ = ["draw_pareto", "plot_pareto"]

Floats = NDArray[np.float64]

PALE = "#c8c8c8"


def plot_pareto(data: xr.Dataset, fresh: xr.Dataset | None = None) -> Figure:
    """Changes from `none` of a search's front: a row a further objective against the first, a column a lever's color.

    With fresh draws these are shown, and what was promised as a ring beside each.

    >>> from analysis import example
    >>> from analysis.plots import plot_pareto
    >>> plot_pareto(example(), fresh=example("monte_carlo")).savefig("front.png")
    """
    return draw_pareto(legend(data), pareto(data, fresh))


def draw_pareto(about: Legend, found: xr.Dataset) -> Figure:
    """The same of what `pareto` gave. Raises ConfigError where there is one objective, or no front."""
    if found.sizes["objective"] < 2:
        raise ConfigError("objectives: expected two or more, which are shown against each other, got one")
    if not found["on_front"].any():
        raise ConfigError("no candidate meets all constraints: nothing to show")
    with styled():
        return _draw(about, found)


def _draw(about: Legend, found: xr.Dataset) -> Figure:
    """All panels: objectives against the first one, by lever."""
    front = found.isel(candidate=np.flatnonzero(found["on_front"].to_numpy()))
    objectives, levers = (found[dim].to_numpy().tolist() for dim in ("objective", "lever"))
    shown = "fresh_change" if "fresh_change" in found else "change"
    front = front.isel(candidate=np.isfinite(front[shown].to_numpy()).all(axis=1))
    scales = [
        scale_for(
            name, str(found["objective_units"].to_numpy()[place]), front[shown].to_numpy()[:, place], difference=True
        )
        for place, name in enumerate(objectives)
    ]
    ways = ["less" if way == "low" else "more" for way in found["objective_better"].to_numpy()]
    labels = [
        f"{plain(readable(name))},\n{scale.unit} ({way} is better)"
        for name, scale, way in zip(objectives, scales, ways, strict=True)
    ]
    others = readable(objectives[1]) if len(objectives) == 2 else f"{len(objectives) - 1} others"
    canvas = Canvas(len(objectives) - 1, len(levers), 2.0, left=1.4, top=1.55, bottom=1.05, gaps=(0.55, 0.75))
    figure, axes = canvas.panels()
    for row, panels in enumerate(axes, start=1):
        for column, axis in enumerate(panels):
            _panel(axis, found, front, (row, column), scales, shown)
        panels[0].set_ylabel(labels[row], fontsize=8, labelpad=36)
    for axis in axes[-1]:
        axis.set_xlabel(labels[0], fontsize=8, labelpad=18)
    title = f"Changes from no policy: {plain(readable(objectives[0]))} against {plain(others)}"
    canvas.frame(figure, title, _explain(found), plain(about.sources))
    return figure


def _panel(
    axis: Axes, found: xr.Dataset, front: xr.Dataset, place: tuple[int, int], scales: list[Scale], shown: str
) -> None:
    """One objective against the first, in the color of one lever; place: of the objective and of the lever."""
    row, column = place
    divisors = np.array([scales[0].divisor, scales[row].divisor])
    dots, errors = (front[name].to_numpy()[:, [0, row]] / divisors for name in (shown, f"{shown}_error"))
    promised, rest = (
        front["change"].to_numpy()[:, [0, row]] / divisors,
        found["change"].to_numpy()[:, [0, row]] / divisors,
    )
    levers = front["levers"].to_numpy()[:, column]
    limits = _limits(np.concatenate([dots, promised]))
    other = ~np.isin(found["candidate"].to_numpy(), front["candidate"].to_numpy())
    inside = ((rest >= limits[0]) & (rest <= limits[1])).all(axis=1) & other
    (x, y), (wide, high) = dots.T, NORMAL_95 * errors.T
    axis.scatter(rest[inside, 0], rest[inside, 1], s=6, color=PALE, linewidths=0, zorder=1)
    axis.errorbar(x, y, high, wide, fmt="none", ecolor="#bbbbbb", elinewidth=0.7, zorder=2)
    if shown != "change":
        axis.scatter(promised[:, 0], promised[:, 1], s=26, facecolors="none", edgecolors="#777777", linewidths=0.6)
    norm = Normalize(levers.min(), max(levers.max(), levers.min() + 1e-9))
    picture = axis.scatter(x, y, c=levers, s=18, zorder=3, cmap="viridis", norm=norm)
    _edges(axis, limits)
    if row == 1:
        bar = axis.figure.colorbar(picture, ax=axis, location="top", fraction=0.06, pad=0.06)
        bar.ax.tick_params(labelsize=7)
        bar.set_label(plain(str(front["lever"].to_numpy()[column])), fontsize=8)


def _limits(points: Floats) -> tuple[Floats, Floats]:
    """Lower and upper limits of both axes, with room around points, (point, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.08 * np.where(high > low, high - low, 1)
    return low - room, high + room


def _edges(axis: Axes, limits: tuple[Floats, Floats]) -> None:
    """Ticks of round numbers at both edges."""
    across, up = ((float(limits[0][place]), float(limits[1][place])) for place in (0, 1))
    unticked(axis)
    axis.set(xlim=across, ylim=up)
    places = round_numbers(across, 4)
    bottom_ticks(axis, places, number_texts(places))
    places = round_numbers(up, 4)
    left_ticks(axis, places, number_texts(places))


def _explain(found: xr.Dataset) -> str:
    """What the marks mean."""
    again = " on fresh draws; rings: what the search promised" if "fresh_change" in found else ""
    return plain(
        f"Dots: candidates of the front, which none betters in all objectives{again}. Bars: ±1.96 Monte Carlo standard "
        f"errors of the change from none in the same draws. Gray: other candidates. Regimes {found.attrs['weights']}."
    )
