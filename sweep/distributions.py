"""From a config node to a quantile function: a number, or one distribution written as a list."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

__all__ = ["Distribution", "constant", "parse", "parse_exact"]

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Distribution:
    """One uncertain number: its kind, its arguments, and for choices their weights."""

    kind: str
    arguments: tuple[float, ...]
    weights: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether every draw gets the same value."""
        return self.kind == "constant"

    def quantile(self, probability: Values) -> Values:
        """Values at probabilities strictly between 0 and 1, same shape."""
        return _KINDS[self.kind].quantile(self, np.asarray(probability, dtype=np.float64))

    def density(self, values: Values) -> Values:
        """Probability density at values, of choices and plain numbers the probability of each; same shape."""
        return _KINDS[self.kind].density(self, np.asarray(values, dtype=np.float64))

    @property
    def is_discrete(self) -> bool:
        """Whether single values have probabilities, and `density` gives these."""
        return self.kind in ("constant", "choice")

    @property
    def node(self) -> float | list[Any]:
        """The distribution as the configuration states it: what `parse` takes."""
        if self.is_constant:
            return self.arguments[0]
        if self.kind == "choice":
            return ["choice", dict(zip(self.arguments, self.weights, strict=True))]
        return [self.kind, *self.arguments]

    def exact(self) -> str:
        """The distribution in full precision, for hashing: two that differ at all differ here."""
        values = ", ".join(repr(value) for value in (*self.arguments, *self.weights))
        return values if self.is_constant else f"{self.kind}({values})"

    def __str__(self) -> str:
        if self.is_constant:
            return f"{self.arguments[0]:g}"
        if self.kind == "choice":
            names = self.labels or tuple(f"{value:g}" for value in self.arguments)
            pairs = ", ".join(f"{name}: {weight:g}" for name, weight in zip(names, self.weights, strict=True))
            return f"choice {{{pairs}}}"
        return f"{self.kind}({', '.join(f'{value:g}' for value in self.arguments)})"


@dataclass(frozen=True)
class _Kind:
    """What one kind of distribution needs: argument names, checks, its quantile function and its density."""

    arguments: tuple[str, ...]
    quantile: Callable[[Distribution, Values], Values]
    density: Callable[[Distribution, Values], Values]
    rules: tuple[tuple[str, Callable[..., bool]], ...] = ()


def constant(value: float) -> Distribution:
    """The distribution of a plain number."""
    return Distribution("constant", (float(value),))


def _scipy(
    name: str, translate: Callable[..., dict[str, float]]
) -> tuple[Callable[[Distribution, Values], Values], Callable[[Distribution, Values], Values]]:
    """Quantile function and density of a scipy.stats distribution; scipy loads only when they are called."""

    def quantile(distribution: Distribution, probability: Values) -> Values:
        from scipy import stats

        result = getattr(stats, name).ppf(probability, **translate(*distribution.arguments))
        return np.asarray(result, dtype=np.float64)

    def density(distribution: Distribution, values: Values) -> Values:
        from scipy import stats

        result = getattr(stats, name).pdf(values, **translate(*distribution.arguments))
        return np.asarray(result, dtype=np.float64)

    return quantile, density


def _choose(distribution: Distribution, probability: Values) -> Values:
    edges = np.cumsum(distribution.weights) / np.sum(distribution.weights)
    index = np.searchsorted(edges[:-1], probability, side="right")
    return np.asarray(distribution.arguments)[index]


def _probability(distribution: Distribution, values: Values) -> Values:
    """Probability of each value among those of a choice, 0 of any other; of a plain number, 1 of itself."""
    weights = np.asarray(distribution.weights or (1.0,))
    same = values[..., None] == np.asarray(distribution.arguments)
    result: Values = (same * weights).sum(axis=-1) / weights.sum()
    return result


def _pert(lower: float, mode: float, upper: float) -> dict[str, float]:
    width = upper - lower
    return {
        "a": 1 + 4 * (mode - lower) / width,
        "b": 1 + 4 * (upper - mode) / width,
        "loc": lower,
        "scale": width,
    }


_POSITIVE_SD = ("sd > 0", lambda mean, sd, *rest: sd > 0)
_ORDERED = ("lower ≤ mode ≤ upper and lower < upper", lambda low, mode, high: low <= mode <= high and low < high)

_KINDS: dict[str, _Kind] = {
    "constant": _Kind(("value",), lambda d, q: np.full(q.shape, d.arguments[0]), _probability),
    "uniform": _Kind(
        ("lower", "upper"),
        *_scipy("uniform", lambda low, high: {"loc": low, "scale": high - low}),
        (("lower < upper", lambda low, high: low < high),),
    ),
    "normal": _Kind(("mean", "sd"), *_scipy("norm", lambda mean, sd: {"loc": mean, "scale": sd}), (_POSITIVE_SD,)),
    "truncated_normal": _Kind(
        ("mean", "sd", "lower", "upper"),
        *_scipy(
            "truncnorm",
            lambda mean, sd, low, high: {"a": (low - mean) / sd, "b": (high - mean) / sd, "loc": mean, "scale": sd},
        ),
        (_POSITIVE_SD, ("lower < upper", lambda mean, sd, low, high: low < high)),
    ),
    "log_normal": _Kind(
        ("median", "sd of the log"),
        *_scipy("lognorm", lambda median, sd: {"s": sd, "scale": median}),
        (("median > 0", lambda median, sd: median > 0), _POSITIVE_SD),
    ),
    "beta": _Kind(
        ("a", "b"),
        *_scipy("beta", lambda a, b: {"a": a, "b": b}),
        (("a > 0 and b > 0", lambda a, b: a > 0 and b > 0),),
    ),
    "triangular": _Kind(
        ("lower", "mode", "upper"),
        *_scipy("triang", lambda low, mode, high: {"c": (mode - low) / (high - low), "loc": low, "scale": high - low}),
        (_ORDERED,),
    ),
    "pert": _Kind(("lower", "mode", "upper"), *_scipy("beta", _pert), (_ORDERED,)),
    "half_normal": _Kind(("sd",), *_scipy("halfnorm", lambda sd: {"scale": sd}), (("sd > 0", lambda sd: sd > 0),)),
    "choice": _Kind(("{value: weight, …}",), _choose, _probability),
}


def _number(node: Any, key: str) -> float:
    if isinstance(node, bool) or not isinstance(node, int | float):
        raise ConfigError(
            f"{key}: expected a number or a distribution such as [uniform, 0, 1], got {node!r}\n"
            f"  kinds: {', '.join(_KINDS)}"
        )
    if not math.isfinite(node):
        raise ConfigError(f"{key}: expected a finite number, got {node!r}")
    return float(node)


def _parse_choice(node: list[Any], key: str) -> Distribution:
    usage = f"{key}: expected [choice, {{value: weight, …}}], got {node!r}"
    if len(node) != 2 or not isinstance(node[1], Mapping) or not node[1]:
        raise ConfigError(usage)
    weights = tuple(_number(weight, f"{key}, weight of {value!r}") for value, weight in node[1].items())
    if min(weights) < 0 or sum(weights) <= 0:
        raise ConfigError(f"{key}: weights must be ≥ 0 with a positive sum, got {list(weights)}")
    if abs(sum(weights) - 1) > 1e-6:
        raise ConfigError(f"{key}: weights must add up to 1, got {sum(weights):g}")
    return Distribution("choice", tuple(_number(value, key) for value in node[1]), weights)


def parse(node: Any, key: str) -> Distribution:
    """A distribution from a number or a list `[kind, arguments…]`.

    key: where the node stands, for messages. Raises ConfigError that names key, expectation and what came.
    """
    if not isinstance(node, list | tuple):
        return constant(_number(node, key))
    if not node or not isinstance(node[0], str):
        raise ConfigError(f"{key}: expected [kind, arguments…] such as [uniform, 0, 1], got {list(node)!r}")
    name = node[0]
    if name not in _KINDS:
        raise ConfigError(f"{key}: no distribution {name!r}; {nearest(name, _KINDS)}")
    if name == "choice":
        return _parse_choice(list(node), key)
    kind = _KINDS[name]
    if len(node) - 1 != len(kind.arguments):
        raise ConfigError(f"{key}: expected [{name}, {', '.join(kind.arguments)}], got {list(node)!r}")
    arguments = tuple(
        _number(value, f"{key}, {argument}") for value, argument in zip(node[1:], kind.arguments, strict=True)
    )
    for rule, holds in kind.rules:
        if not holds(*arguments):
            raise ConfigError(f"{key}: {name} needs {rule}, got {list(node)!r}")
    return Distribution(name, arguments)


def parse_exact(text: str, key: str) -> Distribution:
    """The distribution that `exact` wrote, as a store holds it; key: where it stands, for messages.

    Raises ConfigError where the text is none.
    """
    found = re.fullmatch(r"(?:(\w+)\()?([-+.\w, ]+?)\)?", text)
    try:
        values = [float(each) for each in found[2].split(",")] if found else []
    except ValueError:
        values = []
    if not found or not values:
        raise ConfigError(f"{key}: {text!r:.60} is no distribution as a store holds it")
    if found[1] == "choice":
        half = len(values) // 2
        return _parse_choice(["choice", dict(zip(values[:half], values[half:], strict=False))], key)
    return parse([found[1], *values] if found[1] else values[0], key)
