"""Draws under other beliefs: means and effective draws in closed form, repeated draws, and what is refused."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from analysis import (
    estimates,
    fan,
    load,
    maximin,
    mean_variance,
    paired_difference,
    pairwise,
    regret,
    reweighted,
    satisficing,
    summary,
)
from analysis.beliefs import Belief
from analysis.caution import AnalysisWarning
from analysis.regimes import regimes_of
from sweep.distributions import parse, parse_exact
from sweep.errors import ConfigError
from tests.draw_cases import made
from tests.store_cases import StoreCase
from tests.studies import study

GDP, RATE = "national_gdp", "national_unemployment_rate"
DRAWS = 4000
EVEN = (np.arange(DRAWS) + 0.5) / DRAWS
SPEED = "adoption.speed"


def _drawn(node: Sequence[Any], draws: int = DRAWS) -> xr.Dataset:
    """One input, drawn evenly from a distribution, that is also the outcome."""
    drawn = parse(list(node), SPEED)
    values = drawn.quantile((np.arange(draws) + 0.5) / draws)
    return made({GDP: [values, values**2]}, inputs={"speed": values}, parameters={SPEED: [drawn.exact()]})


def _quiet(data: xr.Dataset, beliefs: Mapping[str, Belief]) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        return reweighted(data, beliefs)


def _mean(data: xr.Dataset) -> float:
    return float(mean_variance(data, GDP)["mean"].sel(policy="none").isel(regime=0))


# Drawn from, believed, mean of the belief, and 1 + χ²: the mean of the squared ratio of densities.
CASES: list[tuple[list[Any], list[Any], float, float]] = [
    (["uniform", 0, 1], ["beta", 2, 2], 0.5, 1.2),
    (["uniform", 0, 1], ["beta", 2, 5], 2 / 7, 900 * 2 * 40320 / 39916800),
    (["uniform", 0, 1], ["uniform", 0.25, 0.75], 0.5, 2.0),
    (["normal", 0, 1], ["normal", 0.5, 1], 0.5, float(np.exp(0.25))),
    (["normal", 1, 2], ["normal", 1, 1], 1.0, 4 / np.sqrt(7)),
    (["choice", {1: 0.5, 2: 0.25, 4: 0.25}], ["choice", {1: 0.25, 2: 0.25, 4: 0.5}], 2.75, 0.125 + 0.25 + 1.0),
]


@pytest.mark.parametrize(("drawn", "believed", "mean", "squares"), CASES, ids=str)
def test_importance_weights_give_the_mean_and_the_effective_draws_of_a_belief(
    drawn: list[Any], believed: list[Any], mean: float, squares: float
) -> None:
    found = _quiet(_drawn(drawn), {SPEED: believed})
    assert _mean(found) == pytest.approx(mean, abs=2e-3)
    assert found.attrs["effective_draws"] == pytest.approx(DRAWS / squares, rel=5e-3)
    assert float(found["likelihood"].mean()) == pytest.approx(1, abs=2e-3)


def test_beta_to_beta_reproduces_quantiles() -> None:
    found = _quiet(_drawn(["beta", 2, 3]), {SPEED: ["beta", 3, 3]})
    quantiles = fan(found, GDP, (0.05, 0.5, 0.95)).sel(policy="none", year=2025).isel(regime=0)
    np.testing.assert_allclose(quantiles, beta.ppf([0.05, 0.5, 0.95], 3, 3), atol=2e-3)


def test_the_error_of_a_mean_under_a_belief_has_its_closed_form() -> None:
    found = mean_variance(_quiet(_drawn(["normal", 0, 1]), {SPEED: ["normal", 0.5, 1]}), GDP).sel(policy="none")
    # Of draws from N(0, 1), the mean of squared ratio and squared distance from m is exp(m²)·(1 + m²).
    np.testing.assert_allclose(found["mean_error"], np.sqrt(np.exp(0.25) * 1.25 / DRAWS), rtol=0.02)
    other = estimates(_quiet(_drawn(["normal", 0, 1]), {SPEED: ["normal", 0.5, 1]}), GDP).sel(policy="none", year=2025)
    np.testing.assert_allclose(other[["mean", "mean_error"]].to_array(), found[["mean", "mean_error"]].to_array())


def test_a_belief_in_what_was_drawn_changes_nothing() -> None:
    data = _drawn(["normal", 0, 1], 500)
    same = _quiet(data, {SPEED: ["normal", 0, 1]})
    assert same.attrs["effective_draws"] == pytest.approx(500)
    for one, other in zip(_results(same), _results(data), strict=True):
        xr.testing.assert_allclose(one.drop_vars("likelihood", errors="ignore"), other)


def _results(data: xr.Dataset) -> list[xr.Dataset]:
    """What all functions find that weigh draws."""
    found = []
    for pooled in (False, True):
        found += [fan(data, GDP, (0.1, 0.5, 0.9), pooled).to_dataset(), satisficing(data, {GDP: 0.5}, pooled=pooled)]
        found += [function(data, GDP, pooled=pooled) for function in (regret, pairwise, maximin, mean_variance)]
    found += [estimates(data, GDP, thresholds=[0.5], pooled=pooled) for pooled in (False, True)]
    return [*found, paired_difference(data, GDP), summary(data, GDP)]


@given(st.lists(st.integers(1, 4), min_size=60, max_size=80), st.integers(0, 2**31))
@settings(max_examples=8, deadline=None)
def test_a_draw_of_weight_three_counts_as_three_draws(counts: list[int], seed: int) -> None:
    repeated = np.array(counts)
    values = np.random.default_rng(seed).standard_normal((3, len(counts)))
    data = made({GDP: values}).assign_coords(likelihood=("draw", repeated.astype(float))).assign_attrs(beliefs="so")
    longer = made({GDP: np.repeat(values, repeated, axis=1)})
    for function in (regret, pairwise, mean_variance, lambda data, name: satisficing(data, {name: 0.3})):
        one, other = function(data, GDP), function(longer, GDP)
        for name in one.data_vars:
            # Errors, what is made of them, quantiles and numbers of draws are those of fewer draws.
            if not str(name).endswith(("_error", "q90", "independent_draws", "variance_reduction")):
                np.testing.assert_allclose(one[name], other[name], atol=1e-9, err_msg=str(name))
    difference, longer_difference = paired_difference(data, GDP), paired_difference(longer, GDP)
    np.testing.assert_allclose(difference["mean"], longer_difference["mean"])
    np.testing.assert_allclose(difference["below_zero"], longer_difference["below_zero"])


def _regimes(slow: int = 300, rapid: int = 100, **choices: Any) -> xr.Dataset:
    names = ["slow"] * slow + ["rapid"] * rapid
    values = np.where(np.array(names) == "slow", 0.0, 1.0) + 0.1 * np.linspace(-1, 1, len(names))
    return made({GDP: [values, 2 * values]}, names, {"slow": 0.75, "rapid": 0.25}, **choices)


def test_other_weights_of_regimes_are_those_with_which_regimes_are_pooled() -> None:
    data = _regimes()
    found = _quiet(data, {"slow": 0.2, "rapid": 0.8})
    stated = data.assign_coords(regime=data["regime"].assign_attrs(weights=[0.2, 0.8]))
    xr.testing.assert_identical(fan(found, GDP, pooled=True).drop_attrs(), fan(stated, GDP, pooled=True).drop_attrs())
    xr.testing.assert_identical(fan(found, GDP), fan(data, GDP))
    assert found.attrs["effective_draws"] == pytest.approx(1 / (0.2**2 / 300 + 0.8**2 / 100))
    assert "slow 0.2, rapid 0.8" in fan(found, GDP, pooled=True).attrs["weights"]
    only = _quiet(data, {"rapid": 1.0})
    np.testing.assert_allclose(fan(only, GDP, pooled=True), fan(data, GDP).sel(regime="rapid"))
    assert maximin(only, GDP, pooled=True)["worst"].sel(policy="none") > 0.9


def test_a_belief_about_one_regime_leaves_the_others() -> None:
    texts = {SPEED: ["uniform(0.0, 1.0)", "uniform(0.0, 2.0)"], "adoption.lag": ["uniform(0.0, 1.0)"] * 2}
    speed = np.concatenate([(np.arange(300) + 0.5) / 300, (np.arange(100) + 0.5) / 50])
    lag = np.tile((np.arange(100) + 0.5) / 100, 4)
    data = _regimes(inputs={"speed": speed, "lag": lag}, parameters=texts)
    data = data.assign({GDP: data["speed"] + 0 * data[GDP]})
    one = _quiet(data, {"adoption.regimes.slow.speed": ["beta", 2, 2]})
    assert (one["likelihood"].isel(draw=slice(300, None)) == 1).all()
    means = mean_variance(one, GDP)
    np.testing.assert_allclose(means["mean"].isel(policy=0), [0.5, 1.0], atol=2e-3)
    spreads = np.sqrt([1 / 20, 4 / 12])
    np.testing.assert_allclose(means["standard_deviation"].isel(policy=0), spreads, atol=2e-3)
    apart = {"adoption.lag": ["beta", 2, 2], "adoption.regimes.rapid.lag": ["uniform", 0, 1]}
    both = _quiet(data, {**apart, "slow": 0.5, "rapid": 0.5})
    assert (both["likelihood"].isel(draw=slice(300, None)) == 1).all()
    assert both.attrs["beliefs"] == (
        "under the beliefs adoption.lag beta(2, 2), adoption.regimes.rapid.lag uniform(0, 1), slow 0.5, rapid 0.5"
    )
    with pytest.raises(
        ConfigError, match=r"drawn differently by regime, slow from uniform\(0, 1\), .* as adoption\.regimes\.slow"
    ):
        reweighted(data, {SPEED: ["uniform", 0, 1]})


def test_values_by_region_weigh_by_their_product_and_doses_by_their_own_distribution() -> None:
    lags = np.random.default_rng(3).standard_normal((DRAWS, 3))
    data = made({GDP: [lags.sum(axis=1)]}, inputs={"lag": lags}, parameters={"adoption.lag": ["normal(0.0, 1.0)"]})
    found = _quiet(data, {"adoption.lag": ["normal", 0.3, 1]})
    np.testing.assert_allclose(found["likelihood"], np.exp(0.3 * lags.sum(axis=1) - 3 * 0.045), rtol=1e-9)
    dose = ("draw", 100 + 100 * EVEN, {"kind": "lever", "distribution": "uniform(100, 200)"})
    found = _quiet(data.assign({"policy.ubi.amount": dose}), {"policy.ubi.amount": ["triangular", 100, 150, 200]})
    assert float((found["likelihood"] * found["policy.ubi.amount"]).mean()) == pytest.approx(150, abs=0.1)
    assert float(found["likelihood"].max()) == pytest.approx(2, abs=1e-2)


def test_few_draws_that_count_are_warned_of_and_too_few_refused() -> None:
    data = _drawn(["uniform", 0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error", AnalysisWarning)
        reweighted(data, {SPEED: ["uniform", 0.2, 0.8]})
    with pytest.warns(AnalysisWarning, match="400 of 4,000 draws count under these beliefs"):
        weak = reweighted(data, {SPEED: ["uniform", 0.3, 0.4]})
    assert "400 of 4,000" in weak.attrs["notice"]
    with pytest.raises(ConfigError, match=r"120 of 4,000 draws count .* fewer than 200"):
        reweighted(data, {SPEED: ["uniform", 0.3, 0.33]})
    with pytest.raises(ConfigError, match=r"40 of 40 draws count .* fewer than 50"):
        reweighted(_regimes(30, 10), {"slow": 0.75, "rapid": 0.25})
    texts = {SPEED: ["uniform(0.0, 1.0)"] * 2}
    speed = np.concatenate([(np.arange(300) + 0.5) / 300, (np.arange(100) + 0.5) / 100])
    with pytest.raises(ConfigError, match="rapid: 4 of 100 draws count"):
        few = {"adoption.regimes.rapid.speed": ["uniform", 0.5, 0.54]}
        reweighted(_regimes(inputs={"speed": speed}, parameters=texts), few)


def test_a_belief_in_what_was_not_drawn_is_refused() -> None:
    data = _drawn(["uniform", 0, 1])
    with pytest.raises(ConfigError, match=r"50 % of uniform\(0, 2\) lies where nothing was drawn from uniform\(0, 1\)"):
        reweighted(data, {SPEED: ["uniform", 0, 2]})
    with pytest.warns(AnalysisWarning, match="lies where nothing was drawn"):
        reweighted(data, {SPEED: ["normal", 0.5, 0.19]})
    with pytest.raises(ConfigError, match=r"0\.5 has no density"):
        reweighted(data, {SPEED: 0.5})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "got none"),
    ({"adoption.sped": ["uniform", 0, 1]}, "did you mean 'adoption.speed'"),
    ({"adoption.regimes.slw.speed": ["uniform", 0, 1]}, "did you mean 'adoption.regimes.slow.speed'"),
    ({"adoption.constant": ["uniform", 0, 1]}, r"0.3 in every draw, .* sweep with adoption.constant="),
    ({SPEED: ["unifrom", 0, 1]}, "adoption.speed: no distribution 'unifrom'"),
    ({"slw": 1.0}, "did you mean 'slow'"),
    ({"slow": 0.5, "rapid": 0.6}, "must add up to 1, got 1.1"),
    ({"slow": -1, "rapid": 2}, "expected a weight between 0 and 1 for regime slow, got -1"),
    ({"slow": [1, 2]}, "expected a weight"),
]


@pytest.mark.parametrize(("beliefs", "message"), WRONG, ids=str)
def test_wrong_beliefs_are_told_with_what_is_right(beliefs: dict[str, Any], message: str) -> None:
    texts = {SPEED: ["uniform(0.0, 1.0)"] * 2, "adoption.constant": ["0.3"] * 2}
    data = _regimes(inputs={"speed": np.linspace(0.01, 0.99, 400)}, parameters=texts)
    with pytest.raises(ConfigError, match=message):
        reweighted(data, beliefs)


def test_what_takes_all_draws_alike_refuses_those_of_other_weights() -> None:
    with pytest.raises(ConfigError, match="takes all draws of a regime alike"):
        regimes_of(_quiet(_drawn(["uniform", 0, 1]), {SPEED: ["beta", 2, 2]}))
    assert regimes_of(_quiet(_regimes(), {"slow": 0.5, "rapid": 0.5})).weights == (0.5, 0.5)


def test_draws_have_one_weight_and_statistics_none() -> None:
    data = _regimes()
    with pytest.raises(ConfigError, match="weighted by beliefs already"):
        reweighted(_quiet(data, {"slow": 0.5, "rapid": 0.5}), {"slow": 1.0})
    with pytest.raises(ConfigError, match="no regimes"):
        reweighted(_drawn(["uniform", 0, 1]), {"slow": 1.0})
    counted = xr.DataArray(np.zeros((2, 1, 1)), dims=("policy", "year", "bin"), attrs={"difference_to": "none"})
    kept = _quiet(data.assign({"wage.counts": counted, "wage.mean": counted.isel(bin=0)}), {"slow": 0.5, "rapid": 0.5})
    for function in (fan, paired_difference):
        with pytest.raises(ConfigError, match="wage is kept as statistics over all draws as they were drawn"):
            function(kept, "wage")


def test_other_beliefs_hold_for_a_store_as_it_is_opened(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 60 + ("rapid",) * 60)
    path = case.write(tmp_path / "run.zarr")
    plain, loaded = _quiet(xr.open_zarr(path, consolidated=False), {"rapid": 1}), _quiet(load(path), {"rapid": 1})
    np.testing.assert_array_equal(fan(plain, RATE, pooled=True), fan(loaded, RATE, pooled=True))


def test_every_distribution_of_the_configuration_is_read_back() -> None:
    found = [each for item in study("adoption=regimes").uncertainties for each in item.distributions]
    assert len({each.kind for each in found}) > 5
    for each in found:
        assert parse_exact(each.exact(), "key") == each == parse(each.node, "key")
    chosen = parse(["choice", {1: 0.5, 2.5: 0.25, -4: 0.25}], "key")
    assert parse_exact(chosen.exact(), "key") == chosen
    for text in ("", "uniform", "uniform(0, x)", "unifrm(0, 1)", "uniform(0, 1); 2"):
        with pytest.raises(ConfigError, match="key: "):
            parse_exact(text, "key")
