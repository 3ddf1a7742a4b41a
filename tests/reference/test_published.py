"""Published figures that the kernel reproduces, each configured to the assumptions under which it was published.

Numbers in the names of tests follow the table of figures in sweep/kernel/MODEL.md, section 15, in its order.
"""

from pathlib import Path

import numpy as np
import pytest

from sweep.kernel import accounts, adoption, baseline, demand, flows
from sweep.kernel.economy import Economy
from sweep.kernel.instruments import Instruments
from sweep.kernel.reference import simulate_reference
from sweep.regions import load_regions, read_table
from tests.kernel_cases import build, median_draws, one_region

TABLES = Path(__file__).resolve().parents[2] / "sweep" / "regions" / "us_states"


def _column(table: str, name: str) -> np.ndarray:
    return np.array([float(value) for value in read_table(TABLES / table)[name]])


def test_two_state_steady_state() -> None:
    """Shimer 2005: separations of .034 and finding of .45 a month imply unemployment of s/(s + f) = 7.025 %."""
    rate = 0.034 / (0.034 + 0.45)
    assert 100 * rate == pytest.approx(7.025, abs=5e-4)
    odds = rate / (1 - rate)
    zero, one = np.zeros(1), np.ones(1)
    separations = baseline.separation_rate(np.array([0.45]), one, np.array([odds]), zero, one)
    assert separations[0] == pytest.approx(0.034, abs=1e-12)
    # The whole kernel without inactivity stays there: the working-age population is the labor force.
    economy = one_region(unemployment_rate=rate, population=1e6 / (1 - rate))
    draws = median_draws(
        1, job_finding=0.45, long_term_finding=1, exit_rate=0, separation_to_inactivity=0, worth_automating=0
    )
    path = simulate_reference(economy, draws, [], 10)["national_unemployment_rate"][0, 0]
    np.testing.assert_allclose(100 * path, 100 * rate, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("labor_cost_share", "gain"), [(0.144, 0.659), (0.154, 0.705)])
def test_productivity_gain(labor_cost_share: float, gain: float) -> None:
    """Acemoglu 2024: 19.9 % of tasks exposed, 23 % of them adopted, labor cost savings of 14.4 (15.4) % in total."""
    adopted = adoption.ceiling(np.array([0.199]), np.array([0.23]), np.ones(1))
    productivity = demand.productivity(np.array([labor_cost_share]), np.ones(1), adopted)
    assert 100 * productivity[0] == pytest.approx(gain, abs=0.01)


def test_upper_bound_of_output_gain() -> None:
    """Acemoglu 2024: when capital follows, GDP rises by the productivity gain over the labor share of .57, 1.16 %."""
    gain = demand.productivity(np.array([0.144]), np.ones(1), np.array([0.199 * 0.23]))
    zero = np.zeros(1)
    assert 100 * demand.log_demand(zero, gain, 1 / np.array([0.57]), zero, zero, zero)[0] == pytest.approx(
        1.16, abs=0.02
    )


def _two_groups(shock: float) -> Economy:
    """Many regions; in the first, a small one, tradable demand shifts."""
    regions = 40
    jobs = np.full((2, regions), 1e5)
    jobs[:, 0] = 1e3
    shocks = np.zeros((2, regions))
    shocks[0, 0] = shock
    return build(jobs, nontradable=[0.0, 1.0], demand_shock=shocks)


def test_local_multiplier() -> None:
    """Moretti 2010: one tradable job brings 1.6 non-tradable ones in its region, pay and population given."""
    draws = median_draws(
        1,
        local_multiplier=1.6,
        wage_curve=0,
        migration_response=0,
        worth_automating=0,
        occupational_mixing=1,
        employment_adjustment=1,
    )
    shocked = simulate_reference(_two_groups(1e-3), draws, [], 40)["employment"][0, 0, 0]
    # Tradable jobs follow their own demand alone: those of the region rise by the shock.
    tradable = 1e3 * (np.exp(1e-3) - 1)
    total = shocked[-1] - shocked[0]
    assert (total - tradable) / tradable == pytest.approx(1.6, rel=0.01)


def test_wage_curve_slope() -> None:
    """Blanchflower and Oswald 1994: across regions log pay falls by η times log unemployment, once it has converged."""
    random = np.random.default_rng(1)
    shocks = np.repeat(random.normal(0, 0.01, (1, 12)), 3, axis=0)
    economy = build(np.full((3, 12), 1e5), demand_shock=shocks)
    draws = median_draws(1, worth_automating=0, migration_response=0, wage_curve=-0.1)
    result = simulate_reference(economy, draws, [], 60)
    log_pay = np.log(result["wage"][0, 0, :, -1] / result["wage"][0, 0, :, 0])
    log_rate = np.log(result["unemployment_rate"][0, 0, :, -1] / result["unemployment_rate"][0, 0, :, 0])
    assert np.polyfit(log_rate, log_pay, 1)[0] == pytest.approx(-0.1, abs=1e-3)


def test_long_run_incidence() -> None:
    """Closed form: with fixed participation Δ ln u = −D/(u/(1 − u) − ε·η), .1059 at D = −1 %, u = 4.25 %."""
    closed = 0.01 / (0.0425 / 0.9575 + 0.5 * 0.1)
    assert closed == pytest.approx(0.1059, abs=1e-4)
    # All of the population is in the labor force, so that nobody can leave it.
    economy = one_region(unemployment_rate=0.0425, population=1e6 / 0.9575, demand_shock=-0.01)
    draws = median_draws(
        1,
        worth_automating=0,
        exit_rate=0,
        separation_to_inactivity=0,
        exit_procyclicality=1,
        wage_curve=-0.1,
        demand_elasticity=0.5,
    )
    path = simulate_reference(economy, draws, [], 60)["national_unemployment_rate"][0, 0]
    assert np.log(path[-1] / path[0]) == pytest.approx(closed, rel=0.05)


def test_beveridge_slope() -> None:
    """Petrongolo and Pissarides 2001, matching function: d ln v/d ln u = −(α + u/(1 − u))/(1 − α), −1.63."""
    matching, rate, step = 0.6, 0.05, 1e-5
    log_vacancies = []
    for unemployed in (rate * (1 - step), rate * (1 + step)):
        # On the curve the inflow s·(1 − u) at unchanged separations equals the outflow f·u.
        finding = (1 - unemployed) / unemployed / ((1 - rate) / rate)
        tight = flows.tightness(np.array([finding]), np.ones(1), np.array([matching]))
        log_vacancies.append(np.log(flows.vacancies(tight, np.array([unemployed]), np.array([rate]))[0]))
    slope = (log_vacancies[1] - log_vacancies[0]) / (np.log(1 + step) - np.log(1 - step))
    assert slope == pytest.approx(-(matching + rate / (1 - rate)) / (1 - matching), rel=1e-8)
    assert slope == pytest.approx(-1.63, abs=0.005)


@pytest.mark.parametrize(("year", "share"), [("2020", 18.66), ("2021", 16.89), ("2022", 15.57), ("2023", 14.77)])
def test_gross_cost_of_a_universal_basic_income(year: str, share: float) -> None:
    """$12,000 a year for every US resident in percent of GDP; BEA SAGDP1 and Census Bureau Vintage 2024."""
    table = read_table(TABLES / "national.csv")
    row = list(table["year"]).index(year)
    gdp, residents = 1e6 * float(table["gdp"][row]), float(table["residents"][row])
    economy = one_region(gdp=gdp, residents=residents, population=0.8 * residents)
    universal = Instruments(
        {"basic_income_amount": 1000, "basic_income_eligible": 1, "basic_income_dependents": 1}, {}, "debt"
    )
    result = simulate_reference(economy, median_draws(1, worth_automating=0), [universal], 1)
    cost = result["gross_cost"][1, 0, 1] / result["national_gdp"][0, 0, 0]
    assert 100 * cost == pytest.approx(share, abs=0.01)


def test_us_baseline_of_2025() -> None:
    """BLS, Local Area Unemployment Statistics, mean of 2025: unemployment 4.250 %, employment 163.57 million."""
    result = simulate_reference(load_regions("us_states"), median_draws(1), [], 1)
    assert 100 * result["national_unemployment_rate"][0, 0, 0] == pytest.approx(4.250, abs=5e-4)
    assert result["national_employment"][0, 0, 0] / 1e6 == pytest.approx(163.57, abs=5e-3)


def test_gdp_is_the_sum_of_incomes_by_state() -> None:
    """BEA SAGDP1, 2022: compensation, surplus and taxes add up to GDP within $0.1 million in every state."""
    incomes = sum(
        _column("regions.csv", name)
        for name in ("compensation_2022", "operating_surplus_2022", "production_taxes_2022")
    )
    assert np.abs(incomes - _column("regions.csv", "gdp_2022")).max() <= 0.1 + 1e-6
    table = read_table(TABLES / "national.csv")
    row = list(table["year"]).index("2022")
    assert float(table["compensation"][row]) / float(table["gdp"][row]) == pytest.approx(0.5227, abs=5e-5)


def test_theil_index_between_states() -> None:
    """BEA SAGDP1 and Census Bureau Vintage 2024: Theil index of GDP per resident between states, 2023, .01820."""
    gdp, people = _column("regions.csv", "gdp"), _column("regions.csv", "residents_2023")
    index = accounts.theil(gdp / gdp.sum(), gdp / people / (gdp.sum() / people.sum())).sum()
    assert index == pytest.approx(0.01820, abs=1e-4)


def test_nothing_drifts_in_twenty_years_without_a_shock() -> None:
    """Without AI, shock and policy every outcome of every US state stays at its baseline to 1e-12."""
    result = simulate_reference(load_regions("us_states"), median_draws(1, worth_automating=0), [], 20)
    for name, values in result.items():
        scale = max(np.abs(values).max(), 1e-300)
        money = name in ("net_cost", "social_cost", "debt")
        change = name == "life_satisfaction" or name.startswith("demand_")
        unit = result["national_gdp"].max() if money else 1.0 if change else scale
        drift = np.abs(values - values[..., :1]).max() / unit
        assert drift <= 1e-12, (name, drift)
