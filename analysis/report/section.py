"""What a section of the report is."""

from collections.abc import Callable
from dataclasses import dataclass

from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import Markup

__all__ = ["MakeSection", "Section"]


@dataclass(frozen=True)
class Section:
    """One part of the page: its place for links, its heading, and what it holds."""

    anchor: str
    heading: str
    content: Markup


# A section of what a store holds, None where it holds nothing for it.
MakeSection = Callable[[Findings, Language], Section | None]
