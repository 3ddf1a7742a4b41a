"""Compiled loops that record outcomes: every month, and at the end of a year by distribution and parts of demand.

A source for `compiled.py`; see loops.py for its conventions.
"""

import numpy as np

from sweep.kernel.accounts import disposable_income, satisfaction_change, scar_years, theil
from sweep.kernel.demand import local_demand
from sweep.kernel.distribution import (
    gini_term,
    grid_income,
    log_income_term,
    pooled_spread,
    share_below,
    spread_over_regions,
)
from sweep.kernel.elementary import exp, log, maximum, minimum
from sweep.kernel.flows import tightness, vacancies
from sweep.kernel.instruments import BASIC_INCOME, FOUR_DAY_WEEK, MUTUAL_AID, SUPPORT
from sweep.kernel.lanes import total, total_product

# mypy: ignore-errors

real, wide = np.float64, np.float64


def record_block(e, p, d, z, s, budget, o, weight):
    """Add this month to the year's means."""
    step = wide(weight)
    for r in range(e.regions.shape[1]):
        s.jobless[r] = s.total_short[r] + s.total_long[r]
        s.guaranteed[r] = s.guarantee_unemployed[r] + s.guarantee_inactive[r]
        s.supported[r] = s.conditional_unemployed[r] + s.conditional_inactive[r]
        s.force[r] = s.total_employed[r] + s.informal[r] + s.guaranteed[r] + s.jobless[r]
    for r in range(e.regions.shape[1]):
        expected = z.inactive[r] * s.population[r] / e.population[r]
        programs = s.total_training[r] + s.guaranteed[r] + s.supported[r]
        s.idle_now[r] = s.jobless[r] + programs + s.inactive[r] - expected
        o.jobless_rate[r] += weight * (s.idle_now[r] / s.population[r])
        o.participation_rate[r] += weight * (s.force[r] / s.population[r])
    for r in range(e.regions.shape[1]):
        o.unemployment_rate[r] += weight * (s.jobless[r] / s.force[r])
        o.long_term_unemployment_rate[r] += weight * (s.total_long[r] / s.force[r])
        o.employment[r] += weight * s.total_employed[r]
        o.wage[r] += weight * (s.paid[r] / s.total_employed[r])
        o.gdp[r] += weight * s.gdp[r]
        o.ai_adoption[r] += weight * s.adopted_mean[r]
    gdp = total(s.gdp)
    per_head = gdp / s.everyone[0]
    for r in range(e.regions.shape[1]):
        s.scars[r] = s.lost_pay[r] * scar_years(s.jobless[r] / s.force[r], p.scarring_low, p.scarring_high)
        # In double precision: the logs, weighted by shares, nearly cancel out.
        relative = wide(s.gdp[r]) / s.population[r] / per_head
        s.uneven[r] = theil(real(s.gdp[r] / gdp), real(relative))
        shorter = 1.0 - s.doses[FOUR_DAY_WEEK, r] * d.four_day_week_coverage * d.four_day_week_cut
        s.weekly[r] = p.baseline_hours * s.hours[r] * shorter
        s.net_hires[r] += s.fired[r]
    employed, jobless, in_force, guaranteed = (
        total(s.total_employed),
        total(s.jobless),
        total(s.force),
        total(s.guaranteed),
    )
    tight = tightness(budget.finding, real(1.0), p.matching_elasticity)
    jobless0 = total(z.force) - total(z.total_employed)
    informal = total(s.informal)
    o.national_unemployment_rate[0] += step * (jobless / in_force)
    o.national_jobless_rate[0] += step * (total(s.idle_now) / s.everyone[0])
    o.national_participation_rate[0] += step * (in_force / s.everyone[0])
    o.national_employment[0] += step * employed
    o.national_wage[0] += step * (total(s.paid) / employed)
    o.national_gdp[0] += step * gdp
    o.labor_share[0] += step * (s.wage_bill[0] / gdp)
    o.trainees[0] += step * total(s.total_training)
    o.layoffs[0] += step * 12.0 * total(s.fired)
    o.scarring_loss[0] += step * 12.0 * total(s.scars)
    o.tightness[0] += step * wide(tight)
    o.vacancies[0] += step * wide(vacancies(tight, real(jobless), real(jobless0)))
    o.theil_gdp[0] += step * total(s.uneven)
    o.guarantee_workers[0] += step * guaranteed
    o.conditional_participants[0] += step * total(s.supported)
    o.newly_hired[0] += step * 12.0 * total(s.net_hires)
    o.hours[0] += step * (total_product(s.total_employed, s.weekly) / employed)
    o.informal_share[0] += step * (informal / (informal + employed + guaranteed))
    o.not_employable_share[0] += step * (total(s.excluded) / s.everyone[0])
    fiscal_block(p, s, budget, o, step)


def fiscal_block(p, s, budget, o, step):
    """Add this month's budget, item by item."""
    o.net_cost[0] += step * budget.extra
    o.gross_cost[0] += step * budget.outlays
    o.ai_tax_revenue[0] += step * budget.ai_revenue
    o.debt[0] = budget.debt
    o.labor_tax_change[0] += step * wide(budget.tax)
    o.basic_income_cost[0] += step * s.basic_income_cost[0]
    o.retraining_cost[0] += step * s.training_cost[0]
    o.guarantee_cost[0] += step * s.guarantee_cost[0]
    o.conditional_income_cost[0] += step * s.conditional_cost[0]
    o.investment_cost[0] += step * (s.investment_cost[0] + s.green_cost[0])
    o.support_cost[0] += step * s.support_cost[0]
    o.mutual_aid_cost[0] += step * s.mutual_aid_cost[0]
    o.dividend_cost[0] += step * s.dividend_cost[0]
    o.data_dividend[0] += step * s.data_dividend[0]
    o.usage_tax_revenue[0] += step * s.usage_revenue[0]
    o.profit_tax_revenue[0] += step * s.profit_revenue[0]
    o.displacement_tax_revenue[0] += step * s.displacement_revenue[0]
    o.labor_tax_revenue[0] += step * s.labor_revenue[0]
    o.capital_tax_revenue[0] += step * s.capital_revenue[0]
    o.production_tax_revenue[0] += step * s.production_revenue[0]
    o.closure_revenue[0] += step * s.closure_revenue[0]
    o.social_cost[0] += step * wide(p.funds_cost) * budget.extra
    o.guarantee_value[0] += step * wide(p.guarantee_productivity) * s.guarantee_cost[0]
    o.usage_tax_added[0] += step * (s.usage_added[0] + s.closing[0])
    o.profit_tax_added[0] += step * s.profit_added[0]
    o.displacement_tax_added[0] += step * s.displacement_added[0]


def decomposition_block(e, p, z, s, o):
    """Parts of the log of labor demand this month, weighted by baseline jobs."""
    jobs, elasticity = total(z.total_employed), p.demand_elasticity
    per_job = real(1.0 / jobs)
    for r in range(e.regions.shape[1]):
        s.supplied[r] = log(s.people[r])
        s.displaced[r] = 0.0
        s.reinstated[r] = 0.0
        s.by_displacement[r] = 0.0
        s.by_reinstatement[r] = 0.0
        s.by_income[r] = 0.0
        s.by_policy[r] = 0.0
    for g in range(e.cells.shape[1]):
        employed0, adopted, lagged, automated = e.employed[g], s.adoption[g], s.lagged[g], s.automated[g]
        shift, shock, desired, renewed = s.shift[g], e.shock[g], s.desired[g], z.reinstatement_of_group[g]
        for r in range(e.regions.shape[1]):
            lost = s.automation[r] * adopted[r]
            weight = employed0[r] * per_job
            displaced = log(1.0 - lost)
            left = log(1.0 - automated[r])
            local = local_demand(z.local[r], e.nontradable[g], s.relative[r])
            policy = (shift[r] - shock[r]) - s.policy_drag[r]
            logs = left + p.productivity_demand * s.gain[r] - elasticity * s.wage[r] + local + policy + shock[r]
            without = employed0[r] * exp(logs) * s.people[r]
            direct = log(maximum(desired[r], 1e-20) / maximum(without, 1e-20))
            s.displaced[r] += employed0[r] * lost
            s.reinstated[r] += employed0[r] * s.automation[r] * (renewed * z.reinstatement[r]) * lagged[r]
            s.by_displacement[r] += weight * displaced
            s.by_reinstatement[r] += weight * (left - displaced)
            s.by_income[r] += weight * local
            s.by_policy[r] += weight * (policy + direct)
    o.displaced_jobs[0] = total(s.displaced)
    o.reinstated_jobs[0] = total(s.reinstated)
    o.demand_displacement[0] = total(s.by_displacement)
    o.demand_reinstatement[0] = total(s.by_reinstatement)
    o.demand_productivity[0] = wide(p.productivity_demand) * total_product(z.total_employed, s.gain) / jobs
    o.demand_wage[0] = -wide(elasticity) * total_product(z.total_employed, s.wage) / jobs
    o.demand_local[0] = total(s.by_income)
    o.demand_policy[0] = total(s.by_policy)
    o.demand_supply[0] = total_product(z.total_employed, s.supplied) / jobs
    o.demand_total[0] = o.demand_displacement[0] + o.demand_reinstatement[0] + o.demand_productivity[0]
    o.demand_total[0] += o.demand_wage[0] + o.demand_local[0] + o.demand_policy[0] + o.demand_supply[0]


def pool(s, b, column, spread, share, paid):
    """Mean and spread over the nation of a share of one group or status, beside what it has in every region.

    paid: 1 for those who get a basic income, 0 for the others.
    """
    if share == 0:
        return
    first = s.cell_flat[0] + paid * s.basic[0]
    for r in range(s.regions.shape[1]):
        # Lanes that only fill vectors weigh nothing in sums, but have floors of one person in them.
        flat = s.cell_flat[r] + paid * s.basic[r]
        s.cell_floor[r] = flat if s.population[r] > 1.0 else first
    floor = least(s.cell_floor)
    for r in range(s.regions.shape[1]):
        s.cell_rest[r] = s.cell_income[r] + (s.cell_flat[r] + paid * s.basic[r] - floor)
        s.cell_amount[r] = s.cell_people[r] * s.cell_rest[r]
    people, amount = total(s.cell_people), total(s.cell_amount)
    mean = amount / max(people, wide(1e-20))
    # Scaled by the mean, so that squares of incomes stay within single precision.
    squares = total_product(s.cell_amount, s.cell_rest) / max(people, wide(1e-20)) / max(mean * mean, wide(1e-20))
    b.pooled[0, column] = real(share) * real(people)
    b.pooled[1, column] = mean
    b.pooled[2, column] = spread_over_regions(spread, 1.0, 1.0, real(squares))
    b.pooled[3, column] = floor


def least(values):
    """Smallest value of all regions; eight at a time."""
    a, b, c, d = values[0], values[1], values[2], values[3]
    f, g, h, i = values[4], values[5], values[6], values[7]
    for r in range(8, values.shape[0], 8):
        a, b, c, d = (
            minimum(a, values[r]),
            minimum(b, values[r + 1]),
            minimum(c, values[r + 2]),
            minimum(d, values[r + 3]),
        )
        f, g, h, i = (
            minimum(f, values[r + 4]),
            minimum(g, values[r + 5]),
            minimum(h, values[r + 6]),
            minimum(i, values[r + 7]),
        )
    first, second = minimum(minimum(a, b), minimum(c, d)), minimum(minimum(f, g), minimum(h, i))
    return minimum(first, second)


def status_block(p, s, b, column, spread, eligible):
    """Add one group or status to the poor of each region and to the nation's mixture; returns its poor.

    `cell_spread` is its log spread of incomes by region, spread that of the nation's mixture.
    """
    line, without = p.poverty_line, 1.0 - eligible
    for r in range(s.regions.shape[1]):
        s.cell_poor[r] = 0.0
    if eligible > 0:
        for r in range(s.regions.shape[1]):
            flat = s.cell_flat[r] + s.basic[r]
            s.cell_poor[r] += eligible * share_below(line, flat, s.cell_income[r], s.cell_spread[r])
    if without > 0:
        for r in range(s.regions.shape[1]):
            s.cell_poor[r] += without * share_below(line, s.cell_flat[r], s.cell_income[r], s.cell_spread[r])
    for r in range(s.regions.shape[1]):
        s.cell_poor[r] *= s.cell_people[r]
        s.poor[r] += s.cell_poor[r]
    pool(s, b, column, spread, eligible, real(1.0))
    pool(s, b, column + b.pooled.shape[1] // 2, spread, without, real(0.0))
    return total(s.cell_poor)


def fill_pool(b):
    """Bring the mixture's parts that hold people to the front; returns how many there are, in whole vectors."""
    used = 0
    for column in range(b.pooled.shape[1]):
        if b.pooled[0, column] > 0:
            for row in range(4):
                b.pooled[row, used] = b.pooled[row, column]
            used += 1
    end = min(used + -used % 16, b.pooled.shape[1])
    for column in range(used, end):
        b.pooled[0, column] = 0.0
        b.pooled[1, column] = 1.0
        b.pooled[2, column] = 1.0
        b.pooled[3, column] = 0.0
    return end


def below_line(b, parts, line, everyone):
    """Share of the nation's adults with incomes below a line, in double precision."""
    people, mean, spread, flat, below = b.pooled[0], b.pooled[1], b.pooled[2], b.pooled[3], b.pooled[4]
    for column in range(parts):
        below[column] = people[column] * share_below(line, flat[column], mean[column], spread[column])
    return total(below) / everyone


def distribution_block(e, p, d, z, s, b, budget, o, first):
    """Poverty, inequality and life satisfaction at the end of a year."""
    net, groups = 1.0 - p.labor_tax - budget.tax, e.cells.shape[1]
    eligible = d.basic_income_eligible
    b.pooled[:] = 0.0
    s.poor[:] = 0.0
    s.idle_pay[:] = 0.0
    for g in range(groups):
        for r in range(e.regions.shape[1]):
            s.idle_pay[r] += e.employed[g, r] * e.wage[g, r]
    for r in range(e.regions.shape[1]):
        s.idle_pay[r] = p.survey_income * p.idle_income * (1.0 - p.labor_tax) * s.idle_pay[r] / z.total_employed[r]
        s.basic[r] = 12.0 * s.doses[BASIC_INCOME, r] * d.basic_income_amount
        s.given[r] = s.dividend[r] - real(budget.per_head)
        s.cell_flat[r] = s.given[r]
        s.cell_spread[r] = p.income_spread
    for g in range(groups):
        employed, wage, lift = s.employed[g], e.wage[g], s.lift[g]
        for r in range(e.regions.shape[1]):
            s.cell_people[r] = employed[r]
            s.cell_income[r] = p.survey_income * net * wage[r] * s.pay[r] * s.paid_hours[r] * lift[r]
        status_block(p, s, b, g, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.total_short[r] + s.total_long[r] + s.total_training[r] + real(s.inactive[r])
        s.cell_income[r] = s.idle_pay[r]
    status_block(p, s, b, groups, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.guarantee_unemployed[r] + s.guarantee_inactive[r]
        s.cell_flat[r] = net * 1040.0 * d.guarantee_wage + s.given[r]
    status_block(p, s, b, groups + 1, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.conditional_unemployed[r] + s.conditional_inactive[r]
        s.cell_flat[r] = 12.0 * s.benefit[r] + s.given[r]
    status_block(p, s, b, groups + 2, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.excluded[r]
        s.cell_flat[r] = 12.0 * s.doses[SUPPORT, r] * d.support_amount + s.given[r]
    poor = status_block(p, s, b, groups + 3, p.income_spread, eligible)
    o.not_employable_poverty_rate[0] = poor / max(total(s.excluded), wide(1.0))
    people = total(s.informal)
    for r in range(e.regions.shape[1]):
        covered = s.doses[MUTUAL_AID, r] * d.mutual_aid_coverage
        s.cell_spread[r] = pooled_spread(p.income_spread, p.mutual_aid_pooling, covered)
        own = p.survey_income * s.informal_output[r] / maximum(s.informal[r], 1.0)
        s.cell_people[r] = s.informal[r]
        s.cell_income[r] = own + 12.0 * d.mutual_aid_top_up * covered
        s.cell_flat[r] = s.given[r]
    spread = real(total_product(s.informal, s.cell_spread) / people) if people > 0 else real(1.0)
    poor = status_block(p, s, b, groups + 4, spread, eligible)
    o.informal_poverty_rate[0] = poor / max(people, wide(1.0))
    for r in range(e.regions.shape[1]):
        untaxed = s.informal_output[r] + s.transfers[r] - s.public_pay[r] - s.levied[r]
        s.disposable[r] = disposable_income(s.labor[r] + s.public_pay[r], p.labor_tax, untaxed)
    income_spread_block(s, b, o)
    if first:
        s.log_income0[0] = s.log_income[0]
    o.life_satisfaction[0] = satisfaction(e, p, z, s)


def income_spread_block(s, b, o):
    """Poverty by region, and the nation's Gini coefficient and relative poverty on a grid of incomes."""
    everyone, income, mean = s.everyone[0], total(s.disposable), wide(0.0)
    per_head = income / everyone
    for r in range(s.regions.shape[1]):
        o.poverty_rate[r] = s.poor[r] / s.population[r]
        o.disposable_income[r] = s.disposable[r] / s.population[r]
        relative = wide(s.disposable[r]) / s.population[r] / per_head
        s.uneven[r] = theil(real(s.disposable[r] / income), real(relative))
    o.national_poverty_rate[0] = total(s.poor) / everyone
    o.national_disposable_income[0] = income / everyone
    o.theil_income[0] = total(s.uneven)
    parts = fill_pool(b)
    for column in range(parts):
        mean += wide(b.pooled[0, column]) * (wide(b.pooled[1, column]) + wide(b.pooled[3, column]))
    center, gini = real(mean / everyone), wide(0.0)
    half_done, before, median, log_income = False, wide(0.0), real(0.0), wide(0.0)
    for step in range(119):
        line = grid_income(center, real(step))
        below = below_line(b, parts, line, everyone)
        gini += wide(gini_term(real(below), line, center))
        # In single precision these differences would be off by a part in 10^5 of what life satisfaction changes.
        log_income += log_income_term(below, before, line)
        if below >= 0.5 and not half_done:
            half_done = True
            back = log(grid_income(center, real(step - 1)))
            share = real((0.5 - before) / maximum(below - before, wide(1e-20)))
            median = exp(back + (log(line) - back) * share)
        before = below
    s.log_income[0] = log_income
    o.gini[0] = gini
    o.relative_poverty_rate[0] = below_line(b, parts, 0.6 * median, everyone)


def satisfaction(e, p, z, s):
    """Change of mean life satisfaction of the nation."""
    guaranteed, people = total(s.guarantee_unemployed), s.everyone[0]
    jobless = total(s.total_short) + total(s.total_long)
    force = total(s.total_employed) + total(s.informal) + guaranteed + total(s.guarantee_inactive) + jobless
    jobless0, force0 = total(z.force) - total(z.total_employed), total(z.force) + total(e.informal)
    people0 = total(e.population)
    climate = p.satisfaction_climate * 100.0 * real(jobless / force - jobless0 / force0)
    rich = p.satisfaction_income * real(s.log_income[0] - s.log_income0[0])
    change = real(jobless / people - jobless0 / people0)
    recovered = real(guaranteed / people)
    return satisfaction_change(change, recovered, p.guarantee_satisfaction, p.satisfaction_unemployed, climate, rich)
