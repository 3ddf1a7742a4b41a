"""From the configuration's `dependence` to checked groups of inputs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.dependence.copulas import COPULAS, Dependence
from sweep.dependence.correlation import fit_together, nearest_ranks, scores_of
from sweep.designs import BLOCKS
from sweep.distributions import Distribution
from sweep.errors import ConfigError, nearest
from sweep.schema import DependenceSettings, checked_settings
from sweep.study import Uncertainty

__all__ = ["dependence"]

Values = NDArray[np.float64]
_EVEN = (np.arange(256) + 0.5) / 256
# Designs that combine inputs themselves -> how.
_ALONE = {
    "factorial": "combines every level of an input with every one of others, also those that move together",
    "table": "has values that go together in its rows",
}
# Copula -> what it needs.
_NEEDS = {
    "gaussian": {"rank_correlation"},
    "t": {"rank_correlation", "degrees_of_freedom"},
    "clayton": {"kendall_tau"},
    "gumbel": {"kendall_tau"},
}


def dependence(
    nodes: Mapping[str, Any],
    uncertainties: Sequence[Uncertainty],
    design: str,
    doses: Iterable[tuple[str, str, Distribution]] = (),
) -> tuple[Dependence, ...]:
    """Groups of inputs that move together, in the order of the configuration.

    nodes: by name of a group its settings; doses: key, name and distribution of each uncertain one. Raises ConfigError
    that names key, expectation and what came, and where correlations fit together in no way, the nearest ones that do.
    """
    if nodes and (design in BLOCKS or design in _ALONE):
        why = _ALONE.get(design, "moves inputs one by one, which those that move together can't")
        raise ConfigError(f"dependence: design={design} {why}; take design=sobol or monte_carlo, or dependence=null")
    known = {f"{item.parameter.group}.{item.parameter.name}": (item.per, item.distributions) for item in uncertainties}
    known |= {key: ("", (distribution,)) for key, _, distribution in doses}
    groups, owners = [], dict[str, str]()
    for name, node in nodes.items():
        key = f"dependence.{name}"
        settings = checked_settings(DependenceSettings, node, key)
        for each in settings.inputs:
            _check_input(each, known, f"{key}.inputs")
            if each in owners:
                raise ConfigError(f"{key}.inputs: {each} is in {owners[each]} already; an input is in one group, once")
            owners[each] = key
        groups.append(_group(settings, key))
    return tuple(groups)


def _check_input(name: str, known: Mapping[str, tuple[str, tuple[Distribution, ...]]], key: str) -> None:
    """Refuse inputs that nothing can move together with."""
    if name not in known:
        what = "uncertain dose of the chosen policies" if name.startswith("policy.") else "input of the model"
        raise ConfigError(f"{key}: no {what}, {name!r}; {nearest(name, known)}")
    per, distributions = known[name]
    if per:
        raise ConfigError(
            f"{key}: expected inputs with one value in a draw, got {name}, which has one by {per}; leave it out here "
            f"({{correlation: 0.5}} in [per, …] or [by, …] makes its {per}s move together), or state one distribution"
        )
    if all(each.is_constant for each in distributions):
        raise ConfigError(f"{key}: {name} is {distributions[0]} in every draw; expected an uncertain input")
    if any((np.diff(each.quantile(_EVEN)) < 0).any() for each in distributions):
        raise ConfigError(f"{key}: {name} has a choice of values that don't rise; state its lowest value first")


def _group(settings: DependenceSettings, key: str) -> Dependence:
    if settings.copula not in COPULAS:
        raise ConfigError(f"{key}.copula: no copula {settings.copula!r}; {nearest(settings.copula, COPULAS)}")
    needs = _NEEDS[settings.copula]
    for name in sorted(set().union(*_NEEDS.values())):
        given = getattr(settings, name) is not None
        if given != (name in needs):
            verb = "needs" if name in needs else "takes no"
            raise ConfigError(f"{key}: copula {settings.copula} {verb} {name}; expected {' and '.join(sorted(needs))}")
    inputs = tuple(settings.inputs)
    if settings.rank_correlation is None:
        return Dependence(inputs, settings.copula, kendall_tau=settings.kendall_tau)
    ranks = _matrix(settings.rank_correlation, inputs, f"{key}.rank_correlation")
    scores = scores_of(ranks, settings.degrees_of_freedom)
    if not fit_together(scores):
        raise _unfit(nearest_ranks(ranks, settings.degrees_of_freedom), inputs, f"{key}.rank_correlation")
    rows, own = (tuple(tuple(row) for row in matrix.tolist()) for matrix in (ranks, scores))
    return Dependence(inputs, settings.copula, rows, own, settings.degrees_of_freedom)


def _matrix(node: Any, inputs: tuple[str, ...], key: str) -> Values:
    """Rank correlations, (inputs, inputs), from a number for all pairs, a matrix, or a list of pairs."""
    count = len(inputs)
    if isinstance(node, list) and node and all(_is_pair(each) for each in node):
        found = _of_pairs(node, inputs, key)
    elif isinstance(node, int | float) and not isinstance(node, bool):
        found = np.where(np.eye(count, dtype=bool), 1.0, float(node))
    elif _is_square(node, count):
        found = np.asarray(node, dtype=np.float64)
    else:
        raise ConfigError(
            f"{key}: expected a number for all pairs, pairs [[input, input, number], …], or {count} rows of {count} "
            f"numbers, got {node!r}"
        )
    if not (np.diag(found) == 1).all() or not (found == found.T).all():
        raise ConfigError(f"{key}: expected a symmetric matrix with 1 on its diagonal, got {node!r}")
    if (np.abs(found[~np.eye(count, dtype=bool)]) >= 1).any():
        raise ConfigError(f"{key}: expected correlations between -1 and 1, got {node!r}")
    return found


def _is_pair(node: Any) -> bool:
    return isinstance(node, list) and len(node) == 3 and [isinstance(each, str) for each in node] == [True, True, False]


def _is_square(node: Any, count: int) -> bool:
    return (
        isinstance(node, list)
        and len(node) == count
        and all(isinstance(row, list) and len(row) == count for row in node)
        and all(isinstance(each, int | float) and not isinstance(each, bool) for row in node for each in row)
    )


def _of_pairs(pairs: list[Any], inputs: tuple[str, ...], key: str) -> Values:
    """A matrix from pairs; those that aren't named don't correlate."""
    found = np.eye(len(inputs))
    for first, second, number in pairs:
        for each in (first, second):
            if each not in inputs:
                raise ConfigError(f"{key}: {each!r} isn't among the group's inputs; {nearest(each, inputs)}")
        if first == second or isinstance(number, bool) or not isinstance(number, int | float):
            raise ConfigError(f"{key}: expected two inputs and a number, got {[first, second, number]!r}")
        here, there = inputs.index(first), inputs.index(second)
        found[here, there] = found[there, here] = float(number)
    return found


def _unfit(near: Values, inputs: tuple[str, ...], key: str) -> ConfigError:
    """The error for correlations that no inputs have, with ones near them that some can have."""
    pairs = [
        f"[{inputs[row]}, {inputs[column]}, {near[row, column]:g}]"
        for row in range(len(inputs))
        for column in range(row + 1, len(inputs))
    ]
    return ConfigError(
        f"{key}: no inputs can correlate like this, the matrix isn't positive definite; near it is\n"
        f"  rank_correlation: [{', '.join(pairs)}]"
    )
