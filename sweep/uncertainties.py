"""What a configuration says of the labor model's parameters: distributions, by regime and place, and over time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sweep.distributions import KINDS, Distribution
from sweep.errors import ConfigError, nearest
from sweep.kernel.economy import Economy
from sweep.kernel.parameters import BY_GROUP, BY_REGION, FIXED, PARAMETERS, Parameter
from sweep.nodes import bounded, refuse_unknown
from sweep.paths import SHAPES, Curve, Path
from sweep.places import FORMS, Reader, placed, split, word_of
from sweep.study import Places, Uncertainty

__all__ = ["parameters"]

_GRADES = ("A", "B", "C")
_TAKEN = {"region": BY_REGION, "group": BY_GROUP}
# First word of a node that is more than one distribution -> how it is written.
_FORMS = {**FORMS, "path": "[path, start, end], or with {shape: linear, from: 2030, to: 2040} at its end"}


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
    if word == "path":
        return _path(node, key, parameter, world)
    reader = Reader(
        {"region": world.economy.regions, "group": world.economy.groups},
        lambda own, where: bounded(own, where, parameter.lower, parameter.upper),
        lambda per: _refuse_untaken(parameter, per, key),
    )
    per, places, own = placed(node, key, reader)
    return _Stated(own, places, per)


def _path(node: list[Any], key: str, parameter: Parameter, world: _World) -> _Stated:
    given, settings = split(node)
    if len(given) != 2:
        raise ConfigError(f"{key}: expected {_FORMS['path']}; got {node!r}")
    if parameter.name in FIXED:
        others = sorted(each.name for each in PARAMETERS if each.name not in FIXED and each.group == parameter.group)
        raise ConfigError(f"{key}: holds for a whole run; those that may move: {', '.join(others)}")
    refuse_unknown(map(str, settings), ("shape", "from", "to"), f"{key}, ", "setting of a path")
    shape = settings.get("shape", "linear")
    if shape not in SHAPES:
        raise ConfigError(f"{key}, shape: no shape {shape!r}; {nearest(str(shape), SHAPES)}")
    start, end = (bounded(node, f"{key}, {which}", parameter.lower, parameter.upper)
                  for node, which in zip(given, ("start", "end"), strict=True))  # fmt: skip
    return _Stated(start, end=end, curve=_curve(shape, settings, key, world))


def _curve(shape: str, settings: Mapping[str, Any], key: str, world: _World) -> Curve:
    """The curve between two years; it begins and ends in their Januaries, and a step is in that of `from`."""
    last = world.first + max(world.years - 1, 1)
    years = {name: settings.get(name, default) for name, default in (("from", world.first), ("to", last))}
    for name, year in years.items():
        if type(year) is not int or not world.first <= year <= world.first + 200:
            raise ConfigError(
                f"{key}, {name}: expected {world.first}, the year after the baseline, or a later one, got {year!r}"
            )
    if shape == "step":
        if "to" in settings:
            raise ConfigError(f"{key}, to: a step is in one year, from; remove to")
        if "from" not in settings:
            raise ConfigError(f"{key}: a step needs its year, as in {{shape: step, from: {world.first + 4}}}")
        month = 12 * (years["from"] - world.first)
        return Curve(shape, month - 1, month)
    if years["from"] >= years["to"]:
        raise ConfigError(f"{key}, to: expected a year after from, {years['from']}, got {years['to']}")
    return Curve(shape, *(12 * (years[name] - world.first) for name in ("from", "to")))


def _refuse_untaken(parameter: Parameter, per: str, key: str) -> None:
    """Refuse what the model has one value of."""
    if parameter.name not in _TAKEN[per]:
        places = "regions" if per == "region" else "occupation groups"
        taken = ", ".join(sorted(_TAKEN[per]))
        raise ConfigError(f"{key}: has one value in all {places}; those that may differ: {taken}")
