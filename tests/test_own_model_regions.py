"""Inputs of one's own model that have a value in each region: drawn apart, given and stored as (draw, region)."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from analysis import load
from sweep.check_model import check_model
from sweep.description import _beside
from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.model import Parameter
from sweep.model_source import found_source, loaded
from sweep.nodes import of_model
from tests.studies import finish, study

NAMES = ["north", "south", "west"]
MODEL = """
import numpy as np
from sweep.model import Model, Outcome, Parameter


def simulate(inputs, levers):
    rain, fixed = inputs["rain"], inputs["fixed"]
    return {"flow": KEEP * rain + fixed, "total": (KEEP * rain).sum(axis=-1)}


MODEL = Model(
    "rivers",
    [
        Parameter("KEEP_", "share", ["uniform", 0, 1]),
        Parameter("rain", "mm", ["uniform", 10, 30], per="region"),
        Parameter("fixed", "mm", 5, per="region"),
    ],
    [Outcome("flow", "mm", ("region",)), Outcome("total", "mm")],
    simulate=simulate,
    regions=["north", "south", "west"],
)
""".replace("KEEP_", "kept")


def test_each_region_has_a_value_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "rivers.py"
    path.write_text(MODEL.replace("KEEP", "inputs['kept'][:, None]"))
    overrides = (f"model.path={path}", "model.trust=true", "draws=1024", "store.draws_per_chunk=300")
    data = load(finish(tmp_path / "rivers.zarr", *overrides)).load()
    assert data["rain"].dims == ("draw", "region") and data["region"].to_numpy().tolist() == NAMES
    flow = data["kept"] * data["rain"] + 5
    np.testing.assert_allclose(data["flow"].isel(policy=0, year=0), flow, rtol=2e-4)
    np.testing.assert_allclose(data["total"].isel(policy=0, year=0), (flow - 5).sum("region"), rtol=1e-6)
    apart = spearmanr(data["rain"]).statistic
    assert (np.abs(apart[np.triu_indices(3, 1)]) < 4 / np.sqrt(1024)).all()
    assert (np.abs(data["rain"].mean("draw") - 20) < 4 * 20 / np.sqrt(12 * 1024)).all()


def test_a_function_of_one_draw_gets_an_array_and_both_keep_the_contract(tmp_path: Path) -> None:
    path, single = tmp_path / "rivers.py", tmp_path / "single.py"
    path.write_text(MODEL.replace("KEEP", "inputs['kept'][:, None]"))
    single.write_text(MODEL.replace("KEEP", "inputs['kept']").replace("simulate=simulate", "simulate_one=simulate"))
    random = np.random.default_rng(1)
    inputs = {"kept": random.random(8), "rain": random.uniform(10, 30, (8, 3)), "fixed": np.full((8, 3), 5.0)}
    batch, one = (loaded(found_source(str(each), None, True)).run(inputs, {}) for each in (path, single))
    for name, values in batch.items():
        np.testing.assert_allclose(one[name], values, rtol=1e-12)
    assert check_model(str(path))[1] == 0
    path.write_text(MODEL.replace("KEEP", "np.where(inputs['kept'] > 0.5, np.inf, 1)[:, None]"))
    assert r"flow: expected numbers" in check_model(str(path))[0] and "rain=[" in check_model(str(path))[0]


def test_values_of_a_parameter_have_names(tmp_path: Path) -> None:
    named = Parameter("pace", "1", ["choice", {"slow": 0.25, "fast": 0.75}], "", 0, 1, ("slow", "fast"))
    assert of_model(named.distribution, "pace", named).quantile(np.array([0.2, 0.3])).tolist() == [0, 1]
    assert of_model("fast", "pace", named).arguments == (1,)
    path = tmp_path / "rivers.py"
    for told, categories in {
        "expected lower=0 and upper=1, the places of 2 names, got 10 and inf": "('a', 'b')",
        "expected different names, got a, a": "('a', 'a')",
        r"expected names, such as \('slow', 'fast'\), got 'ab'": "'ab'",
    }.items():
        path.write_text(MODEL.replace('per="region"', f"lower=10, categories={categories}", 1))
        with pytest.raises(ConfigError, match=f"rain: categories: {told}"):
            loaded(found_source(str(path), None, True))


def test_plain_numbers_are_counted_in_words(tmp_path: Path) -> None:
    path = tmp_path / "rivers.py"
    path.write_text(MODEL.replace("KEEP", "1"))
    own = (f"model.path={path}", "model.trust=true")
    last = [list(_beside(study(*own, f"inputs.fixed={each}")))[-1] for each in ("5", "[uniform,1,2]")]
    assert last[0] == "1 further parameter is a plain number: `sweep --cfg job` shows it."
    assert "further" not in last[1]


def test_other_dimensions_of_inputs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rivers.py"
    path.write_text(MODEL.replace('per="region"', 'per="draw"'))
    with pytest.raises(ConfigError, match="parameter rain: per: expected '', 'region' or 'year', got 'draw'"):
        loaded(found_source(str(path), None, True))


def test_beliefs_by_region_are_those_of_the_labor_model(tmp_path: Path) -> None:
    path = tmp_path / "rivers.py"
    path.write_text(MODEL.replace("KEEP", "inputs['kept'][:, None]"))
    own = (f"model.path={path}", "model.trust=true", "draws=512", "report=false")
    stated = "[by,{west:[uniform,25,35],north:7,other:[uniform,10,20]},{correlation:1}]"
    chosen = [
        study(*own, f"inputs.rain={each}") for each in (stated, "[per,region,[uniform,10,30]]", "[uniform,10,30]")
    ]
    north, south, west = draw_table(chosen[0], tuple(NAMES), 0, 512)["rain"].T
    assert (north == 7).all() and 10 < south.min() < 10.1 and 34.9 < west.max() < 35
    np.testing.assert_allclose(west - 15, south, rtol=1e-12)
    # Each region's own is what a parameter by region is drawn from without more words.
    stated_once, plain = (draw_table(each, tuple(NAMES), 0, 512)["rain"] for each in chosen[1:])
    np.testing.assert_array_equal(stated_once, plain)
    data = load(finish(tmp_path / "by.zarr", *own, f"inputs.rain={stated}")).load()
    np.testing.assert_array_equal(data["rain"], np.stack([north, south, west], axis=1))
    np.testing.assert_allclose(data["flow"].isel(policy=0, year=0), data["kept"] * data["rain"] + 5, rtol=2e-4)
    path.write_text(MODEL.replace("KEEP", "1").replace('["uniform", 10, 30]', '["by", {"west": 3, "other": 9}]'))
    assert check_model(str(path))[1] == 0


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("inputs.kept=[per,region,0.5]", 'inputs.kept: rivers takes one value in all .*declare .*per="region"'),
        ("inputs.rain=[by,{wets:20,other:11}]", "inputs.rain: wets: no such region; did you mean 'west'"),
        ("inputs.rain=[by,{west:20}]", "nothing is stated for north; add other: for all regions"),
        (
            "inputs.rain=[per,group,20]",
            "inputs.rain: expected .* occupation groups are the labor model's, and rivers has "
            "none; take .*per, region, …",
        ),
        (
            "inputs.rain=[per,regoin,20]",
            r"expected \[per, region, distribution\], or .*got 'regoin', did you mean 'region'",
        ),
        ("inputs.rain=[path,20,30]", 'inputs.rain: rivers takes one value in all years; declare .*per="year"'),
    ],
)
def test_what_a_model_takes_no_values_by_is_told(stated: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "rivers.py"
    path.write_text(MODEL.replace("KEEP", "1"))
    with pytest.raises(ConfigError, match=told):
        study(f"model.path={path}", "model.trust=true", stated)


MOVING = """
from sweep.model import Model, Outcome, Parameter


def simulate(inputs, levers):
    return {"path": inputs["growth"] * 1.0, "same": inputs["still"] + 0}


MODEL = Model(
    "moving",
    [Parameter("growth", "1", ["path", 0, ["uniform", 1, 2], {"to": 2030}], per="year"),
     Parameter("still", "1", ["uniform", 0, 1], per="year")],
    [Outcome("path", "1", ("year",)), Outcome("same", "1", ("year",))],
    simulate=simulate,
    years=[2020, 2025, 2030, 2040],
)
"""


def test_inputs_by_year_move_from_what_they_begin_with_to_what_they_end_with(tmp_path: Path) -> None:
    path = tmp_path / "moving.py"
    path.write_text(MOVING)
    own = (f"model.path={path}", "model.trust=true", "draws=64", "store.draws_per_chunk=20")
    assert check_model(str(path))[1] == 0
    data = load(finish(tmp_path / "a.zarr", *own)).load().isel(policy=0)
    assert "growth" not in data and (data["growth_end"] > 1).all()
    share = np.array([0, 0.5, 1, 1])
    np.testing.assert_allclose(data["path"], data["growth_end"].to_numpy()[:, None] * share, rtol=1e-6)
    np.testing.assert_allclose(data["same"], np.repeat(data["still"].to_numpy()[:, None], 4, axis=1), rtol=1e-6)
    stepped = load(finish(tmp_path / "b.zarr", *own, "inputs.growth=[path,[uniform,3,4],1,{shape:step,from:2025}]"))
    after = stepped["path"].isel(policy=0).transpose("year", "draw").to_numpy()
    np.testing.assert_allclose(after[0], stepped["growth"], rtol=1e-6)
    assert (after[1:] == 1).all() and after[0].min() >= 3
    path.write_text(MOVING.replace('Outcome("same"', 'Outcome("growth_end"'))
    with pytest.raises(ConfigError, match="what it ends with would be named growth_end, as something of the model is"):
        study(*own)
