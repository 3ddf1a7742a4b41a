"""Satisficing, regret, spread and worst futures: closed forms of normal draws, errors against repeats, and laws."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from analysis import estimates, maximin, mean_variance, regret, robustness_table, satisficing
from analysis.caution import AnalysisWarning
from analysis.criteria import quantile
from sweep.errors import ConfigError
from tests.draw_cases import made

GDP, RATE = "national_gdp", "national_unemployment_rate"
ROWS = st.lists(st.tuples(*[st.integers(-5, 5)] * 3), min_size=2, max_size=15)


def _quiet(function: Callable[..., xr.Dataset], data: xr.Dataset, *given: Any, **choices: Any) -> xr.Dataset:
    """Of one regime, whatever the number of draws."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        return function(data, *given, **choices).isel(regime=0)


def test_regret_between_two_normal_policies_has_its_closed_form() -> None:
    draws, ahead, spread = 40_000, 0.5, np.sqrt(2)
    values = np.random.default_rng(1).standard_normal((2, draws))
    found = _quiet(regret, made({GDP: values + np.array([[0], [ahead]])}), GDP)
    density, far = norm.pdf(ahead / spread), norm.cdf(-ahead / spread)
    means = [ahead + spread * density - ahead * far, spread * density - ahead * far]
    # The regret of the better one is above 0 in a share `far` of draws, of the other in the rest.
    tails = [ahead + spread * norm.ppf(0.9), spread * norm.ppf(0.9) - ahead]
    for row, (mean, tail, best) in enumerate(zip(means, tails, (far, 1 - far), strict=True)):
        one = found.isel(policy=row)
        assert abs(one["mean"] - mean) < 3.5 * one["mean_error"]
        assert abs(one["q90"] - tail) < 3.5 * one["q90_error"]
        assert abs(one["best"] - best) < 3.5 * one["best_error"]
        np.testing.assert_allclose(one["q90_error"], _quantile_error(tail, row, ahead, draws), rtol=0.15)
    assert "max_error" not in found


def _quantile_error(tail: float, row: int, ahead: float, draws: int) -> float:
    """Standard error of the 90 % point of normal regret: that of the share over the density."""
    center = ahead if row == 0 else -ahead
    return float(np.sqrt(0.9 * 0.1 / draws) / (norm.pdf((tail - center) / np.sqrt(2)) / np.sqrt(2)))


@given(ROWS)
@settings(max_examples=15, deadline=None)
def test_laws_of_regret(rows: list[tuple[int, int, int]]) -> None:
    values = np.array(rows, dtype=float).T
    found = _quiet(regret, made({GDP: values}), GDP)
    assert (found["mean"] >= 0).all() and (found["max"] >= found["q90"]).all() and (found["max"] >= found["mean"]).all()
    assert found["best"].sum() >= 1 - 1e-12
    dominated = np.concatenate([values, values.min(axis=0, keepdims=True) - 1])
    more = _quiet(regret, made({GDP: dominated}), GDP)
    xr.testing.assert_allclose(more.isel(policy=slice(0, 3)), found)
    assert more["best"].isel(policy=3) == 0
    turned = _quiet(regret, made({GDP: -values}), GDP, better="low")
    xr.testing.assert_allclose(turned.drop_attrs(), found.drop_attrs())


def test_shares_of_futures_that_meet_thresholds() -> None:
    draws = 20_000
    first, second = np.random.default_rng(2).standard_normal((2, 2, draws))
    data = made({GDP: first + np.array([[0], [1]]), RATE: second, "hours": second})
    found = _quiet(satisficing, data, {GDP: 0.5, RATE: 0.3})
    expected = norm.cdf([-0.5, 0.5])
    for row in range(2):
        one = found.isel(policy=row)
        for name, chance in ((GDP, expected[row]), (RATE, norm.cdf(0.3))):
            assert abs(one["share_each"].sel(outcome=name) - chance) < 3.5 * one["share_each_error"].sel(outcome=name)
        assert abs(one["share"] - expected[row] * norm.cdf(0.3)) < 3.5 * one["share_error"]
    other = _quiet(satisficing, data, {RATE: (">=", 0.3), "hours": ("<=", 0.3)})
    np.testing.assert_allclose(other["share"], 0)
    # That no draw of so many meets them isn't certainty.
    np.testing.assert_allclose(other["share_error"], 1 / draws, rtol=1e-3)
    np.testing.assert_allclose(other["share_each"].sum("outcome"), 1)
    assert other.attrs["thresholds"] == "national_unemployment_rate ≥ 0.3, hours ≤ 0.3"


def test_a_threshold_for_every_year_is_met_in_the_worst() -> None:
    data = made({RATE: [[[1, 9, 1], [1, 1, 9], [1, 1, 1], [1, 1, 1]]]})
    assert _quiet(satisficing, data, {RATE: 5})["share"].item() == 0.75
    assert _quiet(satisficing, data, {RATE: 5}, over="worst")["share"].item() == 0.5


def test_mean_spread_and_worst_futures_of_normal_draws() -> None:
    data = made({RATE: 3 + 2 * np.random.default_rng(3).standard_normal((1, 40_000))})
    spread, tail = _quiet(mean_variance, data, RATE, aversion=2), _quiet(maximin, data, RATE)
    shortfall = 3 + 2 * norm.pdf(norm.ppf(0.05)) / 0.05
    for found, expected in (
        (spread["mean"], 3), (spread["standard_deviation"], 2), (spread["score"], 7), (tail["tail_mean"], shortfall),
    ):  # fmt: skip
        error = (spread if found.name in spread else tail)[f"{found.name}_error"]
        assert abs(found - expected) < 3.5 * error
    assert tail["worst"] == data[RATE].max() and tail["worst_draw"] == np.argmax(data[RATE].to_numpy())


def test_errors_are_what_repeats_differ_by() -> None:
    repeats, draws = 300, 400
    values = np.random.default_rng(4).gamma(2.0, size=(repeats, draws))
    data = made({GDP: values})
    spread, tail = _quiet(mean_variance, data, GDP), _quiet(maximin, data, GDP)
    met = _quiet(satisficing, data, {GDP: 2.0})
    both = xr.merge([spread, tail, met], compat="override")
    for name in ("mean", "standard_deviation", "score", "tail_mean", "share"):
        stated, seen = float(both[f"{name}_error"].mean()), float(both[name].std())
        assert stated == pytest.approx(seen, rel=0.12), name
    decile, influence = quantile(0.1, "monte_carlo")(values.T, [(1.0, np.full(draws, 1 / draws))])
    error = influence.std(axis=0) / np.sqrt(draws)
    assert float(error.mean()) == pytest.approx(float(decile.std()), rel=0.12)


def test_a_policy_is_efficient_unless_one_is_better_and_calmer() -> None:
    half = np.array([-1.0, 1.0] * 50)
    found = _quiet(mean_variance, made({GDP: [half, half + 1, 2 * half + 2, 2 * half + 1, half + 1]}), GDP)
    assert found["efficient"].to_numpy().tolist() == [False, True, True, False, True]


def test_policies_stand_side_by_side_with_ranks() -> None:
    base = np.random.default_rng(5).standard_normal(2000)
    calm = np.random.default_rng(6).standard_normal(2000) * 0.01
    data = made({RATE: [base, 3 * base, 0.2 + calm]})
    found = _quiet(robustness_table, data, RATE, {RATE: 2.0})
    assert found["value"].dims == ("policy", "criterion")
    assert found["rank"].sel(criterion="maximin").to_numpy().tolist() == [2, 3, 1]
    assert found["rank"].sel(criterion="satisficing").to_numpy().tolist() == [2, 3, 1]
    assert found["as_good"].sel(criterion="mean").to_numpy().tolist() == [True, True, False]
    assert found["as_good"].sel(criterion="maximin").to_numpy().tolist() == [False, False, True]
    alone = _quiet(regret, data, RATE)
    np.testing.assert_allclose(found["value"].sel(criterion="regret_q90"), alone["q90"])
    np.testing.assert_allclose(found["error"].sel(criterion="regret_mean"), alone["mean_error"])
    assert found["best_is"].sel(criterion=["mean", "satisficing"]).to_numpy().tolist() == ["low", "high"]


def test_regrets_between_regimes_have_no_error() -> None:
    generator = np.random.default_rng(3)
    regime = ["slow"] * 60 + ["rapid"] * 40
    loss = generator.uniform(size=100) + np.where(np.array(regime) == "slow", 1, 5)
    data = made({RATE: [0 * loss, loss]}, regime, {"slow": 0.9, "rapid": 0.1})
    with pytest.warns(AnalysisWarning, match="regret: some quantiles lie between regimes"):
        found = regret(data, RATE, pooled=True)
    with pytest.warns(AnalysisWarning, match="regret: some quantiles lie between regimes"):
        table = robustness_table(data, RATE, pooled=True)
    for error in (found["q90_error"], table["error"].sel(criterion="regret_q90")):
        assert np.isnan(error.sel(policy="a"))
    assert (regret(data, RATE)["q90_error"].sel(policy="a") > 0).all()


@pytest.mark.parametrize(("mass", "truth"), [(0.92, 0.0), (0.905, 0.0), (0.88, np.log(1.2)), (0.5, np.log(5))])
def test_errors_of_a_quantile_at_a_value_that_many_draws_share_tell_the_truth(mass: float, truth: float) -> None:
    repeats, draws = 400, 300
    generator = np.random.default_rng(12)
    regrets = np.where(generator.random((draws, repeats)) < mass, 0, generator.exponential(size=(draws, repeats)))
    found, influence = quantile(0.1, "monte_carlo")(-regrets, [(1.0, np.full(draws, 1 / draws))])
    error = influence.std(axis=0) / np.sqrt(draws)
    held = np.abs(-found - truth) <= 1.96 * error
    assert 0.92 <= held.mean() <= 1
    # Where nine tenths of draws have no regret, give or take two hundredths, another tenth may yet have some.
    assert mass != 0.92 or (error > 0).mean() > 0.6
    # An estimate is the same, and its error, whichever analysis makes it.
    data = made({GDP: np.stack([0 * regrets, regrets])[..., :3]}).sel(policy=["a"])
    same = estimates(data, GDP, [0.9]).isel(regime=0, policy=0, quantile=0)
    np.testing.assert_allclose(same["quantiles"], -found[:3], atol=1e-12)
    np.testing.assert_allclose(same["quantiles_error"], error[:3], rtol=0.02, atol=1e-12)


def test_a_quantile_far_inside_what_all_draws_share_is_sure_and_few_draws_tell_none() -> None:
    loss = np.where(np.arange(400) % 100 == 0, 1.0, 0.0)
    found = _quiet(regret, made({RATE: [0 * loss, loss]}), RATE)
    assert found["q90_error"].to_numpy().tolist() == [0, 0] and (found["best_error"] > 0).all()
    with pytest.warns(AnalysisWarning, match="draws are too few for the error of some quantiles, which is NaN"):
        few = regret(made({RATE: [0 * loss, loss]}).isel(draw=slice(12)), RATE)
    assert np.isnan(few["q90_error"]).all()


def test_what_all_policies_meet_in_other_draws_order_of_summing_tells_none_apart() -> None:
    values = np.random.default_rng(7).uniform(0.2, 0.3, (3, 999))
    # Of the same shares in other draws, which rounding alone can tell apart.
    values[1], values[2] = np.roll(values[0], 1), values[0][::-1]
    found = _quiet(robustness_table, made({RATE: list(values)}), RATE, {RATE: 0.25})
    for criterion in ("mean", "satisficing", "maximin"):
        own = found.sel(criterion=criterion)
        assert own["rank"].to_numpy().tolist() == [1, 1, 1] and own["as_good"].all(), criterion


def test_regimes_are_apart_or_pooled_with_their_weights() -> None:
    data = made({GDP: np.tile([[0.0, 0.0, 0.0], [1.0, 1.0, -3.0]], 40)}, ["slow", "slow", "rapid"] * 40,
                {"slow": 0.5, "rapid": 0.5})  # fmt: skip
    apart, pooled = robustness_table(data, GDP), robustness_table(data, GDP, pooled=True)
    assert apart["rank"].sel(criterion="mean").to_numpy().tolist() == [[2, 1], [1, 2]]
    np.testing.assert_allclose(pooled["value"].sel(criterion="mean"), [0, -1])
    assert pooled.attrs["weights"].startswith("pooled with stated weights: slow 0.5")
    # Chance doesn't touch stated weights, and within a regime all draws are the same.
    np.testing.assert_allclose(pooled["error"].sel(criterion="mean"), 0, atol=1e-12)


def test_what_cannot_be_judged_is_refused() -> None:
    data = made({GDP: np.ones((2, 40)), "hours": np.ones((2, 40))})
    with pytest.raises(ConfigError, match="expected at least one"):
        satisficing(data, {})
    with pytest.raises(ConfigError, match=r"thresholds, national_gdp: expected a value, or a side and a value"):
        satisficing(data, {GDP: ("<", 1)})  # type: ignore[dict-item]
    with pytest.raises(ConfigError, match=r"thresholds, hours: .* say \('<=', 30\) or \('>=', 30\)"):
        satisficing(data, {"hours": 30})
    with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
        satisficing(data, {"national_gpd": 30})
    with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
        robustness_table(data, "national_gpd")
    with pytest.warns(AnalysisWarning, match="few draws count, .* all draws 10"):
        regret(data.isel(draw=slice(10)), GDP)
