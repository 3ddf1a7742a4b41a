"""Cost of a job-year and of a person-year out of poverty: exact ratios, intervals, and when there is none."""

import warnings

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray

from analysis import cost_effectiveness
from analysis.caution import AnalysisWarning
from analysis.costs import _adults
from sweep.errors import ConfigError
from sweep.kernel.compiled import simulate
from tests.draw_cases import made
from tests.kernel_cases import policy, random_economy, varied_draws

Floats = NDArray[np.float64]


def _jobs(cost: Floats, gain: Floats, years: int = 1) -> xr.Dataset:
    """A policy that costs and gains so much a year, (draw,), against none."""
    jobs = 1e6 + np.stack([0 * gain, gain])[..., None] * np.ones(years)
    return made({"national_employment": jobs, "net_cost": np.stack([0 * cost, cost])[..., None] * np.ones(years)})


def _told(data: xr.Dataset, **choices: float | str | bool) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        return cost_effectiveness(data, **choices).isel(regime=0)  # type: ignore[arg-type]


def _one(found: xr.Dataset, effect: str = "job_years") -> xr.Dataset:
    return found.sel(policy="a", effect=effect)


def test_a_cost_in_proportion_to_jobs_has_an_exact_ratio() -> None:
    gain = np.random.default_rng(1).uniform(50, 150, 200)
    one = _one(_told(_jobs(4e4 * gain, gain)))
    for name in ("cost_of_one", "lower", "upper"):
        np.testing.assert_allclose(one[name], 4e4, rtol=1e-6)
    np.testing.assert_allclose(one["cost_of_one_error"], 0, atol=1e-3)
    assert one["remark"] == ""


def test_costs_and_gains_are_discounted_alike() -> None:
    gain = np.random.default_rng(2).uniform(50, 150, 100)
    data = _jobs(4e4 * gain, gain, years=16)
    plain, half = _told(data, discount=0), _told(data, discount=0.5)
    np.testing.assert_allclose(plain["cost"], 16 * 4e4 * gain.mean(), rtol=1e-6)
    np.testing.assert_allclose(half["cost"] / plain["cost"], (1 - 1.5**-16) / (1 - 1 / 1.5) / 16, rtol=1e-9)
    np.testing.assert_allclose(half["cost_of_one"], plain["cost_of_one"], rtol=1e-6)
    assert _told(data).attrs["discount"] == 0.03


def test_errors_and_intervals_are_those_of_a_ratio_of_means() -> None:
    draws = 4000
    noise = np.random.default_rng(3).standard_normal((2, draws))
    cost, gain = 5e6 + 2e6 * noise[0], 100 + 300 * (0.6 * noise[0] + 0.8 * noise[1])
    one = _one(_told(_jobs(cost, gain)))
    ratio = cost.mean() / gain.mean()
    np.testing.assert_allclose(one["cost_of_one"], ratio, rtol=1e-9)
    covariance = np.cov(cost, gain) / draws
    along = np.array([1, -ratio]) / gain.mean()
    np.testing.assert_allclose(one["cost_of_one_error"], np.sqrt(along @ covariance @ along), rtol=1e-6)
    # Ends of Fieller's interval are ratios that lie just 1.96 errors off.
    for end in (float(one["lower"]), float(one["upper"])):
        off = np.array([1, -end])
        distance = abs(cost.mean() - end * gain.mean()) / np.sqrt(off @ covariance @ off)
        np.testing.assert_allclose(distance, 1.96, rtol=1e-6)


def test_the_interval_covers_the_ratio_as_often_as_it_says() -> None:
    repeats, draws = 400, 100
    noise = np.random.default_rng(4).standard_normal((2, repeats, draws))
    cost, gain = 5e4 + 2e4 * noise[0], 100 + 200 * (0.6 * noise[0] + 0.8 * noise[1])
    data = made({
        "national_employment": np.concatenate([np.full((1, draws), 1e6), 1e6 + gain]),
        "net_cost": np.concatenate([np.zeros((1, draws)), cost]),
    })  # fmt: skip
    found = _told(data).sel(effect="job_years")
    covered = (found["lower"] < 500) & (found["upper"] > 500)
    assert float(covered.mean()) == pytest.approx(0.95, abs=0.035)


def test_there_is_no_cost_of_what_is_not_gained() -> None:
    draws = 400
    noise = np.random.default_rng(5).standard_normal(draws)
    ones = np.ones(draws)
    for gain, cost, remark in (
        (1000 * noise + 5, 1e9 * ones, "is within noise"),
        (0 * ones, 1e9 * ones, "undefined: the gain, 0 ± 0 job-years, is within noise"),
        (noise - 500, 1e9 * ones, "undefined: a loss, -500"),
    ):
        one = _one(_told(_jobs(cost, gain)))
        assert remark in str(one["remark"].item())
        assert one["verdict"] == ("loss" if "a loss" in remark else "noise")
        assert np.isnan([one["cost_of_one"], one["lower"], one["upper"]]).all()
        assert np.isfinite(one["cost"]) and np.isfinite(one["gain"])
    one = _one(_told(_jobs(1e9 * ones, 100 * noise - 500)))
    wide = f"{1.96 * float(one['gain_error']):.0f}"
    assert f" ± {wide} job-years (±: 95 % intervals, 1.96 Monte Carlo standard errors)" in str(one["remark"].item())
    one = _one(_told(_jobs(-1e9 * ones, noise + 500)))
    assert np.isnan(one["cost_of_one"]) and str(one["remark"].item()).startswith(
        "saves: the public pays less, and gains 500"
    )
    near = _one(_told(_jobs(noise * 1e9 - 1e6, noise + 500)))
    assert near["lower"] < near["cost_of_one"] < 0 < near["upper"] and near["remark"] == ""
    single = _one(_told(_jobs(np.array([1e9]), np.array([500.0]))))
    assert "too few draws" in str(single["remark"].item()) and np.isnan(single["cost_of_one"])


def test_guarantee_jobs_count_where_asked_for_and_poverty_is_counted_in_persons() -> None:
    ones = np.ones((2, 50, 1))
    # 1,000 adults: 600 in the labor force, of whom 10 % unemployed and a third of the employed informal.
    none = {"national_employment": 360, "guarantee_workers": 0, "informal_share": 1 / 3,
            "national_unemployment_rate": 0.1, "national_participation_rate": 0.6, "national_poverty_rate": 0.2,
            "net_cost": 0}  # fmt: skip
    work = none | {"national_employment": 350, "guarantee_workers": 40, "national_participation_rate": 0.65,
                   "national_poverty_rate": 0.15, "net_cost": 6000}  # fmt: skip
    data = made({name: ones * np.array([none[name], work[name]]).reshape(2, 1, 1) for name in none})
    found = _told(data)
    np.testing.assert_allclose(_one(found, "person_years_out_of_poverty")["gain"], 50)
    np.testing.assert_allclose(_one(found, "person_years_out_of_poverty")["cost_of_one"], 120)
    np.testing.assert_allclose(_one(found, "job_years_with_guarantee")["cost_of_one"], 200)
    assert "loss" in str(_one(found)["remark"].item())
    assert found.attrs["units"] == "USD"


def test_adults_are_those_of_the_model() -> None:
    economy = random_economy(3, 4, 1, informal=[0, 2e5, 9e5])
    work = policy(guarantee_offers=0.5, guarantee_wage=12, guarantee_long_only=0.3)
    result = simulate(economy, varied_draws(2, 1, 3), [work], 4, "float64")
    data = made({name: values for name, values in result.items() if values.ndim == 3})
    np.testing.assert_allclose(_adults(data), economy.population.sum(), rtol=1e-6)
    # Where everybody stays: within a year means of shares are not shares of means.
    np.testing.assert_allclose(_adults(data.isel(year=[4])), economy.population.sum(), rtol=1e-2)


def test_what_is_missing_is_told() -> None:
    data = _jobs(np.ones(100), np.ones(100))
    with pytest.warns(AnalysisWarning, match="not in the store: job_years_with_guarantee, person_years_out_of_poverty"):
        cost_effectiveness(data)
    with pytest.raises(ConfigError, match="did you mean 'none'"):
        cost_effectiveness(data, to="nome")
    with pytest.raises(ConfigError, match="did you mean 'net_cost'"):
        cost_effectiveness(data, cost="nett_cost")
    with pytest.raises(ConfigError, match="needs national_employment or national_poverty_rate"):
        cost_effectiveness(data.drop_vars("national_employment"))
    with pytest.raises(ConfigError, match=r"expected a rate a year such as 0\.03, got 3"):
        cost_effectiveness(data, discount=3)
    with pytest.raises(ConfigError, match="has 'none' alone"):
        cost_effectiveness(data.isel(policy=[0]))
