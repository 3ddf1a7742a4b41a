"""Vacancies beside unemployment over the years: the loop that a shock to labor demand makes, by policy and regime."""

from functools import partial

from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings, lowest_and_highest
from analysis.report.language import Language
from analysis.report.legend import policy_class
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import policy_names, regime_names
from analysis.report.regime_panels import panel_title, regime_chooser, regime_panels
from analysis.report.section import Section
from analysis.report.svg import Panel, axes, dot, limits_of, line, mark, picture, round_numbers, text
from analysis.units import Scale

__all__ = ["beveridge"]

UNEMPLOYMENT, VACANCIES = "national_unemployment_rate", "vacancies"
WIDTH, HEIGHT = 290, 230
RATE, INDEX = Scale(1.0, "", 2), Scale(1.0, "", 1)


def beveridge(findings: Findings, language: Language) -> Section | None:
    """Paths of medians; nothing where the store lacks one of the two outcomes, or has one year."""
    if not {UNEMPLOYMENT, VACANCIES} <= set(findings.national) or len(findings.years) < 2:
        return None
    drawing = _Loops(findings, language)
    choice = Choice(
        (
            Chooser.numbered(language.say("control.policy"), drawing.names, min(1, len(drawing.names) - 1)),
            regime_chooser(findings, language, pooled=False),
        )
    )
    states = []
    for policy in range(len(drawing.names)):
        panels = regime_panels(choice, findings, partial(drawing.panel, policy), str(policy), pooled=False)
        states.append(choice.when(joined(panels, drawing.table(policy)), str(policy), "*"))
    units = tag("p", language.say("beveridge.axes"), class_="note")
    notes = tag("p", language.say("beveridge.reading", reference=drawing.names[0]), class_="note")
    return Section("beveridge", language.say("beveridge.heading"), choice.draw(units, *states, notes))


class _Loops:
    """Medians by year, (regime, policy, year), of unemployment in percent and of vacancies at baseline as 100."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self.findings, self.language = findings, language
        self.names = policy_names(findings.data, language)
        self.regimes = regime_names(findings.regimes.names, language)
        dims = ("regime", "policy", "year")
        (self.rate, self.rate_error), (self.vacancies, self.vacancies_error) = (
            (100 * each.transpose(*dims).to_numpy() for each in findings.medians(name))
            for name in (UNEMPLOYMENT, VACANCIES)
        )

    def panel(self, policy: int, regime: int) -> Markup:
        """One regime's path beside that without policy."""
        years = self.findings.years
        rate, vacancies = self.rate[regime], self.vacancies[regime]
        across, up = (limits_of(each[[0, policy]], 0.08) for each in (rate, vacancies))
        frame = Panel(WIDTH, HEIGHT, across, up, left=40)
        color = policy_class(policy)
        places = list(zip(frame.x(rate[policy]).tolist(), frame.y(vacancies[policy]).tolist(), strict=True))
        named = {0, len(years) - 1, *(place for place, year in enumerate(years) if year % 5 == 0)}
        points = [dot(x, y, f"{color} point", 3.2 if place in named else 1.8) for place, (x, y) in enumerate(places)]
        labels = [text(places[at][0] + 6, places[at][1] - 5, str(years[at]), "year") for at in (0, -1)]
        told = [self._say("beveridge.year", policy, regime, place) for place in range(len(years))]
        marks = [mark(x - 7, y - 7, 14, 14, words) for (x, y), words in zip(places, told, strict=True)]
        drawn = picture(
            WIDTH,
            HEIGHT,
            self._description(policy, regime),
            axes(frame, round_numbers(across, 4), round_numbers(up, 4)),
            line(frame, rate[0], vacancies[0], "reference"),
            line(frame, rate[policy], vacancies[policy], f"{color} curve solid"),
            *points,
            *labels,
            *marks,
        )
        return joined(panel_title(self.findings, self.language, regime), drawn)

    def _say(self, key: str, policy: int, regime: int, place: int) -> str:
        """A year's unemployment and vacancies, with their errors."""
        at = (regime, policy, place)
        rate, vacancies = (
            scale.show_at_places(float(value[at]), float(error[at]), unknown=self.language.say("form.unknown"))
            for value, error, scale in (
                (self.rate, self.rate_error, RATE),
                (self.vacancies, self.vacancies_error, INDEX),
            )
        )
        return self.language.say(key, year=self.findings.years[place], rate=rate, vacancies=vacancies)

    def _description(self, policy: int, regime: int) -> str:
        """A loop in words: where it begins, turns and ends."""
        last = len(self.findings.years) - 1
        lowest, _ = lowest_and_highest(self.vacancies[regime, policy])
        told = [self._say("beveridge.year", policy, regime, place) for place in dict.fromkeys((0, lowest, last))]
        return self.language.say(
            "beveridge.description",
            policy=self.names[policy],
            regime=self.regimes[regime],
            listed=self.language.listed(told),
        )

    def table(self, policy: int) -> Markup:
        """Both medians by year and regime, folded."""
        language = self.language
        rows = [
            [str(year), *(self._say("beveridge.cell", policy, regime, place) for regime in range(len(self.regimes)))]
            for place, year in enumerate(self.findings.years)
        ]
        title = language.say("beveridge.table", policy=self.names[policy])
        heads = [language.say("table.year"), *self.regimes]
        note = language.sentences(language.say("beveridge.axes"), language.say("form.error"))
        return folded(language.say("table.open"), table(title, note, heads, rows))
