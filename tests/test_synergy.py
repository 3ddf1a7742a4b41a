"""Interactions and shares of combined policies: closed forms, axioms, second implementations, and a real sweep."""

import json
from collections.abc import Callable, Sequence
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis import load, synergy
from analysis.caution import AnalysisWarning
from analysis.factorial import averaged, dividends, shapley, subsets
from analysis.plots import plot_synergy
from analysis.significance import holm
from sweep.errors import ConfigError
from tests.studies import finish

RATE = "national_unemployment_rate"
NAMES = ("a", "b", "c")
DRAWS = 64


def factorial(effect: Callable[[set[str], np.ndarray], np.ndarray], names: Sequence[str] = NAMES) -> xr.Dataset:
    """A store of all mixes whose outcome in the second and last year is `effect` of a mix, given noise by draw."""
    noise = np.random.default_rng(5).normal(size=DRAWS)
    mixes = subsets(names)
    last = np.stack([0.1 + 0.01 * noise + effect(set(mix), noise) for mix in mixes])
    first = np.broadcast_to(0.1 + 0.01 * noise, last.shape)
    values = np.stack([first, last], axis=-1)
    policies = ["+".join(reversed(mix)) or "none" for mix in mixes]
    regime = np.repeat(["slow", "rapid"], DRAWS // 2)
    about = {"flag_meanings": "slow rapid", "weights": [0.25, 0.75]}
    coordinates = {
        "policy": policies,
        "draw": np.arange(DRAWS),
        "year": [2025, 2026],
        "regime": ("draw", regime, about),
    }
    outcome = (("policy", "draw", "year"), values, {"units": "1", "long_name": "unemployed"})
    return xr.Dataset({RATE: outcome}, coordinates, {"design": "monte_carlo"})


def added(*policies: tuple[str, float]) -> Callable[[set[str], np.ndarray], np.ndarray]:
    """Effects that add up, each with its own noise."""
    return lambda mix, noise: sum((size * (1 + noise**2) for name, size in policies if name in mix), 0 * noise)


def test_effects_that_add_up_have_no_interactions_and_are_their_own_shares() -> None:
    found = synergy(factorial(added(("a", -0.02), ("b", 0.01), ("c", -0.01))), RATE)
    assert found["interaction"].dims == ("regime", "mix", "year")
    assert found["alone"].dims == ("regime", "policy", "year")
    np.testing.assert_allclose(found["interaction"], 0, atol=1e-15)
    np.testing.assert_allclose(found["averaged_interaction"], 0, atol=1e-15)
    assert set(found["verdict"].to_numpy().ravel()) == {"within noise"}
    for name in ("averaged", "shapley"):
        np.testing.assert_allclose(found[name], found["alone"], atol=1e-15)
    np.testing.assert_allclose(found["share"].sel(year=2026), [[1, -0.5, 0.5]] * 2, rtol=1e-12)
    np.testing.assert_allclose(found["share_error"].sel(year=2026), 0, atol=1e-14)
    assert found["share"].sel(year=2025).isnull().all()
    assert (found.attrs["units"], found.attrs["better"]) == ("1", "low")
    assert "for 4 interactions" in found.attrs["comparisons"]


def product(mix: set[str], noise: np.ndarray) -> np.ndarray:
    """a and b lower the rate, and together by a planted product more; c does nothing."""
    a, b = -0.02 * ("a" in mix), -0.01 * ("b" in mix)
    return a + b + (0.005 * noise - 0.004) * (a != 0) * (b != 0)


def test_a_planted_interaction_is_found_with_the_error_of_its_mean() -> None:
    data = factorial(product)
    noise = (data[RATE].sel(policy="none", year=2026).to_numpy() - 0.1) / 0.01
    planted = 0.005 * noise - 0.004
    found = synergy(data, RATE).sel(year=2026)
    for regime, own in (("slow", planted[:32]), ("rapid", planted[32:])):
        here = found.sel(regime=regime)
        pair = here.sel(mix="b+a")
        np.testing.assert_allclose(pair["interaction"], own.mean(), rtol=1e-9)
        np.testing.assert_allclose(pair["averaged_interaction"], own.mean(), rtol=1e-9)
        np.testing.assert_allclose(pair["interaction_error"], own.std(ddof=1) / np.sqrt(32), rtol=0.02)
        assert float(pair["positive"]) == (own > 0).mean()
        assert float(pair["negative"]) == (own < 0).mean()
        share = (own > 0).mean()
        np.testing.assert_allclose(pair["positive_error"], max(np.sqrt(share * (1 - share) / 31), 0.5 / 32))
        # Of no sign in all draws there may be one in the next.
        np.testing.assert_allclose(here["positive_error"].sel(mix="c+a"), np.sqrt(33 / 32) / 34)
        assert pair["verdict"] == "helps"
        np.testing.assert_allclose(here["interaction"].drop_sel(mix="b+a"), 0, atol=1e-15)
        assert (here["verdict"].drop_sel(mix="b+a") == "within noise").all()
        np.testing.assert_allclose(here["shapley"], [-0.02 + own.mean() / 2, -0.01 + own.mean() / 2, 0], atol=1e-12)
        np.testing.assert_allclose(here["averaged"], here["shapley"], atol=1e-12)
        np.testing.assert_allclose(here["effect"].sel(mix="c+b+a"), -0.03 + own.mean(), rtol=1e-9)
        # By the delta method: the share of a is (2 x + y) / (2 x + 2 z + 2 y) of constants x, z and the planted y.
        mean, error = own.mean(), own.std(ddof=1) / np.sqrt(32)
        slope = (0.5 * (-0.03 + mean) - (-0.02 + 0.5 * mean)) / (-0.03 + mean) ** 2
        np.testing.assert_allclose(here["share_error"].sel(policy="a"), abs(slope) * error, rtol=0.02)


def test_what_is_good_depends_on_the_outcome() -> None:
    data = factorial(product)
    assert synergy(data, RATE, better="high").sel(year=2026, mix="b+a")["verdict"].to_numpy().tolist() == [
        "crowds out",
        "crowds out",
    ]
    other = data.rename({RATE: "hours"})
    with pytest.raises(ConfigError, match="better"):
        synergy(other, "hours")


def test_pooled_by_stated_weights() -> None:
    data = factorial(lambda mix, noise: product(mix, noise) * (1 + (np.arange(DRAWS) >= 32)))
    by_regime, pooled = synergy(data, RATE), synergy(data, RATE, pooled=True)
    assert "regime" not in pooled.dims
    assert pooled.attrs["weights"] == "pooled with stated weights: slow 0.25, rapid 0.75"
    for name in ("effect", "interaction", "positive", "alone", "shapley"):
        mixed = 0.25 * by_regime[name].sel(regime="slow") + 0.75 * by_regime[name].sel(regime="rapid")
        np.testing.assert_allclose(pooled[name], mixed, atol=1e-14)


def test_a_factorial_of_some_policies_is_found_in_a_larger_one() -> None:
    data = factorial(added(("a", -0.02), ("b", 0.01), ("c", -0.01)))
    found = synergy(data, RATE, ["c", "a"])
    assert found["policy"].to_numpy().tolist() == ["a", "c"]
    assert found["mix"].to_numpy().tolist() == ["c+a"]


@pytest.mark.parametrize(
    ("kept", "policies", "message"),
    [
        (["none", "a", "b", "c", "b+a"], ["a", "b", "c"], "lacks 3 of its 8 mixes: a\\+c, b\\+c, a\\+b\\+c"),
        (["none", "a", "b", "c", "b+a", "c+b"], None, "several factorials.*b\\+a or c\\+b"),
        (["none", "a", "b"], None, "no mixes.*'policy=\\[a,b\\]' combine=true"),
        (["none", "a", "b+a"], None, "unknown policy 'b'"),
        (["none", "a", "b", "b+a"], ["a", "a"], "two or more"),
    ],
)
def test_what_is_no_complete_factorial_is_refused_in_words(
    kept: list[str], policies: list[str] | None, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        synergy(factorial(product).sel(policy=kept), RATE, policies)


def test_draws_that_are_not_finite_and_regions_are_refused() -> None:
    data = factorial(product)
    with pytest.raises(ConfigError, match="finite"):
        synergy(data.where(data["draw"] != 3), RATE)
    with pytest.raises(ConfigError, match="draws of design=morris share inputs"):
        synergy(data.assign_attrs(design="morris"), RATE)
    with pytest.raises(ConfigError, match="select a region"):
        synergy(data.expand_dims(region=["North"]), RATE)


@pytest.mark.parametrize("pooled", [False, True])
def test_the_picture_shows_each_pair_once_and_tells_weights(pooled: bool) -> None:
    figure = plot_synergy(factorial(product), RATE, pooled=pooled)
    lower = figure.axes[len(figure.axes) // 2 :]
    assert len(lower) == (1 if pooled else 2)
    for axis in lower:
        assert sum(text.get_text()[0] in "+−" for text in axis.texts) == 3
    assert any("stated weights: slow 0.25" in text.get_text() for text in figure.texts) == pooled


def test_few_draws_and_unlike_payers_are_warned_of() -> None:
    data = factorial(product)
    with pytest.warns(AnalysisWarning, match="few draws.*slow 4, rapid 4"):
        synergy(data.isel(draw=[*range(4), *range(60, 64)]), RATE)
    paid = {name: {"closure": "debt" if name == "a" else "labor_tax"} for name in NAMES}
    told = data.assign_attrs(policy_definitions=json.dumps(paid))
    with pytest.warns(AnalysisWarning, match="a by debt, b by labor_tax"):
        assert "different ways" in synergy(told, RATE).attrs["notice"]


# Laws of games, of any effects of sets of three or four players.
GAMES = st.sampled_from([3, 4]).flatmap(
    lambda players: arrays(np.float64, (1 << players, 2), elements=st.floats(-100, 100, width=32))
)


@given(GAMES)
def test_dividends_add_up_to_effects_and_shapley_values_to_that_of_all(effects: np.ndarray) -> None:
    effects[0] = 0
    found = dividends(effects)
    for place in range(len(effects)):
        inside = [part for part in range(len(effects)) if part & place == part]
        np.testing.assert_allclose(found[inside].sum(axis=0), effects[place], atol=1e-9)
    np.testing.assert_allclose(shapley(found).sum(axis=0), effects[-1], atol=1e-9)


@given(GAMES)
def test_shapley_values_are_means_over_orders_of_joining(effects: np.ndarray) -> None:
    effects[0] = 0
    players = len(effects).bit_length() - 1
    orders = list(permutations(range(players)))
    expected = np.zeros((players, 2))
    for order in orders:
        place = 0
        for player in order:
            expected[player] += effects[place | 1 << player] - effects[place]
            place |= 1 << player
    np.testing.assert_allclose(shapley(dividends(effects)), expected / len(orders), atol=1e-9)


@given(GAMES)
def test_averages_are_those_of_contrasts_in_a_factorial_design(effects: np.ndarray) -> None:
    players = len(effects).bit_length() - 1
    levels = np.where((np.arange(len(effects))[:, None] >> np.arange(players)) & 1, 1, -1)
    found = averaged(dividends(effects))
    for size in (1, 2, players):
        for chosen in combinations(range(players), size):
            contrast = levels[:, chosen].prod(axis=1) @ effects / (len(effects) / 2**size)
            np.testing.assert_allclose(found[sum(1 << player for player in chosen)], contrast, atol=1e-9)


@given(GAMES, st.data())
def test_shapley_axioms(effects: np.ndarray, data: st.DataObject) -> None:
    effects[0] = 0
    players = len(effects).bit_length() - 1
    one, other = data.draw(st.permutations(range(players)))[:2]
    places = np.arange(len(effects))
    one_in, other_in = places >> one & 1 == 1, places >> other & 1 == 1
    # A dummy, who adds the same to any set, gets that; of two who are alike each gets the same; games add up.
    dummy = effects[places & ~(1 << one)] + 7.0 * one_in[:, None]
    np.testing.assert_allclose(shapley(dividends(dummy))[one], 7, atol=1e-9)
    swapped = np.where(one_in == other_in, places, places ^ (1 << one | 1 << other))
    alike = shapley(dividends(effects + effects[swapped]))
    np.testing.assert_allclose(alike[one], alike[other], atol=1e-9)
    both = shapley(dividends(effects + dummy))
    np.testing.assert_allclose(both, shapley(dividends(effects)) + shapley(dividends(dummy)), atol=1e-9)


def test_p_values_adjusted_by_holm_by_hand() -> None:
    found = holm(np.array([0.04, 0.01, np.nan, 0.03, 0.9]))
    np.testing.assert_allclose(found, [0.09, 0.04, np.nan, 0.09, 0.9])


def test_where_nothing_interacts_few_verdicts_say_so_and_in_few_of_many_studies() -> None:
    generator, wrong = np.random.default_rng(3), 0
    data = factorial(lambda mix, noise: 0 * noise)
    for _ in range(100):
        shaken = data.copy(data={RATE: data[RATE].to_numpy() + 0.01 * generator.normal(size=data[RATE].shape)})
        wrong += bool((synergy(shaken.sel(year=[2026]), RATE, pooled=True)["verdict"] != "within noise").any())
    # Of 100 studies some 5; more than 12 in one of 500 times.
    assert wrong <= 12


def test_a_real_sweep_is_extended_by_mixes_on_the_same_draws(tmp_path: Path) -> None:
    common = (
        "regions=archetypes", "draws=16", "years=4", "policy=[local_veto,retraining,three_pillars]", "executor=serial",
        "~policy.three_pillars.skills", "policy.retraining.financing=debt", "adoption=central",
    )  # fmt: skip
    path = finish(tmp_path / "s.zarr", *common)
    before = load(path)[RATE].load()
    data = load(finish(path, *common, "combine=true"))
    np.testing.assert_array_equal(data[RATE].sel(policy=before["policy"]), before)
    mixes = [str(name) for name in data["policy"].to_numpy() if "+" in str(name)]
    assert mixes == [
        "local_veto+retraining", "local_veto+three_pillars", "retraining+three_pillars",
        "local_veto+retraining+three_pillars",
    ]  # fmt: skip
    assert [name for name in data if str(name).startswith("policy.")] == ["policy.local_veto.cut"]
    with pytest.warns(AnalysisWarning, match="retraining by debt"):
        found = synergy(data, RATE, pooled=True)
    assert found["mix"].to_numpy().tolist() == mixes
    np.testing.assert_allclose(found["shapley"].sum("policy"), found["effect"].isel(mix=-1), rtol=1e-9, atol=1e-12)
    assert np.isfinite(found["interaction_error"]).all()
    assert (found["effect"].sel(year=2029) < 0).all()
