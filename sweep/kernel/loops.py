"""The compiled path: the same order of events as reference.py as loops over one draw's state in cache.

This file, labor_loops.py, program_loops.py, account_loops.py and record_loops.py are sources for `compiled.py`, which
joins them with the equations and binds the number type. Arrays by cell are (group, region): the inner loop runs over
regions, so that sums over groups vectorize too.
"""

import numpy as np

from sweep.kernel.account_loops import (
    budget_block,
    demand_income_block,
    due_block,
    earmark_block,
    floor_block,
    income_block,
)
from sweep.kernel.accounts import debt_next, labor_tax_step, tuned_rate
from sweep.kernel.adoption import exposure_rating
from sweep.kernel.baseline import (
    ageing_rate,
    bounded_exit_rate,
    entry_rate,
    long_term_unemployed,
    not_employable,
    separation_rate,
    unemployed,
)
from sweep.kernel.demand import local_demand_elasticity
from sweep.kernel.elementary import log
from sweep.kernel.flows import mixing
from sweep.kernel.informality import formal_finding, formal_output_share, informal_output
from sweep.kernel.instruments import AI_TAX, LABOR_TAX, LUMP_SUM, MOST_USAGE_TAX
from sweep.kernel.labor_loops import (
    adopt_block,
    demand_block,
    hire_block,
    leak_block,
    move_block,
    pay_block,
    sum_stocks,
    supply_block,
)
from sweep.kernel.lanes import total
from sweep.kernel.migration import eagerness
from sweep.kernel.program_loops import enroll_block, offer_block
from sweep.kernel.record_loops import decomposition_block, distribution_block, record_block
from sweep.kernel.wages import slack
from sweep.kernel.workspace import Budget, Record

# mypy: ignore-errors

real, wide = np.float64, np.float64


def prepare(e, p, z):
    """Everything that follows from the economy and a draw alone."""
    z.total_employed[:] = 0.0
    z.safe[:] = 0.0
    z.output[:] = 0.0
    z.income[:] = 0.0
    for g in range(e.cells.shape[1]):
        z.narrow[g] = exposure_rating(e.narrow_human[g], e.narrow_model[g], p.exposure_weight)
        z.wide[g] = exposure_rating(e.wide_human[g], e.wide_model[g], p.exposure_weight)
        for r in range(e.regions.shape[1]):
            z.total_employed[r] += e.employed[g, r]
            z.safe[r] += e.employed[g, r] * (1.0 - z.narrow[g])
            z.output[r] += e.output[g, r]
            z.income[r] += e.compensation[g, r]
    largest = real(0.0)
    for r in range(e.regions.shape[1]):
        largest = max(largest, z.migration_response[r])
    for r in range(e.regions.shape[1]):
        z.eagerness[r] = eagerness(z.migration_response[r], largest)
        long = z.long_term_share[r]
        z.ratio[r] = e.informal[r] / z.total_employed[r]
        finding = formal_finding(z.job_finding[r], z.ratio[r])
        z.finding[r] = finding
        z.wait[r] = 1.0 / finding
        z.formal[r] = formal_output_share(p.informal_productivity, z.ratio[r])
        z.exit[r] = bounded_exit_rate(z.exit_rate[r], finding, p.long_term_finding, long)
        z.ageing[r] = ageing_rate(finding, p.long_term_finding, z.exit[r], 1.0 - long, long)
        odds = (1.0 + z.ratio[r]) * e.rate[r] / (1.0 - e.rate[r])
        z.separation[r] = separation_rate(finding, p.long_term_finding, (1.0 - long) * odds, long * odds, 1.0)
        jobless = unemployed(z.total_employed[r], z.ratio[r], e.rate[r])
        z.force[r] = z.total_employed[r] + jobless
        rest = e.population[r] - z.force[r] - e.informal[r]
        z.excluded[r] = not_employable(z.not_employable[r], e.population[r], rest)
        z.inactive[r] = rest - z.excluded[r]
        quits = p.separation_to_inactivity * z.separation[r] * z.total_employed[r]
        z.entry[r] = entry_rate(quits, z.exit[r] * jobless, z.inactive[r])
        z.local[r] = local_demand_elasticity(z.local_multiplier[r], e.nontradable_share[r])
        z.informal_output[r] = informal_output(z.output[r], z.formal[r], e.informal[r], e.informal[r])
        z.income[r] = z.formal[r] * z.income[r] + z.informal_output[r]


def start(e, p, z, s):
    """The state of the first month: observed stocks, no AI, no programs."""
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            jobless = unemployed(e.employed[g, r], z.ratio[r], e.rate[r])
            s.employed[g, r] = e.employed[g, r]
            s.long[g, r] = long_term_unemployed(jobless, z.long_term_share[r])
            s.short[g, r] = jobless - s.long[g, r]
    s.gained[:] = 0.0
    s.training[:] = 0.0
    s.adoption[:] = 0.0
    s.unvetoed[:] = 0.0
    s.lagged[:] = 0.0
    s.automated[:] = 0.0
    s.layoffs[:] = 0.0
    s.shift[:] = 0.0
    s.lift[:] = 1.0
    s.regions[:] = 0.0
    s.amounts[:] = 0.0
    s.doses[:] = 0.0
    s.ramp[:] = 0.0
    s.hours[:] = 1.0
    s.paid_hours[:] = 1.0
    s.produced[:] = 1.0
    for r in range(e.regions.shape[1]):
        s.population[r] = e.population[r]
        s.informal[r] = e.informal[r]
        s.excluded[r] = z.excluded[r]
        s.kept_ageing[r] = z.ageing[r]
    sum_stocks(s)
    for r in range(e.regions.shape[1]):
        s.net_hires[r] = (z.separation[r] * s.total_employed[r] - s.total_employed[r]) + s.total_employed[r]


def begin(e, p, z, s, b):
    """A new draw: what follows from it, with no rounding measured yet and no run without policy."""
    prepare(e, p, z)
    b.twin[:] = 0.0
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            z.employed_rounding[g, r] = 0.0
            z.short_rounding[g, r] = 0.0
            z.long_rounding[g, r] = 0.0


def settle(e, p, z, s):
    """Keep what rounding has left of a month without change, the state after it.

    In single precision a part in 10^7 of a region's jobs is one in 10^6 of its unemployed, in the same direction
    every month. Taken off again, the baseline is an exact fixed point.
    """
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
        jobless, employed = s.total_short[r] + s.total_long[r], s.total_employed[r] + s.informal[r]
        z.slack[r] = slack(jobless, employed, s.total_training[r], p.trainee_wage_pressure)
        z.jobless[r] = jobless / (employed + jobless)


def keep(found, rows, kept, policy, draw):
    """Some of a run's regional outcomes (year, outcome, region), as they are returned: (outcome, …, region, year).

    By NumPy it would take ten times as long, a fortieth of the run.
    """
    for number, row in enumerate(rows):
        for r in range(kept.shape[3]):
            for year in range(kept.shape[4]):
                kept[number, policy, draw, r, year] = found[year, row, r]


def move_parameters(numbers, z, moving, paths, month):
    """This month's values of parameters that move: of the draw's numbers, or beyond them of rows by region."""
    for k in range(moving.shape[0]):
        row = moving[k] - numbers.shape[0]
        if row < 0:
            numbers[moving[k]] = paths[k, month]
        if row >= 0:
            for r in range(z.given.shape[1]):
                z.given[row, r] = paths[k, month]


def set_doses(s, ramp, month):
    """Share of each family's dose in force, by region; recomputed only in months in which a ramp moves."""
    for family in range(s.ramp.shape[0]):
        if ramp[family, month] != s.ramp[family]:
            s.ramp[family] = ramp[family, month]
            for r in range(s.mask.shape[1]):
                s.doses[family, r] = s.ramp[family] * s.mask[family, r]


def shift_block(e, p, s, floored):
    """Log demand shifts by cell: the outside shock, and the cost of a higher wage floor."""
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            s.shift[g, r] = e.shock[g, r]
            if floored:
                s.shift[g, r] -= p.demand_elasticity * log(s.lift[g, r])


# One page of calls: a function between this one and its blocks would compile all of them once more.
def run_policy(e, p, d, z, s, b, ramp, payers, numbers, moving, paths, placed, finding0, compared, months, detail):  # noqa: PLR0912, PLR0915
    """One draw under one policy, month by month; `b.own` receives the primary deficit, `b.twin` is no policy's.

    With no months to run, it is the month without change that `settle` needs, and returns its job finding. detail:
    whether outcomes of the sets `distribution` and `decomposition` are wanted. numbers: p as an array, of which those
    that are moving have a path of values by month; placed: whether any of them differs by region.
    """
    start(e, p, z, s)
    b.regional[:] = 0.0
    b.national[:] = 0.0
    tax, debt, finding, balanced = real(0.0), wide(0.0), finding0, wide(0.0)
    floored = d.guarantee_offers > 0
    programs = floored or d.training_budget + d.conditional_income_offers + d.regional_fund_share > 0
    programs = programs or d.place_investment_spending + d.green_care_spending > 0 or total(s.informal) > 0
    by_labor, by_ai, closing = False, False, real(0.0)
    for payer in payers:
        by_labor |= payer == LABOR_TAX
        by_ai |= payer == AI_TAX
    for month in range(-1, months):
        weight, year = real(1.0), month // 12 + 1
        o = Record(b.regional[year], b.national[year])
        ends = month < 0 or month % 12 == 11
        move_parameters(numbers, z, moving, paths, max(month, 0))
        if month >= 0:
            weight = real(1.0) / 12.0
            set_doses(s, ramp, month)
            if floored or month == 0:
                shift_block(e, p, s, floored)
        if month >= 0 or months == 0:
            supply_block(e, p, d, z, s, tax)
            adopt_block(e, p, d, z, s, month, placed)
            if d.veto_cut > 0:
                leak_block(e, p, d, z, s, month)
            if programs:
                offer_block(e, p, d, z, s)
            demand_block(e, p, d, z, s)
            hire_block(e, p, z, s)
            if programs:
                enroll_block(e, p, d, z, s)
            finding = move_block(e, p, z, s)
            if months == 0:
                break
            if detail and ends:
                decomposition_block(e, p, z, s, o)
            pay_block(e, p, d, z, s)
        income_block(e, p, z, s, floored)
        ai_revenue, taxes, outlays = budget_block(e, p, d, z, s)
        deficit = outlays - taxes - ai_revenue
        if month < 0:
            balanced = deficit
        deficit -= balanced
        b.own[month + 1] = deficit
        extra = deficit - b.twin[month + 1] if compared else wide(0.0)
        due_block(p, s, b, payers, extra)
        rate, bill = tax, s.wage_bill[0]
        taxed, lump = wide(tax) * bill, b.due[LUMP_SUM]
        if by_labor:
            tax = labor_tax_step(tax, real(b.due[LABOR_TAX] - taxed), real(bill), p.labor_tax)
        if by_ai:
            due, base = real(b.due[AI_TAX]), real(s.usage_base[0])
            closing = tuned_rate(real(s.closing[0]), due, base, real(MOST_USAGE_TAX))
        s.closure_revenue[0] = taxed + lump
        debt = debt_next(debt, wide(p.interest_rate), deficit - taxed - lump)
        demand_income_block(e, p, z, s, taxed, lump, bill)
        per_head = lump / s.everyone[0]
        budget = Budget(finding / finding0, extra, outlays, ai_revenue, debt, rate, per_head)
        record_block(e, p, d, z, s, budget, o, weight)
        if detail and ends:
            distribution_block(e, p, d, z, s, b, budget, o, month < 0)
        if by_ai:
            s.closing[0] = closing
        if d.regional_fund_share > 0:
            earmark_block(e, d, z, s, ai_revenue)
        if floored:
            floor_block(e, p, d, s)
    return finding
