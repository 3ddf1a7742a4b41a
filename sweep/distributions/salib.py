"""Distributions as SALib writes them, a name and bounds: from the configuration's, and back.

Source: SALib 1.5, SALib/util/__init__.py: what `scale_samples` makes of `bounds` by `dists`.
"""

import math
from collections.abc import Callable
from typing import Any

from sweep.distributions.distribution import Distribution
from sweep.distributions.node import parse
from sweep.errors import ConfigError, nearest

__all__ = ["node_from_salib", "salib_law"]

Law = tuple[str, list[float]]

# SALib's name -> what its bounds are -> the configuration's node.
_NODES: dict[str, tuple[str, Callable[..., list[Any]]]] = {
    "unif": ("lower, upper", lambda lower, upper: ["uniform", lower, upper]),
    "logunif": ("lower, upper", lambda lower, upper: ["scipy", "loguniform", {"a": lower, "b": upper}]),
    "norm": ("mean, sd", lambda mean, sd: ["normal", mean, sd]),
    "lognorm": ("mean of log, sd of log", lambda mean, sd: ["log_normal", math.exp(mean), sd]),
    "truncnorm": ("lower, upper, mean, sd", lambda low, high, mean, sd: ["truncated_normal", mean, sd, low, high]),
    "triang": (
        "lower, upper, peak as a share of the width",
        lambda low, high, peak: ["triangular", low, low + peak * (high - low), high],
    ),
    "weibull": (
        "shape, scale, lower",
        lambda shape, scale, low: ["scipy", "weibull_min", {"c": shape, "loc": low, "scale": scale}],
    ),
}
# What SALib itself takes where the first or the last bound is left out.
_SHORT: dict[str, Callable[[list[float]], list[float]]] = {
    "triang": lambda given: [0.0, *given],
    "weibull": lambda given: [*given, 0.0],
}


def _triang(lower: float, mode: float, upper: float) -> Law | None:
    """SALib refuses peaks at the upper end, and upper ends below 0."""
    return ("triang", [lower, upper, (mode - lower) / (upper - lower)]) if mode < upper and upper >= 0 else None


# The configuration's kind -> SALib's name and bounds.
_LAWS: dict[str, Callable[..., Law | None]] = {
    "uniform": lambda lower, upper: ("unif", [lower, upper]),
    "normal": lambda mean, sd: ("norm", [mean, sd]),
    "log_normal": lambda median, sd: ("lognorm", [math.log(median), sd]),
    "truncated_normal": lambda mean, sd, lower, upper: ("truncnorm", [lower, upper, mean, sd]),
    "triangular": _triang,
}
_SCIPY_LAWS: dict[str, Callable[..., Law | None]] = {
    "loguniform": lambda a, b, loc=0.0, scale=1.0: ("logunif", [a, b]) if (loc, scale) == (0, 1) else None,
    "weibull_min": lambda c, loc=0.0, scale=1.0: ("weibull", [c, scale, loc]),
}


def node_from_salib(law: Any, bounds: Any, key: str) -> list[Any]:
    """The configuration's node for one of SALib's distributions; key: whose it is, for messages.

    Raises ConfigError where SALib has no such distribution, and where bounds don't fit it.
    """
    if law not in _NODES:
        raise ConfigError(f"{key}: SALib has no distribution {law!r}; {nearest(str(law), _NODES)}")
    meaning, node = _NODES[law]
    wanted = meaning.count(",") + 1
    try:
        given = [float(value) for value in bounds]
    except (TypeError, ValueError):
        given = []
    if law in _SHORT and len(given) == wanted - 1:
        given = _SHORT[law](given)
    if len(given) != wanted:
        raise ConfigError(f"{key}: {law} needs {wanted} bounds ({meaning}), got {bounds!r}")
    found = node(*given)
    parse(found, key)
    return found


def salib_law(distribution: Distribution) -> Law | None:
    """The name and bounds by which SALib knows a distribution, None where it has none."""
    if distribution.kind == "scipy":
        name, *parameters = distribution.labels
        if name not in _SCIPY_LAWS:
            return None
        return _SCIPY_LAWS[name](**dict(zip(parameters, distribution.arguments, strict=True)))
    return _LAWS[distribution.kind](*distribution.arguments) if distribution.kind in _LAWS else None
