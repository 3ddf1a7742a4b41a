"""Informal work: who falls back on it, and what it yields (MODEL.md, section 11)."""

from sweep.kernel.elementary import Array, maximum, minimum

__all__ = ["formal_finding", "formal_output_share", "informal_hazard", "informal_output", "informal_target"]


def formal_finding(finding: Array, ratio: Array) -> Array:
    """Eq. 82: job finding of the unemployed in formal work, 1/month; ratio: informal per formal worker."""
    return finding / (1.0 + ratio)


def informal_target(informal0: Array, people: Array, absorption: Array, ratio: Array, shortfall: Array) -> Array:
    """Eq. 83: persons in informal work in the long run: the baseline's share, and formal losers it absorbs.

    people: population against baseline; ratio: informal per formal worker at baseline; shortfall: formal jobs
    missing against baseline, persons.
    """
    return informal0 * people + absorption * minimum(ratio, 1.0) * maximum(shortfall, 0.0)


def informal_hazard(target: Array, informal: Array, short: Array) -> Array:
    """Eq. 84: net flow of the unemployed into informal work, 1/month, at most 20 %; below zero people come back."""
    return minimum(0.1 * (target - informal) / maximum(short, 1e-20), 0.2)


def formal_output_share(productivity: Array, ratio: Array) -> Array:
    """Eq. 85: share of formal work in baseline output."""
    return 1.0 / (1.0 + productivity * ratio)


def informal_output(output0: Array, formal: Array, informal: Array, informal0: Array) -> Array:
    """Eq. 86: output and income of informal work, USD a year, in proportion to its workers."""
    return output0 * (1.0 - formal) * informal / maximum(informal0, 1e-20)
