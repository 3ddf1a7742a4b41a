"""SIGKILL at random points: what was acknowledged stays, nothing is called complete too early, and the end is the same.

Many more of them: uv run python -m tests.faults.test_kills 1000
"""

import os
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from sweep import store
from sweep.errors import ConfigError
from tests.faults.worker import run_study, start, wait_for

__all__ = ["kill_often"]

CHUNKS, WORKERS = (3, 5, 8), (1, 2, 3)


def _acknowledged(path: Path) -> set[str]:
    """Files of markers that count; none where there is no store yet."""
    if not (path / "zarr.json").is_file():
        return set()
    found = store.survey(path, thorough=True)
    assert not found.damaged, found.damaged
    assert not store.read_seal(path) or found.whole
    assert not found.attributes["complete"] or found.whole
    return {marker.name for marker in found.markers}


def _holds(path: Path, pid: int | None) -> bool:
    held = store.owner(path)
    return held is not None and held.pid == pid


def _seconds_of_work(path: Path) -> float:
    """How long a run takes here and now, from its lock to its end."""
    process = start(path, f"store.draws_per_chunk={min(CHUNKS)}", pause=0)
    wait_for(lambda: _holds(path, process.pid), process)
    began = time.monotonic()
    process.join()
    return time.monotonic() - began


def _kill(path: Path, chance: random.Random, chunk: int, seconds: float) -> bool:
    """Run on and kill at a random point of the work, which takes so many seconds; whether the run got away."""
    process = start(path, f"store.draws_per_chunk={chunk}", f"executor.workers={chance.choice(WORKERS)}", pause=0)
    assert process.pid is not None
    if chance.random() < 0.9:
        wait_for(lambda: _holds(path, process.pid), process)
    time.sleep(chance.uniform(0, seconds))
    if chance.random() < 0.5 and _holds(path, process.pid):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"{path}: exit code {process.exitcode}"
    return process.exitcode == 0


def kill_often(folder: Path, kills: int, seed: int) -> int:
    """Kill so many runs, over as many stores as it takes; returns the number of stores."""
    chance, expected = random.Random(seed), run_study(folder / "undisturbed.zarr")
    number, seconds = 0, _seconds_of_work(folder / "alone.zarr")
    while kills > 0:
        path, number, chunk = folder / f"{number}.zarr", number + 1, chance.choice(CHUNKS)
        before: set[str] = set()
        # No more on one store, which on a slow machine would never come to its end.
        for _ in range(min(kills, 10)):
            if _kill(path, chance, chunk, seconds):
                break
            kills -= 1
            after = _acknowledged(path)
            assert before <= after, f"{path}: lost {before - after}"
            before = after
        content = run_study(path, f"executor.workers={chance.choice(WORKERS)}")
        assert content == expected, f"{path}: {content} instead of {expected}"
        assert before <= _acknowledged(path), f"{path}: lost {before - _acknowledged(path)}"
        assert not list((path / "status/partial").iterdir()), f"{path}: half written files left"
    return number


def test_kills_lose_nothing_and_end_in_the_same_content(tmp_path: Path) -> None:
    # At most ten kills a store: each is brought to its end.
    assert kill_often(tmp_path, 30, seed=1) >= 3


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        began, wanted = time.monotonic(), int(sys.argv[1])
        try:
            stores = kill_often(Path(place), wanted, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 0)
        except (AssertionError, ConfigError) as error:
            sys.exit(f"failed: {error}")
        print(f"{wanted} kills, {stores} stores, none differs, {time.monotonic() - began:.0f} s")  # noqa: T201
