"""How a chunk is stored, and both ways without Zarr: its calls cost more than all that a small chunk takes."""

from typing import Any, Literal

import numpy as np
from numcodecs.blosc import Blosc
from numcodecs.checksum32 import CRC32C
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec

__all__ = ["Array", "Values", "compressors", "decoded", "encoded", "is_plain", "nbytes"]

# Bits of equal weight beside each other, of which rounding left many all zero: half the time of zstd alone, and two
# thirds of its bytes. In blocks that stay in the cache.
_NAME: Literal["zstd"] = "zstd"
_LEVEL, _BLOCK = 1, 2**18
_COMPRESSION, _CHECKSUM = Blosc(_NAME, _LEVEL, Blosc.BITSHUFFLE, _BLOCK), CRC32C()

Values = NDArray[Any]
# zarr's own type has other parameters in each of its versions.
Array = Any


def compressors() -> list[Any]:
    """What Zarr does to the bytes of every chunk, in this order."""
    return [BloscCodec(cname=_NAME, clevel=_LEVEL, shuffle="bitshuffle", blocksize=_BLOCK), Crc32cCodec()]


def is_plain(array: Array) -> bool:
    """Whether an array's chunks are what `encoded` makes and `decoded` reads."""
    return [type(codec) for codec in array.metadata.codecs] == [BytesCodec, BloscCodec, Crc32cCodec]


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
