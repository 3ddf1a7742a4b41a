"""Results for EMA Workbench: read back by its own functions, and used by its own analyses."""

import inspect
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from ema_workbench import Model, RealParameter, SequentialEvaluator, TimeSeriesOutcome, load_results
from ema_workbench.analysis import feature_scoring
from ema_workbench.analysis.plotting_util import determine_time_dimension
from ema_workbench.analysis.prim import Prim

from analysis import example, load, reweighted, to_ema, write_ema
from analysis.__main__ import main
from sweep.errors import ConfigError
from tests.draw_cases import made
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"
REGIMES = ("slow", "rapid", "slow") * 4


def test_results_are_those_that_the_workbench_makes_of_the_same_runs() -> None:
    data = made(
        {"y": np.arange(24.0).reshape(2, 4, 3)}, inputs={"x": [1, 3, 2, 5]}, parameters={"labor.x": ["uniform(0, 6)"]}
    )
    data["x"].attrs["distribution"] = "uniform(0, 6)"
    model = Model("scenaria", function=lambda x: {"y": [x, x, x]})
    model.uncertainties = [RealParameter("x", 0, 6)]
    model.outcomes = [TimeSeriesOutcome("y")]
    theirs, _ = SequentialEvaluator(model).perform_experiments(scenarios=4, policies=0)
    ours, outcomes = to_ema(data, ["y"])
    assert ours.columns.tolist() == theirs.columns.tolist()
    assert ours.dtypes.map(str).tolist() == theirs.dtypes.map(str).tolist() == ["float64", *["category"] * 3]
    assert ours["x"].tolist() == [1, 3, 2, 5] * 2
    assert ours["scenario"].tolist() == [0, 1, 2, 3] * 2
    assert ours["policy"].tolist() == ["none"] * 4 + ["a"] * 4
    np.testing.assert_array_equal(outcomes["y"], np.arange(24.0).reshape(8, 3))
    assert determine_time_dimension(outcomes)[0].tolist() == [2025, 2026, 2027]


def test_an_archive_is_read_by_the_workbench_as_it_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = StoreCase(regimes=REGIMES, failed={(1, 2): 3}).write(tmp_path / "run.zarr")
    file = tmp_path / "new" / "sweep.tar.gz"
    names = [RATE, "unemployment_rate"]
    assert main(["export", str(store), str(file), "--format", "ema", "--outcomes", *names]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(file) and "1 of 12 draws dropped" in told.err
    with pytest.warns(UserWarning, match="1 of 12 draws dropped"):
        data = load(store)
    experiments, outcomes = load_results(str(file))
    ours, expected = to_ema(data, names)
    assert set(outcomes) == {*names, "TIME"} and len(experiments) == 3 * 11
    for name, values in expected.items():
        # What the workbench writes as text has all digits of single precision.
        np.testing.assert_array_equal(outcomes[name].astype(values.dtype), values)
    assert outcomes["unemployment_rate"].shape == (33, 4, 3)
    assert experiments.dtypes.map(str).tolist() == ours.dtypes.map(str).tolist()
    np.testing.assert_allclose(experiments["reinstatement"], ours["reinstatement"], rtol=1e-15)
    for name in ("regime", "scenario", "policy", "model"):
        assert experiments[name].tolist() == ours[name].tolist()
    chosen = (experiments["policy"] == "ubi") & (experiments["scenario"] == 5)
    draw = data.sel(policy="ubi", draw=5)
    np.testing.assert_array_equal(outcomes[RATE][chosen][0].astype("f4"), draw[RATE])
    assert experiments["regime"][chosen].tolist() == [draw["regime"].item()]


def test_regional_outcomes_come_only_when_named_and_inputs_by_region_as_means() -> None:
    data = example(draws=16)
    data["lag"] = (("draw", "region"), np.arange(96.0).reshape(16, 6), {"distribution": "half_normal(1.5)"})
    experiments, outcomes = to_ema(data)
    assert {values.ndim for values in outcomes.values()} == {2}
    assert RATE in outcomes and "unemployment_rate" not in outcomes
    np.testing.assert_array_equal(experiments["lag"][:16], np.arange(96.0).reshape(16, 6).mean(axis=1))
    north = to_ema(data.sel(region="North"), ["unemployment_rate"])[1]["unemployment_rate"]
    np.testing.assert_array_equal(north, to_ema(data, ["unemployment_rate"])[1]["unemployment_rate"][:, 0])


def test_the_workbench_finds_in_it_what_decides() -> None:
    # Of unemployment without policy, automation and the regime decide, and take-up of retraining nothing.
    experiments, outcomes = to_ema(example(draws=512).sel(policy=["none"]), [RATE])
    last = outcomes[RATE][:, -1]
    scores, _ = feature_scoring.get_ex_feature_scores(
        experiments, last, mode=feature_scoring.RuleInductionType.REGRESSION, nr_trees=30, random_state=1
    )
    order = scores.index.tolist()
    assert set(order[:2]) == {"automation", "regime"} and order[-1] == "take_up"
    # Before 3.0, a threshold had to be given, which changed messages alone.
    further: dict[str, Any] = {"threshold": 0.8} if "threshold" in inspect.signature(Prim).parameters else {}
    box = Prim(experiments, last > 0.12, **further).find_box()
    limits = box.box_lims[-1]
    assert limits["regime"][0] == {"rapid"} and limits["automation"][0] > 0.4
    assert box.density > 0.9


@pytest.mark.parametrize(
    ("file", "outcomes", "message"),
    [
        ("sweep.csv", None, r"sweep\.csv: expected a file NAME\.tar\.gz"),
        (".tar.gz", None, r"expected a file NAME\.tar\.gz"),
        ("sweep.tar.gz", ["national_unemployment_rat"], f"unknown outcome .* did you mean '{RATE}'"),
        ("sweep.tar.gz", RATE, r"outcomes: expected a list of names, as \['national_unemployment_rate'\]"),
        ("sweep.tar.gz", [], "outcomes: expected one or more, got none"),
        ("folder.tar.gz", None, "folder.tar.gz is a folder: name a file"),
        ("file/sweep.tar.gz", None, "sweep.tar.gz can't be written"),
    ],
)
def test_what_cannot_be_written_is_told(file: str, outcomes: list[str] | None, message: str, tmp_path: Path) -> None:
    (tmp_path / "folder.tar.gz").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=message):
        write_ema(example(draws=16), tmp_path / file, outcomes)


def test_a_workbench_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    store = StoreCase().write(tmp_path / "run.zarr")
    assert main(["export", str(store), str(tmp_path / "sweep.tar.gz"), "--format", "ema"]) == 2
    assert "package ema-workbench isn't installed" in capsys.readouterr().err
    assert not (tmp_path / "sweep.tar.gz").exists()
    # The results themselves need no workbench.
    assert len(to_ema(example(draws=16))[0]) == 80


def test_weighted_draws_are_refused() -> None:
    with pytest.raises(ConfigError, match="weighted by beliefs"):
        to_ema(reweighted(example(), {"adoption.automation": ["beta", 1.2, 1]}))


def test_outcomes_that_have_no_draws_are_left_out_and_refused() -> None:
    data = example(draws=16)
    data["debt.counts"] = data["debt.mean"] = data["net_cost"].isel(draw=0, drop=True)
    assert "debt" not in to_ema(data)[1]
    with pytest.raises(ConfigError, match="debt"):
        to_ema(data, ["debt"])


def test_stores_without_regimes_have_no_such_column() -> None:
    data: xr.Dataset = example(draws=16).drop_vars("regime")
    assert "regime" not in to_ema(data)[0]
