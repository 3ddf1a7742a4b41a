"""What the equations mean: closed forms and signs that a wrong factor or sign in one of them breaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.kernel import accounts, adoption, demand, flows, migration, supply, wages
from sweep.kernel.instruments import Instruments, Timing
from sweep.kernel.reference import simulate_reference
from tests.kernel_cases import Floats, build, median_draws, one_region, policy

SHARES = st.floats(0.01, 1)
CASH = {"basic_income_amount": 1000.0, "basic_income_eligible": 1.0}


def n(*values: float) -> Floats:
    return np.array(values)


# Adoption


def test_adoption_follows_the_bass_curve() -> None:
    """Bass 1969: A/Ā = (1 − exp(−(p + q)t))/(1 + q/p·exp(−(p + q)t)); a year's mean is that of its middle."""
    p, q = 0.02, 0.45
    result = simulate_reference(one_region(), median_draws(1, innovation_rate=p, imitation_rate=q), [], 60)
    share = result["ai_adoption"][0, 0, 0] / (0.3 * 0.42)
    decay = np.exp(-(p + q) * (np.arange(1, 21) - 0.5))
    np.testing.assert_allclose(share[1:21], (1 - decay) / (1 + q / p * decay), atol=0.02)
    assert share[-1] == pytest.approx(1, abs=1e-6)


def test_adoption_waits_for_its_lag() -> None:
    result = simulate_reference(one_region(), median_draws(1, regional_lag=3), [], 5)["ai_adoption"][0, 0, 0]
    assert not result[:4].any()
    assert result[4] > 0


def test_new_tasks_follow_with_their_mean_delay() -> None:
    lagged = 0.0
    for _ in range(12 * 20):
        lagged += float(adoption.lagged_step(n(1), n(lagged), n(1 / 240))[0])
    assert lagged == pytest.approx(1 - np.exp(-1), abs=2e-3)
    assert adoption.automated_share(n(0.4), n(0.5), n(0.5), n(0.5))[0] == pytest.approx(0.1)
    assert adoption.automated_share(n(0.4), n(0.5), n(0.5), n(0))[0] == pytest.approx(0.2)


def test_exposure_is_a_weighted_mean_of_ratings() -> None:
    assert adoption.exposure_rating(n(0.6), n(0.2), n(0.25))[0] == pytest.approx(0.3)


def test_exposure_moves_from_narrow_to_wide_and_never_above_one() -> None:
    moved = adoption.exposure(n(0.3), n(0.7), n(0.2), n(0, 0.5, 1))
    np.testing.assert_allclose(moved, [0.3, 0.6, 0.9])
    assert adoption.exposure(n(0.3), n(0.9), n(0.4), n(1))[0] == 1


# Demand


@given(st.floats(0.05, 3), st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=5))
def test_local_demand_is_zero_sum_and_its_rounds_add_up(multiplier: float, changes: list[float]) -> None:
    jobs, change = np.linspace(1, 2, len(changes)), np.array(changes)
    response = demand.local_response(n(multiplier))
    assert response / (1 - response) == pytest.approx(multiplier)
    demanded = (jobs * np.exp(response * change)).sum(keepdims=True)
    own = change - demand.income_balance(demanded, jobs.sum(keepdims=True), response)
    assert (jobs * np.exp(response * own)).sum() == pytest.approx(jobs.sum())


def test_a_tenth_of_income_is_always_left_to_spend() -> None:
    np.testing.assert_allclose(demand.income_change(n(2, 0.2, -5), n(1)), np.log([2, 0.2, 0.1]))


# Supply


def test_withdrawal_is_offset_in_equilibrium_and_leaves_a_tenth_at_work() -> None:
    one, offset = n(1), n(0.57)
    target = supply.withdrawal_target(n(1000), n(-2.8), offset, 1000 * one, 0 * one, 600 * one)
    assert target[0] == pytest.approx(28 * 0.43)
    assert supply.withdrawal_target(n(1e6), n(-2.8), offset, 1000 * one, 0 * one, 600 * one)[0] == 540


def test_a_labor_tax_lowers_participation_by_its_elasticity() -> None:
    draws = median_draws(1, worth_automating=0, basic_income_participation=0, basic_income_hours=0)
    result = simulate_reference(one_region(), draws, [Instruments(CASH, closure="labor_tax")], 30)
    rate, force = result["labor_tax_change"][1, 0, -1], result["national_participation_rate"][:, 0, -1]
    assert rate > 0.1
    assert force[1] / force[0] - 1 == pytest.approx(0.25 * np.log((0.74 - rate) / 0.74), rel=1e-3)


def test_cash_shortens_hours_and_with_them_pay() -> None:
    draws = median_draws(1, worth_automating=0, basic_income_participation=0, equilibrium_offset=0)
    pay = simulate_reference(one_region(), draws, [Instruments(CASH)], 5)["national_wage"][:, 0, -1]
    assert pay[1] / pay[0] == pytest.approx(1 - 1.35 / 34.2, rel=1e-9)


def test_withdrawal_takes_about_a_year() -> None:
    withdrawn = 0.0
    for _ in range(12):
        withdrawn += float(supply.withdrawal_step(n(1), n(withdrawn))[0])
    assert 0.6 < withdrawn < 0.67


# Flows


def test_no_more_than_95_percent_find_work_in_a_month() -> None:
    np.testing.assert_allclose(flows.finding_rate(n(4, 50) * flows.per_searcher(n(10))), [0.4, 0.95])


def test_layoffs_add_up_to_their_part_of_displacement() -> None:
    draws = median_draws(1, displacement_layoffs=0.5, automation_share=0.43)
    result = simulate_reference(one_region(), draws, [], 60)
    displaced = 0.43 * result["ai_adoption"][0, 0, 0, -1] * 1e6
    assert result["layoffs"][0, 0].sum() == pytest.approx(0.5 * displaced, rel=0.03)


@given(st.floats(1, 1e6), st.floats(0, 0.05), st.floats(0, 0.05), st.floats(0.01, 1), st.floats(0.98, 1.2))
def test_employment_moves_to_what_is_desired_whoever_is_laid_off(
    employed: float, separations: float, layoffs: float, speed: float, ratio: float
) -> None:
    lost, fired, desired = n(separations * employed), n(layoffs * employed), n(ratio * employed)
    need = flows.hiring_need(lost, fired, n(speed), desired, n(employed))
    after = flows.employed_next(n(employed), np.maximum(need, 0), lost, fired + np.maximum(-need, 0))
    assert after[0] - employed == pytest.approx(speed * (desired[0] - employed), abs=1e-9 * employed)


def test_a_slump_raises_unemployment_more_the_fewer_give_up() -> None:
    economy, elasticity = one_region(demand_shock=-0.01), [0, 0.4, 0.6, 0.8, 1]
    draws = median_draws(5, worth_automating=0, exit_procyclicality=elasticity)
    rate = 100 * simulate_reference(economy, draws, [], 30)["national_unemployment_rate"][0]
    rise = rate[:, -1] - rate[:, 0]
    assert np.all(np.diff(rise) > 0)
    assert 0.1 < rise[0] < rise[-1] < 0.6


def test_trainees_are_what_the_budget_pays_for() -> None:
    draws = median_draws(1, worth_automating=0, training_cost=8000, training_months=8)
    result = simulate_reference(one_region(), draws, [policy(training_budget=1.2e6)], 15)
    assert result["trainees"][1, 0, -1] == pytest.approx(1.2e6 / 8000 * 8 / 12, rel=1e-6)
    assert result["gross_cost"][1, 0, -1] == pytest.approx(1.2e6, rel=1e-9)


def test_graduates_count_for_as_long_as_training_lasts() -> None:
    steady = 12 * 10 * 2 * 0.3 * 50
    assert flows.graduates_next(n(steady), n(0.3), n(50), n(10))[0] == pytest.approx(steady)
    assert flows.graduates_next(n(0), n(0.5), n(50), n(10))[0] == 50


def test_mixing_moves_searchers_towards_where_jobs_are() -> None:
    searchers, jobs = n(80, 20), n(0.5, 0.5)
    moved = flows.mixing(searchers, searchers.sum(keepdims=True), jobs, n(0.1))
    np.testing.assert_allclose(moved, [-3, 3])


# Pay and migration


def test_trainees_press_on_pay_by_their_weight() -> None:
    nobody = wages.slack(n(10), n(90), n(0), n(1))[0]
    assert wages.slack(n(6), n(90), n(4), n(1))[0] == pytest.approx(nobody)
    assert wages.slack(n(6), n(90), n(4), n(0))[0] == pytest.approx(6 / 96)


def test_productivity_reaches_pay_by_its_pass_through() -> None:
    draws = median_draws(1, wage_curve=0, wage_pass_through=0.5)
    result = simulate_reference(one_region(), draws, [], 60)
    gain = 0.53 * 0.27 * result["ai_adoption"][0, 0, 0, -1]
    pay = result["national_wage"][0, 0]
    assert np.log(pay[-1] / pay[0]) == pytest.approx(0.5 * gain, rel=1e-4)


def test_people_move_to_jobs_and_pay() -> None:
    assert migration.attraction(n(0.03), n(0.04), n(0))[0] == pytest.approx(0.01)
    assert migration.attraction(n(0.04), n(0.04), n(0.1))[0] == pytest.approx(0.02)
    economy = build(np.full((1, 3), 1e6), demand_shock=[[-0.01, 0, 0]])
    result = simulate_reference(economy, median_draws(1, worth_automating=0), [], 10)
    rate, employed = result["unemployment_rate"][0, 0], result["employment"][0, 0]
    people = employed / (1 - rate) / result["participation_rate"][0, 0]
    assert people[0, -1] < people[0, 0]
    assert np.all(people[1:, -1] > people[1:, 0])


# Accounts


def test_output_holds_when_ai_does_what_it_displaces() -> None:
    assert accounts.task_volume(n(0.9), n(1), n(0.1))[0] == pytest.approx(1)
    assert accounts.output(n(7), n(1), n(1), n(0.5))[0] == 7


@given(SHARES, SHARES, SHARES, st.floats(1, 1e12))
def test_labor_cost_of_ai_tasks_is_spending_and_saving(rent: float, saving: float, share: float, value: float) -> None:
    spending = accounts.ai_spending(n(saving), n(share), n(value))
    rents = accounts.ai_rents(n(rent), n(saving), n(share), n(value))
    assert (spending + rents / rent)[0] == pytest.approx(share * value)


def test_small_taxes_raise_rate_times_base() -> None:
    rate = 1e-6
    taxes = [Instruments({name: rate}) for name in ("usage_tax_rate", "profit_tax_rate", "displacement_tax_rate")]
    result = simulate_reference(one_region(), median_draws(1, reinstatement=0, wage_curve=0), taxes, 15)
    tasks = 0.53 * result["national_gdp"][0, 0, 0] * result["ai_adoption"][0, 0, 0]
    # Tasks grow with employment and what AI does: at most a few percent by then.
    usage, profit, levy = result["ai_tax_revenue"][1:, 0, -1]
    assert usage == pytest.approx(rate * 0.6 * 0.73 * tasks[-1], rel=0.05)
    assert profit == pytest.approx(rate * 0.5 * 0.27 * tasks[-1], rel=0.05)
    assert levy == pytest.approx(rate * 60_000 * result["layoffs"][0, 0, -1], rel=1e-4)


def test_debt_bears_interest_by_the_month() -> None:
    assert accounts.debt_next(n(100), n(0.12), n(0))[0] == pytest.approx(101)
    assert accounts.debt_next(n(0), n(0.12), n(1200))[0] == pytest.approx(100)


def test_scars_are_deeper_in_a_slump() -> None:
    """Davis and von Wachter 2011: 1.4 years of pay at unemployment under 6 %, 2.8 over 8 %."""
    np.testing.assert_allclose(
        accounts.scar_years(n(0.03, 0.06, 0.07, 0.08, 0.2), n(1.4), n(2.8)), [1.4, 1.4, 2.1, 2.8, 2.8]
    )


def test_theil_index_is_zero_where_all_are_equal() -> None:
    people = n(1, 2, 3)
    assert accounts.theil(2 * people / 12, n(1, 1, 1)).sum() == pytest.approx(0, abs=1e-15)
    assert accounts.theil(n(4, 4, 4) / 12, n(4, 4, 4) / people / 2).sum() > 0


def test_a_phase_in_is_linear() -> None:
    given = Instruments(CASH, {"basic_income": Timing(12, 12)})
    cost = simulate_reference(one_region(), median_draws(1), [given], 3)["gross_cost"][1, 0]
    assert cost[1] == 0
    assert cost[2] / cost[3] == pytest.approx(6.5 / 12)
