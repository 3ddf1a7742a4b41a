"""Two sweeps side by side: where their configurations differ, and which estimates do so by more than noise."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.configurations import configuration_differences
from analysis.counted import counted_names
from analysis.monte_carlo import design_of
from analysis.regimes import pooled_weights, regimes_of
from analysis.same_draws import Pairing, paired_errors, pairing
from analysis.significance import RESOLUTION, SIGNIFICANCE, freedom, holm, p_value
from analysis.statistics import in_memory, outcome_names, outcome_values
from analysis.tabulation import STATISTICS, chosen_outcomes, chosen_years, estimated, joined
from sweep.errors import ConfigError, nearest

__all__ = ["compared"]

Floats = NDArray[np.float64]


def compared(
    first: xr.Dataset,
    second: xr.Dataset,
    outcomes: Sequence[str] | None = None,
    years: Sequence[int] | None = None,
    pooled: bool = False,
) -> xr.Dataset:
    """Estimates of two sweeps and their differences, by (outcome, [regime,] policy, [region,] year, statistic).

    outcomes: national ones, or regional ones of the same regions (default: all national ones that both have); years:
    default the last that both have; pooled: regimes together, each sweep by its own weights, which are told.

    Statistics are the mean and 5, 50 and 95 %: `first`, `second` and `difference` (second less first) in the outcome's
    units, which are a coordinate, each with its Monte Carlo standard error as `…_error`. Where both sweeps are of the
    same draws, as by the same seed and design, the error is of differences in the same draw, and mostly much smaller:
    the coordinate `paired` says so by outcome, the attribute `draws_told` why or why not. `beyond_noise` is true where
    a difference isn't chance: of all of them together, one or more are called so by chance in 5 % of cases at most
    (`p_adjusted`, Holm 1979). The attribute `differs` lists what differs in configuration.

    Raises ConfigError where the two have no policy, year or outcome of the same unit in common, on names and years
    that not both have, and on regional outcomes of different regions.

    >>> from analysis import compared, example
    >>> found = compared(example(), example("monte_carlo"), ["national_unemployment_rate"], pooled=True)
    >>> print(found.attrs["draws_told"])
    independent draws (design differs): the errors of both add up
    >>> print(found.attrs["comparisons"])
    0 of 20 differences are beyond noise, tested together (Holm)
    """
    refuse_no_sweep(first, "first")
    refuse_no_sweep(second, "second")
    here, there = _common(first, second)
    pair = pairing(here, there)
    names = _outcomes(here, there, outcomes)
    last = [int(here["year"][-1])] if years is None else years
    chosen = chosen_years(here, last)
    parts = [_of_one(pair, (here, there), name, chosen, pooled) for name in names]
    found = joined([part for part, _ in parts], names).assign_coords(paired=("outcome", [same for _, same in parts]))
    tested = holm(found["p_value"].to_numpy().ravel()).reshape(found["p_value"].shape)
    real = (abs(found["difference"]) > found["floor"]) & (tested < SIGNIFICANCE)
    found = found.drop_vars(["p_value", "floor"]).assign(
        p_adjusted=(
            found["difference"].dims,
            tested,
            {"units": "1", "long_name": "adjusted p-value"},
        ),
        beyond_noise=real.assign_attrs(long_name="beyond noise"),
    )
    count = int(np.isfinite(tested).sum())
    told = {
        "differs": configuration_differences(first, second),
        "draws_told": pair.told,
        "comparisons": f"{int(real.sum()):,} of {count:,} differences are beyond noise, tested together (Holm)"
        if count
        else "nothing differs in any draw",
    }
    return found.assign_attrs(told)


def _common(first: xr.Dataset, second: xr.Dataset) -> tuple[xr.Dataset, xr.Dataset]:
    """Both datasets with the policies and years that they share. Raises ConfigError where there are none."""
    shared: dict[str, list[Any]] = {}
    for dim, what in (("policy", "policies"), ("year", "years")):
        values = [data[dim].to_numpy().tolist() for data in (first, second)]
        shared[dim] = [value for value in values[0] if value in values[1]]
        if not shared[dim]:
            ends = " and ".join(f"{own[0]} to {own[-1]}" if dim == "year" else ", ".join(own) for own in values)
            raise ConfigError(f"the stores have no {what} in common, so that there is nothing to compare: {ends}")
    return first.sel(shared), second.sel(shared)


def _outcomes(first: xr.Dataset, second: xr.Dataset, wanted: Sequence[str] | None) -> list[str]:
    """Outcomes that both have in the same unit, all national or all regional. Raises ConfigError on others."""
    own = [outcome_names(data) for data in (first, second)]
    units = [{name: _units(data, name) for name in names} for data, names in zip((first, second), own, strict=True)]
    common = [name for name in own[0] if units[0][name] == units[1].get(name)]
    national = [name for name in outcome_names(first, regional=False) if name in common]
    if not (national if wanted is None else common):
        raise ConfigError(f"the stores have no {'national ' if common else ''}outcome of the same unit in common")
    for name in wanted or ():
        if name in own[0] and name in own[1] and name not in common:
            raise ConfigError(f"{name} is in {units[0][name]} in the first store, in {units[1][name]} in the second")
        if name in (*own[0], *own[1]) and name not in common:
            raise ConfigError(f"{name} is in the {'first' if name in own[0] else 'second'} store alone")
        if name not in common:
            raise ConfigError(f"unknown outcome {name!r}: {nearest(name, common)}")
    names = chosen_outcomes(first, national if wanted is None else wanted)
    regions = [[str(region) for region in data["region"].to_numpy()] if "region" in data.coords else [] for data in
               (first, second)]  # fmt: skip
    if names[0] not in national and sorted(regions[0]) != sorted(regions[1]):
        raise ConfigError(f"the stores are of different regions, which {names[0]} is by: compare national outcomes")
    return names


def _units(data: xr.Dataset, outcome: str) -> str:
    return str(data[f"{outcome}.mean" if outcome in counted_names(data) else outcome].attrs.get("units", ""))


def _of_one(
    pair: Pairing, whole: tuple[xr.Dataset, xr.Dataset], outcome: str, years: list[int], pooled: bool
) -> tuple[xr.Dataset, bool]:
    """Both estimates of one outcome, their difference and its p-value, and whether they are of the same draws."""
    same = pair.same and not any(outcome in counted_names(data) for data in whole)
    here, there = (data.sel(year=years) for data in ((pair.first, pair.second) if same else whole))
    if outcome in outcome_names(here, regional=True):
        there = there.sel(region=here["region"].to_numpy())
    sides = (in_memory(here, outcome), in_memory(there, outcome))
    tables = [_estimated(data, outcome, pooled) for data in sides]
    if not pooled:
        tables = _of_common_regimes(tables, outcome)
    (first, first_error), (second, second_error) = (_stacked(table) for table in tables)
    difference, error = second - first, (first_error**2 + second_error**2) ** 0.5
    if same:
        error = error.copy(data=_paired(sides, outcome, difference))
    degrees = xr.apply_ufunc(np.minimum, *(table["degrees"] for table in tables)).broadcast_like(difference)
    tested = p_value(difference.to_numpy(), error.to_numpy(), degrees.transpose(*difference.dims).to_numpy())
    columns = {"first": first, "first_error": first_error, "second": second, "second_error": second_error}
    columns |= {"difference": difference, "difference_error": error}
    found = xr.Dataset({name: each.assign_attrs(long_name=name.replace("_", " ")) for name, each in columns.items()})
    # What is the same in every draw is no test.
    found["p_value"] = difference.copy(data=np.where((difference == 0) & (error == 0), np.nan, tested))
    # What single precision, and bins of quantiles, can tell.
    off = sum(float(table.attrs.get("quantile_error", 0.0)) for table in tables)
    size = xr.apply_ufunc(np.maximum, abs(first), abs(second))
    found["floor"] = RESOLUTION * size + off * first["probability"].notnull()
    return found.drop_vars("probability").assign_attrs(_told(tables)), same


def _estimated(data: xr.Dataset, outcome: str, pooled: bool) -> xr.Dataset:
    """Estimates of one outcome, and the `degrees` of freedom of their errors, ([regime])."""
    table, dims = estimated(data, outcome, pooled), () if pooled else ("regime",)
    if outcome in counted_names(data):
        return table.assign(degrees=table["draws"] - 1).drop_vars(["draws", "effective_draws"])
    groups = regimes_of(data, weighted=True).strata(pooled)
    degrees = np.array([freedom(pooled_weights(group), design_of(data)) for group in groups])
    return table.assign(degrees=(dims, degrees[0] if pooled else degrees)).drop_vars(["draws", "effective_draws"])


def _told(tables: Sequence[xr.Dataset]) -> dict[str, Any]:
    """What is to be known of two tables as one."""
    first, second = (table.attrs for table in tables)
    told = {key: first[key] for key in ("units", "long_name") if key in first}
    for key in ("errors", "weights", "notice"):
        own = [str(attrs.get(key, "")) for attrs in (first, second)]
        told[key] = (
            own[0]
            if own[0] == own[1]
            else "; ".join(f"{name} store: {text}" for name, text in zip(("first", "second"), own, strict=True) if text)
        )
    off = [float(attrs["quantile_error"]) for attrs in (first, second) if "quantile_error" in attrs]
    return {**told, **({"quantile_error": max(off)} if off else {})}


def _of_common_regimes(tables: Sequence[xr.Dataset], outcome: str) -> list[xr.Dataset]:
    """Tables of the regimes that both have. Raises ConfigError where there are none."""
    names = [[str(name) for name in table["regime"].to_numpy()] for table in tables]
    common = [name for name in names[0] if name in names[1]]
    if not common:
        raise ConfigError(
            f"{outcome}: the stores have no regime in common ({', '.join(names[0])}; {', '.join(names[1])}): "
            "compare them pooled"
        )
    return [table.sel(regime=common) for table in tables]


def _stacked(table: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Estimates and errors, (statistic, [regime,] policy, [region,] year)."""
    probabilities = [np.nan if probability is None else probability for probability, _ in STATISTICS.values()]
    parts = [table[[f"{name}{end}" for name in STATISTICS]].to_dataarray("statistic") for end in ("", "_error")]
    coordinates = {"statistic": list(STATISTICS), "probability": ("statistic", probabilities)}
    values, errors = (part.assign_coords(coordinates).drop_attrs() for part in parts)
    return values, errors


def _paired(sides: tuple[xr.Dataset, xr.Dataset], outcome: str, found: xr.DataArray) -> Floats:
    """Errors of differences between estimates of the same draws, as the differences are."""
    first, second = (outcome_values(data, outcome) for data in sides)
    regimes, design = [regimes_of(data, weighted=True) for data in sides], design_of(sides[0])
    if "regime" not in found.dims:
        pooled = (regimes[0].strata(pooled=True)[0], regimes[1].strata(pooled=True)[0])
        return paired_errors((first, second), pooled, found, design)
    parts = []
    for row, name in enumerate(found["regime"].to_numpy()):
        here, there = (own.strata(pooled=False)[own.names.index(str(name))] for own in regimes)
        parts.append(paired_errors((first, second), (here, there), found.isel(regime=row), design))
    return np.stack(parts, axis=1)
