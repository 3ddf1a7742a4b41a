"""What the kernel reports: names, and sets of outcomes that change nothing but what is kept."""

import numpy as np

from sweep.kernel.compiled import simulate
from sweep.kernel.outcomes import OUTCOMES
from sweep.kernel.parameters import PARAMETERS
from tests.kernel_cases import POLICIES, tiny_economy, varied_draws


def test_outcomes_and_inputs_have_names_of_their_own() -> None:
    names = [outcome.name for outcome in OUTCOMES] + [parameter.name for parameter in PARAMETERS]
    assert len(names) == len(set(names))


def test_outcomes_are_the_same_whatever_else_is_wanted() -> None:
    economy, draws = tiny_economy(), varied_draws(2, 3, 3)
    everything = simulate(economy, draws, POLICIES, 5)
    some = simulate(economy, draws, POLICIES, 5, outputs=("core",))
    assert all(np.array_equal(some[name], everything[name]) for name in some)
    assert {outcome.part for outcome in OUTCOMES if outcome.name in some} == {"core"}
