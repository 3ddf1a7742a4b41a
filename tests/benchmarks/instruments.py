"""What instruments cost the kernel, side by side: none, all at a dose of zero, and each policy of the project.

Run: uv run python -m tests.benchmarks.instruments
"""

import statistics
import time
from collections.abc import Callable, Mapping

from sweep.kernel.compiled import simulate
from sweep.kernel.instruments import DOSES, NO_POLICY, Instruments
from sweep.regions import load_regions
from tests.kernel_cases import POLICIES, varied_draws

DRAWS, YEARS, ROUNDS = 24, 15, 7


def measure(cases: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each case, measured in turns, so that a busy machine slows all of them."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS + 1):
        for name, case in cases.items():
            begin = time.perf_counter()
            case()
            taken[name].append(time.perf_counter() - begin)
    return {name: statistics.median(seconds[1:]) for name, seconds in taken.items()}


def main() -> None:
    """Print the time of each policy as a ratio to that of none, and the kernel's speed without policy."""
    economy, draws = load_regions("us_states"), varied_draws(DRAWS, 3, 51)
    zero = Instruments(dict.fromkeys(DOSES, 0.0))
    named = {"none": NO_POLICY, "all at zero": zero}
    named |= {f"policy {number}": policy for number, policy in enumerate(POLICIES)}

    def run(policy: Instruments) -> Callable[[], object]:
        return lambda: simulate(economy, draws, [policy], YEARS, outputs=("core",))

    seconds = measure({name: run(policy) for name, policy in named.items()})
    steps = 2 * DRAWS * YEARS * 12 * economy.employment.size
    print(f"none: {steps / seconds['none'] / 1e6:.1f} million cell-steps per second and core")
    for name, taken in seconds.items():
        # Every case runs the draws without policy too.
        print(f"{name:12} {2 * taken / seconds['none'] - 1:.2f} of none")


if __name__ == "__main__":
    main()
