"""Random schedules of faults over one store: what was acknowledged stays, and the end is that of no fault at all."""

import random
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from sweep import store
from sweep.errors import DamageError, StorageError
from sweep.inspection import inspect
from tests.faults.harm import CALLS, HARMS, failing
from tests.faults.worker import FEW, run_study, start, wait_for

# Of its chunks the last is partly filled, until there are more draws.
CHUNK, DRAWS = 5, (12, 20)
WITH_POLICIES = {"status", *(outcome.name for outcome in FEW)}
seeds, workers = st.integers(0, 2**32), st.integers(1, 3)


def _content(path: Path) -> dict[str, bytes]:
    """All that a store holds, by array, and by policy where there is a row for each; read by zarr alone."""
    group: Any = zarr.open_group(path, mode="r")
    found: dict[str, bytes] = {}
    policies = list(group["policy"][:])
    for name, array in group.arrays():
        values = np.asarray(array[:])
        if name in WITH_POLICIES:
            found |= {f"{name}/{policy}": values[row].tobytes() for row, policy in enumerate(policies)}
        elif name != "policy":
            found[name] = str(values.tolist()).encode()
    return found


@cache
def _undisturbed(*study: str) -> tuple[str, dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        return run_study(Path(folder) / "s.zarr", *study), _content(Path(folder) / "s.zarr")


def _chunk(file: Path) -> int | None:
    """Which draws a file speaks of, by their chunk; None where it is part of the frame."""
    if file.parent.name == "tasks":
        return int(file.name[:9]) // CHUNK
    if file.name == "zarr.json" or file.parent.name in ("policy", "draw", "region", "year"):
        return None
    return int(file.name.split(".")[2 if file.parent.name in WITH_POLICIES else 1])


class Schedule(RuleBasedStateMachine):
    """One store under faults.

    acknowledged: runs that are done, when last seen; harmed: chunks of draws that were damaged on purpose since;
    dirty: damage was done that nobody was asked to look for; blind: of the frame, which a run repairs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "s.zarr"
        self.draws, self.policies, self.outputs = DRAWS[0], "ubi", ""
        self.acknowledged: set[tuple[str, int]] = set()
        self.kept: list[str] = []
        self.harmed: set[int] = set()
        self.dirty = self.blind = False

    @property
    def study(self) -> tuple[str, ...]:
        return f"draws={self.draws}", f"policy=[{self.policies}]", f"outputs=[{self.outputs}]"

    def _run(self, number: int) -> None:
        try:
            content = run_study(self.path, *self.study, f"store.draws_per_chunk={CHUNK}", f"executor.workers={number}")
        except DamageError:
            assert self.dirty
        else:
            self.blind = False
            assert self.dirty or content == _undisturbed(*self.study)[0]

    @rule(number=workers)
    def run(self, number: int) -> None:
        self._run(number)

    @rule(number=workers, call=st.sampled_from(sorted(CALLS)), after=st.integers(0, 60))
    def fail(self, number: int, call: str, after: int) -> None:
        with suppress(StorageError), failing(call, after):
            self._run(number)

    @rule(number=workers, tasks=st.integers(0, 3))
    def kill(self, number: int, tasks: int) -> None:
        before = len(list(self.path.glob("status/tasks/*")))
        settings = (f"store.draws_per_chunk={CHUNK}", f"executor.workers={number}")
        process = start(self.path, *self.study, *settings, pause=0.01)
        wait_for(lambda: len(list(self.path.glob("status/tasks/*"))) >= before + tasks, process)
        process.kill()
        process.join()
        assert process.exitcode in (0, -9, DamageError.code if self.dirty else 0)

    @rule(seed=seeds, kind=st.sampled_from(sorted(HARMS)))
    def harm(self, seed: int, kind: str) -> None:
        kept = {self.path / name for name in ("zarr.json", "status/lock")}
        files = [file for file in sorted(self.path.rglob("*")) if file.is_file() and file not in kept]
        files = [file for file in files if file.parent.name != "partial" and file.stat().st_size]
        if files:
            chance = random.Random(seed)
            file = chance.choice(files)
            HARMS[kind](file, chance)
            self.dirty = True
            if file.name != "COMPLETE":
                chunk = _chunk(file)
                self.blind |= chunk is None
                self.harmed |= {chunk} if chunk is not None else set()

    @rule()
    def verify(self) -> None:
        if self.path.exists():
            text, code = inspect("verify", str(self.path))
            if "the command that made it repairs it" in text:
                # Growing was cut short, or the frame is damaged.
                return
            assert self.dirty or code == 0, text
            self.dirty = self.blind and self.dirty
            if self.blind:
                self.acknowledged = set()

    @rule(seed=seeds)
    def grow(self, seed: int) -> None:
        match seed % 3:
            case 0:
                self.draws = DRAWS[1]
            case 1:
                self.policies = "ubi,tax_usage"
            case 2:
                self.outputs = "distribution"

    @invariant()
    def nothing_is_lost(self) -> None:
        if not self.path.exists() or self.blind:
            return
        try:
            found = store.survey(self.path, thorough=True)
        except DamageError:
            # Growing was cut short: whoever runs on will see.
            return
        if found.attributes["outputs"] != self.kept:
            # More of them make all runs unfinished.
            self.acknowledged, self.kept = set(), found.attributes["outputs"]
        rows = found.finished.items()
        done = {(policy, int(draw)) for policy, row in rows for draw in np.flatnonzero(row)}
        lost = self.acknowledged - done
        assert {draw // CHUNK for _, draw in lost} <= self.harmed, lost
        assert self.dirty or not found.damaged, found.damaged
        self.acknowledged = done
        sealed = store.read_seal(self.path)
        if sealed and not self.dirty:
            assert found.whole
            assert sealed["content_sha256"] == found.content == found.attributes["content_sha256"]
        if not found.damaged:
            self.harmed = set()

    def teardown(self) -> None:
        try:
            for _ in range(2):
                if self.path.exists():
                    inspect("verify", str(self.path))
                with suppress(DamageError):
                    run_study(self.path, *self.study)
            assert inspect("verify", str(self.path))[1] == 0
            content, values = _undisturbed(*self.study)
            assert run_study(self.path, *self.study) == content
            assert _content(self.path) == values
            assert store.read_seal(self.path) and not list(self.path.glob("status/partial/*"))
        finally:
            shutil.rmtree(self.folder)


def test_any_schedule_of_faults_loses_nothing_and_ends_in_the_same_content() -> None:
    run_state_machine_as_test(
        Schedule,
        settings=settings(
            max_examples=12,
            stateful_step_count=8,
            derandomize=True,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
