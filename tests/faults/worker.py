"""Runs a tiny study in a store, in a process of its own that may be killed.

The model is a closed form that needs no compiler, and processes are forked from one that has imported everything, so
that a kill costs a tenth of a second and not a minute.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import scipy.stats
from llvmlite import binding
from numpy.typing import NDArray

import sweep.run
from sweep import store
from sweep.errors import ConfigError
from sweep.kernel import compiled
from sweep.kernel.economy import Economy
from sweep.kernel.outcomes import OUTCOMES
from sweep.run import begin, remaining, run
from sweep.study import Study
from tests.studies import study

__all__ = ["FEW", "STUDY", "closed_form", "patched", "run_study", "small", "start", "wait_for", "with_one_input"]

# What a run imports late, imported before processes are forked.
_WARM = (scipy.stats.qmc, binding.get_host_cpu_name())
FEW = tuple(outcome for outcome in OUTCOMES if outcome.name in ("gdp", "wage", "debt", "national_gdp", "gini"))
STUDY = ("draws=40", "years=2", "regions=archetypes", "policy=[ubi,tax_usage]", "report=false")


def closed_form(
    economy: Economy,
    draws: Mapping[str, NDArray[np.float64]],
    policies: Sequence[Any],
    years: int,
    outputs: Sequence[str],
) -> dict[str, NDArray[np.float32]]:
    """Outcomes that differ between draws, policies, regions, years and outcomes, as the kernel returns them."""
    time.sleep(float(os.environ.get("SWEEP_TEST_PAUSE", "0")))
    own = draws["reinstatement"][None, :, None, None] + np.arange(1 + len(policies))[:, None, None, None]
    whole = own * (1 + np.arange(len(economy.regions))[:, None]) + np.arange(years + 1)
    return {
        outcome.name: (whole * number if outcome.regional else whole[:, :, 0] * number).astype(np.float32)
        for number, outcome in enumerate(FEW, start=1)
        if outcome.part in outputs
    }


def run_study(path: Path, *overrides: str) -> str:
    """Run the study to its end, or as far as a fault lets it; returns the hash of its content."""
    with patched():
        return _run(small(f"store.path={path}", *overrides))


@contextmanager
def patched() -> Iterator[None]:
    """The closed form in place of the kernel, with few outcomes."""
    with (
        mock.patch.object(compiled, "compile_kernel"),
        mock.patch.object(compiled, "simulate", closed_form),
        mock.patch.object(sweep.run, "OUTCOMES", FEW),
    ):
        yield


def small(*overrides: str) -> Study:
    """The study as the closed form takes it."""
    return with_one_input(study(*STUDY, "executor=serial", *overrides))


def with_one_input(chosen: Study) -> Study:
    """A study with the only input that the closed form takes: a call of zarr costs more than the work."""
    return replace(chosen, uncertainties=tuple(u for u in chosen.uncertainties if u.parameter.name == "reinstatement"))


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


def start(path: Path, *overrides: str, pause: float = 0.03) -> BaseProcess:
    """Begin the study in a process group of its own; pause: seconds that each task takes at least."""
    # The server ignores this process's sys.path, and without a word imports nothing that it can't find.
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[2])
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_alone, args=(small(f"store.path={path}", *overrides), pause))
    process.start()
    return process


def wait_for(condition: Callable[[], bool], process: BaseProcess) -> None:
    """Wait until something holds, or a process ended."""
    while process.is_alive() and not condition():
        time.sleep(0.005)
