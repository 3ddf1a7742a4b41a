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
def failing(call: str, after: int) -> Iterator[None]:
    """Let calls of one kind fail once so many were good, as on a full disk."""
    plain, left = getattr(CALLS[call], call), iter(range(after))

    def fail(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise OSError(28, "No space left on device")
        return plain(*arguments, **named)

    with mock.patch.object(CALLS[call], call, fail):
        yield
