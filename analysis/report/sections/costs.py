"""What policies cost beside what they do: mean differences in the last year, each with its error."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.monte_carlo import NORMAL_95
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.legend import policy_class, policy_legend, policy_mark
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import policy_names, regime_names
from analysis.report.regime_panels import panel_title, regime_chooser, regime_panels
from analysis.report.section import Section
from analysis.report.sections.cost_of_one import cost_of_one
from analysis.report.svg import Panel, axes, limits_of, line, mark, picture, round_numbers

__all__ = ["costs"]

COST = "net_cost"
EFFECTS = (
    "national_unemployment_rate",
    "national_jobless_rate",
    "national_employment",
    "national_gdp",
    "national_poverty_rate",
    "life_satisfaction",
)
WIDTH, HEIGHT = 290, 230
Floats = NDArray[np.float64]


def costs(findings: Findings, language: Language) -> Section | None:
    """A point for each policy by regime; nothing where costs aren't known or there is no other policy."""
    effects = [name for name in EFFECTS if name in findings.national]
    if len(findings.policies) < 2 or COST not in findings.national or not effects:
        return None
    choice = Choice(
        (
            Chooser.numbered(language.say("costs.effect"), [language.title(language.outcome(o)) for o in effects]),
            regime_chooser(findings, language, pooled=False),
        )
    )
    states = []
    for place, outcome in enumerate(effects):
        drawing = _Points(findings, language, outcome)
        above = joined(tag("h3", drawing.title), tag("p", drawing.axes, class_="note"))
        panels = regime_panels(choice, findings, drawing.panel, str(place), pooled=False)
        states.append(choice.when(joined(above, panels, drawing.table()), str(place), "*"))
    legend = policy_legend(policy_names(findings.data, language), marks=True)
    notes = tag("p", language.say("costs.reading"), class_="note")
    content = joined(choice.draw(*states, legend, notes), cost_of_one(findings, language))
    return Section("costs", language.say("costs.heading"), content)


class _Points:
    """Cost and one effect by regime and policy, in the last year."""

    def __init__(self, findings: Findings, language: Language, outcome: str) -> None:
        self.findings, self.language = findings, language
        self.names = policy_names(findings.data, language)
        self.rows = range(1, len(self.names))
        self.regimes = regime_names(findings.regimes.names, language)
        self.cost, self.effect = (_last(findings.difference(name)) for name in (COST, outcome))
        self.cost_scale = language.scale(COST, findings.units(COST), self.cost[0], difference=True)
        self.scale = language.scale(outcome, findings.units(outcome), self.effect[0], difference=True)
        name = language.outcome(outcome)
        self.title = language.say("costs.title", outcome=name, year=findings.years[-1])
        self.axes = language.say("costs.axes", outcome=name, unit=self.scale.unit, cost_unit=self.cost_scale.unit)

    def panel(self, regime: int) -> Markup:
        """One regime's points."""
        (cost, cost_bar), (effect, bar) = (
            (mean[regime] / scale.divisor, NORMAL_95 * np.nan_to_num(error[regime]) / scale.divisor)
            for (mean, error), scale in ((self.cost, self.cost_scale), (self.effect, self.scale))
        )
        across, up = (
            limits_of([mean - own, mean + own], 0.08, zero=True) for mean, own in ((cost, cost_bar), (effect, bar))
        )
        frame = Panel(WIDTH, HEIGHT, across, up, left=46)
        parts = [
            axes(frame, round_numbers(frame.across, 4), round_numbers(frame.up, 5)),
            line(frame, frame.across, [0, 0], "zero"),
            line(frame, [0, 0], frame.up, "zero"),
            policy_mark(0, frame.x(0).item(), frame.y(0).item()),
        ]
        for place, policy in enumerate(self.rows):
            color, x, y = policy_class(policy), cost[place], effect[place]
            parts.append(line(frame, [x - cost_bar[place], x + cost_bar[place]], [y, y], f"{color} cross"))
            parts.append(line(frame, [x, x], [y - bar[place], y + bar[place]], f"{color} cross"))
            parts.append(policy_mark(policy, frame.x(x).item(), frame.y(y).item()))
        parts += [
            mark(frame.x(cost[place]).item() - 9, frame.y(effect[place]).item() - 9, 18, 18, self._told(regime, place))
            for place in range(len(self.rows))
        ]
        description = self.language.sentences(
            f"{self.title}, {self.regimes[regime]}:", *(self._told(regime, place) for place in range(len(self.rows)))
        )
        return joined(panel_title(self.findings, self.language, regime), picture(WIDTH, HEIGHT, description, *parts))

    def _shown(self, regime: int, place: int) -> tuple[str, str]:
        """Cost and effect with their errors."""
        cost, effect = (
            self.language.with_error(mean[regime, place], error[regime, place], scale)
            for (mean, error), scale in ((self.cost, self.cost_scale), (self.effect, self.scale))
        )
        return cost, effect

    def _told(self, regime: int, place: int) -> str:
        cost, effect = self._shown(regime, place)
        return self.language.say(
            "costs.point",
            policy=self.names[self.rows[place]],
            effect=self.language.measured(effect, self.scale),
            cost=self.language.measured(cost, self.cost_scale),
        )

    def table(self) -> Markup:
        """All figures, folded."""
        language = self.language
        heads = [language.say("control.policy")]
        columns = []
        for regime, name in enumerate(self.regimes):
            heads += [language.say("costs.cost_in", regime=name), language.say("costs.effect_in", regime=name)]
            pairs = [self._shown(regime, place) for place in range(len(self.rows))]
            columns += [[cost for cost, _ in pairs], [effect for _, effect in pairs]]
        rows = [list(row) for row in zip([self.names[policy] for policy in self.rows], *columns, strict=True)]
        return folded(language.say("table.open"), table(self.title, self.axes, heads, rows))


def _last(found: xr.Dataset) -> tuple[Floats, Floats]:
    """Means of the last year with their standard errors, (regime, policy)."""
    last = found.isel(year=-1).transpose("regime", "policy")
    return last["mean"].to_numpy(), last["standard_error"].to_numpy()
