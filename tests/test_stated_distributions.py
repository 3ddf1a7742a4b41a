"""Distributions by quantiles, mixtures, truncations, columns, and by scipy's names: closed forms, and what may be."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sweep.distributions import parse, parse_exact
from sweep.errors import ConfigError
from tests.studies import study

P = np.array([1e-6, 0.001, 0.05, 0.25, 0.5, 0.8, 0.999, 1 - 1e-6])
GAP = ["mixture", [0.25, ["uniform", 0, 1]], [0.75, ["uniform", 3, 5]]]


def _stated(law: Any, *probabilities: float, **bounds: float) -> list[Any]:
    """The quantiles of a law as an expert might state them."""
    return ["quantiles", {**{p: float(law.ppf(p)) for p in probabilities}, **bounds}]


def _gap(p: float) -> float:
    return 4 * p if p <= 0.25 else 3 + 2 * (p - 0.25) / 0.75


EXACT: list[tuple[list[Any], Any]] = [
    # Quantiles of a normal law, and of those that are normal on the scale that bounds make, give the law itself.
    (_stated(stats.norm(2, 0.5), 0.05, 0.5, 0.95), stats.norm(2, 0.5).ppf),
    (_stated(stats.norm(2, 0.5), 0.1, 0.3), stats.norm(2, 0.5).ppf),
    (_stated(stats.lognorm(0.4, scale=3), 0.05, 0.25, 0.5, 0.9, min=0.0), stats.lognorm(0.4, scale=3).ppf),
    (["quantiles", {0.25: 0.25, 0.75: 0.75, "min": 0, "max": 1}],
     stats.johnsonsb(0, stats.norm.ppf(0.75) / math.log(3)).ppf),
    (["quantiles", {0.9: -1, 0.1: -4, "max": 0}],
     lambda p: -np.exp(math.log(2) * (1 - stats.norm.ppf(p) / stats.norm.ppf(0.9)))),
    (GAP, np.vectorize(_gap)),
    (["mixture", [0.5, ["normal", 1, 2]], [0.5, ["normal", 1, 2]]], stats.norm(1, 2).ppf),
    (["truncated", ["normal", 0.4, 0.1], 0.3, 0.6], stats.truncnorm(-1, 2, 0.4, 0.1).ppf),
    (["truncated", ["normal", 0, 1], 2, math.inf], stats.truncnorm(2, math.inf).ppf),
    (["truncated", ["uniform", 0, 10], -math.inf, 4], lambda p: 4 * p),
    # What is cut out of the gap is nothing.
    (["truncated", GAP, 0.5, 4], lambda p: np.where(p <= 0.25, 0.5 + 2 * p, 3 + (p - 0.25) / 0.75)),
    (["scipy", "gamma", {"a": 2, "scale": 3}], stats.gamma(2, scale=3).ppf),
    (["scipy", "gumbel_r", {}], lambda p: -np.log(-np.log(p))),
    (["scipy", "t", {"df": 5, "loc": -1, "scale": 0.5}], stats.t(5, -1, 0.5).ppf),
]  # fmt: skip


@pytest.mark.parametrize(("node", "closed"), EXACT, ids=lambda case: str(case) if isinstance(case, list) else "")
def test_quantiles_have_their_closed_form(node: list[Any], closed: Any) -> None:
    found = parse(node, "key")
    np.testing.assert_allclose(found.quantile(P), closed(P), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.cumulative(found.quantile(P)), P, rtol=1e-7)
    assert parse(found.node, "key") == found == parse_exact(found.exact(), "key")
    assert not found.is_discrete and not found.is_constant


@st.composite
def _beliefs(draw: st.DrawFn) -> list[Any]:
    """Quantiles that an expert may state, rising by steps of very different size."""
    probabilities = sorted(draw(st.sets(st.sampled_from([1, 5, 10, 25, 50, 75, 90, 95, 99]), min_size=2, max_size=7)))
    steps = draw(st.lists(st.floats(0.2, 10), min_size=9, max_size=9))
    values = np.cumsum(steps) - 30
    stated = {p / 100: float(v) for p, v in zip(probabilities, values[1:], strict=False)}
    bounds = draw(st.sampled_from([{}, {"min": float(values[0])}, {"max": float(values[8])}]))
    both = {"min": float(values[0]), "max": float(values[8])}
    return ["quantiles", {**stated, **(both if draw(st.booleans()) else bounds)}]


@settings(max_examples=20, deadline=None)
@given(_beliefs(), st.floats(0.02, 0.45), st.floats(0.55, 0.98))
def test_what_is_stated_holds_and_is_a_distribution(node: list[Any], low: float, high: float) -> None:
    found, even = parse(node, "key"), np.linspace(0.001, 0.999, 1001)
    stated = {p: value for p, value in node[1].items() if not isinstance(p, str)}
    np.testing.assert_allclose(found.quantile(np.array(list(stated))), list(stated.values()), rtol=1e-9, atol=1e-9)
    values = found.quantile(even)
    slope = (found.quantile(even + 1e-7) - found.quantile(even - 1e-7)) / 2e-7
    # Next to a bound, floats are too coarse to tell probabilities apart.
    fine = slope > 1e-4
    assert (np.diff(values) >= 0).all() and (np.diff(values)[fine[1:]] > 0).all() and fine.mean() > 0.5
    np.testing.assert_allclose(found.cumulative(values)[fine], even[fine], rtol=1e-6, atol=1e-9)
    # The slope of the quantiles is the inverse of the density; between stated ones, where it may jump, no step reaches.
    away = fine & (np.abs(even[:, None] - np.array(list(stated))).min(axis=1) > 1e-4)
    np.testing.assert_allclose((found.density(values) * slope)[away], 1, rtol=1e-3)
    lower, upper = (float(each) for each in found.quantile(np.array([low, high])))
    cut = parse(["truncated", node, lower, upper], "key")
    np.testing.assert_allclose(cut.quantile(even), found.quantile(low + even * (high - low)), rtol=1e-6, atol=1e-6)
    assert lower <= cut.quantile(even).min() and cut.quantile(even).max() <= upper
    mixed = parse(["mixture", [low, node], [1 - low, ["truncated", node, lower, upper]]], "key")
    again = mixed.quantile(even)
    assert (np.diff(again) >= 0).all()
    np.testing.assert_allclose(mixed.cumulative(again)[fine], even[fine], rtol=1e-6, atol=1e-9)
    for each in (found, cut, mixed):
        assert parse(each.node, "key") == each == parse_exact(each.exact(), "key")


@pytest.mark.parametrize("node", [node for node, _ in EXACT], ids=str)
def test_densities_add_up_to_1(node: list[Any]) -> None:
    found = parse(node, "key")
    # Over 5e-9 … 1 − 5e-9; the gap between two parts is a single step.
    edges = found.quantile(stats.norm.cdf(np.linspace(-5.7, 5.7, 20_001)))
    area = (np.diff(edges) * found.density((edges[:-1] + edges[1:]) / 2)).sum()
    assert area == pytest.approx(1, abs=2e-3)


def test_single_values_may_be_mixed_and_cut() -> None:
    die = ["choice", {1: 0.5, 2: 0.3, 6: 0.2}]
    mixed = parse(["mixture", [0.5, die], [0.5, ["choice", {2: 1.0}]]], "key")
    np.testing.assert_allclose(mixed.density(np.array([1, 2, 3, 6])), [0.25, 0.65, 0, 0.1])
    np.testing.assert_array_equal(mixed.quantile(np.array([0.2, 0.3, 0.89, 0.95])), [1, 2, 2, 6])
    cut = parse(["truncated", die, 2, math.inf], "key")
    np.testing.assert_allclose(cut.density(np.array([1, 2, 6])), [0, 0.6, 0.4])
    np.testing.assert_allclose(cut.cumulative(np.array([1, 2, 5, 6, 7])), [0, 0.6, 0.6, 1, 1])
    np.testing.assert_array_equal(cut.quantile(np.array([1e-9, 0.5, 0.7])), [2, 2, 6])
    assert mixed.is_discrete and cut.is_discrete
    for each in (mixed, cut):
        assert parse(each.node, "key") == each == parse_exact(each.exact(), "key")


def _file(folder: Path, text: str) -> str:
    path = folder / "survey.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_column_is_drawn_from_as_it_is(tmp_path: Path) -> None:
    path = _file(tmp_path, "name,share,people\na,0.3,1\nb,0.1,2\nc,0.3,5\nd,0.2,0\n")
    plain, weighed = parse(["empirical", path, "share"], "key"), parse(["empirical", path, "share", "people"], "key")
    np.testing.assert_allclose(plain.density(np.array([0.1, 0.2, 0.25, 0.3])), [0.25, 0.25, 0, 0.5])
    np.testing.assert_allclose(weighed.density(np.array([0.1, 0.2, 0.3])), [0.25, 0, 0.75])
    np.testing.assert_array_equal(plain.quantile(np.array([0.1, 0.3, 0.6, 0.9])), [0.1, 0.2, 0.3, 0.3])
    assert parse(weighed.node, "key") == weighed
    assert str(weighed) == f"empirical({path}, share, people)"
    # The same numbers elsewhere, written otherwise, are the same distribution to a store; others aren't.
    moved = tmp_path / "moved.csv"
    moved.write_text("\ufeffshare\r\n.3\r\n.30\r\n2e-1\r\n0.1\r\n", encoding="utf-8")
    assert parse(["empirical", str(moved), "share"], "key").exact() == plain.exact() != weighed.exact()


def test_a_store_holds_a_columns_hash_and_no_file_is_read_for_it(tmp_path: Path) -> None:
    path = _file(tmp_path, "x\n1\n2\n")
    for node in (["empirical", path, "x"], ["truncated", ["empirical", path, "x"], 1.5, math.inf]):
        text = parse(node, "key").exact()
        assert path not in text
        read = parse_exact(text, "key")
        assert read == parse_exact(text, "key") and read.exact() == text and read.is_discrete
        with pytest.raises(ConfigError, match="holds the hash alone"):
            read.density(np.array([1.0]))
    with pytest.raises(ConfigError, match=r"key: expected \[empirical, file.csv, column\]"):
        parse_exact(json.dumps(["empirical", path, "x"]), "key")
    with pytest.raises(ConfigError, match=r"key: expected \[empirical, file.csv, column\]"):
        parse(["empirical", {"sha256": "0"}], "key")


CSV: list[tuple[str, list[str], str]] = [
    ("x\n1\n2\n", ["y"], "no column 'y'; valid: x"),
    ("x,y\n1,2\none,3\n", ["x"], "column x, row 3: expected a finite number, got 'one'"),
    ("x,y\n1,2\n3\n", ["y"], "column y, row 3: expected a finite number, got ''"),
    ("x\nnan\n", ["x"], "row 2: expected a finite number"),
    ("x\n", ["x"], "expected rows of numbers"),
    ("", ["x"], "names in the first row"),
    ("x,w\n1,-1\n2,3\n", ["x", "w"], "weights must be ≥ 0"),
    ("x,w\n1,0\n", ["x", "w"], "weights must be ≥ 0 with a positive sum"),
]


@pytest.mark.parametrize(("text", "columns", "message"), CSV, ids=[case[2] for case in CSV])
def test_a_bad_file_is_told_with_row_and_column(tmp_path: Path, text: str, columns: list[str], message: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        parse(["empirical", path, *columns], "labor.some_key")
    assert message in str(error.value) and "labor.some_key" in str(error.value) and path in str(error.value)


BAD: list[tuple[Any, str]] = [
    (["quantiles", {0.05: 0.2, 0.5: 0.1}], "expected rising values, got 0.2 at 0.05 and 0.1 at 0.5"),
    (["quantiles", {0.05: 0.1, 0.5: 0.1}], "no distribution has these quantiles"),
    (["quantiles", {0.05: 0.1, 0.5: 0.2, "max": 0.2}], "got 0.2 at 0.5 and 0.2 at max"),
    (["quantiles", {0.5: 0.1}], "at least two quantiles"),
    (["quantiles", {0: 0.1, 0.5: 0.2}], "bounds are min: and max:"),
    (["quantiles", {5: 0.1, 95: 0.2}], "probabilities between 0 and 1, got 5"),
    (["quantiles", {"mn": 0, 0.5: 1, 0.9: 2}], "did you mean 'min'"),
    (["quantiles", [0.1, 0.5]], "expected [quantiles, {0.05: lower"),
    (["quantiles", {0.05: "x", 0.5: 1}], "expected a number"),
    (["mixture", {0.5: 1, 0.6: 2}], "[mixture, [weight, distribution]"),
    (["mixture", [1.0, ["uniform", 0, 1]]], "[mixture, [weight, distribution]"),
    (["mixture", [0.5, ["uniform", 0, 1]], [0.6, ["uniform", 0, 1]]], "add up to 1, got 1.1"),
    (
        ["mixture", [0.5, ["uniform", 0, 1]], [0.5, ["unifrom", 0, 1]]],
        "part 2: no distribution 'unifrom'; did you mean",
    ),
    (["mixture", [0.5, ["uniform", 0, 1]], [0.5, 0]], "state it as a narrow range"),
    (["truncated", ["normal", 0, 1], 50, 60], "0 of normal(0, 1) lies between 50 and 60"),
    (["truncated", ["choice", {1: 1.0}], 2, 3], "lies between 2 and 3"),
    (["truncated", ["normal", 0, 1], 1, 0], "lower < upper"),
    (["truncated", ["normal", 0, 1], -math.inf, math.inf], "a bound on one side at least"),
    (["truncated", ["normal", 0, 1], math.nan, 1], "finite"),
    (["truncated", 3, 1, 4], "[truncated, [kind, arguments…], lower, upper]"),
    (["empirical", "nowhere.csv", "x"], "expected a CSV file, seen from"),
    (["empirical", __file__, "x"], "expected a CSV file, seen from"),
    (["empirical", "nowhere.csv"], "[empirical, file.csv, column]"),
    (["scipy", "gama", {"a": 2}], "did you mean 'gamma'"),
    (["scipy", "poisson", {"mu": 2}], "no continuous distribution 'poisson'"),
    (["scipy", "rv_histogram", {}], "no continuous distribution"),
    (["scipy", "__class__", {}], "no continuous distribution"),
    (["scipy", "gamma", {"b": 2}], "no parameter 'b'; valid: a, loc, scale"),
    (["scipy", "gamma", {"scale": 2}], "needs a, got"),
    (["scipy", "gamma", {"a": -2}], "is no distribution with {'a': -2.0}"),
    (["scipy", "norm", {"scale": 0}], "is no distribution"),
    (["scipy", "levy_stable", {"alpha": 1.5, "beta": 0}], "state its quantiles instead"),
    (["scipy", "gamma", 2], "[scipy, name, {parameter: number, …}]"),
]


@pytest.mark.parametrize(("node", "message"), BAD, ids=str)
def test_bad_nodes_name_key_and_expectation(node: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(node, "labor.some_key")
    assert "labor.some_key" in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "text",
    ["[", '["mixture"]', '["uniform"', "[" * 100_000, '["quantiles", {"0.5": 1}]', '["scipy", "os", {}]', "[[]]"],
)
def test_a_text_that_no_store_holds_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="key"):
        parse_exact(text, "key")


def test_a_study_takes_them_from_the_command_line(tmp_path: Path) -> None:
    path = _file(tmp_path, "x\n0.1\n0.2\n")
    chosen = study(
        "labor.labor_tax=[quantiles,{min:0,0.05:.1,0.5:.2,0.95:.4,max:.6}]",
        "labor.wage_adjustment=[truncated,[scipy,gamma,{a:2,scale:0.05}],-.inf,0.3]",
        "labor.capital_tax=[mixture,[0.5,[uniform,0,.1]],[0.5,[beta,2,8]]]",
        f"labor.employment_adjustment=[empirical,'{path}',x]",
    )
    kinds = {item.parameter.name: item.distributions[0].kind for item in chosen.uncertainties}
    assert kinds["labor_tax"] == "quantiles" and kinds["wage_adjustment"] == "truncated"
    assert kinds["capital_tax"] == "mixture" and kinds["employment_adjustment"] == "empirical"
    for bad in (
        "labor.labor_tax=[uniform,0,inf]",
        "labor.labor_tax=inf",
        "labor.labor_tax=[truncated,[beta,2,inf],0,1]",
    ):
        with pytest.raises(ConfigError, match="expected a finite number"):
            study(bad)
    for bad, mend in (
        ("[normal,0.3,0.2]", r"\[truncated, …, 0, 0.6\] cuts it off"),
        (
            "[quantiles,{0.05:.1,0.5:.2,0.95:.5}]",
            r"labor\.labor_tax: .*; min: 0 and max: 0.6 among the quantiles bounds",
        ),
        ("[quantiles,{0.05:.1,0.5:.2,0.95:.7}]", "state values of quantiles, min and max within that"),
        (
            "[mixture,[0.3,[per,region,0.3]],[0.7,0.5]]",
            r"labor_tax, part 1: .* per stands around .*\[per, region, dist",
        ),
    ):
        with pytest.raises(ConfigError, match=mend):
            study(f"labor.labor_tax={bad}")
