"""Runs a tiny study in a store, in a process of its own that may be killed.

The model is a closed form that needs no compiler, and processes are forked from one that has imported everything, so
that a kill costs a tenth of a second and not a minute.
"""

import hashlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import scipy.special
from llvmlite import binding
from numpy.typing import NDArray

import sweep.command
from sweep import store
from sweep.__main__ import main
from sweep.config import build_study
from sweep.errors import ConfigError
from sweep.kernel import compiled
from sweep.kernel.economy import Economy
from sweep.kernel.outcomes import OUTCOMES
from sweep.run import begin, remaining, run
from sweep.study import Study
from tests.studies import study

__all__ = [
    "FEW",
    "STUDY",
    "closed_form",
    "command",
    "patched",
    "run_study",
    "small",
    "start",
    "wait_for",
    "with_one_input",
]

# What a run imports late, imported before processes are forked.
_WARM = (scipy.special.ndtri, binding.get_host_cpu_name())
FEW = tuple(outcome for outcome in OUTCOMES if outcome.name in ("gdp", "wage", "debt", "national_gdp", "gini"))
STUDY = ("draws=40", "years=2", "regions=archetypes", "policy=[ubi,tax_usage]", "report=false")


def closed_form(
    economy: Economy,
    draws: Mapping[str, NDArray[np.float64]],
    policies: Sequence[Any],
    years: int,
    outputs: Sequence[str],
    paths: Mapping[str, NDArray[np.float64]],
) -> dict[str, NDArray[np.float32]]:
    """Outcomes that differ between draws, policies, regions, years and outcomes, as the kernel returns them.

    Like the kernel's, those of a policy don't depend on which others are asked for. No input of it moves over months.
    """
    assert not paths
    time.sleep(float(os.environ.get("SWEEP_TEST_PAUSE", "0")))
    doses = [sum(float(np.mean(dose)) for dose in each.doses.values()) for each in policies]
    own = draws["reinstatement"][None, :, None, None] + np.array([0, *doses])[:, None, None, None]
    whole = own * (1 + np.arange(len(economy.regions))[:, None]) + np.arange(years + 1)
    return {
        outcome.name: (whole * number if outcome.regional else whole[:, :, 0] * number).astype(np.float32)
        for number, outcome in enumerate(FEW, start=1)
        if outcome.part in outputs
    }


def run_study(path: Path | str, *overrides: str) -> str:
    """Run the study to its end, or as far as a fault lets it; returns the hash of its content."""
    with patched():
        return _run(small(path, *overrides))


@contextmanager
def patched() -> Iterator[None]:
    """The closed form in place of the kernel."""
    with (
        mock.patch.object(compiled, "warm_up"),
        mock.patch.object(compiled, "simulate", closed_form),
    ):
        yield


@cache
def _small(*overrides: str) -> Study:
    return with_one_input(study(*STUDY, "executor=serial", *overrides))


def with_one_input(chosen: Study) -> Study:
    """A study with the only input that the closed form takes, and few outcomes: a call of zarr costs more than work."""
    kept = tuple(u for u in chosen.uncertainties if u.parameter.name == "reinstatement")
    return replace(chosen, uncertainties=kept, outcomes=FEW)


def small(path: Path | str, *overrides: str) -> Study:
    """The study with the only input that the closed form takes: a call of zarr costs more than the work.

    Composed once, which costs as much as a whole run, for all paths.
    """
    chosen = _small(*overrides)
    return replace(chosen, store=replace(chosen.store, path=str(path)))


def _run(chosen: Study) -> str:
    path = begin(chosen)
    with store.locked(path, notify=lambda text: None):
        run(chosen, path, remaining(chosen, path), lambda report: None)
    return str((store.read_attributes(path) or {})["content_sha256"])


def _alone(chosen: Study, pause: float) -> None:
    os.setsid()
    os.environ["SWEEP_TEST_PAUSE"] = str(pause)
    try:
        with patched():
            _run(chosen)
    except (ConfigError, KeyboardInterrupt) as error:
        sys.exit(getattr(error, "code", 1))


def _deaf(iterations: int, *arguments: Any, **named: Any) -> Any:
    os.write(sys.stdout.fileno(), b"a batch began\n")
    # Like the kernel, compiled code that lets other threads run, and no signal's handler in its own.
    hashlib.pbkdf2_hmac("sha256", b"", b"", iterations)
    return closed_form(*arguments, **named)


def _commanded(path: Path, overrides: Sequence[str], log: Path, iterations: int) -> None:
    os.setsid()
    with log.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["sweep", *STUDY, "executor=serial", f"store.path={path}", *overrides]
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    with (
        patched(),
        mock.patch.object(compiled, "simulate", partial(_deaf, iterations)),
        mock.patch.object(sweep.command, "build_study", lambda *given: with_one_input(build_study(*given))),
        mock.patch.object(compiled, "is_compiled", lambda: True),
    ):
        main()


def start(path: Path | str, *overrides: str, pause: float = 0.03) -> BaseProcess:
    """Begin the study in a process group of its own; pause: seconds that each task takes at least."""
    return _forked(_alone, small(path, *overrides), pause)


def command(path: Path | str, *overrides: str, log: Path, seconds: float = 0) -> BaseProcess:
    """Begin the command `sweep` with the study in a process group of its own; it can't end well.

    log: gets what it prints, and a line as each batch begins; seconds: about what a batch takes, in compiled code.
    """
    return _forked(_commanded, path, overrides, log, 1 + int(3e6 * seconds))


def _with_environment(environment: dict[str, str], target: Callable[..., None], arguments: Sequence[Any]) -> None:
    # The server may be older than what a test set.
    os.environ.update(environment)
    target(*arguments)


def _forked(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    # The server ignores this process's sys.path, and without a word imports nothing that it can't find.
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_with_environment, args=(dict(os.environ), target, arguments))
    process.start()
    return process


def wait_for(condition: Callable[[], bool], process: BaseProcess) -> None:
    """Wait until something holds, or a process ended."""
    while process.is_alive() and not condition():
        time.sleep(0.005)
