"""Panels by regime: side by side, one alone, or all regimes pooled."""

from collections.abc import Callable, Sequence

from analysis.report.choice import SIDE_BY_SIDE, Choice, Chooser
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import Markup, tag
from analysis.report.naming import regime_names, weights_told

__all__ = ["outcome_chooser", "panel_title", "regime_chooser", "regime_panels"]


def outcome_chooser(language: Language, outcomes: Sequence[str]) -> Chooser:
    """Chooses one of some outcomes."""
    return Chooser.numbered(language.say("control.outcome"), [language.title(language.outcome(o)) for o in outcomes])


def regime_chooser(findings: Findings, language: Language, pooled: bool = True) -> Chooser:
    """Chooses regimes side by side, or one of them, or all pooled."""
    names = regime_names(findings.regimes.names, language)
    if not findings.several:
        return Chooser.numbered(language.say("control.regime"), names)
    options = [(SIDE_BY_SIDE, language.say("control.side_by_side"))]
    options += [(str(place), name) for place, name in enumerate(names)]
    options += [(str(len(names)), language.say("regime.pooled"))] if pooled else []
    return Chooser(language.say("control.regime"), options, SIDE_BY_SIDE)


def regime_panels(
    choice: Choice, findings: Findings, draw: Callable[[int], Markup], *values: str, pooled: bool = True
) -> Markup:
    """Panels of what is drawn for each regime, for those values of the choosers before that of regimes, the last."""
    shown = _regime_values(findings, pooled)
    panels = [choice.when(draw(regime), *values, own, kind="panel") for regime, own in enumerate(shown)]
    return tag("div", *panels, class_="panels")


def _regime_values(findings: Findings, pooled: bool) -> list[str]:
    """For which values of its chooser the panel of each regime is shown, and last that of all pooled."""
    if not findings.several:
        return ["0"]
    values = [f"{place},{SIDE_BY_SIDE}" for place in range(len(findings.regimes.names))]
    return [*values, str(len(values))] if pooled else values


def panel_title(findings: Findings, language: Language, regime: int, draws: Sequence[int] = ()) -> Markup:
    """The name of a panel's regime with its draws, or the weights of all that are pooled.

    draws: of each regime, where not all are taken.
    """
    regimes, counts = findings.regimes, draws or findings.regimes.draws
    if regime == len(regimes.names):
        return tag("h4", language.title(language.say("regime.pooled")), tag("small", weights_told(regimes, language)))
    (name,) = regime_names(regimes.names[regime : regime + 1], language)
    return tag("h4", language.title(name), tag("small", language.count("draws", counts[regime])))
