"""Designs whose draws are made all at once, before any task: checked, and put into the study that takes them along.

Workers get them with the study, as they do the economy: what a library makes on another machine may differ.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sweep.designs import factorial, halton, latin_hypercube
from sweep.designs.factorial import middles
from sweep.distributions import Distribution
from sweep.errors import ConfigError, nearest
from sweep.factors import levers, sampled
from sweep.schema import DesignSettings
from sweep.study import Study

__all__ = ["check_keys", "points_hash", "told", "with_points"]

# Settings of one design alone.
_OWNERS = {"optimization": "latin_hypercube", "levels": "factorial"}
# Designs that say themselves how many draws there are.
_COUNTED = ("factorial",)
_OPTIMIZATIONS = ("none", "random-cd")


def check_keys(settings: DesignSettings, draws: int | None) -> None:
    """Raise ConfigError on settings that a design doesn't take, and where it needs a number of draws."""
    if draws is None and settings.name not in _COUNTED:
        raise ConfigError(f"draws: design={settings.name} needs their number, such as draws=1024, got none")
    for key, owner in _OWNERS.items():
        if getattr(settings, key) is not None and settings.name != owner:
            raise ConfigError(f"design.{key}: design={settings.name} takes none; it is of design={owner}")


def with_points(study: Study, settings: DesignSettings) -> Study:
    """The study with the draws of a design that makes all at once; others as they are.

    Raises ConfigError where the draws are too many.
    """
    if study.design == "latin_hypercube":
        return _latin_hypercube(study, settings.optimization or "none")
    return _factorial(study, settings.levels) if study.design == "factorial" else study


def told(study: Study) -> str:
    """In words, what levels a factorial design combines; "" for other designs."""
    if study.design != "factorial":
        return ""
    counts = {name: len(set(values.tolist())) for name, values in study.points.items()}
    moved = " × ".join(f"{name} {count}" for name, count in counts.items() if count > 1) or "none"
    held = sum(count == 1 for count in counts.values())
    others = f"; {held} other uncertain inputs stay at one level" if held else ""
    return f"design=factorial: {study.draws:,} combinations of levels ({moved}){others}"


def _latin_hypercube(study: Study, optimization: str) -> Study:
    if optimization == "lloyd":
        raise ConfigError(
            "design.optimization: lloyd moves draws out of their slices, so that inputs no longer are of the stated "
            "distributions; take random-cd, or none"
        )
    if optimization not in _OPTIMIZATIONS:
        raise ConfigError(f"design.optimization: no {optimization!r}; {nearest(optimization, _OPTIMIZATIONS)}")
    names = [item.parameter.name for item in sampled(study) if item.parameter.per != "region"]
    names = [*(["regime"] if len(study.regimes) > 1 else []), *names]
    optimized = optimization != "none"
    most = (latin_hypercube.MOST_OPTIMIZED if optimized else latin_hypercube.MOST_VALUES) // max(len(names), 1)
    if study.draws > most:
        instead = "design.optimization=none" if optimized else "design=sobol"
        what = f" to be optimized by {optimization}" if optimized else ""
        raise ConfigError(
            f"draws: expected at most {most:,} of {len(names)} uncertain inputs{what}, got {study.draws:,}; "
            f"take fewer, or {instead}"
        )
    return replace(study, points=latin_hypercube.points(study.seed, names, study.draws, optimized))


def _factorial(study: Study, wanted: Any) -> Study:
    uncertain = {item.parameter.name: item.distributions for item in sampled(study)}
    uncertain |= {key: (distribution,) for key, _, distribution in levers(study.policies)}
    levels = {"regime": middles(study.regime_weights)} if len(study.regimes) > 1 else {}
    stated = wanted if isinstance(wanted, Mapping) else dict.fromkeys(uncertain, wanted)
    for name in stated:
        if name not in uncertain:
            raise ConfigError(f"design.levels.{name}: no such uncertain input; {nearest(str(name), uncertain)}")
    for name, distributions in uncertain.items():
        key = f"design.levels.{name}" if isinstance(wanted, Mapping) else "design.levels"
        levels[name] = _levels(stated.get(name, 1), distributions, key)
    draws = factorial.combinations(levels)
    if draws > factorial.MOST_DRAWS:
        count = f"{draws:,}" if draws < 10**12 else f"{draws:.3g}"
        raise ConfigError(
            f"design.levels: expected at most {factorial.MOST_DRAWS:,} combinations, got {count} of {len(levels)} "
            "inputs; name fewer, as in 'design.levels={wage_curve: 3}', and the others stay at their medians"
        )
    if study.draws not in (0, draws):
        raise ConfigError(f"draws: design.levels make {draws:,} combinations, got {study.draws:,}; leave draws out")
    return replace(study, draws=draws, points=factorial.points(levels))


def _levels(wanted: Any, distributions: Sequence[Distribution], key: str) -> list[float]:
    """Probabilities of one input's levels: as stated, or the middles of so many slices; of a choice, of its values."""
    if isinstance(wanted, list) and wanted and all(type(each) in (int, float) and 0 < each < 1 for each in wanted):
        if len(set(wanted)) == len(wanted):
            return [float(each) for each in wanted]
    elif type(wanted) is int and 1 <= wanted <= factorial.MOST_DRAWS:
        values = distributions[0].weights if len({each.weights for each in distributions}) == 1 else ()
        return middles(values if values and wanted > 1 else [1.0] * wanted)
    raise ConfigError(f"{key}: expected a number of levels, or different probabilities in (0, 1), got {wanted!r}")


def points_hash(study: Study) -> str:
    """Hash of draws that were made all at once, or of the first ones of a library; "" where they can't be others."""
    points = study.points
    if study.design == "halton":
        points = {str(place): halton.uniforms(study.seed, "", place, 0, 16) for place in range(128)}
    digest = hashlib.sha256()
    for name, values in sorted(points.items()):
        digest.update(name.encode() + b"\0" + values.astype("<f8").tobytes())
    return digest.hexdigest() if points else ""
