"""Pictures of outcomes as matplotlib figures; nothing here touches pyplot or a screen."""

from analysis.plots.fan import plot_fan
from analysis.plots.heat_map import plot_heat_map
from analysis.plots.paired import plot_paired
from analysis.plots.regional_difference import plot_regional_difference

__all__ = ["plot_fan", "plot_heat_map", "plot_paired", "plot_regional_difference"]
