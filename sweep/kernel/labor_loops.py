"""Compiled loops of a month in the labor market: supply, adoption, demand, hires, moves, pay and migration.

A source for `compiled.py`; see loops.py for its conventions.
"""

import numpy as np

from sweep.kernel.accounts import tax_wedge
from sweep.kernel.adoption import (
    adoption_step,
    automated_share,
    ceiling,
    exposure,
    frontier,
    lagged_step,
    months_adopting,
    tax_response,
    voice_pace,
    voiced_automation,
)
from sweep.kernel.baseline import ageing_rate, bounded_exit_rate
from sweep.kernel.demand import (
    desired_employment,
    hours_drag,
    hours_output,
    hours_pay,
    local_demand,
    log_demand,
    productivity,
)
from sweep.kernel.elementary import maximum
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
    training_intake,
)
from sweep.kernel.instruments import (
    BASIC_INCOME,
    DISPLACEMENT_TAX,
    FOUR_DAY_WEEK,
    PROFIT_TAX,
    TRAINING,
    USAGE_TAX,
    WORKER_VOICE,
)
from sweep.kernel.migration import attraction, net_migration_rate
from sweep.kernel.supply import (
    entry_hazard,
    hours_factor,
    net_of_tax_change,
    supply_factor,
    withdrawal_share,
    withdrawal_step,
    withdrawal_target,
)
from sweep.kernel.wages import slack, wage_step

# mypy: ignore-errors

real, wide = np.float64, np.float64


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


def sum_stocks(s):
    """Stocks by region, with inactivity as the rest of the population.

    The flows out of the cells say the same (reference.py), but their rounding would add up over the years.
    """
    sum_groups(s.employed, s.total_employed)
    sum_groups(s.short, s.total_short)
    sum_groups(s.long, s.total_long)
    sum_groups(s.training, s.total_training)
    for r in range(s.regions.shape[1]):
        active = wide(s.total_employed[r]) + wide(s.total_short[r]) + wide(s.total_long[r])
        s.inactive[r] = s.population[r] - active - wide(s.total_training[r])


def supply_block(e, p, d, z, s, ramp, tax):
    """Who withdraws from the labor force, and for how many hours the others work."""
    taxes = net_of_tax_change(p.supply_elasticity, p.labor_tax, tax)
    for r in range(e.regions.shape[1]):
        cash = (
            ramp[BASIC_INCOME] * s.mask[BASIC_INCOME, r] * d.basic_income_amount * d.basic_income_eligible
            + s.dividend[r] / 12.0
        )
        target = withdrawal_target(
            cash, p.basic_income_participation, p.equilibrium_offset, e.population[r], taxes, z.force[r]
        )
        leaving = withdrawal_step(target, s.withdrawn[r])
        s.withdrawn[r] += leaving
        force = s.total_employed[r] + s.total_short[r] + s.total_long[r]
        s.out[r] = withdrawal_share(leaving * s.population[r] / e.population[r], force)
        supplied = supply_factor(s.withdrawn[r], z.force[r])
        s.people[r] = s.population[r] / e.population[r] * supplied
        inactive = s.inactive[r] + force * s.out[r]
        s.entrants[r] = inactive * entry_hazard(z.entry[r], supplied, z.inactive[r], s.withdrawn[r])
        s.hours[r] = hours_factor(p.basic_income_hours, p.baseline_hours, cash, p.equilibrium_offset)


def adopt_block(e, p, d, z, s, ramp, month, lag):
    """Diffusion of AI towards its ceiling, displacement net of reinstatement, productivity."""
    years = real(month) / 12.0
    moved = p.frontier_reach * frontier(years, p.frontier_midpoint, p.frontier_width)
    for r in range(e.regions.shape[1]):
        voice = ramp[WORKER_VOICE] * s.mask[WORKER_VOICE, r] * d.worker_voice_strength
        s.automation[r] = voiced_automation(p.automation_share, p.voice_automation_shift, voice)
        s.laid_off[r] = p.displacement_layoffs * (1.0 - voice)
        wedge = tax_wedge(
            ramp[USAGE_TAX] * s.mask[USAGE_TAX, r] * d.usage_tax_rate,
            p.usage_base,
            p.cost_saving,
            ramp[DISPLACEMENT_TAX]
            * s.mask[DISPLACEMENT_TAX, r]
            * d.displacement_tax_rate
            * p.displacement_tax_borne
            * s.automation[r],
            ramp[PROFIT_TAX] * s.mask[PROFIT_TAX, r] * d.profit_tax_rate * p.profit_tax_distortion,
        )
        s.response[r] = tax_response(p.cost_saving, p.saving_spread, wedge)
        s.active[r] = months_adopting(real(month), lag[r]) * voice_pace(p.voice_slowdown, voice)
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
            share[r] = automated_share(s.automation[r], level[r], p.reinstatement, late[r])
            s.adopted_mean[r] += weight[r] * level[r]
    for r in range(e.regions.shape[1]):
        s.gain[r] = productivity(e.labor_share[r], p.cost_saving, s.adopted_mean[r])


def training_block(p, d, s, ramp):
    """Start courses for a share of the unemployed; returns the annual cost."""
    jobless = wide(0.0)
    for r in range(s.regions.shape[1]):
        jobless += wide(s.mask[TRAINING, r] * (1.0 - s.out[r]) * (s.total_short[r] + s.total_long[r]))
    rate = training_intake(ramp[TRAINING] * d.training_budget, p.training_cost, real(jobless))
    for r in range(s.regions.shape[1]):
        s.intake[r] = rate * s.mask[TRAINING, r]
    return wide(12.0 * p.training_cost * rate) * jobless


def demand_block(e, p, d, z, s, ramp, shocked):
    """Desired employment of each cell; the outside shock acts by `shocked`, 0 or 1."""
    for r in range(e.regions.shape[1]):
        coverage = ramp[FOUR_DAY_WEEK] * s.mask[FOUR_DAY_WEEK, r] * d.four_day_week_coverage
        s.produced[r] = hours_output(coverage, d.four_day_week_cut, p.hours_output_elasticity)
        kept = hours_pay(coverage, d.four_day_week_cut, d.four_day_week_pay_kept)
        s.paid_hours[r] = s.hours[r] * kept
        dearer = hours_drag(p.demand_elasticity, kept, s.produced[r], p.work_sharing)
        s.drag[r] = p.demand_elasticity * s.wage[r] + dearer
    for g in range(e.cells.shape[1]):
        safe = 1.0 - z.narrow[g]
        employed0, share, shock = e.employed[g], s.automated[g], e.shock[g]
        training, desired = s.training[g], s.desired[g]
        for r in range(e.regions.shape[1]):
            local = local_demand(z.local[r], e.nontradable[g], s.relative[r])
            logs = log_demand(share[r], s.gain[r], p.productivity_demand, s.drag[r], local, shocked * shock[r])
            destination = employed0[r] * safe / z.safe[r]
            effect = p.training_effect * s.graduates[r] * destination - p.training_lock_in * training[r]
            effect = (1.0 - p.training_displacement) * effect
            desired[r] = desired_employment(employed0[r], logs, s.people[r], effect)


def hire_block(e, p, z, s):
    """What employers do: layoffs, hires, and the hazards of finding work and of giving up that follow."""
    exits = bounded_exit_rate(p.exit_rate, p.job_finding, p.long_term_finding, p.long_term_share)
    for g in range(e.cells.shape[1]):
        employed, short, long, desired, step = s.employed[g], s.short[g], s.long[g], s.desired[g], s.adopted[g]
        layoffs, finding, leave, jobs, gained = s.layoffs[g], s.finding[g], s.leave[g], s.jobs[g], s.gained[g]
        for r in range(e.regions.shape[1]):
            jobs[r] = employed[r] / s.total_employed[r]
            gained[r] -= employed[r] * s.out[r]
            employed[r] -= employed[r] * s.out[r]
            short[r] -= short[r] * s.out[r]
            long[r] -= long[r] * s.out[r]
            displaced = displacement_layoffs(s.laid_off[r], s.automation[r], step[r], employed[r])
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
        old_short += wide(s.total_short[r] * (1.0 - s.out[r]))
        finishing = s.total_training[r] / p.training_months
        s.arrivals[r] = p.training_success * finishing / z.safe[r]
        s.graduates[r] = graduates_next(s.graduates[r], p.training_success, finishing, p.training_fade)
        s.found[r] = 0.0
    for g in range(e.cells.shape[1]):
        safe = 1.0 - z.narrow[g]
        employed, short, long, training = s.employed[g], s.short[g], s.long[g], s.training[g]
        employed0, layoffs, finding, leave, jobs = e.employed[g], s.layoffs[g], s.finding[g], s.leave[g], s.jobs[g]
        gained, rounding = s.gained[g], z.employed_rounding[g]
        short_rounding, long_rounding = z.short_rounding[g], z.long_rounding[g]
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
            gained[r] += employed_next(-rounding[r], hired, separations, layoffs[r])
            employed[r] = employed0[r] + gained[r]
            training[r] += s.intake[r] * (scaled_short + scaled_long) - finishing
            short[r] = short_next(short[r], inflow, short_scale * short_hazard) - short_rounding[r]
            long[r] = long_next(long[r], ageing * scaled_short + failed, long_scale * long_hazard) - long_rounding[r]
    sum_stocks(s)
    return real(total(s.found) / old_short)


def pay_block(e, p, z, s):
    """The wage curve, then net migration, which scales every stock of a region."""
    weighted = wide(0.0)
    for r in range(e.regions.shape[1]):
        jobless = s.total_short[r] + s.total_long[r]
        pressure = slack(jobless, s.total_employed[r], s.total_training[r], p.trainee_wage_pressure)
        s.wage[r] += wage_step(
            s.wage[r], pressure / z.slack[r], p.wage_curve, p.wage_pass_through, s.gain[r], p.wage_adjustment
        )
        s.value[r] = attraction(jobless / (s.total_employed[r] + jobless), z.jobless[r], s.wage[r])
        weighted += wide(s.population[r]) * wide(s.value[r])
    mean = real(weighted / total(s.population))
    for r in range(e.regions.shape[1]):
        s.moving[r] = net_migration_rate(p.migration_response, s.value[r], mean)
        s.inactive[r] += s.inactive[r] * wide(s.moving[r])
        s.population[r] += s.population[r] * wide(s.moving[r])
        s.total_employed[r] += s.total_employed[r] * s.moving[r]
        s.total_short[r] += s.total_short[r] * s.moving[r]
        s.total_long[r] += s.total_long[r] * s.moving[r]
        s.total_training[r] += s.total_training[r] * s.moving[r]
    for g in range(e.cells.shape[1]):
        employed, short, long, training, jobs = s.employed[g], s.short[g], s.long[g], s.training[g], s.jobs[g]
        employed0, gained, rounding = e.employed[g], s.gained[g], z.mixing_rounding[g]
        for r in range(e.regions.shape[1]):
            gained[r] += employed[r] * s.moving[r]
            employed[r] = employed0[r] + gained[r]
            short[r] += short[r] * s.moving[r]
            short[r] += mixing(short[r], s.total_short[r], jobs[r], p.occupational_mixing) - rounding[r]
            long[r] += long[r] * s.moving[r]
            training[r] += training[r] * s.moving[r]
