"""The store: plain xarray opens it, and its content depends on nothing but configuration and seed."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep import store
from sweep.disk import bytes_needed, least_bytes, readable_bytes
from sweep.errors import ConfigError, StorageError
from sweep.kernel.outcomes import OUTCOMES
from sweep.plan import Task, draws_per_chunk, tasks
from sweep.store import Folder
from sweep.study import Policy
from tests.studies import finish, prepare, study

SMALL = ("draws=24", "years=3", "policy=[ubi,tax_usage]")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finish(tmp_path_factory.mktemp("store") / "whole.zarr", *SMALL, "executor=serial", "executor.workers=1")


def _content(path: Path) -> xr.Dataset:
    data: xr.Dataset = xr.open_zarr(path, consolidated=False).load()
    return data


def _assert_same(first: xr.Dataset, second: xr.Dataset) -> None:
    assert set(first.variables) == set(second.variables)
    for name in first.variables:
        np.testing.assert_array_equal(first[name].to_numpy(), second[name].to_numpy(), err_msg=str(name))


def test_plain_xarray_opens_it(finished: Path) -> None:
    data = xr.open_zarr(finished, consolidated=False)
    assert dict(data.sizes) == {"policy": 3, "draw": 24, "region": 51, "year": 4}
    assert list(data["policy"].to_numpy()) == ["none", "ubi", "tax_usage"]
    assert list(data["year"].to_numpy()) == [2025, 2026, 2027, 2028]
    for outcome in (outcome for outcome in OUTCOMES if outcome.part == "core"):
        array = data[outcome.name]
        assert array.dims == (("policy", "draw", "region", "year") if outcome.regional else ("policy", "draw", "year"))
        assert array.dtype == np.float32
        assert array.attrs["units"] == outcome.units
        assert array.attrs["long_name"]
        assert np.isfinite(array.to_numpy()).all()
    assert data.attrs["complete"] is True
    assert set(json.loads(data.attrs["versions"])) >= {"scenaria", "numpy", "numba", "zarr"}
    assert data["wage_curve"].attrs["grade"] == "A"
    assert data["regime"].attrs["flag_values"] == [0, 1, 2, 3]
    assert data["regime"].attrs["flag_meanings"] == "slow central rapid transformative"
    assert "Blanchflower" in data["wage_curve"].attrs["source"]
    assert (data["status"] == store.OK).all()


def test_the_baseline_year_is_the_published_one(finished: Path) -> None:
    data = _content(finished)
    first = data.sel(year=2025)
    np.testing.assert_allclose(first["national_unemployment_rate"], 0.042499, atol=1e-6)
    np.testing.assert_allclose(first["national_employment"], 163_571_172, rtol=1e-6)


OTHERS = {
    "one thread a chunk of 5": ("executor=serial", "executor.workers=1", "store.draws_per_chunk=5"),
    "threads, chunks of 7": ("executor=serial", "executor.workers=3", "store.draws_per_chunk=7"),
    "automatic": (),
    "ray": ("executor=ray", "executor.workers=2", "store.draws_per_chunk=6"),
}


@pytest.mark.parametrize("overrides", OTHERS.values(), ids=OTHERS)
def test_same_bits_from_every_executor_and_batch(
    overrides: tuple[str, ...], finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that Ray's workers read the store before it is sealed.
    monkeypatch.setattr("sweep.run._LONG_READING", 0.0)
    first, second = _content(finished), _content(finish(tmp_path / "other.zarr", *SMALL, *overrides))
    _assert_same(first, second)
    assert first.attrs["content_sha256"] == second.attrs["content_sha256"]


def test_the_same_command_finds_the_finished_store(finished: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}
    _, left = prepare(study(f"store.path={finished}", *SMALL))
    assert left == []
    assert before == {path: path.stat().st_mtime_ns for path in finished.rglob("*") if path.is_file()}


def test_more_draws_and_policies_extend_and_keep_what_is_there(finished: Path, tmp_path: Path) -> None:
    place = finish(tmp_path / "grown.zarr", "draws=10", "years=3", "policy=[tax_usage]", "store.draws_per_chunk=4")
    early = _content(place)
    finish(place, *SMALL)
    grown = _content(place)
    _assert_same(early, grown.sel(policy=["none", "tax_usage"]).isel(draw=slice(10)))
    _assert_same(_content(finished), grown.sel(policy=["none", "ubi", "tax_usage"]))
    assert grown.attrs["complete"] is True


@pytest.mark.parametrize("calls", [1, 20, 60])
def test_a_growth_cut_short_is_grown_again(
    calls: int, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = finish(tmp_path / "cut.zarr", "draws=10", "years=3", "policy=[tax_usage]", "store.draws_per_chunk=4")
    write, left = Folder.write, iter(range(calls))

    def interrupted(folder: Folder, content: Mapping[str, bytes]) -> None:
        write(folder, content)
        if next(left, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Folder, "write", interrupted)
        prepare(study(f"store.path={place}", *SMALL))
    finish(place, *SMALL)
    grown = _content(place)
    _assert_same(_content(finished), grown.sel(policy=["none", "ubi", "tax_usage"]))
    assert grown.attrs["complete"] is True
    assert set(json.loads(grown.attrs["policy_labels"])) == {"none", "ubi", "tax_usage"}


def test_an_interrupted_run_continues(finished: Path, tmp_path: Path) -> None:
    from sweep.models import model_of
    from sweep.run import TaskRunner, run

    chosen = study(f"store.path={tmp_path / 'cut.zarr'}", *SMALL, "store.draws_per_chunk=8")
    place, planned = prepare(chosen)
    TaskRunner(chosen, model_of(chosen), place)()(planned[1])
    assert xr.open_zarr(place, consolidated=False).attrs["complete"] is False
    _, left = prepare(chosen)
    assert left == [planned[0], planned[2]]
    run(chosen, place, left, lambda report: None)
    _assert_same(_content(finished), _content(place))


def test_a_failed_draw_is_data_with_a_reason(finished: Path, tmp_path: Path) -> None:
    place, planned = prepare(study(f"store.path={tmp_path / 'bad.zarr'}", "draws=4", "years=1", "policy=[]"))
    block = {
        outcome.name: np.zeros((1, 4, 51, 2) if outcome.regional else (1, 4, 2))
        for outcome in OUTCOMES
        if outcome.part == "core"
    }
    block["debt"][0, 2, 1] = np.inf
    (failure,) = store.TaskWriter(place).write(planned[0], {}, block)
    assert failure == ("none", 2, store.NON_FINITE, "debt is not finite")
    status = xr.open_zarr(place, consolidated=False)["status"].sel(policy="none")
    assert list(status.to_numpy()) == [store.OK, store.OK, store.NON_FINITE, store.OK]


def test_the_size_told_before_is_that_of_the_arrays(finished: Path) -> None:
    data = xr.open_zarr(finished, consolidated=False)
    needed = bytes_needed(study(*SMALL), 3 * 24, 24)
    assert data.nbytes == pytest.approx(needed, rel=0.01)
    assert needed >= sum(array.nbytes for array in data.data_vars.values())
    assert least_bytes(study(*SMALL), 3 * 24, 24) < 0.5 * needed
    assert [readable_bytes(size) for size in (512, 509_600, 1.26e9)] == ["512 bytes", "510 kB", "1.3 GB"]


def test_a_store_that_the_disk_has_no_room_for_is_not_begun(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=1_234))
    with pytest.raises(StorageError, match=r"needs at least \d+ kB \(\d+,\d+ bytes\), and 1\.2 kB .* fewer draws"):
        prepare(study(f"store.path={tmp_path / 'folder' / 's.zarr'}", *SMALL))
    assert not list(tmp_path.iterdir())
    assert prepare(study(f"store.path={finished}", *SMALL))[1] == []
    with pytest.raises(ConfigError, match="are free"):
        prepare(study(f"store.path={finished}", *SMALL, "draws=48"))
    assert _content(finished).attrs["complete"] is True


def test_misaligned_writes_are_refused(tmp_path: Path) -> None:
    place, _ = prepare(study(f"store.path={tmp_path / 's.zarr'}", "draws=16", "policy=[]", "store.draws_per_chunk=8"))
    with pytest.raises(ValueError, match="no whole chunk"):
        store.TaskWriter(place).write(Task(4, 12, ("none",)), {}, {})


def test_more_years_are_refused_with_the_reason(finished: Path) -> None:
    with pytest.raises(ConfigError, match=r"years: stored 3 → now 4\n.*no state of its end is kept"):
        prepare(study(f"store.path={finished}", *SMALL, "years=4"))


def test_another_configuration_on_a_store_is_refused_with_the_difference(finished: Path) -> None:
    with pytest.raises(ConfigError, match=r"labor\.wage_curve: stored \['normal\(-0.09, 0.015\)'\] → now \['-0.1'\]"):
        prepare(study(f"store.path={finished}", *SMALL, "labor.wage_curve=-0.1"))
    with pytest.raises(ConfigError, match=r"policy\.ubi\.doses\.basic_income_amount: stored '500\.0' → now '900\.0'"):
        prepare(study(f"store.path={finished}", *SMALL, "policy.ubi.amount=900"))


@pytest.mark.parametrize("content", [None, "", "{}", '{"node_type": "array", "attributes": {"plan_hash": "x"}}', "[1"])
def test_a_path_that_holds_something_else_is_refused(content: str | None, tmp_path: Path) -> None:
    place = tmp_path / "other"
    place.mkdir()
    (place / "precious.txt").write_text("mine")
    if content is not None:
        (place / "zarr.json").write_text(content)
    with pytest.raises(ConfigError, match=r"no store of a sweep; choose another store\.path"):
        prepare(study(f"store.path={place}", *SMALL))
    assert (place / "precious.txt").read_text() == "mine"


def test_damaged_attributes_are_told_and_the_store_is_kept(finished: Path, tmp_path: Path) -> None:
    place = tmp_path / "damaged.zarr"
    shutil.copytree(finished, place)
    root = place / "zarr.json"
    root.write_text(root.read_text().replace('"seed": 1', '"seed": 3'))
    with pytest.raises(ConfigError, match="damaged"):
        prepare(study(f"store.path={place}", *SMALL))


@pytest.mark.parametrize("damage", ["status/zarr.json", "policy/zarr.json", "gdp/zarr.json", "policy/c.0", "draw/c.0"])
def test_a_damaged_frame_is_written_again(damage: str, finished: Path, tmp_path: Path) -> None:
    place = tmp_path / "damaged.zarr"
    shutil.copytree(finished, place)
    (place / damage).write_bytes(b"\x00\x01")
    _, left = prepare(study(f"store.path={place}", *SMALL))
    assert left == []
    assert store.seal(place) == xr.open_zarr(finished, consolidated=False).attrs["content_sha256"]
    _assert_same(_content(finished), _content(place))


@pytest.mark.parametrize("damage", ["status/c.0.0", "gdp/c.1.0.0.0", "wage_curve/c.0", "debt/c.2.0.0"])
def test_a_damaged_task_is_done_again(damage: str, finished: Path, tmp_path: Path) -> None:
    place = tmp_path / "damaged.zarr"
    shutil.copytree(finished, place)
    (place / damage).write_bytes(b"\x00\x01")
    assert [task.start for task in prepare(study(f"store.path={place}", *SMALL))[1]] == [0]
    assert xr.open_zarr(place, consolidated=False).attrs["complete"] is False
    _assert_same(_content(finished), _content(finish(place, *SMALL)))


@pytest.mark.parametrize("key", ["labor.training_cost", "policy.retraining.budget"])
def test_the_smallest_difference_is_another_store(key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = (12345.67, float(np.nextafter(12345.67, 1e9)))
    names = [prepare(study("draws=2", "years=3", "policy=[retraining]", f"{key}={value!r}"))[0] for value in values]
    assert names[0] != names[1]


def test_default_paths_differ_by_configuration_but_not_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place, _ = prepare(study("draws=4", "policy=[ubi]"))
    assert place == tmp_path / "results" / place.name
    assert prepare(study("draws=8", "policy=[tax_usage]"))[0] == place
    assert prepare(study("draws=4", "policy=[ubi]", "executor=serial"))[0] == place
    for other in ("seed=2", "years=4", "adoption=rapid", "labor.wage_curve=-0.1", "policy.ubi.amount=900"):
        assert prepare(study("draws=4", "policy=[ubi]", other))[0] != place


def test_a_label_makes_no_new_store_and_is_kept_as_last_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place, planned = prepare(study("draws=4", "policy=[ubi]"))
    named, same = prepare(study("draws=4", "policy=[ubi]", "policy.ubi.label=Citizens dividend"))
    assert (named, same) == (place, planned)
    assert json.loads(xr.open_zarr(place, consolidated=False).attrs["policy_labels"])["ubi"] == "Citizens dividend"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.integers(1, 70), st.data())
def test_tasks_cover_exactly_what_is_missing(draws: int, chunk: int, data: st.DataObject) -> None:
    policies = (Policy("none", "No policy"), Policy("other", "Another"))
    done = {p.name: np.array(data.draw(st.lists(st.booleans(), min_size=draws, max_size=draws))) for p in policies}
    planned = list(tasks(draws, chunk, policies, done))
    covered = {policy.name: np.zeros(draws, dtype=int) for policy in policies}
    for task in planned:
        assert task.start % chunk == 0
        assert task.stop == min(task.start + chunk, draws)
        for name in task.policies:
            covered[name][task.start : task.stop] += 1
            assert not done[name][task.start : task.stop].all()
    for name, times in covered.items():
        assert times.max() <= 1
        assert (times[~done[name]] == 1).all()


@pytest.mark.parametrize(
    ("draws", "values", "chunk"),
    [(1, 816, 1), (20, 816, 16), (50, 816, 25), (64, 816, 32), (128, 816, 64),
     (1024, 816, 64), (10_000, 816, 256), (10**6, 816, 256), (10**6, 24, 1024),
     (10**6, 32_000, 64), (10**5, 24, 1024)],
)  # fmt: skip
def test_chunks_grow_with_draws_up_to_a_megabyte(draws: int, values: int, chunk: int) -> None:
    assert draws_per_chunk(None, draws, values) == chunk
    assert draws_per_chunk(7, draws, values) == 7
