"""An installed wheel does what a checkout does, from any folder."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sweep.draw_table import draw_table
from sweep.kernel import compiled
from sweep.kernel.economy import Economy
from sweep.regions import load_regions
from tests.studies import study

ROOT = Path(__file__).resolve().parents[1]
SMALL = ("regions=archetypes", "draws=2", "years=2", "executor=serial")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def target(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel installed beside the packages that are there, with the machine code of the checkout's equal kernel."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if not uv:
        pytest.skip("NOT TESTED: no `uv`, which installs the wheel")
    folder = tmp_path_factory.mktemp("installed")
    install = [uv, "pip", "install", "--offline", "--no-deps", "--python", sys.executable, "--target", str(folder)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    compiled.warm_up(*_one_draw())
    cache = folder / "sweep" / "kernel" / "__pycache__"
    shutil.copytree(Path(compiled.__file__).parent / "__pycache__", cache, dirs_exist_ok=True, ignore=_but_kernels)
    return folder


def _one_draw() -> tuple[Economy, Mapping[str, NDArray[np.float64]]]:
    economy = load_regions("archetypes")
    return economy, draw_table(study(*SMALL), economy.regions, 0, 1)


def _but_kernels(folder: str, names: list[str]) -> set[str]:
    # Where a file is a module of Python, what was compiled of the checkout's isn't that of the wheel's.
    return {name for name in names if Path(folder).name == "__pycache__" and not name.startswith(("kernel_", "__py"))}


def test_a_wheel_has_every_file_that_a_run_reads(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"{'sweep/' if room == 'conf' else ''}{path.relative_to(ROOT).as_posix()}"
        for room in ("conf", "sweep", "analysis")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(expected) > 200 and expected <= inside


def test_an_installed_wheel_runs_and_reports_from_an_empty_folder(target: Path, tmp_path: Path) -> None:
    def run(name: str, *arguments: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(target)}
        command = [str(target / "bin" / name), *arguments]
        process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert process.returncode == 0, process.stdout + process.stderr
        return process.stdout

    where = [sys.executable, "-c", "import sweep, analysis; print(sweep.__file__, analysis.__file__)"]
    found = subprocess.run(
        where, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(target)}, capture_output=True, text=True, check=True
    )
    assert [Path(text).parents[1] for text in found.stdout.split()] == [target, target]
    assert "  policy (one or a list): ai_dividend, " in run("sweep", "--help")
    (tmp_path / "mine" / "policy").mkdir(parents=True)
    own = (target / "sweep" / "conf" / "policy" / "ubi.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine" / "policy" / "small.yaml").write_text(own.replace("ubi:", "small:"), encoding="utf-8")
    arguments = [*SMALL, "policy=[small]", "report=false", "--config-dir", "mine"]
    store = run("sweep", *arguments, "--quiet").strip()
    assert store.startswith("results/archetypes-")
    assert "2 draws × 2 policies = 4 runs, all done" in " ".join(run("sweep", "plan", *arguments).split())
    page = run("analyze", "report", store).strip()
    assert page.startswith(str(tmp_path)) or (tmp_path / page).is_file()
    assert (tmp_path / page).stat().st_size > 100_000
    assert {path.name for path in tmp_path.iterdir()} == {"mine", "results"}
