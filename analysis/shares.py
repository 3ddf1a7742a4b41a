"""Shares of an outcome's variance with their Monte Carlo errors, by regime or pooled: what all of sensitivity shares.

An outcome varies between regimes and within them: its variance is that of the regimes' means and the mean of their
variances. A share is a ratio of two means over draws (or blocks of them), of what a factor explains and of squared
distances, so that its error follows from influence values.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.caution import refuse_gaps
from analysis.monte_carlo import NORMAL_95, weighted_mean
from analysis.regimes import Regimes
from analysis.statistics import outcome_values, without_draws
from sweep.errors import ConfigError

__all__ = ["NORMAL_95", "View", "chosen", "intervals", "level", "measured", "share", "views"]

# A standard deviation below a hundred-thousandth of the mean is what float32 makes of a constant.
_NO_SPREAD = 1e-10
_AT_ONCE = 2**22

Floats = NDArray[np.float64]
Found = Mapping[str, Floats]


@dataclass(frozen=True)
class View:
    """Draws, or blocks, that one row of a result is of: their positions, and weights that sum to 1.

    regimes: places of each regime's draws among these.
    """

    members: NDArray[np.integer]
    weights: Floats
    regimes: tuple[NDArray[np.integer], ...]

    def mean(self, values: Floats) -> tuple[Floats, Floats]:
        """Mean of values of these draws, (draw, …), and influence values.

        Weights of regimes are stated: it moves nothing how many draws a regime has, only what they are.
        """
        mean, influence = weighted_mean(values, self.weights)
        for places in self.regimes if len(self.regimes) > 1 else ():
            influence[places] -= influence[places].mean(axis=0)
        return mean, influence


def views(regimes: Regimes, pooled: bool) -> list[View]:
    """Each regime by itself, or all together with their weights."""
    if pooled:
        return [View(np.arange(sum(regimes.draws)), regimes.draw_weights, regimes.members)]
    equal = {count: np.full(count, 1 / count) for count in regimes.draws}
    return [View(members, equal[len(members)], (np.arange(len(members)),)) for members in regimes.members]


def level(values: Floats, regimes: Regimes) -> Floats:
    """Mean of each draw's own regime, (draw, lane)."""
    means = np.empty_like(values)
    for members in regimes.members:
        means[members] = values[members].mean(axis=0)
    return means


def share(top: Floats, spread: Floats, view: View, mean: Floats) -> tuple[Floats, Floats]:
    """Share of the variance, (…, lane), and its influence values; NaN where an outcome has no spread.

    top: what is explained, (draw, …, lane); spread: squared distances from the mean, (draw, lane); mean: (lane,).
    """
    whole = _weighted(view.weights, spread)
    whole = np.where(whole > _NO_SPREAD * mean**2, whole, np.nan)
    found = _weighted(view.weights, top) / whole
    # A ratio moves as far as its parts draw apart, which they do by nothing on average.
    _, influence = view.mean(top - found * spread.reshape(len(spread), *[1] * (top.ndim - 2), -1))
    return found, influence / whole


def _weighted(shares: Floats, values: Floats) -> Floats:
    """Sum over draws, (…), of values (draw, …) times shares (draw,)."""
    return np.asarray((shares @ values.reshape(len(values), -1)).reshape(values.shape[1:]))


def chosen(data: xr.Dataset, outcome: str, year: int | None) -> xr.DataArray:
    """An outcome in one year, or in all. Raises ConfigError where there is none, or not that year."""
    stored = outcome_values(data, outcome)
    years = [int(value) for value in data["year"].to_numpy()]
    if year is None:
        return stored
    if year not in years:
        raise ConfigError(f"no year {year} in the store: it holds {years[0]} to {years[-1]}")
    return stored.isel(year=[years.index(year)])


def _slices(lanes: int, values: int) -> Iterator[slice]:
    """Lanes a part at a time, such that values per lane stay within memory."""
    step = max(1, _AT_ONCE // values)
    yield from (slice(first, first + step) for first in range(0, lanes, step))


def measured(
    stored: xr.DataArray,
    regimes: Regimes,
    pooled: bool,
    factors: Sequence[str],
    measure: Callable[[Floats], Found],
    copies: int = 1,
    counted: str = "draws",
) -> xr.Dataset:
    """What is found of each policy, as (regime, policy, [region,] year, factor), without regime where pooled.

    stored: (policy, draw, [region,] year); measure: from values (draw, lane) to name -> (view, factor, lane); copies:
    of its values that it holds at once; counted: what regimes count.
    """
    found: list[dict[str, Floats]] = []
    for policy in range(stored.sizes["policy"]):
        values = stored[policy].to_numpy().reshape(stored.sizes["draw"], -1)
        refuse_gaps(str(stored.name), values)
        parts = [measure(values[:, part].astype(np.float64)) for part in _slices(values.shape[1], copies * len(values))]
        found.append({name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]})
    lanes = stored.shape[2:]
    arrays = {name: np.stack([each[name] for each in found], axis=1) for name in found[0]}
    arrays = {name: np.moveaxis(each.reshape(*each.shape[:3], *lanes), 2, -1) for name, each in arrays.items()}
    dims = [str(dim) for dim in stored.dims if dim != "draw"] + ["factor"]
    coordinates: dict[str, Any] = without_draws(stored) | {"factor": list(factors)}
    attributes = {"outcome": str(stored.name), "long_name": stored.attrs.get("long_name", str(stored.name))}
    if pooled:
        attributes |= regimes.pooled_attributes
        return xr.Dataset({name: (dims, each[0]) for name, each in arrays.items()}, coordinates, attributes)
    coordinates |= {"regime": list(regimes.names), counted: ("regime", list(regimes.draws))}
    return xr.Dataset({name: (["regime", *dims], each) for name, each in arrays.items()}, coordinates, attributes)


def intervals(found: xr.Dataset, *names: str, reach_in_errors: float = NORMAL_95) -> xr.Dataset:
    """Add `…_lower` and `…_upper`, the ends of 95 % intervals, so many errors `…_error` to both sides of `…`."""
    ends: dict[str, xr.DataArray] = {}
    for name in names:
        reach = reach_in_errors * found[f"{name}_error"]
        ends |= {f"{name}_lower": found[name] - reach, f"{name}_upper": found[name] + reach}
    return found.assign(ends)
