"""What `sweep describe` says before a run: uncertain inputs with their numbers, evidence and source, and a picture."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sweep.config import build_study
from sweep.distributions import Distribution
from sweep.errors import writing
from sweep.factors import levers, sampled
from sweep.paths import Curve
from sweep.study import Study, Uncertainty

__all__ = ["Prior", "describe", "priors"]

_EVEN = (np.arange(2**12) + 0.5) / 2**12
_OWN = "what each place has of its own is drawn by monte_carlo"
# Design -> how it draws inputs that have a value by region or group, where it isn't all drawn alike.
_APART = dict.fromkeys(("sobol", "halton"), f"the design draws what places share alone, {_OWN}")
_APART |= {
    "latin_hypercube": f"slices are of what places share alone, {_OWN}",
    "factorial": "each level is the same quantile in all places",
    "table": "what the table has a column for is the same in all places",
}
# Of a table that goes to a file or a pipe.
_WIDE = 170


class Prior(NamedTuple):
    """What one input is drawn from, in all regimes or in those named."""

    key: str
    unit: str
    regimes: tuple[str, ...]
    distribution: Distribution
    grade: str
    source: str
    # Regions or groups that it is of, in words, "" for one value in a draw.
    places: str = ""

    @property
    def numbers(self) -> tuple[float, ...]:
        """5, 50 and 95 % quantiles and mean, in the input's unit."""
        low, middle, high = self.distribution.quantile(np.array([0.05, 0.5, 0.95]))
        return float(low), float(middle), float(high), float(self.distribution.quantile(_EVEN).mean())


def priors(study: Study) -> Iterator[Prior]:
    """Uncertain inputs in the order of the model, then uncertain doses of policies; by regime where they differ."""
    for item in sampled(study):
        key = f"{item.parameter.group}.{item.parameter.name}"
        own: dict[tuple[Distribution, str, str], list[str]] = {}
        grades = item.grades or ("",) * len(item.distributions)
        for code, (regime, grade) in enumerate(zip(item.by_regime, grades, strict=True)):
            for place, distribution in regime.stated.items():
                about = distribution, grade, _places(item, code, place)
                own.setdefault(about, []).append(study.regimes[code] if len(item.distributions) > 1 else "")
        source = " | ".join(text.partition("; ")[2] or text for text in item.evidence.split(" | "))
        for (distribution, grade, places), regimes in own.items():
            named = tuple(regimes) if 0 < len(set(regimes)) < len(study.regimes) and any(regimes) else ()
            yield Prior(key, item.parameter.unit, named, distribution, grade, source, places)
    for key, dose, distribution in levers(study.policies):
        yield Prior(key, study.lever_units[dose], (), distribution, "", "dose of a policy")


def _places(item: Uncertainty, code: int, place: str) -> str:
    """Of what regions or groups a distribution is in a regime, and how they go together, in words."""
    if not item.per:
        return ""
    correlation = item.by_regime[code].correlation
    if correlation == 1:
        alike = "all alike"
    else:
        alike = f"each its own, correlation {correlation:g}" if correlation else "each its own"
    return f"{place or f'{item.per}s'}: {alike}" if place in ("", "other") else place


def _table(found: list[Prior], wide: bool) -> Table:
    """The table; wide: whether there is room for keys in one line, as a command line takes them."""
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("input", overflow="fold", no_wrap=wide)
    for name in ("unit", "drawn from"):
        table.add_column(name, overflow="fold")
    for name in ("5 %", "50 %", "95 %", "mean"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("grade", overflow="fold")
    table.add_column("source", overflow="fold")
    before = ""
    for each in found:
        first = each.key != before
        regimes = f"  [dim]{escape(', '.join(each.regimes))}[/dim]" if each.regimes else ""
        name = "\n".join(filter(None, [escape(each.key) if first else "", regimes]))
        about = (each.unit, each.source) if first else ("", "")
        # Where a name takes two lines, numbers stand beside the regimes.
        lead = "\n" if first and regimes else ""
        numbers = [f"{lead}{number:.3g}" for number in each.numbers]
        drawn = f"{lead}{escape(str(each.distribution))}"
        drawn += f" [dim]{escape(each.places)}[/dim]" if each.places else ""
        table.add_row(name, escape(about[0]), drawn, *numbers, f"{lead}{escape(each.grade)}", escape(about[1]))
        before = each.key
    return table


def _beside(study: Study) -> Iterator[str]:
    """What else decides draws: regimes, inputs that move together, and how many parameters are plain numbers."""
    if len(study.regimes) > 1:
        shares = zip(study.regimes, study.regime_weights, strict=True)
        yield f"Regimes, by weight: {', '.join(f'{name} {weight:g}' for name, weight in shares)}."
    for group in study.dependence:
        about = {name: value for name, value in group.definition().items() if name not in ("inputs", "copula")}
        told = ", ".join(f"{name} {value}" for name, value in about.items())
        yield f"Move together: {', '.join(group.inputs)} ({group.copula}: {told})."
    apart = [item.parameter.name for item in sampled(study) if item.per and item.parameter.name not in study.own]
    if apart and (how := _APART.get(study.design)):
        yield f"With values by place: {', '.join(apart)}; {how}."
    for path in study.paths:
        curves = dict.fromkeys(curve for curve in path.curves if curve)
        # The labor model begins after its baseline, and counts months.
        first, steps = (study.baseline_year, 1) if study.model else (study.baseline_year + 1, 12)
        told = "; ".join(_curve(curve, first, steps) for curve in curves)
        yield f"Moves: {path.name} to {path.end}, {told}."
    plain = len(study.uncertainties) - len(sampled(study))
    if plain:
        one = plain == 1
        told = "1 further parameter is a plain number" if one else f"{plain} further parameters are plain numbers"
        yield f"{told}: `sweep --cfg job` shows {'it' if one else 'them'}."


def _curve(curve: Curve, first: int, steps: int) -> str:
    """A curve in words. first: the first simulated year; steps: of curves, in a year."""
    begins, ends = (first + step // steps for step in (curve.first, curve.last))
    return f"in a step in {ends}" if curve.shape == "step" else f"{curve.shape} from {begins} to {ends}"


def _place(study: Study) -> Path:
    """Where the picture goes: to the results where these are on a disk."""
    folder = Path() if "://" in study.store.folder else Path(study.store.folder)
    return folder / f"{study.regions}_priors.png"


def describe(config: dict[str, Any], overrides: list[str], config_text: str, notice: str = "") -> None:
    """Print what a composed configuration draws from, and write a picture of it; nothing is simulated.

    Raises ConfigError on bad input.
    """
    study = build_study(config, overrides, config_text)
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    if notice:
        console.print(f"[red]{escape(notice)}[/red]")
    found = list(priors(study))
    if found:
        console.print(_table(found, console.width >= _WIDE // 5 * 4))
    for line in _beside(study):
        console.print(escape(line))
    if found:
        from sweep.prior_picture import prior_picture

        place = _place(study)
        with writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            prior_picture(found, study.regimes).savefig(place, dpi=110)
        console.print(f"picture: {escape(str(place))}", soft_wrap=True)
