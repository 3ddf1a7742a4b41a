"""Where a store is: a folder or a bucket; the rest of the package knows only what is common to both."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from sweep.errors import ConfigError
from sweep.store.folder import Folder
from sweep.store.lock import Lock

__all__ = ["SCHEMES", "Place", "Where", "place"]

SCHEMES = ("s3", "gs", "az")


@runtime_checkable
class Place(Protocol):
    """Holds files under names such as `gdp/c.0`; what is written lasts, and is there whole or not at all."""

    @property
    def name(self) -> str:
        """Last part of the path."""
        ...

    @property
    def parent(self) -> "Place":
        """The folder that it is in."""
        ...

    def beside(self, name: str) -> "Place":
        """The place of another name in the same folder."""
        ...

    def exists(self) -> bool:
        """Whether anything is there, be it a store or not."""
        ...

    def read(self, name: str) -> bytes:
        """A file's content. Raises FileNotFoundError."""
        ...

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """Contents of those files that are there."""
        ...

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files, for good."""
        ...

    def create(self, files: Mapping[str, bytes]) -> bool:
        """Write the first files of a store; whether none was there."""
        ...

    def claim(self, name: str, content: bytes) -> bool:
        """Write a file that others may write at the same time; whether it is this one that counts."""
        ...

    def remove(self, names: Sequence[str]) -> None:
        """Remove files, for good."""
        ...

    def remove_partial(self) -> None:
        """Remove what killed writers left half written."""
        ...

    def folders(self) -> list[str]:
        """Names of the folders in it: those of arrays."""
        ...

    def files(self, folder: str) -> list[str]:
        """Names, from the place on, of the files in one of its folders."""
        ...

    def tree(self, folder: str) -> list[str]:
        """Names, from the place on, of the files in one of its folders and in those that it holds."""
        ...

    def sizes(self) -> dict[str, dict[str, int]]:
        """Size of every file of the arrays, by array and the file's name in it."""
        ...

    def free_bytes(self) -> int | None:
        """Room that is left, None where there is no limit."""
        ...

    def zarr(self) -> Any:
        """For Zarr to read from."""
        ...

    def lock(self) -> Lock:
        """Its lock."""
        ...


Where = str | Path | Place


def place(where: Where) -> Place:
    """The place that a path or URL names. Raises ConfigError on others, as on a URL of another kind than s3, gs, az."""
    if isinstance(where, Place):
        return where
    if not isinstance(where, str | PathLike) or not str(where):
        came = repr(where) if isinstance(where, str) else type(where).__name__
        raise ConfigError(f"expected the path of a store, such as results/NAME.zarr, got {came}")
    scheme, found, rest = str(where).partition("://")
    if not found:
        return Folder(Path(where).expanduser().absolute())
    if scheme not in SCHEMES or not rest.strip("/"):
        shown = ", ".join(f"{each}://BUCKET/NAME.zarr" for each in SCHEMES)
        raise ConfigError(f"store.path: expected a folder or {shown}, got {where}")
    from sweep.store.bucket import Bucket

    return Bucket(str(where).rstrip("/"))
