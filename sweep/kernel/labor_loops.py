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
from sweep.kernel.demand import (
    desired_employment,
    hours_drag,
    hours_output,
    hours_pay,
    leaked_demand,
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
    hiring_need,
    long_next,
    mixing,
    mobility,
    per_searcher,
    risk_scale,
    short_next,
)
from sweep.kernel.instruments import (
    BASIC_INCOME,
    DISPLACEMENT_TAX,
    FOUR_DAY_WEEK,
    PROFIT_TAX,
    USAGE_TAX,
    VETO,
    WORKER_VOICE,
)
from sweep.kernel.lanes import total, total_product
from sweep.kernel.migration import attraction, followed_by_demand, net_migration_rate
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


def sum_groups(cells, sums):
    """Sum over groups, for each region; four groups at a time, so that sums are seldom written and read again."""
    rest = cells.shape[0] % 4
    sums[:] = 0.0
    for g in range(rest):
        row = cells[g]
        for r in range(row.shape[0]):
            sums[r] += row[r]
    for g in range(rest, cells.shape[0], 4):
        first, second, third, fourth = cells[g], cells[g + 1], cells[g + 2], cells[g + 3]
        for r in range(first.shape[0]):
            sums[r] += (first[r] + second[r]) + (third[r] + fourth[r])


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
        programs = wide(s.guarantee_unemployed[r]) + wide(s.guarantee_inactive[r])
        programs += wide(s.conditional_unemployed[r]) + wide(s.conditional_inactive[r]) + wide(s.total_training[r])
        s.inactive[r] = s.population[r] - active - programs - wide(s.informal[r]) - wide(s.excluded[r])


def supply_block(e, p, d, z, s, tax):
    """Who withdraws from the labor force, and for how many hours the others work."""
    taxes = net_of_tax_change(p.supply_elasticity, p.labor_tax, tax)
    for r in range(e.regions.shape[1]):
        cash = s.doses[BASIC_INCOME, r] * d.basic_income_amount * d.basic_income_eligible + s.dividend[r] / 12.0
        target = withdrawal_target(
            cash, p.basic_income_participation, p.equilibrium_offset, e.population[r], taxes, z.force[r]
        )
        leaving = withdrawal_step(target, s.withdrawn[r])
        s.withdrawn[r] += leaving
        force = s.total_employed[r] + s.total_short[r] + s.total_long[r]
        s.out[r] = withdrawal_share(leaving * s.population[r] / e.population[r], force)
        supplied = supply_factor(s.withdrawn[r], z.force[r])
        followed = followed_by_demand(real(s.population[r] / e.population[r]), p.population_demand)
        s.people[r] = followed * supplied
        s.idle[r] = s.inactive[r] + force * s.out[r]
        s.entrants[r] = s.idle[r] * entry_hazard(z.entry[r], supplied, z.inactive[r], s.withdrawn[r])
        s.hours[r] = hours_factor(p.basic_income_hours, p.baseline_hours, cash, p.equilibrium_offset)


def adopt_block(e, p, d, z, s, month, placed):
    """Diffusion of AI towards its ceiling, displacement net of reinstatement, productivity.

    placed: whether any of its parameters differs by region; reading them by region takes a twentieth of a run.
    """
    usage_added, profit_added = real(s.usage_added[0]) + real(s.closing[0]), real(s.profit_added[0])
    levy_added = real(s.displacement_added[0])
    years = real(month) / 12.0
    moved = p.frontier_reach * frontier(years, p.frontier_midpoint, p.frontier_width)
    for r in range(e.regions.shape[1]):
        voice = s.doses[WORKER_VOICE, r] * d.worker_voice_strength
        s.automation[r] = voiced_automation(z.automation_share[r], p.voice_automation_shift, voice)
        s.laid_off[r] = z.displacement_layoffs[r] * (1.0 - voice)
        s.active[r] = months_adopting(real(month), z.regional_lag[r]) * voice_pace(p.voice_slowdown, voice)
        s.innovation[r] = z.innovation_rate[r] / 12.0
        s.imitation[r] = z.imitation_rate[r] / 12.0
        s.adopted_mean[r] = 0.0
    for r in range(e.regions.shape[1]):
        s.usage_rate[r] = s.doses[USAGE_TAX, r] * d.usage_tax_rate + s.mask[USAGE_TAX, r] * usage_added
        s.profit_rate[r] = s.doses[PROFIT_TAX, r] * d.profit_tax_rate + s.mask[PROFIT_TAX, r] * profit_added
        levy = s.doses[DISPLACEMENT_TAX, r] * d.displacement_tax_rate + s.mask[DISPLACEMENT_TAX, r] * levy_added
        s.levy_rate[r] = levy
    for r in range(e.regions.shape[1]):
        wedge = tax_wedge(
            s.usage_rate[r],
            p.usage_base,
            p.cost_saving,
            s.levy_rate[r] * p.displacement_tax_borne * s.automation[r] * s.laid_off[r] * p.capital_charge,
            s.profit_rate[r] * p.profit_tax_distortion,
        )
        s.free[r] = tax_response(p.cost_saving, p.saving_spread, wedge)
        s.response[r] = s.free[r] * (1.0 - s.doses[VETO, r] * d.veto_cut)
    speed = 1.0 / (12.0 * p.reinstatement_lag)
    for g in range(e.cells.shape[1]):
        exposed = exposure(z.narrow[g], z.wide[g], p.frontier_rise, moved) * z.worth_automating_of_group[g]
        first, more, renewed = z.innovation_rate_of_group[g], z.imitation_rate_of_group[g], z.reinstatement_of_group[g]
        level, late, share, step = s.adoption[g], s.lagged[g], s.automated[g], s.adopted[g]
        weight = e.weight[g]
        if not placed:
            innovation, imitation = first * s.innovation[0], more * s.imitation[0]
            worth, renewal = z.worth_automating[0], renewed * z.reinstatement[0]
            for r in range(e.regions.shape[1]):
                limit = ceiling(exposed, worth, s.response[r])
                step[r] = adoption_step(level[r], limit, innovation, imitation, s.active[r])
                level[r] += step[r]
                late[r] += lagged_step(level[r], late[r], speed)
                share[r] = automated_share(s.automation[r], level[r], renewal, late[r])
                s.adopted_mean[r] += weight[r] * level[r]
        if placed:
            for r in range(e.regions.shape[1]):
                limit = ceiling(exposed, z.worth_automating[r], s.response[r])
                step[r] = adoption_step(level[r], limit, first * s.innovation[r], more * s.imitation[r], s.active[r])
                level[r] += step[r]
                late[r] += lagged_step(level[r], late[r], speed)
                share[r] = automated_share(s.automation[r], level[r], renewed * z.reinstatement[r], late[r])
                s.adopted_mean[r] += weight[r] * level[r]
    for r in range(e.regions.shape[1]):
        s.gain[r] = productivity(e.labor_share[r], p.cost_saving, s.adopted_mean[r])


def leak_block(e, p, d, z, s, month):
    """Adoption as it would be without the veto, and the demand that leaves regions with one for the others."""
    years = real(month) / 12.0
    moved = p.frontier_reach * frontier(years, p.frontier_midpoint, p.frontier_width)
    s.unvetoed_mean[:] = 0.0
    for g in range(e.cells.shape[1]):
        exposed = exposure(z.narrow[g], z.wide[g], p.frontier_rise, moved) * z.worth_automating_of_group[g]
        first, more = z.innovation_rate_of_group[g], z.imitation_rate_of_group[g]
        level, weight = s.unvetoed[g], e.weight[g]
        for r in range(e.regions.shape[1]):
            limit = ceiling(exposed, z.worth_automating[r], s.free[r])
            level[r] += adoption_step(level[r], limit, first * s.innovation[r], more * s.imitation[r], s.active[r])
            s.unvetoed_mean[r] += weight[r] * level[r]
    begun = real(1.0) if s.ramp[VETO] > 0 else real(0.0)
    for r in range(e.regions.shape[1]):
        forgone = productivity(e.labor_share[r], p.cost_saving, s.unvetoed_mean[r]) - s.gain[r]
        s.leak[r] = begun * s.mask[VETO, r] * leaked_demand(p.veto_leakage, p.productivity_demand, forgone)
        s.elsewhere[r] = 1.0 - begun * s.mask[VETO, r]
    jobs = total_product(s.elsewhere, z.total_employed)
    gained = real(total_product(s.leak, z.total_employed) / max(jobs, wide(1.0)))
    for r in range(e.regions.shape[1]):
        s.leak[r] -= s.elsewhere[r] * gained


def demand_block(e, p, d, z, s):
    """Desired employment of each cell."""
    for r in range(e.regions.shape[1]):
        coverage = s.doses[FOUR_DAY_WEEK, r] * d.four_day_week_coverage
        s.produced[r] = hours_output(coverage, d.four_day_week_cut, p.hours_output_elasticity)
        kept = hours_pay(coverage, d.four_day_week_cut, d.four_day_week_pay_kept)
        s.paid_hours[r] = s.hours[r] * kept
        dearer = hours_drag(p.demand_elasticity, kept, s.produced[r], p.work_sharing)
        s.policy_drag[r] = dearer + s.leak[r]
        s.drag[r] = p.demand_elasticity * s.wage[r] + s.policy_drag[r]
        guaranteed = s.guarantee_unemployed[r] + s.guarantee_inactive[r]
        lasting = p.training_effect * s.graduates[r] - p.conditional_lock_in * s.conditional_unemployed[r]
        effect = (1.0 - p.training_displacement) * lasting + p.guarantee_crowding * guaranteed + s.placed[r]
        s.added[r] = effect / z.safe[r]
    lock_in = (1.0 - p.training_displacement) * p.training_lock_in
    for g in range(e.cells.shape[1]):
        safe = 1.0 - z.narrow[g]
        employed0, share, shift = e.employed[g], s.automated[g], s.shift[g]
        training, desired = s.training[g], s.desired[g]
        for r in range(e.regions.shape[1]):
            local = local_demand(z.local[r], e.nontradable[g], s.relative[r])
            logs = log_demand(share[r], s.gain[r], p.productivity_demand, s.drag[r], local, shift[r])
            effect = s.added[r] * employed0[r] * safe - lock_in * training[r]
            desired[r] = desired_employment(employed0[r], logs, s.people[r], effect)


def hire_block(e, p, z, s):
    """What employers do: layoffs, hires, and the hazards of finding work and of giving up that follow.

    Loops over many arrays at once don't vectorize, so that a block is split where little has to be kept.
    """
    for r in range(e.regions.shape[1]):
        s.per_employed[r] = 1.0 / s.total_employed[r]
    speed, tried = p.employment_adjustment, p.long_term_finding
    for g in range(e.cells.shape[1]):
        employed, short, long, desired, step = s.employed[g], s.short[g], s.long[g], s.desired[g], s.adopted[g]
        layoffs, finding, leave, jobs, gained = s.layoffs[g], s.finding[g], s.leave[g], s.jobs[g], s.gained[g]
        for r in range(e.regions.shape[1]):
            jobs[r] = employed[r] * s.per_employed[r]
            gained[r] -= employed[r] * s.out[r]
            employed[r] -= employed[r] * s.out[r]
            short[r] -= short[r] * s.out[r]
            long[r] -= long[r] * s.out[r]
            displaced = displacement_layoffs(s.laid_off[r], s.automation[r], step[r], employed[r])
            need = hiring_need(z.separation[r] * employed[r], displaced, speed, desired[r], employed[r])
            hires = maximum(need, 0.0)
            layoffs[r] = displaced + (hires - need)
            share = per_searcher(short[r] + tried * long[r] + s.seeking[r] * jobs[r])
            finding[r] = finding_rate(hires * share)
            leave[r] = exit_hazard(z.exit[r], (hires - displaced) * share, z.wait[r], p.exit_procyclicality)


def move_block(e, p, z, s):
    """Moves between stocks, all from start-of-month stocks; returns the nation's mean job finding."""
    for r in range(e.regions.shape[1]):
        s.searching[r] = s.total_short[r] * (1.0 - s.out[r])
        stayed = (1.0 - s.out[r]) * s.total_employed[r]
        s.net_hires[r] = z.separation[r] * stayed - stayed
        s.found[r] = 0.0
    per_month, tried, quitting = 1.0 / p.training_months, p.long_term_finding, p.separation_to_inactivity
    for g in range(e.cells.shape[1]):
        safe = 1.0 - z.narrow[g]
        employed, short, long, training, gained = s.employed[g], s.short[g], s.long[g], s.training[g], s.gained[g]
        employed0, layoffs, finding, leave, jobs = e.employed[g], s.layoffs[g], s.finding[g], s.leave[g], s.jobs[g]
        rounding, short_rounding, long_rounding = z.employed_rounding[g], z.short_rounding[g], z.long_rounding[g]
        for r in range(e.regions.shape[1]):
            short_hazard = finding[r] + leave[r] + z.ageing[r] + s.joins_short[r]
            long_hazard = tried * finding[r] + leave[r] + s.joins_long[r]
            short_scale, long_scale = risk_scale(short_hazard), risk_scale(long_hazard)
            scaled_short, scaled_long = short_scale * short[r], long_scale * long[r]
            found = finding[r] * scaled_short
            hired = found + finding[r] * (tried * scaled_long + s.seeking[r] * jobs[r])
            separations = z.separation[r] * employed[r]
            finishing = training[r] * per_month
            inflow = separations - quitting * separations + layoffs[r]
            inflow += s.entrants[r] * jobs[r] + s.arrivals[r] * employed0[r] * safe
            s.found[r] += found
            training[r] += s.intake[r] * (scaled_short + scaled_long) - finishing
            short[r] = short_next(short[r], inflow, short_scale * short_hazard) - short_rounding[r]
            inflow = s.kept_ageing[r] * scaled_short + (1.0 - s.success[r]) * finishing
            long[r] = long_next(long[r], inflow, long_scale * long_hazard) - long_rounding[r]
            gained[r] += employed_next(-rounding[r], hired, separations, layoffs[r])
            employed[r] = employed0[r] + gained[r]
    sum_stocks(s)
    for r in range(e.regions.shape[1]):
        s.net_hires[r] += s.total_employed[r]
    return real(total(s.found) / total(s.searching))


def pay_block(e, p, d, z, s):
    """The wage curve, then net migration, which scales every stock of a region."""
    for r in range(e.regions.shape[1]):
        jobless, employed = s.total_short[r] + s.total_long[r], s.total_employed[r] + s.informal[r]
        participants = s.total_training[r] + s.guarantee_unemployed[r] + s.conditional_unemployed[r]
        pressure = slack(jobless, employed, participants, p.trainee_wage_pressure)
        s.wage[r] += wage_step(
            s.wage[r], pressure / z.slack[r], z.wage_curve[r], p.wage_pass_through, s.gain[r], p.wage_adjustment
        )
        force = employed + s.guarantee_unemployed[r] + s.guarantee_inactive[r] + jobless
        s.value[r] = attraction(jobless / force, z.jobless[r], s.wage[r])
        s.mobility[r] = mobility(
            p.occupational_mixing, p.matching_mobility, d.training_matching, s.total_training[r], jobless
        )
        s.movers[r] = s.population[r] * wide(z.eagerness[r])
    mean = real(total_product(s.movers, s.value) / total(s.movers))
    for r in range(e.regions.shape[1]):
        s.moving[r] = net_migration_rate(z.migration_response[r], s.value[r], mean)
        s.inactive[r] += s.inactive[r] * wide(s.moving[r])
        s.population[r] += s.population[r] * wide(s.moving[r])
    for r in range(e.regions.shape[1]):
        s.total_employed[r] += s.total_employed[r] * s.moving[r]
        s.total_short[r] += s.total_short[r] * s.moving[r]
        s.total_long[r] += s.total_long[r] * s.moving[r]
        s.total_training[r] += s.total_training[r] * s.moving[r]
        s.informal[r] += s.informal[r] * s.moving[r]
        s.excluded[r] += s.excluded[r] * s.moving[r]
    for r in range(e.regions.shape[1]):
        s.guarantee_unemployed[r] += s.guarantee_unemployed[r] * s.moving[r]
        s.guarantee_inactive[r] += s.guarantee_inactive[r] * s.moving[r]
        s.conditional_unemployed[r] += s.conditional_unemployed[r] * s.moving[r]
        s.conditional_inactive[r] += s.conditional_inactive[r] * s.moving[r]
    for g in range(e.cells.shape[1]):
        employed, short, long, training, jobs = s.employed[g], s.short[g], s.long[g], s.training[g], s.jobs[g]
        employed0, gained, rounding = e.employed[g], s.gained[g], z.mixing_rounding[g]
        for r in range(e.regions.shape[1]):
            gained[r] += employed[r] * s.moving[r]
            employed[r] = employed0[r] + gained[r]
            short[r] += short[r] * s.moving[r]
            short[r] += mixing(short[r], s.total_short[r], jobs[r], s.mobility[r]) - rounding[r]
            long[r] += long[r] * s.moving[r]
            training[r] += training[r] * s.moving[r]
