"""More published figures, each configured to the assumptions under which it was published.

A calibration target, to which a default was fitted, says so in its name: it is no independent evidence. What the
kernel can't reach is marked as an expected failure with the reason. The mark is strict: a kernel that does reach it
has to take it off.
"""

import numpy as np
import pytest

from sweep.draw_table import draw_table
from sweep.kernel.instruments import Timing
from sweep.kernel.reference import simulate_reference
from sweep.regions import load_regions, read_table, source_notes
from tests.kernel_cases import Draws, Floats, build, median_draws, one_region, policy, watched
from tests.reference import observed
from tests.reference.test_published import TABLES
from tests.studies import study


def change(result: dict[str, Floats], name: str, row: int = 0) -> float:
    """Log change of a national outcome from the baseline year to the last one, of the first draw."""
    return float(np.log(result[name][row, 0, -1] / result[name][row, 0, 0]))


# Acemoglu 2024, as a whole run


def adopting(**fields: float) -> Draws:
    """Acemoglu 2024: 23 % of exposed tasks, adopted within ten years, save 27 % of their labor cost."""
    fast = {"innovation_rate": 0.5, "imitation_rate": 2.0}
    return median_draws(1, **(fast | {"worth_automating": 0.23, "cost_saving": 0.27, "automation_share": 0} | fields))


@pytest.mark.parametrize(("labor_cost_share", "gain"), [(0.144, 0.659), (0.154, 0.705)])
def test_run_reaches_the_productivity_gain_in_ten_years(labor_cost_share: float, gain: float) -> None:
    """Acemoglu 2024: 19.9 % of tasks exposed, savings of 14.4 (15.4) % of cost in total: productivity +.66 (.71) %.

    Productivity is the residual: log output less the labor share times log employment.
    """
    share = labor_cost_share / 0.27
    economy = one_region(narrow_human=0.199, narrow_model=0.199, labor_share=share)
    result = simulate_reference(economy, adopting(), [], 10)
    residual = change(result, "national_gdp") - share * change(result, "national_employment")
    assert 100 * residual == pytest.approx(gain, abs=0.01)


def capital_follows() -> dict[str, Floats]:
    """A run with capital that follows until its return is back: demand rises by the gain over the labor share of .57.

    Pay is fixed, so that employment is what employers demand; savings are .144 of cost.
    """
    economy = one_region(narrow_human=0.199, narrow_model=0.199, labor_share=0.57)
    draws = adopting(cost_saving=0.144 / 0.57, productivity_demand=1 / 0.57, wage_curve=0)
    return simulate_reference(economy, draws, [], 10)


def test_run_raises_demand_by_the_upper_bound_of_the_output_gain() -> None:
    """Acemoglu 2024: when capital follows, the gain over the labor share, 1.16 %, is what demand for labor rises by."""
    assert 100 * change(capital_follows(), "national_employment") == pytest.approx(1.16, abs=0.02)


@pytest.mark.xfail(
    strict=True,
    reason="no capital formation: output at given employment rises by the productivity gain alone, .66 %",
)
def test_run_raises_output_by_the_upper_bound_when_capital_follows() -> None:
    """Acemoglu 2024: GDP +1.16 % in ten years at given employment, when capital follows."""
    result = capital_follows()
    assert 100 * (change(result, "national_gdp") - 0.57 * change(result, "national_employment")) == pytest.approx(
        1.16, abs=0.02
    )


# Exposure


@pytest.mark.parametrize(("rater", "means"), [("human", (0.144, 0.303, 0.461)), ("model", (0.142, 0.345, 0.548))])
def test_occupation_means_of_exposure(rater: str, means: tuple[float, float, float]) -> None:
    """Eloundou et al. 2023: means over 923 occupations of α, β, γ, rated by humans and by GPT-4."""
    for scope, mean in zip(("alpha", "beta", "gamma"), means, strict=True):
        ratings = observed.column("exposure", f"{rater}_{scope}")
        assert len(ratings) == 923
        assert ratings.mean() == pytest.approx(mean, abs=1e-3)


@pytest.mark.parametrize(
    ("column", "rating"),
    [
        ("narrow_human", "human_beta"),
        ("narrow_model", "model_beta"),
        ("wide_human", "human_gamma"),
        ("wide_model", "model_gamma"),
    ],
)
def test_exposure_of_groups_is_the_employment_weighted_mean_of_occupations(column: str, rating: str) -> None:
    """Eloundou et al. 2023; BLS, OEWS May 2025: a group's exposure is its occupations' mean by employed persons.

    Variants of one six-digit occupation share its employed persons equally.
    """
    occupations, ratings = observed.labels("exposure", "occupation"), observed.column("exposure", rating)
    detailed = np.array([code[:7] for code in occupations])
    _, index, variants = np.unique(detailed, return_inverse=True, return_counts=True)
    weights = np.nan_to_num(observed.column("exposure", "employed")) / variants[index]
    groups = read_table(TABLES / "groups.csv")
    for group, exposure in zip(groups["group"], groups[column], strict=True):
        here = np.array([code.startswith(group) for code in occupations])
        assert np.average(ratings[here], weights=weights[here]) == pytest.approx(float(exposure), abs=1e-4), group
    assert "2303.10130" in source_notes("us_states")


# Diffusion


def share_of_adopters(**fields: float) -> Floats:
    """Share of firms that use AI by month: adoption in its ceiling, where half of tasks are exposed and worth it."""
    economy = one_region(narrow_human=0.5, narrow_model=0.5)
    with watched() as states:
        simulate_reference(economy, median_draws(1, worth_automating=1, automation_share=0, **fields), [], 5)
    return np.array([state.adoption.item() / 0.5 for state in states])


# Census Bureau, Business Trends and Outlook Survey (Bonney et al. 2024): percent of firms that use AI, and the number
# of months, that one included, since ChatGPT came out at the end of November 2022.
SURVEYED = [(10, 3.7), (15, 5.4)]


def test_diffusion_of_past_products_meets_the_survey_of_firms() -> None:
    """Census BTOS, 3.7 % in September 2023, 5.4 % in February 2024: Bass, p = .03 and q = .38 as in Sultan et al. 1990.

    The curve says 2.5 and 4.2 %.
    """
    adopters = share_of_adopters(innovation_rate=0.03, imitation_rate=0.38)
    for month, percent in SURVEYED:
        assert 100 * adopters[month - 1] == pytest.approx(percent, abs=1.5)


def test_default_diffusion_from_the_first_survey_meets_the_next() -> None:
    """Census BTOS: from 3.7 % in September 2023, the kernel's median p, q (.02, .45) reach 5.4 % five months later."""
    adopters = share_of_adopters()
    first = int(np.abs(adopters - 0.037).argmin())
    assert 100 * adopters[first] == pytest.approx(3.7, abs=0.2)
    assert 100 * adopters[first + 5] == pytest.approx(5.4, abs=1.5)


@pytest.mark.xfail(
    strict=True,
    reason="adoption starts from nothing, while firms used AI of other kinds before ChatGPT: 1.7 and 2.9 %",
)
def test_default_diffusion_from_nothing_meets_the_surveys() -> None:
    """Census BTOS, 3.7 % in September 2023 and 5.4 % in February 2024, from no adoption before December 2022."""
    adopters = share_of_adopters()
    for month, percent in SURVEYED:
        assert 100 * adopters[month - 1] == pytest.approx(percent, abs=1.5)


# New tasks


def test_task_content_falls_by_displacement_less_reinstatement() -> None:
    """Acemoglu and Restrepo 2019: displacement −.70 % a year, reinstatement +.35 %, in sum −.35 %, at ρ = .5.

    Their account is within the period, hence the shortest delay that the kernel takes. Productivity and pay stay out,
    so that employment shows the task content alone; its slope is taken once hiring has caught up.
    """
    economy = one_region(narrow_human=0.95, narrow_model=0.95)
    draws = median_draws(
        1,
        worth_automating=1,
        automation_share=0.95,
        innovation_rate=0.007 / 0.95**2,
        imitation_rate=0,
        reinstatement=0.5,
        reinstatement_lag=0.1,
        productivity_demand=0,
        wage_curve=0,
        occupational_mixing=0,
    )
    with watched() as states:
        result = simulate_reference(economy, draws, [], 3)
    displaced = np.array([0.95 * state.adoption.item() for state in states])
    net = np.array([state.automated.item() for state in states])
    assert -100 * displaced[12] == pytest.approx(-0.70, abs=0.01)
    assert 100 * (displaced[24] - displaced[12] - net[24] + net[12]) == pytest.approx(0.35, abs=0.01)
    assert -100 * (net[24] - net[12]) == pytest.approx(-0.35, abs=0.01)
    employed = np.log(result["national_employment"][0, 0])
    assert 100 * (employed[3] - employed[2]) == pytest.approx(-0.35, abs=0.01)


# Robots


def pay_by_robots(rate: float, employed_per_head: float) -> float:
    """Percent change of a region's pay when demand, falling for 17 years, has cost .2 pp of employment per head."""
    jobs = np.full((1, 40), 1e5)
    jobs[:, 0] = 1e3
    economy = build(jobs, unemployment_rate=rate, population=jobs[0] / employed_per_head)
    ramp = np.zeros((12 * 17, 40))
    size = -0.004
    for _ in range(4):
        ramp[:, 0] = np.linspace(0, size, len(ramp) + 1)[1:]
        with observed.demand_path(ramp):
            result = simulate_reference(economy, median_draws(1, worth_automating=0), [], 17)
        share = result["participation_rate"][0, 0, 0] * (1 - result["unemployment_rate"][0, 0, 0])
        size *= -0.002 / (share[-1] - share[0])
    assert share[-1] - share[0] == pytest.approx(-0.002, rel=1e-3)
    return float(100 * np.log(result["wage"][0, 0, 0, -1] / result["wage"][0, 0, 0, 0]))


def test_robots_and_pay_is_a_calibration_target() -> None:
    """Acemoglu and Restrepo 2020, 1990 to 2007: employment −.2 pp of the population goes with pay −.42 %, within 25 %.

    Imposed: a fall of demand in one small region, as robots come in over the years. Baseline: the nation of 2025. The
    kernel says −.34 %.
    """
    economy = load_regions("us_states")
    employed = economy.employment.sum(axis=0)
    unemployed = (employed * economy.unemployment_rate / (1 - economy.unemployment_rate)).sum()
    rate = float(unemployed / (unemployed + employed.sum()))
    per_head = float(employed.sum() / economy.population.sum())
    assert pay_by_robots(rate, per_head) == pytest.approx(-0.42, rel=0.25)


@pytest.mark.xfail(
    strict=True,
    reason="at the higher unemployment of those years the wage curve, in logs, gives −.29 %, 31 % short",
)
def test_robots_and_pay_at_the_unemployment_of_the_time() -> None:
    """Acemoglu and Restrepo 2020: the same, from the mean unemployment and employment per head of 1990 to 2007, BLS."""
    years = range(1990, 2008)
    rate = float(np.mean([observed.national_rate()[year] for year in years]))
    per_head = float(np.mean([np.exp(observed.employment_per_head()[year]) for year in years]))
    assert pay_by_robots(rate, per_head) == pytest.approx(-0.42, rel=0.25)


# Unconditional income


def cash(amount: float, draws: Draws, years: int = 20) -> dict[str, Floats]:
    """A universal payment from outside, by month, where no AI comes in."""
    paid = policy(basic_income_amount=amount, basic_income_eligible=1, basic_income_dependents=1)
    return simulate_reference(one_region(), draws, [paid], years)


@pytest.mark.parametrize("points", [-2.0, -2.8, -3.9])
def test_guaranteed_income_lowers_participation_as_in_the_experiment(points: float) -> None:
    """Vivalt et al. 2024, $1000 a month: participation −2.0 pp as first published, −3.9 pp as revised in 2025.

    −2.8 is the default, between the two. No equilibrium offset, since the treated were few among many.
    """
    draws = median_draws(1, worth_automating=0, equilibrium_offset=0, basic_income_participation=points)
    share = cash(1000, draws)["national_participation_rate"]
    assert 100 * (share[1, 0, -1] - share[0, 0, -1]) == pytest.approx(points, abs=1e-3)


def test_guaranteed_income_lowers_hours_as_in_the_experiment() -> None:
    """Vivalt et al. 2024, $1000 a month: 1.3 to 1.4 hours a week less; pay at a fixed hourly rate shows the hours."""
    result = cash(1000, median_draws(1, worth_automating=0, equilibrium_offset=0, wage_curve=0))
    pay = result["national_wage"][:, 0, -1]
    assert 34.2 * (pay[1] / pay[0] - 1) == pytest.approx(-1.35, abs=1e-9)


def employed_per_head(result: dict[str, Floats], row: int, region: int) -> Floats:
    share: Floats = result["participation_rate"][row, 0, region] * (1 - result["unemployment_rate"][row, 0, region])
    return share


def test_alaska_dividend_is_a_calibration_target() -> None:
    """Jones and Marinescu 2022: a universal $200 a month leaves employment per head where it was, within .5 pp.

    The offset of .57 was chosen for it. Without it the experiments' response alone would take more than .5 pp.
    """
    for offset, reached in ((4 / 7, True), (0, False)):
        result = cash(200, median_draws(1, worth_automating=0, equilibrium_offset=offset))
        effect = 100 * (employed_per_head(result, 1, 0) - employed_per_head(result, 0, 0))
        assert bool(np.abs(effect).max() <= 0.5) is reached, offset


@pytest.mark.xfail(
    strict=True,
    reason="paid to one state from outside, local demand and the offset count the same jobs twice: +1.3 pp; without "
    "the offset still +.7 pp",
)
def test_alaska_dividend_paid_in_alaska_alone() -> None:
    """Jones and Marinescu 2022: the dividend of the Permanent Fund, paid in Alaska, leaves employment where it was."""
    economy = load_regions("us_states")
    alaska = economy.regions.index("Alaska")
    paid = policy(
        timing={"basic_income": Timing(regions=(alaska,))},
        basic_income_amount=200,
        basic_income_eligible=1,
        basic_income_dependents=1,
    )
    result = simulate_reference(economy, median_draws(1, worth_automating=0), [paid], 10)
    effect = 100 * (employed_per_head(result, 1, alaska) - employed_per_head(result, 0, alaska))
    assert np.abs(effect).max() <= 0.5


# Scars


@pytest.mark.parametrize(("rate", "years", "percent"), [(0.045, 1.4, 10.7), (0.10, 2.8, 21.4)])
def test_scars_of_displacement(rate: float, years: float, percent: float) -> None:
    """Davis and von Wachter 2011: laid off at unemployment under 6 (over 8) %, a worker loses 1.4 (2.8) years of pay.

    Over 20 years at 5 % that is a mean loss of 10.7 (21.4) % of annual pay, paid from the year of the layoff on.
    """
    result = simulate_reference(one_region(unemployment_rate=rate), median_draws(1, wage_curve=0), [], 10)
    lost = result["scarring_loss"][0, 0, 1:] / (result["layoffs"][0, 0, 1:] * result["national_wage"][0, 0, 1:])
    np.testing.assert_allclose(lost, years, rtol=1e-9)
    annuity = sum(1.05**-year for year in range(20))
    assert 100 * lost[-1] / annuity == pytest.approx(percent, rel=0.02)


# Four-day week


@pytest.mark.parametrize(("elasticity", "output"), [(0.0, 0.0), (1.0, -20.0)])
def test_run_of_a_four_day_week(elasticity: float, output: float) -> None:
    """Hours ×.8 at full pay for everybody: UK pilot 2022, revenue held; in proportion to hours, output −20 %.

    Work-sharing meets the cost of kept pay (ws = ε), so that employment stays and output shows hours alone.
    """
    week = policy(four_day_week_coverage=1, four_day_week_cut=0.2, four_day_week_pay_kept=1)
    draws = median_draws(
        1, worth_automating=0, demand_elasticity=0.5, work_sharing=0.5, hours_output_elasticity=elasticity
    )
    gdp = simulate_reference(one_region(), draws, [week], 10)["national_gdp"][:, 0, -1]
    assert 100 * (gdp[1] / gdp[0] - 1) == pytest.approx(output, abs=1e-9)


def test_elasticity_of_output_to_hours_in_the_pilot_is_about_zero() -> None:
    """UK pilot 2022 (Lewis et al. 2023): revenue +1.4 % at hours ×.8 puts κ_h at −.06, next to its lower bound 0."""
    assert np.log(1.014) / np.log(0.8) == pytest.approx(0, abs=0.1)


# Regional persistence


def test_persistence_of_relative_state_unemployment_is_a_calibration_target() -> None:
    """BLS LAUS, 51 states, 1976 to 2025: relative unemployment keeps .81 of itself a year, about each state's mean."""
    years, relative = observed.relative_rates()
    assert (years[0], years[-1], len(relative)) == (1976, 2025, 51)
    assert observed.persistence(relative) == pytest.approx(0.81, abs=0.005)


def test_persistence_in_the_kernel_is_a_calibration_target() -> None:
    """The same estimate on 50 years of 51 states that regional demand hits at random, within .06 of .81.

    Imposed: relative demand of each state is a random walk, as Blanchard and Katz 1992 find for state employment. The
    size of its steps doesn't matter. Half of a step's effect on unemployment fades and half stays for good, so the
    number owes as much to these steps, and to the mean that the estimate takes out, as to the kernel. Its effect
    on the estimate is small: a response four times as large lowers it by some .1.
    """
    economy = load_regions("us_states")
    whole = build(
        economy.employment.sum(axis=0)[None],
        unemployment_rate=economy.unemployment_rate,
        population=economy.population,
    )
    estimates = []
    for seed in range(6):
        steps = np.random.default_rng(seed).normal(0, 0.0015, (600, 51))
        path = np.cumsum(steps, axis=0)
        with observed.demand_path(path - path.mean(axis=1, keepdims=True)):
            result = simulate_reference(whole, median_draws(1, worth_automating=0), [], 50)
        relative = result["unemployment_rate"][0, 0] - result["national_unemployment_rate"][0, 0]
        estimates.append(observed.persistence(relative[:, 1:]))
    assert np.mean(estimates) == pytest.approx(0.81, abs=0.06)


@pytest.mark.xfail(
    strict=True,
    reason="a migration response that fits the persistence of the data leaves some 40 % of the first year's gap",
)
def test_regional_unemployment_returns_after_a_lasting_shock() -> None:
    """Blanchard and Katz 1992: five to seven years after a lasting shock a state's relative unemployment is back."""
    jobs, shock = np.full((1, 40), 1e5), np.zeros((1, 40))
    shock[0, 0] = -0.01
    result = simulate_reference(build(jobs, demand_shock=shock), median_draws(1, worth_automating=0), [], 7)
    rates = result["unemployment_rate"][0, 0]
    gap = rates[0] - rates[1]
    assert abs(gap[7]) <= 0.1 * gap[1]


@pytest.mark.parametrize(
    ("regions", "labor", "poor"), [("us_states", "us", 0.12), ("eu_nuts2", "eu", 0.17), ("world", "world", 0.46)]
)
def test_poverty_at_baseline_is_a_calibration_target(regions: str, labor: str, poor: float) -> None:
    """US Census Bureau about 12 % (after transfers), Eurostat 17.1 % in 2018, World Bank 46 % in 2022 at $6.85."""
    economy = load_regions(regions)
    draws = draw_table(study(f"regions={regions}", f"labor={labor}"), economy.regions, 0, 16)
    result = simulate_reference(economy, draws, [], 1)
    assert np.median(result["national_poverty_rate"][0, :, 0]) == pytest.approx(poor, abs=0.02)
