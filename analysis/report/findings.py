"""What the sections of a report ask of a store: each outcome is read once, and its statistics are taken once."""

import warnings
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.caution import AnalysisWarning
from analysis.counted import counted_names
from analysis.estimation import plain_estimates
from analysis.futures import BETTER, direction
from analysis.monte_carlo import DESIGNS, NORMAL_95, design_of, standard_error
from analysis.paired import paired_difference
from analysis.regimes import Regimes, regimes_of
from analysis.statistics import PROBABILITIES, fan, in_memory, outcome_names

__all__ = ["MAIN_OUTCOMES", "Findings", "lowest_and_highest"]

Floats = NDArray[np.float64]
MAIN_OUTCOMES = (
    "national_unemployment_rate",
    "national_jobless_rate",
    "national_employment",
    "national_wage",
    "national_gdp",
    "labor_share",
)
# Draws that are read at a time.
BLOCK = 8192
# Draws, the first ones, that inputs are looked through in: more would take long, and tell little more.
SAMPLE = 4096
T = TypeVar("T")


def lowest_and_highest(values: Floats) -> tuple[int, int]:
    """Positions of the least and the greatest of the values that are known."""
    unknown = np.isnan(values)
    return int(np.argmin(np.where(unknown, np.inf, values))), int(np.argmax(np.where(unknown, -np.inf, values)))


class Findings:
    """A store's dataset with what was found in it so far; the first policy is what all others are compared with."""

    def __init__(self, data: xr.Dataset) -> None:
        self.data = data
        self.regimes: Regimes = regimes_of(data)
        self.policies = [str(name) for name in data["policy"].to_numpy()]
        self.years = [int(year) for year in data["year"].to_numpy()]
        self.national = outcome_names(data, regional=False)
        self.regional = outcome_names(data, regional=True)
        self._held: dict[str, xr.Dataset] = {}
        self._fans: dict[tuple[str, bool], xr.DataArray] = {}
        self._differences: dict[str, xr.Dataset] = {}
        self._made: dict[Hashable, Any] = {}

    @property
    def reference(self) -> str:
        """The policy that others are compared with."""
        return self.policies[0]

    @property
    def several(self) -> bool:
        """Whether there is more than one regime."""
        return len(self.regimes.names) > 1

    @property
    def headline(self) -> str:
        """The outcome that is told first."""
        return self.present(("national_unemployment_rate",))[0]

    def present(self, wanted: Sequence[str], regional: bool = False) -> list[str]:
        """The wanted outcomes that the store holds, or its first ones if it holds none of them."""
        there = self.regional if regional else self.national
        return [name for name in wanted if name in there] or there[: len(wanted)]

    @property
    def independent(self) -> bool:
        """Whether draws are drawn one by one, so that shares of them are probabilities."""
        return design_of(self.data) in DESIGNS

    @cached_property
    def strongest(self) -> int | None:
        """Place of the policy that makes the headline better by most, None where none surely does.

        By the mean over draws of the regime of the largest weight, in the last year.
        """
        if len(self.policies) < 2 or self.headline.removeprefix("national_") not in BETTER:
            return None
        found = self.difference(self.headline).isel(year=-1, regime=self.regimes.leading)
        gain = found["mean"].to_numpy() * (-1 if direction(self.headline) == "low" else 1)
        best = int(np.argmax(np.nan_to_num(gain, nan=-np.inf)))
        return 1 + best if gain[best] > NORMAL_95 * found["standard_error"].to_numpy()[best] else None

    def judged(self, outcomes: Sequence[str]) -> list[str]:
        """Those national outcomes of which one way is better, and whose draws are all finite in the last year."""
        known = [name for name in outcomes if name in self.national and name.removeprefix("national_") in BETTER]
        return self.whole(known)

    @property
    def own(self) -> bool:
        """Whether the model is the user's own, of which sections on labor markets say nothing."""
        return "model" in self.data.attrs

    def whole(self, outcomes: Sequence[str]) -> list[str]:
        """Those national outcomes whose draws are all finite in the last year."""
        return [name for name in outcomes if np.isfinite(self.last(name)).all()]

    def is_whole(self, outcome: str) -> bool:
        """Whether all draws of a national outcome are finite in all years."""
        return self.once(("whole", outcome), lambda: bool(np.isfinite(self._read(outcome)[outcome]).all()))

    def together(self, outcomes: Sequence[str]) -> xr.Dataset:
        """The dataset with these national outcomes alone."""
        held = xr.merge([self._read(name)[[name]] for name in outcomes], combine_attrs="override", join="exact")
        return held.assign_attrs(self.data.attrs)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made under a key, once for all sections; what weakens it, they say themselves."""
        if key not in self._made:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", AnalysisWarning)
                self._made[key] = make()
        found: T = self._made[key]
        return found

    def snapshot(self, outcome: str) -> xr.Dataset:
        """The dataset with a national outcome in the last year alone, in memory."""
        return self.once(("snapshot", outcome), lambda: self._read(outcome)[[outcome]].isel(year=[-1]).load())

    def sample(self, outcome: str, policies: Sequence[int] | None = None) -> xr.Dataset:
        """The first draws of a national outcome in the last year, with all inputs, in memory.

        policies: their places, None for all.
        """
        names = [str(name) for name in self.data.data_vars if self.data.variables[name].dims[:1] == ("draw",)]
        few = {"draw": slice(0, self.sampled)}
        inputs = self.once("inputs", lambda: self.data[["draw", *names]].isel(few).compute())
        places = list(range(len(self.policies)) if policies is None else policies)
        return self.once(
            ("sample", outcome, *places),
            lambda: inputs.assign({outcome: self.first_draws(outcome)[outcome].isel(policy=places)}),
        )

    def first_draws(self, outcome: str) -> xr.Dataset:
        """As `sample`, of all policies, without the inputs, which take longer to read than all else of few draws."""
        return self.snapshot(outcome).isel(draw=slice(0, self.sampled))

    @property
    def sampled(self) -> int:
        """Number of draws in a sample."""
        return min(SAMPLE, self.data.sizes["draw"])

    @property
    def sampled_draws(self) -> list[int]:
        """Draws of each regime in a sample."""
        return [int((members < self.sampled).sum()) for members in self.regimes.members]

    def units(self, outcome: str) -> str:
        """The unit in which an outcome is stored."""
        array = self.data[f"{outcome}.mean" if outcome in counted_names(self.data) else outcome]
        return str(array.attrs.get("units", ""))

    def fan(self, outcome: str, pooled: bool = False) -> xr.DataArray:
        """Quantiles of a national outcome by regime, or pooled, as `analysis.fan` gives them."""
        if (outcome, pooled) not in self._fans:
            self._fans[outcome, pooled] = fan(self._read(outcome), outcome, PROBABILITIES, pooled)
        return self._fans[outcome, pooled]

    def fan_errors(self, outcome: str, pooled: bool = False) -> xr.DataArray:
        """Standard errors of the quantiles of `fan`, as `analysis.estimates` gives them."""
        return self.once(
            ("fan errors", outcome, pooled),
            lambda: plain_estimates(self._read(outcome), outcome, PROBABILITIES, pooled)["quantiles_error"],
        )

    def medians(self, outcome: str, pooled: bool = False) -> tuple[xr.DataArray, xr.DataArray]:
        """Medians by regime, or pooled, with their standard errors, as `analysis.estimates` gives them."""
        found: xr.Dataset = self.once(
            ("medians", outcome, pooled), lambda: plain_estimates(self._read(outcome), outcome, (0.5,), pooled)
        )
        own = found.isel(quantile=0)
        return own["quantiles"], own["quantiles_error"]

    def difference(self, outcome: str) -> xr.Dataset:
        """Differences to the reference by regime, as `analysis.paired_difference` gives them."""
        if outcome not in self._differences:
            self._differences[outcome] = paired_difference(self._read(outcome), outcome, self.reference)
        return self._differences[outcome]

    def pooled_difference(self, outcome: str) -> xr.Dataset:
        """Differences in a national outcome's last year, regimes pooled, as `analysis.paired_difference` gives them."""
        last = self._read(outcome).isel(year=[-1])
        return self.once(("pooled", outcome), lambda: paired_difference(last, outcome, self.reference, pooled=True))

    def last(self, outcome: str) -> Floats:
        """Values of a national outcome in the last year, (policy, draw)."""
        return self._read(outcome)[outcome].isel(year=-1).transpose("policy", "draw").to_numpy().astype(float)

    def last_by(self, outcome: str, rows: Floats) -> Floats:
        """Weighted sums over regions of a regional outcome's draws in the last year, (policy, draw, row).

        rows: weight of each region in each row, (row, region). Of large outcomes some draws are read at a time.
        """
        last = self._read(outcome)[outcome].isel(year=-1).transpose("policy", "draw", "region")
        found = np.empty((*last.shape[:2], len(rows)))
        for start in range(0, last.sizes["draw"], BLOCK):
            block = slice(start, start + BLOCK)
            found[:, block] = last.isel(draw=block).to_numpy().astype(float) @ rows.T
        return found

    def mean_without_policy(self, outcome: str) -> Floats:
        """Mean over each regime's draws of an outcome under the reference, (regime, [region,] year)."""
        values = self._read(outcome)[outcome].isel(policy=0).transpose("draw", ...).to_numpy()
        return np.stack([values[members].mean(axis=0, dtype=float) for members in self.regimes.members])

    def error(self, influence: Floats) -> Floats:
        """Monte Carlo standard error of a result with these influence values, (draw, …)."""
        return standard_error(influence, design_of(self.data))

    def _read(self, outcome: str) -> xr.Dataset:
        """The dataset with one outcome in memory, if there is room; read once."""
        if outcome not in self._held:
            self._held[outcome] = in_memory(self.data, outcome)
        return self._held[outcome]
