"""What instruments cost the kernel beside no policy: all at a dose of zero, and each policy of the kernel's tests."""

from collections.abc import Callable

from sweep.kernel.compiled import simulate
from sweep.kernel.instruments import DOSES, NO_POLICY, Instruments
from sweep.regions import load_regions
from tests.benchmarks.measuring import Row, at_most, medians
from tests.kernel_cases import POLICIES, varied_draws

__all__ = ["measure"]

YEARS, MOST = 15, 1.05


def measure(quick: bool) -> list[Row]:
    """Time of each policy as a ratio to that of none."""
    economy, draws = load_regions("us_states"), varied_draws(8 if quick else 24, 3, 51)
    zero = Instruments(dict.fromkeys(DOSES, 0.0))
    named = {"none": NO_POLICY, "all at zero": zero}
    named |= {f"{number}: {', '.join(sorted(each.timing))}": each for number, each in enumerate(POLICIES)}

    def run(policy: Instruments) -> Callable[[], object]:
        return lambda: simulate(economy, draws, [policy], YEARS, outputs=("core",))

    seconds = medians({name: run(policy) for name, policy in named.items()}, 3 if quick else 9)
    rows = []
    for name in list(named)[1:]:
        # Every case runs the draws without policy too.
        ratio = 2 * seconds[name] / seconds["none"] - 1
        compared, expected = at_most(ratio, MOST, " of none")
        rows.append(Row(name, "", compared, expected if name == "all at zero" else ""))
    return rows
