"""AI adoption: exposure, its frontier, what pays, how it spreads, what it displaces (MODEL.md, section 3)."""

from sweep.kernel.elementary import Array, exp, maximum, minimum

__all__ = [
    "adoption_step",
    "automated_share",
    "ceiling",
    "exposure",
    "exposure_rating",
    "frontier",
    "lagged_step",
    "months_adopting",
    "tax_response",
    "voice_pace",
    "voiced_automation",
]


def exposure_rating(human: Array, model: Array, weight: Array) -> Array:
    """Eq. 6: exposed share of a group's tasks, a mix of human and GPT-4 ratings."""
    return weight * human + (1.0 - weight) * model


def frontier(years: Array, midpoint: Array, width: Array) -> Array:
    """Eq. 7: share of the frontier's rise reached after some years; 0 at the start, 1 in the end."""
    start = 1.0 / (1.0 + exp(midpoint / width))
    now = 1.0 / (1.0 + exp((midpoint - years) / width))
    return (now - start) / (1.0 - start)


def exposure(narrow: Array, wide: Array, rise: Array, moved: Array) -> Array:
    """Eq. 8: exposed share of tasks between the narrow rating and the wide one plus a rise, at most 1."""
    return narrow + (minimum(wide + rise, 1.0) - narrow) * moved


def tax_response(saving: Array, spread: Array, tax: Array) -> Array:
    """Eq. 9: share of paying tasks that still pay when a tax takes part of the saving, 1 without tax."""
    return (1.0 + exp(-saving / spread)) / (1.0 + exp((tax - saving) / spread))


def ceiling(exposed: Array, worth: Array, response: Array) -> Array:
    """Eq. 10: adoption in the long run, share of tasks; response: what taxes and vetoes leave of it, ratio."""
    return exposed * worth * response


def months_adopting(month: Array, lag: Array) -> Array:
    """Eq. 11: part of this month after the region's lag (years) has passed, between 0 and 1."""
    return minimum(maximum(month + 1.0 - 12.0 * lag, 0.0), 1.0)


def voice_pace(slowdown: Array, strength: Array) -> Array:
    """Eq. 61: pace of adoption that worker voice leaves, ratio."""
    return 1.0 - slowdown * strength


def voiced_automation(automation: Array, shift: Array, strength: Array) -> Array:
    """Eq. 62: automation share of AI use when workers have a say in it, within [0, .999]."""
    return minimum(maximum(automation + shift * strength, 0.0), 0.999)


def adoption_step(adoption: Array, limit: Array, innovation: Array, imitation: Array, active: Array) -> Array:
    """Eq. 12: monthly change of adoption by Bass diffusion towards its ceiling, share of tasks; rates: 1/month."""
    pace = innovation + imitation * adoption / maximum(limit, 1e-20)
    return minimum(active * pace, 1.0) * (limit - adoption)


def lagged_step(adoption: Array, lagged: Array, speed: Array) -> Array:
    """Eq. 13: monthly change of the lagged adoption that new tasks follow; speed: one over the lag, 1/month."""
    return (adoption - lagged) * speed


def automated_share(automation: Array, adoption: Array, reinstatement: Array, lagged: Array) -> Array:
    """Eq. 14: tasks displaced net of tasks reinstated, share."""
    return automation * (adoption - reinstatement * lagged)
