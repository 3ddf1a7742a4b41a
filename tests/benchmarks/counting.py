"""What counting draws costs beside simulating them, for the default study."""

import json
import time
from collections.abc import Callable

import numpy as np

from sweep.counting import SLICE, Counter, pilot
from sweep.draw_table import draw_table
from sweep.models import model_of
from sweep.simulation import simulation
from sweep.statistics import KEPT_DRAWS, counted
from sweep.store import OK, Tally
from sweep.store.tally import counted_outcomes
from tests.benchmarks.measuring import Row, at_most
from tests.studies import study

__all__ = ["measure"]


def _fastest(call: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest round; compiled, or from the cache, before the clock runs."""
    call()
    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def measure(quick: bool) -> list[Row]:
    """Milliseconds a draw of all policies, on one core, and the ratio to the kernel's."""
    chosen, rounds = study("outputs.keep=statistics"), 2 if quick else 7
    model = model_of(chosen)
    regions, names = len(model.regions), tuple(policy.name for policy in chosen.policies)
    about = json.loads(counted(chosen, chosen.computed, regions, KEPT_DRAWS)["counted"])
    outcomes, cells = counted_outcomes(about["outcomes"]), {True: regions * about["years"], False: about["years"]}
    simulate = simulation(model, chosen, draw_table(chosen, model.regions, 0, SLICE), chosen.outputs)
    first = pilot(simulate, SLICE, names, outcomes, 1)
    counter = Counter(outcomes, {outcome.name: first.grid(outcome) for outcome in outcomes}, cells)
    block, status = simulate(0, SLICE, names), np.full((len(names), SLICE), OK, np.int8)
    tally = Tally.empty(outcomes, len(names), cells)
    simulating = _fastest(lambda: simulate(0, SLICE, names), rounds) / SLICE
    counting = _fastest(lambda: counter.add(tally, block, status), rounds) / SLICE
    of = f"{len(names)} policies, {len(outcomes)} outcomes"
    return [
        Row(f"simulating a draw of {of}", f"{1e3 * simulating:.1f} ms"),
        Row(
            f"counting a draw of {of}",
            f"{1e3 * counting:.2f} ms",
            *at_most(counting / simulating, 0.1, " of simulating"),
        ),
    ]
