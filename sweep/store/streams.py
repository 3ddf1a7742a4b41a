"""Streams: the chunks of an array in a policy's row, in order of draws, read and hashed wherever there is a core."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct

import numpy as np
import zarr

from sweep.store.chunks import Array, Values, decoded, is_plain
from sweep.store.place import Place
from sweep.store.tasks import chunk_name, fingerprint, has_policies
from sweep.store.untrusted import check_arrays

__all__ = ["SAID", "Hashed", "Stream", "StreamReader", "opened", "start_hash", "stored"]

SAID = Struct("<QQ32s")


@dataclass(frozen=True)
class Stream:
    """An array, in a policy's row where it has rows, and what markers say of its chunks.

    length: draws in a chunk; written: of each that was written, its number, draws and SHA-256, packed by `SAID`: there
    are as many as the store has files.
    """

    name: str
    row: int | None
    length: int
    written: bytes


@dataclass(frozen=True)
class Hashed:
    """The hash of a stream's values; none where some of its chunks, by number, aren't what was written."""

    name: str
    row: int | None
    doubtful: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class StreamReader:
    """Makes workers that read streams; each holds one chunk at a time."""

    place: Place

    def __call__(self) -> Callable[[Stream], Hashed]:
        """A worker that has the store's arrays open."""
        arrays = opened(self.place)
        return lambda stream: _hashed(self.place, arrays[stream.name], stream)


def opened(at: Place) -> dict[str, Array]:
    """The arrays at a place by name, once their metadata was checked, as folders have them.

    The root may hold other metadata of arrays, which nobody checked.
    """
    check_arrays(at)
    return dict(sorted(zarr.open_group(at.zarr(), mode="r", use_consolidated=False).arrays()))


def stored(at: Place, array: Array, key: str, row: int | None, start: int) -> Values | None:
    """The values of a chunk that begins with draw `start`; None where it is damaged, not reached, or no sweep's."""
    try:
        if is_plain(array):
            whole = decoded(at.read_all([key])[key], array)
            return (whole if row is None else whole[0])[: array.shape[0 if row is None else 1] - start]
    except Exception:  # whatever it is, it is told when it is read again
        return None
    return None


def start_hash(array: Array) -> "hashlib._Hash":
    """The hash of a stream of no draws."""
    return hashlib.sha256(f"{array.dtype.str}{array.shape[1 + has_policies(array) :]}".encode())


def _hashed(at: Place, array: Array, stream: Stream) -> Hashed:
    found, doubtful = start_hash(array), []
    said: dict[int, list[tuple[int, str]]] = {}
    for number, draws, sha256 in SAID.iter_unpack(stream.written):
        said.setdefault(number, []).append((draws, sha256.hex()))
    for number in range(-(-array.shape[has_policies(array)] // stream.length)):
        key = chunk_name(array, stream.row, number)
        values = stored(at, array, key, stream.row, number * stream.length)
        if values is None or any(fingerprint(values[:draws]) != sha256 for draws, sha256 in said.get(number, ())):
            doubtful.append(number)
        elif not doubtful:
            found.update(np.ascontiguousarray(values).data)
    return Hashed(stream.name, stream.row, tuple(doubtful), "" if doubtful else found.hexdigest())
