"""Designs whose draws are made all at once, and Halton: their definitions, and what they refuse."""

import re
from itertools import product

import numpy as np
import pytest
import xarray as xr
from scipy.stats import qmc

from analysis.monte_carlo import errors_told, standard_error, weighted_mean
from sweep.designs import factorial, halton, latin_hypercube, monte_carlo
from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.fixed_designs import points_hash, told
from sweep.run import _attributes
from tests.studies import study

NAMES = [f"p{place}" for place in range(6)]


@pytest.mark.parametrize("optimized", [False, True])
@pytest.mark.parametrize("draws", [1, 2, 97, 128])
def test_a_latin_hypercube_has_one_draw_in_each_slice_of_each_input(optimized: bool, draws: int) -> None:
    points = latin_hypercube.points(3, NAMES, draws, optimized)
    assert list(points) == NAMES
    for values in points.values():
        np.testing.assert_array_equal(np.sort((values * draws).astype(int)), np.arange(draws))


def test_an_input_added_changes_no_column_unless_all_are_optimized_together() -> None:
    for optimized in (False, True):
        few, more = (latin_hypercube.points(3, names, 64, optimized) for names in (NAMES[:5], NAMES))
        assert all((few[name] == more[name]).all() for name in NAMES[:5]) == (not optimized)


def test_optimized_draws_fill_the_cube_more_evenly_and_are_biased_in_products_of_squares() -> None:
    plain, optimized = (
        np.stack(list(latin_hypercube.points(3, NAMES, 128, each).values()), 1) for each in (False, True)
    )
    assert qmc.discrepancy(optimized) < 0.8 * qmc.discrepancy(plain)
    # Over 60 seeds the mean over all pairs, 0 of uniform draws, was off by 1.6 ± 0.5 errors as of independent draws.
    squares = (optimized - 0.5) ** 2 - 1 / 12
    pairs = (squares.sum(axis=1) ** 2 - (squares**2).sum(axis=1)) / 2
    assert pairs.mean() < -0.5 * standard_error(pairs - pairs.mean(), "latin_hypercube")


def test_a_sum_of_inputs_is_known_far_better_than_by_independent_draws() -> None:
    def spread(draw: object) -> float:
        return float(np.std([np.mean(draw(seed)) for seed in range(20)]))  # type: ignore[operator]

    cube = spread(lambda seed: sum(latin_hypercube.points(seed, NAMES, 128, False).values()))
    alone = spread(lambda seed: sum(monte_carlo.uniforms(seed, name, 0, 0, 128) for name in NAMES))
    # One draw in each slice: the error of a sum of m inputs is √(m/12) n^-1.5, of independent draws √(m/12) n^-0.5.
    assert cube == pytest.approx(np.sqrt(6 / 12) * 128**-1.5, rel=0.5)
    assert cube < alone / 50


def test_halton_is_scipys_and_fills_the_cube_more_evenly_than_independent_draws() -> None:
    points = np.stack([halton.uniforms(5, "any", place, 0, 300) for place in range(6)], axis=1)
    sequence = qmc.Halton(d=128, rng=monte_carlo.generator(5, "halton")).fast_forward(1500)
    later = np.stack([halton.uniforms(5, "any", place, 1500, 10) for place in range(128)], axis=1)
    np.testing.assert_array_equal(later, sequence.random(10))
    independent = np.stack([monte_carlo.uniforms(5, name, 0, 0, 300) for name in NAMES], axis=1)
    assert qmc.discrepancy(points) < 0.3 * qmc.discrepancy(independent)
    # A dimension of base b fills b slices with every b draws.
    for place, base in enumerate((2, 3, 5, 7, 11, 13)):
        np.testing.assert_array_equal(np.sort((points[:base, place] * base).astype(int)), np.arange(base))


@pytest.mark.parametrize("design", ["halton", "latin_hypercube"])
def test_errors_are_rather_too_large_than_too_small(design: str) -> None:
    means, errors = [], []
    for seed in range(60):
        inputs = latin_hypercube.points(seed, NAMES, 256, False)
        if design == "halton":
            inputs = {name: halton.uniforms(seed, name, place, 0, 256) for place, name in enumerate(NAMES)}
        total = np.sum(list(inputs.values()), axis=0)
        outcomes = np.stack([total, np.exp(total / 2), total > 4, inputs["p0"] * inputs["p5"]], axis=1)
        mean, influence = weighted_mean(outcomes, np.full(256, 1 / 256))
        means.append(mean)
        errors.append(standard_error(influence, design))
    ratio = np.mean(errors, axis=0) / np.std(means, axis=0)
    # Of shares by little, of sums by far; the spread of 60 seeds is itself off by a tenth.
    assert (ratio > [2, 2, 0.95, 1]).all()


def test_a_latin_hypercube_of_a_study_is_cut_into_tasks_and_belongs_to_its_number() -> None:
    small, large = (study("design=latin_hypercube", f"draws={draws}") for draws in (32, 64))
    whole, part = draw_table(small, ("A", "B"), 0, 32), draw_table(small, ("A", "B"), 5, 9)
    for name, values in whole.items():
        np.testing.assert_array_equal(part[name], values[5:14] if len(values) == 32 else values, err_msg=name)
    # Weights of 0.3, 0.4, 0.2 and 0.1: a slice lies across a limit between two regimes at most.
    counts = np.bincount(whole["regime"].astype(int), minlength=4)
    assert (np.abs(counts - 32 * np.array([0.3, 0.4, 0.2, 0.1])) < 1.5).all()
    assert points_hash(small) != points_hash(large)
    assert points_hash(study("design=halton")) != points_hash(study("design=halton", "seed=2"))
    assert points_hash(study()) == ""


def test_errors_of_an_optimized_latin_hypercube_are_told_to_be_rough() -> None:
    def told(*settings: str) -> str:
        chosen = study("design=latin_hypercube", "draws=8", *settings)
        stored = {name: value for name, value in _attributes(chosen, {}, {}).items() if name.startswith("design")}
        return errors_told(xr.Dataset(attrs=stored), 8)

    assert told() == "as of independent draws: rather too large than too small"
    rough = told("design.optimization=random-cd")
    assert "rather" not in rough and "rough" in rough and "too small for products of many" in rough


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("design=sobol", "+design.optimization=none"), "design.optimization: design=sobol takes none"),
        (("design=latin_hypercube", "design.optimization=lloyd"), "lloyd moves draws out of their slices"),
        (("design=latin_hypercube", "design.optimization=random"), "design.optimization: no 'random'; did you mean"),
        (("design=latin_hypercube", "draws=1000000"), "take fewer, or design=sobol"),
        (("design=latin_hypercube", "design.optimization=random-cd", "draws=1800"),
         "uncertain inputs to be optimized by random-cd, got 1,800; take fewer, or design.optimization=none"),
        (("design=factorial",), "expected at most 100,000 combinations, got "),
        (("design=factorial", "design.levels=0"), "design.levels: expected a number of levels, or different prob"),
        (("design=factorial", "design.levels={wage_curve: [0.5, 1]}"), "design.levels.wage_curve: expected a number"),
        (("design=factorial", "design.levels={wage_curv: 2}"), "no such uncertain input; did you mean 'wage_curve'?"),
        (("draws=null",), "draws: design=sobol needs their number, such as draws=1024, got none"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        study(*arguments)


def test_a_factorial_is_the_exact_product_of_its_levels() -> None:
    levels = {"x": [0.5], "y": [0.1, 0.9], "z": [0.2, 0.3, 0.4]}
    found = factorial.points(levels)
    assert list(zip(*(found[name].tolist() for name in levels), strict=True)) == list(product(*levels.values()))


def test_a_factorial_study_combines_regimes_inputs_and_doses() -> None:
    levels = "design.levels={wage_curve: 2, imitation_rate: [0.1, 0.9], regional_lag: 2, policy.ubi.amount: 3}"
    chosen = study("design=factorial", levels, "policy=[ubi]", "policy.ubi.amount=[uniform,0,300]",
                   "labor.wage_curve=[choice,{-0.2: 0.2, -0.1: 0.5, 0: 0.3}]")  # fmt: skip
    assert chosen.draws == 4 * 3 * 2 * 2 * 3
    table = draw_table(chosen, ("A", "B"), 0, chosen.draws)
    moved = {"regime": 4, "wage_curve": 3, "policy.ubi.amount": 3}
    combined = set(zip(*(table[name].tolist() for name in moved), strict=True))
    assert combined == set(product(range(4), [-0.2, -0.1, 0.0], [50.0, 150.0, 250.0]))
    lag = table["regional_lag"]
    assert (lag[:, 0] == lag[:, 1]).all()
    for regime in range(4):
        own = table["regime"] == regime
        assert len(set(table["imitation_rate"][own].tolist())) == len(set(lag[own, 0].tolist())) == 2
        medians = next(each for each in chosen.uncertainties if each.parameter.name == "worth_automating")
        expected = medians.distributions[regime].quantile(np.array([0.5]))[0]
        assert (table["worth_automating"][own] == expected).all()
    assert "regime 4 × " in told(chosen) and "wage_curve 3" in told(chosen) and "at one level" in told(chosen)
    few = ("design=factorial", "design.levels={wage_curve: 2}", "policy=[none]")
    assert study(*few, "draws=8").draws == 8
    with pytest.raises(ConfigError, match=r"draws: design\.levels make 8 combinations, got 9; leave draws out"):
        study(*few, "draws=9")
