"""What a search judges policies by: of national outcomes, over draws, the mean or a quantile, with their errors."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.caution import refuse_gaps
from analysis.futures import drawn_by
from analysis.monte_carlo import NORMAL_95, share_beside, standard_error, stratified_mean
from analysis.regimes import Strata, pooled_weights, regimes_of
from analysis.statistics import outcome_values, weighted_quantiles
from sweep.errors import ConfigError

__all__ = ["REFERENCE", "Goal", "excess", "goal_from", "judged"]

Floats = NDArray[np.float64]
REFERENCE = "none"


class Goal(NamedTuple):
    """A number to minimize or maximize, or to keep on one side of a bound.

    sense: min, max, at_most or at_least; quantile: over draws, None for the mean; over: last, or mean, of the years
    after the baseline.
    """

    outcome: str
    sense: str
    bound: float | None = None
    quantile: float | None = None
    over: str = "last"

    @property
    def sign(self) -> int:
        """1 where less is better, -1 where more is."""
        return 1 if self.sense in ("min", "at_most") else -1

    @property
    def told(self) -> str:
        """The number in words."""
        kind = "mean" if self.quantile is None else f"{100 * self.quantile:g} % quantile"
        years = "in the last year" if self.over == "last" else "of the mean over years"
        limit = "" if self.bound is None else f", {self.sense.replace('_', ' ')} {self.bound:g}"
        return f"{kind} over draws {years}{limit}"


def goal_from(node: Mapping[str, Any]) -> Goal:
    """A goal as a store's attribute has it."""
    return Goal(*(node[name] for name in Goal._fields))


def judged(data: xr.Dataset, objectives: Sequence[Goal], constraints: Sequence[Goal]) -> xr.Dataset:
    """Objectives and constraints of the policies of a dataset but `none`, as candidates; regimes pooled by weights.

    `objectives`, (candidate, objective), and their `change` from `none`, whose error is small since it is on the same
    draws; both also by regime, as `…_by_regime`; `constraints`; and `feasible`: whether these hold. Monte Carlo errors
    are `…_error`, NaN where draws can't tell them: of a quantile close to the end, or between two regimes. Raises
    ConfigError where `none` is missing, on regional outcomes and on draws that aren't finite.
    """
    regimes = regimes_of(data, weighted=True)
    names = [str(name) for name in data["policy"].to_numpy()]
    if REFERENCE not in names:
        raise ConfigError(f"policies: expected {REFERENCE} among them, to which others are compared, got {len(names)}")
    ordered = data.isel(policy=sorted(range(len(names)), key=lambda row: names[row] != REFERENCE))
    groups = [*regimes.strata(pooled=True), *regimes.strata(pooled=False)]
    pooled, *parts = _tables(ordered, objectives, groups)
    (limits,), by_regime = _tables(ordered, constraints, groups[:1]), np.stack(parts, axis=1)
    found: dict[str, Any] = {"feasible": ("candidate", (excess(limits[0], constraints) <= 0).all(axis=1))}
    for row, name in enumerate(("objectives", "objectives_error", "change", "change_error")):
        found[name] = (("candidate", "objective"), pooled[row])
        found[f"{name}_by_regime"] = (("regime", "candidate", "objective"), by_regime[row])
    for row, name in enumerate(("constraints", "constraints_error")):
        found[name] = (("candidate", "constraint"), limits[row])
    coordinates = {
        "candidate": [name for name in names if name != REFERENCE],
        "regime": list(regimes.names),
        **_goals("objective", objectives, data),
        **_goals("constraint", constraints, data),
    }
    return xr.Dataset(found, coordinates, regimes.pooled_attributes)


def excess(values: Floats, constraints: Sequence[Goal]) -> Floats:
    """By how much constraints are broken, (candidate, constraint), as shares of their bounds; they hold where ≤ 0."""
    bounds = np.array([goal.bound for goal in constraints], dtype=float)
    signs = np.array([goal.sign for goal in constraints], dtype=float)
    return np.asarray(signs * (values - bounds) / np.where(bounds == 0, 1, np.abs(bounds)))


def _goals(dim: str, goals: Sequence[Goal], data: xr.Dataset) -> dict[str, Any]:
    """Coordinates that say what each objective or constraint is."""
    units = [str(data[goal.outcome].attrs.get("units", "")) for goal in goals]
    return {
        dim: [goal.outcome for goal in goals],
        f"{dim}_is": (dim, [goal.told for goal in goals]),
        f"{dim}_units": (dim, units),
        f"{dim}_better": (dim, ["low" if goal.sign > 0 else "high" for goal in goals]),
    }


def _tables(data: xr.Dataset, goals: Sequence[Goal], groups: Sequence[Strata]) -> Floats:
    """Goals by group of draws: number, error, change from the first policy, its error, (group, 4, policy, goal)."""
    design = drawn_by(data)
    found = np.empty((len(groups), 4, data.sizes["policy"] - 1, len(goals)))
    for place, goal in enumerate(goals):
        values = _values(data, goal)
        for row, strata in zip(found, groups, strict=True):
            value, moved = _measured(values, goal.quantile, strata, design)
            row[0, :, place], row[2, :, place] = value[1:], value[1:] - value[0]
            row[1, :, place] = standard_error(moved[:, 1:], design)
            row[3, :, place] = standard_error(moved[:, 1:] - moved[:, :1], design)
    return found


def _measured(values: Floats, quantile: float | None, strata: Strata, design: str) -> tuple[Floats, Floats]:
    """A number, (policy,), and its influence values, (draw, policy), over these draws."""
    if quantile is None:
        return stratified_mean(values.T, strata)
    weights = pooled_weights(strata)
    found = weighted_quantiles(values, weights, (quantile,))[:, 0]
    _, influence, seam = share_beside(values.T, found, quantile, strata)
    # Values by share, from what lies between the quantiles at both ends of the share's interval (Woodruff 1952).
    reach = NORMAL_95 * standard_error(influence, design)
    ends = [
        weighted_quantiles(row, weights, (max(quantile - own, 0), min(quantile + own, 1)))
        for row, own in zip(values, np.nan_to_num(reach), strict=True)
    ]
    # Where one end has no draws, or the share no error since stated weights alone make it up, there is no telling.
    known = (reach > 1e-9) & ~seam & (reach <= min(quantile, 1 - quantile))
    slope = np.where(known, np.ptp(ends, axis=1) / np.where(known, 2 * reach, 1), np.nan)
    # What is the same in all draws, such as a cost that a budget states, has no error.
    slope = np.where(np.ptp(values[:, weights > 0], axis=1) == 0, 0, slope)
    return found, -slope * influence


def _values(data: xr.Dataset, goal: Goal) -> Floats:
    """The number in each draw, (policy, draw). Raises ConfigError where an outcome is regional or isn't finite."""
    stored = outcome_values(data, goal.outcome)
    if "region" in stored.dims:
        raise ConfigError(f"{goal.outcome} is regional: a search is judged by national outcomes")
    values = stored.isel(year=slice(-1, None) if goal.over == "last" else slice(1, None)).to_numpy()
    found = np.asarray(values.astype(np.float64).mean(axis=-1))
    refuse_gaps(goal.outcome, found, axis=1)
    return found
