"""One run a store: a lock with its owner and a heartbeat, which the system lets go of when the owner dies.

The file stays and is empty when free. On one machine its `flock` decides, since the kernel drops it with its process,
whatever became of the number of that process. Between machines a file system may not hand `flock` on, and the owner's
heartbeat, the file's time, is what there is: a lock with an owner elsewhere is taken over on an explicit word alone.
"""

import errno
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sweep.errors import InUseError, writing

__all__ = ["LOCK", "Owner", "beat_age", "locked", "owner"]

LOCK = "status/lock"
BEAT, STALE = 5.0, 60.0
Notify = Callable[[str], None]


@dataclass(frozen=True)
class Owner:
    """Who holds a store: machine, its boot, process, and since when (UTC)."""

    host: str
    boot: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _me() -> Owner:
    return Owner(socket.gethostname(), _boot(), os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))


def owner(path: Path) -> Owner | None:
    """Who holds the store at a path, or held it and died; None where nobody does."""
    try:
        text = (path / LOCK).read_text(encoding="utf-8")
        return Owner(**json.loads(text)) if text else None
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return Owner("an unknown machine", "", 0, "an unknown time")


def beat_age(path: Path) -> float:
    """Seconds since the last heartbeat, by the clock of the file system as far as this machine's agrees with it."""
    return max(0.0, time.time() - (path / LOCK).stat().st_mtime)


def _flock(handle: int) -> bool | None:
    """Take the kernel's lock: whether it was free, None where the file system has none."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


def _open(path: Path) -> int:
    return os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o666)


def _refuse(path: Path, held: Owner | None, age: float) -> None:
    beat = f"its last heartbeat is {age:.0f} s old"
    advice = (
        f"; if you know that it is dead, add store.lock=take once its heartbeat is older than {STALE:.0f} s"
        if age <= STALE
        else "; if you know that it is dead, add store.lock=take"
    )
    raise InUseError(f"{path} is in use by {held or 'another run'}; {beat}{advice}")


def _acquire(path: Path, me: Owner, take: bool, notify: Notify) -> int:
    """The open lock file, held for an owner. Raises InUseError where another run has it or may have it."""
    handle = _open(path)
    try:
        free, held, age = _flock(handle), owner(path), beat_age(path)
        # The kernel gave the lock, so a holder on this machine and boot is dead; one from elsewhere may live.
        dead = free is True and held is not None and (held.host, held.boot) == (me.host, me.boot) and bool(me.boot)
        if dead:
            notify(f"taking over from {held}, which died")
        elif held is not None or free is False:
            if not take or age <= STALE:
                _refuse(path, held, age)
            notify(f"taking over from {held or 'another run'}, as store.lock=take says")
        if free is False:
            # A frozen owner keeps the kernel's lock of the old file, and finds at its next heartbeat that it lost.
            (path / LOCK).unlink()
            os.close(handle)
            handle = _open(path)
            free = _flock(handle)
        if free is False or not os.path.samestat((path / LOCK).stat(), os.fstat(handle)):
            _refuse(path, owner(path), 0.0)
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(asdict(me)).encode(), 0)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _is_ours(path: Path, handle: int, me: Owner) -> bool:
    """Whether the lock is still the file that this run opened, with this run as its owner."""
    try:
        return os.path.samestat((path / LOCK).stat(), os.fstat(handle)) and owner(path) == me
    except OSError:
        return False


@contextmanager
def locked(path: Path, take: bool = False, notify: Notify = print, lost: Notify = print) -> Iterator[None]:
    """Hold a store; take: also where its owner may live but hasn't shown so for a minute.

    notify: told of a takeover; lost: called, from another thread, when the store was taken from this run.
    Raises InUseError where another run has it, StorageError where the lock can't be written.
    """
    me = _me()
    with writing(path):
        handle = _acquire(path, me, take, notify)
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT):
            if not _is_ours(path, handle, me):
                lost(f"{path} was taken over by {owner(path) or 'another run'}")
                return
            with suppress(OSError):
                os.utime(handle)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        if _is_ours(path, handle, me):
            with suppress(OSError):
                os.ftruncate(handle, 0)
        os.close(handle)
