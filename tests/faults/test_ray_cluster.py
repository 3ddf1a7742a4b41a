"""A Ray cluster of two machines, one of which dies, is cut off or freezes: the store is that of an undisturbed run.

The machines are network namespaces joined by a cable, which takes root; minutes pass, so that it is asked for:
CLUSTER_FAULTS=1 uv run pytest tests/faults/test_ray_cluster.py
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sweep.executors.ray import KEEPALIVE
from sweep.inspection import inspect
from sweep.store import owner, read_seal, survey

ASKED = "CLUSTER_FAULTS" in os.environ
pytestmark = pytest.mark.skipif(not ASKED, reason="takes minutes and root; asked for by CLUSTER_FAULTS=1")

ROOT = Path(__file__).resolve().parents[2]
HEAD, OTHER = "10.77.0.1", "10.77.0.2"
STUDY = ("regions=archetypes", "draws=48", "years=2", "policy=[ubi]", "store.draws_per_chunk=2", "report=false")
ENVIRONMENT = {
    **os.environ,
    **KEEPALIVE,
    "PYTHONPATH": str(ROOT),
    "RAY_AUTH_MODE": "disabled",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # A busy test machine needs more of it than the README's cluster.
    "RAY_health_check_period_ms": "2000",
    "RAY_health_check_timeout_ms": "5000",
    "RAY_health_check_failure_threshold": "3",
}
PATIENT = 240.0


def _ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def _until(what: Callable[[], object], why: str) -> None:
    end = time.monotonic() + PATIENT
    while not what():
        assert time.monotonic() < end, f"not within {PATIENT:.0f} s: {why}"
        time.sleep(0.2)


class Machine:
    """A network namespace: what runs in it, and how to hurt it."""

    def __init__(self, name: str, address: str) -> None:
        self.name, self.address = name, address

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, *command],
            env={**ENVIRONMENT, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ray(self, *arguments: str) -> None:
        ray = str(Path(sys.executable).with_name("ray"))
        common = (f"--node-ip-address={self.address}", "--num-cpus=1", "--object-store-memory=100000000", "--block")
        # Its output goes nowhere: Ray keeps its own files, and a full pipe would stop it.
        with open(os.devnull, "w", encoding="ascii") as nowhere:
            subprocess.Popen(
                ["ip", "netns", "exec", self.name, ray, "start", *arguments, *common],
                env=ENVIRONMENT,
                stdout=nowhere,
                stderr=nowhere,
            )

    def processes(self, title: str = "") -> list[int]:
        found = []
        for pid in map(int, _ip("netns", "pids", self.name).split()):
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
                if title in words[0]:
                    found.append(pid)
        return found

    def signal(self, number: int, title: str = "") -> list[int]:
        pids = self.processes(title)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def busy(self) -> bool:
        return bool(self.processes("ray::_Worker.run"))


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    pair = Machine(f"sw{os.getpid()}a", HEAD), Machine(f"sw{os.getpid()}b", OTHER)
    # Sockets' paths must be short.
    with tempfile.TemporaryDirectory(prefix="r", dir="/tmp", ignore_cleanup_errors=True) as folder:
        try:
            try:
                for machine in pair:
                    _ip("netns", "add", machine.name)
            except (OSError, subprocess.CalledProcessError) as error:
                detail = getattr(error, "stderr", "") or error
                pytest.skip(f"NOT TESTED: this machine gives no network namespaces ({str(detail).strip()})")
            first, second = pair
            _ip("link", "add", "e0", "netns", first.name, "type", "veth", "peer", "name", "e0", "netns", second.name)
            for machine in pair:
                _ip("-n", machine.name, "link", "set", "lo", "up")
                _ip("-n", machine.name, "addr", "add", f"{machine.address}/24", "dev", "e0")
                _ip("-n", machine.name, "link", "set", "e0", "up")
                # By its route to the world Ray finds out which machine of the cluster it is on.
                _ip("-n", machine.name, "route", "add", "default", "dev", "e0")
            first.ray("--head", "--port=6379", "--include-dashboard=false", f"--temp-dir={folder}")
            _until(lambda: first.processes("raylet") and _answers(first), "the head starts")
            second.ray(f"--address={HEAD}:6379")
            yield pair
        finally:
            for machine in pair:
                with suppress(subprocess.CalledProcessError):
                    while machine.signal(signal.SIGKILL):
                        time.sleep(0.1)
                    _ip("netns", "del", machine.name)


def _answers(machine: Machine) -> bool:
    text = f"import socket; socket.create_connection(('{HEAD}', 6379), timeout=2)"
    return machine.start(sys.executable, "-c", text).wait() == 0


def _command(path: Path, *overrides: str) -> list[str]:
    return [sys.executable, "-m", "tests.faults.ray_driver", *STUDY, f"store.path={path}", *overrides]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # In memory where possible: what is tested isn't the disk.
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> str:
    path = folder / "undisturbed.zarr"
    subprocess.run(_command(path, "executor=serial"), env=ENVIRONMENT, check=True, capture_output=True, cwd=folder)
    return _content(path)


def _content(path: Path) -> str:
    said, code = inspect("verify", str(path))
    assert code == 0, said
    sealed = read_seal(path)
    assert sealed, said
    return str(sealed["content_sha256"])


def _sweep(machine: Machine, path: Path, **faults: str) -> "subprocess.Popen[str]":
    # Long enough for the second machine's worker to start while there is work.
    faults.setdefault("FAULT_PAUSE", "3")
    return machine.start(*_command(path, "executor=ray", f"executor.address={HEAD}:6379"), **faults)


def _both_busy(machines: tuple[Machine, Machine]) -> None:
    _until(lambda: all(machine.busy() for machine in machines), "both machines work")


def _ends_well(process: "subprocess.Popen[str]") -> None:
    said, _ = process.communicate(timeout=PATIENT)
    assert process.returncode == 0, said


@pytest.mark.parametrize(("what", "title"), [("node", "raylet"), ("worker", "ray::_Worker"), ("machine", "")])
def test_sigkill(what: str, title: str, machines: tuple[Machine, Machine], folder: Path, undisturbed: str) -> None:
    path = folder / f"{what}.zarr"
    process = _sweep(machines[0], path)
    _both_busy(machines)
    assert machines[1].signal(signal.SIGKILL, title)
    _ends_well(process)
    assert _content(path) == undisturbed


def test_a_machine_cut_off(machines: tuple[Machine, Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "cut.zarr"
    process = _sweep(machines[0], path)
    _both_busy(machines)
    _ip("-n", machines[1].name, "link", "set", "e0", "down")
    _ends_well(process)
    assert _content(path) == undisturbed
    # Back on the network, what it still did is nobody's and hurts nothing.
    _ip("-n", machines[1].name, "link", "set", "e0", "up")
    time.sleep(5)
    assert _content(path) == undisturbed


def test_a_frozen_machine_writes_late(machines: tuple[Machine, Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "frozen.zarr"
    process = _sweep(machines[0], path)
    _both_busy(machines)
    frozen = machines[1].signal(signal.SIGSTOP)
    _ends_well(process)
    assert _content(path) == undisturbed
    thawed = time.time()
    machines[1].signal(signal.SIGCONT)
    time.sleep(5)
    assert _content(path) == undisturbed
    late = [file for file in (path / "status").rglob("*.json") if file.stat().st_mtime > thawed]
    assert [json.loads(file.read_text())["written"]["pid"] in frozen for file in late] in ([], [True])


def test_a_machine_that_joins_is_used(machines: tuple[Machine, Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "joined.zarr"
    machines[1].signal(signal.SIGKILL)
    process = _sweep(machines[0], path)
    _until(machines[0].busy, "the first machine works")
    machines[1].ray(f"--address={HEAD}:6379")
    _both_busy(machines)
    _ends_well(process)
    assert _content(path) == undisturbed


def test_a_batch_that_kills_its_workers(machines: tuple[Machine, Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "poison.zarr"
    process = _sweep(machines[0], path, FAULT_PAUSE="0.1", FAULT_DEADLY="8")
    said, _ = process.communicate(timeout=PATIENT)
    assert process.returncode == 1, said
    assert "a batch was given up after 3 attempts, all others are stored" in said
    assert "Task(start=8, stop=10, policies=('none', 'ubi'))" in said
    assert [name for name, row in survey(path).finished.items() if row.sum() == 46] == ["none", "ubi"]
    _ends_well(_sweep(machines[0], path))
    assert _content(path) == undisturbed


def test_the_head_dies(machines: tuple[Machine, Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "headless.zarr"
    # The command runs on a machine of the cluster, so that this one must have joined: its agents come after that.
    _until(lambda: machines[1].processes("ray::RuntimeEnvAgent"), "the second machine joins")
    time.sleep(3)
    process = _sweep(machines[1], path)
    _both_busy(machines)
    machines[0].signal(signal.SIGKILL)
    said, _ = process.communicate(timeout=PATIENT)
    assert process.returncode == 1, said
    assert "sweep: the head of the Ray cluster is gone" in said
    assert "Traceback" not in said
    assert owner(path) is None
    subprocess.run(_command(path, "executor=serial"), env=ENVIRONMENT, check=True, capture_output=True, cwd=folder)
    assert _content(path) == undisturbed
