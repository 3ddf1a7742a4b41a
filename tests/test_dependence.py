"""Inputs that move together: ranks, tails and margins in closed form, what stays as it was, and what is refused."""

from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml
from scipy import stats

from analysis import first_order_given_data, reweighted
from analysis.caution import AnalysisWarning
from analysis.same_draws import _unequal
from sweep.dependence import Dependence
from sweep.dependence.correlation import fit_together, nearest_ranks, ranks_of, scores_of
from sweep.dependence.settings import dependence
from sweep.designs import monte_carlo
from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.plan import identity
from sweep.study import Study, Uncertainty
from tests.draw_cases import made
from tests.studies import composed, study

PAIR = ("adoption.innovation_rate", "adoption.imitation_rate")
TRIPLE = "[adoption.innovation_rate,adoption.imitation_rate,labor.wage_curve]"
DRAWS = 30_000
CLAYTON, GUMBEL = 2.0, 2.0  # theta where Kendall's tau is 1/2
Floats = np.ndarray[Any, np.dtype[np.float64]]


def _points(inputs: int, **about: Any) -> Floats:
    uniforms = [monte_carlo.uniforms(1, f"x{place}", 0, 0, DRAWS) for place in range(inputs)]
    names = tuple(f"labor.x{place}" for place in range(inputs))
    return Dependence(names, **about).together(np.stack(uniforms, axis=1))


def _scores(rank: float, inputs: int, freedom: float | None = None) -> tuple[tuple[float, ...], ...]:
    ranks = np.where(np.eye(inputs, dtype=bool), 1.0, rank)
    return tuple(map(tuple, scores_of(ranks, freedom).tolist()))


def _student_tail(score: float, freedom: float) -> float:
    return float(2 * stats.t(freedom + 1).cdf(-np.sqrt((freedom + 1) * (1 - score) / (1 + score))))


CASES: list[dict[str, Any]] = [
    {"copula": "gaussian", "correlation": _scores(0.6, 3)},
    {"copula": "t", "correlation": _scores(0.6, 3, 3.0), "degrees_of_freedom": 3.0},
    {"copula": "clayton", "kendall_tau": 0.5},
    {"copula": "gumbel", "kendall_tau": 0.5},
]


@pytest.mark.parametrize("about", CASES, ids=lambda about: str(about["copula"]))
def test_margins_stay_uniform_and_all_pairs_move_alike(about: dict[str, Any]) -> None:
    found = _points(3, **about)
    for own in found.T:
        assert stats.kstest(own, "uniform").pvalue > 1e-3
    pairs = [found[:, [0, 1]], found[:, [1, 2]], found[:, [0, 2]]]
    if "correlation" in about:
        # The standard error of a rank correlation of 0.6 from so many draws is 0.003.
        assert [stats.spearmanr(pair)[0] for pair in pairs] == pytest.approx([0.6] * 3, abs=0.012)
    else:
        assert [stats.kendalltau(*pair[:10_000].T)[0] for pair in pairs] == pytest.approx([0.5] * 3, abs=0.02)
    # The first input keeps its own draws.
    np.testing.assert_allclose(found[:, 0], monte_carlo.uniforms(1, "x0", 0, 0, DRAWS), rtol=1e-9)


def _clayton(q: float, inputs: int) -> float:
    return float((inputs * q**-CLAYTON - inputs + 1) ** (-1 / CLAYTON))


def _gumbel(q: float, inputs: int) -> float:
    return float(q ** (inputs ** (1 / GUMBEL)))


@pytest.mark.parametrize("inputs", [2, 3, 4])
@pytest.mark.parametrize("q", [0.02, 0.1, 0.5, 0.9])
def test_archimedean_copulas_have_their_closed_form(inputs: int, q: float) -> None:
    for name, closed in (("clayton", _clayton), ("gumbel", _gumbel)):
        met = (_points(inputs, copula=name, kendall_tau=0.5) <= q).all(axis=1).mean()
        expected = closed(q, inputs)
        assert met == pytest.approx(expected, abs=4.5 * np.sqrt(expected * (1 - expected) / DRAWS))


def test_tails_move_together_as_each_copula_says() -> None:
    q, error = 0.005, 4.5 * np.sqrt(0.005 * DRAWS) / (0.005 * DRAWS)
    lower: dict[str, float] = {}
    upper: dict[str, float] = {}
    for about in CASES:
        own = {"correlation": _scores(0.6, 2, about.get("degrees_of_freedom"))} if "correlation" in about else {}
        found = _points(2, **{**about, **own})
        lower[about["copula"]] = float((found <= q).all(axis=1).mean() / q)
        upper[about["copula"]] = float((found >= 1 - q).all(axis=1).mean() / q)
    score = _scores(0.6, 2, 3.0)[0][1]
    assert lower["clayton"] == pytest.approx(2 ** (-1 / CLAYTON), abs=error)
    assert upper["gumbel"] == pytest.approx(2 - 2 ** (1 / GUMBEL), abs=error)
    for found_tail in (lower["t"], upper["t"]):
        assert found_tail == pytest.approx(_student_tail(score, 3), abs=error + 0.03)
    # The other ends, and the Gaussian's both, part further out; at this q they are less than half as close.
    for part in (upper["clayton"], lower["gumbel"], lower["gaussian"], upper["gaussian"]):
        assert part < 0.3


def test_t_scores_are_those_of_a_multivariate_t() -> None:
    scores = np.asarray(_scores(0.6, 2, 3.0))
    found = _points(2, copula="t", correlation=_scores(0.6, 2, 3.0), degrees_of_freedom=3.0)
    law = stats.multivariate_t(shape=scores, df=3)
    for point in ((-1.0, -1.0), (0.5, -0.3), (2.0, 1.0)):
        expected = float(law.cdf(point, random_state=1))
        met = (stats.t(3).ppf(found) <= point).all(axis=1).mean()
        assert met == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("freedom", [None, 1.0, 4.0])
def test_scores_have_the_ranks_they_are_for(freedom: float | None) -> None:
    ranks = np.array([[1, 0.5, -0.3], [0.5, 1, 0.95], [-0.3, 0.95, 1]])
    np.testing.assert_allclose(ranks_of(scores_of(ranks, freedom), freedom), ranks, atol=1e-9)
    assert not fit_together(scores_of(ranks, freedom))
    near = nearest_ranks(ranks, freedom)
    assert fit_together(scores_of(near, freedom)) and 0.01 < abs(near - ranks).max() < 0.3


def _together(text: str, *overrides: str) -> Study:
    return study(f"dependence={{pace:{{{text}}}}}", "draws=64", "policy=[ubi]", *overrides)


@pytest.mark.parametrize("design", ["monte_carlo", "sobol"])
@pytest.mark.parametrize(
    "copula",
    ["rank_correlation:0.7", "copula:t,rank_correlation:0.7,degrees_of_freedom:4", "copula:gumbel,kendall_tau:0.6"],
)
def test_only_the_group_changes_and_more_draws_keep_the_first(design: str, copula: str) -> None:
    lever = "policy.ubi.amount=[uniform,100,900]"
    chosen = _together(f"inputs:[{','.join(PAIR)}],{copula}", f"design={design}", lever)
    plain = study("draws=64", "policy=[ubi]", f"design={design}", lever)
    regions = ("North", "South")
    before, after = (draw_table(each, regions, 0, 2048) for each in (plain, chosen))
    changed = {name for name, values in after.items() if not np.array_equal(values, before[name])}
    assert "imitation_rate" in changed and changed <= {"imitation_rate", "innovation_rate"}
    assert stats.spearmanr(after["innovation_rate"], after["imitation_rate"])[0] > 0.5
    assert stats.ks_2samp(after["imitation_rate"], before["imitation_rate"]).pvalue > 0.01
    for start, count in ((0, 7), (7, 100), (1500, 548)):
        part = draw_table(chosen, regions, start, count)
        for name in PAIR:
            short = name.rpartition(".")[2]
            np.testing.assert_array_equal(part[short], after[short][start : start + count])


def test_sobol_points_keep_their_even_spread() -> None:
    chosen = _together(f"inputs:[{','.join(PAIR)}],rank_correlation:0.7", "adoption=central", "design=sobol")
    rate = next(item for item in chosen.uncertainties if item.parameter.name == "imitation_rate").distributions[0]
    parts = np.floor(16 * rate.cumulative(draw_table(chosen, (), 0, 1024)["imitation_rate"]))
    # Of 1,024 independent draws in sixteen equal parts, each part has 64 with a standard deviation of 7.7.
    assert np.std(np.bincount(parts.astype(int))) < 4


def test_the_identity_has_it_only_where_it_is_stated() -> None:
    def stored(chosen: Study) -> dict[str, Any]:
        return identity(chosen, "1", "k", "r", "s")

    plain = stored(study())
    assert "dependence" not in plain
    found = stored(_together(f"inputs:[{','.join(PAIR)}],copula:clayton,kendall_tau:0.3"))
    assert found["dependence"] == [{"inputs": list(PAIR), "copula": "clayton", "kendall_tau": 0.3}]
    assert {name: value for name, value in found.items() if name != "dependence"} == plain


@lru_cache
def _uncertainties() -> tuple[Uncertainty, ...]:
    return study().uncertainties


BAD: list[tuple[str, str]] = [
    (f"inputs:[{PAIR[0]},adoption.imitation_rat],rank_correlation:.5", "did you mean 'adoption.imitation_rate'"),
    (f"inputs:[{PAIR[0]}],rank_correlation:.5", "dependence.pace.inputs: list should have at least 2"),
    (f"inputs:[{PAIR[0]},{PAIR[0]}],rank_correlation:.5", "is in dependence.pace already"),
    (
        f"inputs:[{PAIR[0]},adoption.regional_lag],rank_correlation:.5",
        "dependence.pace.inputs: expected inputs with one value in a draw, got adoption.regional_lag, which has one by "
        "region; leave it out here",
    ),
    (f"inputs:[{PAIR[0]},labor.wage_spread],rank_correlation:.5", "labor.wage_spread is 0.38 in every draw"),
    (f"inputs:[{','.join(PAIR)}],copula:claton,kendall_tau:.5", "did you mean 'clayton'"),
    (f"inputs:[{','.join(PAIR)}]", "copula gaussian needs rank_correlation"),
    (f"inputs:[{','.join(PAIR)}],copula:t,rank_correlation:.5", "copula t needs degrees_of_freedom"),
    (f"inputs:[{','.join(PAIR)}],copula:gumbel,rank_correlation:.5", "copula gumbel needs kendall_tau"),
    (f"inputs:[{','.join(PAIR)}],copula:clayton,kendall_tau:-0.5", "greater than 0"),
    (f"inputs:[{','.join(PAIR)}],rank_corelation:.5", "did you mean 'rank_correlation'"),
    (f"inputs:[{','.join(PAIR)}],rank_correlation:1", "between -1 and 1"),
    (f"inputs:[{','.join(PAIR)}],rank_correlation:[[1,.5],[.4,1]]", "symmetric matrix"),
    (f"inputs:[{','.join(PAIR)}],rank_correlation:[[1,.5]]", "2 rows of 2 numbers"),
    (
        f"inputs:[{','.join(PAIR)}],rank_correlation:[[{PAIR[0]},labor.x,.5]]",
        "'labor.x' isn't among the group's inputs",
    ),
    (f"inputs:{TRIPLE},rank_correlation:-0.6", "isn't positive definite; near it is"),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=[message for _, message in BAD])
def test_what_cannot_be_is_refused_in_words(text: str, message: str) -> None:
    nodes = {"pace": yaml.safe_load(f"{{{text.replace(':', ': ')}}}")}
    with pytest.raises(ConfigError) as error:
        dependence(nodes, _uncertainties(), "sobol")
    assert message in str(error.value) and "dependence.pace" in str(error.value)


def test_what_the_error_suggests_is_taken() -> None:
    text = f"inputs:{TRIPLE},rank_correlation:[[1,.9,-.5],[.9,1,.5],[-.5,.5,1]]"
    with pytest.raises(ConfigError, match="positive definite") as error:
        _together(text)
    suggested = str(error.value).rpartition("rank_correlation: ")[2].replace(" ", "")
    chosen = _together(f"inputs:{TRIPLE},rank_correlation:{suggested}", "adoption=central")
    table = draw_table(chosen, (), 0, 4096)
    ranks = stats.spearmanr(np.stack([table[key.rpartition(".")[2]] for key in chosen.dependence[0].inputs], axis=1))[0]
    np.testing.assert_allclose(ranks, chosen.dependence[0].rank_correlation, atol=0.03)


def test_values_that_do_not_rise_and_designs_that_move_inputs_alone_are_refused() -> None:
    text = f"inputs:[{','.join(PAIR)}],rank_correlation:.5"
    with pytest.raises(ConfigError, match="choice of values that don't rise"):
        _together(text, "adoption=central", "adoption.imitation_rate=[choice,{0.5:0.5,0.2:0.5}]")
    for design in ("saltelli", "morris"):
        with pytest.raises(ConfigError, match=f"dependence: design={design} moves inputs one by one"):
            _together(text, f"design={design}")
    with pytest.raises(ConfigError, match="dependence: design=factorial combines every level"):
        _together(text, "design=factorial", "draws=null")
    assert composed()["dependence"] is None


def test_analyses_say_what_dependence_means_for_them() -> None:
    x, y = np.random.default_rng(1).uniform(size=(2, 400))
    texts = {"labor.x": ["uniform(0.0, 1.0)"], "labor.y": ["uniform(0.0, 1.0)"]}
    data = made({"national_gdp": [x, x + y]}, inputs={"x": x, "y": y}, parameters=texts)
    for name in "xy":
        data[name].attrs |= {"distribution": "uniform(0, 1)", "units": "1", "long_name": name, "grade": "C"}
    text = '{"dependence": [{"inputs": ["labor.x", "labor.y"], "copula": "clayton"}], '
    joined: xr.Dataset = data.assign_attrs(identity=data.attrs["identity"].replace("{", text, 1))
    with pytest.warns(AnalysisWarning, match=r"inputs move together \(x, y\): what one"):
        first_order_given_data(joined, "national_gdp")
    reweighted(data, {"labor.x": ["beta", 1, 1.2]})
    with pytest.raises(ConfigError, match=r"labor\.x: drawn together with labor\.y, which no weights follow"):
        reweighted(joined, {"labor.x": ["beta", 1, 1.2]})
    # Other values of the same distribution are explained by it.
    other = joined.assign(y=("draw", 1 - y, data["y"].attrs))
    assert list(_unequal(data, other)) == [("y", True)] and list(_unequal(joined, other)) == [("y", False)]
