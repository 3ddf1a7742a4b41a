"""Hires, layoffs and the monthly moves of persons between stocks (MODEL.md, section 6)."""

from sweep.kernel.elementary import Array, exp, log, maximum, minimum

__all__ = [
    "displacement_layoffs",
    "employed_next",
    "exit_hazard",
    "finding_rate",
    "graduates_next",
    "hiring_need",
    "long_next",
    "mixing",
    "mobility",
    "per_searcher",
    "risk_scale",
    "short_next",
    "tightness",
    "training_intake",
    "vacancies",
]


def displacement_layoffs(share: Array, automation: Array, change: Array, employed: Array) -> Array:
    """Eq. 28: persons laid off as adoption displaces their tasks this month."""
    return share * automation * maximum(change, 0.0) * employed


def hiring_need(separations: Array, layoffs: Array, speed: Array, desired: Array, employed: Array) -> Array:
    """Eq. 29: persons that employers want to hire this month; below zero they cut instead."""
    return separations + layoffs + speed * (desired - employed)


def per_searcher(searchers: Array) -> Array:
    """Eq. 104: what one hire is for each person who searches, 1/person."""
    return 1.0 / maximum(searchers, 1e-20)


def finding_rate(offered: Array) -> Array:
    """Eq. 30: job finding of the short-term unemployed from hires per searcher, at most 0.95 a month."""
    return minimum(offered, 0.95)


def exit_hazard(base: Array, offered: Array, wait0: Array, elasticity: Array) -> Array:
    """Eq. 31: unemployed who give up, 1/month: procyclical in job finding net of displacement hires.

    offered: hires without those displaced, per searcher, 1/month; wait0: months until a job is found at baseline.
    """
    return base * exp(elasticity * log(minimum(maximum(offered * wait0, 1e-6), 2.0)))


def risk_scale(total: Array) -> Array:
    """Eq. 32: scale of competing hazards so that no more people leave a stock than are in it."""
    return minimum(1.0 / maximum(total, 1e-20), 1.0)


def employed_next(employed: Array, hired: Array, separations: Array, layoffs: Array) -> Array:
    """Eq. 33: employed after a month of hires, separations and layoffs."""
    return employed + (hired - separations - layoffs)


def short_next(short: Array, inflow: Array, leaving: Array) -> Array:
    """Eq. 34: short-term unemployed after inflow and the summed, scaled hazards of leaving."""
    return short + (inflow - leaving * short)


def long_next(long: Array, inflow: Array, leaving: Array) -> Array:
    """Eq. 35: long-term unemployed after ageing in, failed courses, and the hazards of leaving."""
    return long + (inflow - leaving * long)


def mixing(short: Array, total: Array, jobs: Array, rate: Array) -> Array:
    """Eq. 36: net searchers who move into a group from the region's pool, drawn by its share of jobs; zero-sum."""
    return rate * (total * jobs - short)


def mobility(rate: Array, gain: Array, matching: Array, trainees: Array, unemployed: Array) -> Array:
    """Eq. 97: searchers who change group, 1/month; matching adds to it by the part of the jobless in training."""
    return minimum(rate * (1.0 + gain * matching * trainees / maximum(trainees + unemployed, 1e-20)), 1.0)


def training_intake(budget: Array, cost: Array, unemployed: Array) -> Array:
    """Eq. 37: share of the unemployed who start a course this month, at most 20 %."""
    return minimum(budget / (12.0 * cost * maximum(unemployed, 1e-20)), 0.2)


def graduates_next(graduates: Array, success: Array, finishing: Array, fade: Array) -> Array:
    """Eq. 38: graduates whose training still counts, scaled to a success of one half."""
    return graduates + (2.0 * success * finishing - graduates / (12.0 * fade))


def tightness(finding: Array, finding0: Array, matching: Array) -> Array:
    """Eq. 39: vacancies per unemployed against baseline, from inverting the matching function."""
    return exp(log(maximum(finding / finding0, 1e-6)) / (1.0 - matching))


def vacancies(tightness_ratio: Array, unemployed: Array, unemployed0: Array) -> Array:
    """Eq. 40: vacancies against baseline; with unemployment they draw the Beveridge curve."""
    return tightness_ratio * unemployed / unemployed0
