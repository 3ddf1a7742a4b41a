"""The compiled kernel against the float64 reference, over draws of the default study."""

import numpy as np

from sweep.draw_table import draw_table
from sweep.kernel.compiled import simulate
from sweep.kernel.reference import simulate_reference
from sweep.regions import load_regions
from tests.studies import study


def test_single_precision_is_within_1e_5_over_the_default_study() -> None:
    chosen, economy = study(), load_regions("us_states")
    draws = draw_table(chosen, economy.regions, 0, 8)
    policies = [policy.instruments(draws) for policy in chosen.policies[1:]]
    compiled = simulate(economy, draws, policies, chosen.years)
    reference = simulate_reference(economy, draws, policies, chosen.years)
    for name in compiled:
        expected = reference[name]
        error = np.abs(compiled[name] - expected).max() / max(np.abs(expected).max(), 1e-2)
        assert error < 1e-5, (name, error)
