"""Boxes beside chance: none of cases that inputs have nothing to do with, two true ones, a bound by enumeration."""

import warnings
from collections.abc import Callable, Iterator
from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import binom, hypergeom

from analysis import cart, exceeds, in_words, prim
from analysis.boxes import Box, Points
from analysis.caution import AnalysisWarning
from analysis.plots import plot_peeling
from analysis.shuffling import luck, shuffles
from sweep.errors import ConfigError
from tests.futures_cases import planted

RATE = "national_unemployment_rate"


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnalysisWarning)
        yield


def _noise(seed: int, draws: int = 200) -> tuple[xr.Dataset, xr.DataArray]:
    """One case in five, of an outcome that no input has to do with; regimes differ in weight."""
    generator = np.random.default_rng(seed)
    inputs = {name: generator.uniform(0, 1, draws) for name in "abcde"}
    data = planted(inputs, generator.permutation(draws) / draws, ["slow", "rapid"] * (draws // 2), [0.7, 0.3])
    return data, exceeds(data, RATE, 0.799)


@pytest.mark.parametrize(
    "find", [cart, prim, lambda data, cases: prim(data, cases, density=0.5)], ids=["cart", "prim", "dense"]
)
def test_noise_has_no_box_in_nineteen_of_twenty_searches(find: Callable[..., xr.Dataset]) -> None:
    found = sum(find(*_noise(seed)).sizes["box"] > 0 for seed in range(25))
    # More than so many of 25 would be there once in a thousand times.
    assert found <= binom.isf(0.001, 25, 0.05)


@pytest.mark.parametrize("find", [cart, prim])
def test_nothing_found_is_said(find: Callable[..., xr.Dataset]) -> None:
    found = find(*_noise(0))
    assert found.sizes["box"] == 0
    assert found.attrs["notice"] == "no box is better by more than chance than all futures, of which 19% are cases"
    assert "no box is better than all of them by more than chance (" in in_words(found)[0]
    with pytest.raises(ConfigError, match="none was found" if find is prim else "no way of peeling"):
        plot_peeling(_noise(0)[0], found)


def _two() -> tuple[xr.Dataset, xr.DataArray]:
    """On a grid of 40 × 40 futures: all of a fifth of them are cases, a quarter of another, and none of the others."""
    a, b = (each.ravel() / 40 + 0.0125 for each in np.meshgrid(np.arange(40), np.arange(40)))
    every_fourth = np.add.outer(np.arange(40), np.arange(40)).ravel() % 4 == 0
    outcome = 0.2 * ((a > 0.6) & (b > 0.5) | (a < 0.5) & (b < 0.4) & every_fourth)
    data = planted({"a": a, "b": b}, outcome)
    return data, exceeds(data, RATE, 0.1)


def test_a_later_box_is_beside_what_earlier_ones_leave() -> None:
    found = prim(*_two(), smallest=0.1)
    assert found.sizes["box"] == 2
    # Fifths of all futures, of which 1 and 1/4 are cases: the second is sparser than all, and denser than the rest.
    first, second = (found.isel(box=place) for place in (0, 1))
    assert found["base_rate"] == pytest.approx(0.25)
    expected = {"density": (1, 0.25), "coverage": (0.8, 0.2), "mass": (0.2, 0.2)}
    expected |= {"rest_rate": (0.25, 0.0625), "rest_coverage": (0.8, 1), "rest_mass": (0.2, 0.25)}
    for name, values in expected.items():
        np.testing.assert_allclose([first[name], second[name]], values, atol=1e-9, err_msg=name)
    assert (found["p_value"] < 1e-9).all()
    assert np.isfinite(second["high"]).all() and np.isinf(second["low"]).all()
    assert "against 6 ± 1 % of all outside these and 25 ± 2 % of all futures; " in in_words(found)[1]


def test_a_tree_keeps_a_true_box_and_loses_branches_of_noise() -> None:
    data, cases = _two()
    noise = {name: ("draw", np.random.default_rng(3).permutation(data["a"].to_numpy())) for name in "cdefgh"}
    found = cart(data.assign(noise), cases)
    # The other true box is no denser than all futures.
    np.testing.assert_allclose(found["density"], [1])
    np.testing.assert_allclose(found["coverage"], [0.8])
    assert not found["restricted"].sel(parameter=list("cdefgh")).any()


def _points(wanted: NDArray[np.bool_], values: NDArray[np.float64]) -> Points:
    return Points(values, np.zeros(len(wanted), dtype=np.intp), 1, wanted, np.ones(len(wanted)))


def test_the_bound_is_above_the_chance_over_all_shuffles() -> None:
    values = np.arange(12.0)[:, None]
    low = Box(np.array([8.5]), np.array([np.inf]), np.ones(1, dtype=bool))
    observed = _points(np.arange(12) >= 9, values)
    bound = luck(observed, np.ones(12, dtype=bool), low)
    # All ways to choose 3 cases of 12 draws: how often does a box with one limit hold these and nothing else?
    hits = [set(chosen) in ({0, 1, 2}, {9, 10, 11}) for chosen in combinations(range(12), 3)]
    assert hypergeom.sf(2, 12, 3, 3) < np.mean(hits) <= bound < 1
    assert luck(observed, np.ones(12, dtype=bool), observed.everything) == 1


def test_shuffles_keep_the_cases_of_earlier_boxes_and_count_alike_in_any_order() -> None:
    generator = np.random.default_rng(1)
    values, wanted, among = generator.uniform(size=(50, 2)), generator.uniform(size=50) < 0.4, np.arange(50) > 9
    mixed = [each.wanted for each in shuffles(_points(wanted, values), among)]
    assert len({each.tobytes() for each in mixed}) == len(mixed) == 19
    assert all((each[:10] == wanted[:10]).all() and each.sum() == wanted.sum() for each in mixed)
    order = generator.permutation(50)
    other = [each.wanted for each in shuffles(_points(wanted[order], values[order]), among[order])]
    np.testing.assert_array_equal([each[order] for each in mixed], other)
