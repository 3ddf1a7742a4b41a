"""Pictures of outcomes as matplotlib figures; nothing here touches pyplot or a screen."""

from analysis.plots.convergence import draw_convergence, plot_convergence
from analysis.plots.fan import draw_fan, plot_fan
from analysis.plots.heat_map import draw_heat_map, plot_heat_map
from analysis.plots.paired import draw_paired, plot_paired
from analysis.plots.regional_difference import draw_regional_difference, plot_regional_difference

__all__ = ["draw_convergence", "draw_fan", "draw_heat_map", "draw_paired", "draw_regional_difference"]
__all__ += ["plot_convergence", "plot_fan", "plot_heat_map", "plot_paired", "plot_regional_difference"]
