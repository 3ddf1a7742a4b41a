"""Whether a store's draws can tell what a section asks of them, and in words what they can't."""

from analysis.monte_carlo import design_of
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import tag
from analysis.report.naming import regime_names
from analysis.report.section import Section

__all__ = ["absent", "sampled", "too_few", "unfit"]


def absent(anchor: str, language: Language, reason: str) -> Section:
    """A section that says why it shows nothing."""
    return Section(anchor, language.say(f"{anchor}.heading"), tag("p", reason, class_="absent"))


def unfit(findings: Findings, language: Language, instead: str = "") -> str:
    """Why draws of this design don't fit, "" where they do. instead: what takes them."""
    if findings.independent:
        return ""
    design = language.name("design", design_of(findings.data))
    return language.sentences(
        language.say("absent.design", design=design), language.say("absent.instead", instead=instead) if instead else ""
    )


def too_few(findings: Findings, language: Language, fewest: int) -> str:
    """Which regimes have too few of the draws that are looked through, "" where none has."""
    names = regime_names(findings.regimes.names, language)
    few = [
        language.say("form.pair", name=name, value=f"({count:,})")
        for name, count in zip(names, findings.sampled_draws, strict=True)
        if count < fewest
    ]
    return language.say("absent.few", limit=fewest, regimes=language.listed(few)) if few else ""


def sampled(findings: Findings, language: Language) -> str:
    """That the first draws alone were looked through, "" where all were."""
    taken = findings.sampled
    return language.say("absent.sampled", draws=f"{taken:,}") if taken < findings.data.sizes["draw"] else ""
