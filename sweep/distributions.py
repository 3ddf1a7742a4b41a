"""From a config node to a quantile function: a number, or one distribution written as a list."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

__all__ = ["Distribution", "constant", "parse"]

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
    """What one kind of distribution needs: argument names, checks, and its quantile function."""

    arguments: tuple[str, ...]
    quantile: Callable[[Distribution, Values], Values]
    rules: tuple[tuple[str, Callable[..., bool]], ...] = ()


def constant(value: float) -> Distribution:
    """The distribution of a plain number."""
    return Distribution("constant", (float(value),))


def _kind(standard: Callable[..., Values], arguments: Callable[..., tuple[float, ...]]) -> Callable[..., Values]:
    """Quantile function from that of a standard distribution, a function of probability and shape.

    arguments: from a node's own to shape …, location, scale.
    """

    def quantile(distribution: Distribution, probability: Values) -> Values:
        *shape, location, scale = arguments(*distribution.arguments)
        return np.asarray(standard(probability, *shape) * scale + location, dtype=np.float64)

    return quantile


# scipy.special loads only when draws are made, and scipy.stats, which has these functions too, takes half a second.
def _normal(q: Values) -> Values:
    from scipy.special import ndtri

    return np.asarray(ndtri(q))


def _beta(q: Values, a: float, b: float) -> Values:
    from scipy.special import betaincinv

    return np.asarray(betaincinv(a, b, q))


def _triangular(q: Values, mode: float) -> Values:
    return np.where(q < mode, np.sqrt(mode * q), 1 - np.sqrt((1 - mode) * (1 - q)))


def _truncated_normal(q: Values, low: float, high: float) -> Values:
    """By logarithms of probabilities, as scipy.stats does, for tails as exact as the middle."""
    from scipy.special import log_ndtr, logsumexp, ndtri_exp

    # In the upper half of the distribution its mirror image is the exact one.
    sign, end, rest = (1, low, np.log(q)) if low < 0 else (-1, -high, np.log1p(-q))
    terms = np.broadcast_arrays(log_ndtr(end), rest + _log_mass(low, high))
    return np.asarray(sign * ndtri_exp(logsumexp(terms, axis=0)))


def _log_mass(low: float, high: float) -> float:
    """Logarithm of the standard normal's probability between two points."""
    from scipy.special import log1p, log_ndtr, logsumexp, ndtr

    if low <= 0 < high:
        return float(log1p(-ndtr(low) - ndtr(-high)))
    ends = (low, high) if high <= 0 else (-high, -low)
    return float(logsumexp([log_ndtr(ends[1]) + 0j, log_ndtr(ends[0]) + np.pi * 1j]).real)


def _choose(distribution: Distribution, probability: Values) -> Values:
    edges = np.cumsum(distribution.weights) / np.sum(distribution.weights)
    index = np.searchsorted(edges[:-1], probability, side="right")
    return np.asarray(distribution.arguments)[index]


def _pert(lower: float, mode: float, upper: float) -> tuple[float, ...]:
    width = upper - lower
    return 1 + 4 * (mode - lower) / width, 1 + 4 * (upper - mode) / width, lower, width


_POSITIVE_SD = ("sd > 0", lambda mean, sd, *rest: sd > 0)
_ORDERED = ("lower ≤ mode ≤ upper and lower < upper", lambda low, mode, high: low <= mode <= high and low < high)

_KINDS: dict[str, _Kind] = {
    "constant": _Kind(("value",), lambda d, q: np.full(q.shape, d.arguments[0])),
    "uniform": _Kind(
        ("lower", "upper"),
        _kind(lambda q: q, lambda low, high: (low, high - low)),
        (("lower < upper", lambda low, high: low < high),),
    ),
    "normal": _Kind(("mean", "sd"), _kind(_normal, lambda mean, sd: (mean, sd)), (_POSITIVE_SD,)),
    "truncated_normal": _Kind(
        ("mean", "sd", "lower", "upper"),
        _kind(_truncated_normal, lambda mean, sd, low, high: ((low - mean) / sd, (high - mean) / sd, mean, sd)),
        (_POSITIVE_SD, ("lower < upper", lambda mean, sd, low, high: low < high)),
    ),
    "log_normal": _Kind(
        ("median", "sd of the log"),
        _kind(lambda q, sd: np.exp(sd * _normal(q)), lambda median, sd: (sd, 0.0, median)),
        (("median > 0", lambda median, sd: median > 0), _POSITIVE_SD),
    ),
    "beta": _Kind(
        ("a", "b"),
        _kind(_beta, lambda a, b: (a, b, 0.0, 1.0)),
        (("a > 0 and b > 0", lambda a, b: a > 0 and b > 0),),
    ),
    "triangular": _Kind(
        ("lower", "mode", "upper"),
        _kind(_triangular, lambda low, mode, high: ((mode - low) / (high - low), low, high - low)),
        (_ORDERED,),
    ),
    "pert": _Kind(("lower", "mode", "upper"), _kind(_beta, _pert), (_ORDERED,)),
    "half_normal": _Kind(
        ("sd",), _kind(lambda q: _normal((1 + q) / 2), lambda sd: (0.0, sd)), (("sd > 0", lambda sd: sd > 0),)
    ),
    "choice": _Kind(("{value: weight, …}",), _choose),
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
