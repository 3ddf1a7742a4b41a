"""What a year of work, and a year out of poverty, costs the public under each policy, where that can be told at all."""

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import is_number, refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.futures import by_draw, by_regime, drawn_by, few_draws
from analysis.monte_carlo import NORMAL_95, standard_error, stratified_mean
from analysis.regimes import Strata, regimes_of
from analysis.statistics import outcome_names
from analysis.units import INTERVAL
from sweep.errors import ConfigError, nearest

__all__ = ["DISCOUNT", "EFFECTS", "NEEDED", "cost_effectiveness"]

Floats = NDArray[np.float64]
# A year, of costs and of what they buy alike: the reference case of Sanders et al. 2016.
DISCOUNT = 0.03
COSTS = ("net_cost", "gross_cost", "social_cost")
_PEOPLE = ("national_employment", "guarantee_workers", "informal_share", "national_unemployment_rate",
           "national_participation_rate")  # fmt: skip
# What is gained: outcomes it is made of, and what it is called.
NEEDED = {
    "job_years": ("national_employment",),
    "job_years_with_guarantee": ("national_employment", "guarantee_workers"),
    "person_years_out_of_poverty": ("national_poverty_rate", *_PEOPLE),
}
EFFECTS = {
    "job_years": "job-years",
    "job_years_with_guarantee": "job-years, guarantee jobs among them",
    "person_years_out_of_poverty": "person-years out of poverty",
}


def cost_effectiveness(
    data: xr.Dataset, to: str = "none", cost: str = "net_cost", discount: float = DISCOUNT, pooled: bool = False
) -> xr.Dataset:
    """What policies cost for each job-year and each person-year out of poverty beyond policy `to`, over all years.

    By (regime, policy, effect), national: `cost` and `gain` are means over draws of same-draw differences, added up
    over years with a discount on both (3 % a year by default); `cost_of_one` is the ratio of these means in USD, with
    `lower` and `upper` as its 95 % interval; `…_error` are Monte Carlo errors. Effects are `job_years` (employed
    persons, without guarantee jobs), `job_years_with_guarantee`, and `person_years_out_of_poverty` (of adults above
    the fixed line).

    Where the gain is within 1.96 standard errors of zero, or a loss, there is no ratio: it is NaN, and `remark` says
    "undefined: …"; so too where the public saves and gains, since more of a saving for each is no merit: "saves: …".
    `verdict` is one of "told", "noise", "loss", "saves" and "few" (draws too few to tell an error).
    `cost` names the outcome: net_cost, before financing, or social_cost, gross_cost. A dataset that leaves out years
    gives costs and gains of those it has. Raises ConfigError on names that aren't there. Interval: Fieller 1954.

    >>> from analysis import cost_effectiveness, example
    >>> found = cost_effectiveness(example(), pooled=True).sel(policy="retraining", effect="job_years")
    >>> round(found["cost_of_one"].item(), -3), found["remark"].item()
    (71000.0, '')
    """
    refuse_no_sweep(data)
    policies = [str(name) for name in data["policy"].to_numpy()]
    if to not in policies:
        raise ConfigError(f"unknown policy {to!r}: {nearest(to, policies)}")
    if len(policies) < 2:
        raise ConfigError(f"cost_effectiveness compares policies, and the dataset has {to!r} alone")
    if cost not in COSTS:
        raise ConfigError(f"cost: expected what the public pays in USD, got {cost!r}: {nearest(cost, COSTS)}")
    if not (is_number(discount) and -1 < discount < 1):
        raise ConfigError(f"discount: expected a rate a year such as 0.03, got {discount!r}")
    known = set(outcome_names(data, regional=False))
    effects = [name for name, needed in NEEDED.items() if set(needed) <= known]
    if not effects:
        raise ConfigError("cost_effectiveness needs national_employment or national_poverty_rate: the store has none")
    paid, units = _discounted(data, cost, discount), str(data[cost].attrs.get("units", ""))
    gained = [_gain(data, effect, discount) for effect in effects]
    reference, others = policies.index(to), [row for row, name in enumerate(policies) if name != to]
    costs, *gains = (each[:, others] - each[:, [reference]] for each in (paid, *gained))
    design, names = drawn_by(data), {"policy": [policies[row] for row in others]}

    def table(strata: Strata) -> xr.Dataset:
        ratios = [_ratio(costs, gain, strata, design, effect) for gain, effect in zip(gains, effects, strict=True)]
        dims = ("policy", "effect")
        columns: dict[str, Any] = {key: (dims, np.stack([each[key] for each in ratios], -1)) for key in ratios[0]}
        mean, influence = stratified_mean(costs, strata)
        columns |= {"cost": ("policy", mean), "cost_error": ("policy", standard_error(influence, design))}
        return xr.Dataset(columns, {**names, "effect": effects})

    found = by_regime(regimes_of(data, weighted=True), table, pooled)
    about = {"outcome": cost, "to": to, "discount": discount, "units": units.removesuffix(" per year")}
    lacking = [name for name in NEEDED if name not in effects]
    told = f"not in the store: {', '.join(lacking)} (poverty takes outputs=distribution)" if lacking else ""
    found = described(found, str(about["units"]), "cost", "cost_of_one", "lower", "upper", gain="person-years")
    return cautioned(found.assign_attrs(about), told, few_draws(found))


def _discounted(data: xr.Dataset, outcome: str, discount: float) -> Floats:
    """Sum over years of a national outcome, each discounted to the first, (draw, policy)."""
    stored = by_draw(data, outcome)
    years = stored["year"].to_numpy().astype(float)
    return np.asarray(stored.to_numpy() @ (1 + discount) ** (years[0] - years))


def _gain(data: xr.Dataset, effect: str, discount: float) -> Floats:
    """Discounted person-years of which more is better, (draw, policy)."""
    if effect == "person_years_out_of_poverty":
        return -_discounted(data, "national_poverty_rate", discount) * _adults(data)
    return np.asarray(sum(_discounted(data, outcome, discount) for outcome in NEEDED[effect]))


def _adults(data: xr.Dataset) -> Floats:
    """Persons of working age, (draw, policy): those of the first year, since people only move within the nation."""
    first = {name: by_draw(data.isel(year=[0]), name).to_numpy()[..., 0] for name in _PEOPLE}
    formal = first["national_employment"] + first["guarantee_workers"]
    force = formal / (1 - first["informal_share"]) / (1 - first["national_unemployment_rate"])
    return np.asarray(force / first["national_participation_rate"])


def _ratio(costs: Floats, gains: Floats, strata: Strata, design: str, effect: str) -> dict[str, NDArray[Any]]:
    """Gains, and costs of one, (policy,), with their errors, of draws (draw, policy); NaN where there is no gain."""
    (cost, paid), (gain, got) = stratified_mean(costs, strata), stratified_mean(gains, strata)
    error, saved = standard_error(got, design), cost < -NORMAL_95 * standard_error(paid, design)
    verdict = [_verdict(*each) for each in zip(gain, error, saved, strict=True)]
    remark = [_remark(*each, EFFECTS[effect]) for each in zip(verdict, gain, error, strict=True)]
    known = np.array(verdict) == "told"
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(known, cost / gain, np.nan)
        lower, upper = _interval(cost, gain, paid, got, design)
        ratio_error = standard_error((paid - ratio * got) / gain, design)
    return {
        "gain": gain,
        "gain_error": error,
        "cost_of_one": ratio,
        "cost_of_one_error": ratio_error,
        "lower": np.where(known, lower, np.nan),
        "upper": np.where(known, upper, np.nan),
        "verdict": np.array(verdict),
        "remark": np.array(remark),
    }


def _verdict(gain: float, error: float, saved: bool) -> str:
    """Whether there is a cost of one, "told", or why there is none."""
    if not np.isfinite(error):
        return "few"
    if abs(gain) <= NORMAL_95 * error or gain == 0:
        return "noise"
    if gain < 0:
        return "loss"
    return "saves" if saved else "told"


def _remark(verdict: str, gain: float, error: float, gained: str) -> str:
    """Why there is no cost of one, in words; "" where there is."""
    amount = f"{gain:,.0f} ± {NORMAL_95 * error:,.0f} {gained}"
    remarks = {
        "few": "undefined: too few draws to tell an error",
        "noise": f"undefined: the gain, {amount}, is within noise ({INTERVAL})",
        "loss": f"undefined: a loss, {amount} ({INTERVAL})",
        "saves": f"saves: the public pays less, and gains {amount} ({INTERVAL})",
    }
    return remarks.get(verdict, "")


def _interval(cost: Floats, gain: Floats, paid: Floats, got: Floats, design: str) -> tuple[Floats, Floats]:
    """95 % interval of cost over gain, both (policy,): ratios that their errors and covariance don't rule out.

    Source: Fieller 1954.
    """
    spread, width = standard_error(paid, design), standard_error(got, design)
    one, other = paid / np.where(spread > 0, spread, 1), got / np.where(width > 0, width, 1)
    together = standard_error(one + other, design) ** 2 - standard_error(one - other, design) ** 2
    square, covariance = NORMAL_95**2, together / 4 * spread * width
    a, b = gain**2 - square * width**2, cost * gain - square * covariance
    root = np.sqrt(np.maximum(b**2 - a * (cost**2 - square * spread**2), 0))
    return (b - root) / a, (b + root) / a
