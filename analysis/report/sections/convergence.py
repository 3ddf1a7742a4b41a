"""Whether draws are enough: how mean and 95 % quantile, and their Monte Carlo errors, settle as draws are added."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis import estimation
from analysis.monte_carlo import BATCHES, NORMAL_95
from analysis.report.choice import Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.fitness import absent
from analysis.report.language import Language
from analysis.report.legend import policy_class
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import policy_names, regime_names, weights_told
from analysis.report.regime_panels import outcome_chooser
from analysis.report.section import Section
from analysis.report.svg import Panel, area, axes, limits_of, line, picture, round_numbers, strips

__all__ = ["convergence", "settling"]

OUTCOMES = ("national_unemployment_rate", "national_gdp", "net_cost")
WIDTH, HEIGHT = 330, 200
# Doublings to show, as the errors of fewer draws would flatten the last ones; and names of them.
MOST_SIZES, MOST_TICKS = 7, 5
FEWEST = 2 * BATCHES
UPPER = 0.95
STATISTICS = ("mean", "upper")
Floats = NDArray[np.float64]


def convergence(findings: Findings, language: Language) -> Section:
    """Lines by outcome, policy and regime, or why there are none."""
    total = findings.data.sizes["draw"]
    if total < FEWEST:
        return absent("convergence", language, language.say("absent.draws", limit=FEWEST, draws=f"{total:,}"))
    outcomes = findings.present(OUTCOMES)
    names = policy_names(findings.data, language)
    regimes = regime_names(findings.regimes.names, language)
    views = [language.say("regime.pooled"), *regimes] if findings.several else regimes
    choice = Choice(
        (
            outcome_chooser(language, outcomes),
            Chooser.numbered(language.say("control.policy"), names),
            Chooser.numbered(language.say("control.regime"), views),
        )
    )
    states = []
    for place, outcome in enumerate(outcomes):
        drawing = _Lines(findings, language, outcome, views)
        for view in range(len(views)):
            for policy in range(len(names)):
                states.append(choice.when(drawing.state(policy, view), str(place), str(policy), str(view)))
            states.append(choice.when(drawing.table(view), str(place), "*", str(view)))
    notes = tag("p", language.say("convergence.reading"), class_="note")
    sentence = language.say("convergence.point", **{name: f"{{{at}}}" for at, name in enumerate(("draws", "value"))})
    content = tag("div", choice.draw(*states, notes), data_sentence=sentence)
    return Section("convergence", language.say("convergence.heading"), content)


def settling(findings: Findings, outcome: str, pooled: bool) -> xr.Dataset:
    """Mean and 95 % quantile of the last year from the first draws, as `analysis.convergence` gives them."""
    return findings.once(
        ("settling", outcome, pooled),
        lambda: estimation.convergence(findings.snapshot(outcome), outcome, (UPPER,), pooled=pooled),
    )


class _Lines:
    """Draws how one outcome's estimates settle."""

    def __init__(self, findings: Findings, language: Language, outcome: str, views: list[str]) -> None:
        self.findings, self.language, self.outcome, self.views = findings, language, outcome, views
        self.names = policy_names(findings.data, language)
        found = [settling(findings, outcome, pooled=True).expand_dims("regime")] if findings.several else []
        found.append(settling(findings, outcome, pooled=False))
        self.sizes = [int(size) for size in found[0]["first_draws"].to_numpy()]
        keys = {"mean": ("mean", "mean_error"), "upper": ("quantiles", "quantiles_error")}
        # By statistic estimates and standard errors, (view, policy, first draws).
        self.values: dict[str, Floats] = {}
        self.errors: dict[str, Floats] = {}
        for name, (value, error) in keys.items():
            self.values[name] = np.concatenate([_by_view(each[value]) for each in found])
            self.errors[name] = np.concatenate([_by_view(each[error]) for each in found])
        self.scale = language.scale(outcome, findings.units(outcome), self.values["upper"])

    def state(self, policy: int, view: int) -> Markup:
        """One policy's panels for one regime, or all of them."""
        language = self.language
        title = language.say(
            "convergence.title",
            outcome=language.heading(self.outcome, self.scale),
            year=self.findings.years[-1],
            policy=self.names[policy],
        )
        pooled = self.findings.several and view == 0
        weighted = tag("small", weights_told(self.findings.regimes, language)) if pooled else ""
        panels = [tag("div", self._panel(name, policy, view, title), class_="panel") for name in STATISTICS]
        subject = tag("p", language.title(self.views[view]), weighted, class_="subject")
        return joined(tag("h3", title), subject, tag("div", *panels, class_="panels few"))

    def _panel(self, name: str, policy: int, view: int, title: str) -> Markup:
        """One statistic's line and the band of its errors."""
        language, divisor = self.language, self.scale.divisor
        values, errors = (
            self.values[name][view, policy] / divisor,
            NORMAL_95 * self.errors[name][view, policy] / divisor,
        )
        heading = tag(
            "h4", language.title(language.say(f"convergence.{name}")), tag("small", self._shown(name, view, policy, -1))
        )
        if not np.isfinite(values).any():
            return joined(heading, tag("p", language.say("absent.too_few"), class_="note"))
        shown = slice(-MOST_SIZES, None)
        steps, values, errors = np.log2(self.sizes)[shown], values[shown], errors[shown]
        known, names = np.isfinite(errors), [f"{size:,}" for size in self.sizes[shown]]
        limits = limits_of([values, values - np.nan_to_num(errors), values + np.nan_to_num(errors)], 0.06)
        frame = Panel(WIDTH, HEIGHT, (steps[0] - 0.3, steps[-1] + 0.3), limits, left=46)
        color, last = policy_class(policy), values[-1]
        told = [
            [size, self._shown(name, view, policy, place)]
            for place, size in enumerate(names, len(self.sizes) - len(names))
        ]
        ticks = range(len(steps))[:: -1 - len(steps) // MOST_TICKS]
        drawn = picture(
            WIDTH,
            HEIGHT,
            self._description(name, policy, view, title),
            axes(frame, [steps[place] for place in ticks], round_numbers(limits, 4), [names[place] for place in ticks]),
            area(frame, steps[known], (values - errors)[known], (values + errors)[known], f"{color} outer"),
            line(frame, steps, np.full(len(steps), last), "reference"),
            line(frame, steps, values, f"{color} median"),
            strips(frame, steps, told),
        )
        return joined(heading, drawn)

    def _description(self, name: str, policy: int, view: int, title: str) -> str:
        """A panel in words."""
        half = max(-2, -len(self.sizes))
        return self.language.say(
            "convergence.description",
            title=title,
            regime=self.views[view],
            statistic=self.language.say(f"convergence.{name}"),
            first=f"{self.sizes[half]:,}",
            before=self._shown(name, view, policy, half),
            draws=f"{self.sizes[-1]:,}",
            value=self._shown(name, view, policy, -1),
        )

    def _shown(self, name: str, view: int, policy: int, size: int) -> str:
        value, error = self.values[name][view, policy, size], self.errors[name][view, policy, size]
        return self.language.with_error(value, error, self.scale, signed=False)

    def table(self, view: int) -> Markup:
        """Estimates of all policies from half of the draws and from all, folded."""
        language, half = self.language, max(-2, -len(self.sizes))
        heads, columns = [language.say("control.policy")], []
        for name in STATISTICS:
            for size in dict.fromkeys((half, -1)):
                statistic = language.title(language.say(f"convergence.{name}"))
                heads.append(language.say("convergence.from", statistic=statistic, draws=f"{self.sizes[size]:,}"))
                columns.append([self._shown(name, view, policy, size) for policy in range(len(self.names))])
        rows = [list(each) for each in zip(self.names, *columns, strict=True)]
        title = f"{language.heading(self.outcome, self.scale)}: {self.views[view]}"
        return folded(language.say("table.open"), table(title, language.say("convergence.table"), heads, rows))


def _by_view(found: xr.DataArray) -> Floats:
    """Values as (regime, policy, first draws), of the only quantile."""
    own = found.isel(quantile=0) if "quantile" in found.dims else found
    return np.asarray(own.transpose("regime", "policy", "first_draws").to_numpy(), dtype=np.float64)
