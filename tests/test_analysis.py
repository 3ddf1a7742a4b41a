"""Quantiles, paired differences and loading against closed forms."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import StoreWarning, estimates, exceedance, fan, load, paired_difference, summary, tail_sentence
from analysis.caution import AnalysisWarning
from analysis.statistics import weighted_quantiles
from sweep.errors import ConfigError
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"


def test_fan_of_an_arithmetic_progression_is_linear_in_the_probability(tmp_path: Path) -> None:
    result = fan(load(StoreCase().write(tmp_path / "run.zarr")), RATE, (0.0, 0.25, 1.0))
    assert result.dims == ("regime", "policy", "year", "quantile")
    assert result["draws"].to_numpy().tolist() == [5, 4]
    slow = result.sel(regime="slow", policy="none", year=2027)
    np.testing.assert_allclose(slow, [0.04, 0.05, 0.08], rtol=1e-6)
    rapid = result.sel(regime="rapid", policy="none", year=2027)
    np.testing.assert_allclose(rapid, [0.09, 0.0975, 0.12], rtol=1e-6)


def test_arrays_are_in_one_order_whatever_that_of_the_store(tmp_path: Path) -> None:
    names = [str(name) for name in load(StoreCase().write(tmp_path / "run.zarr")).data_vars]
    assert names == sorted(names) and len(names) > 5


def test_fan_keeps_regions_and_units(tmp_path: Path) -> None:
    result = fan(load(StoreCase().write(tmp_path / "run.zarr")), "unemployment_rate", (0.5,))
    assert result.dims == ("regime", "policy", "region", "year", "quantile")
    assert result.attrs["units"] == "1"
    step = result.diff("region")
    np.testing.assert_allclose(step, 0.1, rtol=1e-5)


def test_pooled_fan_follows_the_stated_weights_and_says_so(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 2 + ("rapid",) * 20, weights=(0.9, 0, 0.1, 0))
    data = load(case.write(tmp_path / "run.zarr"))
    flat = data.assign({RATE: (data["regime"] == "rapid") * 1.0 + 0 * data[RATE]})
    pooled = fan(flat, RATE, (0.5, 0.99), pooled=True).sel(policy="none", year=2027)
    assert "regime" not in pooled.dims
    assert pooled.to_numpy().tolist() == [0, 1]
    assert pooled.attrs["weights"] == "pooled with stated weights: slow 0.9, rapid 0.1"
    assert int(pooled["draws"]) == 22


def test_fan_by_regime_states_no_weights(tmp_path: Path) -> None:
    assert "weights" not in fan(load(StoreCase().write(tmp_path / "run.zarr")), RATE).attrs


def test_weights_of_a_regime_without_draws_go_to_the_others(tmp_path: Path) -> None:
    case = StoreCase(regimes=("central",) * 3, weights=(0.7, 0.1, 0.1, 0.1))
    table = summary(load(case.write(tmp_path / "run.zarr")), RATE)
    scaled = "stated weights scaled up to 1 (no draws: slow, rapid, transformative)"
    assert table.attrs["weights"] == f"pooled with {scaled}: central 1"


def test_the_regime_that_is_the_pooled_tail_is_named(tmp_path: Path) -> None:
    data = load(StoreCase(regimes=("slow",) * 36 + ("transformative",) * 4).write(tmp_path / "run.zarr"))
    assert tail_sentence(data, RATE) == (
        "The pooled upper tail is the weight put on the transformative regime (0.5): "
        "100 % of what lies above the pooled 95 % point is transformative."
    )
    mixed = data.assign_coords(regime=data["regime"].copy(data=["slow", "transformative"] * 20))
    assert tail_sentence(mixed, RATE) == ""
    assert tail_sentence(load(StoreCase(regimes=("slow",) * 3).write(tmp_path / "one.zarr")), RATE) == ""


def test_regimes_are_selected_by_name_and_stay_cf_flags_in_the_store(tmp_path: Path) -> None:
    path = StoreCase().write(tmp_path / "run.zarr")
    data = load(path)
    assert data.sel(draw=data["regime"] == "rapid")["draw"].to_numpy().tolist() == [5, 6, 7, 8]
    assert set(data.groupby("regime").groups) == {"slow", "rapid"}
    plain = xr.open_zarr(path, consolidated=False)["regime"]
    assert plain.attrs["flag_meanings"].split()[int(plain[5])] == "rapid"
    np.testing.assert_array_equal(fan(xr.open_zarr(path, consolidated=False), RATE), fan(data, RATE))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_equal_weights_give_the_ordinary_quantile(values: list[float], probability: float) -> None:
    weights = np.full(len(values), 1 / len(values))
    found = weighted_quantiles(np.array([values]), weights, [probability])
    np.testing.assert_allclose(found[0, 0], np.quantile(values, probability), rtol=1e-9, atol=1e-6)


def test_weighted_quantiles_ignore_draws_of_no_weight_and_keep_nan() -> None:
    values = np.array([[1.0, 2.0, 99.0], [1.0, np.nan, 3.0]])
    found = weighted_quantiles(values, np.array([0.5, 0.5, 0.0]), [0.5])
    np.testing.assert_array_equal(found, [[1.5], [np.nan]])


def test_summary_holds_pooled_and_regime_figures_of_the_last_year(tmp_path: Path) -> None:
    table = summary(load(StoreCase().write(tmp_path / "run.zarr")), RATE)
    assert int(table["year"]) == 2027
    medians = table["median_by_regime"].sel(policy="levy")
    np.testing.assert_allclose(medians, [0.06 + 0.003, 0.105 + 0.0075], rtol=1e-6)
    assert (table["lower"] < table["median"]).all() and (table["median"] < table["upper"]).all()
    assert table["draws"].to_numpy().tolist() == [5, 4]


def test_summary_of_another_year_and_of_one_that_is_not_there(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    first = summary(data, RATE, 2025)
    np.testing.assert_allclose(first["median"].sel(policy="ubi"), first["median"].sel(policy="none"), rtol=1e-6)
    with pytest.raises(ConfigError, match="2025 to 2027"):
        summary(data, RATE, 2050)


def test_paired_difference_has_the_closed_form_mean_and_error(tmp_path: Path) -> None:
    result = paired_difference(load(StoreCase().write(tmp_path / "run.zarr")), RATE)
    assert result["policy"].to_numpy().tolist() == ["levy", "ubi"]
    last = result.sel(regime="slow", policy="levy", year=2027)
    np.testing.assert_allclose(last["mean"], 0.003, rtol=1e-5)
    np.testing.assert_allclose(last["standard_error"], 0.001 * np.sqrt(2.5 / 5), rtol=1e-5)
    np.testing.assert_allclose([last["lower"], last["upper"]], [0.0012, 0.0048], rtol=1e-4)
    assert last["below_zero"] == 0 and last["draws"] == 5
    assert result.attrs["errors"] == "as of independent draws: rather too large than too small"


def test_pooled_differences_follow_the_stated_weights(tmp_path: Path) -> None:
    data = load(StoreCase(weights=(0.25, 0, 0.75, 0)).write(tmp_path / "run.zarr"))
    pooled = paired_difference(data, RATE, pooled=True)
    assert pooled["mean"].dims == ("policy", "year") and int(pooled["draws"]) == 9
    assert pooled.attrs["weights"] == "pooled with stated weights: slow 0.25, rapid 0.75"
    last = pooled.sel(policy="levy", year=2027)
    # Of draws 0 to 4 and 5 to 8, (d + 1) / 1000 on average, and independent errors of both means.
    np.testing.assert_allclose(last["mean"], 0.25 * 0.003 + 0.75 * 0.0075, rtol=1e-5)
    errors = 0.25 * np.sqrt(2.5 / 5), 0.75 * np.sqrt(5 / 3 / 4)
    np.testing.assert_allclose(last["standard_error"], 0.001 * np.hypot(*errors), rtol=0.02)
    np.testing.assert_allclose(pooled["upper"].sel(policy="ubi"), 2 * pooled["upper"].sel(policy="levy"), rtol=1e-4)
    means = estimates(data, RATE, (), pooled=True)["mean"]
    np.testing.assert_allclose(pooled["mean"], means[1:] - means[0], rtol=1e-5)
    alone = paired_difference(data.sel(policy=["none"]), RATE, pooled=True)
    assert alone["mean"].sizes == {"policy": 0, "year": 3}


def test_paired_difference_turns_its_sign_with_the_reference(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    forth, back = paired_difference(data, RATE), paired_difference(data, RATE, to="ubi")
    np.testing.assert_allclose(forth["mean"].sel(policy="ubi"), -back["mean"].sel(policy="none"))
    assert (back["below_zero"].sel(policy="none", year=2027) == 1).all()


def test_one_draw_has_a_difference_and_no_standard_error(tmp_path: Path) -> None:
    data = load(StoreCase(regimes=("slow",)).write(tmp_path / "run.zarr"))
    analyses: list[Callable[[], xr.Dataset]] = [
        lambda: paired_difference(data, RATE),
        lambda: exceedance(data, RATE, [0.05]),
    ]
    for analysis in analyses:
        with pytest.warns(AnalysisWarning, match="few draws count, so that shares, .* rough: slow 1"):
            assert "slow 1" in analysis().attrs["notice"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fan(data, RATE)
        fan(data, RATE, pooled=True)
        warnings.simplefilter("ignore", AnalysisWarning)
        last = paired_difference(data, RATE).sel(policy="levy", year=2027)
    np.testing.assert_allclose(last["mean"], 0.001, rtol=1e-5)
    for name in ("standard_error", "lower_error", "upper_error"):
        assert np.isnan(last[name]).all()
    # The next draw may well lie on the other side.
    np.testing.assert_allclose(last["below_zero_error"], np.sqrt(2) / 3)


def test_wrong_names_are_told_with_the_nearest_valid_one(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    for call in (fan, summary, paired_difference):
        with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
            call(data, "national_gpd")
    with pytest.raises(ConfigError, match="did you mean 'levy'"):
        paired_difference(data, RATE, to="levi")
    with pytest.raises(ConfigError, match="unknown outcome 'reinstatement'"):
        fan(data, "reinstatement")


def test_a_complete_store_loads_without_a_word(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", StoreWarning)
        data = load(StoreCase().write(tmp_path / "run.zarr"))
    assert data.attrs["draws_dropped"] == 0 and data.attrs["notice"] == ""


def test_a_draw_that_failed_for_one_policy_is_dropped_for_all(tmp_path: Path) -> None:
    case = StoreCase(failed={(1, 0): 0, (2, 0): 2, (0, 3): 2}, complete=False)
    told = r"incomplete: the same command finishes it; 2 of 9 draws dropped .* \(1 missing, 1 with"
    with pytest.warns(StoreWarning, match=told):
        data = load(case.write(tmp_path / "run.zarr"))
    assert data["draw"].to_numpy().tolist() == [1, 2, 4, 5, 6, 7, 8]
    assert data.attrs["draws_dropped"] == 2
    assert fan(data, RATE)["draws"].to_numpy().tolist() == [3, 4]
    np.testing.assert_allclose(fan(data, RATE, (0.5,)).sel(regime="slow", policy="none", year=2025), [0.06], rtol=1e-6)


def test_chosen_policies_keep_the_draws_that_others_lack(tmp_path: Path) -> None:
    path = StoreCase(failed={(1, draw): 0 for draw in range(4, 9)}, complete=False).write(tmp_path / "run.zarr")
    with pytest.warns(StoreWarning, match=r"left out: levy \(4 of 9 draws done\)$"):
        data = load(path, ["none", "ubi"])
    assert (data.sizes["policy"], data.sizes["draw"]) == (2, 9)
    with pytest.raises(ConfigError, match="did you mean 'ubi'"):
        load(path, ["ubii"])


def test_nothing_to_analyze_is_an_error(tmp_path: Path) -> None:
    case = StoreCase(failed={(0, draw): 0 for draw in range(9)})
    with pytest.raises(ConfigError, match="no draw is complete"):
        load(case.write(tmp_path / "run.zarr"))
    with pytest.raises(ConfigError):
        load(tmp_path / "nowhere.zarr")
    with pytest.raises(ConfigError, match="is no store of a sweep; expected the path that a sweep prints"):
        load(tmp_path)


def test_a_store_without_regimes_is_one_regime(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr")).drop_vars("regime")
    assert fan(data, RATE)["regime"].to_numpy().tolist() == ["all draws"]
    assert summary(data, RATE).attrs["weights"] == "pooled with shares of draws as weights: all draws 1"
