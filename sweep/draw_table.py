"""The draw table: parameters × draws, a pure function of seed, design, names and draw numbers."""

import numpy as np
from numpy.typing import NDArray

from sweep.designs import BLOCKS, DESIGNS, FIXED, REPLICATES, in_blocks
from sweep.distributions import Distribution
from sweep.factors import factors, levers, owners
from sweep.study import Study, Uncertainty

__all__ = ["draw_table", "randomness"]

_RANDOMNESS = "philox-sha256/sobol-joe-kuo-burley/1"

# Of the Sobol point; parameters have the others.
_REGIME = 0

# What points of other designs, and what a design doesn't say, are drawn by.
_PLAIN = dict.fromkeys(BLOCKS, "sobol") | dict.fromkeys(FIXED, "monte_carlo")

Values = NDArray[np.float64]


def randomness(design: str) -> str:
    """The name of a design's randomness scheme, part of a plan's identity."""
    return f"{_RANDOMNESS}/{REPLICATES} replicates" if design in BLOCKS else _RANDOMNESS


def _uniforms(study: Study, name: str, stream: str, dimension: int | None, regime: Values, start: int) -> Values:
    """Probabilities of an input in draws from start on, as many as have a regime.

    dimension: of a Sobol point, None where an input has an independent stream in every design.
    """
    if name in study.points:
        return study.points[name][start : start + len(regime)]
    plain = "monte_carlo" if dimension is None else _PLAIN.get(study.design, study.design)
    base, place = DESIGNS[plain], (study.seed, stream, dimension or 0, start, len(regime))
    if study.design not in BLOCKS:
        return base(*place)
    moving, own = factors(study), np.array(owners(study)[name])[regime.astype(int)]
    found = np.empty(len(regime))
    for factor in dict.fromkeys(owners(study)[name]):
        uniforms = in_blocks(BLOCKS[study.design], base, moving.index(factor), len(moving), factor == "regime")
        found[own == factor] = uniforms(*place)[own == factor]
    return found


def _regimes(study: Study, start: int, count: int) -> Values:
    if len(study.regimes) == 1:
        return np.zeros(count)
    chosen = Distribution("choice", tuple(map(float, range(len(study.regimes)))), study.regime_weights)
    return chosen.quantile(_uniforms(study, "regime", "regime", _REGIME, np.zeros(count), start))


def _probabilities(study: Study, item: Uncertainty, regions: tuple[str, ...], regime: Values, start: int) -> Values:
    """Uniforms of one parameter; a value by region has a stream by region, or one level in all regions."""
    name = item.parameter.name
    if not regions or name in study.points:
        same = _uniforms(study, name, name, item.dimension, regime, start)
        return _everywhere(same, regions)
    streams = [_uniforms(study, name, f"{name}/{region}", None, regime, start) for region in regions]
    return np.stack(streams, axis=1)


def _everywhere(same: Values, regions: tuple[str, ...]) -> Values:
    """One value a draw, in each of the regions where there are any."""
    return np.repeat(same[:, None], len(regions), axis=1) if regions else same


def _together(study: Study, regime: Values, start: int) -> dict[str, Values]:
    """Probabilities of inputs that move together, by name; others keep their own."""
    found: dict[str, Values] = {}
    items = {item.parameter.name: item for item in study.uncertainties}
    for group in study.dependence:
        names = [key.rpartition(".")[2] for key in group.inputs]
        own = [_probabilities(study, items[name], (), regime, start) for name in names]
        found |= dict(zip(names, group.together(np.stack(own, axis=1)).T, strict=True))
    return found


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
    own = {name: values[start : start + count] for name, values in study.own.items()}
    regime = own["regime"] if "regime" in own else _regimes(study, start, count)
    table, together = {"regime": regime}, _together(study, regime, start)
    for item in study.uncertainties:
        by_region = regions if item.parameter.per == "region" else ()
        if item.parameter.name in own:
            table[item.parameter.name] = _everywhere(own[item.parameter.name], by_region)
        elif item.is_constant:
            value = item.distributions[0].arguments[0]
            table[item.parameter.name] = np.full((count, 1) if by_region else count, value)
        else:
            name = item.parameter.name
            alone = name not in together
            probability = _probabilities(study, item, by_region, regime, start) if alone else together[name]
            table[name] = _values(item, regime, probability)
    for key, _, distribution in levers(study.policies):
        table[key] = distribution.quantile(_uniforms(study, key, key, None, regime, start))
    return table
