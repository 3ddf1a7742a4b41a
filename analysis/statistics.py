"""Quantiles of an outcome over draws: by regime, or pooled if asked for and then with the weights stated."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import is_number, refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned, gaps_told, refuse_nothing
from analysis.counted import counted_fan, counted_names, refuse_counted
from analysis.monte_carlo import design_told, seam_told
from analysis.regimes import Regimes, regimes_of
from sweep.errors import ConfigError, nearest

__all__ = ["PROBABILITIES", "chosen_year", "fan", "in_memory", "is_large", "kept_outcomes", "outcome_names"]
__all__ += ["outcome_values"]
__all__ += ["refuse_probabilities", "refuse_threshold", "summary", "tail_regime", "tail_sentence"]
__all__ += ["weighted_quantiles", "without_draws"]

# Values of an outcome whose quantiles are exact: of more, sorting them takes ten times as long as counting. And draws:
# of more, their weights and order take more memory than all else.
_AT_ONCE, _MOST_SORTED = 2**23, 2**16
PROBABILITIES = (0.05, 0.25, 0.5, 0.75, 0.95)


def outcome_names(data: xr.Dataset, regional: bool | None = None) -> list[str]:
    """Names of the outcomes, variables over (policy, draw, ..., year), regional or national ones if asked."""
    # Of variables, since an array made for each name would take a hundred times as long.
    dims = {str(name): set(data.variables[name].dims) for name in data.data_vars}
    names = {name: "region" in own for name, own in dims.items() if {"policy", "draw", "year"} <= own}
    names |= {name: "region" in dims[f"{name}.mean"] for name in counted_names(data)}
    return sorted(name for name, by_region in names.items() if regional is None or by_region == regional)


def outcome_values(data: xr.Dataset, outcome: str) -> xr.DataArray:
    """One outcome as stored, (policy, draw, [region,] year), or an error that names the nearest valid one.

    Raises ConfigError also where an outcome has statistics and no draws, and where a choice left nothing.
    """
    refuse_counted(data, outcome)
    names = outcome_names(data)
    if outcome not in names:
        raise ConfigError(f"unknown outcome {outcome!r}: {nearest(outcome, names)}")
    stored = data[outcome].transpose("policy", "draw", ..., "year")
    refuse_nothing(stored.sizes)
    return stored


def kept_outcomes(data: xr.Dataset, outcomes: Sequence[str] | None = None) -> list[str]:
    """Outcomes that have draws: those named, or all national ones. Raises ConfigError on others, and on none."""
    if isinstance(outcomes, str):
        raise ConfigError(f"outcomes: expected a list of names, as [{outcomes!r}], got {outcomes!r}")
    kept = [name for name in outcome_names(data, regional=False) if name not in counted_names(data)]
    names = list(dict.fromkeys(kept if outcomes is None else outcomes))
    for name in names:
        outcome_values(data, name)
    if not names:
        raise ConfigError(f"outcomes: expected one or more, got none; {nearest('', outcome_names(data))}")
    return names


def refuse_probabilities(probabilities: Sequence[float]) -> None:
    """Raise ConfigError on probabilities that are none, and on one by itself."""
    if np.ndim(probabilities) != 1:
        raise ConfigError(f"probabilities: expected a list of numbers from 0 to 1, as [0.95], got {probabilities!r}")
    if not all(0 <= probability <= 1 for probability in probabilities):
        raise ConfigError(f"probabilities: expected numbers from 0 to 1, as 0.95, got {list(probabilities)}")


def refuse_threshold(threshold: Any, outcome: str, key: str = "threshold") -> None:
    """Raise ConfigError on a threshold that is no finite number; key: what it is called."""
    if not is_number(threshold):
        raise ConfigError(f"{key}: expected a number in the units of {outcome}, got {threshold!r}")


def is_large(values: xr.DataArray) -> bool:
    """Whether an outcome is to be counted in one pass over its draws instead of read into memory."""
    return bool(values.size > _AT_ONCE or values.sizes["draw"] > _MOST_SORTED)


def in_memory(data: xr.Dataset, outcome: str) -> xr.Dataset:
    """The dataset with one outcome in memory, or where it is too large or only counted, as it is."""
    if outcome in counted_names(data) or is_large(outcome_values(data, outcome)):
        return data
    return data[[outcome, *({"regime"} & set(data.data_vars))]].compute()


def without_draws(values: xr.DataArray) -> dict[str, xr.DataArray]:
    """The coordinates of what is left of an outcome when a statistic was taken over its draws."""
    return {str(name): coordinate for name, coordinate in values.coords.items() if "draw" not in coordinate.dims}


def fan(
    data: xr.Dataset, outcome: str, probabilities: Sequence[float] = PROBABILITIES, pooled: bool = False
) -> xr.DataArray:
    """Quantiles over draws, (regime, policy, [region,] year, quantile), with coordinate `draws` by regime.

    `estimates` gives the same with Monte Carlo errors. If `pooled`, there is no regime dimension and the attribute
    `weights` says how regimes were weighted. Of more than 2^23 values, or 2^16 draws, quantiles are counted in one
    pass, and the attribute `quantile_error` says by how much, in the outcome's units, any of them may be off. Of one
    that is kept as statistics there is one regime, all of them. Draws that aren't finite give NaN, and a warning.

    >>> from analysis import example, fan
    >>> found = fan(example(), "national_unemployment_rate", [0.05, 0.5, 0.95])
    >>> found.sel(regime="rapid", policy="none", year=2035).values.round(3).tolist()
    [0.046, 0.098, 0.179]
    """
    refuse_no_sweep(data)
    refuse_probabilities(probabilities)
    if outcome in counted_names(data):
        return cautioned(counted_fan(data, outcome, probabilities, pooled), design_told(data))
    stored, regimes = outcome_values(data, outcome), regimes_of(data, weighted=True)
    # Of plain arrays: for small stores xarray's own operations would take many times as long.
    coordinates: dict[str, Any] = without_draws(stored) | {"quantile": list(probabilities)}
    attributes = {key: stored.attrs[key] for key in ("units", "long_name") if key in stored.attrs}
    dims = [str(dim) for dim in stored.dims if dim != "draw"] + ["quantile"]
    if regimes.likelihoods is not None:
        quantiles = _weighted(stored, regimes, probabilities, pooled)
    elif is_large(stored):
        quantiles, error = _counted(stored, regimes, probabilities, pooled)
        attributes["quantile_error"] = error
    elif pooled:
        quantiles = weighted_quantiles(np.moveaxis(stored.to_numpy(), 1, -1), regimes.draw_weights, probabilities)
    else:
        values = stored.to_numpy()
        parts = [np.quantile(values[:, members], probabilities, axis=1) for members in regimes.members]
        quantiles = np.moveaxis(np.stack(parts), 1, -1)
    coordinates |= regimes.counts(pooled)
    attributes |= regimes.pooled_attributes if pooled else {}
    dims = dims if pooled else ["regime", *dims]
    found = xr.DataArray(quantiles, coordinates, dims, outcome, attributes)
    return cautioned(found, gaps_told(outcome, quantiles), design_told(data))


def _weighted(
    stored: xr.DataArray, regimes: Regimes, probabilities: Sequence[float], pooled: bool
) -> NDArray[np.float64]:
    """Quantiles as those of `fan`, of draws that weigh differently; one policy in memory at a time."""
    weights = [regimes.draw_weights] if pooled else regimes.weights_by_regime
    found = []
    for policy in range(stored.sizes["policy"]):
        values = np.moveaxis(stored.isel(policy=policy).to_numpy(), 0, -1)
        found.append([weighted_quantiles(values, own, probabilities) for own in weights])
    quantiles = np.moveaxis(np.array(found), 0, 1)
    return quantiles[0] if pooled else quantiles


def _counted(
    stored: xr.DataArray, regimes: Regimes, probabilities: Sequence[float], pooled: bool
) -> tuple[NDArray[np.float64], float]:
    """Quantiles as those of `fan`, in one pass over draws, and the most that one may be off."""
    from analysis.streaming import quantiles, tally_outcome

    found, error = quantiles(tally_outcome(stored, regimes), probabilities, regimes.weights if pooled else None)
    return found.reshape(*found.shape[:-2], *stored.shape[2:], len(probabilities)), error


def chosen_year(data: xr.Dataset, year: int | None = None) -> int:
    """A year of the store, by default the last. Raises ConfigError on another."""
    years = [int(value) for value in data["year"].to_numpy()]
    if year is not None and int(year) not in years:
        raise ConfigError(f"no year {year} in the store: it holds {years[0]} to {years[-1]}")
    return years[-1] if year is None else int(year)


def summary(data: xr.Dataset, outcome: str, year: int | None = None) -> xr.Dataset:
    """Pooled `median`, `lower` (5 %), `upper` (95 %) and `median_by_regime` of one year (default: the last).

    Each has its Monte Carlo standard error beside it, `median_error` and so on, NaN where draws are too few to tell
    it. Dimensions are (policy, [region]) and (regime, policy, [region]); `weights` in the attributes says how
    regimes were pooled, `errors` how errors were made, `draws` counts the draws of each regime.

    >>> from analysis import example, summary
    >>> found = summary(example(), "national_unemployment_rate").sel(policy="none")
    >>> found["median"].round(4).item(), found["median_error"].round(4).item()
    (0.065, 0.0003)
    >>> found["median_by_regime"].values.round(4).tolist()
    [0.0597, 0.0983]
    """
    refuse_no_sweep(data)
    from analysis.estimation import between, plain_estimates

    # Read once for both.
    snapshot = in_memory(data.sel(year=[chosen_year(data, year)]), outcome)
    pooled = plain_estimates(snapshot, outcome, (0.05, 0.5, 0.95), pooled=True).isel(year=0)
    by_regime = plain_estimates(snapshot, outcome, (0.5,)).isel(year=0, quantile=0, drop=True)
    table = xr.Dataset()
    for place, name in enumerate(("lower", "median", "upper")):
        column = pooled.isel(quantile=place, drop=True).drop_vars(["draws", "effective_draws"])
        table = table.assign({name: column["quantiles"], f"{name}_error": column["quantiles_error"]})
    medians = {"median_by_regime": by_regime["quantiles"], "median_by_regime_error": by_regime["quantiles_error"]}
    told = (gaps_told(outcome, pooled["mean"].to_numpy()), seam_told(outcome, between(pooled)), design_told(data))
    found = described(table.assign(medians).assign_attrs(pooled.attrs), pooled.attrs.get("units", "1"))
    return cautioned(found, *told)


def tail_regime(data: xr.Dataset, outcome: str) -> tuple[int, float] | None:
    """Position of the regime that has most of every policy's pooled upper tail in the last year, and its share of it.

    None where no regime has most of it, or there is only one.
    """
    regimes = regimes_of(data, weighted=True)
    if len(regimes.names) < 2:
        return None
    values = outcome_values(data, outcome).isel(year=[-1])
    counted = is_large(values) and regimes.likelihoods is None
    shares = _counted_tail_shares(values, regimes) if counted else _tail_shares(values, regimes)
    leading = int(np.argmax(shares))
    return (leading, float(shares[leading])) if shares[leading] > 0.5 else None


def tail_sentence(data: xr.Dataset, outcome: str) -> str:
    """Which regime the pooled upper tail of the last year is, "" where no regime has most of every policy's tail.

    >>> from analysis import example, tail_sentence
    >>> print(tail_sentence(example(), "national_unemployment_rate"))
    The pooled upper tail is the weight put on the rapid regime (0.3): 100 % of what lies above the pooled 95 %
    point is rapid.
    """
    refuse_no_sweep(data)
    found = tail_regime(data, outcome)
    if found is None:
        return ""
    regimes, (leading, share) = regimes_of(data, weighted=True), found
    name, weight = regimes.names[leading], regimes.weights[leading]
    return (
        f"The pooled upper tail is the weight put on the {name} regime ({weight:.3g}): "
        f"{100 * share:.0f} % of what lies above the pooled 95 % point is {name}."
    )


def _tail_shares(values: xr.DataArray, regimes: Regimes) -> NDArray[np.float64]:
    """Each regime's share of the weight above the pooled 95 % points, the smallest over policies, (regime,)."""
    lanes = np.moveaxis(values.to_numpy(), 1, -1).reshape(-1, values.sizes["draw"])
    above = (lanes > weighted_quantiles(lanes, regimes.draw_weights, (0.95,))) * regimes.draw_weights
    by_regime = np.stack([above[:, members].sum(axis=1) for members in regimes.members])
    total = np.maximum(above.sum(axis=1), np.finfo(float).tiny)
    least: NDArray[np.float64] = (by_regime / total).min(axis=1)
    return least


def _counted_tail_shares(values: xr.DataArray, regimes: Regimes) -> NDArray[np.float64]:
    """As `_tail_shares`, in one pass over draws."""
    from analysis.streaming import tally_outcome

    found = []
    for tally in tally_outcome(values, regimes):
        above = 1 - tally.shares(tally.quantiles([0.95], regimes.weights)[0])[..., 0]
        found.append(np.asarray(regimes.weights)[:, None] * above)
    by_regime = np.concatenate(found, axis=1)
    least: NDArray[np.float64] = (by_regime / np.maximum(by_regime.sum(axis=0), np.finfo(float).tiny)).min(axis=1)
    return least


def weighted_quantiles(
    values: NDArray[np.floating], weights: NDArray[np.float64], probabilities: Sequence[float]
) -> NDArray[np.float64]:
    """Weighted quantiles over the last axis, (..., draw) to (..., quantile); NaN stays NaN.

    The sorted draws sit at the middles of their weights, stretched to [0, 1], and values between are linear:
    with equal weights this is numpy's default.
    """
    used = weights > 0
    lanes, own = values[..., used].reshape(-1, int(used.sum())), weights[used]
    found = np.full((len(lanes), len(probabilities)), np.nan)
    # One lane after another: of a million draws each of these takes some megabytes.
    for row, lane in enumerate(lanes):
        if not np.isnan(lane).any():
            order = np.argsort(lane)
            middle = np.cumsum(own[order]) - own[order] / 2
            span = max(middle[-1] - middle[0], np.finfo(float).tiny)
            found[row] = np.interp(probabilities, (middle - middle[0]) / span, lane[order].astype(float))
    return found.reshape(*values.shape[:-1], len(probabilities))
