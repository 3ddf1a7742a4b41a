"""Who has what: log-normal incomes by group and status, poverty, inequality (MODEL.md, section 12)."""

from sweep.kernel.elementary import Array, exp, log, maximum
from sweep.kernel.programs import normal_share

__all__ = ["gini_term", "grid_income", "log_income_term", "pooled_spread", "share_below", "spread_over_regions"]


def share_below(line: Array, flat: Array, mean: Array, spread: Array) -> Array:
    """Eq. 90: share below a line of incomes that are the same flat amount and a log-normal part of a mean and spread.

    A payment that is the same for all lifts the poorest most; as part of the mean it would lift them least.
    """
    return normal_share(log(maximum(line - flat, 1.0) / maximum(mean, 1.0)) / spread + 0.5 * spread)


def spread_over_regions(spread: Array, people: Array, total: Array, squares: Array) -> Array:
    """Eq. 91: log spread of a nation's group whose mean income differs by region; keeps mean and variance.

    total, squares: sums over regions of people times mean income, and times its square.
    """
    return exp(0.5 * log(spread * spread + log(maximum(people * squares / maximum(total * total, 1e-20), 1.0))))


def grid_income(mean: Array, step: Array) -> Array:
    """Eq. 92: incomes at which the nation's distribution is evaluated: steps of .08 in logs around the mean."""
    return mean * exp(0.08 * step - 6.0)


def gini_term(below: Array, income: Array, mean: Array) -> Array:
    """Eq. 93: a grid point's term of the Gini coefficient, the integral of F(1 − F) over income, by the mean."""
    return below * (1.0 - below) * 0.08 * income / mean


def log_income_term(below: Array, before: Array, income: Array) -> Array:
    """Eq. 103: a grid step's term of the mean of log income; those below the grid count at its lowest income."""
    return (below - before) * (log(income) - 0.04)


def pooled_spread(spread: Array, pooling: Array, coverage: Array) -> Array:
    """Eq. 94: log spread of informal incomes when a part of informal workers share risks."""
    return spread * (1.0 - pooling * coverage)
