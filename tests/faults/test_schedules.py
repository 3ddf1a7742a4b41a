"""Random schedules of faults over one store: what was acknowledged stays, and the end is that of no fault at all."""

import random
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sweep import store
from sweep.errors import DamageError, StorageError
from sweep.inspection import inspect
from tests.faults.harm import CALLS, HARMS, failing
from tests.faults.worker import FEW, run_study, start, wait_for

# Of the chunks of the fewest draws the last is partly filled, and written again once there are more.
CHUNK, DRAWS, POLICIES, OUTPUTS = 5, ("12", "20"), ("", "ubi", "tax_usage", "ubi,tax_usage"), ("", "distribution")
WHOLE = ("draws=20", "policy=[ubi,tax_usage]", "outputs=[distribution]", "store.on_change=recompute")
WITH_POLICIES = {"status", *(outcome.name for outcome in FEW)}
STEPS = ("run", "run", "fail", "fail", "fail", "kill", "kill", "harm", "harm", "verify", "ask", "ask", "ask")


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


def _chunk(file: Path) -> int | None:
    """Which draws a file speaks of, by their chunk; None where it is part of the frame."""
    if file.parent.name == "tasks":
        return int(file.name[:9]) // CHUNK
    if file.name == "zarr.json" or file.parent.name in ("policy", "draw", "region", "year"):
        return None
    return int(file.name.split(".")[2 if file.parent.name in WITH_POLICIES else 1])


class Disturbed:
    """A store under faults, and what is known of it.

    done: runs that are acknowledged, when last seen; harmed: chunks of draws that were damaged on purpose since;
    hurt: damage that the next whole run repairs; hidden: damage that keeps a file's size, which `verify` finds, and a
    run only before it completes a store; blind: the frame is damaged, so that nothing can be seen before a whole run.
    """

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.path, self.chance = path, chance
        self.study: tuple[str, ...] = ("draws=12", "policy=[ubi]", "outputs=[]")
        self.done: set[tuple[str, int]] = set()
        self.outputs: list[str] = []
        self.harmed: set[int] = set()
        self.hurt = self.hidden = self.blind = False

    def _arguments(self) -> tuple[str, ...]:
        return (
            *self.study,
            "store.on_change=recompute",
            f"store.draws_per_chunk={CHUNK}",
            f"executor.workers={self.chance.randint(1, 3)}",
        )

    def ask(self) -> None:
        """Another question from here on, which the store grows by if need be."""
        draws, policies, outputs = map(self.chance.choice, (DRAWS, POLICIES, OUTPUTS))
        self.study = (f"draws={draws}", f"policy=[{policies}]", f"outputs=[{outputs}]")

    def run(self) -> None:
        try:
            run_study(self.path, *self._arguments())
        except DamageError:
            assert self.hidden
        else:
            self.hurt = self.blind = False

    def fail(self) -> None:
        with failing(self.chance.choice(sorted(CALLS)), self.chance.randint(0, 60)) as refused:
            try:
                self.run()
                assert not refused
            except StorageError:
                assert refused

    def kill(self) -> None:
        before, tasks = len(list(self.path.glob("status/tasks/*"))), self.chance.randint(0, 3)
        process = start(self.path, *self._arguments(), pause=0.01)
        wait_for(lambda: len(list(self.path.glob("status/tasks/*"))) >= before + tasks, process)
        process.kill()
        process.join()
        assert process.exitcode in (0, -signal.SIGKILL, DamageError.code if self.hidden else 0)

    def harm(self) -> None:
        kept = {self.path / name for name in ("zarr.json", "status/lock")}
        files = [file for file in sorted(self.path.rglob("*")) if file.is_file() and file not in kept]
        files = [file for file in files if file.parent.name != "partial" and file.stat().st_size]
        if not files:
            return
        kind, file = self.chance.choice(sorted(HARMS)), self.chance.choice(files)
        HARMS[kind](file, self.chance)
        chunk = None if file.name == "COMPLETE" else _chunk(file)
        self.hurt = True
        self.blind |= chunk is None and file.name != "COMPLETE"
        self.hidden |= kind == "flip" and (file.name == "COMPLETE" or chunk is not None)
        self.harmed |= set() if chunk is None else {chunk}

    def verify(self) -> None:
        if not self.path.exists():
            return
        text, code = inspect("verify", str(self.path))
        if "the command that made it repairs it" in text:
            # Growing was cut short, or the frame is damaged: not looked at any further.
            return
        assert self.hurt or self.hidden or code == 0, text
        self.hidden = False
        self.hurt &= self.blind
        if self.blind:
            self.done = set()

    def look(self) -> None:
        """Nothing acknowledged is lost but what was damaged, and nothing is called complete that isn't whole."""
        if not self.path.exists() or self.blind:
            return
        try:
            found = store.survey(self.path, thorough=True)
        except DamageError:
            # Growing was cut short: seen once a run has grown it again.
            return
        if found.attributes["outputs"] != self.outputs:
            # With more of them, every run has something left to do.
            self.done, self.outputs = set(), found.attributes["outputs"]
        rows = found.finished.items()
        done = {(policy, int(draw)) for policy, row in rows for draw in np.flatnonzero(row)}
        assert {draw // CHUNK for _, draw in self.done - done} <= self.harmed, self.done - done
        assert self.hurt or self.hidden or not found.damaged, found.damaged
        self.done = done
        if found.damaged:
            return
        self.harmed = set()
        sealed = store.read_seal(self.path)
        if sealed and not (self.hurt or self.hidden):
            assert found.whole
            assert sealed["content_sha256"] == found.content == found.attributes["content_sha256"]

    def end(self) -> str:
        """The content after runs that nothing disturbs; the first may find damage as it completes the store."""
        if self.path.exists():
            inspect("verify", str(self.path))
        with suppress(DamageError):
            run_study(self.path, *WHOLE)
        run_study(self.path, *WHOLE)
        text, code = inspect("verify", str(self.path))
        return run_study(self.path, *WHOLE) if code == 0 and "complete, content" in text else text


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, bytes]]:
    path = tmp_path_factory.mktemp("schedules") / "undisturbed.zarr"
    return run_study(path, *WHOLE), _content(path)


@settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.integers(0, 2**64))
def test_any_schedule_of_faults_loses_nothing_and_ends_in_the_same_content(
    expected: tuple[str, dict[str, bytes]], seed: int
) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        disturbed = Disturbed(Path(folder) / "s.zarr", chance)
        for step in chance.sample(STEPS, len(STEPS)):
            getattr(disturbed, step)()
            disturbed.look()
        assert (disturbed.end(), _content(disturbed.path)) == expected
        assert not list(disturbed.path.glob("status/partial/*"))
