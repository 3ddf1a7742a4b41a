"""Where an outcome's spread comes from: its variance by grade of evidence or by group of inputs, over the years."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.given_data import given_shares, plain_regimes
from analysis.inputs import averaged, evidence_of, fixed_parameters, groups_of, input_names
from analysis.monte_carlo import design_of, error_of_replicates, standard_error
from analysis.regimes import Regimes, regimes_of
from analysis.sensitivity import blocks_of, replicates_of, saltelli_shares
from analysis.shares import NORMAL_95, Floats, Found, View, chosen, intervals, measured, views
from sweep.errors import ConfigError, nearest

__all__ = ["REST", "variance_partition"]

REST = "interactions"
_BY = ("evidence", "group")


def variance_partition(
    data: xr.Dataset, outcome: str, by: str = "evidence", year: int | None = None, pooled: bool = False
) -> xr.Dataset:
    """Shares of an outcome's variance by what its inputs have in common, (regime, policy, [region,] year, factor).

    Factors are grades of evidence (by="evidence": A causal or meta-analytic, B one study or transferred, C assumption;
    in each regime that of its own distributions) or groups of the configuration (by="group"); doses of policies
    are `policy`, and where `pooled` the regime is a factor, with the weights in the attributes. `first` is the share
    that a factor's inputs explain, all others unknown, with `first_error`, `first_lower` and `first_upper` (95 %); the
    last factor, `interactions`, is the rest, so that shares add up to 1. `standard_deviation`, (regime, policy,
    [region,] year), is the whole spread, in the outcome's units, with its error. Parameters that have one value in all
    draws, which the attribute `fixed` names, add nothing to it, however little is known of them.

    Of a store of `design=saltelli design.by=evidence` (or `group`) `first` holds all that inputs of a factor do
    together, and `total` is the share that would be left if all other factors were known. Of ordinary draws, and of
    `design.by=parameter`, `first` is a sum over single inputs and there is no `total`: what inputs of one factor do
    together is in `interactions`, and a caution says so.

    Raises ConfigError for other factors than the store has, or too few draws.

    >>> from analysis import example, variance_partition
    >>> data = example("saltelli", draws=3072).sel(policy=["none"])
    >>> found = variance_partition(data, "national_unemployment_rate", year=2035, pooled=True)
    >>> dict(zip(found["factor"].values.tolist(), found["first"].squeeze().values.round(2).tolist()))
    {'regime': 0.37, 'A': 0.0, 'B': 0.07, 'C': 0.49, 'interactions': 0.07}
    """
    refuse_no_sweep(data)
    if by not in _BY:
        raise ConfigError(f"by: {nearest(by, _BY)}, got {by!r}")
    stored = chosen(data, outcome, year)
    divide = _of_blocks if design_of(data) == "saltelli" else _of_draws
    found, reach, notices = divide(data, stored, by, pooled)
    found["first"] = found["first"].where(found["factor"] != REST, 1 - found["first"])
    found = intervals(found, "first", reach_in_errors=reach).assign(_deviation(data, stored, pooled))
    return cautioned(described(found, "1").assign_attrs(by=by, fixed=fixed_parameters(data)), *notices)


def _additive(by: str) -> str:
    return (
        f"{REST} also holds what inputs of one factor do together: a store of design=saltelli design.by={by} "
        "gives that to the factor"
    )


def _owned(data: xr.Dataset, regimes: Regimes, inputs: Sequence[str], by: str) -> dict[str, Floats]:
    """By grade or group, the regime first, 1 where an input belongs to it, (draw, input), and 0 elsewhere."""
    groups = groups_of(data) if by == "group" else {}

    def owner_of(name: str, regime: str) -> str:
        if name == "regime":
            return name
        return (evidence_of(data, name, regime) if by == "evidence" else groups.get(name, "")) or "policy"

    owners = [[owner_of(name, regime) for name in inputs] for regime in regimes.names]
    names = sorted({owner for row in owners for owner in row}, key=lambda name: (name != "regime", name))
    found = {name: np.zeros((sum(regimes.draws), len(inputs))) for name in names}
    for members, row in zip(regimes.members, owners, strict=True):
        for place, owner in enumerate(row):
            found[owner][members, place] = 1
    return found


def _of_draws(data: xr.Dataset, stored: xr.DataArray, by: str, pooled: bool) -> tuple[xr.Dataset, float, list[str]]:
    """Sums of single inputs of a store of ordinary draws, how many errors intervals reach, and what to know of them."""
    regimes, few = plain_regimes(data)
    names = input_names(data)
    owned = _owned(data, regimes, names, by)
    sums = {
        owner: {name: row for name, row in zip(names, rows.T, strict=True) if row.any()}
        for owner, rows in owned.items()
    }
    found, of_places = averaged(data, given_shares(data, stored, regimes, pooled, sums, REST), names)
    return found, NORMAL_95, [few, _additive(by), of_places]


def _of_blocks(data: xr.Dataset, stored: xr.DataArray, by: str, pooled: bool) -> tuple[xr.Dataset, float, list[str]]:
    """As `_of_draws`, shares of the factors of a store in blocks. Raises ConfigError for other factors."""
    blocks, held = blocks_of(data, "saltelli"), str(data.attrs.get("factors_by"))
    if held not in ("parameter", by):
        raise ConfigError(f"the store has factors by {held}, not by {by}: take by={held!r}, or run design.by={by}")
    names = list(blocks.factors)
    sums = {name: np.tile(row, (len(blocks.positions), 1)) for name, row in zip(names, np.eye(len(names)), strict=True)}
    if held != by:
        sums = _owned(data, blocks.regimes, names, by)
    if not pooled:
        sums.pop("regime", None)
    found = saltelli_shares(blocks, stored, pooled, {**sums, REST: sum(sums.values(), np.zeros(1))})
    if held == by:
        for name in ("total", "total_error"):
            found[name] = found[name].where(found["factor"] != REST)
        return intervals(found, "total", reach_in_errors=blocks.reach), blocks.reach, [blocks.notice]
    return found.drop_vars(["total", "total_error"]), blocks.reach, [blocks.notice, _additive(by)]


def _deviation(data: xr.Dataset, stored: xr.DataArray, pooled: bool) -> dict[str, xr.DataArray]:
    """Standard deviation of an outcome over draws, (regime, policy, [region,] year), and its error."""
    regimes, error = regimes_of(data), _error(data)

    def measure(values: Floats) -> Found:
        spreads, errors = [], []
        for view in views(regimes, pooled):
            own = values[view.members]
            variance, moved = view.mean((own - view.mean(own)[0]) ** 2)
            spread = np.sqrt(variance)
            spreads.append(spread[None])
            errors.append(error(moved, view)[None] / np.where(spread > 0, 2 * spread, np.inf))
        return {"standard_deviation": np.stack(spreads), "standard_deviation_error": np.stack(errors)}

    found = (
        measured(stored, regimes, pooled, ["all"], measure)
        .isel(factor=0, drop=True)
        .drop_vars("draws", errors="ignore")
    )
    units = {"units": stored.attrs.get("units", "")}
    return {str(name): each.assign_attrs(units) for name, each in found.data_vars.items()}


def _error(data: xr.Dataset) -> Callable[[Floats, View], Floats]:
    """What gives standard errors of results over draws of a view from influence values, (draw, …)."""
    if (design := design_of(data)) != "saltelli":
        return lambda influence, view: standard_error(influence, design)
    replicate = replicates_of(data, "saltelli")
    return lambda influence, view: error_of_replicates(influence, replicate[view.members])
