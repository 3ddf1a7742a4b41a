"""Modules beside a model's file: found without running any, hashed, taken along, and told apart when they change."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from sweep.errors import ConfigError
from sweep.model_source import Source, found_source, loaded
from sweep.models import model_of
from sweep.neighbors import beside
from sweep.run import TaskRunner, begin
from tests.studies import prepare, study

MODEL = """
import numpy as np
from sweep.model import Model, Outcome, Parameter
import slopes_of_mine
from parts_of_mine import curve
from parts_of_mine.deeper.rates import RATE


def simulate(inputs, levers):
    import late_of_mine

    return {"y": slopes_of_mine.slope(inputs["x"]) + curve.BEND + RATE + late_of_mine.LATE}


MODEL = Model("mine", [Parameter("x", "1", ["uniform", 0, 1])], [Outcome("y", "1")], simulate=simulate)
"""
FILES = {
    "slopes_of_mine.py": "import json\nfrom parts_of_mine.deeper import rates\ndef slope(x):\n    return 2 * x\n",
    "parts_of_mine/__init__.py": "",
    "parts_of_mine/curve.py": "from .deeper.rates import RATE as BEND\n",
    # Without __init__.py.
    "parts_of_mine/deeper/rates.py": "RATE = 10.0\n",
    "late_of_mine.py": "LATE = 100.0\n",
    "unused.py": "raise SystemExit\n",
}
FOUND = "late_of_mine parts_of_mine parts_of_mine.curve parts_of_mine.deeper parts_of_mine.deeper.rates slopes_of_mine"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A model in several files."""
    for name, text in {"mine.py": MODEL, **FILES}.items():
        path = tmp_path / "models" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "models" / "mine.py"


def outcome(source: Source) -> float:
    return float(loaded(source).run({"x": np.array([0.5])}, {})["y"][0])


def test_modules_are_found_and_run_wherever_they_are_imported(mine: Path) -> None:
    with pytest.raises(
        ConfigError, match=rf"and what it imports beside it \({FOUND.replace(' ', ', ')}\) would be run"
    ):
        found_source(str(mine), None, False)
    source = found_source(str(mine), None, True)
    assert outcome(source) == 1 + 10 + 10 + 100
    assert str(mine.parent) not in sys.path
    assert Path(sys.modules["late_of_mine"].__file__ or "") == mine.parent / "late_of_mine.py"
    # Another version in one process: each model has its own.
    (mine.parent / "late_of_mine.py").write_text("LATE = 200.0\n")
    changed = found_source(str(mine), None, True)
    assert [outcome(each) for each in (changed, source, changed)] == [221, 121, 221]


def test_a_store_is_not_continued_with_a_changed_module(mine: Path, tmp_path: Path) -> None:
    overrides = (f"model.path={mine}", "model.trust=true", "draws=16", "report=false")
    chosen = study(f"store.path={tmp_path / 'mine.zarr'}", *overrides)
    at, tasks = prepare(chosen)
    packed = pickle.dumps(TaskRunner(chosen, model_of(chosen), at))
    rates = mine.parent / "parts_of_mine" / "deeper" / "rates.py"
    rates.write_text("RATE = 11.0\n")
    with pytest.raises(ConfigError, match=r"modules\.parts_of_mine\.deeper\.rates: stored '[0-9a-f]{16}' → now"):
        begin(study(f"store.path={tmp_path / 'mine.zarr'}", *overrides))
    # Workers have the texts that the run began with.
    rates.unlink()
    assert all(not pickle.loads(packed)()(task).failures for task in tasks)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"x = 1\nx = y\n", r"mine\.py, slopes_of_mine\.py, line 2: NameError"),
        (b"x = (\n", r"mine\.py, slopes_of_mine\.py, line 1: SyntaxError"),
        (b"\xff\xfe", r"slopes_of_mine\.py: expected a text in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_module_names_its_file(content: bytes, told: str, mine: Path) -> None:
    (mine.parent / "slopes_of_mine.py").write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        loaded(found_source(str(mine), None, True))


def test_what_is_installed_is_no_module_of_the_user(tmp_path: Path) -> None:
    for name in ("sweep", "numpy", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "json.py").write_text("")
    found = beside(tmp_path / "mine.py", "import sweep.model, numpy, json, scipy.stats\nfrom . import data\n")
    assert found == ()
