"""The command `analyze`: what it prints, where it writes, and how it tells errors."""

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.__main__ import main
from tests.store_cases import StoreCase


def test_command_prints_the_page_and_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = StoreCase(complete=False).write(tmp_path / "run.zarr")
    assert main(["report", str(store), "--out", str(tmp_path / "out" / "page.html")]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "out" / "page.html")
    assert told.err.startswith("warning: ") and "all draws are done, but" in told.err


def test_a_store_alone_means_its_report_and_each_language_has_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = StoreCase().write(tmp_path / "run.zarr")
    assert main([str(store)]) == 0
    assert main(["report", str(store), "--language", "zh"]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / f"run_report{end}.html") for end in ("", "_zh")]


def test_command_tells_errors_in_few_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    store = StoreCase().write(tmp_path / "run.zarr")
    for arguments in (
        [str(tmp_path / "nowhere.zarr")],
        ["report", str(tmp_path)],
        ["report", str(store), "--out", str(tmp_path / "file" / "page.html")],
    ):
        assert main(arguments) == 2
        told = capsys.readouterr()
        assert told.out == "" and told.err.startswith("analyze: ")
        assert len(told.err.splitlines()) < 10 and "Traceback" not in told.err


def test_a_misspelled_command_is_taken_for_no_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(["tabel", "run.zarr", "--out", "table.tex"])
    assert stop.value.code == 2 and "did you mean 'table'?" in capsys.readouterr().err
    StoreCase().write(tmp_path / "tabel")
    assert main(["tabel"]) == 0


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom analysis.__main__ import main\n"
        "try:\n    main(['report', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'xarray', 'matplotlib', 'zarr', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
