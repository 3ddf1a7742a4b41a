"""Equations of programs, informal work and incomes, each against a closed form or sampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.kernel import distribution, flows, informality, programs
from sweep.kernel.reference import simulate_reference
from tests.kernel_cases import Floats, median_draws, one_region, policy

SHARES = st.floats(0.01, 0.95)


def n(*values: float) -> Floats:
    return np.array(values)


@given(SHARES, st.floats(0.01, 0.9))
def test_take_up_holds_its_share_of_a_pool(share: float, leaving: float) -> None:
    offer = programs.guarantee_offer(n(1), n(share), n(leaving))[0]
    participants, pool = share * 100, (1 - share) * 100
    assert offer * pool == pytest.approx(leaving * participants)
    year = programs.open_ended_offer(n(1), n(share))[0]
    assert year * pool == pytest.approx(participants / 12)


def test_nobody_is_diverted_without_an_offer_and_all_with_certain_take_up() -> None:
    np.testing.assert_allclose(programs.diverted_share(n(0, 1, 1), n(0.8, 0.8, 1)), [0, 0.88, 1])


def test_the_inactive_are_their_share_of_all_who_join() -> None:
    joined = programs.taken_from_inactivity(n(60), n(0.4), n(1e6))[0]
    assert joined / (60 + joined) == pytest.approx(0.4)
    assert programs.taken_from_inactivity(n(60), n(0.4), n(10))[0] == 2


def test_normal_distribution_function() -> None:
    from scipy.stats import norm

    z = np.linspace(-8, 8, 4001)
    np.testing.assert_allclose(programs.normal_share(z), norm.cdf(z), atol=2e-7)


def test_a_floor_lifts_mean_pay_as_sampling_says() -> None:
    pay = np.exp(np.random.default_rng(1).normal(np.log(40_000) - 0.5 * 0.4**2, 0.4, 2_000_000))
    assert programs.mean_above_floor(n(30_000), n(40_000), n(0.4))[0] == pytest.approx(
        np.maximum(pay, 30_000).mean(), rel=1e-3
    )
    lifts = programs.floor_lift(n(0, 1, 1, 1), n(30_000, 30_000, 10_000, 35_000), n(15_000), n(40_000), n(0.4))
    assert lifts[0] == lifts[2] == 1
    assert 1 < lifts[1] < lifts[3]


def test_success_is_that_of_who_is_trained() -> None:
    mixed = programs.mixed_success(n(0.5), n(0.26), n(0.6), n(0, 1, 0, 0.5), n(0, 0, 1, 0.5), n(0))
    np.testing.assert_allclose(mixed, [0.5, 0.26, 0.6, 0.43])
    assert programs.mixed_success(n(0.5), n(0.5), n(0.5), n(0), n(0), n(0.1))[0] == pytest.approx(0.55)


def test_informal_work_takes_formal_losers_in_part() -> None:
    target = informality.informal_target(n(100, 10, 0), n(1), n(0.6), n(1, 0.1, 0), n(10))
    np.testing.assert_allclose(target, [106, 10.6, 0])
    assert informality.informal_hazard(n(90), n(100), n(10))[0] == pytest.approx(-0.1)


def test_shares_below_a_line_and_gini_of_log_normal_incomes() -> None:
    """Aitchison and Brown 1957: the Gini coefficient of a log-normal is 2Φ(sd/√2) − 1."""
    incomes = np.exp(np.random.default_rng(2).normal(0, 0.6, 1_000_000) - 0.18) * 50_000
    below = distribution.share_below(n(20_000), n(0), n(50_000), n(0.6))[0]
    assert below == pytest.approx((incomes < 20_000).mean(), abs=2e-3)
    mean, steps = n(50_000), np.arange(119.0)
    lines = distribution.grid_income(mean, steps)
    shares = distribution.share_below(lines, n(0), mean, n(0.6))
    expected = 2 * programs.normal_share(n(0.6 / np.sqrt(2)))[0] - 1
    assert distribution.gini_term(shares, lines, mean).sum() == pytest.approx(expected, abs=1e-5)


def test_a_flat_amount_moves_every_income_by_itself() -> None:
    incomes = np.exp(np.random.default_rng(3).normal(0, 0.6, 1_000_000) - 0.18) * 40_000 + 10_000
    below = distribution.share_below(n(10_000, 20_000, 60_000), n(10_000), n(40_000), n(0.6))
    np.testing.assert_allclose(below, [(incomes < line).mean() for line in (10_000, 20_000, 60_000)], atol=2e-3)


def test_nobody_is_poor_whose_basic_income_is_over_the_line() -> None:
    income = policy(basic_income_amount=1000, basic_income_eligible=1)
    result = simulate_reference(one_region(), median_draws(1, poverty_line=11_000), [income], 5)
    assert result["national_poverty_rate"][0, 0, -1] > 0.01
    assert result["national_poverty_rate"][1, 0, -1] == pytest.approx(0, abs=1e-9)
    assert result["gini"][1, 0, -1] < result["gini"][0, 0, -1] - 0.03


def test_matching_moves_trainees_between_groups_only_where_it_is_paid_for() -> None:
    """Eq. 97, at a rate of .1: all jobless in training and full matching double it at a gain of 1."""
    moved = flows.mobility(n(0.1), n(1), n(1, 1, 0), n(50, 0, 50), n(0, 50, 0))
    np.testing.assert_allclose(moved, [0.2, 0.1, 0.1])


def test_a_nations_group_keeps_mean_and_variance() -> None:
    people, means = n(1, 3), n(30_000, 60_000)
    total, squares = (people * means).sum(), (people * means**2).sum()
    spread = distribution.spread_over_regions(n(0.5), people.sum(), total, squares)[0]
    mean = total / people.sum()
    second = (people * means**2 * np.exp(0.25)).sum() / people.sum()
    assert mean**2 * np.exp(spread**2) == pytest.approx(second)
