"""Laws of the labor kernel: conservation, an inert baseline, identities, signs, and one result by two paths."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep.kernel import demand
from sweep.kernel.adoption import adoption_step, frontier, tax_response
from sweep.kernel.compiled import simulate
from sweep.kernel.economy import Economy
from sweep.kernel.flows import risk_scale
from sweep.kernel.instruments import CLOSURES, DOSES, Instruments, Timing
from sweep.kernel.parameters import PARAMETERS
from sweep.kernel.reference import STOCKS, simulate_reference
from sweep.regions import load_regions
from tests.kernel_cases import (
    POLICIES,
    VALUES,
    Draws,
    Floats,
    build,
    median_draws,
    one_region,
    policy,
    random_economy,
    tiny_economy,
    varied_draws,
    watched,
)

Path = Callable[[Economy, Draws, Sequence[Instruments], int], dict[str, Floats]]


def float64(economy: Economy, draws: Draws, policies: Sequence[Instruments], years: int) -> dict[str, Floats]:
    return simulate(economy, draws, policies, years, "float64")


def float32(economy: Economy, draws: Draws, policies: Sequence[Instruments], years: int) -> dict[str, Floats]:
    return simulate(economy, draws, policies, years, "float32")


PATHS = pytest.mark.parametrize("path", [simulate_reference, float64, float32])


def worst(result: dict[str, Floats], exact: dict[str, Floats]) -> dict[str, float]:
    """Largest error of each outcome against its largest absolute value, for changes from zero at least a small one."""
    assert all(np.isfinite(values).all() for values in (*result.values(), *exact.values()))
    errors = {name: np.abs(result[name] - exact[name]).max() for name in exact}
    return {name: float(error / scale(name, exact[name])) for name, error in errors.items()}


def scale(name: str, values: Floats) -> float:
    least = 0.01 if name == "life_satisfaction" else 0.05 if name.startswith("demand_") else 1e-300
    return max(float(np.abs(values).max()), least)


def last(result: dict[str, Floats], name: str) -> Floats:
    """A national outcome of the last year, one value per policy, of the first draw."""
    return result[name][:, 0, -1]


def test_cases_cover_every_parameter() -> None:
    assert list(VALUES) == [parameter.name for parameter in PARAMETERS]


# Conservation and the baseline


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_people_are_conserved(seed: int) -> None:
    economy = random_economy(3, 4, seed, informal=[0, 2e5, 9e5])
    with watched() as states:
        simulate_reference(economy, varied_draws(3, seed, 3), POLICIES, 7)
    for s in states:
        stocks = [getattr(s, name) for name in STOCKS if name != "population"]
        assert all(stock.min() >= 0 for stock in stocks)
        people = sum(stock.sum(axis=1, keepdims=True) for stock in stocks)
        np.testing.assert_allclose(people, s.population, rtol=1e-9)
        np.testing.assert_allclose(s.population.sum(axis=2), economy.population.sum(), rtol=1e-9)


@pytest.mark.parametrize(("path", "tolerance"), [(simulate_reference, 1e-12), (float64, 1e-12), (float32, 1e-6)])
def test_no_shock_no_drift(path: Path, tolerance: float) -> None:
    draws = varied_draws(4, 1, 51, worth_automating=0)
    result = path(load_regions("us_states"), draws, [], 20)
    assert np.abs(result["debt"]).max() <= tolerance * result["national_gdp"].max()
    for name, values in result.items():
        start = values[..., :1]
        if name != "debt":
            assert np.abs(values - start).max() <= tolerance * scale(name, start), name


def test_hazards_above_one_do_not_move_the_baseline() -> None:
    draws = median_draws(1, worth_automating=0, job_finding=0.55, long_term_share=0.4, exit_rate=0.3)
    rate = simulate_reference(tiny_economy(), draws, [], 5)["unemployment_rate"]
    np.testing.assert_allclose(rate, np.broadcast_to(rate[..., :1], rate.shape), rtol=1e-12)


@PATHS
@pytest.mark.parametrize("closure", CLOSURES)
def test_dose_zero_is_no_policy(path: Path, closure: str) -> None:
    timing = {"training": Timing(12, 24, (1,)), "basic_income": Timing(6)}
    zero = policy(closure, timing, **dict.fromkeys(DOSES, 0.0) | {"basic_income_eligible": 1.0})
    for name, values in path(tiny_economy(), varied_draws(3, 5, 3), [zero], 12).items():
        assert np.array_equal(values[0], values[1]), name


@pytest.mark.parametrize(("elasticity", "output"), [(0.0, 1.0), (1.0, 0.8)])
def test_four_day_week_output_runs_from_the_pilots_to_proportional(elasticity: float, output: float) -> None:
    """UK pilot 2022: revenue held; Pencavel 2015: output in proportion to hours."""
    one = np.ones(1)
    assert demand.hours_output(one, 0.2 * one, elasticity * one)[0] == pytest.approx(output, abs=1e-15)


@PATHS
def test_four_day_week_at_full_pay_leaves_jobs_where_sharing_meets_its_cost(path: Path) -> None:
    week = policy(four_day_week_coverage=0.25, four_day_week_cut=0.2, four_day_week_pay_kept=1)
    draws = median_draws(3, worth_automating=0, demand_elasticity=0.5, work_sharing=[0.5, 0.2, 0.8])
    result = path(one_region(), draws, [week], 15)
    jobs, produced = (result[name][:, :, -1] for name in ("national_employment", "national_gdp"))
    assert jobs[1, 0] == pytest.approx(jobs[0, 0], rel=1e-6)
    assert jobs[1, 1] < jobs[0, 1]
    assert jobs[1, 2] > jobs[0, 2]
    yh = 1 - 0.25 * (1 - 0.8**0.5)
    assert produced[1, 0] / produced[0, 0] == pytest.approx(yh, rel=1e-6)


@PATHS
def test_worker_voice_turns_layoffs_into_attrition(path: Path) -> None:
    draws = median_draws(1, voice_slowdown=0, voice_automation_shift=0)
    strengths = [policy(worker_voice_strength=strength) for strength in (0.25, 0.5, 1)]
    layoffs = path(one_region(), draws, strengths, 15)["layoffs"][:, 0, 1:].sum(axis=1)
    np.testing.assert_allclose(layoffs[1:] / layoffs[0], [0.75, 0.5, 0], atol=0.02)
    slower = path(one_region(), median_draws(1, voice_slowdown=0.2), strengths, 8)["ai_adoption"][:, 0, 0, -1]
    assert np.all(np.diff(slower) < 0)


@pytest.mark.parametrize("closure", ["debt", "labor_tax"])
def test_cash_for_all_without_a_supply_response_makes_no_jobs(closure: str) -> None:
    cash = Instruments(
        {"basic_income_amount": 500, "basic_income_eligible": 1}, {"basic_income": Timing(0, 12)}, closure
    )
    draws = median_draws(1, worth_automating=0, basic_income_participation=0, basic_income_hours=0, supply_elasticity=0)
    rate = 100 * float64(load_regions("us_states"), draws, [cash], 15)["national_unemployment_rate"][:, 0]
    assert np.abs(rate[1] - rate[0])[[5, 15]].max() < 0.05


# Two paths, one result


@pytest.mark.parametrize(("path", "tolerance"), [(float64, 1e-9), (float32, 1e-5)])
def test_compiled_path_matches_reference(path: Path, tolerance: float) -> None:
    economy, draws = load_regions("us_states"), varied_draws(5, 7, 51)
    errors = worst(path(economy, draws, POLICIES, 15), simulate_reference(economy, draws, POLICIES, 15))
    # A rate that closes a budget carries the rounding of the budget, amounts many times its base.
    errors["usage_tax_added"] /= 10
    assert {name: error for name, error in errors.items() if error > tolerance} == {}


@pytest.mark.parametrize(("regions", "groups"), [(1, 1), (1, 5), (7, 3)])
def test_any_number_of_regions_and_groups(regions: int, groups: int) -> None:
    economy, draws = random_economy(regions, groups, seed=2), varied_draws(4, 3, regions)
    policies = [POLICIES[1], policy("lump_sum", usage_tax_rate=0.2, dividend_share=1, training_budget=1e7)]
    exact = simulate_reference(economy, draws, policies, 15)
    assert exact["employment"].shape == (3, 4, regions, 16)
    assert exact["net_cost"].shape == (3, 4, 16)
    assert max(worst(float64(economy, draws, policies, 15), exact).values()) < 1e-9
    assert max(worst(float32(economy, draws, policies, 15), exact).values()) < 1e-5


def test_bits_do_not_depend_on_the_batch() -> None:
    economy, draws = tiny_economy(), varied_draws(7, 11, 3)
    whole = float32(economy, draws, POLICIES, 10)
    for rows in (slice(0, 1), slice(1, 4), slice(4, 7)):
        part = float32(economy, {name: values[rows] for name, values in draws.items()}, POLICIES, 10)
        assert all(np.array_equal(part[name], whole[name][:, rows]) for name in whole)


def test_bits_do_not_depend_on_other_policies() -> None:
    economy, draws = tiny_economy(), varied_draws(3, 11, 3)
    whole, alone = float32(economy, draws, POLICIES, 10), float32(economy, draws, POLICIES[3:4], 10)
    assert all(np.array_equal(alone[name][1], whole[name][4]) for name in whole)


# Fiscal identities


def test_no_policy_costs_nothing() -> None:
    result = simulate_reference(tiny_economy(), varied_draws(3, 2, 3), [], 10)
    for name in ("net_cost", "gross_cost", "ai_tax_revenue", "labor_tax_change", "trainees"):
        assert not result[name].any(), name


def test_lump_sum_leaves_debt_as_the_twins() -> None:
    many = [replace(one, closure="lump_sum", closures={}) for one in POLICIES]
    result = simulate_reference(tiny_economy(), varied_draws(3, 2, 3), many, 15)
    debt = result["debt"]
    np.testing.assert_allclose(debt, np.broadcast_to(debt[:1], debt.shape), rtol=1e-9)
    assert np.abs(result["net_cost"][1:]).max() > 0


def test_gross_cost_is_the_amount_times_the_people() -> None:
    economy = one_region()
    given = policy(basic_income_amount=500, basic_income_eligible=0.8, basic_income_dependents=0.5)
    result = simulate_reference(economy, median_draws(1), [given], 3)
    people = 0.8 * economy.population[0] + 0.5 * (economy.residents[0] - economy.population[0])
    np.testing.assert_allclose(result["gross_cost"][1, 0, 1:], 6000 * people, rtol=1e-12)


def test_without_behavior_net_cost_is_gross_cost() -> None:
    draws = median_draws(1, basic_income_participation=0, basic_income_hours=0)
    given = policy(basic_income_amount=500, basic_income_eligible=1)
    result = simulate_reference(one_region(), draws, [given], 10)
    np.testing.assert_allclose(result["net_cost"][1], result["gross_cost"][1], rtol=1e-9)


def test_rent_tax_costs_the_capital_tax_it_displaces() -> None:
    result = simulate_reference(one_region(), median_draws(1, capital_tax=0.1), [policy(profit_tax_rate=0.3)], 10)
    np.testing.assert_allclose(result["net_cost"][1], -0.9 * result["ai_tax_revenue"][1], rtol=1e-6)
    assert np.array_equal(result["ai_adoption"][0], result["ai_adoption"][1])


def test_dividend_pays_out_its_share_of_revenue() -> None:
    taxed = policy(timing={"dividend": Timing(0, 0, (0, 2))}, usage_tax_rate=0.3, dividend_share=0.6)
    result = simulate_reference(tiny_economy(), varied_draws(2, 3, 3), [taxed], 10)
    np.testing.assert_allclose(result["gross_cost"][1], 0.6 * result["ai_tax_revenue"][1], rtol=1e-12)


def test_dividend_without_residents_pays_nothing() -> None:
    taxed = policy(timing={"dividend": Timing(0, 0, ())}, usage_tax_rate=0.3, dividend_share=1)
    for path in (simulate_reference, float32):
        assert not path(tiny_economy(), median_draws(1), [taxed], 5)["gross_cost"].any()


@PATHS
def test_labor_tax_closes_the_budget(path: Path) -> None:
    given = policy("labor_tax", basic_income_amount=300, basic_income_eligible=1)
    result = path(tiny_economy(), median_draws(1, worth_automating=0, migration_response=0), [given], 20)
    levy = last(result, "labor_tax_change") * last(result, "labor_share") * last(result, "national_gdp")
    cost = last(result, "net_cost")
    assert abs(cost[1] - levy[1]) < 1e-4 * cost[1]
    assert levy[0] == 0


@PATHS
def test_labor_tax_stays_below_the_whole_income(path: Path) -> None:
    given = policy("labor_tax", basic_income_amount=4000, basic_income_eligible=1)
    result = path(tiny_economy(), median_draws(1, labor_tax=0.6), [given], 10)
    assert last(result, "labor_tax_change")[1] == pytest.approx(0.35, rel=1e-6)
    assert all(np.isfinite(values).all() for values in result.values())


# Each instrument moves its own target


def test_basic_income_lowers_participation_by_the_published_effect() -> None:
    doses = [policy(basic_income_amount=amount, basic_income_eligible=1) for amount in (250, 500, 1000)]
    draws = median_draws(1, equilibrium_offset=0, worth_automating=0)
    result = simulate_reference(one_region(), draws, doses, 20)
    rate = last(result, "national_participation_rate")
    np.testing.assert_allclose(rate[1:] - rate[0], [-0.007, -0.014, -0.028], atol=2e-5)
    assert np.all(np.diff(last(result, "national_employment")) < 0)
    assert np.all(np.diff(last(result, "gross_cost")) > 0)


def test_dividend_is_cash_for_labor_supply() -> None:
    draws = median_draws(1)
    taxed = [policy(usage_tax_rate=0.5, dividend_share=share) for share in (0, 0.5, 1)]
    assert np.all(np.diff(last(float64(tiny_economy(), draws, taxed, 15), "national_participation_rate")[1:]) < 0)


def test_training_lowers_joblessness_in_the_end() -> None:
    doses = [policy(training_budget=budget) for budget in (1e6, 1e7, 3e7)]
    result = simulate_reference(tiny_economy(), median_draws(1, worth_automating=0), doses, 20)
    assert np.all(np.diff(last(result, "trainees")) > 0)
    assert np.all(np.diff(last(result, "national_jobless_rate")) < 0)
    in_first_year = result["national_jobless_rate"][:, 0, 1]
    assert np.all(np.diff(in_first_year) > 0), "courses lock people in before they help"


def test_usage_tax_slows_adoption() -> None:
    result = float64(tiny_economy(), median_draws(1), [policy(usage_tax_rate=rate) for rate in (0.1, 0.3, 0.6)], 15)
    assert np.all(np.diff(result["ai_adoption"][:, 0, 0, -1]) < 0)
    assert np.all(last(result, "ai_tax_revenue")[1:] > 0)


def test_profit_tax_raises_revenue_up_to_its_peak() -> None:
    rates = (0.1, 0.3, 0.5)
    result = float64(tiny_economy(), median_draws(1), [policy(profit_tax_rate=rate) for rate in rates], 15)
    assert np.all(np.diff(last(result, "ai_tax_revenue")) > 0)
    revenue = last(result, "ai_tax_revenue")[1:]
    expected = np.array([rate * (1 - 0.9 * rate) for rate in rates])
    np.testing.assert_allclose(revenue / revenue[0], expected / expected[0], rtol=1e-9)


def test_displacement_tax_prevents_layoffs() -> None:
    doses = [policy(displacement_tax_rate=rate) for rate in (0.1, 0.3, 0.6)]
    result = float64(tiny_economy(), median_draws(1), doses, 12)
    assert np.all(np.diff(result["layoffs"][:, 0].sum(axis=1)) < 0)
    assert np.all(np.diff(result["ai_adoption"][:, 0, 0, -1]) < 0)


@pytest.mark.parametrize(
    ("taxes", "wedge"),
    [
        ({"usage_tax_rate": 0.2}, 0.2 * 0.6 * 0.73),
        ({"displacement_tax_rate": 0.3}, 0.3 * 0.65 * 0.43 * 0.5 * 0.15),
        ({"profit_tax_rate": 0.4}, 0.4 * 0.5 * 0.27),
    ],
)
def test_taxes_lower_the_ceiling_by_their_wedge(taxes: dict[str, float], wedge: float) -> None:
    draws = median_draws(1, profit_tax_distortion=0.5)
    reached = float64(one_region(), draws, [Instruments(taxes)], 60)["ai_adoption"][:, 0, 0, -1]
    expected = (1 + np.exp(-0.27 / 0.15)) / (1 + np.exp((wedge - 0.27) / 0.15))
    assert reached[1] / reached[0] == pytest.approx(expected, rel=1e-6)


def test_a_policy_acts_from_its_start_and_in_its_regions() -> None:
    given = policy(timing={"usage_tax": Timing(36, 12, (1,))}, usage_tax_rate=0.5)
    adoption = float32(tiny_economy(), median_draws(1), [given], 10)["ai_adoption"][:, 0]
    assert np.array_equal(adoption[0, :, :4], adoption[1, :, :4])
    assert np.array_equal(adoption[0, [0, 2]], adoption[1, [0, 2]])
    assert np.all(adoption[1, 1, 5:] < adoption[0, 1, 5:])


def test_doses_differ_by_draw() -> None:
    given = Instruments({"basic_income_amount": np.array([0.0, 500.0]), "basic_income_eligible": 1.0})
    for path in (simulate_reference, float32):
        cost = path(tiny_economy(), median_draws(2), [given], 3)["gross_cost"][1, :, -1]
        assert cost[0] == 0
        assert cost[1] > 0


# Regions


def test_a_regional_shock_does_not_run_away() -> None:
    jobs = np.full((2, 4), 1e6)
    shock = np.zeros((2, 4))
    shock[:, 0] = 0.001
    draws = varied_draws(40, 13, worth_automating=0, migration_response=0)
    jobs_now = float64(build(jobs, nontradable=[0, 1], demand_shock=shock), draws, [], 40)["employment"][0, :, 0]
    response = np.log(jobs_now[:, -1] / jobs_now[:, 0]) / 0.001
    assert np.all(response > 0)
    assert np.all(response < 1 + draws["local_multiplier"])


def test_a_group_without_jobs_stays_empty() -> None:
    jobs = np.array([[1e5, 2e5], [0.0, 1e5]])
    for path in (simulate_reference, float32):
        with np.errstate(divide="ignore"):
            result = path(build(jobs), median_draws(1), POLICIES[3:4], 5)
        assert all(np.isfinite(values).all() for values in result.values())


# Laws of single equations

SHARES = st.floats(0.001, 1)


@given(SHARES, st.floats(0.01, 1), st.floats(0, 2), st.floats(0, 2))
def test_more_tax_never_raises_what_pays(saving: float, spread: float, tax: float, more: float) -> None:
    response = tax_response(np.array(saving), np.array(spread), np.array([0, tax, tax + more]))
    assert response[0] == 1
    assert np.all(np.diff(response) <= 0)
    assert response[2] > 0


@given(SHARES, SHARES, st.floats(0, 5), st.floats(0, 10), st.floats(0, 1))
def test_adoption_moves_towards_its_ceiling(now: float, limit: float, p: float, q: float, active: float) -> None:
    after = now + adoption_step(np.array(now), np.array(limit), np.array(p / 12), np.array(q / 12), np.array(active))
    assert min(now, limit) - 1e-12 <= after <= max(now, limit) + 1e-12


@given(st.floats(0, 40), st.floats(0.5, 20), st.floats(0.1, 5))
def test_frontier_starts_at_zero_and_rises_to_one(year: float, midpoint: float, width: float) -> None:
    years = np.array([0, year, year + 1, 1e4])
    moved = frontier(years, np.array(midpoint), np.array(width))
    assert moved[0] == 0
    assert moved[3] == pytest.approx(1)
    assert np.all(np.diff(moved) >= 0)


@given(st.floats(0, 50))
def test_no_more_people_leave_than_are_there(total: float) -> None:
    assert total * risk_scale(np.array(total)) <= 1 + 1e-12
    assert risk_scale(np.array(total)) <= 1
