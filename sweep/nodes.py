"""Checks of single nodes of a configuration: names, labels, and numbers or distributions within bounds."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sweep.distributions import Distribution, parse
from sweep.distributions.atoms import atoms
from sweep.errors import ConfigError, nearest
from sweep.model import Lever, Parameter

__all__ = ["TAIL", "bounded", "label", "of_model", "refuse_unknown"]

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
        cut = "" if distribution.is_constant else f"; {_within(distribution, lower, upper)}"
        raise ConfigError(f"{key}: expected values between {lower:g} and {upper:g}, got {distribution}{span}{cut}")
    return distribution


def _within(distribution: Distribution, lower: float, upper: float) -> str:
    """How a distribution comes to lie within bounds; where its quantiles are stated, so that they stay."""
    if distribution.kind != "quantiles":
        return f"[truncated, …, {lower:g}, {upper:g}] cuts it off"
    if any(math.isfinite(each) and not lower <= each <= upper for each in distribution.arguments):
        return "state values of quantiles, min and max within that"
    ends = {"min": lower, "max": upper}
    stated = " and ".join(f"{name}: {end:g}" for name, end in ends.items() if math.isfinite(end))
    return f"{stated} among the quantiles bounds it"


def of_model(node: Any, key: str, about: Parameter | Lever) -> Distribution:
    """What a parameter or lever of a user's own model is drawn from, of categories by their names too.

    Raises ConfigError where that isn't within its bounds, or isn't whole where it has to be.
    """
    names = about.categories
    found = bounded(_coded(node, key, names) if names else node, key, about.lower, about.upper)
    if not names and not about.is_whole:
        return found
    values = atoms(found)[0] if found.is_discrete else np.array([np.nan])
    if (values != np.round(values)).any():
        whole = ", ".join(f"{name}: {1 / len(names):.2g}" for name in names) or "1: 0.5, 2: 0.5"
        raise ConfigError(f"{key}: expected whole numbers, such as [choice, {{{whole}}}], got {found}")
    labels = tuple(names[int(value)] for value in found.arguments) if names and found.kind == "choice" else ()
    return replace(found, labels=labels or found.labels)


def _coded(node: Any, key: str, names: Sequence[str]) -> Any:
    """A node with names of categories as their codes."""
    if isinstance(node, list | tuple) and node[:1] == ["choice"] and isinstance(node[-1], Mapping):
        return ["choice", {_code(value, key, names): weight for value, weight in node[-1].items()}]
    return node if isinstance(node, list | tuple) else _code(node, key, names)


def _code(value: Any, key: str, names: Sequence[str]) -> Any:
    """The place of a name among those of categories; a number that is a place, and no name, stays."""
    if str(value) in names:
        return names.index(str(value))
    if value not in range(len(names)) or isinstance(value, bool):
        raise ConfigError(f"{key}: no category {value!r}; {nearest(str(value), names)}")
    return value


def label(node: Mapping[str, Any], key: str, otherwise: str) -> str:
    """The label of a policy, or else another text. Raises ConfigError."""
    found = node.get("label", otherwise)
    if not isinstance(found, str):
        raise ConfigError(f"{key}.label: expected a text, got {found!r}")
    return found
