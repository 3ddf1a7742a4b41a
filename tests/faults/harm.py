"""What a disk can do to a store: bits that flip, files cut or gone, calls that fail."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

__all__ = ["CALLS", "HARMS", "failing"]

CALLS: dict[str, Any] = {"write_bytes": Path, "fsync": os, "replace": Path, "rename": Path, "unlink": Path}


def _flip(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def _truncate(file: Path, chance: random.Random) -> None:
    file.write_bytes(file.read_bytes()[: chance.randrange(file.stat().st_size)])


def _delete(file: Path, chance: random.Random) -> None:
    file.unlink()


HARMS: dict[str, Callable[[Path, random.Random], None]] = {"flip": _flip, "truncate": _truncate, "delete": _delete}


@contextmanager
def failing(call: str, after: int) -> Iterator[list[str]]:
    """Let calls of one kind fail once so many were good, as on a full disk; yields those that did.

    What can't be written whole is written by half: a disk doesn't fill up between two files.
    """
    plain, left = getattr(CALLS[call], call), iter(range(after))
    refused: list[str] = []

    def fail(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is not None:
            return plain(*arguments, **named)
        if call == "write_bytes":
            file, content = arguments
            plain(file, content[: len(content) // 2])
        refused.append(str(arguments[0]))
        raise OSError(28, "No space left on device")

    with mock.patch.object(CALLS[call], call, fail):
        yield refused
