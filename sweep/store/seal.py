"""The last word on a store: COMPLETE, with a hash of all that it holds, written once all of it was read again."""

import json
from datetime import UTC, datetime
from typing import Any

from sweep.errors import DamageError, writing
from sweep.plan import digest
from sweep.store.frame import COMPLETE, read_attributes, write_attributes
from sweep.store.lock import Held, unheld
from sweep.store.place import Place, Where, place
from sweep.store.records import compact, read_records
from sweep.store.statistics import statistics_groups, write_statistics
from sweep.store.survey import Readers, Survey, reconcile, survey
from sweep.store.untrusted import metadata_files

__all__ = ["frame_hashes", "read_seal", "seal"]


def frame_hashes(at: Place) -> dict[str, str]:
    """Hashes of the metadata of every array; that of the group carries its own checksum."""
    return {name: digest(json.loads(content)) for name, content in sorted(metadata_files(at).items())}


def seal(where: Where, held: Held = unheld, readers: Readers | None = None) -> str:
    """Read everything, and mark the store as complete where every run is done; returns the hash, "" where not.

    The hash depends on content alone: not on chunks, batches, workers, executor, or the order of work and policies.
    readers: who reads, this process's threads where nobody is named.
    Raises DamageError where a chunk isn't what was written; its task is set to missing for the next run to repair.
    """
    at = place(where)
    quick, sealed = survey(at), read_seal(at)
    if not quick.whole:
        return ""
    if sealed and sealed["content_sha256"] == quick.attributes["content_sha256"]:
        # Whatever changes a store unseals it first.
        return str(sealed["content_sha256"])
    groups, about = None, quick.counting
    # Its markers are not to be in memory beside those of the thorough one.
    del quick
    if about:
        compact(at, about, held, most=1)
        groups = statistics_groups(at, about, read_records(at, about))
        held()
        write_statistics(at, groups)
    found = survey(at, thorough=True, statistics=groups, readers=readers)
    if found.damaged:
        reconcile(found, held)
        raise DamageError(f"{told(found)}\nthe same command does these tasks again")
    held()
    write_attributes(at, {"complete": True, "content_sha256": found.content})
    content = {
        "content_sha256": found.content,
        "plan_hash": found.attributes["plan_hash"],
        "runs": sum(len(row) for row in found.finished.values()),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "frame": frame_hashes(at),
    }
    with writing(at):
        at.write({COMPLETE: json.dumps(content, indent=1).encode()})
    return found.content


def read_seal(where: Where) -> dict[str, Any] | None:
    """What COMPLETE says, None where a store isn't complete."""
    try:
        content: dict[str, Any] = json.loads(place(where).read(COMPLETE))
        attributes = read_attributes(where) or {}
        # One of a smaller store, written late, says nothing of this one.
        whole = content["runs"] == attributes["draws"] * len(attributes["policies"])
        return content if whole and isinstance(content["frame"], dict) and content["content_sha256"] else None
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def told(found: Survey) -> str:
    """Damage in words, a line a task."""
    lines = [f"{found.place}: {len(found.damaged)} damaged"]
    by_name = {marker.name: marker for marker in found.markers}
    for name, why in sorted(found.damaged.items()):
        marker = by_name.get(name)
        what = f"draws {marker.start}–{marker.stop - 1} of {', '.join(marker.policies)}" if marker else name
        lines.append(f"  {what}: {why}")
    return "\n".join(lines)
