"""A store in a folder: files that are whole, and on disk as their folders are, before anyone is told of them."""

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from sys import intern
from typing import Any

from zarr.storage import LocalStore

from sweep.store.lock import FileLock

__all__ = ["Folder"]

# One folder for what is being written, where Zarr doesn't look: readers never meet it, and what a kill leaves is found.
PARTIAL = "status/partial"


def _flush(path: Path | str) -> None:
    """Have a file's content, or a folder's entries, on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files under a root; they take their names last, so that a power cut never leaves one with half a content.

    They are written first and flushed then, which costs a third of flushing one by one.
    """
    folders = {(root / folder) for folder in {name.rpartition("/")[0] for name in files}}
    for folder in (root / PARTIAL, *folders):
        folder.mkdir(parents=True, exist_ok=True)
    # Of texts, since paths would take as long as the files themselves.
    prefix = f"{root / PARTIAL}/{uuid.uuid4().hex}-"
    temporary = {name: f"{prefix}{number}" for number, name in enumerate(files)}
    try:
        for name, part in temporary.items():
            with open(part, "xb") as file:
                file.write(files[name])
        for part in temporary.values():
            _flush(part)
        for name, part in temporary.items():
            os.replace(part, f"{root}/{name}")  # noqa: PTH105
        # Innermost first, up to the root: each may be new.
        above = {each for folder in folders for each in (folder, *folder.parents) if each.is_relative_to(root)}
        for folder in sorted(above, key=lambda folder: len(folder.parts), reverse=True):
            _flush(folder)
    except BaseException:
        for part in temporary.values():
            Path(part).unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Folder:
    """A place on a file system."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """Last part of the path."""
        return self.path.name

    @property
    def parent(self) -> "Folder":
        """The folder that it is in."""
        return Folder(self.path.parent)

    def beside(self, name: str) -> "Folder":
        """The place of another name in the same folder."""
        return Folder(self.path.with_name(name))

    def exists(self) -> bool:
        """Whether anything is there, be it a store or not."""
        return self.path.exists() or self.path.is_symlink()

    def read(self, name: str) -> bytes:
        """A file's content. Raises FileNotFoundError."""
        return (self.path / name).read_bytes()

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """Contents of those files that are there."""
        found = {}
        for name in names:
            with suppress(FileNotFoundError, NotADirectoryError):
                found[name] = self._content(name)
        return found

    def _content(self, name: str) -> bytes:
        try:
            return self.read(name)
        except OSError as error:
            # A bad sector: there, and of no use. All else may be of the way there.
            if error.errno != errno.EIO:
                raise
            return b""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files so that each is there whole or as it was, and all last once this returns."""
        _write(self.path, files)

    def create(self, files: Mapping[str, bytes]) -> bool:
        """Write the first files of a store, which appears under its name once it is whole; whether none was there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=self.path.parent))
        try:
            temporary.chmod(0o755)
            _write(temporary, files)
            temporary.rename(self.path)
            _flush(self.path.parent)
        except OSError:
            if not any((self.path / name).is_file() for name in files):
                raise
            return False
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return True

    def claim(self, name: str, content: bytes) -> bool:
        """Write a file; whether it is this one that counts: on a disk the last writer's does."""
        self.write({name: content})
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Remove files so that they stay removed after a power cut."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)
        for folder in {(self.path / name).parent for name in names}:
            if folder.is_dir():
                _flush(folder)

    def remove_partial(self) -> None:
        """Remove what killed writers left half written."""
        for file in (self.path / PARTIAL).glob("*"):
            file.unlink(missing_ok=True)

    def folders(self) -> list[str]:
        """Names of the folders in it: those of arrays."""
        return sorted(entry.name for entry in os.scandir(self.path) if entry.is_dir())

    def files(self, folder: str) -> list[str]:
        """Names, from the place on, of the files in one of its folders."""
        if not (self.path / folder).is_dir():
            return []
        return sorted(f"{folder}/{entry.name}" for entry in os.scandir(self.path / folder) if entry.is_file())

    def tree(self, folder: str) -> list[str]:
        """Names, from the place on, of the files in one of its folders and in those that it holds."""
        found = [path for path in (self.path / folder).rglob("*") if path.is_file()]
        return sorted(path.relative_to(self.path).as_posix() for path in found)

    def sizes(self) -> dict[str, dict[str, int]]:
        """Size of every file of the arrays, by array and the file's name in it."""
        found: dict[str, dict[str, int]] = {}
        for folder in self.folders():
            with os.scandir(self.path / folder) as entries:
                # Names of chunks recur in all arrays.
                found[folder] = {intern(entry.name): entry.stat().st_size for entry in entries if entry.is_file()}
        return found

    def free_bytes(self) -> int | None:
        """Room that is left, None where there is no limit."""
        there = next(folder for folder in self.path.parents if folder.is_dir())
        return shutil.disk_usage(there).free

    def zarr(self) -> Any:
        """For Zarr to read from."""
        return LocalStore(self.path, read_only=True)

    def lock(self) -> FileLock:
        """Its lock."""
        return FileLock(self.path)
