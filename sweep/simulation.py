"""What simulates the draws of a study, and what counts them where a store doesn't keep them all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sweep import store
from sweep.counting import PILOT, Counter, pilot
from sweep.designs import DESIGNS
from sweep.draw_table import draw_table
from sweep.errors import DamageError
from sweep.executors import cores
from sweep.isolation import Simulate
from sweep.models import Simulated
from sweep.study import Study

__all__ = ["counter", "make_pilot", "simulation"]


def simulation(
    model: Simulated, study: Study, table: Mapping[str, NDArray[np.float64]], outputs: Sequence[str]
) -> Simulate:
    """What simulates draws of a table, by first place, number and policies."""
    policies = {policy.name: policy for policy in study.policies}

    def outcomes(first: int, count: int, chosen: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        draws = {name: values[first : first + count] for name, values in table.items()}
        return model.simulate(draws, [policies[name] for name in chosen], outputs)

    return outcomes


def counter(writer: store.TaskWriter) -> Counter | None:
    """What counts the tasks of a store, None where it keeps all draws. Raises DamageError where it has no pilot."""
    about = writer.counting
    if about is None:
        return None
    if writer.pilot is None:
        raise DamageError(f"{writer.place}: its pilot is missing or damaged; the same command makes it again")
    grids = {outcome.name: writer.pilot.grid(outcome) for outcome in about.outcomes}
    return Counter(about.outcomes, grids, about.cells)


def make_pilot(study: Study, model: Simulated, at: store.Place, held: store.Held) -> None:
    """Have the first draws of the design set the grids by which all are counted, where none did yet."""
    about = store.counting(store.extent(at) or {})
    if about is None or store.read_pilot(at, about):
        return
    # The first draws of a design in blocks are too much alike, and one that makes all at once may have fewer.
    spread = study if study.design in DESIGNS else replace(study, design="sobol", points={})
    table = draw_table(spread, model.regions, 0, PILOT)
    outcomes = simulation(model, study, table, study.outputs)
    found = pilot(outcomes, PILOT, about.names, about.outcomes, study.execution.workers or cores())
    held()
    store.write_pilot(at, about.plan_hash, found)
