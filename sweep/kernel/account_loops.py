"""Compiled loops of a month's accounts: incomes, the budget, relative income, and the record of outcomes.

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
    scar_years,
    task_volume,
    theil,
    usage_tax,
)
from sweep.kernel.demand import income_balance, income_change, local_response
from sweep.kernel.elementary import exp
from sweep.kernel.flows import tightness, vacancies
from sweep.kernel.instruments import BASIC_INCOME, DISPLACEMENT_TAX, DIVIDEND, PROFIT_TAX, USAGE_TAX
from sweep.kernel.labor_loops import total

# mypy: ignore-errors

real, wide = np.float64, np.float64


def income_block(e, s):
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
        employed, employed0, share, level = s.employed[g], e.employed[g], s.automated[g], s.adoption[g]
        output0, compensation0, wage0, layoffs = e.output[g], e.compensation[g], e.wage[g], s.layoffs[g]
        for r in range(e.regions.shape[1]):
            tasks = task_volume(employed[r], employed0[r], s.hours[r], share[r])
            s.gdp[r] += output(output0[r], s.gain[r], tasks, e.labor_share[r])
            s.labor[r] += compensation(compensation0[r], employed[r], employed0[r], s.paid_hours[r], s.pay[r])
            s.paid[r] += employed[r] * wage0[r]
            s.tasks[r] += compensation0[r] * level[r] * tasks
            s.lost_pay[r] += layoffs[r] * wage0[r]
            s.fired[r] += layoffs[r]
    for r in range(e.regions.shape[1]):
        s.gdp[r] *= s.produced[r]


def budget_block(e, p, d, s, ramp):
    """AI revenue, taxes and transfers; returns AI revenue, other taxes and transfers of the nation."""
    revenue, taxes, transfers, residents = wide(0.0), wide(0.0), wide(0.0), wide(0.0)
    for r in range(e.regions.shape[1]):
        value = s.tasks[r] * s.pay[r]
        spending = ai_spending(p.cost_saving, 1.0, value)
        rents = ai_rents(p.rent_share, p.cost_saving, 1.0, value)
        s.lost_pay[r] *= s.pay[r]
        s.paid[r] *= s.pay[r] * s.paid_hours[r]
        ai_taxes = (
            usage_tax(ramp[USAGE_TAX] * s.mask[USAGE_TAX, r] * d.usage_tax_rate, p.usage_base, spending)
            + profit_tax(ramp[PROFIT_TAX] * s.mask[PROFIT_TAX, r] * d.profit_tax_rate, rents, p.profit_base_elasticity)
            + displacement_tax(
                ramp[DISPLACEMENT_TAX] * s.mask[DISPLACEMENT_TAX, r] * d.displacement_tax_rate, s.lost_pay[r], 1.0
            )
        )
        production = e.production_tax[r] * s.gdp[r]
        capital = capital_income(s.gdp[r], s.labor[r], production, ai_taxes)
        revenue += wide(ai_taxes)
        taxes += wide(p.labor_tax * s.labor[r] + p.capital_tax * capital + production)
        adults = d.basic_income_eligible * s.population[r]
        dependents = d.basic_income_dependents * e.others[r] * s.population[r] / e.population[r]
        s.transfers[r] = basic_income_cost(
            ramp[BASIC_INCOME] * s.mask[BASIC_INCOME, r] * d.basic_income_amount, adults, dependents
        )
        residents += wide(s.mask[DIVIDEND, r] * e.residents[r] * s.population[r] / e.population[r])
    for r in range(e.regions.shape[1]):
        s.dividend[r] = (
            ramp[DIVIDEND] * s.mask[DIVIDEND, r] * d.dividend_share * real(revenue / max(residents, wide(1.0)))
        )
        s.transfers[r] += s.dividend[r] * e.residents[r] * s.population[r] / e.population[r]
        transfers += wide(s.transfers[r])
    return revenue, taxes, transfers


def demand_income_block(e, p, z, s, revenue, by_labor):
    """Real disposable income per head of each region against the nation, after the levy that closes the budget."""
    everyone, labor = total(s.population), total(s.labor)
    response = local_response(p.local_multiplier)
    demanded, all_jobs = wide(0.0), wide(0.0)
    for r in range(e.regions.shape[1]):
        share = wide(s.labor[r]) / labor if by_labor else wide(s.population[r]) / everyone
        s.income[r] = s.labor[r] / s.pay[r] + s.transfers[r] - real(revenue * share)
        s.relative[r] = income_change(real(s.income[r] / s.population[r]), z.income[r] / e.population[r])
        jobs = z.total_employed[r] * s.population[r] / e.population[r]
        demanded += wide(jobs) * wide(exp(response * s.relative[r]))
        all_jobs += wide(jobs)
    balance = income_balance(real(demanded / all_jobs), real(1.0), response)
    for r in range(e.regions.shape[1]):
        s.relative[r] -= balance


def record_block(e, p, z, s, budget, out_regional, out_national, weight):
    """Add this month to the year's means; rows in the order of outcomes.py."""
    everyone, jobless, idle_total, in_force = total(s.population), wide(0.0), wide(0.0), wide(0.0)
    gdp, scars, uneven, jobless0 = total(s.gdp), wide(0.0), wide(0.0), wide(0.0)
    for r in range(e.regions.shape[1]):
        unemployed_now = s.total_short[r] + s.total_long[r]
        force = s.total_employed[r] + unemployed_now
        expected = z.inactive[r] * s.population[r] / e.population[r]
        idle = unemployed_now + s.total_training[r] + s.inactive[r] - expected
        rate = unemployed_now / force
        out_regional[0, r] += weight * rate
        out_regional[1, r] += weight * (idle / s.population[r])
        out_regional[2, r] += weight * (s.total_long[r] / force)
        out_regional[3, r] += weight * (force / s.population[r])
        out_regional[4, r] += weight * s.total_employed[r]
        out_regional[5, r] += weight * (s.paid[r] / s.total_employed[r])
        out_regional[6, r] += weight * s.gdp[r]
        out_regional[7, r] += weight * s.adopted_mean[r]
        jobless += wide(unemployed_now)
        jobless0 += wide(z.force[r] - z.total_employed[r])
        idle_total += wide(idle)
        in_force += wide(force)
        scars += wide(s.lost_pay[r] * scar_years(rate, p.scarring_low, p.scarring_high))
        uneven += wide(theil(s.gdp[r], real(s.population[r]), real(gdp), real(everyone)))
    tight = tightness(budget.finding, real(1.0), p.matching_elasticity)
    vacant = vacancies(tight, real(jobless), real(jobless0))
    employed, step = total(s.total_employed), wide(weight)
    out_national[0] += step * (jobless / in_force)
    out_national[1] += step * (idle_total / everyone)
    out_national[2] += step * (in_force / everyone)
    out_national[3] += step * employed
    out_national[4] += step * (total(s.paid) / employed)
    out_national[5] += step * gdp
    out_national[6] += step * (total(s.labor) / gdp)
    out_national[7] += step * budget.extra
    out_national[8] += step * budget.outlays
    out_national[9] += step * budget.ai_revenue
    out_national[10] = budget.debt
    out_national[11] += step * wide(budget.tax)
    out_national[12] += step * total(s.total_training)
    out_national[13] += step * 12.0 * total(s.fired)
    out_national[14] += step * 12.0 * scars
    out_national[15] += step * wide(tight)
    out_national[16] += step * wide(vacant)
    out_national[17] += step * uneven
