"""The sections of a report, in the order of the page; a new one is a function in this folder and a line here."""

from analysis.report.section import MakeSection
from analysis.report.sections.beveridge import beveridge
from analysis.report.sections.convergence import convergence
from analysis.report.sections.costs import costs
from analysis.report.sections.differences import differences
from analysis.report.sections.exceedance import exceedance
from analysis.report.sections.paths import paths
from analysis.report.sections.provenance import provenance
from analysis.report.sections.reading import reading
from analysis.report.sections.regions import regions
from analysis.report.sections.robustness import robustness
from analysis.report.sections.scenarios import scenarios
from analysis.report.sections.sensitivity import sensitivity
from analysis.report.sections.study import study
from analysis.report.sections.summary import executive_summary
from analysis.report.sections.winners import winners

__all__ = ["GENERAL", "SECTIONS"]

SECTIONS: tuple[MakeSection, ...] = (
    executive_summary,
    study,
    paths,
    differences,
    exceedance,
    robustness,
    sensitivity,
    scenarios,
    regions,
    winners,
    beveridge,
    costs,
    convergence,
    reading,
    provenance,
)

# Of a model of the user's own: those that ask for no outcome of the labor model.
GENERAL: tuple[MakeSection, ...] = (
    study,
    paths,
    differences,
    exceedance,
    sensitivity,
    regions,
    convergence,
    reading,
    provenance,
)
