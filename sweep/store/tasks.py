"""One task into the store: whole chunks, on disk, read back and compared, the status after them, a marker last."""

import hashlib
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import zarr
from zarr.core.buffer.cpu import Buffer
from zarr.storage import MemoryStore

from sweep.errors import ConfigError, DamageError, InUseError, writing
from sweep.plan import Task
from sweep.store.chunks import Array, Values, decoded, encoded, is_plain
from sweep.store.counting import counting, read_pilot
from sweep.store.frame import KERNEL_ERROR, NON_FINITE, OK, extent
from sweep.store.markers import Chunk, Failure, Marker, acknowledge
from sweep.store.place import Place, Where, place
from sweep.store.records import Record, write_record
from sweep.store.rounding import rounded
from sweep.store.tally import Pilot, Tally
from sweep.store.untrusted import metadata_files

__all__ = ["HeldChunks", "TaskWriter", "chunk_name", "fingerprint", "has_policies", "judged"]

# Failures that a record names; it counts them all.
_MOST_TOLD = 100


def fingerprint(values: Values) -> str:
    """SHA-256 of values in C order, little endian."""
    ordered = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return hashlib.sha256(ordered.data if ordered.size else b"").hexdigest()


def chunk_name(array: Array, row: int | None, number: int) -> str:
    """File of the chunk of so many draws into an array, in a policy's row."""
    first = (number,) if row is None else (row, number)
    places = (*first, *([0] * (array.ndim - len(first))))
    return f"{array.basename}/c.{'.'.join(map(str, places))}"


def _written(began: float) -> dict[str, Any]:
    """Who writes, when, and how long that took since a time."""
    return {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "write_seconds": round(time.time() - began, 3),
    }


def has_policies(array: Array) -> bool:
    """Whether an array has a row for each policy."""
    return tuple(array.metadata.dimension_names or ())[:2] == ("policy", "draw")


def judged(
    task: Task, block: Mapping[str, Values], reasons: Mapping[tuple[str, int], str]
) -> tuple[Values, tuple[Failure, ...]]:
    """Status of each run (policies, draws), and the runs that failed with their reasons."""
    shape = (len(task.policies), task.stop - task.start)
    status = np.full(shape, OK, dtype=np.int8)
    why: dict[tuple[int, int], str] = {}
    for name, values in block.items():
        bad = ~np.isfinite(values).reshape(*shape, -1).all(axis=2)
        for row, draw in np.argwhere(bad & (status == OK)):
            why[int(row), int(draw)] = f"{name} is not finite"
        status[bad] = NON_FINITE
    for (policy, draw), reason in reasons.items():
        row = task.policies.index(policy)
        status[row, draw], why[row, draw] = KERNEL_ERROR, reason
    told = [
        Failure(task.policies[row], task.start + draw, int(status[row, draw]), reason)
        for (row, draw), reason in sorted(why.items())
    ]
    return status, tuple(told)


class HeldChunks:
    """A store's arrays whose chunks are held in memory, to be written together."""

    def __init__(self, at: Place) -> None:
        metadata = {f"{name}/zarr.json": content for name, content in metadata_files(at).items()}
        metadata["zarr.json"] = at.read("zarr.json")
        self.files: dict[str, Any] = {name: Buffer.from_bytes(content) for name, content in metadata.items()}
        self.metadata = frozenset(metadata)
        # Not kept with the arrays: a chunk of nothing but the fill value, such as the one regime's, is written too.
        with zarr.config.set({"array.write_empty_chunks": True}):
            self.arrays: dict[str, Array] = dict(self._group().arrays())

    def _group(self) -> Any:
        # As folders have the arrays: the root may hold other metadata of them, which nobody checked.
        return zarr.open_group(MemoryStore(self.files), mode="r+", use_consolidated=False)

    def take(self) -> dict[str, bytes]:
        """The chunks that are held, as they are to be stored; they are let go."""
        return {name: self.files.pop(name).to_bytes() for name in list(self.files) if name not in self.metadata}


def _extent(attributes: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(attributes[name] for name in ("plan_hash", "draws", "policies", "outputs"))


class TaskWriter:
    """Writes tasks into one store; each worker has its own."""

    def __init__(self, where: Where) -> None:
        at = place(where)
        attributes = extent(at)
        if attributes is None:
            raise ConfigError(f"{at}: no such store")
        self.place = at
        self.extent = _extent(attributes)
        self.outputs: tuple[str, ...] = tuple(attributes["outputs"])
        self.plan_hash = str(attributes["plan_hash"])
        self.policies: list[str] = attributes["policies"]
        self.draws, self.chunk = int(attributes["draws"]), int(attributes["draws_per_chunk"])
        self.counting = counting(attributes)
        self.pilot: Pilot | None = read_pilot(at, self.counting) if self.counting else None
        self.pilot_sha256 = self.pilot.sha256 if self.pilot else ""
        self.arrays = HeldChunks(at).arrays
        for name, array in self.arrays.items():
            if "draw" in array.metadata.dimension_names and name != "draw" and not is_plain(array):
                raise DamageError(f"{at}/{name} is damaged: its metadata isn't what a sweep writes")
        self.outcomes = frozenset(name for name, array in self.arrays.items() if has_policies(array)) - {"status"}
        self.draws_kept = self.counting.draws_kept if self.counting else self.draws

    def write(
        self,
        task: Task,
        inputs: Mapping[str, Values],
        block: Mapping[str, Values],
        reasons: Mapping[tuple[str, int], str] | None = None,
    ) -> tuple[Failure, ...]:
        """Write one task's inputs and outcomes; it is done, for good, once this returns. Returns the failed runs.

        inputs: name -> (draws, …); block: outcome -> (policies of the task, draws, …), without those of which no run
        gave any; reasons: of runs that the kernel refused, by policy and place in the task. Raises ValueError when
        the task isn't one whole chunk, since two writers of one chunk would lose data, InUseError when another run has
        grown the store, StorageError when the disk is full, and DamageError when what is read back differs.
        """
        self._check_task(task)
        began = time.time()
        self._check_extent()
        status, failures = judged(task, block, reasons or {})
        self._acknowledge(task, {**inputs, **self._nothing(task, reasons or {}), **block}, status, failures, began)
        return failures

    def _acknowledge(
        self, task: Task, values: Mapping[str, Values], status: Values, failures: Sequence[Failure], began: float
    ) -> None:
        """Write arrays, the status of their runs after them, and the marker last."""
        chunks = self._store(task, values)
        # Once more, since a worker may have been frozen for days.
        self._check_extent()
        # After the results are on disk: whoever sees a status finds what it speaks of.
        chunks |= self._store(task, {"status": status})
        marker = Marker(self.plan_hash, task.start, task.stop, task.policies, chunks, tuple(failures), _written(began))
        acknowledge(self.place, marker)

    def write_counted(
        self,
        task: Task,
        tally: Tally,
        inputs: Mapping[str, Values],
        block: Mapping[str, Values],
        status: Values,
        failures: Sequence[Failure],
    ) -> None:
        """Write what a task counted, and of its draws that are kept what `write` takes; the record first.

        inputs, block, status: of the kept draws alone; failures: of all. Raises what `write` does.
        """
        assert self.counting is not None
        self._check_task(task)
        began = time.time()
        self._check_extent()
        record = Record(
            self.plan_hash,
            self.pilot_sha256,
            ((task.start, task.stop),),
            tally.draws,
            tuple((int(endless), int(stopped)) for endless, stopped in tally.failed),
            tuple(failures[:_MOST_TOLD]),
            ({**_written(began), "runs": task.runs},),
        )
        write_record(self.place, record, tally)
        kept = Task(task.start, min(task.stop, self.draws_kept), task.policies)
        if kept.start < kept.stop:
            own = [failure for failure in failures if failure.draw < kept.stop]
            self._acknowledge(kept, {**inputs, **block}, status, own, began)

    def _check_task(self, task: Task) -> None:
        if task.start % self.chunk or task.stop != min(task.start + self.chunk, self.draws):
            raise ValueError(f"task {task.start}:{task.stop} is no whole chunk of {self.chunk} draws")

    def _check_extent(self) -> None:
        """Write nothing into a store that another run has grown since: its last chunk may be longer now."""
        attributes = extent(self.place)
        if attributes is None or _extent(attributes) != self.extent:
            raise InUseError(f"{self.place} was grown by another run; start the same command again")

    def _nothing(self, task: Task, reasons: Mapping[tuple[str, int], str]) -> dict[str, Values]:
        """NaN for every outcome, where the kernel refused every run of a task."""
        if len(reasons) < task.runs:
            return {}
        shape = (len(task.policies), task.stop - task.start)
        return {name: np.full((*shape, *self.arrays[name].shape[2:]), np.nan) for name in sorted(self.outcomes)}

    def _store(self, task: Task, values: Mapping[str, Values]) -> dict[str, Chunk]:
        """Write arrays' chunks as one batch, read them back and compare; returns them by file name."""
        number = task.start // self.chunk
        files: dict[str, bytes] = {}
        hashes: dict[str, str] = {}
        for name, each in values.items():
            array = self.arrays[name]
            for row, values_of_row in self._rows(task, array, np.asarray(each)):
                # A chunk at a time, which stays in the cache.
                own = rounded(np.ascontiguousarray(values_of_row, array.dtype), array.attrs)
                key = chunk_name(array, row, number)
                files[key], hashes[key] = encoded(own, array), fingerprint(own)
                back = decoded(files[key], array)
                if (back if row is None else back[0])[: len(own)].tobytes() != own.tobytes():
                    raise self._otherwise(task, name)
        with writing(self.place):
            self.place.write(files)
            self._read_back(task, files)
        return {key: Chunk(len(files[key]), text) for key, text in hashes.items()}

    def _rows(self, task: Task, array: Array, values: Values) -> Iterator[tuple[int | None, Values]]:
        """The values of each chunk of an array, with the policy's row where it has one."""
        if not has_policies(array):
            yield None, values
            return
        for policy, own in zip(task.policies, values, strict=True):
            yield self.policies.index(policy), own

    def _read_back(self, task: Task, files: Mapping[str, bytes]) -> None:
        """Read files and compare them with what was written; once more where it may have been the way that differs."""
        names = list(files)
        for _ in range(2):
            stored = self.place.read_all(names)
            names = [name for name in names if stored.get(name) != files[name]]
            if not names:
                return
        raise self._otherwise(task, names[0])

    def _otherwise(self, task: Task, name: str) -> DamageError:
        return DamageError(f"{self.place}/{name}: draws {task.start} to {task.stop - 1} were read back otherwise")
