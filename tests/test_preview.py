"""What `sweep plan` says is what the run then does: its runs, tasks, files, room and memory."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sweep import executors
from sweep.__main__ import _sweep, config_folder
from sweep.disk import bytes_needed
from sweep.errors import ConfigError, StorageError
from sweep.preview import preview, show_plan
from sweep.run import core_seconds
from tests.studies import composed, finish, prepare, study

SMALL = ("regions=archetypes", "years=3", "policy=[ubi]", "executor=serial")


def _files(path: Path) -> int:
    return sum(each.is_file() for each in path.rglob("*"))


def test_a_plan_is_what_the_run_does_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    first = preview(study(*SMALL, f"store.path={path}", "draws=40"))
    assert (first.state, first.runs, first.draws, first.executor) == ("new", 80, 40, "serial")
    assert not list(tmp_path.iterdir())
    place, tasks = prepare(first.study)
    assert tuple(tasks) == first.tasks and first.layout.chunk == tasks[0].stop
    assert preview(first.study).state == "to be continued" and preview(first.study).tasks == first.tasks
    finish(path, *SMALL, "draws=40")
    assert _files(path) == first.files
    assert 0 < sum(each.stat().st_size for each in path.rglob("*/c.*")) <= bytes_needed(first.study, 80, 40)
    before = _contents(place)
    done = preview(first.study)
    assert (done.state, done.runs, done.tasks) == ("complete", 0, ())
    for more in (("draws=50",), ("draws=64",), ("draws=40", "policy=[ubi,tax_usage]")):
        wanted = study(*SMALL, f"store.path={path}", *more)
        found = preview(wanted)
        assert found.state == "to be extended" and _contents(place) == before
        copy = tmp_path / "copy" / more[-1]
        copy.parent.mkdir(exist_ok=True)
        subprocess.run(["cp", "-r", str(path), str(copy)], check=True)
        assert tuple(prepare(study(*SMALL, f"store.path={str(copy)!r}", *more))[1]) == found.tasks


def _contents(path: Path) -> dict[Path, bytes]:
    return {each: each.read_bytes() for each in path.rglob("*") if each.is_file()}


def test_more_outputs_and_counted_draws_are_planned_as_they_are_run(tmp_path: Path) -> None:
    path = finish(tmp_path / "s.zarr", *SMALL, "draws=16")
    more = study(*SMALL, f"store.path={path}", "draws=16", "outputs=fiscal", "store.on_change=recompute")
    assert preview(more).tasks == tuple(prepare(more)[1])
    with pytest.raises(ConfigError, match="would have all its draws computed again"):
        preview(study(*SMALL, f"store.path={path}", "draws=16", "outputs=all"))
    counted = study(*SMALL, f"store.path={tmp_path / 'c.zarr'}", "draws=600", "outputs.keep=statistics")
    assert preview(counted).tasks == tuple(prepare(counted)[1])


def test_the_executor_is_the_one_that_is_planned_to_be_faster() -> None:
    few, many = (preview(study(f"draws={draws}", "executor.workers=2")) for draws in (64, 20_000))
    for found in (few, many):
        times = executors.predicted(2, core_seconds(found.study, found.runs))
        assert (found.executor == "serial") == (times["serial"] <= times["ray"])
        assert found.estimate == times[found.executor]
    # Of one core, Ray takes its start and a third more, whatever the work.
    assert executors.predicted(1, 100.0) == pytest.approx({"serial": 100.0, "ray": 138.0})
    assert executors.predicted(70, 700.0) == pytest.approx({"serial": 100.0, "ray": 21.0})
    assert preview(study("draws=10000000", "executor.workers=64", "store.path=x")).executor == "ray"


def test_what_is_printed_names_all_that_a_run_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep"])
    monkeypatch.setenv("COLUMNS", "200")
    assert _sweep(config_folder(), ["plan", *SMALL, "draws=40", "store.path=s.zarr", "executor.workers=3"]) == 0
    told = dict(re.findall(r"^(\w+) +(.+?) *$", capsys.readouterr().out, re.MULTILINE))
    assert list(told) == ["store", "runs", "tasks", "disk", "executor", "time", "memory", "analyses"]
    assert told["store"] == "s.zarr (new)"
    assert told["runs"] == "40 draws × 2 policies = 80 runs, all to do; archetypes, 3 years"
    assert told["tasks"] == "2 chunks of 20 draws, a task each"
    assert told["executor"] == "serial, 3 workers: as executor=serial says"
    assert "free" in told["disk"] and "rough" in told["time"]
    assert "takes estimates, boxes, decisions, given data; not shapley_effects" in told["analyses"]
    assert not list(tmp_path.iterdir())
    show_plan(composed("experiment=policy_search", "draws=16"), [], "")
    printed = " ".join(capsys.readouterr().out.split())
    runs = 16 * (24 * 10 + 1) + 25 * study("experiment=policy_search", "draws=16").search.fresh_draws  # type: ignore[union-attr]
    assert f"at most {runs:,}" in printed
    monkeypatch.setattr("sweep.store.Folder.free_bytes", lambda self: 1000)
    with pytest.raises(StorageError, match="are free"):
        show_plan(composed(*SMALL, "draws=40", "store.path=s.zarr"), [], "")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peaks of memory are read from Linux's /proc")
@pytest.mark.parametrize("settings", [("draws=1024", "store.draws_per_chunk=512", "outputs=all")])
def test_the_memory_of_a_run_is_planned_within_a_factor_of_two(settings: tuple[str, ...], tmp_path: Path) -> None:
    given = ("policy=[ubi,job_guarantee]", "executor=serial", "report=false", f"store.path={tmp_path / 's.zarr'}")
    found = preview(study(*given, *settings))
    program = (
        "import re, pathlib\nfrom sweep.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
        # Not resource's peak, which a process takes over from the one that began it.
        "print(re.search(r'VmHWM:\\s*(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, *given, *settings], capture_output=True, text=True, check=True
    )
    measured = int(process.stdout.splitlines()[-1]) * 1024
    assert measured / 2 < found.driver_bytes < measured * 2
    # The part that the settings decide is no rounding error of this measurement.
    assert found.worker_bytes > 0.1 * measured
