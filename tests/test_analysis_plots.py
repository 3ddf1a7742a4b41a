"""Pictures as matplotlib figures: that they say what they show."""

from pathlib import Path

import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis import load
from analysis.plots import plot_fan, plot_heat_map, plot_paired, plot_regional_difference
from sweep.errors import ConfigError
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"


def _texts(figure: Figure) -> list[str]:
    """All that a picture says, in the order in which it was written."""
    return [text.get_text() for text in (*(text for axes in figure.axes for text in axes.texts), *figure.texts)]


def test_pictures_of_many_regions_and_pooled_fans_say_what_they_show(tmp_path: Path) -> None:
    regions = tuple(f"Region {number}" for number in range(100))
    data = load(StoreCase(regions=regions, weights=(0.5, 0, 0.5, 0)).write(tmp_path / "run.zarr"))
    heat_map = plot_heat_map(data, "unemployment_rate")
    assert any("30 highest and 30 lowest of 100" in text.get_text() for text in heat_map.texts)
    pooled = plot_fan(data, RATE, policies=["levy"], pooled=True)
    assert pooled.axes[0].get_title() == "pooled with stated weights: slow 0.5, rapid 0.5"
    assert len(plot_paired(data, RATE, to="ubi").axes) == 2


def test_panels_of_a_heat_map_share_one_labeled_color_scale(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    heat_map = plot_heat_map(data, "unemployment_rate")
    *panels, bar = heat_map.axes
    assert [panel.get_title() for panel in panels] == ["slow (5 draws)", "rapid (4 draws)"]
    norms = [panel.images[0].norm for panel in panels]
    assert norms[0] is norms[1]
    assert isinstance(norms[0], LogNorm)
    assert bar.get_xlabel() == "median unemployment rate, %"
    even = plot_heat_map(data.assign(unemployment_rate=data["unemployment_rate"] - 0.2), "unemployment_rate")
    assert not isinstance(even.axes[0].images[0].norm, LogNorm)


def test_pictures_call_policies_by_their_labels_and_name_their_axis(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    fans, forest = plot_fan(data, RATE), plot_paired(data, RATE)
    named = [text for text in _texts(fans) if text.startswith("label")]
    assert named == ["label of none", "label of levy", "label of ubi"]
    assert "national unemployment rate, %" in _texts(fans)
    assert [tick.get_text() for tick in forest.axes[0].get_yticklabels()] == ["label of levy", "label of ubi"]
    assert any("difference to label of none in 2027" in text.get_text() for text in forest.texts)
    heat_map = plot_heat_map(data, "unemployment_rate", "ubi")
    assert any(text.get_text().endswith("under label of ubi") for text in heat_map.texts)


def test_ticks_of_a_fan_are_whole_years(tmp_path: Path) -> None:
    for years in (1, 6, 16):
        fans = plot_fan(load(StoreCase(years=years).write(tmp_path / f"{years}.zarr")), RATE)
        fans.draw_without_rendering()
        named = [tick.get_text() for tick in fans.axes[-1].get_xticklabels()]
        assert all(text.isdigit() for text in named), named


def test_regional_differences_have_a_panel_and_a_color_bar_by_regime(tmp_path: Path) -> None:
    picture = plot_regional_difference(load(StoreCase().write(tmp_path / "run.zarr")), "unemployment_rate")
    panels = picture.axes[:2]
    assert [panel.get_title() for panel in panels] == ["slow (5 draws)", "rapid (4 draws)"]
    assert [tick.get_text() for tick in panels[0].get_xticklabels()] == ["label of levy", "label of ubi"]
    assert len(picture.axes) == 4


def test_pictures_refuse_what_they_cannot_show(tmp_path: Path) -> None:
    data = load(StoreCase(policies=("none",)).write(tmp_path / "run.zarr"))
    with pytest.raises(ConfigError, match="regional"):
        plot_fan(data, "unemployment_rate")
    with pytest.raises(ConfigError, match="not regional"):
        plot_heat_map(data, RATE)
    with pytest.raises(ConfigError, match="nothing to compare"):
        plot_paired(data, RATE)
    with pytest.raises(ConfigError, match="did you mean 'none'"):
        plot_fan(data, RATE, policies=["nones"])
