"""Monte Carlo errors: closed forms, how often intervals made of them hold what is known, and what weakens them."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from analysis import convergence, estimates, exceedance, fan, load, paired_difference, summary
from analysis.caution import AnalysisWarning
from analysis.monte_carlo import BATCHES, batch_draws, error_of_quantile, standard_error, weighted_mean
from analysis.plots import plot_convergence
from sweep.designs import DESIGNS
from sweep.errors import ConfigError
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"
SEEDS, DRAWS, DIMENSIONS = 250, 512, 6
QUANTILES = (0.05, 0.5, 0.95)
Floats = NDArray[np.float64]


def study(values: Floats, design: str, regime: Sequence[str] = (), weights: Sequence[float] = ()) -> xr.Dataset:
    """Draws of an outcome y of one policy, (draw, year), where years stand for repetitions of a study."""
    coordinates = {"policy": ["none"], "year": np.arange(values.shape[1])}
    data = xr.Dataset(
        {"y": (("policy", "draw", "year"), values[None], {"units": "1"})}, coordinates, {"design": design}
    )
    about: dict[str, Any] = {"flag_meanings": "low high", "weights": list(weights)} if weights else {}
    return data.assign_coords(regime=("draw", list(regime), about)) if regime else data


@pytest.fixture(scope="module")
def normals() -> dict[str, Floats]:
    """Standard normal inputs of many repetitions by design, (input, draw, repetition)."""

    def drawn(design: str) -> Floats:
        uniforms = DESIGNS[design]
        each = [[uniforms(seed, str(d), d, 0, DRAWS) for seed in range(SEEDS)] for d in range(DIMENSIONS)]
        return np.asarray(norm.ppf(np.array(each))).swapaxes(1, 2)

    return {design: drawn(design) for design in ("monte_carlo", "sobol")}


def held(estimate: xr.DataArray, error: xr.DataArray, truth: float) -> float:
    """Share of repetitions whose interval of 95 % holds the truth."""
    return float((np.abs(estimate - truth) <= 1.96 * error).mean())


def typical(error: xr.DataArray) -> float:
    """Root of the mean square of errors over repetitions."""
    return float(np.sqrt((error**2).mean()))


@pytest.mark.parametrize("design", ["monte_carlo", "sobol"])
def test_intervals_hold_known_means_quantiles_and_probabilities(design: str, normals: dict[str, Floats]) -> None:
    # A log-normal result of all inputs: its quantiles are as rough, and its mean as skew, as those of models are.
    values = np.exp(normals[design].sum(axis=0) / np.sqrt(DIMENSIONS))
    found = estimates(study(values, design), "y", QUANTILES, [np.exp(1.0)]).isel(regime=0, policy=0)
    # Sobol draws integrate such a mean better than batches of them can tell.
    assert 0.9 <= held(found["mean"], found["mean_error"], np.exp(0.5)) <= (0.99 if design == "monte_carlo" else 1)
    for probability in QUANTILES:
        own, truth = found.sel(quantile=probability), np.exp(norm.ppf(probability))
        assert 0.9 <= held(own["quantiles"], own["quantiles_error"], truth) <= 0.99, probability
    assert 0.9 <= held(found["above"][..., 0], found["above_error"][..., 0], norm.sf(1.0)) <= 0.99


@pytest.mark.parametrize("design", ["monte_carlo", "sobol"])
def test_intervals_hold_the_mean_of_a_result_that_no_design_integrates_well(
    design: str, normals: dict[str, Floats]
) -> None:
    values = normals[design].prod(axis=0)
    found = estimates(study(values, design), "y", ()).isel(regime=0, policy=0)
    assert 0.9 <= held(found["mean"], found["mean_error"], 0.0) <= 0.99


def test_errors_of_sobol_draws_are_smaller_where_these_spread_evenly_and_never_too_small(
    normals: dict[str, Floats],
) -> None:
    smooth, rough = normals["sobol"].sum(axis=0), normals["sobol"].prod(axis=0)
    for values, gain in ((smooth, 8.0), (rough, 0.9)):
        batched, alone = (estimates(study(values, design), "y", (0.5,)) for design in ("sobol", "monte_carlo"))
        assert typical(batched["mean_error"]) < typical(alone["mean_error"]) / gain
        assert typical(batched["mean_error"]) > 0.95 * float(batched["mean"].std())
    assert typical(batched["quantiles_error"]) > 0.95 * float(batched["quantiles"].std())


def test_independent_draws_have_the_error_of_textbooks() -> None:
    values = np.random.default_rng(1).normal(size=(400, 3))
    mean, influence = weighted_mean(values, np.ones(400))
    np.testing.assert_allclose(mean, values.mean(axis=0))
    np.testing.assert_allclose(standard_error(influence, "monte_carlo"), values.std(axis=0, ddof=1) / 20)
    assert np.isnan(standard_error(weighted_mean(values, np.eye(400)[7])[1], "monte_carlo")).all()


def test_stated_weights_of_regimes_leave_the_error_within_regimes_alone() -> None:
    generator = np.random.default_rng(2)
    regime = ["low"] * 150 + ["high"] * 50
    values = generator.normal(size=(200, 400)) + np.where(np.array(regime) == "low", 0, 100)[:, None]
    stated = study(values, "monte_carlo", regime, (0.6, 0.4))
    pooled, alone = estimates(stated, "y", (), pooled=True), estimates(stated, "y", ())
    np.testing.assert_allclose(pooled["mean"], 0.6 * alone["mean"][0] + 0.4 * alone["mean"][1])
    joined = np.sqrt((0.6 * alone["mean_error"][0]) ** 2 + (0.4 * alone["mean_error"][1]) ** 2)
    np.testing.assert_allclose(pooled["mean_error"], joined)
    assert typical(pooled["mean_error"]) == pytest.approx(float(pooled["mean"].std()), rel=0.1)
    assert pooled.attrs["weights"] == "pooled with stated weights: low 0.6, high 0.4"
    # Where chance decides the shares of regimes, their distance is part of the error.
    chance = estimates(study(values, "monte_carlo", regime), "y", (), pooled=True)
    np.testing.assert_allclose(chance["mean_error"][0], values.std(axis=0, ddof=1) / np.sqrt(200))


def test_quantiles_between_regimes_have_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(5)
    regime = ["low"] * 300 + ["high"] * 100
    values = generator.normal(size=(400, 200)) + np.where(np.array(regime) == "low", 0, 100)[:, None]
    data = study(values, "monte_carlo", regime, (0.9, 0.1))
    for most in (2**16, 64):
        monkeypatch.setattr("analysis.statistics._MOST_SORTED", most)
        with pytest.warns(AnalysisWarning, match="some quantiles lie between regimes, where stated weights decide"):
            found = estimates(data, "y", (0.5, 0.86, 0.9, 0.94), pooled=True).isel(policy=0)
        unknown = np.isnan(found["quantiles_error"].to_numpy())
        np.testing.assert_array_equal(unknown, found["between_regimes"])
        assert unknown.mean(axis=0).tolist() == [0, 0, 1, 0]
        # Beside the seam the error is of a tail of one of the two, of 40/90 of 1/10 or 6/10 of it.
        for place, truth in ((1, norm.ppf(0.86 / 0.9)), (3, 100 + norm.ppf(0.4))):
            assert 0.9 <= held(found["quantiles"][:, place], found["quantiles_error"][:, place], truth) <= 0.99
    # Where draws overlap, and where chance decides how many are of which, there is no seam.
    near = study(generator.normal(size=values.shape), "monte_carlo", regime, (0.9, 0.1))
    chance = study(values, "monte_carlo", regime)
    for other in (near, chance):
        assert not estimates(other, "y", (0.9,), pooled=True)["between_regimes"].any()
    with pytest.warns(AnalysisWarning, match="draws are too few for the error"):
        extreme = estimates(data, "y", (0.0, 0.999, 1.0), pooled=True)
    assert np.isnan(extreme["quantiles_error"]).all() and not extreme["between_regimes"].any()


def test_batches_are_whole_powers_of_two_and_few_draws_have_none() -> None:
    assert [batch_draws(draws, "sobol") for draws in (31, 32, 1000, 1024, 5000)] == [0, 2, 32, 64, 256]
    assert (batch_draws(1024, "monte_carlo"), batch_draws(1000, "saltelli")) == (0, 62)
    for draws in (1000, 1024, 5000):
        influence = np.tile(np.arange(batch_draws(draws, "sobol")), 40)[:draws].astype(float)
        # All batches are alike, whatever differs within them.
        assert standard_error(influence, "sobol") == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(-1e3, 1e3), st.floats(0.01, 1e3), st.sampled_from(["sobol", "monte_carlo"]))
def test_errors_move_with_the_scale_and_not_with_the_place(seed: int, place: float, scale: float, design: str) -> None:
    values = np.random.default_rng(seed).normal(size=(100, 1))
    data, moved = study(values, design), study(place + scale * values, design)
    first, second = estimates(data, "y", (0.3,)), estimates(moved, "y", (0.3,))
    for name in ("mean", "quantiles"):
        np.testing.assert_allclose(second[name], place + scale * first[name], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(second[f"{name}_error"], scale * first[f"{name}_error"], rtol=1e-6, atol=1e-9)


def test_the_error_of_a_quantile_is_that_of_the_share_over_the_density() -> None:
    values = np.random.default_rng(3).normal(size=(2000, 200))
    found = estimates(study(values, "monte_carlo"), "y", QUANTILES)
    for probability in QUANTILES:
        exact = np.sqrt(probability * (1 - probability) / 2000) / norm.pdf(norm.ppf(probability))
        assert float(found["quantiles_error"].sel(quantile=probability).mean()) == pytest.approx(exact, rel=0.1)


def test_estimates_are_the_fan_in_dimensions_and_values(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 40 + ("rapid",) * 50, attributes={"design": "monte_carlo"})
    data = load(case.write(tmp_path / "run.zarr"))
    for outcome in (RATE, "unemployment_rate"):
        for pooled in (False, True):
            found = estimates(data, outcome, (0.25, 0.5), [0.3], pooled)
            xr.testing.assert_allclose(found["quantiles"].rename(outcome), fan(data, outcome, (0.25, 0.5), pooled))
            assert found["quantiles_error"].dims == found["quantiles"].dims
            assert found["above"].dims[-1] == "threshold" and found["mean"].dims == found["quantiles"].dims[:-1]
            assert found.attrs["units"] == "1" and found.attrs["outcome"] == outcome


def test_draws_under_other_beliefs_weigh_in_estimates_and_errors() -> None:
    generator = np.random.default_rng(4)
    values, likelihood = generator.normal(size=(400, 60)), generator.uniform(0.2, 3, 400)
    regime = generator.choice(["low", "high"], 400).tolist()
    data = study(values, "monte_carlo", regime, (0.5, 0.5)).assign_coords(likelihood=("draw", likelihood))
    found = estimates(data, "y", QUANTILES, [0.0])
    low = np.array(regime) == "low"
    weights = likelihood[low] / likelihood[low].sum()
    np.testing.assert_allclose(found["mean"].sel(regime="low")[0], weights @ values[low])
    np.testing.assert_allclose(found["above"].sel(regime="low")[0, :, 0], weights @ (values[low] > 0))
    for pooled in (False, True):
        own = estimates(data, "y", QUANTILES, pooled=pooled)
        xr.testing.assert_allclose(own["quantiles"].rename("y"), fan(data, "y", QUANTILES, pooled))
    alike = estimates(data.drop_vars("likelihood"), "y", ())["mean_error"].sel(regime="low")
    unlike = np.sqrt(low.sum() * (weights**2).sum())
    assert typical(found["mean_error"].sel(regime="low")) == pytest.approx(unlike * typical(alike), rel=0.1)


def test_too_few_draws_for_an_error_are_told(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    with pytest.warns(AnalysisWarning, match="draws are too few for the error of some quantiles"):
        found = estimates(data, RATE, (0.5, 0.95))
    assert np.isnan(found["quantiles_error"].sel(quantile=0.95)).all()
    assert found.attrs["notice"].startswith("draws are too few")
    with pytest.warns(AnalysisWarning, match="draws of design=morris share inputs: estimates and errors are rough"):
        exceedance(data.assign_attrs(design="morris"), RATE, [0.05])
    with pytest.raises(ConfigError, match="convergence: expected 32 draws or more, got 9"):
        convergence(data, RATE)
    with pytest.raises(ConfigError, match="thresholds: expected one finite number or more"):
        exceedance(data, RATE, [])
    for call in (estimates, convergence):
        with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
            call(data, "national_gpd")


def test_exceedance_counts_draws_and_knows_that_none_is_not_never(tmp_path: Path) -> None:
    data = load(StoreCase(attributes={"design": "monte_carlo"}).write(tmp_path / "run.zarr"))
    found = exceedance(data, RATE, [0.0, 0.055, 0.2]).sel(policy="none", year=2027)
    np.testing.assert_allclose(found["probability"].sel(regime="slow"), [1, 0.6, 0])
    one_more = np.sqrt(6 / 5) / 7
    expected = [one_more, np.sqrt(0.6 * 0.4 / 4), one_more]
    np.testing.assert_allclose(found["probability_error"].sel(regime="slow"), expected)
    pooled = exceedance(data, RATE, [0.055], pooled=True).sel(policy="none", year=2027)
    assert pooled["probability"].item() == pytest.approx(0.5 * 0.6 + 0.5)
    assert pooled.attrs["units"] == "1" and pooled["threshold"].attrs["units"] == "1"


@pytest.mark.parametrize("design", ["monte_carlo", "sobol"])
@pytest.mark.parametrize("weights", [(), (0.7, 0.3)])
def test_outcomes_larger_than_memory_have_the_same_errors(
    design: str, weights: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(5)
    regime = generator.choice(["low", "high"], 3000).tolist()
    values = generator.normal(size=(3000, 2)).astype(np.float32).astype(float)
    data = study(values, design, regime, weights)
    exact = [estimates(data, "y", QUANTILES, [0.5, 9.0], pooled) for pooled in (False, True)]
    monkeypatch.setattr("analysis.statistics._AT_ONCE", 0)
    for pooled, known in zip((False, True), exact, strict=True):
        counted = estimates(data, "y", QUANTILES, [0.5, 9.0], pooled)
        for name in ("mean", "mean_error", "above", "above_error"):
            xr.testing.assert_allclose(counted[name], known[name], rtol=1e-6, atol=1e-9)
        # Of Sobol draws they are as of independent draws, which these are.
        rough = 0.05 if design == "monte_carlo" else 0.8
        np.testing.assert_allclose(counted["quantiles_error"], known["quantiles_error"], rtol=rough)
        assert ("of quantiles as of independent draws" in counted.attrs["errors"]) == (design == "sobol")


def test_convergence_ends_with_all_draws_and_errors_halve_with_four_times_the_draws() -> None:
    values = np.random.default_rng(7).normal(size=(3000, 3))
    data = study(values, "monte_carlo")
    found = convergence(data, "y", QUANTILES, year=2)
    assert found["first_draws"].to_numpy().tolist() == [32, 64, 128, 256, 512, 1024, 2048, 3000]
    assert found["mean"].dims == ("policy", "first_draws")
    last = estimates(data, "y", QUANTILES, pooled=True).sel(year=2)
    for name in ("mean", "mean_error", "quantiles", "quantiles_error"):
        np.testing.assert_allclose(found[name].isel(first_draws=-1), last[name])
    slope = np.polyfit(np.log(found["first_draws"]), np.log(found["mean_error"][0]), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.05)


def test_a_regime_without_draws_so_far_is_unknown() -> None:
    values = np.random.default_rng(8).normal(size=(128, 2))
    found = convergence(study(values, "monte_carlo", ["low"] * 64 + ["high"] * 64, (0.5, 0.5)), "y", pooled=False)
    assert np.isnan(found["mean"].sel(regime="high").to_numpy()).ravel().tolist() == [True, True, False]
    assert not np.isnan(found["mean"].sel(regime="low")).any()


def test_the_convergence_picture_holds_final_figures_and_draws_without_warnings(tmp_path: Path) -> None:
    regimes = ("slow", "rapid") * 128
    data = load(StoreCase(regimes=regimes, weights=(0.5, 0, 0.5, 0)).write(tmp_path / "run.zarr"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plot_convergence(data, RATE, policies=["levy"])
        figure.savefig(tmp_path / "picture.png")
    assert "from 16 batches or more of consecutive draws" in " ".join(figure.texts[-2].get_text().split())
    texts = [text.get_text() for text in (*figure.texts, *figure.axes[0].texts)]
    mean = estimates(data, RATE, (), pooled=True).sel(policy="levy", year=2027)
    shown = f"{100 * float(mean['mean']):.0f} ± {196 * float(mean['mean_error']):.0f}"
    assert shown in texts
    assert {"mean", "5 %", "median", "95 %", "256", "64"} <= set(texts)
    with pytest.raises(ConfigError, match="is regional"):
        plot_convergence(data, "unemployment_rate")


def test_summary_and_differences_hold_their_errors(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow", "rapid") * 200, attributes={"design": "monte_carlo"})
    data = load(case.write(tmp_path / "run.zarr"))
    table = summary(data, RATE)
    own = estimates(data, RATE, QUANTILES, pooled=True).isel(year=-1)
    for name, probability in (("lower", 0.05), ("median", 0.5), ("upper", 0.95)):
        error = own["quantiles_error"].sel(quantile=probability, drop=True).drop_vars(["draws", "effective_draws"])
        xr.testing.assert_allclose(table[f"{name}_error"].rename(None), error.rename(None))
    assert table["median_by_regime_error"].dims == ("regime", "policy")
    batched = paired_difference(data.assign_attrs(design="sobol"), RATE)
    assert not np.allclose(batched["standard_error"], paired_difference(data, RATE)["standard_error"])
    assert BATCHES == 16 and "16 batches" in batched.attrs["errors"]


def test_quantiles_of_no_cells_have_no_errors() -> None:
    error = error_of_quantile(np.array([0.05, 0.95]), np.full(2, 0.01), lambda shares: np.empty((0, 3, len(shares))))
    assert error.shape == (0, 3, 2)
