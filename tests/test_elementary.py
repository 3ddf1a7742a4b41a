"""The polynomial exp and log against float64, within the bounds that their module states."""

import math

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from sweep.kernel import lanes

Singles = NDArray[np.float32]


@numba.njit  # type: ignore[untyped-decorator, unused-ignore]
def _exp(x: Singles) -> Singles:
    y = np.empty_like(x)
    for i in range(x.size):
        y[i] = lanes.exp(x[i])
    return y


@numba.njit  # type: ignore[untyped-decorator, unused-ignore]
def _log(x: Singles) -> Singles:
    y = np.empty_like(x)
    for i in range(x.size):
        y[i] = lanes.log(x[i])
    return y


@numba.njit  # type: ignore[untyped-decorator, unused-ignore]
def _extremes(a: Singles, b: Singles) -> tuple[Singles, Singles]:
    low, high = np.empty_like(a), np.empty_like(a)
    for i in range(a.size):
        low[i], high[i] = lanes.minimum(a[i], b[i]), lanes.maximum(a[i], b[i])
    return low, high


@numba.njit  # type: ignore[untyped-decorator, unused-ignore]
def _totals(a: Singles, b: NDArray[np.float64]) -> tuple[float, float]:
    return lanes.total(a), lanes.total_product(a, b)


@pytest.mark.parametrize("count", [8, 16, 56, 64, 1024])
def test_totals_are_eight_sums_side_by_side(count: int) -> None:
    chance = np.random.default_rng(count)
    a, b = chance.lognormal(0, 9, count).astype(np.float32), chance.normal(size=count)
    for found, terms in zip(_totals(a, b), (a.astype(float), a.astype(float) * b), strict=True):
        sums = np.zeros(8)
        for row in terms.reshape(-1, 8):
            sums += row
        # To the last bit: no machine's vectors change the order.
        assert found == ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
        assert found == pytest.approx(math.fsum(terms), abs=1e-13 * np.abs(terms).sum())


def test_exp_error() -> None:
    x = np.linspace(-87, 88, 2_000_001).astype(np.float32)
    exact = np.exp(x.astype(np.float64))
    assert np.max(np.abs(_exp(x) - exact) / exact) <= 2e-7


def test_exp_saturates() -> None:
    ends, beyond = np.array([-87, 88], np.float32), np.array([-1e4, 1e4], np.float32)
    assert np.array_equal(_exp(beyond), _exp(ends))
    assert np.isfinite(_exp(beyond)).all()


def test_log_error() -> None:
    # Every 1009th normal number, and all near 1, where the logarithm is small.
    bits = np.concatenate([np.arange(0x00800000, 0x7F800000, 1009), np.arange(0x3F700000, 0x3F900000)])
    x = bits.astype(np.int32).view(np.float32)
    exact = np.log(x.astype(np.float64))
    error = np.abs(_log(x) - exact)
    assert np.all((error <= 1e-7) | (error <= 2e-7 * np.abs(exact)))


def test_exact_at_the_baseline() -> None:
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    assert _exp(zero)[0] == 1
    assert _log(one)[0] == 0


def test_computed_nan_is_kept() -> None:
    low, high = _extremes(np.array([np.nan], np.float32), np.ones(1, np.float32))
    assert np.isnan(low[0])
    assert np.isnan(high[0])
