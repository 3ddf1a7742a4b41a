"""A sweep's inputs as SALib's problem, so that its analyzers take the sweep's draws."""

import warnings
from typing import Any

import numpy as np
import xarray as xr

from analysis.arguments import refuse_no_sweep
from analysis.beliefs import doses_drawn_from, drawn_from, unweighed
from analysis.caution import AnalysisWarning
from analysis.inputs import groups_of, input_names, input_values
from analysis.labels import json_attribute
from analysis.regimes import regimes_of
from analysis.sensitivity import blocks_of
from sweep.distributions import Distribution
from sweep.distributions.salib import salib_law
from sweep.errors import ConfigError

__all__ = ["salib_problem"]


def salib_problem(data: xr.Dataset) -> dict[str, Any]:
    """The uncertain inputs of a sweep as a SALib problem: num_vars, names, dists, bounds in their units, and groups.

    Columns of what `to_ema` gives for one policy are SALib's X and Y. Under `design=saltelli` and `morris`, names and
    groups are in the order in which rows of a block move, which is SALib's (of `saltelli` without second-order
    indices; its Morris effects take moves as those of its own grid, whose step is our one half with num_levels=10**12);
    groups are None where each input moves by itself, and under other designs. The regime is no number, and
    none of the names: take the draws of one regime. Inputs that are the same in all draws that are given, as some are
    within a regime, are left out, since SALib has no place for them.

    Bounds mean what SALib takes them for, by dists. An input of a distribution that SALib hasn't got, as beta, or of
    another one in each regime, is `unif` over the range of its draws, and a warning says so: enough for analyzers,
    which look at the draws, and wrong for samplers.

    Raises ConfigError where a design in blocks moves the regime, or lost draws.

    >>> from analysis import example, salib_problem
    >>> problem = salib_problem(example())
    >>> problem["names"], problem["dists"], problem["bounds"][0]
    (['automation', 'reinstatement', 'take_up'], ['unif', 'unif', 'unif'], [0.0, 1.0])
    """
    refuse_no_sweep(data)
    members = _members(data)
    names = [name for own in members.values() for name in own]
    drawn = _distributions(data)
    known = {name: law for name in names if name in drawn and (law := salib_law(drawn[name]))}
    if unknown := [name for name in names if name not in known]:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        warnings.warn(
            f"SALib has no distribution for {', '.join(unknown[:5])}{more}: it gets the range of draws as unif, which "
            "serves SALib's analyzers and not its samplers",
            AnalysisWarning,
            stacklevel=2,
        )
    alone = all(len(own) == 1 for own in members.values())
    laws = [known.get(name) or ("unif", _range(data, name)) for name in names]
    return {
        "num_vars": len(names),
        "names": names,
        "dists": [law for law, _ in laws],
        "bounds": [bounds for _, bounds in laws],
        "groups": None if alone else [factor for factor, own in members.items() for _ in own],
    }


def _members(data: xr.Dataset) -> dict[str, list[str]]:
    """The inputs of each factor, in the order in which a design moves them. Raises ConfigError."""
    factors = json_attribute(data, "factors")
    if not factors:
        return {name: [name] for name in input_names(data) if np.ptp(input_values(data, name)) > 0}
    design = str(data.attrs["design"])
    if "regime" in factors:
        raise ConfigError(
            f"design={design} moves the regime in a row of its own, which SALib's layout hasn't: run the sweep in one "
            "regime, as adoption=central, or take sobol_indices and morris_screening"
        )
    if blocks_of(data, design).positions.size < data.sizes["draw"]:
        raise ConfigError(
            f"SALib reads blocks of design={design} by their order, and draws are missing from some: take "
            "sobol_indices or morris_screening, which leave those blocks out"
        )
    return {factor: list(own) for factor, own in factors.items()}


def _distributions(data: xr.Dataset) -> dict[str, Distribution]:
    """What each input was drawn from, where that is the same in all regimes that have draws."""
    groups, found = groups_of(data), doses_drawn_from(data)
    for key, by_regime in drawn_from(data, regimes_of(data)).items():
        group, _, name = key.partition(".")
        if groups.get(name) == group and len(set(by_regime.values())) == 1 and not unweighed(data, key):
            found[name] = next(iter(by_regime.values()))
    return found


def _range(data: xr.Dataset, name: str) -> list[float]:
    """The smallest and the largest value of an input."""
    values = input_values(data, name)
    return [float(np.min(values)), float(np.max(values))]
