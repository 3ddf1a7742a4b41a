"""A finished store is read by Zarr implementations that wrote none of it, bit for bit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import xarray as xr
import zarr

from sweep.draw_table import draw_table
from sweep.regions import load_regions
from sweep.store.rounding import rounded
from tests.faults.worker import closed_form, run_study, small
from tests.statistics_cases import STATISTICS


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Chunks in two dimensions, the last of which isn't full.
    path = tmp_path_factory.mktemp("readers") / "s.zarr"
    run_study(path, "store.draws_per_chunk=16")
    return path


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readers") / "counted.zarr"
    run_study(path, STATISTICS)
    return path


def by_tensorstore(array: Path) -> np.ndarray:
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": f"{array}/"}}
    return np.asarray(tensorstore.open(spec, read=True).result().read().result())


def by_zarr(array: Path) -> np.ndarray:
    return np.asarray(zarr.open_array(array, mode="r")[...])


def by_xarray(array: Path) -> np.ndarray:
    values: np.ndarray = xr.open_zarr(array.parent, consolidated=False, mask_and_scale=False)[array.name].to_numpy()
    return values


READERS = [by_tensorstore, by_zarr, by_xarray]


@pytest.mark.parametrize("read", READERS)
def test_what_was_computed_is_what_others_read(read: Any, finished: Path) -> None:
    study = small(finished, "store.draws_per_chunk=16")
    economy = load_regions(study.regions)
    table = draw_table(study, economy.regions, 0, study.draws)
    policies = [policy.instruments(table) for policy in study.policies if policy.name != "none"]
    outcomes = closed_form(economy, table, policies, study.years, study.outputs, {})
    about = json.loads((finished / "gdp" / "zarr.json").read_text())
    assert [codec["name"] for codec in about["codecs"]] == ["bytes", "blosc", "crc32c"]
    assert about["codecs"][1]["configuration"]["shuffle"] == "bitshuffle"
    expected: dict[str, np.ndarray] = {
        "reinstatement": table["reinstatement"],
        "national_gdp": outcomes["national_gdp"],
        "gdp": rounded(outcomes["gdp"], about["attributes"]),
    }
    assert {expected["gdp"].ndim, expected["national_gdp"].ndim} == {3, 4}
    for name, values in expected.items():
        found = read(finished / name)
        assert (found.dtype, found.shape) == (values.dtype, values.shape)
        assert found.tobytes() == np.ascontiguousarray(values).tobytes()


def arrays(folder: Path) -> dict[str, Path]:
    """Folders of arrays by name."""
    found = {path.parent.name: path.parent for path in folder.glob("*/zarr.json")}
    return {name: path for name, path in found.items() if json.loads((path / "zarr.json").read_text()).get("shape")}


@pytest.mark.parametrize("place", ["finished", "counted/statistics/gdp"])
def test_tensorstore_reads_all_numbers_and_no_text(place: str, request: pytest.FixtureRequest) -> None:
    name, _, group = place.partition("/")
    folder = request.getfixturevalue(name) / group
    texts = set()
    for name, path in arrays(folder).items():
        if json.loads((path / "zarr.json").read_text())["data_type"] == "string":
            texts.add(name)
            with pytest.raises(ValueError, match="string"):
                by_tensorstore(path)
        else:
            found, own = by_tensorstore(path), by_zarr(path)
            assert (found.dtype, found.shape, found.tobytes()) == (own.dtype, own.shape, own.tobytes()), name
    assert {"policy", "region"} <= texts
    assert len(arrays(folder)) > len(texts) + 3


def test_a_changed_chunk_is_refused_by_tensorstore(finished: Path, tmp_path: Path) -> None:
    for path in (finished / "national_gdp").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    chunk = tmp_path / "c.0.0.0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    chunk.write_bytes(content)
    with pytest.raises(ValueError, match=r"(?i)checksum|digest|crc"):
        by_tensorstore(tmp_path)
