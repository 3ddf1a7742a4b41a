"""Cost by size: the whole command by draws and workers, the kernel by regions, groups, months and policies.

Slopes are the steepest of logs from one size to the next: 1 where cost is in proportion.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sweep.kernel.compiled import simulate
from sweep.kernel.instruments import Instruments
from tests.benchmarks.measuring import Row, at_least, at_most, clock, cores, medians, process, slope
from tests.kernel_cases import policy, random_economy, varied_draws

__all__ = ["measure"]

# Lines in logs are a little steeper or flatter where caches end or vectors begin.
MOST = 1.15


def _row(what: str, sizes: list[int], costs: list[float]) -> Row:
    text = " → ".join(f"{size:,}" for size in sizes)
    return Row(f"{what} {text}", " → ".join(map(clock, costs)), *at_most(slope(sizes, costs), MOST))


def _kernel(quick: bool) -> list[Row]:
    """Seconds a draw of the kernel alone, with core outcomes, as one size grows and the others stay."""
    ubi = policy(basic_income_amount=500, basic_income_eligible=1)

    def case(regions: int, groups: int, years: int, policies: int) -> tuple[int, Callable[[], object]]:
        cells = max(regions, 8) * groups * years * 12 * (1 + policies)
        count = max(1, (2_000_000 if quick else 12_000_000) // cells)
        economy, draws = random_economy(regions, groups), varied_draws(count, 3, regions)
        chosen: list[Instruments] = [ubi] * policies
        return count, lambda: simulate(economy, draws, chosen, years, outputs=("core",))

    grown = {
        "regions": {size: case(size, 22, 5, 0) for size in (10, 51, 200, 500, 2000)},
        "groups": {size: case(51, size, 5, 0) for size in (6, 22, 88, 352)},
        "months": {12 * size: case(51, 22, size, 0) for size in (2, 8, 32, 64)},
        "policies, none included,": {1 + size: case(51, 22, 5, size) for size in (0, 1, 3, 7, 15)},
    }
    cases: Mapping[str, Callable[[], object]] = {
        f"{what}/{size}": run for what, sizes in grown.items() for size, (_, run) in sizes.items()
    }
    seconds = medians(cases, 1 if quick else 3)
    rows = []
    for what, sizes in grown.items():
        costs = [seconds[f"{what}/{size}"] / count for size, (count, _) in sizes.items()]
        rows.append(_row(f"kernel: {what}", list(sizes), costs))
    return rows


def _sweep(draws: int, regions: str, workers: int, chunk: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        given = [f"draws={draws}", f"regions={regions}", f"executor.workers={workers}", "policy=[ubi]", "report=false"]
        given += [f"store.draws_per_chunk={chunk}", "executor=serial", f"store.folder={Path(folder)}"]
        return process("-m", "sweep", *given).seconds


def _command(quick: bool) -> list[Row]:
    """The whole command after its start, which is what two draws take."""
    rows, chunk = [], 500
    for regions, sizes in (("us_states", [1000, 10_000]), ("archetypes", [1000, 10_000, 100_000])):
        measured = [size // 10 for size in sizes] if quick else sizes
        start = _sweep(2, regions, cores(), chunk)
        costs = [max(1e-3, _sweep(size, regions, cores(), chunk) - start) for size in measured]
        rows.append(_row(f"sweep: {regions}, after {clock(start)}, draws", measured, costs))
    draws = 256 if quick else 2048
    start, one, two = (
        _sweep(2, "us_states", 1, 128),
        _sweep(draws, "us_states", 1, 128),
        _sweep(draws, "us_states", 2, 128),
    )
    ratio = at_least((one - start) / (two - start), 1.8)
    return [*rows, Row("sweep: workers 1 → 2", f"{clock(one - start)} → {clock(two - start)}", *ratio)]


def measure(quick: bool) -> list[Row]:
    """Slopes by draws, regions, groups, months and policies, and what a second worker brings."""
    return [*_kernel(quick), *_command(quick)]
