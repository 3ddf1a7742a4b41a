"""Stores in a bucket, on a server that answers late, wrongly or not at all: the content is the undisturbed one."""

import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from analysis import fan, load
from sweep import store
from sweep.command import Ended
from sweep.composition import Job
from sweep.errors import ConfigError, InUseError, StorageError
from sweep.inspection import inspect
from sweep.jobs import run_jobs
from sweep.run import begin, remaining
from sweep.screen import Screen
from sweep.store import bucket, place
from tests.faults.object_server import BUCKET, FAULTS, Line, credentials, object_server
from tests.faults.worker import patched, run_study, small, start, wait_for

ARGUMENTS = ("store.draws_per_chunk=8", "executor.workers=2")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with object_server(tmp_path_factory.mktemp("objects")) as port:
        yield port


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_study(tmp_path_factory.mktemp("local") / "undisturbed.zarr")


@pytest.fixture
def line(server: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A line that harms nothing until it is told to; all clients use it."""
    harmless = Line(server)
    with harmless.open() as port:
        _use(monkeypatch, port)
        yield harmless


def _use(monkeypatch: pytest.MonkeyPatch, port: int, seconds: float = 10) -> None:
    for name, value in credentials(port).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bucket, "TIMEOUT", timedelta(seconds=seconds))
    monkeypatch.setattr(bucket, "PAUSE", 0.05)
    bucket._connected.cache_clear()


@pytest.fixture
def url(line: Line) -> str:
    return f"s3://{BUCKET}/{uuid.uuid4().hex}/s.zarr"


def _say(url: str, command: str = "verify") -> str:
    text, code = inspect(command, url)
    assert code == 0, text
    return text


def test_a_store_in_a_bucket_is_that_on_a_disk(expected: str, url: str, tmp_path: Path) -> None:
    assert run_study(url, *ARGUMENTS) == expected
    assert "sound; 5 tasks checked; complete" in _say(url)
    assert "complete, 120 of 120 runs" in _say(url, "status")
    run_study(tmp_path / "s.zarr", *ARGUMENTS)
    assert load(url).load().equals(load(tmp_path / "s.zarr").load())
    assert store.owner(url) is None


def test_statistics_in_a_bucket_are_those_on_a_disk(url: str, tmp_path: Path) -> None:
    overrides = ("outputs.keep=statistics", *ARGUMENTS)
    assert run_study(url, *overrides) == run_study(tmp_path / "s.zarr", *overrides)
    assert "5 tasks and 1 record of 40 draws checked" in _say(url)
    assert fan(load(url), "gdp")["draws"].to_numpy().tolist() == [40]


def test_several_jobs_have_their_index_beside_their_stores(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = iter([Ended(place(f"{url}-{seed}")) for seed in (1, 2) if run_study(f"{url}-{seed}", f"seed={seed}")])
    monkeypatch.setattr("sweep.jobs.sweep", lambda *_: next(ended))
    assert run_jobs([Job({}, [f"seed={seed}"], "") for seed in (1, 2)], Screen(quiet=True)) == 0
    index = capsys.readouterr().out.split()[-1]
    assert index.startswith(f"{url.removesuffix('/s.zarr')}/multirun-")
    data = load(index)
    assert data["seed"].to_numpy().tolist() == [1] * 40 + [2] * 40
    assert data["gdp"].isel(draw=slice(40, None)).to_numpy().tolist() == load(f"{url}-2")["gdp"].to_numpy().tolist()
    with pytest.raises(ConfigError, match=r"no index of a multirun: .*no such object"):
        load(f"{index}.json")


@pytest.mark.parametrize("fault", FAULTS)
def test_one_kind_of_fault(fault: str, expected: str, url: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "hang":
        monkeypatch.setattr(bucket, "TIMEOUT", timedelta(seconds=1))
        bucket._connected.cache_clear()
    # What was harmed is asked for four times: a higher rate would have a run fail by chance, and rightly.
    line.faults, line.rate = (fault,), {"hang": 0.02, "corrupted": 0.04}.get(fault, 0.08)
    assert run_study(url, *ARGUMENTS) == expected
    assert line.done[fault] > 2
    line.faults = ()
    assert "complete" in _say(url)


def test_all_faults_at_once_and_a_client_that_gives_up_and_comes_again(expected: str, url: str, line: Line) -> None:
    line.faults, line.rate = FAULTS[:4] + FAULTS[5:], 0.3
    acknowledged: set[str] = set()
    for _ in range(20):
        try:
            content = run_study(url, *ARGUMENTS, "store.lock=take")
            break
        except (ConfigError, OSError):
            line.rate *= 0.7
            before, acknowledged = acknowledged, _markers(url, line)
            assert before <= acknowledged
            place(url).remove(["status/lock"])
    assert content == expected
    assert acknowledged <= _markers(url, line)


def _markers(url: str, line: Line) -> set[str]:
    """Markers that count, read over a line without faults."""
    faults, line.faults = line.faults, ()
    try:
        found = store.survey(url, thorough=True)
    except ConfigError:
        return set()
    finally:
        line.faults = faults
    assert not found.damaged
    return {marker.name for marker in found.markers}


def test_expired_credentials_stop_a_run_and_lose_nothing(
    expected: str, url: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, left = bucket.Bucket.claim, iter(range(3))

    def expiring(self: bucket.Bucket, name: str, content: bytes) -> bool:
        done = write(self, name, content)
        line.expired = next(left, None) is None
        return done

    with monkeypatch.context() as patch, pytest.raises(StorageError, match="no permission, or expired credentials"):
        patch.setattr(bucket.Bucket, "claim", expiring)
        run_study(url, *ARGUMENTS)
    with pytest.raises(StorageError, match="can't be read: no permission, or expired credentials"):
        inspect("verify", url)
    line.expired = False
    assert len(_markers(url, line)) >= 2
    place(url).remove(["status/lock"])
    assert run_study(url, *ARGUMENTS) == expected


def test_a_server_that_ignores_conditions_is_refused_before_anything_is_written(url: str, line: Line) -> None:
    line.ignore_conditions = True
    with pytest.raises(StorageError, match="ignores conditional writes"):
        run_study(url)
    assert place(url).sizes() == {}


def test_a_second_run_is_refused_and_a_stale_lock_is_taken_on_an_explicit_word_alone(
    url: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = start(url, *ARGUMENTS, pause=0.2)
    wait_for(lambda: store.read_attributes(url) is not None and store.owner(url) is not None, process)
    with pytest.raises(InUseError, match=f"in use by process {process.pid}"):
        run_study(url, *ARGUMENTS)
    process.kill()
    process.join()
    with pytest.raises(InUseError, match=r"if you know that it is dead, add store\.lock=take once"):
        run_study(url, *ARGUMENTS)
    with pytest.raises(InUseError), store.locked(url, take=True):
        pass
    monkeypatch.setattr(bucket, "STALE", 0.5)
    time.sleep(2)
    with pytest.raises(InUseError), store.locked(url):
        pass
    told: list[str] = []
    with store.locked(url, take=True, notify=told.append):
        assert f"taking over from process {process.pid}" in told[0]
    assert store.owner(url) is None
    assert run_study(url, *ARGUMENTS) == expected


def test_a_frozen_owner_learns_that_it_lost(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run_study(url)
    monkeypatch.setattr("sweep.store.holding.BEAT", 0.05)
    lost = threading.Event()
    with store.locked(url, lost=lambda text: lost.set()):
        time.sleep(0.3)
        assert not lost.is_set()
        place(url).write({"status/lock": b'{"key": "another"}'})
        assert lost.wait(5)
    assert place(url).read("status/lock") == b'{"key": "another"}'


def test_one_of_many_takes_the_lock(url: str) -> None:
    begin(small(url))
    held: list[int] = []
    refused = threading.Semaphore(0)
    together = threading.Barrier(8)

    def take(number: int) -> None:
        together.wait()
        try:
            with store.locked(url):
                held.append(number)
                for _ in range(7):
                    refused.acquire(timeout=30)
        except InUseError:
            refused.release()

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1


def test_damage_is_found_and_repaired(url: str, expected: str) -> None:
    run_study(url, *ARGUMENTS)
    at, chosen = place(url), small(url, *ARGUMENTS)
    chunk = at.read("gdp/c.1.2.0.0")
    at.write({"gdp/c.1.2.0.0": chunk[:-1] + bytes([chunk[-1] ^ 1])})
    at.remove(["wage/c.0.3.0.0"])
    text, code = inspect("verify", url)
    assert code == 1 and "draws 16–23" in text and "draws 24–31" in text
    with patched():
        assert [task.start for task in remaining(chosen, url)] == [16, 24]
    assert run_study(url, *ARGUMENTS) == expected


def test_bad_addresses_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"expected a folder or s3://BUCKET/NAME\.zarr, gs://"):
        place("ftp://host/store.zarr")
    with pytest.raises(ConfigError, match="expected a folder or s3://"):
        place("s3://")
    _use(monkeypatch, 1)
    monkeypatch.setattr(bucket, "ATTEMPTS", 1)
    monkeypatch.setattr(bucket, "RETRIES", 1)
    with pytest.raises(StorageError, match=r"s3://nowhere/s\.zarr can't be read"):
        run_study("s3://nowhere/s.zarr")
