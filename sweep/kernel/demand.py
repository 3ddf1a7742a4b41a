"""Productivity and the demand for labor (MODEL.md, section 4)."""

from sweep.kernel.elementary import Array, exp, log, maximum

__all__ = [
    "desired_employment",
    "local_demand",
    "local_demand_elasticity",
    "log_demand",
    "productivity",
    "relative_income",
]


def productivity(labor_share: Array, saving: Array, adoption: Array) -> Array:
    """Eq. 15: log gain of total factor productivity (Hulten), adoption weighted by wage bills."""
    return labor_share * saving * adoption


def local_demand_elasticity(multiplier: Array, nontradable: Array) -> Array:
    """Eq. 16: elasticity of non-tradable demand to local income that yields the local multiplier."""
    return multiplier / ((1.0 + multiplier) * maximum(nontradable, 1e-20))


def relative_income(income: Array, income0: Array, national: Array, national0: Array) -> Array:
    """Eq. 17: log real income per head against baseline, region less nation; a tenth is always left to spend."""
    return log(maximum(income / income0, 0.1)) - log(maximum(national / national0, 0.1))


def local_demand(elasticity: Array, nontradable: Array, income: Array) -> Array:
    """Eq. 18: log demand shift of a group by relative local income, for its non-tradable share."""
    return elasticity * nontradable * income


def log_demand(automated: Array, gain: Array, response: Array, wage_drag: Array, local: Array, shock: Array) -> Array:
    """Eq. 19: log labor demand: displacement, productivity, pay, local income and an outside shock."""
    return log(1.0 - automated) + response * gain - wage_drag + local + shock


def desired_employment(employed0: Array, demand: Array, people: Array, training: Array) -> Array:
    """Eq. 20: jobs that employers want: demand, labor supply and the training effect, persons."""
    return maximum(employed0 * exp(demand) * people + training, 0.0)
