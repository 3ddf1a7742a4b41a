"""Writes that fail, bits that flip, files that vanish, two runs, signals: the store is resumable and ends the same."""

import importlib
import json
import os
import random
import resource
import shutil
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sweep import store
from sweep.errors import ConfigError, DamageError, InUseError, StorageError
from sweep.inspection import inspect
from sweep.isolation import isolated
from sweep.models import model_of
from sweep.plan import Task
from sweep.run import TaskRunner, differences
from sweep.store.markers import Marker, acknowledge
from tests.faults.harm import HARMS, failing
from tests.faults.worker import patched, run_study, small, start, wait_for

ARGUMENTS = ("store.draws_per_chunk=8", "executor.workers=1")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_study(tmp_path_factory.mktemp("faults") / "undisturbed.zarr", "store.draws_per_chunk=40")


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    run_study(tmp_path / "s.zarr", *ARGUMENTS)
    return tmp_path / "s.zarr"


def _files(path: Path) -> list[Path]:
    """Everything that a fault may hit but the attributes, whose damage is told and not repaired."""
    kept = {path / "zarr.json", path / "status/lock", path / "status/COMPLETE"}
    return sorted(file for file in path.rglob("*") if file.is_file() and file not in kept)


def test_content_depends_on_neither_chunks_nor_workers(expected: str, tmp_path: Path) -> None:
    assert run_study(tmp_path / "s.zarr", "store.draws_per_chunk=3", "executor.workers=3") == expected


def test_a_run_cut_short_is_finished_by_other_workers(expected: str, tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    process = start(path, *ARGUMENTS, pause=0.1)
    wait_for(lambda: len(list(path.glob("status/tasks/*"))) > 1, process)
    process.kill()
    process.join()
    assert run_study(path, "executor.workers=3") == expected


@pytest.mark.parametrize("call", ["write_bytes", "fsync", "replace"])
def test_the_nth_write_flush_or_rename_fails(call: str, expected: str, tmp_path: Path) -> None:
    chance, path = random.Random(call), tmp_path / "s.zarr"
    for _ in range(4):
        with failing(call, chance.randrange(160)) as refused:
            try:
                assert run_study(path, *ARGUMENTS) == expected
                assert not refused
            except StorageError as error:
                assert "No space left on device" in str(error)
                assert refused and error.code == 3
        if path.exists():
            found = store.survey(path, thorough=True)
            assert not found.damaged
            assert found.whole or not found.attributes["complete"]
    assert run_study(path, *ARGUMENTS) == expected


def test_what_a_growing_store_writes_by_half_leaves_what_it_had(expected: str, tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    run_study(path, *ARGUMENTS, "draws=20")
    before, looked = set(store.survey(path).finished["ubi"].nonzero()[0]), 0
    for after in range(0, 48, 4):
        with failing("write_bytes", after), suppress(StorageError):
            run_study(path, *ARGUMENTS)
        assert store.read_attributes(path)
        with suppress(DamageError):  # not grown to its end yet
            found, looked = store.survey(path, thorough=True), looked + 1
            assert not found.damaged
            assert before <= set(found.finished["ubi"].nonzero()[0])
    assert looked > 3
    assert run_study(path, *ARGUMENTS) == expected


def test_a_file_size_limit_stops_a_run_and_leaves_a_store_that_continues(expected: str, tmp_path: Path) -> None:
    before, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    run_study(tmp_path / "s.zarr", *ARGUMENTS, "draws=8")
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, before[1]))
        with pytest.raises(StorageError, match="File too large"):
            run_study(tmp_path / "s.zarr", *ARGUMENTS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert run_study(tmp_path / "s.zarr", *ARGUMENTS) == expected


@pytest.mark.parametrize("kind", HARMS)
def test_damage_is_found_told_and_repaired(kind: str, expected: str, finished: Path) -> None:
    chance = random.Random(kind)
    for _ in range(8):
        file = chance.choice(_files(finished))
        content = file.read_bytes()
        HARMS[kind](file, chance)
        text, code = inspect("verify", str(finished))
        if code == 0 and file.name == "zarr.json":
            # A flip that JSON doesn't see, such as in the case of an escape, changes nothing.
            assert kind == "flip"
            file.write_bytes(content)
            continue
        assert code == DamageError.code, f"{file}: {text}"
        assert run_study(finished, *ARGUMENTS) == expected
        assert inspect("verify", str(finished))[1] == 0


def test_only_damaged_tasks_are_done_again(finished: Path) -> None:
    (finished / "gdp/c.1.2.0.0").unlink()
    text, _ = inspect("verify", str(finished))
    assert "draws 16–23 of none, ubi, tax_usage: gdp/c.1.2.0.0: missing" in text
    with patched():
        found = store.survey(finished)
    assert [bool(found.finished["ubi"][draw]) for draw in (15, 16, 23, 24)] == [True, False, False, True]


def test_a_task_whose_marker_is_gone_is_told_and_done_again_alone(expected: str, finished: Path) -> None:
    gone, *kept = sorted(finished.glob("status/tasks/*"))
    before = {file: file.read_bytes() for file in kept}
    gone.unlink()
    text, code = inspect("verify", str(finished))
    assert (code, " of none, ubi, tax_usage: no marker" in text) == (DamageError.code, True), text
    assert not store.read_seal(finished)
    assert run_study(finished, *ARGUMENTS) == expected
    assert gone.exists() and all(file.read_bytes() == content for file, content in before.items())


@pytest.mark.parametrize("wrong", [1, 2, 99])
def test_a_listing_that_comes_without_a_marker_leaves_no_store_unsealed(
    wrong: int, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    surveys, left = importlib.import_module("sweep.store.survey"), iter(range(wrong))
    read = surveys.read_markers

    def incomplete(*arguments: Any) -> tuple[list[Marker], list[str]]:
        """As a byte of a name that is damaged on the way from a server makes it."""
        markers, broken = read(*arguments)
        return markers[1:] if len(markers) == 5 and next(left, None) is not None else markers, broken

    monkeypatch.setattr(surveys, "read_markers", incomplete)
    if wrong < 99:
        assert run_study(tmp_path / "s.zarr", *ARGUMENTS) == expected
        return
    with pytest.raises(DamageError, match="are not found though they were written; start the command again"):
        run_study(tmp_path / "s.zarr", *ARGUMENTS)


@pytest.mark.parametrize(
    "harm",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"content_sha256": "', '"content_sha256": "0'),
        lambda text: text.replace('"gdp": "', '"gdp": "0'),
    ],
    ids=["empty", "cut", "other content", "other frame"],
)
def test_a_damaged_seal_is_told_and_written_again(
    harm: Callable[[str], str], expected: str, finished: Path, tmp_path: Path
) -> None:
    seal = finished / "status/COMPLETE"
    whole = seal.read_text()
    seal.write_text(harm(whole))
    assert seal.read_text() != whole
    text, code = inspect("verify", str(finished))
    assert code == DamageError.code, text
    assert (store.read_attributes(finished) or {})["complete"] is False
    assert run_study(finished, *ARGUMENTS) == expected
    assert inspect("verify", str(finished))[1] == 0
    seal.unlink()
    assert run_study(finished, *ARGUMENTS) == expected
    assert inspect("verify", str(finished))[1] == 0


def test_a_store_continues_under_another_batch_size_in_its_own_chunks(expected: str, tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    run_study(path, *ARGUMENTS, "draws=20")
    assert run_study(path, "store.draws_per_chunk=5", "executor.workers=3") == expected
    assert store.survey(path, thorough=True).chunk == 8


def test_status_says_how_far_a_store_is(finished: Path) -> None:
    text, code = inspect("status", str(finished))
    assert code == 0
    assert "complete, 120 of 120 runs (100.0 %)" in text
    assert "failures: none" in text


def test_a_second_run_is_refused_and_names_the_first(tmp_path: Path, expected: str) -> None:
    path = tmp_path / "s.zarr"
    process = start(path, *ARGUMENTS, pause=0.3)
    wait_for(lambda: bool(list(path.glob("status/tasks/*"))), process)
    for settings in ((), ("store.lock=take",)):
        with (
            pytest.raises(InUseError, match=f"process {process.pid} on ") as caught,
            store.locked(path, bool(settings)),
        ):
            pass
        assert caught.value.code == 4
    process.kill()
    process.join()
    assert run_study(path, *ARGUMENTS) == expected


def test_a_lock_from_elsewhere_is_taken_on_an_explicit_word_alone(finished: Path) -> None:
    lock = finished / "status/lock"
    lock.write_text('{"host": "elsewhere", "boot": "x", "pid": 1, "since": "yesterday"}')
    with pytest.raises(InUseError, match="process 1 on elsewhere"), store.locked(finished, take=True):
        pass
    old = time.time() - 3600
    os.utime(lock, (old, old))
    with pytest.raises(InUseError, match=r"add store\.lock=take"), store.locked(finished):
        pass
    notes: list[str] = []
    with store.locked(finished, take=True, notify=notes.append):
        assert (store.owner(finished) or pytest.fail("no owner")).pid == os.getpid()
    assert "taking over from process 1 on elsewhere" in notes[0]
    assert store.owner(finished) is None


def test_a_frozen_owner_learns_that_it_lost(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.store.holding.BEAT", 0.05)
    lost: list[str] = []
    with store.locked(finished, lost=lost.append):
        (finished / "status/lock").write_text('{"host": "elsewhere", "boot": "x", "pid": 1, "since": "now"}')
        deadline = time.monotonic() + 10
        while not lost and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "taken over by process 1 on elsewhere" in lost[0]


def test_a_draw_that_stops_the_kernel_costs_that_draw_alone(tmp_path: Path) -> None:
    def simulate(first: int, count: int, policies: Any) -> dict[str, Any]:
        if first <= 5 < first + count and "bad" in policies:
            raise ZeroDivisionError("no jobs")
        return {"x": np.arange(first, first + count, dtype=float) + np.zeros((len(policies), 1))}

    block, reasons = isolated(simulate, 8, ["none", "bad"])
    assert reasons == {("bad", 5): "ZeroDivisionError: no jobs"}
    assert np.isnan(block["x"]).sum() == 1
    np.testing.assert_array_equal(block["x"][0], np.arange(8))


def test_kernel_errors_are_stored_with_their_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sweep.kernel import compiled
    from sweep.run import begin, remaining, run

    path = tmp_path / "s.zarr"
    chosen = small(path, *ARGUMENTS)
    with patched():
        closed = compiled.simulate

        def refusing(economy: Any, draws: Any, *rest: Any, **named: Any) -> Any:
            if (draws["reinstatement"] > 0.95 * most).any():
                raise ValueError("too much")
            return closed(economy, draws, *rest, **named)

        from sweep.draw_table import draw_table

        most = draw_table(chosen, (), 0, 40)["reinstatement"].max()
        with monkeypatch.context() as patch:
            patch.setattr(compiled, "simulate", refusing)
            begin(chosen)
            _, failures = run(chosen, path, remaining(chosen, path), lambda report: None)
    assert {failure.status for failure in failures} == {store.KERNEL_ERROR}
    assert {failure.reason for failure in failures} == {"ValueError: too much"}
    assert store.failures(path) == sorted(failures)
    found = store.survey(path, thorough=True)
    assert found.whole and not found.damaged
    assert "stopped the kernel (ValueError: too much)" in inspect("status", str(path))[0]


def test_another_study_is_refused_or_goes_beside(finished: Path, expected: str) -> None:
    with pytest.raises(ConfigError, match=r"seed: stored 1 → now 2\n.*store\.on_change=new"):
        run_study(finished, *ARGUMENTS, "seed=2")
    run_study(finished, *ARGUMENTS, "seed=2", "store.on_change=new")
    (beside,) = finished.parent.glob("s-*.zarr")
    assert store.survey(beside).whole
    assert run_study(finished, *ARGUMENTS) == expected


def test_outputs_draws_and_policies_extend_a_store(expected: str, tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    run_study(path, *ARGUMENTS, "draws=20", "policy=[tax_usage]")
    with pytest.raises(ConfigError, match="distribution would have all its draws computed again"):
        run_study(path, *ARGUMENTS, "outputs=[distribution]")
    wide = run_study(path, *ARGUMENTS, "outputs=[distribution]", "store.on_change=recompute")
    assert wide == run_study(tmp_path / "whole.zarr", "outputs=[distribution]")
    assert wide == run_study(path, *ARGUMENTS)


def test_a_design_that_cannot_extend_refuses_and_says_why(tmp_path: Path) -> None:
    arguments = (*ARGUMENTS, "design=latin_hypercube", "policy=[none]")
    run_study(tmp_path / "s.zarr", *arguments, "draws=20")
    told = r"draws: stored 20 → now 1[26]\n(.*\n)*design=latin_hypercube can't be extended: each draw lies in a slice"
    for draws in (12, 16):
        with pytest.raises(ConfigError, match=told):
            run_study(tmp_path / "s.zarr", *arguments, f"draws={draws}")


def test_other_arithmetic_than_the_store_began_with_is_told(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert differences(finished) == []
    monkeypatch.setattr("sweep.run.cpu", lambda: {"processor": "other", "features": "none"})
    assert "this is other" in differences(finished)[0]


def test_a_marker_says_nothing_of_chunks_that_it_does_not_list(finished: Path, expected: str) -> None:
    first = min(finished.glob("status/tasks/*"))
    (marker,) = [each for each in store.survey(finished).markers if each.name.endswith(first.name)]
    longer = replace(marker, stop=16)
    shutil.rmtree(finished / "status/tasks")
    store.unseal(store.place(finished))
    acknowledge(store.place(finished), longer)
    found = store.survey(finished, thorough=True)
    assert not any(row.any() for row in found.finished.values())
    assert store.seal(finished) == ""
    assert run_study(finished, *ARGUMENTS) == expected


def test_a_task_written_late_into_a_grown_store_is_refused(tmp_path: Path, expected: str) -> None:
    path = tmp_path / "s.zarr"
    run_study(path, *ARGUMENTS, "draws=20")
    late = store.TaskWriter(path)
    content = run_study(path, *ARGUMENTS)
    with pytest.raises(InUseError, match="was grown by another run"):
        late.write(Task(16, 20, ("none",)), {}, {})
    assert content == expected
    assert inspect("verify", str(path))[1] == 0


def test_an_owner_who_lost_its_store_writes_no_seal(finished: Path) -> None:
    store.unseal(store.place(finished))
    with pytest.raises(InUseError, match="taken over"), store.locked(finished) as held:
        lock = finished / "status/lock"
        lock.unlink()
        lock.write_bytes(b'{"host": "x", "boot": "", "pid": 1, "since": ""}')
        store.seal(finished, held)
    assert store.read_seal(finished) is None


def test_a_seal_of_a_smaller_store_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    run_study(path, *ARGUMENTS, "draws=20")
    seal = (path / "status/COMPLETE").read_bytes()
    run_study(path, *ARGUMENTS)
    (path / "status/COMPLETE").write_bytes(seal)
    assert store.read_seal(path) is None


@pytest.mark.parametrize(
    ("name", "value"), [("draws", "x"), ("draws", None), ("policies", 3), ("draws_per_chunk", 0), ("outputs", [1])]
)
def test_attributes_that_no_sweep_writes_are_told(name: str, value: Any, finished: Path) -> None:
    file = finished / "zarr.json"
    metadata = json.loads(file.read_text(encoding="utf-8"))
    del metadata["attributes"]["checksum"]
    metadata["attributes"][name] = value
    file.write_text(json.dumps(metadata), encoding="utf-8")
    for what in (lambda: inspect("status", str(finished)), lambda: run_study(finished, *ARGUMENTS)):
        with pytest.raises(ConfigError, match=f"attribute '{name}' is"):
            what()


def test_each_worker_compares_its_own_arithmetic(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = small(finished, *ARGUMENTS)
    runner, task = TaskRunner(chosen, model_of(chosen), finished), Task(0, 8, ("none", "ubi", "tax_usage"))
    with patched():
        assert runner()(task).differences == ()
        monkeypatch.setattr("sweep.run.cpu", lambda: {"processor": "other", "features": "none"})
        report = runner()(task)
    assert (report.host, list(report.differences)) == (socket.gethostname(), differences(finished))
