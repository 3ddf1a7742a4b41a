"""A disk that is full and folders that can't be written: a clear refusal, and the store continues."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sweep import store
from sweep.__main__ import config_folder
from sweep.errors import StorageError
from tests.faults.worker import command, run_study

ARGUMENTS = ("store.draws_per_chunk=4", "executor.workers=2")
# Enough for the frame and some of the tasks.
SMALL, LARGE = "700k", "8m"
NOBODY = 65534


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run_study(tmp_path_factory.mktemp("disk") / "undisturbed.zarr")


def _as_root(*words: str | Path) -> str:
    """Run a command as root; "", or why it can't."""
    rights = () if os.geteuid() == 0 else ("sudo", "-n")
    try:
        return subprocess.run([*rights, *words], capture_output=True, text=True, check=True).stderr
    except FileNotFoundError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return f"{error}: {error.stderr.strip()}"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    if why := _as_root("mount", "-t", "tmpfs", "-o", f"size={SMALL},mode=1777", "scenaria", place):
        pytest.skip(f"a full disk is not tested, since none can be mounted: {why}")
    try:
        yield place
    finally:
        assert not _as_root("umount", place)


def test_a_full_disk_stops_the_command_and_it_continues_once_there_is_room(
    disk: Path, expected: str, tmp_path: Path
) -> None:
    path, log = disk / "s.zarr", tmp_path / "log"
    acknowledged: set[str] = set()
    for _ in range(2):
        process = command(path, *ARGUMENTS, log=log)
        process.join()
        assert process.exitcode == StorageError.code == 3, log.read_text()
        assert "store.path: " in log.read_text()
        found = store.survey(path, thorough=True)
        assert not found.damaged
        assert not found.whole and not found.attributes["complete"] and not store.read_seal(path)
        names = {marker.name for marker in found.markers}
        assert names and acknowledged <= names
        acknowledged = names
    assert not _as_root("mount", "-o", f"remount,size={LARGE}", disk)
    assert run_study(path) == expected
    assert acknowledged <= {marker.name for marker in store.survey(path, thorough=True).markers}


def test_a_store_that_the_disk_fills_up_under_is_not_begun(disk: Path) -> None:
    few, ballast = ("draws=8", "policy=[]"), disk / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(4096))
    os.truncate(ballast, ballast.stat().st_size - 20_000)
    with pytest.raises(StorageError, match=r"No space left on device.*the same command continues"):
        run_study(disk / "s.zarr", *few)
    assert list(disk.iterdir()) == [ballast]
    ballast.unlink()
    assert run_study(disk / "s.zarr", *few)


@contextmanager
def _bound_by_permissions() -> Iterator[None]:
    """Be another user where this is root, whom permissions don't bind."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users can reach."""
    with _bound_by_permissions():
        if not os.access(config_folder(), os.R_OK | os.X_OK, effective_ids=True):
            pytest.skip(f"permissions are not tested, since they don't bind root, and no other user reads {__file__}")
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def _permit(folder: Path, forbidden: str = "") -> None:
    """Let everybody write in a folder, but not add to or take from one of the folders in it."""
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o777 if each.is_dir() else 0o666)
    if forbidden:
        (folder / forbidden).chmod(0o555)


@pytest.mark.parametrize("forbidden", [".", "s.zarr", "s.zarr/gdp", "s.zarr/status", "s.zarr/status/tasks"])
def test_a_run_without_permission_is_refused_and_continues_once_it_has_it(
    forbidden: str, expected: str, folder: Path
) -> None:
    path = folder / "s.zarr"
    begun = forbidden != "."
    if begun:
        run_study(path, *ARGUMENTS)
        for file in sorted(path.glob("status/tasks/*"))[4:]:
            file.unlink()
    before = store.survey(path).markers if begun else ()
    _permit(folder, forbidden)
    with (
        _bound_by_permissions(),
        pytest.raises(StorageError, match=r"Permission denied.*the same command continues") as caught,
    ):
        run_study(path, *ARGUMENTS)
    assert caught.value.code == 3
    assert path.exists() == begun
    if begun:
        found = store.survey(path, thorough=True)
        assert not found.damaged
        assert (len(before), found.markers, found.whole) == (4, before, False)
    _permit(folder)
    with _bound_by_permissions():
        assert run_study(path, *ARGUMENTS) == expected


@pytest.mark.parametrize("hidden", ["s.zarr", "s.zarr/zarr.json"])
def test_a_store_that_may_not_be_read_is_no_other_kind_of_error(hidden: str, folder: Path) -> None:
    run_study(folder / "s.zarr", *ARGUMENTS, "draws=8", "policy=[]")
    _permit(folder)
    (folder / hidden).chmod(0)
    with _bound_by_permissions(), pytest.raises(StorageError, match=r"s\.zarr can't be read: Permission denied"):
        run_study(folder / "s.zarr", *ARGUMENTS, "draws=8", "policy=[]")
    _permit(folder)
