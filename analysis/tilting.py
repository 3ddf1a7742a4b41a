"""Where to draw from to meet a rare outcome often: distributions and regime weights moved towards it, by cross-entropy.

Rubinstein and Kroese 2004. What is proposed keeps each distribution's family and support; only the inputs that matter
are moved, so that likelihoods stay even.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_count, refuse_no_sweep
from analysis.beliefs import Belief, drawn_from, together_with, unweighed
from analysis.caution import cautioned
from analysis.futures import Over
from analysis.labels import json_attribute
from analysis.regimes import Regimes, effective_draws
from analysis.tails import Believed, beyond, under
from sweep.distributions import Distribution, parse
from sweep.errors import ConfigError, nearest

__all__ = ["Tilt", "moved", "tilt"]

Floats = NDArray[np.float64]
# Draws that show the way to a tail; where fewer are beyond the threshold, so many that come nearest.
ELITE, FEWEST_IN_REGIME, FEWEST_DRAWS = 30, 15, 200
# Standard errors by which an input must differ in the tail: fewer may be chance, among a hundred inputs.
SURE = 3.5
# Standard deviations, or the like, that a distribution is moved by at most.
FARTHEST = 3.0


@dataclass(frozen=True)
class Tilt:
    """What to sweep with to meet a tail often, and the beliefs to weigh the draws back with.

    overrides: for the command line of `sweep`; beliefs: as `reweighted` and `tail_probability` take them; table: by
    `input`, `drawn` and `proposed`, and `gain`: how much likelier (in logs) draws in the tail become.
    """

    overrides: tuple[str, ...]
    beliefs: dict[str, Belief]
    table: xr.Dataset

    def __str__(self) -> str:
        return shlex.join(self.overrides)


class _Move(NamedTuple):
    """One input, in one regime or in all of them, moved."""

    key: str
    name: str
    believed: Distribution
    proposed: Distribution
    gain: float
    weight: float


def tilt(
    data: xr.Dataset,
    outcome: str,
    threshold: float,
    policy: str = "none",
    over: Over = "last",
    above: bool = True,
    most: int = 4,
    beliefs: Believed | None = None,
) -> Tilt:
    """Distributions and regime weights under which an outcome is often beyond a threshold, from the draws of a pilot.

    Arguments as those of `tail_probability`; policy: under which; most: inputs moved at most. At least 30 draws show
    the way, the farthest ones where fewer are beyond the threshold: then sweep and tilt once more, with beliefs=pilot.
    Regimes get half of their own weight, which guards against what the pilot didn't meet, and half of that by which a
    stratified estimate errs least (Neyman 1934).

    Inputs stated by quantiles, as mixtures, truncations, columns or by scipy's names, and those that move together
    with others, stay as they are. Print the result, and add it to the pilot's command. Raises ConfigError on fewer
    than 200 draws, and as `tail_probability`.

    >>> from analysis import example, tilt
    >>> found = tilt(example(draws=2048), "national_unemployment_rate", 0.15, most=1)
    >>> print(found)
    seed=2 'adoption.weights={slow: 0.35, rapid: 0.65}'
    '++adoption.regimes.rapid.automation=[truncated_normal,54.49,3.0,0.0,1.0]'
    """
    refuse_no_sweep(data)
    if data.sizes["draw"] < FEWEST_DRAWS:
        raise ConfigError(f"a pilot needs at least {FEWEST_DRAWS} draws, and this one has {data.sizes['draw']}")
    weighted, notices = under(data, beliefs)
    refuse_count("most", most)
    of = beyond(weighted, outcome, threshold, over, above)
    if policy not in of.policies:
        raise ConfigError(f"unknown policy {policy!r}: {nearest(policy, of.policies)}")
    excess = of.values[:, of.policies.index(policy)]
    reached = int((excess > 0).sum())
    level = min(0.0, float(np.sort(excess)[-ELITE]))
    elite = excess > level if level == 0 else excess >= level
    weights = of.regimes.draw_weights * elite
    moves = _chosen(list(_moves(weighted, of.regimes, weights, dict(_stated(beliefs, weighted)))), most)
    shares = _shares(of.regimes, elite)
    far = threshold + (level if above else -level)
    table = xr.Dataset(
        {
            "drawn": ("input", [str(move.believed) for move in moves]),
            "proposed": ("input", [str(move.proposed) for move in moves]),
            "gain": ("input", np.array([move.gain for move in moves]), {"units": "1"}),
        },
        {"input": [move.key for move in moves]},
        {**of.about, "level": far, "draws": int(elite.sum()), "effective_draws": effective_draws(weights)},
    )
    short = f"{reached} draws are beyond {threshold:.4g}, so that this leads to {far:.4g}: sweep, and tilt once more"
    table = cautioned(table, *notices, short if level < 0 else "", "" if moves else "no input shows a way to the tail")
    return Tilt(_overrides(data, moves, shares), _beliefs(moves, of.regimes, shares), table)


def _stated(beliefs: Believed | None, weighted: xr.Dataset) -> Mapping[str, Belief]:
    """Beliefs as a mapping, for a dataset's draws."""
    from analysis.beliefs import beliefs_of

    return beliefs_of(beliefs, weighted) if isinstance(beliefs, xr.Dataset) else beliefs or {}


def _moves(data: xr.Dataset, regimes: Regimes, weights: Floats, stated: Mapping[str, Belief]) -> Iterator[_Move]:
    """All inputs with one number a draw that differ in the tail, by regime where they are drawn by regime, moved.

    Inputs stated by quantiles, as mixtures, truncations, columns or by scipy's names stay as they are.
    weights: of draws in the tail, (draw,), 0 outside.
    """
    by_regime = {key for key, texts in json_attribute(data, "identity").get("parameters", {}).items() if len(texts) > 1}
    alike = _same_regimes(regimes, weights)
    for key, drawn in drawn_from(data, regimes).items():
        group, _, name = key.partition(".")
        if name not in data or data[name].dims != ("draw",) or together_with(data, key) or unweighed(data, key):
            continue
        values = data[name].to_numpy().astype(float)
        parts = zip(regimes.names, regimes.members, strict=True) if key in by_regime else [("", np.arange(len(values)))]
        for regime, members in parts:
            own = f"{group}.regimes.{regime}.{name}" if regime else key
            node = stated.get(own, stated.get(key))
            believed = drawn[regime or regimes.names[0]] if node is None else parse(node, own)
            if believed.kind in _MOVABLE and _differs(values[members], weights[members], alike[members]):
                elite = members[weights[members] > 0]
                yield _moved(own, name, believed, values[elite], weights[elite])


def _same_regimes(regimes: Regimes, weights: Floats) -> Floats:
    """Weights of all draws, (draw,), by which regimes have the shares that they have in the tail.

    An input differs in the tail if it differs from these: that a regime's draws are uneven in it means nothing.
    """
    found = np.zeros(len(weights))
    for members, own in zip(regimes.members, regimes.weights_by_regime, strict=True):
        found += weights[members].sum() * own
    return found


def _differs(values: Floats, weights: Floats, alike: Floats) -> bool:
    """Whether values of draws in the tail have another mean than those of all draws, beyond chance."""
    if np.count_nonzero(weights) < FEWEST_IN_REGIME:
        return False
    mean = np.average(values, weights=alike)
    deviation = np.sqrt(np.average((values - mean) ** 2, weights=alike))
    shift = abs(np.average(values, weights=weights) - mean)
    return bool(shift * np.sqrt(effective_draws(weights)) > SURE * deviation)


def _moved(key: str, name: str, believed: Distribution, values: Floats, weights: Floats) -> _Move:
    """One input moved towards values, and by how much it makes them likelier."""
    proposed = moved(believed, values, weights)
    logs = np.log(proposed.density(values)) - np.log(believed.density(values))
    return _Move(key, name, believed, proposed, float(np.average(logs, weights=weights)), float(weights.sum()))


def moved(believed: Distribution, values: Floats, weights: Floats) -> Distribution:
    """A distribution of the same support that is likeliest, on one way of its family, to give weighted values.

    The way keeps likelihoods bounded where the family has one that does: uniform becomes an exponential tilt, beta
    moves by one of its ends, choices keep half of their own weights.
    """
    from scipy.optimize import minimize_scalar

    if believed.kind == "choice":
        return _choice(believed, values, weights)
    way = _WAYS[believed.kind]

    def lost(step: float) -> float:
        density = parse(way(believed.arguments, step), believed.kind).density(values)
        return -float(weights @ np.log(np.maximum(density, np.finfo(float).tiny)))

    step = minimize_scalar(lost, bounds=(-FARTHEST, FARTHEST), method="bounded", options={"xatol": 1e-3}).x
    kind, *arguments = way(believed.arguments, float(step))
    return parse([kind, *(float(f"{value:.4g}") for value in arguments)], believed.kind)


def _choice(believed: Distribution, values: Floats, weights: Floats) -> Distribution:
    """Weights of choices, half their own and half those among the values; in thousandths that add up to 1."""
    own = np.asarray(believed.weights)
    seen = (values[:, None] == np.asarray(believed.arguments)).T @ weights
    shares = _thousandths(own / 2 + seen / seen.sum() / 2)
    return parse(["choice", dict(zip(believed.arguments, shares, strict=True))], believed.kind)


def _thousandths(shares: Floats) -> list[float]:
    """Shares rounded to thousandths, none to 0, that add up to 1."""
    rounded = np.maximum(np.round(1000 * shares), shares > 0)
    rounded[np.argmax(rounded)] += 1000 - rounded.sum()
    return [float(each) for each in rounded / 1000]


def _beta(arguments: tuple[float, ...], step: float) -> list[Any]:
    """Lower b moves a beta distribution up with likelihoods that are bounded, lower a moves it down."""
    a, b = arguments
    return ["beta", a * np.exp(min(step, 0)), b * np.exp(-max(step, 0))]


def _uniform(arguments: tuple[float, ...], step: float) -> list[Any]:
    """Density grows as exp(2 · step · x / width): that of a wide normal distribution, far from its mean."""
    low, high = arguments
    sd = 3 * (high - low)
    return ["truncated_normal", (low + high) / 2 + 2 * step * sd**2 / (high - low), sd, low, high]


def _mode(arguments: tuple[float, ...], step: float) -> list[float]:
    """Lower end, mode moved towards an end, upper end."""
    low, mode, high = arguments
    end, part = (high if step > 0 else low), abs(step) / (2 * FARTHEST)
    return [low, mode + part * (end - mode), high]


_WAYS: dict[str, Callable[[tuple[float, ...], float], list[Any]]] = {
    "uniform": _uniform,
    "normal": lambda own, step: ["normal", own[0] + step * own[1], own[1]],
    "truncated_normal": lambda own, step: ["truncated_normal", own[0] + step * own[1], *own[1:]],
    "log_normal": lambda own, step: ["log_normal", own[0] * np.exp(step * own[1]), own[1]],
    "beta": _beta,
    "triangular": lambda own, step: ["triangular", *_mode(own, step)],
    "pert": lambda own, step: ["pert", *_mode(own, step)],
    # Much narrower, and the variance of likelihoods would be infinite.
    "half_normal": lambda own, step: ["half_normal", own[0] * np.exp(max(step / 2, -0.25))],
}
_MOVABLE = {"choice", *_WAYS}


def _chosen(moves: list[_Move], most: int) -> list[_Move]:
    """Moves of the inputs by which the tail gains most."""
    gains: dict[str, float] = {}
    for move in moves:
        gains[move.name] = gains.get(move.name, 0.0) + move.gain * move.weight
    names = sorted((name for name, gain in gains.items() if gain > 0), key=lambda name: -gains[name])[:most]
    return [move for move in moves if move.name in names and move.gain > 0]


def _shares(regimes: Regimes, elite: NDArray[np.bool_]) -> dict[str, float]:
    """Weights of the regimes that have draws, to draw by; none where there is one regime."""
    if len(regimes.names) < 2:
        return {}
    likelihoods = np.ones(len(elite)) if regimes.likelihoods is None else regimes.likelihoods
    chances = np.array([np.minimum((likelihoods * elite)[members].mean(), 0.5) for members in regimes.members])
    own = np.asarray(regimes.weights)
    errs_least = own * np.sqrt(chances * (1 - chances))
    errs_least /= errs_least.sum()
    return dict(zip(regimes.names, _thousandths(own / 2 + errs_least / 2), strict=True))


def _overrides(data: xr.Dataset, moves: list[_Move], shares: Mapping[str, float]) -> tuple[str, ...]:
    """The command line's part, with another seed: the pilot's draws made the tilt, and mustn't judge it."""
    found = [f"seed={int(data.attrs.get('seed', 0)) + 1}"]
    if shares:
        weights = ", ".join(f"{name}: {share:g}" for name, share in shares.items())
        found.append(f"adoption.weights={{{weights}}}")
    for move in moves:
        # ++: a regime need not state its own value yet.
        found.append(f"{'++' if '.regimes.' in move.key else ''}{move.key}={_shown(move.proposed)}")
    return tuple(found)


def _shown(proposed: Distribution) -> str:
    """A distribution as it stands on a command line."""
    if proposed.kind == "choice":
        pairs = zip(proposed.arguments, proposed.weights, strict=True)
        return f"[choice,{{{', '.join(f'{value!r}: {weight:g}' for value, weight in pairs)}}}]"
    return f"[{','.join([proposed.kind, *(f'{value!r}' for value in proposed.arguments)])}]"


def _beliefs(moves: list[_Move], regimes: Regimes, shares: Mapping[str, float]) -> dict[str, Belief]:
    """What the pilot's draws count by, where it is moved."""
    found: dict[str, Belief] = {move.key: move.believed.node for move in moves}
    return found | {name: round(weight, 12) for name, weight in zip(shares, regimes.weights, strict=False)}
