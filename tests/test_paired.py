"""Errors of paired differences: how often they hold what is known, by design, pooled, and under other beliefs."""

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from analysis import estimates, exceedance, fan, paired_difference, reweighted
from analysis.caution import AnalysisWarning
from sweep.designs import DESIGNS
from tests.draw_cases import made

RATE = "national_unemployment_rate"
REPEATS, DRAWS = 200, 512
Floats = NDArray[np.float64]


def _study(difference: Floats, design: str, regimes: list[str] | None = None) -> xr.Dataset:
    """Two policies that differ by so much, (draw, repetition), years being repetitions of a study."""
    common = np.random.default_rng(0).normal(size=difference.shape)
    weights = {"low": 0.6, "high": 0.4} if regimes else None
    return made({RATE: np.stack([common, common + difference])}, regimes, weights, design=design)


def _held(found: xr.Dataset, truths: dict[str, float]) -> dict[str, float]:
    """Share of repetitions whose interval of 95 % holds the truth, by name."""
    error = {"mean": "standard_error"}
    return {
        name: float((abs(found[name] - truth) <= 1.96 * found[error.get(name, f"{name}_error")]).mean())
        for name, truth in truths.items()
    }


@pytest.mark.parametrize("design", ["monte_carlo", "sobol"])
def test_intervals_hold_known_quantiles_and_shares_of_differences(design: str) -> None:
    inputs = [[DESIGNS[design](seed, str(d), d, 0, DRAWS) for seed in range(REPEATS)] for d in range(4)]
    difference = np.exp(norm.ppf(np.array(inputs)).sum(axis=0).T / 2) - 0.5
    found = paired_difference(_study(difference, design), RATE).isel(regime=0, policy=0)
    ends = {name: np.exp(norm.ppf(share)) - 0.5 for name, share in (("lower", 0.05), ("upper", 0.95))}
    for name, share in _held(found, {**ends, "below_zero": norm.cdf(np.log(0.5))}).items():
        assert 0.9 <= share <= 0.99, name


def test_pooled_intervals_hold_the_quantiles_of_the_mixture() -> None:
    regimes = ["low"] * 200 + ["high"] * 100
    shift = np.where(np.array(regimes) == "low", 0.0, 1.0)[:, None]
    difference = np.random.default_rng(1).normal(size=(300, 400)) + shift
    data = _study(difference, "monte_carlo", regimes)

    def below(level: float) -> float:
        return float(0.6 * norm.cdf(level) + 0.4 * norm.cdf(level - 1))

    ends = {name: brentq(lambda x, p=p: below(x) - p, -9, 9) for name, p in (("lower", 0.05), ("upper", 0.95))}
    found = paired_difference(data, RATE, pooled=True).isel(policy=0)
    for name, share in _held(found, {"mean": 0.4, **ends, "below_zero": below(0)}).items():
        assert 0.91 <= share <= 0.99, name
    # All are what `estimates` tells of the difference itself.
    alone = data.assign({RATE: data[RATE] - data[RATE].sel(policy="none")})
    own = estimates(alone, RATE, (0.05, 0.95), pooled=True).sel(policy="a")
    for place, name in enumerate(("lower", "upper")):
        np.testing.assert_allclose(found[name], own["quantiles"][..., place])
        np.testing.assert_allclose(found[f"{name}_error"], own["quantiles_error"][..., place])
    over = exceedance(alone.assign({RATE: -alone[RATE]}), RATE, [0], pooled=True).sel(policy="a")
    np.testing.assert_allclose(found["below_zero_error"], over["probability_error"][..., 0])


def test_ends_between_regimes_have_no_error_and_few_draws_say_so() -> None:
    generator = np.random.default_rng(2)
    regimes = ["low"] * 190 + ["high"] * 110
    apart = np.where(np.array(regimes) == "low", 0.0, 100.0)[:, None]
    data = _study(generator.normal(size=(300, 3)) + apart, "monte_carlo", regimes)
    data["regime"].attrs["weights"] = [0.95, 0.05]
    with pytest.warns(AnalysisWarning, match="some quantiles lie between regimes"):
        found = paired_difference(data, RATE, pooled=True)
    assert np.isnan(found["upper_error"]).all() and (found["lower_error"] > 0).all()
    with pytest.warns(AnalysisWarning, match="draws are too few for the error of some quantiles"):
        few = paired_difference(data.isel(draw=slice(40)), RATE)
    assert np.isnan(few["lower_error"]).all() and (few["below_zero_error"] > 0).all()


def test_results_under_other_beliefs_count_effective_draws_and_have_errors_by_weights() -> None:
    generator = np.random.default_rng(3)
    inputs = generator.uniform(size=4000)
    parameters = {"adoption.speed": ["uniform(0.0, 1.0)"]}
    values = np.stack([inputs, inputs + generator.normal(size=4000)])
    data = made({RATE: values}, inputs={"speed": inputs}, parameters=parameters)
    data["speed"].attrs["distribution"] = "uniform(0, 1)"
    believed = reweighted(data, {"adoption.speed": ["beta", 3, 1]})
    weights = believed["likelihood"].to_numpy() / believed["likelihood"].to_numpy().sum()
    counted = 1 / (weights**2).sum()
    assert counted < 0.6 * 4000
    paired = paired_difference(believed, RATE).isel(regime=0)
    results = [estimates(believed, RATE).isel(regime=0), exceedance(believed, RATE, [0.5]).isel(regime=0), paired]
    for found in (*results, fan(believed, RATE).isel(regime=0)):
        assert int(found["draws"]) == 4000
        np.testing.assert_allclose(found["effective_draws"], counted)
    difference = values[1] - values[0]
    moved = weights * (difference - weights @ difference)
    np.testing.assert_allclose(paired["standard_error"].item(), np.sqrt((moved**2).sum()), rtol=0.01)
    below = (difference < 0).astype(float)
    moved = weights * (below - weights @ below)
    np.testing.assert_allclose(paired["below_zero_error"].item(), np.sqrt((moved**2).sum()), rtol=0.01)
    few = believed.assign_coords(likelihood=believed["likelihood"] ** 200)
    for analysis in (estimates, paired_difference, lambda own, name: exceedance(own, name, [0.5])):
        with pytest.warns(AnalysisWarning, match=r"few draws count, .* rough: all draws \d\d?$|all draws \d\d?;"):
            assert float(analysis(few, RATE)["effective_draws"].min()) < 30
