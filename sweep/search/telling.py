"""What a search says: what it will do, how far it is, and the front that it found."""

from typing import TYPE_CHECKING

import numpy as np
from rich import box
from rich.table import Table

from sweep.search.evolution import Generation
from sweep.study import Study

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["announced", "front_table", "generation_told", "optimism_told"]

_MOST_ROWS = 24


def announced(study: Study) -> str:
    """What a search will do, in words."""
    search = study.search
    assert search is not None
    goals = ", ".join(f"{goal.sense} {goal.outcome}" for goal in search.objectives)
    limits = "".join(f", {goal.outcome} {goal.sense.replace('_', ' ')} {goal.bound:g}" for goal in search.constraints)
    levers = ", ".join(f"{lever.key} {lever.lower:g}–{lever.upper:g}" for lever in search.levers)
    return (
        f"search over {levers}: {goals}{limits}; {search.generations} generations of {search.population} candidates, "
        f"each on the same {study.draws:,} draws, {study.regions}, {study.years} years"
    )


def generation_told(generation: Generation, generations: int, runs: int, seconds: float) -> str:
    """How far a search is, in a line."""
    feasible = int((generation.violated <= 0).all(axis=1).sum())
    count = len(generation.candidates)
    share = "" if generation.violated.shape[1] == 0 else f", {feasible} of {count} within the constraints"
    told = f"{runs:,} runs in {seconds:.1f} s" if runs else "read from the store"
    return f"generation {generation.number} of {generations}: {told}{share}"


def optimism_told(found: "xr.Dataset") -> list[str]:
    """By how much changes from `none` are worse on fresh draws, the mean over the front, a line an objective."""
    from analysis.units import INTERVAL, scale_for

    lines = [f"optimism, how much worse the front is on fresh draws in the mean ({INTERVAL}):"]
    for name in found["objective"].to_numpy():
        lost, error = (float(found[key].sel(objective=name)) for key in ("optimism", "optimism_error"))
        units = str(found["objective_units"].sel(objective=name).item())
        scale = scale_for(str(name), units, [lost, error], difference=True)
        lines.append(f"  {name}: {scale.show_with_error(lost, error)} {scale.unit}")
    return lines


def front_table(found: "xr.Dataset") -> Table:
    """Levers of the front and changes from `none` ± 1.96 errors, on fresh draws if there are any, the best first."""
    from analysis.units import scale_for

    front = found.isel(candidate=np.flatnonzero(found["on_front"].to_numpy()))
    kind = "fresh_change" if "fresh_change" in front else "change"
    front = front.isel(candidate=np.isfinite(front[kind].to_numpy()).all(axis=1))
    front = front.isel(candidate=np.argsort(front[kind].to_numpy()[:, 0], kind="stable"))
    table = Table(box=box.SIMPLE, padding=(0, 1), show_edge=False)
    scales = []
    for name in front["lever"].to_numpy():
        table.add_column(str(name), justify="right")
    for place, name in enumerate(front["objective"].to_numpy()):
        units = str(front["objective_units"].to_numpy()[place])
        scales.append(scale_for(str(name), units, front[kind].to_numpy()[:, place], difference=True))
        table.add_column(f"{name}, {scales[-1].unit}", justify="right")
    for row in range(min(front.sizes["candidate"], _MOST_ROWS)):
        own = front.isel(candidate=row)
        levers = [f"{float(value):g}" for value in own["levers"].to_numpy()]
        numbers = zip(scales, own[kind].to_numpy(), own[f"{kind}_error"].to_numpy(), strict=True)
        shown = [scale.show_with_error(float(value), float(error)) for scale, value, error in numbers]
        table.add_row(*levers, *(text.replace(" ± ", "\n± ") for text in shown))
    return table
