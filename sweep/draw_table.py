"""The draw table: parameters × draws, a pure function of seed, design, names and draw numbers."""

import numpy as np
from numpy.typing import NDArray

from sweep.dependence.copulas import one_factor
from sweep.designs import BLOCKS, DESIGNS, FIXED, REPLICATES, in_blocks
from sweep.distributions import Distribution
from sweep.factors import factors, levers, owners
from sweep.study import Places, Study, Uncertainty

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
    # What a place has of its own is in a stream of another name than the input's.
    if stream in study.points:
        return study.points[stream][start : start + len(regime)]
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


def _probabilities(study: Study, item: Uncertainty, names: tuple[str, ...], regime: Values, start: int) -> Values:
    """Uniforms of one parameter; of a value by region or group a stream each, what they share, or one level in all."""
    name = item.parameter.name
    if not names or (study.design == "factorial" and name in study.points):
        same = _uniforms(study, name, name, item.dimension, regime, start)
        return _everywhere(same, names)
    streams = [_uniforms(study, name, f"{name}/{place}", None, regime, start) for place in names]
    found = np.stack(streams, axis=1)
    common = None
    for code, places in enumerate(item.places):
        if places.correlation > 0:
            if common is None:
                common = _uniforms(study, name, name, item.dimension, regime, start)[:, None]
            chosen = regime == code if len(item.places) > 1 else slice(None)
            found[chosen] = one_factor(common[chosen], found[chosen], places.correlation)
    return found


def _everywhere(same: Values, names: tuple[str, ...]) -> Values:
    """One value a draw, in each of the regions or groups where there are any."""
    return np.repeat(same[:, None], len(names), axis=1) if names else same


def _together(study: Study, regime: Values, start: int) -> dict[str, Values]:
    """Probabilities of inputs that move together, by name, of doses by key; others keep their own."""
    found: dict[str, Values] = {}
    items = {f"{item.parameter.group}.{item.parameter.name}": item for item in study.uncertainties}
    for group in study.dependence:
        names = [items[key].parameter.name if key in items else key for key in group.inputs]
        own = [
            _probabilities(study, items[key], (), regime, start)
            if key in items
            else _uniforms(study, key, key, None, regime, start)
            for key in group.inputs
        ]
        found |= dict(zip(names, group.together(np.stack(own, axis=1)).T, strict=True))
    return found


def _values(item: Uncertainty, names: tuple[str, ...], regime: Values, probability: Values) -> Values:
    """Quantiles under each draw's own regime, within the parameter's bounds (tails beyond 1e-7 only)."""
    result = _quantiles(item.by_regime[0], names, probability)
    for code, places in enumerate(item.by_regime[1:], start=1):
        chosen = regime == code
        result[chosen] = _quantiles(places, names, probability[chosen])
    return np.clip(result, item.parameter.lower, item.parameter.upper)


def _quantiles(places: Places, names: tuple[str, ...], probability: Values) -> Values:
    """Values at probabilities, (draw,) or, by the distribution of each place, (draw, place)."""
    if not places.by:
        return places.of("").quantile(probability)
    return np.stack([places.of(name).quantile(probability[:, k]) for k, name in enumerate(names)], axis=1)


def _fixed(item: Uncertainty, names: tuple[str, ...], count: int) -> Values:
    """What doesn't differ between draws."""
    places = item.by_regime[0]
    if not names or not places.by:
        return np.full((count, 1) if names else count, item.distributions[0].arguments[0])
    return np.repeat([[places.of(name).arguments[0] for name in names]], count, axis=0)


def draw_table(study: Study, regions: tuple[str, ...], start: int, count: int) -> dict[str, Values]:
    """Values of every input for draws start … start + count − 1, (count,), by region (count, R) or group (count, G).

    Uncertain doses of policies have streams of their own in every design, so that a policy of one's own changes no
    other column.
    """
    own = {name: values[start : start + count] for name, values in study.own.items()}
    regime = own["regime"] if "regime" in own else _regimes(study, start, count)
    table, together = {"regime": regime}, _together(study, regime, start)
    for item in study.uncertainties:
        name, places = item.parameter.name, {"": (), "region": regions, "group": item.groups}[item.per]
        if name in own:
            table[name] = _everywhere(own[name], places)
        elif item.is_constant:
            table[name] = _fixed(item, places, count)
        else:
            probability = together[name] if name in together else _probabilities(study, item, places, regime, start)
            table[name] = _values(item, places, regime, probability)
    for path in study.paths:
        # In a regime in which it stays, it ends as it began.
        table[path.end] = np.where(path.moves(regime), table[path.end], table[path.name])
    for key, _, distribution in levers(study.policies):
        alone = key not in together
        table[key] = distribution.quantile(_uniforms(study, key, key, None, regime, start) if alone else together[key])
    return table
