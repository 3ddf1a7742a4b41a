"""Sensitivity from ordinary draws against analytic values, a second implementation, and laws."""

import warnings
from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import pawn as salib_pawn

from analysis import first_order_given_data, pawn, shapley_effects, variance_partition
from analysis.caution import AnalysisWarning
from analysis.inputs import evidence_of
from analysis.shapley import _parts
from sweep.errors import ConfigError
from tests.sensitivity_cases import ISHIGAMI, G, Values, g_function, ishigami, store_of
from tests.test_sensitivity import EIGHT, REGIMES, SHARES, SLOPES, THREE, known_lines, lines

MANY = {f"x{place:02}": (f"x{place:02}",) for place in range(40)}


@pytest.mark.parametrize("design", ["sobol", "monte_carlo"])
@pytest.mark.parametrize(
    ("function", "factors", "known"), [(ishigami, THREE, ISHIGAMI), (g_function, EIGHT, G)], ids=["Ishigami", "G"]
)
def test_first_order_indices_are_the_analytic_ones(
    design: str, function: Any, factors: Any, known: tuple[Values, Values]
) -> None:
    found = first_order_given_data(store_of(design, function, factors, 16_384), "y").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(found["first"], known[0], atol=0.02)


def test_inputs_without_effect_have_indices_around_zero_and_intervals_that_say_so() -> None:
    found = first_order_given_data(store_of("monte_carlo", lambda u: u[:, 0], MANY, 1000), "y")
    found = found.isel(regime=0, policy=0, year=0, factor=slice(1, None))
    assert abs(float(found["first"].mean())) < 0.002
    assert float(((found["first_lower"] <= 0) & (found["first_upper"] >= 0)).mean()) > 0.9
    assert float(found["first_error"].max()) < 0.02


GROWTH, SLOPE, STEP = np.array([2.0, 1.0, 0.5, 0.0]), np.array([3.0, 2.0, 1.0, 0.0]), np.array([27.0, 4.0, 0.0]) / 31
# The second moment of exp of a uniform over the square of the first, less 1; and of a product of these.
_MOMENTS = np.array([rate / 2 / np.tanh(rate / 2) - 1 if rate else 0 for rate in GROWTH])
COVERED = {
    "Ishigami": (lambda u: ishigami(u[:, :3]), np.append(ISHIGAMI[0], 0)),
    "G": (lambda u: g_function(u[:, :8]), np.append(G[0], 0)),
    "linear": (lambda u: u @ SLOPE, SLOPE**2 / (SLOPE**2).sum()),
    "exp of a sum": (lambda u: np.exp(u @ GROWTH), _MOMENTS / (np.prod(1 + _MOMENTS) - 1)),
    "steps": (lambda u: 6 * (u[:, 0] > 0.5) + 4 * u[:, 1], STEP),
}


@pytest.mark.parametrize("design", ["sobol", "monte_carlo"])
@pytest.mark.parametrize("name", COVERED)
def test_intervals_hold_the_truth_beside_an_input_without_effect(design: str, name: str) -> None:
    function, known = COVERED[name]
    factors = {f"x{place}": (f"x{place}",) for place in range(len(known))}
    held = []
    for seed in range(30):
        found = first_order_given_data(store_of(design, function, factors, 512, seed), "y")
        found = found.isel(regime=0, policy=0, year=0)
        held.append((found["first_lower"] <= known) & (known <= found["first_upper"]))
    # Of 30 cases of 95 %, 23 or fewer once in 1,700.
    assert np.mean(held, axis=0).min() >= 24 / 30


def test_errors_are_the_spread_over_seeds() -> None:
    runs = [first_order_given_data(store_of("monte_carlo", ishigami, THREE, 1000, seed), "y") for seed in range(40)]
    together = xr.concat(runs, "seed").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(together["first_error"].mean("seed"), together["first"].std("seed"), rtol=0.5)


def test_indices_by_regime_and_pooled_follow_the_law_of_total_variance() -> None:
    data = store_of("sobol", lines, REGIMES, 8192)
    by_regime, pooled, _ = known_lines()
    found = first_order_given_data(data, "y").isel(policy=0, year=0)
    np.testing.assert_allclose(found["first"], by_regime, atol=0.03)
    together = first_order_given_data(data, "y", pooled=True).isel(policy=0, year=0)
    assert together["factor"].to_numpy().tolist() == ["regime", *THREE]
    np.testing.assert_allclose(together["first"], pooled, atol=0.02)


def test_an_input_that_is_another_one_again_takes_nothing_from_it() -> None:
    # As the end of a path has the value of its start in regimes in which that stays.
    data = store_of("monte_carlo", ishigami, THREE, 1024)
    twice = data.assign({"d": data["b"]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        found, more = (first_order_given_data(each, "y")["first"].squeeze() for each in (data, twice))
        shares, same = (variance_partition(each, "y")["first"] for each in (data, twice))
    # Products of larger matrices may differ in their last bits.
    np.testing.assert_allclose(more.sel(factor=list(THREE)), found, rtol=1e-9)
    assert more.sel(factor="d") == 0
    np.testing.assert_allclose(same, shares, rtol=1e-9)


def test_an_input_of_few_values_and_a_constant_have_their_own_indices() -> None:
    data = store_of("monte_carlo", lambda u: u[:, 0] + np.floor(3 * u[:, 1]), THREE, 2000)
    data["b"] = (3 * data["b"] // 1).assign_attrs(data["b"].attrs)
    data["c"] = (0 * data["c"]).assign_attrs(data["c"].attrs)
    found = first_order_given_data(data, "y").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(found["first"], [1 / 9, 8 / 9, 0], atol=0.02)


@pytest.mark.parametrize("share", [0.5, 0.25])
def test_an_input_of_two_values_has_its_own_index(share: float) -> None:
    data = store_of("monte_carlo", lambda u: u[:, 0] + 2 * (u[:, 1] < share), THREE, 2000)
    data["b"] = (data["b"] < share).astype(float).assign_attrs(data["b"].attrs)
    found = first_order_given_data(data, "y").isel(regime=0, policy=0, year=0)
    spread = np.array([1 / 12, 4 * share * (1 - share)])
    np.testing.assert_allclose(found["first"], [*spread / spread.sum(), 0], atol=0.03)


@pytest.mark.filterwarnings("ignore:draws are few")
@settings(max_examples=8, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.permutations(list(THREE)))
def test_indices_stay_when_outcomes_are_rescaled_and_inputs_transformed_or_reordered(
    shift: float, scale: float, order: list[str]
) -> None:
    data = store_of("monte_carlo", ishigami, THREE, 512)
    plain = first_order_given_data(data, "y")
    other = data.assign(y=shift - scale * data["y"])[["y", *order]]
    for name in order:
        other[name] = (other[name] ** 3 * scale).assign_attrs(other[name].attrs)
    moved = first_order_given_data(other, "y")
    assert moved["factor"].to_numpy().tolist() == order
    np.testing.assert_allclose(moved["first"].sel(factor=list(THREE)), plain["first"], atol=1e-6)
    effects = [shapley_effects(each, "y", list(THREE))["effect"] for each in (data, other)]
    np.testing.assert_allclose(effects[1], effects[0], atol=1e-6)


@pytest.mark.parametrize("design", ["sobol", "monte_carlo"])
def test_a_partition_of_many_inputs_is_the_sum_of_their_shares(design: str) -> None:
    slopes = np.linspace(0, 2, 40)
    grades = {name: "ABC"[place % 3] for place, name in enumerate(MANY)}
    data = store_of(design, lambda u: u @ slopes, MANY, 1024, grades=grades)
    with pytest.warns(AnalysisWarning, match="interactions also holds"):
        found = variance_partition(data, "y").isel(regime=0, policy=0, year=0)
    known = np.array([(slopes[place::3] ** 2).sum() for place in range(3)]) / (slopes**2).sum()
    assert found["factor"].to_numpy().tolist() == ["A", "B", "C", "interactions"]
    np.testing.assert_allclose(found["first"], [*known, 0], atol=0.03 if design == "sobol" else 0.1)
    assert (np.abs(found["first"] - np.array([*known, 0])) < 3 * found["first_error"]).all()


def test_a_pooled_partition_has_the_regime_and_adds_up() -> None:
    data = store_of("sobol", lines, REGIMES, 4096, grades={"a": "A", "b": "B", "c": "C"})
    with pytest.warns(AnalysisWarning, match="interactions also holds"):
        found = variance_partition(data, "y", pooled=True).isel(policy=0, year=0)
    np.testing.assert_allclose(found["first"], [*known_lines()[1], 0], atol=0.02)
    np.testing.assert_allclose(found["first"].sum("factor"), 1)


def test_evidence_is_that_of_the_regime_or_the_weakest() -> None:
    data = store_of("sobol", lines, REGIMES, 1024)
    data["a"].attrs["grades"] = ["A", "C", "B"]
    data["b"].attrs["grades"] = ["set by the user"] * 3
    del data["c"].attrs["grade"]
    assert [evidence_of(data, name) for name in ("a", "b", "c", "regime")] == ["C", "set by the user", "", ""]
    assert [evidence_of(data, "a", regime) for regime in ("low", "middle", "high")] == ["A", "C", "B"]


@pytest.mark.parametrize("design", ["sobol", "saltelli"])
def test_a_partition_takes_the_evidence_of_each_regime(design: str) -> None:
    data = store_of(design, lines, REGIMES, 4096)
    data["a"].attrs["grades"], data["b"].attrs["grades"] = ["A", "C", "B"], ["B", "B", "A"]
    data["c"].attrs["grades"] = ["C"] * 3
    shares, _, whole = known_lines()
    with pytest.warns(AnalysisWarning, match="interactions also holds"):
        found = variance_partition(data, "y").isel(policy=0, year=0)
        together = variance_partition(data, "y", pooled=True).isel(policy=0, year=0)
    (a1, b1, c1), (a2, b2, c2), (a3, b3, c3) = shares
    known = np.array([[a1, b1, c1], [0, b2, a2 + c2], [b3, a3, c3]])
    np.testing.assert_allclose(found["first"][:, :3], known, atol=0.06)
    within = SHARES * (SLOPES**2 / 12).sum(axis=1) @ known / whole
    np.testing.assert_allclose(together["first"][1:4], within, atol=0.03)


def test_pawn_is_that_of_salib() -> None:
    data = store_of("monte_carlo", ishigami, THREE, 2000)
    inputs = np.stack([data[name] for name in THREE], axis=1)
    problem = {"num_vars": 3, "names": list(THREE), "bounds": [[0, 1]] * 3}
    theirs = salib_pawn.analyze(problem, inputs, data["y"].to_numpy().ravel(), S=10, seed=1)
    ours = pawn(data, "y").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(ours["pawn"], theirs["median"], atol=0.01)
    np.testing.assert_allclose(ours["pawn_most"], theirs["maximum"], atol=0.01)


def test_pawn_of_inputs_without_effect_is_noise() -> None:
    found = pawn(store_of("monte_carlo", lambda u: u[:, 0], MANY, 1000), "y").isel(regime=0, policy=0, year=0)
    below = (found["pawn"][1:] < found["noise"]).mean()
    assert 0.8 < float(below) <= 1
    # Of slices of a tenth, the distance from all is 0.9 at the ends and 0.5 in the middle.
    assert float(found["pawn_most"][0]) == pytest.approx(0.9, abs=0.02)
    assert float(found["pawn"][0]) == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("tail", [0.0, 0.9])
def test_distances_have_errors_no_smaller_than_they_show_over_seeds(tail: float) -> None:
    runs = [
        pawn(store_of("monte_carlo", ishigami, THREE, 512, seed), "y", tail=tail).isel(regime=0, policy=0, year=0)
        for seed in range(25)
    ]
    together = xr.concat(runs, "seed")
    for name in ("pawn", "pawn_most"):
        told, spread = np.sqrt((together[f"{name}_error"] ** 2).mean("seed")), together[name].std("seed", ddof=1)
        # Of 25 seeds, a spread is known to a seventh; a distance to the end of the tail has none.
        assert (told > 0.75 * spread).all() and (told < 0.1).all()


@pytest.mark.filterwarnings("ignore:few draws")
@pytest.mark.parametrize(("apart", "tail"), [(0.0, 0.0), (10.0, 0.0), (10.0, 0.9)])
def test_one_in_twenty_inputs_without_effect_is_above_noise_by_regime_and_pooled(apart: float, tail: float) -> None:
    factors, above, pooled_above = {"regime": ("regime",), **MANY}, [], []
    for seed in range(10):
        data = store_of("monte_carlo", lambda u: apart * u[:, 0] + u[:, 1], factors, 700, seed)
        found, pooled = (pawn(data, "y", pooled=each, tail=tail).isel(policy=0, year=0) for each in (False, True))
        above.append((found["pawn"] > found["noise"]).isel(factor=slice(1, None)).mean("factor"))
        pooled_above.append(float((pooled["pawn"] > pooled["noise"]).isel(factor=slice(2, None)).mean()))
    # Of 390 inputs 5 % have an error of 1 %, and as much again is that of noise itself, of 200 shuffles.
    assert 0.01 < np.mean(pooled_above) < 0.09
    assert ((np.mean(above, axis=0) > 0.01) & (np.mean(above, axis=0) < 0.09)).all()


def test_pawn_of_the_tail_sees_what_decides_rare_outcomes() -> None:
    def rare(u: Values) -> Values:
        return np.asarray(u[:, 0] + 50 * np.maximum(u[:, 1] - 0.95, 0) * 20)

    data = store_of("monte_carlo", rare, THREE, 4000)
    whole, tail = (pawn(data, "y", tail=share).isel(regime=0, policy=0, year=0)["pawn_most"] for share in (0, 0.97))
    assert whole[0] > whole[1] and tail[1] > 3 * tail[0]
    with pytest.raises(ConfigError, match="tail: expected a share of draws"):
        pawn(data, "y", tail=1.0)


@pytest.mark.filterwarnings("ignore:few draws")
def test_pooled_pawn_knows_the_regime_and_constants_in_some() -> None:
    data = store_of("sobol", lambda u: 5 * u[:, 0] + u[:, 1], REGIMES, 2048)
    data["b"] = data["b"].where(data["regime"] != "low", 0.3).assign_attrs(data["b"].attrs)
    found = pawn(data, "y", pooled=True).isel(policy=0, year=0)
    assert found["factor"].to_numpy().tolist() == ["regime", *THREE]
    # A slice of a regime that has half of the weight lies wholly in the lower half, or in the upper one.
    assert float(found["pawn"][0]) == pytest.approx(0.5, abs=0.02)
    assert (found["pawn"][2:] < 1.5 * found["noise"]).all()


RHO, LAST = 0.6, 2.0


def correlated(seed: int, draws: int = 4096) -> xr.Dataset:
    """The sum of three normal inputs, of which the last two are correlated."""
    data = store_of("monte_carlo", ishigami, THREE, draws, seed)
    normal = np.random.default_rng(seed).standard_normal((draws, 3))
    second = normal[:, 1]
    third = LAST * (RHO * second + np.sqrt(1 - RHO**2) * normal[:, 2])
    for name, values in zip(THREE, (normal[:, 0], second, third), strict=True):
        data[name] = ("draw", values, data[name].attrs)
    return data.assign(y=data["y"].copy(data=(normal[:, 0] + second + third)[None, :, None]))


def test_shapley_effects_of_correlated_normals_are_the_closed_form() -> None:
    found = shapley_effects(correlated(1), "y", list(THREE)).isel(regime=0, policy=0, year=0)
    # Iooss and Prieur 2019, eq. (15), with slopes of 1.
    variance = 1 + 1 + LAST**2 + 2 * RHO * LAST
    half = RHO**2 / 2 * (LAST**2 - 1)
    known = np.array([1, 1 + RHO * LAST + half, LAST**2 + RHO * LAST - half]) / variance
    np.testing.assert_allclose(found["effect"][:3], known, atol=0.03)
    np.testing.assert_allclose(found["effect"].sum("factor"), 1)
    assert abs(float(found["effect"][3])) < 0.03


@pytest.mark.parametrize("rho", [0.0, 0.8])
def test_an_input_without_effect_has_none_beside_five_others(rho: float) -> None:
    factors = {f"x{place}": (f"x{place}",) for place in range(6)}
    runs = []
    for seed in range(6):
        data = store_of("monte_carlo", lambda u: u[:, 0], factors, 512, seed)
        normal = np.random.default_rng(seed).standard_normal((7, 512))
        values = np.sqrt(rho) * normal[6] + np.sqrt(1 - rho) * normal[:6]
        values[5] = normal[5]
        for name, each in zip(factors, values, strict=True):
            data[name] = ("draw", each, data[name].attrs)
        data = data.assign(y=data["y"].copy(data=values[:5].sum(axis=0)[None, :, None]))
        runs.append(shapley_effects(data, "y", list(factors)))
    together = xr.concat(runs, "seed").isel(regime=0, policy=0, year=0).mean("seed")
    # Five that are alike share all.
    np.testing.assert_allclose(together["effect"], [*[0.2] * 5, 0, 0], atol=0.02)
    np.testing.assert_allclose(together["effect"][5:], 0, atol=0.01)
    assert runs[0].attrs["notice"] == ""


def test_what_draws_are_too_few_for_is_told() -> None:
    factors, whole = {f"x{place}": (f"x{place}",) for place in range(4)}, (ISHIGAMI[0] + ISHIGAMI[1]) / 2
    with pytest.warns(AnalysisWarning, match=r"draws are few for what 4 inputs do: they may explain some 0\.\d\d of"):
        found = shapley_effects(store_of("monte_carlo", lambda u: ishigami(u[:, :3]), factors, 512), "y", list(factors))
    found, told = found.isel(regime=0, policy=0, year=0), float(found.attrs["notice"].split(" of the")[0].split()[-1])
    lost = float(found["effect"][4])
    assert lost > 0.02 and told == pytest.approx(lost, rel=0.5)
    np.testing.assert_allclose(found["effect"][:4], [*whole, 0], atol=0.1)


def test_shapley_errors_are_the_spread_over_seeds() -> None:
    runs = [shapley_effects(correlated(seed, 512), "y", list(THREE)) for seed in range(40)]
    together = xr.concat(runs, "seed").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(
        together["effect_error"].mean("seed"), together["effect"].std("seed"), rtol=0.5, atol=5e-4
    )


@pytest.mark.filterwarnings("ignore:draws are few")
def test_shapley_effects_of_independent_inputs_lie_between_first_and_total_indices() -> None:
    data = store_of("monte_carlo", ishigami, THREE, 8192)
    found = shapley_effects(data, "y", list(THREE)).isel(regime=0, policy=0, year=0)
    # Two inputs share their interaction equally: Owen 2014. Between nearest draws a function that goes up and down
    # still differs, so that a little is left to all others.
    np.testing.assert_allclose(found["effect"][:3], (ISHIGAMI[0] + ISHIGAMI[1]) / 2, atol=0.05)
    some = shapley_effects(data, "y", ["b"]).isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(some["effect"], [ISHIGAMI[0][1], 1 - ISHIGAMI[0][1]], atol=0.03)


@pytest.mark.parametrize(
    "analysis",
    [
        lambda data: first_order_given_data(data, "y"),
        lambda data: pawn(data, "y"),
        lambda data: variance_partition(data, "y"),
        lambda data: shapley_effects(data, "y", ["a"]),
    ],
)
def test_an_input_that_is_no_number_in_a_draw_is_named(analysis: Callable[[xr.Dataset], Any]) -> None:
    data = store_of("monte_carlo", ishigami, THREE, 256)
    data["a"][[3, 9]] = np.nan
    with pytest.raises(
        ConfigError, match=r"^a: this input isn't a finite number in 2 of 256 draws, the first at .* 3:"
    ):
        analysis(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        assert analysis(data.isel(draw=data["a"].notnull().to_numpy()))


def test_the_regime_alone_explains_what_lies_between_regimes() -> None:
    data = store_of("monte_carlo", lambda u: u[:, 0] + u[:, 1], REGIMES, 4096)
    found = shapley_effects(data, "y", ["regime", "a"], pooled=True).isel(policy=0, year=0)
    # Of codes 0, 1, 2 with weights 0.5, 0.3, 0.2, and of a uniform.
    between, within = 0.3 + 0.8 - 0.7**2, 1 / 12
    np.testing.assert_allclose(found["effect"][:2], np.array([between, within]) / (between + within), atol=0.02)
    assert (found["effect_error"] < 0.02).all()


def test_the_regime_shares_with_an_input_what_they_have_in_common() -> None:
    data = store_of("monte_carlo", lambda u: u[:, 0], REGIMES, 4096)
    data["a"] = (data["a"] * 0.1 + data["y"].isel(policy=0, year=0)).assign_attrs(data["a"].attrs)
    found = shapley_effects(data, "y", ["regime", "a"], pooled=True).isel(policy=0, year=0)
    np.testing.assert_allclose(found["effect"], [0.5, 0.5, 0], atol=0.02)


def test_shapley_parts_are_the_mean_over_orders() -> None:
    worth = {(): 0.0, (0,): 1.0, (1,): 2.0, (2,): 0.5, (0, 1): 4.0, (0, 2): 1.5, (1, 2): 2.0, (0, 1, 2): 7.0}
    orders = list(permutations(range(3)))
    known = np.zeros(3)
    for order in orders:
        for place, player in enumerate(order):
            before = tuple(sorted(order[:place]))
            known[player] += (worth[tuple(sorted((*before, player)))] - worth[before]) / len(orders)
    sets = [each for each in worth if each]
    np.testing.assert_allclose(_parts(3, sets) @ [worth[each] for each in sets], known)


def test_wrong_use_is_told() -> None:
    data = store_of("monte_carlo", ishigami, THREE, 100)
    with pytest.raises(ConfigError, match=r"needs a sample, .*; draws of design=saltelli share inputs"):
        first_order_given_data(store_of("saltelli", ishigami, THREE, 128), "y")
    with pytest.raises(ConfigError, match="expected at least 64 draws in each regime, got 50 in all draws"):
        first_order_given_data(store_of("sobol", ishigami, THREE, 50), "y")
    with pytest.raises(ConfigError, match="unknown input 'bb': did you mean 'b'"):
        shapley_effects(data, "y", ["a", "bb"])
    with pytest.raises(ConfigError, match="inputs: expected 1 to 8"):
        shapley_effects(store_of("monte_carlo", lambda u: u[:, 0], MANY, 64), "y", list(MANY))
    with pytest.raises(ConfigError, match="needs design=monte_carlo: draws of design=sobol avoid each other"):
        shapley_effects(store_of("sobol", ishigami, THREE, 128), "y", ["a"])
    with pytest.raises(ConfigError, match="by: valid: evidence, group, got 'source'"):
        variance_partition(data, "y", by="source")
    with pytest.warns(AnalysisWarning, match="few draws: 100 in all draws; small effects"):
        first_order_given_data(data, "y")
