"""Pay: a wage curve with partial adjustment (MODEL.md, section 7)."""

from sweep.kernel.elementary import Array, log

__all__ = ["slack", "wage_step"]


def slack(unemployed: Array, employed: Array, participants: Array, weight: Array) -> Array:
    """Eq. 41: unemployment rate that presses on pay; program participants count by a weight."""
    return (unemployed + weight * participants) / (employed + unemployed + weight * participants)


def wage_step(wage: Array, ratio: Array, curve: Array, pass_through: Array, gain: Array, speed: Array) -> Array:
    """Eq. 42: monthly change of log pay against baseline.

    ratio: slack against baseline; curve: elasticity; gain: log productivity.
    """
    return speed * (curve * log(ratio) + pass_through * gain - wage)
