"""What weakens results is told or refused: draws that aren't finite, designs that share inputs, weights not stated."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analysis import (
    cart,
    convergence,
    cost_effectiveness,
    estimates,
    exceedance,
    exceeds,
    fan,
    first_order_given_data,
    paired_difference,
    pawn,
    prim,
    resampled,
    robustness_table,
    shapley_effects,
    summary,
    tail_probability,
    variance_partition,
)
from analysis.caution import AnalysisWarning
from sweep.errors import ConfigError
from tests.draw_cases import made

RATE = "national_unemployment_rate"
DRAWS = 256
Analysis = Callable[[xr.Dataset], Any]


def _drawn(draws: int = DRAWS, **about: Any) -> xr.Dataset:
    """Two policies whose outcomes an input decides."""
    inputs = np.random.default_rng(1).uniform(size=draws)
    data = made({RATE: [inputs, inputs / 2]}, inputs={"speed": inputs}, **about)
    data["speed"].attrs |= {"distribution": "uniform(0, 1)", "units": "1", "long_name": "speed", "grade": "A"}
    return data


def _interrupted() -> xr.Dataset:
    """As xarray opens a store of which one draw isn't there yet."""
    data = _drawn()
    data[RATE][:, 7] = np.nan
    return data


def _told(analysis: Analysis, data: xr.Dataset) -> str:
    """The notice of an analysis, which warns of the same."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        notice = str(analysis(data).attrs["notice"])
    assert [str(each.message) for each in caught if each.category is AnalysisWarning] == ([notice] if notice else [])
    return notice


@pytest.mark.parametrize(
    "analysis",
    [
        lambda data: exceedance(data, RATE, [0.5]),
        lambda data: estimates(data, RATE, thresholds=[0.5]),
        lambda data: pawn(data, RATE),
        lambda data: first_order_given_data(data, RATE),
    ],
)
def test_shares_of_draws_that_are_not_there_are_refused(analysis: Analysis) -> None:
    with pytest.raises(ConfigError, match=r"1 of 256 draws aren't finite .* the first at position 7.*analysis\.load"):
        analysis(_interrupted())


def test_counted_shares_of_draws_that_are_not_there_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.statistics._MOST_SORTED", 64)
    with pytest.raises(ConfigError, match=r"1 of 256 draws aren't finite"):
        exceedance(_interrupted(), RATE, [0.5])


@pytest.mark.parametrize(
    "analysis",
    [
        lambda data: fan(data, RATE),
        lambda data: summary(data, RATE),
        lambda data: estimates(data, RATE),
        lambda data: convergence(data, RATE),
        lambda data: paired_difference(data, RATE),
    ],
)
def test_results_that_are_no_numbers_say_why(analysis: Analysis) -> None:
    assert "some draws, and so results, aren't finite: take the store by analysis.load" in _told(
        analysis, _interrupted()
    )
    assert "finite" not in _told(analysis, _drawn())


@pytest.mark.parametrize(
    "analysis",
    [
        lambda data: fan(data, RATE),
        lambda data: summary(data, RATE),
        lambda data: paired_difference(data, RATE),
        lambda data: prim(data, exceeds(data, RATE, 0.8)),
    ],
)
def test_designs_whose_draws_share_inputs_are_told(analysis: Analysis) -> None:
    for design in ("morris", "saltelli"):
        assert f"draws of design={design} share inputs" in _told(analysis, _drawn(design=design))
    for design in ("sobol", "halton", "latin_hypercube"):
        assert "design" not in _told(analysis, _drawn(design=design))
    for design, why in (
        ("factorial", "are combinations of chosen levels"),
        ("table", r"nobody called a random sample"),
    ):
        told = _told(analysis, _drawn(design=design))
        assert f"draws of design={design} " in told and why in told and "no probabilities" in told
    assert "design" not in _told(analysis, _drawn(design="table").assign_attrs(random_sample=True))


def test_analyses_of_samples_refuse_what_was_chosen() -> None:
    for analysis in (first_order_given_data, pawn, robustness_table):
        for design in ("factorial", "table", "morris"):
            with pytest.raises(ConfigError, match=f"; draws of design={design} .*: (take|run)"):
                analysis(_drawn(design=design), RATE)
        for design in ("halton", "latin_hypercube"):
            assert analysis(_drawn(600, design=design), RATE)
    with pytest.raises(ConfigError, match="shapley_effects needs design=monte_carlo: draws of design=halton avoid"):
        shapley_effects(_drawn(design="halton"), RATE, ["speed"])


def _by_region() -> xr.Dataset:
    """Three regions' speeds, of which the first decides, and an input that decides nothing."""
    random = np.random.default_rng(4)
    speeds = random.uniform(size=(1024, 3))
    data = made({RATE: [speeds[:, 0], speeds[:, 0] / 2]}, inputs={"other": random.uniform(size=1024)})
    data["speed"] = (("draw", "place"), speeds)
    for name in ("speed", "other"):
        data[name].attrs |= {
            "distribution": "uniform(0, 1)",
            "units": "1",
            "long_name": name,
            "grade": "set by the user",
        }
    return data


@pytest.mark.parametrize(
    ("analysis", "attribute"),
    [
        (lambda data: prim(data, exceeds(data, RATE, 0.8)), "left_out"),
        (lambda data: cart(data, exceeds(data, RATE, 0.8)), "left_out"),
        (lambda data: resampled(data, exceeds(data, RATE, 0.8), resamples=2), "left_out"),
        (lambda data: first_order_given_data(data, RATE), "averaged"),
        (lambda data: pawn(data, RATE), "averaged"),
        (lambda data: variance_partition(data, RATE), "averaged"),
        (lambda data: shapley_effects(data, RATE, ["speed"]), "averaged"),
    ],
)
def test_inputs_by_place_are_told_and_a_place_may_be_an_input(analysis: Analysis, attribute: str) -> None:
    data = _by_region()
    told = _told(analysis, data)
    assert "speed (by place); for those of one place, data.assign(one=data['speed'].isel(place=0, drop=True))" in told
    found = analysis(data.assign(one=data["speed"].isel(place=0, drop=True)))
    assert found.attrs[attribute] == "speed"
    if "parameter" in found.dims and "box" in found.dims:
        assert found["restricted"].isel(box=0).sel(parameter="one") and found["density"][0] > 0.9
    assert "by place" not in _told(analysis, data.assign(speed=data["speed"].isel(place=0, drop=True)))


def test_inputs_that_the_model_has_by_place_in_all_studies_are_named_without_a_notice() -> None:
    data = _by_region()
    data["speed"].attrs["grade"] = "C"
    found = prim(data, exceeds(data, RATE, 0.8))
    assert found.attrs["left_out"] == "speed" and "by place" not in found.attrs["notice"]


def test_chosen_inputs_of_boxes_and_of_shapley_effects_leave_none_out() -> None:
    data = _by_region()
    assert prim(data, exceeds(data, RATE, 0.8), ["other"]).attrs["left_out"] == ""
    assert shapley_effects(data, RATE, ["other"]).attrs["averaged"] == ""


@pytest.mark.parametrize(
    "analysis",
    [
        lambda data: estimates(data, RATE, (0.5,), pooled=True),
        lambda data: exceedance(data, RATE, [0.5], pooled=True),
        lambda data: fan(data, RATE, pooled=True),
        lambda data: convergence(data, RATE, (0.5,)),
        lambda data: summary(data, RATE),
        lambda data: tail_probability(data, RATE, 0.5, pooled=True),
        lambda data: robustness_table(data, RATE, pooled=True),
        lambda data: cost_effectiveness(data, pooled=True),
        lambda data: first_order_given_data(data, RATE, pooled=True),
        lambda data: prim(data, exceeds(data, RATE, 0.8)),
    ],
)
def test_regimes_pooled_by_weights_that_are_not_those_stated_are_told(analysis: Analysis) -> None:
    def told(regimes: list[str], weights: dict[str, float] | None) -> str:
        data = _drawn(regimes=regimes * (DRAWS // len(regimes)), weights=weights)
        paid = data[RATE].assign_attrs(units="USD per year")
        return _told(analysis, data.assign(net_cost=paid, national_employment=data[RATE]))

    weights = {"slow": 0.5, "rapid": 0.4, "transformative": 0.1}
    assert "the data state no weights of regimes" in told(["slow", "rapid"], None)
    lost = "regimes of stated weight have no draws, so that others count for more: transformative"
    assert lost in told(["slow", "rapid"], weights)
    for fine in (told([*weights, "slow"], weights), told(["slow"], weights)):
        assert "no weights of regimes" not in fine and "have no draws" not in fine
