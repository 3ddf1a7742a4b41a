"""What a search found: candidates, which of them no other betters in all objectives, and how they hold on fresh draws.

The best of many candidates were lucky in their draws too, so that what they promise is too good (the winner's curse).
The front, or of a large one candidates spread over it, is run again on draws that none was chosen by, and what it
loses there is told.
"""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.goals import REFERENCE, Goal, goal_from, judged
from analysis.labels import json_attribute
from sweep.errors import ConfigError

__all__ = ["hypervolumes", "nondominated", "pareto"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def pareto(data: xr.Dataset, fresh: xr.Dataset | None = None) -> xr.Dataset:
    """Candidates of a search and the front of those that no other betters in all objectives.

    data: of the store that the search filled; fresh: of the one beside it, where the front ran on fresh draws.

    - By candidate: `levers`; `objectives`, their `change` from `none` in the same draws, and `constraints`, with Monte
      Carlo errors (`…_error`), regimes pooled by the weights that the attribute `weights` tells, and `…_by_regime`;
      `feasible`: whether all constraints hold; `generation`: the first that proposed it; `on_front`: feasible, and no
      feasible one is as good in all objectives and better in one.
    - `hypervolume` by generation: the share of the box around all feasible candidates that those up to it dominate.
      It stops growing when a search has converged.
    - With fresh draws `fresh_objectives`, `fresh_change`, `fresh_constraints` and `fresh_feasible` (1 or 0), NaN of
      candidates that didn't run again; and by objective `optimism`: how much worse their changes are there in the
      mean, with an error.

    Raises ConfigError for a store that no search filled, one without `none`, and fresh draws that are the same.

    >>> from analysis import example, pareto
    >>> found = pareto(example(), fresh=example("monte_carlo"))
    >>> found["candidate"][found["on_front"]].values.tolist()
    ['retraining', 'retraining+ubi']
    >>> found["change"].sel(objective="national_unemployment_rate").values.round(4).tolist()
    [-0.005, -0.0037, -0.0067]
    """
    refuse_no_sweep(data)
    if fresh is not None:
        refuse_no_sweep(fresh, "fresh")
    spec, known = json_attribute(data, "search"), json_attribute(data, "candidates")
    keys = list(spec.get("levers", {}))
    stored = [str(name) for name in data["policy"].to_numpy()]
    names = [name for name in stored if name in known and list(known[name]["levers"]) == keys]
    if not names:
        raise ConfigError("this store holds no search; run one, as in `sweep experiment=policy_search`")
    for kind, each in (("data", data), ("fresh", fresh)):
        if each is not None and REFERENCE not in each["policy"].to_numpy():
            raise ConfigError(f"{kind}: expected the policy {REFERENCE!r}, to which others are compared")
    drawn = [[each.attrs.get(name) for name in ("seed", "design")] for each in (data, fresh) if each is not None]
    if fresh is data or (len(drawn) == 2 and drawn[0] == drawn[1] and drawn[0][0] is not None):
        raise ConfigError("fresh: the front was chosen by these draws; give the store beside, …-fresh.zarr")
    goals = [[goal_from(node) for node in spec[kind]] for kind in ("objectives", "constraints")]
    found = judged(data.sel(policy=[REFERENCE, *names]), *goals)
    minimized = _minimized(found, goals[0])
    levers = np.array([[known[name]["levers"][key] for key in keys] for name in names])
    generation = np.array([int(known[name]["generation"]) for name in names])
    feasible = found["feasible"].to_numpy()
    numbers = np.unique(generation)
    found = found.assign(
        levers=(("candidate", "lever"), levers),
        generation=("candidate", generation),
        on_front=("candidate", _front(minimized, feasible)),
        hypervolume=("generations", hypervolumes(minimized, feasible, generation)),
    ).assign_coords(lever=keys, generations=numbers)
    if not feasible.any():
        return cautioned(_described(found), "no candidate meets all constraints", _wanting(found))
    if fresh is None:
        told = "the front was chosen by these draws, and so promises too much: give the store with fresh draws as well"
        return cautioned(_described(found), told, _wanting(found))
    found = _with_fresh(found, fresh, goals)
    return cautioned(_described(found), _wanting(found))


def _wanting(found: xr.Dataset) -> str:
    """A notice where numbers have no error; "" elsewhere."""
    errors = {name.replace("_error", ""): name for name in map(str, found.data_vars) if "_error" in name}
    lacking = [name for name, error in errors.items() if (found[error].isnull() & found[name].notnull()).any()]
    if not lacking:
        return ""
    return (
        f"some errors can't be told, and are NaN, of {', '.join(lacking)}: of quantiles with few draws beyond them, or "
        "where regimes meet; take more draws, or quantiles less extreme"
    )


def _described(found: xr.Dataset) -> xr.Dataset:
    """With names of all that was found; units of goals are coordinates, those of levers stand in the configuration."""
    goals = ("objectives", "change", "constraints")
    return described(found, "", "levers", "optimism", *goals, *(f"fresh_{name}" for name in goals))


def nondominated(minimized: Floats) -> Flags:
    """Whether no other row is as good in all columns and better in one, (row,), of (row, objective), less is better."""
    beaten = [((minimized <= own).all(axis=1) & (minimized < own).any(axis=1)).any() for own in minimized]
    return ~np.array(beaten, dtype=bool)


def hypervolumes(minimized: Floats, feasible: Flags, generation: NDArray[np.int_]) -> Floats:
    """Share of the box around feasible rows that those up to each generation dominate, in order of generations."""
    from pymoo.indicators.hv import HV

    numbers = np.unique(generation)
    if not feasible.any():
        return np.zeros(len(numbers))
    low, high = minimized[feasible].min(axis=0), minimized[feasible].max(axis=0)
    scaled = (minimized - low) / np.where(high > low, high - low, 1)
    share = HV(ref_point=np.ones(minimized.shape[1]))
    so_far = [scaled[feasible & (generation <= number)] for number in numbers]
    return np.array([float(share(points)) if len(points) else 0.0 for points in so_far])


def _minimized(found: xr.Dataset, objectives: list[Goal]) -> Floats:
    """Objectives so turned that less is better, (candidate, objective)."""
    return np.asarray(found["objectives"].to_numpy() * np.array([goal.sign for goal in objectives]))


def _front(minimized: Floats, feasible: Flags) -> Flags:
    """The front among feasible rows."""
    front = np.zeros(len(feasible), dtype=bool)
    front[feasible] = nondominated(minimized[feasible])
    return front


def _with_fresh(found: xr.Dataset, fresh: xr.Dataset, goals: list[list[Goal]]) -> xr.Dataset:
    """What candidates are on fresh draws, beside what they promised. Raises ConfigError where none ran again."""
    names = [name for name in found["candidate"].to_numpy() if name in fresh["policy"].to_numpy()]
    if not names:
        raise ConfigError("fresh: none of the candidates is in this store; give the one that the search named")
    again = judged(fresh.sel(policy=[REFERENCE, *names]), *goals)
    kinds = [f"{name}{end}" for name in ("objectives", "change", "constraints") for end in ("", "_error")]
    added: dict[str, Any] = {f"fresh_{kind}": again[kind].reindex(candidate=found["candidate"]) for kind in kinds}
    # Of those that didn't run again it isn't known.
    added["fresh_feasible"] = again["feasible"].astype(float).reindex(candidate=found["candidate"])
    before, signs = found.sel(candidate=names), [goal.sign for goal in goals[0]]
    # Of changes, so that better or worse luck of all policies, `none` among them, isn't taken for optimism.
    lost = (again["change"] - before["change"]).mean("candidate") * signs
    # As if the errors of all candidates were one and the same, which on common draws they nearly are.
    squares = [each["change_error"].mean("candidate") ** 2 for each in (before, again)]
    return found.assign(added | {"optimism": lost, "optimism_error": np.sqrt(squares[0] + squares[1])})
