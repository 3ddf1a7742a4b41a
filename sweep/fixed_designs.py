"""Designs whose draws are made all at once, before any task: checked, and put into the study that takes them along.

Workers get them with the study, as they do the economy: what a library makes on another machine may differ.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sweep.designs import factorial, halton, latin_hypercube
from sweep.designs.factorial import middles
from sweep.distributions import Distribution
from sweep.errors import ConfigError, nearest
from sweep.factors import levers, sampled
from sweep.own_draws import NAMES, read_draws
from sweep.schema import DesignSettings
from sweep.study import Study, Uncertainty

__all__ = ["OWN_ROWS", "check_keys", "points_hash", "told", "with_points"]

# Settings of one design alone.
_OWNERS = {"optimization": "latin_hypercube", "levels": "factorial", "path": "table", "sample": "table"}
# Designs that say themselves how many draws there are.
_COUNTED = ("factorial", "table")
_BY_USER = "set by the user"
# What stands in a store for the distribution of an input that a table holds.
OWN_ROWS = "rows of a table"
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
    if study.design == "factorial":
        return _factorial(study, settings.levels)
    return _table(study, settings) if study.design == "table" else study


def told(study: Study) -> str:
    """In words, what levels a factorial design combines, and what a table holds; "" for other designs."""
    if study.own:
        return f"design=table: {study.draws:,} rows of {', '.join(study.own)}; all other uncertain inputs are drawn"
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
    names = [item.parameter.name for item in sampled(study) if item.has_common]
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
    points = latin_hypercube.points(study.seed, names, study.draws, optimized)
    return replace(study, points=points, optimization=optimization if optimized else "")


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


def _table(study: Study, settings: DesignSettings) -> Study:
    if settings.path in (None, "???"):
        raise ConfigError("design.path: expected your table of draws, as in design.path=draws.csv; got none")
    if study.keep != "draws":
        raise ConfigError(f"outputs.keep: design=table takes outputs.keep=draws, got {study.keep}")
    columns, path = read_draws(str(settings.path)), settings.path
    rows, items = len(next(iter(columns.values()))), {item.parameter.name: item for item in study.uncertainties}
    if study.draws > rows:
        raise ConfigError(f"draws: {path} has {rows:,} rows, got {study.draws:,}; leave draws out, or take fewer")
    draws, own = study.draws or rows, {}
    for name, values in columns.items():
        if name == "weight":
            raise ConfigError(
                f"design.path: {path}: column 'weight': draws of a regime all count alike; leave it out, and repeat "
                "rows, or draw from them, by their weights"
            )
        if name not in (*items, NAMES):
            raise ConfigError(f"design.path: {path}: column {name!r}: no such input; {nearest(name, [*items, NAMES])}")
        own[name] = _codes(study, str(path), values) if name == NAMES else _within(items[name], str(path), values)
    changed = tuple(
        replace(item, evidence=_BY_USER, grades=(_BY_USER,) * len(item.grades)) if item.parameter.name in own else item
        for item in study.uncertainties
    )
    kept = {name: values[:draws] for name, values in own.items()}
    return replace(study, draws=draws, own=kept, uncertainties=changed, random_sample=bool(settings.sample))


def _codes(study: Study, path: str, names: Any) -> Any:
    """Places of a column's regimes among the study's."""
    known = {name: float(place) for place, name in enumerate(study.regimes)}
    for row, name in enumerate(names.tolist(), start=1):
        if name not in known:
            where = f"design.path: {path}: row {row}, column 'regime'"
            raise ConfigError(f"{where}: no such regime {name!r}; {nearest(name, known)}")
    return np.array([known[name] for name in names.tolist()])


def _within(item: Uncertainty, path: str, values: Any) -> Any:
    """A column whose values the parameter may have."""
    about = item.parameter
    for row in np.flatnonzero((values < about.lower) | (values > about.upper))[:1]:
        raise ConfigError(
            f"design.path: {path}: row {row + 1}, column {about.name!r}: expected {about.lower:g} to {about.upper:g} "
            f"({about.unit}), got {values[row]!s}"
        )
    return values


def points_hash(study: Study) -> str:
    """Hash of draws that were made all at once, or of the first ones of a library; "" where they can't be others."""
    points = study.points
    if study.design == "halton":
        points = {str(place): halton.uniforms(study.seed, "", place, 0, 16) for place in range(128)}
    digest = hashlib.sha256()
    for name, values in sorted({**points, **study.own}.items()):
        digest.update(name.encode() + b"\0" + values.astype("<f8").tobytes())
    return digest.hexdigest() if points or study.own else ""
