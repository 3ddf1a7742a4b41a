"""What the labor model reports: name, meaning, unit, dimensions and output set of each outcome.

Rates and levels are means over the months of a year; money flows are annual; debt, and all of the sets
`distribution` and `decomposition`, are at the end of the year. The first record is the baseline year itself.
"""

from dataclasses import dataclass

__all__ = ["NATIONAL", "OUTCOMES", "OUTPUT_SETS", "REGIONAL", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """One reported variable; `regional` ones have a region dimension; `part` is the output set it belongs to."""

    name: str
    long_name: str
    units: str
    regional: bool
    part: str


def _set(part: str, regional: bool, *rows: tuple[str, str, str]) -> tuple[Outcome, ...]:
    return tuple(Outcome(name, meaning, units, regional, part) for name, meaning, units in rows)


_PERSONS, _MONEY = "persons", "USD per year"

OUTCOMES: tuple[Outcome, ...] = (
    *_set(
        "core", True,
        ("unemployment_rate", "unemployed in the labor force", "1"),
        ("jobless_rate", "unemployed, in a program, or newly inactive, in the population", "1"),
        ("long_term_unemployment_rate", "unemployed 27 weeks and more in the labor force", "1"),
        ("participation_rate", "labor force in the population", "1"),
        ("employment", "employed persons, without guarantee and informal work", _PERSONS),
        ("wage", "mean annual pay per employed person at baseline prices", "USD"),
        ("gdp", "gross domestic product at baseline prices", _MONEY),
        ("ai_adoption", "tasks done with AI, weighted by wage bills", "1"),
    ),
    *_set(
        "distribution", True,
        ("disposable_income", "pay, informal income and transfers after taxes per adult", _MONEY),
        ("poverty_rate", "adults with incomes below the fixed line", "1"),
    ),
    *_set(
        "core", False,
        ("national_unemployment_rate", "unemployed in the labor force", "1"),
        ("national_jobless_rate", "unemployed, in a program, or newly inactive, in the population", "1"),
        ("national_participation_rate", "labor force in the population", "1"),
        ("national_employment", "employed persons, without guarantee and informal work", _PERSONS),
        ("national_wage", "mean annual pay per employed person at baseline prices", "USD"),
        ("national_gdp", "gross domestic product at baseline prices", _MONEY),
        ("labor_share", "compensation of employees in GDP", "1"),
        ("net_cost", "primary deficit before financing, less that of the same draw without policy", _MONEY),
        ("gross_cost", "spending on the policy's programs and transfers", _MONEY),
        ("ai_tax_revenue", "revenue of taxes on AI use, AI profits and displacement", _MONEY),
        ("debt", "public debt against the baseline path, end of year", "USD"),
        ("labor_tax_change", "change of the labor tax rate that closes the budget", "1"),
        ("trainees", "persons in training", _PERSONS),
        ("layoffs", "persons laid off by displacement or cuts", "persons per year"),
        ("scarring_loss", "present value of pay that the year's laid-off workers lose", _MONEY),
        ("tightness", "vacancies per unemployed against baseline", "1"),
        ("vacancies", "vacancies against baseline", "1"),
        ("theil_gdp", "Theil index between regions of GDP per person of working age", "1"),
        ("guarantee_workers", "persons in guarantee jobs", _PERSONS),
        ("conditional_participants", "persons with conditional income", _PERSONS),
        ("newly_hired", "persons hired", "persons per year"),
        ("hours", "mean weekly hours per employed person", "hours"),
        ("informal_share", "informally employed among all employed", "1"),
        ("not_employable_share", "people who cannot be employed, in the population", "1"),
    ),
    *_set(
        "fiscal", False,
        ("basic_income_cost", "spending on basic income", _MONEY),
        ("retraining_cost", "spending on training", _MONEY),
        ("guarantee_cost", "spending on guarantee jobs, with overhead", _MONEY),
        ("conditional_income_cost", "spending on conditional income, with administration", _MONEY),
        ("investment_cost", "spending on investment in place, green and care work", _MONEY),
        ("support_cost", "spending on people who cannot be employed", _MONEY),
        ("mutual_aid_cost", "public top-up of mutual aid", _MONEY),
        ("dividend_cost", "dividends paid from AI tax revenue", _MONEY),
        ("data_dividend", "AI rents paid out per head, outside the budget", _MONEY),
        ("usage_tax_revenue", "revenue of the tax on AI use", _MONEY),
        ("profit_tax_revenue", "revenue of the tax on AI rents", _MONEY),
        ("displacement_tax_revenue", "revenue of the levy on layoffs", _MONEY),
        ("labor_tax_revenue", "labor tax at the baseline's rate", _MONEY),
        ("capital_tax_revenue", "tax on capital income", _MONEY),
        ("production_tax_revenue", "taxes on production", _MONEY),
        ("closure_revenue", "labor tax change or levy that closes the budget", _MONEY),
        ("social_cost", "net cost at the marginal cost of public funds", _MONEY),
        ("guarantee_value", "value of guarantee work at its productivity", _MONEY),
        ("usage_tax_added", "rate of the usage tax above its dose, set by a target or the budget", "1"),
        ("profit_tax_added", "rate of the profit tax above its dose, set by a target", "1"),
        ("displacement_tax_added", "displacement tax above its dose, set by a target", "years of pay"),
    ),
    *_set(
        "distribution", False,
        ("national_disposable_income", "pay, informal income and transfers after taxes per adult", _MONEY),
        ("theil_income", "Theil index between regions of disposable income per adult", "1"),
        ("national_poverty_rate", "adults with incomes below the fixed line", "1"),
        ("relative_poverty_rate", "adults with incomes below 60 % of the median", "1"),
        ("informal_poverty_rate", "informal workers with incomes below the fixed line", "1"),
        ("not_employable_poverty_rate", "people who cannot be employed with incomes below the fixed line", "1"),
        ("gini", "Gini coefficient of adults' incomes", "1"),
        ("life_satisfaction", "change of mean life satisfaction, scale of 0 to 10", "points"),
    ),
    *_set(
        "decomposition", False,
        ("displaced_jobs", "baseline jobs' worth of tasks that AI displaces", _PERSONS),
        ("reinstated_jobs", "baseline jobs' worth of new tasks", _PERSONS),
        ("demand_displacement", "log labor demand lost to displaced tasks", "log"),
        ("demand_reinstatement", "log labor demand from new tasks", "log"),
        ("demand_productivity", "log labor demand from productivity", "log"),
        ("demand_wage", "log labor demand from pay", "log"),
        ("demand_local", "log labor demand from regions' own incomes", "log"),
        ("demand_policy", "log labor demand from shorter hours, wage floors, vetoes, and jobs of programs", "log"),
        ("demand_supply", "log labor demand that follows population and labor supply", "log"),
        ("demand_total", "log labor demand, all parts: jobs that employers want, but for outside shocks", "log"),
    ),
)  # fmt: skip

OUTPUT_SETS = tuple(dict.fromkeys(outcome.part for outcome in OUTCOMES))
REGIONAL = tuple(outcome.name for outcome in OUTCOMES if outcome.regional)
NATIONAL = tuple(outcome.name for outcome in OUTCOMES if not outcome.regional)
