"""Quantile functions against their closed forms, and what a node may be."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.distributions import parse
from sweep.errors import ConfigError

P = np.array([0.001, 0.05, 0.25, 0.5, 0.8, 0.999])


def _normal(probability: float) -> float:
    """Standard normal quantile by bisection of the error function."""
    low, high = -40.0, 40.0
    for _ in range(200):
        middle = (low + high) / 2
        if 0.5 * (1 + math.erf(middle / math.sqrt(2))) < probability:
            low = middle
        else:
            high = middle
    return middle


def _phi(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def _triangular(q: float, low: float, mode: float, high: float) -> float:
    split = (mode - low) / (high - low)
    if q < split:
        return low + math.sqrt(q * (high - low) * (mode - low))
    return high - math.sqrt((1 - q) * (high - low) * (high - mode))


CASES: list[tuple[list[Any], Callable[[float], float]]] = [
    (["uniform", -2, 4], lambda q: -2 + 6 * q),
    (["normal", 1.5, 0.2], lambda q: 1.5 + 0.2 * _normal(q)),
    (
        ["truncated_normal", 0.4, 0.1, 0.3, 0.6],
        lambda q: 0.4 + 0.1 * _normal(_phi(-1.0) + q * (_phi(2.0) - _phi(-1.0))),
    ),
    (["log_normal", 8000, 0.4], lambda q: 8000 * math.exp(0.4 * _normal(q))),
    (["beta", 3, 1], lambda q: q ** (1 / 3)),
    (["beta", 1, 4], lambda q: 1 - (1 - q) ** (1 / 4)),
    (["triangular", 1, 2, 5], lambda q: _triangular(q, 1, 2, 5)),
    # With the mode at an end, PERT is a power function: beta(1, 5) or beta(5, 1).
    (["pert", 2, 2, 4], lambda q: 2 + 2 * (1 - (1 - q) ** (1 / 5))),
    (["pert", 2, 4, 4], lambda q: 2 + 2 * q ** (1 / 5)),
    (["half_normal", 1.5], lambda q: 1.5 * _normal((1 + q) / 2)),
    (["choice", {1: 0.25, 5: 0.75}], lambda q: 1.0 if q < 0.25 else 5.0),
    (["constant", 7], lambda q: 7.0),
]


@pytest.mark.parametrize(("node", "closed"), CASES, ids=lambda case: str(case) if isinstance(case, list) else "")
def test_quantiles_have_their_closed_form(node: list[Any], closed: Callable[[float], float]) -> None:
    expected = [closed(float(q)) for q in P]
    np.testing.assert_allclose(parse(node, "key").quantile(P), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("node", [node for node, _ in CASES if node[0] not in ("choice", "constant")], ids=str)
def test_the_density_is_the_inverse_of_the_slope_of_the_quantiles(node: list[Any]) -> None:
    distribution, step = parse(node, "key"), 1e-6
    slope = (distribution.quantile(P + step) - distribution.quantile(P - step)) / (2 * step)
    np.testing.assert_allclose(distribution.density(distribution.quantile(P)), 1 / slope, rtol=1e-4)
    assert not distribution.is_discrete


def test_single_values_have_probabilities() -> None:
    chosen = parse(["choice", {1: 0.25, 5: 0.75}], "key")
    np.testing.assert_array_equal(chosen.density(np.array([[1, 5], [2, 5]])), [[0.25, 0.75], [0, 0.75]])
    np.testing.assert_array_equal(parse(3, "key").density(np.array([3, 2])), [1, 0])
    assert chosen.is_discrete and parse(3, "key").is_discrete


def test_pert_has_its_mean() -> None:
    middles = (np.arange(200_000) + 0.5) / 200_000
    mean = parse(["pert", 0, 2, 10], "key").quantile(middles).mean()
    assert mean == pytest.approx((0 + 4 * 2 + 10) / 6, rel=1e-4)


def test_a_plain_number_is_a_constant() -> None:
    assert parse(3, "key").is_constant
    np.testing.assert_array_equal(parse(3, "key").quantile(P), 3.0)


BAD: list[tuple[Any, str]] = [
    ("0.3", "expected a number or a distribution"),
    (True, "expected a number or a distribution"),
    (None, "expected a number or a distribution"),
    (math.nan, "finite"),
    (["uniform", 0, math.inf], "finite"),
    (["unifrom", 0, 1], "did you mean 'uniform'"),
    (["uniform", 1, 0], "lower < upper"),
    (["uniform", 0], "[uniform, lower, upper]"),
    (["normal", 0, -1], "sd > 0"),
    (["beta", 0, 1], "a > 0 and b > 0"),
    (["log_normal", -5, 1], "median > 0"),
    (["triangular", 0, 5, 4], "lower ≤ mode ≤ upper"),
    (["pert", 1, 1, 1], "lower < upper"),
    (["choice", {1: 0.5, 2: 0.6}], "add up to 1"),
    (["choice", {1: -0.5, 2: 1.5}], "≥ 0"),
    (["choice", [1, 2]], "{value: weight"),
    (["choice", {}], "{value: weight"),
    ([], "[kind, arguments…]"),
    ([1, 2], "[kind, arguments…]"),
]


@pytest.mark.parametrize(("node", "message"), BAD, ids=str)
def test_bad_nodes_name_key_and_expectation(node: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(node, "labor.some_key")
    assert "labor.some_key" in str(error.value)
    assert message in str(error.value)


@given(
    st.sampled_from([["normal", 0, 1], ["beta", 2, 3], ["pert", 0, 1, 4], ["half_normal", 2], ["log_normal", 2, 1]]),
    st.lists(st.floats(1e-6, 1 - 1e-6), min_size=2, max_size=20),
)
def test_quantile_functions_never_fall(node: list[Any], probabilities: list[float]) -> None:
    values = parse(node, "key").quantile(np.sort(probabilities))
    assert np.all(np.diff(values) >= 0)
