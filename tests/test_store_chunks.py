"""Chunks without Zarr in between: what is stored is what Zarr would store, and all of it is read in bounded memory."""

import importlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st
from zarr.storage import MemoryStore

from sweep.executors.serial import SerialExecutor
from sweep.plan import digest
from sweep.store import streams, survey
from sweep.store.chunks import compressors, decoded, encoded, is_plain
from tests.faults.worker import run_study

survey_module = importlib.import_module("sweep.store.survey")


def _array(held: dict[str, Any], dtype: str, chunks: tuple[int, ...], fill: float, codecs: list[Any]) -> Any:
    shape = (2, 2 * chunks[1], *chunks[2:])
    with zarr.config.set({"array.write_empty_chunks": True}):
        return zarr.create_array(
            MemoryStore(held), shape=shape, chunks=chunks, dtype=dtype, fill_value=fill, compressors=codecs
        )


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["f4", "f8", "i1"]),
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from([(), (3,), (2, 4)]),
    st.data(),
)
def test_a_chunk_is_stored_as_zarr_stores_it(
    dtype: str, length: int, count: int, rest: tuple[int, ...], data: st.DataObject
) -> None:
    held: dict[str, Any] = {}
    count = min(count, length)
    array = _array(held, dtype, (1, length, *rest), np.nan if dtype.startswith("f") else 0, compressors())
    values = np.random.default_rng(data.draw(st.integers(0, 99))).normal(0, 50, (count, *rest)).astype(dtype)
    array[0, :length] = array.fill_value
    array[0, :count] = values
    (stored,) = [content.to_bytes() for name, content in held.items() if name.startswith("c/0/0")]
    assert is_plain(array) and encoded(values, array) == stored
    np.testing.assert_array_equal(decoded(stored, array), array[:1, :length])


def test_a_chunk_that_changed_is_refused() -> None:
    array = _array({}, "f4", (1, 8), np.nan, compressors())
    whole = encoded(np.arange(8, dtype="f4"), array)
    for other in (b"", whole[:-1], whole[1:], bytes([whole[0] ^ 1]) + whole[1:]):
        with pytest.raises((RuntimeError, ValueError)):
            decoded(other, array)
    assert not is_plain(_array({}, "f4", (1, 8), np.nan, compressors()[:1]))


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("chunks") / "s.zarr"
    run_study(path, "store.draws_per_chunk=8")
    return path


@pytest.mark.parametrize(("readers", "most_bytes", "at_once"), [(1, 2**26, 1), (8, 0, 1), (3, 2**26, 3)])
def test_content_is_the_same_whoever_reads_and_no_more_is_held_than_may_be(
    readers: int, most_bytes: int, at_once: int, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = json.loads((finished / "status/COMPLETE").read_text())["content_sha256"]
    pools: list[int] = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, most: int) -> None:
            pools.append(most)
            super().__init__(most)

    monkeypatch.setattr(survey_module, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(survey_module, "_MOST_READERS", readers)
    monkeypatch.setattr(survey_module, "_MOST_BYTES", most_bytes)
    assert survey(finished, thorough=True).content == expected
    assert pools == [at_once]


def test_each_reader_holds_one_chunk(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, held, most = Lock(), 0, 0

    def counted(*arguments: Any) -> Any:
        nonlocal held, most
        with lock:
            held += 1
            most = max(most, held)
        values = original(*arguments)
        assert values is not None and len(values) <= 8
        with lock:
            held -= 1
        return values

    original = streams.stored
    monkeypatch.setattr(streams, "stored", counted)
    monkeypatch.setattr(survey_module, "_MOST_READERS", 3)
    assert survey(finished, thorough=True).content
    assert 1 <= most <= 3


@pytest.mark.parametrize("values", [["none", "Übung", 'a "b"'], list(range(10)), [], ["x"] * 7])
def test_the_hash_of_texts_is_that_of_their_list(values: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey_module, "_TEXTS", 3)
    assert survey_module._text_hash(np.array(values)) == digest([str(value) for value in np.array(values)])


@pytest.mark.parametrize("damage", ["gdp/c.1.1.0.0", "status/c.0.2", "regime/c.0"])
def test_other_workers_that_read_find_the_same_hash_and_the_same_damage(
    damage: str, finished: Path, tmp_path: Path
) -> None:
    path, readers = tmp_path / "s.zarr", SerialExecutor(2)
    shutil.copytree(finished, path)
    assert survey(path, thorough=True, readers=readers).content == survey(path, thorough=True).content != ""
    content = bytearray((path / damage).read_bytes())
    content[len(content) // 2] ^= 1
    (path / damage).write_bytes(content)
    found = survey(path, thorough=True, readers=readers)
    assert found.damaged and not found.content
    assert found.damaged == survey(path, thorough=True).damaged


def test_doubt_that_a_second_look_lifts_leaves_the_hash_as_it_is(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = survey(finished, thorough=True).content
    doubted: list[str] = []

    def once(at: Any, array: Any, key: str, *rest: Any) -> Any:
        if key == "gdp/c.1.1.0.0" and not doubted:
            doubted.append(key)
            return None
        return original(at, array, key, *rest)

    original = streams.stored
    monkeypatch.setattr(streams, "stored", once)
    found = survey(finished, thorough=True)
    assert doubted and not found.damaged and found.content == expected
