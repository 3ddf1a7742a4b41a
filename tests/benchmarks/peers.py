"""The same labor model under other tools and under `sweep`, each from the start of a process to its end.

A run is one draw under one policy. A draw costs every tool two: no policy, which the policy is compared with, and a
basic income. Where all policies of the default study are run, EMA Workbench has an experiment for each draw under each
of them, as its users do, and so simulates no policy beside every one; `sweep` simulates it once a draw. Times at 10^5
draws are extrapolated from two sizes, by what the start takes and what each draw adds.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sweep.plan import draws_per_chunk
from tests.benchmarks.measuring import Line, Row, Taken, at_least, clock, line, process, size, times
from tests.benchmarks.same_model import POLICIES, POLICY, economy
from tests.studies import study

__all__ = ["measure", "measure_policies"]

DRAWS = 100_000
NUMPY, KERNEL = "NumPy reference, one draw a call", "our kernel, one draw a call"


@dataclass(frozen=True)
class Peer:
    """A tool with its arguments, two numbers of draws that it is measured at, and what `sweep` should be faster by.

    over: the case that it is compared with, `sweep` by threads where nothing else is said; runs: of a draw.
    """

    name: str
    arguments: str
    draws: tuple[int, int]
    wanted: float = 0.0
    over: str = "sweep"
    runs: int = 2


@dataclass(frozen=True)
class Cost:
    """What a tool took at two numbers of draws."""

    sizes: list[int]
    taken: list[Taken]

    @property
    def time(self) -> Line:
        """Seconds by draws."""
        return line(self.sizes, [each.seconds for each in self.taken])

    @property
    def memory(self) -> Line:
        """Bytes by draws."""
        return line(self.sizes, [each.bytes for each in self.taken])


def _peers(small: bool) -> list[Peer]:
    """Sizes that take each of them some seconds."""
    sweep, ema = "sweep executor.name=", (300.0 if small else 100.0)
    more, many = (2, 8) if small else (1, 1)
    return [
        Peer("sweep", f"{sweep}serial", (512 * many, 4096 * many)),
        Peer("sweep, Ray", f"{sweep}ray", (512 * many, 4096 * many)),
        Peer("sweep, one thread", f"{sweep}serial executor.workers=1", (256 * many, 1024 * many)),
        Peer(f"EMA Workbench, sequential ({NUMPY})", "ema numpy", (16, 64), ema),
        Peer(f"EMA Workbench, sequential, per core ({NUMPY})", "ema numpy", (16, 64), ema / 2, "sweep, one thread"),
        Peer(f"EMA Workbench, multiprocessing ({NUMPY})", "ema_parallel numpy", (32, 96)),
        Peer("plain NumPy script (256 draws at once)", "plain numpy", (256, 512), 20.0),
        Peer("plain NumPy script (32 draws at once)", "blocks numpy", (64, 192)),
        Peer(f"joblib ({NUMPY})", "joblib numpy", (32, 96)),
        Peer(f"one Hydra job a draw ({NUMPY})", "hydra", (4, 24)),
        Peer(f"EMA Workbench, sequential ({KERNEL})", "ema kernel", (256 * more, 1024 * more), 4.0),
        Peer(f"EMA Workbench, multiprocessing ({KERNEL})", "ema_parallel kernel", (512 * more, 2048 * more)),
        Peer(f"joblib ({KERNEL})", "joblib kernel", (512 * more, 2048 * more), 1.5),
    ]


def _policy_peers(small: bool) -> list[Peer]:
    """All policies of the default study; sizes that take each of them some seconds."""
    more, runs, every = (2 if small else 1), len(POLICIES), f"sweep, {len(POLICIES)} policies"
    kernel = f"(our kernel, one draw and policy a call, {runs} policies)"
    sequential, parallel = (f"EMA Workbench, {each} {kernel}" for each in ("sequential", "multiprocessing"))
    return [
        Peer(every, "sweep executor.name=serial policies", (512, 2048 * more), over=every, runs=runs),
        Peer(sequential, "ema_policies kernel", (64 * more, 256 * more), 4.0, every, runs),
        Peer(parallel, "ema_policies_parallel kernel", (128 * more, 512 * more), 0.0, every, runs),
    ]


def _command(peer: Peer, draws: int, regions: str, folder: Path) -> list[str]:
    tool, *rest = peer.arguments.split()
    if tool == "sweep":
        # As long as those of the draws that times are extrapolated to.
        chunk = draws_per_chunk(None, DRAWS, len(economy(regions).regions) * (study().years + 1))
        given = [f"regions={regions}", f"draws={draws}", "report=false", f"store.folder={folder}"]
        if "policies" in rest:
            rest.remove("policies")
        else:
            given.append(f"policy=[{POLICY}]")
        return ["-m", "sweep", *rest, *given, f"store.draws_per_chunk={chunk}"]
    if tool == "hydra":
        numbers = ",".join(map(str, range(draws)))
        return ["-m", "tests.benchmarks.hydra_job", "-m", f"+draw={numbers}", f"hydra.sweep.dir={folder}"]
    return ["-m", "tests.benchmarks.peer_tools", tool, *rest, str(draws), regions, str(folder / "outcomes.npz")]


def _cost(peer: Peer, regions: str, quick: bool) -> Cost:
    taken, sizes = [], [draws // 4 for draws in peer.draws] if quick else list(peer.draws)
    for draws in sizes:
        with tempfile.TemporaryDirectory() as folder:
            taken.append(process(*_command(peer, draws, regions, Path(folder))))
    return Cost(sizes, taken)


def _row(peer: Peer, cost: Cost, over: Cost, regions: str) -> Row:
    total, ratio = cost.time.at(DRAWS), cost.time.at(DRAWS) / over.time.at(DRAWS)
    run, start = cost.time.unit / peer.runs, cost.time.start
    text = f"{clock(run)} a run after {clock(start)}; 10^5 draws {clock(total)} (extrapolated); peak memory "
    memory = " → ".join(size(each.bytes) for each in cost.taken)
    memory = f"{memory} for {cost.sizes[0]:,} → {cost.sizes[1]:,} draws"
    if "kernel" in peer.arguments:
        memory += f", 10^5 {size(cost.memory.at(DRAWS))} (extrapolated)"
    compared, expected = at_least(ratio, peer.wanted) if peer.wanted else (times(ratio), "")
    return Row(f"{regions}: {peer.name}", text + memory, compared, expected)


def _compared(peers: Sequence[Peer], regions: str, quick: bool) -> list[Row]:
    costs: dict[str, Cost] = {}
    for peer in peers:
        if peer.arguments not in costs:
            costs[peer.arguments] = _cost(peer, regions, quick)
    named = {peer.name: costs[peer.arguments] for peer in peers}
    return [_row(peer, named[peer.name], named[peer.over], regions) for peer in peers]


def _compile() -> None:
    """Have the kernel compiled before anything is timed."""
    with tempfile.TemporaryDirectory() as folder:
        process(*_command(_peers(False)[0], 2, "archetypes", Path(folder)))


def measure(quick: bool) -> list[Row]:
    """Time and memory of each tool on the US states, and of some on four invented regions, where overhead rules."""
    _compile()
    skipped = ("hydra", "plain numpy", "blocks numpy")
    small = [peer for peer in _peers(True) if peer.arguments not in skipped]
    return [*_compared(_peers(False), "us_states", quick), *_compared(small, "archetypes", quick)]


def measure_policies(quick: bool) -> list[Row]:
    """EMA Workbench with the same kernel, as its users run several policies."""
    _compile()
    sets = {"us_states": False, "archetypes": True}
    return [row for regions, small in sets.items() for row in _compared(_policy_peers(small), regions, quick)]
