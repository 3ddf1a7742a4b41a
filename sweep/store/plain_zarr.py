"""Groups and arrays of Zarr format 3 as files, an array in one chunk: a call of zarr for each would take seconds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numcodecs import blosc
from numcodecs.checksum32 import CRC32C
from numcodecs.vlen import VLenUTF8
from numpy.typing import NDArray

__all__ = ["array_files", "group_file"]

_COMMON = {"zarr_format": 3}
_LEVEL = 1


def group_file(attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """The file of a group, by name."""
    return {"zarr.json": _text({"attributes": dict(attributes), **_COMMON, "node_type": "group"})}


def array_files(dims: Sequence[str], values: NDArray[Any], attributes: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of an array of numbers or text, (…) as dims name them, by name; with crc32c."""
    is_text = values.dtype.kind == "U"
    content, codecs = _texts(values) if is_text else _numbers(values)
    metadata = {
        "shape": list(values.shape),
        "data_type": "string" if is_text else values.dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(values.shape)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}},
        "fill_value": "" if is_text else values.dtype.type(0).item(),
        "codecs": [*codecs, {"name": "crc32c"}],
        "attributes": dict(attributes),
        "dimension_names": list(dims),
        **_COMMON,
        "node_type": "array",
        "storage_transformers": [],
    }
    chunk = ".".join(["c", *("0" for _ in values.shape)])
    return {"zarr.json": _text(metadata), chunk: bytes(CRC32C(location="end").encode(content))}


def _text(metadata: Mapping[str, Any]) -> bytes:
    return json.dumps(metadata, indent=2, ensure_ascii=False).encode()


def _texts(values: NDArray[Any]) -> tuple[bytes, list[dict[str, Any]]]:
    return bytes(VLenUTF8().encode(values.astype(object))), [{"name": "vlen-utf8", "configuration": {}}]


def _numbers(values: NDArray[Any]) -> tuple[bytes, list[dict[str, Any]]]:
    ordered = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    size = values.dtype.itemsize
    content = blosc.compress(ordered.tobytes(), b"zstd", _LEVEL, blosc.SHUFFLE, 0, size)
    settings = {"typesize": size, "cname": "zstd", "clevel": _LEVEL, "shuffle": "shuffle", "blocksize": 0}
    endian = {"name": "bytes", "configuration": {"endian": "little"}}
    return content, [endian, {"name": "blosc", "configuration": settings}]
