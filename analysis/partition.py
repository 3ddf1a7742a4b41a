"""Where an outcome's spread comes from: its variance by grade of evidence or by group of inputs, over the years."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from analysis.caution import cautioned
from analysis.given_data import given_shares, plain_regimes
from analysis.inputs import evidence_of, group_of, input_names
from analysis.monte_carlo import weighted_mean
from analysis.regimes import regimes_of
from analysis.sensitivity import Blocks, blocks_of, saltelli_shares
from analysis.shares import Floats, Found, chosen, intervals, measured, views
from sweep.errors import ConfigError, nearest

__all__ = ["REST", "variance_partition"]

REST = "interactions"
_BY = ("evidence", "group")


def variance_partition(
    data: xr.Dataset, outcome: str, by: str = "evidence", year: int | None = None, pooled: bool = False
) -> xr.Dataset:
    """Shares of an outcome's variance by what its inputs have in common, (regime, policy, [region,] year, factor).

    Factors are grades of evidence (by="evidence": A causal or meta-analytic, B one study or transferred, C assumption;
    an input counts by its weakest grade in any regime) or groups of the configuration (by="group"); doses of policies
    are `policy`, and where `pooled` the regime is a factor, with the weights in the attributes. `first` is the share
    that a factor's inputs explain, all others unknown, with `first_error`, `first_lower` and `first_upper` (95 %); the
    last factor, `interactions`, is the rest, so that shares add up to 1. `standard_deviation`, (regime, policy,
    [region,] year), is the whole spread, in the outcome's units.

    Of a store of `design=saltelli design.by=evidence` (or `group`) `first` holds all that inputs of a factor do
    together, and `total` is the share that would be left if all other factors were known. Of ordinary draws, and of
    `design.by=parameter`, `first` is a sum over single inputs and there is no `total`: what inputs of one factor do
    together is in `interactions`, and a caution says so.

    Raises ConfigError for other factors than the store has, or too few draws.
    """
    if by not in _BY:
        raise ConfigError(f"by: {nearest(by, _BY)}, got {by!r}")
    stored = chosen(data, outcome, year)
    if str(data.attrs.get("design")) == "saltelli":
        blocks = blocks_of(data, "saltelli")
        found, notices = _of_blocks(data, stored, blocks, by, pooled)
    else:
        regimes, few = plain_regimes(data)
        found = given_shares(data, stored, regimes, pooled, _groups(data, by), REST)
        notices = [few, _additive(by)]
    found["first"] = found["first"].where(found["factor"] != REST, 1 - found["first"])
    found = intervals(found, "first").assign(standard_deviation=_deviation(data, stored, pooled))
    return cautioned(found.assign_attrs(by=by), *notices)


def _additive(by: str) -> str:
    return (
        f"{REST} also holds what inputs of one factor do together: a store of design=saltelli design.by={by} "
        "gives that to the factor"
    )


def _groups(data: xr.Dataset, by: str) -> dict[str, list[str]]:
    """Inputs by grade of evidence or by group, in order of names."""
    owner = {name: evidence_of(data, name) if by == "evidence" else group_of(data, name) for name in input_names(data)}
    names = sorted({group or "policy" for group in owner.values()})
    return {name: [each for each, group in owner.items() if (group or "policy") == name] for name in names}


def _of_blocks(
    data: xr.Dataset, stored: xr.DataArray, blocks: Blocks, by: str, pooled: bool
) -> tuple[xr.Dataset, list[str]]:
    """Shares of the factors of a store in blocks, and what to know of them. Raises ConfigError for other factors."""
    shown, held = blocks.shown(pooled), str(data.attrs.get("factors_by"))
    if held not in ("parameter", by):
        raise ConfigError(f"the store has factors by {held}, not by {by}: take by={held!r}, or run design.by={by}")
    alone = {"regime": ["regime"]} if "regime" in shown else {}
    groups: Mapping[str, list[str]] = {name: [name] for name in shown} if held == by else alone | _groups(data, by)
    found = saltelli_shares(blocks, stored, pooled, {**groups, REST: shown})
    if held == by:
        for name in ("total", "total_error"):
            found[name] = found[name].where(found["factor"] != REST)
        return intervals(found, "total"), [blocks.notice]
    return found.drop_vars(["total", "total_error"]), [blocks.notice, _additive(by)]


def _deviation(data: xr.Dataset, stored: xr.DataArray, pooled: bool) -> xr.DataArray:
    """Standard deviation of an outcome over draws, (regime, policy, [region,] year)."""
    regimes = regimes_of(data)

    def measure(values: Floats) -> Found:
        found = []
        for view in views(regimes, pooled):
            own = values[view.members]
            mean = weighted_mean(own, view.weights)[0]
            found.append(np.sqrt(weighted_mean((own - mean) ** 2, view.weights)[0])[None])
        return {"deviation": np.stack(found)}

    spread = measured(stored, regimes, pooled, ["all"], measure)["deviation"].isel(factor=0, drop=True)
    if "draws" in spread.coords:
        spread = spread.drop_vars("draws")
    return spread.assign_attrs(units=stored.attrs.get("units", ""), long_name="standard deviation over draws")
