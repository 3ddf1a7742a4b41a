"""The frame of a store: everything but results; a pure function of its layout, so that growing writes it anew."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import zarr
from zarr.storage import MemoryStore

from sweep.errors import ConfigError, DamageError, StorageError, UnreachableError, writing
from sweep.plan import digest
from sweep.store.chunks import compressors
from sweep.store.lock import Held, unheld
from sweep.store.place import Place, Where, place
from sweep.store.untrusted import MOST_LENGTH, metadata_files

__all__ = [
    "COMPLETE",
    "KERNEL_ERROR",
    "MISSING",
    "NON_FINITE",
    "OK",
    "Layout",
    "Variable",
    "create",
    "extent",
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
# A coordinate's chunk: whole, a million draws in the hands of Zarr would be what a run needs most memory for.
_LONGEST = 2**16
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
    """Template of a store: coordinates, variables, chunk length, group attributes.

    most_kept: draws that have a place on the dimension `draw`, the first ones, where not all have; groups: names of
    occupation groups, where an input has a value by each.
    """

    policies: tuple[str, ...]
    draws: int
    regions: tuple[str, ...]
    years: tuple[int, ...]
    chunk: int
    variables: tuple[Variable, ...]
    attributes: Mapping[str, Any]
    most_kept: int | None = None
    groups: tuple[str, ...] = ()

    @property
    def sizes(self) -> dict[str, int]:
        """Length of every dimension."""
        return {
            "policy": len(self.policies),
            "draw": self.draws if self.most_kept is None else min(self.draws, self.most_kept),
            "region": len(self.regions),
            "year": len(self.years),
            "group": len(self.groups),
        }


def _metadata(variable: Variable, layout: Layout) -> bytes:
    """The metadata of a variable's array."""
    sizes, chunks = layout.sizes, {"policy": 1, "draw": layout.chunk}
    shape = tuple(sizes[dim] for dim in variable.dims)
    chunk = tuple(chunks.get(dim, max(1, sizes[dim])) for dim in variable.dims)
    return _array(shape, chunk, variable.dtype, variable.dims, json.dumps(dict(variable.attributes)))


@cache
def _array(
    shape: tuple[int, ...], chunks: tuple[int, ...], dtype: str, dims: tuple[str, ...], attributes: str
) -> bytes:
    """As Zarr writes it, which takes long enough to be done once: a store is grown as soon as it was created."""
    held: dict[str, Any] = {}
    zarr.create_array(
        MemoryStore(held),
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        fill_value=np.nan if dtype.startswith("f") else 0,
        compressors=compressors(),
        dimension_names=dims,
        attributes=json.loads(attributes),
        chunk_key_encoding=_KEYS,
        config={"write_empty_chunks": True},
    )
    return bytes(held["zarr.json"].to_bytes())


def _write_coordinate(group: zarr.Group, name: str, values: Sequence[Any], meaning: str) -> None:
    dtype: Any = np.dtypes.StringDType() if isinstance(values[0], str) else np.int64
    room = (min(len(values), _LONGEST),)
    array = group.create_array(
        name,
        shape=(len(values),),
        chunks=room,
        dtype=dtype,
        compressors=compressors(),
        dimension_names=(name,),
        attributes={"long_name": meaning},
        chunk_key_encoding=_KEYS,
        config={"write_empty_chunks": True},
    )
    for first in range(0, len(values), *room):
        array[first : first + _LONGEST] = np.array(values[first : first + _LONGEST], dtype=dtype)


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
    _write_coordinate(group, "draw", range(layout.sizes["draw"]), "scenario number")
    if layout.groups:
        _write_coordinate(group, "group", layout.groups, "occupation group")
    variables = (*layout.variables, Variable("status", ("policy", "draw"), "i1", _STATUS))
    files = {name: buffer.to_bytes() for name, buffer in held.items()}
    return files | {f"{variable.name}/{_ROOT}": _metadata(variable, layout) for variable in variables}


def create(at: Place, layout: Layout) -> bool:
    """Create a store with room for every draw; whether none was there. Raises StorageError when it can't be written."""
    with writing(at):
        return at.create(_frame(layout))


def _is_there(name: str, stored: bytes | None, content: bytes) -> bool:
    """Whether a file holds that content; metadata may be laid out in another way."""
    try:
        return stored == content or bool(stored and _is_metadata(name) and json.loads(stored) == json.loads(content))
    except ValueError:
        return False


def _is_metadata(name: str) -> bool:
    return name.rpartition("/")[2] == _ROOT


def grow(at: Place, layout: Layout, held: Held = unheld) -> None:
    """Make a store's frame that of a layout: more draws, policies, variables, or what was damaged of it.

    What is stored stays. The store is unsealed first; one that was cut short in between is grown again.
    """
    with writing(at):
        frame = _frame(layout)
        stored = at.read_all(list(frame))
        changed = {name: data for name, data in frame.items() if not _is_there(name, stored.get(name), data)}
        held()
        if changed.keys() - {_ROOT}:
            unseal(at)
            changed[_ROOT] = _frame(_open_again(layout))[_ROOT]
        for name, data in changed.items():
            at.write({name: data})


def _open_again(layout: Layout) -> Layout:
    attributes = {**layout.attributes, "complete": False, "content_sha256": ""}
    return Layout(**{**vars(layout), "attributes": attributes})


def _root(at: Place) -> bytes | None:
    """The root's metadata, None where nothing is. Raises FileNotFoundError where something else is."""
    try:
        return at.read(_ROOT)
    except (FileNotFoundError, NotADirectoryError):
        # Once more where something is: it may have come in between.
        return at.read(_ROOT) if at.exists() else None


def read_attributes(
    where: Where, parsed: tuple[str, ...] = (), advice: str = "choose another store.path"
) -> _Attributes | None:
    """Attributes of the store at a path, None where nothing is.

    parsed: attributes kept as JSON text that the caller needs as objects; advice: for the message.
    Raises ConfigError when the path holds something that is no store of this project, or a damaged one.
    """
    at = place(where)
    message = f"{at} is no store of a sweep; {advice}"
    try:
        root = _root(at)
        if root is None:
            return None
        metadata = json.loads(root)
        attributes = metadata["attributes"]
        if metadata["node_type"] != "group" or not isinstance(attributes["plan_hash"], str):
            raise ConfigError(message)
        if _CHECKSUM in attributes and _checked(attributes) != attributes:
            raise ConfigError(f"{at}/{_ROOT} is damaged: its attributes aren't as they were written; {advice}")
        for name in parsed:
            attributes[name] = json.loads(attributes[name])
    except (UnreachableError, PermissionError) as error:
        raise StorageError(f"{at} can't be read: {error.strerror or error}") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise ConfigError(message) from None
    return dict(attributes)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


_NEEDED: dict[str, Callable[[Any], bool]] = {
    "policies": lambda value: _is_texts(value) and len(value) > 0,
    "outputs": _is_texts,
    "draws": lambda value: type(value) is int and 0 < value <= MOST_LENGTH,
    "draws_per_chunk": lambda value: type(value) is int and 0 < value <= MOST_LENGTH,
}


def extent(where: Where, parsed: tuple[str, ...] = ()) -> _Attributes | None:
    """Attributes as by `read_attributes`, among them those that say what is to be in a store.

    Raises DamageError where one of these is missing, or of another kind than a sweep writes.
    """
    attributes = read_attributes(where, parsed)
    if attributes is None:
        return None
    for name, is_right in _NEEDED.items():
        if name not in attributes or not is_right(attributes[name]):
            raise DamageError(
                f"{place(where)}/{_ROOT} is damaged: attribute {name!r} is {attributes.get(name)!r:.60}; "
                "choose another store.path, or remove it"
            )
    return attributes


def write_attributes(at: Place, changes: Mapping[str, Any]) -> None:
    """Set attributes of the group."""
    metadata = json.loads(at.read(_ROOT))
    metadata["attributes"] = _checked({**metadata["attributes"], **changes})
    with writing(at):
        at.write({_ROOT: json.dumps(metadata, indent=2, ensure_ascii=False).encode()})


def unseal(at: Place) -> None:
    """Take back that a store is complete, before anything of it changes."""
    with writing(at):
        at.remove([COMPLETE])
    write_attributes(at, {"complete": False, "content_sha256": ""})


def stored_layout(at: Place) -> Layout:
    """The layout of the store at a path, as far as it can be read; regions and years are the caller's to know."""
    attributes = extent(at) or {}
    variables = []
    for name, content in metadata_files(at).items():
        try:
            metadata = json.loads(content)
            dims, dtype = tuple(metadata["dimension_names"]), metadata["data_type"]
            if "draw" in dims and name not in ("draw", "status"):
                variables.append(Variable(name, dims, np.dtype(dtype).str.lstrip("<|"), metadata["attributes"]))
        except (ValueError, KeyError, TypeError):
            # What this study can't make again is told by whoever needs it.
            continue
    size = (tuple(attributes["policies"]), attributes["draws"])
    return Layout(*size, (), (), attributes["draws_per_chunk"], tuple(variables), attributes)
