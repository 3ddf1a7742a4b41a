"""A sweep that adds draws until its numbers are as precise as asked for: what may be asked, and what it does."""

import json
import math
import re
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from analysis import estimates, exceedance, load
from sweep import plan
from sweep.__main__ import IMPRECISE
from sweep.command import Pace, sweep
from sweep.config import build_study
from sweep.errors import ConfigError
from sweep.precision import Reached, next_draws, reached, verdict
from sweep.study import Precision, Study, Target
from tests.store_cases import StoreCase
from tests.studies import composed, study

RATE = "national_unemployment_rate"
SMALL = ("regions=archetypes", "draws=32", "years=3", "policy=[ubi]", "executor=serial", "report=false")
MEAN = {RATE: {"mean": True, "se": 0.0002}}
TARGET = Target(RATE, 0.001, quantile=0.95)


Asked = dict[str, Any]


@cache
def _composed(*overrides: str) -> str:
    return json.dumps(composed(*SMALL, *overrides))


def _config(asked: Asked | None = None, *overrides: str) -> Asked:
    config: Asked = json.loads(_composed(*overrides))
    return config | {"precision": asked}


def _study(asked: Asked | None = None, *overrides: str) -> Study:
    return build_study(_config(asked, *overrides))


def _sweep(path: Path, asked: Asked) -> None:
    config = _config(asked)
    config["store"]["path"] = str(path)
    sweep(config, [], "")


def test_targets_are_read_with_their_defaults() -> None:
    text = f"precision={{{RATE}: {{quantile: 0.95, se: 0.001}}, net_cost: {{mean: true, se: 1e9}}}}"
    assert study(*SMALL, text).precision == Precision((TARGET, Target("net_cost", 1e9)), 16 * 32)
    most = _study({RATE: {"above": 0.1, "se": 0.01, "policy": "ubi", "regime": "each", "year": 2027}, "most_draws": 99})
    assert most.precision == Precision((Target(RATE, 0.01, None, 0.1, "ubi", None, "each", 2027),), 99)
    assert _study().precision is None
    many = _study({RATE: {"mean": True, "se": 1}}, "draws=10000000").precision
    assert many and many.most_draws == 10**7


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"national_unemployment_rat": {"mean": True, "se": 1}}, f"no such outcome; did you mean '{RATE}'"),
        ({"most_drawz": 5}, "precision.most_drawz: no such outcome; did you mean 'most_draws'"),
        ({RATE: {"quantile": 0.95}}, f"precision.{RATE}.se: missing; a number is needed"),
        ({RATE: {"quantile": 0.95, "se": 0}}, "se: input should be greater than 0, got 0"),
        ({RATE: {"quantile": 95, "se": 1}}, "quantile: input should be less than 1, got 95"),
        ({RATE: {"se": 1}}, "expected one of mean: true, quantile: P, above: THRESHOLD"),
        ({RATE: {"mean": True, "above": 1, "se": 1}}, "expected one of mean: true, quantile: P, above: THRESHOLD"),
        ({RATE: {"mean": True, "se": 1, "sd": 1}}, "sd: no such key; valid: above, mean, policy"),
        ({RATE: 0.001}, f"precision.{RATE}: expected settings, KEY: VALUE, got 0.001"),
        ({RATE: {"mean": True, "se": 1, "policy": "ubii"}}, "no such policy, got 'ubii'; did you mean 'ubi'"),
        ({RATE: {"mean": True, "se": 1, "regime": "rapit"}}, "did you mean 'rapid'"),
        ({RATE: {"mean": True, "se": 1, "year": 2040}}, "no such year, got 2040; valid: 2025, 2026, 2027, 2028"),
        ({RATE: {"mean": True, "se": 1, "region": "Tech Hub"}}, f"region: {RATE} is national, got 'Tech Hub'"),
        ({"unemployment_rate": {"mean": True, "se": 1, "region": "Tech Hubb"}}, "did you mean 'Tech Hub'"),
        ({"gini": {"mean": True, "se": 1}}, "this outcome isn't computed; add 'outputs=[…,distribution]'"),
        ({RATE: {"mean": True, "se": 1}, "most_draws": 0}, "precision.most_draws: input should be greater than or"),
    ],
)
def test_targets_that_cant_be_are_told(asked: Asked, message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        _study(asked)


def test_what_keeps_no_draws_or_cant_grow_is_refused() -> None:
    asked = {RATE: {"mean": True, "se": 1}}
    with pytest.raises(ConfigError, match=r"outputs\.keep=statistics keeps the first draws alone"):
        _study(asked, "outputs.keep=statistics")
    assert _study(asked, "outputs.keep=national").precision
    with pytest.raises(ConfigError, match=r"outputs\.keep=national keeps no draws of it"):
        _study({"unemployment_rate": {"mean": True, "se": 1}}, "outputs.keep=national")
    with pytest.raises(ConfigError, match="precision: draws of design=saltelli share inputs"):
        _study(asked, "design=saltelli")
    with pytest.raises(ConfigError, match="design=latin_hypercube can't be extended: each draw lies in a slice"):
        _study(asked, "design=latin_hypercube")


def test_precision_is_no_part_of_a_store() -> None:
    plain, asked = _study(), _study({RATE: {"mean": True, "se": 1}})
    assert plan.identity(plain, "1", "k", "r", "p") == plan.identity(asked, "1", "k", "r", "p")
    assert replace(asked, precision=None) == plain


@given(st.integers(1, 10**6), st.floats(1.001, 100))
def test_draws_grow_with_the_square_of_the_error_and_by_four_at_most(draws: int, ratio: float) -> None:
    more = next_draws([Reached(TARGET, ratio * TARGET.se)], draws, 10**9)
    wanted = min(4.0, (ratio / 0.95) ** 2) * draws
    assert wanted <= more <= wanted + max(1, draws / 4) + 1
    assert more > draws


def test_draws_stay_where_targets_are_met_or_none_are_left() -> None:
    met, short, unknown = Reached(TARGET, 0.0009), Reached(TARGET, 0.002), Reached(TARGET, math.nan)
    assert next_draws([met], 100, 1000) == 100
    assert next_draws([met, short], 1000, 1000) == 1000
    assert next_draws([short], 2000, 1000) == 2000
    assert next_draws([met, unknown], 100, 1000) == 400
    assert next_draws([unknown], 100, 150) == 150
    assert verdict([met], 512, 0, 1.0) == "Precision reached with 512 draws."
    assert verdict([met, short], 512, 480, 2.0) == (
        "Precision not reached with 512 draws; 480 of them added in 2.0 s: state most_draws in precision, some 2,300 "
        "would do."
    )


def test_a_quantile_between_regimes_takes_no_draws(tmp_path: Path) -> None:
    lone = Reached(TARGET, math.inf, " (ubi)")
    assert next_draws([lone], 100, 1000) == 100
    assert next_draws([lone, Reached(TARGET, 2 * TARGET.se)], 100, 1000) == 400
    assert "since no draws will do: 95 % quantile" in verdict([lone], 100, 0, 1.0)
    # In which no draw of the slow regime has a rate as high as one of the rapid regime.
    path = StoreCase(regimes=("slow",) * 40 + ("rapid",) * 20, weights=(0.75, 0, 0.25, 0)).write(tmp_path / "s.zarr")
    chosen = _study()

    def error(quantile: float) -> float:
        wanted = Precision((Target(RATE, 0.001, quantile=quantile),), 1000)
        return reached(replace(chosen, precision=wanted), path)[0][0].error

    assert math.isinf(error(0.75)) and math.isnan(error(0.74)) and 0 < error(0.5) < 1


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that a target made larger."""
    path = tmp_path_factory.mktemp("precision") / "s.zarr"
    _sweep(path, MEAN)
    return path


def test_a_sweep_extends_itself_until_its_target_is_met_and_then_does_nothing(
    extended: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = load(extended)
    assert 32 < data.sizes["draw"] <= 512
    own = estimates(data, RATE, (), pooled=True)["mean_error"].isel(year=-1)
    assert float(own.max()) <= 0.0002
    _sweep(extended, MEAN)
    printed = " ".join(capsys.readouterr().out.split())
    done = f"Nothing to do: this sweep is complete ({data.sizes['draw']} draws, 32 of them asked for)."
    assert done in printed and "Extending" not in printed
    assert f"Precision reached with {data.sizes['draw']} draws." in printed


def test_an_interrupted_extension_goes_on_to_the_store_of_an_undisturbed_one(
    extended: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s.zarr"
    calls, add = [0], Pace.add

    def interrupted(self: Pace, draws: int, seconds: float) -> str:
        calls[0] += 1
        if calls[0] == 4:
            raise KeyboardInterrupt
        return add(self, draws, seconds)

    monkeypatch.setattr(Pace, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _sweep(path, MEAN)
    attributes: Any = xr.open_zarr(path, consolidated=False).attrs
    assert attributes["complete"] is False
    _sweep(path, MEAN)
    stored = [xr.open_zarr(each, consolidated=False).attrs["content_sha256"] for each in (path, extended)]
    assert stored[0] == stored[1]
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.index("Extending to") < printed.index("Precision reached with")


def test_a_target_out_of_reach_ends_at_the_most_draws_with_a_report_and_a_code_of_its_own(extended: Path) -> None:
    draws, page = load(extended).sizes["draw"], extended.parent / "s_report.html"
    asked = f"precision={{{RATE}: {{quantile: 0.99, se: 1e-9}}, most_draws: {draws}}}"
    arguments = [*SMALL[:-1], asked, f"store.path={extended}"]
    process = subprocess.run(
        [sys.executable, "-m", "sweep", *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert process.returncode == IMPRECISE == 5, process.stdout + process.stderr
    assert process.stderr == "" and page.stat().st_size > 100_000
    attributes: Any = xr.open_zarr(extended, consolidated=False).attrs
    assert attributes["complete"] is True
    printed = " ".join(process.stdout.split())
    assert f"Draws are added until this is reached, up to {draws}: 99 % quantile of {RATE}" in printed
    assert f"Precision not reached with {draws} draws: state most_draws in precision" in printed
    assert load(extended).sizes["draw"] == draws


def test_the_worst_policy_regime_and_region_count_unless_one_is_named(extended: Path) -> None:
    data = load(extended)
    chosen = _study()

    def worst(**settings: Any) -> Reached:
        wanted = Precision((Target("unemployment_rate", 1.0, **settings),), 100)
        ((found,), draws) = reached(replace(chosen, precision=wanted), extended)
        assert draws == data.sizes["draw"]
        return found

    pooled = estimates(data, "unemployment_rate", (), pooled=True)["mean_error"].isel(year=-1)
    alone = estimates(data, "unemployment_rate", ())["mean_error"].isel(year=-1)
    assert worst().error == pytest.approx(float(pooled.max()))
    region = str(pooled["region"][0].item())
    assert worst(policy="ubi", region=region).error == pytest.approx(float(pooled.sel(policy="ubi", region=region)))
    assert worst(regime="each").error == pytest.approx(float(alone.max()))
    assert worst(regime="rapid").error == pytest.approx(float(alone.sel(regime="rapid").max()))
    above = exceedance(data, "unemployment_rate", [0.05], pooled=True)["probability_error"].isel(year=1)
    assert worst(above=0.05, year=2026).error == pytest.approx(float(above.max()))
    assert re.search(r"standard error \S+ \(rapid, \w+, .+\), wanted 1", str(worst(regime="rapid")))
