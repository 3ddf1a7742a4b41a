"""One number for each policy in each future: an outcome in a year, or over years, and which way of it is better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.caution import refuse_gaps
from analysis.monte_carlo import DRAWN, design_of, undrawn
from analysis.regimes import Regimes, Strata, regimes_of
from analysis.statistics import outcome_values
from sweep.errors import ConfigError, nearest

__all__ = ["BETTER", "Futures", "Over", "by_draw", "by_regime", "direction", "drawn_by", "few_draws", "futures"]

Floats = NDArray[np.float64]
Over = int | Literal["last", "mean", "total", "worst"]

# Which way of an outcome is better, by its name without "national_". Outcomes of which people want now more and now
# less (AI adoption, hours, participants of programs, tax revenue) aren't here: who compares by them says which way.
BETTER: dict[str, Literal["low", "high"]] = {
    **dict.fromkeys(
        (
            "unemployment_rate", "jobless_rate", "long_term_unemployment_rate", "layoffs", "scarring_loss",
            "poverty_rate", "relative_poverty_rate", "informal_poverty_rate", "not_employable_poverty_rate",
            "gini", "theil_gdp", "theil_income", "informal_share",
            "net_cost", "gross_cost", "social_cost", "debt", "labor_tax_change",
        ),
        "low",
    ),
    **dict.fromkeys(
        ("employment", "participation_rate", "wage", "gdp", "disposable_income", "labor_share", "life_satisfaction"),
        "high",
    ),
}  # fmt: skip

# Below so many draws that count, shares and errors of a regime are rough.
FEW = 30


def direction(outcome: str, better: str | None = None) -> Literal["low", "high"]:
    """Which way of an outcome is better, as `BETTER` has it or as `better` says: "low" or "high".

    Raises ConfigError where neither says.
    """
    found = better or BETTER.get(outcome.removeprefix("national_"))
    if found == "low":
        return "low"
    if found == "high":
        return "high"
    if better:
        raise ConfigError(f"better: expected 'low' or 'high', got {better!r}")
    raise ConfigError(f"{outcome}: people differ on whether more of it is better: say better='low' or better='high'")


@dataclass(frozen=True)
class Futures:
    """One number for each policy in each draw.

    values: (draw, policy), in the units of `about`; better: "low" or "high"; design: of the draws, for errors;
    about: outcome, units, long_name, over, better.
    """

    values: Floats
    better: Literal["low", "high"]
    policies: tuple[str, ...]
    regimes: Regimes
    design: str
    about: Mapping[str, Any]

    @property
    def sign(self) -> int:
        """1 where high is better, -1 where low is."""
        return 1 if self.better == "high" else -1

    @property
    def merit(self) -> Floats:
        """The values so turned that more is better, (draw, policy)."""
        return self.sign * self.values


def futures(data: xr.Dataset, outcome: str, over: Over = "last", better: str | None = None) -> Futures:
    """An outcome, national or of one selected region, by draw and policy.

    over: a year, the last one, or over all years of the dataset their mean, total or worst; better: "low" or "high",
    else as `BETTER` has it. Raises ConfigError on names, years and ways that aren't there, regional outcomes, and draws
    without a finite value; and where draws aren't of the stated distributions.
    """
    stored, way = by_draw(data, outcome), direction(outcome, better)
    values, span = _over(stored, over, way)
    units = str(stored.attrs.get("units", ""))
    about = {
        "outcome": outcome,
        "units": _total_units(units) if over == "total" else units,
        "long_name": f"{stored.attrs.get('long_name', outcome)}, {span}",
        "over": str(over),
        "better": way,
    }
    policies = tuple(str(name) for name in data["policy"].to_numpy())
    return Futures(values, way, policies, regimes_of(data, weighted=True), drawn_by(data), about)


def drawn_by(data: xr.Dataset) -> str:
    """The design of the draws. Raises ConfigError where they aren't drawn at random from the stated distributions."""
    design = design_of(data)
    if why := undrawn(design):
        raise ConfigError(
            f"this needs draws of design={DRAWN}; {why}, so that shares and errors would mislead: run the sweep with "
            "one of these"
        )
    return design


def by_draw(data: xr.Dataset, outcome: str) -> xr.DataArray:
    """An outcome, national or of one selected region, (draw, policy, year), in memory.

    Raises ConfigError on a name that isn't there, a regional outcome, and draws without a finite value.
    """
    stored = outcome_values(data, outcome)
    if "region" in stored.dims:
        raise ConfigError(f"{outcome} is regional: select a region first, data.sel(region=...)")
    found = stored.transpose("draw", "policy", "year").astype(np.float64)
    refuse_gaps(outcome, found.to_numpy())
    return found


def _total_units(units: str) -> str:
    """Units of a sum over years."""
    return units.removesuffix(" per year") if units.endswith(" per year") else f"{units} × years"


def _over(stored: xr.DataArray, over: Over, way: str) -> tuple[Floats, str]:
    """The numbers, (draw, policy), of an outcome (draw, policy, year), and in words what they are of its years."""
    years, values = [int(year) for year in stored["year"].to_numpy()], stored.to_numpy()
    reductions: dict[Any, Callable[..., Any]] = {"mean": np.mean, "total": np.sum}
    reductions["worst"] = np.max if way == "low" else np.min
    if isinstance(over, str) and over in reductions:
        return np.asarray(reductions[over](values, axis=-1)), f"{over} of {years[0]} to {years[-1]}"
    year = years[-1] if over == "last" else over
    if year not in years:
        hint = nearest(over, ("last", *reductions)) if isinstance(over, str) else f"it holds {years[0]} to {years[-1]}"
        raise ConfigError(f"over: expected a year of the store, last, mean, total or worst, got {over!r}: {hint}")
    return values[..., years.index(int(year))], f"in {year}"


def by_regime(regimes: Regimes, statistic: Callable[[Strata], xr.Dataset], pooled: bool) -> xr.Dataset:
    """A statistic by regime, or of regimes pooled by weights, which the attribute `weights` then tells.

    statistic: from strata of draws. Coordinates `draws` and `effective_draws` (by how unlike weights are) count draws.
    """
    groups = regimes.strata(pooled)
    parts = [statistic(group) for group in groups]
    told = {"beliefs": regimes.beliefs} if regimes.beliefs else {}
    if pooled:
        return parts[0].assign_coords(regimes.counts(pooled)).assign_attrs(told | regimes.pooled_attributes)
    together = xr.concat(parts, "regime", data_vars="all", coords="minimal", compat="override", join="exact")
    return together.assign_coords(regimes.counts(pooled)).assign_attrs(told)


def few_draws(found: xr.Dataset) -> str:
    """A notice where draws that count are so few that shares, tails and errors are rough; "" elsewhere."""
    counts = np.atleast_1d(found["effective_draws"].to_numpy())
    names = [str(name) for name in found["regime"].to_numpy()] if "regime" in found.dims else ["all regimes together"]
    few = [f"{name} {count:.0f}" for name, count in zip(names, counts, strict=True) if count < FEW]
    return f"few draws count, so that shares, tails and their errors are rough: {', '.join(few)}" if few else ""
