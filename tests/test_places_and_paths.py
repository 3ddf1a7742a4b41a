"""Parameters by region, by group and over time in the kernel: two paths agree, and equal values change nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from sweep.kernel.compiled import simulate
from sweep.kernel.instruments import Instruments
from sweep.kernel.parameters import BY_GROUP, BY_REGION, FIXED, PARAMETERS
from sweep.kernel.reference import simulate_reference
from tests.kernel_cases import POLICIES, VALUES, Draws, Floats, random_economy, tiny_economy, varied_draws, watched
from tests.test_kernel import worst

DRAWS, YEARS = 2, 4
MOVABLE = [parameter.name for parameter in PARAMETERS if parameter.name not in FIXED]


def _by_region(names: Sequence[str], regions: int) -> Draws:
    random = np.random.default_rng(5)
    return {name: random.uniform(*VALUES[name][1:], (DRAWS, regions)) for name in names}


def _by_group(groups: int) -> Draws:
    random = np.random.default_rng(6)
    return {name: random.uniform(*VALUES[name][1:], (DRAWS, groups, 1)) for name in BY_GROUP}


def _paths(names: Sequence[str], draws: Draws) -> Draws:
    """From the draws' values to others of the same range, on a line."""
    random, share = np.random.default_rng(7), np.linspace(0, 1, 12 * YEARS)
    ends = {name: random.uniform(*VALUES[name][1:], DRAWS) for name in names}
    return {name: draws[name][:, None] + (ends[name] - draws[name])[:, None] * share for name in names}


def _agree(draws: Draws, policies: Sequence[Instruments], paths: Draws | None = None) -> dict[str, Floats]:
    exact = simulate_reference(tiny_economy(), draws, policies, YEARS, paths or {})
    for real, most in (("float64", 1e-7), ("float32", 5e-3)):
        errors = worst(simulate(tiny_economy(), draws, policies, YEARS, real, paths=paths or {}), exact)
        assert max(errors.values()) < most, {name: error for name, error in errors.items() if error >= most}
    return exact


def test_two_paths_agree_where_values_differ_by_region_and_others_move() -> None:
    draws = varied_draws(DRAWS, 1, 3)
    _agree(draws | _by_region(BY_REGION, 3), POLICIES, _paths([n for n in MOVABLE if n not in BY_REGION], draws))


def test_two_paths_agree_where_values_differ_by_group_and_others_move() -> None:
    draws = varied_draws(DRAWS, 2, 3)
    names = [name for name in MOVABLE if name in BY_REGION and name not in BY_GROUP]
    exact = _agree(draws | _by_group(4), POLICIES, _paths(names, draws))
    # The baseline is that of the first month.
    rates = exact["unemployment_rate"][:, :, :, 0]
    np.testing.assert_allclose(rates, np.broadcast_to(tiny_economy().unemployment_rate, rates.shape), rtol=1e-9)


def test_a_parameter_moves_from_the_month_it_is_stated_for() -> None:
    draws = varied_draws(DRAWS, 3, 3)
    late = {name: np.where(np.arange(12 * YEARS) < 24, draws[name][:, None], 0.9) for name in ("automation_share",)}
    still, moved = (simulate(tiny_economy(), draws, [], YEARS, paths=paths) for paths in ({}, late))
    unlike = (still["national_unemployment_rate"] != moved["national_unemployment_rate"])[0]
    assert not unlike[:, :3].any() and unlike[:, 3:].all()


@pytest.mark.parametrize("real", ["float32", "float64"])
def test_equal_values_everywhere_are_one_value_to_the_bit(real: str) -> None:
    economy, draws = random_economy(5, 4), varied_draws(DRAWS, 4, 5)
    plain = simulate(economy, draws, POLICIES, 3, real)
    scalar = {name: draws[name] for name in BY_REGION if name != "regional_lag"}
    everywhere = {name: np.repeat(values[:, None], 5, axis=1) for name, values in scalar.items()}
    groups = {name: np.repeat(draws[name][:, None, None], 4, axis=1) for name in BY_GROUP}
    paths = {name: np.repeat(draws[name][:, None], 36, axis=1) for name in MOVABLE}
    for values, months in ((draws | everywhere, {}), (draws, paths)):
        found = simulate(economy, values, POLICIES, 3, real, paths=months)
        for name in plain:
            np.testing.assert_array_equal(found[name], plain[name], err_msg=name)
    # A rate by group is a twelfth of it times twelve twelfths: the same but for rounding.
    exact = {name: values.astype(float) for name, values in plain.items()}
    errors = worst(simulate(economy, draws | groups, POLICIES, 3, real), exact)
    assert max(errors.values()) < (1e-4 if real == "float32" else 1e-9)


def test_a_path_of_one_draw_leaves_the_next_one_alone() -> None:
    economy, draws = tiny_economy(), varied_draws(DRAWS, 3, 3)
    paths = _paths(MOVABLE, draws)
    together = simulate(economy, draws, POLICIES[:2], 3, paths={name: values[:, :36] for name, values in paths.items()})
    for draw in range(DRAWS):
        own = {name: values[draw : draw + 1] for name, values in draws.items()}
        months = {name: values[draw : draw + 1, :36] for name, values in paths.items()}
        for name, values in simulate(economy, own, POLICIES[:2], 3, paths=months).items():
            np.testing.assert_array_equal(values, together[name][:, draw : draw + 1], err_msg=name)


def test_people_are_conserved_where_regions_attract_and_hold_differently() -> None:
    with watched() as states:
        simulate_reference(tiny_economy(), varied_draws(DRAWS, 8, 3) | _by_region(BY_REGION, 3), [], 4)
    people = [state.population.sum(axis=2) for state in states]
    np.testing.assert_allclose(people, np.broadcast_to(people[0], np.shape(people)), rtol=1e-12)


def test_local_demand_stays_zero_sum_where_multipliers_differ() -> None:
    draws = varied_draws(DRAWS, 9, 3) | _by_region(["local_multiplier"], 3)
    response = draws["local_multiplier"] / (1 + draws["local_multiplier"])
    with watched() as states:
        simulate_reference(tiny_economy(), draws, POLICIES[1:2], 4)
    jobs = tiny_economy().employment.sum(axis=0)
    people = tiny_economy().population
    checked = 0
    for state in states:
        moved = jobs * state.population[:, 0] / people
        np.testing.assert_allclose(
            (moved * np.exp(response * state.income[:, 0])).sum(axis=1), moved.sum(axis=1), rtol=1e-9
        )
        checked += np.abs(state.income).max() > 1e-4
    assert checked > 20


def test_groups_that_adopt_nothing_lose_nothing() -> None:
    worth = np.zeros((DRAWS, 4, 1))
    worth[:, 2] = 0.6
    with watched() as states:
        simulate_reference(
            tiny_economy(),
            varied_draws(DRAWS, 10, 3, regional_lag=np.zeros((DRAWS, 3))) | {"worth_automating": worth},
            [],
            3,
        )
    adopted = states[-1].adoption
    assert adopted[:, 2].min() > 0 and not adopted[:, [0, 1, 3]].any()
