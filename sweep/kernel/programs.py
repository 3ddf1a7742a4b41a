"""Public programs: job guarantee, conditional income, investment in place, training (MODEL.md, section 10)."""

from sweep.kernel.elementary import Array, exp, log, maximum, minimum

__all__ = [
    "benefit",
    "diverted_share",
    "floor_lift",
    "fund_intake",
    "fund_weight",
    "guarantee_offer",
    "guarantee_outflow",
    "guarantee_pay",
    "mean_above_floor",
    "mixed_success",
    "normal_share",
    "open_ended_offer",
    "participants_next",
    "placed_jobs",
    "taken_from_inactivity",
    "with_overhead",
]


def guarantee_outflow(search: Array, finding: Array, leaving: Array) -> Array:
    """Eq. 68: guarantee jobs left for other work or inactivity at baseline, 1/month."""
    return search * finding + leaving


def guarantee_offer(offers: Array, take_up: Array, outflow: Array) -> Array:
    """Eq. 69: monthly take-up that holds a share of a pool in guarantee jobs in the long run, 1/month."""
    return offers * take_up / (1.0 - take_up) * outflow


def diverted_share(offers: Array, take_up: Array) -> Array:
    """Eq. 70: share of those about to become long-term unemployed who accept one of two offers."""
    return 1.0 - (1.0 - offers * take_up) * (1.0 - 0.5 * offers * take_up)


def open_ended_offer(offers: Array, take_up: Array) -> Array:
    """Eq. 71: monthly take-up of conditional income, left after a year on average, 1/month."""
    return offers * take_up / (1.0 - take_up) / 12.0


def fund_intake(budget: Array, cost: Array, pool: Array) -> Array:
    """Eq. 72: monthly take-up, at most 20 %, of places that a fund can pay: USD/year over USD/year and person."""
    return minimum(budget / (12.0 * maximum(cost, 1e-20) * maximum(pool, 1e-20)), 0.2)


def benefit(own: Array, places: Array, paid: Array, funded: Array) -> Array:
    """Eq. 101: mean amount where a policy's places and those of a fund pay different ones, USD a month."""
    return (own * places + paid * funded) / maximum(places + funded, 1e-20)


def fund_weight(displaced: Array, jobs: Array, mean: Array, focus: Array) -> Array:
    """Eq. 102: a region's weight in a fund: jobs that AI has displaced, times how hard it is hit against the mean."""
    rate = displaced / maximum(jobs, 1.0)
    return displaced * exp(focus * log(maximum(rate, 1e-9) / maximum(mean, 1e-9)))


def taken_from_inactivity(joined: Array, share: Array, inactive: Array) -> Array:
    """Eq. 73: inactive who join beside the unemployed so that they are a share of all who do, persons a month."""
    return minimum(joined * share / (1.0 - share), 0.2 * inactive)


def participants_next(participants: Array, joined: Array, leaving: Array) -> Array:
    """Eq. 74: participants after a month of joining and of leaving at a hazard."""
    return participants + (joined - leaving * participants)


def guarantee_pay(hourly: Array, participants: Array) -> Array:
    """Eq. 75: pay in guarantee jobs of 2,080 hours, USD a year."""
    return 2080.0 * hourly * participants


def with_overhead(amount: Array, overhead: Array) -> Array:
    """Eq. 76: cost of a program with administration, materials and supervision, USD a year."""
    return amount * (1.0 + overhead)


def normal_share(z: Array) -> Array:
    """Eq. 77: standard normal distribution function, error below 2e-7 (Abramowitz and Stegun 1964, 26.2.17)."""
    size = maximum(z, -z)
    t = 1.0 / (1.0 + 0.2316419 * size)
    series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
    tail = 0.3989422804014327 * exp(-0.5 * size * size) * series
    positive = minimum(maximum(z * 1e20, 0.0), 1.0)
    return positive * (1.0 - tail) + (1.0 - positive) * tail


def mean_above_floor(floor: Array, mean: Array, spread: Array) -> Array:
    """Eq. 78: mean of log-normal pay when all below a floor is raised to it, USD a year."""
    z = log(floor / mean) / spread + 0.5 * spread
    return floor * normal_share(z) + mean * normal_share(spread - z)


def floor_lift(offers: Array, floor: Array, present: Array, mean: Array, spread: Array) -> Array:
    """Eq. 79: rise of a group's mean pay by a higher wage floor, ratio; 1 where nothing is offered."""
    raised = mean_above_floor(maximum(floor, present), mean, spread) / mean_above_floor(present, mean, spread)
    return 1.0 + offers * (raised - 1.0)


def placed_jobs(spending: Array, cost: Array) -> Array:
    """Eq. 80: jobs that investment in place pays for, persons: USD/year over USD/year and job."""
    return spending / cost


def mixed_success(
    prime: Array, older: Array, young: Array, older_share: Array, young_share: Array, gain: Array
) -> Array:
    """Eq. 81: success of training by who is trained and how well people are matched, probability.

    gain: ratio by which better matching raises success.
    """
    rest = maximum(1.0 - older_share - young_share, 0.0)
    return minimum((rest * prime + older_share * older + young_share * young) * (1.0 + gain), 1.0)
