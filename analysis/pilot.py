"""Pilots: what a trial of a policy in some regions would find, and what the policy does, which the same draw tells.

A draw under a policy in some regions is what evaluators would see; the same draw without it is what they never see. So
an estimator's bias is known, and with it how far the policy spreads: by migration, trade and who pays.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned, refuse_gaps
from analysis.estimation import moments
from analysis.futures import few_draws
from analysis.labels import json_attribute
from analysis.monte_carlo import design_of, few_told, seam_told
from analysis.regimes import regimes_of
from analysis.statistics import outcome_values
from sweep.errors import ConfigError, nearest

__all__ = ["Pilot", "difference_in_differences", "over_draws", "pilot_of", "spill_over"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pilot:
    """A regional outcome with and without a policy that acts in some regions, (draw, region, year).

    treated: where it acts, (region,); start: place of the first year in which it does.
    """

    data: xr.Dataset
    observed: Floats
    without: Floats
    treated: Mask
    start: int
    about: dict[str, Any]

    @property
    def effect(self) -> Floats:
        """Same-draw difference to no policy, (draw, region, year)."""
        return self.observed - self.without

    def contrast(self, values: Floats) -> Floats:
        """Mean over treated regions less that over untreated ones, (draw, year), of (draw, region, year)."""
        difference: Floats = values[:, self.treated].mean(axis=1) - values[:, ~self.treated].mean(axis=1)
        return difference

    def since_before(self, values: Floats) -> Floats:
        """Values less their mean over the years before the start, (…, year)."""
        return np.asarray(values - values[..., : self.start].mean(axis=-1, keepdims=True))


def difference_in_differences(
    data: xr.Dataset, policy: str, outcome: str, to: str = "none", log: bool = False, pooled: bool = False
) -> xr.Dataset:
    """What a comparison of treated with untreated regions would find, and what is true, by ([regime,] part, year).

    The `estimate` in each year is how much further treated regions are from their mean before the start than untreated
    ones; regions count alike, as in a two-way fixed effects regression. The other parts are `effect`, what the policy
    does to treated regions in the same draw; `spill_over`, what it does to untreated ones; `divergence`, how the two
    would have drifted apart without it; and `bias`, estimate less effect, which is divergence less spill-over.

    Of each, `mean` with its Monte Carlo `standard_error`, and `lower` and `upper` (5 and 95 % of draws) with theirs as
    `…_error`, in the outcome's units, or of its logarithm if `log` (for levels of regions of different size). Raises
    ConfigError where the policy acts everywhere or nowhere, the outcome is not regional or kept as statistics, or no
    year is before the start.

    >>> from analysis import difference_in_differences, example
    >>> found = difference_in_differences(example(), "pilot", "unemployment_rate", pooled=True).sel(year=2035)
    >>> dict(zip(found["part"].values.tolist(), found["mean"].values.round(4).tolist()))
    {'estimate': -0.0174, 'effect': -0.0035, 'spill_over': 0.001, 'divergence': -0.0129, 'bias': -0.0139}
    """
    refuse_no_sweep(data)
    pilot = pilot_of(data, policy, outcome, to, log)
    estimate = pilot.contrast(pilot.since_before(pilot.observed))
    effect = pilot.effect[:, pilot.treated].mean(axis=1)
    parts = {
        "estimate": estimate,
        "effect": effect,
        "spill_over": pilot.effect[:, ~pilot.treated].mean(axis=1),
        "divergence": pilot.contrast(pilot.since_before(pilot.without)),
        "bias": estimate - effect,
    }
    coordinates = {"part": list(parts), "year": data["year"].to_numpy()}
    found = over_draws(data, np.stack(list(parts.values()), axis=1), coordinates, pooled)
    found = described(found, pilot.about.get("units", "1")).assign_attrs(pilot.about)
    return cautioned(found, _levels(outcome, pilot, log), few_draws(found), found.attrs["notice"])


def spill_over(
    data: xr.Dataset, policy: str, outcome: str, to: str = "none", log: bool = False, pooled: bool = False
) -> xr.Dataset:
    """What a policy does to regions where it does not act, in the same draw, by ([regime,] region, year).

    Results and errors are those of `difference_in_differences`. Migration in the model knows no distance (Eq. 44), so
    that neighbors are no closer than others; and a tax on all pays for a policy of few: to see migration alone, finance
    it by debt, or compare with a sweep with `labor.migration_response=0`. Regional outcomes are stored to 1/8,192 of
    their value: of effects that small, take `outputs.keep_bits=null`.

    >>> from analysis import example, spill_over
    >>> found = spill_over(example(), "pilot", "unemployment_rate", pooled=True)
    >>> found["mean"].sel(region="East", year=2035).round(4).item()
    0.001
    """
    refuse_no_sweep(data)
    pilot = pilot_of(data, policy, outcome, to, log)
    names = data["region"].to_numpy()[~pilot.treated]
    coordinates = {"region": names, "year": data["year"].to_numpy()}
    found = over_draws(data, pilot.effect[:, ~pilot.treated], coordinates, pooled).assign_attrs(pilot.about)
    return cautioned(described(found, pilot.about.get("units", "1")), few_draws(found), found.attrs["notice"])


def _levels(outcome: str, pilot: Pilot, log: bool) -> str:
    """A caution where regions of different size are compared by levels."""
    units = str(pilot.about.get("units", "1"))
    if log or units in ("", "1"):
        return ""
    return f"{outcome} is a level ({units}), of which large regions decide: log=True compares relative changes"


def pilot_of(data: xr.Dataset, policy: str, outcome: str, to: str, log: bool) -> Pilot:
    """The two runs of each draw, or ConfigError where they are no pilot."""
    known = [str(name) for name in data["policy"].to_numpy()]
    for name in (policy, to):
        if name not in known:
            raise ConfigError(f"unknown policy {name!r}: {nearest(name, known)}")
    values = outcome_values(data, outcome)
    if "region" not in values.dims:
        raise ConfigError(f"{outcome} is national: a pilot compares regions, so take an outcome by region")
    treated, start = _treatment(data, policy, values["region"].to_numpy())
    if policy == to:
        raise ConfigError(f"to: expected another policy to compare {policy!r} with, got the same")
    pair = values.sel(policy=[policy, to]).transpose("policy", "draw", "region", "year").to_numpy().astype(float)
    refuse_gaps(outcome, pair, axis=1)
    if log and (pair <= 0).any():
        raise ConfigError(f"{outcome} has values of zero or less, which have no logarithm: take log=False")
    observed, without = np.log(pair) if log else pair
    about = {key: values.attrs[key] for key in ("units", "long_name") if key in values.attrs}
    about |= {"units": "log"} if log else {}
    about |= {
        "outcome": outcome,
        "policy": policy,
        "to": to,
        "treated": [str(name) for name in values["region"].to_numpy()[treated]],
    }
    return Pilot(data, observed, without, treated, start, about | {"start": int(data["year"][start])})


def _treatment(data: xr.Dataset, policy: str, regions: NDArray[Any]) -> tuple[Mask, int]:
    """Where a policy acts, (region,), and the place of its first year, from the store's definition of it."""
    timing = json_attribute(data, "policy_definitions").get(policy, {}).get("timing") or {}
    if not timing:
        raise ConfigError(f"{policy} acts nowhere: a pilot is of a policy that acts in some regions")
    everywhere = [family for family, (_, _, places) in timing.items() if places is None]
    if everywhere:
        raise ConfigError(
            f"{' and '.join(everywhere)} of {policy} acts in all regions, so that none is left to compare with: run it "
            f"in some, as in 'policy.{policy}.regions=[Ohio]', of a mix 'policy.{policy}.MEMBER.regions=[Ohio]'"
        )
    stored = [str(name) for name in data.attrs.get("regions", regions)]
    acts = {stored[place] for _, _, places in timing.values() for place in places}
    treated = np.array([str(name) in acts for name in regions])
    if treated.all() or not treated.any():
        raise ConfigError(
            f"{policy} acts in {'all' if treated.all() else 'none'} of the data's regions: keep some of each"
        )
    baseline = int(json_attribute(data, "identity").get("baseline_year", data["year"][0]))
    first = baseline + 1 + min(start for start, _, _ in timing.values()) // 12
    years = data["year"].to_numpy()
    start = int(np.searchsorted(years, first))
    if not 0 < start < len(years):
        raise ConfigError(
            f"{policy} starts in {first}, and the data hold {years[0]} to {years[-1]}: a pilot needs years before its "
            f"start and after, so choose another 'policy.{policy}.start=', of a mix of each member, or more years"
        )
    return treated, start


def over_draws(data: xr.Dataset, values: Floats, coordinates: dict[str, Any], pooled: bool) -> xr.Dataset:
    """Mean with its error, and 5 and 95 % quantiles with theirs, by [regime,] and `coordinates`, of (draw, …).

    The attribute `notice` says where errors are wanting.
    """
    regimes, design = regimes_of(data), design_of(data)
    parts = [moments(values, strata, design) for strata in regimes.strata(pooled)]
    stacked = {name: np.stack([part[name] for part in parts]) for name in parts[0]}
    between = bool(stacked.pop("between_regimes").any())
    wanting = any(np.isnan(stacked[name]).any() for name in ("lower_error", "upper_error"))
    dims = [*([] if pooled else ["regime"]), *coordinates]
    variables = {name: (dims, own[0] if pooled else own) for name, own in stacked.items()}
    about = regimes.pooled_attributes if pooled else {}
    found = xr.Dataset(variables, coordinates | regimes.counts(pooled), about)
    return found.assign_attrs(notice=seam_told("results", between) or few_told(wanting))
