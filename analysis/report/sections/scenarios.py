"""In which futures something happens: boxes in the uncertain inputs in plain words, and how stable they are."""

import numpy as np
import xarray as xr

from analysis.box_words import restricted_parameters, shown_number
from analysis.discovery import FEWEST_CASES
from analysis.inputs import by_place
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.fitness import absent, sampled, unfit
from analysis.report.language import Language
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import input_explained, input_meaning, input_name, policy_names, regime_names, weights_told
from analysis.report.questions import HALVES, Answer, Question, answer, distinguished, questions
from analysis.report.section import Section
from analysis.report.svg import picture, shortened, stretch, text

__all__ = ["conditions", "scenarios", "told_question"]

WIDTH, ROW, MARGIN = 360, 50, 12


def scenarios(findings: Findings, language: Language) -> Section:
    """Boxes by question, and which questions have too few futures for them."""
    asked = questions(findings)
    reason = unfit(findings, language) or ("" if asked else language.say("absent.outcomes"))
    if not reason and not distinguished(findings, asked[0].outcome):
        reason = language.say("absent.inputs")
    if reason:
        return absent("scenarios", language, reason)
    answers = {question: answer(findings, question) for question in asked}
    answered = {question: own for question, own in answers.items() if own.boxes is not None}
    few = [_counted(findings, language, *each) for each in answers.items() if each[0] not in answered]
    told = language.say("scenarios.few", fewest=FEWEST_CASES, listed=language.listed(few)) if few else ""
    words = [language.title(told_question(findings, language, question)) for question in answered]
    choice = Choice((Chooser.numbered(language.say("scenarios.question"), words),))
    states = [
        choice.when(_Boxes(findings, language, own).draw(heading), str(place))
        for place, (heading, own) in enumerate(zip(words, answered.values(), strict=True))
    ]
    reading = tag("p", language.say("scenarios.reading", halves=HALVES), class_="note")
    left_out = [input_name(findings.data, name, language) for name in by_place(findings.data)]
    without = language.say("scenarios.left_out", listed=language.listed(left_out)) if left_out else ""
    notes = [tag("p", each, class_="note") for each in (told, without, sampled(findings, language)) if each]
    content = joined(choice.draw(*states, reading), *notes) if states else joined(*notes)
    return Section("scenarios", language.say("scenarios.heading"), content)


def told_question(findings: Findings, language: Language, question: Question) -> str:
    """What a question asks for, as a part of a sentence."""
    names = policy_names(findings.data, language)
    scale = language.scale(question.outcome, findings.units(question.outcome), question.threshold)
    return language.say(
        f"scenarios.{question.kind}",
        outcome=language.outcome(question.outcome),
        threshold=language.measured(shown_number(question.threshold / scale.divisor), scale),
        policy=names[question.policy],
        reference=names[0],
        year=findings.years[-1],
    )


def _counted(findings: Findings, language: Language, question: Question, own: Answer) -> str:
    """A question with the draws in which it happens."""
    happens = told_question(findings, language, question)
    return language.say("scenarios.counted", question=happens, cases=f"{own.cases:,}", draws=f"{own.draws:,}")


def conditions(findings: Findings, language: Language, box: xr.Dataset) -> str:
    """The limits of a box, those that it could least do without first, as a part of a sentence."""
    told = [_condition(findings, language, box.sel(parameter=name)) for name in restricted_parameters(box)]
    return language.say("scenarios.and").join(told)


def _condition(findings: Findings, language: Language, own: xr.Dataset) -> str:
    """What a box says of one of its parameters."""
    name = str(own["parameter"].item())
    if name == "regime":
        return language.say("scenarios.in_regimes", regimes=_regimes(language, own))
    return language.say(
        "scenarios.condition", input=input_explained(findings.data, name, language), limits=_limits(language, own)
    )


def _regimes(language: Language, box: xr.Dataset) -> str:
    """The regimes of a box."""
    inside = box["regime"].to_numpy()[box["in_box"].to_numpy()]
    return language.say("scenarios.or").join(regime_names([str(name) for name in inside], language))


def _limits(language: Language, own: xr.Dataset) -> str:
    """The limits of a parameter with their unit."""
    units = str(own["units"].item())
    low, high = (_amount(language, float(own[key]), units) for key in ("low", "high"))
    if np.isfinite(own["low"]) and np.isfinite(own["high"]):
        return language.say("scenarios.between", low=low, high=high)
    return (
        language.say("scenarios.above", low=low)
        if np.isfinite(own["low"])
        else language.say("scenarios.below", high=high)
    )


def _amount(language: Language, value: float, units: str) -> str:
    """A value of an input with three digits and its unit, shares as percent."""
    if units.startswith(("share", "task share")) or units in ("rate", "probability"):
        return language.say("form.percent", number=shown_number(100 * value))
    unit = language.name("limit_unit", units, language.name("input_unit", units))
    return language.say("form.measured", number=shown_number(value), unit=unit) if unit else shown_number(value)


class _Boxes:
    """Sentences, pictures and table of one question's boxes."""

    def __init__(self, findings: Findings, language: Language, own: Answer) -> None:
        assert own.boxes is not None
        self.findings, self.language, self.answer, self.boxes = findings, language, own, own.boxes
        self.stability = own.stability

    def draw(self, heading: str) -> Markup:
        """All of it, under a heading."""
        language, boxes, own = self.language, self.boxes, self.answer
        weighted = weights_told(self.findings.regimes, language) if self.findings.several else ""
        share = language.percent(own.share, own.error)
        lead = language.say("scenarios.share", share=share, cases=f"{own.cases:,}", draws=f"{own.draws:,}")
        above = joined(tag("h3", heading), tag("p", language.sentences(lead, weighted), class_="note"))
        if not boxes.sizes["box"]:
            return joined(above, tag("p", language.say("scenarios.no_box")))
        panels = [tag("div", self._panel(place, heading), class_="panel") for place in range(boxes.sizes["box"])]
        return joined(above, tag("div", *panels, class_="panels few"), self._stable(), self._table(heading))

    def _panel(self, place: int, heading: str) -> Markup:
        """One box in words and as a picture."""
        language, box = self.language, self.boxes.isel(box=place)
        shares = {"density": "density", "base": "base_rate", "rest": "rest_rate", "coverage": "coverage"}
        told = language.say(
            "scenarios.next_box" if place else "scenarios.box",
            conditions=conditions(self.findings, language, box),
            **{gap: language.percent(float(box[key]), float(box[f"{key}_error"])) for gap, key in shares.items()},
        )
        title = language.say("scenarios.number", number=place + 1)
        drawn = language.count("draws", int(box["draws"]))
        rows = self._rows(box, first=place == 0)
        pictured = picture(WIDTH, ROW * len(restricted_parameters(box)) + 4, f"{heading}. {told}", *rows)
        return joined(tag("h4", title, tag("small", drawn)), tag("p", told), pictured)

    def _rows(self, box: xr.Dataset, first: bool) -> list[Markup]:
        """Each parameter that a box restricts: its range in all draws, its part in the box, and where limits varied."""
        found: list[Markup] = []
        for place, name in enumerate(restricted_parameters(box)):
            top, own = ROW * place, box.sel(parameter=name)
            if name == "regime":
                words, limits = self.language.title(self.language.say("control.regime")), _regimes(self.language, box)
                found += self._head(top, words, limits)
                found += self._regime_row(top, box)
                continue
            words = self.language.title(input_name(self.findings.data, name, self.language))
            found += self._head(top, words, _limits(self.language, own))
            found += self._range(top, own)
            if first and self.stability is not None:
                found += self._spread(top, own, self.stability.sel(parameter=name))
        return found

    def _head(self, top: float, words: str, limits: str) -> list[Markup]:
        return [text(MARGIN, top + 16, shortened(words, 30), "name"), text(WIDTH - MARGIN, top + 16, limits, "figure")]

    def _range(self, top: float, own: xr.Dataset) -> list[Markup]:
        """The range of all draws with its ends, and the part in the box."""
        least, greatest, units = float(own["least"]), float(own["greatest"]), str(own["units"].item())
        low, high = max(float(own["low"]), least), min(float(own["high"]), greatest)
        left, right = (_across(value, least, greatest) for value in (low, high))
        start, end = (_amount(self.language, value, units) for value in (least, greatest))
        return [
            stretch(MARGIN, WIDTH - MARGIN, top + 27, "outside"),
            stretch(left, right, top + 27, "inside"),
            text(MARGIN, top + 46, start, "start"),
            text(WIDTH - MARGIN, top + 46, end, "beside"),
        ]

    def _spread(self, top: float, own: xr.Dataset, stability: xr.Dataset) -> list[Markup]:
        """The middle 90 % of the limits that boxes of halves have."""
        least, greatest = float(own["least"]), float(own["greatest"])
        ends = [
            stability[key].sel(quantile=[0.05, 0.95]).to_numpy() for key in ("low", "high") if np.isfinite(own[key])
        ]
        places = [[_across(value, least, greatest) for value in limits.tolist()] for limits in ends]
        return [stretch(left, right, top + 27, "spread") for left, right in places]

    def _regime_row(self, top: float, box: xr.Dataset) -> list[Markup]:
        """The regimes side by side."""
        names, inside = [str(name) for name in box["regime"].to_numpy()], box["in_box"].to_numpy()
        width, found = (WIDTH - 2 * MARGIN) / len(names), list[Markup]()
        for place, (name, own) in enumerate(zip(regime_names(names, self.language), inside, strict=True)):
            left = MARGIN + width * place
            found.append(stretch(left + 1, left + width - 1, top + 27, "inside" if own else "outside"))
            found.append(text(left + width / 2, top + 46, shortened(name, 14), "below"))
        return found

    def _stable(self) -> Markup:
        """How often halves have the same limits, and what their box is worth in the others."""
        language, stability = self.language, self.stability
        if stability is None:
            return tag("p", language.say("scenarios.not_halved", fewest=2 * FEWEST_CASES), class_="note")
        listed = [
            language.say("scenarios.limited", input=self._words(name), share=self._limited(name))
            for name in restricted_parameters(self.boxes.isel(box=0))
        ]
        density, outside = (language.percent(float(stability[key].mean())) for key in ("density", "density_outside"))
        told = language.say(
            "scenarios.stability",
            halves=stability.sizes["resample"],
            listed=language.listed(listed),
            density=density,
            outside=outside,
        )
        doubtful = "" if self.answer.stable else language.say("scenarios.unstable")
        return tag("p", language.sentences(told, doubtful))

    def _words(self, name: str) -> str:
        return (
            self.language.say("scenarios.regime")
            if name == "regime"
            else input_name(self.findings.data, name, self.language)
        )

    def _limited(self, name: str) -> str:
        """The share of halves in whose box a parameter has a limit."""
        if self.stability is None:
            return "–"
        return self.language.percent(float(self.stability["restricted"].sel(parameter=name)))

    def _table(self, heading: str) -> Markup:
        """Limits of all boxes, folded."""
        language = self.language
        keys = ("box_head", "input_head", "range_head", "limits_head", "quasi_p_head", "grade_head", "halves_head")
        heads = [language.say(f"scenarios.{key}") for key in keys]
        rows = [
            self._table_row(place, name)
            for place in range(self.boxes.sizes["box"])
            for name in restricted_parameters(self.boxes.isel(box=place))
        ]
        return folded(language.say("table.open"), table(heading, language.say("scenarios.table"), heads, rows))

    def _table_row(self, place: int, name: str) -> list[str]:
        language, own = self.language, self.boxes.isel(box=place).sel(parameter=name)
        number, chance = language.say("scenarios.number", number=place + 1), float(own["quasi_p"])
        told = "<0.001" if chance < 0.001 else f"{chance:.3f}"
        halves = "–" if place else self._limited(name)
        if name == "regime":
            words = language.title(language.say("control.regime"))
            return [number, words, language.listed(regime_names(self.findings.regimes.names, language)),
                    _regimes(language, own), told, "–", halves]  # fmt: skip
        units = str(own["units"].item())
        low, high = (_amount(language, float(own[key]), units) for key in ("least", "greatest"))
        return [
            number,
            language.title(input_meaning(self.findings.data, name, language)),
            language.say("scenarios.between", low=low, high=high),
            _limits(language, own),
            told,
            str(own["grade"].item()) or "–",
            halves,
        ]


def _across(value: float, least: float, greatest: float) -> float:
    """Place of a value in the range of a parameter."""
    return float(MARGIN + (WIDTH - 2 * MARGIN) * (value - least) / ((greatest - least) or 1.0))
