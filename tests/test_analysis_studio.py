"""Pictures drawn by helpers are those drawn here, and what happens to a helper costs no picture."""

import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from analysis import write_report
from analysis.report.studio import Order, Studio
from tests.store_cases import StoreCase


def _square(side: float) -> Figure:
    return Figure(figsize=(side, side))


def _outside(here: int) -> Figure:
    """A picture that only another process can draw."""
    assert os.getpid() != here
    return Figure(figsize=(1, 1))


def _fatal(here: int) -> Figure:
    """Ends a helper; here it is an ordinary picture."""
    if os.getpid() != here:
        os._exit(1)
    return Figure(figsize=(1, 1))


def _broken() -> Figure:
    raise ValueError("a picture that nobody can draw")


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def _pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


def test_a_report_has_the_same_pictures_from_any_number_of_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = StoreCase().write(tmp_path / "run.zarr")
    found = []
    for cores in (1, 3):
        monkeypatch.setattr("analysis.report.studio.cores", lambda count=cores: count)
        found.append(_pictures(write_report(store, tmp_path / str(cores)).parent))
    assert len(found[0]) > 3
    assert found[0] == found[1]


def test_helpers_draw_while_others_wait(tmp_path: Path) -> None:
    with Studio(1) as studio:
        studio.order(Order(partial(_outside, os.getpid()), tmp_path / "a.png"))
        _wait_for(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 0


def test_what_a_lost_helper_leaves_is_drawn_here(tmp_path: Path) -> None:
    with Studio(1) as studio:
        studio.order(Order(partial(_fatal, os.getpid()), tmp_path / "fatal.png"))
        for side in range(1, 4):
            studio.order(Order(partial(_square, side), tmp_path / f"{side}.png"))
    assert set(_pictures(tmp_path)) == {"fatal.png", "1.png", "2.png", "3.png"}


@pytest.mark.parametrize("helpers", [0, 1])
def test_an_error_of_a_picture_is_told_by_whoever_ordered_it(helpers: int, tmp_path: Path) -> None:
    studio = Studio(helpers)
    with pytest.raises(ValueError, match="nobody can draw"), studio:
        studio.order(Order(_broken, tmp_path / "a.png"))
    assert not any(thread.is_alive() for thread in studio._threads)


def test_without_a_way_to_begin_helpers_all_is_drawn_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with Studio(2) as studio:
        studio.order(Order(partial(_square, 1), tmp_path / "a.png"))
    assert studio._processes == []
    assert (tmp_path / "a.png").is_file()


def test_helpers_run_no_file_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("pickle", "analysis", "matplotlib"):
        (tmp_path / f"{name}.py").write_text("import os\nos._exit(3)\n")
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    monkeypatch.chdir(tmp_path)
    with Studio(1) as studio:
        studio.order(Order(partial(_outside, os.getpid()), tmp_path / "a.png"))
        _wait_for(tmp_path / "a.png")
    assert (tmp_path / "a.png").is_file()
