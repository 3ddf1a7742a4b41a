"""What a configuration says of the labor model's parameters: distributions, by regime and place, and over time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sweep.distributions import KINDS, Distribution
from sweep.errors import ConfigError, nearest
from sweep.kernel.economy import Economy
from sweep.kernel.parameters import BY_GROUP, BY_REGION, FIXED, PARAMETERS, Parameter
from sweep.nodes import bounded, refuse_unknown
from sweep.path_nodes import path_of
from sweep.paths import Curve, Path
from sweep.places import FORMS, Reader, placed, word_of
from sweep.study import Places, Uncertainty

__all__ = ["parameters"]

_GRADES = ("A", "B", "C")
_TAKEN = {"region": BY_REGION, "group": BY_GROUP}
# First words of a node that is more than one distribution.
_FORMS = (*FORMS, "path")


@dataclass(frozen=True)
class _Stated:
    """What one regime says of a parameter."""

    distribution: Distribution
    places: Places | None = None
    per: str = ""
    end: Distribution | None = None
    curve: Curve | None = None


def _evidence(about: Mapping[str, Any], parameter: Parameter, key: str, changed: set[str]) -> str:
    """Grade and source, from "grade; unit; source"; the unit that counts is the parameter's."""
    if key in changed:
        return "set by the user"
    text = about.get(parameter.name)
    if not isinstance(text, str) or text[:1] not in _GRADES:
        return "not stated"
    grade, _, rest = text.partition("; ")
    return f"{grade}; {rest.removeprefix(f'{parameter.unit}; ')}"


def parameters(
    config: Mapping[str, Any], group: str, changed: set[str], economy: Economy, years: int
) -> tuple[list[Uncertainty], list[Path]]:
    """What the parameters of a group are drawn from, and which of them move; those of a group with regimes by regime.

    changed: keys that the command line sets; years: that are simulated. What a path ends with is an input of its own.
    Raises ConfigError.
    """
    declared = [parameter for parameter in PARAMETERS if parameter.group == group]
    names = [parameter.name for parameter in declared]
    regimes: Mapping[str, Mapping[str, Any]] = config.get("regimes", {})
    extra = {"about"}
    if group == "adoption":
        extra |= {"regimes", "weights"} if regimes else {"regime"}
    refuse_unknown(config, [*names, *extra], f"{group}.", "key")
    for regime, values in regimes.items():
        refuse_unknown(values, [*names, "about"], f"{group}.regimes.{regime}.", "key")
    found: list[Uncertainty] = []
    paths: list[Path] = []
    for parameter in declared:
        uncertainty, end, curves = _uncertainty(parameter, config, regimes, changed, _World(economy, years))
        found.append(uncertainty)
        if end:
            found.append(end)
            paths.append(Path(parameter.name, end.parameter.name, curves))
    return found, paths


@dataclass(frozen=True)
class _World:
    """What names and years a node may state."""

    economy: Economy
    years: int

    @property
    def first(self) -> int:
        """The first simulated year."""
        return self.economy.first_year + 1


def _uncertainty(
    parameter: Parameter,
    config: Mapping[str, Any],
    regimes: Mapping[str, Mapping[str, Any]],
    changed: set[str],
    world: _World,
) -> tuple[Uncertainty, Uncertainty | None, tuple[Curve | None, ...]]:
    """A parameter, and what its path ends with where it moves in any regime."""
    name, group = parameter.name, parameter.group
    sources = [(f"{group}.regimes.{regime}", values) for regime, values in regimes.items()] or [(group, config)]
    stated: list[_Stated] = []
    evidence, keys = [], []
    for where, values in sources:
        own, holder = (where, values) if name in values else (group, config)
        key = f"{own}.{name}"
        if name not in holder:
            raise ConfigError(f"{key}: missing; a number or a distribution such as [uniform, 0, 1] is needed")
        stated.append(_read(holder[name], key, parameter, world))
        keys.append(key)
        evidence.append(_evidence(holder.get("about", {}), parameter, key, changed))
    grades = tuple(text.partition("; ")[0] for text in evidence)
    per = _one_sort(stated, keys) or parameter.per
    places = tuple(each.places or _alike(each.distribution, parameter) for each in stated) if per else ()
    # By position among all parameters; new ones only at the end.
    found = Uncertainty(
        parameter,
        tuple(each.distribution for each in stated),
        " | ".join(dict.fromkeys(evidence)),
        1 + PARAMETERS.index(parameter),
        grades,
        per,
        places if any(each.places for each in stated) else (),
        world.economy.groups if per == "group" else (),
    )
    curves = tuple(each.curve for each in stated)
    if not any(curves):
        return found, None, ()
    last = replace(
        parameter, name=f"{name}_end", symbol=f"{parameter.symbol}_end", meaning=f"{parameter.meaning}, in the end"
    )
    ends = tuple(each.end or each.distribution for each in stated)
    return found, replace(found, parameter=last, distributions=ends, dimension=None), curves


def _alike(distribution: Distribution, parameter: Parameter) -> Places:
    """One value in all regions or groups, in a regime that says no more of it; what has one by region keeps that."""
    return Places((), distribution, 0.0 if parameter.per else 1.0)


def _one_sort(stated: list[_Stated], keys: list[str]) -> str:
    """What a parameter has values by in some regime, "" for nothing. Raises ConfigError where regimes don't fit."""
    sorts = {each.per or "path": key for each, key in zip(stated, keys, strict=True) if each.per or each.curve}
    if len(sorts) > 1:
        told = " and ".join(
            f"{'over time' if sort == 'path' else f'by {sort}'} in {key}" for sort, key in sorts.items()
        )
        raise ConfigError(f"{list(sorts.values())[-1]}: differs {told}; expected one of these in all regimes")
    return next(iter(sorts), "").removesuffix("path")


def _read(node: Any, key: str, parameter: Parameter, world: _World) -> _Stated:
    """What one node says."""
    word = word_of(node)
    if word not in _FORMS:
        hint = nearest(word, _FORMS)
        if (
            word
            and word not in KINDS
            and hint.startswith("did you mean")
            and "did you mean" not in nearest(word, KINDS)
        ):
            raise ConfigError(f"{key}: no distribution {word!r}; {hint}")
        return _Stated(bounded(node, key, parameter.lower, parameter.upper))

    def read(own: Any, where: str) -> Distribution:
        return bounded(own, where, parameter.lower, parameter.upper)

    if word == "path":
        _refuse_still(parameter, key)
        start, end, curve = path_of(node, key, read, (world.first, world.first + world.years - 1), 12)
        return _Stated(start, end=end, curve=curve)
    names = {"region": world.economy.regions, "group": world.economy.groups}
    per, places, own = placed(node, key, Reader(names, read, lambda per: _refuse_untaken(parameter, per, key)))
    return _Stated(own, places, per)


def _refuse_still(parameter: Parameter, key: str) -> None:
    """Refuse what can't move."""
    if parameter.name in FIXED:
        others = sorted(each.name for each in PARAMETERS if each.name not in FIXED and each.group == parameter.group)
        raise ConfigError(f"{key}: holds for a whole run; those that may move: {', '.join(others)}")


def _refuse_untaken(parameter: Parameter, per: str, key: str) -> None:
    """Refuse what the model has one value of."""
    if parameter.name not in _TAKEN[per]:
        places = "regions" if per == "region" else "occupation groups"
        taken = ", ".join(sorted(_TAKEN[per]))
        raise ConfigError(f"{key}: has one value in all {places}; those that may differ: {taken}")
