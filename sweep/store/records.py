"""Records: the files that hold what tasks counted. Each is its own acknowledgment, and several become one.

A record counts if its checksums agree, it belongs to the store's plan and to its pilot's grids, and its draws are whole
blocks of the store. Of those that count draws twice, as a run leaves them that is killed between writing the sum of
some and removing these, the larger one is used. A sum has a copy, since all its draws would have to be counted again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from sweep.errors import DamageError, writing
from sweep.plan import digest
from sweep.store.counting import FOLDER, Counting, read_pilot
from sweep.store.lock import Held, unheld
from sweep.store.markers import Failure
from sweep.store.packing import PackingError, packed, unpacked_header, unpacked_parts
from sweep.store.place import Place
from sweep.store.tally import Tally

__all__ = [
    "Record",
    "Records",
    "compact",
    "failed_lines",
    "mend",
    "read_records",
    "total",
    "write_record",
]

_SUFFIX, _COPY = ".counts", ".copy"
# Records beside the sum of all earlier ones before they are added to it.
_MOST_BESIDE = 8
_MOST_TOLD = 100


@dataclass(frozen=True)
class Record:
    """The header of one record.

    blocks: first draw and the one after the last, in order; draws: that were counted; failed: runs by policy, without
    finite result and stopped by the kernel; failures: the first of them; written: who wrote the latest, and when.
    """

    plan_hash: str
    pilot: str
    blocks: tuple[tuple[int, int], ...]
    draws: int
    failed: tuple[tuple[int, int], ...]
    failures: tuple[Failure, ...] = ()
    written: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The record's file: the same for the same draws."""
        ends = f"{self.blocks[0][0]:09d}-{self.blocks[-1][1]:09d}"
        return f"{FOLDER}/{ends}-{digest([self.plan_hash, self.pilot, self.blocks])[:12]}{_SUFFIX}"

    @property
    def span(self) -> int:
        """Number of draws, counted or failed."""
        return sum(stop - start for start, stop in self.blocks)


_RECORD = TypeAdapter(Record)


@dataclass(frozen=True)
class Records:
    """The records of a store: those that together count each draw once, files that may go, and the damaged.

    copied: records of which the file or its copy is damaged or missing, and the other one is sound.
    """

    used: tuple[Record, ...] = ()
    redundant: tuple[str, ...] = ()
    damaged: Mapping[str, str] = field(default_factory=dict)
    copied: Mapping[str, str] = field(default_factory=dict)

    def covered(self, draws: int) -> Any:
        """Whether each draw is counted, (draws,)."""
        row = np.zeros(draws, dtype=bool)
        for record in self.used:
            for start, stop in record.blocks:
                row[start:stop] = True
        return row


def write_record(at: Place, record: Record, tally: Tally, copy: bool = False) -> None:
    """Write what was counted of some draws, for good, and a copy of it where asked."""
    data = packed(_RECORD.dump_python(record, mode="json"), tally.counted)
    files = dict.fromkeys((record.name, f"{record.name}{_COPY}")[: 1 + copy], data)
    with writing(at):
        at.write(files)
        # Once more where it may have been the way that differs.
        if all(at.read_all(list(files)) != files for _ in range(2)):
            raise DamageError(f"{at}/{record.name} was read back otherwise")


def _header(name: str, data: bytes, about: Counting) -> Record:
    """The header of a sound record of this store. Raises PackingError."""
    header = unpacked_header(data)
    listed = [each[0] for each in header.pop("parts")]
    try:
        record = _RECORD.validate_python(header)
    except (ValueError, TypeError):
        raise PackingError("its header isn't that of a record") from None
    if (record.plan_hash, record.name, listed) != (about.plan_hash, name, [each.name for each in about.outcomes]):
        raise PackingError("it belongs to another plan")
    if len(record.failed) != about.policies or not record.blocks or record.draws > record.span:
        raise PackingError("its header says what can't be")
    return record


def _read(at: Place, name: str, record: str, about: Counting) -> tuple[Record, bytes]:
    """A record in a file; read once more where it may have been the way here that changed it. Raises PackingError."""
    for again in (True, False):
        data = at.read_all([name]).get(name)
        try:
            if data is None:
                raise PackingError("missing")
            return _header(record, data, about), data
        except PackingError:
            if not again:
                raise
    raise AssertionError


def read_records(at: Place, about: Counting) -> Records:
    """The records of a store, every one read and checked by its SHA-256."""
    found: dict[str, Record] = {}
    wrong: dict[str, str] = {}
    files = [name for name in at.files(FOLDER) if name.endswith((_SUFFIX, _COPY))]
    copies = {name.removesuffix(_COPY) for name in files if name.endswith(_COPY)}
    for name in sorted({*files, *copies}):
        record = name.removesuffix(_COPY)
        try:
            found[record] = _read(at, name, record, about)[0]
        except PackingError as error:
            wrong[name] = str(error)
    pilot = read_pilot(at, about)
    used = _chosen(list(found.values()), about, pilot.sha256 if pilot else None)
    kept = {name for record in used for name in (record.name, f"{record.name}{_COPY}")}
    damaged = {name: why for name, why in wrong.items() if name.removesuffix(_COPY) not in found and why != "missing"}
    copied = {name: why for name, why in wrong.items() if name in kept}
    rest = [name for name in files if name not in kept and name not in damaged]
    return Records(used, tuple(rest), damaged, copied)


def mend(at: Place, records: Records) -> None:
    """Write again, from the other one, records or copies that are damaged or missing."""
    for name in records.copied:
        other = name.removesuffix(_COPY) if name.endswith(_COPY) else f"{name}{_COPY}"
        with writing(at):
            at.write({name: at.read(other)})


def _chosen(found: Sequence[Record], about: Counting, pilot: str | None) -> tuple[Record, ...]:
    """The largest first, as far as they count no draw twice, of one pilot's grids: where it is lost, the largest's."""
    used: list[Record] = []
    covered = np.zeros(-(-about.draws // about.block), dtype=bool)
    for record in sorted(found, key=lambda each: (-each.span, each.name)):
        pilot = pilot or record.pilot
        blocks = _numbers(record, about) if record.pilot == pilot else []
        if blocks and not covered[blocks].any():
            covered[blocks] = True
            used.append(record)
    return tuple(sorted(used, key=lambda each: each.blocks))


def _numbers(record: Record, about: Counting) -> list[int]:
    """Numbers of the blocks that a record counts, none where they aren't whole blocks of the store."""
    numbers: list[int] = []
    for start, stop in record.blocks:
        if start % about.block or not 0 <= start < stop <= about.draws or (stop % about.block and stop != about.draws):
            return []
        numbers += range(start // about.block, -(-stop // about.block))
    return numbers if len(set(numbers)) == len(numbers) else []


def _joined(blocks: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Blocks in order, neighbors as one."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(blocks):
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return tuple(joined)


def _sum(records: Sequence[Record]) -> Record:
    """The header of the sum of some records."""
    failures = sorted({failure for record in records for failure in record.failures}, key=lambda each: each[1::-1])
    written = sorted((each for record in records for each in record.written), key=lambda each: str(each.get("at")))
    return Record(
        records[0].plan_hash,
        records[0].pilot,
        _joined(block for record in records for block in record.blocks),
        sum(record.draws for record in records),
        tuple((int(a), int(b)) for a, b in np.sum([record.failed for record in records], axis=0)),
        tuple(failures[:_MOST_TOLD]),
        tuple(written[-50:]),
    )


def total(at: Place, records: Sequence[Record], about: Counting) -> Tally:
    """What some records count together; one is in memory at a time. Raises DamageError where one isn't sound."""
    tally = about.empty()
    for record in records:
        header, data = _sound(at, record, about)
        try:
            for name, arrays in unpacked_parts(data, unpacked_header(data), about.shapes):
                tally.add_outcome(name, arrays)
        except PackingError as error:
            raise DamageError(f"{at}/{record.name}: {error}; no sweep wrote it: remove it") from None
        tally.draws += header.draws
        tally.failed += np.asarray(header.failed)
    return tally


def _sound(at: Place, record: Record, about: Counting) -> tuple[Record, bytes]:
    """A record from its file or the copy. Raises DamageError."""
    why = ""
    for name in (record.name, f"{record.name}{_COPY}"):
        try:
            return _read(at, name, record.name, about)
        except PackingError as error:
            why = why or str(error)
    raise DamageError(f"{at}/{record.name}: {why}; the same command counts its draws again")


def compact(at: Place, about: Counting, held: Held = unheld, most: int = _MOST_BESIDE) -> None:
    """Add records of whole blocks up to one where more than so many are beside the largest; their files go last.

    Only the run that holds the store's lock may call this.
    """
    if sum(name.endswith(_SUFFIX) for name in at.files(FOLDER)) <= most + 1:
        return
    found = read_records(at, about)
    # A last, partly filled block is counted again when draws are added.
    whole = [record for record in found.used if record.blocks[-1][1] % about.block == 0]
    parts = [name for record in whole for name in (record.name, f"{record.name}{_COPY}")] if len(whole) > 1 else []
    if parts:
        header, tally = _sum(whole), total(at, whole, about)
        held()
        write_record(at, header, tally, copy=True)
    with writing(at):
        at.remove([*parts, *found.redundant])


def failed_lines(records: Sequence[Record], policies: Sequence[str]) -> list[str]:
    """A line for each policy with runs that failed: how many of either kind, and why the first did."""
    lines = []
    found = _sum(records) if records else None
    for policy, (endless, stopped) in zip(policies, found.failed if found else (), strict=False):
        first = next((failure for failure in found.failures if failure.policy == policy), None) if found else None
        if first:
            counts = [(endless, "gave no finite result"), (stopped, "stopped the kernel")]
            told = " and ".join(f"{count:,} {what}" for count, what in counts if count)
            lines.append(f"of {policy}'s runs {told} (draw {first.draw}: {first.reason}): left out of statistics")
    return lines
