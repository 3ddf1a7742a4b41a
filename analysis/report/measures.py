"""What a map shows: a regional outcome's median, or what policies change in it, as numbers, classes and colors."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from analysis.counted import counted_names
from analysis.futures import BETTER, direction
from analysis.monte_carlo import NORMAL_95
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.statistics import is_large
from analysis.units import Scale

__all__ = ["AMOUNTS", "CHANGES", "FURTHER", "NORMAL_95", "Measure", "can_change", "measures", "relative_scale"]

LEVELS = ("unemployment_rate", "poverty_rate")
CHANGES = ("unemployment_rate", "employment", "wage", "gdp", "disposable_income", "poverty_rate")
# Of these, changes are shown in percent of what they are without policy.
AMOUNTS = ("employment", "wage", "gdp", "disposable_income")
# Over all measures, regimes, policies, years and regions; each takes some seven bytes of the page, with its error.
MOST_VALUES = 300_000
CLASSES = 7
# Places that paths, and figures with errors, have beyond what tiles show.
FURTHER = 1
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """One thing that a map can show.

    values: (regime, policy, year, region), as shown; errors: standard errors of them, NaN where not known; noise:
    where they can't be told from zero; breaks: between classes; classes: of page.css, from the least values to the
    largest.
    """

    title: str
    unit: str
    values: Floats
    errors: Floats
    noise: NDArray[np.bool_]
    decimals: int
    breaks: tuple[float, ...]
    classes: tuple[str, ...]
    signed: bool

    def class_of(self, value: float, noise: bool) -> str:
        """Class of a tile."""
        if not np.isfinite(value):
            return "unknown"
        return "noise" if noise else self.classes[int(np.searchsorted(self.breaks, value, side="right"))]

    def show(self, value: float) -> str:
        """A value as text; small changes have one more place, as in page.js."""
        places = self.decimals + (self.signed and self.decimals < 2 and abs(value) < 1)
        return Scale(1.0, self.unit, places).show(value, signed=self.signed)

    def show_with_error(self, value: float, error: float, unknown: str) -> str:
        """A value ± its error, which is never told as less than the last place, as in page.js."""
        return Scale(1.0, self.unit, self.decimals + FURTHER).show_at_places(value, error, self.signed, unknown)

    def end(self, value: float) -> str:
        """A break between classes as text."""
        return f"{value:{'+' if self.signed else ''}g}".replace("-", "−")


def measures(findings: Findings, language: Language, years: int) -> list[Measure]:
    """Medians of outcomes, then changes, as many as fit into a page with so many years."""
    room = MOST_VALUES // (len(findings.regimes.names) * len(findings.policies) * years * findings.data.sizes["region"])
    found: list[Measure] = []
    for make in _wanted(findings, language):
        if len(found) >= max(1, room):
            break
        found.append(make())
    return found


def _wanted(findings: Findings, language: Language) -> Iterator[Callable[[], Measure]]:
    """What a map should show, the most important first."""
    levels = findings.present(LEVELS, regional=True)
    changes = [name for name in findings.present(CHANGES, regional=True) if name in BETTER]
    changes = changes if len(findings.policies) > 1 else []
    for outcome in dict.fromkeys([*levels[:1], *changes, *levels[1:]]):
        if outcome in levels:
            yield partial(_level, findings, language, outcome)
        if outcome in changes and can_change(findings, outcome):
            yield partial(_change, findings, language, outcome)


def can_change(findings: Findings, outcome: str) -> bool:
    """Whether a change can be had without reading all draws of a large outcome at once."""
    if outcome not in AMOUNTS:
        return True
    return outcome not in counted_names(findings.data) and not is_large(findings.data[outcome])


def _level(findings: Findings, language: Language, outcome: str) -> Measure:
    dims = ("regime", "policy", "year", "region")
    medians, errors = (each.transpose(*dims).to_numpy() for each in findings.medians(outcome))
    scale = language.scale(outcome, findings.units(outcome), medians).digits_for(medians, 3)
    values, errors = medians / scale.divisor, errors / scale.divisor
    title = language.say("measure.level", outcome=language.outcome(outcome))
    none = np.zeros(values.shape, dtype=bool)
    breaks = _even_breaks(values)
    classes = tuple(f"s{round(place * (CLASSES - 1) / max(len(breaks), 1))}" for place in range(len(breaks) + 1))
    return Measure(
        language.title(title), scale.unit, values, errors, none, scale.decimals, breaks, classes, signed=False
    )


def _change(findings: Findings, language: Language, outcome: str) -> Measure:
    found = findings.difference(outcome).transpose("regime", "policy", "year", "region")
    mean, error = found["mean"].to_numpy(), found["standard_error"].to_numpy()
    # NaN, the error of one draw, is no noise that anything could be told from.
    noise = ~(np.abs(mean) > NORMAL_95 * error)
    if outcome in AMOUNTS:
        base = findings.mean_without_policy(outcome)
        base = np.moveaxis(base, 1, 2)[:, None]
        scale, values, error = relative_scale(language), mean / base, error / base
    else:
        scale, values = language.scale(outcome, findings.units(outcome), mean, difference=True), mean
    # The reference, which differs from itself by nothing.
    values, error, noise = (
        np.concatenate([np.zeros_like(each[:, :1]), each], axis=1) for each in (values, error, noise)
    )
    scale = scale.digits_for(values, 3)
    shown, error, decimals = values / scale.divisor, error / scale.divisor, min(scale.decimals, 2)
    breaks = _balanced_breaks(shown[~noise])
    falling = ["b3", "b2", "b1", "same", "w1", "w2", "w3"]
    classes = tuple(falling if direction(outcome) == "low" else falling[::-1])
    title = language.say("measure.change", outcome=language.outcome(outcome))
    return Measure(language.title(title), scale.unit, shown, error, noise, decimals, breaks, classes, signed=True)


def relative_scale(language: Language) -> Scale:
    """Shares as percent."""
    return Scale(0.01, language.units.percent, 2)


def _even_breaks(values: Floats) -> tuple[float, ...]:
    """Round numbers between classes that hold about as many values each."""
    finite = values[np.isfinite(values)]
    if not finite.size or finite.min() == finite.max():
        return ()
    found = np.quantile(finite, np.arange(1, CLASSES) / CLASSES)
    return tuple(dict.fromkeys(float(f"{value:.2g}") for value in found))


def _balanced_breaks(values: Floats) -> tuple[float, ...]:
    """Round numbers on both sides of zero: the largest classes begin at half of what nearly all values stay under."""
    sizes = np.abs(values[np.isfinite(values)])
    most = float(np.quantile(sizes, 0.98)) if sizes.size else 0.0
    above = [_round(most * share or share) for share in (0.05, 0.2, 0.5)]
    return (*(-each for each in reversed(above)), *above)


def _round(value: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(min((1, 2, 5, 10), key=lambda size: abs(np.log(value / (size * power)))) * power)
