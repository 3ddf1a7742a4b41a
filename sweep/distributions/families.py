"""Distributions by the names and arguments of scipy.stats, or by those that experts state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

if TYPE_CHECKING:
    from sweep.distributions.distribution import Distribution

__all__ = ["FAMILIES", "Family", "checked_law", "cumulative", "density", "quantile"]

Values = NDArray[np.float64]
_FEW = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
# These take over 10 ms a draw.
_SLOW = ("levy_stable", "norminvgauss", "studentized_range")


@dataclass(frozen=True)
class Family:
    """A family of distributions: argument names, its name and arguments in scipy.stats, and what it needs."""

    arguments: tuple[str, ...]
    law: str
    translate: Callable[..., dict[str, float]]
    rules: tuple[tuple[str, Callable[..., bool]], ...] = ()


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

FAMILIES: dict[str, Family] = {
    "uniform": Family(
        ("lower", "upper"),
        "uniform",
        lambda low, high: {"loc": low, "scale": high - low},
        (("lower < upper", lambda low, high: low < high),),
    ),
    "normal": Family(("mean", "sd"), "norm", lambda mean, sd: {"loc": mean, "scale": sd}, (_POSITIVE_SD,)),
    "truncated_normal": Family(
        ("mean", "sd", "lower", "upper"),
        "truncnorm",
        lambda mean, sd, low, high: {"a": (low - mean) / sd, "b": (high - mean) / sd, "loc": mean, "scale": sd},
        (_POSITIVE_SD, ("lower < upper", lambda mean, sd, low, high: low < high)),
    ),
    "log_normal": Family(
        ("median", "sd of the log"),
        "lognorm",
        lambda median, sd: {"s": sd, "scale": median},
        (("median > 0", lambda median, sd: median > 0), _POSITIVE_SD),
    ),
    "beta": Family(
        ("a", "b"), "beta", lambda a, b: {"a": a, "b": b}, (("a > 0 and b > 0", lambda a, b: a > 0 and b > 0),)
    ),
    "triangular": Family(
        ("lower", "mode", "upper"),
        "triang",
        lambda low, mode, high: {"c": (mode - low) / (high - low), "loc": low, "scale": high - low},
        (_ORDERED,),
    ),
    "pert": Family(("lower", "mode", "upper"), "beta", _pert, (_ORDERED,)),
    "half_normal": Family(("sd",), "halfnorm", lambda sd: {"scale": sd}, (("sd > 0", lambda sd: sd > 0),)),
}


def _evaluated(of: Distribution, method: str, points: Values) -> Values:
    """A method of scipy.stats at points; scipy loads only here."""
    from scipy import stats

    if of.kind == "scipy":
        name, parameters = of.labels[0], dict(zip(of.labels[1:], of.arguments, strict=True))
    else:
        family = FAMILIES[of.kind]
        name, parameters = family.law, family.translate(*of.arguments)
    return np.asarray(getattr(getattr(stats, name), method)(points, **parameters), dtype=np.float64)


def quantile(of: Distribution, probability: Values) -> Values:
    """Values at probabilities, same shape."""
    return _evaluated(of, "ppf", probability)


def density(of: Distribution, values: Values) -> Values:
    """Density at values, same shape."""
    return _evaluated(of, "pdf", values)


def cumulative(of: Distribution, values: Values) -> Values:
    """Probability of values at most these, same shape."""
    return _evaluated(of, "cdf", values)


def checked_law(name: str, parameters: Mapping[str, float], key: str) -> None:
    """Raises ConfigError where scipy.stats has no such continuous distribution, or none with these parameters."""
    from scipy import stats

    laws = {each: law for each, law in vars(stats).items() if isinstance(law, stats.rv_continuous)}
    if name not in laws:
        raise ConfigError(f"{key}: no continuous distribution {name!r} in scipy.stats; {nearest(name, laws)}")
    if name in _SLOW:
        raise ConfigError(f"{key}: scipy.stats takes over 10 ms for each draw of {name}; state its quantiles instead")
    shapes = [each.strip() for each in (laws[name].shapes or "").split(",") if each.strip()]
    for each in parameters:
        if each not in (*shapes, "loc", "scale"):
            raise ConfigError(
                f"{key}: scipy's {name} has no parameter {each!r}; {nearest(each, [*shapes, 'loc', 'scale'])}"
            )
    for each in shapes:
        if each not in parameters:
            raise ConfigError(f"{key}: scipy's {name} needs {', '.join(shapes)}, got {dict(parameters)}")
    with np.errstate(all="ignore"):
        values = np.asarray(laws[name].ppf(_FEW, **parameters), dtype=np.float64)
    if not np.isfinite(values).all() or (np.diff(values) <= 0).any():
        raise ConfigError(f"{key}: scipy's {name} is no distribution with {dict(parameters)}; see scipy.stats.{name}")
