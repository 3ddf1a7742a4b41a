"""Pictures as matplotlib figures: that they say what they show, and that marks are where values are."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis import load
from analysis.plots import plot_fan, plot_heat_map, plot_paired
from analysis.plots.sheet import Panel
from analysis.plots.style import Box, Canvas
from analysis.plots.ticks import number_texts, round_numbers
from sweep.errors import ConfigError
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"


def _texts(figure: Figure) -> list[str]:
    """All that a picture says, in the order in which it was written."""
    return [text.get_text() for text in (*(text for axes in figure.axes for text in axes.texts), *figure.texts)]


def test_a_panel_puts_values_where_its_box_is() -> None:
    panel = Panel(Box(left=2, bottom=3, width=4, height=1), across=(2025, 2045), up=(-1, 1))
    np.testing.assert_allclose(panel.at([2025, 2035, 2045], [-1, 0, 1]), [(2, 3), (4, 3.5), (6, 4)])


def test_boxes_of_a_canvas_fill_it_between_its_margins() -> None:
    canvas = Canvas(3, 4, row_height=1.1, left=2, right=0.5, top=1, bottom=0.7, gaps=(0.2, 0.3))
    rows = canvas.boxes
    assert rows[0][0].left == 2 and rows[-1][0].bottom == 0.7
    assert rows[0][-1].left + rows[0][-1].width == pytest.approx(canvas.width - 0.5)
    assert rows[0][0].bottom + 1.1 == pytest.approx(canvas.height - 1)
    assert rows[0][1].left - rows[0][0].left == pytest.approx(rows[0][0].width + 0.3)
    assert rows[0][0].bottom - rows[1][0].bottom == pytest.approx(1.1 + 0.2)


def test_pictures_of_many_regions_and_pooled_fans_say_what_they_show(tmp_path: Path) -> None:
    regions = tuple(f"Region {number}" for number in range(100))
    data = load(StoreCase(regions=regions, weights=(0.5, 0, 0.5, 0)).write(tmp_path / "run.zarr"))
    heat_map = plot_heat_map(data, "unemployment_rate")
    assert any("30 highest and 30 lowest of 100" in text.get_text() for text in heat_map.texts)
    pooled = plot_fan(data, RATE, policies=["levy"], pooled=True)
    assert "pooled with stated weights: slow 0.5, rapid 0.5" in _texts(pooled)
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
    assert [text for text in _texts(fans) if text.startswith("label")] == [
        "label of none",
        "label of levy",
        "label of ubi",
    ]
    assert "national unemployment rate, %" in _texts(fans)
    assert [tick.get_text() for tick in forest.axes[0].get_yticklabels()] == ["label of levy", "label of ubi"]
    assert any("difference to label of none in 2027" in text.get_text() for text in forest.texts)
    heat_map = plot_heat_map(data, "unemployment_rate", "ubi")
    assert any(text.get_text().endswith("under label of ubi") for text in heat_map.texts)


@pytest.mark.parametrize(
    ("years", "named"),
    [(1, ["2025"]), (6, ["2026", "2028", "2030"]), (16, ["2025", "2030", "2035", "2040"])],
)
def test_ticks_name_whole_years(years: int, named: list[str], tmp_path: Path) -> None:
    fans = plot_fan(load(StoreCase(years=years).write(tmp_path / "run.zarr")), RATE)
    columns = 2
    assert [text for text in _texts(fans) if text.startswith("20")] == columns * named


def test_ticks_are_round_numbers_with_as_many_digits_as_they_need() -> None:
    assert number_texts(round_numbers((2.3, 5.0), 4)) == ["2.4", "3.2", "4.0", "4.8"]
    assert number_texts(round_numbers((-0.031, 0.004), 2)) == ["−0.02", "0.00"]
    assert number_texts(round_numbers((6, 33), 4)) == ["8", "16", "24", "32"]
    assert number_texts([1e-9, 2e-9]) == ["1e−09", "2e−09"]


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
