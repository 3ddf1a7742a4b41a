"""The reference path's accounts of a month: output, incomes, the budget, and who pays; see reference.py."""

from types import SimpleNamespace

import numpy as np

from sweep.kernel import accounts, demand, informality, programs
from sweep.kernel.elementary import Array, exp
from sweep.kernel.instruments import (
    CLOSURES,
    FAMILIES,
    MOST_DISPLACEMENT_TAX,
    MOST_PROFIT_TAX,
    MOST_USAGE_TAX,
    Instruments,
)

__all__ = ["account", "ai_tax_rates", "finance", "sum_groups", "sum_nation"]

Namespace = SimpleNamespace

_ONE = np.ones((1, 1, 1))


def sum_groups(cells: Array) -> Array:
    """Sum over groups, (draw, 1, region)."""
    return np.asarray(cells.sum(axis=1, keepdims=True))


def sum_nation(values: Array) -> Array:
    """Sum over groups and regions, (draw, 1, 1)."""
    return np.asarray(values.sum(axis=(1, 2), keepdims=True))


def ai_tax_rates(s: Namespace, d: Namespace) -> tuple[Array, Array, Array]:
    """Rates of the usage, profit and displacement tax: their doses, and what targets or the budget add."""
    return (
        d.usage_tax_rate + (s.usage + s.closing) * d.usage_tax_here,
        d.profit_tax_rate + s.profit * d.profit_tax_here,
        d.displacement_tax_rate + s.displacement * d.displacement_tax_here,
    )


def _produce(s: Namespace, z: Namespace, p: Namespace, a: Namespace) -> None:
    """Output, compensation and pay of private work, and what AI's tasks are worth."""
    pay = exp(s.wage)
    jobs = s.employed / np.maximum(z.employed, 1e-20)
    tasks = accounts.task_volume(jobs, s.hours, s.automated)
    a.private = z.formal * sum_groups(accounts.output(z.output, exp(s.gain), tasks, z.labor_share)) * s.produced
    work = accounts.compensation(z.compensation, jobs, s.hours * s.kept, pay)
    a.labor = z.formal * sum_groups(work * s.lift)
    a.wages = sum_groups(s.employed * z.wage * s.lift) * pay * s.hours * s.kept
    a.informal = informality.informal_output(z.output_all, z.formal, s.informal, z.informal)
    value = z.formal * sum_groups(z.compensation * s.adoption * tasks) * pay
    a.spending = accounts.ai_spending(p.cost_saving, _ONE, value)
    a.rents = accounts.ai_rents(p.rent_share, p.cost_saving, _ONE, value)
    a.lost_pay = sum_groups(s.layoffs * z.wage) * pay


def _tax(s: Namespace, z: Namespace, p: Namespace, d: Namespace, a: Namespace) -> None:
    """Revenue by tax, and the base that a rate of 1 would raise."""
    a.usage_base = accounts.usage_tax(_ONE, p.usage_base, a.spending)
    _target(s, p, d, a)
    usage, profit, levy = ai_tax_rates(s, d)
    a.usage_tax = accounts.usage_tax(usage, p.usage_base, a.spending)
    a.profit_tax = accounts.profit_tax(profit, a.rents, p.profit_base_elasticity)
    a.displacement_tax = accounts.displacement_tax(levy, a.lost_pay, _ONE)
    a.ai_taxes = a.usage_tax + a.profit_tax + a.displacement_tax
    a.data_dividend = d.data_dividend_share * a.rents
    production = z.production_tax * a.private
    capital = accounts.capital_income(a.private, a.labor, production, a.ai_taxes) - a.data_dividend
    a.labor_tax = p.labor_tax * (a.labor + a.public_pay)
    a.capital_tax, a.production_tax = p.capital_tax * capital, production


def _spend(s: Namespace, z: Namespace, p: Namespace, d: Namespace, a: Namespace) -> None:
    """Cost by program, and what of it reaches people."""
    people = s.population / z.population
    adults, dependents = d.basic_income_eligible * s.population, d.basic_income_dependents * z.others * people
    a.basic_income = accounts.basic_income_cost(d.basic_income_amount, adults, dependents)
    a.conditional_pay = 12.0 * s.benefit * (s.conditional_unemployed + s.conditional_inactive)
    a.conditional_cost = programs.with_overhead(a.conditional_pay, p.conditional_administration)
    a.guarantee_cost = programs.with_overhead(a.public_pay, p.guarantee_overhead)
    a.support = 12.0 * d.support_amount * s.excluded
    a.mutual_aid = 12.0 * d.mutual_aid_top_up * d.mutual_aid_coverage * s.informal
    residents = z.residents * people
    paid = d.dividend_share * a.ai_revenue / np.maximum(sum_nation(residents * d.dividend_here), 1.0)
    everyone = np.maximum(sum_nation(residents * d.data_dividend_here), 1.0)
    data = d.data_dividend_here * sum_nation(a.data_dividend) / everyone
    a.dividend = paid * residents
    s.dividend = paid + data
    a.transfers = a.basic_income + a.conditional_pay + a.public_pay + a.support + a.mutual_aid + s.dividend * residents
    regional = a.basic_income + a.conditional_cost + a.guarantee_cost + a.support + a.mutual_aid + a.dividend
    a.outlays = sum_nation(regional) + s.training_cost + s.place_cost + s.green_cost


def _earmark(s: Namespace, z: Namespace, d: Namespace, a: Namespace) -> None:
    """Next month's regional fund: a share of AI revenue, to regions by the jobs that AI has displaced there."""
    displaced = d.regional_fund_here * np.maximum(sum_groups(z.employed * s.automated), 0.0)
    mean = sum_nation(displaced) / np.maximum(sum_nation(d.regional_fund_here * z.total_employed), 1.0)
    here = programs.fund_weight(displaced, z.total_employed, mean, d.regional_fund_focus)
    s.fund = d.regional_fund_share * a.ai_revenue * here / np.maximum(sum_nation(here), 1e-6)


def _target(s: Namespace, p: Namespace, d: Namespace, a: Namespace) -> None:
    """This month's rates of AI taxes that are set to raise a share of GDP, beside what their doses raise."""
    gdp = sum_nation(a.gdp)

    def missing(share: Array, revenue: Array) -> Array:
        return np.asarray(share.max(axis=2, keepdims=True) * gdp - sum_nation(revenue))

    usage = d.usage_tax_rate + s.closing * d.usage_tax_here
    gap = missing(d.usage_tax_revenue, accounts.usage_tax(usage, p.usage_base, a.spending))
    base = sum_nation(a.usage_base * d.usage_tax_here)
    s.usage = np.where(d.usage_tax_revenue.max() > 0, accounts.rate_for(gap, base, MOST_USAGE_TAX * _ONE), 0.0)
    gap = missing(d.profit_tax_revenue, accounts.profit_tax(d.profit_tax_rate, a.rents, p.profit_base_elasticity))
    rents = sum_nation(a.rents * d.profit_tax_here)
    rate = accounts.profit_tax_for(gap, rents, p.profit_base_elasticity, MOST_PROFIT_TAX * _ONE)
    s.profit = np.where(d.profit_tax_revenue.max() > 0, rate, 0.0)
    gap = missing(d.displacement_tax_revenue, accounts.displacement_tax(d.displacement_tax_rate, a.lost_pay, _ONE))
    base = sum_nation(12.0 * a.lost_pay * d.displacement_tax_here)
    rate = accounts.rate_for(gap, base, MOST_DISPLACEMENT_TAX * _ONE)
    s.displacement = np.where(d.displacement_tax_revenue.max() > 0, rate, 0.0)


def _lift(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> None:
    """Next month's rise of mean pay where the guarantee's wage is a higher floor."""
    mean = np.maximum(z.wage * exp(s.wage), 1.0)
    present = 2080.0 * p.minimum_wage
    open_offers = d.guarantee_offers * (1.0 - d.guarantee_long_only)
    s.lift = programs.floor_lift(open_offers, 2080.0 * d.guarantee_wage, present, mean, p.wage_spread)


def account(s: Namespace, z: Namespace, p: Namespace, d: Namespace) -> Namespace:
    """Incomes, AI revenue and the primary budget before financing."""
    a = Namespace()
    _produce(s, z, p, a)
    a.public_pay = programs.guarantee_pay(d.guarantee_wage, s.guarantee_unemployed + s.guarantee_inactive)
    a.gdp = a.private + programs.with_overhead(a.public_pay, p.guarantee_overhead) + a.informal
    _tax(s, z, p, d, a)
    a.ai_revenue = sum_nation(a.ai_taxes)
    a.taxes = sum_nation(a.labor_tax + a.capital_tax + a.production_tax)
    _spend(s, z, p, d, a)
    _earmark(s, z, d, a)
    a.rates = s.usage + s.closing, s.profit, s.displacement
    a.shorter = d.four_day_week_coverage * d.four_day_week_cut
    a.lift = s.lift
    _lift(s, z, p, d)
    a.primary = a.outlays - a.taxes - a.ai_revenue
    return a


def _own_costs(s: Namespace, d: Namespace, a: Namespace) -> list[Array]:
    """What each family costs by itself, less the revenue it raises, USD a year; nothing for those without a budget."""
    conditional = a.conditional_cost
    own = {
        "basic_income": sum_nation(a.basic_income),
        "training": s.training_cost - s.fund_training_cost,
        "usage_tax": -sum_nation(a.usage_tax - s.closing * d.usage_tax_here * a.usage_base),
        "profit_tax": -sum_nation(a.profit_tax),
        "displacement_tax": -sum_nation(a.displacement_tax),
        "dividend": sum_nation(a.dividend),
        "guarantee": sum_nation(a.guarantee_cost),
        "conditional_income": sum_nation((1.0 - s.funded) * conditional),
        "place_investment": s.place_cost,
        "green_care": s.green_cost,
        "support": sum_nation(a.support),
        "mutual_aid": sum_nation(a.mutual_aid),
        "regional_fund": s.fund_training_cost + sum_nation(s.funded * conditional),
    }
    return [own.get(family, np.zeros_like(a.extra)) for family in FAMILIES]


def _due(s: Namespace, d: Namespace, a: Namespace, instruments: Instruments) -> dict[str, Array]:
    """What each closure has to raise: families' own costs where they name one, and the rest of the net cost."""
    closing = sum_nation(s.closing * d.usage_tax_here * a.usage_base)
    due = dict.fromkeys(CLOSURES, np.zeros_like(a.extra))
    due[instruments.closure] = a.extra + closing
    for family, cost in zip(FAMILIES, _own_costs(s, d, a), strict=True):
        if (closure := instruments.closures.get(family, instruments.closure)) != instruments.closure:
            due[closure] = due[closure] + cost
            due[instruments.closure] = due[instruments.closure] - cost
    due["ai_tax"] = due["ai_tax"] - closing
    return due


def finance(s: Namespace, z: Namespace, p: Namespace, d: Namespace, a: Namespace, instruments: Instruments) -> None:
    """Close the budget gap that the policy opens, carry debt, and pass disposable income on to demand."""
    labor = a.labor + a.public_pay
    wage_bill = sum_nation(labor)
    due = _due(s, d, a, instruments)
    payers = {instruments.closure, *instruments.closures.values()}
    taxed, a.rate = s.tax * wage_bill, s.tax
    if "labor_tax" in payers:
        s.tax = accounts.labor_tax_step(s.tax, due["labor_tax"] - taxed, wage_bill, p.labor_tax)
    if "ai_tax" in payers:
        base = sum_nation(a.usage_base * d.usage_tax_here)
        s.closing = accounts.tuned_rate(s.closing, due["ai_tax"], base, MOST_USAGE_TAX * _ONE)
    a.revenue = taxed + due["lump_sum"]
    s.debt = accounts.debt_next(s.debt, p.interest_rate, a.deficit - a.revenue)
    a.per_head = due["lump_sum"] / sum_nation(s.population)
    a.levy = taxed * labor / wage_bill + a.per_head * s.population
    untaxed = a.informal + a.transfers - a.public_pay - a.levy
    a.disposable = accounts.disposable_income(labor, p.labor_tax, untaxed)
    # Local prices follow local pay: a rise in pay raises what local spending costs, not how much it buys.
    a.income = a.labor / exp(s.wage) + a.informal + a.transfers - a.levy
    change = demand.income_change(a.income / s.population, z.income / z.population)
    response = demand.local_response(p.local_multiplier)
    jobs = z.total_employed * s.population / z.population
    s.income = change - demand.income_balance(sum_nation(jobs * exp(response * change)), sum_nation(jobs), response)
