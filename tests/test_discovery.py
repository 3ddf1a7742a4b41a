"""Boxes that scenario discovery finds: planted ones, laws, EMA Workbench's, and what is said of them."""

import inspect
import warnings
from importlib import resources
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest

from analysis import cart, exceeds, in_words, prim, resampled
from analysis.box_words import shown_limit
from analysis.boxes import Points, quasi_p
from analysis.caution import AnalysisWarning
from analysis.peeling import peel
from analysis.plots import plot_boxes, plot_peeling
from sweep.errors import ConfigError
from tests.futures_cases import planted

RATE = "national_unemployment_rate"
Floats = NDArray[Any]


def _uniform(names: str, draws: int, seed: int = 0) -> dict[str, NDArray[Any]]:
    generator = np.random.default_rng(seed)
    return {name: generator.uniform(0, 1, draws) for name in names}


def _corner(draws: int = 2000, noise: str = "cde") -> tuple[xr.Dataset, xr.DataArray]:
    """Cases are where a is above 0.7 and b below 0.4, whatever the others are."""
    inputs = _uniform("ab" + noise, draws)
    outcome = 0.05 + 0.1 * ((inputs["a"] > 0.7) & (inputs["b"] < 0.4))
    data = planted(inputs, outcome)
    return data, exceeds(data, RATE, 0.1)


def _noisy(seed: int, draws: int = 300) -> tuple[xr.Dataset, xr.DataArray]:
    """Cases by chance, more of them where a and b are large and regimes rapid; inputs on a grid have many ties."""
    generator = np.random.default_rng(seed)
    inputs = _uniform("ab", draws, seed) | {"c": generator.integers(0, 4, draws).astype(float)}
    regimes = generator.choice(["slow", "rapid"], draws, p=[0.7, 0.3])
    pull = inputs["a"] + inputs["b"] + 0.5 * (regimes == "rapid") - 1.6 + generator.normal(0, 0.3, draws)
    data = planted(inputs, 0.1 + pull, list(regimes), [0.5, 0.5])
    return data, exceeds(data, RATE, 0.1)


def test_one_parameter_is_peeled_as_its_continuum_says() -> None:
    values = (np.arange(20_000) + 0.5) / 20_000
    wanted = values > 0.5
    points = Points(values[:, None], np.zeros(20_000, dtype=np.intp), 1, wanted, np.ones(20_000))
    path = peel(points, wanted | True, 0.05, 0.01, {0})
    peels = np.arange(13)
    np.testing.assert_allclose(path.weight[:13] / 20_000, 0.95**peels, rtol=1e-3)
    np.testing.assert_allclose(path.cases[:13] / path.weight[:13], 0.5 / 0.95**peels, rtol=1e-3)
    assert path.cases[-1] == path.weight[-1] and len(path.boxes) == 15
    assert all(box.limits in ([], [(0, 0)]) for box in path.boxes)


def test_a_planted_box_is_found_with_its_limits_and_nothing_else() -> None:
    data, cases = _corner()
    found = prim(data, cases)
    assert found.sizes["box"] == 1
    box = found.isel(box=0)
    assert box["restricted"].to_series().to_dict() == {"a": True, "b": True, "c": False, "d": False, "e": False}
    np.testing.assert_allclose(box["low"].sel(parameter="a"), 0.7, atol=0.02)
    np.testing.assert_allclose(box["high"].sel(parameter="b"), 0.4, atol=0.02)
    assert np.isinf(box["high"].sel(parameter="a")) and np.isinf(box["low"].sel(parameter="b"))
    assert box["density"] > 0.95 and box["coverage"] > 0.95
    np.testing.assert_allclose(found["base_rate"], cases.mean())


def test_a_second_box_is_found_outside_the_first() -> None:
    inputs = _uniform("abc", 3000)
    one, other = (inputs["a"] > 0.7) & (inputs["b"] > 0.6), (inputs["a"] < 0.2) & (inputs["b"] < 0.5)
    data = planted(inputs, 0.05 + 0.1 * (one | other))
    found = prim(data, exceeds(data, RATE, 0.1))
    assert found.sizes["box"] == 2
    assert float(found["coverage"].sum()) > 0.9 and (found["density"] > 0.9).all()
    first, second = (found.isel(box=place) for place in (0, 1))
    assert np.isfinite(first["low"].sel(parameter="a")) and np.isfinite(second["high"].sel(parameter="a"))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([None, 0.6]))
def test_laws_of_boxes_and_of_the_way_to_them(seed: int, most: int, density: float | None) -> None:
    data, cases = _noisy(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        found = prim(data, cases, most=most, density=density, share=0.1)
    for share in ("coverage", "density", "mass", "peel_coverage", "peel_density", "peel_mass"):
        assert ((found[share] >= 0) & (found[share] <= 1 + 1e-12) | np.isnan(found[share])).all()
    base = float(found["base_rate"])
    np.testing.assert_allclose(found["density"] * found["mass"], found["coverage"] * base)
    np.testing.assert_allclose(found["peel_density"] * found["peel_mass"], found["peel_coverage"] * base)
    assert float(found["coverage"].sum()) <= 1 + 1e-12
    assert (found["restricted"].sum("parameter") <= most).all() and (found["restricted"].sum("parameter") > 0).all()
    assert (found["quasi_p"].fillna(0) <= 0.05).all()
    assert (np.diff(found["peel_mass"].isel(box=slice(1)).dropna("peel")) < 0).all()
    assert (found["density"] > found["rest_rate"]).all() and (found["p_value"] <= 0.05).all()
    np.testing.assert_allclose(found["density"] * found["rest_mass"], found["rest_coverage"] * found["rest_rate"])


@pytest.mark.parametrize("find", [prim, cart])
@pytest.mark.parametrize("seed", [1, 2])
def test_what_a_box_holds_depends_on_the_order_of_values_alone(find: Any, seed: int) -> None:
    data, cases = _noisy(seed)
    curved = data.assign(a=np.exp(8 * data["a"]), b=data["b"] ** 3)
    mixed = np.random.default_rng(seed).permutation(data.sizes["draw"])
    kept = ["coverage", "density", "mass", "draws", "restricted", "in_box", "density_by_regime"]
    plain = find(data, cases)
    for other in (find(curved, cases), find(data.isel(draw=mixed), cases.isel(draw=mixed))):
        xr.testing.assert_allclose(plain[kept].reset_coords(drop=True), other[kept].reset_coords(drop=True))
    np.testing.assert_allclose(plain["low"], find(data.isel(draw=mixed), cases.isel(draw=mixed))["low"])


def test_weights_of_regimes_weigh_draws() -> None:
    data, cases = _noisy(3)
    found = prim(data, cases, ["a"], boxes=1).isel(box=0)
    inside = (data["a"] >= found["low"].item()) & (data["a"] <= found["high"].item())
    rapid = data["regime"] == "rapid"
    shares = [[(each & own).sum() / own.sum() for own in (~rapid, rapid)] for each in (cases, inside, cases & inside)]
    (slow_rate, fast_rate), (slow_mass, fast_mass), (slow_both, fast_both) = shares
    np.testing.assert_allclose(found["base_rate"], (slow_rate + fast_rate) / 2)
    np.testing.assert_allclose(found["mass"], (slow_mass + fast_mass) / 2)
    np.testing.assert_allclose(found["density"], (slow_both + fast_both) / (slow_mass + fast_mass))
    np.testing.assert_allclose(found["density_by_regime"].sel(regime="rapid"), fast_both / fast_mass)
    assert found.attrs["weights"].startswith("pooled with stated weights: ")


def test_a_regime_can_be_all_of_a_box() -> None:
    inputs = _uniform("ab", 400)
    regimes = ["slow", "central", "rapid", "rapid"] * 100
    data = planted(inputs, 0.05 + 0.1 * (np.array(regimes) == "rapid"), regimes, [0.5, 0.3, 0.2])
    for find in (prim, cart):
        found = find(data, exceeds(data, RATE, 0.1))
        assert found.sizes["box"] == 1
        np.testing.assert_allclose([found["coverage"].item(), found["density"].item()], 1)
        assert found["in_box"].isel(box=0).to_numpy().tolist() == [False, False, True]
        np.testing.assert_allclose(found["mass"], 0.2)
        assert in_words(found)[0].startswith("In futures where the regime is rapid, 100.0 ± 0.7 % have ")


def test_errors_are_those_of_shares() -> None:
    inputs = _uniform("a", 1000)
    data = planted(inputs, 0.1 + (inputs["a"] - 0.6) + 0.3 * (_uniform("n", 1000, 1)["n"] - 0.5))
    box = prim(data, exceeds(data, RATE, 0.1), boxes=1).isel(box=0)
    density, draws = float(box["density"]), int(box["draws"])
    coverage, cases = float(box["coverage"]), int(exceeds(data, RATE, 0.1).sum())
    assert 0.5 < density < 1 and 0.5 < coverage < 1
    np.testing.assert_allclose(box["density_error"], np.sqrt(density * (1 - density) / draws), rtol=0.01)
    np.testing.assert_allclose(box["coverage_error"], np.sqrt(coverage * (1 - coverage) / cases), rtol=0.01)
    for name in ("base_rate", "rest_rate", "mass"):
        share = float(box[name])
        np.testing.assert_allclose(box[f"{name}_error"], np.sqrt(share * (1 - share) / 1000), rtol=0.01)


def test_stated_weights_of_regimes_are_no_chance_of_the_base_rate() -> None:
    data, cases = _noisy(3)
    found = prim(data, cases, ["a"], boxes=1)
    rapid = data["regime"] == "rapid"
    own = [(float(cases[each].mean()), int(each.sum())) for each in (rapid, ~rapid)]
    error = np.sqrt(sum(0.25 * rate * (1 - rate) / draws for rate, draws in own))
    np.testing.assert_allclose([found["base_rate_error"], found["rest_rate_error"].item()], error, rtol=0.02)


@given(st.integers(1, 200), st.integers(0, 200), st.floats(0.01, 0.99))
def test_quasi_p_is_the_binomial_test(draws: int, cases: int, without: float) -> None:
    held = min(draws, cases)
    found = quasi_p(np.full(draws, 0.7), held / draws, np.array([without]))
    np.testing.assert_allclose(found[0], binomtest(held, draws, without, "greater").pvalue, rtol=1e-6, atol=1e-12)


def test_cart_finds_a_planted_limit_exactly() -> None:
    inputs = _uniform("ab", 500)
    data = planted(inputs, 0.05 + 0.1 * (inputs["a"] > 0.6))
    found = cart(data, exceeds(data, RATE, 0.1))
    ordered = np.sort(inputs["a"])
    above = int(np.searchsorted(ordered, 0.6))
    assert found.sizes["box"] == 1
    np.testing.assert_allclose(found["low"].sel(parameter="a"), [ordered[above - 1 : above + 1].mean()])
    assert [found["density"].item(), found["coverage"].item()] == pytest.approx([1, 1]) and found[
        "restricted"
    ].sum() == 1


def test_leaves_of_a_tree_are_apart_and_dense() -> None:
    data, cases = _noisy(5, 600)
    found = cart(data, cases, leaves=6)
    assert found.sizes["box"] > 1 and float(found["coverage"].sum()) <= 1
    assert (found["density"] > found["base_rate"]).all() and (np.diff(found["density"]) <= 0).all()
    np.testing.assert_allclose(found["density"] * found["mass"], found["coverage"] * found["base_rate"])


def test_peels_are_those_of_ema_workbench_on_the_data_of_bryant_and_lempert() -> None:
    pandas = pytest.importorskip("pandas", reason="needs uv sync --group benchmarks")
    ema = pytest.importorskip("ema_workbench.analysis.prim", reason="needs uv sync --group benchmarks")
    table = pandas.read_csv(resources.files("ema_workbench") / "examples/data/bryant et al 2010 data.csv")
    # Of peels that take unlike numbers of draws, as of equal values, both think differently.
    inputs, wanted = table.iloc[:, 2:11].rank(method="first"), table.iloc[:, 15].to_numpy()
    # Before 3.0, a threshold had to be given, which changed messages alone.
    further: dict[str, Any] = {"threshold": 0.5} if "threshold" in inspect.signature(ema.Prim).parameters else {}
    path = ema.Prim(inputs, wanted, peel_alpha=0.1, **further).find_box().peeling_trajectory
    draws = len(wanted)
    points = Points(inputs.to_numpy(), np.zeros(draws, dtype=np.intp), 1, wanted == 1, np.ones(draws))
    found = peel(points, np.ones(draws, dtype=bool), 0.1, 0.05, points.parameters)
    # Its last boxes may be pasted again.
    shrinking = 1 + int(np.argmin(np.diff(path["mass"], append=1) < 0))
    assert draws == 882 and 10 < shrinking <= len(found.boxes)
    np.testing.assert_allclose(found.weight[:shrinking], path["n"][:shrinking])
    np.testing.assert_allclose(found.cases[:shrinking] / wanted.sum(), path["coverage"][:shrinking])
    assert [box.restricted for box in found.boxes[:shrinking]] == path["res_dim"][:shrinking].tolist()


def test_a_density_that_is_asked_for_is_reached_with_most_coverage() -> None:
    data, cases = _noisy(7, 2000)
    usual, dense = prim(data, cases, boxes=1), prim(data, cases, boxes=1, density=0.85)
    assert usual["density"].item() < 0.85 <= dense["density"].item()
    assert dense["coverage"].item() < usual["coverage"].item()
    assert dense.attrs["rule"] == "best coverage at a density of 0.85, at most 4 parameters"


def test_resampling_tells_planted_limits_from_chance() -> None:
    data, cases = _corner()
    found = resampled(data, cases, resamples=10)
    shares = found["restricted"].to_series()
    assert shares["a"] == shares["b"] == 1 and (shares[["c", "d", "e"]] < 0.3).all()
    assert found["low"].sel(parameter="a", quantile=0.05) < 0.7 < found["low"].sel(parameter="a", quantile=0.95) + 0.02
    assert np.isnan(found["high"].sel(parameter="a")).all()
    assert 0.85 < found["density_outside"].mean() <= found["density"].mean()


def test_chance_looks_stable_to_nobody() -> None:
    inputs = _uniform("abcdef", 400)
    data = planted(inputs, _uniform("n", 400, 9)["n"])
    cases = exceeds(data, RATE, 0.7)
    found = resampled(data, cases, resamples=10)
    assert found["restricted"].max() < 0.6
    np.testing.assert_allclose(found["density_outside"].mean(), cases.mean(), atol=0.05)


def test_sentences_have_units_percent_and_errors() -> None:
    inputs = _uniform("ab", 2000)
    data = planted(
        {"imitation_rate": inputs["a"], "policy.ubi.amount": 1000 * inputs["b"]},
        0.05 + 0.1 * ((inputs["a"] > 0.7) & (inputs["b"] < 0.4)),
        units={"imitation_rate": "1/year", "policy.ubi.amount": "USD/month"},
    )
    cases = exceeds(data, RATE, 0.1)
    (sentence,) = in_words(prim(data, cases))
    assert sentence.startswith("In futures where imitation rate (meaning of imitation_rate) is above 0.69")
    assert " a year and amount of UBI (meaning of policy.ubi.amount) is below " in sentence
    assert (
        " USD/month, " in sentence
        and " have national unemployment rate above 10 % in 2040 under No policy (den" in sentence
    )
    assert (
        sentence.endswith(" % of all such futures (coverage; ±: 95 % intervals).")
        and " against 12 ± 1 % of all futures; " in sentence
    )
    assert "are cases (density)" in in_words(prim(data, cases.drop_attrs()))[0]
    _, stable = in_words(prim(data, cases), resampled(data, cases, resamples=4))
    assert stable.startswith("In 4 random halves of the draws, the first box has a limit of ")


def test_no_box_is_said_to_be_none() -> None:
    draws = np.arange(400)
    data = planted({"a": (draws // 2 % 2).astype(float)}, 0.2 * (draws % 2))
    with pytest.warns(
        AnalysisWarning, match="no box is better by more than chance than all futures, of which 50% are cases$"
    ):
        found = prim(data, exceeds(data, RATE, 0.1))
    assert found.sizes["box"] == 0
    assert in_words(found) == [
        "50 ± 5 % of all futures have national unemployment rate above 10 % in 2040 under No policy; no box is better "
        "than all of them by more than chance (best harmonic mean of coverage and density, at most 4 parameters)."
    ]


def test_where_most_futures_are_cases_the_others_are_to_be_looked_for() -> None:
    data, cases = _corner()
    with pytest.warns(AnalysisWarning, match=r"88% are cases: look for the futures that are none \(~cases\)"):
        assert prim(data, ~cases).sizes["box"] == 0
    found = prim(data, ~cases, density=0.97, boxes=1)
    assert found["density"].item() >= 0.97 and found["coverage"].item() > 0.7


def test_pictures_show_the_way_to_boxes_and_their_limits() -> None:
    data, cases = _noisy(7, 2000)
    found, tree = prim(data, cases), cart(data, cases)
    way, limits, leaves = plot_peeling(data, found), plot_boxes(data, found), plot_boxes(data, tree)
    assert len(way.axes) == found.sizes["box"] and len(leaves.axes) == min(tree.sizes["box"], 4)
    texts = [text.get_text() for axis in limits.axes for text in axis.texts]
    box = found.isel(box=0)
    for name in ("a", "b"):
        assert shown_limit(float(box["low"].sel(parameter=name)), "share") in texts
    assert {"slow", "rapid"} <= set(texts)
    dots = np.array(way.axes[0].collections[0].get_offsets())
    np.testing.assert_allclose(dots, np.stack([box["peel_coverage"], box["peel_density"]], axis=1)[: len(dots)])
    with pytest.raises(ConfigError, match="expected boxes that prim found"):
        plot_peeling(data, tree)
    with pytest.raises(ConfigError, match="nothing to show"):
        plot_boxes(data, found.isel(box=[]))


def test_what_boxes_can_not_be_drawn_from_is_refused() -> None:
    data, cases = _corner(400)
    few = cases & (np.arange(400) < 30)
    refused: list[tuple[xr.DataArray, dict[str, Any], str]] = [
        (cases & False, {}, r"0 of 400 draws are cases, and boxes need 20: .* wider condition"),
        (cases | True, {}, "0 of 400 draws are no cases, .* narrower condition"),
        (few, {}, f"{int(few.sum())} of 400 draws are cases"),
        (exceeds(data, RATE, 0.9), {}, r"are cases \(national unemployment rate above 90 %"),
        (cases.astype(float), {}, "expected True or False"),
        (cases.isel(draw=slice(300)), {}, "other draws"),
        (cases, {"over": ["aa"]}, "'aa' is no uncertain input"),
        (cases, {"density": 80}, "density: expected a share between 0 and 1, got 80"),
        (cases, {"most": 0}, "most: expected a whole number of 1 or more, got 0"),
    ]
    for wanted, further, message in refused:
        with pytest.raises(ConfigError, match=message):
            prim(data, wanted, **further)
    regimes = ["slow", "rapid"] * 200
    unbelieved = planted(_uniform("a", 400), 0.2 * (np.array(regimes) == "rapid"), regimes, [1, 0])
    with pytest.raises(ConfigError, match="regimes of no weight"):
        prim(unbelieved, exceeds(unbelieved, RATE, 0.1))
    with pytest.raises(ConfigError, match="nothing to draw boxes in"):
        cart(data[[RATE, "status"]], cases)
    with pytest.raises(ConfigError, match="boxes need 40"):
        resampled(data, exceeds(data, RATE, 0.1) & (data["a"] > 0.85))
