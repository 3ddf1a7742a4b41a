"""Compiled loops of public programs: what they offer, and who joins and leaves them.

A source for `compiled.py`; see loops.py for its conventions.
"""

import numpy as np

from sweep.kernel.elementary import maximum
from sweep.kernel.flows import graduates_next, risk_scale, training_intake
from sweep.kernel.informality import informal_hazard, informal_target
from sweep.kernel.instruments import (
    CONDITIONAL_INCOME,
    GREEN_CARE,
    GUARANTEE,
    PLACE_INVESTMENT,
    TRAINING,
)
from sweep.kernel.lanes import total_product
from sweep.kernel.programs import (
    benefit,
    diverted_share,
    fund_intake,
    guarantee_offer,
    guarantee_outflow,
    mixed_success,
    open_ended_offer,
    participants_next,
    placed_jobs,
    taken_from_inactivity,
    with_overhead,
)

# mypy: ignore-errors

real, wide = np.float64, np.float64


def offer_block(e, p, d, z, s):
    """Hazards at which programs take people in, their cost where it is known by then, and jobs placed by spending."""
    for r in range(s.regions.shape[1]):
        s.unemployed[r] = (1.0 - s.out[r]) * (s.total_short[r] + s.total_long[r])
    pool = total_product(s.mask[TRAINING], s.unemployed)
    start = training_intake(s.ramp[TRAINING] * d.training_budget, p.training_cost, real(pool))
    place = 12.0 * with_overhead(d.regional_fund_amount, p.conditional_administration)
    matching = p.matching_gain * d.training_matching
    success = mixed_success(
        p.training_success, p.training_success_older, p.training_success_young, d.training_older, d.training_young,
        matching,
    )  # fmt: skip
    for r in range(s.regions.shape[1]):
        offers = s.doses[GUARANTEE, r] * d.guarantee_offers
        leaving = guarantee_outflow(p.guarantee_search, z.finding[r], p.guarantee_exit)
        s.offer_short[r] = guarantee_offer(offers * (1.0 - d.guarantee_long_only), p.guarantee_take_up_short, leaving)
        s.offer_long[r] = offers * p.guarantee_take_up_long
        s.kept_ageing[r] = z.ageing[r] * (1.0 - diverted_share(offers, p.guarantee_take_up_long))
    for r in range(s.regions.shape[1]):
        s.fund_intake[r] = fund_intake(d.regional_fund_training * s.fund[r], p.training_cost, s.unemployed[r])
        s.intake[r] = start * s.mask[TRAINING, r] + s.fund_intake[r]
        s.success[r] = success
        s.placed[r] = 0.0
    yearly = wide(12.0 * p.training_cost)
    s.training_cost[0] = yearly * total_product(s.intake, s.unemployed)
    s.fund_training_cost[0] = yearly * total_product(s.fund_intake, s.unemployed)
    for r in range(s.regions.shape[1]):
        supported = (1.0 - p.conditional_from_inactivity) * (1.0 - d.regional_fund_training) * s.fund[r]
        open_places = s.doses[CONDITIONAL_INCOME, r] * d.conditional_income_offers
        places = open_ended_offer(open_places, p.conditional_take_up)
        funded = fund_intake(supported, place, s.unemployed[r])
        s.conditional[r] = places + funded
        amount = benefit(d.conditional_income_amount, places, d.regional_fund_amount, funded)
        s.benefit[r] = amount if s.conditional[r] > 0 else s.benefit[r]
        paid = s.conditional[r] * s.benefit[r]
        share = d.regional_fund_amount * funded / maximum(paid, 1e-20)
        s.funded[r] = share if paid > 0 else s.funded[r]
    for r in range(s.regions.shape[1]):
        stay = 1.0 - s.out[r]
        s.seeking[r] = p.guarantee_search * s.guarantee_unemployed[r]
        gap = z.total_employed[r] * s.people[r] - stay * s.total_employed[r]
        people = s.population[r] / e.population[r]
        target = informal_target(e.informal[r], people, p.informal_absorption, z.ratio[r], gap)
        s.fallback[r] = informal_hazard(target, s.informal[r], stay * s.total_short[r])
    for r in range(s.regions.shape[1]):
        s.joins_short[r] = s.intake[r] + s.offer_short[r] + s.conditional[r] + s.fallback[r]
        s.joins_long[r] = s.intake[r] + s.offer_long[r] + s.conditional[r]
    s.investment_cost[0] = place_jobs(p.place_cost_per_job, d.place_investment_spending, z, s, PLACE_INVESTMENT)
    s.green_cost[0] = place_jobs(1e6 / p.green_jobs_per_million, d.green_care_spending, z, s, GREEN_CARE)


def place_jobs(cost, spending, z, s, family):
    """Jobs of one kind of investment, in its regions by their employment; returns what is spent."""
    largest = real(0.0)
    if spending > 0:
        jobs = total_product(s.mask[family], z.total_employed)
        for r in range(s.regions.shape[1]):
            largest = max(largest, s.doses[family, r])
        share = placed_jobs(largest * spending, cost) / real(max(jobs, wide(1.0)))
        for r in range(s.regions.shape[1]):
            s.placed[r] += share * s.mask[family, r] * z.total_employed[r]
    return wide(largest * spending)


def enroll_block(e, p, d, z, s):
    """Participants after the month, from the stocks that `move_block` is about to change."""
    joins = False
    for r in range(s.regions.shape[1]):
        members = s.guarantee_unemployed[r] + s.guarantee_inactive[r]
        members += s.conditional_unemployed[r] + s.conditional_inactive[r]
        joins |= members > 0.0 or s.joins_short[r] != s.intake[r] or s.joins_long[r] != s.intake[r]
        s.taken_short[r] = 0.0
        s.taken_long[r] = 0.0
        s.hiring[r] = 0.0
    if joins:
        for g in range(e.cells.shape[1]):
            short, long, finding, leave, jobs = s.short[g], s.long[g], s.finding[g], s.leave[g], s.jobs[g]
            for r in range(e.regions.shape[1]):
                hazard = finding[r] + leave[r] + z.ageing[r] + s.joins_short[r]
                s.taken_short[r] += risk_scale(hazard) * short[r]
                hazard = p.long_term_finding * finding[r] + leave[r] + s.joins_long[r]
                s.taken_long[r] += risk_scale(hazard) * long[r]
                s.hiring[r] += finding[r] * jobs[r]
    for r in range(e.regions.shape[1]):
        inactive = s.idle[r]
        done = s.conditional_unemployed[r] / 12.0
        schooled = s.success[r] * d.conditional_income_training
        finishing = s.total_training[r] / p.training_months
        succeeding = s.success[r] * finishing + schooled * done
        s.arrivals[r] = succeeding / z.safe[r]
        s.entrants[r] += (1.0 - schooled) * done
        s.graduates[r] = graduates_next(s.graduates[r], 1.0, succeeding, p.training_fade)
        if joins:
            diverted = (z.ageing[r] - s.kept_ageing[r]) * s.taken_short[r]
            joined = s.offer_short[r] * s.taken_short[r] + s.offer_long[r] * s.taken_long[r] + diverted
            supported = s.conditional[r] * (s.taken_short[r] + s.taken_long[r])
            from_inactive = taken_from_inactivity(supported, p.conditional_from_inactivity, inactive)
            offers = s.doses[GUARANTEE, r] * d.guarantee_offers
            open_offers = offers * (1.0 - d.guarantee_long_only)
            guaranteed = guarantee_offer(open_offers, p.guarantee_take_up_inactive, p.guarantee_exit) * inactive
            hiring = p.guarantee_search * s.hiring[r] + p.guarantee_exit
            month = real(1.0) / 12.0
            s.guarantee_unemployed[r] = participants_next(s.guarantee_unemployed[r], joined, hiring)
            s.guarantee_inactive[r] = participants_next(s.guarantee_inactive[r], guaranteed, p.guarantee_exit)
            s.conditional_unemployed[r] = participants_next(s.conditional_unemployed[r], supported, month)
            s.conditional_inactive[r] = participants_next(s.conditional_inactive[r], from_inactive, month)
            s.informal[r] += s.fallback[r] * s.taken_short[r]
