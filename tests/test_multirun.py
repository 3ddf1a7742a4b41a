"""Several jobs of one command line: their index, and their stores as one dataset."""

import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analysis import StoreWarning, estimates, load, sobol_indices, write_report
from analysis.caution import AnalysisWarning
from analysis.inputs import input_values
from analysis.monte_carlo import design_of, standard_error
from sweep.designs import sobol
from sweep.errors import ConfigError
from sweep.jobs import _common, differing, worst
from sweep.store import MultirunJob, read_multirun, write_multirun
from tests.store_cases import StoreCase

RATE, REGIONAL = "national_unemployment_rate", "unemployment_rate"
OPEN = ("none", "levy", "ubi")


def _index(folder: Path, cases: Mapping[str, StoreCase], overrides: Sequence[dict[str, str]] = ()) -> Path:
    jobs = []
    for number, (name, case) in enumerate(cases.items()):
        case.write(folder / f"{name}.zarr")
        own = overrides[number] if overrides else {"seed": str(number + 1)}
        jobs.append(MultirunJob(overrides=own, store=f"{name}.zarr", code=0))
    write_multirun(folder / "multirun-1.json", jobs)
    return folder / "multirun-1.json"


def _loaded(path: Path, *arguments: Any) -> xr.Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        return load(path, *arguments)


def _seeded(seed: int, **more: Any) -> dict[str, Any]:
    return {"seed": seed, "identity": json.dumps({"seed": seed, "years": 2, "points": str(seed)})} | more


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two jobs of regions that they share in part, policies in another order, a failed draw, a third that failed."""
    folder = tmp_path_factory.mktemp("places")
    cases = {
        "a": StoreCase(regions=("North", "South"), attributes=_seeded(1), failed={(1, 2): 2}),
        "b": StoreCase(
            policies=("none", "ubi", "levy", "tax"), regions=("South", "Coast"), regimes=("rapid",) * 4, years=2,
            attributes=_seeded(2, identity=json.dumps({"seed": 2, "regions": "there"})),
        ),
    }  # fmt: skip
    path = _index(folder, cases, [{"regions": "here", "draws": "9"}, {"regions": "there", "draws": "4"}])
    lost = MultirunJob(overrides={"regions": "nowhere"}, code=2, message="regions: no such option")
    write_multirun(path, [*read_multirun(path), lost])
    return path


def test_draws_of_all_jobs_stand_one_after_another_with_what_jobs_differ_in(places: Path) -> None:
    data = _loaded(places)
    one, other = (_loaded(places.parent / f"{name}.zarr", OPEN) for name in "ab")
    assert data.sizes == {"policy": 3, "draw": 12, "region": 3, "year": 2}
    assert data["region"].to_numpy().tolist() == ["North", "South", "Coast"]
    assert data["job"].to_numpy().tolist() == [0] * 8 + [1] * 4
    assert data["regions"].to_numpy().tolist() == ["here"] * 8 + ["there"] * 4
    assert data["draws"].to_numpy().tolist() == [9] * 8 + [4] * 4
    assert data["draw"].to_numpy().tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert data["regime"].to_numpy().tolist() == [*one["regime"].to_numpy(), *other["regime"].to_numpy()]
    years = [2025, 2026]
    for part, rows, regions in ((one, slice(0, 8), [0, 1]), (other, slice(8, 12), [1, 2])):
        own = part.sel(policy=list(OPEN), year=years)
        np.testing.assert_array_equal(data[RATE][:, rows], own[RATE])
        np.testing.assert_array_equal(data[REGIONAL][:, rows, regions], own[REGIONAL])
        np.testing.assert_array_equal(data["reinstatement"][rows], own["reinstatement"])
    assert np.isnan(data[REGIONAL][:, :8, 2]).all() and np.isnan(data[REGIONAL][:, 8:, 0]).all()
    for text in ("nowhere", "no such option", "left out: tax", "2025–2026 stay", "1 of 9 draws dropped"):
        assert text in data.attrs["notice"]
    assert data.attrs["regions"] == ["North", "South", "Coast"] and data.attrs["draws_dropped"] == 1
    assert data.attrs["publishers" if "publishers" in one.attrs else "region_source"] == one.attrs["region_source"]
    assert data.attrs["seed"] == "1, 2" and "identity" in data.attrs["attributes_differ"]


def test_outcomes_are_read_where_they_are_needed(places: Path) -> None:
    data = _loaded(places)
    assert not data[REGIONAL].variable._in_memory
    whole = _loaded(places)[REGIONAL].load()
    keys: list[dict[str, Any]] = [
        {"draw": 9, "year": -1},
        {"draw": slice(None, None, -3), "region": [2, 0]},
        {"draw": [8, 0, 11, 0], "policy": slice(1, None)},
        {"draw": xr.DataArray([7, 8], dims="pair"), "region": xr.DataArray([0, 2], dims="pair")},
        {"draw": []},
    ]
    for key in keys:
        part = data[REGIONAL].isel(key)
        assert not part.variable._in_memory
        xr.testing.assert_identical(part.load(), whole.isel(key))
    warm = data.sel(draw=data["regime"] == "rapid", policy="ubi")[REGIONAL]
    xr.testing.assert_identical(warm.load(), whole.sel(draw=data["regime"] == "rapid", policy="ubi"))


def test_a_job_that_is_chosen_is_what_its_store_is(places: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        data, own = load(places, ["none", "ubi"]), load(places.parent / "b.zarr", ["none", "ubi"])
    chosen = data.sel(draw=data["job"] == 1).dropna("region", how="all")
    assert (design_of(data), design_of(chosen)) == ("multirun", "sobol")
    for outcome in (RATE, REGIONAL):
        xr.testing.assert_allclose(estimates(chosen, outcome), estimates(own, outcome))
    with pytest.warns(AnalysisWarning, match="settings of your choice"):
        estimates(data, RATE)
    with pytest.raises(ConfigError, match="design=saltelli, got one of design=multirun"):
        sobol_indices(data, RATE)
    with pytest.raises(ConfigError, match="index of several"):
        write_report(places)
    with pytest.raises(ConfigError, match="'tax', or not in all jobs"):
        load(places, ["tax"])


def test_inputs_by_group_are_joined_and_those_of_other_dimensions_are_named(tmp_path: Path) -> None:
    values, about = np.arange(18.0).reshape(9, 2), {"units": "1", "long_name": "pace", "distribution": "uniform(0, 1)"}
    pace = {"pace": (("draw", "group"), values, about)}
    cases = [
        StoreCase(regions=("North", "South"), attributes=_seeded(job), further={**pace, "lag": lag})
        for job, lag in enumerate([(("draw", "region"), values, about), (("draw",), values[:, 0], about)])
    ]
    data = _loaded(_index(tmp_path, dict(zip("ab", cases, strict=True))))
    np.testing.assert_array_equal(data["pace"], np.concatenate([values, values]))
    assert "lag" not in data and "of other dimensions, are left out: lag" in data.attrs["notice"]


def test_a_chosen_job_has_inputs_of_its_own_regions(tmp_path: Path) -> None:
    about = {"units": "years", "long_name": "lag", "distribution": "uniform(0, 1)"}
    lags, regions = np.random.default_rng(1).random((2, 9, 2)), (("North", "South"), ("South", "Coast"))
    cases = [
        StoreCase(regions=own, attributes=_seeded(job), further={"lag": (("draw", "region"), lags[job], about)})
        for job, own in enumerate(regions)
    ]
    data = _loaded(_index(tmp_path, dict(zip("ab", cases, strict=True))))
    for job in (0, 1):
        chosen = input_values(data.sel(draw=data["job"] == job), "lag")
        np.testing.assert_array_equal(chosen, lags[job].mean(axis=1))


def test_jobs_that_share_a_store_give_its_draws_once(tmp_path: Path) -> None:
    path = _index(tmp_path, {"a": StoreCase()})
    twice = [MultirunJob(overrides={"policy": name}, store="a.zarr", code=0) for name in ("[ubi]", "[levy]")]
    write_multirun(path, twice)
    data = _loaded(path)
    assert data.sizes["draw"] == 9 and "jobs 0, 1 share a store" in data.attrs["notice"]
    assert set(data["override_policy"].to_numpy()) == {"[ubi] | [levy]"}
    assert design_of(data) == "sobol"


def _sobol(seed: int, draws: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.stack([sobol.uniforms(seed, name, place, 0, draws) for place, name in enumerate(("x", "y"))])


def test_of_many_replicates_errors_are_those_between_them(tmp_path: Path) -> None:
    means, cases = [], {}
    for seed in range(16):
        values = _sobol(seed, 32).sum(axis=0).astype(np.float32)
        means.append(values.astype(float).mean())
        rate = (("policy", "draw", "year"), np.tile(values[:, None], (1, 1, 2)), {"units": "1", "long_name": "a sum"})
        cases[str(seed)] = StoreCase(
            policies=("none",), regimes=("slow",) * 32, years=2, further={RATE: rate}, attributes=_seeded(seed)
        )
    data = _loaded(_index(tmp_path, cases))
    assert design_of(data) == "sobol" and not data.attrs["notice"]
    found = estimates(data, RATE, (), pooled=True).isel(policy=0, year=-1)
    assert float(found["mean"]) == pytest.approx(np.mean(means))
    # Influence values are scaled as for an unbiased variance of the 512 draws.
    assert float(found["mean_error"]) == pytest.approx(np.std(means, ddof=1) / 4 * np.sqrt(512 / 511), rel=1e-5)


def test_errors_of_a_few_replicates_cover_and_are_smaller_than_of_independent_draws() -> None:
    hits, off, told, independent = 0, [], [], []
    for repeat in range(100):
        x, y = np.concatenate([_sobol(1000 + 4 * repeat + job, 128) for job in range(4)], axis=1)
        above = (x + y > 1.2).astype(float)
        influence = above - above.mean()
        error = float(standard_error(influence, "sobol"))
        off.append(above.mean() - 0.32)
        told.append(error)
        independent.append(float(standard_error(influence, "monte_carlo")))
        hits += abs(off[-1]) <= 1.96 * error
    # 100 intervals of 93 % cover 86 or more in 99 of 100 cases.
    assert hits >= 86
    rmse = float(np.sqrt(np.mean(np.square(off))))
    assert rmse < np.mean(told) < 0.8 * np.mean(independent)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"identity": json.dumps({"seed": 2, "years": 3})},
        {"policy_definitions": json.dumps({"ubi": {"doses": {"amount": 2}}})},
        {"design": "factorial"},
    ],
)
def test_only_jobs_that_differ_in_their_seed_alone_are_replicates(change: dict[str, Any], tmp_path: Path) -> None:
    known = {"policy_definitions": json.dumps({"ubi": {"doses": {"amount": 1}}})}
    assert design_of(_loaded(_pair(tmp_path / "same", known, known))) == "sobol"
    assert design_of(_loaded(_pair(tmp_path / "other", known, {**known, **change}))) == "multirun"


def _pair(folder: Path, first: dict[str, Any], second: dict[str, Any]) -> Path:
    folder.mkdir()
    cases = {"a": StoreCase(attributes=_seeded(1, **first)), "b": StoreCase(attributes={**_seeded(2), **second})}
    return _index(folder, cases)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "multirun"),
        ("{", "no index of a multirun"),
        ('{"format": "other", "jobs": [{"overrides": {}}]}', "format"),
        ('{"format": "scenaria multirun 1", "jobs": []}', "jobs"),
        ('{"format": "scenaria multirun 1", "jobs": [{"overrides": {}, "run": "x"}]}', "run"),
        ('{"format": "scenaria multirun 1", "jobs": [{"overrides": {"a": 1}}]}', "overrides.a"),
        *(
            (json.dumps({"format": "scenaria multirun 1", "jobs": [{"overrides": {}, "store": path}]}), "folder")
            for path in ("/etc", "../a.zarr", "b/../../a.zarr", "s3://b/a.zarr", "c:\\a", "link/a.zarr")
        ),
    ],
)
def test_an_index_that_is_none_or_leads_elsewhere_is_refused(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "i.json").write_text(text)
    with pytest.raises(ConfigError, match=told if told != "folder" else "folder|leads out"):
        load(folder / "i.json")


def test_overrides_that_differ_and_the_worst_exit_code() -> None:
    jobs = [["regions=world", "++seed=1", "draws=8"], ["regions=world", "++seed=2", "draws=8"]]
    assert differing(jobs) == [{"seed": "1"}, {"seed": "2"}]
    assert differing([["a=1"], ["a=1", "b=x=y"]]) == [{}, {"b": "x=y"}]
    assert [worst(codes) for codes in ([0, 0], [0, 5], [5, 2], [2, 4], [4, 3], [3, 1])] == [0, 5, 2, 4, 3, 1]


@pytest.mark.parametrize(
    ("stores", "folder"),
    [
        (["/r/a.zarr", "/r/b.zarr"], "/r"),
        (["/r/a.zarr", "/r/ab/b.zarr", "/r/ac.zarr"], "/r"),
        (["/r/a.zarr", "/other/b.zarr"], None),
        (["s3://b/a.zarr", "s3://b/p/b.zarr"], "s3://b"),
        (["s3://b/a.zarr", "s3://c/a.zarr"], None),
        (["s3://b/a.zarr", "/r/a.zarr"], None),
    ],
)
def test_an_index_lies_where_all_stores_are(stores: list[str], folder: str | None) -> None:
    assert _common(stores) == folder
