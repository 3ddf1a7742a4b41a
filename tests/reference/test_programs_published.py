"""Published figures of public programs, with the kernel set to their assumptions."""

import numpy as np
import pytest

from sweep.kernel.reference import simulate_reference
from tests.kernel_cases import median_draws, one_region, policy


def test_gross_cost_of_a_job_guarantee() -> None:
    """Paul, Darity, Hamilton 2018: 9.7 million workers at $55,820 each, $541 to 543 billion, 2.78 % of $19.5 trillion.

    A worker at $15 an hour costs that much with benefits, materials and supervision of 79 % of pay.
    """
    draws = median_draws(1, guarantee_overhead=55_820 / (2080 * 15) - 1)
    result = simulate_reference(one_region(), draws, [policy(guarantee_offers=1, guarantee_wage=15)], 5)
    per_worker = result["guarantee_cost"][1, 0, -1] / result["guarantee_workers"][1, 0, -1]
    assert per_worker == pytest.approx(55_820)
    assert 541e9 <= 9.7e6 * per_worker <= 543e9
    assert 9.7e6 * per_worker / 19.5e12 == pytest.approx(0.0278, rel=0.01)


def test_a_guarantee_for_the_long_term_unemployed_all_but_ends_long_term_unemployment() -> None:
    """Kasy and Lehner 2023, Marienthal: offered to the long-term unemployed alone, under a tenth of them is left."""
    draws = median_draws(1, worth_automating=0, guarantee_take_up_short=0, guarantee_take_up_inactive=0)
    result = simulate_reference(one_region(), draws, [policy(guarantee_offers=1, guarantee_wage=15)], 5)
    rate = result["long_term_unemployment_rate"][1, 0, 0]
    assert rate[-1] < 0.1 * rate[0]


def test_cost_of_a_job_by_investment_in_place() -> None:
    """Garrett, Ohrn, Suárez Serrato 2020: some $53,000 a year per job; pay and participation held fixed."""
    draws = median_draws(1, worth_automating=0, wage_curve=0)
    result = simulate_reference(one_region(), draws, [policy(place_investment_spending=1e9)], 20)
    jobs = result["national_employment"][:, 0, -1]
    assert 1e9 / (jobs[1] - jobs[0]) == pytest.approx(53_000, rel=0.2)


def test_life_satisfaction_of_the_unemployed() -> None:
    """Layard and De Neve 2023: at least .6 points under that of the employed, on the scale of 0 to 10."""
    draws = median_draws(1, worth_automating=0, satisfaction_climate=0, satisfaction_income=0)
    result = simulate_reference(one_region(demand_shock=-0.05), draws, [], 10)
    people = result["national_unemployment_rate"] * result["national_participation_rate"]
    change = np.diff(result["life_satisfaction"][0, 0, [0, -1]]) / np.diff(people[0, 0, [0, -1]])
    assert change[0] <= -0.6
