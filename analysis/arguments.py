"""What arguments of analyses have to be: told with their name, before anything is made of them."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from sweep.errors import ConfigError

__all__ = ["is_number", "refuse_count", "refuse_unnamed"]


def is_number(given: Any) -> bool:
    """Whether an argument is a finite number."""
    return isinstance(given, Real) and not isinstance(given, bool) and bool(np.isfinite(float(given)))


def refuse_count(key: str, given: Any, least: int = 1) -> None:
    """Raise ConfigError on an argument that is no whole number of so many or more; key: its name."""
    if isinstance(given, bool) or not isinstance(given, Integral) or int(given) < least:
        raise ConfigError(f"{key}: expected a whole number of {least} or more, got {given!r}")


def refuse_unnamed(key: str, given: Any, example: str) -> None:
    """Raise ConfigError on an argument that isn't by name; key: its own; example: of what it may be."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        raise ConfigError(f"{key}: expected values by name, as {example}, got {given!r}")
