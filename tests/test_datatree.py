"""A sweep as ArviZ takes it: groups, dimensions, and ArviZ's own numbers of it."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analysis import example, load, reweighted, to_datatree
from analysis.caution import AnalysisWarning
from sweep.errors import ConfigError
from tests.draw_cases import made
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"


def test_groups_hold_inputs_and_outcomes_as_the_schema_has_them() -> None:
    data = example(draws=64)
    tree = to_datatree(data, [RATE, "unemployment_rate"])
    assert set(tree.children) == {"prior", "prior_predictive", "constant_data"}
    prior, predictive = tree["prior"].to_dataset(), tree["prior_predictive"].to_dataset()
    assert list(prior.data_vars) == ["automation", "reinstatement", "take_up"]
    assert list(predictive.data_vars) == [RATE, "unemployment_rate"]
    for variable in (*prior.data_vars.values(), *predictive.data_vars.values()):
        # The first two, of the same samples in both groups.
        assert variable.dims[:2] == ("chain", "draw")
        assert variable["draw"].equals(data["draw"]) and variable["chain"].to_numpy().tolist() == [0]
        stored = data[str(variable.name)]
        xr.testing.assert_identical(variable.isel(chain=0, drop=True).transpose(*stored.dims), stored)
    assert predictive["unemployment_rate"].dims == ("chain", "draw", "policy", "region", "year")
    for group in ("prior", "prior_predictive"):
        assert tree[group].attrs["sample_dims"] == ["chain", "draw"]
    assert tree.attrs["plan_hash"] == data.attrs["plan_hash"] and tree.attrs["notice"] == ""


def test_constants_labels_and_weights_are_constant_data() -> None:
    data = made(
        {RATE: np.ones((2, 4))}, regimes=["a", "b", "a", "a"], weights={"a": 0.75, "b": 0.25},
        inputs={"x": np.arange(4.0)},
        parameters={"labor.x": ["uniform(0.0, 4.0)"], "labor.interest": ["0.02"], "adoption.k": ["1.0", "2.0"],
                    "labor.curve": ["0.5"]},
    )  # fmt: skip
    # Of plain numbers by region, the parameter's own is but one.
    places = {"labor.curve": ["region", [0.0, {"North": "0.1", "other": "0.5"}]]}
    data.attrs["identity"] = json.dumps({**json.loads(data.attrs["identity"]), "places": places})
    tree = to_datatree(data)
    assert not tree["prior"].data_vars, "nothing is uncertain"
    constant = tree["constant_data"].to_dataset()
    assert set(constant.data_vars) == {"interest", "policy_label", "regime_weight"}
    assert constant["interest"].item() == 0.02
    assert dict(zip(constant["regime"].values.tolist(), constant["regime_weight"].values.tolist(), strict=True)) == {
        "a": 0.75,
        "b": 0.25,
    }
    assert constant["policy_label"].sel(policy="none").item() == "none"


def test_a_tree_is_stored_and_read_again(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    tree = to_datatree(data)
    assert tree.copy(deep=True).identical(tree)
    tree.to_zarr(tmp_path / "tree.zarr", zarr_format=3, consolidated=False)
    again = xr.open_datatree(tmp_path / "tree.zarr", engine="zarr", consolidated=False)
    for group in ("prior", "prior_predictive", "constant_data"):
        for name, variable in tree[group].to_dataset().data_vars.items():
            np.testing.assert_array_equal(again[group][str(name)].to_numpy(), variable.to_numpy())
    assert again["prior"]["regime"].to_numpy().tolist() == data["regime"].to_numpy().tolist()


def test_what_arviz_would_pass_over_is_told() -> None:
    with pytest.warns(AnalysisWarning, match="draws of design=saltelli share inputs"):
        assert "share inputs" in to_datatree(example("saltelli")).attrs["notice"]
    with pytest.warns(AnalysisWarning, match="ArviZ doesn't heed"):
        tree = to_datatree(reweighted(example(), {"adoption.automation": ["beta", 1.2, 1]}))
    assert tree["prior"]["likelihood"].dims == ("draw",)
    with pytest.raises(ConfigError, match="unknown outcome 'gdp'"):
        to_datatree(example(), ["gdp"])


def test_arviz_takes_it_and_finds_the_same_quantiles() -> None:
    arviz = pytest.importorskip("arviz_base")
    tree = to_datatree(example(draws=512))
    assert arviz.convert_to_datatree(tree) is tree
    drawn = arviz.extract(tree, group="prior", combined=True)
    assert drawn.sizes["sample"] == 512
    np.testing.assert_array_equal(np.sort(drawn["automation"]), np.sort(example(draws=512)["automation"]))
