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
    example,
    exceedance,
    exceeds,
    in_words,
    loses,
    maximin,
    mean_variance,
    pairwise,
    power,
    prim,
    ranking_stability,
    regret,
    regrets,
    resampled,
    reweighted,
    robustness_table,
    satisficing,
    spill_over,
    synthetic_control,
    tail_probability,
    tilt,
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
ODD: Any = 2.5
TEXT: Any = "a"
NO: Any = None
LISTED: Any = [2025]
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
        (lambda: power(DATA, "a", RATE, 0.1, before=0), "before: expected a whole number of 1 or more, got 0"),
        (lambda: power(DATA, "a", RATE, 0.1, before=-3), "before: expected a whole number of 1 or more, got -3"),
        (lambda: mean_variance(DATA, RATE, aversion=-3), "aversion: expected standard deviations of 0 or more, got -3"),
        (lambda: prim(FUTURES, CASES, boxes=0), "boxes: expected a whole number of 1 or more, got 0"),
        (lambda: cart(FUTURES, CASES, leaves=1), "leaves: expected a whole number of 2 or more, got 1"),
        (lambda: resampled(FUTURES, CASES, resamples=0), "resamples: expected a whole number of 1 or more, got 0"),
        (lambda: prim(FUTURES, CASES, boxes=ODD), r"boxes: expected a whole number of 1 or more, got 2\.5"),
        (lambda: prim(FUTURES, CASES, most=ODD), r"most: expected a whole number of 1 or more, got 2\.5"),
        (lambda: prim(FUTURES, CASES, share=NO), "share: expected a share between 0 and 1, got None"),
        (lambda: prim(FUTURES, CASES, density=TEXT), "density: expected a share between 0 and 1, got 'a'"),
        (lambda: prim(FUTURES, NO), r"cases: expected True or False by \(draw,\), as `exceeds` .*, got NoneType"),
        (lambda: cart(FUTURES, CASES, leaves=ODD), r"leaves: expected a whole number of 2 or more, got 2\.5"),
        (lambda: resampled(FUTURES, CASES, seed=-1), "seed: expected a whole number of 0 or more, got -1"),
        (lambda: in_words(FUTURES), "boxes: expected what prim or cart found, got Dataset"),
        (lambda: exceeds(FUTURES, RATE, 50, region="North"), f"{RATE} is national: leave region= out, got 'North'"),
        (
            lambda: regrets(FUTURES, "ubi", float("nan")),
            "more_than: expected a number in the units of .*, got nan",
        ),
        (lambda: regrets(FUTURES, "ubi", -1), "more_than: expected 0 or more, as regrets are, got -1"),
        (lambda: regrets(FUTURES.sel(policy=["ubi"]), "ubi"), "regrets compares policies, and the dataset has 'ubi' a"),
        (lambda: satisficing(DATA, SCALAR), r"thresholds: expected values by name, as .*, got 0\.5"),
        (lambda: mean_variance(DATA, RATE, aversion=TEXT), "aversion: expected standard deviations of 0 .*, got 'a'"),
        (lambda: ranking_stability(DATA, RATE, beliefs=SCALAR), r"beliefs: expected values by name, .*, got 0\.5"),
        (lambda: ranking_stability(DATA, RATE, beliefs={"x": SCALAR}), "^belief 'x': beliefs: expected values by name"),
        (lambda: reweighted(DATA, SCALAR), r"beliefs: expected values by name, .*, got 0\.5"),
        (lambda: tail_probability(DATA, RATE, 0.1, beliefs=SCALAR), r"beliefs: expected values by name, .*, got 0\.5"),
        (lambda: tilt(example(), RATE, 0.1, most=0), "most: expected a whole number of 1 or more, got 0"),
        (lambda: regret(DATA, RATE, over=LISTED), r"over: expected a year of the store, last, .*, got \[2025\]"),
        (
            lambda: power(DATA, "a", RATE, 0.1, regions=[ODD]),
            r"regions: expected a whole number of 1 or .*, got 2\.5",
        ),
        (lambda: power(DATA, "a", RATE, 0.1, regions=SCALAR), r"regions: expected a list of numbers, .*, got 0\.5"),
        (lambda: power(DATA, "a", RATE, TEXT), "expected noise ≥ 0 and 0 < level < wanted < 1, got noise=a"),
        (lambda: cost_effectiveness(DATA, discount=TEXT), "discount: expected a rate a year such as 0.03, got 'a'"),
        (
            lambda: synthetic_control(example(), "pilot", "unemployment_rate", most_draws=-5),
            "most_draws: expected a",
        ),
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


@pytest.mark.parametrize("dim", ["draw", "year", "policy"])
@pytest.mark.parametrize(
    "analysis",
    [
        lambda data: regret(data, RATE),
        lambda data: maximin(data, RATE),
        lambda data: pairwise(data, RATE, pooled=True),
        lambda data: robustness_table(data, RATE),
        lambda data: exceeds(data, RATE, 0.1),
        lambda data: tail_probability(data, RATE, 0.1),
        lambda data: spill_over(data, "pilot", "unemployment_rate"),
        cost_effectiveness,
    ],
)
def test_a_choice_that_left_nothing_is_told(analysis: Callable[[xr.Dataset], Any], dim: str) -> None:
    with pytest.raises(ConfigError, match=f"the dataset holds no {dim}: what was chosen|unknown policy"):
        analysis(example().isel({dim: []}))


@pytest.mark.parametrize("find", [prim, cart, resampled])
def test_boxes_need_draws(find: Callable[..., Any]) -> None:
    with pytest.raises(ConfigError, match="the dataset holds no draw: what was chosen of it isn't there"):
        find(FUTURES.isel(draw=[]), CASES.isel(draw=[]))
