"""Policies in pairs: how likely one does better than another in the same future, and which dominates which."""

import xarray as xr

from analysis.comparison import pairwise
from analysis.monte_carlo import NORMAL_95
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import Markup, joined, row, scrolled, tag
from analysis.report.naming import policy_names, regime_names, weights_told

__all__ = ["pairs"]

ORDERS = ("first_order", "second_order")


def pairs(findings: Findings, language: Language) -> Markup:
    """A table of policies by policies for each regime, and all of them, by the headline; draws must be independent."""
    outcome, several = findings.headline, findings.several
    data = findings.snapshot(outcome)

    def compare(pooled: bool) -> xr.Dataset:
        found: xr.Dataset = findings.once(("pairs", pooled), lambda: pairwise(data, outcome, pooled=pooled))
        return found.expand_dims("regime") if pooled else found

    found = [*([compare(pooled=True)] if several else []), compare(pooled=False)]
    tables = [each.isel(regime=place) for each in found for place in range(each.sizes["regime"])]
    regimes = regime_names(findings.regimes.names, language)
    views = [language.say("regime.pooled"), *regimes] if several else regimes
    choice = Choice((Chooser.numbered(language.say("control.regime"), views),))
    title = language.say("pairs.title", outcome=language.outcome(outcome), year=findings.years[-1])
    states = []
    for place, (subject, table) in enumerate(zip(views, tables, strict=True)):
        weighted = tag("small", weights_told(findings.regimes, language)) if several and not place else ""
        told = tag("p", language.title(subject), weighted, class_="subject")
        states.append(choice.when(joined(told, _table(findings, language, table, f"{title}, {subject}")), str(place)))
    reading = language.say("pairs.reading", outcome=language.outcome(outcome))
    note = tag("p", language.sentences(reading, language.say("form.error")), class_="note")
    return joined(tag("h3", title), choice.draw(*states), note)


def _table(findings: Findings, language: Language, found: xr.Dataset, title: str) -> Markup:
    """Policies against each other in one regime."""
    names = policy_names(findings.data, language)
    numbers = [found[key].to_numpy() for key in ("better", "better_error", *ORDERS)]

    def cell(policy: int, versus: int) -> Markup:
        if policy == versus:
            return tag("td", "–")
        share, error, *orders = (each[policy, versus] for each in numbers)
        kind = "gain" if share - 0.5 > NORMAL_95 * error else "loss" if 0.5 - share > NORMAL_95 * error else "even"
        order = next((name for name, dominates in zip(ORDERS, orders, strict=True) if dominates), "")
        sign = tag("span", language.say(f"pairs.{order}"), class_="sign") if order else ""
        return tag("td", sign, language.percent(float(share), float(error)), class_=kind)

    places = range(len(names))
    rows = [row(name, *(cell(policy, versus) for versus in places)) for policy, name in enumerate(names)]
    return scrolled(title, [language.say("pairs.head"), *names], rows, "figures changes")
