"""The index of a multirun: what its jobs were, and where the store of each is; it may come from anywhere."""

import json
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from sweep.errors import ConfigError, UnreachableError, writing
from sweep.store.folder import Folder
from sweep.store.place import Place, Where, place

__all__ = ["MOST_TEXT", "MultirunJob", "read_multirun", "write_multirun"]

_MOST_BYTES, MOST_TEXT = 10_000_000, 2_000
_Text = Annotated[str, Field(max_length=MOST_TEXT)]
_Key = Annotated[str, Field(min_length=1, max_length=200)]


class MultirunJob(BaseModel):
    """One job: what it has that others haven't, where its store is, and how it ended.

    overrides: values by key; store: path from the index's folder on, None where there is none to read; code: exit code,
    None of a job that was not begun; message: why it failed.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    overrides: Annotated[dict[_Key, _Text], Field(max_length=1000)]
    store: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    code: Annotated[int, Field(ge=0, le=255)] | None = None
    message: _Text = ""

    @field_validator("store")
    @classmethod
    def _inside(cls, path: str | None) -> str | None:
        if path is not None and (
            path.startswith("/") or ".." in path.split("/") or re.search(r"://|[\\\x00-\x1f]", path)
        ):
            raise ValueError("expected a path inside the index's folder")
        return path


class _Index(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    format: Literal["scenaria multirun 1"]
    jobs: Annotated[list[MultirunJob], Field(min_length=1, max_length=10_000)]


def write_multirun(where: Where, jobs: Sequence[MultirunJob]) -> None:
    """Write an index, whole or not at all. Raises StorageError where it can't be written, and UnreachableError."""
    index = _Index(format="scenaria multirun 1", jobs=list(jobs))
    content = f"{json.dumps(index.model_dump(mode='json'), indent=1, ensure_ascii=False)}\n".encode()
    at = place(where)
    if isinstance(at, Folder):
        _write_file(at.path, content)
    else:
        at.parent.write({at.name: content})


def _write_file(path: Path, content: bytes) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def read_multirun(where: Where) -> list[MultirunJob]:
    """The jobs of an index. Raises ConfigError where it is none, or leads out of its folder, and UnreachableError."""
    at = place(where)
    try:
        if isinstance(at, Folder):
            _check_size(at, at.path.stat().st_size)
        content = at.parent.read(at.name)
        _check_size(at, len(content))
        jobs = _Index.model_validate(json.loads(content)).jobs
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{at}: no index of a multirun: {key}: {first['msg']}, got {first['input']!r:.60}") from None
    except UnreachableError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{at}: no index of a multirun: {error!s:.200}") from None
    if isinstance(at, Folder):
        _check_links(at, jobs)
    return jobs


def _check_size(at: Place, size: int) -> None:
    if size > _MOST_BYTES:
        raise ConfigError(f"{at}: expected an index of at most {_MOST_BYTES:,} bytes, got {size:,}")


def _check_links(at: Folder, jobs: Sequence[MultirunJob]) -> None:
    """Refuse stores outside of the index's folder: a link may lead where the name doesn't."""
    folder = at.path.parent.resolve()
    for number, job in enumerate(jobs):
        if job.store is not None and not (folder / job.store).resolve().is_relative_to(folder):
            raise ConfigError(f"{at}: jobs.{number}.store: {job.store} leads out of {folder}")
