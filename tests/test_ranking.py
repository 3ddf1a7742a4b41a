"""Ranks over weights of regimes: shares of the simplex in closed form, and beliefs by name."""

import re
from math import comb

import numpy as np
import pytest
import xarray as xr

from analysis import ranking_stability, robustness_table
from analysis.caution import AnalysisWarning
from analysis.ranking import _lattice
from sweep.errors import ConfigError
from tests.draw_cases import made

GDP = "national_gdp"


def _by_regime(means: list[list[float]], draws: int = 100, noise: float = 0.0) -> xr.Dataset:
    """Policies whose outcome is, in each regime, a number; means: (policy, regime)."""
    names = ["slow", "central", "rapid", "transformative"][: len(means[0])]
    values = np.repeat(np.array(means, dtype=float), draws, axis=1)
    values = values + noise * np.random.default_rng(1).standard_normal(values.shape)
    return made({GDP: values}, np.repeat(names, draws).tolist(), dict.fromkeys(names, 1 / len(names)))


def test_the_lattice_covers_the_simplex_evenly() -> None:
    for parts, steps in ((2, 7), (3, 5), (4, 4)):
        points = np.array(list(_lattice(parts, steps)))
        assert len(points) == len({*map(tuple, points)}) == comb(steps + parts - 1, parts - 1)
        assert (points > 0).all()
        np.testing.assert_allclose(points.sum(axis=1), 1)
        np.testing.assert_allclose(points.mean(axis=0), 1 / parts)


def test_a_policy_is_first_where_its_regime_weighs_enough() -> None:
    found = ranking_stability(_by_regime([[0.3, 0.3], [0, 1]]), GDP, steps=99)
    np.testing.assert_allclose(found["first"], [0.3, 0.7])
    np.testing.assert_allclose(found["first_apart"], [0.3, 0.7])
    weights = found["regime_weights"].sel(regime="central")
    np.testing.assert_array_equal(found["rank"].sel(policy="a") == 1, weights > 0.3)


def test_of_three_alike_each_is_first_in_a_third() -> None:
    found = ranking_stability(_by_regime(np.eye(3).tolist()), GDP, steps=30)
    np.testing.assert_allclose(found["first"], 1 / 3, atol=1e-12)


def test_a_lead_within_noise_is_not_told_apart() -> None:
    found = ranking_stability(_by_regime([[0.0, 0.0], [0.01, 0.01]], noise=1.0), GDP)
    np.testing.assert_allclose(found["first"].sum(), 1)
    assert (found["first_apart"] == 0).all()
    assert found["as_good"].all()


def test_criteria_are_those_of_robustness() -> None:
    data = _by_regime([[0.3, 0.1], [0, 1], [0.5, 0.2]], noise=0.3)
    for criterion in ("mean", "regret_q90", "tail_mean", "maximin", "satisficing"):
        found = ranking_stability(data, GDP, criterion, {"even": {"slow": 0.5, "central": 0.5}}, thresholds={GDP: 0.2})
        expected = robustness_table(data, GDP, {GDP: 0.2}, pooled=True).sel(criterion=criterion)
        np.testing.assert_allclose(found["value"].sel(belief="even"), expected["value"])
        np.testing.assert_array_equal(found["rank"].sel(belief="even"), expected["rank"])
        np.testing.assert_allclose(found["error"].sel(belief="even"), expected["error"])


def test_beliefs_that_leave_few_draws_are_left_out() -> None:
    names = ["slow"] * 400 + ["rapid"] * 20
    data = made({GDP: [np.zeros(420), np.ones(420)]}, names, {"slow": 0.5, "rapid": 0.5})
    with pytest.warns(AnalysisWarning, match="of beliefs fewer than 50 draws count"):
        found = ranking_stability(data, GDP, steps=19)
    few = found["effective_draws"] < 50
    assert found.attrs["share_refused"] == pytest.approx(float(few.mean())) and 0 < few.mean() < 1
    np.testing.assert_array_equal(np.isnan(found["rank"].sel(policy="a")), few)
    assert found["first"].sel(policy="a") == 1
    with pytest.raises(ConfigError, match="under no belief 50 draws or more count"):
        ranking_stability(data.isel(draw=slice(390, 410)), GDP)


def test_what_cannot_be_ranked_is_refused() -> None:
    data = _by_regime([[0.3, 0.3], [0, 1]])
    with pytest.raises(ConfigError, match="did you mean 'regret_mean'"):
        ranking_stability(data, GDP, "regret_men")
    with pytest.raises(ConfigError, match="it needs thresholds"):
        ranking_stability(data, GDP, "satisficing")
    with pytest.raises(ConfigError, match="there is one regime"):
        ranking_stability(data.sel(draw=data["regime"] == "slow"), GDP)
    with pytest.raises(ConfigError, match="expected a whole number of 1 or more, got 0"):
        ranking_stability(data, GDP, steps=0)


def _drawn(draws: int = 1000, regimes: list[str] | None = None, weights: dict[str, float] | None = None) -> xr.Dataset:
    """A policy that is better by the input a less a half, which was drawn from 0 to 1."""
    own = np.linspace(0, 1, draws)
    kept = {"adoption.a": ["uniform(0.0, 1.0)"] * len(weights or {"": 1})}
    return made({GDP: [np.zeros(draws), own - 0.5]}, regimes, weights, inputs={"a": own}, parameters=kept)


def test_beliefs_about_inputs_change_ranks_and_say_what_weakens_them() -> None:
    beliefs = {"low": {"adoption.a": ["beta", 2, 4]}, "high": {"adoption.a": ["beta", 80, 20]}}
    with pytest.warns(AnalysisWarning) as warned:
        found = ranking_stability(_drawn(), GDP, "mean", beliefs)
    np.testing.assert_allclose(found["value"].sel(policy="a"), [1 / 3 - 0.5, 0.3], atol=1e-3)
    np.testing.assert_array_equal(found["rank"].sel(policy="a"), [2, 1])
    assert len(warned) == 1 and found.attrs["notice"] == str(warned[0].message)
    assert re.fullmatch(
        r"high: all regimes together: \d+ of 1,000 draws count under these beliefs", found.attrs["notice"]
    )
    with pytest.raises(ConfigError, match=r"^belief 'far': all regimes together: .* too far from what was drawn by"):
        ranking_stability(_drawn(), GDP, "mean", {"far": {"adoption.a": ["beta", 8000, 2000]}})


def test_beliefs_about_inputs_say_with_what_weights_regimes_are_pooled() -> None:
    regimes, belief = ["slow", "rapid"] * 500, {"adoption.a": ["beta", 2, 2]}
    stated = ranking_stability(_drawn(1000, regimes, {"slow": 0.9, "rapid": 0.1}), GDP, "mean", {"mine": belief})
    told = "pooled with stated weights: slow 0.9, rapid 0.1; under the beliefs adoption.a beta(2, 2)"
    assert stated["weights"].to_numpy().tolist() == [told] and stated.attrs["notice"] == ""
    data = _drawn(1000, regimes, {"slow": 0.9, "rapid": 0.1})
    with pytest.warns(AnalysisWarning, match="^mine, other: the data state no weights of regimes"):
        ranking_stability(
            data.assign_coords(regime=("draw", data["regime"].to_numpy())),
            GDP,
            "mean",
            {"mine": belief, "other": belief},
        )


def test_between_regimes_no_lead_can_be_told() -> None:
    generator, regimes = np.random.default_rng(0), ["slow"] * 200 + ["rapid"] * 200
    rapid = np.array(regimes) == "rapid"
    # Policy a is best in no draw, and b loses by more in the rapid regime, of which the last tenth is.
    losses = [0 * rapid, 0.2 + 0 * rapid, generator.uniform(0.01, 0.1, 400) + rapid]
    data = made({GDP: [-np.asarray(loss) for loss in losses]}, regimes, {"slow": 0.9, "rapid": 0.1})
    with pytest.warns(AnalysisWarning, match="regret under 1 of 1 beliefs: some quantiles lie between regimes"):
        seam = ranking_stability(data, GDP, "regret_q90", {"stated": {"slow": 0.9, "rapid": 0.1}})
    error, as_good = seam["error"].isel(belief=0), seam["as_good"].isel(belief=0)
    # None is always best, whose regret is 0 in all draws: that is no seam, and known.
    assert error.isnull().to_numpy().tolist() == [False, False, True] and error.sel(policy="none") == 0
    assert as_good.to_numpy().tolist() == [True, False, True]
    assert seam["first"].sel(policy="none") == 1 and seam["first_apart"].sel(policy="none") == 0
    away = ranking_stability(data, GDP, "regret_q90", {"even": {"slow": 0.5, "rapid": 0.5}})
    assert away.attrs["notice"] == "" and away["first_apart"].sel(policy="none") == 1


def test_few_draws_under_weights_of_regimes_are_told() -> None:
    data = made({GDP: [np.zeros(420), np.ones(420)]}, ["slow"] * 340 + ["rapid"] * 80, {"slow": 0.5, "rapid": 0.5})
    with pytest.warns(AnalysisWarning, match="^under 10 % of beliefs fewer than 100 draws count: errors are rough$"):
        found = ranking_stability(data, GDP, steps=19)
    # Of weights w and 1 − w: 1 / (w²/340 + (1 − w)²/80), below 100 for w of 0.025 and 0.075.
    np.testing.assert_allclose(np.sort(found["effective_draws"])[:3], [84.1, 93.4, 104], atol=0.1)
