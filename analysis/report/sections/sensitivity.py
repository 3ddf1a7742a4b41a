"""What decides outcomes: shares of the variance that inputs explain, one by one, by evidence and by group."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr

from analysis.given_data import FEW_DRAWS, FEWEST_DRAWS, first_order_given_data
from analysis.inputs import by_place, fixed_parameters, input_names
from analysis.monte_carlo import design_of
from analysis.partition import variance_partition
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.fitness import absent, sampled, too_few, unfit
from analysis.report.language import Language
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import input_meaning, input_name, policy_names, regime_names, weights_told
from analysis.report.regime_panels import outcome_chooser, panel_title, regime_chooser, regime_panels
from analysis.report.section import Section
from analysis.report.svg import Panel, axes, mark, picture, round_numbers, shortened, stretch, text

__all__ = ["Shares", "decisive", "sensitivity"]

OUTCOMES = (
    "national_unemployment_rate",
    "national_wage",
    "national_gdp",
    "net_cost",
)
WIDTH, ROW, TOP, BOTTOM, MARGIN = 290, 34, 2, 22, 12
MOST_ROWS, LETTERS = 8, 22
GRADES = ("A", "B", "C")
INSTEAD = {"saltelli": "sobol_indices", "morris": "morris_screening"}
# What is told apart: inputs one by one, or together by what they have in common.
PARTS: dict[str, Callable[..., xr.Dataset]] = {
    "by_input": first_order_given_data,
    "by_evidence": partial(variance_partition, by="evidence"),
    "by_group": partial(variance_partition, by="group"),
}


def sensitivity(findings: Findings, language: Language) -> Section:
    """Bars by outcome, policy and regime, or why there are none."""
    reason = _reason(findings, language)
    if reason:
        return absent("sensitivity", language, reason)
    outcomes = _outcomes(findings)
    policies = _policies(findings)
    names = policy_names(findings.data, language)
    choice = Choice(
        (
            outcome_chooser(language, outcomes),
            Chooser.numbered(language.say("control.policy"), [names[place] for place in policies]),
            Chooser.numbered(language.say("control.show"), [language.say(f"sensitivity.{part}") for part in PARTS]),
            regime_chooser(findings, language),
        )
    )
    states = []
    for number, outcome in enumerate(outcomes):
        for place, policy in enumerate(policies):
            for kind, part in enumerate(PARTS):
                drawing = _Bars(findings, language, outcome, policy, part)
                at = (str(number), str(place), str(kind))
                content = joined(tag("h3", drawing.title), regime_panels(choice, findings, drawing.panel, *at))
                states.append(choice.when(joined(content, drawing.table()), *at, "*"))
    notes = [
        language.say("sensitivity.reading"),
        too_few(findings, language, FEWEST_DRAWS),
        sampled(findings, language),
    ]
    notes.append(language.say("sensitivity.noise", limit=FEW_DRAWS) if min(findings.sampled_draws) < FEW_DRAWS else "")
    notes += [_fixed(findings, language), _averaged(findings, language)]
    told = tag("p", language.sentences(*notes), class_="note")
    return Section("sensitivity", language.say("sensitivity.heading"), choice.draw(*states, told))


def _fixed(findings: Findings, language: Language) -> str:
    """Which parameters are in no bar, since they have one value in all draws."""
    names = [input_name(findings.data, name, language) for name in fixed_parameters(findings.data)]
    return language.say("sensitivity.fixed", listed=language.listed(names)) if names else ""


def _averaged(findings: Findings, language: Language) -> str:
    """Which inputs have a value by region or group, of which bars show the mean."""
    names = [input_name(findings.data, name, language) for name in by_place(findings.data)]
    return language.say("sensitivity.averaged", listed=language.listed(names)) if names else ""


def _outcomes(findings: Findings) -> list[str]:
    """Outcomes to explain; of a user's own model the first ones, whichever way is better."""
    if findings.own:
        return findings.whole(findings.present(OUTCOMES))
    return findings.judged(OUTCOMES) or findings.judged([findings.headline])


def _reason(findings: Findings, language: Language) -> str:
    """Why there is nothing to show."""
    if unfit(findings, language):
        return unfit(findings, language, INSTEAD.get(design_of(findings.data), ""))
    if not _outcomes(findings):
        return language.say("absent.outcomes")
    if not input_names(findings.data):
        return language.say("absent.inputs")
    return too_few(findings, language, FEWEST_DRAWS) if max(findings.sampled_draws) < FEWEST_DRAWS else ""


def _policies(findings: Findings) -> list[int]:
    """Places of the policies that are shown: the reference, and the strongest."""
    return [0, *([findings.strongest] if findings.strongest else [])]


def decisive(findings: Findings, outcome: str, part: str, pooled: bool) -> xr.Dataset | None:
    """Shares of the variance in the last year, as `analysis` gives them, of the policies shown and regimes that can.

    part: of PARTS. None where there are no inputs or too few draws, pooled in any of the regimes.
    """
    enough = [count >= FEWEST_DRAWS for count in findings.sampled_draws]
    if not input_names(findings.data) or not any(enough) or (pooled and not all(enough)):
        return None

    def find() -> xr.Dataset:
        data = findings.sample(outcome, _policies(findings))
        if not all(enough):
            kept = [
                own[own < findings.sampled] for own, fits in zip(findings.regimes.members, enough, strict=True) if fits
            ]
            data = data.isel(draw=np.sort(np.concatenate(kept)))
        return PARTS[part](data, outcome, year=findings.years[-1], pooled=pooled).isel(year=0)

    return findings.once(("decisive", outcome, part, pooled), find)


@dataclass(frozen=True)
class Shares:
    """What factors explain of one regime, or of all pooled: name, grade of evidence, share, its error and interval."""

    names: list[str]
    grades: list[str]
    first: list[float]
    error: list[float]
    lower: list[float]
    upper: list[float]

    @staticmethod
    def of(found: xr.Dataset) -> "Shares":
        """Those of a dataset over factors."""
        names = [str(name) for name in found["factor"].to_numpy()]
        grades = [str(grade) for grade in found["evidence"].to_numpy()] if "evidence" in found.coords else names
        numbers = [found[key].to_numpy().tolist() for key in ("first", "first_error", "first_lower", "first_upper")]
        return Shares(names, grades, *numbers)

    def strongest(self, most: int) -> list[int]:
        """Places of the factors that explain most."""
        order: list[int] = np.argsort(-np.nan_to_num(self.first), kind="stable")[:most].tolist()
        return order


class _Bars:
    """Draws what decides one outcome under one policy in the last year, a panel a regime."""

    def __init__(self, findings: Findings, language: Language, outcome: str, policy: int, part: str) -> None:
        self.findings, self.language, self.part = findings, language, part
        # None of regimes, the last being all of them, that have too few draws.
        self.found = _by_view(findings, outcome, _policies(findings).index(policy), part)
        self.regimes = [*regime_names(findings.regimes.names, language), language.say("regime.pooled")]
        self.title = language.say(
            "sensitivity.title",
            outcome=language.outcome(outcome),
            year=findings.years[-1],
            policy=policy_names(findings.data, language)[policy],
        )

    def panel(self, regime: int) -> Markup:
        """One regime's bars, the longest above."""
        draws = self.findings.sampled_draws
        title, found = panel_title(self.findings, self.language, regime, draws), self.found[regime]
        if found is None:
            return joined(title, tag("p", self.language.say("absent.too_few"), class_="note"))
        if not np.isfinite(found.first).any():
            return joined(title, tag("p", self.language.say("sensitivity.no_spread"), class_="note"))
        rows = self._rows(found)
        most = 100 * float(np.nanmax([found.upper[row] for row in rows], initial=0.01))
        frame = Panel(WIDTH, TOP + ROW * len(rows) + BOTTOM, (0, most), (0, 1), MARGIN, MARGIN, TOP, BOTTOM)
        parts: list[Markup] = [axes(frame, round_numbers(frame.across, 4), [])]
        for place, row in enumerate(rows):
            parts += self._row(frame, TOP + ROW * place, found, row)
        told = [
            self.language.say("form.pair", name=self._name(found, row), value=self._figure(found, row)) for row in rows
        ]
        description = self.language.say(
            "sensitivity.description",
            title=self.title,
            regime=self.regimes[regime],
            listed=self.language.listed(told),
        )
        return joined(title, picture(WIDTH, frame.height, description, *parts))

    def _rows(self, found: Shares) -> list[int]:
        """Places of the factors to show."""
        return found.strongest(MOST_ROWS) if self.part == "by_input" else list(range(len(found.names)))

    def _row(self, frame: Panel, top: float, found: Shares, row: int) -> list[Markup]:
        """One factor's name and figure above its bar."""
        shares = [100 * max(each[row], 0.0) for each in (found.first, found.lower, found.upper)]
        zero, end, left, right = frame.x([0, *shares]).tolist()
        grade, name, figure = found.grades[row], self._name(found, row), self._figure(found, row)
        kind = f"grade-{grade.lower()}" if grade in GRADES else "grade-none"
        return [
            stretch(zero, end, top + 25, f"{kind} share"),
            stretch(left, right, top + 25, "interval"),
            text(MARGIN, top + 14, name, "name"),
            text(WIDTH - MARGIN, top + 14, figure, "figure"),
            mark(MARGIN, top, WIDTH - 2 * MARGIN, ROW, f"{self._meaning(found.names[row])}: {figure}"),
        ]

    def _name(self, found: Shares, row: int) -> str:
        """What a factor is called; an input with the grade of its evidence."""
        name, grade = found.names[row], found.grades[row]
        if self.part != "by_input" or name == "regime":
            return self.language.name("factor", name)
        words = shortened(self.language.title(input_name(self.findings.data, name, self.language)), LETTERS)
        return f"{words} ({grade})" if grade in GRADES else words

    def _figure(self, found: Shares, row: int) -> str:
        """A share with 1.96 standard errors, marked where it can't be told from none."""
        share = self.language.percent(found.first[row], found.error[row])
        return share if found.lower[row] > 0 else self.language.say("sensitivity.unsure", share=share)

    def table(self) -> Markup:
        """All shares that a panel shows, folded."""
        language, known = self.language, [each for each in self.found if each is not None]
        shown = list(dict.fromkeys(each.names[row] for each in known for row in self._rows(each)))
        shown.sort(key=lambda name: name != "regime")
        rows = [[self._meaning(name), *(self._cell(each, name) for each in self.found)] for name in shown]
        heads = [language.say("sensitivity.explained_by"), *self.regimes[: len(self.found)]]
        note = weights_told(self.findings.regimes, language) if self.findings.several else ""
        note = language.sentences(language.say("sensitivity.table"), note)
        return folded(language.say("table.open"), table(self.title, note, heads, rows))

    def _meaning(self, name: str) -> str:
        if self.part != "by_input" or name == "regime":
            return self.language.title(self.language.name("factor", name))
        return self.language.title(input_meaning(self.findings.data, name, self.language))

    def _cell(self, found: Shares | None, name: str) -> str:
        return self._figure(found, found.names.index(name)) if found is not None and name in found.names else "–"


def _by_view(findings: Findings, outcome: str, place: int, part: str) -> list[Shares | None]:
    """Shares under a policy by regime, and last of all pooled; None of those that have too few draws."""
    by_regime, pooled = (decisive(findings, outcome, part, pooled) for pooled in (False, True))
    known = {} if by_regime is None else {str(name): row for row, name in enumerate(by_regime["regime"].to_numpy())}
    found: list[Shares | None] = [
        Shares.of(by_regime.isel(regime=known[name], policy=place)) if by_regime is not None and name in known else None
        for name in findings.regimes.names
    ]
    if findings.several:
        found.append(None if pooled is None else Shares.of(pooled.isel(policy=place)))
    return found
