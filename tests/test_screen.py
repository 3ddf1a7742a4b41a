"""What a run says to a person, to nobody, and to a batch system, and what several jobs end with."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis import load
from sweep.__main__ import _sweep, config_folder, main
from sweep.errors import StorageError
from sweep.screen import Screen
from sweep.store import read_multirun

SMALL = ["regions=archetypes", "draws=4", "years=2", "policy=[]", "report=false", "executor=serial"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep"])
    monkeypatch.setattr("sweep.allocator.hold_little", lambda: None)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def _events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_progress_is_told_once_a_second_and_last() -> None:
    times, log = iter([0.0, 0.5, 1.2, 1.3, 1.4]), io.StringIO()
    screen = Screen(log=log, clock=lambda: next(times))
    for done in (1, 2, 3, 4, 5):
        screen.progress(done, 5, 2.0, 0)
    screen.print("to a person")
    screen.notice("of note [bold]")
    *progress, notice = _events(log.getvalue())
    assert [each["draws_done"] for each in progress] == [1, 3, 5]
    assert (progress[0]["event"], progress[0]["rate"], progress[0]["failures"]) == ("progress", 2.0, 0)
    assert (notice["event"], notice["text"]) == ("notice", "of note [bold]")


def test_quiet_prints_the_path_alone_and_a_log_is_json_alone(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _sweep(config_folder(), [*SMALL, "--quiet"]) == 0
    (store,) = (folder / "results").glob("*.zarr")
    assert capfd.readouterr() == (f"results/{store.name}\n", "")
    assert _sweep(config_folder(), ["--log-json", *SMALL, "draws=6", "seed=2"]) == 0
    printed = capfd.readouterr()
    start, *progress, end = _events(printed.out)
    assert (start["event"], start["draws"], start["policies"], start["regions"]) == ("start", 6, ["none"], "archetypes")
    assert {each["event"] for each in progress} == {"progress"}
    assert (progress[-1]["draws_done"], progress[-1]["draws"], progress[-1]["failures"]) == (6, 6, 0)
    assert progress[-1]["rate"] > 0 and all("time" in each for each in (start, *progress, end))
    assert (end["event"], end["report"], Path(end["store"]).parent) == ("end", None, folder / "results")
    assert printed.err == ""


def test_what_ends_a_command_is_told_to_the_log_too(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["sweep", "--log-json", "drws=1"])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as stop:
        main()
    printed = capfd.readouterr()
    (event,) = _events(printed.out)
    assert (stop.value.code, event["event"], event["code"]) == (2, "error", 2)
    assert "did you mean 'draws'" in event["text"] and event["text"] in printed.err
    monkeypatch.setattr("sys.argv", ["sweep", "--quit"])
    with pytest.raises(SystemExit):
        main()
    assert "did you mean '--quiet'" in capfd.readouterr().err


def test_several_jobs_have_an_index_also_where_one_fails(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert _sweep(config_folder(), [*SMALL, "--quiet", "-m", "seed=1,2", "years=2,0"]) == 2
    printed = capfd.readouterr()
    assert printed.err.count("years: ") == 2 and "job 2 (years=0 seed=1)" in " ".join(printed.err.split())
    first, second, index = printed.out.splitlines()
    jobs = read_multirun(folder / index)
    assert [job.code for job in jobs] == [0, 0, 2, 2]
    assert [job.overrides for job in jobs][1:3] == [{"years": "2", "seed": "2"}, {"years": "0", "seed": "1"}]
    assert [f"results/{job.store}" for job in jobs if job.store] == [first, second]
    with pytest.warns(UserWarning, match="2 of 4 jobs have no store"):
        data = load(folder / index)
    assert data["seed"].to_numpy().tolist() == [1] * 4 + [2] * 4
    assert data.attrs["design"] == "sobol"
    # The same command finds all done, and the same index.
    assert _sweep(config_folder(), [*SMALL, "--log-json", "-m", "seed=1,2", "years=2,0"]) == 2
    last = _events(capfd.readouterr().out)[-1]
    assert (last["event"], last["path"], last["failed"]) == ("index", str(folder / index), 2)


def test_an_interrupt_leaves_an_index_of_what_was_begun(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    calls = iter([StorageError("full"), KeyboardInterrupt()])

    def stopped(*_: Any) -> None:
        raise next(calls)

    monkeypatch.setattr("sweep.jobs.sweep", stopped)
    with pytest.raises(KeyboardInterrupt):
        _sweep(config_folder(), [*SMALL, "-m", "seed=1,2,3"])
    (index,) = (folder / "results").glob("multirun-*.json")
    assert [(job.code, job.message) for job in read_multirun(index)] == [(3, "full"), (None, ""), (None, "")]
    capfd.readouterr()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("sweep design=", {"design=sobol", "design=saltelli", "design=halton"}),
        ("sweep regi", {"regions="}),
        ("sweep adoption=ra", {"adoption=rapid"}),
    ],
)
def test_the_shell_completes_groups_and_options(line: str, words: set[str]) -> None:
    environment = {**os.environ, "COMP_LINE": line, "COMP_POINT": str(len(line))}
    environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    command = [sys.executable, "-m", "sweep", "--shell-completion"]
    found = subprocess.run([*command, "query=bash"], env=environment, capture_output=True, text=True, check=True)
    assert words <= set(found.stdout.split()), found.stdout + found.stderr
