"""From a SALib problem to settings of a sweep."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sweep.__main__ import config_folder
from sweep.composition import composed
from sweep.distributions.salib import node_from_salib
from sweep.errors import ConfigError, nearest
from sweep.kernel.parameters import PARAMETERS

__all__ = ["overrides_from_salib"]

# Group of the inputs of a user's own model.
_OWN = "inputs"


def overrides_from_salib(problem: Mapping[str, Any], group: str | None = None, run: Sequence[str] = ()) -> list[str]:
    """Settings of `sweep` by which its inputs are drawn from the distributions of a SALib problem.

    problem: SALib's dict of names, bounds and dists (uniform where it has none); its groups say nothing of
    distributions and are left out. group: adoption or labor, which the names are inputs of, or inputs, of a model of
    your own; None where they may be of either of the first two. run: the other settings of the run, as
    ["adoption=rapid"]: with `adoption=regimes`, the default, regimes state values of their own, and an input gets its
    distribution in each of them.

    Raises ConfigError on names that are no inputs (of a model of your own, the sweep does), distributions that SALib
    hasn't got, and bounds that don't fit.

    >>> from sweep.salib import overrides_from_salib
    >>> problem = {"num_vars": 1, "names": ["wage_curve"], "bounds": [[-0.12, -0.05]]}
    >>> overrides_from_salib(problem, "labor")
    ['labor.wage_curve=[uniform,-0.12,-0.05]']
    """
    nodes = _nodes(problem)
    if group == _OWN:
        return [f"{_OWN}.{name}={_written(node)}" for name, node in nodes.items()]
    groups = _groups(group)
    for name in nodes:
        if name not in groups:
            where = "the model" if group is None else group
            raise ConfigError(f"problem, names: {name!r} is no input of {where}; {nearest(name, groups)}")
    config = composed(config_folder(), run)
    return [
        f"{key}={_written(node)}"
        for name, node in nodes.items()
        for key in _keys(config[groups[name]], groups[name], name)
    ]


def _groups(group: str | None) -> dict[str, str]:
    """The group of each input that a problem may name. Raises ConfigError where there is no such group."""
    valid = [*dict.fromkeys(parameter.group for parameter in PARAMETERS), _OWN]
    if group is not None and group not in valid:
        raise ConfigError(f"group: no group of inputs {group!r}; {nearest(group, valid)}")
    return {parameter.name: parameter.group for parameter in PARAMETERS if group in (None, parameter.group)}


def _nodes(problem: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The configuration's node of each input of a problem. Raises ConfigError."""
    if not isinstance(problem, Mapping) or not {"names", "bounds"} <= set(problem):
        raise ConfigError(f"problem: expected SALib's, with names and bounds, got {problem!r:.80}")
    names, bounds = [str(name) for name in problem["names"]], list(problem["bounds"])
    laws = list(problem.get("dists") or ["unif"] * len(names))
    count = problem.get("num_vars", len(names))
    if not count == len(names) == len(bounds) == len(laws):
        raise ConfigError(
            f"problem: expected as many names, bounds and dists as num_vars, {count}, got {len(names)}, {len(bounds)} "
            f"and {len(laws)}"
        )
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"problem, names: {name!r} is there {names.count(name)} times; expected once")
    return {
        name: node_from_salib(law, own, f"problem, {name}") for name, law, own in zip(names, laws, bounds, strict=True)
    }


def _keys(config: Mapping[str, Any], group: str, name: str) -> Iterator[str]:
    """Where the configuration states an input: for all regimes, and in those that have a value of their own."""
    regimes: Mapping[str, Any] = config.get("regimes", {})
    own = [regime for regime, values in regimes.items() if name in values]
    if not regimes or len(own) < len(regimes):
        yield f"{group}.{name}"
    for regime in own:
        yield f"{group}.regimes.{regime}.{name}"


def _written(node: Any) -> str:
    """A node as the command line takes it, with all digits."""
    if isinstance(node, list):
        return f"[{','.join(map(_written, node))}]"
    if isinstance(node, dict):
        return f"{{{','.join(f'{key}:{_written(value)}' for key, value in node.items())}}}"
    return repr(node) if isinstance(node, float) else str(node)
