"""The frame of a store: everything but results; a pure function of its layout, so that growing writes it anew."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import MemoryStore

from sweep.errors import ConfigError, StorageError, writing
from sweep.plan import digest
from sweep.store.files import flush, remove_files, write_files

__all__ = [
    "COMPLETE",
    "KERNEL_ERROR",
    "MISSING",
    "NON_FINITE",
    "OK",
    "Layout",
    "Variable",
    "create",
    "grow",
    "read_attributes",
    "stored_layout",
    "unseal",
    "write_attributes",
]

MISSING, OK, NON_FINITE, KERNEL_ERROR = 0, 1, 2, 3
_STATUS = {
    "flag_values": [MISSING, OK, NON_FINITE, KERNEL_ERROR],
    "flag_meanings": "missing ok non_finite kernel_error",
    "long_name": "state of each run",
}
# Zarr and xarray look for arrays beside arrays, and never for files inside one: records there disturb no reader.
COMPLETE = "status/COMPLETE"
_ROOT = "zarr.json"
_CHECKSUM = "checksum"
# Chunks of one array in one folder: a folder a chunk would cost more to flush, and more disk, than small chunks do.
_KEYS: Any = {"name": "default", "separator": "."}
_Attributes = dict[str, Any]


@dataclass(frozen=True)
class Variable:
    """One array to be written draw by draw: its dimensions, number type and attributes."""

    name: str
    dims: tuple[str, ...]
    dtype: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class Layout:
    """Template of a store: coordinates, variables, chunk length, group attributes."""

    policies: tuple[str, ...]
    draws: int
    regions: tuple[str, ...]
    years: tuple[int, ...]
    chunk: int
    variables: tuple[Variable, ...]
    attributes: Mapping[str, Any]

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension."""
        return {
            "policy": len(self.policies),
            "draw": self.draws,
            "region": len(self.regions),
            "year": len(self.years),
        }


def _compressors() -> list[Any]:
    return [ZstdCodec(level=1), Crc32cCodec()]


def _create_array(group: zarr.Group, variable: Variable, layout: Layout) -> None:
    sizes, chunks = layout.sizes, {"policy": 1, "draw": layout.chunk}
    group.create_array(
        variable.name,
        shape=tuple(sizes[dim] for dim in variable.dims),
        chunks=tuple(chunks.get(dim, max(1, sizes[dim])) for dim in variable.dims),
        dtype=variable.dtype,
        fill_value=np.nan if variable.dtype.startswith("f") else 0,
        compressors=_compressors(),
        dimension_names=variable.dims,
        attributes=dict(variable.attributes),
        chunk_key_encoding=_KEYS,
        config={"write_empty_chunks": True},
    )


def _write_coordinate(group: zarr.Group, name: str, values: Sequence[Any], meaning: str) -> None:
    dtype: Any = np.dtypes.StringDType() if isinstance(values[0], str) else np.int64
    array = group.create_array(
        name,
        shape=(len(values),),
        chunks=(len(values),),
        dtype=dtype,
        compressors=_compressors(),
        dimension_names=(name,),
        attributes={"long_name": meaning},
        chunk_key_encoding=_KEYS,
        config={"write_empty_chunks": True},
    )
    array[:] = np.array(values, dtype=dtype)


def _checked(attributes: Mapping[str, Any]) -> _Attributes:
    """Attributes with the checksum that tells whether they are as they were written."""
    kept = {name: value for name, value in attributes.items() if name != _CHECKSUM}
    return {**kept, _CHECKSUM: digest(kept)}


def _frame(layout: Layout) -> dict[str, bytes]:
    """Name -> content of every file but chunks of results: the root first, and `status`, which grows last, last."""
    held: dict[str, Any] = {}
    own = {"policies": list(layout.policies), "draws": layout.draws, "draws_per_chunk": layout.chunk}
    attributes = _checked({**layout.attributes, **own})
    group = zarr.open_group(MemoryStore(held), mode="w", zarr_format=3, attributes=attributes)
    _write_coordinate(group, "policy", layout.policies, "policy")
    _write_coordinate(group, "region", layout.regions, "region")
    _write_coordinate(group, "year", layout.years, "calendar year")
    _write_coordinate(group, "draw", range(layout.draws), "scenario number")
    for variable in (*layout.variables, Variable("status", ("policy", "draw"), "i1", _STATUS)):
        _create_array(group, variable, layout)
    return {name: buffer.to_bytes() for name, buffer in held.items()}


def create(path: Path, layout: Layout) -> None:
    """Create a store with room for every draw; it appears under its name only when it is whole.

    Does nothing where a store has appeared meanwhile. Raises StorageError when the path can't be written.
    """
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        with writing(path):
            temporary.chmod(0o755)
            write_files(temporary, _frame(layout))
            temporary.rename(path)
            flush(path.parent)
    except StorageError:
        if not (path / _ROOT).is_file():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_there(file: Path, content: bytes) -> bool:
    """Whether a file holds that content; metadata may be laid out in another way."""
    try:
        stored = file.read_bytes()
        return stored == content or (file.name == _ROOT and json.loads(stored) == json.loads(content))
    except (FileNotFoundError, ValueError):
        return False


def grow(path: Path, layout: Layout) -> None:
    """Make a store's frame that of a layout: more draws, policies, variables, or what was damaged of it.

    What is stored stays. The store is unsealed first; one that was cut short in between is grown again.
    """
    with writing(path):
        changed = {name: data for name, data in _frame(layout).items() if not _is_there(path / name, data)}
        if changed.keys() - {_ROOT}:
            unseal(path)
            changed[_ROOT] = _frame(_open_again(layout))[_ROOT]
        for name, data in changed.items():
            write_files(path, {name: data})


def _open_again(layout: Layout) -> Layout:
    attributes = {**layout.attributes, "complete": False, "content_sha256": ""}
    return Layout(**{**vars(layout), "attributes": attributes})


def read_attributes(
    path: Path, parsed: tuple[str, ...] = (), advice: str = "choose another store.path"
) -> _Attributes | None:
    """Attributes of the store at a path, None where nothing is.

    parsed: attributes kept as JSON text that the caller needs as objects; advice: for the message.
    Raises ConfigError when the path holds something that is no store of this project, or a damaged one.
    """
    message = f"{path} is no store of a sweep; {advice}"
    try:
        if not path.exists() and not path.is_symlink():
            return None
        metadata = json.loads((path / _ROOT).read_text(encoding="utf-8"))
        attributes = metadata["attributes"]
        if metadata["node_type"] != "group" or not isinstance(attributes["plan_hash"], str):
            raise ConfigError(message)
        if _CHECKSUM in attributes and _checked(attributes) != attributes:
            raise ConfigError(f"{path / _ROOT} is damaged: its attributes aren't as they were written; {advice}")
        for name in parsed:
            attributes[name] = json.loads(attributes[name])
    except PermissionError as error:
        raise StorageError(f"{path} can't be read: {error.strerror}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(message) from None
    return dict(attributes)


def write_attributes(path: Path, changes: Mapping[str, Any]) -> None:
    """Set attributes of the group."""
    metadata = json.loads((path / _ROOT).read_text(encoding="utf-8"))
    metadata["attributes"] = _checked({**metadata["attributes"], **changes})
    with writing(path):
        write_files(path, {_ROOT: json.dumps(metadata, indent=2, ensure_ascii=False).encode()})


def unseal(path: Path) -> None:
    """Take back that a store is complete, before anything of it changes."""
    with writing(path):
        remove_files(path, [COMPLETE])
    write_attributes(path, {"complete": False, "content_sha256": ""})


def stored_layout(path: Path) -> Layout:
    """The layout of the store at a path, as far as it can be read; regions and years are the caller's to know."""
    attributes = read_attributes(path) or {}
    variables = []
    for file in sorted(path.glob("*/zarr.json")):
        try:
            metadata = json.loads(file.read_text(encoding="utf-8"))
            dims, dtype = tuple(metadata["dimension_names"]), metadata["data_type"]
            if "draw" in dims and file.parent.name not in ("draw", "status"):
                variables.append(
                    Variable(file.parent.name, dims, np.dtype(dtype).str.lstrip("<|"), metadata["attributes"])
                )
        except (OSError, ValueError, KeyError, TypeError):
            # What this study can't make again is told by whoever needs it.
            continue
    size = (tuple(attributes["policies"]), attributes["draws"])
    return Layout(*size, (), (), attributes["draws_per_chunk"], tuple(variables), attributes)
