"""Errors that a user can mend: what was expected, what came, where, and the nearest valid name."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar

__all__ = ["IMPRECISE", "ConfigError", "DamageError", "InUseError", "StorageError", "UnreachableError", "ending"]
__all__ += ["nearest", "writing"]

# Exit code where all is done and stored, but no numbers as precise as `precision` asks for.
IMPRECISE = 5


class ConfigError(Exception):
    """Input that can't be used; the message is for the user, and the command ends with the exit code of its class."""

    code: ClassVar[int] = 2


class DamageError(ConfigError):
    """What a store holds isn't what was written."""

    code = 1


class StorageError(ConfigError):
    """A place that can't be written: the disk is full, permission is lacking, the file system is read-only."""

    code = 3


class InUseError(ConfigError):
    """A store that another run holds."""

    code = 4


class UnreachableError(OSError):
    """Storage that doesn't answer, or refuses to: nothing is known of what it holds."""


def ending(error: ConfigError | OSError) -> tuple[str, int]:
    """What to say of an error that ends a command, and its exit code."""
    if isinstance(error, ConfigError):
        return str(error), error.code
    code = StorageError.code if isinstance(error, UnreachableError) else 1
    return f"{error}; what is stored stays, and the same command continues", code


@contextmanager
def writing(place: object) -> Iterator[None]:
    """Turn errors of the file system while a place is written into StorageError, which says what to do."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"store.path: can't write in {place}: {error.strerror or error}; what is stored stays, and the same "
            "command continues once there is room and permission"
        ) from None


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint that names the nearest valid name, or all of them when there are few and none is near."""
    names = sorted(str(v) for v in valid)
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.65)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12])
    return f"valid: {shown}{', …' if len(names) > 12 else ''}"
