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
from sweep.kernel.elementary import exp, log, maximum
from sweep.kernel.flows import tightness, vacancies
from sweep.kernel.instruments import BASIC_INCOME, FOUR_DAY_WEEK, MUTUAL_AID, SUPPORT
from sweep.kernel.labor_loops import total

# mypy: ignore-errors

real, wide = np.float64, np.float64


def record_block(e, p, d, z, s, budget, o, weight):
    """Add this month to the year's means."""
    everyone, jobless, idle_total, in_force = total(s.population), wide(0.0), wide(0.0), wide(0.0)
    gdp, scars, uneven, jobless0 = total(s.gdp), wide(0.0), wide(0.0), wide(0.0)
    hired, employed, step = wide(0.0), total(s.total_employed), wide(weight)
    guaranteed_total, conditional_total = wide(0.0), wide(0.0)
    for r in range(e.regions.shape[1]):
        unemployed_now = s.total_short[r] + s.total_long[r]
        guaranteed = s.guarantee_unemployed[r] + s.guarantee_inactive[r]
        conditional = s.conditional_unemployed[r] + s.conditional_inactive[r]
        force = s.total_employed[r] + s.informal[r] + guaranteed + unemployed_now
        expected = z.inactive[r] * s.population[r] / e.population[r]
        idle = unemployed_now + s.total_training[r] + guaranteed + conditional + s.inactive[r] - expected
        rate = unemployed_now / force
        o.unemployment_rate[r] += weight * rate
        o.jobless_rate[r] += weight * (idle / s.population[r])
        o.long_term_unemployment_rate[r] += weight * (s.total_long[r] / force)
        o.participation_rate[r] += weight * (force / s.population[r])
        o.employment[r] += weight * s.total_employed[r]
        o.wage[r] += weight * (s.paid[r] / s.total_employed[r])
        o.gdp[r] += weight * s.gdp[r]
        o.ai_adoption[r] += weight * s.adopted_mean[r]
        jobless += wide(unemployed_now)
        jobless0 += wide(z.force[r] - z.total_employed[r])
        idle_total += wide(idle)
        in_force += wide(force)
        guaranteed_total += wide(guaranteed)
        conditional_total += wide(conditional)
        scars += wide(s.lost_pay[r] * scar_years(rate, p.scarring_low, p.scarring_high))
        uneven += wide(theil(s.gdp[r], real(s.population[r]), real(gdp), real(everyone)))
        hired += wide(s.net_hires[r] + s.fired[r])
    tight = tightness(budget.finding, real(1.0), p.matching_elasticity)
    o.national_unemployment_rate[0] += step * (jobless / in_force)
    o.national_jobless_rate[0] += step * (idle_total / everyone)
    o.national_participation_rate[0] += step * (in_force / everyone)
    o.national_employment[0] += step * employed
    o.national_wage[0] += step * (total(s.paid) / employed)
    o.national_gdp[0] += step * gdp
    o.labor_share[0] += step * ((total(s.labor) + total(s.public_pay)) / gdp)
    o.trainees[0] += step * total(s.total_training)
    o.layoffs[0] += step * 12.0 * total(s.fired)
    o.scarring_loss[0] += step * 12.0 * scars
    o.tightness[0] += step * wide(tight)
    o.vacancies[0] += step * wide(vacancies(tight, real(jobless), real(jobless0)))
    o.theil_gdp[0] += step * uneven
    o.guarantee_workers[0] += step * guaranteed_total
    o.conditional_participants[0] += step * conditional_total
    o.newly_hired[0] += step * 12.0 * hired
    o.hours[0] += step * (worked_hours(p, d, s) / employed)
    o.informal_share[0] += step * (total(s.informal) / (total(s.informal) + employed + guaranteed_total))
    o.not_employable_share[0] += step * (total(s.excluded) / everyone)
    fiscal_block(p, s, budget, o, step)


def worked_hours(p, d, s):
    """Hours of all employed persons in a week."""
    worked = wide(0.0)
    for r in range(s.regions.shape[1]):
        shorter = 1.0 - s.doses[FOUR_DAY_WEEK, r] * d.four_day_week_coverage * d.four_day_week_cut
        worked += wide(s.total_employed[r]) * wide(p.baseline_hours * s.hours[r] * shorter)
    return worked


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
    jobs, weight = total(z.total_employed), wide(0.0)
    for name in (
        o.displaced_jobs, o.reinstated_jobs, o.demand_displacement, o.demand_reinstatement, o.demand_productivity,
        o.demand_wage, o.demand_local, o.demand_policy, o.demand_supply, o.demand_total,
    ):  # fmt: skip
        name[0] = 0.0
    for g in range(e.cells.shape[1]):
        for r in range(e.regions.shape[1]):
            lost = s.automation[r] * s.adoption[g, r]
            weight = wide(e.employed[g, r]) / jobs
            local = local_demand(z.local[r], e.nontradable[g], s.relative[r])
            displaced = log(1.0 - lost)
            back = log((1.0 - s.automated[g, r]) / (1.0 - lost))
            productive = p.productivity_demand * s.gain[r]
            paid = -p.demand_elasticity * s.wage[r]
            policy = (s.shift[g, r] - e.shock[g, r]) - s.policy_drag[r]
            supplied = log(s.people[r])
            logs = displaced + back + productive + paid + local + policy + e.shock[g, r]
            without = e.employed[g, r] * exp(logs) * s.people[r]
            direct = log(maximum(s.desired[g, r], 1e-20) / maximum(without, 1e-20))
            o.displaced_jobs[0] += wide(e.employed[g, r] * lost)
            o.reinstated_jobs[0] += wide(e.employed[g, r] * s.automation[r] * p.reinstatement * s.lagged[g, r])
            o.demand_displacement[0] += weight * wide(displaced)
            o.demand_reinstatement[0] += weight * wide(back)
            o.demand_productivity[0] += weight * wide(productive)
            o.demand_wage[0] += weight * wide(paid)
            o.demand_local[0] += weight * wide(local)
            o.demand_policy[0] += weight * wide(policy + direct)
            o.demand_supply[0] += weight * wide(supplied)
    o.demand_total[0] = o.demand_displacement[0] + o.demand_reinstatement[0] + o.demand_productivity[0]
    o.demand_total[0] += o.demand_wage[0] + o.demand_local[0] + o.demand_policy[0] + o.demand_supply[0]


def pool_row(s, row, spread, share, paid):
    """Mean and spread over the nation of a share of one group or status, beside what it has in every region.

    paid: 1 for those who get a basic income, 0 for the others.
    """
    people, amount, squares = wide(0.0), wide(0.0), wide(0.0)
    s.pooled[0, row] = 0.0
    if share == 0:
        return
    flat = s.cell_flat[0] + paid * s.basic[0]
    for r in range(s.regions.shape[1]):
        # Lanes that only fill vectors weigh nothing in sums, but have floors of one person in them.
        if s.population[r] > 1.0:
            flat = min(flat, s.cell_flat[r] + paid * s.basic[r])
    for r in range(s.regions.shape[1]):
        rest = wide(s.cell_income[r]) + wide(s.cell_flat[r] + paid * s.basic[r] - flat)
        people += wide(share * s.cell_people[r])
        amount += wide(share * s.cell_people[r]) * rest
        squares += wide(share * s.cell_people[r]) * rest * rest
    mean = amount / max(people, wide(1e-20))
    s.pooled[0, row] = people
    s.pooled[1, row] = mean
    # Scaled by the mean, so that squares of incomes stay within single precision.
    relative = real(squares / max(people, wide(1e-20)) / max(mean * mean, wide(1e-20)))
    s.pooled[2, row] = spread_over_regions(spread, 1.0, 1.0, relative)
    s.pooled[3, row] = flat


def poor_share(p, s, r, spread, eligible):
    """Share of a region's people of one group or status below the fixed line, with and without a basic income."""
    below = real(0.0)
    if eligible > 0:
        flat = s.cell_flat[r] + s.basic[r]
        below += eligible * share_below(p.poverty_line, flat, s.cell_income[r], spread)
    if eligible < 1:
        below += (1.0 - eligible) * share_below(p.poverty_line, s.cell_flat[r], s.cell_income[r], spread)
    return below


def status_row(p, s, row, spread, eligible):
    """Add one group or status to the poor of each region and to the nation's mixture; returns its poor."""
    poor = wide(0.0)
    for r in range(s.regions.shape[1]):
        below = s.cell_people[r] * poor_share(p, s, r, spread, eligible)
        s.poor[r] += below
        poor += wide(below)
    pool_rows(s, row, spread, eligible)
    return poor


def pool_rows(s, row, spread, eligible):
    """One group or status of the nation: who gets a basic income, and who doesn't."""
    pool_row(s, row, spread, eligible, real(1.0))
    pool_row(s, row + s.pooled.shape[1] // 2, spread, 1.0 - eligible, real(0.0))


def below_line(s, line, everyone):
    """Share of the nation's adults with incomes below a line."""
    count = wide(0.0)
    for row in range(s.pooled.shape[1]):
        if s.pooled[0, row] > 0:
            below = share_below(line, s.pooled[3, row], s.pooled[1, row], s.pooled[2, row])
            count += wide(s.pooled[0, row] * below)
    return real(count / everyone)


def distribution_block(e, p, d, z, s, budget, o, first):
    """Poverty, inequality and life satisfaction at the end of a year."""
    net, groups = 1.0 - p.labor_tax - budget.tax, e.cells.shape[1]
    eligible = d.basic_income_eligible
    s.poor[:] = 0.0
    s.idle_pay[:] = 0.0
    for g in range(groups):
        for r in range(e.regions.shape[1]):
            s.idle_pay[r] += e.employed[g, r] * e.wage[g, r]
    for r in range(e.regions.shape[1]):
        s.idle_pay[r] = p.survey_income * p.idle_income * (1.0 - p.labor_tax) * s.idle_pay[r] / z.total_employed[r]
        s.basic[r] = 12.0 * s.doses[BASIC_INCOME, r] * d.basic_income_amount
        s.given[r] = s.dividend[r] - real(budget.per_head)
    for g in range(groups):
        for r in range(e.regions.shape[1]):
            s.cell_people[r] = s.employed[g, r]
            s.cell_income[r] = p.survey_income * net * e.wage[g, r] * s.pay[r] * s.paid_hours[r] * s.lift[g, r]
            s.cell_flat[r] = s.given[r]
        status_row(p, s, g, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.total_short[r] + s.total_long[r] + s.total_training[r] + real(s.inactive[r])
        s.cell_income[r] = s.idle_pay[r]
        s.cell_flat[r] = s.given[r]
    status_row(p, s, groups, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.guarantee_unemployed[r] + s.guarantee_inactive[r]
        s.cell_flat[r] = net * 1040.0 * d.guarantee_wage + s.given[r]
    status_row(p, s, groups + 1, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.conditional_unemployed[r] + s.conditional_inactive[r]
        s.cell_flat[r] = 12.0 * s.benefit[r] + s.given[r]
    status_row(p, s, groups + 2, p.income_spread, eligible)
    for r in range(e.regions.shape[1]):
        s.cell_people[r] = s.excluded[r]
        s.cell_flat[r] = 12.0 * s.doses[SUPPORT, r] * d.support_amount + s.given[r]
    poor = status_row(p, s, groups + 3, p.income_spread, eligible)
    o.not_employable_poverty_rate[0] = poor / max(total(s.excluded), wide(1.0))
    informal_poor, spread_sum, people = wide(0.0), wide(0.0), total(s.informal)
    for r in range(e.regions.shape[1]):
        covered = s.doses[MUTUAL_AID, r] * d.mutual_aid_coverage
        spread = pooled_spread(p.income_spread, p.mutual_aid_pooling, covered)
        own = p.survey_income * s.informal_output[r] / maximum(s.informal[r], 1.0)
        s.cell_people[r] = s.informal[r]
        s.cell_income[r] = own + 12.0 * d.mutual_aid_top_up * covered
        s.cell_flat[r] = s.given[r]
        below = s.informal[r] * poor_share(p, s, r, spread, eligible)
        s.poor[r] += below
        informal_poor += wide(below)
        spread_sum += wide(s.informal[r]) * wide(spread)
    pool_rows(s, groups + 4, real(spread_sum / max(people, wide(1e-20))) if people > 0 else real(1.0), eligible)
    o.informal_poverty_rate[0] = informal_poor / max(people, wide(1.0))
    for r in range(e.regions.shape[1]):
        untaxed = s.informal_output[r] + s.transfers[r] - s.public_pay[r] - s.levied[r]
        s.disposable[r] = disposable_income(s.labor[r] + s.public_pay[r], p.labor_tax, untaxed)
    income_spread_block(e, s, o)
    if first:
        s.log_income0[0] = s.log_income[0]
    o.life_satisfaction[0] = satisfaction(e, p, z, s)


def income_spread_block(e, s, o):
    """Poverty by region, and the nation's Gini coefficient and relative poverty on a grid of incomes."""
    poor, everyone, income, mean = wide(0.0), total(s.population), total(s.disposable), wide(0.0)
    uneven = wide(0.0)
    for r in range(e.regions.shape[1]):
        o.poverty_rate[r] = s.poor[r] / s.population[r]
        o.disposable_income[r] = s.disposable[r] / s.population[r]
        poor += wide(s.poor[r])
        uneven += wide(theil(s.disposable[r], real(s.population[r]), real(income), real(everyone)))
    o.national_poverty_rate[0] = poor / everyone
    o.national_disposable_income[0] = income / everyone
    o.theil_income[0] = uneven
    for row in range(s.pooled.shape[1]):
        mean += wide(s.pooled[0, row]) * (wide(s.pooled[1, row]) + wide(s.pooled[3, row]))
    center, gini = real(mean / everyone), wide(0.0)
    half_done, before, median, log_income = False, real(0.0), real(0.0), wide(0.0)
    for step in range(119):
        line = grid_income(center, real(step))
        below = below_line(s, line, everyone)
        gini += wide(gini_term(below, line, center))
        log_income += wide(log_income_term(below, before, line))
        if below >= 0.5 and not half_done:
            half_done = True
            back = log(grid_income(center, real(step - 1)))
            share = (0.5 - before) / maximum(below - before, 1e-20)
            median = exp(back + (log(line) - back) * share)
        before = below
    s.log_income[0] = log_income
    o.gini[0] = gini
    o.relative_poverty_rate[0] = below_line(s, 0.6 * median, everyone)


def satisfaction(e, p, z, s):
    """Change of mean life satisfaction of the nation."""
    people, jobless, jobless0, force, force0 = total(s.population), wide(0.0), wide(0.0), wide(0.0), wide(0.0)
    people0 = wide(0.0)
    for r in range(e.regions.shape[1]):
        unemployed_now = wide(s.total_short[r]) + wide(s.total_long[r])
        guaranteed = wide(s.guarantee_unemployed[r]) + wide(s.guarantee_inactive[r])
        jobless += unemployed_now
        force += wide(s.total_employed[r]) + wide(s.informal[r]) + guaranteed + unemployed_now
        jobless0 += wide(z.force[r] - z.total_employed[r])
        force0 += wide(z.force[r]) + wide(e.informal[r])
        people0 += wide(e.population[r])
    climate = p.satisfaction_climate * 100.0 * real(jobless / force - jobless0 / force0)
    rich = p.satisfaction_income * real(s.log_income[0] - s.log_income0[0])
    change = real(jobless / people - jobless0 / people0)
    guaranteed = real(total(s.guarantee_unemployed) / people)
    return satisfaction_change(change, guaranteed, p.guarantee_satisfaction, p.satisfaction_unemployed, climate, rich)
