"""The compiled kernel beside the NumPy reference, in million cell-steps a second on one core.

A cell-step is one region × group × month of one run.
"""

from collections.abc import Callable

from sweep.kernel.compiled import simulate
from sweep.kernel.instruments import NO_POLICY, Instruments
from sweep.kernel.outcomes import OUTPUT_SETS
from tests.benchmarks.measuring import Row, at_least, medians
from tests.benchmarks.same_model import POLICY, compiled, economy, numpy_reference, table
from tests.studies import study

__all__ = ["measure"]

REGIONS, YEARS = "us_states", 15
BLOCKS = (1, 8, 16, 32, 64, 128)
WHOLE = 2048  # draws at once, in some gigabytes


def _speed(runs: int, years: int, seconds: float) -> float:
    return runs * years * 12 * economy(REGIONS).employment.size / seconds / 1e6


def _compiled(draws: int, rounds: int) -> dict[str, float]:
    """Speed by outcomes and policies: none alone, the one that other tools run, and those of the default study."""
    few = table(REGIONS, 0, draws)
    default = [policy.instruments(few) for policy in study().policies if policy.name != "none"]
    runs: dict[str, tuple[int, Callable[[], object]]] = {
        f"core outcomes, {POLICY}": (2, lambda: compiled(REGIONS, few))
    }
    for name, policies in (("no policy", [NO_POLICY]), ("the default policies", default)):
        for outputs in (("core",), OUTPUT_SETS):

            def run(policies: list[Instruments] = policies, outputs: tuple[str, ...] = outputs) -> object:
                return simulate(economy(REGIONS), few, policies, YEARS, outputs=outputs)

            runs[f"{'core' if len(outputs) == 1 else 'all'} outcomes, {name}"] = 1 + len(policies), run
    seconds = medians({name: run for name, (_, run) in runs.items()}, rounds)
    return {name: _speed(count * draws, YEARS, seconds[name]) for name, (count, _) in runs.items()}


def _reference(blocks: tuple[int, ...], years: int, rounds: int) -> tuple[dict[int, float], float]:
    """Speed of NumPy by the number of draws that it holds at once, and of the compiled kernel in turns with it."""
    everything, few = table(REGIONS, 0, max(blocks)), table(REGIONS, 0, 32)

    def run(block: int) -> Callable[[], object]:
        chosen = {name: values[:block] for name, values in everything.items()}
        return lambda: numpy_reference(REGIONS, chosen, years)

    cases = {"compiled": lambda: compiled(REGIONS, few), **{str(block): run(block) for block in blocks}}
    # One round is for what takes long, after all of it was called with less.
    seconds = medians(cases, rounds, warm=rounds == 1)
    speeds = {block: _speed(2 * block, years, seconds[str(block)]) for block in blocks}
    return speeds, _speed(2 * len(few["regime"]), YEARS, seconds["compiled"])


def measure(quick: bool) -> list[Row]:
    """Speed of the compiled kernel, of the reference at its best block size, and of its whole-axis form."""
    fast = _compiled(16 if quick else 64, 3 if quick else 7)
    blocks, beside_blocks = _reference(BLOCKS, 1 if quick else 2, 3)
    axis, beside_axis = _reference((512 if quick else WHOLE,), 1, 1)
    wanted = {"core outcomes, no policy": 100, "all outcomes, the default policies": 60}
    rows = []
    for name, speed in fast.items():
        least = wanted.get(name)
        told = f"≥ {least} M{'' if speed >= least else ': not reached'}" if least else ""
        rows.append(Row(f"compiled float32, {name}", f"{speed:.1f} M cell-steps/s", "", told))
    best = max(blocks, key=lambda block: blocks[block])
    shown = ", ".join(f"{block}: {speed:.1f}" for block, speed in blocks.items())
    measured = f"{blocks[best]:.1f} M (by draws at once: {shown})"
    ratio = at_least(beside_blocks / blocks[best], 6)
    rows.append(Row(f"NumPy float64 at its best block, {POLICY}", measured, *ratio))
    for draws, speed in axis.items():
        ratio = at_least(beside_axis / speed, 20)
        rows.append(Row(f"NumPy float64, {draws:,} draws at once, {POLICY}", f"{speed:.1f} M", *ratio))
    return rows
