"""Output, incomes, AI revenue and the public budget; flows in USD at annual rates (MODEL.md, section 9)."""

from sweep.kernel.elementary import Array, exp, log, maximum, minimum

__all__ = [
    "ai_rents",
    "ai_spending",
    "basic_income_cost",
    "capital_income",
    "compensation",
    "debt_next",
    "displacement_tax",
    "disposable_income",
    "labor_tax_step",
    "output",
    "profit_tax",
    "profit_tax_for",
    "rate_for",
    "satisfaction_change",
    "scar_years",
    "task_volume",
    "tax_wedge",
    "theil",
    "tuned_rate",
    "usage_tax",
]


def task_volume(jobs: Array, hours: Array, automated: Array) -> Array:
    """Eq. 45: tasks done by people and by AI against baseline: what AI displaces is still produced; jobs: ratio."""
    return jobs * hours + automated


def output(output0: Array, gain: Array, tasks: Array, labor_share: Array) -> Array:
    """Eq. 46: output of a cell, USD a year; gain: ratio of total factor productivity to baseline."""
    return output0 * gain * exp(labor_share * log(tasks))


def compensation(compensation0: Array, jobs: Array, hours: Array, pay: Array) -> Array:
    """Eq. 47: compensation of employees of a cell, USD a year; jobs, hours, pay: ratios to baseline."""
    return compensation0 * (jobs * hours) * pay


def ai_spending(saving: Array, adoption: Array, task_value: Array) -> Array:
    """Eq. 48: what adopters pay for AI, USD a year: the adopted tasks at labor cost, less the saving."""
    return (1.0 - saving) * adoption * task_value


def ai_rents(rent_share: Array, saving: Array, adoption: Array, task_value: Array) -> Array:
    """Eq. 49: part of the saving that stays as AI rents, USD a year."""
    return rent_share * saving * adoption * task_value


def tax_wedge(usage: Array, base: Array, saving: Array, displacement: Array, profit: Array) -> Array:
    """Eq. 50: part of the saving that taxes take at the margin of adoption, share of labor cost.

    displacement and profit: rate times the share felt by the margin, as shares of labor cost and of the saving.
    """
    return usage * base * (1.0 - saving) + displacement + profit * saving


def usage_tax(rate: Array, base: Array, spending: Array) -> Array:
    """Eq. 51: revenue of a tax on AI use, USD a year."""
    return rate * base * spending


def profit_tax(rate: Array, rents: Array, elasticity: Array) -> Array:
    """Eq. 52: revenue of a tax on AI rents whose base shrinks with the rate, USD a year."""
    return rate * rents * maximum(1.0 - elasticity * rate, 0.0)


def displacement_tax(rate: Array, pay: Array, layoffs: Array) -> Array:
    """Eq. 53: revenue of a levy in years of pay on each layoff of the month, USD at annual rate."""
    return rate * pay * (12.0 * layoffs)


def basic_income_cost(amount: Array, adults: Array, dependents: Array) -> Array:
    """Eq. 54: annual cost of a monthly amount to eligible adults and to dependents at their share."""
    return 12.0 * amount * (adults + dependents)


def capital_income(gdp: Array, labor: Array, production_tax: Array, ai_taxes: Array) -> Array:
    """Eq. 55: capital income as the residual after labor, taxes on production and AI taxes."""
    return gdp - labor - production_tax - ai_taxes


def debt_next(debt: Array, interest: Array, deficit: Array) -> Array:
    """Eq. 56: public debt after a month, USD against the baseline path; the deficit is at annual rate."""
    return debt * (1.0 + interest / 12.0) + deficit / 12.0


def labor_tax_step(change: Array, gap: Array, wage_bill: Array, rate: Array) -> Array:
    """Eq. 57: labor tax that closes the budget, by 15 % of the gap a month; at most .6 and .95 with the rate."""
    return minimum(maximum(change + 0.15 * gap / wage_bill, -rate), minimum(0.6, 0.95 - rate))


def tuned_rate(rate: Array, gap: Array, base: Array, most: Array) -> Array:
    """Eq. 88: rate of an AI tax that closes a gap, by half of it a month, between 0 and its largest value."""
    return minimum(maximum(rate + 0.5 * gap / maximum(base, 1.0), 0.0), most)


def rate_for(revenue: Array, base: Array, most: Array) -> Array:
    """Eq. 98: rate of a tax that raises a revenue from a base, between 0 and its largest value."""
    return minimum(maximum(revenue / maximum(base, 1.0), 0.0), most)


def profit_tax_for(revenue: Array, rents: Array, elasticity: Array, most: Array) -> Array:
    """Eq. 99: rate of the profit tax that raises a revenue, the lower of two; at most 99 % of its peak."""
    share = minimum(maximum(revenue / maximum(rents, 1.0), 0.0), 0.2475 / maximum(elasticity, 1e-6))
    root = exp(0.5 * log(1.0 - 4.0 * elasticity * share))
    return minimum(2.0 * share / (1.0 + root), most)


def disposable_income(taxed: Array, rate: Array, untaxed: Array) -> Array:
    """Eq. 100: pay after the labor tax, and income that isn't taxed, USD a year."""
    return (1.0 - rate) * taxed + untaxed


def satisfaction_change(
    unemployed: Array, guaranteed: Array, recovered: Array, loss: Array, climate: Array, income: Array
) -> Array:
    """Eq. 89: change of mean life satisfaction, points of 0 to 10.

    unemployed: change of unemployed per adult; guaranteed: guarantee workers from unemployment per adult, who recover
    a share of the loss; climate and income: effects of the unemployment rate and of log income on everybody.
    """
    return loss * (unemployed + (1.0 - recovered) * guaranteed) + climate + income


def scar_years(unemployment: Array, low: Array, high: Array) -> Array:
    """Eq. 58: years of pay that a layoff costs its worker: low under 6 % unemployment, high over 8 %."""
    return low + (high - low) * minimum(maximum((unemployment - 0.06) / 0.02, 0.0), 1.0)


def theil(share: Array, relative: Array) -> Array:
    """Eq. 59: a region's term of the Theil index of an amount per head, to be summed over regions.

    share: of the nation's amount; relative: amount per head against the nation's, ratio.
    """
    return share * log(relative)
