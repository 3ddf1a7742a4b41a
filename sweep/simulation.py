"""What simulates the draws of a study, and what counts them where a store doesn't keep them all."""

from collections.abc import Callable, Mapping, Sequence
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
from sweep.kernel.economy import Economy
from sweep.study import Study

__all__ = ["Kernel", "counter", "make_pilot", "simulation"]

# (economy, draws, policies, years, outputs=…) -> outcome -> (1 + policies, draws, …), as the compiled kernel has it.
Kernel = Callable[..., Mapping[str, NDArray[np.float32]]]


def simulation(
    kernel: Kernel, study: Study, economy: Economy, table: Mapping[str, NDArray[np.float64]], outputs: Sequence[str]
) -> Simulate:
    """What simulates draws of a table by a kernel, by first place, number and policies."""
    policies = {policy.name: policy for policy in study.policies}

    def outcomes(first: int, count: int, chosen: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        draws = {name: values[first : first + count] for name, values in table.items()}
        wanted = [policies[name].instruments(draws) for name in chosen if name != "none"]
        block = kernel(economy, draws, wanted, study.years, outputs=outputs)
        return block if "none" in chosen else {name: values[1:] for name, values in block.items()}

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


def make_pilot(study: Study, economy: Economy, at: store.Place, held: store.Held) -> None:
    """Have the first draws of the design set the grids by which all are counted, where none did yet."""
    about = store.counting(store.extent(at) or {})
    if about is None or store.read_pilot(at, about):
        return
    from sweep.kernel.compiled import simulate

    # The first draws of a design in blocks are too much alike, and one that makes all at once may have fewer.
    spread = study if study.design in DESIGNS else replace(study, design="sobol", points={})
    table = draw_table(spread, economy.regions, 0, PILOT)
    outcomes = simulation(simulate, study, economy, table, study.outputs)
    found = pilot(outcomes, PILOT, about.names, about.outcomes, study.execution.workers or cores())
    held()
    store.write_pilot(at, about.plan_hash, found)
