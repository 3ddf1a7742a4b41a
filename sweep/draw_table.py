"""The draw table: parameters × draws, a pure function of seed, design, names and draw numbers."""

import numpy as np
from numpy.typing import NDArray

from sweep.designs import BLOCKS, DESIGNS, Uniforms, in_blocks
from sweep.distributions import Distribution
from sweep.factors import factors, levers
from sweep.kernel.parameters import PARAMETERS
from sweep.study import Study, Uncertainty

__all__ = ["RANDOMNESS", "draw_table"]

# The names of the randomness scheme; part of a plan's identity.
RANDOMNESS = "philox-sha256/sobol-joe-kuo-burley/1"

# The regime has the first Sobol dimension, model parameters follow by position; new ones only at the end.
_DIMENSION = {"regime": 0} | {parameter.name: row for row, parameter in enumerate(PARAMETERS, start=1)}

Values = NDArray[np.float64]


def _uniforms(study: Study, name: str, base: str = "sobol") -> Uniforms:
    """Where draws lie in an input; base: the design that points of blocks are from, or that an input always has."""
    if study.design not in BLOCKS:
        return DESIGNS[study.design if base == "sobol" else base]
    moving = factors(study)
    place = next(place for place, inputs in enumerate(moving.values()) if name in inputs)
    return in_blocks(BLOCKS[study.design], DESIGNS[base], place, len(moving), name == "regime")


def _regimes(study: Study, start: int, count: int) -> Values:
    if len(study.regimes) == 1:
        return np.zeros(count)
    chosen = Distribution("choice", tuple(map(float, range(len(study.regimes)))), study.regime_weights)
    return chosen.quantile(_uniforms(study, "regime")(study.seed, "regime", _DIMENSION["regime"], start, count))


def _probabilities(study: Study, name: str, regions: tuple[str, ...], start: int, count: int) -> Values:
    """Uniforms of one parameter; a value by region has a stream by region, independent in every design."""
    if not regions:
        return _uniforms(study, name)(study.seed, name, _DIMENSION[name], start, count)
    uniforms = _uniforms(study, name, "monte_carlo")
    return np.stack([uniforms(study.seed, f"{name}/{region}", 0, start, count) for region in regions], axis=1)


def _values(item: Uncertainty, regime: Values, probability: Values) -> Values:
    """Quantiles under each draw's own regime, within the parameter's bounds (tails beyond 1e-7 only)."""
    result = item.distributions[0].quantile(probability)
    for code, distribution in enumerate(item.distributions[1:], start=1):
        chosen = regime == code
        result[chosen] = distribution.quantile(probability[chosen])
    return np.clip(result, item.parameter.lower, item.parameter.upper)


def draw_table(study: Study, regions: tuple[str, ...], start: int, count: int) -> dict[str, Values]:
    """Values of every input for draws start … start + count − 1, (count,) or by region (count, R).

    Uncertain doses of policies have independent streams in every design, so that a policy of one's own changes no
    other column.
    """
    regime = _regimes(study, start, count)
    table = {"regime": regime}
    for item in study.uncertainties:
        by_region = regions if item.parameter.per == "region" else ()
        if item.is_constant:
            value = item.distributions[0].arguments[0]
            table[item.parameter.name] = np.full((count, 1) if by_region else count, value)
        else:
            probability = _probabilities(study, item.parameter.name, by_region, start, count)
            table[item.parameter.name] = _values(item, regime, probability)
    for key, _, distribution in levers(study.policies):
        table[key] = distribution.quantile(_uniforms(study, key, "monte_carlo")(study.seed, key, 0, start, count))
    return table
