"""SALib's problems both ways: its analyzers on our stores, and its distributions in our configuration."""

import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from SALib.analyze import delta, morris, rbd_fast, sobol
from SALib.util import scale_samples

from analysis import example, morris_screening, salib_problem, sobol_indices, to_ema
from analysis.caution import AnalysisWarning
from sweep.distributions import parse
from sweep.distributions.salib import node_from_salib, salib_law
from sweep.errors import ConfigError
from sweep.salib import overrides_from_salib
from tests.sensitivity_cases import ISHIGAMI, ishigami, store_of
from tests.studies import study

THREE = {name: (name,) for name in ("a", "b", "c")}
GROUPED = {"first": ("a", "c"), "second": ("b",)}
PROBABILITIES = np.linspace(0.001, 0.999, 101)
LAWS: list[tuple[str, list[float]]] = [
    ("unif", [-0.12, -0.05]),
    ("logunif", [0.01, 10]),
    ("norm", [0.26, 0.02]),
    ("lognorm", [-0.7, 0.3]),
    ("truncnorm", [0.1, 0.5, 0.27, 0.05]),
    ("triang", [1, 3, 0.25]),
    ("triang", [-1, 3, 0]),
    ("weibull", [1.5, 2, 0.5]),
    ("weibull", [1.5, 2]),
]


@pytest.mark.parametrize(("law", "bounds"), LAWS)
def test_distributions_are_those_that_salib_samples(law: str, bounds: list[float]) -> None:
    problem = {"num_vars": 1, "names": ["x"], "bounds": [bounds], "dists": [law]}
    theirs = scale_samples(PROBABILITIES[:, None].copy(), problem)[:, 0]
    ours = parse(node_from_salib(law, bounds, "x"), "x")
    np.testing.assert_allclose(ours.quantile(PROBABILITIES), theirs, rtol=1e-13)
    # And back, which makes the same samples too.
    name, again = salib_law(ours) or ("", [])
    assert name == law
    problem = {"num_vars": 1, "names": ["x"], "bounds": [again], "dists": [name]}
    np.testing.assert_allclose(scale_samples(PROBABILITIES[:, None].copy(), problem)[:, 0], theirs, rtol=1e-13)


@pytest.mark.parametrize(
    "node",
    [
        ["beta", 2, 3],
        ["pert", 0, 1, 2],
        ["half_normal", 1],
        ["triangular", 0, 1, 1],
        ["triangular", -3, -2, -1],
        ["scipy", "gamma", {"a": 2}],
        ["scipy", "loguniform", {"a": 1, "b": 2, "loc": 1}],
        ["quantiles", {0.1: 0, 0.9: 1}],
        3,
    ],
)
def test_what_salib_has_no_distribution_for_gets_none(node: Any) -> None:
    assert salib_law(parse(node, "x")) is None


def test_its_sobol_indices_are_ours_on_a_saltelli_store() -> None:
    for factors in (THREE, GROUPED):
        data = store_of("saltelli", ishigami, factors, 512)
        data.attrs["identity"] = '{"regimes": {}, "parameters": {}}'
        with pytest.warns(AnalysisWarning, match="no distribution for a, "):
            problem = salib_problem(data)
        experiments, outcomes = to_ema(data, ["y"])
        assert problem["groups"] == (None if factors is THREE else ["first", "first", "second"])
        theirs = sobol.analyze(problem, outcomes["y"][:, 0], calc_second_order=False, num_resamples=10, seed=1)
        ours = sobol_indices(data, "y").isel(regime=0, policy=0, year=0)
        np.testing.assert_allclose(theirs["ST"], ours["total"], rtol=1e-6)
        assert experiments[problem["names"]].shape == (len(data["draw"]), 3)


def test_its_morris_effects_are_ours_on_a_morris_store() -> None:
    data = store_of("morris", ishigami, THREE, 64)
    with pytest.warns(AnalysisWarning, match="no distribution for a, b, c: "):
        problem = salib_problem(data)
    experiments, outcomes = to_ema(data, ["y"])
    theirs = morris.analyze(problem, experiments[problem["names"]].to_numpy(), outcomes["y"][:, 0], num_levels=4)
    ours = morris_screening(data, "y").isel(regime=0, policy=0, year=0)
    # SALib takes all moves as those of its own grid, by 2/3; ours are by 1/2.
    for name in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(ours[name], np.asarray(theirs[name]) * (2 / 3) / (1 / 2), rtol=1e-6)


def test_its_analyzers_of_given_data_take_our_draws() -> None:
    data = store_of("sobol", ishigami, THREE, 2048)
    data.attrs["identity"] = '{"regimes": {"own": 1.0}, "parameters": {"labor.a": ["uniform(0, 1)"]}}'
    with pytest.warns(AnalysisWarning, match="no distribution for b, c: it gets the range of draws"):
        problem = salib_problem(data)
    assert (problem["num_vars"], problem["bounds"][0]) == (3, [0, 1])
    assert 0 < problem["bounds"][1][0] < 0.01 and 0.99 < problem["bounds"][1][1] < 1
    experiments, outcomes = to_ema(data, ["y"])
    x, y = experiments[problem["names"]].to_numpy(), outcomes["y"][:, -1]
    found = rbd_fast.analyze(problem, x, y, num_resamples=2, seed=1)
    np.testing.assert_allclose(found["S1"], ISHIGAMI[0], atol=0.03)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = delta.analyze(problem, x, y, num_resamples=2, seed=1, method="sobol")
    np.testing.assert_allclose(found["S1"], ISHIGAMI[0], atol=0.05)


def test_inputs_have_the_distribution_of_the_regimes_that_are_there() -> None:
    data = example()
    data.attrs["identity"] = data.attrs["identity"].replace(
        '"adoption.automation": ["uniform(0.0, 1.0)", "uniform(0.0, 1.0)"]',
        '"adoption.automation": ["uniform(0.0, 1.0)", "normal(0.5, 0.1)"]',
    )
    with pytest.warns(AnalysisWarning, match="no distribution for automation: "):
        assert salib_problem(data)["dists"] == ["unif"] * 3
    slow, rapid = (salib_problem(data.sel(draw=data["regime"] == name)) for name in ("slow", "rapid"))
    assert (slow["dists"][0], slow["bounds"][0]) == ("unif", [0, 1])
    assert (rapid["dists"][0], rapid["bounds"][0]) == ("norm", [0.5, 0.1])


def test_what_is_the_same_in_all_draws_is_no_input_of_a_problem() -> None:
    data = example()
    data["take_up"] = data["take_up"].where(data["regime"] == "rapid", 0.5)
    assert salib_problem(data)["names"] == ["automation", "reinstatement", "take_up"]
    assert salib_problem(data.sel(draw=data["regime"] == "slow"))["names"] == ["automation", "reinstatement"]


def test_layouts_that_salib_would_misread_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"moves the regime in a row of its own.*adoption=central"):
        salib_problem(example("saltelli", draws=3072))
    with pytest.raises(ConfigError, match="by their order, and draws are missing"):
        salib_problem(store_of("saltelli", ishigami, THREE, 64).drop_sel(draw=[7]))


def _drawn(overrides: list[str], *run: str) -> dict[str, set[str]]:
    """What a study draws its inputs from, in any of its regimes."""
    chosen = study(*run, *overrides)
    return {item.parameter.name: {str(each) for each in item.distributions} for item in chosen.uncertainties}


@pytest.mark.parametrize("run", [(), ("adoption=rapid",), ("experiment=global_south",)])
def test_an_input_gets_its_distribution_in_every_regime(run: tuple[str, ...]) -> None:
    # One that each regime states, one that the transformative regime alone does, one that none does.
    names = ["worth_automating", "reinstatement", "rent_share", "wage_curve"]
    bounds = [[0.1, 0.9], [0.3, 0.01], [0.1, 0.9, 0.5, 0.1], [-0.2, -0.1]]
    dists = ["unif", "norm", "truncnorm", "unif"]
    problem = {"num_vars": 4, "names": names, "bounds": bounds, "dists": dists, "groups": None}
    drawn = _drawn(overrides_from_salib(problem, run=run), *run)
    assert drawn["worth_automating"] == {"uniform(0.1, 0.9)"}
    assert drawn["reinstatement"] == {"normal(0.3, 0.01)"}
    assert drawn["rent_share"] == {"truncated_normal(0.5, 0.1, 0.1, 0.9)"}
    assert drawn["wage_curve"] == {"uniform(-0.2, -0.1)"}


def test_settings_are_written_with_all_digits() -> None:
    problem = {
        "num_vars": 3,
        "names": ["training_cost", "migration_response", "matching_gain"],
        "bounds": [[9.1, 1 / 3], [1e-7, 0.1 + 0.2], [2.0, 0.05]],
        "dists": ["lognorm", "logunif", "weibull"],
    }
    drawn = study(*overrides_from_salib(problem, "labor")).uncertainties
    found = {item.parameter.name: item.distributions[0].exact() for item in drawn}
    assert found["training_cost"] == f"log_normal({math.exp(9.1)!r}, {1 / 3!r})"
    assert found["migration_response"] == '["scipy", "loguniform", {"a": 1e-07, "b": 0.30000000000000004}]'
    assert found["matching_gain"] == '["scipy", "weibull_min", {"c": 2.0, "loc": 0.0, "scale": 0.05}]'


@pytest.mark.parametrize(
    ("problem", "group", "message"),
    [
        (
            {"names": ["wage_curv"], "bounds": [[0, 1]]},
            None,
            "'wage_curv' is no input of the model; did you mean 'wage_c",
        ),
        ({"names": ["reinstatement"], "bounds": [[0, 1]]}, "labor", "'reinstatement' is no input of labor; "),
        ({"names": ["wage_curve"], "bounds": [[0, 1]]}, "labour", "no group of inputs 'labour'; did you mean 'labor'"),
        ({"names": ["x"], "bounds": [[1, 0]]}, None, "problem, x: uniform needs lower < upper"),
        (
            {"names": ["x"], "bounds": [[1, 0, 2]]},
            None,
            r"problem, x: unif needs 2 bounds \(lower, upper\), got \[1, 0",
        ),
        ({"names": ["x"], "bounds": [["a", 0]]}, None, "problem, x: unif needs 2 bounds"),
        (
            {"names": ["x"], "bounds": [[1, 0]], "dists": ["normal"]},
            None,
            "no distribution 'normal'; did you mean 'norm'",
        ),
        (
            {"names": ["x", "y"], "bounds": [[1, 0]]},
            None,
            "as many names, bounds and dists as num_vars, 2, got 2, 1 and",
        ),
        ({"names": ["x", "x"], "bounds": [[0, 1]] * 2}, None, "'x' is there 2 times"),
        ({"num_vars": 2}, None, "problem: expected SALib's, with names and bounds"),
    ],
)
def test_problems_that_do_not_fit_are_told(problem: Any, group: str | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        overrides_from_salib(problem, group)


def test_settings_of_a_run_that_are_none_are_told() -> None:
    problem = {"names": ["wage_curve"], "bounds": [[-0.2, -0.1]]}
    with pytest.raises(ConfigError, match="adoption=rapidd: no such option; did you mean 'rapid'"):
        overrides_from_salib(problem, run=["adoption=rapidd"])


def test_a_problem_states_inputs_of_a_model_of_ones_own() -> None:
    path = Path(__file__).parent / "models" / "ishigami.py"
    problem = {"num_vars": 2, "names": ["x1", "x3"], "bounds": [[-3, 3], [0.1, 2]], "dists": ["unif", "logunif"]}
    chosen = study(f"model.path={path}", "model.trust=true", *overrides_from_salib(problem, "inputs"))
    stated = {item.parameter.name: str(item.distributions[0]) for item in chosen.uncertainties}
    assert (stated["x1"], stated["x3"]) == ("uniform(-3, 3)", "loguniform {a: 0.1, b: 2}")
    wrong = overrides_from_salib({**problem, "names": ["x1", "x4"]}, "inputs")
    with pytest.raises(ConfigError, match=r"inputs\.x4: no such input of the model; valid: x1, x2, x3"):
        study(f"model.path={path}", "model.trust=true", *wrong)
