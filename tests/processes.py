"""What the kernel says of processes: whose children they are, whether they live, where they listen. Linux alone."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["descendants", "listening", "titled"]


def _living() -> Iterator[tuple[int, int]]:
    """Process and parent; not of those that have ended and are only not yet asked for their exit code."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if state not in "ZX":
                yield int(folder.name), int(parent)


def descendants(of: int | None = None) -> set[int]:
    """Processes that one, this one by default, has started, and those that they have."""
    top = os.getpid() if of is None else of
    parents = dict(_living())
    found, more = set[int](), {top}
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in more} - found
    return found - {top}


def titled(pids: set[int], title: str) -> list[int]:
    """Those processes, in order, whose title begins so."""
    found = []
    for pid in sorted(pids):
        with suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(title.encode()):
                found.append(pid)
    return found


def listening(pids: set[int]) -> set[str]:
    """Addresses, as the kernel writes them, on which those processes listen."""
    sockets = set()
    for pid in pids:
        with suppress(OSError):
            for file in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    sockets.add(str(file.readlink()))
    addresses = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                addresses.add(fields[1].partition(":")[0])
    return addresses
