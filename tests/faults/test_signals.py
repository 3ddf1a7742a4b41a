"""Ctrl-C and SIGTERM: once, and what is under way is finished; twice, and all ends at once. The store continues."""

import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from analysis import StoreWarning, load
from sweep import store
from sweep.inspection import inspect
from tests.faults.worker import command, run_study, wait_for

ARGUMENTS = ("store.draws_per_chunk=8", "executor.workers=1")
each = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_study(tmp_path_factory.mktemp("signals") / "undisturbed.zarr")


def _said(log: Path, text: str) -> int:
    return log.read_text().count(text) if log.exists() else 0


def _send(process: BaseProcess, number: int) -> None:
    assert process.pid is not None
    os.kill(process.pid, number)


def _group_is_gone(process: BaseProcess) -> bool:
    assert process.pid is not None
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


@each
def test_a_signal_is_answered_at_once_and_tasks_under_way_are_finished(
    number: int, expected: str, tmp_path: Path
) -> None:
    path, log = tmp_path / "s.zarr", tmp_path / "log"
    process = command(path, *ARGUMENTS, log=log, seconds=3)
    wait_for(lambda: _said(log, "a batch began") == 2, process)
    _send(process, number)
    wait_for(lambda: bool(_said(log, "stopping after the tasks under way")), process)
    assert len(list(path.glob("status/tasks/*"))) == 1, "answered only after the batch"
    process.join(60)
    assert process.exitcode == 128 + number, log.read_text()
    assert _said(log, "interrupted; the same command continues") == 1
    assert _group_is_gone(process)
    found = store.survey(path, thorough=True)
    assert (len(found.markers), found.damaged, found.attributes["complete"]) == (2, {}, False)
    assert run_study(path, "executor.workers=2") == expected


@each
def test_a_second_signal_ends_at_once_and_costs_the_tasks_under_way_alone(
    number: int, expected: str, tmp_path: Path
) -> None:
    path, log = tmp_path / "s.zarr", tmp_path / "log"
    run_study(path, *ARGUMENTS, "draws=16")
    process = command(path, *ARGUMENTS, log=log, seconds=120)
    try:
        wait_for(lambda: bool(_said(log, "a batch began")), process)
        _send(process, number)
        wait_for(lambda: bool(_said(log, "stopping after the tasks under way")), process)
        _send(process, signal.SIGINT)
        began = time.monotonic()
        process.join(20)
        assert time.monotonic() - began < 5
        assert process.exitcode == 128 + number, log.read_text()
    finally:
        process.kill()
    assert _group_is_gone(process)
    found = store.survey(path, thorough=True)
    assert (len(found.markers), found.damaged, found.attributes["complete"]) == (2, {}, False)
    assert run_study(path) == expected


def test_a_run_that_ended_before_it_sealed_its_store_is_finished_by_its_command(tmp_path: Path) -> None:
    expected = run_study(tmp_path / "s.zarr")
    store.unseal(store.place(tmp_path / "s.zarr"))
    text, _ = inspect("status", str(tmp_path / "s.zarr"))
    assert "not complete, 120 of 120 runs (100.0 %)" in text
    assert "the command that made the store, which checks and seals what is there, and runs nothing again" in text
    with pytest.warns(StoreWarning, match="all draws are done, but the run ended before they were checked and sealed"):
        assert load(tmp_path / "s.zarr").attrs["unsealed"]
    assert run_study(tmp_path / "s.zarr") == expected
    assert load(tmp_path / "s.zarr").attrs["notice"] == ""
    assert "to finish it" not in inspect("status", str(tmp_path / "s.zarr"))[0]
