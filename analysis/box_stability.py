"""How stable boxes are: found anew in random halves of the draws, and tried on the other halves."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_count, refuse_no_sweep
from analysis.attributes import described
from analysis.boxes import Box, Points
from analysis.caution import cautioned
from analysis.discovery import FEWEST_CASES, Search, space_of, without_places
from analysis.found_boxes import Space, about, parameter_coordinates
from analysis.monte_carlo import design_told

__all__ = ["resampled"]

SPREAD = (0.05, 0.5, 0.95)
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def resampled(
    data: xr.Dataset,
    cases: xr.DataArray,
    over: Sequence[str] | None = None,
    *,
    resamples: int = 50,
    seed: int = 1,
    most: int = 4,
    density: float | None = None,
    share: float = 0.05,
    smallest: float | None = None,
) -> xr.Dataset:
    """How stable the first box of `prim` is: found anew in random halves of the draws, and tried on the other halves.

    Halves vary as much as bootstrap samples of all draws do, and leave draws over that a box was not fitted to.
    By parameter: `restricted`, the share of halves in whose box it has a limit; `low` and `high`, (parameter,
    quantile), of those halves' limits in the parameter's units. By resample: `coverage` and `density` in its half,
    `coverage_outside` and `density_outside` in the other one. `in_box`: share of halves with a regime in the box.
    A half without a box counts as unrestricted. Raises ConfigError as `prim`, and on fewer than 40 cases.

    >>> from analysis import example, exceeds, resampled
    >>> data = example()
    >>> found = resampled(data, exceeds(data, "national_unemployment_rate", 0.1), resamples=20)
    >>> found["restricted"].sel(parameter=["automation", "take_up"]).values.round(1).tolist()
    [1.0, 0.0]
    """
    refuse_no_sweep(data)
    refuse_count("resamples", resamples)
    refuse_count("seed", seed, 0)
    space, search = space_of(data, cases, over, 2 * FEWEST_CASES), Search(most, density, share, smallest)
    points, generator = space.points, np.random.default_rng(seed)
    halves = [generator.permutation(len(points.wanted)) < len(points.wanted) // 2 for _ in range(resamples)]
    in_halves = [search.box(points, half, part=0.5) for half in halves]
    boxes = [each.box if each else points.everything for each in in_halves]
    found, told = without_places(data, _stability(space, boxes, halves), over)
    return cautioned(found, told, design_told(data))


def _stability(space: Space, boxes: Sequence[Box], halves: Sequence[Mask]) -> xr.Dataset:
    """What the boxes of halves have in common, and how they do in their halves and in the others."""
    points, names = space.points, len(space.names)
    low, high = np.array([box.low for box in boxes]), np.array([box.high for box in boxes])
    regimes = np.array([space.by_regime(box.regimes) for box in boxes])
    limited = np.concatenate([np.isfinite(low) | np.isfinite(high), ~regimes.all(axis=1, keepdims=True)], axis=1)
    inside = [_shares(points, box, half) for box, half in zip(boxes, halves, strict=True)]
    outside = [_shares(points, box, ~half) for box, half in zip(boxes, halves, strict=True)]
    ends, none = ("parameter", "quantile"), np.full((len(space.parameters) - names, len(SPREAD)), np.nan)
    values = {
        "restricted": ("parameter", limited.mean(axis=0)[: len(space.parameters)]),
        "low": (ends, np.concatenate([_spread(low), none])),
        "high": (ends, np.concatenate([_spread(high), none])),
        "in_box": ("regime", regimes.mean(axis=0)),
        "coverage": ("resample", [coverage for coverage, _ in inside]),
        "density": ("resample", [density for _, density in inside]),
        "coverage_outside": ("resample", [coverage for coverage, _ in outside]),
        "density_outside": ("resample", [density for _, density in outside]),
    }
    found = xr.Dataset(values, parameter_coordinates(space) | {"quantile": list(SPREAD)}, about(space))
    return described(found, "", "low", "high")


def _shares(points: Points, box: Box, among: Mask) -> tuple[float, float]:
    """Coverage and density of a box with the draws `among`, (draw,)."""
    weight, held = points.sums(among & box.holds(points))
    return held / points.sums(among)[1], held / weight if weight else np.nan


def _spread(limits: Floats) -> Floats:
    """Quantiles of each parameter's finite limits, (parameter, quantile), of (resample, parameter); NaN if none is."""
    finite = [column[np.isfinite(column)] for column in limits.T]
    found = [np.quantile(own, SPREAD) if own.size else [np.nan] * len(SPREAD) for own in finite]
    return np.array(found, dtype=float).reshape(len(finite), len(SPREAD))
