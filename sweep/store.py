"""The store: one Zarr group that plain xarray opens; created whole, written by whole chunks, sealed at the end."""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from sweep.errors import ConfigError
from sweep.plan import Task

__all__ = [
    "MISSING",
    "NON_FINITE",
    "OK",
    "Layout",
    "Variable",
    "annotate",
    "create",
    "done",
    "grow",
    "open_store",
    "read_attributes",
    "seal",
    "write_task",
]

MISSING, OK, NON_FINITE = 0, 1, 2
_STATUS = {"flag_values": [0, 1, 2], "flag_meanings": "missing ok non_finite", "long_name": "state of each run"}
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


def _sizes(layout: Layout) -> dict[str, int]:
    return {
        "policy": len(layout.policies),
        "draw": layout.draws,
        "region": len(layout.regions),
        "year": len(layout.years),
    }


def _create_array(group: zarr.Group, variable: Variable, sizes: Mapping[str, int], chunk: int) -> None:
    chunks = {"policy": 1, "draw": chunk}
    group.create_array(
        variable.name,
        shape=tuple(sizes[dim] for dim in variable.dims),
        chunks=tuple(chunks.get(dim, max(1, sizes[dim])) for dim in variable.dims),
        dtype=variable.dtype,
        fill_value=np.nan if variable.dtype.startswith("f") else 0,
        compressors=ZstdCodec(level=1, checksum=True),
        dimension_names=variable.dims,
        attributes=dict(variable.attributes),
        config={"write_empty_chunks": True},
    )


def _write_coordinate(group: zarr.Group, name: str, values: Sequence[Any], attributes: _Attributes) -> None:
    dtype: Any = np.dtypes.StringDType() if isinstance(values[0], str) else np.int64
    array = group.create_array(
        name,
        shape=(len(values),),
        chunks=(len(values),),
        dtype=dtype,
        dimension_names=(name,),
        attributes=attributes,
        overwrite=True,
    )
    array[:] = np.array(values, dtype=dtype)


def create(path: Path, layout: Layout) -> None:
    """Create a store with room for every draw; it appears under its name only when it is whole.

    Raises ConfigError when the path can't be written or holds something already.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise ConfigError(f"store.path: can't write in {path.parent}: {error.strerror}") from None
    try:
        temporary.chmod(0o755)
        group = zarr.open_group(temporary, mode="w", zarr_format=3, attributes=dict(layout.attributes))
        _write_coordinate(group, "policy", layout.policies, {"long_name": "policy"})
        _write_coordinate(group, "region", layout.regions, {"long_name": "region"})
        _write_coordinate(group, "year", layout.years, {"long_name": "calendar year"})
        _write_coordinate(group, "draw", range(layout.draws), {"long_name": "scenario number"})
        status = Variable("status", ("policy", "draw"), "i1", _STATUS)
        for variable in (*layout.variables, status):
            _create_array(group, variable, _sizes(layout), layout.chunk)
        temporary.rename(path)
    except OSError as error:
        raise ConfigError(f"store.path: can't create {path}: {error.strerror}") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def read_attributes(
    path: Path, parsed: tuple[str, ...] = (), advice: str = "choose another store.path"
) -> _Attributes | None:
    """Attributes of the store at a path, None where nothing is.

    parsed: attributes kept as JSON text that the caller needs as objects; advice: for the message.
    Raises ConfigError when the path holds something that is no store of this project.
    """
    if not path.exists() and not path.is_symlink():
        return None
    message = f"{path} is no store of a sweep; {advice}"
    try:
        metadata = json.loads((path / "zarr.json").read_text(encoding="utf-8"))
        attributes = metadata["attributes"]
        if metadata["node_type"] != "group" or not isinstance(attributes["plan_hash"], str):
            raise ConfigError(message)
        for name in parsed:
            attributes[name] = json.loads(attributes[name])
    except (OSError, ValueError, KeyError, TypeError):
        raise ConfigError(message) from None
    return dict(attributes)


def done(path: Path) -> tuple[dict[str, NDArray[np.bool_]], int]:
    """Which draws of each policy have a result, and the chunk length. Raises ConfigError on a damaged store."""
    try:
        group = zarr.open_group(path, mode="r")
        status = group["status"]
        finished = np.asarray(status[:]) != MISSING  # type: ignore[index]
        names = [str(name) for name in np.asarray(group["policy"][:])]  # type: ignore[index]
        if finished.shape[0] > len(names):
            raise ValueError(f"{len(names)} policies, but status of {finished.shape[0]}")
    except (KeyError, ValueError, TypeError, IndexError, RuntimeError) as error:
        raise ConfigError(f"{path} is damaged and can't be continued: {error}") from None
    # A policy that was being added when a run was cut short has a name but no status yet.
    return dict(zip(names, finished, strict=False)), int(status.chunks[1])  # type: ignore[union-attr]


def grow(
    path: Path, policies: tuple[str, ...], draws: int, attributes: Mapping[str, Any], variables: Sequence[Variable]
) -> None:
    """Make room for more draws, policies or variables; what is stored stays, and the store is unsealed first.

    `status`, by which a run sees what a store holds, grows last: one that was cut short is grown again.
    """
    group = zarr.open_group(path, mode="r+")
    group.attrs.update({**attributes, "complete": False})
    sizes = {"policy": len(policies), "draw": draws}
    status = group["status"]
    assert isinstance(status, zarr.Array)
    for variable in variables:
        if variable.name not in group:
            _create_array(group, variable, sizes, status.chunks[1])
    for name, array in group.arrays():
        if name != "status":
            _resize(array, sizes)
    group["draw"][:] = np.arange(draws)  # type: ignore[index]
    group["policy"][:] = np.array(policies, dtype=np.dtypes.StringDType())  # type: ignore[index]
    _resize(status, sizes)


def _resize(array: Any, sizes: Mapping[str, int]) -> None:
    dims = array.metadata.dimension_names
    array.resize(tuple(sizes.get(dim, size) for dim, size in zip(dims, array.shape, strict=True)))


def write_task(
    path: Path, task: Task, inputs: Mapping[str, NDArray[Any]], block: Mapping[str, NDArray[Any]]
) -> dict[str, int]:
    """Write one task's inputs and outcomes by whole chunks, the status last; returns failed draws by policy.

    inputs: name -> (draws, …); block: outcome -> (policies of the task, draws, …). Raises ValueError when the
    task doesn't start on a chunk boundary, since two writers of one chunk would lose data.
    """
    group = zarr.open_group(path, mode="r+")
    status = group["status"]
    assert isinstance(status, zarr.Array)
    names = [str(name) for name in np.asarray(group["policy"][:])]  # type: ignore[index]
    chunk, draws = status.chunks[1], status.shape[1]
    if task.start % chunk or task.stop != min(task.start + chunk, draws):
        raise ValueError(f"task {task.start}:{task.stop} is no whole chunk of {chunk} draws")
    span = slice(task.start, task.stop)
    for name, values in inputs.items():
        group[name][span] = values  # type: ignore[index]
    rows = [names.index(policy) for policy in task.policies]
    good = np.ones((len(rows), task.stop - task.start), dtype=bool)
    for name, values in block.items():
        _write_rows(group[name], rows, span, values)
        good &= np.isfinite(values).reshape(*good.shape, -1).all(axis=2)
    _write_rows(status, rows, span, np.where(good, OK, NON_FINITE).astype(np.int8))
    return {policy: int(count) for policy, count in zip(task.policies, (~good).sum(axis=1), strict=True)}


def _write_rows(array: Any, rows: list[int], span: slice, values: NDArray[Any]) -> None:
    """Write policies' chunks, all at once where they lie side by side: a call costs as much as its chunks."""
    if rows == list(range(rows[0], rows[-1] + 1)):
        array[rows[0] : rows[-1] + 1, span] = values
        return
    for row, value in zip(rows, values, strict=True):
        array[row, span] = value


def annotate(path: Path, attributes: Mapping[str, Any]) -> None:
    """Set attributes on which no result depends."""
    zarr.open_group(path, mode="r+").attrs.update(dict(attributes))


def seal(path: Path) -> None:
    """Mark a store as complete."""
    zarr.open_group(path, mode="r+").attrs["complete"] = True


def open_store(path: str | Path) -> xr.Dataset:
    """A store as a lazy dataset. Raises ConfigError when the path holds no store."""
    place = Path(path)
    if read_attributes(place, advice="expected the path that a sweep prints, such as results/NAME.zarr") is None:
        raise ConfigError(f"{place}: no such store")
    try:
        data: xr.Dataset = xr.open_zarr(place, consolidated=False)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{place}: can't be opened as a store: {error}") from None
    return data
