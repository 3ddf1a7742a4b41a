"""Draws that two sweeps have in common, and the errors of differences between estimates from them."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.estimation import inverse
from analysis.inputs import input_names
from analysis.labels import counted_draws, json_attribute
from analysis.monte_carlo import NORMAL_95, error_of_probability, share_beside, standard_error, stratified_mean
from analysis.regimes import Strata, effective_draws, pooled_weights

__all__ = ["Pairing", "paired_errors", "pairing"]

Floats = NDArray[np.float64]
# Places of a normal distribution, each as likely, with a variance of one.
_DEVIATES = np.array([NormalDist().inv_cdf((place + 0.5) / 15) for place in range(15)])
_DEVIATES /= _DEVIATES.std()


@dataclass(frozen=True)
class Pairing:
    """Whether two sweeps are of the same draws.

    first, second: their datasets, of the draws that both have if so; told: what errors of differences are, and why.
    """

    first: xr.Dataset
    second: xr.Dataset
    same: bool
    told: str


def pairing(first: xr.Dataset, second: xr.Dataset) -> Pairing:
    """The draws that two sweeps share: those of the same numbers, where seed and design are the same.

    Inputs of the same distribution must then have the same values; of another distribution, they are other quantiles
    of the same probabilities.
    """
    apart = [key for key, (here, there) in _schemes(first, second).items() if here != there]
    why = f"{' and '.join(apart)} {'differs' if len(apart) == 1 else 'differ'}"
    shared = np.intersect1d(first["draw"].to_numpy(), second["draw"].to_numpy())
    if not apart and not shared.size:
        apart, why = ["draw"], "no draw is complete in both"
    if not apart:
        here, there = (data.sel(draw=shared) for data in (first, second))
        unequal = list(_unequal(here, there))
        odd = [name for name, explained in unequal if not explained]
        if not odd:
            return Pairing(here, there, True, _told(first, second, len(shared), [name for name, _ in unequal]))
        why = f"values of {odd[0]} differ, though it is drawn from the same distribution"
    return Pairing(first, second, False, f"independent draws ({why}): the errors of both add up")


def _schemes(first: xr.Dataset, second: xr.Dataset) -> dict[str, tuple[object, object]]:
    """What decides where draws lie, of both."""
    identities = [json_attribute(data, "identity") for data in (first, second)]
    found: dict[str, tuple[object, object]] = {
        "seed": (first.attrs.get("seed"), second.attrs.get("seed")),
        "design": (first.attrs.get("design"), second.attrs.get("design")),
    }
    for key in ("randomness", "factors", "draws", "points"):
        found[key] = (identities[0].get(key), identities[1].get(key))
    return found


def _unequal(first: xr.Dataset, second: xr.Dataset) -> Iterator[tuple[str, bool]]:
    """Inputs whose values differ, and whether other distributions or other weights of regimes explain it."""
    regimes = [data["regime"] if "regime" in data else xr.DataArray(np.zeros(data.sizes["draw"])) for data in
               (first, second)]  # fmt: skip
    alike = regimes[0].to_numpy() == regimes[1].to_numpy()
    about = [(each.attrs.get("flag_meanings"), list(np.atleast_1d(each.attrs.get("weights", [])))) for each in regimes]
    if not alike.all():
        yield "the regime", about[0] != about[1]
    names = [name for name in input_names(first) if name in input_names(second)]
    together = [json_attribute(data, "identity").get("dependence") for data in (first, second)]
    alike_together = together[0] == together[1]
    for name in names:
        here, there = first[name], second[name]
        if here.shape != there.shape:
            # Of other regions.
            continue
        same = here.attrs["distribution"] == there.attrs["distribution"] and alike_together
        unlike = here.to_numpy() != there.to_numpy()
        if unlike.any():
            yield name, not (same and unlike[alike].any())


def _told(first: xr.Dataset, second: xr.Dataset, shared: int, unequal: list[str]) -> str:
    """What the same draws are, in words."""
    left = [data.sizes["draw"] - shared for data in (first, second)]
    rest = ", ".join(
        f"{counted_draws(count)} of the {which} left out"
        for which, count in zip(("first", "second"), left, strict=True)
        if count
    )
    inputs = "equal inputs"
    if unequal:
        named = ", ".join(unequal[:3]) + (" and others" if len(unequal) > 3 else "")
        inputs = f"inputs equal but for {len(unequal)} of other distributions ({named})"
    left_out = f", {rest}" if rest else ""
    return f"the same {counted_draws(shared)}, {inputs}{left_out}: errors are those of differences in the same draw"


def paired_errors(
    stored: tuple[xr.DataArray, xr.DataArray], strata: tuple[Strata, Strata], found: xr.DataArray, design: str
) -> Floats:
    """Standard errors of differences between estimates of the same draws, (statistic, policy, [region,] year).

    stored: (policy, draw, [region,] year) of both sweeps; found: differences, in the order of the result, with the
    coordinate `probability` (NaN of a mean).
    """
    result = np.empty(found.shape)
    # One policy and year at a time, so that many draws of many regions fit into memory.
    for policy in range(found.sizes["policy"]):
        for year in range(found.sizes["year"]):
            here, there = (each.isel(policy=policy, year=year).to_numpy().astype(float) for each in stored)
            for place, probability in enumerate(found["probability"].to_numpy()):
                if np.isnan(probability):
                    moved = [stratified_mean(*each)[1] for each in ((here, strata[0]), (there, strata[1]))]
                    result[place, policy, ..., year] = standard_error(moved[1] - moved[0], design)
                else:
                    error = error_of_quantiles((here, there), strata, float(probability), design)
                    result[place, policy, ..., year] = error
    return result


def error_of_quantiles(
    values: tuple[Floats, Floats], strata: tuple[Strata, Strata], probability: float, design: str
) -> Floats:
    """Standard error, (…), of the difference between quantiles of values (draw, …) of the same draws.

    Chance moves both as if other shares of draws lay up to them: by normal deviates with the errors and the covariance
    of these shares, of which the quantiles are taken. Of one quantile alone this is Woodruff's error. NaN where one of
    both has none.
    """
    weights = [pooled_weights(each) for each in strata]
    quantile = [inverse(each, own) for each, own in zip(values, weights, strict=True)]
    wanted = np.array([probability])
    shares = [
        share_beside(each, of(wanted)[..., 0], probability, own)[:2]
        for each, of, own in zip(values, quantile, strata, strict=True)
    ]
    own = [standard_error(moved, design) for _, moved in shares]
    apart = standard_error(shares[1][1] - shares[0][1], design)
    with np.errstate(divide="ignore", invalid="ignore"):
        alike = (own[0] ** 2 + own[1] ** 2 - apart**2) / (2 * own[0] * own[1])
    alike = np.where(np.isfinite(alike), np.clip(alike, -1, 1), np.where(apart > 0, 0.0, 1.0))[..., None]
    errors = [
        error_of_probability(share, error, effective_draws(each))[..., None]
        for (share, _), error, each in zip(shares, own, weights, strict=True)
    ]
    # Of two independent deviates every pair.
    both, rest = (each.ravel() for each in np.meshgrid(_DEVIATES, _DEVIATES))
    deviates = (both, alike * both + np.sqrt(1 - alike**2) * rest)
    first, second = (
        of(np.clip(probability + error * each, 0, 1))
        for of, error, each in zip(quantile, errors, deviates, strict=True)
    )
    reach = NORMAL_95 * np.maximum(*errors)[..., 0]
    known = (probability - reach >= 0) & (probability + reach <= 1)
    return np.where(known, (second - first).std(axis=-1), np.nan)
