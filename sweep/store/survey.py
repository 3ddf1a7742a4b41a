"""What a store holds: which runs are done, and whether its chunks are what was written."""

import errno
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from sweep.errors import ConfigError, DamageError, UnreachableError, writing
from sweep.plan import digest
from sweep.store.chunks import Array, Values, nbytes
from sweep.store.counting import PILOT_FILE, Counting, counting
from sweep.store.frame import MISSING, extent, unseal
from sweep.store.lock import Held, unheld
from sweep.store.markers import Marker, read_markers
from sweep.store.place import Place, Where, place
from sweep.store.records import Records, mend, read_records
from sweep.store.statistics import Groups, damaged_statistics, statistics_groups
from sweep.store.streams import SAID, Hashed, Stream, StreamReader, opened, start_hash, stored
from sweep.store.tasks import HeldChunks, chunk_name, fingerprint, has_policies
from sweep.store.untrusted import GROUP, MOST_LENGTH

__all__ = ["Readers", "Survey", "reconcile", "survey"]

# Has workers read streams, in any order; an executor is one.
Readers = Callable[[StreamReader, Sequence[Stream]], Iterable[Hashed]]

# Where all is read, what is held at once: some chunks, as many as there are readers, but no more bytes than these.
_MOST_READERS, _MOST_BYTES = 8, 2**26
_TEXTS = 2**16
_SHA256 = re.compile("[0-9a-f]{64}")
# Errors of a file that is missing, or on a bad sector; all others may be of the way there.
_DAMAGE = (None, errno.ENOENT, errno.EIO)


@dataclass(frozen=True)
class Survey:
    """What a store's markers say, and where its chunks say otherwise.

    finished: policy -> whether each draw is done; outcomes: arrays that a task must have written to be done;
    damaged: file of a marker or record, or name of an array -> what is wrong; content: hash of the decoded content,
    where all of it was read, is done and is sound; records: of draws that are counted, where not all are kept.
    """

    place: Place
    attributes: Mapping[str, Any]
    markers: tuple[Marker, ...]
    finished: Mapping[str, NDArray[np.bool_]]
    outcomes: frozenset[str]
    damaged: Mapping[str, str] = field(default_factory=dict)
    content: str = ""
    records: Records = field(default_factory=Records)

    @property
    def counting(self) -> Counting | None:
        """What is counted, None where all draws are kept."""
        return counting(self.attributes)

    @property
    def whole(self) -> bool:
        """Whether every run is done."""
        return all(row.all() for row in self.finished.values())

    @property
    def chunk(self) -> int:
        """Draws in a chunk."""
        return int(self.attributes["draws_per_chunk"])


class _Reader:
    """Reads chunks, and compares them with what markers say of them."""

    def __init__(self, at: Place, attributes: Mapping[str, Any], markers: Sequence[Marker]) -> None:
        self.place = at
        self.length = int(attributes["draws_per_chunk"])
        self.policies: list[str] = attributes["policies"]
        with self._openable():
            self.arrays = opened(at)
            if self.arrays["status"].shape != (len(self.policies), _draws_kept(attributes)):
                raise ValueError("`status` has another shape than there are policies and draws")
        self._with_policies = {name for name, array in self.arrays.items() if has_policies(array)}
        # By the places of chunks, which arrays share: an entry for each chunk would take more memory than markers do.
        self.markers: dict[str, list[Marker]] = {}
        for marker in markers:
            for places in {key.partition("/c.")[2] for key in marker.chunks}:
                self.markers.setdefault(places, []).append(marker)

    @contextmanager
    def _openable(self) -> Iterator[None]:
        try:
            yield
        except (UnreachableError, ConfigError):
            raise
        except (OSError, KeyError, ValueError, TypeError) as error:
            why = f"{self.place} is damaged: {error}; the command that made it repairs it"
            raise DamageError(why) from None

    @cached_property
    def sizes(self) -> dict[str, dict[str, int]]:
        """Sizes of files by array; where chunks are read, only of interest once one isn't what was written."""
        with self._openable():
            return self.place.sizes()

    def _size(self, key: str) -> int | None:
        name, _, file = key.partition("/")
        return self.sizes.get(name, {}).get(file)

    def _speaking_of(self, key: str) -> list[Marker]:
        return [marker for marker in self.markers.get(key.partition("/c.")[2], ()) if key in marker.chunks]

    def _draws(self, array: Array, row: int | None, start: int, count: int) -> Values:
        return np.asarray(array[start : start + count] if row is None else array[row, start : start + count])

    def _read(self, key: str) -> Values:
        name, _, places = key.partition("/c.")
        if self._size(key) is None:
            raise FileNotFoundError("missing")
        array, numbers = self.arrays[name], [int(place) for place in places.split(".")]
        row, number = (numbers[0], numbers[1]) if has_policies(array) else (None, numbers[0])
        return self._draws(array, row, number * self.length, self.length)

    def checked(self, key: str, values: Values | None = None) -> tuple[Values | None, dict[str, str]]:
        """A chunk, None where it can't be read, and the markers that it contradicts, and in what.

        values: the chunk, where it was read already.
        """
        found = {} if values is None else self._contradicted(key, values)
        if values is not None and not found:
            return values, {}
        # Alone, and once more: it may have been the way here that changed it.
        for _ in range(2):
            try:
                values = self._read(key)
                found = self._contradicted(key, values)
            except OSError as error:
                # Nothing is known of what can't be reached, so that nothing may be said against it.
                if isinstance(error, UnreachableError) or error.errno not in _DAMAGE:
                    raise
                values, found = None, self._accused(key, error)
            except Exception as error:  # whatever a decoder makes of damaged bytes
                values, found = None, self._accused(key, error)
            if not found:
                break
        return values, found

    def _accused(self, key: str, error: Exception) -> dict[str, str]:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        return {marker.name: f"{key}: {why}" for marker in self._speaking_of(key)}

    def _contradicted(self, key: str, values: Values) -> dict[str, str]:
        return {
            marker.name: f"{key}: not the values that were written"
            for marker in self._speaking_of(key)
            if fingerprint(values[: marker.stop - marker.start]) != marker.chunks[key].sha256
        }

    def quick(self) -> dict[str, str]:
        """Damaged tasks: only chunks that are missing, or of another size than was written, are read."""
        found: dict[str, str] = {}
        listed = {marker.name: marker for markers in self.markers.values() for marker in markers}.values()
        doubtful = {key for each in listed for key, chunk in each.chunks.items() if self._size(key) != chunk.size}
        for key in sorted(doubtful):
            found |= self.checked(key)[1]
        return found

    def _streams(self) -> list[Stream]:
        """Every array with draws, in every policy's row, with what markers say; each marker is unpacked once."""
        said: dict[tuple[str, int | None], bytearray] = {}
        for name, array in self.arrays.items():
            if _dims(array) != (name,):
                rows = range(len(self.policies)) if name in self._with_policies else [None]
                said |= {(name, row): bytearray() for row in rows}
        for marker in {marker.name: marker for each in self.markers.values() for marker in each}.values():
            # A marker may come from anywhere: numbers beyond all sense are of no chunk.
            if not 0 <= marker.start < marker.stop <= MOST_LENGTH:
                continue
            number, draws = marker.start // self.length, marker.stop - marker.start
            for key, chunk in marker.chunks.items():
                name, _, places = key.partition("/c.")
                row, _, _ = places.partition(".")
                place = (name, int(row) if row.isdecimal() and name in self._with_policies else None)
                # What a marker says of another chunk than its own, or of none, makes no task done.
                if place in said and key == chunk_name(self.arrays[name], place[1], number):
                    sha256 = bytes.fromhex(chunk.sha256) if _SHA256.fullmatch(chunk.sha256) else b""
                    said[place] += SAID.pack(number, draws, sha256)
        # Taken out one by one, lest all of it is there twice.
        return [Stream(*place, self.length, bytes(said.pop(place))) for place in list(said)]

    def _again(self, read: Hashed) -> tuple[dict[str, str], str]:
        """Damaged tasks of a stream, each of whose doubtful chunks is looked at again, and the hash of its values."""
        array, found = self.arrays[read.name], dict[str, str]()
        if not read.doubtful:
            return found, read.sha256
        stream = start_hash(array)
        for start in range(0, array.shape[0 if read.row is None else 1], self.length):
            key = chunk_name(array, read.row, start // self.length)
            values, problems = self.checked(key, stored(self.place, array, key, read.row, start))
            found |= problems
            stream.update(b"" if values is None else np.ascontiguousarray(values).data)
        return found, stream.hexdigest()

    def _coordinate(self, name: str) -> tuple[dict[str, str], str]:
        try:
            return {}, _text_hash(self.arrays[name])
        except UnreachableError:
            raise
        except Exception as error:
            return {name: f"coordinate: {error}"}, ""

    def thorough(self, executor: Readers | None = None) -> tuple[dict[str, str], dict[str, str]]:
        """Damaged tasks and arrays, and hashes of the content by array and policy."""
        found: dict[str, str] = {}
        hashes: dict[str, str] = {}
        for name in [name for name, array in self.arrays.items() if _dims(array) == (name,)]:
            problems, hashes[name] = self._coordinate(name)
            found |= problems
        for read in (executor or self._by_threads)(StreamReader(self.place), self._streams()):
            problems, text = self._again(read)
            found |= problems
            hashes[read.name if read.row is None else f"{read.name}/{self.policies[read.row]}"] = text
        hashes["policy"] = digest(sorted(self.policies))
        return found, hashes

    def _by_threads(self, reader: StreamReader, streams: Sequence[Stream]) -> Iterator[Hashed]:
        """Read streams here: decompressing and hashing leave Python's lock to other threads."""
        largest = max(2 * nbytes(array) for array in self.arrays.values() if "draw" in _dims(array)[:2])
        pool = ThreadPoolExecutor(max(1, min(_MOST_READERS, _MOST_BYTES // largest)))
        try:
            yield from pool.map(reader(), streams)
        finally:
            pool.shutdown(cancel_futures=True)


def _draws_kept(attributes: Mapping[str, Any]) -> int:
    """Draws that the arrays have a place for."""
    about = counting(attributes)
    return about.draws_kept if about else int(attributes["draws"])


def _dims(array: Array) -> tuple[str, ...]:
    return tuple(array.metadata.dimension_names or ())


def _text_hash(values: Array) -> str:
    """`digest` of the list of values as texts, of which a million would take ten times their own room."""
    stream = hashlib.sha256(b"[")
    for first in range(0, values.shape[0], _TEXTS):
        texts = [str(value) for value in np.asarray(values[first : first + _TEXTS])]
        text = json.dumps(texts, separators=(",", ":"), ensure_ascii=False)[1:-1]
        stream.update(f"{',' if first else ''}{text}".encode())
    stream.update(b"]")
    return stream.hexdigest()


def _finished(
    attributes: Mapping[str, Any], markers: Sequence[Marker], outcomes: Mapping[str, Array]
) -> dict[str, NDArray[np.bool_]]:
    """Which draws of each policy are done: a marker says so of one chunk, and of those that it lists alone."""
    policies: list[str] = attributes["policies"]
    draws, length = _draws_kept(attributes), attributes["draws_per_chunk"]
    rows = {name: np.zeros(draws, dtype=bool) for name in policies}
    for marker in markers:
        number, rest = divmod(marker.start, length)
        if rest or not marker.start < marker.stop <= min(marker.start + length, draws):
            continue
        for policy in rows.keys() & set(marker.policies):
            row = policies.index(policy)
            if all(chunk_name(array, row, number) in marker.chunks for array in outcomes.values()):
                rows[policy][marker.start : marker.stop] = True
    return rows


def survey(
    where: Where, thorough: bool = False, statistics: Groups | None = None, readers: Readers | None = None
) -> Survey:
    """What is done and what is damaged; thorough: by reading every chunk, else by sizes, as fast as files are listed.

    statistics: the groups as they should be, where the caller made them from the records of this moment; readers:
    other workers than this process's threads.
    Raises ConfigError where there is no store, and DamageError where not even its arrays can be opened.
    """
    at = place(where)
    attributes = extent(at)
    if attributes is None:
        raise ConfigError(f"{at}: no such store; expected the path that a sweep prints, such as results/NAME.zarr")
    markers, broken = read_markers(at, attributes["plan_hash"])
    reader = _Reader(at, attributes, markers)
    damaged, hashes = reader.thorough(readers) if thorough else (reader.quick(), {})
    damaged |= dict.fromkeys(broken, "no marker of this plan, or not as it was written")
    sound = tuple(marker for marker in markers if marker.name not in damaged)
    outcomes = {name: array for name, array in reader.arrays.items() if has_policies(array)}
    finished, records, about = _finished(attributes, sound, outcomes), Records(), counting(attributes)
    if about:
        records = read_records(at, about)
        damaged |= {**records.damaged, **records.copied}
        finished = _counted(finished, records.covered(about.draws))
    found = Survey(at, attributes, tuple(markers), finished, frozenset(outcomes), damaged, "", records)
    if not hashes or damaged or not found.whole:
        return found
    if about and statistics is None and not attributes["complete"]:
        # Written, whatever is there of them, when the store is sealed.
        return found
    if about:
        damaged, more = _statistics(at, about, records, statistics)
        hashes |= more
    return replace(found, damaged=damaged, content="" if damaged else digest(hashes))


def _counted(kept: Mapping[str, NDArray[np.bool_]], covered: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Which draws are done: those that are counted and, where they are kept, stored under every policy."""
    for done in kept.values():
        covered[: len(done)] &= done
    return dict.fromkeys(kept, covered)


def _statistics(
    at: Place, about: Counting, records: Records, groups: Groups | None
) -> tuple[dict[str, str], Mapping[str, str]]:
    """Damage of the groups of statistics, and hashes of their content, once they are written."""
    if not at.read_all([f"{GROUP}/zarr.json"]):
        return {GROUP: "missing"}, {}
    try:
        expected = groups or statistics_groups(at, about, records)
    except DamageError as error:
        return {PILOT_FILE: str(error)}, {}
    return damaged_statistics(at, expected), expected.hashes


def reconcile(found: Survey, held: Held = unheld) -> None:
    """Set what isn't done, or isn't sound, to missing in `status`, and take its markers away: it is to be done again.

    Files that killed writers left half written go, too. Only the run that holds the store's lock may call this.
    """
    stored: Any = zarr.open_group(found.place.zarr(), mode="r", use_consolidated=False)["status"]
    chunks = HeldChunks(found.place)
    status = chunks.arrays["status"]
    for row, policy in enumerate(found.attributes["policies"]):
        finished = found.finished[policy][: stored.shape[1]]
        for start, states in _unfinished(stored, row, finished, found.chunk):
            done = finished[start : start + found.chunk]
            if states is None or (states[~done] != MISSING).any():
                status[row, start : start + found.chunk] = (
                    MISSING if states is None else np.where(done, states, MISSING)
                )
    gone = [name for name in found.damaged if name.endswith((".json", ".counts", ".copy"))]
    gone = [name for name in gone if name not in found.records.copied]
    gone += [marker.name for marker in found.markers if not found.outcomes <= marker.arrays]
    files = chunks.take()
    held()
    if files or gone:
        unseal(found.place)
    with writing(found.place):
        found.place.write(files)
        found.place.remove([*gone, *found.records.redundant])
        mend(found.place, found.records)
        found.place.remove_partial()


def _unfinished(
    status: Array, row: int, done: NDArray[np.bool_], length: int
) -> Iterator[tuple[int, NDArray[np.int8] | None]]:
    """Chunks of a policy's status that are not wholly done, by first draw; None for one that can't be read."""
    try:
        whole = np.asarray(status[row])
    except UnreachableError:
        raise
    except Exception:  # a damaged one: each alone
        whole = None
    for start in range(0, len(done), length):
        if done[start : start + length].all():
            continue
        try:
            own = status[row, start : start + length] if whole is None else whole[start : start + length]
            yield start, np.asarray(own)
        except UnreachableError:
            raise
        except Exception:
            yield start, None
