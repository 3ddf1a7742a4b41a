"""Estimates with their Monte Carlo errors: means, quantiles, probabilities above thresholds, and how they converge."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned, gaps_told, refuse_gaps
from analysis.counted import counted_estimates, counted_exceedance, counted_names
from analysis.futures import few_draws
from analysis.monte_carlo import (
    BATCHES,
    design_of,
    design_told,
    error_of_probability,
    error_of_quantile,
    errors_told,
    few_told,
    in_the_middle,
    seam_told,
    share_beside,
    standard_error,
    stratified_mean,
)
from analysis.regimes import Regimes, Strata, effective_draws, pooled_weights, regimes_of
from analysis.statistics import (
    PROBABILITIES,
    chosen_year,
    is_large,
    outcome_values,
    refuse_probabilities,
    refuse_threshold,
    without_draws,
)
from sweep.errors import ConfigError

__all__ = ["between", "by_policy", "convergence", "estimates", "exceedance", "inverse", "moments", "plain_estimates"]
__all__ += ["quantiles_of", "share_of"]

Floats = NDArray[np.float64]
Found = Mapping[str, NDArray[Any]]
_FEWEST = 2 * BATCHES
# Values in memory at a time, of some ten arrays.
_AT_ONCE = 2**21


def estimates(
    data: xr.Dataset,
    outcome: str,
    probabilities: Sequence[float] = PROBABILITIES,
    thresholds: Sequence[float] = (),
    pooled: bool = False,
) -> xr.Dataset:
    """Mean and quantiles over draws, and the share of draws above thresholds, each with its Monte Carlo standard error.

    `mean`, `quantiles` and `above` in the dimensions of `fan`, in the outcome's units and as a share; `mean_error`,
    `quantiles_error` and `above_error` beside them. An error is NaN where draws are too few to tell it, and where
    `between_regimes` says that stated weights alone decide a pooled quantile. The attribute
    `errors` says how they were made, `notice` what weakens them, as draws that aren't finite; `draws` and
    `effective_draws` (by how unlike weights are) count draws. Raises ConfigError on an
    unknown outcome, and on such draws where there are thresholds.

    >>> from analysis import estimates, example
    >>> found = estimates(example(), "national_unemployment_rate", [0.05, 0.5, 0.95], pooled=True)
    >>> found["quantiles"].sel(policy="ubi", year=2035).values.round(4).tolist()
    [0.0451, 0.063, 0.1268]
    >>> found["quantiles_error"].sel(policy="ubi", year=2035).values.round(4).tolist()
    [0.0001, 0.0002, 0.0029]
    """
    refuse_no_sweep(data)
    table = plain_estimates(data, outcome, probabilities, pooled)
    if np.size(thresholds):
        above = _above(data, outcome, thresholds, pooled)
        table = table.assign(above=above["probability"], above_error=above["probability_error"])
    wanting = np.array([0 < p < 1 for p in probabilities], dtype=bool) & np.isnan(table["quantiles_error"].to_numpy())
    gaps, seams = gaps_told(outcome, table["mean"].to_numpy()), seam_told(outcome, between(table))
    wanting = wanting & ~table["between_regimes"].to_numpy() if seams else wanting
    few = few_told(bool(wanting.any()) and not gaps)
    return cautioned(table, gaps, seams, few, few_draws(table), design_told(data))


def plain_estimates(
    data: xr.Dataset, outcome: str, probabilities: Sequence[float] = PROBABILITIES, pooled: bool = False
) -> xr.Dataset:
    """As `estimates`, without thresholds and without a warning."""
    refuse_probabilities(probabilities)
    if outcome in counted_names(data):
        return counted_estimates(data, outcome, probabilities, pooled)
    stored, regimes, design = outcome_values(data, outcome), regimes_of(data, weighted=True), design_of(data)
    told: dict[str, Any] = {"errors": errors_told(data, stored.sizes["draw"])}
    if is_large(stored) and regimes.likelihoods is None:
        from analysis.large import large_estimates

        found, told["quantile_error"] = large_estimates(stored, regimes, probabilities, pooled, design)
        told["errors"] = errors_told(data, stored.sizes["draw"], "means")
    else:

        def of(values: NDArray[Any], strata: Strata) -> Found:
            mean, influence = stratified_mean(values, strata)
            by_quantile = quantiles_of(values, strata, probabilities, design)
            return {"mean": mean, "mean_error": standard_error(influence, design), **by_quantile}

        found = _first_if(pooled, by_policy(stored, regimes.strata(pooled), of))
    if not pooled:
        found.pop("between_regimes", None)
    further = dict.fromkeys(("quantiles", "quantiles_error", "between_regimes"), "quantile")
    table = _table(stored, regimes, pooled, found, further)
    return table.assign_coords(quantile=list(probabilities)).assign_attrs(told)


def between(table: xr.Dataset) -> bool:
    """Whether some quantiles of a table of estimates lie between regimes."""
    return "between_regimes" in table and bool(table["between_regimes"].any())


def exceedance(data: xr.Dataset, outcome: str, thresholds: Sequence[float], pooled: bool = False) -> xr.Dataset:
    """Probability that an outcome exceeds thresholds, by (regime, policy, [region,] year, threshold).

    thresholds: in the outcome's units, at least one; of an outcome that is kept as statistics, those that the sweep
    counted. `probability` with its Monte Carlo standard error `probability_error`; where no draw or every draw exceeds
    a threshold, the error is that of about one draw more. If `pooled`, there is no regime dimension and the attribute
    `weights` says how regimes were weighted. Raises ConfigError on an unknown outcome, on thresholds not counted, and
    on draws that aren't finite.

    >>> from analysis import example, exceedance
    >>> found = exceedance(example(), "national_unemployment_rate", [0.1], pooled=True).sel(policy="none", year=2035)
    >>> found["probability"].values.round(3).tolist(), found["probability_error"].values.round(3).tolist()
    ([0.145], [0.006])
    """
    refuse_no_sweep(data)
    found = _above(data, outcome, thresholds, pooled)
    return cautioned(found, few_draws(found), design_told(data))


def convergence(
    data: xr.Dataset,
    outcome: str,
    probabilities: Sequence[float] = (0.05, 0.5, 0.95),
    year: int | None = None,
    pooled: bool = True,
) -> xr.Dataset:
    """Estimates of one year (default: the last) from the first 32, 64, 128, … draws, up to all of them.

    As `estimates`, by ([regime,] policy, [region,] first_draws): where they no longer move, and errors halve with four
    times the draws, there are enough. A regime is NaN until it has draws. Raises ConfigError on fewer than 32 draws.

    >>> from analysis import convergence, example
    >>> found = convergence(example(), "national_unemployment_rate").sel(policy="none")
    >>> found["first_draws"].values.tolist()
    [32, 64, 128, 256, 512]
    >>> found["mean_error"].values.round(4).tolist()
    [0.003, 0.0018, 0.001, 0.0006, 0.0002]
    """
    refuse_no_sweep(data)
    outcome_values(data, outcome)
    total = data.sizes["draw"]
    if total < _FEWEST:
        raise ConfigError(f"convergence: expected {_FEWEST} draws or more, got {total}; run the sweep with more draws")
    names = [outcome, *({"regime"} & set(data.data_vars))]
    held = data[names].sel(year=[chosen_year(data, year)]).load()
    sizes = [size for size in (_FEWEST << step for step in range(64)) if size < total] + [total]
    parts = [plain_estimates(held.isel(draw=slice(0, size)), outcome, probabilities, pooled) for size in sizes]
    every = parts[-1]
    shown = [part if pooled else part.reindex(regime=every["regime"]) for part in parts]
    columns = [part.isel(year=0).drop_vars(["draws", "effective_draws"]) for part in shown]
    joined = xr.concat(
        columns, xr.DataArray(sizes, dims="first_draws", name="first_draws"), coords="minimal", compat="override"
    )
    dims = [str(dim) for dim in every["mean"].dims if dim != "year"]
    found = joined.transpose(*dims, "first_draws", "quantile").assign_attrs(every.attrs)
    told = (gaps_told(outcome, every["mean"].to_numpy()), seam_told(outcome, between(every)))
    return cautioned(found, *told, design_told(data))


def _above(data: xr.Dataset, outcome: str, thresholds: Sequence[float], pooled: bool) -> xr.Dataset:
    """As `exceedance`, without a warning."""
    for threshold in np.ravel(np.asarray(thresholds, dtype=object)):
        refuse_threshold(threshold, outcome, "thresholds")
    levels = np.asarray(thresholds, dtype=float).reshape(-1)
    if not levels.size:
        raise ConfigError(f"thresholds: expected one finite number or more in the units of {outcome}, got {thresholds}")
    if outcome in counted_names(data):
        return counted_exceedance(data, outcome, levels, pooled)
    stored, regimes, design = outcome_values(data, outcome), regimes_of(data, weighted=True), design_of(data)
    if is_large(stored) and regimes.likelihoods is None:
        from analysis.large import large_exceedance

        found = large_exceedance(stored, regimes, levels, pooled, design)
    else:

        def of(values: NDArray[Any], strata: Strata) -> Found:
            refuse_gaps(outcome, values)
            parts = zip(*(share_of(values > level, strata, design) for level in levels), strict=True)
            probability, error = (np.stack(each, axis=-1) for each in parts)
            return {"probability": probability, "probability_error": error}

        found = _first_if(pooled, by_policy(stored, regimes.strata(pooled), of))
    table = _table(stored, regimes, pooled, found, dict.fromkeys(found, "threshold"))
    table = table.assign_coords(threshold=("threshold", levels, {"units": stored.attrs.get("units", "1")}))
    return table.assign_attrs(units="1", errors=errors_told(data, stored.sizes["draw"]))


def by_policy(
    stored: xr.DataArray,
    groups: Sequence[Strata],
    of: Callable[[NDArray[Any], Strata], Found],
    policies: Sequence[int] | None = None,
    reference: int | None = None,
) -> dict[str, NDArray[Any]]:
    """What `of` makes of draws, (draw, policy, …), by (group, policy, …); a few policies in memory at a time.

    policies: their places, None for all; reference: place of one whose draws are subtracted.
    """
    places = list(range(stored.sizes["policy"]) if policies is None else policies)
    few = max(1, _AT_ONCE * stored.sizes["policy"] // stored.size)
    less = None if reference is None else _draws(stored, [reference]).astype(np.float64)
    found: list[list[Found]] = []
    for first in range(0, len(places), few):
        own = _draws(stored, places[first : first + few])
        values = own if less is None else own - less
        found.append([of(values, strata) for strata in groups])
    return {name: np.concatenate([[each[name] for each in row] for row in found], axis=1) for name in found[0][0]}


def _draws(stored: xr.DataArray, policies: list[int]) -> NDArray[Any]:
    return stored.isel(policy=policies).transpose("draw", "policy", ...).to_numpy()


def _first_if(pooled: bool, found: Found) -> dict[str, NDArray[Any]]:
    """Without the dimension of groups where there is but one, all regimes pooled."""
    return {name: values[0] if pooled else values for name, values in found.items()}


def _table(
    stored: xr.DataArray, regimes: Regimes, pooled: bool, found: Found, further: Mapping[str, str]
) -> xr.Dataset:
    """Statistics by name, ([regime,] policy, …), as a dataset; further: dimensions that some have besides."""
    dims = [*([] if pooled else ["regime"]), *(str(dim) for dim in stored.dims if dim != "draw")]
    coordinates: dict[str, Any] = dict(without_draws(stored))
    attributes = {key: stored.attrs[key] for key in ("units", "long_name") if key in stored.attrs}
    attributes["outcome"] = str(stored.name)
    coordinates |= regimes.counts(pooled)
    attributes |= regimes.pooled_attributes if pooled else {}
    variables = {name: ([*dims, further[name]] if name in further else dims, each) for name, each in found.items()}
    return described(xr.Dataset(variables, coordinates, attributes), attributes.get("units", "1"), "mean", "quantiles")


def inverse(values: NDArray[np.floating], weights: Floats) -> Callable[[Floats], Floats]:
    """What gives quantiles, (…, quantile), at probabilities of values (draw, …): as those of `fan`, sorted once."""
    used = np.flatnonzero(weights)
    lanes = np.ascontiguousarray(values[used].reshape(len(used), -1).T, dtype=np.float64)
    if (weights[used] == weights[used[0]]).all():
        lanes.sort(axis=1)
        return partial(_evenly, lanes, values.shape[1:])
    order = np.argsort(lanes, axis=1)
    lanes, own = np.take_along_axis(lanes, order, axis=1), weights[used][order]
    middle = np.cumsum(own, axis=1) - own / 2
    places = (middle - middle[:, :1]) / np.maximum(middle[:, -1:] - middle[:, :1], np.finfo(float).tiny)

    def quantile(probabilities: Floats) -> Floats:
        wanted = np.broadcast_to(probabilities, (*values.shape[1:], probabilities.shape[-1]))
        rows = wanted.reshape(len(lanes), -1)
        found = [np.interp(row, at, lane) for row, at, lane in zip(rows, places, lanes, strict=True)]
        # What isn't a number is sorted to the end, and makes all of its cell unknown.
        return np.where(np.isnan(lanes[:, -1:]), np.nan, found).reshape(wanted.shape)

    return quantile


def _evenly(lanes: Floats, shape: tuple[int, ...], probabilities: Floats) -> Floats:
    """What `inverse` gives of draws that weigh alike, sorted, (cell, draw), for cells of a shape: all at once."""
    wanted = np.broadcast_to(probabilities, (*shape, probabilities.shape[-1]))
    at = wanted.reshape(len(lanes), -1) * (lanes.shape[1] - 1)
    below = np.clip(at.astype(np.intp), 0, max(lanes.shape[1] - 2, 0))
    low, high = (np.take_along_axis(lanes, each, axis=1) for each in (below, np.minimum(below + 1, lanes.shape[1] - 1)))
    found = low + np.clip(at - below, 0, 1) * (high - low)
    return np.where(np.isnan(lanes[:, -1:]), np.nan, found).reshape(wanted.shape)


def quantiles_of(values: NDArray[np.floating], strata: Strata, probabilities: Sequence[float], design: str) -> Found:
    """Quantiles of values (draw, …), their standard errors, and which lie between regimes, all (…, quantile)."""
    wanted, quantile = np.asarray(probabilities, dtype=float), inverse(values, pooled_weights(strata))
    found = quantile(wanted)
    draws = effective_draws(pooled_weights(strata))
    errors, few = np.empty(found.shape), np.empty(found.shape, dtype=bool)
    for place, probability in enumerate(wanted):
        share, influence, few[..., place] = share_beside(values, found[..., place], probability, strata)
        errors[..., place] = error_of_probability(share, standard_error(influence, design), draws)
    errors = np.where(few, np.nan, error_of_quantile(wanted, errors, quantile))
    within = in_the_middle(wanted, draws)
    return {"quantiles": found, "quantiles_error": errors, "between_regimes": np.asarray(few & within)}


def share_of(hits: NDArray[np.bool_], strata: Strata, design: str) -> tuple[Floats, Floats]:
    """Share of draws that hit, (…), of (draw, …), and its standard error."""
    share, influence = stratified_mean(hits, strata)
    draws = effective_draws(pooled_weights(strata))
    return share, error_of_probability(share, standard_error(influence, design), draws)


def moments(values: Floats, strata: Strata, design: str) -> dict[str, NDArray[Any]]:
    """Mean, 5 and 95 % of draws, (…), of (draw, …) over strata of draws, with their errors."""
    mean, influence = stratified_mean(values, strata)
    ends = quantiles_of(values, strata, (0.05, 0.95), design)
    return {
        "mean": mean,
        "standard_error": standard_error(influence, design),
        "lower": ends["quantiles"][..., 0],
        "lower_error": ends["quantiles_error"][..., 0],
        "upper": ends["quantiles"][..., 1],
        "upper_error": ends["quantiles_error"][..., 1],
        "between_regimes": np.asarray(ends["between_regimes"].any(axis=-1)),
    }
