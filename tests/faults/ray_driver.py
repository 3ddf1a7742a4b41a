"""The command `sweep` with the closed form of `worker`, little patience, and the faults that the environment asks for.

FAULT_PAUSE: seconds that a batch takes; FAULT_HELD: a file, and no batch ends while it is there; FAULT_DEADLY: first
draw of a batch that kills its worker; FAULT_PATIENCE: seconds that a batch may take at least.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import sweep
from sweep import command as commands
from sweep import executors
from sweep.__main__ import main
from sweep.config import build_study
from sweep.executors.dispatch import Patience
from sweep.executors.ray import RayExecutor
from sweep.inspection import inspect
from sweep.kernel import compiled
from sweep.store import read_seal
from tests.faults import worker
from tests.faults.worker import patched, with_one_input
from tests.studies import study

__all__ = ["BATCHES", "command", "content", "finish", "in_memory"]

BATCHES = 24
_STUDY = ("regions=archetypes", f"draws={2 * BATCHES}", "years=2", "policy=[ubi]", "store.draws_per_chunk=2")


def command(path: Path, *overrides: str) -> list[str]:
    """The command line that runs the study into a store."""
    return [sys.executable, "-m", __name__, *_STUDY, "report=false", f"store.path={path}", *overrides]


def content(path: Path) -> str:
    """Hash of the content of a sealed store, after all of it was read."""
    said, code = inspect("verify", str(path))
    assert code == 0, said
    sealed = read_seal(path)
    assert sealed, said
    return str(sealed["content_sha256"])


def finish(path: Path) -> str:
    """Run the study to its end here, without Ray; returns the hash of its content."""
    chosen = with_one_input(study(*_STUDY, "executor=serial", f"store.path={path}"))
    with patched():
        worker._run(chosen)
    return content(path)


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is one: what these tests are about isn't the disk."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place) as name:
        yield Path(name)


@dataclass(frozen=True)
class _Disturbed:
    factory: Any
    pause: float
    held: str
    deadly: int
    shipped: bool

    def __call__(self) -> Callable[[Any], Any]:
        # Workers run what the command shipped, whatever is installed where they are.
        assert not self.shipped or "runtime_resources" in str(sweep.__file__), sweep.__file__
        with patched():
            work = self.factory()

        def disturbed(task: Any) -> Any:
            if task.start == self.deadly:
                os._exit(1)
            time.sleep(self.pause)
            while self.held and Path(self.held).exists():
                time.sleep(0.1)
            with patched():
                return work(task)

        return disturbed


def _choose(name: str, workers: int | None, address: str | None, seconds: float) -> tuple[str, Any]:
    asked = os.environ
    patience = Patience(tick=1, batch=float(asked.get("FAULT_PATIENCE", "6")), times=1, first=60, head=10)
    executor = RayExecutor(workers, address, patience)
    pause, held, deadly = asked.get("FAULT_PAUSE", "0"), asked.get("FAULT_HELD", ""), asked.get("FAULT_DEADLY", "-1")

    def run(factory: Any, tasks: Sequence[Any]) -> Iterator[Any]:
        # Together with this module, which is __main__, it travels by value: workers have the package alone.
        executor._import().cloudpickle.register_pickle_by_value(worker)
        return executor(_Disturbed(factory, float(pause), held, int(deadly), address is not None), tasks)

    return name, run


if __name__ == "__main__":
    # The closed form has neither machine code nor the outcomes of the table.
    with (
        patched(),
        mock.patch.object(executors, "choose", _choose),
        mock.patch.object(commands, "build_study", lambda *given: with_one_input(build_study(*given))),
        mock.patch.object(compiled, "is_compiled", lambda: True),
        mock.patch.object(commands, "_print_summary"),
    ):
        main()
