"""What was run: design and seed, the policies and what they do, the regimes with draws and weights."""

from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import table, tag
from analysis.report.naming import draws_told, policy_meanings, policy_names, regime_names
from analysis.report.section import Section
from analysis.report.sections.provenance import facts, stated

__all__ = ["kept_told", "study"]


def study(findings: Findings, language: Language) -> Section:
    """Facts and tables of what was run."""
    data, regimes = findings.data, findings.regimes
    say = language.say
    policies = list(zip(policy_names(data, language), policy_meanings(data, language), strict=True))
    beliefs = [f"{100 * weight:.3g}" for weight in regimes.weights]
    rows = [
        [name, f"{draws:,}", say("form.percent", number=belief)]
        for name, draws, belief in zip(regime_names(regimes.names, language), regimes.draws, beliefs, strict=True)
    ]
    kept = kept_told(findings, language)
    told = {
        say("study.design"): language.name("design", stated(data, "design", language)),
        say("study.seed"): stated(data, "seed", language),
        say("study.draws"): draws_told(data, language),
        **({say("study.kept"): kept} if kept else {}),
        say("study.dropped"): f"{int(data.attrs.get('draws_dropped', 0)):,}",
        say("study.complete"): say("study.yes") if data.attrs.get("complete", True) else say("study.no"),
    }
    heads = [say("control.regime"), say("study.draws"), say("study.weight")]
    weights = say("study.beliefs") if regimes.stated else say("study.shares")
    content = [
        facts(told),
        table(say("study.policies"), "", [say("control.policy"), say("study.does")], policies, "words"),
    ]
    if not findings.own:
        content.append(table(say("study.regimes"), weights, heads, rows))
    return Section("study", say("study.heading"), tag("div", *content, class_="columns"))


def kept_told(findings: Findings, language: Language) -> str:
    """What a store keeps draw by draw, and what as statistics; "" where it keeps all."""
    attrs, draws = findings.data.attrs, findings.data.sizes["draw"]
    if attrs.get("keep") == "national":
        return language.say("study.kept_national")
    if attrs.get("keep") == "statistics":
        return language.say("study.kept_statistics", draws=f"{draws:,}", total=f"{int(attrs['draws']):,}")
    return ""
