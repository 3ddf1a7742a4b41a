"""Ray on this machine: killed workers cost no results, and signals leave a resumable store and no process behind."""

import ctypes
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from sweep.store import owner, survey
from tests.faults.ray_driver import BATCHES, command, content, finish
from tests.processes import descendants, titled

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")

PATIENT = 120.0
# Found, not imported: whoever imports Ray first decides where it listens.
RAYLET = str(Path(str(find_spec("ray").origin)).parent / "core/src/ray/raylet/raylet")  # type: ignore[union-attr]
_SUBREAPER = 36


@pytest.fixture(autouse=True)
def orphans() -> Iterator[None]:
    """Whatever outlives its parent becomes a child of this process, where it can be seen."""
    control = ctypes.CDLL(None, use_errno=True).prctl
    assert control(_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    control(_SUBREAPER, 0, 0, 0, 0)


def _start(path: Path, **faults: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(path, "executor=ray", "executor.workers=2"),
        env={**os.environ, "FAULT_PATIENCE": "60", **faults},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _until(what: Callable[[], object], process: "subprocess.Popen[str]", why: str) -> None:
    end = time.monotonic() + PATIENT
    while not what():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end, f"not within {PATIENT:.0f} s: {why}"
        time.sleep(0.2)


def _ended(process: "subprocess.Popen[str]", before: set[int]) -> str:
    """What a process said, once it and all that it started are gone."""
    said, _ = process.communicate(timeout=PATIENT)
    end = time.monotonic() + 10
    while (left := descendants() - before) and time.monotonic() < end:
        time.sleep(0.1)
    assert not left, [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in left]
    return said


def _stored(path: Path) -> int:
    """Batches in a store."""
    return len(survey(path).markers) if (path / "zarr.json").exists() else 0


def _at_work(process: "subprocess.Popen[str]") -> list[int]:
    return titled(descendants(process.pid), "ray::_Worker.run")


def test_workers_killed_at_random(folder: Path, undisturbed: str) -> None:
    chance, path, before = random.Random(1), folder / "killed.zarr", descendants()
    process = _start(path, FAULT_PAUSE="0.3")
    # Twice, since a batch that loses its worker a third time is set aside.
    for number in (2, 1):
        _until(lambda: len(_at_work(process)) == 2, process, "both workers work")
        time.sleep(chance.uniform(0, 0.6))
        for pid in chance.sample(_at_work(process), number):
            os.kill(pid, signal.SIGKILL)
        _until(lambda: len(_at_work(process)) < 2, process, "the kill is noticed")
    assert _stored(path) < BATCHES
    said = _ended(process, before)
    assert process.returncode == 0, said
    assert said.count("a batch is done again") >= 2
    assert content(path) == undisturbed


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle(number: signal.Signals, folder: Path, undisturbed: str) -> None:
    path, before = folder / f"{number.name}.zarr", descendants()
    process = _start(path, FAULT_PAUSE="0.3")
    _until(lambda: _stored(path) >= 3, process, "some batches are stored")
    process.send_signal(number)
    said = _ended(process, before)
    assert process.returncode == 128 + number, said
    assert "sweep: interrupted; the same command continues" in said
    assert "Traceback" not in said
    assert owner(path) is None
    assert 3 <= _stored(path) < BATCHES
    assert finish(path) == undisturbed


def test_a_signal_while_ray_starts(folder: Path) -> None:
    path, before = folder / "early.zarr", descendants()
    process = _start(path)
    _until(lambda: titled(descendants(process.pid), RAYLET), process, "Ray starts")
    process.terminate()
    said = _ended(process, before)
    assert process.returncode == 128 + signal.SIGTERM, said
    assert owner(path) is None
