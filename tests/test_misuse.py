"""What analyses are asked for that can't be: told with what was expected, instead of an answer that means nothing."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analysis import (
    cart,
    cost_effectiveness,
    estimates,
    exceedance,
    exceeds,
    loses,
    mean_variance,
    power,
    prim,
    regret,
    resampled,
    robustness_table,
    satisficing,
)
from analysis.caution import AnalysisWarning
from sweep.errors import ConfigError
from tests.draw_cases import made
from tests.futures_cases import planted

RATE, GDP = "national_unemployment_rate", "national_gdp"
DATA = made({RATE: np.random.default_rng(1).uniform(0.04, 0.1, (2, 100)), GDP: np.ones((2, 100))})
FUTURES = planted({"x": np.arange(100.0)}, np.arange(100.0))
CASES = exceeds(FUTURES, RATE, 50)
SCALAR: Any = 0.5
LONE = DATA.sel(policy=["none"])


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (lambda: satisficing(DATA, {RATE: float("nan")}), "expected a number in the units of national_unem.*, got nan"),
        (lambda: satisficing(DATA, {RATE: True}), "expected a number in the units of national_unem.*, got True"),
        (lambda: exceedance(DATA, RATE, [True]), "thresholds: expected a number in the units of .*, got True"),
        (lambda: estimates(DATA, RATE, thresholds=[float("nan")]), "thresholds: expected a number .*, got nan"),
        (lambda: exceeds(DATA, RATE, float("nan")), "threshold: expected a number in the units of .*, got nan"),
        (lambda: estimates(DATA, RATE, SCALAR), r"probabilities: expected a list of numbers .* \[0\.95\], got 0\.5"),
        (lambda: cost_effectiveness(DATA, cost=RATE), "cost: expected what the public pays in USD, got 'national_une"),
        (lambda: cost_effectiveness(DATA, cost=GDP), "cost: expected what the public pays in USD, got 'national_gdp'"),
        (lambda: regret(LONE, RATE), "regret compares policies, and the dataset has 'none' alone"),
        (lambda: loses(DATA, "a", to="a"), "to: expected another policy to compare 'a' with, got the same"),
        (lambda: power(DATA, "a", RATE, 0.1, before=0), "before: expected a number of years of 1 or more, got 0"),
        (lambda: power(DATA, "a", RATE, 0.1, before=-3), "before: expected a number of years of 1 or more, got -3"),
        (lambda: mean_variance(DATA, RATE, aversion=-3), "aversion: expected standard deviations of 0 or more, got -3"),
        (lambda: prim(FUTURES, CASES, boxes=0), "boxes: expected at least one, got 0"),
        (lambda: cart(FUTURES, CASES, leaves=1), "leaves: expected at least two, got 1"),
        (lambda: resampled(FUTURES, CASES, resamples=0), "resamples: expected at least one, got 0"),
    ],
)
def test_what_cannot_be_is_refused(asked: Callable[[], Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        asked()


@pytest.mark.parametrize("analysis", [satisficing, lambda data, thresholds: robustness_table(data, RATE, thresholds)])
def test_a_threshold_beyond_all_draws_is_told_with_the_units(analysis: Callable[..., xr.Dataset]) -> None:
    with pytest.warns(AnalysisWarning, match=r"on one side of national_unemployment_rate ≤ 8; is it .*_rate in 1\)\?"):
        analysis(DATA, {RATE: 8})
    with warnings.catch_warnings():
        warnings.simplefilter("error", AnalysisWarning)
        analysis(DATA, {RATE: 0.08})
