"""The picture of `sweep describe`: densities of all uncertain inputs as small multiples."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis.plots.style import INK, MUTED, PALETTE, Picture, plain, styled
from analysis.units import readable

if TYPE_CHECKING:
    from sweep.description import Prior

__all__ = ["prior_picture"]

_COLUMNS = 6
# Tails beyond are not shown, nor is a density higher than so many times the highest between their 10 and 90 %.
_TAIL, _HIGHEST = 0.002, 1.25
_DASH = 3.0


def _lines(regimes: Sequence[str], colors: dict[str, str]) -> list[tuple[str, Any]]:
    """Color and dashes of one line a regime, which together make a line of all their colors."""
    if len(regimes) < 2:
        return [(colors[regimes[0]] if regimes else INK, "-")]
    rest = _DASH * (len(regimes) - 1)
    return [(colors[name], (-_DASH * place, (_DASH, rest))) for place, name in enumerate(regimes)]


def _drawn(axes: Axes, prior: "Prior", colors: dict[str, str], span: tuple[float, float]) -> float:
    """Draw one density, or single values as bars; returns how high it is where most of it lies."""
    own = prior.distribution
    lines = _lines(prior.regimes, colors)
    if own.is_discrete:
        values, counts = np.unique(own.quantile((np.arange(2000) + 0.5) / 2000), return_counts=True)
        for color, dashes in lines:
            axes.vlines(values, 0, counts / 2000, color=color, linewidth=2, linestyles=[dashes])
        return float(counts.max() / 2000)
    values = np.linspace(*span, 400)
    heights = own.density(values)
    for color, dashes in lines:
        axes.plot(values, heights, color=color, linewidth=1.3, linestyle=dashes)
    fill = INK if len(lines) > 1 else lines[0][0]
    axes.fill_between(values, np.where(np.isfinite(heights), heights, 0), color=fill, alpha=0.12, linewidth=0)
    return float(own.density(own.quantile(np.linspace(0.1, 0.9, 41))).max())


def _panel(axes: Axes, own: list["Prior"], colors: dict[str, str]) -> None:
    over_range = any(not each.distribution.is_discrete for each in own)
    ends = np.array([each.distribution.quantile(np.array([_TAIL, 1 - _TAIL])) for each in own])
    low, high = float(ends.min()), float(ends.max())
    margin = 0.04 * (high - low) or 1.0
    tops = []
    for each in own:
        if each.distribution.is_discrete and over_range:
            # A probability has no height among densities.
            for color, dashes in _lines(each.regimes, colors):
                axes.axvline(each.numbers[1], color=color, linewidth=1.3, linestyle=dashes)
        else:
            tops.append(_drawn(axes, each, colors, (low - margin, high + margin)))
    axes.set(xlim=(low - margin, high + margin), ylim=(0, _HIGHEST * max(tops)), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.tick_params(labelsize=6)
    axes.set_title(plain(readable(own[0].key.partition(".")[2].replace(".", ": "))), fontsize=7, color=INK, pad=3)
    axes.set_xlabel(plain(own[0].unit), fontsize=6, color=MUTED, labelpad=1)


def prior_picture(found: Sequence["Prior"], regimes: Sequence[str]) -> Picture:
    """Densities of inputs, a panel each, by regime where they differ; single values are bars of their probability."""
    inputs = [list(own) for _, own in groupby(found, key=lambda prior: prior.key)]
    rows = -(-len(inputs) // _COLUMNS)
    colors = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(regimes)}
    height = 1.25 * rows + 0.7
    with styled():
        figure = Picture(figsize=(11, height), layout="constrained")
        panels = figure.subplots(rows, min(_COLUMNS, len(inputs)), squeeze=False).ravel()
        for axes, own in zip(panels, inputs, strict=False):
            _panel(axes, own, colors)
        for axes in panels[len(inputs) :]:
            axes.set_visible(False)
        handles = [Line2D([], [], color=INK, label="all regimes" if len(regimes) > 1 else "density")]
        if any(each.regimes for each in found):
            handles += [Line2D([], [], color=color, label=plain(name)) for name, color in colors.items()]
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, fontsize=8)
    return figure
