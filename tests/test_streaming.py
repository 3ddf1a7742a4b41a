"""Statistics in one pass: those of all draws at once, within the error that is told."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import fan, load, paired_difference, summary
from analysis.streaming import _BLOCK, _MANY_CELLS, Tally, tally
from tests.store_cases import StoreCase

PROBABILITIES = (0.05, 0.5, 0.95)


def _tally(values: np.ndarray, codes: np.ndarray) -> list[Tally]:
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    return tally(lambda start, stop: values[:, start:stop], values.shape[1], members)


def _draws(seed: int, draws: int, spread: float = 1.0, across: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    codes = generator.integers(0, 3, draws)
    codes[:3] = 0, 1, 2
    values = generator.lognormal(codes[:, None, None] / 3, spread, (2, draws, 2, across)) - 1
    return values.astype(np.float32), codes


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 3 * _BLOCK), st.floats(0.01, 2), st.sampled_from([3, _MANY_CELLS]))
def test_one_pass_gives_what_all_draws_at_once_give(seed: int, draws: int, spread: float, across: int) -> None:
    values, codes = _draws(seed, draws, spread, across)
    for row, counted in zip(values, _tally(values, codes), strict=True):
        quantiles, error = counted.quantiles(PROBABILITIES)
        for regime in range(3):
            own = row[codes == regime].reshape(-1, 2 * across).astype(float)
            np.testing.assert_allclose(counted.mean[regime], own.mean(axis=0), rtol=1e-9, atol=1e-12)
            assert np.array_equal(counted.below_zero[regime], (own < 0).mean(axis=0))
            assert np.array_equal(counted.smallest[regime], own.min(axis=0))
            assert np.array_equal(counted.largest[regime], own.max(axis=0))
            if len(own) > 1:
                np.testing.assert_allclose(counted.variance[regime], own.var(axis=0, ddof=1), rtol=1e-6, atol=1e-12)
            exact = np.quantile(own, PROBABILITIES, axis=0, method="inverted_cdf").T
            rounding = 1e-6 * (own.max() - own.min() + np.abs(own).max())
            assert (np.abs(quantiles[regime] - exact) <= error[regime] + rounding).all()


def test_few_cells_are_counted_as_many_are() -> None:
    values, codes = _draws(3, 2 * _BLOCK + 5, across=_MANY_CELLS)
    values[0, 7, 0, 2], values[0, 8, 0, 3] = np.nan, np.inf
    many, few = _tally(values, codes), _tally(values[:, :, :1, 2:5], codes)
    for each, own in zip(many, few, strict=True):
        for name in ("counts", "smallest", "largest", "negative"):
            np.testing.assert_array_equal(getattr(own, name), getattr(each, name)[:, 2:5])
        np.testing.assert_allclose(own.sums, each.sums[..., 2:5], rtol=1e-9)
        np.testing.assert_allclose(own.squares, each.squares[:, 2:5], rtol=1e-9)


def test_errors_are_small_where_draws_are_many() -> None:
    values, codes = _draws(1, 20_000, 0.5)
    quantiles, error = _tally(values, codes)[0].quantiles(PROBABILITIES)
    assert error.max() < 0.002 * (values.max() - values.min())
    spread = quantiles[..., 2] - quantiles[..., 0]
    assert (error.max(axis=2) < 0.02 * spread).all()


def test_pooled_quantiles_weigh_regimes_as_asked() -> None:
    values, codes = _draws(2, 5_000)
    counted = _tally(values, codes)[0]
    alone, _ = counted.quantiles(PROBABILITIES)
    for regime in range(3):
        pooled, _ = counted.quantiles(PROBABILITIES, weights=np.eye(3)[regime])
        np.testing.assert_allclose(pooled, alone[regime], atol=2 * counted.width.max())


def test_a_value_that_is_no_number_is_told_and_the_rest_stay() -> None:
    values, codes = _draws(4, 2 * _BLOCK + 5)
    values[0, 7, 1, 2] = np.nan
    first, second = _tally(values, codes)
    assert np.isnan(first.mean[codes[7]]).tolist() == [False] * 5 + [True]
    assert np.isnan(first.below_zero[codes[7]]).tolist() == [False] * 5 + [True]
    assert np.isnan(first.quantiles(PROBABILITIES)[0][codes[7]]).any(axis=1).tolist() == [False] * 5 + [True]
    assert not np.isnan(second.mean).any()


def test_a_constant_is_itself() -> None:
    values, codes = np.full((1, 50, 1, 1), 0.3, dtype=np.float32), np.zeros(50, dtype=int)
    (counted,) = _tally(values, codes)
    assert counted.quantiles(PROBABILITIES)[0].ravel().tolist() == [np.float32(0.3)] * 3
    assert counted.variance.item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("outcome", ["unemployment_rate", "national_unemployment_rate"])
def test_large_outcomes_are_counted_to_the_same_figures(
    outcome: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = StoreCase(regimes=("slow", "rapid", "slow") * 900, attributes={"seed": 1})
    # In the order of a design: the first draws are as all are.
    data = load(case.write(tmp_path / "s.zarr")).isel(draw=np.random.default_rng(1).permutation(case.draws))
    fans = [fan(data, outcome), fan(data, outcome, pooled=True)]
    table = summary(data, outcome)
    differences = [paired_difference(data, outcome, "levy", pooled) for pooled in (False, True)]
    monkeypatch.setattr("analysis.statistics._AT_ONCE", 0)
    for exact, counted in zip(fans, [fan(data, outcome), fan(data, outcome, pooled=True)], strict=True):
        assert counted.dims == exact.dims
        # Next draws are 0.01 apart.
        off = counted.attrs["quantile_error"] + 0.04
        assert off < 0.15
        xr.testing.assert_allclose(counted, exact, rtol=0, atol=off)
        assert counted.attrs.get("weights") == exact.attrs.get("weights")
    xr.testing.assert_allclose(summary(data, outcome), table, rtol=0, atol=0.1)
    off_by = {"mean": 1e-5, "standard_error": 1e-5, "below_zero": 1e-12, "lower": 0.02, "upper": 0.02}
    for pooled, paired in enumerate(differences):
        again = paired_difference(data, outcome, "levy", bool(pooled))
        assert again.attrs.get("weights") == paired.attrs.get("weights")
        for name, atol in off_by.items():
            xr.testing.assert_allclose(again[name], paired[name], rtol=1e-5, atol=atol)
        # Of shares as of independent draws, which these are; quantiles between draws that are 0.01 apart.
        xr.testing.assert_allclose(again["below_zero_error"], paired["below_zero_error"], rtol=0.3, atol=1e-4)
        assert (
            again.attrs["errors"].startswith("of means from 16 batches") and "and shares as of" in again.attrs["errors"]
        )
