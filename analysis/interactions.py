"""Which policies help each other, which crowd each other out, and what each contributes to what all do together.

A sweep with `combine=true` is a factorial: it runs every mix of some policies on the same draws. All that is here is
linear in each draw's outcomes under these mixes, so that its Monte Carlo error is that of a mean of paired differences.

Sources: Grabisch and Roubens 1999 (interactions); Shapley 1953 (shares).
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned, refuse_gaps
from analysis.estimation import share_of
from analysis.factorial import averaged, combined_policies, dividends, factorial_rows, shapley, subsets
from analysis.futures import direction, drawn_by, few_draws
from analysis.labels import json_attribute
from analysis.monte_carlo import errors_told, standard_error, stratified_mean
from analysis.regimes import Strata, pooled_weights, regimes_of
from analysis.significance import RESOLUTION, SIGNIFICANCE, freedom, holm, p_value
from analysis.statistics import is_large, outcome_values
from sweep.errors import ConfigError

__all__ = ["CROWDS_OUT", "HELPS", "WITHIN_NOISE", "synergy"]

Floats = NDArray[np.float64]
Found = dict[str, NDArray[Any]]

HELPS, CROWDS_OUT, WITHIN_NOISE = "helps", "crowds out", "within noise"


def synergy(
    data: xr.Dataset,
    outcome: str,
    policies: Sequence[str] | None = None,
    better: Literal["low", "high"] | None = None,
    pooled: bool = False,
) -> xr.Dataset:
    """Effects, interactions and shares of combined policies, by (regime, policy or mix, year).

    policies: of a complete factorial in the store, by default those of its largest mix; better: which way of the
    outcome is, where its name doesn't say. Effects are differences to `none` in the same draw, in the outcome's units,
    with Monte Carlo errors as `…_error`; if `pooled`, regimes are weighted as the attribute `weights` says.

    By policy:

    - `alone`: what it does by itself; `averaged`: what it adds to a mix of the others, the mean over all such mixes;
    - `shapley`: its part in what all do together, to which these add up in each draw; `share`: that part as a share,
      undefined (NaN) where the effect of all is within noise.

    By mix of two or more policies:

    - `effect`: what it does; `interaction`: what its policies do together beyond all that fewer of them do, with no
      other in force, for two: beyond the sum of both; `averaged_interaction`: its mean over mixes of the others;
    - `positive`, `negative`: shares of draws with an interaction of that sign, with errors; `p_value`, and `p_adjusted`
      for the number of interactions of a regime and year (Holm); `verdict`: helps, crowds out, or within noise.

    Raises ConfigError where a mix of the factorial isn't in the store, on a regional outcome, on draws that aren't
    finite or come in blocks, and where it isn't known which way of the outcome is better.

    >>> from analysis import example, synergy
    >>> found = synergy(example(), "national_unemployment_rate", pooled=True).sel(year=2035, mix="retraining+ubi")
    >>> found["interaction"].round(4).item(), found["interaction_error"].round(5).item(), str(found["verdict"].values)
    (0.002, 3e-05, 'crowds out')
    """
    refuse_no_sweep(data)
    way = direction(outcome, better)
    chosen = combined_policies(data, policies)
    stored = outcome_values(data, outcome).isel(policy=factorial_rows(data, chosen))
    if "region" in stored.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    regimes, design = regimes_of(data, weighted=True), drawn_by(data)
    groups, sign = regimes.strata(pooled), 1 if way == "high" else -1
    # One year at a time, so that what is made of many mixes and draws fits into memory.
    source = stored if is_large(stored) else stored.compute()
    years = [_year(source.isel(year=year), groups, design, sign) for year in range(stored.sizes["year"])]
    found = _table(years, chosen, source)
    tests = found.sizes["mix"]
    about = {
        **{key: stored.attrs[key] for key in ("units", "long_name") if key in stored.attrs},
        "outcome": outcome,
        "better": way,
        "errors": errors_told(data, stored.sizes["draw"]),
        "comparisons": f"p_adjusted: for {tests} {'interaction' if tests == 1 else 'interactions'} by regime and year",
    }
    if pooled:
        about |= regimes.pooled_attributes
        found = found.isel(regime=0)
    found = found.assign_coords(regimes.counts(pooled))
    effects = ("alone", "averaged", "shapley", "effect", "interaction", "averaged_interaction")
    found = described(found, about.get("units", "1"), *effects)
    return cautioned(found.assign_attrs(about), few_draws(found), _payers(data, chosen))


def _table(years: list[list[Found]], policies: Sequence[str], stored: xr.DataArray) -> xr.Dataset:
    """Results as a dataset, (regime, policy or mix, year), from those by year and regime; mixes as in the store."""
    sizes = [len(mix) for mix in subsets(policies)]
    mixes = {str(name): size for name, size in zip(stored["policy"].to_numpy(), sizes, strict=True) if size > 1}
    arrays = {name: np.array([[part[name] for part in parts] for parts in years]) for name in years[0][0]}
    dims = {name: "policy" if name.removesuffix("_error") in _BY_POLICY else "mix" for name in arrays}
    coordinates: dict[str, Any] = {"policy": list(policies), "mix": list(mixes)}
    coordinates |= {"order": ("mix", list(mixes.values())), "year": stored["year"].to_numpy()}
    variables = {name: (("year", "regime", dims[name]), values) for name, values in arrays.items()}
    return xr.Dataset(variables, coordinates).transpose("regime", "policy", "mix", "year")


_BY_POLICY = ("alone", "averaged", "shapley", "share")


def _year(values: xr.DataArray, groups: Sequence[Strata], design: str, sign: int) -> list[Found]:
    """Results of one year by group of draws, from values (set of policies, draw)."""
    own = values.to_numpy().astype(np.float64)
    refuse_gaps(str(values.name), own, axis=1)
    dividend = dividends(own - own[0])
    averages, sizes = averaged(dividend), np.array([place.bit_count() for place in range(len(own))])
    effects = {
        "alone": dividend[sizes == 1],
        "averaged": averages[sizes == 1],
        "shapley": shapley(dividend),
        "effect": (own - own[0])[sizes > 1],
        "interaction": dividend[sizes > 1],
        "averaged_interaction": averages[sizes > 1],
    }
    floor = RESOLUTION * float(np.abs(own).max())
    return [_group(effects, strata, design, sign, floor) for strata in groups]


def _group(effects: dict[str, Floats], strata: Strata, design: str, sign: int, floor: float) -> Found:
    """Results of one year and some draws from effects by name, (policy or mix, draw); floor: what counts as nothing."""
    weights = pooled_weights(strata)
    found: Found = {}
    moved: dict[str, Floats] = {}
    for name, values in effects.items():
        found[name], moved[name] = stratified_mean(values.T, strata)
        found[f"{name}_error"] = standard_error(moved[name], design)
    degrees, interaction = freedom(weights, design), found["interaction"]
    found["p_value"] = p_value(interaction, found["interaction_error"], degrees)
    found["p_adjusted"] = holm(found["p_value"])
    real = (found["p_adjusted"] < SIGNIFICANCE) & (np.abs(interaction) > floor)
    found["verdict"] = np.where(real, np.where(sign * interaction > 0, HELPS, CROWDS_OUT), WITHIN_NOISE)
    for name, is_so in (("positive", effects["interaction"] > 0), ("negative", effects["interaction"] < 0)):
        found[name], found[f"{name}_error"] = share_of(is_so.T, strata, design)
    # The last mix holds all policies.
    total, error = found["effect"][-1], found["effect_error"][-1]
    told = abs(total) > floor and p_value(total, error, degrees) < SIGNIFICANCE
    found["share"] = found["shapley"] / (total if told else np.nan)
    found["share_error"] = standard_error(
        (moved["shapley"] - found["share"] * moved["effect"][:, -1:]) / (total if told else np.nan), design
    )
    return found


def _payers(data: xr.Dataset, policies: Sequence[str]) -> str:
    """A caution where the combined policies are financed in different ways."""
    definitions = json_attribute(data, "policy_definitions")
    payers = {name: str(definitions.get(name, {}).get("closure", "")) for name in policies}
    if len(set(payers.values())) < 2:
        return ""
    told = ", ".join(f"{name} by {payer}" for name, payer in payers.items())
    return f"these policies are paid for in different ways ({told}), which is part of how they interact"
