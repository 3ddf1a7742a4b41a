"""Markers: a task is done when a small file says so that parses, belongs to the plan, and agrees with the chunks."""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from sweep.errors import writing
from sweep.plan import digest
from sweep.store.place import Place

__all__ = ["TASKS", "Chunk", "Failure", "Marker", "acknowledge", "read_markers"]

TASKS = "status/tasks"
_AT_ONCE = 64


class Chunk(NamedTuple):
    """One stored chunk: its size on disk, and the SHA-256 of the values that the task put there."""

    size: int
    sha256: str


class Failure(NamedTuple):
    """A run that gave no finite result: its status, and why."""

    policy: str
    draw: int
    status: int
    reason: str


@dataclass(frozen=True)
class Marker:
    """What one task wrote, who wrote it and when (UTC); chunks by file name."""

    plan_hash: str
    start: int
    stop: int
    policies: tuple[str, ...]
    chunks: Mapping[str, Chunk]
    failures: tuple[Failure, ...] = ()
    written: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arrays(self) -> frozenset[str]:
        """Names of the arrays that the task wrote."""
        return frozenset(key.partition("/")[0] for key in self.chunks)

    @property
    def name(self) -> str:
        """The marker's file: the same for the same task, so that doing it twice leaves one."""
        scope = digest([self.stop, sorted(self.policies), sorted(self.arrays)])
        return f"{TASKS}/{self.start:09d}-{scope[:12]}.json"

    def covers(self, other: "Marker") -> bool:
        """Whether another marker, of the same plan, says nothing that this one doesn't."""
        return (
            (self.start, self.plan_hash) == (other.start, other.plan_hash)
            and self.stop >= other.stop
            and set(self.policies) >= set(other.policies)
            and self.arrays >= other.arrays
        )


class _Packed(Mapping[str, Chunk]):
    """Chunks by file name in a twentieth of their room: whoever looks after a store holds those of all its tasks."""

    def __init__(self, chunks: Mapping[str, Chunk]) -> None:
        self._data = zlib.compress(json.dumps(chunks).encode(), 1)

    def __getitem__(self, name: str) -> Chunk:
        return _unpacked(self._data)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_unpacked(self._data))

    def __len__(self) -> int:
        return len(_unpacked(self._data))


@lru_cache(maxsize=64)
def _unpacked(data: bytes) -> dict[str, Chunk]:
    return {name: Chunk(*chunk) for name, chunk in json.loads(zlib.decompress(data)).items()}


_MARKER = TypeAdapter(Marker)


def _text(marker: Marker) -> bytes:
    content = json.loads(json.dumps({**vars(marker), "chunks": dict(marker.chunks)}))
    return json.dumps({**content, "checksum": digest(content)}).encode()


def _parsed(text: bytes) -> Marker:
    """The marker in a file. Raises ValueError, KeyError or TypeError where it isn't whole."""
    content = json.loads(text)
    if digest({name: value for name, value in content.items() if name != "checksum"}) != content.pop("checksum"):
        raise ValueError("checksum")
    marker = _MARKER.validate_python(content)
    return replace(marker, chunks=_Packed(marker.chunks))


def _read(at: Place, plan_hash: str, names: Sequence[str]) -> Iterator[tuple[str, Marker | None]]:
    # Some at a time: as texts they take many times as long as what is kept of them.
    for first in range(0, len(names), _AT_ONCE):
        for name, text in at.read_all(names[first : first + _AT_ONCE]).items():
            try:
                marker = _parsed(text)
                yield name, marker if (marker.name, marker.plan_hash) == (name, plan_hash) else None
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                yield name, None


def read_markers(at: Place, plan_hash: str) -> tuple[list[Marker], list[str]]:
    """The markers of a plan, and the names of files that should be markers and aren't."""
    names = [name for name in at.files(TASKS) if name.endswith(".json")]
    found = dict(_read(at, plan_hash, names))
    doubtful = [name for name, marker in found.items() if marker is None]
    # Once more: it may have been the way here that changed them.
    found |= dict(_read(at, plan_hash, doubtful))
    return [marker for marker in found.values() if marker], [name for name, marker in found.items() if not marker]


def acknowledge(at: Place, marker: Marker) -> None:
    """Write a task's marker, after all that it speaks of is on disk; markers that it covers go.

    Never one of the same name: two writers of one task would remove each other's. Of two that wrote the same, the
    first one's marker stays.
    """
    with writing(at):
        if not at.claim(marker.name, _text(marker)):
            _, other = next(_read(at, marker.plan_hash, [marker.name]), ("", None))
            if other is None or other.chunks != marker.chunks:
                at.write({marker.name: _text(marker)})
        beside = [name for name in at.files(TASKS) if name.startswith(f"{TASKS}/{marker.start:09d}-")]
        others = _read(at, marker.plan_hash, [name for name in beside if name != marker.name])
        old = [name for name, other in others if other and marker.covers(other)]
        if old:
            at.remove(old)
