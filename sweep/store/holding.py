"""Holding a store while a run writes in it: its lock, with a heartbeat."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from sweep.errors import InUseError, writing
from sweep.store.lock import Held, Notify, Owner
from sweep.store.place import Where, place

__all__ = ["beat_age", "locked", "owner"]

BEAT = 5.0


def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _me() -> Owner:
    return Owner(socket.gethostname(), _boot(), os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"))


def owner(where: Where) -> Owner | None:
    """Who holds the store at a path, or held it and died; None where nobody does."""
    return place(where).lock().owner()


def beat_age(where: Where) -> float:
    """Seconds since the last heartbeat, by the clock of the storage as far as this machine's agrees with it."""
    return place(where).lock().age()


@contextmanager
def locked(where: Where, take: bool = False, notify: Notify = print, lost: Notify = print) -> Iterator[Held]:
    """Hold a store, and give what makes sure that it still is held.

    take: also where its owner may live but hasn't shown so for a minute.

    notify: told of a takeover; lost: called, from another thread, when the store was taken from this run.
    Raises InUseError where another run has it, StorageError where the lock can't be written.
    """
    at = place(where)
    lock = at.lock()
    with writing(at):
        lock.acquire(_me(), take, notify)
    ended = threading.Event()

    def held() -> None:
        if not lock.beat():
            raise InUseError(f"{at} was taken over by {lock.owner() or 'another run'}")

    def beat() -> None:
        while not ended.wait(BEAT):
            if not lock.beat():
                lost(f"{at} was taken over by {lock.owner() or 'another run'}")
                return

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield held
    finally:
        ended.set()
        thread.join()
        lock.release()
