"""Memory that is let go is given back to the system; elsewhere than with the GNU library it is left as it is."""

import ctypes
from contextlib import suppress
from typing import Any

__all__ = ["give_back", "hold_little"]

# Settings of malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8


def _allocator() -> Any:
    return ctypes.CDLL(None)


def hold_little() -> None:
    """Give back large arrays as soon as they are let go, and hold few pools.

    A task's chunks stay: the system takes longer to give their pages anew than zstd to compress them.
    """
    with suppress(OSError, AttributeError, TypeError):
        for setting, value in ((_MMAP_THRESHOLD, 2**22), (_TRIM_THRESHOLD, 2**26), (_ARENA_MAX, 2)):
            _allocator().mallopt(setting, value)


def give_back() -> None:
    """Give back what threads that have ended held."""
    with suppress(OSError, AttributeError, TypeError):
        _allocator().malloc_trim(0)
