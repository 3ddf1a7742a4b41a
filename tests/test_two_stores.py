"""Two sweeps side by side: planted differences, closed forms of paired errors, chance, and what can't be compared."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from analysis import compared, estimates, load, write_table
from analysis.__main__ import main
from analysis.same_draws import error_of_quantiles
from sweep.errors import ConfigError
from tests.draw_cases import made
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"
Floats = NDArray[np.float64]


def _sweep(values: Floats, seed: int = 1, **further: Any) -> xr.Dataset:
    """A sweep of two policies and one outcome, (policy, draw), with an input that is the draw's number."""
    data = made({RATE: values}, inputs={"speed": np.arange(values.shape[1])}, **further)
    data["speed"].attrs["distribution"] = "uniform(0, 1)"
    return data.assign_attrs(seed=seed)


def _normal(draws: int, seed: int) -> Floats:
    return np.random.default_rng(seed).normal(size=(2, draws))


def test_the_same_sweep_twice_differs_nowhere() -> None:
    first = _sweep(_normal(200, 1))
    found = compared(first, first.copy(deep=True), pooled=True)
    assert found["difference"].dims == ("outcome", "policy", "year", "statistic")
    assert (found["difference"] == 0).all() and (found["difference_error"] == 0).all()
    assert found["paired"].all() and not found["beyond_noise"].any()
    assert found.attrs["differs"] == [] and found.attrs["comparisons"] == "nothing differs in any draw"
    own = estimates(first, RATE, (0.5,), pooled=True)
    np.testing.assert_allclose(found["first"].sel(statistic="median").squeeze(), own["quantiles"].squeeze())


def test_what_shifts_every_draw_is_known_without_error_and_beyond_noise() -> None:
    values = _normal(200, 1)
    found = compared(_sweep(values), _sweep(values + np.array([[0.0], [0.25]]))).isel(regime=0, year=0, outcome=0)
    np.testing.assert_allclose(found["difference"].sel(policy="a"), 0.25)
    np.testing.assert_allclose(found["difference_error"].sel(policy="a"), 0, atol=1e-12)
    assert found["beyond_noise"].sel(policy="a").all() and not found["beyond_noise"].sel(policy="none").any()
    assert found.attrs["draws_told"].startswith("the same 200 draws, equal inputs: errors are those of differences")


def test_errors_of_paired_means_and_of_independent_ones_have_their_closed_form() -> None:
    values = _normal(400, 1)
    moved = values + 0.1 * _normal(400, 2)
    paired = compared(_sweep(values), _sweep(moved)).sel(statistic="mean").squeeze()
    np.testing.assert_allclose(paired["difference_error"], (moved - values).std(axis=1, ddof=1) / 20, rtol=1e-6)
    apart = compared(_sweep(values), _sweep(moved, seed=2)).squeeze()
    np.testing.assert_allclose(apart["difference_error"], np.hypot(apart["first_error"], apart["second_error"]))
    assert not apart["paired"] and "seed differs" in apart.attrs["draws_told"]
    assert (apart["difference_error"].sel(statistic="mean") > 5 * paired["difference_error"]).all()


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_error_of_paired_medians_has_its_closed_form(correlation: float) -> None:
    # Both below their medians with probability 1/4 + asin(ρ) / 2π (Sheppard 1899); the density there is 1 / √2π.
    draws, repeats = 2000, 60
    generator = np.random.default_rng(3)
    first, other = generator.normal(size=(2, draws, repeats))
    second = correlation * first + np.sqrt(1 - correlation**2) * other
    strata = [(1.0, np.full(draws, 1 / draws))]
    found = error_of_quantiles((first, second), (strata, strata), 0.5, "monte_carlo")
    expected = np.sqrt(np.pi * (1 - 2 / np.pi * np.arcsin(correlation)) / draws)
    assert np.mean(found) == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize(("noise", "probability"), [(1e-3, 0.5), (0.05, 0.5), (0.05, 0.95), (1.0, 0.05)])
def test_quantiles_that_differ_by_chance_are_rarely_called_different(noise: float, probability: float) -> None:
    draws, repeats = 256, 1000
    generator = np.random.default_rng(4)
    first, other = generator.normal(size=(2, draws, repeats))
    second = (first + noise * other) / np.hypot(1, noise)
    strata = [(1.0, np.full(draws, 1 / draws))]
    error = error_of_quantiles((first, second), (strata, strata), probability, "monte_carlo")
    difference = np.quantile(second, probability, axis=0) - np.quantile(first, probability, axis=0)
    called = np.abs(difference) > stats.norm.ppf(0.975) * error
    # Of a thousand at 5 %, more than 7 % would be a chance of one in five hundred.
    assert called.mean() < 0.07
    assert called.mean() > 0.001


def test_sweeps_of_other_seeds_differ_by_noise_alone() -> None:
    outcomes = {f"outcome_{number}": _normal(300, number) for number in range(12)}
    again = {name: _normal(300, 100 + number) for number, name in enumerate(outcomes)}
    found = compared(made(outcomes).assign_attrs(seed=1), made(again).assign_attrs(seed=2), pooled=True)
    assert found["beyond_noise"].size == 96 and not found["beyond_noise"].any()
    alone = np.abs(found["difference"]) > 1.96 * found["difference_error"]
    assert 0 < float(alone.mean()) < 0.15


def test_inputs_say_whether_draws_are_the_same() -> None:
    first, second = _sweep(_normal(100, 1)), _sweep(_normal(100, 1))
    other = second.assign(speed=second["speed"] + 1)
    told = compared(first, other, pooled=True).attrs["draws_told"]
    assert told.startswith("independent draws (values of speed differ, though it is drawn from the same distribution)")
    other["speed"].attrs["distribution"] = "uniform(1, 2)"
    found = compared(first, other, pooled=True)
    assert found["paired"].all()
    assert "inputs equal but for 1 of other distributions (speed)" in found.attrs["draws_told"]
    design = compared(first, second.assign_attrs(design="sobol"), pooled=True).attrs["draws_told"]
    assert design.startswith("independent draws (design differs)")


def test_sweeps_of_other_lengths_are_compared_on_the_draws_that_both_have() -> None:
    values = _normal(300, 1)
    found = compared(_sweep(values[:, :100]), _sweep(values), pooled=True)
    assert (found["difference"] == 0).all()
    assert "the same 100 draws, equal inputs, 200 draws of the second left out" in found.attrs["draws_told"]
    assert found.attrs["differs"] == ["draws: 100 → 300"]


def test_regimes_are_compared_by_name_and_pooled_by_the_weights_of_each() -> None:
    values, half = _normal(200, 1), ["slow"] * 100 + ["rapid"] * 100
    first = _sweep(values, regimes=half, weights={"slow": 0.5, "rapid": 0.5})
    second = _sweep(values, regimes=half, weights={"slow": 0.9, "rapid": 0.1})
    by_regime = compared(first, second)
    assert by_regime["regime"].to_numpy().tolist() == ["slow", "rapid"] and (by_regime["difference"] == 0).all()
    pooled = compared(first, second, pooled=True)
    assert (pooled["difference"].sel(statistic="mean") != 0).all()
    assert pooled.attrs["weights"].startswith("first store: pooled with stated weights: slow 0.5, rapid 0.5; second")
    # By hand: 0.4 of the difference between the regimes' means.
    gap = values[:, :100].mean(axis=1) - values[:, 100:].mean(axis=1)
    np.testing.assert_allclose(pooled["difference"].sel(statistic="mean").squeeze(), 0.4 * gap, rtol=1e-9)


def _configured(**changed: Any) -> xr.Dataset:
    parameters = {"adoption.pace": ["beta(2, 2)"] * 3, "labor.pay": ["1.0"] * 3} | changed.pop("parameters", {})
    identity = {"regimes": {"slow": 0.3, "central": 0.4, "rapid": 0.3}, "parameters": parameters, "kernel": "abc"}
    definitions = {"none": {"doses": {}}, "a": {"doses": {"amount": "500.0"}}} | changed.pop("policies", {})
    stated = {"identity": json.dumps(identity | changed), "policy_definitions": json.dumps(definitions)}
    return _sweep(_normal(50, 1)).assign_attrs(stated)


def test_what_differs_in_configuration_is_told_in_a_line_each() -> None:
    first = _configured()
    second = _configured(
        kernel="def",
        parameters={"adoption.pace": ["beta(2, 2)", "0.5", "0.5"], "labor.pay": ["2.0"] * 3, "labor.new": ["1.0"] * 3},
        policies={"a": {"doses": {"amount": "900.0"}}},
    ).assign_attrs(seed=2)
    assert compared(first, second, pooled=True).attrs["differs"] == [
        "kernel: abc → def",
        "policy.a.doses.amount: 500.0 → 900.0",
        "seed: 1 → 2",
        "adoption.pace (central, rapid): beta(2, 2) → 0.5",
        "labor.new: nothing → 1.0",
        "labor.pay: 1.0 → 2.0",
    ]


def test_what_can_not_be_compared_is_refused(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    with pytest.raises(ConfigError, match=r"no policies in common.*: levy and ubi"):
        compared(data.sel(policy=["levy"]), data.sel(policy=["ubi"]))
    with pytest.raises(ConfigError, match=r"no years in common.*: 2025 to 2025 and 2026 to 2027"):
        compared(data.isel(year=[0]), data.isel(year=[1, 2]))
    with pytest.raises(ConfigError, match="no national outcome of the same unit in common"):
        compared(data, data.drop_vars([RATE, "national_gdp", "net_cost"]))
    with pytest.raises(ConfigError, match="no outcome of the same unit in common"):
        compared(data[[RATE]], data[["net_cost"]])
    with pytest.raises(ConfigError, match="net_cost is in the first store alone"):
        compared(data, data.drop_vars("net_cost"), ["net_cost"])
    euro = data.assign(net_cost=data["net_cost"].assign_attrs(units="EUR per year"))
    with pytest.raises(ConfigError, match="in USD per year in the first store, in EUR per year in the second"):
        compared(data, euro, ["net_cost"])
    assert "net_cost" not in compared(data, euro)["outcome"]
    with pytest.raises(ConfigError, match="did you mean 'national_gdp'"):
        compared(data, data, ["national_gpd"])
    with pytest.raises(ConfigError, match="2025 to 2027"):
        compared(data, data, [RATE], [2040])


def test_regional_outcomes_are_compared_where_regions_are_the_same(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    turned = data.isel(region=[2, 0, 3, 1])
    found = compared(data, turned, ["unemployment_rate"])
    assert (found["difference"] == 0).all() and found.sizes["region"] == 4
    fewer = data.isel(region=[0, 1])
    with pytest.raises(ConfigError, match="different regions, which unemployment_rate is by: compare national"):
        compared(data, fewer, ["unemployment_rate"])
    assert (compared(data, fewer)["difference"] == 0).all()


def test_the_command_tells_configuration_draws_and_what_is_beyond_noise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    regimes = ("slow", "rapid") * 100
    first = StoreCase(regimes=regimes).write(tmp_path / "first.zarr")
    # There ubi is the first policy, and has half of its effect.
    second = StoreCase(regimes=regimes, policies=("none", "ubi"), attributes={"seed": 7}).write(tmp_path / "two.zarr")
    file = tmp_path / "table.csv"
    assert main(["compare", str(first), str(second), "--out", str(file)]) == 0
    told = capsys.readouterr().out
    assert "policies: none, levy, ubi → none, ubi" in told
    assert "the same 200 draws, equal inputs" in told
    row = next(line for line in told.splitlines() if line.startswith("national unemployment rate") and "mean" in line)
    assert re.search(r"ubi +mean +\S+ +\S+ +% +−10\.\d ± 2\.\d percentage points", row), row
    ((mean, error),) = re.findall(r"(10\.\d) ± (\d\.\d)", row)
    found = compared(load(first), load(second), ["national_unemployment_rate"], pooled=True)
    own = found.isel(outcome=0, year=0).sel(policy="ubi", statistic="mean")
    assert float(mean) == pytest.approx(-100 * float(own["difference"]), abs=0.051)
    assert float(error) == pytest.approx(196 * float(own["difference_error"]), abs=0.051)
    assert "±: 95 % intervals, 1.96 Monte Carlo standard errors." in told
    assert told.rstrip().endswith(str(file))
    assert file.read_text().startswith("outcome,regime,policy,year,statistic,")
    assert "beyond_noise" in file.read_text().splitlines()[0]
    assert main(["compare", str(first), str(first)]) == 0
    assert "nothing differs in any draw" in capsys.readouterr().out.lower()


def test_names_of_others_do_nothing_to_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = StoreCase(policies=("none", "\x1b[31mred\x07"), attributes={"seed": 7})
    first = case.write(tmp_path / "first.zarr")
    second = StoreCase(
        policies=case.policies, attributes={"seed": 8, "identity": json.dumps({"\x1b[2J": "\x1b]0;title"})}
    ).write(tmp_path / "second.zarr")
    assert main(["compare", str(first), str(second)]) == 0
    told = capsys.readouterr().out
    assert "[2J: nothing → ]0;title" in told and "[31mred" in told
    assert not {"\x1b", "\x07"} & set(told)


def test_the_command_refuses_in_few_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = StoreCase().write(tmp_path / "run.zarr")
    few = StoreCase(regions=("North", "South")).write(tmp_path / "few.zarr")
    for arguments, message in (
        ([str(few), "--by", "region"], "different regions"),
        ([str(few), "--outcomes", "net_cots"], "did you mean 'net_cost'?"),
        ([str(tmp_path / "nowhere.zarr")], "nowhere.zarr"),
        ([str(few), "--out", str(tmp_path)], "expected a file that ends in"),
    ):
        assert main(["compare", str(store), *arguments]) == 2
        told = capsys.readouterr()
        assert message in told.err and "Traceback" not in told.err and told.out == ""


def test_comparisons_are_written_as_latex(tmp_path: Path) -> None:
    values = _normal(200, 1)
    found = compared(_sweep(values), _sweep(values + 1), pooled=True)
    document = write_table(found, tmp_path / "table.tex").read_text(encoding="utf-8")
    assert r"policy & year & statistic & first & second & difference & beyond noise \\" in document
    assert document.count("& yes") == 8
    assert document.count(r"+100 $\pm$ 0") == 8
