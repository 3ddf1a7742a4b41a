"""One run a store: a lock with owner and heartbeat; while its owner may live, an explicit word alone takes it."""

import errno
import fcntl
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from sweep.errors import InUseError

__all__ = ["LOCK", "STALE", "FileLock", "Held", "Lock", "Notify", "Owner", "parsed", "refuse", "unheld"]

LOCK = "status/lock"
# Seconds without a heartbeat after which an owner may be dead.
STALE = 60.0
Notify = Callable[[str], None]
# Makes sure that a store still is held, before what its owner alone may write. Raises InUseError.
Held = Callable[[], None]


@dataclass(frozen=True)
class Owner:
    """Who holds a store: machine, its boot, process, and since when (UTC)."""

    host: str
    boot: str
    pid: int
    since: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


def parsed(text: bytes) -> Owner | None:
    """Who a lock's content names; None where it is free."""
    if not text:
        return None
    try:
        return Owner(**json.loads(text))
    except (ValueError, TypeError):
        return Owner("an unknown machine", "", 0, "an unknown time")


def refuse(place: object, held: Owner | None, age: float) -> None:
    """Raise InUseError, which says who holds a place and what may be done about it."""
    beat = f"its last heartbeat is {age:.0f} s old"
    advice = (
        f"; if you know that it is dead, add store.lock=take once its heartbeat is older than {STALE:.0f} s"
        if age <= STALE
        else "; if you know that it is dead, add store.lock=take"
    )
    raise InUseError(f"{place} is in use by {held or 'another run'}; {beat}{advice}")


def unheld() -> None:
    """Make sure of nothing: for a store that nobody else knows of."""


class Lock(Protocol):
    """What holds a store for one run."""

    def acquire(self, me: Owner, take: bool, notify: Notify) -> None:
        """Hold it. Raises InUseError where another run has it or may have it."""
        ...

    def beat(self) -> bool:
        """Show that the owner lives; whether the lock still is its own."""
        ...

    def release(self) -> None:
        """Let go, if it still is ours."""
        ...

    def owner(self) -> Owner | None:
        """Who holds it, or held it and died; None where nobody does."""
        ...

    def age(self) -> float:
        """Seconds since the last heartbeat, by the clock of the storage as far as this machine's agrees with it."""
        ...


def _flock(handle: int) -> bool | None:
    """Take the kernel's lock: whether it was free, None where the file system has none."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return False if error.errno in (errno.EWOULDBLOCK, errno.EACCES) else None
    return True


@dataclass
class FileLock:
    """A lock on a file system, which the system lets go of when the owner dies.

    The file stays and is empty when free. On one machine its `flock` decides, since the kernel drops it with its
    process, whatever became of the number of that process. Between machines a file system may not hand `flock` on, and
    the owner's heartbeat, the file's time, is what there is.
    """

    path: Path
    me: Owner | None = field(default=None, init=False)
    handle: int = field(default=-1, init=False)

    @property
    def file(self) -> Path:
        """The lock's file."""
        return self.path / LOCK

    def owner(self) -> Owner | None:
        """Who holds it, or held it and died; None where nobody does."""
        try:
            return parsed(self.file.read_bytes())
        except FileNotFoundError:
            return None

    def age(self) -> float:
        """Seconds since the file's time."""
        return max(0.0, time.time() - self.file.stat().st_mtime)

    def acquire(self, me: Owner, take: bool, notify: Notify) -> None:
        """Hold the lock file open. Raises InUseError where another run has it or may have it."""
        handle = self._open()
        try:
            free, held, age = _flock(handle), self.owner(), self.age()
            # The kernel gave the lock, so a holder on this machine and boot is dead; one from elsewhere may live.
            dead = free is True and held is not None and (held.host, held.boot) == (me.host, me.boot) and bool(me.boot)
            if dead:
                notify(f"taking over from {held}, which died")
            elif held is not None or free is False:
                if not take or age <= STALE:
                    refuse(self.path, held, age)
                notify(f"taking over from {held or 'another run'}, as store.lock=take says")
            if free is False:
                # A frozen owner keeps the kernel's lock of the old file, and finds at its next heartbeat that it lost.
                if not os.path.samestat(self.file.stat(), os.fstat(handle)):
                    refuse(self.path, self.owner(), 0.0)
                self.file.unlink()
                os.close(handle)
                handle = self._open()
                free = _flock(handle)
            if free is False or not os.path.samestat(self.file.stat(), os.fstat(handle)):
                refuse(self.path, self.owner(), 0.0)
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps(asdict(me)).encode(), 0)
        except BaseException:
            os.close(handle)
            raise
        self.me, self.handle = me, handle

    def _open(self) -> int:
        return os.open(self.file, os.O_RDWR | os.O_CREAT, 0o666)

    def _is_ours(self) -> bool:
        """Whether the lock is still the file that this run opened, with this run as its owner."""
        try:
            return os.path.samestat(self.file.stat(), os.fstat(self.handle)) and self.owner() == self.me
        except OSError:
            return False

    def beat(self) -> bool:
        """Give the file the present time."""
        if not self._is_ours():
            return False
        with suppress(OSError):
            os.utime(self.handle)
        return True

    def release(self) -> None:
        """Empty the file, if it still is ours, and close it."""
        if self._is_ours():
            with suppress(OSError):
                os.ftruncate(self.handle, 0)
        os.close(self.handle)
