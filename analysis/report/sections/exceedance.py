"""How likely high values are: the share of futures above each value, by policy."""

import numpy as np
from numpy.typing import NDArray

from analysis.estimation import share_of
from analysis.monte_carlo import design_of
from analysis.regimes import Strata, pooled_weights
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.legend import policy_class, policy_legend
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import policy_names, regime_names, weights_told
from analysis.report.regime_panels import outcome_chooser
from analysis.report.section import Section
from analysis.report.svg import Panel, axes, limits_of, line, mark, picture, round_numbers
from analysis.units import Scale

__all__ = ["chance_above", "exceedance"]

OUTCOMES = ("national_unemployment_rate", "national_jobless_rate", "national_poverty_rate")
WIDTH, HEIGHT, POINTS, THRESHOLDS = 400, 250, 121, 6
Floats = NDArray[np.float64]


def exceedance(findings: Findings, language: Language) -> Section:
    """Exceedance curves of the last year, by policy, for all regimes pooled or one of them."""
    outcomes = findings.present(OUTCOMES)
    regimes = regime_names(findings.regimes.names, language)
    pooled = [language.say("regime.pooled")] if findings.several else []
    choice = Choice(
        (
            outcome_chooser(language, outcomes),
            Chooser.numbered(language.say("control.regime"), [*pooled, *regimes]),
        )
    )
    states = []
    for place, outcome in enumerate(outcomes):
        drawing = _Curves(findings, language, outcome)
        for regime in range(len(regimes) + len(pooled)):
            states.append(choice.when(drawing.state(regime), str(place), str(regime)))
    notes = tag("p", language.say("exceedance.reading"), class_="note")
    legend = policy_legend(policy_names(findings.data, language))
    return Section("exceedance", language.say("exceedance.heading"), choice.draw(*states, legend, notes))


def chance_above(findings: Findings, values: Floats, threshold: float, strata: Strata) -> tuple[Floats, Floats]:
    """Share of draws above a value and its standard error, (policy,), of values (policy, draw)."""
    unknown = np.isnan(values[:, pooled_weights(strata) > 0]).any(axis=1)
    share, error = share_of((values > threshold).T, strata, design_of(findings.data))
    return np.where(unknown, np.nan, share), np.where(unknown, np.nan, error)


class _Curves:
    """Draws the curves of one outcome, for the regimes one by one and, first, for all pooled."""

    def __init__(self, findings: Findings, language: Language, outcome: str) -> None:
        self.findings, self.language, self.outcome = findings, language, outcome
        self.values = findings.last(outcome)
        self.scale: Scale = language.scale(outcome, findings.units(outcome), self.values)
        self.names = policy_names(findings.data, language)
        regimes = findings.regimes
        self.strata = [*(regimes.strata(pooled=True) if findings.several else []), *regimes.strata(pooled=False)]
        pooled = [language.say("regime.pooled")] if findings.several else []
        self.regimes = [*pooled, *regime_names(regimes.names, language)]

    def state(self, regime: int) -> Markup:
        """Heading, picture and table of one regime."""
        language, strata = self.language, self.strata[regime]
        weights = pooled_weights(strata)
        used = self.values[:, weights > 0]
        # To a value that a hundredth of draws lies above.
        limits = limits_of([np.nanmin(used), np.nanquantile(used, 0.99)] / np.array(self.scale.divisor), 0.02)
        thresholds = [value for value in round_numbers(limits, THRESHOLDS) if limits[0] < value < limits[1]]
        chances = [chance_above(self.findings, self.values, value * self.scale.divisor, strata) for value in thresholds]
        title = language.say(
            "exceedance.title",
            outcome=language.outcome(self.outcome),
            year=self.findings.years[-1],
        )
        heading = tag("h3", title)
        subject = self.regimes[regime]
        pooled = self.findings.several and regime == 0
        weighted = tag("small", weights_told(self.findings.regimes, language)) if pooled else ""
        below = joined(
            tag("p", language.title(subject), weighted, class_="subject"),
            tag(
                "p", language.say("exceedance.axes", outcome=language.heading(self.outcome, self.scale)), class_="note"
            ),
        )
        drawn = self._picture(limits, thresholds, chances, weights, f"{title}. {subject}")
        return joined(heading, below, drawn, self._table(title, thresholds, chances, subject))

    def _picture(
        self, limits: tuple[float, float], thresholds: list[float], chances: list[tuple[Floats, Floats]],
        weights: Floats, title: str,
    ) -> Markup:  # fmt: skip
        frame = Panel(WIDTH, HEIGHT, limits, (0, 102), left=40)
        levels = [0, 20, 40, 60, 80, 100]
        at = np.linspace(*limits, POINTS)
        curves = [
            line(
                frame, at, 100 * _share_above(values / self.scale.divisor, weights, at), f"{policy_class(place)} curve"
            )
            for place, values in enumerate(self.values)
        ]
        step = (frame.x(limits[1]) - frame.x(limits[0])).item() / max(len(thresholds), 1)
        marks = [
            mark(x - step / 2, frame.top, step, HEIGHT - frame.top - frame.bottom, self._told(value, chance))
            for x, value, chance in zip(frame.x(thresholds).tolist(), thresholds, chances, strict=True)
        ]
        told = self.language.sentences(
            f"{title}:", *(self._told(*each) for each in zip(thresholds, chances, strict=True))
        )
        grid = axes(frame, round_numbers(limits, 7), levels)
        return picture(WIDTH, HEIGHT, told, grid, *curves[::-1], *marks, kind="plot wide")

    def _told(self, threshold: float, chance: tuple[Floats, Floats]) -> str:
        """The chance of more than a value, by policy."""
        pairs = [
            self.language.say("form.pair", name=name, value=self.language.percent(float(share), float(error)))
            for name, share, error in zip(self.names, *chance, strict=True)
        ]
        above = self.language.measured(self._shown(threshold), self.scale)
        return self.language.say("exceedance.told", threshold=above, listed=self.language.listed(pairs))

    def _shown(self, threshold: float) -> str:
        return f"{threshold:g}".replace("-", "−")

    def _table(
        self, title: str, thresholds: list[float], chances: list[tuple[Floats, Floats]], subject: str
    ) -> Markup:  # fmt: skip
        """Chances with their errors, folded."""
        language = self.language
        columns = [
            [language.percent(float(share), float(error)) for share, error in zip(*chance, strict=True)]
            for chance in chances
        ]
        heads = [
            language.say("control.policy"),
            *(
                language.say("exceedance.above", value=language.measured(self._shown(each), self.scale))
                for each in thresholds
            ),
        ]
        rows = [list(row) for row in zip(self.names, *columns, strict=True)]
        note = language.say("exceedance.table")
        return folded(language.say("table.open"), table(f"{title}: {subject}", note, heads, rows))


def _share_above(values: Floats, weights: Floats, at: Floats) -> Floats:
    """Share of weight above each of some places, of values (draw,)."""
    order = np.argsort(values)
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    result: Floats = 1 - total[np.searchsorted(values[order], at, side="right")] / total[-1]
    return result
