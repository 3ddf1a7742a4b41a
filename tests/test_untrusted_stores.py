"""Stores that someone else made: refused with a message where opening them could do harm, and never a traceback."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from analysis import load
from analysis.__main__ import main
from sweep import store
from sweep.errors import ConfigError, DamageError
from sweep.inspection import inspect
from sweep.plan import digest
from tests.faults.worker import run_study
from tests.store_cases import StoreCase


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    run_study(tmp_path / "s.zarr", "draws=8", "policy=[]", "executor.workers=1")
    return tmp_path / "s.zarr"


def _changed(file: Path, change: Callable[[Any], None]) -> None:
    metadata = json.loads(file.read_text(encoding="utf-8"))
    change(metadata)
    file.write_text(json.dumps(metadata), encoding="utf-8")


def _pickled(metadata: Any) -> None:
    metadata["codecs"] = [{"name": "numcodecs.pickle", "configuration": {}}]


def _pickled_in_shards(metadata: Any) -> None:
    inner = {"chunk_shape": [1], "codecs": [{"name": "numcodecs.pickle"}], "index_codecs": []}
    metadata["codecs"] = [{"name": "sharding_indexed", "configuration": inner}]


def _absurd(metadata: Any) -> None:
    metadata["shape"] = [10**18 for _ in metadata["shape"]]


def _huge_chunks(metadata: Any) -> None:
    metadata["chunk_grid"]["configuration"]["chunk_shape"] = [10**6 for _ in metadata["shape"]]


def _objects(metadata: Any) -> None:
    metadata["data_type"] = "variable_length_bytes"


def _nested(metadata: Any) -> None:
    metadata["codecs"] = "[" * 10


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_pickled, "codec 'numcodecs.pickle' isn't one of"),
        (_pickled_in_shards, "codec 'numcodecs.pickle' isn't one of"),
        (_absurd, "expected lengths up to"),
        (_huge_chunks, "too large"),
        (_objects, "data type 'variable_length_bytes'"),
        (_nested, "its metadata isn't that of an array"),
    ],
)
def test_harmful_arrays_are_refused_by_every_reader(change: Callable[[Any], None], told: str, finished: Path) -> None:
    _changed(finished / "gdp/zarr.json", change)
    for read in (store.open_store, store.survey, load, lambda path: inspect("status", str(path))):
        with pytest.raises(DamageError, match=told):
            read(finished)
    assert "Traceback" not in inspect("verify", str(finished))[0]


def test_a_pickle_is_never_loaded(finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Harm:
        def __reduce__(self) -> Any:
            return Path.touch, (tmp_path / "harm",)

    _changed(finished / "gdp/zarr.json", _pickled)
    for file in finished.glob("gdp/c.*"):
        file.write_bytes(pickle.dumps(Harm()))
    assert main([str(finished)]) == 2
    assert "numcodecs.pickle" in capsys.readouterr().err
    assert not (tmp_path / "harm").exists()


def test_metadata_hidden_in_the_root_is_not_used(finished: Path) -> None:
    def hide(metadata: Any) -> None:
        hidden = json.loads((finished / "gdp/zarr.json").read_text(encoding="utf-8"))
        _absurd(hidden)
        metadata["consolidated_metadata"] = {"kind": "inline", "must_understand": False, "metadata": {"gdp": hidden}}

    _changed(finished / "zarr.json", hide)
    assert store.survey(finished, thorough=True).whole
    assert store.open_store(finished)["gdp"].sizes["draw"] == 8
    assert store.TaskWriter(finished).arrays["gdp"].shape[1] == 8


def _marker(finished: Path) -> Path:
    return next(finished.glob("status/tasks/*.json"))


def _away(content: Any) -> None:
    content["chunks"] = {f"../../{key}": chunk for key, chunk in content["chunks"].items()}


def _typed_otherwise(content: Any) -> None:
    content["start"], content["failures"] = "0", [[1, "x", {}, None]]


def _of_nobody(content: Any) -> None:
    content["policies"] = ["nobody"]


@pytest.mark.parametrize("change", [_away, _typed_otherwise, _of_nobody])
def test_forged_markers_count_for_nothing(change: Callable[[Any], None], finished: Path) -> None:
    file = _marker(finished)
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["checksum"]
    change(content)
    (finished / "status/tasks" / file.name).write_text(json.dumps({**content, "checksum": digest(content)}))
    before = sorted(finished.parent.rglob("*"))
    assert not store.survey(finished, thorough=True).whole
    text, code = inspect("verify", str(finished))
    assert code == 1, text
    assert set(finished.parent.rglob("*")) <= set(before)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"attributes": ' * 20_000, "\x00", "null", '{"attributes": []}'])
def test_a_root_that_is_none_is_told(text: str, finished: Path) -> None:
    (finished / "zarr.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="no store of a sweep"):
        store.open_store(finished)


def test_text_of_a_store_is_no_markup_in_its_report(tmp_path: Path) -> None:
    name = '<script>alert("x")</script>'
    case = StoreCase(policies=("none", name), attributes={"title": name, "region_source": name, "config": name})
    case.write(tmp_path / "s.zarr")
    assert main(["report", str(tmp_path / "s.zarr"), "--out", str(tmp_path / "report.html")]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    # Its own data and its own script.
    assert page.count("<script") == 2 and "&lt;script" in page and "<script>alert" not in page
