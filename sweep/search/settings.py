"""What `search` asks for, checked: which doses may be set between what bounds, and what policies are judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sweep.combination import check_instruments, joined
from sweep.designs import BLOCKS, DESIGNS
from sweep.distributions import constant
from sweep.errors import ConfigError, nearest
from sweep.schema import Config, GoalSettings, SearchSettings, checked_settings
from sweep.study import Goal, Lever, Policy, Search, Subject

__all__ = ["search"]

Limits = Mapping[str, tuple[float, float]]


def search(checked: Config, policies: Sequence[Policy], subject: Subject) -> Search | None:
    """The search of a configuration over the chosen policies, None where there is none. Raises ConfigError."""
    if checked.search is None:
        return None
    settings = checked_settings(SearchSettings, checked.search, "search")
    if checked.combine:
        raise ConfigError("combine: a search is over mixes of all chosen policies; leave combine=false")
    if checked.precision:
        raise ConfigError("precision: a search judges all candidates on the same draws; state draws instead")
    if checked.outputs.keep != "draws":
        raise ConfigError(
            f"outputs.keep: a search adds policies as it goes, which needs draws, got {checked.outputs.keep}"
        )
    if checked.design.name not in DESIGNS:
        why = "move factors" if checked.design.name in BLOCKS else "are made all at once, and a front needs fresh ones"
        raise ConfigError(f"design.name: draws of design={checked.design.name} {why}; a search takes design=sobol")
    if not policies:
        raise ConfigError("search: expected one or more policies whose doses are set, as in 'policy=[ubi]', got none")
    check_instruments(policies, "search")
    base = joined(sorted(policies, key=lambda policy: policy.name))
    return Search(
        base=base,
        levers=tuple(_lever(key, bounds, base, subject.limits) for key, bounds in settings.levers.items()),
        objectives=tuple(_objective(name, node, subject) for name, node in settings.objectives.items()),
        constraints=tuple(_constraint(name, node, subject) for name, node in settings.constraints.items()),
        population=settings.population,
        generations=settings.generations,
        fresh_draws=settings.fresh_draws or checked.draws or 0,
    )


def _lever(key: str, bounds: list[float], base: Policy, limits: Limits) -> Lever:
    doses = {name.removeprefix("policy."): dose for dose, name in base.dose_keys.items()}
    where = f"search.levers.{key}"
    if key not in doses:
        raise ConfigError(f"{where}: no such dose of the chosen policies; {nearest(key, doses)}")
    low, high = limits[doses[key]]
    lower, upper = map(float, bounds)
    if not low <= lower < upper <= high:
        raise ConfigError(f"{where}: expected two bounds, lower < upper, between {low:g} and {high:g}, got {bounds}")
    return Lever(key, doses[key], lower, upper)


def _settings(node: Any, key: str) -> GoalSettings:
    return checked_settings(GoalSettings, {"goal": node} if isinstance(node, str) else dict(node), key)


def _objective(name: str, node: Any, subject: Subject) -> Goal:
    key = f"search.objectives.{name}"
    settings = _settings(node, key)
    _check_outcome(name, key, settings, subject)
    if settings.goal is None or settings.at_most is not None or settings.at_least is not None:
        raise ConfigError(f"{key}: expected min or max, or {{goal: min, of: 0.9}}, got {node!r}")
    return Goal(name, settings.goal, None, None if settings.of == "mean" else settings.of, settings.over)


def _constraint(name: str, node: Any, subject: Subject) -> Goal:
    key = f"search.constraints.{name}"
    settings = _settings(node, key)
    _check_outcome(name, key, settings, subject)
    if settings.goal is not None or (settings.at_most is None) == (settings.at_least is None):
        raise ConfigError(f"{key}: expected one of at_most and at_least, as in {{at_most: 1.0e+12}}, got {node!r}")
    sense = "at_most" if settings.at_most is not None else "at_least"
    bound = settings.at_most if settings.at_most is not None else settings.at_least
    return Goal(name, sense, bound, None if settings.of == "mean" else settings.of, settings.over)


def _check_outcome(name: str, key: str, settings: GoalSettings, subject: Subject) -> None:
    """Raise ConfigError unless an outcome is national and computed, and has the years that it is judged over."""
    national = {outcome.name: outcome.part for outcome in subject.outcomes if not outcome.regional}
    if name not in national:
        raise ConfigError(f"{key}: no such national outcome; {nearest(name, national)}")
    if national[name] not in subject.outputs:
        raise ConfigError(f"{key}: this outcome isn't computed; add 'outputs=[…,{national[name]}]'")
    if settings.over == "mean" and len(subject.years) == 1:
        raise ConfigError(f"{key}.over: expected last: the model has one year, and none after it; got mean")


def highest(search: Search) -> Policy:
    """The policy with all levers at their upper bounds."""
    doses = {lever.dose: constant(lever.upper) for lever in search.levers}
    return replace(search.base, doses={**search.base.doses, **doses})
