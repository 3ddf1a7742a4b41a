"""Models of EMA Workbench as they are: the workbench's own numbers for the same experiments, and plain refusals."""

import sys
from pathlib import Path
from typing import Any

import ema_workbench
import numpy as np
import pytest
import xarray as xr
from ema_workbench import SequentialEvaluator
from ema_workbench.em_framework import points

from analysis import load
from sweep.check_model import check_model
from sweep.config import build_study
from sweep.description import priors
from sweep.errors import ConfigError
from sweep.model_source import found_source, loaded
from tests.models import harvest
from tests.studies import composed, finish

MODELS, EXAMPLES = Path(__file__).parent / "models", Path(ema_workbench.__file__).parent / "examples"
FISHERY = (
    f"model.path={MODELS / 'ema_harvest.py'}",
    "model.trust=true",
    "+policy.hard={effort: 0.3, gear: 1}",
    "+policy.unsure={effort: [uniform, 0, 0.3], gear: [choice, {2: 0.5, 1: 0.5}]}",
)
HEAD = "from ema_workbench import *\n"
# One kind from the workbench's version 3 on.
SCENARIO, POLICY = [getattr(points, "Sample", None) or getattr(points, name) for name in ("Scenario", "Policy")]


@pytest.fixture(scope="module")
def fishery() -> dict[str, Any]:
    """The configuration of a sweep of the fishery."""
    return composed(*FISHERY)


def theirs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The model as a user's own session has it, up to where the file runs experiments."""
    monkeypatch.setitem(sys.modules, "harvest", harvest)
    text = (MODELS / "ema_harvest.py").read_text(encoding="utf-8").partition("    with MultiprocessingEvaluator")[0]
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(text, names)
    return names["model"]


def experiments(data: xr.Dataset) -> tuple[list[Any], list[Any]]:
    """A store's draws and policies as the workbench states them."""
    columns = {name: data[name].to_numpy().tolist() for name in ("growth_rate", "delay", "shape", "storms", "price")}
    shapes = data["shape"].attrs["flag_meanings"].split()
    scenarios = [
        SCENARIO(f"{draw}", **{"growth rate": row[0], "delay": int(row[1]), "shape": shapes[int(row[2])],
                               "storms": bool(row[3]), "price": row[4]})
        for draw, row in enumerate(zip(*columns.values(), strict=True))
    ]  # fmt: skip
    return scenarios, [POLICY("none", effort=0.1, gear=2), POLICY("hard", effort=0.3, gear=1)]


def test_the_workbench_gives_the_same_numbers_for_the_same_experiments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load(finish(tmp_path / "fishery.zarr", *FISHERY, "draws=96", "store.draws_per_chunk=40")).load()
    scenarios, policies = experiments(data)
    with SequentialEvaluator(theirs(monkeypatch)) as evaluator:
        _, found = evaluator.perform_experiments(scenarios, policies)
    ours = data.sel(policy=["none", "hard"])
    assert ours["year"].to_numpy().tolist() == list(range(2025, 2038))
    np.testing.assert_allclose(ours["stock"].to_numpy().reshape(192, 13), found["stock"], rtol=1e-6)
    # An outcome without years has one value in all of them.
    np.testing.assert_allclose(ours["landed"][..., 0].to_numpy().reshape(192, 2), found["landed"], rtol=2e-4, atol=1e-6)
    np.testing.assert_allclose(ours["earned"][..., -1].to_numpy().reshape(192), found["earned"], rtol=1e-6)
    assert len(np.unique(data["policy.unsure.effort"])) == 96
    # Categories of levers keep their names too, in the order in which they were stated.
    about = {name: data[name].attrs for name in ("shape", "policy.unsure.gear")}
    assert {name: (each["flag_values"], each["flag_meanings"]) for name, each in about.items()} == {
        "shape": ([0, 1], "logistic gompertz"), "policy.unsure.gear": ([1, 0], "2 1"),
    }  # fmt: skip


def test_categories_keep_their_names_and_are_chosen_by_them(fishery: dict[str, Any]) -> None:
    own = {"shape": ["choice", {"gompertz": 0.25, "logistic": 0.75}], "storms": True}
    chosen = build_study({**fishery, "inputs": own})
    shape = next(item for item in chosen.uncertainties if item.parameter.name == "shape")
    assert shape.categories == ("logistic", "gompertz")
    assert shape.distributions[0].quantile(np.array([0.2, 0.3])).tolist() == [1, 0]
    told = {each.key: str(each.distribution) for each in priors(chosen)}
    assert told["inputs.shape"] == "choice {gompertz: 0.25, logistic: 0.75}"
    assert told["inputs.price"] == "triang {c: 0.5, loc: 1, scale: 2}"
    assert told["inputs.delay"] == "choice {0: 0.2, 1: 0.2, 2: 0.2, 3: 0.2, 4: 0.2}"
    assert "inputs.storms" not in told
    # The lever's own default, the function's, and a category by its name.
    levers = {lever.name: lever.default for lever in loaded(chosen.model).levers} if chosen.model else {}
    assert levers == {"effort": 0.1, "gear": 1}
    assert next(each for each in chosen.policies if each.name == "hard").amounts({}) == {"effort": 0.3, "gear": 0}


def test_an_example_of_the_workbench_keeps_the_contract_as_it_is() -> None:
    text, code = check_model(str(EXAMPLES / "example_python.py"))
    assert (code, text.splitlines()[-1]) == (0, "it keeps the contract of a sweep"), text


def test_random_numbers_of_a_model_belong_to_its_inputs(tmp_path: Path) -> None:
    # Inflows of a lake are random, and its levers named by numbers, as in the workbench's example of version 2.
    path = tmp_path / "lake.py"
    path.write_text(
        f"{HEAD}import numpy as np\ndef lake(mean, **releases):\n"
        "    return {'max_P': np.random.lognormal(np.log(mean), 0.1, 50).max() + sum(releases.values())}\n"
        "a = Model('lake', lake)\na.uncertainties = [RealParameter('mean', 0.01, 0.05)]\n"
        "a.levers = [RealParameter(str(year), 0, 0.1) for year in range(3)]\na.outcomes = [ScalarOutcome('max_P')]\n"
    )
    model = loaded(found_source(str(path), None, True))
    inputs = {each.name: np.array([each.lower, each.upper]) for each in model.parameters}
    assert [each.name for each in model.levers] == ["x0", "x1", "x2"]
    none, some = ({each.name: np.full(2, effort) for each in model.levers} for effort in (0.0, 0.01))
    first, released, again = (model.run(inputs, levers)["max_P"] for levers in (none, some, none))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(released, first + 0.03)
    # The same generator starts from elsewhere in each draw.
    assert first[1] / first[0] != pytest.approx(5)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ({"inputs": {"shape": "gompert"}}, "inputs.shape: no category 'gompert'; did you mean 'gompertz'"),
        ({"inputs": {"delay": ["uniform", 0, 4]}}, r"inputs.delay: expected whole numbers, .*got uniform\(0, 4\)"),
        ({"policy": {"odd": {"gear": 3}}}, "policy.odd.gear: no category 3; valid: 1, 2"),
        (
            {"inputs": {"price": ["by", {"0": 1.5, "other": 2}]}},
            "inputs.price: fishery is a model of EMA Workbench, which "
            'takes one value in all regions; state one distribution, or wrap it in .* whose parameter has per="region"',
        ),
        ({"inputs": {"price": ["path", 1, 2]}}, "is a model of EMA Workbench, which takes one value in all years; "),
        ({"search": {"levers": {"hard.gear": [0, 1]}}}, "search.levers.hard.gear: a search takes levers of any number"),
    ],
)
def test_what_a_category_or_a_whole_number_cannot_be_is_refused(
    stated: dict[str, Any], told: str, fishery: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=told):
        build_study({**fishery, **stated})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a, b = Model('a', len), Model('b', len)", "expected one Model of EMA Workbench, got a, b; add MODEL = a"),
        ("class Own(em_framework.model.AbstractModel): pass\na = Own('a')", "with a function, got a Own"),
        ("a = Model('a', lambda x: {'y': 1})\na.uncertainties = [IntegerParameter('x', 0, 20000)]\n"
         "a.outcomes = [ScalarOutcome('y')]", "x: expected a whole number of at most 10,000, got 0 to 20000"),
        # As version 3 of the workbench declares arrays, here in words that version 2 takes too.
        ("x = RealParameter('x', 0, 1)\nx.shape = (3,)\na = Model('a', lambda x: {'y': 1})\na.levers = [x]\n"
         "a.outcomes = [ScalarOutcome('y')]", r"x: expected one value, got an array of shape \(3,\); .*x_0, x_1"),
        ("a = Model('a', lambda x: {'p': [1, 2], 'q': [1, 2, 3]})\na.uncertainties = [RealParameter('x', 0, 1)]\n"
         "a.outcomes = [ArrayOutcome('p'), ArrayOutcome('q')]", r"outcome q: .*trial run: p \(2,\), q \(3,\)"),
        ("a = Model('a', lambda x: {'y': x / 0})\na.uncertainties = [RealParameter('x', 0, 1)]\n"
         "a.outcomes = [ScalarOutcome('y')]", r"mine\.py, line 2: ZeroDivisionError"),
        ("if __name__ == '__main__':\n    pass", r"expected MODEL = Model\(…\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_as_it_is_is_told(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"{HEAD}{text}\n")
    with pytest.raises(ConfigError, match=told):
        loaded(found_source(str(path), None, True))


def test_a_workbench_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    path = tmp_path / "mine.py"
    path.write_text(HEAD)
    with pytest.raises(ConfigError, match=r"package ema-workbench isn't installed: add it by `uv pip install"):
        loaded(found_source(str(path), None, True))
