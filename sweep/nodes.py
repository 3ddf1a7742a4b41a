"""Checks of single nodes of a configuration: names, labels, and numbers or distributions within bounds."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sweep.distributions import Distribution, parse
from sweep.errors import ConfigError, nearest

__all__ = ["TAIL", "bounded", "label", "refuse_unknown"]

# What of a distribution may lie beyond bounds, on either side.
TAIL = 1e-7


def refuse_unknown(values: Iterable[str], valid: Iterable[str], where: str, what: str) -> None:
    """Raise ConfigError for the first name that isn't valid; where: its key; what: such as "key" or "region"."""
    for value in values:
        if value not in set(valid):
            raise ConfigError(f"{where}{value}: no such {what}; {nearest(value, valid)}")


def bounded(node: Any, key: str, lower: float, upper: float) -> Distribution:
    """A distribution whose values, up to tails of 1e-7, lie within bounds. Raises ConfigError."""
    distribution = parse(node, key)
    low, high = (float(value) for value in distribution.quantile(np.array([TAIL, 1 - TAIL])))
    if low < lower or high > upper:
        span = "" if distribution.is_constant else f" with values from {low:.4g} to {high:.4g}"
        cut = "" if distribution.is_constant else f"; [truncated, …, {lower:g}, {upper:g}] cuts it off"
        raise ConfigError(f"{key}: expected values between {lower:g} and {upper:g}, got {distribution}{span}{cut}")
    return distribution


def label(node: Mapping[str, Any], key: str, otherwise: str) -> str:
    """The label of a policy, or else another text. Raises ConfigError."""
    found = node.get("label", otherwise)
    if not isinstance(found, str):
        raise ConfigError(f"{key}.label: expected a text, got {found!r}")
    return found
