"""From a config node, a number or `[kind, arguments…]`, to a checked distribution; and back from a store's text."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sweep.distributions.column import column, content_hash
from sweep.distributions.distribution import Distribution, constant
from sweep.distributions.families import FAMILIES, checked_law
from sweep.distributions.truncation import edges
from sweep.errors import ConfigError, nearest

__all__ = ["KINDS", "parse", "parse_exact"]

# Of a distribution, what must lie within its truncation: of less, floats know too little.
_LEAST_MASS = 1e-9
# First words that state more than one distribution, and how: they are read before this.
_AROUND = {
    "per": "per, region, distribution",
    "by": "by, {name: distribution, …, other: distribution}",
    "path": "path, start, end",
}


def _number(node: Any, key: str) -> float:
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise ConfigError(
            f"{key}: expected a number or a distribution such as [uniform, 0, 1], got {node!r}\n"
            f"  kinds: {', '.join(KINDS)}"
        )
    if not math.isfinite(node):
        raise ConfigError(f"{key}: expected a finite number, got {node!r}")
    return float(node)


def _bound(node: Any, key: str) -> float:
    """A number, or infinity: on a command line, `.inf` is a text."""
    if isinstance(node, float) and math.isinf(node):
        return node
    return {".inf": math.inf, "-.inf": -math.inf}[node] if node in (".inf", "-.inf") else _number(node, key)


def _weights(given: Sequence[tuple[Any, Any]], key: str) -> tuple[float, ...]:
    """Weights of named things, which add up to 1."""
    weights = tuple(_number(weight, f"{key}, weight of {name!r}") for name, weight in given)
    if min(weights) < 0 or sum(weights) <= 0:
        raise ConfigError(f"{key}: weights must be ≥ 0 with a positive sum, got {list(weights)}")
    if abs(sum(weights) - 1) > 1e-6:
        raise ConfigError(f"{key}: weights must add up to 1, got {sum(weights):g}")
    return weights


def _choice(node: list[Any], key: str) -> Distribution:
    if len(node) != 2 or not isinstance(node[1], Mapping) or not node[1]:
        raise ConfigError(f"{key}: expected [choice, {{value: weight, …}}], got {node!r}")
    weights = _weights(list(node[1].items()), key)
    return Distribution("choice", tuple(_number(value, key) for value in node[1]), weights)


def _quantiles(node: list[Any], key: str) -> Distribution:
    usage = "[quantiles, {0.05: lower, 0.5: middle, 0.95: upper}], with min: and max: where there are bounds"
    if len(node) != 2 or not isinstance(node[1], Mapping):
        raise ConfigError(f"{key}: expected {usage}; got {node!r}")
    values = {name: _number(value, f"{key}, quantile {name}") for name, value in node[1].items()}
    lower, upper = values.pop("min", -math.inf), values.pop("max", math.inf)
    for each in values:
        if not isinstance(each, int | float):
            hint = nearest(str(each), ["min", "max"])
            raise ConfigError(f"{key}: expected a probability, min or max, got {each!r}; {hint}")
        if isinstance(each, bool) or not 0 < each < 1:
            raise ConfigError(f"{key}: expected probabilities between 0 and 1, got {each}; bounds are min: and max:")
    if len(values) < 2:
        raise ConfigError(f"{key}: expected at least two quantiles, as in {usage}; got {node!r}")
    probabilities = sorted(values)
    points = [lower, *(values[each] for each in probabilities), upper]
    names = ["min", *(f"{each:g}" for each in probabilities), "max"]
    for place in range(len(points) - 1):
        if not points[place] < points[place + 1]:
            raise ConfigError(
                f"{key}: no distribution has these quantiles: expected rising values, got {points[place]:g} at "
                f"{names[place]} and {points[place + 1]:g} at {names[place + 1]}"
            )
    return Distribution("quantiles", tuple(points), tuple(map(float, probabilities)))


def _mixture(node: list[Any], key: str, stored: bool) -> Distribution:
    pairs = node[1:]
    if len(pairs) < 2 or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise ConfigError(f"{key}: expected [mixture, [weight, distribution], [weight, distribution], …], got {node!r}")
    weights = _weights([(f"part {place}", weight) for place, (weight, _) in enumerate(pairs, 1)], key)
    parts = tuple(_parse(part, f"{key}, part {place}", stored) for place, (_, part) in enumerate(pairs, 1))
    if len({part.is_discrete for part in parts}) > 1:
        single = next(part for part in parts if part.is_discrete)
        raise ConfigError(
            f"{key}: expected parts that are all over ranges or all of single values, got {single} among ranges; state "
            "it as a narrow range, such as [uniform, 0, 0.001]"
        )
    return Distribution("mixture", (), weights, parts=parts)


def _truncated(node: list[Any], key: str, stored: bool) -> Distribution:
    if len(node) != 4 or not isinstance(node[1], list | tuple):
        raise ConfigError(f"{key}: expected [truncated, [kind, arguments…], lower, upper], got {node!r}")
    whole = _parse(node[1], key, stored)
    lower, upper = (_bound(node[at], f"{key}, {name}") for at, name in ((2, "lower"), (3, "upper")))
    if math.isinf(lower) and math.isinf(upper):
        raise ConfigError(f"{key}: truncated needs a bound on one side at least, got {node!r}")
    if not lower < upper:
        raise ConfigError(f"{key}: truncated needs lower < upper, got {lower:g} and {upper:g}")
    found = Distribution("truncated", (lower, upper), parts=(whole,))
    # What a store holds was checked by whom wrote it, when a column's values were known.
    mass = 1.0 if stored else _mass(whole, lower, upper)
    if mass < _LEAST_MASS:
        raise ConfigError(f"{key}: {mass:.2g} of {whole} lies between {lower:g} and {upper:g}; too little to draw from")
    return found


def _mass(whole: Distribution, lower: float, upper: float) -> float:
    """Probability between two bounds, of single values with both of them."""
    if whole.is_discrete:
        below = np.nextafter(lower, -math.inf)
        return float(np.diff(whole.cumulative(np.array([below, upper])))[0])
    first, last = edges(whole, lower, upper)
    return last - first


def _empirical(node: list[Any], key: str, stored: bool) -> Distribution:
    if stored and len(node) == 2 and isinstance(node[1], Mapping):
        return Distribution("empirical", (), labels=(str(node[1].get("sha256")),))
    if stored or len(node) not in (3, 4) or not all(isinstance(name, str) for name in node[1:]):
        raise ConfigError(
            f"{key}: expected [empirical, file.csv, column], or [empirical, file.csv, column, column of weights], "
            f"got {node!r}"
        )
    values, weights = column(node[1], node[2:], key)
    labels = (*node[1:], content_hash(values, weights))
    return Distribution("empirical", tuple(values.tolist()), tuple(weights.tolist()), labels)


def _scipy(node: list[Any], key: str) -> Distribution:
    if len(node) != 3 or not isinstance(node[1], str) or not isinstance(node[2], Mapping):
        raise ConfigError(f"{key}: expected [scipy, name, {{parameter: number, …}}], got {node!r}")
    parameters = {str(name): _number(value, f"{key}, {name}") for name, value in sorted(node[2].items(), key=str)}
    checked_law(node[1], parameters, key)
    return Distribution("scipy", tuple(parameters.values()), labels=(node[1], *parameters))


def _family(node: list[Any], key: str) -> Distribution:
    name, family = node[0], FAMILIES[node[0]]
    if len(node) - 1 != len(family.arguments):
        raise ConfigError(f"{key}: expected [{name}, {', '.join(family.arguments)}], got {node!r}")
    arguments = tuple(
        _number(value, f"{key}, {argument}") for value, argument in zip(node[1:], family.arguments, strict=True)
    )
    for rule, holds in family.rules:
        if not holds(*arguments):
            raise ConfigError(f"{key}: {name} needs {rule}, got {node!r}")
    return Distribution(name, arguments)


def _constant(node: list[Any], key: str) -> Distribution:
    if len(node) != 2:
        raise ConfigError(f"{key}: expected [constant, value], got {node!r}")
    return constant(_number(node[1], f"{key}, value"))


# Kind -> (node, key, whether it comes from a store) -> distribution.
KINDS: dict[str, Callable[[list[Any], str, bool], Distribution]] = {
    "constant": lambda node, key, stored: _constant(node, key),
    **dict.fromkeys(FAMILIES, lambda node, key, stored: _family(node, key)),
    "choice": lambda node, key, stored: _choice(node, key),
    "quantiles": lambda node, key, stored: _quantiles(node, key),
    "mixture": _mixture,
    "truncated": _truncated,
    "empirical": _empirical,
    "scipy": lambda node, key, stored: _scipy(node, key),
}


def _parse(node: Any, key: str, stored: bool) -> Distribution:
    if not isinstance(node, list | tuple):
        return constant(_number(node, key))
    if not node or not isinstance(node[0], str):
        raise ConfigError(f"{key}: expected [kind, arguments…] such as [uniform, 0, 1], got {list(node)!r}")
    if node[0] in _AROUND:
        raise ConfigError(
            f"{key}: expected a distribution here, got {list(node)!r}; {node[0]} stands around what a parameter is "
            f"drawn from, once, as in [{_AROUND[node[0]]}]"
        )
    if node[0] not in KINDS:
        raise ConfigError(f"{key}: no distribution {node[0]!r}; {nearest(node[0], KINDS)}")
    return KINDS[node[0]](list(node), key, stored)


def parse(node: Any, key: str) -> Distribution:
    """A distribution from a number or a list `[kind, arguments…]`.

    key: where the node stands, for messages. A column is read from its file, seen from the working folder. Raises
    ConfigError that names key, expectation and what came.
    """
    return _parse(node, key, stored=False)


def _named(pairs: list[tuple[str, Any]]) -> dict[Any, Any]:
    """A JSON object whose keys are numbers where they can be."""

    def name(text: str) -> str | float:
        try:
            return float(text)
        except ValueError:
            return text

    return {name(key): value for key, value in pairs}


def parse_exact(text: str, key: str) -> Distribution:
    """The distribution that `exact` wrote, as a store holds it; key: where it stands, for messages.

    Of a column, a store holds the hash alone: such a distribution can be compared and no more, and no file is read.
    Raises ConfigError where the text is none.
    """
    none = ConfigError(f"{key}: {text!r:.60} is no distribution as a store holds it")
    if text.startswith("["):
        try:
            return _parse(json.loads(text, object_pairs_hook=_named), key, stored=True)
        except (ValueError, RecursionError):
            raise none from None
    found = re.fullmatch(r"(?:(\w+)\()?([-+.\w, ]+?)\)?", text)
    try:
        values = [float(each) for each in found[2].split(",")] if found else []
    except ValueError:
        values = []
    if not found or not values:
        raise none
    if found[1] == "choice":
        half = len(values) // 2
        return parse(["choice", dict(zip(values[:half], values[half:], strict=False))], key)
    return parse([found[1], *values] if found[1] else values[0], key)
