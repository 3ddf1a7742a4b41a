"""What a configuration says of a user's own model: its inputs and the policies that set its levers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from sweep.combination import JOINT
from sweep.distributions import Distribution
from sweep.errors import ConfigError
from sweep.kernel.outcomes import OUTCOMES
from sweep.kernel.outcomes import Outcome as Computed
from sweep.kernel.parameters import Parameter as Declared
from sweep.model import Model
from sweep.model_source import Source, found_source, loaded
from sweep.nodes import label, of_model, refuse_unknown
from sweep.own_inputs import drawn_from
from sweep.paths import Path
from sweep.schema import Config
from sweep.study import Policy, Subject, Uncertainty

__all__ = ["own_subject"]

# Groups of the labor model, which say nothing of another one.
_LABOR = ("adoption", "labor", "regions", "years")
_PART = "core"


def own_subject(checked: Config, changed: set[str]) -> Subject | None:
    """What is studied with a model of the user's own, None where the labor model is.

    changed: keys that the command line sets. Raises ConfigError, also where the model isn't trusted.
    """
    asked = checked.model
    if asked.path is None and asked.entry_point is None:
        if checked.inputs:
            raise ConfigError("inputs: these are of a model of your own; add model.path=FILE.py, or remove them")
        return None
    source = found_source(asked.path, asked.entry_point, asked.trust)
    _refuse_labor(changed)
    model = loaded(source)
    years = tuple(model.years)
    uncertainties, paths = _uncertainties(checked.inputs, model, source, changed)
    _refuse_steps(checked.search or {}, model)
    if checked.outputs.keep == "national" and not any("region" in outcome.dims for outcome in model.outcomes):
        raise ConfigError("outputs.keep: national is for outcomes by region, and the model has none; take draws")
    return Subject(
        source=source,
        name=model.name,
        title=model.title or model.name,
        regions=tuple(model.regions),
        years=years,
        outcomes=tuple(Computed(o.name, o.long_name, o.unit, "region" in o.dims, _PART) for o in model.outcomes),
        outputs=(_PART,),
        thresholds=_thresholds(checked, model),
        regimes=("futures",),
        regime_weights=(1.0,),
        uncertainties=uncertainties,
        paths=paths,
        policies=tuple(_policies(checked.policy, model, changed)),
        lever_units={lever.name: lever.unit for lever in model.levers},
        limits={lever.name: (lever.lower, lever.upper) for lever in model.levers},
    )


def _refuse_labor(changed: set[str]) -> None:
    """Refuse settings of the labor model, which would be passed over."""
    found = []
    for key in sorted(changed):
        group, _, rest = key.partition(".")
        if group in _LABOR or (group == "outputs" and rest not in ("keep", "keep_bits") and "thresholds" not in rest):
            found.append(key)
    if found:
        are, them = ("is", "it") if len(found) == 1 else ("are", "them")
        told = f"{', '.join(found)}: {are} of the labor model"
        raise ConfigError(f"{told}, and this study has a model of its own; remove {them}")


def _refuse_steps(search: Mapping[str, Any], model: Model) -> None:
    """Refuse a search over levers that have whole numbers alone, since it proposes others."""
    steps = {each.name for each in model.levers if each.categories or each.is_whole}
    for key in search.get("levers") or {}:
        if str(key).rpartition(".")[2] in steps:
            raise ConfigError(
                f"search.levers.{key}: a search takes levers of any number, and this has whole ones alone"
            )


def _thresholds(checked: Config, model: Model) -> dict[str, list[float]]:
    """Thresholds of the model's outcomes, without those that the configuration ships with for the labor model's."""
    names, shipped = {each.name for each in model.outcomes}, {outcome.name for outcome in OUTCOMES}
    return {name: own for name, own in checked.outputs.thresholds.items() if name in names or name not in shipped}


def _uncertainties(
    nodes: Mapping[str, Any], model: Model, source: Source, changed: set[str]
) -> tuple[tuple[Uncertainty, ...], tuple[Path, ...]]:
    """The model's parameters with their distributions, those of the configuration first, and which of them move.

    What a path ends with is an input of its own.
    """
    refuse_unknown(nodes, [each.name for each in model.parameters], "inputs.", "input of the model")
    found, paths = [], []
    # There are no regimes to have the first dimension.
    for place, each in enumerate(model.parameters):
        stated = each.name in nodes
        key = f"inputs.{each.name}" if stated else f"{source.key}: {model.name}: parameter {each.name}: distribution"
        drawn = drawn_from(nodes[each.name] if stated else each.distribution, key, each, model)
        per = each.per if each.per == "region" else ""
        about = Declared(each.name, "inputs", each.name, each.unit, each.meaning, each.lower, each.upper, per)
        evidence = "set by the user" if stated else f"not stated; {each.unit}; the model's own"
        grades, names = (evidence.partition("; ")[0],), tuple(each.categories)
        own = Uncertainty(about, (drawn.distribution,), evidence, place, grades, per, drawn.places, (), names)
        found.append(own)
        if drawn.end and drawn.curve:
            end = f"{each.name}_end"
            if end in {*(other.name for other in model.parameters), *(other.name for other in model.outcomes)}:
                raise ConfigError(
                    f"{key}: what it ends with would be named {end}, as something of the model is; rename that"
                )
            last = replace(about, name=end, symbol=end, meaning=f"{each.meaning or each.name}, in the end")
            found.append(replace(own, parameter=last, distributions=(drawn.end,), dimension=None))
            paths.append(Path(each.name, end, (drawn.curve,)))
    return tuple(found), tuple(paths)


def _policies(nodes: Mapping[str, Mapping[str, Any]], model: Model, changed: set[str]) -> list[Policy]:
    """`none`, and the policies that set levers of the model."""
    policies = {"none": Policy("none", "No policy")}
    for name, node in nodes.items():
        key = f"policy.{name}"
        if _is_labor(node):
            # Of the default study, whose policies nobody chose for this one.
            if "policy" in changed or any(each.startswith(f"{key}.") for each in changed):
                raise ConfigError(f"{key}: is a policy of the labor model; leave it out, as in 'policy=[]'")
            continue
        if JOINT in name:
            raise ConfigError(f"{key}: {JOINT} joins the names of policies in a mix; choose another name")
        policies[name] = _policy(name, node, key, model)
    return list(policies.values())


def _is_labor(node: Mapping[str, Any]) -> bool:
    return "instrument" in node or any(isinstance(each, Mapping) and "instrument" in each for each in node.values())


def _policy(name: str, node: Mapping[str, Any], key: str, model: Model) -> Policy:
    levers = {lever.name: lever for lever in model.levers}
    settings = {field: value for field, value in node.items() if field != "label"}
    if settings and not levers:
        raise ConfigError(f"{key}: {model.name} declares no levers, so that no policy can set any; remove it")
    refuse_unknown(settings, levers, f"{key}.", "lever of the model")
    doses: dict[str, Distribution] = {
        field: of_model(value, f"{key}.{field}", levers[field]) for field, value in settings.items()
    }
    if name == "none" and doses:
        raise ConfigError(f"{key}.{next(iter(doses))}: none leaves all levers at their defaults; choose another name")
    default = "No policy" if name == "none" else name
    return Policy(name, label(node, key, default), doses=doses, dose_keys={dose: f"{key}.{dose}" for dose in doses})


def own_text(config: Mapping[str, Any], subject: Subject) -> str:
    """The configuration as text, without what is of the labor model alone."""
    names: Sequence[str] = [policy.name for policy in subject.policies]
    kept = {key: value for key, value in config.items() if key not in _LABOR}
    kept["policy"] = {name: node for name, node in dict(config.get("policy", {})).items() if name in names}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
