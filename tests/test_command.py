"""The commands as a person runs them, in processes of their own."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from rich.console import Console

from sweep.command import Notices, Pace, _print_summary, _summary_table
from sweep.kernel.compiled import is_compiled
from tests.store_cases import StoreCase
from tests.studies import finish


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def _run(folder: Path, *arguments: str, code: int = 0) -> str:
    process = subprocess.run(
        _command(*arguments), cwd=folder, capture_output=True, text=True, timeout=300, check=False, env=_environment()
    )
    assert process.returncode == code, process.stdout + process.stderr
    return process.stdout + process.stderr


def _environment() -> dict[str, str]:
    root = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": root, "COLUMNS": "100"}


def test_from_command_to_report(tmp_path: Path) -> None:
    arguments = ("sweep", "draws=32", "years=6", "policy=[ubi,tax_profit]")
    printed = _run(tmp_path, *arguments)
    assert re.search(r"none +\d\.\d\d", printed)
    assert "transformative" in printed
    assert "pooled with stated weights" in " ".join(printed.split())
    (store,) = (tmp_path / "results").glob("us_states-*.zarr")
    assert f"results/{store.name}" in printed
    (page,) = (tmp_path / "results").glob("*_report.html")
    assert str(page.relative_to(tmp_path)) in printed.replace("\n", "")
    assert printed.index("writing the report") < printed.index("report: ")
    assert 'id="regions"' in page.read_text(encoding="utf-8")
    assert xr.open_zarr(store, consolidated=False).attrs["complete"] is True
    before = page.stat().st_mtime_ns
    assert "Nothing to do" in _run(tmp_path, *arguments)
    assert page.stat().st_mtime_ns == before
    assert "the report in Chinese" in _run(tmp_path, "sweep", "--help")
    _run(tmp_path, *arguments, "report.language=zh")
    assert 'lang="zh-CN"' in page.with_stem(f"{page.stem}_zh").read_text(encoding="utf-8")
    again = _run(tmp_path, "analysis", "report", str(store), "--out", str(tmp_path / "again.html"))
    assert again.strip() == str(tmp_path / "again.html")
    assert (tmp_path / "again.html").is_file()


def test_more_draws_of_one_policy_are_shown_and_the_others_are_left_out_in_words(tmp_path: Path) -> None:
    fixed = ("sweep", "years=3", "store.path=s.zarr")
    _run(tmp_path, *fixed, "draws=8", "policy=[ubi,tax_usage]", "report=false")
    printed = " ".join(_run(tmp_path, *fixed, "draws=16", "policy=[ubi]").split())
    assert "left out: tax_usage (8 of 16 draws done)" in printed
    assert "Warning" not in printed
    assert "To do: 8 draws × 2 policies (none, ubi)" in printed
    text = (tmp_path / "s_report.html").read_text(encoding="utf-8")
    assert "2 policies, 16 draws" in text
    assert "Left out: tax_usage (8 of 16 draws done)." in text


def test_the_first_lines_say_what_is_run_a_late_policy_and_labor_of_other_regions(tmp_path: Path) -> None:
    arguments = ("draws=8", "years=1", "policy=[ubi]", "labor=world", "report=false")
    printed = " ".join(_run(tmp_path, "sweep", *arguments).split())
    assert printed.startswith("8 draws × 2 policies (none, ubi), us_states, 1 year: up to ")
    assert "labor=world was made for other regions than us_states: labor=us fits" in printed
    assert "ubi starts after the last year" in printed


def test_sets_of_outcomes_and_an_uncertain_lever_are_run_and_kept(tmp_path: Path) -> None:
    arguments = ("regions=archetypes", "draws=4", "years=4", "policy=[local_veto]", "report=false", "executor=serial")
    _run(tmp_path, "sweep", *arguments, "outputs=[fiscal,distribution]")
    (store,) = (tmp_path / "results").glob("archetypes-*.zarr")
    data = xr.open_zarr(store, consolidated=False)
    assert set(data.attrs["outputs"]) == {"core", "fiscal", "distribution"}
    assert len(set(data["policy.local_veto.cut"].to_numpy())) == 4
    assert {"national_gdp", "labor_tax_revenue", "gini"} <= set(data) and "demand_total" not in data


def test_long_names_of_policies_stand_on_one_line_of_80_columns() -> None:
    policies = ["none", "conditional_income", "a_name_of_24_characters_"]
    regimes = ["slow", "central", "rapid", "transformative"]
    shares: dict[str, Any] = {name: ("policy", [0.1234] * 3) for name in ("median", "lower", "upper")}
    shares["median_by_regime"] = (("policy", "regime"), np.full((3, 4), 0.1234))
    data = xr.Dataset(shares, coords={"policy": policies, "regime": regimes})
    printed = io.StringIO()
    Console(width=80, file=printed).print(_summary_table(data, data))
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    for name in policies:
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        assert line.split()[1:] == ["12.34", "12.34–12.34", *["12.34"] * 5]


def test_what_weakens_the_table_is_told_above_it(tmp_path: Path) -> None:
    jobless = (("policy", "draw", "year"), np.zeros((3, 9, 3)), {"units": "1"})
    case = StoreCase(attributes={"design": "morris"}, further={"national_jobless_rate": jobless})
    path = case.write(tmp_path / "run.zarr")
    screen = Console(file=io.StringIO(), width=300)
    _print_summary(path, screen)
    printed = screen.file.getvalue()  # type: ignore[attr-defined]
    assert printed.index("draws of design=morris share inputs") < printed.index("Unemployment in 2027")


def test_compiling_is_told_only_where_the_cache_lacks_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(tmp_path / "s.zarr", "regions=archetypes", "draws=2", "years=1", "policy=[]", "executor=serial")
    assert is_compiled()
    other = ModuleType("kernel_float32_0")
    vars(other)["run_policy"] = SimpleNamespace(stats=SimpleNamespace(cache_path=str(tmp_path)))
    monkeypatch.setattr("sweep.kernel.compiled.compile_kernel", lambda real: other)
    assert not is_compiled()


def test_what_is_true_of_many_machines_is_said_once() -> None:
    said: list[str] = []
    notices = Notices(said.append)
    notices.add(["numpy 1"])
    notices.add(["numpy 1", "numpy 2"], "node2")
    notices.add(["numpy 2"], "node3")
    assert said == ["numpy 1", "node2: numpy 2"]


def test_the_pace_counts_from_the_first_task() -> None:
    times = iter([30.0, 31.0, 32.0])
    pace = Pace(300, clock=lambda: next(times))
    assert pace.add(100, 1.0) == "100 draws/s, 2 s left"
    assert pace.add(100, 1.0) == "100 draws/s, 1 s left"
    assert pace.add(100, 1.0) == "100 draws/s, 0 s left"
    assert pace.began == 29.0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_with_its_code_and_leaves_a_store_that_continues(number: int, tmp_path: Path) -> None:
    arguments = ("sweep", "draws=2000", "years=15", "policy=[ubi]", "store.path=s.zarr", "report=false")
    process = subprocess.Popen(
        _command(*arguments), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment()
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("s.zarr/status/tasks/*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(number)
    output = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 128 + number, output
    assert "the same command continues" in output
    data = xr.open_zarr(tmp_path / "s.zarr", consolidated=False)
    assert data.attrs["complete"] is False
    assert 0 < int((data["status"] != 0).sum()) < data["status"].size


def _loaded(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """The exit code of a command and the modules that it loaded."""
    program = (
        "import runpy, sys\n"
        f"sys.argv = {list(arguments)!r}\n"
        "code = 0\ntry:\n    runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=False)\n"
        "except SystemExit as stop:\n    code = stop.code or 0\n"
        "print()\nprint(code, *sys.modules)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True, env=_environment()
    )
    code, *modules = process.stdout.splitlines()[-1].split()
    return int(code), set(modules)


HEAVY = {"numpy", "ray", "numba", "scipy", "zarr", "obstore", "xarray", "pandas", "pyarrow", "pydantic", "matplotlib"}


@pytest.mark.parametrize(
    ("arguments", "code"), [(("sweep", "--help"), 0), (("sweep", "drws=1"), 2), (("analysis", "--help"), 0)]
)
def test_help_and_errors_load_nothing_heavy(arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    found, modules = _loaded(tmp_path, *arguments)
    assert (found, modules & HEAVY) == (code, set())


def test_commands_load_only_what_they_need(tmp_path: Path) -> None:
    arguments = ("sweep", "regions=archetypes", "draws=2", "years=1", "policy=[ubi]", "executor=serial")
    unneeded = {"ray", "obstore", "matplotlib", "analysis.plots", "IPython"}
    code, modules = _loaded(tmp_path, *arguments, "report=false")
    assert (code, modules & (unneeded | {"analysis.report.page"})) == (0, set())
    code, modules = _loaded(tmp_path, *arguments)
    assert (code, modules & unneeded) == (0, set())
    # The report is finished: nothing is drawn.
    code, modules = _loaded(tmp_path, *arguments)
    assert (code, modules & (unneeded | {"analysis.report.page", "numba"})) == (0, set())
    (store,) = (tmp_path / "results").glob("*.zarr")
    code, modules = _loaded(tmp_path, "analysis", str(store))
    assert (code, modules & (unneeded | {"numba", "scipy", "hydra"})) == (0, set())


def test_help_shows_groups_and_options(tmp_path: Path) -> None:
    printed = _run(tmp_path, "sweep", "help")
    assert "adoption (pace of AI adoption): central, rapid, regimes, slow, transformative" in printed
    assert "policy (one or a list): ai_dividend, ai_dividend_fund, algorithmic_democracy, conditional_income" in printed
    for group in ("labor", "regions", "design", "executor", "store", "experiment"):
        assert re.search(rf"^  {group}( \(.*\))?: ", printed, re.MULTILINE)
    assert max(map(len, printed.splitlines())) <= 120
