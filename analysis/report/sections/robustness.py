"""Which policy holds up: regret, thresholds and worst futures, a table of policies by outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.futures import direction
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.fitness import absent, unfit
from analysis.report.language import Language
from analysis.report.markup import Markup, joined, row, scrolled, tag
from analysis.report.naming import policy_names, regime_names, weights_told
from analysis.report.section import Section
from analysis.report.sections.pairs import pairs
from analysis.robustness import robustness_table
from analysis.units import Scale

__all__ = ["CRITERIA", "OUTCOMES", "robustness", "standing", "threshold_told", "thresholds"]

OUTCOMES = (
    "national_unemployment_rate",
    "national_jobless_rate",
    "national_employment",
    "national_wage",
    "national_gdp",
    "national_poverty_rate",
    "national_disposable_income",
    "net_cost",
)
REGRETS = ("regret_q90", "regret_max", "regret_mean")
CRITERIA = (*REGRETS, "satisficing", "tail_mean", "maximin")
# Rates may be so much worse than at first, in their units, all else no worse.
SLACK = 0.02
Floats = NDArray[np.float64]


def robustness(findings: Findings, language: Language) -> Section:
    """Tables by criterion and regime; of one policy those without regret, and of draws that don't fit the reason."""
    outcomes = findings.judged(OUTCOMES)
    reason = unfit(findings, language) or ("" if outcomes else language.say("absent.outcomes"))
    if reason:
        return absent("robustness", language, reason)
    several = len(findings.policies) > 1
    criteria = [name for name in CRITERIA if several or name not in REGRETS]
    regimes = regime_names(findings.regimes.names, language)
    views = [language.say("regime.pooled"), *regimes] if findings.several else regimes
    choice = Choice(
        (
            Chooser.numbered(
                language.say("robustness.criterion"), [language.say(f"criterion.{name}") for name in criteria]
            ),
            Chooser.numbered(language.say("control.regime"), views),
        )
    )
    tables = _Tables(findings, language, outcomes)
    states = [
        choice.when(tables.draw(criterion, view, subject), str(place), str(view))
        for place, criterion in enumerate(criteria)
        for view, subject in enumerate(views)
    ]
    alone = "" if several else tag("p", language.say("robustness.alone"), class_="note")
    # Of an outcome of which one way is better, and whose draws are all numbers.
    compared = pairs(findings, language) if several and findings.judged([findings.headline]) else ""
    return Section("robustness", language.say("robustness.heading"), joined(alone, choice.draw(*states), compared))


def thresholds(findings: Findings, outcomes: Sequence[str]) -> dict[str, float]:
    """What an outcome is to reach: its value in the first year without policy, of rates with some slack."""
    found: dict[str, float] = {}
    for name in outcomes:
        first = float(findings.mean_without_policy(name)[findings.regimes.leading, 0])
        slack = SLACK if findings.units(name) in ("1", "") else 0.0
        found[name] = first + slack if direction(name) == "low" else first - slack
    return found


def standing(findings: Findings, outcome: str, pooled: bool) -> xr.Dataset:
    """Policies by criteria of one outcome in the last year, as `analysis.robustness_table` gives them."""
    data, reached = findings.snapshot(outcome), thresholds(findings, [outcome])
    return findings.once(("standing", outcome, pooled), lambda: robustness_table(data, outcome, reached, pooled=pooled))


def threshold_told(findings: Findings, language: Language, outcome: str) -> str:
    """What an outcome is to reach, with its side and unit."""
    value = thresholds(findings, [outcome])[outcome]
    scale = language.scale(outcome, findings.units(outcome), value).digits_for(value, 3)
    key = "at_most" if direction(outcome) == "low" else "at_least"
    return language.say(f"robustness.{key}", value=language.measured(scale.show(value), scale))


@dataclass(frozen=True)
class _Column:
    """Values of one criterion of one outcome with standard errors, and which are as good as the best.

    All are (view, policy), the first view being all regimes pooled, where there are several.
    """

    head: str
    scale: Scale | None
    values: Floats
    errors: Floats
    best: NDArray[np.bool_]


class _Tables:
    """All that the tables are made of."""

    def __init__(self, findings: Findings, language: Language, outcomes: list[str]) -> None:
        self.findings, self.language, self.outcomes = findings, language, outcomes
        self.names = policy_names(findings.data, language)
        self.reached = thresholds(findings, outcomes)

    def draw(self, criterion: str, view: int, subject: str) -> Markup:
        """One criterion's table for one regime, or all of them."""
        language, several = self.language, self.findings.several
        columns = self.findings.once(("columns", criterion, language.code), lambda: self._columns(criterion))
        title = language.say(
            "robustness.title",
            criterion=language.title(language.say(f"criterion.{criterion}")),
            year=self.findings.years[-1],
        )
        rows = [
            row(name, *(self._cell(each, view, policy) for each in columns)) for policy, name in enumerate(self.names)
        ]
        weighted = tag("small", weights_told(self.findings.regimes, language)) if several and view == 0 else ""
        heads = [language.say("control.policy"), *(each.head for each in columns)]
        return joined(
            tag("h3", title),
            tag("p", language.title(subject), weighted, class_="subject"),
            tag("p", language.say(f"criterion_about.{criterion}", year=self.findings.years[0]), class_="note"),
            scrolled(f"{title}, {subject}", heads, rows, "figures changes"),
            tag("p", self._reading(criterion), class_="note"),
        )

    def _reading(self, criterion: str) -> str:
        """What marks and errors mean."""
        best = self.language.say("robustness.marked") if len(self.names) > 1 else ""
        key = "robustness.extreme" if criterion in ("regret_max", "maximin") else "form.error"
        return self.language.sentences(best, self.language.say(key))

    def _cell(self, column: _Column, view: int, policy: int) -> Markup:
        value, error = float(column.values[view, policy]), float(column.errors[view, policy])
        if column.scale is None:
            told = self.language.percent(value, error)
        elif np.isfinite(error):
            told = self.language.with_error(value, error, column.scale, signed=False)
        else:
            told = column.scale.digits_for(column.values, 4).show(value)
        best = len(self.names) > 1 and column.best[view, policy]
        mark = tag("span", self.language.say("robustness.best"), class_="sign") if best else ""
        return tag("td", mark, told, **({"class_": "gain"} if best else {}))

    def _columns(self, criterion: str) -> list[_Column]:
        """The criterion by outcome, and of thresholds all of them together last."""
        columns = [self._column(criterion, outcome) for outcome in self.outcomes]
        return [*columns, self._together()] if criterion == "satisficing" and len(columns) > 1 else columns

    def _column(self, criterion: str, outcome: str) -> _Column:
        found = [standing(self.findings, outcome, pooled=False).transpose("regime", "policy", ...)]
        found += [standing(self.findings, outcome, pooled=True).expand_dims("regime")] if self.findings.several else []
        own = [each.sel(criterion=criterion) for each in reversed(found)]
        values, errors, best = (
            np.concatenate([each[key].to_numpy() for each in own]) for key in ("value", "error", "as_good")
        )
        language, units = self.language, self.findings.units(outcome)
        if criterion == "satisficing":
            head = language.say(
                "robustness.reaches",
                outcome=language.title(language.outcome(outcome)),
                threshold=threshold_told(self.findings, language, outcome),
            )
            return _Column(head, None, values, errors, best)
        scale = language.scale(outcome, units, values, difference=criterion in REGRETS)
        return _Column(language.heading(outcome, scale), scale, values, errors, best)

    def _together(self) -> _Column:
        """Share of futures in which all thresholds are met."""
        data = xr.merge([self.findings.snapshot(name) for name in self.outcomes], combine_attrs="override")
        data.attrs = self.findings.data.attrs
        found = [robustness_table(data, self.outcomes[0], self.reached).transpose("regime", "policy", ...)]
        if self.findings.several:
            found.append(robustness_table(data, self.outcomes[0], self.reached, pooled=True).expand_dims("regime"))
        own = [each.sel(criterion="satisficing") for each in reversed(found)]
        shares, errors, best = (
            np.concatenate([each[key].to_numpy() for each in own]) for key in ("value", "error", "as_good")
        )
        return _Column(self.language.say("robustness.all"), None, shares, errors, best)
