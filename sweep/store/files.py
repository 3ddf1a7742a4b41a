"""Files that last: whole, on disk, and in folders that are on disk, before anyone is told of them."""

import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from zarr.core.buffer import Buffer
from zarr.storage import LocalStore

__all__ = ["PARTIAL", "Batch", "flush", "remove_files", "remove_partial", "sizes", "write_files"]

# One folder for what is being written, where Zarr doesn't look: readers never meet it, and what a kill leaves is found.
PARTIAL = "status/partial"


def flush(path: Path) -> None:
    """Have a file's content, or a folder's entries, on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _folders(root: Path, names: Iterator[str]) -> list[Path]:
    """The folders of those files, innermost first, up to the root: each may be new."""
    parents = {folder for name in names for folder in (root / name).parents if folder.is_relative_to(root)}
    return sorted(parents | {root}, key=lambda folder: len(folder.parts), reverse=True)


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files under a root so that each is there whole or as it was, and all last once this returns.

    They are written first and flushed then, which costs a third of flushing one by one, and take their names last:
    a power cut never leaves a name with half a content.
    """
    temporary: dict[Path, Path] = {}
    (root / PARTIAL).mkdir(parents=True, exist_ok=True)
    try:
        for name, content in files.items():
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            part = root / PARTIAL / uuid.uuid4().hex
            temporary[target] = part
            part.write_bytes(content)
        for part in temporary.values():
            flush(part)
        for target, part in temporary.items():
            part.replace(target)
        for folder in _folders(root, iter(files)):
            flush(folder)
    except BaseException:
        for part in temporary.values():
            part.unlink(missing_ok=True)
        raise


def remove_files(root: Path, names: list[str]) -> None:
    """Remove files so that they stay removed after a power cut."""
    for name in names:
        (root / name).unlink(missing_ok=True)
    for folder in {(root / name).parent for name in names}:
        if folder.is_dir():
            flush(folder)


def sizes(root: Path) -> dict[str, int]:
    """Size of every file of the arrays under a root, by name."""
    found: dict[str, int] = {}
    with os.scandir(root) as arrays:
        folders = [entry.name for entry in arrays if entry.is_dir()]
    for folder in folders:
        with os.scandir(root / folder) as entries:
            found |= {f"{folder}/{entry.name}": entry.stat().st_size for entry in entries if entry.is_file()}
    return found


def remove_partial(root: Path) -> None:
    """Remove what killed writers left half written."""
    for file in (root / PARTIAL).glob("*"):
        file.unlink(missing_ok=True)


class Batch(LocalStore):
    """A Zarr store on disk whose writes are held back, to be written as one batch of files that last."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.files: dict[str, bytes] = {}

    async def set(self, key: str, value: Buffer) -> None:
        """Hold a chunk back."""
        self.files[key] = value.to_bytes()

    def set_sync(self, key: str, value: Buffer) -> None:
        """Hold a chunk back."""
        self.files[key] = value.to_bytes()

    def write(self) -> None:
        """Write what was held back."""
        files, self.files = self.files, {}
        write_files(Path(self.root), files)
