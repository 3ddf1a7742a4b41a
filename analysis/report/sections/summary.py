"""The executive summary: what was found in plain sentences, each made from the numbers and as sure as they are."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.monte_carlo import NORMAL_95, design_of, undrawn
from analysis.report.findings import Findings, lowest_and_highest
from analysis.report.language import Language
from analysis.report.markup import joined, tag
from analysis.report.naming import draws_told, policy_names, regime_names, region_names, weights_told
from analysis.report.section import Section
from analysis.report.sections.exceedance import chance_above
from analysis.report.verdicts import Verdicts
from analysis.statistics import tail_regime
from analysis.units import Scale

__all__ = ["executive_summary"]

JOBLESS, COST, REGIONAL = "national_jobless_rate", "net_cost", "unemployment_rate"
# Rates whose chances are worth telling; the highest that at least so many futures exceed is told.
THRESHOLDS, LEAST_CHANCE = (0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3), 0.02
# Of the headline, less is better.
LESS_IS_BETTER = ("national_unemployment_rate",)
# Of fewer draws not even the smallest and the largest are the ends of a 95 % interval of their median.
FEWEST_ORDERED = 6
# Of the largest change, what less is told as hardly any.
HARDLY = 0.05
Floats = NDArray[np.float64]


def executive_summary(findings: Findings, language: Language) -> Section:
    """The sentences, each point with what it is about."""
    teller, verdicts = _Teller(findings, language), Verdicts(findings, language)
    points: dict[str, Callable[[], str]] = {
        "without": teller.without,
        "chances": teller.chances,
        "helps": teller.helps,
        "holds": verdicts.holds,
        "caution": teller.caution,
        "costs": teller.costs,
        "where": teller.where,
        "decides_most": verdicts.decides,
        "fails": verdicts.fails,
        "sure": teller.sure,
    }
    told = {key: tell() for key, tell in points.items()}
    items = [
        tag("li", tag("strong", language.say(f"summary.{key}")), " ", words) for key, words in told.items() if words
    ]
    content = joined(tag("p", teller.scope()), tag("ul", *items))
    return Section("summary", language.say("summary.heading"), tag("div", content, class_="findings"))


class _Teller:
    """Tells each point, "" where the store holds nothing for it."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self.findings, self.language = findings, language
        self.outcome = findings.headline
        self.name = language.outcome(self.outcome)
        self.policies = policy_names(findings.data, language)
        self.regimes = regime_names(findings.regimes.names, language)
        self.leading = findings.regimes.leading
        self.year = findings.years[-1]
        self.last = findings.last(self.outcome)
        self.compared = len(self.policies) > 1 and self.outcome in LESS_IS_BETTER
        if self.compared:
            found = findings.difference(self.outcome).isel(year=-1).transpose("regime", "policy")
            self.mean, self.error = found["mean"].to_numpy(), found["standard_error"].to_numpy()
            # What is within this of zero can't be told from it.
            self.reach = NORMAL_95 * self.error
            self.below, self.below_error = found["below_zero"].to_numpy(), found["below_zero_error"].to_numpy()
            self.order = np.argsort(self.mean[self.leading], kind="stable")
            self.scale = language.scale(self.outcome, findings.units(self.outcome), self.mean, difference=True)

    def _say(self, key: str, **values: object) -> str:
        return self.language.say(f"summary.{key}", **values)

    def _in_regime(self, place: int) -> str:
        """The regime as a part of a sentence, nothing where there is only one."""
        return self._say("in_regime", regime=self.regimes[place]) if self.findings.several else ""

    def _change(self, place: int) -> str:
        """A policy's change in the leading regime, with its error and unit."""
        mean, error = self.mean[self.leading, place], self.error[self.leading, place]
        return self.language.measured(self.language.with_error(mean, error, self.scale), self.scale)

    def _changes(self, places: list[int]) -> str:
        pairs = [self._say("pair", name=self.policies[1 + place], value=self._change(place)) for place in places]
        return self.language.listed(pairs)

    def scope(self) -> str:
        """What was run."""
        data, language = self.findings.data, self.language
        extent = {"draws": draws_told(data, language), "first": self.findings.years[0], "last": self.year}
        if len(self.policies) < 2:
            return self._say("scope_alone", **extent)
        others = language.count("policies", len(self.policies) - 1)
        return self._say("scope", **extent, policies=others, reference=self.policies[0])

    def without(self) -> str:
        """Medians without policy by regime, with their Monte Carlo intervals, and the spread of the leading regime."""
        fan, language = self.findings.fan(self.outcome), self.language
        values = fan.isel(policy=0).transpose("regime", "year", "quantile").to_numpy()
        scale = language.scale(self.outcome, self.findings.units(self.outcome), values)

        def told(value: float) -> str:
            own = scale.digits_for(value, 3)
            return language.measured(own.show(value), own)

        listed = []
        for place, members in enumerate(self.findings.regimes.members):
            low, middle, high = _median_interval(self.last[0, members])
            own = scale.digits_for(middle, 3)
            if len(members) < FEWEST_ORDERED or undrawn(design_of(self.findings.data)):
                median = self._say("median_alone", median=told(middle))
            else:
                median = self._say("median", median=told(middle), low=own.show(low), high=own.show(high))
            regime = self.regimes[place]
            listed.append(self._say("median_in", median=median, regime=regime) if self.findings.several else median)
        years = {"first": self.findings.years[0], "last": self.year}
        before = told(values[self.leading, 0, 2])
        errors = self.findings.fan_errors(self.outcome).isel(policy=0).transpose("regime", "year", "quantile")
        ends = zip(values[self.leading, -1, [0, -1]], errors.to_numpy()[self.leading, -1, [0, -1]], strict=True)

        def end(value: float, error: float) -> str:
            if not np.isfinite(error):
                return told(value) + language.say("form.unknown")
            return language.measured(language.with_error(value, error, scale, signed=False), scale)

        first, last = (end(*each) for each in ends)
        return language.sentences(
            self._say("medians", outcome=self.name, before=before, listed=language.listed(listed), **years),
            self._say("spread", where=self._in_regime(self.leading), low=first, high=last),
        )

    def chances(self) -> str:
        """The chance of a high rate without policy, and whose tail it is."""
        if self.outcome not in LESS_IS_BETTER:
            return ""
        regimes, language = self.findings.regimes, self.language
        (strata,) = regimes.strata(pooled=True)
        found = [chance_above(self.findings, self.last[:1], value, strata) for value in THRESHOLDS]
        told = [
            place
            for place, (share, error) in enumerate(found)
            if share[0] >= LEAST_CHANCE and not share[0] <= NORMAL_95 * error[0]
        ]
        if not told:
            return ""
        share, error = found[told[-1]]
        threshold = language.measured(f"{100 * THRESHOLDS[told[-1]]:g}", language.scale(self.outcome, "1", [0.1]))
        chance = language.percent(float(share[0]), float(error[0]))
        return language.sentences(
            self._say("chance", outcome=self.name, threshold=threshold, chance=chance, year=self.year),
            weights_told(regimes, language) if self.findings.several else "",
            self._tail(),
        )

    def _tail(self) -> str:
        """Which regime the upper tail is."""
        found = tail_regime(self.findings.data, self.outcome)
        if found is None:
            return ""
        place, share = found
        weight = f"{self.findings.regimes.weights[place]:.3g}"
        return self._say("tail", regime=self.regimes[place], weight=weight, share=self.language.percent(share))

    def helps(self) -> str:
        """Which policy lowers the headline most, whether the next can be told from it, and in which regimes it does."""
        if not self.compared:
            return ""
        mean, sure = self.mean[self.leading], np.abs(self.mean[self.leading]) > self.reach[self.leading]
        much = self._much()
        lower = [int(place) for place in self.order if sure[place] and much[place] and mean[place] < 0]
        higher = [int(place) for place in self.order[::-1] if sure[place] and much[place] and mean[place] > 0]
        hardly = [int(place) for place in self.order if sure[place] and not much[place]]
        unsure = [int(place) for place in self.order if not sure[place]]
        return self.language.sentences(
            self._best(lower),
            self._say("hardly", listed=self._changes(hardly)) if hardly else "",
            self._say("unsure", policies=self.language.listed(self.policies[1 + place] for place in unsure))
            if unsure
            else "",
            self._say("higher", listed=self._changes(higher)) if higher else "",
        )

    def _much(self) -> NDArray[np.bool_]:
        """Which policies change the headline by no less than a twentieth of the most."""
        sizes = np.abs(self.mean[self.leading])
        return np.asarray(sizes >= HARDLY * np.nanmax(sizes, initial=0.0))

    def _best(self, lower: list[int]) -> str:
        """The policy that lowers the headline most, among those that do."""
        where = self._in_regime(self.leading)
        if not lower:
            return self._say("none_lowers", where=where, outcome=self.name)
        best = lower[0]
        about = {"policy": self.policies[1 + best], "outcome": self.name, "change": self._change(best)}
        return self.language.sentences(
            self._say("best", where=where, year=self.year, **about),
            self._say("often", share=self._often(best)),
            self._next(lower),
            self._elsewhere(best),
        )

    def _often(self, place: int) -> str:
        """In what share of the leading regime's draws a policy lowers the headline."""
        share, error = self.below[self.leading, place], self.below_error[self.leading, place]
        return self.language.percent(float(share), float(error))

    def _next(self, lower: list[int]) -> str:
        """The others that lower it, and whether the second can be told from the first in the same draws."""
        if len(lower) < 2:
            return ""
        members = self.findings.regimes.members[self.leading]
        apart = self.last[1 + lower[0]] - self.last[1 + lower[1]]
        inside = np.zeros(len(apart))
        inside[members] = len(apart) / len(members)
        mean = apart[members].mean()
        told = abs(mean) > NORMAL_95 * self.findings.error(inside * (apart - mean))
        return self._say("next" if told else "next_close", listed=self._changes(lower[1:]))

    def _elsewhere(self, best: int) -> str:
        """Whether the same policy is best in every regime, and if not, which is where, as far as draws tell."""
        if not self.findings.several:
            return ""
        first = np.argmin(np.nan_to_num(self.mean, nan=np.inf), axis=1)
        sure = (self.mean < -self.reach)[np.arange(len(first)), first]
        if (sure & (first == best)).all():
            return self._say("everywhere", policy=self.policies[1 + best])
        told = [
            self._say("best_in", regime=regime, policy=self.policies[1 + policy] if known else self._say("unknown"))
            for regime, policy, known in zip(self.regimes, first.tolist(), sure, strict=True)
        ]
        return self._say("by_regime", listed=self.language.listed(told))

    def caution(self) -> str:
        """Policies under which unemployment falls because people leave the labor force."""
        if not self.compared or JOBLESS not in self.findings.national:
            return ""
        found = self.findings.difference(JOBLESS).isel(year=-1, regime=self.leading)
        mean, error = found["mean"].to_numpy(), NORMAL_95 * found["standard_error"].to_numpy()
        own = self.mean[self.leading]
        falls = (own < -self.reach[self.leading]) & self._much()
        names = [self.policies[1 + place] for place in np.flatnonzero(falls & (mean > error))]
        if not names:
            return ""
        return self._say("leaves", policies=self.language.listed(names), jobless=self.language.outcome(JOBLESS))

    def costs(self) -> str:
        """What each policy costs the budget in a year, the dearest first."""
        if len(self.policies) < 2 or COST not in self.findings.national:
            return ""
        found = self.findings.difference(COST).isel(year=-1, regime=self.leading)
        mean, error = found["mean"].to_numpy(), found["standard_error"].to_numpy()
        language = self.language

        def told(place: int) -> str:
            scale: Scale = language.scale(COST, self.findings.units(COST), mean[place], difference=True)
            value = language.measured(language.with_error(mean[place], error[place], scale), scale)
            return self._say("pair", name=self.policies[1 + place], value=value)

        listed = language.listed(told(int(place)) for place in np.argsort(-mean, kind="stable"))
        return self._say("cost", where=self._in_regime(self.leading), year=self.year, listed=listed)

    def where(self) -> str:
        """In how many regions the strongest policy lowers unemployment, and where most."""
        if not self.compared or REGIONAL not in self.findings.regional:
            return ""
        found = self.findings.difference(REGIONAL).isel(year=-1).transpose("regime", "policy", "region")
        regime = self.leading if found.sizes["regime"] > 1 else 0
        best = int(self.order[0])
        if not self.mean[self.leading, best] < -self.reach[self.leading, best]:
            return ""
        mean = found["mean"].to_numpy()[regime, best]
        error = found["standard_error"].to_numpy()[regime, best]
        reach = NORMAL_95 * error
        language = self.language
        scale = language.scale(REGIONAL, "1", mean, difference=True)
        names = region_names([str(name) for name in found["region"].to_numpy()], language)
        low, high = lowest_and_highest(mean)
        counts = {
            "falls": language.count("regions", int((mean < -reach).sum())),
            "rises": f"{int((mean > reach).sum()):,}",
            "unsure": f"{int((~(np.abs(mean) > reach)).sum()):,}",
        }
        return self._say(
            "regions",
            policy=self.policies[1 + best],
            where=self._in_regime(regime) if found.sizes["regime"] > 1 else "",
            **counts,
            low=names[low],
            low_value=language.measured(language.with_error(mean[low], error[low], scale), scale),
            high=names[high],
            high_value=language.measured(language.with_error(mean[high], error[high], scale), scale),
        )

    def sure(self) -> str:
        """What the errors are, and what they leave out."""
        key = "limits" if self.findings.several else "limits_alone"
        return self._say(key)


def _median_interval(values: Floats) -> tuple[float, float, float]:
    """Median of draws between the ends of its 95 % Monte Carlo interval, which are draws: those of independent ones."""
    half = NORMAL_95 * 0.5 / np.sqrt(len(values))
    low, middle, high = np.quantile(values, (max(0.0, 0.5 - half), 0.5, min(1.0, 0.5 + half)))
    return float(low), float(middle), float(high)
