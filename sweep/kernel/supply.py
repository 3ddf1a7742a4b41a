"""Labor supply: who withdraws when income comes without work or pay is taxed more (MODEL.md, section 5)."""

from sweep.kernel.elementary import Array, log, maximum, minimum

__all__ = [
    "entry_hazard",
    "hours_factor",
    "net_of_tax_change",
    "supply_factor",
    "withdrawal_share",
    "withdrawal_step",
    "withdrawal_target",
]


def withdrawal_target(
    cash: Array, participation: Array, offset: Array, population0: Array, taxes: Array, force0: Array
) -> Array:
    """Eq. 21: persons who leave the labor force for good under unconditional cash and taxes, at most 90 % of it.

    cash: USD per adult and month; participation: pp per $1000; taxes: elasticity times log change of net-of-tax pay.
    """
    target = -0.01 * participation * (0.001 * cash) * (1.0 - offset) * population0 - taxes * force0
    return minimum(target, 0.9 * force0)


def withdrawal_step(target: Array, withdrawn: Array) -> Array:
    """Eq. 22: monthly change of withdrawn persons, 8 % of the distance."""
    return 0.08 * (target - withdrawn)


def net_of_tax_change(elasticity: Array, rate: Array, change: Array) -> Array:
    """Eq. 23: participation elasticity times the log change of the net-of-tax rate."""
    return elasticity * log((1.0 - rate - change) / (1.0 - rate))


def supply_factor(withdrawn: Array, force0: Array) -> Array:
    """Eq. 24: labor force that is left, ratio to baseline."""
    return 1.0 - withdrawn / force0


def entry_hazard(base: Array, supply: Array, inactive0: Array, withdrawn: Array) -> Array:
    """Eq. 25: inactive who enter unemployment, 1/month, as withdrawn persons stay out."""
    return base * supply * inactive0 / maximum(inactive0 + withdrawn, 1e-20)


def withdrawal_share(leaving: Array, force: Array) -> Array:
    """Eq. 26: share of each labor force stock that withdraws this month."""
    return maximum(leaving, 0.0) / force


def hours_factor(hours: Array, baseline: Array, cash: Array, offset: Array) -> Array:
    """Eq. 27: voluntary hours against baseline under unconditional cash, USD per adult and month."""
    return 1.0 + hours / baseline * (0.001 * cash) * (1.0 - offset)
