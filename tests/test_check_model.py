"""The contract test for models of one's own: it passes what keeps the contract, and finds each way to break it."""

import re
from pathlib import Path

import numpy as np
import pytest

from sweep.check_model import check_model
from sweep.errors import ConfigError
from tests.models import occupational_mobility as mobility

MODELS = Path(__file__).parent / "models"
HEAD = """
import numpy as np
from sweep.model import Lever, Model, Outcome, Parameter
STATE = {}
"""
TAIL = """
MODEL = Model("mine", [Parameter("a", "1", ["uniform", 0, 1])], [Outcome("y", "1")], simulate=simulate,
              levers=[Lever("tax", "1", 0, 1)])
"""


def said(tmp_path: Path, body: str) -> tuple[str, int]:
    """What the command says of a model whose function has this body."""
    path = tmp_path / "mine.py"
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    path.write_text(f"{HEAD}def simulate(inputs, levers):\n    a = inputs['a']\n{lines}{TAIL}")
    return check_model(str(path))


@pytest.mark.parametrize("name", ["ishigami", "shallow_lake", "occupational_mobility"])
def test_the_examples_keep_the_contract(name: str) -> None:
    text, code = check_model(str(MODELS / f"{name}.py"))
    assert (code, text.splitlines()[-1]) == (0, "it keeps the contract of a sweep"), text


def test_a_model_that_keeps_the_contract_and_an_idle_lever(tmp_path: Path) -> None:
    text, code = said(tmp_path, "return {'y': a * 2}")
    assert code == 0
    assert "no outcome changes with tax" in text


@pytest.mark.parametrize(
    ("body", "test", "told"),
    [
        ("return {'y': np.random.rand(len(a))}", "the same again", "draw no random numbers"),
        ("STATE['n'] = STATE.get('n', 0) + len(a)\nreturn {'y': a + STATE['n']}", "the same again", "same bits"),
        ("return {'y': a + STATE.setdefault('first', levers['tax'].sum())}", "loaded anew", "keep no state"),
        ("last = STATE.get('last', 0.0)\nSTATE['last'] = levers['tax'][0]\nreturn {'y': a + last}",
         "no state between calls", "keep nothing between calls"),
        ("import time\nSTATE['a'] = a\ntime.sleep(0.01)\nreturn {'y': STATE['a'] * 1.0}",
         "several threads at once", "share no arrays"),
        ("return {'y': a - a.mean()}", "any batches", "depends on more than its own inputs"),
        ("return {'y': np.ones((len(a), 2))}", "names, shapes and types", r"y: expected \(draw 256\), got shape"),
        ("return {'z': a}", "names, shapes and types", "outcome y is declared and wasn't returned; returned: z"),
        ("return {'y': a, 'z': a}", "names, shapes and types", "'z' was returned and isn't declared"),
        ("return a", "names, shapes and types", "expected a mapping of outcomes by name"),
        ("return {'y': a.astype(str)}", "names, shapes and types", "expected numbers, got values of type <U32"),
        ("return {'y': np.log(a - 0.5)}", "finite numbers", r"y: expected numbers .* first at a=0\.\d+, tax="),
        ("a *= 2\nreturn {'y': a}", "inputs are left as they are", "got it changed"),
        ("return {'y': a * levers['tex']}", "names, shapes and types", "line 7: expected .* 'tex'; did you mean 'tax'"),
        ("return {'y': 1 / 0}", "names, shapes and types", "line 7: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_each_breach_is_found_and_named(body: str, test: str, told: str, tmp_path: Path) -> None:
    text, code = said(tmp_path, body)
    failed = [line for line in text.splitlines() if line.startswith("FAILED")]
    assert code == 1
    assert any(re.search(f"^FAILED  ({test}): .*{told}", line) for line in failed), text


def test_what_is_no_model_is_bad_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(MODELS.parents[1])
    with pytest.raises(ConfigError, match=r"expected a Python file that defines MODEL, .*README\.md is another kind"):
        check_model("README.md")
    with pytest.raises(ConfigError, match="no such file"):
        check_model(str(tmp_path / "none.py"))
    with pytest.raises(ConfigError, match=r"in the group scenaria\.models"):
        check_model("mine")


def test_workers_are_conserved_and_without_automation_nothing_moves() -> None:
    draws = np.random.default_rng(1).random((5, 6))
    bounds = {
        "separation": (0.012, 0.02),
        "opening": (0.009, 0.015),
        "adjustment": (0.1, 0.22),
        "staying": (0.45, 0.65),
    }
    inputs = {name: low + (high - low) * row for (name, (low, high)), row in zip(bounds.items(), draws, strict=False)}
    levers = {"openness": draws[4]}
    shocked = mobility.simulate({**inputs, "automated": np.full(6, 0.7)}, levers)
    workers = shocked["employed"].sum(axis=1) + shocked["unemployed"].sum(axis=1)
    np.testing.assert_allclose(workers, mobility.WORKERS.sum(), rtol=1e-10)
    calm = mobility.simulate({**inputs, "automated": np.zeros(6)}, levers)
    for name, values in calm.items():
        np.testing.assert_allclose(
            values, np.repeat(values[..., :1], values.shape[-1], axis=-1), rtol=1e-6, err_msg=name
        )
    # Automation moves demand away from the exposed, and unemployment rises on the way.
    assert (shocked["employed"][:, 0, -1] < 0.8 * shocked["employed"][:, 0, 0]).all()
    assert (shocked["national_unemployment_rate"].max(axis=1) > calm["national_unemployment_rate"][:, 0]).all()


def test_a_folder_of_an_entry_points_name_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no 'lake' in the group"):
        check_model("lake")
