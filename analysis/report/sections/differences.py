"""What policies change: differences to the reference in the same draw, as a forest plot by regime."""

import numpy as np
import xarray as xr

from analysis.monte_carlo import NORMAL_95
from analysis.report.choice import Choice
from analysis.report.findings import MAIN_OUTCOMES, Findings
from analysis.report.language import Language
from analysis.report.legend import policy_class
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import policy_names, regime_names, weights_told
from analysis.report.regime_panels import outcome_chooser, panel_title, regime_chooser, regime_panels
from analysis.report.section import Section
from analysis.report.svg import (
    Panel,
    axes,
    dot,
    limits_of,
    line,
    mark,
    picture,
    round_numbers,
    shortened,
    stretch,
    text,
)

__all__ = ["NORMAL_95", "differences"]

OUTCOMES = (
    *MAIN_OUTCOMES,
    "net_cost",
    "ai_tax_revenue",
    "national_poverty_rate",
    "not_employable_poverty_rate",
    "informal_poverty_rate",
    "national_disposable_income",
    "gini",
    "life_satisfaction",
)
WIDTH, ROW, TOP, BOTTOM, MARGIN = 290, 38, 4, 24, 12


def differences(findings: Findings, language: Language) -> Section | None:
    """Forest plots of those outcomes that any policy changes in the last year."""
    if len(findings.policies) < 2:
        return None
    outcomes = [name for name in findings.present(OUTCOMES) if _differs(findings.difference(name))]
    if not outcomes:
        return None
    choice = Choice(
        (
            outcome_chooser(language, outcomes),
            regime_chooser(findings, language, pooled=False),
        )
    )
    states = []
    for place, outcome in enumerate(outcomes):
        drawing = _Forest(findings, language, outcome)
        states.append(choice.when(tag("h3", drawing.title), str(place), "*"))
        panels = regime_panels(choice, findings, drawing.panel, str(place), pooled=False)
        states.append(choice.when(joined(panels, drawing.table()), str(place), "*"))
    notes = tag("p", language.say("differences.reading"), class_="note")
    return Section("differences", language.say("differences.heading"), choice.draw(*states, notes))


def _differs(found: xr.Dataset) -> bool:
    last = found[["lower", "upper"]].isel(year=-1)
    return bool((last["lower"] != 0).any() or (last["upper"] != 0).any())


class _Forest:
    """Draws the differences of one outcome in the last year; each regime has its own axis."""

    def __init__(self, findings: Findings, language: Language, outcome: str) -> None:
        self.findings, self.language, self.outcome = findings, language, outcome
        self.found = findings.difference(outcome).isel(year=-1).transpose("regime", "policy")
        self.names = policy_names(findings.data, language)
        self.rows = range(1, len(self.names))
        ends = np.stack([self.found[name].to_numpy() for name in ("lower", "upper", "mean")])
        self.scale = language.scale(outcome, findings.units(outcome), ends, difference=True)
        self.regimes = regime_names([str(name) for name in self.found["regime"].to_numpy()], language)
        self.title = language.say(
            "differences.title",
            outcome=language.title(language.outcome(outcome)),
            reference=self.names[0],
            year=findings.years[-1],
            unit=self.scale.unit,
        )

    def panel(self, regime: int) -> Markup:
        """One regime's rows: a policy's name and figures above its lines."""
        row = self.found.isel(regime=regime)
        keys = ("lower", "upper", "mean", "standard_error", "below_zero", "below_zero_error")
        values = {key: row[key].to_numpy() for key in keys}
        shown = {key: values[key] / self.scale.divisor for key in keys[:4]}
        limits = limits_of([shown["lower"], shown["upper"], shown["mean"]], zero=True)
        frame = Panel(WIDTH, TOP + ROW * len(row["policy"]) + BOTTOM, limits, (0, 1), MARGIN, MARGIN, TOP, BOTTOM)
        parts = [axes(frame, round_numbers(limits, 4), []), line(frame, [0, 0], [0, 1], "zero")]
        for place, policy in enumerate(self.rows):
            one = {key: float(shown[key][place]) for key in shown}
            told = self._told(float(values["mean"][place]), float(values["standard_error"][place]))
            below = self.language.percent(*(float(values[key][place]) for key in keys[4:]))
            parts += self._row(frame, TOP + ROW * place, policy, one, told, below)
        description = self._description(regime, values["mean"], values["standard_error"])
        return joined(
            panel_title(self.findings, self.language, regime), picture(WIDTH, frame.height, description, *parts)
        )

    def _row(self, frame: Panel, top: float, policy: int, one: dict[str, float], told: str, below: str) -> list[Markup]:
        """One policy's name, figures and lines."""
        height = top + 27
        bar = NORMAL_95 * np.nan_to_num(one["standard_error"])
        low, high, left, right, middle = (
            frame.x(value).item()
            for value in (one["lower"], one["upper"], one["mean"] - bar, one["mean"] + bar, one["mean"])
        )
        color = policy_class(policy)
        name, below_told = self.names[policy], self.language.say("differences.below", share=below)
        return [
            text(MARGIN, top + 15, shortened(name, 24), "name"),
            text(WIDTH - MARGIN, top + 15, told, "figure"),
            stretch(low, high, height, f"{color} range"),
            stretch(left, right, height, f"{color} bar"),
            dot(middle, height, f"{color} point"),
            mark(MARGIN, top, WIDTH - 2 * MARGIN, ROW, f"{name}: {told} {self.scale.unit}; {below_told}"),
        ]

    def _told(self, mean: float, error: float) -> str:
        """A mean with 1.96 standard errors."""
        return self.language.with_error(mean, error, self.scale)

    def _description(self, regime: int, means: np.ndarray, errors: np.ndarray) -> str:
        """A panel in words."""
        told = [
            self.language.say("form.pair", name=self.names[policy], value=self._told(float(mean), float(error)))
            for policy, mean, error in zip(self.rows, means, errors, strict=True)
        ]
        return self.language.say(
            "differences.description", title=self.title, regime=self.regimes[regime], listed=self.language.listed(told)
        )

    def table(self) -> Markup:
        """Means and errors by regime and pooled, and how often the difference is below zero, folded."""
        found, language = self.found, self.language
        by_regime = zip(found["mean"].to_numpy(), found["standard_error"].to_numpy(), strict=True)
        columns = [list(map(self._told, means, errors)) for means, errors in by_regime]
        heads = [language.say("control.policy"), *self.regimes]
        if self.findings.several:
            pooled = self.findings.pooled_difference(self.outcome).isel(year=0)
            columns.append(list(map(self._told, pooled["mean"].to_numpy(), pooled["standard_error"].to_numpy())))
            heads.append(language.say("regime.pooled"))
        for regime, name in enumerate(self.regimes):
            shares, errors = (found[key].isel(regime=regime).to_numpy() for key in ("below_zero", "below_zero_error"))
            columns.append([language.percent(*each) for each in zip(shares.tolist(), errors.tolist(), strict=True)])
            heads.append(language.say("differences.below_in", regime=name))
        rows = [list(row) for row in zip(self.names[1:], *columns, strict=True)]
        note = weights_told(self.findings.regimes, language) if self.findings.several else ""
        note = language.sentences(language.say("differences.table"), note)
        return folded(language.say("table.open"), table(self.title, note, heads, rows))
