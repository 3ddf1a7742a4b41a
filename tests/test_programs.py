"""Programs, informality and incomes: each instrument moves its own target, budgets close, parts add up."""

from dataclasses import replace

import numpy as np
import pytest

from sweep.kernel import programs
from sweep.kernel.instruments import Instruments, Timing
from sweep.kernel.reference import simulate_reference
from tests.kernel_cases import POLICIES, Floats, build, median_draws, one_region, policy, tiny_economy, varied_draws


def n(*values: float) -> Floats:
    return np.array(values)


def last(result: dict[str, Floats], name: str) -> Floats:
    return result[name][:, 0, -1]


def guarantee(offers: float = 1, wage: float = 15) -> Instruments:
    return policy(guarantee_offers=offers, guarantee_wage=wage)


def south() -> Floats:
    """Informal workers of a region with as many as formal ones."""
    return np.array([1e6])


# A baseline with informal work


def test_informal_work_stands_still_without_a_shock() -> None:
    economy = one_region(informal=south())
    result = simulate_reference(economy, median_draws(1, worth_automating=0), [], 10)
    assert last(result, "informal_share")[0] == pytest.approx(0.5)
    np.testing.assert_allclose(result["national_unemployment_rate"][0, 0], 0.0425, rtol=1e-9)
    np.testing.assert_allclose(result["national_gdp"][0, 0], economy.gdp.sum(), rtol=1e-9)


def test_where_nearly_everybody_works_few_cannot_be_employed() -> None:
    economy = one_region(population=1e6 / (1 - 0.0425) + 2e4)
    result = simulate_reference(economy, median_draws(1, worth_automating=0, not_employable=0.3), [], 5)
    assert last(result, "not_employable_share")[0] * economy.population[0] == pytest.approx(1e4)
    np.testing.assert_allclose(result["national_unemployment_rate"][0, 0], 0.0425, rtol=1e-9)


def test_formal_losers_turn_to_informal_work() -> None:
    economy = one_region(informal=south(), demand_shock=-0.05)
    draws = median_draws(2, worth_automating=0, informal_absorption=[0, 0.9])
    result = simulate_reference(economy, draws, [], 10)
    informal, rate = result["informal_share"][0, :, -1], result["national_unemployment_rate"][0, :, -1]
    assert informal[1] > informal[0] + 0.005
    assert rate[1] < rate[0]


def test_informal_income_pays_no_tax() -> None:
    economy, draws = one_region(informal=south()), median_draws(2, worth_automating=0, informal_productivity=[0.1, 0.5])
    result = simulate_reference(economy, draws, [], 1)
    revenue = result["labor_tax_revenue"][0, :, -1]
    np.testing.assert_allclose(revenue[1] / revenue[0], (1 + 0.1) / (1 + 0.5), rtol=1e-9)


# Each instrument moves its own target


def test_guarantee_ends_long_term_unemployment_and_costs_its_pay() -> None:
    result = simulate_reference(one_region(), median_draws(1), [guarantee(o) for o in (0.25, 0.5, 1)], 15)
    assert np.all(np.diff(last(result, "guarantee_workers")) > 0)
    assert np.all(np.diff(result["long_term_unemployment_rate"][:, 0, 0, -1]) < 0)
    assert np.all(np.diff(last(result, "national_poverty_rate")) < 0)
    workers, cost = result["guarantee_workers"][1:, 0, -1], result["guarantee_cost"][1:, 0, -1]
    np.testing.assert_allclose(cost, 2080 * 15 * 1.45 * workers, rtol=1e-9)
    np.testing.assert_allclose(result["guarantee_value"], 0.65 * result["guarantee_cost"], rtol=1e-9)


def test_a_guarantees_wage_is_a_floor_that_costs_private_jobs() -> None:
    draws = median_draws(1, guarantee_crowding=0, worth_automating=0)
    wages = [guarantee(wage=wage) for wage in (7.25, 15, 20)]
    result = simulate_reference(one_region(wage=35_000), draws, wages, 15)
    pay, policy_part = last(result, "national_wage"), last(result, "demand_policy")
    assert np.all(np.diff(pay[1:]) > 0)
    assert policy_part[1] == 0
    assert np.all(np.diff(policy_part[1:]) < 0)


def test_crowding_is_private_jobs_per_guarantee_job() -> None:
    draws = median_draws(3, guarantee_crowding=[-0.5, 0, 0.3], worth_automating=0)
    result = simulate_reference(one_region(), draws, [guarantee()], 15)
    assert np.all(np.diff(result["national_employment"][1, :, -1]) > 0)


def test_conditional_income_reaches_its_take_up() -> None:
    draws = median_draws(1, worth_automating=0, conditional_take_up=0.2, conditional_from_inactivity=0.4)
    given_ = [policy(conditional_income_offers=o, conditional_income_amount=1000) for o in (0.5, 1)]
    result = simulate_reference(one_region(), draws, given_, 20)
    participants, cost = last(result, "conditional_participants"), last(result, "conditional_income_cost")
    assert np.all(np.diff(participants) > 0)
    np.testing.assert_allclose(cost[1:], 12_000 * 1.1 * participants[1:], rtol=1e-9)
    assert np.all(np.diff(last(result, "national_poverty_rate")) < 0)


def test_investment_places_jobs_where_it_is_made() -> None:
    economy = build(np.full((2, 3), 1e6), narrow_human=[0.1, 0.5])
    given_ = [
        policy(timing={"place_investment": Timing(regions=(0,))}, place_investment_spending=x) for x in (1e9, 2e9)
    ]
    result = simulate_reference(economy, median_draws(1, worth_automating=0), given_, 10)
    change = result["employment"][1:, 0, :, -1] - result["employment"][0, 0, :, -1]
    assert 0.4 < change[0, 0] / (1e9 / 55_000) < 1.5
    assert change[1, 0] > change[0, 0] > np.abs(change[0, 1:]).max()
    np.testing.assert_allclose(last(result, "investment_cost"), [0, 1e9, 2e9])


def test_green_and_care_spending_buys_its_jobs() -> None:
    result = simulate_reference(
        one_region(), median_draws(1, worth_automating=0), [policy(green_care_spending=1e9)], 10
    )
    gained = last(result, "national_employment")
    assert 0.4 < (gained[1] - gained[0]) / 14_000 < 1


def test_a_veto_slows_adoption_there_and_demand_goes_elsewhere() -> None:
    economy = build(np.full((1, 3), 1e6))
    zone = {"veto": Timing(regions=(0,))}
    result = simulate_reference(economy, median_draws(1), [policy(timing=zone, veto_cut=c) for c in (0.2, 0.5)], 15)
    adoption, jobs = result["ai_adoption"][:, 0, :, -1], result["employment"][:, 0, :, 10]
    assert adoption[0, 0] > adoption[1, 0] > adoption[2, 0]
    np.testing.assert_array_equal(adoption[0, 1:], adoption[2, 1:])
    assert np.all(jobs[2, 1:] > jobs[0, 1:])
    none = simulate_reference(economy, median_draws(1, veto_leakage=0), [policy(timing=zone, veto_cut=0.5)], 15)
    assert last(none, "demand_policy")[1] == 0


def test_support_reaches_people_who_cannot_be_employed() -> None:
    given_ = [policy(support_amount=amount) for amount in (400, 800)]
    result = simulate_reference(one_region(), median_draws(1, not_employable=0.05), given_, 5)
    assert last(result, "not_employable_share")[0] == pytest.approx(0.05)
    people = 0.05 * one_region().population[0]
    np.testing.assert_allclose(last(result, "support_cost"), [0, 4800 * people, 9600 * people])
    assert np.all(np.diff(last(result, "national_poverty_rate")) < 0)
    np.testing.assert_allclose(result["national_employment"][1], result["national_employment"][0], rtol=1e-12)


def test_mutual_aid_lowers_informal_poverty() -> None:
    economy = one_region(informal=south())
    draws = median_draws(1, poverty_line=6_000)
    given_ = [policy(mutual_aid_coverage=c, mutual_aid_top_up=t) for c, t in ((0.5, 0), (1, 0), (1, 50))]
    poor = last(simulate_reference(economy, draws, given_, 5), "informal_poverty_rate")
    assert np.all(np.diff(poor) < 0)


def test_a_regional_fund_goes_where_ai_displaces_most() -> None:
    economy = build(np.full((2, 2), 1e6) * [[1, 0.2], [0.2, 1]], narrow_human=[0.5, 0.1], narrow_model=[0.5, 0.1])
    given_ = policy(usage_tax_rate=0.3, regional_fund_share=1, regional_fund_training=0.5, regional_fund_amount=1000)
    result = simulate_reference(economy, median_draws(1, migration_response=0), [given_], 15)
    assert last(result, "trainees")[1] > 0
    assert last(result, "conditional_participants")[1] > 0
    rate = result["jobless_rate"][:, 0, :, -1] - result["unemployment_rate"][:, 0, :, -1]
    assert (rate[1] - rate[0])[0] > (rate[1] - rate[0])[1] > 0
    spent = last(result, "gross_cost")[1]
    assert 0.5 < spent / last(result, "ai_tax_revenue")[1] < 1.2


def test_a_data_dividend_is_paid_from_rents_not_from_the_budget() -> None:
    result = simulate_reference(one_region(), median_draws(1), [policy(data_dividend_share=s) for s in (0.2, 0.4)], 15)
    paid = last(result, "data_dividend")
    assert paid[2] == pytest.approx(2 * paid[1], rel=1e-3)
    assert not last(result, "gross_cost").any()
    assert np.all(np.diff(last(result, "national_poverty_rate")) < 0)


@pytest.mark.parametrize("tax", ["usage_tax", "profit_tax", "displacement_tax"])
def test_an_ai_tax_raises_the_share_of_gdp_it_is_set_to(tax: str) -> None:
    """To the last digit where the month's base allows it: comparisons at equal revenue are equal."""
    target = 3e-4
    result = simulate_reference(tiny_economy(), median_draws(3), [Instruments({f"{tax}_revenue": target})], 8)
    share = result["ai_tax_revenue"][1, 0, -3:] / result["national_gdp"][1, 0, -3:]
    np.testing.assert_allclose(share, target, rtol=1e-4)
    assert last(result, f"{tax}_revenue")[1] == last(result, "ai_tax_revenue")[1]
    assert last(result, f"{tax}_added")[1] > 0


def test_an_ai_tax_closes_the_budget_where_it_can() -> None:
    given_ = policy("ai_tax", training_budget=2e7)
    result = simulate_reference(one_region(), median_draws(1), [given_], 12)
    assert abs(last(result, "net_cost")[1]) < 0.1 * last(result, "gross_cost")[1]
    assert last(result, "usage_tax_added")[1] > 0


# Identities


def test_the_budget_adds_up_item_by_item() -> None:
    result = simulate_reference(tiny_economy(), varied_draws(2, 4, 3), POLICIES, 12)
    items = (
        "basic_income", "retraining", "guarantee", "conditional_income", "investment", "support", "mutual_aid",
        "dividend",
    )  # fmt: skip
    costs = np.sum([result[f"{item}_cost"] for item in items], axis=0)
    gdp = result["national_gdp"].max()
    np.testing.assert_allclose(costs, result["gross_cost"], rtol=0, atol=1e-9 * gdp)
    ai = sum(result[f"{tax}_tax_revenue"] for tax in ("usage", "profit", "displacement"))
    np.testing.assert_allclose(ai, result["ai_tax_revenue"], rtol=0, atol=1e-9 * gdp)
    taxes = sum(result[f"{tax}_tax_revenue"] for tax in ("labor", "capital", "production"))
    deficit = costs - ai - taxes
    np.testing.assert_allclose(deficit[1:] - deficit[:1], result["net_cost"][1:], rtol=0, atol=1e-9 * gdp)
    np.testing.assert_allclose(result["social_cost"], result["net_cost"] * varied_draws(2, 4, 3)["funds_cost"][:, None])


def test_debt_is_the_deficit_that_closures_leave() -> None:
    draws = median_draws(1, interest_rate=0)
    result = simulate_reference(tiny_economy(), draws, POLICIES, 12)
    cost = result["net_cost"] - result["closure_revenue"]
    debt = (result["debt"] - result["debt"][:1])[:, 0]
    np.testing.assert_allclose(np.diff(debt, axis=1), cost[:, 0, 1:], rtol=0, atol=1e-9 * result["national_gdp"].max())


def test_an_instrument_of_a_mix_is_paid_for_as_it_says() -> None:
    mix = policy("lump_sum", guarantee_offers=1, guarantee_wage=15, support_amount=300, place_investment_spending=1e9)
    draws = median_draws(1, interest_rate=0)
    mixed = replace(mix, closures={"guarantee": "debt"})
    result = simulate_reference(tiny_economy(), draws, [mixed], 8)
    owed = result["net_cost"][1] - result["closure_revenue"][1]
    gdp = result["national_gdp"].max()
    np.testing.assert_allclose(owed, result["guarantee_cost"][1], rtol=0, atol=1e-9 * gdp)
    debt = (result["debt"][1] - result["debt"][0])[0]
    np.testing.assert_allclose(np.diff(debt), result["guarantee_cost"][1, 0, 1:], rtol=0, atol=1e-9 * gdp)


def test_jobs_of_programs_are_part_of_the_change_in_labor_demand() -> None:
    draws = median_draws(1, worth_automating=0)
    place = policy(place_investment_spending=5e7, timing={"place_investment": Timing(0)})
    result = simulate_reference(one_region(), draws, [place], 30)
    gained = np.log(last(result, "national_employment")[1] / last(result, "national_employment")[0])
    assert gained > 1e-5
    assert last(result, "demand_total")[1] == pytest.approx(gained, rel=0.02)
    assert last(result, "demand_policy")[1] > last(result, "demand_total")[1]


def test_a_guarantee_for_the_long_term_unemployed_takes_nobody_else() -> None:
    only = policy(guarantee_offers=1, guarantee_wage=8, guarantee_long_only=1)
    result = simulate_reference(one_region(), median_draws(1, worth_automating=0), [only, guarantee(wage=8)], 10)
    workers, inactive = last(result, "guarantee_workers"), last(result, "national_participation_rate")
    assert 0 < workers[1] < 0.6 * workers[2]
    assert inactive[1] < inactive[2]
    rate = result["long_term_unemployment_rate"][:, 0, 0, -1]
    assert rate[1] < 0.5 * rate[0]


def test_half_of_adults_with_a_basic_income_are_a_population_and_not_half_an_amount() -> None:
    half = policy(basic_income_amount=1000, basic_income_eligible=0.5)
    small = policy(basic_income_amount=500, basic_income_eligible=1)
    draws = median_draws(1, poverty_line=11_000, worth_automating=0)
    poor = last(simulate_reference(one_region(), draws, [half, small], 5), "national_poverty_rate")
    assert poor[1] == pytest.approx(0.5 * poor[0], rel=0.2)
    assert poor[2] < poor[1]


def test_a_fund_with_focus_goes_to_the_regions_hit_hardest() -> None:
    """Eq. 102: the first region loses 4 % of its jobs and the second 1 %, each with a million: 80 % of them to 20 %."""
    displaced, jobs, mean = n(4e4, 1e4), n(1e6, 1e6), n(0.025)
    for focus, ratio in ((0, 4), (1, 16), (3, 256)):
        weights = programs.fund_weight(displaced, jobs, mean, n(focus))
        assert weights[0] / weights[1] == pytest.approx(ratio)


def test_life_satisfaction_counts_a_dollar_more_to_the_poor() -> None:
    """A tax on labor that pays for equal cash leaves the mean about where it is, and raises that of its log."""
    draws = median_draws(1, worth_automating=0, basic_income_participation=0, basic_income_hours=0, supply_elasticity=0)
    cash = policy("labor_tax", basic_income_amount=300, basic_income_eligible=1)
    result = simulate_reference(one_region(), draws, [cash], 6)
    assert last(result, "life_satisfaction")[1] > 0.01
    assert abs(np.diff(np.log(last(result, "national_disposable_income")))[0]) < 0.01


def test_parts_of_labor_demand_add_up() -> None:
    result = simulate_reference(tiny_economy(), varied_draws(2, 5, 3), POLICIES, 12)
    parts = sum(result[f"demand_{part}"] for part in ("displacement", "reinstatement", "productivity", "wage", "local",
                                                      "policy", "supply"))  # fmt: skip
    np.testing.assert_allclose(parts, result["demand_total"], atol=1e-12)
    assert np.all(result["demand_displacement"] <= 0)
    assert np.all(result["displaced_jobs"] >= 0)


def test_displaced_and_reinstated_jobs_are_shares_of_adoption() -> None:
    result = simulate_reference(one_region(), median_draws(1, reinstatement=0.5), [], 60)
    adoption = result["ai_adoption"][0, 0, 0, -1]
    assert last(result, "displaced_jobs")[0] == pytest.approx(0.43 * adoption * 1e6, rel=1e-3)
    assert last(result, "reinstated_jobs")[0] == pytest.approx(0.5 * 0.43 * adoption * 1e6, rel=2e-3)


def test_hours_are_those_of_a_shorter_week() -> None:
    week = policy(four_day_week_coverage=0.5, four_day_week_cut=0.2, four_day_week_pay_kept=1)
    result = simulate_reference(one_region(), median_draws(1), [week], 5)
    np.testing.assert_allclose(last(result, "hours"), [34.2, 0.9 * 34.2])
    assert 0.4 < last(result, "newly_hired")[0] / (12 * 0.0178 * 1e6) < 2


def test_unemployment_costs_life_satisfaction() -> None:
    """Layard and De Neve 2023: the unemployed are at least .6 points less satisfied than the employed."""
    assert median_draws(1)["satisfaction_unemployed"][0] <= -0.6
    draws = median_draws(1, worth_automating=0, satisfaction_climate=0, satisfaction_income=0)
    result = simulate_reference(one_region(demand_shock=-0.05), draws, [], 10)
    rate = result["national_unemployment_rate"][0, 0] * result["national_participation_rate"][0, 0]
    change = last(result, "life_satisfaction")[0]
    assert change == pytest.approx(-0.65 * (rate[-1] - rate[0]), rel=0.01)


def test_a_basic_income_narrows_incomes() -> None:
    given_ = [policy("lump_sum", basic_income_amount=a, basic_income_eligible=1) for a in (200, 500)]
    draws = median_draws(1, basic_income_participation=0, basic_income_hours=0)
    debt = [policy(basic_income_amount=a, basic_income_eligible=1) for a in (200, 500)]
    result = simulate_reference(one_region(), draws, given_ + debt, 5)
    assert np.all(np.diff(last(result, "gini")[[0, 3, 4]]) < 0)
    assert np.all(np.diff(last(result, "national_poverty_rate")[[0, 3, 4]]) < 0)
    paid_by_all = last(result, "national_poverty_rate")
    assert paid_by_all[2] == pytest.approx(paid_by_all[0], abs=0.003), "an equal levy takes what it gives"
