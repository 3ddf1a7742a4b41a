"""The commands on a store: `sweep verify STORE` checks all of it, `sweep status STORE` says how far it is."""

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from sweep import store
from sweep.errors import ConfigError, DamageError, StorageError, nearest

__all__ = ["inspect"]

# Tasks over which the present rate is taken.
_RECENT = 50


def inspect(command: str, *arguments: str) -> tuple[str, int]:
    """What a command says, and its exit code. Raises ConfigError on an unknown command or a path without a store."""
    commands = {"status": _status, "verify": _verify}
    if command not in commands:
        hint = nearest(command, [*commands, "check-model", "describe", "plan"])
        raise ConfigError(f"{command}: no such command; {hint}; a setting is KEY=VALUE")
    if len(arguments) != 1:
        raise ConfigError(f"{command}: expected one path of a store, as in `sweep {command} results/NAME.zarr`")
    return commands[command](store.place(arguments[0]))


def _verify(at: store.Place) -> tuple[str, int]:
    """Read everything; what is damaged is set to missing, so that the next run does it again."""
    if store.read_attributes(at) is None:
        raise ConfigError(f"{at}: no such store")
    notes: list[str] = []
    with ExitStack() as stack:
        try:
            stack.enter_context(store.locked(at, notify=notes.append))
            writable = True
        except StorageError:
            # An archive that can't be written can still be read.
            writable = False
        return _verdict(at, notes, writable)


def _verdict(at: store.Place, notes: list[str], writable: bool) -> tuple[str, int]:
    try:
        found = store.survey(at, thorough=True)
    except DamageError as error:
        return f"{error}", DamageError.code
    sealed, damaged = store.read_seal(at), dict(found.damaged)
    if sealed or found.attributes["complete"]:
        damaged |= _broken_seal(found, sealed or {})
    if not damaged:
        state = f"complete, content {found.content[:16]}…" if sealed else "not complete"
        tasks = f"{len(found.markers):,} tasks"
        if found.counting:
            records = "1 record" if len(found.records.used) == 1 else f"{len(found.records.used):,} records"
            tasks += f" and {records} of {found.counting.draws:,} draws"
        return "\n".join([*notes, f"{at}: sound; {tasks} checked; {state}"]), 0
    lines = [*notes, store.told(store.Survey(**{**vars(found), "damaged": damaged}))]
    if writable:
        store.reconcile(found)
        store.unseal(at)
        lines.append("they are set to missing; the command that made the store does them again, and nothing else")
    else:
        lines.append("the store can't be written: what is damaged isn't marked")
    return "\n".join(lines), DamageError.code


def _broken_seal(found: store.Survey, sealed: dict[str, Any]) -> dict[str, str]:
    """Where a store isn't what its COMPLETE says."""
    broken = {}
    for name, text in store.frame_hashes(found.place).items():
        if sealed.get("frame", {}).get(name, text) != text:
            broken[f"{name}/zarr.json"] = "not as it was when the store was completed"
    for start in range(0, int(found.attributes["draws"]), found.chunk) if not found.damaged else ():
        rows = {policy: row[start : start + found.chunk] for policy, row in found.finished.items()}
        lacking = [policy for policy, row in rows.items() if not row.all()]
        if lacking:
            stop = start + len(rows[lacking[0]])
            broken[f"draws {start}–{stop - 1} of {', '.join(lacking)}"] = "no marker"
    if not broken and found.content and found.content != sealed.get("content_sha256"):
        broken["COMPLETE"] = "missing, or of another content"
    return broken


def _status(at: store.Place) -> tuple[str, int]:
    found = store.survey(at)
    done = {policy: int(row.sum()) for policy, row in found.finished.items()}
    draws, runs = int(found.attributes["draws"]), sum(done.values())
    total = draws * len(done)
    sealed = store.read_seal(at)
    lines = [
        f"{at}: {'complete' if sealed else 'not complete'}, {runs:,} of {total:,} runs "
        f"({100 * runs / total:.1f} %), {draws:,} draws × {len(done)} policies"
    ]
    if sealed:
        lines.append(f"content: sha256 {sealed['content_sha256']}, {sealed['at']}")
    elif len(set(done.values())) > 1:
        lines += [f"  {policy}: {count:,} of {draws:,} draws" for policy, count in done.items()]
    held = _holder(at)
    lines += [text for text in (_rate(found, total - runs), _writers(found), held) if text]
    if not (sealed or held):
        lines.append(_finished_by(total - runs))
    failed = store.failed_lines(found.records.used, list(done)) if found.counting else None
    lines += (store.failure_lines(store.failures(at)) if failed is None else failed) or ["failures: none"]
    if found.damaged:
        lines.append(f"damaged: {len(found.damaged)}; `sweep verify` says which")
    return "\n".join(lines), 0


def _finished_by(left: int) -> str:
    """What the command that made a store does with one that nobody works on and that isn't sealed."""
    if left:
        return f"to finish it: the command that made the store, which runs the {left:,} left"
    return "to finish it: the command that made the store, which checks and seals what is there, and runs nothing again"


def _rate(found: store.Survey, left: int) -> str:
    """Runs a second over the last tasks, and what is left at that pace; "" before two tasks are done."""
    each = ((datetime.fromisoformat(written["at"]), runs) for written, runs in _writings(found))
    times = sorted(each)[-_RECENT:]
    if len(times) < 2 or times[0][0] == times[-1][0]:
        return ""
    seconds = (times[-1][0] - times[0][0]).total_seconds()
    rate = sum(runs for _, runs in times[1:]) / seconds
    ahead = f", {left / rate:,.0f} s left at that pace" if left else ""
    last = f"{len(times) - 1} tasks" if len(times) > 2 else "task"
    return f"rate: {rate:,.1f} runs/s over the last {last} until {times[-1][0]:%Y-%m-%d %H:%M:%S}{ahead}"


def _writings(found: store.Survey) -> list[tuple[Mapping[str, Any], int]]:
    """Who wrote tasks, and when, with their runs; the latest ones of a store that counts its draws."""
    if found.counting:
        return [(each, int(each["runs"])) for record in found.records.used for each in record.written]
    return [(marker.written, (marker.stop - marker.start) * len(marker.policies)) for marker in found.markers]


def _writers(found: store.Survey) -> str:
    hosts = Counter(str(written["host"]) for written, _ in _writings(found))
    told = ", ".join(f"{host} ({count:,} tasks)" for host, count in hosts.most_common(5))
    return f"written by: {told}" if told else ""


def _holder(at: store.Place) -> str:
    held = store.owner(at)
    return f"in use by {held}, last heartbeat {store.beat_age(at):.0f} s ago" if held else ""
