"""How a chunk is stored, and both ways without Zarr: its calls cost more than all that a small chunk takes."""

from typing import Any

import numpy as np
from numcodecs.checksum32 import CRC32C
from numcodecs.zstd import Zstd
from numpy.typing import NDArray
from zarr.codecs import BytesCodec, Crc32cCodec, ZstdCodec

__all__ = ["Array", "Values", "compressors", "decoded", "encoded", "is_plain", "nbytes"]

_LEVEL = 1
_COMPRESSION, _CHECKSUM = Zstd(level=_LEVEL), CRC32C()

Values = NDArray[Any]
# zarr's own type has other parameters in each of its versions.
Array = Any


def compressors() -> list[Any]:
    """What Zarr does to the bytes of every chunk, in this order."""
    return [ZstdCodec(level=_LEVEL), Crc32cCodec()]


def is_plain(array: Array) -> bool:
    """Whether an array's chunks are what `encoded` makes and `decoded` reads."""
    return [type(codec) for codec in array.metadata.codecs] == [BytesCodec, ZstdCodec, Crc32cCodec]


def nbytes(array: Array) -> int:
    """Bytes of a chunk in memory."""
    return int(np.prod(array.chunks)) * int(array.dtype.itemsize)


def encoded(values: Values, array: Array) -> bytes:
    """A chunk as it is stored, from values that begin it, without the axis of policies; the rest is not filled."""
    shape, dtype = array.chunks[array.ndim - values.ndim :], array.dtype.newbyteorder("<")
    whole = np.ascontiguousarray(values, dtype)
    if whole.shape != shape:
        whole = np.full(shape, array.fill_value, dtype)
        whole[: len(values)] = values
    return bytes(_CHECKSUM.encode(_COMPRESSION.encode(whole)))


def decoded(content: bytes, array: Array) -> Values:
    """A whole chunk's values from what is stored. Raises where they aren't those that were encoded."""
    plain = _COMPRESSION.decode(_CHECKSUM.decode(content))
    return np.frombuffer(plain, dtype=array.dtype.newbyteorder("<")).reshape(array.chunks)
