"""A store may come from anywhere: what its metadata asks for is checked before Zarr does it."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sweep.errors import DamageError
from sweep.store.place import Place

__all__ = ["GROUP", "MOST_LENGTH", "check_arrays", "check_group", "is_name", "metadata_files"]

_ROOT = "zarr.json"
# The one folder of a store that holds no array: a group for the statistics of each outcome.
GROUP = "statistics"
# Those that turn bytes into numbers and text, and nothing else; Zarr's registry also has one for pickles.
_CODECS = {"blosc", "bytes", "crc32c", "gzip", "sharding_indexed", "transpose", "vlen-utf8", "zstd"}
_TYPES = re.compile(r"bool|u?int(8|16|32|64)|float(16|32|64)|string")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\- ]*")
MOST_LENGTH, _MOST_ELEMENTS, _MOST_CHUNK = 10**9, 10**14, 2**29


def metadata_files(at: Place) -> dict[str, bytes]:
    """Metadata of every array, by its name."""
    names = [f"{folder}/{_ROOT}" for folder in at.folders()]
    return {name.partition("/")[0]: content for name, content in at.read_all(names).items()}


def _lengths(value: Any) -> list[int]:
    if not isinstance(value, list) or len(value) > 8:
        raise ValueError(f"expected at most 8 lengths, got {value!r:.60}")
    for length in value:
        if type(length) is not int or not 0 <= length <= MOST_LENGTH:
            raise ValueError(f"expected lengths up to {MOST_LENGTH:,}, got {length!r:.40}")
    return value


def _codecs(codecs: Iterable[Mapping[str, Any]]) -> None:
    for codec in codecs:
        if codec["name"] not in _CODECS:
            raise ValueError(f"codec {codec['name']!r:.40} isn't one of {', '.join(sorted(_CODECS))}")
        for name in ("codecs", "index_codecs"):
            _codecs(codec.get("configuration", {}).get(name, ()))


def _check(metadata: Mapping[str, Any]) -> None:
    if (metadata["zarr_format"], metadata["node_type"]) != (3, "array"):
        raise ValueError("expected an array of Zarr format 3")
    dtype = metadata["data_type"]
    fixed = isinstance(dtype, dict) and dtype["name"] == "fixed_length_utf32"
    if not fixed and not (isinstance(dtype, str) and _TYPES.fullmatch(dtype)):
        raise ValueError(f"data type {dtype!r:.40} isn't a number or text")
    shape, grid = _lengths(metadata["shape"]), metadata["chunk_grid"]
    if grid["name"] != "regular" or metadata.get("storage_transformers"):
        raise ValueError("expected regular chunks without transformers")
    chunk = _lengths(grid["configuration"]["chunk_shape"])
    if len(chunk) != len(shape) or 0 in chunk:
        raise ValueError(f"chunks {chunk} don't fit shape {shape}")
    if math.prod(shape) > _MOST_ELEMENTS or math.prod(chunk) > _MOST_CHUNK:
        raise ValueError(f"shape {shape} in chunks {chunk} is too large")
    _codecs(metadata["codecs"])


def check_arrays(at: Place) -> None:
    """Make sure that the arrays at a place can do no harm by being opened.

    Raises DamageError on codecs that run code, names that lead elsewhere, and shapes beyond all sense.
    """
    _check_all(at, metadata_files(at))


def check_group(at: Place, outcome: str) -> bool:
    """The same of the statistics of an outcome; whether there are any."""
    inside = f"{GROUP}/{outcome}/"
    names = [name for name in at.tree(GROUP) if name.startswith(inside) and name.endswith(f"/{_ROOT}")]
    found = {name.removesuffix(f"/{_ROOT}"): content for name, content in at.read_all(names).items()}
    _check_all(at, {name.removeprefix(inside): content for name, content in found.items() if f"{name}/" != inside})
    return f"{inside}{_ROOT}" in names


def is_name(name: str) -> bool:
    """Whether a name is one of an array or group, and leads nowhere else."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def _is_group(content: bytes) -> bool:
    metadata = json.loads(content)
    return (metadata["zarr_format"], metadata["node_type"]) == (3, "group")


def _check_all(at: Place, metadata: Mapping[str, bytes]) -> None:
    for name, content in metadata.items():
        try:
            if name == GROUP and _is_group(content):
                continue
            if not is_name(name):
                raise ValueError("not a name of an array")
            _check(json.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            told = str(error) if isinstance(error, ValueError) else "its metadata isn't that of an array"
            raise DamageError(
                f"{at}: array {name!r:.60} is damaged or no sweep wrote it: {told}; the command that made it repairs it"
            ) from None
