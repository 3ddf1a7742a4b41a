"""What a configuration says of values by region or occupation group: `[per, …]` and `[by, {…}]`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sweep.distributions import Distribution
from sweep.errors import ConfigError, nearest
from sweep.nodes import refuse_unknown
from sweep.study import Places

__all__ = ["FORMS", "Reader", "placed", "split", "word_of"]

FORMS = ("per", "by")
_OTHER = "other"


@dataclass(frozen=True)
class Reader:
    """How nodes of one parameter are read.

    names: of regions and of groups, by sort; read: a node and its key as a distribution; refuse: raises ConfigError
    where the parameter has no values by a sort.
    """

    names: Mapping[str, Sequence[str]]
    read: Callable[[Any, str], Distribution]
    refuse: Callable[[str], None]

    def form(self, word: str) -> str:
        """How a node with this first word is written."""
        written = "[by, {name: distribution, …, other: distribution}]"
        if word == "per":
            written = ", ".join(f"[per, {sort}, distribution]" for sort in self.names)
        return f"{written}, or with {{correlation: 0.5}} at its end"


def word_of(node: Any) -> str:
    """The first word of a node that is a list, "" of others."""
    return node[0] if isinstance(node, list) and node and isinstance(node[0], str) else ""


def split(node: list[Any]) -> tuple[list[Any], Mapping[str, Any]]:
    """What follows the first word of a node, and the settings at its end."""
    return (node[1:-1], node[-1]) if isinstance(node[-1], Mapping) and len(node) > 2 else (node[1:], {})


def placed(node: list[Any], key: str, reader: Reader) -> tuple[str, Places, Distribution]:
    """What a node of one of the forms says: region or group, the distributions, and one of them for all.

    Raises ConfigError.
    """
    word = node[0]
    given, settings = split(node)
    if len(given) != (1 if word == "by" else 2):
        raise ConfigError(f"{key}: expected {reader.form(word)}; got {node!r}")
    return (_per if word == "per" else _by)(given, settings, key, reader)


def _per(given: list[Any], settings: Mapping[str, Any], key: str, reader: Reader) -> tuple[str, Places, Distribution]:
    per = given[0]
    if per not in reader.names:
        raise ConfigError(f"{key}: expected {reader.form('per')}; got {per!r}, {nearest(str(per), reader.names)}")
    reader.refuse(per)
    own = reader.read(given[1], key)
    return per, Places((), own, _correlation(settings, key)), own


def _by(given: list[Any], settings: Mapping[str, Any], key: str, reader: Reader) -> tuple[str, Places, Distribution]:
    nodes = given[0]
    if not isinstance(nodes, Mapping) or not set(nodes) - {_OTHER}:
        raise ConfigError(f"{key}: expected {reader.form('by')}; got {nodes!r}")
    nodes = {str(name): node for name, node in nodes.items()}
    named = [name for name in nodes if name != _OTHER]
    per = "group" if any(name in reader.names.get("group", ()) for name in named) else "region"
    reader.refuse(per)
    valid = reader.names[per]
    refuse_unknown(named, (*valid, _OTHER), f"{key}: ", "region" if per == "region" else "occupation group")
    left = [name for name in valid if name not in nodes]
    if left and _OTHER not in nodes:
        raise ConfigError(f"{key}: nothing is stated for {left[0]}; add other: for all {per}s that aren't named")
    own = {name: reader.read(node, f"{key}, {name}") for name, node in nodes.items()}
    pairs, other = tuple((name, own[name]) for name in named), own.get(_OTHER)
    return per, Places(pairs, other, _correlation(settings, key)), other or pairs[0][1]


def _correlation(settings: Mapping[str, Any], key: str) -> float:
    refuse_unknown(map(str, settings), ("correlation",), f"{key}, ", "setting")
    found = settings.get("correlation", 0)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        raise ConfigError(f"{key}, correlation: expected a number between 0 and 1, got {found!r}")
    return float(found)
