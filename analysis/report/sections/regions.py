"""Where: a map of tiles by year, policy and regime, and the path of one region."""

import json
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from analysis.counted import counted_names
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings, lowest_and_highest
from analysis.report.geography import Place, is_map, places
from analysis.report.language import Language
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.measures import FURTHER, MOST_VALUES, NORMAL_95, Measure, measures
from analysis.report.naming import policy_names, regime_names, region_names
from analysis.report.section import Section
from analysis.report.svg import Panel, axes, limits_of, line, named_years, picture, round_numbers, text

__all__ = ["regions"]

TILE, GAP, ASIDE = 34, 2, 96
WIDTH, HEIGHT = 330, 220


def regions(findings: Findings, language: Language) -> Section | None:
    """The map with its controls; nothing where no outcome is by region."""
    if not findings.regional:
        return None
    drawing = _Map(findings, language)
    note = language.say("regions.map" if is_map(drawing.names) else "regions.strips")
    if findings.regional[0] in counted_names(findings.data):
        note = language.sentences(note, language.say("regions.counted"))
    content = joined(drawing.draw(), tag("p", note, class_="note"))
    return Section("regions", language.say("regions.heading"), content)


class _Map:
    """Draws the first state; page.js fills in the others from the numbers beside it."""

    def __init__(self, findings: Findings, language: Language) -> None:
        self.language = language
        self.names = [str(name) for name in findings.data["region"].to_numpy()]
        self.shown = region_names(self.names, language)
        self.places = places(self.names)
        self.policies = policy_names(findings.data, language)
        first, _ = findings.medians(findings.present(("unemployment_rate",), regional=True)[0])
        self.regimes = regime_names([str(name) for name in first["regime"].to_numpy()], language)
        self.leading = findings.regimes.leading if len(self.regimes) > 1 else 0
        cells = len(self.regimes) * len(self.policies) * len(self.names)
        step = max(1, -(-cells * len(findings.years) // MOST_VALUES))
        # Of every so many years, the last among them.
        self.at = list(range((len(findings.years) - 1) % step, len(findings.years), step))
        self.years = [findings.years[place] for place in self.at]
        self.measures = measures(findings, language, len(self.at))

    def draw(self) -> Markup:
        """Controls, map, legend, path and tables."""
        language = self.language
        choice = Choice(
            (
                Chooser.numbered(language.say("control.show"), [each.title for each in self.measures]),
                Chooser.numbered(language.say("control.policy"), self.policies),
                Chooser.numbered(language.say("control.regime"), self.regimes, self.leading),
            )
        )
        headings = [
            choice.when(
                tag("h3", language.say("form.heading", outcome=each.title, unit=each.unit)), str(place), "*", "*"
            )
            for place, each in enumerate(self.measures)
        ]
        legends = [choice.when(self._legend(each), str(place), "*", "*") for place, each in enumerate(self.measures)]
        told = self._caption()
        figure = tag(
            "div",
            tag("div", self._tiles(), tag("p", told, class_="caption", aria_live="polite"), *legends, class_="map"),
            tag("div", self._path(), class_="path"),
            class_="beside",
        )
        tables = [choice.when(self._table(each), str(place), "*", "*") for place, each in enumerate(self.measures)]
        drawn = choice.draw(*headings, figure, *tables, further=[self._year(), self._region()])
        return tag("div", drawn, self._numbers(), class_="regions")

    def _year(self) -> Markup:
        last = str(len(self.years) - 1)
        slider = tag("input", type="range", min="0", max=last, step="1", value=last, data_control="year")
        return tag(
            "label", tag("span", self.language.say("control.year"), " ", tag("output", str(self.years[-1]))), slider
        )

    def _region(self) -> Markup:
        order = sorted(range(len(self.shown)), key=lambda place: self.shown[place])
        options = [tag("option", self.shown[place], value=str(place)) for place in order]
        return tag(
            "label", tag("span", self.language.say("control.region")), tag("select", *options, data_control="region")
        )

    def _values(self, measure: Measure, year: int = -1, policy: int = 0) -> list[float]:
        values: list[float] = measure.values[self.leading, policy, self.at[year]].tolist()
        return values

    def _with_error(self, measure: Measure, policy: int, year: int, place: int) -> str:
        """A region's figure in the leading regime."""
        at = (self.leading, policy, self.at[year], place)
        unknown = self.language.say("form.unknown")
        return measure.show_with_error(float(measure.values[at]), float(measure.errors[at]), unknown)

    def _caption(self) -> str:
        """The first state in words, by the sentence that page.js fills in for others."""
        measure = self.measures[0]
        values = np.array(self._values(measure))
        low, high = lowest_and_highest(values)
        return self.language.say(
            "regions.caption",
            title=measure.title,
            year=self.years[-1],
            policy=self.policies[0],
            regime=self.regimes[self.leading],
            high=self.shown[high],
            high_value=self._with_error(measure, 0, -1, high),
            low=self.shown[low],
            low_value=self._with_error(measure, 0, -1, low),
            unit=measure.unit,
        )

    def _tiles(self) -> Markup:
        """All tiles, colored and labeled for the first state."""
        measure, grouped = self.measures[0], not is_map(self.names) and bool(self.places[0].group)
        aside = ASIDE if grouped else 0
        tiles = [
            self._tile(place, at, aside, measure, value)
            for place, (at, value) in enumerate(zip(self.places, self._values(measure), strict=True))
        ]
        columns, rows = (1 + max(getattr(at, key) for at in self.places) for key in ("column", "row"))
        labels = self._group_labels() if grouped else []
        width, height = aside + columns * TILE, rows * TILE
        kind = f"tiles{' large' if columns > 12 else ''}"
        return picture(width, height, self._caption(), *labels, *tiles, kind=kind, enlarged=2)

    def _group_labels(self) -> list[Markup]:
        """Names of groups beside their strips."""
        rows: dict[str, int] = {}
        for at in self.places:
            rows.setdefault(at.group, at.row)
            rows[at.group] = min(rows[at.group], at.row)
        return [
            text(ASIDE - 8, row * TILE + TILE / 2 + 4, self.language.name("group", group), "beside")
            for group, row in rows.items()
        ]

    def _tile(self, place: int, at: Place, aside: int, measure: Measure, value: float) -> Markup:
        left, top = aside + at.column * TILE, at.row * TILE
        size = TILE - GAP
        number = self._with_error(measure, 0, -1, place)
        told = f"{self.shown[place]}: {self.language.say('form.measured', number=number, unit=measure.unit)}"
        return tag(
            "g",
            tag("title", told),
            Markup(f'<rect x="{left}" y="{top}" width="{size}" height="{size}" rx="3"/>'),
            text(left + size / 2, top + 13, at.code, "code"),
            text(left + size / 2, top + 25, measure.show(value), "value"),
            class_=f"tile {measure.class_of(value, False)}",
            data_place=str(place),
        )

    def _legend(self, measure: Measure) -> Markup:
        """Ranges of values beside their colors."""
        language, ends = self.language, list(map(measure.end, measure.breaks))
        if not ends:
            return Markup("")
        texts = [language.say("legend.below", end=ends[0])]
        texts += [language.say("legend.between", low=low, high=high) for low, high in pairwise(ends)]
        texts.append(language.say("legend.above", end=ends[-1]))
        items = [_swatch(kind, words) for kind, words in zip(measure.classes, texts, strict=True)]
        if measure.noise.any():
            items.append(_swatch("noise", language.say("legend.noise")))
        better = [tag("p", language.say("legend.better"), class_="note")] if measure.signed else []
        return joined(tag("ul", *items, class_="legend"), *better)

    def _path(self) -> Markup:
        """The path of one region over the years: lines are page.js's to move, on axes by measure and regime."""
        limits = [[limits_of(each.values[regime]) for regime in range(len(self.regimes))] for each in self.measures]
        grids = []
        for number, own in enumerate(limits):
            for regime, ends in enumerate(own):
                hidden = {} if (number, regime) == (0, self.leading) else {"class_": "off"}
                named = named_years(self.years)
                grid = axes(self._frame(ends), named, round_numbers(ends, 4), [str(year) for year in named])
                ends_told = {"data_axes": f"{number} {regime}", "data_low": f"{ends[0]:g}", "data_high": f"{ends[1]:g}"}
                grids.append(tag("g", grid, **ends_told, **hidden))
        frame, first = self._frame(limits[0][self.leading]), min(range(len(self.shown)), key=self.shown.__getitem__)
        values = self.measures[0].values[self.leading, 0][self.at][:, first]
        lines = [tag("g", line(frame, self.years, values, kind), data_line=kind) for kind in ("reference", "chosen")]
        told = self.language.say("regions.path", region=self.shown[first], policy=self.policies[0])
        legend = self.language.say("regions.path_legend", reference=self.policies[0])
        drawn = picture(WIDTH, HEIGHT, told, *grids, *lines)
        return joined(tag("h4", told), drawn, tag("p", legend, class_="note"))

    def _frame(self, ends: tuple[float, float]) -> Panel:
        years = self.years
        return Panel(WIDTH, HEIGHT, (years[0] - 0.3, years[-1] + 0.3), ends)

    def _table(self, measure: Measure) -> Markup:
        """All regions and policies in the last year and the leading regime, folded."""
        columns = [
            [self._with_error(measure, policy, -1, place) for place in range(len(self.shown))]
            for policy in range(len(self.policies))
        ]
        rows = [list(row) for row in zip(self.shown, *columns, strict=True)]
        heads = [self.language.say("control.region"), *self.policies]
        title = self.language.say(
            "regions.table",
            title=measure.title,
            unit=measure.unit,
            year=self.years[-1],
            regime=self.regimes[self.leading],
        )
        return folded(self.language.say("table.open"), table(title, self.language.say("form.error"), heads, rows))

    def _numbers(self) -> Markup:
        """All that page.js needs, as data."""
        texts = self.language.texts
        told = {
            "years": self.years,
            "regions": self.shown,
            "policies": self.policies,
            "regimes": self.regimes,
            "caption": texts["regions"]["caption"],
            "path": texts["regions"]["path"],
            "measured": texts["form"]["measured"],
            "nothing": texts["legend"]["nothing"],
            "unknown": texts["form"]["unknown"],
            "frame": {"width": WIDTH, "height": HEIGHT, **_margins(self._frame((0, 1)))},
            "measures": [
                {
                    "title": each.title,
                    "unit": each.unit,
                    "decimals": each.decimals,
                    "further": each.decimals + FURTHER,
                    "signed": each.signed,
                    "breaks": each.breaks,
                    "classes": each.classes,
                    "values": _packed(each, self.at),
                    "errors": _packed_errors(each, self.at),
                }
                for each in self.measures
            ],
        }
        return data(told)


def data(told: object) -> Markup:
    """Data for scripts, which no text in it can end."""
    written = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return tag("script", Markup(written.encode("utf-8", "replace").decode()), type="application/json")


def _packed(measure: Measure, at: Sequence[int]) -> list[int | None]:
    """Values (regime, policy, year, region), one after the other: twice a whole number, and one more where noise."""
    values, noise = measure.values[:, :, at], measure.noise[:, :, at]
    whole = np.nan_to_num(np.round(values * 10 ** (measure.decimals + FURTHER))).astype(np.int64) * 2 + noise
    flat: list[int | None] = whole.ravel().tolist()
    for place in np.flatnonzero(~np.isfinite(values)):
        flat[place] = None
    return flat


def _packed_errors(measure: Measure, at: Sequence[int]) -> list[int | None]:
    """1.96 errors in the order of the values, whole numbers of their last place, never less than one; None unknown."""
    errors = NORMAL_95 * measure.errors[:, :, at]
    whole = np.maximum(np.nan_to_num(np.round(errors * 10 ** (measure.decimals + FURTHER))), errors > 0).astype(
        np.int64
    )
    flat: list[int | None] = whole.ravel().tolist()
    for place in np.flatnonzero(~np.isfinite(errors)):
        flat[place] = None
    return flat


def _margins(frame: Panel) -> dict[str, float]:
    return {name: getattr(frame, name) for name in ("left", "right", "top", "bottom")} | {
        "first": frame.across[0],
        "last": frame.across[1],
    }


def _swatch(kind: str, words: str) -> Markup:
    box = Markup(f'<g class="{kind}"><rect width="26" height="12" rx="2"/></g>')
    return tag("li", tag("svg", box, class_="sample", viewBox="0 0 26 12", aria_hidden="true"), words)
