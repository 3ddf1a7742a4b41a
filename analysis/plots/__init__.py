"""Pictures of outcomes as matplotlib figures; nothing here touches pyplot or a screen.

A notebook shows a picture that is the last line of a cell; `savefig` writes it.
"""

from analysis.plots.boxes import draw_boxes, draw_peeling, plot_boxes, plot_peeling
from analysis.plots.convergence import draw_convergence, plot_convergence
from analysis.plots.costs import draw_costs, plot_costs
from analysis.plots.fan import draw_fan, plot_fan
from analysis.plots.heat_map import draw_heat_map, plot_heat_map
from analysis.plots.paired import draw_paired, plot_paired
from analysis.plots.pareto import draw_pareto, plot_pareto
from analysis.plots.partition import draw_partition, plot_partition
from analysis.plots.regional_difference import draw_regional_difference, plot_regional_difference
from analysis.plots.robustness import draw_robustness, plot_robustness
from analysis.plots.sensitivity import draw_sensitivity, plot_sensitivity
from analysis.plots.synergy import draw_synergy, plot_synergy

__all__ = ["draw_boxes", "draw_convergence", "draw_costs", "draw_fan", "draw_heat_map", "draw_paired"]
__all__ += ["draw_pareto", "draw_partition", "draw_peeling", "draw_regional_difference", "draw_robustness"]
__all__ += ["draw_sensitivity", "draw_synergy", "plot_boxes", "plot_convergence", "plot_costs", "plot_fan"]
__all__ += ["plot_heat_map", "plot_paired", "plot_pareto", "plot_partition", "plot_peeling"]
__all__ += ["plot_regional_difference", "plot_robustness", "plot_sensitivity", "plot_synergy"]
