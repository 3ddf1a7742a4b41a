"""Outcomes that a store keeps as statistics: read from its groups, and turned into what draws would give.

They ride in a dataset as variables such as `unemployment_rate.counts`, over (policy, region, year, …), so that
policies, regions and years are chosen as of all others. They are over all draws, in all regimes: a choice of draws
changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.monte_carlo import error_of_probability, error_of_quantile, errors_told
from sweep.errors import ConfigError

if TYPE_CHECKING:
    from sweep.store import Where

__all__ = [
    "ALL_REGIMES",
    "counted_difference",
    "counted_estimates",
    "counted_exceedance",
    "counted_fan",
    "counted_names",
    "kept_sentence",
    "refuse_counted",
    "with_statistics",
]

ALL_REGIMES = "all regimes"
# By name further dimensions, and values (policy, …).
_Named = Mapping[str, tuple[tuple[str, ...], NDArray[np.float64]]]
# What is made of these, a group of statistics also has.
_DERIVED = ("quantile", "quantiles", "quantile_error", "difference_quantiles", "difference_quantile_error")
_KEY = ".counts"


def with_statistics(where: "Where", data: xr.Dataset) -> xr.Dataset:
    """A store's dataset with the statistics of those outcomes that have no draws, as far as they are written.

    The attribute `statistics_missing` says whether some aren't yet.
    """
    from sweep.store import counting, open_statistics

    about = counting({**data.attrs, "policies": [str(name) for name in data["policy"].to_numpy()]})
    if about is None:
        return data
    found: dict[str, xr.DataArray] = {}
    names = [outcome.name for outcome in about.outcomes if outcome.name not in data]
    groups = {name: open_statistics(where, name, _DERIVED) for name in names}
    for name, group in groups.items():
        for key, array in group.data_vars.items() if group is not None else ():
            told = {**array.attrs, **(group.attrs if group is not None else {}), "difference_to": about.names[0]}
            own = array.rename({"threshold": f"{name}.threshold"}) if "threshold" in array.dims else array
            places = [str(dim) for dim in own.dims if dim in ("policy", "region", "year")]
            found[f"{name}.{key}"] = own.assign_attrs(told, stored_dims=" ".join(places))
    lacking = any(group is None for group in groups.values())
    return data.assign(found).assign_attrs(statistics_missing=lacking)


def counted_names(data: xr.Dataset) -> list[str]:
    """Names of the outcomes that have statistics and no draws."""
    return sorted(str(name).removesuffix(_KEY) for name in data.data_vars if str(name).endswith(_KEY))


def kept_sentence(data: xr.Dataset) -> str:
    """What a store keeps draw by draw, and what as statistics; "" where it keeps all.

    >>> from analysis import example, kept_sentence
    >>> kept_sentence(example())  # all draws of all outcomes
    ''
    >>> kept_sentence(example().assign_attrs(keep="national"))
    'national outcomes and inputs by draw, regional outcomes as statistics over all draws and regimes'
    """
    refuse_no_sweep(data)
    if data.attrs.get("keep") == "national":
        return "national outcomes and inputs by draw, regional outcomes as statistics over all draws and regimes"
    if data.attrs.get("keep") == "statistics":
        total = int(data.attrs["draws"])
        return (
            f"national outcomes and inputs of the first {data.sizes['draw']:,} draws, all outcomes as statistics over "
            f"all {total:,} draws and regimes"
        )
    return ""


def _refuse_changed(data: xr.Dataset, outcome: str) -> None:
    """Raise ConfigError where the data are no longer what statistics were taken of."""
    what = f"{outcome} is kept as statistics over all draws"
    if data.attrs.get("beliefs"):
        raise ConfigError(
            f"{what} as they were drawn, and other beliefs need its draws: run the sweep with outputs.keep=draws"
        )
    counts = data[f"{outcome}{_KEY}"]
    lost = [name for name in str(counts.attrs.get("stored_dims", "")).split() if name not in counts.coords]
    if lost or "stored_dims" not in counts.attrs:
        over = " and ".join(lost) or "what it is by"
        raise ConfigError(f"{what}, which can't be added up or averaged over {over}: choose one, or run it with draws")
    draws = data.attrs.get("draws_loaded")
    if draws is not None and data.sizes.get("draw", draws) != draws:
        raise ConfigError(
            f"{what}, and a choice of draws, as of a regime, doesn't change them: take the data as `load` gives them, "
            "or run the sweep with outputs.keep=draws"
        )


def refuse_counted(data: xr.Dataset, outcome: str) -> None:
    """Raise ConfigError where an outcome has statistics alone, of which its draws can't be had."""
    if outcome in counted_names(data):
        raise ConfigError(
            f"{outcome} is kept as statistics over all draws (outputs.keep={data.attrs.get('keep')}), and this needs "
            "its draws: take fan, estimates, exceedance, summary or paired_difference, or run the sweep with "
            "outputs.keep=draws"
        )


def _quantiles(data: xr.Dataset, key: str, probabilities: Sequence[float]) -> tuple[NDArray[np.float64], float]:
    """Quantiles, (…, quantile), of what was counted under a key, and the most that one may be off."""
    from sweep.store import histogram_quantiles

    counts, knots, low, high = (data[f"{key}{name}"] for name in ("counts", "knots", "minimum", "maximum"))
    firsts = [int(number) for number in knots[knots.dims[-1]].to_numpy()]
    extremes = (low.to_numpy(), high.to_numpy())
    found, error = histogram_quantiles(counts.to_numpy(), knots.to_numpy(), firsts, extremes, probabilities)
    return found, float(np.nanmax(error, initial=0.0))


def _told(counts: xr.DataArray) -> dict[str, Any]:
    return {name: counts.attrs[name] for name in ("units", "long_name") if name in counts.attrs}


def _counts(draws: int, pooled: bool) -> dict[str, Any]:
    """Coordinates of a result that count draws, of which each weighs alike."""
    counts = {"draws": draws, "effective_draws": float(draws)}
    if pooled:
        return dict(counts)
    return {"regime": [ALL_REGIMES], **{name: ("regime", [each]) for name, each in counts.items()}}


def _sentence(draws: int) -> str:
    return f"over all {draws:,} draws, in all regimes as they were drawn"


def counted_fan(data: xr.Dataset, outcome: str, probabilities: Sequence[float], pooled: bool) -> xr.DataArray:
    """Quantiles as those of `fan`, of all regimes together, which are one. Raises ConfigError under other beliefs."""
    _refuse_changed(data, outcome)
    counts = data[f"{outcome}{_KEY}"]
    quantiles, error = _quantiles(data, f"{outcome}.", probabilities)
    draws = int(counts.attrs["draws"])
    base = data[f"{outcome}.mean"]
    attributes = _told(counts) | {"units": base.attrs["units"], "quantile_error": error}
    coordinates: dict[str, Any] = {str(name): each for name, each in base.coords.items()}
    coordinates["quantile"] = list(probabilities)
    dims = [*map(str, base.dims), "quantile"]
    coordinates |= _counts(draws, pooled)
    if pooled:
        attributes["weights"] = _sentence(draws)
        return xr.DataArray(quantiles, coordinates, dims, outcome, attributes)
    return xr.DataArray(quantiles[None], coordinates, ["regime", *dims], outcome, attributes)


def counted_difference(data: xr.Dataset, outcome: str, to: str, pooled: bool) -> xr.Dataset:
    """Differences as those of `paired_difference`, of all regimes together.

    Raises ConfigError on another reference, and under other beliefs.
    """
    _refuse_changed(data, outcome)
    stored = str(data[f"{outcome}{_KEY}"].attrs["difference_to"])
    if to != stored:
        raise ConfigError(
            f"{outcome} is kept as statistics, whose differences are to {stored!r} alone, not to {to!r}: "
            "run the sweep with outputs.keep=draws to compare with others"
        )
    others = [row for row, name in enumerate(data["policy"].to_numpy()) if str(name) != to]
    own = data[[str(name) for name in data.data_vars if str(name).startswith(f"{outcome}.difference_")]]
    own = own.isel(policy=others).load()
    key = f"{outcome}.difference_"
    mean, draws = own[f"{key}mean"], int(own[f"{key}counts"].attrs["draws"])
    wanted = np.array([0.05, 0.95])
    ends, error = _quantiles(own, key, wanted.tolist())
    off = error_of_quantile(
        wanted, np.sqrt(wanted * (1 - wanted) / draws), lambda shares: _quantiles(own, key, shares.tolist())[0]
    )
    below = own[f"{key}below_zero"].to_numpy() / draws
    values = {
        "mean": mean.to_numpy(),
        "standard_error": np.sqrt(own[f"{key}variance"].to_numpy() / draws),
        "lower": ends[..., 0],
        "lower_error": off[..., 0],
        "upper": ends[..., 1],
        "upper_error": off[..., 1],
        "below_zero": below,
        "below_zero_error": _error_of_share(below, draws),
    }
    coordinates: dict[str, Any] = {str(name): each for name, each in mean.coords.items()}
    about = {"units": mean.attrs["units"], "long_name": mean.attrs["long_name"], "quantile_error": error}
    dims = [*map(str, mean.dims)]
    coordinates |= _counts(draws, pooled)
    if pooled:
        about["weights"] = _sentence(draws)
        return xr.Dataset({name: (dims, each) for name, each in values.items()}, coordinates, about)
    return xr.Dataset({name: (["regime", *dims], each[None]) for name, each in values.items()}, coordinates, about)


def counted_estimates(data: xr.Dataset, outcome: str, probabilities: Sequence[float], pooled: bool) -> xr.Dataset:
    """Estimates as those of `estimates`, of all regimes together. Raises ConfigError under other beliefs."""
    _refuse_changed(data, outcome)
    names = ("mean", "variance", "counts", "knots", "minimum", "maximum")
    own = data[[f"{outcome}.{name}" for name in names]].load()
    mean, draws = own[f"{outcome}.mean"], int(own[f"{outcome}{_KEY}"].attrs["draws"])
    wanted = np.asarray(probabilities, dtype=float)

    def quantiles(shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return _quantiles(own, f"{outcome}.", shares.tolist())[0]

    found, off = _quantiles(own, f"{outcome}.", probabilities)
    values: _Named = {
        "mean": ((), mean.to_numpy()),
        "mean_error": ((), np.sqrt(own[f"{outcome}.variance"].to_numpy() / draws)),
        "quantiles": (("quantile",), found),
        "quantiles_error": (
            ("quantile",),
            error_of_quantile(wanted, np.sqrt(wanted * (1 - wanted) / draws), quantiles),
        ),
    }
    table = _of_all(data, outcome, values, draws, pooled)
    return table.assign_coords(quantile=list(probabilities)).assign_attrs(quantile_error=off)


def counted_exceedance(data: xr.Dataset, outcome: str, levels: NDArray[np.float64], pooled: bool) -> xr.Dataset:
    """Probabilities as those of `exceedance`, of all regimes together.

    Raises ConfigError on levels not counted, and under other beliefs.
    """
    _refuse_changed(data, outcome)
    draws = int(data[f"{outcome}{_KEY}"].attrs["draws"])
    probability = _draws_above(data, outcome, levels) / draws
    error = _error_of_share(probability, draws)
    values: _Named = {"probability": (("threshold",), probability), "probability_error": (("threshold",), error)}
    table = _of_all(data, outcome, values, draws, pooled)
    about = {"units": table.attrs["units"]}
    return table.assign_coords(threshold=("threshold", levels, about)).assign_attrs(units="1")


def _error_of_share(share: NDArray[np.float64], draws: int) -> NDArray[np.float64]:
    """Standard error of a share of so many draws, as of independent ones."""
    spread = np.sqrt(share * (1 - share) / (draws - 1 or np.nan))
    return np.where(np.isnan(share), np.nan, error_of_probability(share, spread, draws))


def _draws_above(data: xr.Dataset, outcome: str, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Number of draws above levels, (…, level). Raises ConfigError on those that weren't counted."""
    key, dimension = f"{outcome}.above_threshold", f"{outcome}.threshold"
    stored = data[dimension].to_numpy().astype(float) if key in data else np.array([])
    same = np.isclose(levels[:, None], stored, rtol=1e-9, atol=0)
    for level in levels[~same.any(axis=1)]:
        counted = ", ".join(f"{each:g}" for each in stored) or "none"
        raise ConfigError(
            f"{outcome} is kept as statistics, and draws above {level:g} weren't counted; counted: {counted}; run "
            f"the sweep with outputs.thresholds.{outcome}=[{level:g}], or with outputs.keep=draws"
        )
    found: NDArray[np.float64] = data[key].transpose(..., dimension).to_numpy()[..., same.argmax(axis=1)].astype(float)
    return found


def _of_all(
    data: xr.Dataset,
    outcome: str,
    values: _Named,
    draws: int,
    pooled: bool,
) -> xr.Dataset:
    """Statistics of all regimes as a dataset."""
    base = data[f"{outcome}.mean"]
    coordinates: dict[str, Any] = {str(name): each for name, each in base.coords.items()}
    dims = [*map(str, base.dims)]
    about = _told(data[f"{outcome}{_KEY}"]) | {"units": base.attrs["units"], "outcome": outcome}
    about["errors"] = errors_told(data, draws, "none")
    coordinates |= _counts(draws, pooled)
    if pooled:
        about["weights"] = _sentence(draws)
        variables = {name: ([*dims, *further], each) for name, (further, each) in values.items()}
    else:
        variables = {name: (["regime", *dims, *further], each[None]) for name, (further, each) in values.items()}
    return described(xr.Dataset(variables, coordinates, about), base.attrs["units"], "mean", "quantiles")
