"""The last word on a store: COMPLETE, with a hash of all that it holds, written once all of it was read again."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sweep.errors import DamageError, writing
from sweep.plan import digest
from sweep.store.files import write_files
from sweep.store.frame import COMPLETE, write_attributes
from sweep.store.survey import Survey, reconcile, survey

__all__ = ["frame_hashes", "read_seal", "seal"]


def frame_hashes(path: Path) -> dict[str, str]:
    """Hashes of the metadata of every array; that of the group carries its own checksum."""
    return {file.parent.name: digest(json.loads(file.read_bytes())) for file in sorted(path.glob("*/zarr.json"))}


def seal(path: Path) -> str:
    """Read everything, and mark the store as complete where every run is done; returns the hash, "" where not.

    The hash depends on content alone: not on chunks, batches, workers, executor, or the order of work and policies.
    Raises DamageError where a chunk isn't what was written; its task is set to missing for the next run to repair.
    """
    quick, sealed = survey(path), read_seal(path)
    if not quick.whole:
        return ""
    if sealed and sealed["content_sha256"] == quick.attributes["content_sha256"]:
        # Whatever changes a store unseals it first.
        return str(sealed["content_sha256"])
    found = survey(path, thorough=True)
    if found.damaged:
        reconcile(found)
        raise DamageError(f"{told(found)}\nthe same command does these tasks again")
    write_attributes(path, {"complete": True, "content_sha256": found.content})
    content = {
        "content_sha256": found.content,
        "plan_hash": found.attributes["plan_hash"],
        "runs": sum(len(row) for row in found.finished.values()),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "frame": frame_hashes(path),
    }
    with writing(path):
        write_files(path, {COMPLETE: json.dumps(content, indent=1).encode()})
    return found.content


def read_seal(path: Path) -> dict[str, Any] | None:
    """What COMPLETE says, None where a store isn't complete."""
    try:
        content: dict[str, Any] = json.loads((path / COMPLETE).read_bytes())
        return content if isinstance(content["frame"], dict) and content["content_sha256"] else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def told(found: Survey) -> str:
    """Damage in words, a line a task."""
    lines = [f"{found.path}: {len(found.damaged)} damaged"]
    by_name = {marker.name: marker for marker in found.markers}
    for name, why in sorted(found.damaged.items()):
        marker = by_name.get(name)
        what = f"draws {marker.start}–{marker.stop - 1} of {', '.join(marker.policies)}" if marker else name
        lines.append(f"  {what}: {why}")
    return "\n".join(lines)
