"""How to read a report: what its figures say and what they do not."""

from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import paragraphs
from analysis.report.section import Section

__all__ = ["reading"]

# What is of the labor model alone.
LABOR = ("budgets", "regimes", "signs")


def reading(findings: Findings, language: Language) -> Section:
    """The paragraphs of the catalogue, in its order."""
    left_out = ("heading", *(LABOR if findings.own else ()))
    texts = [text for key, text in language.texts["reading"].items() if key not in left_out]
    return Section("reading", language.say("reading.heading"), paragraphs(*texts))
