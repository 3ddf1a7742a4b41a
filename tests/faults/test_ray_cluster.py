"""A Ray cluster of machines that die, are cut off or freeze: the store is that of an undisturbed run.

The machines are namespaces joined by cables to a switch, which takes root. One test runs by default, the others
take minutes and are asked for: CLUSTER_FAULTS=1 uv run pytest tests/faults/test_ray_cluster.py -n 0
"""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from sweep.store import owner, survey
from tests.faults.ray_driver import BATCHES, command, content, finish
from tests.processes import descendants

asked = pytest.mark.skipif("CLUSTER_FAULTS" not in os.environ, reason="takes minutes; asked for by CLUSTER_FAULTS=1")

ROOT = Path(__file__).resolve().parents[2]
# The settings that the guide gives, so that it is the guide which is tested.
GUIDE = dict(
    re.findall(
        r"\b(RAY_\w+)=(\S+)", (ROOT / "README.md").read_text().partition("# keepalive.sh")[2].partition("```")[0]
    )
)
ENVIRONMENT = {**os.environ, **GUIDE, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
ADDRESS = "10.77.0.1:6379"
PATIENT = 180.0


def _until(what: Callable[[], object], why: str) -> None:
    end = time.monotonic() + PATIENT
    while not what():
        assert time.monotonic() < end, f"not within {PATIENT:.0f} s: {why}"
        time.sleep(0.2)


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


class Machine:
    """Namespaces of network and processes, and a folder of its own for Ray's files: what runs there, how to hurt it."""

    def __init__(self, address: str, files: Path) -> None:
        self.address = address
        files.mkdir()
        Path("/tmp/ray").mkdir(exist_ok=True)
        unshare = ("unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child")
        here = f"mount --bind {files} /tmp/ray && echo up && exec sleep infinity"
        self.outside = subprocess.Popen([*unshare, "sh", "-c", here], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert self.outside.stdout
        said = self.outside.stdout.readline().decode().strip()
        if said != "up":
            raise OSError(said)
        # The first process there; the others go with it.
        [self.first] = descendants(self.outside.pid)
        self.within = ("nsenter", f"--target={self.first}", "--net", "--pid", "--mount", f"--wd={ROOT}", "--")

    def vanish(self) -> None:
        self.outside.kill()
        self.outside.wait()

    def ip(self, *words: str) -> None:
        _run(*self.within, "ip", *words)

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.within, *words],
            env={**ENVIRONMENT, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ray(self, *arguments: str) -> None:
        """Have it start or join a cluster."""
        ray = str(Path(sys.executable).with_name("ray"))
        common = (f"--node-ip-address={self.address}", "--num-cpus=1", "--object-store-memory=100000000", "--block")
        words, nowhere = [*self.within, ray, "start", *arguments, *common], subprocess.DEVNULL
        # Its output goes nowhere: Ray keeps its own files, and a full pipe would stop it.
        subprocess.Popen(words, env=ENVIRONMENT, stdout=nowhere, stderr=nowhere)

    def cable(self, state: str) -> None:
        self.ip("link", "set", "e0", state)

    def processes(self, title: str = "") -> list[int]:
        """Those that run there, by the end of the path or the beginning of the title that they show."""
        here, found = Path(f"/proc/{self.first}/ns/pid").readlink(), []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                shown = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")[0]
                inside = (folder / "ns/pid").readlink() == here and int(folder.name) != self.first
                if inside and (shown.startswith(title) or shown.endswith(f"/{title}")):
                    found.append(int(folder.name))
        return found

    def signal(self, number: int, title: str = "") -> list[int]:
        pids = self.processes(title)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return pids

    def busy(self) -> bool:
        return bool(self.processes("ray::_Worker.run"))


def _wire(machines: list[Machine]) -> None:
    """A switch in the first machine, and a cable from it to each of the others."""
    first, *others = machines
    first.ip("link", "add", "e0", "type", "bridge")
    for number, other in enumerate(others):
        ends = ("netns", str(first.first), "type", "veth", "peer", "name", "e0", "netns", str(other.first))
        _run("ip", "link", "add", f"p{number}", *ends)
        first.ip("link", "set", f"p{number}", "master", "e0", "up")
    for machine in machines:
        machine.ip("link", "set", "lo", "up")
        machine.ip("addr", "add", f"{machine.address}/24", "dev", "e0")
        machine.cable("up")
        # By its route to the world Ray finds out its own address.
        machine.ip("route", "add", "default", "dev", "e0")


@contextmanager
def _cluster(size: int) -> Iterator[list[Machine]]:
    machines: list[Machine] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try:
            try:
                for number in range(1, size + 1):
                    machines.append(Machine(f"10.77.0.{number}", Path(folder) / str(number)))
                _wire(machines)
            except (OSError, subprocess.CalledProcessError) as error:
                detail = getattr(error, "stderr", "") or error
                pytest.skip(f"NOT TESTED: this machine gives no network namespaces ({str(detail).strip()})")
            first, *others = machines
            first.ray("--head", "--port=6379", "--include-dashboard=false")
            _until(lambda: first.processes("raylet") and _answers(first), "the head starts")
            for other in others:
                other.ray(f"--address={ADDRESS}")
            yield machines
        finally:
            for machine in machines:
                machine.vanish()


@pytest.fixture
def machines() -> Iterator[list[Machine]]:
    with _cluster(2) as pair:
        yield pair


def _answers(machine: Machine) -> bool:
    text = f"import socket; socket.create_connection(('{machine.address}', 6379), timeout=2)"
    return machine.start(sys.executable, "-S", "-c", text).wait() == 0


class Sweep:
    """The command on a machine, whose workers go no further than they are let."""

    def __init__(self, machine: Machine, path: Path, **faults: str) -> None:
        self.gate = path.with_suffix(".held")
        self.gate.touch()
        words = command(path, "executor=ray", f"executor.address={ADDRESS}")
        self.process = machine.start(*words, FAULT_HELD=str(self.gate), **faults)

    def until_busy(self, machines: list[Machine]) -> None:
        _until(lambda: self.process.poll() is not None or all(machine.busy() for machine in machines), "all work")
        assert self.process.poll() is None, self.process.communicate()[0]

    def go(self) -> None:
        self.gate.unlink()

    def ends(self, code: int = 0) -> str:
        said, _ = self.process.communicate(timeout=PATIENT)
        assert self.process.returncode == code, said
        return said


def test_a_machine_killed_and_another_cut_off(folder: Path, undisturbed: str) -> None:
    path = folder / "two.zarr"
    with _cluster(3) as machines:
        sweep = Sweep(machines[0], path)
        sweep.until_busy(machines)
        machines[1].vanish()
        machines[2].cable("down")
        sweep.go()
        sweep.ends()
    assert content(path) == undisturbed


@asked
@pytest.mark.parametrize(("what", "title"), [("node", "raylet"), ("worker", "ray::_Worker")])
def test_sigkill(what: str, title: str, machines: list[Machine], folder: Path, undisturbed: str) -> None:
    path = folder / f"{what}.zarr"
    sweep = Sweep(machines[0], path)
    sweep.until_busy(machines)
    assert machines[1].signal(signal.SIGKILL, title)
    sweep.go()
    sweep.ends()
    assert content(path) == undisturbed


@asked
@pytest.mark.parametrize("patience", ["6", "600"])
def test_a_machine_cut_off(patience: str, machines: list[Machine], folder: Path, undisturbed: str) -> None:
    """Noticed by the deadline of a batch, and where that is far away, by keepalive."""
    path = folder / f"cut{patience}.zarr"
    sweep = Sweep(machines[0], path, FAULT_PATIENCE=patience)
    sweep.until_busy(machines)
    machines[1].cable("down")
    sweep.go()
    sweep.ends()
    assert content(path) == undisturbed
    # Back on the network, what it still did is nobody's and hurts nothing.
    machines[1].cable("up")
    time.sleep(5)
    assert content(path) == undisturbed


@asked
def test_a_frozen_machine_writes_late(machines: list[Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "frozen.zarr"
    sweep = Sweep(machines[0], path)
    sweep.until_busy(machines)
    machines[1].signal(signal.SIGSTOP)
    sweep.go()
    sweep.ends()
    assert content(path) == undisturbed
    machines[1].signal(signal.SIGCONT)
    time.sleep(5)
    assert content(path) == undisturbed


@asked
def test_a_machine_that_joins_is_used(machines: list[Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "joined.zarr"
    machines[1].signal(signal.SIGKILL)
    sweep = Sweep(machines[0], path)
    sweep.until_busy(machines[:1])
    machines[1].ray(f"--address={ADDRESS}")
    sweep.until_busy(machines)
    sweep.go()
    sweep.ends()
    assert content(path) == undisturbed


@asked
def test_a_batch_that_kills_its_workers(machines: list[Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "poison.zarr"
    sweep = Sweep(machines[0], path, FAULT_DEADLY="8")
    sweep.go()
    said = sweep.ends(1)
    assert "a batch was given up after 3 attempts, all others are stored" in said
    assert "Task(start=8, stop=10, policies=('none', 'ubi'))" in said
    assert [name for name, row in survey(path).finished.items() if row.sum() == 2 * BATCHES - 2] == ["none", "ubi"]
    sweep = Sweep(machines[0], path)
    sweep.go()
    sweep.ends()
    assert content(path) == undisturbed


@asked
def test_the_head_dies(machines: list[Machine], folder: Path, undisturbed: str) -> None:
    path = folder / "headless.zarr"
    # The command runs on a machine of the cluster, so that this one must have joined.
    _until(lambda: machines[1].processes("raylet"), "the second machine joins")
    # Work for longer than it takes to notice.
    sweep = Sweep(machines[1], path, FAULT_PAUSE="2")
    sweep.until_busy(machines)
    machines[0].vanish()
    sweep.go()
    said = sweep.ends(1)
    assert "sweep: the head of the Ray cluster is gone" in said
    assert "Traceback" not in said
    assert owner(path) is None
    assert finish(path) == undisturbed
