"""Designs: even spread, independence of names, and bits that stay when a sweep grows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.designs import DESIGNS, sobol
from sweep.draw_table import draw_table
from sweep.kernel.parameters import PARAMETERS
from tests.studies import study

names = pytest.mark.parametrize("design", sorted(DESIGNS))


@names
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, 3000), st.integers(1, 1500), st.integers(0, 63))
def test_any_slice_is_the_same_draws(design: str, seed: int, start: int, count: int, dimension: int) -> None:
    uniforms = DESIGNS[design]
    whole = uniforms(seed, "name", dimension, 0, start + count)
    np.testing.assert_array_equal(uniforms(seed, "name", dimension, start, count), whole[start:])
    assert whole.min() > 0
    assert whole.max() < 1


@names
def test_seeds_and_names_give_other_streams(design: str) -> None:
    uniforms = DESIGNS[design]
    first = uniforms(0, "a", 3, 0, 256)
    assert not np.isin(first, uniforms(1, "a", 3, 0, 256)).any()
    assert abs(np.corrcoef(first, uniforms(0, "b", 4, 0, 256))[0, 1]) < 0.3


@names
def test_each_draw_is_uniform_over_seeds(design: str) -> None:
    points = np.array([DESIGNS[design](seed, "a", 5, 11, 1)[0] for seed in range(2000)])
    counts = np.histogram(points, bins=10, range=(0, 1))[0]
    # Chi-square with 9 degrees of freedom exceeds 33.7 once in 10,000.
    assert ((counts - 200) ** 2 / 200).sum() < 33.7


@pytest.mark.parametrize("dimension", [0, 1, 17, len(PARAMETERS)])
@pytest.mark.parametrize("power", [4, 8, 10])
def test_scrambled_sobol_has_one_point_in_each_interval(dimension: int, power: int) -> None:
    points = sobol.uniforms(7, "any", dimension, 0, 2**power)
    np.testing.assert_array_equal(np.sort((points * 2**power).astype(int)), np.arange(2**power))


def test_scrambled_sobol_is_a_net_in_two_dimensions() -> None:
    first, second = (sobol.uniforms(3, name, d, 0, 1024) for d, name in enumerate(("x", "y")))
    for cells in (1, 4, 32, 256, 1024):
        counts, _, _ = np.histogram2d(first, second, bins=[cells, 1024 // cells], range=[[0, 1], [0, 1]])
        assert counts.min() == counts.max() == 1


def test_sobol_integrates_better_than_monte_carlo() -> None:
    def errors(design: str) -> float:
        spread = []
        for seed in range(12):
            columns = [DESIGNS[design](seed, f"p{d}", d, 0, 1024) for d in range(8)]
            spread.append(np.prod([1 + 0.5 * (column - 0.5) for column in columns], axis=0).mean() - 1)
        return float(np.std(spread))

    assert errors("sobol") < errors("monte_carlo") / 10


@names
def test_more_draws_keep_the_first_and_another_parameter_changes_no_column(design: str) -> None:
    small = study(f"design={design}", "draws=16", "policy=[none]")
    large = study(f"design={design}", "draws=32", "policy=[ubi]", "policy.ubi.amount=[uniform,100,900]",
                  "labor.occupational_mixing=[uniform,0,0.2]")  # fmt: skip
    regions = ("North", "South")
    first, both = draw_table(small, regions, 0, 16), draw_table(large, regions, 0, 32)
    assert set(both) - set(first) == {"policy.ubi.amount"}
    for name, values in first.items():
        if name != "occupational_mixing":
            np.testing.assert_array_equal(both[name][:16], values, err_msg=name)


def test_a_fixed_regime_draws_what_the_mixture_draws_in_it() -> None:
    mixed, fixed = (draw_table(study(f"adoption={name}"), ("A",), 0, 512) for name in ("regimes", "rapid"))
    rapid = mixed["regime"] == 2
    assert rapid.mean() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_array_equal(mixed["worth_automating"][rapid], fixed["worth_automating"][rapid])


def test_draws_stay_within_the_parameters_bounds() -> None:
    table = draw_table(study(), ("A", "B"), 0, 4096)
    for parameter in PARAMETERS:
        assert table[parameter.name].min() >= parameter.lower, parameter.name
        assert table[parameter.name].max() <= parameter.upper, parameter.name
