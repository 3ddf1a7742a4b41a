"""Models of one's own under each kind of design, by closed forms of the Ishigami function; another model's settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analysis import estimates, load, morris_screening
from sweep.__main__ import config_folder
from sweep.command import sweep
from sweep.composition import compose
from sweep.errors import ConfigError
from tests.studies import composed

ISHIGAMI = f"model.path={Path(__file__).parent / 'models' / 'ishigami.py'}"
A, B = 7.0, 0.1
MEAN = A / 2


def formula(data: xr.Dataset) -> Any:
    """The function at the inputs of each draw."""
    x1, x2, x3 = (data[name] for name in ("x1", "x2", "x3"))
    return np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)


def precise(data: xr.Dataset) -> None:
    found = estimates(data, "y").isel(policy=0, year=0, regime=0)
    assert data.sizes["draw"] > 128 and found["mean_error"] <= 0.04
    assert abs(found["mean"] - MEAN) < 5 * found["mean_error"]


def screened(data: xr.Dataset) -> None:
    found = morris_screening(data, "y").isel(policy=0, year=0, regime=0)
    # A step by half of the distribution turns the sign of the first sine, and is a period of the squared one.
    exact = {"mu": [8 / np.pi * (1 + B * np.pi**4 / 5), 0, 0]}
    exact["mu_star"] = [exact["mu"][0], 0, 1.5 * B * np.pi**3]
    for name, values in exact.items():
        assert (abs(found[name] - values) < 5 * found[f"{name}_error"] + 1e-5).all()
        assert (found[f"{name}_error"] < 0.5).all()


def combined(data: xr.Dataset) -> None:
    # Sums over the middles of equal slices of a period are exact.
    assert data.sizes["draw"] == 4 * 5 * 3
    np.testing.assert_allclose(data["y"].mean(), MEAN, rtol=1e-6)


def as_in_the_table(data: xr.Dataset) -> None:
    np.testing.assert_array_equal(data["x1"], [0.5, -1.0, 2.0])
    np.testing.assert_array_equal(data["x3"], [1.0, 0.0, 3.0])
    assert len(np.unique(data["x2"])) == 3


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        (("precision={y: {mean: true, se: 0.04}}", "draws=128"), precise),
        (("design=morris", "draws=2048"), screened),
        (("design=factorial", "design.levels={x1: 4, x2: 5, x3: 3}"), combined),
        (("design=table", "design.path=draws.csv"), as_in_the_table),
    ],
    ids=lambda each: each[0].partition("=")[2][:9] if isinstance(each, tuple) else "",
)
def test_a_model_runs_under_every_kind_of_design(
    settings: tuple[str, ...],
    holds: Callable[[xr.Dataset], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("draws.csv").write_text("x1,x3\n0.5,1\n-1,0\n2,3\n")
    chosen = (ISHIGAMI, "model.trust=true", "report=false", "store.path=own.zarr", *settings)
    assert sweep(composed(*chosen), list(chosen), "").precise
    data = load("own.zarr").load()
    np.testing.assert_allclose(data["y"].isel(policy=0, year=0), formula(data), rtol=1e-5, atol=1e-5)
    holds(data)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            ["experiment=us_policies"],
            "us_policies: adoption, outputs, policy, regions, years in .*us_policies.yaml are",
        ),
        (["experiment=mine", "--config-dir=."], r"experiment=mine: policy in .*mine.yaml is of the labor model"),
    ],
)
def test_an_experiment_of_the_labor_model_is_refused_by_its_keys(
    settings: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("experiment").mkdir()
    head = "# @package _global_\noutputs: {keep: national}\npolicy:\n"
    Path("experiment/mine.yaml").write_text(f"{head}  a: {{release: 1}}\n  b: {{c: {{instrument: support}}}}\n")
    Path("experiment/other.yaml").write_text(f"{head}  a: {{release: 1}}\n")
    arguments = [ISHIGAMI, "model.trust=true", *settings]
    monkeypatch.setattr("sys.argv", ["sweep", *arguments])
    with pytest.raises(ConfigError, match=told):
        compose(config_folder(), arguments)
    if "--config-dir=." in settings:
        arguments = [ISHIGAMI, "experiment=other", "--config-dir=."]
        monkeypatch.setattr("sys.argv", ["sweep", *arguments])
        assert compose(config_folder(), arguments)[0].config["policy"]["a"] == {"release": 1}
