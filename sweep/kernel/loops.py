"""The compiled path: the same order of events as reference.py as loops over one draw's state in cache.

This file is a source for `compiled.py`, which joins it with the equations and binds the number type. Arrays by
cell are (group, region): the inner loop runs over regions, so that sums over groups vectorize too.
"""

import numpy as np

from sweep.kernel.accounts import (
    ai_rents,
    ai_spending,
    basic_income_cost,
    capital_income,
    compensation,
    debt_next,
    displacement_tax,
    labor_tax_step,
    output,
    profit_tax,
    scar_years,
    task_volume,
    tax_wedge,
    theil,
    usage_tax,
)
from sweep.kernel.adoption import (
    adoption_step,
    automated_share,
    ceiling,
    exposure,
    exposure_rating,
    frontier,
    lagged_step,
    months_adopting,
    tax_response,
)
from sweep.kernel.baseline import (
    ageing_rate,
    bounded_exit_rate,
    entry_rate,
    long_term_unemployed,
    separation_rate,
    unemployed,
)
from sweep.kernel.demand import (
    desired_employment,
    local_demand,
    local_demand_elasticity,
    log_demand,
    productivity,
    relative_income,
)
from sweep.kernel.elementary import exp, maximum
from sweep.kernel.flows import (
    displacement_layoffs,
    employed_next,
    exit_hazard,
    finding_rate,
    graduates_next,
    hiring_need,
    long_next,
    mixing,
    risk_scale,
    short_next,
    tightness,
    training_intake,
    vacancies,
)
from sweep.kernel.migration import attraction, net_migration_rate
from sweep.kernel.supply import (
    entry_hazard,
    hours_factor,
    net_of_tax_change,
    supply_factor,
    withdrawal_scale,
    withdrawal_step,
    withdrawal_target,
)
from sweep.kernel.wages import slack, wage_step
from sweep.kernel.workspace import Budget

# mypy: ignore-errors

real, wide = np.float64, np.float64
LUMP_SUM, LABOR_TAX = 1, 2


def total(values):
    """Sum over regions in double precision."""
    result = wide(0.0)
    for r in range(values.shape[0]):
        result += wide(values[r])
    return result


def sum_groups(cells, sums):
    """Sum over groups, for each region."""
    sums[:] = 0.0
    for g in range(cells.shape[0]):
        row = cells[g]
        for r in range(row.shape[0]):
            sums[r] += row[r]


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
    for r in range(e.regions.shape[1]):
        s.inactive[r] = z.inactive[r]
        s.population[r] = e.population[r]
        s.total_employed[r] = z.total_employed[r]
    sum_groups(s.short, s.total_short)
    sum_groups(s.long, s.total_long)
    s.total_training[:] = 0.0


def supply_block(e, p, d, z, s, ramp, tax):
    """Who withdraws from the labor force, and for how many hours the others work."""
    taxes = net_of_tax_change(p.supply_elasticity, p.labor_tax, tax)
    for r in range(e.regions.shape[1]):
        cash = ramp[0] * s.mask[0, r] * d.basic_income_amount * d.basic_income_eligible + s.dividend[r] / 12.0
        target = withdrawal_target(
            cash, p.basic_income_participation, p.equilibrium_offset, e.population[r], taxes, z.force[r]
        )
        leaving = withdrawal_step(target, s.withdrawn[r])
        s.withdrawn[r] += leaving
        force = s.total_employed[r] + s.total_short[r] + s.total_long[r]
        stay = withdrawal_scale(leaving * s.population[r] / e.population[r], force)
        s.stay[r] = stay
        supplied = supply_factor(s.withdrawn[r], z.force[r])
        s.people[r] = s.population[r] / e.population[r] * supplied
        inactive = s.inactive[r] + force * (1.0 - stay)
        s.entrants[r] = inactive * entry_hazard(z.entry[r], supplied, z.inactive[r], s.withdrawn[r])
        s.hours[r] = hours_factor(p.basic_income_hours, p.baseline_hours, cash, p.equilibrium_offset)


def adopt_block(e, p, d, z, s, ramp, month, lag):
    """Diffusion of AI towards its ceiling, displacement net of reinstatement, productivity."""
    years = real(month) / 12.0
    moved = p.frontier_reach * frontier(years, p.frontier_midpoint, p.frontier_width)
    for r in range(e.regions.shape[1]):
        wedge = tax_wedge(
            ramp[2] * s.mask[2, r] * d.usage_tax_rate,
            p.usage_base,
            p.cost_saving,
            ramp[4] * s.mask[4, r] * d.displacement_tax_rate * p.displacement_tax_borne * p.automation_share,
            ramp[3] * s.mask[3, r] * d.profit_tax_rate * p.profit_tax_distortion,
        )
        s.response[r] = tax_response(p.cost_saving, p.saving_spread, wedge)
        s.active[r] = months_adopting(real(month), lag[r])
        s.adopted_mean[r] = 0.0
    for g in range(e.cells.shape[1]):
        exposed = exposure(z.narrow[g], z.wide[g], p.frontier_rise, moved)
        level, late, share, step = s.adoption[g], s.lagged[g], s.automated[g], s.adopted[g]
        weight = e.weight[g]
        for r in range(e.regions.shape[1]):
            limit = ceiling(exposed, p.worth_automating, s.response[r])
            step[r] = adoption_step(level[r], limit, p.innovation_rate, p.imitation_rate, s.active[r])
            level[r] += step[r]
            late[r] += lagged_step(level[r], late[r], p.reinstatement_lag)
            share[r] = automated_share(p.automation_share, level[r], p.reinstatement, late[r])
            s.adopted_mean[r] += weight[r] * level[r]
    for r in range(e.regions.shape[1]):
        s.gain[r] = productivity(e.labor_share[r], p.cost_saving, s.adopted_mean[r])


def training_block(p, d, s, ramp):
    """Start courses for a share of the unemployed; returns the annual cost."""
    jobless = wide(0.0)
    for r in range(s.regions.shape[1]):
        jobless += wide(s.mask[1, r] * s.stay[r] * (s.total_short[r] + s.total_long[r]))
    rate = training_intake(ramp[1] * d.training_budget, p.training_cost, real(jobless))
    for r in range(s.regions.shape[1]):
        s.intake[r] = rate * s.mask[1, r]
    return wide(12.0 * p.training_cost * rate) * jobless


def demand_block(e, p, z, s):
    """Desired employment of each cell."""
    for r in range(e.regions.shape[1]):
        s.drag[r] = p.demand_elasticity * s.wage[r]
    for g in range(e.cells.shape[1]):
        safe = 1.0 - z.narrow[g]
        employed0, share, shock = e.employed[g], s.automated[g], e.shock[g]
        training, desired = s.training[g], s.desired[g]
        for r in range(e.regions.shape[1]):
            local = local_demand(z.local[r], e.nontradable[g], s.relative[r])
            logs = log_demand(share[r], s.gain[r], p.productivity_demand, s.drag[r], local, shock[r])
            destination = employed0[r] * safe / z.safe[r]
            effect = p.training_effect * s.graduates[r] * destination - p.training_lock_in * training[r]
            effect = (1.0 - p.training_displacement) * effect
            desired[r] = desired_employment(employed0[r], logs, s.people[r], effect)


def hire_block(e, p, z, s):
    """What employers do: layoffs, hires, and the hazards of finding work and of giving up that follow."""
    exits = bounded_exit_rate(p.exit_rate, p.job_finding, p.long_term_finding, p.long_term_share)
    for g in range(e.cells.shape[1]):
        employed, short, long, desired, step = s.employed[g], s.short[g], s.long[g], s.desired[g], s.adopted[g]
        layoffs, finding, leave, jobs = s.layoffs[g], s.finding[g], s.leave[g], s.jobs[g]
        for r in range(e.regions.shape[1]):
            jobs[r] = employed[r] / s.total_employed[r]
            employed[r] *= s.stay[r]
            short[r] *= s.stay[r]
            long[r] *= s.stay[r]
            displaced = displacement_layoffs(p.displacement_layoffs, p.automation_share, step[r], employed[r])
            separations = z.separation[r] * employed[r]
            need = hiring_need(separations, displaced, p.employment_adjustment, desired[r], employed[r])
            hires = maximum(need, 0.0)
            layoffs[r] = displaced + maximum(-need, 0.0)
            searchers = short[r] + p.long_term_finding * long[r]
            finding[r] = finding_rate(hires, searchers)
            leave[r] = exit_hazard(exits, hires - displaced, searchers, p.job_finding, p.exit_procyclicality)


def move_block(e, p, z, s):
    """Moves between stocks, all from start-of-month stocks; returns the nation's mean job finding."""
    exits = bounded_exit_rate(p.exit_rate, p.job_finding, p.long_term_finding, p.long_term_share)
    ageing = ageing_rate(p.job_finding, p.long_term_finding, exits, 1.0 - p.long_term_share, p.long_term_share)
    old_short = wide(0.0)
    for r in range(e.regions.shape[1]):
        old_short += wide(s.total_short[r] * s.stay[r])
        finishing = s.total_training[r] / p.training_months
        s.arrivals[r] = p.training_success * finishing / z.safe[r]
        s.graduates[r] = graduates_next(s.graduates[r], p.training_success, finishing, p.training_fade)
        s.found[r] = 0.0
    for g in range(e.cells.shape[1]):
        safe = 1.0 - z.narrow[g]
        employed, short, long, training = s.employed[g], s.short[g], s.long[g], s.training[g]
        employed0, layoffs, finding, leave, jobs = e.employed[g], s.layoffs[g], s.finding[g], s.leave[g], s.jobs[g]
        for r in range(e.regions.shape[1]):
            short_hazard = finding[r] + leave[r] + ageing + s.intake[r]
            long_hazard = p.long_term_finding * finding[r] + leave[r] + s.intake[r]
            short_scale, long_scale = risk_scale(short_hazard), risk_scale(long_hazard)
            scaled_short, scaled_long = short_scale * short[r], long_scale * long[r]
            hired = finding[r] * (scaled_short + p.long_term_finding * scaled_long)
            separations = z.separation[r] * employed[r]
            quits = p.separation_to_inactivity * separations
            s.found[r] += finding[r] * scaled_short
            finishing = training[r] / p.training_months
            inflow = separations - quits + layoffs[r] + s.entrants[r] * jobs[r] + s.arrivals[r] * employed0[r] * safe
            failed = (1.0 - p.training_success) * finishing
            employed[r] = employed_next(employed[r], hired, separations, layoffs[r])
            training[r] += s.intake[r] * (scaled_short + scaled_long) - finishing
            short[r] = short_next(short[r], inflow, short_scale * short_hazard)
            long[r] = long_next(long[r], ageing * scaled_short + failed, long_scale * long_hazard)
    sum_groups(s.employed, s.total_employed)
    sum_groups(s.short, s.total_short)
    sum_groups(s.long, s.total_long)
    sum_groups(s.training, s.total_training)
    # Inactivity as the rest of the population: the flows out of the cells say the same (reference.py), but
    # their rounding would add up over the years.
    for r in range(e.regions.shape[1]):
        active = wide(s.total_employed[r]) + wide(s.total_short[r]) + wide(s.total_long[r])
        s.inactive[r] = s.population[r] - active - wide(s.total_training[r])
    return real(total(s.found) / old_short)


def pay_block(e, p, s):
    """The wage curve, then net migration, which scales every stock of a region."""
    weighted = wide(0.0)
    for r in range(e.regions.shape[1]):
        jobless = s.total_short[r] + s.total_long[r]
        pressure = slack(jobless, s.total_employed[r], s.total_training[r], p.trainee_wage_pressure)
        s.wage[r] += wage_step(
            s.wage[r], pressure / e.rate[r], p.wage_curve, p.wage_pass_through, s.gain[r], p.wage_adjustment
        )
        s.value[r] = attraction(jobless / (s.total_employed[r] + jobless), e.rate[r], s.wage[r])
        weighted += wide(s.population[r]) * wide(s.value[r])
    mean = real(weighted / total(s.population))
    for r in range(e.regions.shape[1]):
        scale = wide(1.0) + wide(net_migration_rate(p.migration_response, s.value[r], mean))
        s.inactive[r] *= scale
        s.population[r] *= scale
        s.scale[r] = scale
        s.total_employed[r] *= s.scale[r]
        s.total_short[r] *= s.scale[r]
        s.total_long[r] *= s.scale[r]
        s.total_training[r] *= s.scale[r]
    for g in range(e.cells.shape[1]):
        employed, short, long, training, jobs = s.employed[g], s.short[g], s.long[g], s.training[g], s.jobs[g]
        for r in range(e.regions.shape[1]):
            employed[r] *= s.scale[r]
            short[r] *= s.scale[r]
            short[r] += mixing(short[r], s.total_short[r], jobs[r], p.occupational_mixing)
            long[r] *= s.scale[r]
            training[r] *= s.scale[r]


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
            s.labor[r] += compensation(compensation0[r], employed[r], employed0[r], s.hours[r], s.pay[r])
            s.paid[r] += employed[r] * wage0[r]
            s.tasks[r] += compensation0[r] * level[r] * tasks
            s.lost_pay[r] += layoffs[r] * wage0[r]
            s.fired[r] += layoffs[r]


def budget_block(e, p, d, s, ramp):
    """AI revenue, taxes and transfers; returns AI revenue, other taxes and transfers of the nation."""
    revenue, taxes, transfers, residents = wide(0.0), wide(0.0), wide(0.0), wide(0.0)
    for r in range(e.regions.shape[1]):
        value = s.tasks[r] * s.pay[r]
        spending = ai_spending(p.cost_saving, 1.0, value)
        rents = ai_rents(p.rent_share, p.cost_saving, 1.0, value)
        s.lost_pay[r] *= s.pay[r]
        s.paid[r] *= s.pay[r] * s.hours[r]
        ai_taxes = (
            usage_tax(ramp[2] * s.mask[2, r] * d.usage_tax_rate, p.usage_base, spending)
            + profit_tax(ramp[3] * s.mask[3, r] * d.profit_tax_rate, rents, p.profit_base_elasticity)
            + displacement_tax(ramp[4] * s.mask[4, r] * d.displacement_tax_rate, s.lost_pay[r], 1.0)
        )
        production = e.production_tax[r] * s.gdp[r]
        capital = capital_income(s.gdp[r], s.labor[r], production, ai_taxes)
        revenue += wide(ai_taxes)
        taxes += wide(p.labor_tax * s.labor[r] + p.capital_tax * capital + production)
        adults = d.basic_income_eligible * s.population[r]
        dependents = d.basic_income_dependents * e.others[r] * s.population[r] / e.population[r]
        s.transfers[r] = basic_income_cost(ramp[0] * s.mask[0, r] * d.basic_income_amount, adults, dependents)
        residents += wide(s.mask[5, r] * e.residents[r] * s.population[r] / e.population[r])
    for r in range(e.regions.shape[1]):
        s.dividend[r] = ramp[5] * s.mask[5, r] * d.dividend_share * real(revenue / max(residents, wide(1.0)))
        s.transfers[r] += s.dividend[r] * e.residents[r] * s.population[r] / e.population[r]
        transfers += wide(s.transfers[r])
    return revenue, taxes, transfers


def demand_income_block(e, z, s, revenue, by_labor):
    """Real disposable income per head of each region against the nation, after the levy that closes the budget."""
    everyone, labor = total(s.population), total(s.labor)
    national, national0, everyone0 = wide(0.0), wide(0.0), total(e.population)
    for r in range(e.regions.shape[1]):
        share = wide(s.labor[r]) / labor if by_labor else wide(s.population[r]) / everyone
        s.income[r] = s.labor[r] / s.pay[r] + s.transfers[r] - real(revenue * share)
        national += wide(s.income[r])
        national0 += wide(z.income[r])
    mean, mean0 = real(national / everyone), real(national0 / everyone0)
    for r in range(e.regions.shape[1]):
        per_head, per_head0 = s.income[r] / s.population[r], z.income[r] / e.population[r]
        s.relative[r] = relative_income(real(per_head), per_head0, mean, mean0)


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
    tight = tightness(budget.finding, p.job_finding, p.matching_elasticity)
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


def run_policy(e, p, d, z, s, ramp, closure, lag, compared, twin, own, regional, national):
    """One draw under one policy, month by month; `own` receives the primary deficit, `twin` is that of no policy."""
    start(e, p, z, s)
    s.adopted_mean[:] = 0.0
    regional[:] = 0.0
    national[:] = 0.0
    tax, debt, finding, training_cost, balanced = real(0.0), wide(0.0), p.job_finding, wide(0.0), wide(0.0)
    for month in range(-1, ramp.shape[1]):
        weight = real(1.0)
        for family in range(s.ramp.shape[0]):
            s.ramp[family] = ramp[family, month] if month >= 0 else 0.0
        if month >= 0:
            weight = real(1.0) / 12.0
            supply_block(e, p, d, z, s, s.ramp, tax)
            adopt_block(e, p, d, z, s, s.ramp, month, lag)
            training_cost = training_block(p, d, s, s.ramp)
            demand_block(e, p, z, s)
            hire_block(e, p, z, s)
            finding = move_block(e, p, z, s)
            pay_block(e, p, s)
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
        demand_income_block(e, z, s, revenue, closure == LABOR_TAX)
        budget = Budget(finding, extra, outlays, ai_revenue, debt, rate)
        record_block(e, p, z, s, budget, regional[month // 12 + 1], national[month // 12 + 1], weight)


def simulate(e, draws, lags, policies, z, s, regional_out, national_out):
    """Every draw under every policy; the first policy must be none, which all are compared with.

    regional_out: (outcome, policy, draw, region, year); national_out: (outcome, policy, draw, year).
    """
    for i in range(draws.shape[0]):
        p = draws[i]
        prepare(e, p, z)
        s.twin[:] = 0.0
        for k in range(policies.closure.shape[0]):
            for family in range(s.mask.shape[0]):
                for r in range(s.mask.shape[1]):
                    s.mask[family, r] = policies.mask[k, family, r]
            run_policy(
                e, p, policies.doses[k, i], z, s, policies.ramp[k], policies.closure[k], lags[i], k > 0, s.twin,
                s.own, s.regional, s.national,
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
