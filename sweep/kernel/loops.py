"""The compiled path: the same order of events as reference.py as loops over one draw's state in cache.

This file, labor_loops.py and account_loops.py are sources for `compiled.py`, which joins them with the equations and
binds the number type. Arrays by cell are (group, region): the inner loop runs over regions, so that sums over groups
vectorize too.
"""

import numpy as np

from sweep.kernel.account_loops import budget_block, demand_income_block, income_block, record_block
from sweep.kernel.accounts import debt_next, labor_tax_step
from sweep.kernel.adoption import exposure_rating
from sweep.kernel.baseline import bounded_exit_rate, entry_rate, long_term_unemployed, separation_rate, unemployed
from sweep.kernel.demand import local_demand_elasticity
from sweep.kernel.flows import mixing
from sweep.kernel.instruments import LABOR_TAX, LUMP_SUM
from sweep.kernel.labor_loops import (
    adopt_block,
    demand_block,
    hire_block,
    move_block,
    pay_block,
    sum_stocks,
    supply_block,
    total,
    training_block,
)
from sweep.kernel.wages import slack
from sweep.kernel.workspace import Budget

# mypy: ignore-errors

real, wide = np.float64, np.float64


def prepare(e, p, z):
    """Everything that follows from the economy and a draw alone."""
    exits = bounded_exit_rate(p.exit_rate, p.job_finding, p.long_term_finding, p.long_term_share)
    z.total_employed[:] = 0.0
    z.safe[:] = 0.0
    for g in range(e.cells.shape[1]):
        z.narrow[g] = exposure_rating(e.narrow_human[g], e.narrow_model[g], p.exposure_weight)
        z.wide[g] = exposure_rating(e.wide_human[g], e.wide_model[g], p.exposure_weight)
        for r in range(e.regions.shape[1]):
            z.total_employed[r] += e.employed[g, r]
            z.safe[r] += e.employed[g, r] * (1.0 - z.narrow[g])
    for r in range(e.regions.shape[1]):
        odds = e.rate[r] / (1.0 - e.rate[r])
        z.separation[r] = separation_rate(
            p.job_finding, p.long_term_finding, (1.0 - p.long_term_share) * odds, p.long_term_share * odds, 1.0
        )
        jobless = unemployed(z.total_employed[r], e.rate[r])
        z.force[r] = z.total_employed[r] + jobless
        z.inactive[r] = e.population[r] - z.force[r]
        quits = p.separation_to_inactivity * z.separation[r] * z.total_employed[r]
        z.entry[r] = entry_rate(quits, exits * jobless, z.inactive[r])
        z.local[r] = local_demand_elasticity(p.local_multiplier, e.nontradable_share[r])
        z.income[r] = 0.0
        for g in range(e.cells.shape[1]):
            z.income[r] += e.compensation[g, r]


def start(e, p, z, s):
    """The state of the first month: observed stocks, no AI, no programs."""
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            jobless = unemployed(e.employed[g, r], e.rate[r])
            s.employed[g, r] = e.employed[g, r]
            s.long[g, r] = long_term_unemployed(jobless, p.long_term_share)
            s.short[g, r] = jobless - s.long[g, r]
    s.gained[:] = 0.0
    s.training[:] = 0.0
    s.adoption[:] = 0.0
    s.lagged[:] = 0.0
    s.automated[:] = 0.0
    s.layoffs[:] = 0.0
    s.wage[:] = 0.0
    s.relative[:] = 0.0
    s.graduates[:] = 0.0
    s.withdrawn[:] = 0.0
    s.gain[:] = 0.0
    s.dividend[:] = 0.0
    s.hours[:] = 1.0
    s.paid_hours[:] = 1.0
    s.produced[:] = 1.0
    for r in range(e.regions.shape[1]):
        s.population[r] = e.population[r]
    sum_stocks(s)


def settle(e, p, d, z, s):
    """Measure what rounding leaves of a month without change; returns that month's job finding.

    In single precision a part in 10^7 of a region's jobs is one in 10^6 of its unemployed, in the same direction
    every month. Taken off again, the baseline is an exact fixed point.
    """
    start(e, p, z, s)
    s.ramp[:] = 0.0
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            z.employed_rounding[g, r] = 0.0
            z.short_rounding[g, r] = 0.0
            z.long_rounding[g, r] = 0.0
    supply_block(e, p, d, z, s, s.ramp, real(0.0))
    adopt_block(e, p, d, z, s, s.ramp, -1, s.out)
    training_block(p, d, s, s.ramp)
    demand_block(e, p, d, z, s, s.ramp, real(0.0))
    hire_block(e, p, z, s)
    finding = move_block(e, p, z, s)
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            z.employed_rounding[g, r] = s.gained[g, r]
            z.short_rounding[g, r] = s.short[g, r]
            z.long_rounding[g, r] = s.long[g, r]
    start(e, p, z, s)
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            z.short_rounding[g, r] -= s.short[g, r]
            z.long_rounding[g, r] -= s.long[g, r]
            z.mixing_rounding[g, r] = mixing(s.short[g, r], s.total_short[r], s.jobs[g, r], p.occupational_mixing)
    for r in range(e.regions.shape[1]):
        jobless = s.total_short[r] + s.total_long[r]
        z.slack[r] = slack(jobless, s.total_employed[r], s.total_training[r], p.trainee_wage_pressure)
        z.jobless[r] = jobless / (s.total_employed[r] + jobless)
    return finding


def run_policy(e, p, d, z, s, ramp, closure, lag, finding0, compared, twin, own, regional, national):
    """One draw under one policy, month by month; `own` receives the primary deficit, `twin` is that of no policy."""
    start(e, p, z, s)
    s.adopted_mean[:] = 0.0
    regional[:] = 0.0
    national[:] = 0.0
    tax, debt, finding, training_cost, balanced = real(0.0), wide(0.0), finding0, wide(0.0), wide(0.0)
    for month in range(-1, ramp.shape[1]):
        weight = real(1.0)
        for family in range(s.ramp.shape[0]):
            s.ramp[family] = ramp[family, month] if month >= 0 else 0.0
        if month >= 0:
            weight = real(1.0) / 12.0
            supply_block(e, p, d, z, s, s.ramp, tax)
            adopt_block(e, p, d, z, s, s.ramp, month, lag)
            training_cost = training_block(p, d, s, s.ramp)
            demand_block(e, p, d, z, s, s.ramp, real(1.0))
            hire_block(e, p, z, s)
            finding = move_block(e, p, z, s)
            pay_block(e, p, z, s)
        income_block(e, s)
        ai_revenue, taxes, transfers = budget_block(e, p, d, s, s.ramp)
        outlays = transfers + training_cost
        deficit = outlays - taxes - ai_revenue
        if month < 0:
            balanced = deficit
        deficit -= balanced
        own[month + 1] = deficit
        extra = deficit - twin[month + 1] if compared else wide(0.0)
        rate, revenue, bill = tax, wide(0.0), total(s.labor)
        if closure == LABOR_TAX:
            revenue = wide(tax) * bill
            tax = labor_tax_step(tax, real(extra - revenue), real(bill), p.labor_tax)
        elif closure == LUMP_SUM:
            revenue = extra
        debt = debt_next(debt, wide(p.interest_rate), deficit - revenue)
        demand_income_block(e, p, z, s, revenue, closure == LABOR_TAX)
        budget = Budget(finding / finding0, extra, outlays, ai_revenue, debt, rate)
        record_block(e, p, z, s, budget, regional[month // 12 + 1], national[month // 12 + 1], weight)


def simulate(e, draws, lags, policies, z, s, regional_out, national_out):
    """Every draw under every policy; the first policy must be none, which all are compared with.

    regional_out: (outcome, policy, draw, region, year); national_out: (outcome, policy, draw, year).
    """
    for i in range(draws.shape[0]):
        p = draws[i]
        prepare(e, p, z)
        finding = settle(e, p, policies.doses[0, i], z, s)
        s.twin[:] = 0.0
        for k in range(policies.closure.shape[0]):
            for family in range(s.mask.shape[0]):
                for r in range(s.mask.shape[1]):
                    s.mask[family, r] = policies.mask[k, family, r]
            run_policy(
                e, p, policies.doses[k, i], z, s, policies.ramp[k], policies.closure[k], lags[i], finding, k > 0,
                s.twin, s.own, s.regional, s.national,
            )  # fmt: skip
            if k == 0:
                for month in range(s.twin.shape[0]):
                    s.twin[month] = s.own[month]
            for year in range(s.regional.shape[0]):
                for o in range(s.national.shape[1]):
                    national_out[o, k, i, year] = s.national[year, o]
                for o in range(s.regional.shape[1]):
                    for r in range(s.regional.shape[2]):
                        regional_out[o, k, i, r, year] = s.regional[year, o, r]
