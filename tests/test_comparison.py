"""Policies in pairs: closed forms of normal draws, laws of dominance, and a second way to find it."""

import warnings
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.stats import norm

from analysis import estimates, pairwise
from analysis.caution import AnalysisWarning
from analysis.futures import BETTER
from sweep.errors import ConfigError
from sweep.kernel.outcomes import OUTCOMES
from tests.draw_cases import made
from tests.store_cases import StoreCase

GDP = "national_gdp"
RATE = "national_unemployment_rate"
RARE = {"slow": 0.9, "rapid": 0.1}
SMALL = st.lists(st.tuples(*[st.integers(-3, 3)] * 3), min_size=2, max_size=12)


def _normal(draws: int, common: float, shift: float, seed: int = 1) -> xr.Dataset:
    """Two policies of standard deviation 1 that correlate by `common`, the second better by `shift` on average."""
    random = np.random.default_rng(seed)
    shared, first, second = random.standard_normal((3, draws))
    own = np.sqrt(1 - common)
    return made({GDP: [np.sqrt(common) * shared + own * first, np.sqrt(common) * shared + own * second + shift]})


def _pair(data: xr.Dataset, outcome: str = GDP, **choices: str | int) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        return pairwise(data, outcome, **choices).isel(regime=0)  # type: ignore[arg-type]


def test_normal_draws_have_their_closed_forms() -> None:
    common, shift, draws = 0.9, 0.2, 20_000
    found = _pair(_normal(draws, common, shift)).sel(policy="a", versus="none")
    spread = np.sqrt(2 * (1 - common))
    chance = norm.cdf(shift / spread)
    expected = {"difference": shift, "better": chance, "variance_reduction": 1 / (1 - common)}
    for name, value in expected.items():
        assert abs(found[name] - value) < 3.5 * found[f"{name}_error"], name
    np.testing.assert_allclose(found["difference_error"], spread / np.sqrt(draws), rtol=0.03)
    np.testing.assert_allclose(found["better_error"], np.sqrt(chance * (1 - chance) / draws), rtol=0.03)
    # Half of one and the ratio of variances of sum and difference, which are independent: 4/n of its square.
    np.testing.assert_allclose(found["variance_reduction_error"], (1 + common) / (1 - common) / draws**0.5, rtol=0.1)
    np.testing.assert_allclose(found["independent_draws"], draws * found["variance_reduction"])
    np.testing.assert_allclose(found["independent_draws_error"], draws * found["variance_reduction_error"])


def test_independent_draws_reduce_no_variance() -> None:
    found = _pair(_normal(20_000, 0.0, 0.0)).sel(policy="a", versus="none")
    assert abs(found["variance_reduction"] - 1) < 4 * found["variance_reduction_error"]


def test_distance_between_regimes_of_stated_weights_reduces_no_variance() -> None:
    draws, common = 4000, 0.8
    data = _normal(draws, common, 0.1)
    regime = ["rapid", "slow", "slow", "slow"] * (draws // 4)
    far = made({GDP: data[GDP].to_numpy() + 50 * (np.array(regime) == "rapid")[:, None]}, regime, RARE)
    found = pairwise(far, GDP, pooled=True).sel(policy="a", versus="none")
    one, other = estimates(far, GDP, (), pooled=True)["mean_error"].isel(year=0).to_numpy()
    reduction = float(found["variance_reduction"])
    assert reduction == pytest.approx((one**2 + other**2) / float(found["difference_error"]) ** 2)
    assert abs(reduction - 1 / (1 - common)) < 3.5 * found["variance_reduction_error"] < 1


def test_a_shifted_distribution_dominates() -> None:
    base = np.random.default_rng(2).standard_normal(500)
    found = _pair(made({GDP: [base, np.random.default_rng(3).permutation(base) + 0.1]}))
    forth, back = found.sel(policy="a", versus="none"), found.sel(policy="none", versus="a")
    assert forth["first_order"] and forth["second_order"]
    assert forth["first_order_violation"] == forth["second_order_violation"] == 0
    assert not back["first_order"] and not back["second_order"]
    np.testing.assert_allclose(back["second_order_violation"], 0.1, rtol=1e-9)


def test_dominance_in_all_draws_is_no_more_certain_than_draws_are_many() -> None:
    base = np.random.default_rng(2).standard_normal(500)
    found = _pair(made({GDP: [base, base + 10]})).sel(policy="a", versus="none")
    assert found["first_order_violation"] == found["second_order_violation"] == 0
    # As of one draw more of each kind, in which policies differ by as much as in others.
    one = np.sqrt(501 / 500) / 502
    np.testing.assert_allclose(found["first_order_violation_error"], one)
    np.testing.assert_allclose(found["second_order_violation_error"], 10 * one)


def test_more_spread_around_the_same_mean_is_dominated_in_second_order_alone() -> None:
    half = norm.ppf((np.arange(4000) + 0.5) / 4000)
    found = _pair(made({GDP: [2 * half, half]})).sel(policy="a", versus="none")
    assert found["second_order"] and not found["first_order"]
    # Where densities meet: φ(x) = φ(x/2)/2 at x² = 8 ln 2 / 3.
    level = np.sqrt(8 * np.log(2) / 3)
    np.testing.assert_allclose(found["first_order_violation"], norm.cdf(level) - norm.cdf(level / 2), atol=1e-3)


def test_the_error_of_a_violation_is_that_of_shares_at_its_level() -> None:
    draws, repeats = 400, 20
    random = np.random.default_rng(4)
    values = random.standard_normal((2, repeats * draws)) * np.array([[2.0], [1.0]])
    found = [_pair(made({GDP: part})).sel(policy="a", versus="none") for part in np.split(values, repeats, axis=1)]
    errors = [float(each["first_order_violation_error"]) for each in found]
    level = np.sqrt(8 * np.log(2) / 3)
    high, low = norm.cdf(level), norm.cdf(level / 2)
    np.testing.assert_allclose(np.mean(errors), np.sqrt((high * (1 - high) + low * (1 - low)) / draws), rtol=0.05)


@given(SMALL)
@settings(max_examples=20, deadline=None)
def test_laws_of_pairs(rows: list[tuple[int, int, int]]) -> None:
    found = _pair(made({GDP: np.array(rows, dtype=float).T}))
    turned = found.rename(policy="versus", versus="policy").transpose("policy", "versus")
    off = ~np.eye(3, dtype=bool)
    tied, count = found["tied"].to_numpy()[off], int(found["draws"])
    error = np.maximum(np.sqrt(tied * (1 - tied) / (count - 1)), 0.5 / count)
    known = (tied > 0) & (tied < 1)
    np.testing.assert_allclose(found["tied_error"].to_numpy()[off][known], error[known])
    whole = found["better"] + turned["better"] + found["tied"]
    np.testing.assert_allclose(whole.to_numpy()[off], 1)
    np.testing.assert_allclose(found["difference"].to_numpy()[off], -turned["difference"].to_numpy()[off])
    assert not (found["first_order"] & turned["first_order"]).any()
    assert (found["second_order"] | ~found["first_order"]).all()
    assert (found["difference"].to_numpy() >= -1e-12)[found["second_order"].to_numpy()].all()


@given(SMALL)
@settings(max_examples=20, deadline=None)
def test_dominance_is_that_of_shares_at_every_level(rows: list[tuple[int, int, int]]) -> None:
    values = np.array(rows, dtype=float).T
    found = _pair(made({GDP: values}))
    levels = np.arange(-4, 5)
    below = (values[:, :, None] <= levels).mean(axis=1)
    short = np.maximum(levels - values[:, :, None], 0).mean(axis=1)
    for row, policy in enumerate(found["policy"].to_numpy()):
        for column, versus in enumerate(found["versus"].to_numpy()):
            if row != column:
                pair = found.sel(policy=policy, versus=versus)
                for order, excess in (("first", below), ("second", short)):
                    most = max(0, (excess[row] - excess[column]).max())
                    np.testing.assert_allclose(pair[f"{order}_order_violation"], most, atol=1e-12)


def test_what_is_better_depends_on_the_outcome_and_may_be_said() -> None:
    values: dict[str, ArrayLike] = {GDP: [[1, 1], [2, 2]], RATE: [[1, 1], [2, 2]], "hours": [[1, 1], [2, 2]]}
    data = made(values)
    assert _pair(data)["better"].sel(policy="a", versus="none") == 1
    assert _pair(data, RATE)["better"].sel(policy="a", versus="none") == 0
    assert _pair(data, RATE, better="high")["better"].sel(policy="a", versus="none") == 1
    with pytest.raises(ConfigError, match=r"hours: people differ .* say better='low' or better='high'"):
        pairwise(data, "hours")
    with pytest.raises(ConfigError, match="expected 'low' or 'high', got 'lower'"):
        pairwise(data, "hours", better="lower")


def test_the_table_of_what_is_better_names_outcomes_of_the_model() -> None:
    assert set(BETTER) <= {outcome.name.removeprefix("national_") for outcome in OUTCOMES}


def test_years_are_taken_one_by_one_or_together() -> None:
    data = made({RATE: [[[1, 4, 1], [0, 0, 0]], [[2, 2, 3], [0, 0, 0]]]})
    expected: dict[Any, float] = {"last": 1.0, 2026: -1.0, "mean": 0.5 / 3, "total": 0.5, "worst": -0.5}
    for over, difference in expected.items():
        found = _pair(data, RATE, over=over).sel(policy="a", versus="none")
        np.testing.assert_allclose(found["difference"], difference)
    assert _pair(data, RATE, over="worst").attrs["long_name"].endswith("worst of 2025 to 2027")
    with pytest.raises(ConfigError, match="got 2050: it holds 2025 to 2027"):
        pairwise(data, RATE, over=2050)
    with pytest.raises(ConfigError, match="did you mean 'total'"):
        pairwise(data, RATE, over="totl")  # type: ignore[arg-type]


def test_regimes_are_apart_or_pooled_with_their_weights() -> None:
    data = made({GDP: [[0, 0, 0], [1, 1, 3]]}, ["slow", "slow", "rapid"], RARE)
    with pytest.warns(AnalysisWarning, match="few draws count"):
        by_regime, pooled = pairwise(data, GDP), pairwise(data, GDP, pooled=True)
    assert by_regime["difference"].dims == ("regime", "policy", "versus")
    assert by_regime["difference"].sel(policy="a", versus="none").to_numpy().tolist() == [1, 3]
    np.testing.assert_allclose(pooled["difference"].sel(policy="a", versus="none"), 0.9 * 1 + 0.1 * 3)
    assert pooled.attrs["weights"] == "pooled with stated weights: slow 0.9, rapid 0.1"


def test_what_cannot_be_compared_is_refused() -> None:
    store = StoreCase().dataset()
    with pytest.raises(ConfigError, match="select a region first"):
        pairwise(store, "unemployment_rate")
    assert _pair(store.sel(region="South"), "unemployment_rate").sizes["policy"] == 3
    with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
        pairwise(store, "national_gpd")
    with pytest.raises(
        ConfigError, match=r"needs draws of design=monte_carlo, sobol, .*; draws of design=morris share inputs"
    ):
        pairwise(store.assign_attrs(design="morris"), GDP)
    with pytest.raises(ConfigError, match="the dataset has 'none' alone"):
        pairwise(store.isel(policy=[0]), GDP)
    with pytest.raises(ConfigError, match=r"1 of 2 draws aren't finite .* the first at position 1"):
        pairwise(made({GDP: np.array([[1, np.nan], [1, 2]])}), GDP)
