"""Productivity and the demand for labor (MODEL.md, section 4)."""

from sweep.kernel.elementary import Array, exp, log, maximum

__all__ = [
    "desired_employment",
    "hours_drag",
    "hours_output",
    "hours_pay",
    "income_balance",
    "income_change",
    "leaked_demand",
    "local_demand",
    "local_demand_elasticity",
    "local_response",
    "log_demand",
    "productivity",
]


def productivity(labor_share: Array, saving: Array, adoption: Array) -> Array:
    """Eq. 15: log gain of total factor productivity (Hulten), adoption weighted by wage bills."""
    return labor_share * saving * adoption


def leaked_demand(leakage: Array, response: Array, forgone: Array) -> Array:
    """Eq. 87: log demand that leaves a region whose veto forgoes productivity, for regions without one."""
    return leakage * response * forgone


def local_demand_elasticity(multiplier: Array, nontradable: Array) -> Array:
    """Eq. 16: elasticity of non-tradable demand to local income that yields the local multiplier."""
    return multiplier / ((1.0 + multiplier) * maximum(nontradable, 1e-20))


def income_change(income: Array, income0: Array) -> Array:
    """Eq. 17: log real income per head against baseline; a tenth is always left to spend."""
    return log(maximum(income / income0, 0.1))


def local_response(multiplier: Array) -> Array:
    """Eq. 66: elasticity of a region's jobs to its own income, of which the multiplier's rounds consist."""
    return multiplier / (1.0 + multiplier)


def income_balance(demanded: Array, jobs: Array, response: Array) -> Array:
    """Eq. 67: income change taken off, by which local demand falls alike everywhere and is zero-sum in jobs.

    demanded: jobs times the exponential of response times income change, summed over regions; jobs: their sum.
    """
    return log(demanded / jobs) / maximum(response, 1e-3)


def local_demand(elasticity: Array, nontradable: Array, income: Array) -> Array:
    """Eq. 18: log demand shift of a group by relative local income, for its non-tradable share."""
    return elasticity * nontradable * income


def log_demand(automated: Array, gain: Array, response: Array, wage_drag: Array, local: Array, shock: Array) -> Array:
    """Eq. 19: log labor demand: displacement, productivity, pay, local income and an outside shock."""
    return log(1.0 - automated) + response * gain - wage_drag + local + shock


def hours_output(coverage: Array, cut: Array, elasticity: Array) -> Array:
    """Eq. 63: output of a workforce of which a part works shorter hours, ratio."""
    return 1.0 - coverage * (1.0 - exp(elasticity * log(1.0 - cut)))


def hours_pay(coverage: Array, cut: Array, kept: Array) -> Array:
    """Eq. 64: pay per worker when a part of the hours cut is not paid, ratio."""
    return 1.0 - coverage * cut * (1.0 - kept)


def hours_drag(elasticity: Array, pay: Array, produced: Array, sharing: Array) -> Array:
    """Eq. 65: log demand lost to dearer hours, less the hiring that makes up for output lost."""
    return elasticity * log(pay / produced) + sharing * log(produced)


def desired_employment(employed0: Array, demand: Array, people: Array, training: Array) -> Array:
    """Eq. 20: jobs that employers want: demand, labor supply and the training effect, persons."""
    return maximum(employed0 * exp(demand) * people + training, 0.0)
