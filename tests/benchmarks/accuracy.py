"""How far single precision is from the float64 reference, over draws and policies of the default study."""

import numpy as np

from sweep.draw_table import draw_table
from sweep.kernel.compiled import simulate
from sweep.kernel.reference import simulate_reference
from sweep.regions import load_regions
from tests.benchmarks.measuring import Row, at_most
from tests.studies import study

__all__ = ["LEAST", "errors", "measure"]

# Errors are shares of an outcome's largest value, or of this where that is less.
LEAST = 1e-2
_BLOCK = 8


def errors(start: int, stop: int) -> dict[str, tuple[float, float]]:
    """Of each outcome the largest error and the largest value, over those draws of the default study."""
    chosen, economy = study(), load_regions("us_states")
    draws = draw_table(chosen, economy.regions, start, stop - start)
    policies = [policy.instruments(draws) for policy in chosen.policies[1:]]
    compiled = simulate(economy, draws, policies, chosen.years)
    reference = simulate_reference(economy, draws, policies, chosen.years)
    return {
        name: (float(np.abs(compiled[name] - reference[name]).max()), float(np.abs(reference[name]).max()))
        for name in compiled
    }


def measure(quick: bool) -> list[Row]:
    """The outcomes that are furthest off."""
    count = 16 if quick else 256
    blocks = [errors(start, start + _BLOCK) for start in range(0, count, _BLOCK)]
    found = {}
    for name in blocks[0]:
        error, largest = (max(block[name][place] for block in blocks) for place in (0, 1))
        found[name] = error / max(largest, LEAST)
    worst = sorted(found, key=lambda name: -found[name])[:5]
    return [
        Row(
            f"{name}, {count} draws × 7 policies",
            f"{found[name]:.1e} of its largest value",
            *at_most(1e5 * found[name], 1, "e-5"),
        )
        for name in worst
    ]
