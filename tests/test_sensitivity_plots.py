"""What pictures of sensitivity show: the strongest inputs, their evidence, and shares that fill a panel."""

import numpy as np
import pytest

from analysis.plots import plot_partition, plot_sensitivity
from analysis.plots.partition import _edges
from sweep.errors import ConfigError
from tests.sensitivity_cases import g_function, ishigami, store_of
from tests.test_sensitivity import EIGHT, REGIMES, THREE, lines

pytestmark = pytest.mark.filterwarnings("ignore::analysis.caution.AnalysisWarning")


def _texts(figure: object) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text)]  # type: ignore[attr-defined]


def test_bars_are_the_indices_the_strongest_above_in_the_color_of_evidence() -> None:
    data = store_of("saltelli", g_function, EIGHT, 256, grades={"x0": "A", "x1": "B"})
    figure = plot_sensitivity(data, "y")
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()][:3] == ["x0 (A)", "x1 (B)", "x2 (C)"]
    widths = [bar.get_extents().width for bar in axis.patches[:8]]
    assert widths == sorted(widths, reverse=True)
    assert len({bar.get_facecolor() for bar in axis.patches[:3]}) == 3
    assert "What decides y in 2025" in _texts(figure)


def test_each_regime_has_its_panel_and_its_evidence() -> None:
    data = store_of("saltelli", lines, REGIMES, 300)
    data["a"].attrs["grades"] = ["A", "B", "B"]
    figure = plot_sensitivity(data, "y")
    assert [axis.get_title() for axis in figure.axes] == ["low (149 blocks)", "middle (89 blocks)", "high (62 blocks)"]
    assert "a (A, B)" in [label.get_text() for label in figure.axes[0].get_yticklabels()]
    pooled = plot_sensitivity(data, "y", pooled=True)
    assert "regime" in [label.get_text() for label in pooled.axes[0].get_yticklabels()]
    assert "pooled with stated weights" in pooled.axes[0].get_title()


@pytest.mark.parametrize(("design", "unit"), [("morris", "persons"), ("sobol", "% of the variance")])
def test_other_designs_have_their_own_measure(design: str, unit: str) -> None:
    figure = plot_sensitivity(store_of(design, ishigami, THREE, 256), "y", year=2025)
    assert unit in _texts(figure)


def test_areas_fill_the_panel_and_are_named() -> None:
    data = store_of("saltelli", lines, {"regime": ("regime",), "B": ("a", "b"), "C": ("c",)}, 300, by="evidence")
    texts = _texts(plot_partition(data, "y"))
    assert {"C: assumption", "B: one study", "interactions", "low (149 blocks)"} <= set(texts)
    assert "regime" in _texts(plot_partition(data, "y", pooled=True))
    edges = _edges(np.array([[[0.5, -0.1, 0.3]]]))
    np.testing.assert_allclose(edges, [[[0, 0.625, 0.625, 1]]])


def test_what_cannot_be_drawn_is_told() -> None:
    data = store_of("saltelli", ishigami, THREE, 128)
    for plot in (plot_sensitivity, plot_partition):
        with pytest.raises(ConfigError, match="unknown policy 'non': did you mean 'none'"):
            plot(data, "y", "non")
    flat = data.assign(y=0 * data["y"] + 1)
    with pytest.raises(ConfigError, match="y has no spread in any year"):
        plot_partition(flat, "y")
