"""Designs whose draws are made all at once, before any task: checked, and put into the study that takes them along.

Workers get them with the study, as they do the economy: what a library makes on another machine may differ.
"""

import hashlib
from dataclasses import replace

from sweep.designs import halton, latin_hypercube
from sweep.errors import ConfigError, nearest
from sweep.factors import sampled
from sweep.schema import DesignSettings
from sweep.study import Study

__all__ = ["check_keys", "points_hash", "with_points"]

# Settings of one design alone.
_OWNERS = {"optimization": "latin_hypercube"}
_OPTIMIZATIONS = ("none", "random-cd")


def check_keys(settings: DesignSettings) -> None:
    """Raise ConfigError on settings that a design doesn't take."""
    for key, owner in _OWNERS.items():
        if getattr(settings, key) is not None and settings.name != owner:
            raise ConfigError(f"design.{key}: design={settings.name} takes none; it is of design={owner}")


def with_points(study: Study, settings: DesignSettings) -> Study:
    """The study with the draws of a design that makes all at once; others as they are.

    Raises ConfigError where the draws are too many.
    """
    return _latin_hypercube(study, settings.optimization or "none") if study.design == "latin_hypercube" else study


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


def points_hash(study: Study) -> str:
    """Hash of draws that were made all at once, or of the first ones of a library; "" where they can't be others."""
    points = study.points
    if study.design == "halton":
        points = {str(place): halton.uniforms(study.seed, "", place, 0, 16) for place in range(128)}
    digest = hashlib.sha256()
    for name, values in sorted(points.items()):
        digest.update(name.encode() + b"\0" + values.astype("<f8").tobytes())
    return digest.hexdigest() if points else ""
