"""What `precision` asks for, checked: which numbers of a sweep are to be how precise, with how many draws at most."""

from collections.abc import Sequence
from typing import Any

from sweep.designs import DESIGNS, FIXED
from sweep.errors import ConfigError, nearest
from sweep.schema import MOST_DRAWS, Config, PrecisionSettings, TargetSettings, checked_settings
from sweep.study import Precision, Subject, Target

__all__ = ["EACH", "MOST_TIMES", "precision"]

# The regime that stands for each of them, of which the worst counts.
EACH = "each"
# By so many times the draws that were asked for a sweep grows, unless another limit is stated.
MOST_TIMES = 16
_KINDS = ("mean", "quantile", "above")


def precision(checked: Config, subject: Subject) -> Precision | None:
    """The targets of a configuration, None where there are none.

    Raises ConfigError on targets that can't be, and where a sweep can't be extended to meet them.
    """
    stated = dict(checked.precision or {})
    limit = {key: stated.pop(key) for key in tuple(stated) if key in PrecisionSettings.model_fields}
    most = checked_settings(PrecisionSettings, limit, "precision").most_draws
    if not stated:
        return None
    _check_extension(checked)
    targets = tuple(_target(str(name), node, checked.outputs.keep, subject) for name, node in stated.items())
    return Precision(targets, most or min(MOST_TIMES * (checked.draws or 0), MOST_DRAWS))


def _check_extension(checked: Config) -> None:
    """Raise ConfigError where draws can't be added, or their errors can't be told."""
    design = checked.design.name
    if design in FIXED:
        raise ConfigError(
            f"precision: design={design} can't be extended: {FIXED[design]}; choose another design, or state draws"
        )
    if design not in DESIGNS:
        raise ConfigError(
            f"precision: draws of design={design} share inputs, so that errors can't be told well enough; take design="
            f"{' or '.join(DESIGNS)}, or state draws"
        )
    if checked.outputs.keep == "statistics":
        raise ConfigError(
            "precision: outputs.keep=statistics keeps the first draws alone, and errors are told from all; take "
            "outputs.keep=national, which keeps national outcomes of all draws, or state draws"
        )


def _target(name: str, node: Any, keep: str, subject: Subject) -> Target:
    """The target of one outcome."""
    key, outcomes = f"precision.{name}", {outcome.name: outcome for outcome in subject.outcomes}
    if name not in outcomes:
        raise ConfigError(f"{key}: no such outcome; {nearest(name, [*outcomes, *PrecisionSettings.model_fields])}")
    outcome = outcomes[name]
    if outcome.part not in subject.outputs:
        raise ConfigError(f"{key}: this outcome isn't computed; add 'outputs=[…,{outcome.part}]', or remove it")
    if outcome.regional and keep != "draws":
        raise ConfigError(f"{key}: outputs.keep={keep} keeps no draws of it; take outputs.keep=draws, or remove it")
    settings = checked_settings(TargetSettings, node, key)
    if sum(getattr(settings, kind) is not None for kind in _KINDS) != 1:
        raise ConfigError(f"{key}: expected one of mean: true, quantile: P, above: THRESHOLD, got {node!r}")
    names: dict[str, Sequence[Any]] = {
        "policy": [policy.name for policy in subject.policies],
        "regime": [*subject.regimes, EACH],
        "region": subject.regions,
        "year": subject.years,
    }
    for field, valid in names.items():
        value = getattr(settings, field)
        if value is not None and value not in valid:
            raise ConfigError(f"{key}.{field}: no such {field}, got {value!r}; {nearest(str(value), map(str, valid))}")
    if settings.region is not None and not outcome.regional:
        raise ConfigError(f"{key}.region: {name} is national, got {settings.region!r}; remove it")
    return Target(name, **settings.model_dump(exclude={"mean"}))
