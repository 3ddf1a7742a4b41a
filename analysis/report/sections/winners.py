"""Who gains and who loses: changes by group of regions, by region, and by group of people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.counted import counted_names
from analysis.futures import direction
from analysis.monte_carlo import weighted_mean
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.geography import places
from analysis.report.language import Language
from analysis.report.markup import Markup, joined, row, scrolled, tag
from analysis.report.measures import AMOUNTS, CHANGES, NORMAL_95, can_change, relative_scale
from analysis.report.naming import policy_names, regime_names, region_names
from analysis.report.regime_panels import outcome_chooser
from analysis.report.section import Section
from analysis.units import Scale

__all__ = ["winners"]

PEOPLE = (
    "national_poverty_rate",
    "not_employable_poverty_rate",
    "informal_poverty_rate",
    "relative_poverty_rate",
    "national_disposable_income",
    "gini",
    "life_satisfaction",
)
Floats = NDArray[np.float64]


def winners(findings: Findings, language: Language) -> Section | None:
    """Tables by group and policy; nothing where there is no other policy, or no draws of regional outcomes."""
    if len(findings.policies) < 2:
        return None
    outcomes = [name for name in CHANGES if name in findings.regional and can_change(findings, name)]
    outcomes = [name for name in outcomes if name not in counted_names(findings.data)]
    parts = [_by_region(findings, language, outcomes)] if outcomes else []
    people = [name for name in PEOPLE if name in findings.national]
    parts += [_people(findings, language, people)] if people else []
    if not parts:
        return None
    return Section("winners", language.say("winners.heading"), joined(*parts))


@dataclass(frozen=True)
class _Changes:
    """Changes with their standard errors, (row, policy), as they are stored; and what shows them."""

    mean: Floats
    error: Floats
    scale: Scale
    less_is_better: bool

    def cells(self, place: int, language: Language) -> list[Markup]:
        """The cells of one row."""
        return [self._cell(place, policy, language) for policy in range(self.mean.shape[1])]

    def _cell(self, row: int, policy: int, language: Language) -> Markup:
        """One change, colored and marked by whether it is for the better."""
        mean, error = self.mean[row, policy], self.error[row, policy]
        told = language.with_error(mean, error, self.scale)
        kind = self.kind(row, policy)
        return tag("td", tag("span", language.say(f"winners.{kind}"), class_="sign"), told, class_=kind)

    def kind(self, row: int, policy: int) -> str:
        """Whether a change is a gain, a loss, or can't be told from nothing."""
        mean = self.mean[row, policy]
        if not abs(mean) > NORMAL_95 * self.error[row, policy]:
            return "even"
        return "gain" if (mean < 0) == self.less_is_better else "loss"


def _by_region(findings: Findings, language: Language, outcomes: Sequence[str]) -> Markup:
    """A table for each outcome and regime: groups, then how many regions gain and lose and which do most."""
    regimes = regime_names(findings.regimes.names, language)
    choice = Choice(
        (
            outcome_chooser(language, outcomes),
            Chooser.numbered(language.say("control.regime"), regimes, findings.regimes.leading),
        )
    )
    states = []
    for place, outcome in enumerate(outcomes):
        regional = _Regional(findings, language, outcome)
        for regime in range(len(regimes)):
            states.append(choice.when(regional.table(regime), str(place), str(regime)))
    notes = tag("p", language.say("winners.reading"), class_="note")
    return joined(choice.draw(*states), notes)


class _Regional:
    """Changes of one outcome by region and by group of regions in the last year."""

    def __init__(self, findings: Findings, language: Language, outcome: str) -> None:
        self.findings, self.language, self.outcome = findings, language, outcome
        names = [str(name) for name in findings.data["region"].to_numpy()]
        self.regions = region_names(names, language)
        groups = [place.group for place in places(names)]
        self.groups = [group for group in dict.fromkeys(groups) if group]
        self.policies = policy_names(findings.data, language)
        weights = _weights(findings, outcome)
        # (row, region): all regions, then each group.
        members = np.array([[True] * len(names), *([group == own for own in groups] for group in self.groups)])
        shares = members * weights
        self.values = findings.last_by(outcome, shares / shares.sum(axis=1, keepdims=True))
        self.found = findings.difference(outcome).isel(year=-1).transpose("regime", "region", "policy")

    def table(self, regime: int) -> Markup:
        """One regime's table."""
        language, changes = self.language, self._changes(regime)
        names = [language.say("winners.all"), *(language.name("group", group) for group in self.groups)]
        rows = [row(name, *changes.cells(place, language)) for place, name in enumerate(names)]
        rows += self._counts(self._regions(regime))
        title = language.say(
            "winners.title",
            outcome=language.title(language.outcome(self.outcome)),
            reference=self.policies[0],
            year=self.findings.years[-1],
            unit=changes.scale.unit,
        )
        heads = [language.say("winners.group"), *self.policies[1:]]
        regime_name = regime_names(self.findings.regimes.names, language)[regime]
        return _titled(language, regime_name, title, heads, rows)

    def _counts(self, changes: _Changes) -> list[Markup]:
        """Rows with how many regions gain and lose, and which gain and lose most."""
        language = self.language
        regions, count = changes.mean.shape
        kinds = [[changes.kind(place, policy) for place in range(regions)] for policy in range(count)]
        rows = [
            row(
                language.say(f"winners.count_{kind}"),
                *(language.count("regions", own.count(kind)) for own in kinds),
                kind="counts",
            )
            for kind in ("gain", "even", "loss")
        ]
        gains = np.nan_to_num(changes.mean) * (-1 if changes.less_is_better else 1)
        for kind, places_of in (("gain", gains.argmax(axis=0)), ("loss", gains.argmin(axis=0))):
            told = [
                self._most(changes, place, policy) if kind in kinds[policy] else "–"
                for policy, place in enumerate(places_of.tolist())
            ]
            rows.append(row(language.say(f"winners.most_{kind}"), *told, kind="counts"))
        return rows

    def _most(self, changes: _Changes, place: int, policy: int) -> str:
        """A region and its change."""
        value = self.language.with_error(changes.mean[place, policy], changes.error[place, policy], changes.scale)
        return self.language.say("form.pair", name=self.regions[place], value=value)

    def _regions(self, regime: int) -> _Changes:
        """Changes by region: of amounts relative to what they are without policy."""
        mean, error = (self.found[key].isel(regime=regime).to_numpy() for key in ("mean", "standard_error"))
        if self.outcome in AMOUNTS:
            base = self.findings.mean_without_policy(self.outcome)[regime, :, -1:]
            mean, error = mean / base, error / base
        return _Changes(mean, error, self._scale(mean), direction(self.outcome) == "low")

    def _changes(self, regime: int) -> _Changes:
        """The same by group."""
        positions = self.findings.regimes.members[regime]
        inside = np.zeros(self.values.shape[1])
        inside[positions] = 1 / len(positions)
        base, base_influence = weighted_mean(self.values[0], inside)
        means, errors = [], []
        for policy in range(1, len(self.values)):
            mean, influence = weighted_mean(self.values[policy] - self.values[0], inside)
            if self.outcome in AMOUNTS:
                mean, influence = mean / base, (influence - mean / base * base_influence) / base
            means.append(mean)
            errors.append(self.findings.error(influence))
        mean, error = np.stack(means, axis=1), np.stack(errors, axis=1)
        if f"national_{self.outcome}" in self.findings.national:
            mean[0], error[0] = self._nation(regime)
        return _Changes(mean, error, self._scale(mean), direction(self.outcome) == "low")

    def _nation(self, regime: int) -> tuple[Floats, Floats]:
        """The change of the national outcome, (policy,)."""
        name = f"national_{self.outcome}"
        found = self.findings.difference(name).isel(year=-1, regime=regime)
        base = self.findings.mean_without_policy(name)[regime, -1] if self.outcome in AMOUNTS else 1.0
        return found["mean"].to_numpy() / base, found["standard_error"].to_numpy() / base

    def _scale(self, mean: Floats) -> Scale:
        if self.outcome in AMOUNTS:
            return relative_scale(self.language)
        return self.language.scale(self.outcome, self.findings.units(self.outcome), mean, difference=True)


def _weights(findings: Findings, outcome: str) -> Floats:
    """Weight of each region within groups: 1 for what adds up, else its employment at baseline, where that is known."""
    if outcome in ("employment", "gdp") or "employment" not in findings.regional:
        return np.ones(findings.data.sizes["region"])
    first = findings.data["employment"].isel(policy=0, draw=0, year=0).to_numpy()
    return np.asarray(first, dtype=float)


def _people(findings: Findings, language: Language, outcomes: Sequence[str]) -> Markup:
    """A table for each regime: what policies change for groups of people."""
    regimes = regime_names(findings.regimes.names, language)
    choice = Choice((Chooser.numbered(language.say("control.regime"), regimes, findings.regimes.leading),))
    policies = policy_names(findings.data, language)
    title = language.say("winners.people", reference=policies[0], year=findings.years[-1])
    heads = [language.say("winners.outcome"), *policies[1:]]
    states = []
    for place, name in enumerate(regimes):
        rows = [_people_row(findings, language, outcome, place) for outcome in outcomes]
        states.append(choice.when(_titled(language, name, title, heads, rows), str(place)))
    return choice.draw(*states)


def _people_row(findings: Findings, language: Language, outcome: str, regime: int) -> Markup:
    """What policies change in one outcome."""
    found = findings.difference(outcome).isel(year=-1, regime=regime)
    mean, error = (found[key].to_numpy()[None] for key in ("mean", "standard_error"))
    scale = language.scale(outcome, findings.units(outcome), mean, difference=True)
    changes = _Changes(mean, error, scale, direction(outcome) == "low")
    return row(language.heading(outcome, scale), *changes.cells(0, language))


def _titled(language: Language, regime: str, title: str, heads: Sequence[str], rows: Sequence[Markup]) -> Markup:
    """A table of changes under its title and its regime."""
    subject = tag("p", language.title(regime), class_="subject")
    return joined(tag("h3", title), subject, scrolled(title, heads, rows, "figures changes"))
