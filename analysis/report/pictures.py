"""Draws the report's pictures and says in words what each shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from analysis.labels import policy_labels
from analysis.paired import paired_difference
from analysis.plots import plot_fan, plot_heat_map, plot_paired, plot_regional_difference
from analysis.regimes import regimes_of
from analysis.statistics import fan
from analysis.units import readable, scale_for

__all__ = ["Picture", "difference_pictures", "fan_pictures", "region_picture", "regional_difference_picture"]

DOTS_PER_INCH = 150


@dataclass(frozen=True)
class Picture:
    """A PNG file in the report's folder and its description for those who can't see it."""

    file: str
    description: str


def fan_pictures(data: xr.Dataset, outcomes: Sequence[str], folder: Path) -> list[Picture]:
    """One fan chart for each national outcome."""
    pictures = []
    for position, outcome in enumerate(outcomes, start=1):
        picture = Picture(f"fan_{position}.png", _describe_fan(data, outcome))
        plot_fan(data, outcome).savefig(folder / picture.file, dpi=DOTS_PER_INCH)
        pictures.append(picture)
    return pictures


def difference_pictures(data: xr.Dataset, outcomes: Sequence[str], to: str, folder: Path) -> list[Picture]:
    """One forest plot of differences to policy `to` for each national outcome."""
    pictures = []
    for position, outcome in enumerate(outcomes, start=1):
        picture = Picture(f"difference_{position}.png", _describe_difference(data, outcome, to))
        plot_paired(data, outcome, to).savefig(folder / picture.file, dpi=DOTS_PER_INCH)
        pictures.append(picture)
    return pictures


def region_picture(data: xr.Dataset, outcome: str, policy: str, folder: Path) -> Picture:
    """The heat map of one regional outcome under one policy."""
    picture = Picture("regions.png", _describe_regions(data, outcome, policy))
    plot_heat_map(data, outcome, policy).savefig(folder / picture.file, dpi=DOTS_PER_INCH)
    return picture


def regional_difference_picture(data: xr.Dataset, outcome: str, to: str, folder: Path) -> Picture:
    """Differences of one regional outcome to policy `to` by region and policy."""
    picture = Picture("regional_differences.png", _describe_regional_difference(data, outcome, to))
    plot_regional_difference(data, outcome, to).savefig(folder / picture.file, dpi=DOTS_PER_INCH)
    return picture


def _describe_fan(data: xr.Dataset, outcome: str) -> str:
    """The last year's median by regime under the first policy, in words."""
    last = fan(data, outcome, (0.5,)).isel(policy=0, year=-1, quantile=0)
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last.to_numpy())
    medians = zip(last["regime"].to_numpy(), last.to_numpy(), strict=True)
    listed = ", ".join(f"{name} {scale.show(value)}" for name, value in medians)
    return (
        f"Fan charts of {readable(outcome)} by policy and regime. Median under "
        f"{policy_labels(data)[str(last['policy'].item())]} in {int(last['year'])}, {scale.unit}: {listed}."
    )


def _describe_difference(data: xr.Dataset, outcome: str, to: str) -> str:
    """The last year's mean differences in the regime of the largest weight, in words."""
    leading = int(np.argmax(regimes_of(data).weights))
    last = paired_difference(data, outcome, to).isel(year=-1, regime=leading)
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last["mean"].to_numpy(), difference=True)
    means = zip(last["policy"].to_numpy(), last["mean"].to_numpy(), strict=True)
    labels = policy_labels(data)
    listed = ", ".join(f"{labels[str(name)]} {scale.show(value, signed=True)}" for name, value in means)
    return (
        f"Forest plot of differences of {readable(outcome)} to {labels[to]} by regime. "
        f"Means in {int(last['year'])}, regime {last['regime'].item()}, {scale.unit}: {listed}."
    )


def _describe_regional_difference(data: xr.Dataset, outcome: str, to: str) -> str:
    """Each policy's lowest and highest regional difference in the regime of the largest weight, in words."""
    leading = int(np.argmax(regimes_of(data).weights))
    last = paired_difference(data.isel(year=[-1]), outcome, to).isel(year=-1, regime=leading)
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last["mean"].to_numpy(), difference=True)
    names, labels = last["region"].to_numpy(), policy_labels(data)
    texts = []
    for policy in last["policy"].to_numpy():
        means = last["mean"].sel(policy=policy).to_numpy()
        ends = (int(np.argmin(means)), int(np.argmax(means)))
        shown = ", ".join(f"{names[end]} {scale.show(means[end], signed=True)}" for end in ends)
        texts.append(f"{labels[str(policy)]}: {shown}")
    return (
        f"Mean differences of {readable(outcome)} to {labels[to]} by region, policy and regime. Lowest and highest in "
        f"{int(last['year'])}, regime {last['regime'].item()}, {scale.unit}: {'; '.join(texts)}."
    )


def _describe_regions(data: xr.Dataset, outcome: str, policy: str) -> str:
    """The regions with the highest and lowest last value in the regime of the largest weight, in words."""
    leading = int(np.argmax(regimes_of(data).weights))
    last = fan(data.sel(policy=[policy]), outcome, (0.5,)).isel(regime=leading, policy=0, year=-1, quantile=0)
    scale = scale_for(outcome, str(last.attrs.get("units", "")), last.to_numpy())
    shown = [scale.show(value) for value in last.to_numpy()]
    high, low = int(np.argmax(last.to_numpy())), int(np.argmin(last.to_numpy()))
    names = last["region"].to_numpy()
    return (
        f"Heat map of the median {readable(outcome)} by region, year and regime under {policy_labels(data)[policy]}. "
        f"In {int(last['year'])}, regime {last['regime'].item()}: highest in {names[high]} "
        f"({shown[high]} {scale.unit}), lowest in {names[low]} ({shown[low]} {scale.unit})."
    )
