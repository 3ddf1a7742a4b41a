"""Designs: even spread, independence of names, and bits that stay when a sweep grows."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.designs import BLOCKS, DESIGNS, REPLICATES, in_blocks, sobol
from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.factors import blocks_told, factors, members
from sweep.kernel.parameters import PARAMETERS
from tests.studies import study

names = pytest.mark.parametrize("design", sorted(DESIGNS))
blocks = pytest.mark.parametrize("design", sorted(BLOCKS))


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
def test_each_draw_is_uniform_over_seeds(design: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Points are the first columns of those of more dimensions, and made in a fiftieth of the time.
    monkeypatch.setattr("sweep.designs.halton._DIMENSIONS", 8)
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


@blocks
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**63 - 1), st.integers(0, 900), st.integers(1, 400), st.integers(0, 6), st.booleans())
def test_any_slice_of_blocks_is_the_same_draws(
    design: str, seed: int, start: int, count: int, place: int, first: bool
) -> None:
    uniforms = in_blocks(BLOCKS[design], DESIGNS["sobol"], place, 7, first)
    whole = uniforms(seed, "name", 5, 0, start + count)
    np.testing.assert_array_equal(uniforms(seed, "name", 5, start, count), whole[start:])
    assert whole.min() > 0
    assert whole.max() < 1


@blocks
def test_each_row_of_blocks_is_uniform(design: str) -> None:
    rows = BLOCKS[design].rows(4)
    points = in_blocks(BLOCKS[design], DESIGNS["sobol"], 2, 4, False)(3, "a", 5, 0, 1024 * rows).reshape(-1, rows)
    for row in points.T:
        np.testing.assert_array_equal(np.histogram(row, bins=16, range=(0, 1))[0], 64)


def test_blocks_take_turns_in_replicates_each_of_which_is_a_sobol_sequence() -> None:
    uniforms = in_blocks(BLOCKS["saltelli"], sobol.uniforms, 0, 1, False)(3, "a", 5, 0, 32 * REPLICATES * 3)
    first = uniforms.reshape(32, REPLICATES, 3)[..., 0]
    for replicate, own in enumerate(first.T):
        np.testing.assert_array_equal(own, sobol.uniforms(3, f"a/replicate {replicate}", 10, 0, 32))
        np.testing.assert_array_equal(np.sort((own * 32).astype(int)), np.arange(32))


def test_rows_of_saltelli_are_two_points_and_those_between_them() -> None:
    table = np.stack([in_blocks(BLOCKS["saltelli"], DESIGNS["sobol"], place, 3, place == 0)(1, name, place, 0, 10)
                      for place, name in enumerate(("regime", "x", "y"))], axis=1).reshape(2, 5, 3)  # fmt: skip
    for first, regime, x, y, last in table:
        assert last[0] == first[0] and (last[1:] != first[1:]).all()
        for place, row in enumerate((regime, x, y)):
            assert (row != first).tolist() == [each == place for each in range(3)]
        assert x[1] == last[1] and y[2] == last[2]


def test_trajectories_of_morris_move_each_factor_once_by_half() -> None:
    table = np.stack([in_blocks(BLOCKS["morris"], DESIGNS["sobol"], place, 3, place == 0)(1, name, place, 0, 400)
                      for place, name in enumerate(("regime", "x", "y"))], axis=1).reshape(100, 4, 3)  # fmt: skip
    steps = np.diff(table, axis=1)
    np.testing.assert_allclose(np.abs(steps), np.broadcast_to(0.5 * np.eye(3), steps.shape), atol=1e-15)


@blocks
def test_more_blocks_keep_the_first_and_inputs_stay_in_one_regime(design: str) -> None:
    arguments = (f"design={design}", "policy=[ubi]", "policy.ubi.amount=[uniform,100,900]")
    small, large = study(*arguments, "draws=100"), study(*arguments, "draws=1000")
    rows = BLOCKS[design].rows(len(factors(large)))
    assert small.draws % rows == large.draws % rows == 0
    assert 100 <= small.draws < 100 + rows
    regions = ("North", "South")
    first, both = draw_table(small, regions, 0, small.draws), draw_table(large, regions, 0, large.draws)
    for name, values in first.items():
        np.testing.assert_array_equal(both[name][: small.draws], values, err_msg=name)
    own = both["regime"].reshape(-1, rows)
    own = np.delete(own, 1, axis=1) if design == "saltelli" else own[:, 1:]
    assert (own == own[:, :1]).all()
    assert (np.diff(both["policy.ubi.amount"].reshape(-1, rows), axis=1) != 0).any()
    by_region = both["regional_lag"].reshape(-1, rows, 2)
    place = factors(large).index("regional_lag")
    moves = (by_region != by_region[:, :1]).all(axis=2)
    expected = BLOCKS[design].moved(place, len(factors(large)), False)
    assert (moves[:, 1:] == expected[1:]).all()


def test_factors_are_inputs_or_what_they_have_in_common() -> None:
    arguments = ("design=saltelli", "policy=[ubi]", "policy.ubi.amount=[uniform,100,900]")
    each, evidence, group = (members(study(*arguments, f"design.by={by}")) for by in ("parameter", "evidence", "group"))
    assert list(evidence) == ["regime", "A", "B", "C", "policy"]
    assert list(group) == ["regime", "adoption", "labor", "policy"]
    assert all(inputs == [name] for name, inputs in each.items())
    assert sorted(name for inputs in group.values() for name in inputs) == sorted(each)
    assert "worth_automating in slow" in evidence["B"]
    assert "worth_automating in central, rapid, transformative" in evidence["C"]
    fixed = members(study(*arguments, "design.by=evidence", "adoption=central", "labor.wage_curve=[uniform,-0.2,0]"))
    assert "wage_curve" in fixed["set by the user"] and "regime" not in fixed
    assert members(study("design=sobol")) == {}


def test_an_input_moves_with_those_of_the_same_evidence_in_its_regime() -> None:
    chosen = study("design=saltelli", "design.by=evidence", "policy=[none]", "draws=600")
    table = draw_table(chosen, ("North",), 0, chosen.draws)
    regimes, worth = table["regime"].reshape(-1, 6), table["worth_automating"].reshape(-1, 6)
    slow = regimes[:, 0] == 0
    moved = worth[:, 2:5] != worth[:, :1]
    # Svanberg et al. (B) are the evidence for slow; other regimes are assumed (C).
    assert (moved[slow] == [False, True, False]).all()
    assert (moved[~slow] == [False, False, True]).all()
    assert slow.any() and not slow.all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("design=saltelli", "outputs.keep=statistics"), "design=saltelli needs its draws; take outputs.keep=national"),
        (("design=sobol", "+design.by=evidence"), "design=sobol moves no factors; take design=morris or saltelli"),
        (("design=morris", "design.by=grade"), "design.by: input should be 'parameter'"),
    ],
)
def test_what_designs_in_blocks_cannot_take_is_told(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        study(*arguments)


def test_the_size_of_blocks_is_told_before_a_run() -> None:
    told = blocks_told(study("design=saltelli", "design.by=evidence", "policy=[none]", "draws=100"))
    assert told == ("design=saltelli: 17 blocks of 6 draws, 4 factors by evidence (regime, A, B, C); that is few, "
                    "512 blocks are draws=3072")  # fmt: skip
    assert blocks_told(study()) == ""
