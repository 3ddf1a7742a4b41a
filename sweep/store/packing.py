"""Arrays of numbers in one file: a header in JSON, then each group of arrays, compressed, with its SHA-256."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numcodecs import zstd
from numcodecs.shuffle import Shuffle
from numpy.typing import NDArray

from sweep.plan import digest

__all__ = ["PackingError", "packed", "unpacked_header", "unpacked_parts"]

_MAGIC = b"scenaria counts 1\n"
_MOST_HEADER = 2**24
_LEVEL = 1
Arrays = Mapping[str, NDArray[Any]]
# Part of a file -> name of an array -> its shape and type.
Shapes = Callable[[str], Mapping[str, tuple[tuple[int, ...], str]]]


class PackingError(ValueError):
    """A file that isn't as it was packed, or that no sweep packed."""


def _shuffled(values: NDArray[Any]) -> bytes:
    """Bytes of equal weight beside each other: most of the high ones are zero."""
    ordered = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return bytes(Shuffle(values.dtype.itemsize).encode(ordered.reshape(-1))) if ordered.size else b""


def _plain(data: NDArray[np.uint8], dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if not data.nbytes:
        return np.zeros(shape, dtype)
    return np.frombuffer(bytes(Shuffle(dtype.itemsize).decode(data)), dtype).reshape(shape)


def packed(header: Mapping[str, Any], parts: Mapping[str, Arrays]) -> bytes:
    """A file of a header, whose values JSON knows, and of parts with arrays, each compressed on its own."""
    bodies, listed = [], []
    for name, arrays in parts.items():
        plain = b"".join(_shuffled(values) for values in arrays.values())
        bodies.append(zstd.compress(plain, _LEVEL))
        listed.append([name, len(bodies[-1]), len(plain), hashlib.sha256(bodies[-1]).hexdigest()])
    content = {**header, "parts": listed}
    text = json.dumps({**content, "checksum": digest(json.loads(json.dumps(content)))}).encode()
    return b"".join([_MAGIC, len(text).to_bytes(4, "little"), text, *bodies])


def unpacked_header(data: bytes) -> dict[str, Any]:
    """The header of a file, all of whose parts have the size and SHA-256 that it says. Raises PackingError."""
    start = len(_MAGIC) + 4
    length = int.from_bytes(data[len(_MAGIC) : start], "little")
    if data[: len(_MAGIC)] != _MAGIC or length > min(_MOST_HEADER, len(data)):
        raise PackingError("not a file of counts")
    try:
        header: dict[str, Any] = json.loads(data[start : start + length])
        checksum = header.pop("checksum")
        parts = [(str(name), int(size), int(plain), str(sha256)) for name, size, plain, sha256 in header["parts"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise PackingError("its header is damaged") from None
    if digest(header) != checksum:
        raise PackingError("its header isn't as it was written")
    sizes = [size for _, size, _, _ in parts]
    if min(sizes, default=0) < 0 or start + length + sum(sizes) != len(data):
        raise PackingError(f"{len(data):,} bytes are another size than its header says")
    first = start + length
    for name, size, _, sha256 in parts:
        if hashlib.sha256(data[first : first + size]).hexdigest() != sha256:
            raise PackingError(f"{name} isn't as it was written")
        first += size
    return header


def unpacked_parts(data: bytes, header: Mapping[str, Any], shapes: Shapes) -> Iterator[tuple[str, dict[str, Any]]]:
    """The parts of a file with their arrays, one after the other, of the shapes that the reader expects.

    Raises PackingError where a part is of another size: nothing larger is ever unpacked.
    """
    first = len(data) - sum(size for _, size, _, _ in header["parts"])
    for name, size, plain, _ in header["parts"]:
        expected = shapes(name)
        sizes = [int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize for shape, dtype in expected.values()]
        room = np.zeros(sum(sizes), np.uint8)
        if plain != room.nbytes:
            raise PackingError(f"{name}: expected {room.nbytes:,} bytes of numbers, got {plain:,}")
        try:
            zstd.decompress(data[first : first + size], room)
        except (ValueError, RuntimeError) as error:
            raise PackingError(f"{name} can't be unpacked: {error}") from None
        ends = np.cumsum([0, *sizes])
        yield (
            name,
            {
                array: _plain(room[ends[at] : ends[at + 1]], np.dtype(dtype), shape)
                for at, (array, (shape, dtype)) in enumerate(expected.items())
            },
        )
        first += size
