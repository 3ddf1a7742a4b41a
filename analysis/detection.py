"""Power of a pilot: how many regions and years it takes until a policy's effect can be told from noise."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import is_number, refuse_count, refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.futures import few_draws
from analysis.monte_carlo import error_of_probability
from analysis.pilot import over_draws, pilot_of
from sweep.errors import ConfigError

__all__ = ["power", "power_of_t"]

Floats = NDArray[np.float64]


def power(
    data: xr.Dataset,
    policy: str,
    outcome: str,
    noise: float,
    *,
    to: str = "none",
    log: bool = False,
    regions: Sequence[int] = (),
    before: int | None = None,
    level: float = 0.05,
    wanted: float = 0.8,
    pooled: bool = False,
) -> xr.Dataset:
    """Chance that difference in differences finds a policy's effect, by ([regime,] treated, year).

    The trial has so many `treated` regions (default: ten numbers up to half of all), compares the mean from the start
    to a year with the mean before it, with all other regions, and tests at a level (two-sided t). Its variance is that
    of how regions drift apart without the policy, in each draw, and of sampling: `noise` is the standard error of one
    region's yearly figure, in the outcome's units, or of its logarithm if `log`. Of a state's unemployment rate in the
    Current Population Survey it is at most 0.0048: 8 % of a rate of 6 % (US Census Bureau, CPS Methodology, Sampling).
    before: years before the start that are averaged (default: those of the data); more of them have less noise. Regions
    of the model have no shocks of their own: add to `noise` what you expect of these.

    `power` is the mean over draws, since the effect itself is uncertain; `detectable` the share of
    draws with the `wanted` power or more; `minimum_effect` the mean over draws of the effect that has it (Bloom 1995);
    `effect`, by ([regime,] year), the mean of what the estimator sees, spill-over deducted; each with its Monte Carlo
    error as `…_error`. More regions are taken to
    have the same effect as those treated here. Raises ConfigError as `difference_in_differences`, and on numbers of
    regions that leave none to compare with.

    >>> from analysis import example, power
    >>> found = power(example(), "pilot", "unemployment_rate", noise=0.002, regions=[2, 3], pooled=True)
    >>> found["power"].sel(year=2035).values.round(2).tolist()
    [0.11, 0.11]
    """
    refuse_no_sweep(data)
    if not all(map(is_number, (noise, level, wanted))) or not (noise >= 0 and 0 < level < wanted < 1):
        raise ConfigError(f"expected noise ≥ 0 and 0 < level < wanted < 1, got noise={noise}, {level}, {wanted}")
    if before is not None:
        refuse_count("before", before)
    if not isinstance(regions, Sequence | np.ndarray):
        raise ConfigError(f"regions: expected a list of numbers, as [2, 3], got {regions!r}")
    for number in regions:
        refuse_count("regions", number)
    pilot = pilot_of(data, policy, outcome, to, log)
    count = len(pilot.treated)
    treated = np.array(sorted({*map(int, regions)} or _numbers(count, int(pilot.treated.sum()))))
    if count < 3 or treated[0] < 1 or treated[-1] >= count:
        raise ConfigError(
            f"regions: expected numbers from 1 to {count - 1}, at least three regions in all; got {regions}"
        )
    effect = _so_far(pilot.contrast(pilot.effect), pilot.start)
    drift = _so_far(pilot.since_before(pilot.without), pilot.start).var(axis=1, ddof=1)
    years = np.arange(1, effect.shape[-1] + 1)
    sampling = noise**2 * (1 / years + 1 / (before or pilot.start))
    error = np.sqrt((drift + sampling)[:, None] * (1 / treated + 1 / (count - treated))[:, None])
    chance = power_of_t(effect[:, None], error, count - 2, level)
    coordinates = {"treated": treated, "year": data["year"].to_numpy()[pilot.start :]}
    found = over_draws(data, chance, coordinates, pooled)
    columns = {
        "power": found,
        "detectable": over_draws(data, (chance >= wanted).astype(float), coordinates, pooled),
        "minimum_effect": over_draws(data, error * _least(count - 2, level, wanted), coordinates, pooled),
        "effect": over_draws(data, effect, {"year": coordinates["year"]}, pooled),
    }
    parts = [own[["mean", "standard_error"]].rename(mean=name, standard_error=f"{name}_error") for name, own in
             columns.items()]  # fmt: skip
    result = xr.merge(parts, join="exact", compat="override", combine_attrs="override")
    result["detectable_error"] = xr.apply_ufunc(
        error_of_probability, result["detectable"], result["detectable_error"], result["effective_draws"]
    ).transpose(*result["detectable"].dims)
    told = {"noise": noise, "level": level, "wanted": wanted}
    result = described(result, pilot.about.get("units", "1"), "minimum_effect", "effect")
    return cautioned(result.assign_attrs(pilot.about | told).assign_attrs(result.attrs), few_draws(result))


def _numbers(count: int, treated: int) -> set[int]:
    """Numbers of treated regions to try: some ten from one to half of all, and those of this pilot."""
    return {treated, *np.unique(np.geomspace(1, max(count // 2, 1), 10).round().astype(int)).tolist()}


def _so_far(values: Floats, start: int) -> Floats:
    """Means from the start to each year, (…, year from the start), of (…, year)."""
    own = values[..., start:]
    means: Floats = own.cumsum(axis=-1) / np.arange(1, own.shape[-1] + 1)
    return means


def power_of_t(effect: Floats, error: Floats, freedom: int, level: float) -> Floats:
    """Chance that a two-sided t-test rejects, where effects of a size have errors of estimation of a size, (…).

    Cohen 1988: the square of a noncentral t is a noncentral F. Interpolated between 6,001 of its values, which is off
    by less than 1e-5.
    """
    from scipy.stats import f, ncf, t

    size = np.abs(effect) / np.maximum(error, np.finfo(float).tiny)
    grid = np.linspace(0, 6 * (float(t.isf(level / 2, freedom)) + 2), 6001)
    rejected = ncf.sf(f.isf(level, 1, freedom), 1, freedom, np.maximum(grid, 1e-6) ** 2)
    return np.asarray(np.interp(np.minimum(size, grid[-1]), grid, rejected))


def _least(freedom: int, level: float, wanted: float) -> float:
    """How many errors of estimation an effect must be large to have the wanted power."""
    from scipy.stats import t

    return float(t.isf(level / 2, freedom) + t.ppf(wanted, freedom))
