"""Stores that keep statistics instead of draws: the same bits however the work went, and the figures of all draws."""

import json
import random
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analysis import fan, load
from sweep import store
from sweep.disk import bytes_needed, size_told
from sweep.errors import ConfigError, DamageError
from sweep.inspection import inspect
from sweep.models import model_of
from sweep.plan import Task
from sweep.run import TaskRunner, begin, remaining, run
from sweep.simulation import make_pilot
from sweep.study import Study
from tests.faults import worker
from tests.faults.worker import patched, run_study, small
from tests.statistics_cases import KEPT, MANY, STATISTICS, write_drawn, write_whole


@pytest.fixture(autouse=True)
def few_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.run.KEPT_DRAWS", KEPT)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_whole(tmp_path_factory.mktemp("statistics") / "whole.zarr")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn(tmp_path_factory.mktemp("draws") / "drawn.zarr")


def _group(path: Path, outcome: str) -> xr.Dataset:
    data: xr.Dataset = xr.open_zarr(path, group=f"statistics/{outcome}", consolidated=False).load()
    return data


def _content(path: Path) -> str:
    return str((store.read_attributes(path) or {})["content_sha256"])


def _records(path: Path) -> list[Path]:
    return sorted((path / "status/counts").glob("*.counts"))


def _do(chosen: Study, at: store.Place, tasks: list[Task]) -> None:
    """Do tasks as an interrupted run does, which seals nothing."""
    model = model_of(chosen)
    make_pilot(chosen, model, at, store.unheld)
    work = TaskRunner(chosen, model, at)()
    for task in tasks:
        work(task)


OTHERS = {
    "two threads": ("executor.workers=2",),
    "other blocks": ("store.draws_per_chunk=50", "executor.workers=3"),
    "one block": ("store.draws_per_chunk=1000",),
}


@pytest.mark.parametrize("overrides", OTHERS.values(), ids=OTHERS)
def test_same_bits_for_any_workers_and_batches(overrides: tuple[str, ...], whole: Path, tmp_path: Path) -> None:
    assert run_study(tmp_path / "other.zarr", *MANY, *overrides) == _content(whole)
    for outcome in ("gdp", "national_gdp"):
        xr.testing.assert_identical(_group(tmp_path / "other.zarr", outcome), _group(whole, outcome))


def test_same_bits_in_any_order_and_after_a_cut(whole: Path, tmp_path: Path) -> None:
    chosen = small(tmp_path / "cut.zarr", *MANY)
    with patched():
        at = begin(chosen)
        tasks = remaining(chosen, at)
        _do(chosen, at, [tasks[4], tasks[10], tasks[0], tasks[7]])
        told = inspect("status", str(at))[0]
        assert "not complete, 756 of 2,100 runs" in told and "which runs the 1,344 left" in told
        assert remaining(chosen, at) == [task for row, task in enumerate(tasks) if row not in (4, 10, 0, 7)]
    assert run_study(tmp_path / "cut.zarr", *MANY) == _content(whole)


def test_same_bits_when_draws_are_added(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "grown.zarr"
    run_study(path, *MANY, "draws=100")
    assert _group(path, "gdp").attrs["draws"] == 100
    run_study(path, *MANY, "draws=300")
    assert run_study(path, *MANY) == _content(whole)
    xr.testing.assert_identical(_group(path, "gdp"), _group(whole, "gdp"))


def test_plain_xarray_opens_it(whole: Path) -> None:
    data, group = xr.open_zarr(whole, consolidated=False), _group(whole, "gdp")
    assert dict(data.sizes) == {"policy": 3, "draw": KEPT, "region": 4, "year": 3}
    assert "gdp" not in data
    assert data["national_gdp"].dims == ("policy", "draw", "year")
    assert dict(group.sizes) == {
        "policy": 3, "region": 4, "year": 3, "quantile": 7, "bin": 128, "knot": 9, "threshold": 3,
    }  # fmt: skip
    assert group.attrs["draws"] == 700
    assert group["mean"].attrs["units"] == "USD per year"
    assert group["variance"].attrs["units"] == "(USD per year)2"
    assert group["mean"].attrs["cell_methods"] == "draw: mean"
    assert list(group["threshold"].to_numpy()) == [1.5, 3, 6]
    assert (group["counts"].sum("bin") == 700).all()
    tree = xr.open_datatree(whole, engine="zarr", consolidated=False)
    assert set(tree["statistics"].children) == {"gdp", "wage", "debt", "national_gdp"}


@pytest.mark.parametrize("outcome", ["gdp", "wage", "national_gdp", "debt"])
def test_statistics_are_those_of_all_draws(outcome: str, whole: Path, drawn: Path) -> None:
    group, values = _group(whole, outcome), xr.open_zarr(drawn, consolidated=False)[outcome].load().astype(float)
    for before, each in (("", values), ("difference_", values - values.isel(policy=0))):
        own = {name: group[f"{before}{name}"] for name in ("mean", "variance", "minimum", "maximum", "quantiles")}
        spread = float(each.std("draw").max()) or 1.0
        np.testing.assert_allclose(own["mean"], each.mean("draw"), rtol=1e-7, atol=1e-7 * spread)
        np.testing.assert_allclose(own["variance"], each.var("draw", ddof=1), rtol=1e-6, atol=1e-12 * spread**2)
        np.testing.assert_array_equal(own["minimum"], each.min("draw"))
        np.testing.assert_array_equal(own["maximum"], each.max("draw"))
        exact = np.moveaxis(np.quantile(each, group["quantile"], axis=1, method="inverted_cdf"), 0, -1)
        error = group[f"{before}quantile_error"]
        assert (np.abs(own["quantiles"] - exact) <= error + 1e-6 * spread).all()
        assert float(error.median()) < 0.1 * spread
    difference = values - values.isel(policy=0)
    np.testing.assert_array_equal(group["difference_below_zero"], (difference < 0).sum("draw"))
    np.testing.assert_array_equal(group["difference_above_zero"], (difference > 0).sum("draw"))
    if outcome == "gdp":
        for threshold in (1.5, 3, 6):
            counted = group["above_threshold"].sel(threshold=threshold)
            np.testing.assert_array_equal(counted, (values > threshold).sum("draw"))


def test_the_draws_that_are_kept_are_the_first(whole: Path, drawn: Path) -> None:
    kept, every = (xr.open_zarr(path, consolidated=False) for path in (whole, drawn))
    for name in ("national_gdp", "debt", "reinstatement", "regime", "status"):
        np.testing.assert_array_equal(kept[name], every[name].isel(draw=slice(KEPT)))


@pytest.fixture(scope="module")
def national(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("national") / "national.zarr"
    run_study(path, *MANY, "outputs.keep=national")
    return path


def test_national_keeps_all_draws_of_national_outcomes(national: Path, whole: Path, drawn: Path) -> None:
    data, every = xr.open_zarr(national, consolidated=False), xr.open_zarr(drawn, consolidated=False)
    np.testing.assert_array_equal(data["national_gdp"], every["national_gdp"])
    xr.testing.assert_identical(_group(national, "gdp"), _group(whole, "gdp"))
    assert not (national / "statistics/national_gdp").exists()
    assert inspect("verify", str(national))[1] == 0


def _markers(path: Path) -> set[str]:
    return {file.name for file in (path / "status/tasks").glob("*.json")}


def test_kills_lose_nothing_and_end_in_the_same_bits(national: Path, tmp_path: Path) -> None:
    path, chance, before = tmp_path / "killed.zarr", random.Random(1), 0
    overrides = (*MANY, "outputs.keep=national", "store.draws_per_chunk=32", "executor.workers=2")
    for _ in range(5):
        there = _markers(path)
        process = worker.start(path, *overrides, pause=0.01)
        worker.wait_for(lambda there=there: _markers(path) != there, process)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.join()
        if (path / "zarr.json").is_file():
            found = store.survey(path, thorough=True)
            assert not found.damaged, found.damaged
            done = int(found.finished["none"].sum())
            assert done >= before
            before = done
    assert before > 0
    assert run_study(path, *overrides) == _content(national)
    xr.testing.assert_identical(_group(path, "gdp"), _group(national, "gdp"))


def test_a_run_cut_short_before_its_statistics_is_sound(national: Path, tmp_path: Path) -> None:
    path, overrides = tmp_path / "s.zarr", (*MANY, "outputs.keep=national")
    with worker.patched(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.run.store.seal", lambda *_: "")
        worker.run_study(path, *overrides)
    assert not store.read_seal(path) and not (path / "statistics").exists()
    text, code = inspect("verify", str(path))
    assert (code, "sound" in text, "not complete" in text) == (0, True, True), text
    assert run_study(path, *overrides) == _content(national)


def test_a_failed_draw_is_left_out_under_every_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = worker.closed_form

    def failing(economy: Any, draws: Any, policies: Any, *rest: Any, **named: Any) -> Any:
        block = original(economy, draws, policies, *rest, **named)
        high = draws["reinstatement"] > np.quantile(draws["reinstatement"], 0.9)
        for name in ("gdp",):
            block[name][1, high] = np.nan
        return block

    monkeypatch.setattr(worker, "closed_form", failing)
    run_study(tmp_path / "s.zarr", *MANY)
    group = _group(tmp_path / "s.zarr", "wage")
    left_out = group.attrs["draws_left_out"]
    assert 0 < left_out == 700 - group.attrs["draws"]
    assert (group["counts"].sum("bin") == 700 - left_out).all()
    assert f"of ubi's runs {left_out} gave no finite result (draw " in inspect("status", str(tmp_path / "s.zarr"))[0]
    with pytest.warns(match=f"leave out {left_out} draws"):
        load(tmp_path / "s.zarr")


@pytest.mark.parametrize(
    "damage", ["statistics/gdp/mean/c.0.0.0", "statistics/gdp/counts/zarr.json", "record", "copy", "both", "pilot"]
)
def test_damage_is_found_and_repaired(damage: str, whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.zarr"
    shutil.copytree(whole, path)
    record, pilot = _records(path)[0], path / "status/counts/pilot"
    copy = record.with_name(f"{record.name}.copy")
    known = {"record": [record], "copy": [copy], "both": [record, copy], "pilot": [pilot]}
    for file in known.get(damage, [path / damage]):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 4
        file.write_bytes(content)
    text, code = inspect("verify", str(path))
    assert code == 1
    assert "damaged" in text
    with patched():
        left = remaining(small(path, *MANY), store.place(path))
    assert len(left) == (10 if damage == "both" else 0)
    assert left or store.seal(path) == _content(whole)
    assert run_study(path, *MANY) == _content(whole)
    assert inspect("verify", str(path))[1] == 0
    xr.testing.assert_identical(_group(path, "gdp"), _group(whole, "gdp"))


def test_records_that_count_draws_twice_are_harmless(whole: Path, tmp_path: Path) -> None:
    chosen = small(tmp_path / "s.zarr", *MANY)
    with patched():
        at = begin(chosen)
        tasks = remaining(chosen, at)
        _do(chosen, at, tasks[:5])
        parts = {file.name: file.read_bytes() for file in _records(tmp_path / "s.zarr")}
        run(chosen, at, tasks[5:], lambda report: None)
    assert len(parts) == 5
    assert len(_records(tmp_path / "s.zarr")) == 2
    for name, content in parts.items():
        # As a kill leaves them after their sum was written.
        (tmp_path / "s.zarr/status/counts" / name).write_bytes(content)
    assert inspect("verify", str(at))[1] == 0
    assert run_study(tmp_path / "s.zarr", *MANY) == _content(whole)


def test_the_size_is_constant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def size(draws: int) -> int:
        path = tmp_path / f"{draws}.zarr"
        run_study(path, STATISTICS, f"draws={draws}", "store.draws_per_chunk=1024")
        assert len(_records(path)) <= 2
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())

    assert size(20_000) < 1.05 * size(10_000)
    many = bytes_needed(small(tmp_path, STATISTICS, "draws=100000"), 3 * 10**5, 10**5)
    assert many == bytes_needed(small(tmp_path, STATISTICS, "draws=100000"), 3 * 10**7, 10**7)
    assert size_told(small(tmp_path, STATISTICS, "draws=100000")).endswith("on disk, however many draws")


REFUSED = {
    "another policy": (("policy=[ubi,tax_usage,retraining]",), r"policies\.retraining: stored None"),
    "no such policy": (("policy=[ubi]",), r"policies\.tax_usage: .* → now None"),
    "all draws": (("outputs.keep=draws",), r"keep: stored 'statistics' → now 'draws'"),
    "the middle": (("outputs.keep=national",), r"keep: stored 'statistics' → now 'national'"),
    "other thresholds": (("outputs.thresholds.gdp=[2]",), r"thresholds\.gdp: stored \[1\.5, 3\.0, 6\.0\] → now"),
    "other outputs": (("outputs=[fiscal]",), r"outputs: stored \['core'\] → now \['core', 'fiscal'\]"),
}


@pytest.mark.parametrize(("overrides", "why"), REFUSED.values(), ids=REFUSED)
def test_what_a_store_cannot_become_is_refused(overrides: tuple[str, ...], why: str, whole: Path) -> None:
    with pytest.raises(ConfigError, match=f"(?s){why}.*the draws that others would need are gone"):
        begin(small(whole, *MANY, *overrides))


def test_a_store_of_draws_cannot_become_one_of_statistics(drawn: Path) -> None:
    with pytest.raises(ConfigError, match="keep: stored 'draws' → now 'statistics'"):
        begin(small(drawn, "draws=700", "outputs.keep_bits=null", STATISTICS))


def test_another_policy_has_another_default_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one, other = (
        begin(replace(chosen, store=replace(chosen.store, path=None)))
        for chosen in (small("", STATISTICS), small("", STATISTICS, "policy=[ubi]"))
    )
    assert str(one) != str(other)


def test_a_store_under_way_is_read_without_statistics(tmp_path: Path) -> None:
    chosen = small(tmp_path / "cut.zarr", *MANY)
    with patched():
        at = begin(chosen)
        _do(chosen, at, remaining(chosen, at)[:1])
    with pytest.warns(match="kept as statistics, which are written once the run is complete"):
        data = load(tmp_path / "cut.zarr")
    assert data.sizes["draw"] == 64
    with pytest.raises(ConfigError, match="unknown outcome 'gdp'"):
        fan(data, "gdp")


def test_an_absurd_record_is_refused_with_a_message(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.zarr"
    shutil.copytree(whole, path)
    about = store.counting(store.extent(path) or {})
    assert about is not None
    for file in _records(path)[:1]:
        file.write_bytes(file.read_bytes()[:18] + b"\xff\xff\xff\xff" + file.read_bytes()[22:])
    damaged = store.survey(path).damaged
    assert "not a file of counts" in str(damaged)
    root = path / "zarr.json"
    attributes = json.loads(root.read_text())["attributes"]
    told = json.loads(attributes["counted"])
    elsewhere = {**told, "outcomes": [{**told["outcomes"][0], "name": "../../gdp"}]}
    for bad in ({"regions": 10**9}, {**told, "regions": 10**5, "years": 10**4}, elsewhere):
        with pytest.raises(DamageError, match="'counted' isn't as a sweep writes it"):
            store.counting({**attributes, "counted": json.dumps(bad)})


def test_an_array_that_runs_code_is_refused(whole: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.zarr"
    shutil.copytree(whole, path)
    file = path / "statistics/gdp/mean/zarr.json"
    file.write_text(file.read_text().replace('"blosc"', '"numcodecs.pickle"'))
    with pytest.raises(ConfigError, match=r"array 'mean' is damaged or no sweep wrote it: codec 'numcodecs\.pickle'"):
        load(path)
