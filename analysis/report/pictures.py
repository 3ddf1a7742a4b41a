"""The report's pictures: how each is drawn, and in words what it shows."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from analysis.counted import ALL_REGIMES
from analysis.labels import Legend
from analysis.paired import paired_difference
from analysis.regimes import leading_row
from analysis.statistics import fan
from analysis.units import readable, scale_for

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Picture", "difference_picture", "fan_picture", "region_picture", "regional_difference_picture"]


@dataclass(frozen=True)
class Picture:
    """A PNG file in the report's folder, its description for those who can't see it, and what draws it."""

    file: str
    description: str
    draw: "Callable[[], Figure]"


def _draw(name: str, *arguments: Any) -> "Figure":
    """What a function of the plots draws; they load where the first picture is drawn, which may be elsewhere."""
    from analysis import plots

    figure: Figure = getattr(plots, name)(*arguments)
    return figure


def fan_picture(about: Legend, quantiles: xr.DataArray, number: int) -> Picture:
    """The fan chart of one national outcome's quantiles."""
    return Picture(f"fan_{number}.png", _describe_fan(about, quantiles), partial(_draw, "draw_fan", about, quantiles))


def difference_picture(about: Legend, differences: xr.Dataset, leading: int, number: int) -> Picture:
    """The forest plot of one national outcome's differences; leading: position of the regime that is described."""
    last = differences.isel(year=[-1])
    description = _describe_difference(about, last.isel(year=0, regime=leading))
    return Picture(f"difference_{number}.png", description, partial(_draw, "draw_paired", about, last))


def region_picture(about: Legend, data: xr.Dataset, outcome: str, policy: str) -> Picture:
    """The heat map of one regional outcome under one policy."""
    medians = fan(data.sel(policy=[policy]), outcome, (0.5,)).isel(policy=0, quantile=0)
    leading = leading_row(data, medians)
    description = _describe_regions(about, medians.isel(regime=leading, year=-1))
    return Picture("regions.png", description, partial(_draw, "draw_heat_map", about, medians, leading))


def regional_difference_picture(about: Legend, data: xr.Dataset, outcome: str, to: str) -> Picture:
    """Differences of one regional outcome to policy `to` by region and policy."""
    last = paired_difference(data.isel(year=[-1]), outcome, to).isel(year=-1)
    leading = leading_row(data, last)
    description = _describe_regional_difference(about, last.isel(regime=leading))
    draw = partial(_draw, "draw_regional_difference", about, last, leading)
    return Picture("regional_differences.png", description, draw)


def _regime(last: xr.Dataset | xr.DataArray) -> str:
    """The one regime of what is described, in words."""
    name = str(last["regime"].item())
    return name if name == ALL_REGIMES else f"regime {name}"


def _describe_fan(about: Legend, quantiles: xr.DataArray) -> str:
    """The last year's median by regime under the first policy, in words."""
    last = quantiles.sel(quantile=0.5).isel(policy=0, year=-1)
    scale = scale_for(str(last.name), str(last.attrs.get("units", "")), last.to_numpy())
    medians = zip(last["regime"].to_numpy(), last.to_numpy(), strict=True)
    listed = ", ".join(f"{name} {scale.show(value)}" for name, value in medians)
    return (
        f"Fan charts of {readable(str(last.name))} by policy and regime. Median under "
        f"{about.labels[str(last['policy'].item())]} in {int(last['year'])}, {scale.unit}: {listed}."
    )


def _describe_difference(about: Legend, last: xr.Dataset) -> str:
    """The last year's mean differences in the regime of the largest weight, (policy,), in words."""
    outcome = str(last.attrs["outcome"])
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last["mean"].to_numpy(), difference=True)
    means = zip(last["policy"].to_numpy(), last["mean"].to_numpy(), strict=True)
    listed = ", ".join(f"{about.labels[str(name)]} {scale.show(value, signed=True)}" for name, value in means)
    return (
        f"Forest plot of differences of {readable(outcome)} to {about.labels[str(last.attrs['to'])]} by regime. "
        f"Means in {int(last['year'])}, {_regime(last)}, {scale.unit}: {listed}."
    )


def _describe_regional_difference(about: Legend, last: xr.Dataset) -> str:
    """Each policy's lowest and highest difference in the regime of the largest weight, (policy, region), in words."""
    outcome, names = str(last.attrs["outcome"]), last["region"].to_numpy()
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last["mean"].to_numpy(), difference=True)
    texts = []
    for policy in last["policy"].to_numpy():
        means = last["mean"].sel(policy=policy).to_numpy()
        ends = (int(np.argmin(means)), int(np.argmax(means)))
        shown = ", ".join(f"{names[end]} {scale.show(means[end], signed=True)}" for end in ends)
        texts.append(f"{about.labels[str(policy)]}: {shown}")
    return (
        f"Mean differences of {readable(outcome)} to {about.labels[str(last.attrs['to'])]} by region, policy and "
        f"regime. Lowest and highest in {int(last['year'])}, {_regime(last)}, {scale.unit}: "
        f"{'; '.join(texts)}."
    )


def _describe_regions(about: Legend, last: xr.DataArray) -> str:
    """The regions with the highest and lowest last median in the regime of the largest weight, in words."""
    outcome, policy = str(last.name), str(last["policy"].item())
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last.to_numpy())
    shown = [scale.show(value) for value in last.to_numpy()]
    high, low = int(np.argmax(last.to_numpy())), int(np.argmin(last.to_numpy()))
    names = last["region"].to_numpy()
    return (
        f"Heat map of the median {readable(outcome)} by region, year and regime under {about.labels[policy]}. "
        f"In {int(last['year'])}, {_regime(last)}: highest in {names[high]} "
        f"({shown[high]} {scale.unit}), lowest in {names[low]} ({shown[low]} {scale.unit})."
    )
