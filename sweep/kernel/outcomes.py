"""What the labor model reports: name, meaning, unit and dimensions of each outcome.

Rates and levels are means over the months of a year; money flows are annual; debt is at the end of the year.
The first record is the baseline year itself.
"""

from dataclasses import dataclass

__all__ = ["NATIONAL", "OUTCOMES", "REGIONAL", "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """One reported variable; `regional` ones have a region dimension."""

    name: str
    long_name: str
    units: str
    regional: bool


OUTCOMES: tuple[Outcome, ...] = (
    Outcome("unemployment_rate", "unemployed in the labor force", "1", True),
    Outcome("jobless_rate", "unemployed, in training, or newly inactive, in the population", "1", True),
    Outcome("long_term_unemployment_rate", "unemployed 27 weeks and more in the labor force", "1", True),
    Outcome("participation_rate", "labor force in the population", "1", True),
    Outcome("employment", "employed persons", "persons", True),
    Outcome("wage", "mean annual pay per employed person at baseline prices", "USD", True),
    Outcome("gdp", "gross domestic product at baseline prices", "USD per year", True),
    Outcome("ai_adoption", "tasks done with AI, weighted by wage bills", "1", True),
    Outcome("national_unemployment_rate", "unemployed in the labor force", "1", False),
    Outcome("national_jobless_rate", "unemployed, in training, or newly inactive, in the population", "1", False),
    Outcome("national_participation_rate", "labor force in the population", "1", False),
    Outcome("national_employment", "employed persons", "persons", False),
    Outcome("national_wage", "mean annual pay per employed person at baseline prices", "USD", False),
    Outcome("national_gdp", "gross domestic product at baseline prices", "USD per year", False),
    Outcome("labor_share", "compensation of employees in GDP", "1", False),
    Outcome("net_cost", "primary deficit before financing, less that of the same draw without policy", "USD per year",
            False),
    Outcome("gross_cost", "spending on the policy's programs and transfers", "USD per year", False),
    Outcome("ai_tax_revenue", "revenue of taxes on AI use, AI profits and displacement", "USD per year", False),
    Outcome("debt", "public debt against the baseline path, end of year", "USD", False),
    Outcome("labor_tax_change", "change of the labor tax rate that closes the budget", "1", False),
    Outcome("trainees", "persons in training", "persons", False),
    Outcome("layoffs", "persons laid off by displacement or cuts", "persons per year", False),
    Outcome("scarring_loss", "present value of pay that the year's laid-off workers lose", "USD per year", False),
    Outcome("tightness", "vacancies per unemployed against baseline", "1", False),
    Outcome("vacancies", "vacancies against baseline", "1", False),
    Outcome("theil_gdp", "Theil index between regions of GDP per person of working age", "1", False),
)  # fmt: skip

REGIONAL = tuple(outcome.name for outcome in OUTCOMES if outcome.regional)
NATIONAL = tuple(outcome.name for outcome in OUTCOMES if not outcome.regional)
