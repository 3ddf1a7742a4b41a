"""Migration between regions: zero-sum, towards less unemployment and better pay (MODEL.md, section 8)."""

from sweep.kernel.elementary import Array, exp, log

__all__ = ["attraction", "eagerness", "followed_by_demand", "net_migration_rate"]


def attraction(unemployment: Array, baseline: Array, wage: Array) -> Array:
    """Eq. 43: value of a region to movers: change of unemployment and a fifth of the log pay change."""
    return 0.2 * wage - (unemployment - baseline)


def net_migration_rate(response: Array, value: Array, mean: Array) -> Array:
    """Eq. 44: monthly net inflow per resident; zero-sum as the mean is weighted by population and eagerness."""
    return response * (value - mean)


def eagerness(response: Array, largest: Array) -> Array:
    """Eq. 105: response to regional gaps against the most responsive region's, ratio; 1 where nobody moves."""
    return (response + 1e-30) / (largest + 1e-30)


def followed_by_demand(people: Array, elasticity: Array) -> Array:
    """Eq. 95: demand for labor that comes and goes with people, ratio; people: population against baseline."""
    return exp(elasticity * log(people))
