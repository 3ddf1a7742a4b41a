"""Reads a finished store and says what it means: quantiles, paired differences, pictures, one report page.

Names load on first use, so that importing the package (and `analyze --help`) stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analysis.load import StoreWarning, load

if TYPE_CHECKING:
    from analysis.counted import kept_sentence
    from analysis.estimation import convergence, estimates, exceedance
    from analysis.financing import limit_sentences
    from analysis.location import report_folder
    from analysis.paired import paired_difference
    from analysis.report import write_report
    from analysis.statistics import fan, summary, tail_sentence

__all__ = [
    "StoreWarning",
    "convergence",
    "estimates",
    "exceedance",
    "fan",
    "kept_sentence",
    "limit_sentences",
    "load",
    "paired_difference",
    "report_folder",
    "summary",
    "tail_sentence",
    "write_report",
]

_HOMES = {
    "kept_sentence": "analysis.counted",
    "convergence": "analysis.estimation",
    "estimates": "analysis.estimation",
    "exceedance": "analysis.estimation",
    "limit_sentences": "analysis.financing",
    "fan": "analysis.statistics",
    "summary": "analysis.statistics",
    "tail_sentence": "analysis.statistics",
    "paired_difference": "analysis.paired",
    "report_folder": "analysis.location",
    "write_report": "analysis.report",
}


def __getattr__(name: str) -> Any:
    """Import the module that defines a public name when the name is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
