"""Errors that a user can mend: what was expected, what came, where, and the nearest valid name."""

import difflib
from collections.abc import Iterable

__all__ = ["ConfigError", "nearest"]


class ConfigError(Exception):
    """Input that can't be used; the message is for the user, and the command ends with exit code 2."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """A hint that names the nearest valid name, or all of them when there are few and none is near."""
    names = sorted(str(v) for v in valid)
    close = difflib.get_close_matches(str(name), names, n=1, cutoff=0.65)
    if close:
        return f"did you mean {close[0]!r}?"
    shown = ", ".join(names[:12])
    return f"valid: {shown}{', …' if len(names) > 12 else ''}"
