"""How outcomes may develop: a fan by regime, for a policy and an outcome that the reader chooses."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.report.choice import Choice, Chooser
from analysis.report.findings import MAIN_OUTCOMES, Findings
from analysis.report.language import Language
from analysis.report.legend import policy_class
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import policy_names, regime_names, weights_told
from analysis.report.regime_panels import outcome_chooser, panel_title, regime_chooser, regime_panels
from analysis.report.section import Section
from analysis.report.svg import Panel, area, axes, limits_of, line, named_years, picture, round_numbers, strips
from analysis.units import Scale

__all__ = ["paths"]

OUTCOMES = (*MAIN_OUTCOMES, "national_poverty_rate", "national_disposable_income")
# Of outcomes, policies and regimes together; each takes some 2 KB of the page.
MOST_PANELS = 400
OWN_AXES = 2.5
WIDTH, HEIGHT = 290, 190


def paths(findings: Findings, language: Language) -> Section:
    """Fans of outcomes by regime, one policy at a time beside the reference."""
    policies = policy_names(findings.data, language)
    most = max(1, MOST_PANELS // (len(policies) * (len(findings.regimes.names) + 1)))
    outcomes = findings.present(OUTCOMES)[:most]
    choice = Choice(
        (
            outcome_chooser(language, outcomes),
            Chooser.numbered(language.say("control.policy"), policies, min(1, len(policies) - 1)),
            regime_chooser(findings, language),
        )
    )
    states = [_outcome(findings, language, choice, place, outcome) for place, outcome in enumerate(outcomes)]
    notes = tag("p", language.say("paths.reading", reference=policies[0]), class_="note")
    gaps = dict(zip(("year", "low", "lower", "median", "upper", "high"), map("{{{}}}".format, range(6)), strict=True))
    content = tag("div", choice.draw(*states, notes), data_sentence=language.say("paths.year", **gaps))
    return Section("paths", language.say("paths.heading"), content)


def _outcome(findings: Findings, language: Language, choice: Choice, place: int, outcome: str) -> Markup:
    """All that is shown of one outcome."""
    drawing = _Fans(findings, language, outcome)
    heading = tag("h3", language.heading(outcome, drawing.scale))
    meaning = language.name("meaning", outcome, str(drawing.fans.attrs.get("long_name", "")))
    intro = joined(heading, tag("p", language.title(meaning), class_="note"))
    parts = [choice.when(intro, str(place), "*", "*")]
    for policy in range(len(findings.policies)):
        panels = regime_panels(choice, findings, partial(drawing.panel, policy), str(place), str(policy))
        parts.append(choice.when(joined(panels, drawing.table(policy)), str(place), str(policy), "*"))
    return joined(*parts)


class _Fans:
    """Draws the fans of one outcome; regimes that are far apart have their own axes."""

    def __init__(self, findings: Findings, language: Language, outcome: str) -> None:
        self.findings, self.language, self.outcome = findings, language, outcome
        self.fans = findings.fan(outcome)
        by_regime = self.fans.transpose("regime", "policy", "year", "quantile").to_numpy()
        pooled = [findings.fan(outcome, pooled=True).transpose("policy", "year", "quantile").to_numpy()]
        # (regime, policy, year, quantile), the last regime being all of them pooled.
        self.values = np.concatenate([by_regime, pooled]) if findings.several else by_regime
        errors = [findings.fan_errors(outcome).transpose("regime", "policy", "year", "quantile").to_numpy()]
        if findings.several:
            every = findings.fan_errors(outcome, pooled=True).transpose("policy", "year", "quantile")
            errors.append(every.to_numpy()[None])
        # As `values`.
        self.errors = np.concatenate(errors)
        self.scale: Scale = language.scale(outcome, findings.units(outcome), self.values)
        self.limits = _limits(self.values / self.scale.divisor, len(by_regime))
        self.policies = policy_names(findings.data, language)
        names = regime_names([str(name) for name in self.fans["regime"].to_numpy()], language)
        self.regimes = [*names, language.say("regime.pooled")]

    def panel(self, policy: int, regime: int) -> Markup:
        """One fan, titled by its regime."""
        values, years = self.values[regime, policy] / self.scale.divisor, self.findings.years
        frame = Panel(WIDTH, HEIGHT, (years[0] - 0.3, years[-1] + 0.3), self.limits[regime])
        named = named_years(years)
        told = [[str(year), *self._told(regime, policy, place)] for place, year in enumerate(years)]
        drawn = picture(
            WIDTH,
            HEIGHT,
            self._description(policy, regime),
            axes(frame, named, round_numbers(self.limits[regime], 4), [str(year) for year in named]),
            area(frame, years, values[:, 0], values[:, 4], f"{policy_class(policy)} outer"),
            area(frame, years, values[:, 1], values[:, 3], f"{policy_class(policy)} inner"),
            line(frame, years, self.values[regime, 0, :, 2] / self.scale.divisor, "reference"),
            line(frame, years, values[:, 2], f"{policy_class(policy)} median"),
            strips(frame, years, told),
        )
        return joined(panel_title(self.findings, self.language, regime), drawn)

    def _description(self, policy: int, regime: int) -> str:
        """A fan in words."""
        low, _, median, _, high = self._told(regime, policy, -1)
        return self.language.say(
            "paths.description",
            outcome=self.language.heading(self.outcome, self.scale),
            policy=self.policies[policy],
            regime=self.regimes[regime],
            first=self.findings.years[0],
            last=self.findings.years[-1],
            before=self._told(regime, policy, 0)[2],
            median=median,
            low=low,
            high=high,
            reference=self.policies[0],
            otherwise=self._told(regime, 0, -1)[2],
        )

    def _told(self, regime: int, policy: int, year: int, scale: Scale | None = None) -> list[str]:
        """The quantiles of a year with their errors; scale: other than the picture's."""
        own = self.values[regime, policy, year], self.errors[regime, policy, year]
        show = (scale or self.scale).show_at_places
        return [show(float(value), float(error), unknown=" ± ?") for value, error in zip(*own, strict=True)]

    def table(self, policy: int) -> Markup:
        """Median and range by year and regime, folded."""
        language, shown = self.language, self.scale.digits_for(self.values[:, policy], 4)

        def cell(regime: int, place: int) -> str:
            low, _, median, _, high = self._told(regime, policy, place, shown)
            return language.say("paths.cell", median=median, low=low, high=high)

        columns = range(len(self.values))
        rows = [
            [str(year), *(cell(regime, place) for regime in columns)] for place, year in enumerate(self.findings.years)
        ]
        heads = [language.say("table.year"), *self.regimes[: len(columns)]]
        title = f"{language.heading(self.outcome, self.scale)}: {self.policies[policy]}"
        note = weights_told(self.findings.regimes, language) if self.findings.several else ""
        note = language.sentences(language.say("paths.table"), language.say("form.error"), note)
        return folded(language.say("table.open"), table(title, note, heads, rows))


def _limits(values: NDArray[np.float64], regimes: int) -> list[tuple[float, float]]:
    """Limits of the axis by regime of (regime, ...): those of the regimes proper are common where they are near."""
    own = [limits_of(each) for each in values]
    spans = [high - low for low, high in own[:regimes]]
    if max(spans) <= OWN_AXES * min(spans):
        own[:regimes] = [limits_of(values[:regimes])] * regimes
    return own
