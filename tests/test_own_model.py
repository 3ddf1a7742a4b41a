"""A model of one's own: trusted before it is run, and as good as the labor model for designs, stores and analysis."""

import math
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr

from analysis import load, sobol_indices, summary
from sweep import store
from sweep.command import sweep
from sweep.description import priors
from sweep.errors import ConfigError
from sweep.kernel.parameters import PARAMETERS
from sweep.model_source import loaded
from sweep.models import Own, model_of
from sweep.plan import identity
from sweep.run import TaskRunner, begin, remaining, run
from tests.models import shallow_lake
from tests.sensitivity_cases import ISHIGAMI
from tests.studies import composed, finish, prepare, study

MODELS = Path(__file__).parent / "models"
FIELDS = "from sweep.model import Lever, Model, Outcome, Parameter\n"
LAKE = (
    f"model.path={MODELS / 'shallow_lake.py'}",
    "model.trust=true",
    "+policy.low={release: 0.02}",
    "+policy.unsure={release: [uniform, 0, 0.1], label: who knows}",
)


def own(*overrides: str, name: str = "ishigami", path: Path | None = None) -> tuple[str, ...]:
    """Overrides that choose a model."""
    return (f"model.path={path or MODELS / f'{name}.py'}", "model.trust=true", *overrides)


def content(path: Path) -> str:
    """Hash of all that a complete store holds."""
    return str((store.read_attributes(path) or {})["content_sha256"])


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shallow lake under three policies."""
    return finish(tmp_path_factory.mktemp("lake") / "lake.zarr", *LAKE, "draws=300")


def test_nothing_of_a_model_is_run_before_it_is_trusted(tmp_path: Path) -> None:
    path, mark = tmp_path / "mine.py", tmp_path / "was_run"
    path.write_text(f"open({str(mark)!r}, 'w').close()\n{FIELDS}")
    with pytest.raises(ConfigError, match=r"mine\.py \(sha256 [0-9a-f]{16}…\) would be run .* add model\.trust=true"):
        study(f"model.path={path}")
    assert not mark.exists()
    with pytest.raises(ConfigError, match=r"expected MODEL = Model\(…\), with Model from sweep.model; got none"):
        study(f"model.path={path}", "model.trust=true")
    assert mark.exists()


X, Y = "Parameter('x', '1', 0)", "Outcome('y', '1')"


def declared(parameter: str = X, outcome: str = Y, rest: str = ", simulate=len") -> str:
    """A file that declares a model."""
    return f"{FIELDS}MODEL = Model('mine', [{parameter}], [{outcome}]{rest})\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x = 1\nx +", r"mine\.py, line 2: SyntaxError"),
        ("import not_there", r"line 1: ModuleNotFoundError: No module named 'not_there'"),
        (FIELDS + "MODEL = 3", r"expected MODEL = Model\(…\), with Model from sweep.model; got a int"),
        (declared(""), r"line 2: Model.parameters: expected at least one Parameter"),
        (declared(outcome="Outcome('x', '1')"), r"'x' is there 2 times"),
        (declared("Parameter('year', '1', 0)"), r"'year' is a name of the store's own"),
        (declared(rest=""), r"expected one of simulate, of a batch of draws, and simulate_one"),
        (declared("Parameter('x', '1', ['unifrom', 0, 1])"), r"x: distribution: no distribution .*mean 'uniform'"),
        (declared("Parameter('x', '1', 3, '', 0, 1)"), r"x: distribution: expected values between 0 and 1, got 3"),
        (declared(outcome="Outcome('y', '1', ('years',))"), r"outcome y: dims: expected \(\), \('region',\)"),
    ],
)
def test_what_a_model_declares_wrongly_is_named(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(ConfigError, match=told):
        study(*own(path=path))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (own("++inputs.x4=1"), "inputs.x4: no such input of the model; did you mean 'x1'|inputs.x4: no such"),
        (own("++inputs.x1=[uniform,0]"), r"inputs.x1: expected \[uniform, lower, upper\]"),
        (own("+policy.mine={release: 1}"), "ishigami declares no levers"),
        ((*LAKE, "policy.low.release=3"), "policy.low.release: expected values between 0 and 0.2, got 3"),
        (
            (*LAKE[:2], "+policy.low={relese: 0.1}"),
            "policy.low.relese: no such lever of the model; did you mean 'release'",
        ),
        (own("policy=[ubi]"), r"policy.ubi: is a policy of the labor model; leave it out"),
        (own("labor.wage_curve=-0.1", "years=3"), "labor.wage_curve, years: are of the labor model"),
        (own("years=3"), "years: is of the labor model"),
        (("++inputs.x1=1",), "inputs: these are of a model of your own"),
        (("model.path=none.py", "model.trust=true"), "none.py is no such file"),
        (("model.entry_point=mine", "model.trust=true"), "no 'mine' in the group scenaria.models"),
        (own("precision={z: {mean: true, se: 1}}"), "precision.z: no such outcome"),
        (
            own("search={levers: {a: [0, 1]}, objectives: {y: min}, population: 4, generations: 1}"),
            "expected one or more",
        ),
        (
            (*LAKE[:3], "+policy.high={release: 0.1}", "combine=true"),
            "high and low both hold release|both hold release",
        ),
    ],
)
def test_settings_that_the_model_cannot_take_are_refused(overrides: tuple[str, ...], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        study(*overrides)


def test_the_labor_model_keeps_its_identity_and_its_sobol_dimensions() -> None:
    chosen = study("draws=8")
    assert chosen.model is None
    names = [parameter.name for parameter in PARAMETERS]
    assert all(item.dimension == 1 + names.index(item.parameter.name) for item in chosen.uncertainties)
    known = {"schema", "version", "kernel", "regions", "baseline_year", "randomness", "design", "seed", "years"}
    assert set(identity(chosen, "", "", "", "")) == known | {"keep_bits", "regimes", "parameters"}


def test_sobol_indices_of_a_model_in_closed_form(tmp_path: Path) -> None:
    path = finish(tmp_path / "ishigami.zarr", *own("design=saltelli", "draws=10240"))
    found = sobol_indices(load(path), "y").isel(regime=0, policy=0, year=0)
    assert found["factor"].to_numpy().tolist() == ["x1", "x2", "x3"]
    for name, exact in zip(("first", "total"), ISHIGAMI, strict=True):
        np.testing.assert_allclose(found[name], exact, atol=0.03)
        assert (np.abs(found[name] - exact) < 5 * found[f"{name}_error"] + 1e-3).all()


def scalar_lake(inputs: dict[str, float], release: float) -> list[float]:
    """Pollution by year, one number at a time."""
    b, q, inflow, path = inputs["b"], inputs["q"], inputs["inflow"], [0.0]
    for _ in range(shallow_lake.YEARS):
        x = path[-1]
        path.append(x + release + math.pow(x, q) / (1 + math.pow(x, q)) - b * x + inflow)
    return path


def test_policies_set_levers_and_what_is_stored_is_what_a_second_implementation_gives(lake: Path) -> None:
    data = load(lake).load()
    assert data["policy"].to_numpy().tolist() == ["none", "low", "unsure"]
    assert data["year"].to_numpy().tolist() == list(range(51))
    assert data["policy.unsure.release"].attrs["units"] == "1/year"
    for draw in range(0, 300, 29):
        row = data.isel(draw=draw)
        inputs = {name: float(row[name]) for name in ("b", "q", "inflow")}
        for policy, release in (("none", 0.0), ("low", 0.02), ("unsure", float(row["policy.unsure.release"]))):
            expected, stored = scalar_lake(inputs, release), row.sel(policy=policy)
            np.testing.assert_allclose(stored["pollution"], expected, rtol=1e-5, atol=1e-7)
            # An outcome without years has one value in all of them.
            assert (stored["turbid"] == (expected[-1] > 1)).all()
            earned = sum(0.4 * release * 0.98**year for year in range(51))
            np.testing.assert_allclose(stored["utility"][-1], earned, rtol=1e-5)


def test_batches_threads_and_an_interruption_change_no_bit(lake: Path, tmp_path: Path) -> None:
    for name, overrides in {"small": ("store.draws_per_chunk=40",), "one": ("executor.workers=1",)}.items():
        assert content(finish(tmp_path / f"{name}.zarr", *LAKE, "draws=300", *overrides)) == content(lake)
    chosen = study(f"store.path={tmp_path / 'late.zarr'}", *LAKE, "draws=300", "store.draws_per_chunk=50")
    at, tasks = prepare(chosen)
    worker = TaskRunner(chosen, model_of(chosen), at)()
    for task in tasks[:3]:
        worker(task)
    left = remaining(chosen, at)
    assert len(left) == len(tasks) - 3
    run(chosen, at, left, lambda report: None)
    assert content(at) == content(lake)


def test_a_model_travels_by_its_text(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text((MODELS / "shallow_lake.py").read_text(encoding="utf-8"))
    chosen = study(f"store.path={tmp_path / 'away.zarr'}", *own("draws=16", path=path))
    at, tasks = prepare(chosen)
    packed = pickle.dumps(TaskRunner(chosen, model_of(chosen), at))
    path.unlink()
    loaded.cache_clear()
    assert all(not pickle.loads(packed)()(task).failures for task in tasks)


def installed(folder: Path, version: str) -> None:
    """A package of a model, as pip leaves it."""
    about = folder / "lakes.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: lakes\nVersion: {version}\n")
    (about / "entry_points.txt").write_text("[scenaria.models]\nlake = lakes_of_mine:MODEL\n")


def test_a_model_of_a_package_belongs_to_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, "1.0")
    (tmp_path / "lakes_of_mine.py").write_text((MODELS / "shallow_lake.py").read_text(encoding="utf-8"))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError, match=r"lakes_of_mine:MODEL of lakes 1\.0 would be run as Python"):
        study("model.entry_point=lake")
    chosen = study("model.entry_point=lake", "model.trust=true", "draws=8", f"store.path={tmp_path / 'lake.zarr'}")
    at, tasks = prepare(chosen)
    worker = TaskRunner(chosen, model_of(chosen), at)
    assert not worker()(tasks[0]).failures
    installed(tmp_path, "1.1")
    loaded.cache_clear()
    with pytest.raises(ConfigError, match="this machine has another version than the run began with"):
        worker()


def test_another_text_is_another_study(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text((MODELS / "ishigami.py").read_text(encoding="utf-8"))
    first = study(*own("draws=8", f"store.folder={tmp_path}", path=path))
    names = {begin(first).name}
    for old, new in (("A, B = 7.0, 0.1", "A, B = 7.0, 0.2"), ("A, B = 7.0, 0.2", "A, B = 7.0, 0.1")):
        path.write_text(path.read_text(encoding="utf-8").replace(old, new))
        names.add(begin(study(*own("draws=8", f"store.folder={tmp_path}", path=path))).name)
    assert len(names) == 2 and all(name.startswith("ishigami-") for name in names)
    # The file's place is no part of it.
    assert begin(study(*own("draws=8", f"store.folder={tmp_path}"))).name == begin(first).name


def test_a_function_of_one_draw_gives_what_one_of_a_batch_gives(tmp_path: Path) -> None:
    text = (MODELS / "ishigami.py").read_text(encoding="utf-8")
    path = tmp_path / "scalar.py"
    path.write_text(text.replace("simulate=simulate", "simulate_one=simulate"))
    stores = [
        finish(tmp_path / f"{each.stem}.zarr", *own("draws=64", path=each)) for each in (path, MODELS / "ishigami.py")
    ]
    first, second = (xr.open_zarr(each, consolidated=False)["y"].to_numpy() for each in stores)
    np.testing.assert_array_equal(first, second)


def test_draws_that_the_model_stops_at_cost_no_others(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        FIELDS
        + "def simulate(inputs, levers):\n    if (inputs['x'] > 0.9).any():\n        raise ValueError('too large')\n"
        "    return {'y': 1 / inputs['x']}\n"
        "MODEL = Model('mine', [Parameter('x', '1', ['uniform', 0, 1])], [Outcome('y', '1')], simulate=simulate)\n"
    )
    at = finish(tmp_path / "mine.zarr", *own("draws=64", "design=halton", path=path))
    whole = xr.open_zarr(at, consolidated=False)
    np.testing.assert_array_equal(whole["status"].sel(policy="none") == 3, whole["x"] > 0.9)
    assert next(each.reason for each in store.failures(at)) == "ValueError: too large"


def test_what_breaks_its_declaration_is_told_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    for body, told in (("{'y': inputs['z']}", "got 'z'"), ("{'y': [1, 2]}", r"expected \(draw 1\), got shape \(2,\)")):
        path.write_text(declared(rest=f", simulate=lambda inputs, levers: {body}"))
        with pytest.raises(ConfigError, match=told):
            begin(study(*own("draws=8", f"store.path={tmp_path / 'mine.zarr'}", path=path)))
        assert not (tmp_path / "mine.zarr").exists()


def test_inputs_move_together_and_are_set_by_the_user(tmp_path: Path) -> None:
    group = "{both: {inputs: [inputs.x1, inputs.x2], rank_correlation: 0.8}}"
    chosen = study(*own("draws=2048", f"dependence={group}", "++inputs.x2=[normal,1,2]", "++inputs.x3=0.5"))
    assert [(each.key, each.source) for each in priors(chosen)] == [
        ("inputs.x1", "rad; the model's own"),
        ("inputs.x2", "set by the user"),
    ]
    at, tasks = prepare(replace(chosen, store=replace(chosen.store, path=str(tmp_path / "both.zarr"))))
    run(chosen, at, tasks, lambda report: None)
    data = load(at)
    assert "x3" not in data
    assert abs(spearmanr(data["x1"], data["x2"]).statistic - 0.8) < 0.02
    assert abs(float(data["x2"].mean()) - 1) < 0.1


def test_statistics_of_draws_that_are_not_kept(lake: Path, tmp_path: Path) -> None:
    counted = finish(tmp_path / "counted.zarr", *LAKE, "draws=300", "outputs.keep=statistics")
    group = xr.open_zarr(counted, group="statistics/pollution", consolidated=False)
    exact = load(lake)["pollution"].mean("draw")
    np.testing.assert_allclose(group["mean"].transpose(*exact.dims), exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("years", ["many", "one"])
def test_the_command_ends_with_a_table_and_a_report(
    years: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen: tuple[Any, ...] = LAKE if years == "many" else own()
    sweep(composed(*chosen, "draws=256", f"store.folder={tmp_path}"), list(chosen), "")
    told = capsys.readouterr().out
    (page,) = tmp_path.glob("*_report.html")
    text = page.read_text(encoding="utf-8")
    for anchor in ("paths", "exceedance", "sensitivity", "convergence", "provenance"):
        assert f'id="{anchor}"' in text
    assert ('id="differences"' in text) == (years == "many")
    assert "labor tax" not in text and "Regimes of AI adoption" not in text
    assert ("pollution" if years == "many" else "ishigami") in told
    data = load(next(tmp_path.glob("*.zarr")))
    name = "utility" if years == "many" else "y"
    assert f"{float(summary(data, name)['median'].sel(policy='none')):.4g}" in told


def test_the_model_of_a_store_is_told() -> None:
    chosen = study(*LAKE)
    assert chosen.model is not None
    assert model_of(chosen) == Own(chosen.model)
    assert chosen.model.about.startswith(f"model.path={MODELS / 'shallow_lake.py'}, sha256 ")
    assert "adoption" not in chosen.config_text and "release: 0.02" in chosen.config_text
