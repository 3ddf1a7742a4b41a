"""Compiled loops of a month's accounts: incomes, AI taxes, programs' costs, and relative income.

A source for `compiled.py`; see loops.py for its conventions.
"""

import numpy as np

from sweep.kernel.accounts import (
    ai_rents,
    ai_spending,
    basic_income_cost,
    capital_income,
    compensation,
    displacement_tax,
    output,
    profit_tax,
    profit_tax_for,
    rate_for,
    task_volume,
    usage_tax,
)
from sweep.kernel.demand import income_balance, income_change, local_response
from sweep.kernel.elementary import exp, maximum
from sweep.kernel.informality import informal_output
from sweep.kernel.instruments import (
    AI_TAX,
    BASIC_INCOME,
    CONDITIONAL_INCOME,
    DATA_DIVIDEND,
    DISPLACEMENT_TAX,
    DIVIDEND,
    GREEN_CARE,
    GUARANTEE,
    MOST_DISPLACEMENT_TAX,
    MOST_PROFIT_TAX,
    MOST_USAGE_TAX,
    MUTUAL_AID,
    PLACE_INVESTMENT,
    PROFIT_TAX,
    REGIONAL_FUND,
    SUPPORT,
    TRAINING,
    USAGE_TAX,
)
from sweep.kernel.lanes import total, total_product
from sweep.kernel.programs import floor_lift, fund_weight, guarantee_pay, with_overhead

# mypy: ignore-errors

real, wide = np.float64, np.float64


def income_block(e, p, z, s, floored):
    """Output, compensation, pay and the value of AI's tasks, summed over groups."""
    s.gdp[:] = 0.0
    s.labor[:] = 0.0
    s.paid[:] = 0.0
    s.tasks[:] = 0.0
    s.lost_pay[:] = 0.0
    s.fired[:] = 0.0
    for r in range(e.regions.shape[1]):
        s.pay[r] = exp(s.wage[r])
    for g in range(e.cells.shape[1]):
        employed, gained, per_job, share, level = (
            s.employed[g],
            s.gained[g],
            e.per_job[g],
            s.automated[g],
            s.adoption[g],
        )
        output0, compensation0, wage0, layoffs = e.output[g], e.compensation[g], e.wage[g], s.layoffs[g]
        for r in range(e.regions.shape[1]):
            # Exactly 1 where nothing was gained.
            jobs = 1.0 + gained[r] * per_job[r]
            tasks = task_volume(jobs, s.hours[r], share[r])
            s.gdp[r] += output(output0[r], 1.0, tasks, e.labor_share[r])
            s.labor[r] += compensation(compensation0[r], jobs, 1.0, 1.0)
            s.paid[r] += employed[r] * wage0[r]
            s.tasks[r] += compensation0[r] * level[r] * tasks
            s.lost_pay[r] += layoffs[r] * wage0[r]
            s.fired[r] += layoffs[r]
    if floored:
        for g in range(e.cells.shape[1]):
            for r in range(e.regions.shape[1]):
                more = s.lift[g, r] - 1.0
                jobs = 1.0 + s.gained[g, r] * e.per_job[g, r]
                s.labor[r] += compensation(e.compensation[g, r], jobs, 1.0, 1.0) * more
                s.paid[r] += s.employed[g, r] * e.wage[g, r] * more
    for r in range(e.regions.shape[1]):
        # What all groups of a region have in common.
        s.gdp[r] *= exp(s.gain[r]) * s.produced[r] * z.formal[r]
        s.labor[r] *= s.paid_hours[r] * s.pay[r] * z.formal[r]
        s.paid[r] *= s.pay[r] * s.paid_hours[r]
        s.lost_pay[r] *= s.pay[r]
        value = s.tasks[r] * s.pay[r] * z.formal[r]
        s.spending[r] = ai_spending(p.cost_saving, 1.0, value)
        s.rents[r] = ai_rents(p.rent_share, p.cost_saving, 1.0, value)
        s.informal_output[r] = informal_output(z.output[r], z.formal[r], s.informal[r], e.informal[r])


def in_force(s, family):
    """Largest share of a family's dose in force anywhere."""
    largest = real(0.0)
    for r in range(s.doses.shape[1]):
        largest = max(largest, s.doses[family, r])
    return largest


def target_block(e, p, d, s):
    """This month's rates of AI taxes that are set to raise a share of GDP, beside what their doses raise."""
    gdp = total(s.gdp)
    if d.usage_tax_revenue > 0:
        gap = wide(in_force(s, USAGE_TAX) * d.usage_tax_revenue) * gdp
        for r in range(e.regions.shape[1]):
            rate = s.doses[USAGE_TAX, r] * d.usage_tax_rate + s.mask[USAGE_TAX, r] * real(s.closing[0])
            gap -= wide(usage_tax(rate, p.usage_base, s.spending[r]))
        s.usage_added[0] = rate_for(real(gap), real(s.usage_base[0]), real(MOST_USAGE_TAX))
        for r in range(e.regions.shape[1]):
            added = real(s.usage_added[0]) + real(s.closing[0])
            s.usage_rate[r] = s.doses[USAGE_TAX, r] * d.usage_tax_rate + s.mask[USAGE_TAX, r] * added
    if d.profit_tax_revenue > 0:
        gap = wide(in_force(s, PROFIT_TAX) * d.profit_tax_revenue) * gdp
        for r in range(e.regions.shape[1]):
            rate = s.doses[PROFIT_TAX, r] * d.profit_tax_rate
            gap -= wide(profit_tax(rate, s.rents[r], p.profit_base_elasticity))
        added = profit_tax_for(real(gap), real(s.profit_base[0]), p.profit_base_elasticity, real(MOST_PROFIT_TAX))
        s.profit_added[0] = added
        for r in range(e.regions.shape[1]):
            s.profit_rate[r] = s.doses[PROFIT_TAX, r] * d.profit_tax_rate + s.mask[PROFIT_TAX, r] * added
    if d.displacement_tax_revenue > 0:
        gap = wide(in_force(s, DISPLACEMENT_TAX) * d.displacement_tax_revenue) * gdp
        for r in range(e.regions.shape[1]):
            rate = s.doses[DISPLACEMENT_TAX, r] * d.displacement_tax_rate
            gap -= wide(displacement_tax(rate, s.lost_pay[r], 1.0))
        added = rate_for(real(gap), real(s.displacement_base[0]), real(MOST_DISPLACEMENT_TAX))
        s.displacement_added[0] = added
        for r in range(e.regions.shape[1]):
            rate = s.doses[DISPLACEMENT_TAX, r] * d.displacement_tax_rate
            s.levy_rate[r] = rate + s.mask[DISPLACEMENT_TAX, r] * added


def tax_block(e, p, d, s):
    """AI taxes and other taxes; GDP with public and informal work. Returns AI revenue and other taxes."""
    for r in range(e.regions.shape[1]):
        s.private[r] = s.gdp[r]
        s.public_pay[r] = guarantee_pay(d.guarantee_wage, s.guarantee_unemployed[r] + s.guarantee_inactive[r])
        s.gdp[r] += with_overhead(s.public_pay[r], p.guarantee_overhead) + s.informal_output[r]
        s.usage[r] = s.mask[USAGE_TAX, r] * usage_tax(1.0, p.usage_base, s.spending[r])
        s.profit[r] = s.mask[PROFIT_TAX, r] * s.rents[r]
        s.levy[r] = 12.0 * s.mask[DISPLACEMENT_TAX, r] * s.lost_pay[r]
    s.everyone[0] = total(s.population)
    s.wage_bill[0] = total(s.labor) + total(s.public_pay)
    s.usage_base[0] = total(s.usage)
    s.profit_base[0] = total(s.profit)
    s.displacement_base[0] = total(s.levy)
    if d.usage_tax_revenue + d.profit_tax_revenue + d.displacement_tax_revenue > 0:
        target_block(e, p, d, s)
    for r in range(e.regions.shape[1]):
        s.usage[r] = usage_tax(s.usage_rate[r], p.usage_base, s.spending[r])
        s.profit[r] = profit_tax(s.profit_rate[r], s.rents[r], p.profit_base_elasticity)
        s.levy[r] = displacement_tax(s.levy_rate[r], s.lost_pay[r], 1.0)
        s.data[r] = s.doses[DATA_DIVIDEND, r] * d.data_dividend_share * s.rents[r]
    for r in range(e.regions.shape[1]):
        s.production[r] = e.production_tax[r] * s.private[r]
        ai_taxes = s.usage[r] + s.profit[r] + s.levy[r]
        s.capital[r] = capital_income(s.private[r], s.labor[r], s.production[r], ai_taxes) - s.data[r]
    s.usage_revenue[0] = total(s.usage)
    s.profit_revenue[0] = total(s.profit)
    s.displacement_revenue[0] = total(s.levy)
    s.data_dividend[0] = total(s.data)
    s.labor_revenue[0] = wide(p.labor_tax) * s.wage_bill[0]
    s.capital_revenue[0] = wide(p.capital_tax) * total(s.capital)
    s.production_revenue[0] = total(s.production)
    revenue = s.usage_revenue[0] + s.profit_revenue[0] + s.displacement_revenue[0]
    return revenue, s.labor_revenue[0] + s.capital_revenue[0] + s.production_revenue[0]


def budget_block(e, p, d, z, s):
    """AI taxes, other taxes, and what programs cost; returns AI revenue, other taxes and outlays."""
    revenue, taxes = tax_block(e, p, d, s)
    for r in range(e.regions.shape[1]):
        s.residents[r] = e.residents[r] * s.population[r] / e.population[r]
        adults = d.basic_income_eligible * s.population[r]
        dependents = d.basic_income_dependents * e.others[r] * (s.population[r] / e.population[r])
        s.basic_cost[r] = basic_income_cost(s.doses[BASIC_INCOME, r] * d.basic_income_amount, adults, dependents)
    per_resident = real(revenue / max(total_product(s.mask[DIVIDEND], s.residents), wide(1.0)))
    per_owner = real(s.data_dividend[0] / max(total_product(s.mask[DATA_DIVIDEND], s.residents), wide(1.0)))
    for r in range(e.regions.shape[1]):
        s.conditional_pay[r] = 12.0 * s.benefit[r] * (s.conditional_unemployed[r] + s.conditional_inactive[r])
        s.support[r] = 12.0 * s.doses[SUPPORT, r] * d.support_amount * s.excluded[r]
        s.aid[r] = 12.0 * d.mutual_aid_top_up * (s.doses[MUTUAL_AID, r] * d.mutual_aid_coverage * s.informal[r])
    for r in range(e.regions.shape[1]):
        paid = s.doses[DIVIDEND, r] * d.dividend_share * per_resident
        s.dividend[r] = paid + s.mask[DATA_DIVIDEND, r] * per_owner
        s.shared[r] = paid * s.residents[r]
        s.transfers[r] = s.basic_cost[r] + s.conditional_pay[r] + s.public_pay[r] + s.support[r] + s.aid[r]
        s.transfers[r] += s.dividend[r] * s.residents[r]
    s.basic_income_cost[0] = total(s.basic_cost)
    s.guarantee_cost[0] = with_overhead(total(s.public_pay), wide(p.guarantee_overhead))
    s.conditional_cost[0] = with_overhead(total(s.conditional_pay), wide(p.conditional_administration))
    s.support_cost[0] = total(s.support)
    s.mutual_aid_cost[0] = total(s.aid)
    s.dividend_cost[0] = total(s.shared)
    outlays = s.basic_income_cost[0] + s.guarantee_cost[0] + s.conditional_cost[0] + s.support_cost[0]
    outlays += s.mutual_aid_cost[0] + s.dividend_cost[0] + s.training_cost[0] + s.investment_cost[0]
    return revenue, taxes, outlays + s.green_cost[0]


def due_block(p, s, b, payers, extra):
    """What each closure has to raise: families' own costs where they name one, and the rest of the net cost."""
    closing = s.closing[0] * s.usage_base[0]
    policy = payers[payers.shape[0] - 1]
    b.due[:] = 0.0
    b.due[policy] = extra + closing
    mixed = False
    for family in range(b.costs.shape[0]):
        mixed |= payers[family] != policy
    if mixed:
        funded = with_overhead(total_product(s.funded, s.conditional_pay), wide(p.conditional_administration))
        b.costs[:] = 0.0
        b.costs[BASIC_INCOME] = s.basic_income_cost[0]
        b.costs[TRAINING] = s.training_cost[0] - s.fund_training_cost[0]
        b.costs[USAGE_TAX] = closing - s.usage_revenue[0]
        b.costs[PROFIT_TAX] = -s.profit_revenue[0]
        b.costs[DISPLACEMENT_TAX] = -s.displacement_revenue[0]
        b.costs[DIVIDEND] = s.dividend_cost[0]
        b.costs[GUARANTEE] = s.guarantee_cost[0]
        b.costs[CONDITIONAL_INCOME] = s.conditional_cost[0] - funded
        b.costs[PLACE_INVESTMENT] = s.investment_cost[0]
        b.costs[GREEN_CARE] = s.green_cost[0]
        b.costs[SUPPORT] = s.support_cost[0]
        b.costs[MUTUAL_AID] = s.mutual_aid_cost[0]
        b.costs[REGIONAL_FUND] = s.fund_training_cost[0] + funded
        for family in range(b.costs.shape[0]):
            if payers[family] != policy:
                b.due[payers[family]] += b.costs[family]
                b.due[policy] -= b.costs[family]
    b.due[AI_TAX] -= closing


def demand_income_block(e, p, z, s, taxed, lump, bill):
    """Real income per head of each region against the nation, after what closes the budget."""
    everyone = s.everyone[0]
    for r in range(e.regions.shape[1]):
        labor = wide(s.labor[r]) + wide(s.public_pay[r])
        s.levied[r] = real(taxed * labor / bill + lump * wide(s.population[r]) / everyone)
        s.income[r] = s.labor[r] / s.pay[r] + s.informal_output[r] + s.transfers[r] - s.levied[r]
        s.relative[r] = s.income[r] / s.population[r]
        s.local_jobs[r] = z.total_employed[r] * s.population[r] / e.population[r]
    for r in range(e.regions.shape[1]):
        s.relative[r] = income_change(s.relative[r], z.income[r] / e.population[r])
        s.demanded[r] = s.local_jobs[r] * exp(local_response(z.local_multiplier[r]) * s.relative[r])
    demanded = real(total(s.demanded) / total(s.local_jobs))
    for r in range(e.regions.shape[1]):
        s.relative[r] -= income_balance(demanded, real(1.0), local_response(z.local_multiplier[r]))


def earmark_block(e, d, z, s, revenue):
    """Next month's regional fund, to regions by the jobs that AI has displaced there."""
    s.automated_jobs[:] = 0.0
    everywhere, displaced, jobs = wide(0.0), wide(0.0), wide(0.0)
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            s.automated_jobs[r] += e.employed[g, r] * s.automated[g, r]
    for r in range(e.regions.shape[1]):
        s.automated_jobs[r] = s.mask[REGIONAL_FUND, r] * maximum(s.automated_jobs[r], 0.0)
        displaced += wide(s.automated_jobs[r])
        jobs += wide(s.mask[REGIONAL_FUND, r] * z.total_employed[r])
    mean = real(displaced / max(jobs, wide(1.0)))
    for r in range(e.regions.shape[1]):
        s.automated_jobs[r] = fund_weight(s.automated_jobs[r], z.total_employed[r], mean, d.regional_fund_focus)
        everywhere += wide(s.automated_jobs[r])
    for r in range(e.regions.shape[1]):
        share = real(wide(s.automated_jobs[r]) / max(everywhere, wide(1e-6)))
        s.fund[r] = s.doses[REGIONAL_FUND, r] * d.regional_fund_share * real(revenue) * share


def floor_block(e, p, d, s):
    """Next month's rise of mean pay where the guarantee's wage is a higher floor."""
    present, floor = 2080.0 * p.minimum_wage, 2080.0 * d.guarantee_wage
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            offers = s.doses[GUARANTEE, r] * d.guarantee_offers * (1.0 - d.guarantee_long_only)
            mean = maximum(e.wage[g, r] * s.pay[r], 1.0)
            s.lift[g, r] = floor_lift(offers, floor, present, mean, p.wage_spread)
