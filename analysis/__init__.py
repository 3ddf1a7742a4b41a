"""Reads a finished store and says what it means: quantiles, paired differences, pictures, one report page.

Names load on first use, so that importing the package (and `analyze --help`) stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analysis.load import StoreWarning, load

if TYPE_CHECKING:
    from analysis.beliefs import reweighted
    from analysis.box_stability import resampled
    from analysis.box_words import in_words
    from analysis.cases import exceeds, falls_below, loses, regrets
    from analysis.comparison import pairwise
    from analysis.costs import cost_effectiveness
    from analysis.counted import kept_sentence
    from analysis.datatree import to_datatree
    from analysis.detection import power
    from analysis.discovery import cart, prim
    from analysis.ema import to_ema, write_ema
    from analysis.estimation import convergence, estimates, exceedance
    from analysis.export import write_table
    from analysis.financing import limit_sentences
    from analysis.fronts import pareto
    from analysis.given_data import first_order_given_data, pawn
    from analysis.interactions import synergy
    from analysis.invented import example
    from analysis.location import report_file
    from analysis.paired import paired_difference
    from analysis.partition import variance_partition
    from analysis.pilot import difference_in_differences, spill_over
    from analysis.ranking import ranking_stability
    from analysis.report import write_report
    from analysis.robustness import maximin, mean_variance, regret, robustness_table, satisficing
    from analysis.salib import salib_problem
    from analysis.sensitivity import morris_screening, sobol_indices
    from analysis.shapley import shapley_effects
    from analysis.statistics import fan, summary, tail_sentence
    from analysis.synthetic import synthetic_control
    from analysis.tabulation import tabulated
    from analysis.tails import tail_probability
    from analysis.tilting import tilt
    from analysis.two_stores import compared

__all__ = [
    "StoreWarning",
    "cart",
    "compared",
    "convergence",
    "cost_effectiveness",
    "difference_in_differences",
    "estimates",
    "example",
    "exceedance",
    "exceeds",
    "falls_below",
    "fan",
    "first_order_given_data",
    "in_words",
    "kept_sentence",
    "limit_sentences",
    "load",
    "loses",
    "maximin",
    "mean_variance",
    "morris_screening",
    "paired_difference",
    "pairwise",
    "pareto",
    "pawn",
    "power",
    "prim",
    "ranking_stability",
    "regret",
    "regrets",
    "report_file",
    "resampled",
    "reweighted",
    "robustness_table",
    "salib_problem",
    "satisficing",
    "shapley_effects",
    "sobol_indices",
    "spill_over",
    "summary",
    "synergy",
    "synthetic_control",
    "tabulated",
    "tail_probability",
    "tail_sentence",
    "tilt",
    "to_datatree",
    "to_ema",
    "variance_partition",
    "write_ema",
    "write_report",
    "write_table",
]

_HOMES = {
    "example": "analysis.invented",
    "compared": "analysis.two_stores",
    "write_table": "analysis.export",
    "to_datatree": "analysis.datatree",
    "to_ema": "analysis.ema",
    "write_ema": "analysis.ema",
    "salib_problem": "analysis.salib",
    "tabulated": "analysis.tabulation",
    "exceeds": "analysis.cases",
    "falls_below": "analysis.cases",
    "loses": "analysis.cases",
    "regrets": "analysis.cases",
    "prim": "analysis.discovery",
    "cart": "analysis.discovery",
    "resampled": "analysis.box_stability",
    "in_words": "analysis.box_words",
    "difference_in_differences": "analysis.pilot",
    "spill_over": "analysis.pilot",
    "synthetic_control": "analysis.synthetic",
    "power": "analysis.detection",
    "kept_sentence": "analysis.counted",
    "convergence": "analysis.estimation",
    "estimates": "analysis.estimation",
    "exceedance": "analysis.estimation",
    "limit_sentences": "analysis.financing",
    "fan": "analysis.statistics",
    "summary": "analysis.statistics",
    "tail_sentence": "analysis.statistics",
    "pareto": "analysis.fronts",
    "synergy": "analysis.interactions",
    "paired_difference": "analysis.paired",
    "report_file": "analysis.location",
    "write_report": "analysis.report",
    "first_order_given_data": "analysis.given_data",
    "pawn": "analysis.given_data",
    "variance_partition": "analysis.partition",
    "morris_screening": "analysis.sensitivity",
    "sobol_indices": "analysis.sensitivity",
    "shapley_effects": "analysis.shapley",
    "cost_effectiveness": "analysis.costs",
    "maximin": "analysis.robustness",
    "mean_variance": "analysis.robustness",
    "pairwise": "analysis.comparison",
    "ranking_stability": "analysis.ranking",
    "regret": "analysis.robustness",
    "reweighted": "analysis.beliefs",
    "robustness_table": "analysis.robustness",
    "satisficing": "analysis.robustness",
    "tail_probability": "analysis.tails",
    "tilt": "analysis.tilting",
}


def __getattr__(name: str) -> Any:
    """Import the module that defines a public name when the name is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
