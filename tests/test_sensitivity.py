"""Sensitivity from designs made for it against analytic values, a second implementation, and laws."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol

from analysis import load, morris_screening, sobol_indices, variance_partition
from analysis.caution import AnalysisWarning
from sweep.errors import ConfigError
from tests.sensitivity_cases import ISHIGAMI, G, Values, g_function, ishigami, rows_of, store_of
from tests.studies import finish

THREE = {name: (name,) for name in ("a", "b", "c")}
EIGHT = {f"x{place}": (f"x{place}",) for place in range(8)}
REGIMES = {"regime": ("regime",), **THREE}
SLOPES = np.array([[1.0, 2.0, 0.0], [3.0, 0.0, 1.0], [0.0, 6.0, 2.0]])
LEVELS, SHARES = np.array([0.0, 1.0, 4.0]), np.array([0.5, 0.3, 0.2])


def lines(columns: Values) -> Values:
    """Another linear function in each regime, so that indices of each, and of all together, have closed forms."""
    codes = columns[:, 0].astype(int)
    return np.asarray(LEVELS[codes] + (SLOPES[codes] * columns[:, 1:]).sum(axis=1))


def known_lines() -> tuple[Values, Values, float]:
    """Shares by regime, (regime, factor), pooled shares with the regime first, and the pooled variance."""
    parts = SLOPES**2 / 12
    means = LEVELS + SLOPES.sum(axis=1) / 2
    between = float(SHARES @ (means - SHARES @ means) ** 2)
    whole = between + float(SHARES @ parts.sum(axis=1))
    return parts / parts.sum(axis=1, keepdims=True), np.array([between, *(SHARES @ parts)]) / whole, whole


@pytest.mark.parametrize(
    ("function", "factors", "known"), [(ishigami, THREE, ISHIGAMI), (g_function, EIGHT, G)], ids=["Ishigami", "G"]
)
def test_indices_are_the_analytic_ones(function: Any, factors: Any, known: tuple[Values, Values]) -> None:
    found = sobol_indices(store_of("saltelli", function, factors, 2048), "y").isel(regime=0, policy=0, year=0)
    for name, exact in zip(("first", "total"), known, strict=True):
        np.testing.assert_allclose(found[name], exact, atol=0.03)
        assert (np.abs(found[name] - exact) < 5 * found[f"{name}_error"] + 1e-3).all()


@pytest.mark.parametrize(
    ("function", "factors", "known", "dimension"),
    # Of Sobol dimensions 10 to 17, 12 to 17 and so on, some pairs fill the square badly with hundreds of points: parts
    # of one sequence all err alike there, and told .003 where the error was .03, or .01 where it was .15.
    [(ishigami, THREE, ISHIGAMI, dimension) for dimension in (1, 5, 6)] + [(g_function, EIGHT, G, 60)],
)
def test_intervals_hold_the_truth_as_often_as_they_say_in_all_dimensions(
    function: Any, factors: Any, known: tuple[Values, Values], dimension: int
) -> None:
    held, moved, told = [], [], []
    for seed in range(40):
        data = store_of("saltelli", function, factors, 512, seed, dimension=dimension)
        found = sobol_indices(data, "y").isel(regime=0, policy=0, year=0)
        for name, exact in zip(("first", "total"), known, strict=True):
            held.append((found[f"{name}_lower"] <= exact) & (exact <= found[f"{name}_upper"]))
            moved.append(found[name] - exact)
            told.append(found[f"{name}_error"])
    assert 0.91 < np.mean(held) < 0.99
    # By index: errors are those over seeds, of which 40 tell them to a ninth.
    ratio = np.sqrt((np.square(told).reshape(40, -1)).mean(axis=0) / np.square(moved).reshape(40, -1).mean(axis=0))
    assert (ratio > 0.7).all() and (ratio < 1.5).all()


def test_effects_of_trajectories_have_the_errors_that_they_show_over_seeds() -> None:
    runs = [morris_screening(store_of("morris", ishigami, THREE, 256, seed, dimension=12), "y") for seed in range(40)]
    together = xr.concat(runs, "seed").isel(regime=0, policy=0, year=0)
    for name in ("mu", "mu_star", "sigma"):
        spread, told = together[name].std("seed"), np.sqrt((together[f"{name}_error"] ** 2).mean("seed"))
        # An effect that is the same everywhere has no error.
        sure = spread < 1e-9
        assert (told[sure] < 1e-9).all()
        assert ((told / spread)[~sure] > 0.7).all() and ((told / spread)[~sure] < 1.5).all()


def test_a_store_that_tells_no_replicates_is_refused() -> None:
    data = store_of("saltelli", ishigami, THREE, 128)
    del data.attrs["replicates"]
    with pytest.raises(ConfigError, match=r"doesn't say of how many replicates its blocks are, .* run `uv run sweep"):
        sobol_indices(data, "y")


def test_indices_are_those_of_salib() -> None:
    data = store_of("saltelli", ishigami, THREE, 1024)
    problem = {"num_vars": 3, "names": list(THREE), "bounds": [[0, 1]] * 3}
    theirs = salib_sobol.analyze(problem, data["y"].to_numpy().ravel(), calc_second_order=False, seed=1)
    ours = sobol_indices(data, "y").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(ours["total"], theirs["ST"], rtol=1e-6)
    # SALib takes distances from the mean of all rows.
    np.testing.assert_allclose(ours["first"], theirs["S1"], atol=0.01)
    # SALib's bootstrap takes blocks as independent, and misses that Sobol points spread evenly.
    ratio = 1.96 * ours["total_error"].to_numpy() / theirs["ST_conf"]
    assert (ratio > 0.3).all() and (ratio < 1.2).all()


def test_indices_by_regime_and_pooled_follow_the_law_of_total_variance() -> None:
    data = store_of("saltelli", lines, REGIMES, 4096)
    by_regime, pooled, _ = known_lines()
    found = sobol_indices(data, "y").isel(policy=0, year=0)
    assert found["first"].dims == ("regime", "factor") and found["factor"].to_numpy().tolist() == list(THREE)
    for name in ("first", "total"):
        np.testing.assert_allclose(found[name], by_regime, atol=0.05)
    together = sobol_indices(data, "y", pooled=True).isel(policy=0, year=0)
    np.testing.assert_allclose(together["first"], pooled, atol=0.02)
    np.testing.assert_allclose(together["total"][1:], pooled[1:], atol=0.02)
    assert together["total"][0] > together["first"][0]
    assert together.attrs["weights"].startswith("pooled with stated weights: low 0.5")


@pytest.mark.filterwarnings("ignore:few blocks")
def test_errors_of_pooled_indices_are_the_spread_over_seeds() -> None:
    runs = [sobol_indices(store_of("saltelli", lines, REGIMES, 300, seed), "y", pooled=True) for seed in range(40)]
    together = xr.concat(runs, "seed").isel(policy=0, year=0)
    for name in ("first", "total"):
        ratio = together[f"{name}_error"].mean("seed") / together[name].std("seed")
        # Of these smooth functions all blocks are far more even than batches of them: told too large, never too small.
        assert (ratio > 0.8).all() and (ratio < 5).all()


def test_the_total_index_of_the_regime_is_that_of_drawing_another() -> None:
    together = sobol_indices(store_of("saltelli", lines, REGIMES, 4096), "y", pooled=True).isel(policy=0, year=0)
    # Of (regime, inputs) drawn independently: half the mean square of what another regime changes.
    first, second = np.array_split(np.random.default_rng(1).random((200_000, 4)), 2)
    codes = [np.searchsorted(np.cumsum(SHARES)[:-1], each[:, 0], side="right") for each in (first, second)]
    here, there = (lines(np.column_stack([code, first[:, 1:]])) for code in codes)
    assert float(together["total"][0]) == pytest.approx(((here - there) ** 2).mean() / 2 / here.var(), abs=0.03)


@settings(max_examples=8, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.permutations(range(3)))
def test_indices_stay_when_an_outcome_is_rescaled_or_factors_are_reordered(
    shift: float, scale: float, order: list[int]
) -> None:
    data = store_of("saltelli", ishigami, THREE, 128)
    plain = sobol_indices(data, "y")
    moved = sobol_indices(data.assign(y=shift - scale * data["y"]), "y")
    np.testing.assert_allclose(moved["first"], plain["first"], atol=1e-6)
    np.testing.assert_allclose(moved["total"], plain["total"], atol=1e-6)
    rows = np.arange(128 * 5).reshape(-1, 5)[:, [0, *(1 + place for place in order), 4]].ravel()
    names = [list(THREE)[place] for place in order]
    other = data.isel(draw=rows).assign_coords(draw=np.arange(len(rows)))
    other.attrs["factors"] = str({name: [name] for name in names}).replace("'", '"')
    again = sobol_indices(other, "y").sel(factor=list(THREE))
    np.testing.assert_allclose(again["first"], plain["first"], atol=1e-9)


def test_years_are_chosen_and_an_outcome_without_spread_has_no_index() -> None:
    data = store_of("saltelli", lambda u: np.stack([0 * u[:, 0] + 3, u[:, 0]], axis=1), THREE, 128)
    found = sobol_indices(data, "y")
    assert np.isnan(found["first"].sel(year=2025)).all()
    xr.testing.assert_allclose(sobol_indices(data, "y", 2026)["total"], found["total"].sel(year=[2026]))
    with pytest.raises(ConfigError, match="no year 2050"):
        sobol_indices(data, "y", 2050)


def test_lost_draws_cost_their_blocks_alone() -> None:
    data = store_of("saltelli", ishigami, THREE, 200)
    with pytest.warns(AnalysisWarning, match="2 blocks are left out"):
        found = sobol_indices(data.drop_sel(draw=[3, 7, 8]), "y")
    assert found["blocks"].to_numpy().tolist() == [198]
    xr.testing.assert_equal(found, sobol_indices(data.isel(draw=slice(10, None)), "y").assign_attrs(found.attrs))


def test_another_design_and_few_blocks_are_told() -> None:
    with pytest.raises(ConfigError, match=r"needs a store of design=saltelli, got one of design=sobol: first_order_gi"):
        sobol_indices(store_of("sobol", ishigami, THREE, 128), "y")
    with pytest.raises(ConfigError, match="needs a store of design=morris, got one of design=saltelli"):
        morris_screening(store_of("saltelli", ishigami, THREE, 128), "y")
    with pytest.raises(ConfigError, match=r"whole blocks of 5 draws: expected at least 8 in each regime, got 4 in"):
        sobol_indices(store_of("saltelli", ishigami, THREE, 4), "y")
    with pytest.warns(AnalysisWarning, match="few blocks: 16 in all draws"):
        assert "few blocks" in sobol_indices(store_of("saltelli", ishigami, THREE, 16), "y").attrs["notice"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sobol_indices(store_of("saltelli", ishigami, THREE, 128), "y").attrs["notice"] == ""


@pytest.mark.filterwarnings("ignore:few blocks")
@pytest.mark.parametrize(("design", "analyze"), [("morris", morris_screening), ("saltelli", sobol_indices)])
@pytest.mark.parametrize("held", [0, 2, 8, 30])
def test_as_many_draws_as_are_asked_for_are_enough(design: str, analyze: Any, held: int) -> None:
    few = store_of(design, lines, REGIMES, max(held, 1))
    with pytest.raises(ConfigError, match=r"expected at least 8 in each regime, got .* in low|got none") as told:
        analyze(few if held else few.isel(draw=slice(1, None)), "y")
    assert "or of one regime, as adoption=central" in str(told.value)
    rows, draws = rows_of(design, len(REGIMES)), int(str(told.value).split("draws=")[1].split(",")[0])
    # Of these the rarest regime, of a fifth, has 16 blocks or so, twice as many as are enough.
    assert draws == 80 * rows
    for seed in range(10):
        assert min(analyze(store_of(design, lines, REGIMES, draws // rows, seed), "y")["blocks"]) >= 8


def test_effects_of_a_linear_function_are_its_slopes_exactly() -> None:
    slopes = np.array([3.0, -2.0, 0.0])
    found = morris_screening(store_of("morris", lambda u: u @ slopes, THREE, 128), "y").isel(regime=0, policy=0, year=0)
    np.testing.assert_allclose(found["mu"], slopes, atol=1e-9)
    np.testing.assert_allclose(found["mu_star"], np.abs(slopes), atol=1e-9)
    np.testing.assert_allclose(found["sigma"], 0, atol=1e-9)
    assert found.attrs["units"] == "persons"


def test_effects_are_those_of_salib() -> None:
    data = store_of("morris", ishigami, THREE, 200)
    inputs = np.stack([data[name] for name in THREE], axis=1)
    problem = {"num_vars": 3, "names": list(THREE), "bounds": [[0, 1]] * 3}
    # As many levels as make SALib's step one half.
    outcome = data["y"].to_numpy().ravel()
    theirs = salib_morris.analyze(problem, inputs, outcome, num_levels=10**12, num_resamples=200, seed=1)
    ours = morris_screening(data, "y").isel(regime=0, policy=0, year=0)
    for name in ("mu", "mu_star", "sigma"):
        np.testing.assert_allclose(ours[name], np.asarray(theirs[name]), rtol=1e-6, atol=1e-9)


def test_effects_by_regime_are_its_slopes_and_pooled_the_weighted_ones() -> None:
    data = store_of("morris", lines, REGIMES, 1000)
    found = morris_screening(data, "y").isel(policy=0, year=0)
    np.testing.assert_allclose(found["mu"], SLOPES, atol=1e-9)
    together = morris_screening(data, "y", pooled=True).isel(policy=0, year=0)
    np.testing.assert_allclose(together["mu_star"][1:], SHARES @ SLOPES, atol=1e-9)
    assert together["factor"].to_numpy().tolist() == ["regime", *THREE]
    # Half of the distribution away: low and middle or high, which are up to 4.5 apart in the mean.
    assert 0 < float(together["mu"][0]) <= float(together["mu_star"][0])


def test_a_factor_of_several_inputs_has_sizes_alone() -> None:
    data = store_of("morris", ishigami, {"ab": ("a", "b"), "c": ("c",)}, 128)
    found = morris_screening(data, "y").isel(regime=0, policy=0, year=0)
    assert found["mu"].isnull().to_numpy().tolist() == [True, False]
    assert (found["mu_star"] > 0).all()


def test_a_partition_by_evidence_is_exact_for_grouped_factors() -> None:
    groups = {"A": ("a", "c"), "C": ("b",)}
    data = store_of("saltelli", lambda u: ishigami(u[:, [0, 2, 1]]), groups, 2048, by="evidence")
    found = variance_partition(data, "y").isel(regime=0, policy=0, year=0)
    assert found["factor"].to_numpy().tolist() == ["A", "C", "interactions"]
    # The inputs a and c interact with each other alone.
    np.testing.assert_allclose(found["first"], [1 - ISHIGAMI[0][1], ISHIGAMI[0][1], 0], atol=0.03)
    np.testing.assert_allclose(found["total"][:2], found["first"][:2], atol=0.05)
    assert float(found["standard_deviation"]) == pytest.approx(3.7208, rel=0.02)
    with pytest.raises(ConfigError, match=r"factors by evidence, not by group: take by='evidence'"):
        variance_partition(data, "y", by="group")


def test_a_partition_of_single_factors_leaves_what_they_do_together_to_interactions() -> None:
    data = store_of("saltelli", ishigami, THREE, 2048, grades={"a": "A", "c": "A", "b": "B"})
    with pytest.warns(AnalysisWarning, match="saltelli design.by=evidence gives that to the factor"):
        found = variance_partition(data, "y").isel(regime=0, policy=0, year=0)
    first = ISHIGAMI[0]
    np.testing.assert_allclose(found["first"], [first[0] + first[2], first[1], 1 - first.sum()], atol=0.04)
    assert "total" not in found


def test_a_pooled_partition_adds_up_to_one() -> None:
    data = store_of("saltelli", lines, {"regime": ("regime",), "B": ("a", "b"), "C": ("c",)}, 2048, by="evidence")
    found = variance_partition(data, "y", pooled=True).isel(policy=0, year=0)
    _, pooled, whole = known_lines()
    np.testing.assert_allclose(found["first"], [pooled[0], pooled[1] + pooled[2], pooled[3], 0], atol=0.02)
    np.testing.assert_allclose(found["first"].sum("factor"), 1)
    assert float(found["standard_deviation"]) == pytest.approx(np.sqrt(whole), rel=0.02)


MODEL = ("design=saltelli", "regions=archetypes", "years=4", "policy=[ubi]", "policy.ubi.amount=[uniform,100,900]",
         "report=false", "outputs.keep=national")  # fmt: skip
RATE = "national_unemployment_rate"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, xr.DataArray]:
    """A grouped design of the labor model, with all regimes; and its unemployment when it had 105 draws."""
    path = tmp_path_factory.mktemp("saltelli") / "s.zarr"
    first = load(finish(path, *MODEL, "design.by=evidence", "draws=100"))[RATE].load()
    return finish(path, *MODEL, "design.by=evidence", "draws=800"), first


def test_a_sweep_tells_how_much_of_its_spread_is_assumed(small: tuple[Path, xr.DataArray]) -> None:
    with pytest.warns(AnalysisWarning, match="few blocks"):
        found = variance_partition(load(small[0]), RATE, pooled=True)
    assert found["factor"].to_numpy().tolist() == ["regime", "A", "B", "C", "policy", "interactions"]
    last = found["first"].sel(year=2029)
    np.testing.assert_allclose(last.sum("factor"), 1)
    # Without a policy its dose decides nothing.
    assert abs(float(last.sel(policy="none", factor="policy"))) < 1e-9
    assert float(last.sel(policy="ubi", factor="policy")) > 0
    assert float(found["total"].sel(policy="none", factor="C", year=2029)) > 0.1


def test_a_sweep_in_blocks_grows_and_keeps_its_draws(small: tuple[Path, xr.DataArray]) -> None:
    path, first = small
    assert first.sizes["draw"] == 105
    data = load(path)
    assert data.sizes["draw"] == 805
    xr.testing.assert_identical(data[RATE].isel(draw=slice(105)).load(), first)
    with pytest.raises(ConfigError, match=r"factors.A: stored .* → now None"):
        finish(path, *MODEL, "draws=800")
