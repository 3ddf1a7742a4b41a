"""Pictures for decisions show the numbers of their analyses, and say what is undefined."""

import json

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import cost_effectiveness, robustness_table
from analysis.plots import plot_costs, plot_robustness
from sweep.errors import ConfigError
from tests.draw_cases import made

RATE = "national_unemployment_rate"
# Of a store with core outcomes alone, which is told.
pytestmark = pytest.mark.filterwarnings("ignore:not in the store")


def _texts(figure: Figure) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in figure.findobj(Text) if isinstance(text, Text)]


def _data(*gains: float) -> xr.Dataset:
    """Policies that cost USD 1 billion and gain so many jobs, in two regimes."""
    draws = 80
    noise = np.random.default_rng(1).standard_normal((len(gains) + 1, draws))
    jobs = 1e8 + np.array([0, *gains])[:, None] + noise
    cost = np.concatenate([np.zeros((1, draws)), np.full((len(gains), draws), 1e9)])
    rates = 0.05 + 0.01 * np.arange(len(gains) + 1)[:, None] + 0.001 * noise
    outcomes = {"national_employment": jobs, "net_cost": cost, RATE: rates}
    data = made(outcomes, ["slow", "rapid"] * 40, {"slow": 0.75, "rapid": 0.25})
    labels = {"none": "No policy", "a": "A $ of $help", "b": "Another"}
    return data.assign_attrs(policy_labels=json.dumps(labels))


def test_the_table_shows_values_of_all_criteria_by_regime_or_pooled() -> None:
    data = _data(5000, 0)
    table = robustness_table(data, RATE, {RATE: 0.055})
    texts = _texts(plot_robustness(data, RATE, {RATE: 0.055}))
    for regime in ("slow", "rapid"):
        shown = 100 * float(table["value"].sel(regime=regime, policy="b", criterion="mean"))
        assert f"{shown:.2f}" in texts
        assert f"{regime} (40 draws)" in texts
    assert {"0", "100", "mean regret", r"A \$ of \$help"} <= set(texts)
    pooled = plot_robustness(data, RATE, pooled=True)
    assert any(text.startswith("pooled with stated weights: slow 0.75") for text in _texts(pooled))
    assert len([axis for axis in pooled.axes if axis.images]) == 1


def test_the_best_is_white_and_bold_and_the_worst_the_darkest() -> None:
    (axis,) = plot_robustness(_data(5000, 0), RATE, pooled=True).axes
    behind = np.asarray(axis.images[0].get_array())
    np.testing.assert_array_equal(behind[0], 0)
    np.testing.assert_array_equal(behind[-1], 1)
    bold = {text.get_position()[1] for text in axis.texts if text.get_fontweight() == "bold"}
    assert bold == {0}


def test_costs_stand_against_gains_and_undefined_ones_are_hollow() -> None:
    data = _data(5000, 0)
    figure = plot_costs(data, pooled=True)
    axis = next(axis for axis in figure.axes if axis.get_title())
    marks = [line for line in axis.lines if line.get_marker() in ("o", "s")]
    found = cost_effectiveness(data, pooled=True)["gain"].sel(effect="job_years")
    np.testing.assert_allclose(np.ravel([np.asarray(mark.get_xdata(), dtype=float) for mark in marks]), found)
    assert [mark.get_markerfacecolor() == "white" for mark in marks] == [False, True]
    assert {"cost, billion USD", "gain, job-years", "Another"} <= set(_texts(figure))
    with pytest.raises(ConfigError, match="did you mean 'job_years'"):
        plot_costs(data, "job_year")


def test_policies_far_apart_are_told_by_powers_of_ten() -> None:
    texts = _texts(plot_costs(_data(3e6, 10, -10, 20), pooled=True))
    assert any("Equal steps are powers of ten" in text for text in texts)
    assert not any("powers of ten" in text for text in _texts(plot_costs(_data(3e6, 2e6), pooled=True)))
