"""Pilots: planted effects, spill-overs and mixes; the power of published tests; a tiny sweep."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis import (
    difference_in_differences,
    exceeds,
    in_words,
    load,
    power,
    prim,
    spill_over,
    synthetic_control,
)
from analysis.caution import AnalysisWarning
from analysis.detection import power_of_t
from sweep.errors import ConfigError
from tests.studies import finish

RATE = "unemployment_rate"
YEARS = np.arange(2025, 2035)
START = 2029
Floats = NDArray[np.float64]


def _panel(without: Floats, effect: Floats, treated: tuple[int, ...], **further: Any) -> xr.Dataset:
    """A dataset of one regional outcome, (draw, region, year), without a policy and changed by its effect."""
    timing = {"basic_income": [12 * (START - 2026), 12, treated], "worker_voice": [12 * (START - 2025), 0, treated[:1]]}
    definition = {"timing": timing | further.get("timing", {})}
    values = np.stack([without, without + effect, without + 1])
    draws, regions = without.shape[:2]
    about = {"units": further.get("units", "1"), "long_name": "unemployed"}
    return xr.Dataset(
        {
            RATE: (("policy", "draw", "region", "year"), values, about),
            "national_unemployment_rate": (("policy", "draw", "year"), values.mean(axis=2)),
        },
        {
            "policy": ["none", "zone", "tax"],
            "draw": np.arange(draws),
            "region": [f"region {number}" for number in range(regions)],
            "year": YEARS,
        },
        {
            "design": "monte_carlo",
            "policy_definitions": json.dumps({"none": {"timing": {}}, "zone": definition, "tax": _everywhere()}),
            "identity": json.dumps({"baseline_year": 2025}),
        },
    )


def _everywhere() -> dict[str, Any]:
    return {"timing": {"usage_tax": [12, 24, None]}}


def _paths(draws: int = 20, regions: int = 6, noise: float = 0.0, seed: int = 0) -> Floats:
    """Effects of regions and of years, the same for all draws but for noise."""
    generator = np.random.default_rng(seed)
    level, path = generator.normal(0.06, 0.02, (draws, regions, 1)), generator.normal(0, 0.01, (draws, 1, len(YEARS)))
    return np.asarray(level + path + generator.normal(0, noise, (draws, regions, len(YEARS))))


def _step(draws: int, regions: int, treated: tuple[int, ...], size: Floats, spread: Floats) -> Floats:
    """An effect from the start on, by draw, in treated regions and in the others, (draw, region, year)."""
    own = np.where(np.isin(np.arange(regions), treated)[:, None], size[:, None, None], spread[:, None, None])
    return np.asarray(own * (START <= YEARS))


def test_a_planted_effect_is_what_difference_in_differences_finds() -> None:
    size = np.linspace(0.01, 0.03, 20)
    data = _panel(_paths(), _step(20, 6, (1, 4), size, 0 * size), (1, 4))
    found = difference_in_differences(data, "zone", RATE).isel(regime=0)
    assert found["mean"].dims == ("part", "year")
    after = START <= YEARS
    for part in ("estimate", "effect"):
        np.testing.assert_allclose(found["mean"].sel(part=part), 0.02 * after, atol=1e-12)
        np.testing.assert_allclose(
            found["standard_error"].sel(part=part), size.std(ddof=1) / np.sqrt(20) * after, rtol=1e-6, atol=1e-12
        )
        np.testing.assert_allclose(found["upper"].sel(part=part), np.quantile(size, 0.95) * after, atol=1e-12)
    for part in ("spill_over", "divergence", "bias"):
        np.testing.assert_allclose(found["mean"].sel(part=part), 0, atol=1e-12)
    assert found.attrs["treated"] == ["region 1", "region 4"] and found.attrs["start"] == START


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_bias_is_divergence_less_spill_over(seed: int) -> None:
    generator = np.random.default_rng(seed)
    draws, regions = 5, 4
    effect = generator.normal(size=(draws, regions, len(YEARS))) * (START <= YEARS)
    data = _panel(_paths(draws, regions, 0.01, seed), effect, (0, 3))
    found = difference_in_differences(data, "zone", RATE, pooled=True)["mean"]
    part = {str(name): found.sel(part=name).to_numpy() for name in found["part"].to_numpy()}
    np.testing.assert_allclose(part["bias"], part["divergence"] - part["spill_over"], atol=1e-12)
    np.testing.assert_allclose(part["estimate"], part["effect"] + part["bias"], atol=1e-12)
    by_region = spill_over(data, "zone", RATE, pooled=True)["mean"]
    assert by_region["region"].to_numpy().tolist() == ["region 1", "region 2"]
    np.testing.assert_allclose(by_region.mean("region"), part["spill_over"], atol=1e-12)


def test_it_is_the_two_way_fixed_effects_regression() -> None:
    data = _panel(_paths(1, 6, 0.01), _step(1, 6, (1, 4), np.array([0.02]), np.array([0.005])), (1, 4))
    found = difference_in_differences(data, "zone", RATE, pooled=True)["mean"].sel(part="estimate")
    region, year = (each.ravel() for each in np.meshgrid(np.arange(6), YEARS, indexing="ij"))
    columns = [*(region == each for each in range(6)), *(year == each for each in YEARS[1:])]
    columns.append(np.isin(region, (1, 4)) & (year >= START))
    values = data[RATE].sel(policy="zone", draw=0).to_numpy().ravel()
    coefficient = np.linalg.lstsq(np.array(columns, dtype=float).T, values, rcond=None)[0][-1]
    np.testing.assert_allclose(found.sel(year=slice(START, None)).mean(), coefficient, rtol=1e-9)


def test_no_change_elsewhere_is_no_spill_over() -> None:
    size = np.full(20, 0.02)
    data = _panel(_paths(noise=0.01), _step(20, 6, (2,), size, 0 * size), (2,))
    found = spill_over(data, "zone", RATE)
    assert found["mean"].dims == ("regime", "region", "year") and found.sizes["region"] == 5
    assert (found["mean"] == 0).all() and (found["standard_error"] == 0).all()


def test_logarithms_compare_relative_changes_of_levels() -> None:
    levels = 1e6 * np.exp(_paths(4, 5))
    effect = levels * np.expm1(_step(4, 5, (0,), np.full(4, -0.1), np.zeros(4)))
    data = _panel(levels, effect, (0,), units="persons")
    found = difference_in_differences(data, "zone", RATE, log=True, pooled=True)
    np.testing.assert_allclose(found["mean"].sel(part="estimate"), -0.1 * (START <= YEARS), atol=1e-9)
    assert found.attrs["units"] == "log"
    with pytest.warns(AnalysisWarning, match="log=True compares relative changes"):
        difference_in_differences(data, "zone", RATE)


def test_a_synthetic_control_is_the_mix_that_was_planted() -> None:
    draws, years = 8, len(YEARS)
    donors = np.random.default_rng(1).normal(0.06, 0.02, (draws, 3, years))
    own = 0.7 * donors[:, 0] + 0.3 * donors[:, 2]
    data = _panel(
        np.concatenate([own[:, None], donors], axis=1),
        _step(draws, 4, (0,), np.full(draws, 0.02), np.zeros(draws)),
        (0,),
    )
    found = synthetic_control(data, "zone", RATE, "region 0", pooled=True)
    np.testing.assert_allclose(found["share"], [0.7, 0, 0.3], atol=1e-4)
    np.testing.assert_allclose(found["mean"].sel(part="estimate"), 0.02 * (START <= YEARS), atol=1e-5)
    np.testing.assert_allclose(found["mean"].sel(part="effect"), 0.02 * (START <= YEARS), atol=1e-12)
    np.testing.assert_allclose(found["misfit"], 0, atol=1e-5)


def test_shares_of_a_synthetic_control_are_shares() -> None:
    size = np.full(10, 0.02)
    data = _panel(_paths(10, 6, 0.01), _step(10, 6, (1, 4), size, 0 * size), (1, 4))
    found = synthetic_control(data, "zone", RATE)
    assert (found["share"] >= 0).all() and found.sizes["donor"] == 4
    np.testing.assert_allclose(found["share"].sum("donor"), 1)
    assert synthetic_control(data, "zone", RATE, most_draws=3)["draws"].item() == 3


def test_power_is_that_of_published_t_tests() -> None:
    # Cohen 1988, table 2.3: of 64 a group, effects of half a standard deviation are found with a power of 80 %.
    np.testing.assert_allclose(power_of_t(np.array(0.5), np.array(np.sqrt(2 / 64)), 126, 0.05), 0.80, atol=0.005)
    # And of 26 a group, effects of 0.8.
    np.testing.assert_allclose(power_of_t(np.array(0.8), np.array(np.sqrt(2 / 26)), 50, 0.05), 0.80, atol=0.01)
    np.testing.assert_allclose(power_of_t(np.array(0.0), np.array(1.0), 10, 0.05), 0.05, atol=1e-5)
    np.testing.assert_allclose(power_of_t(np.array(1e3), np.array(1.0), 1, 0.05), 1, atol=1e-6)


def test_power_of_regions_that_drift_alike_is_a_matter_of_sampling() -> None:
    size = np.full(20, 0.01)
    data = _panel(_paths(20, 20), _step(20, 20, (0, 1), size, 0 * size), (0, 1))
    found = power(data, "zone", RATE, 0.005, regions=[2, 5, 10], pooled=True)
    treated, years = np.array([2, 5, 10])[:, None], np.arange(1, 7)
    error = 0.005 * np.sqrt((1 / years + 1 / 4) * (1 / treated + 1 / (20 - treated)))
    np.testing.assert_allclose(found["power"], power_of_t(np.array(0.01), error, 18, 0.05), atol=1e-9)
    # Bloom 1995: with many degrees of freedom, 2.8 errors; 2.96 with 18.
    np.testing.assert_allclose(found["minimum_effect"], (2.1009 + 0.8620) * error, rtol=1e-4)
    at_least = power_of_t(found["minimum_effect"].to_numpy(), error, 18, 0.05)
    np.testing.assert_allclose(at_least, 0.8, atol=0.01)
    np.testing.assert_allclose(found["effect"], 0.01)
    assert ((found["power"] >= 0.8) == (found["detectable"] > 0.999)).all()


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_three_draws_are_told_and_no_number_is_without_an_error() -> None:
    size = np.linspace(0.01, 0.03, 20)
    data = _panel(_paths(), _step(20, 6, (1, 4), size, 0 * size), (1, 4))
    analyses: list[Any] = [
        lambda own: spill_over(own, "zone", RATE),
        lambda own: power(own, "zone", RATE, 0.005),
        lambda own: difference_in_differences(own, "zone", RATE),
        lambda own: synthetic_control(own, "zone", RATE),
    ]
    for analysis in analyses:
        with pytest.warns(AnalysisWarning, match="few draws count, .* rough: all draws 3"):
            found = analysis(data.isel(draw=slice(3)))
        numbers = {str(name) for name in found.data_vars} - {"standard_error"}
        beside = {"mean": "standard_error"}
        assert all(beside.get(name, f"{name}_error") in found for name in numbers if not name.endswith("_error"))


def test_errors_of_power_have_their_closed_forms() -> None:
    size = np.random.default_rng(1).uniform(0.02, 0.03, 20)
    data = _panel(_paths(), _step(20, 6, (1, 4), size, 0 * size), (1, 4))
    found = power(data, "zone", RATE, 0.001, regions=[2], pooled=True).isel(treated=0)
    # Without noise of regions the estimator sees each draw's own effect, and what it can see is the same in all draws.
    np.testing.assert_allclose(found["effect_error"], size.std(ddof=1) / np.sqrt(20), rtol=1e-6)
    np.testing.assert_allclose(found["minimum_effect_error"], 0, atol=1e-9)
    np.testing.assert_allclose(found["detectable"], 1)
    # That all of 20 draws are detectable isn't certainty.
    np.testing.assert_allclose(found["detectable_error"], np.sqrt(21 / 20) / 22)


def test_more_regions_or_less_noise_have_more_power() -> None:
    size = np.linspace(0, 0.02, 20)
    data = _panel(_paths(20, 12, 0.005), _step(20, 12, (0, 1), size, 0 * size), (0, 1))
    noisy, calm = (power(data, "zone", RATE, noise, pooled=True) for noise in (0.01, 0.001))
    assert (noisy["power"] < calm["power"]).all() and (noisy["power"].diff("treated") > 0).all()
    assert (noisy["minimum_effect"] > calm["minimum_effect"]).all() and noisy["treated"].to_numpy().max() == 6
    longer = power(data, "zone", RATE, 0.01, before=20, pooled=True)
    assert (longer["power"] > noisy["power"]).all()
    assert (noisy["power_error"] > 0).all()


def test_parts_of_the_data_keep_the_regions_that_are_treated() -> None:
    size = np.full(4, 0.02)
    data = _panel(_paths(4), _step(4, 6, (1, 4), size, 0 * size), (1, 4))
    data.attrs["regions"] = [str(name) for name in data["region"].to_numpy()]
    part = difference_in_differences(data.isel(region=[3, 4, 5]), "zone", RATE)
    assert part.attrs["treated"] == ["region 4"]
    with pytest.raises(ConfigError, match="acts in none of the data's regions"):
        spill_over(data.isel(region=[0, 2]), "zone", RATE)


def test_what_is_no_pilot_is_refused() -> None:
    data = _panel(_paths(4), np.zeros((4, 6, len(YEARS))), (1, 4))
    for policy, outcome, message in (
        ("tax", RATE, r"usage_tax of tax acts in all regions.*policy\.tax\.regions=\[Ohio\]"),
        ("none", RATE, "none acts nowhere"),
        ("zoen", RATE, "did you mean 'zone'"),
        ("zone", "national_unemployment_rate", "is national"),
        ("zone", "unemployment_rat", "did you mean 'unemployment_rate'"),
    ):
        with pytest.raises(ConfigError, match=message):
            difference_in_differences(data, policy, outcome)
    with pytest.raises(ConfigError, match="starts in 2029, and the data hold 2029 to 2034"):
        difference_in_differences(data.sel(year=slice(START, None)), "zone", RATE)
    with pytest.raises(ConfigError, match=r"start it later, as in policy\.zone\.start=2032"):
        synthetic_control(data.sel(year=slice(START - 2, None)), "zone", RATE)
    with pytest.raises(ConfigError, match="region 2 is not treated"):
        synthetic_control(data, "zone", RATE, "region 2")
    with pytest.raises(ConfigError, match="no logarithm"):
        spill_over(data - 1, "zone", RATE, log=True)
    with pytest.raises(ConfigError, match=r"1 of .* draws aren't finite"):
        spill_over(data.where(data["draw"] > 0), "zone", RATE)
    with pytest.raises(ConfigError, match="expected another policy to compare 'zone' with"):
        spill_over(data, "zone", RATE, to="zone")
    with pytest.raises(ConfigError, match="numbers from 1 to 5"):
        power(data, "zone", RATE, 0.005, regions=[6])
    with pytest.raises(ConfigError, match="noise ≥ 0"):
        power(data, "zone", RATE, -1)


def test_a_tiny_sweep_of_investment_in_one_region(tmp_path: Path) -> None:
    start = "policy.place_investment.start=2027"
    place = ("policy=[place_investment]", "policy.place_investment.regions=[Rural]", start)
    path = finish(tmp_path / "s.zarr", "regions=archetypes", "draws=128", "years=4", "executor=serial", *place)
    data = load(path)
    found = difference_in_differences(data, "place_investment", RATE, pooled=True)
    before, last = found["mean"].sel(year=slice(None, 2026)), found["mean"].isel(year=-1)
    assert found.attrs["treated"] == ["Rural"] and found.attrs["start"] == 2027
    assert (before.sel(part=["effect", "spill_over"]) == 0).all()
    assert last.sel(part="effect") < -0.001 and abs(last.sel(part="spill_over")) < abs(last.sel(part="effect"))
    assert found.attrs["weights"].startswith("pooled with stated weights: slow 0.3, ")
    assert spill_over(data, "place_investment", RATE).sizes["region"] == 3
    assert 0.05 < float(power(data, "place_investment", RATE, 0.005, pooled=True)["power"].isel(year=-1, treated=0)) < 1
    level = float(data["national_unemployment_rate"].sel(policy="none").isel(year=-1).quantile(0.6))
    boxes = prim(data, exceeds(data, "national_unemployment_rate", level), boxes=1)
    assert boxes["density"].item() > boxes["base_rate"] + 0.1 and boxes["coverage"].item() > 0.4
    (sentence, weights) = in_words(boxes)
    assert " have national unemployment rate above " in sentence and weights.startswith(
        "Futures are pooled with stated"
    )
