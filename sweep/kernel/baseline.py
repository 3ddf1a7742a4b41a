"""Baseline by inversion: which flows hold the observed stocks in place (MODEL.md, section 2)."""

from sweep.kernel.elementary import Array, maximum, minimum

__all__ = [
    "ageing_rate",
    "bounded_exit_rate",
    "entry_rate",
    "long_term_unemployed",
    "not_employable",
    "separation_rate",
    "unemployed",
]


def unemployed(employed: Array, ratio: Array, rate: Array) -> Array:
    """Eq. 1: unemployed persons from the formally employed, informal per formal worker, and the unemployment rate."""
    return employed * (1.0 + ratio) * rate / (1.0 - rate)


def long_term_unemployed(unemployed_persons: Array, share: Array) -> Array:
    """Eq. 2: persons unemployed 27 weeks and more."""
    return share * unemployed_persons


def separation_rate(finding: Array, relative: Array, short: Array, long: Array, employed: Array) -> Array:
    """Eq. 3: monthly separations per employed person that refill what job finding drains, 1/month."""
    return finding * (short + relative * long) / employed


def ageing_rate(finding: Array, relative: Array, exit_rate: Array, short: Array, long: Array) -> Array:
    """Eq. 4: short-term unemployed who become long-term, 1/month."""
    return (relative * finding + exit_rate) * long / short


def entry_rate(quits: Array, exits: Array, inactive: Array) -> Array:
    """Eq. 5: inactive who enter unemployment so that inactivity stands still, 1/month."""
    return (quits + exits) / maximum(inactive, 1e-20)


def bounded_exit_rate(exit_rate: Array, finding: Array, relative: Array, share: Array) -> Array:
    """Eq. 60: exits such that what leaves short-term unemployment at baseline is at most the stock, 1/month."""
    return maximum(minimum(exit_rate, (1.0 - share) * (1.0 - finding) - relative * finding * share), 0.0)


def not_employable(share: Array, population: Array, rest: Array) -> Array:
    """Eq. 96: people who cannot be employed; at most half of the rest, those outside the labor force, persons."""
    return minimum(share * population, 0.5 * rest)
