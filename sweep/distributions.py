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


def _uniform(q: Values, low: float, high: float) -> Values:
    return q * (high - low) + low


def _standard_normal(q: Values) -> Values:
    # Loads only where draws are made; scipy.stats would take three times as long, and gives the same bits.
    from scipy.special import ndtri

    result: Values = ndtri(q)
    return result


def _truncated_normal(q: Values, mean: float, sd: float, low: float, high: float) -> Values:
    """In logarithms, since the mass between the ends may be that of a far tail."""
    from scipy.special import log_ndtr, ndtri_exp

    a, b = (low - mean) / sd, (high - mean) / sd
    mass = _log_mass(a, b)
    if a < 0:
        result: Values = ndtri_exp(_log_sum(log_ndtr(a), np.log(q) + mass))
    else:
        result = -ndtri_exp(_log_sum(log_ndtr(-b), np.log1p(-q) + mass))
    return result * sd + mean


def _log_mass(a: float, b: float) -> float:
    """Logarithm of the standard normal's mass between two values, from its lower tail, where that is exact."""
    from scipy.special import log1p, log_ndtr, logsumexp, ndtr

    if a > 0:
        a, b = -b, -a
    if b > 0:
        return float(log1p(-ndtr(a) - ndtr(-b)))
    # A difference is a sum with one of opposite sign.
    return float(np.real(logsumexp([log_ndtr(b), log_ndtr(a) + np.pi * 1j])))


def _log_sum(one: float, other: Values) -> Values:
    from scipy.special import logsumexp

    result: Values = logsumexp(np.stack([np.full(other.shape, one), other]), axis=0)
    return result


def _beta(q: Values, a: float, b: float) -> Values:
    from scipy.special import betaincinv

    result: Values = betaincinv(a, b, q)
    return result


def _triangular(q: Values, low: float, mode: float, high: float) -> Values:
    c = (mode - low) / (high - low)
    return np.where(q < c, np.sqrt(c * q), 1 - np.sqrt((1 - c) * (1 - q))) * (high - low) + low


def _pert(q: Values, low: float, mode: float, high: float) -> Values:
    width = high - low
    return _beta(q, 1 + 4 * (mode - low) / width, 1 + 4 * (high - mode) / width) * width + low


def _choose(distribution: Distribution, probability: Values) -> Values:
    edges = np.cumsum(distribution.weights) / np.sum(distribution.weights)
    index = np.searchsorted(edges[:-1], probability, side="right")
    return np.asarray(distribution.arguments)[index]


def _of(inverse: Callable[..., Values]) -> Callable[[Distribution, Values], Values]:
    """Quantile function of a distribution from one of probabilities and arguments."""
    return lambda distribution, probability: inverse(probability, *distribution.arguments)


_POSITIVE_SD = ("sd > 0", lambda mean, sd, *rest: sd > 0)
_ORDERED = ("lower ≤ mode ≤ upper and lower < upper", lambda low, mode, high: low <= mode <= high and low < high)

_KINDS: dict[str, _Kind] = {
    "constant": _Kind(("value",), _of(lambda q, value: np.full(q.shape, value))),
    "uniform": _Kind(("lower", "upper"), _of(_uniform), (("lower < upper", lambda low, high: low < high),)),
    "normal": _Kind(("mean", "sd"), _of(lambda q, mean, sd: _standard_normal(q) * sd + mean), (_POSITIVE_SD,)),
    "truncated_normal": _Kind(
        ("mean", "sd", "lower", "upper"),
        _of(_truncated_normal),
        (_POSITIVE_SD, ("lower < upper", lambda mean, sd, low, high: low < high)),
    ),
    "log_normal": _Kind(
        ("median", "sd of the log"),
        _of(lambda q, median, sd: np.exp(sd * _standard_normal(q)) * median),
        (("median > 0", lambda median, sd: median > 0), _POSITIVE_SD),
    ),
    "beta": _Kind(("a", "b"), _of(_beta), (("a > 0 and b > 0", lambda a, b: a > 0 and b > 0),)),
    "triangular": _Kind(("lower", "mode", "upper"), _of(_triangular), (_ORDERED,)),
    "pert": _Kind(("lower", "mode", "upper"), _of(_pert), (_ORDERED,)),
    "half_normal": _Kind(
        ("sd",), _of(lambda q, sd: _standard_normal((1 + q) / 2) * sd), (("sd > 0", lambda sd: sd > 0),)
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
