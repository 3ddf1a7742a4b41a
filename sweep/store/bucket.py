"""A store in a bucket: S3 and what speaks like it, Google Cloud Storage, Azure; whole objects, written and read whole.

Requests are bounded in time and repeated; what an object store does at most once, by a condition, is asked for with a
content of its own, so that a request whose answer was lost is known again.
"""

import asyncio
import functools
import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from sys import intern
from typing import Any, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import from_url
from zarr.storage import ObjectStore

from sweep.errors import StorageError, UnreachableError
from sweep.store.lock import LOCK, STALE, Notify, Owner, parsed, refuse

__all__ = ["Bucket", "ObjectLock"]

T = TypeVar("T")
# Longer than an object of some MB takes on a slow line.
TIMEOUT = timedelta(seconds=30)
# Within one request's signature, then anew.
RETRY = timedelta(seconds=60)
RETRIES, ATTEMPTS, PAUSE = 6, 4, 0.5
_READINGS = 8
_AT_ONCE = 16
_ROOT, _PROBE = "zarr.json", "status/probe-"


def _reason(error: BaseException) -> str:
    """The first line of a library's message, which goes on with its inside."""
    return (str(error).splitlines() or [type(error).__name__])[0].split(": <?xml")[0][:300]


@contextmanager
def _answered() -> Iterator[None]:
    """Turn errors of the library into those of a file system."""
    try:
        yield
    except (AlreadyExistsError, PreconditionError):
        raise
    except BaseError as error:
        refused = isinstance(error, (PermissionDeniedError, UnauthenticatedError)) or "403 Forbidden" in str(error)
        why = "no permission, or expired credentials: " if refused else ""
        raise UnreachableError(f"{why}{_reason(error)}") from None


def _patiently(call: Callable[[], T]) -> T:
    """What a call returns, tried again where the library doesn't: it repeats no upload that ran out of time."""
    for attempt in range(ATTEMPTS):
        try:
            with _answered():
                return call()
        except UnreachableError:
            if attempt + 1 == ATTEMPTS:
                raise
            time.sleep(PAUSE * 2**attempt)
    raise AssertionError


class _Objects(ObjectStore[Any]):
    """Zarr's view, with errors as of a file system."""

    async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
        if byte_range is None:
            found = await asyncio.to_thread(_found, self.store, key)
            return found and prototype.buffer.from_bytes(found[0])
        with _answered():
            return await super().get(key, prototype, byte_range)

    async def list_dir(self, prefix: str) -> Any:
        inside = f"{prefix.rstrip('/')}/" if prefix else ""
        found = await asyncio.to_thread(_patiently, lambda: obstore.list_with_delimiter(self.store, inside or None))
        for path in (*found["common_prefixes"], *(item["path"] for item in found["objects"])):
            yield str(path).removeprefix(inside)


def _found(objects: Any, name: str) -> tuple[bytes, Mapping[str, Any]] | None:
    """An object's content and what the server says of it, None where there is none. Raises UnreachableError.

    A content whose MD5 isn't its ETag may have been changed on the way, or be encrypted at the server: it is read until
    it has come twice the same.
    """

    def get() -> tuple[bytes, Mapping[str, Any]]:
        result = obstore.get(objects, name)
        return result.bytes().to_bytes(), result.meta

    seen: set[str] = set()
    for _ in range(_READINGS):
        try:
            content, meta = _patiently(get)
        except FileNotFoundError:
            return None
        digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if digest in (*seen, str(meta.get("e_tag") or "").strip('"')):
            return content, meta
        seen.add(digest)
    raise UnreachableError(f"{name} is read otherwise each time")


@functools.cache
def _connected(url: str) -> Any:
    # Unencrypted only where the environment names such an endpoint, as one's own server on loopback.
    endpoints = [os.environ.get(name, "") for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")]
    plain = any(endpoint.startswith("http://") for endpoint in endpoints)
    options: Any = {"timeout": TIMEOUT, "allow_http": plain}
    # So that a server refuses what was changed on the way.
    config: Any = {"checksum_algorithm": "sha256"} if url.startswith("s3://") else None
    retry: Any = {"max_retries": RETRIES, "retry_timeout": RETRY}
    return from_url(url, config=config, client_options=options, retry_config=retry)


def _version(result: Mapping[str, Any]) -> Any:
    """What names this state of an object, for a condition."""
    return {key: result[key] for key in ("e_tag", "version") if result.get(key)}


@dataclass(frozen=True)
class Bucket:
    """A place in a bucket, under a prefix."""

    url: str

    def __str__(self) -> str:
        return self.url

    @property
    def name(self) -> str:
        """Last part of the URL."""
        return self.url.rpartition("/")[2]

    @property
    def objects(self) -> Any:
        """The library's store, one a process. Raises StorageError when it can't be set up."""
        try:
            return _connected(self.url)
        except (BaseError, ValueError) as error:
            raise StorageError(f"store.path: {self.url} can't be used: {_reason(error)}") from None

    @property
    def parent(self) -> "Bucket":
        """The prefix that it is under, or the bucket."""
        return Bucket(self.url.rpartition("/")[0])

    def beside(self, name: str) -> "Bucket":
        """The place of another name under the same prefix."""
        return Bucket(f"{self.parent}/{name}")

    def exists(self) -> bool:
        """Whether anything is there, be it a store or not."""

        def found() -> bool:
            batches = obstore.list(self.objects)
            return any(not str(item["path"]).startswith(_PROBE) for batch in batches for item in batch)

        return _patiently(found)

    def read(self, name: str) -> bytes:
        """An object's content. Raises FileNotFoundError, and UnreachableError."""
        found = _found(self.objects, name)
        if found is None:
            raise FileNotFoundError(f"{self.url}/{name}: no such object")
        return found[0]

    def read_all(self, names: Sequence[str]) -> dict[str, bytes]:
        """Contents of those objects that are there, many at once."""
        found = self._at_once(lambda name: _found(self.objects, name), names)
        return {name: each[0] for name, each in zip(names, found, strict=True) if each}

    def _at_once(self, call: Callable[..., T], *arguments: Iterable[Any]) -> list[T]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(call, *arguments))

    def _put(self, name: str, content: bytes, mode: Any = "overwrite") -> Any:
        return _patiently(lambda: obstore.put(self.objects, name, content, mode=mode, use_multipart=False))

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write objects, many at once; an object store answers once they are safe."""
        self._at_once(self._put, files.keys(), files.values())

    def create(self, files: Mapping[str, bytes]) -> bool:
        """Write the root of a store alone, which is the first to be there; whoever holds the lock writes the others."""
        self.check_conditions()
        return self.claim(_ROOT, files[_ROOT])

    def claim(self, name: str, content: bytes) -> bool:
        """Write an object where there is none; whether it is this one that counts."""
        try:
            self._put(name, content, "create")
        except AlreadyExistsError:
            # Perhaps by this very request, whose answer was lost.
            found = _found(self.objects, name)
            return found is not None and found[0] == content
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects."""

        def delete(name: str) -> None:
            with suppress(FileNotFoundError):
                _patiently(lambda: obstore.delete(self.objects, name))

        self._at_once(delete, names)

    def remove_partial(self) -> None:
        """Nothing: objects are never there by half."""

    def folders(self) -> list[str]:
        """Names of the folders in it: those of arrays."""
        return sorted(_patiently(lambda: obstore.list_with_delimiter(self.objects))["common_prefixes"])

    def _listed(self, prefix: str | None = None) -> dict[str, int]:
        def listed() -> dict[str, int]:
            batches = obstore.list(self.objects, prefix)
            return {str(item["path"]): int(item["size"]) for batch in batches for item in batch}

        return _patiently(listed)

    def files(self, folder: str) -> list[str]:
        """Names, from the place on, of the objects in one of its folders."""
        return sorted(self._listed(f"{folder}/"))

    def tree(self, folder: str) -> list[str]:
        """Names, from the place on, of the objects in one of its folders and in those that it holds."""
        return self.files(folder)

    def sizes(self) -> dict[str, dict[str, int]]:
        """Size of every object of the arrays, by array and the object's name in it."""
        found: dict[str, dict[str, int]] = {}
        for name, size in self._listed().items():
            array, _, file = name.partition("/")
            found.setdefault(array, {})[intern(file)] = size
        return found

    def free_bytes(self) -> int | None:
        """Room that is left: a bucket has no limit."""
        return None

    def zarr(self) -> Any:
        """For Zarr to read from."""
        return _Objects(self.objects, read_only=True)

    def lock(self) -> "ObjectLock":
        """Its lock."""
        return ObjectLock(self)

    def check_conditions(self) -> datetime:
        """Make sure that the server heeds conditions, without which two runs could hold one store.

        Returns the server's time. Raises StorageError where a write that must fail succeeds.
        """
        name = f"{_PROBE}{uuid.uuid4().hex}"
        try:
            with suppress(AlreadyExistsError):
                # Raised where the answer to this very request was lost.
                self._put(name, b"first", "create")
            for mode in ("create", {"e_tag": '"0"', "version": "0"}):
                with suppress(AlreadyExistsError, PreconditionError):
                    self._put(name, b"second", mode)
                    raise StorageError(
                        f"store.path: {self.url}: the server ignores conditional writes, so that two runs could take "
                        "one store; choose one that knows If-None-Match and If-Match, or a folder"
                    )
            return _patiently(lambda: obstore.head(self.objects, name)["last_modified"])
        finally:
            with suppress(OSError):
                self.remove([name])


@dataclass
class ObjectLock:
    """A lock in a bucket: an object that one run can create, and that its owner alone can write again; empty if free.

    Nothing lets go of it when its owner dies: it is taken over on an explicit word alone.
    """

    bucket: Bucket
    content: dict[str, Any] = field(default_factory=dict, init=False)
    state: Any = field(default=None, init=False)
    beaten: float = field(default=0.0, init=False)

    def _found(self) -> tuple[bytes, Mapping[str, Any]] | None:
        return _found(self.bucket.objects, LOCK)

    def _is_ours(self, text: bytes) -> bool:
        try:
            return bool(json.loads(text)["key"] == self.content["key"])
        except (ValueError, KeyError, TypeError):
            return False

    def owner(self) -> Owner | None:
        """Who holds it, or held it and died; None where nobody does."""
        found = self._found()
        return _named(found[0]) if found else None

    def age(self) -> float:
        """Seconds since the object was written."""
        found = self._found()
        return max(0.0, time.time() - found[1]["last_modified"].timestamp()) if found else 0.0

    def acquire(self, me: Owner, take: bool, notify: Notify) -> None:
        """Create the lock's object. Raises InUseError where another run has it, and StorageError."""
        now = self.bucket.check_conditions()
        self.content = {**asdict(me), "key": uuid.uuid4().hex, "beat": 0}
        if self._written("create"):
            return None
        found = self._found()
        if found is None:
            # Let go of at this moment.
            return self.acquire(me, take, notify)
        if not found[0]:
            if self._written(_version(found[1])):
                return None
            return self.acquire(me, take, notify)
        held, age = _named(found[0]), (now - found[1]["last_modified"]).total_seconds()
        if not take or age <= STALE:
            refuse(self.bucket, held, max(0.0, age))
        notify(f"taking over from {held or 'another run'}, as store.lock=take says")
        if not self._written(_version(found[1])):
            refuse(self.bucket, self.owner(), 0.0)
        return None

    def _written(self, mode: Any) -> bool:
        """Write the lock on a condition: whether it is ours now."""
        try:
            result = self.bucket._put(LOCK, json.dumps(self.content).encode(), mode)
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            found = self._found()
            if found is None or not self._is_ours(found[0]):
                return False
            result = found[1]
        self.state, self.beaten = _version(result), time.monotonic()
        return True

    def beat(self) -> bool:
        """Write the lock again; true also where the storage doesn't answer, as long as nobody may take it for dead."""
        self.content["beat"] += 1
        try:
            ours = self._written(self.state)
        except OSError:
            return time.monotonic() - self.beaten < STALE
        return ours

    def release(self) -> None:
        """Empty the lock, if it still is ours: on a condition, which removing knows none of."""
        with suppress(OSError, AlreadyExistsError, PreconditionError):
            found = self._found()
            if found and self._is_ours(found[0]):
                self.bucket._put(LOCK, b"", _version(found[1]))


def _named(text: bytes) -> Owner | None:
    """The owner in a lock's object, which says more than a file."""
    try:
        content = json.loads(text)
        return parsed(json.dumps({name: content[name] for name in Owner.__dataclass_fields__}).encode())
    except (ValueError, KeyError, TypeError):
        return parsed(text and b"?")
