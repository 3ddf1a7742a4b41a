"""What a configuration says of a parameter that moves, `[path, start, end]`: two distributions and a curve."""

from collections.abc import Callable, Mapping
from typing import Any

from sweep.distributions import Distribution
from sweep.errors import ConfigError, nearest
from sweep.nodes import refuse_unknown
from sweep.paths import SHAPES, Curve
from sweep.places import split

__all__ = ["path_of"]

_FORM = "[path, start, end], or with {shape: linear, from: 2030, to: 2040} at its end"
# Years after the first that a path may end in.
_FARTHEST = 200


def path_of(
    node: list[Any], key: str, read: Callable[[Any, str], Distribution], years: tuple[int, int], steps: int
) -> tuple[Distribution, Distribution, Curve]:
    """What a parameter begins and ends with, and its curve; read: one of these as a distribution, by its key.

    years: the first, in which a path may begin, and the last; steps: in a year. Raises ConfigError.
    """
    given, settings = split(node)
    if len(given) != 2:
        raise ConfigError(f"{key}: expected {_FORM}; got {node!r}")
    refuse_unknown(map(str, settings), ("shape", "from", "to"), f"{key}, ", "setting of a path")
    shape = settings.get("shape", "linear")
    if shape not in SHAPES:
        raise ConfigError(f"{key}, shape: no shape {shape!r}; {nearest(str(shape), SHAPES)}")
    start, end = (read(each, f"{key}, {which}") for each, which in zip(given, ("start", "end"), strict=True))
    return start, end, _curve(shape, settings, key, years, steps)


def _curve(shape: str, settings: Mapping[str, Any], key: str, span: tuple[int, int], steps: int) -> Curve:
    """The curve between two years; it begins and ends with their first steps, and a step is in that of `from`."""
    first, last = span[0], max(span[1], span[0] + 1)
    years = {name: settings.get(name, default) for name, default in (("from", first), ("to", last))}
    for name, year in years.items():
        if type(year) is not int or not first <= year <= first + _FARTHEST:
            raise ConfigError(f"{key}, {name}: expected the first year, {first}, or a later one, got {year!r}")
    if shape == "step":
        if "to" in settings:
            raise ConfigError(f"{key}, to: a step is in one year, from; remove to")
        if "from" not in settings:
            raise ConfigError(f"{key}: a step needs its year, as in {{shape: step, from: {first + 4}}}")
        at = steps * (years["from"] - first)
        return Curve(shape, at - 1, at)
    if years["from"] >= years["to"]:
        raise ConfigError(f"{key}, to: expected a year after from, {years['from']}, got {years['to']}")
    return Curve(shape, *(steps * (years[name] - first) for name in ("from", "to")))
