"""One tidy table of what a sweep found: estimates and paired differences of many outcomes, with their errors."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from analysis.arguments import refuse_no_sweep
from analysis.caution import AnalysisWarning, cautioned
from analysis.estimation import estimates
from analysis.paired import paired_difference
from analysis.statistics import chosen_year, in_memory, outcome_names
from sweep.errors import ConfigError, nearest

__all__ = ["STATISTICS", "chosen_outcomes", "chosen_years", "estimated", "joined", "tabulated"]

# What is estimated, by name: its probability, None of the mean, and what it is called.
STATISTICS: dict[str, tuple[float | None, str]] = {
    "mean": (None, "mean"),
    "lower": (0.05, "5 %"),
    "median": (0.5, "median"),
    "upper": (0.95, "95 %"),
}
_DIFFERENCES = {
    "difference": ("mean", "standard_error", "difference to {to}"),
    "difference_lower": ("lower", "lower_error", "difference to {to}, 5 %"),
    "difference_upper": ("upper", "upper_error", "difference to {to}, 95 %"),
    "difference_below_zero": ("below_zero", "below_zero_error", "share of draws below {to}"),
}
_DIMENSIONS = ("outcome", "regime", "policy", "region", "year", "statistic")


def tabulated(
    data: xr.Dataset,
    outcomes: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    to: str = "none",
    pooled: bool = False,
) -> xr.Dataset:
    """Estimates and paired differences of many outcomes, by (outcome, [regime,] policy, [region,] year).

    outcomes: national ones, or regional ones (default: all national ones); years: default all; to: the policy that
    others are compared with; pooled: regimes together, by weights that are told.

    `mean`, `lower`, `median`, `upper` (5, 50, 95 %), each with its Monte Carlo standard error as `…_error`, and of
    differences to policy `to` in the same draw, NaN of that policy itself, `difference` (the mean), `difference_lower`,
    `difference_upper` (5 and 95 % of draws) and `difference_below_zero` (a share of draws), each with its error as
    `…_error`; all in the outcome's units, which are the coordinate `units`. `write_table` makes a file of it.
    Raises ConfigError on names and years that aren't there, and where national and regional outcomes are mixed.

    >>> from analysis import example, tabulated
    >>> found = tabulated(example(), ["national_unemployment_rate", "net_cost"], years=[2035], pooled=True)
    >>> row = found.sel(outcome="national_unemployment_rate", policy="ubi", year=2035)
    >>> row["mean"].round(4).item(), row["difference"].round(4).item(), row["units"].item()
    (0.0699, -0.0037, '1')
    """
    refuse_no_sweep(data)
    chosen = data.sel(year=chosen_years(data, years))
    names, others = chosen_outcomes(data, outcomes), data.sizes["policy"] > 1
    parts = [_of_one(in_memory(chosen, name), name, to if others else None, pooled) for name in names]
    return joined(parts, names)


def chosen_outcomes(data: xr.Dataset, outcomes: Sequence[str] | None = None) -> list[str]:
    """Outcomes of a dataset that fit into one table: all national or all regional. Raises ConfigError on others."""
    national, regional = outcome_names(data, regional=False), outcome_names(data, regional=True)
    names = list(dict.fromkeys(national or regional if outcomes is None else outcomes))
    for name in names:
        if name not in (*national, *regional):
            raise ConfigError(f"unknown outcome {name!r}: {nearest(name, (*national, *regional))}")
    sides = [[name for name in names if name in group] for group in (national, regional)]
    if all(sides):
        raise ConfigError(
            f"outcomes: {sides[0][0]} is national and {sides[1][0]} regional, which makes two tables: take one kind"
        )
    if not names:
        raise ConfigError(f"outcomes: expected one or more, got none; {nearest('', (*national, *regional))}")
    return names


def chosen_years(data: xr.Dataset, years: Sequence[int] | None = None) -> list[int]:
    """Years of a dataset, by default all. Raises ConfigError on others."""
    return [chosen_year(data, year) for year in (data["year"].to_numpy() if years is None else dict.fromkeys(years))]


def joined(parts: Sequence[xr.Dataset], names: Sequence[str]) -> xr.Dataset:
    """Tables of one outcome each as one, with their units as coordinate and all that is to be known of them."""
    coordinates = {
        key: ("outcome", [str(part.attrs.get(own, "")) for part in parts])
        for key, own in (("units", "units"), ("meaning", "long_name"))
    }
    if any("quantile_error" in part.attrs for part in parts):
        off = [float(part.attrs.get("quantile_error", 0.0)) for part in parts]
        about = {"long_name": "most that a quantile may be off, in the outcome's units"}
        coordinates["quantile_error"] = ("outcome", off, about)  # type: ignore[assignment]
    together = xr.concat(
        parts, "outcome", coords="minimal", compat="override", combine_attrs="drop_conflicts", join="exact"
    )
    dims = [dim for dim in _DIMENSIONS if dim in together.dims]
    told = {
        key: "; ".join(dict.fromkeys(str(part.attrs[key]) for part in parts if part.attrs.get(key)))
        for key in ("errors", "weights", "to", "notice")
    }
    notice = told.pop("notice")
    found = together.assign_coords({"outcome": list(names), **coordinates}).transpose(*dims)
    found.attrs = {key: text for key, text in told.items() if text}
    return cautioned(found, notice)


def estimated(data: xr.Dataset, outcome: str, pooled: bool) -> xr.Dataset:
    """Each of `STATISTICS` of one outcome, with its error as `…_error`, ([regime,] policy, [region,] year)."""
    probabilities = [p for p, _ in STATISTICS.values() if p is not None]
    with warnings.catch_warnings():
        # All that was to be warned of is in the attribute `notice`, and told once.
        warnings.simplefilter("ignore", AnalysisWarning)
        found = estimates(data, outcome, probabilities, pooled=pooled)
    columns: dict[str, Any] = {}
    for name, (probability, title) in STATISTICS.items():
        own, error = found["mean"], found["mean_error"]
        if probability is not None:
            own, error = (found[key].sel(quantile=probability, drop=True) for key in ("quantiles", "quantiles_error"))
        # Units are a coordinate by outcome.
        columns[name] = own.drop_attrs().assign_attrs(long_name=title)
        columns[f"{name}_error"] = error.drop_attrs().assign_attrs(long_name=f"standard error of {title}")
    return xr.Dataset(columns, attrs=found.attrs)


def _of_one(data: xr.Dataset, outcome: str, to: str | None, pooled: bool) -> xr.Dataset:
    """The table of one outcome; to: None where there is nothing to compare with."""
    table = estimated(data, outcome, pooled)
    if to is None:
        return table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        paired = paired_difference(data, outcome, to, pooled).reindex(policy=data["policy"], fill_value=np.nan)
    for name, (own, error, title) in _DIFFERENCES.items():
        units = {"units": "1"} if own == "below_zero" else {}
        told = title.format(to=to)
        table[name] = paired[own].drop_attrs().assign_attrs(units, long_name=told)
        table[f"{name}_error"] = paired[error].drop_attrs().assign_attrs(units, long_name=f"standard error of {told}")
    notices = [part for each in (table, paired) for part in str(each.attrs["notice"]).split("; ") if part]
    return table.assign_attrs(to=to, notice="; ".join(dict.fromkeys(notices)))
