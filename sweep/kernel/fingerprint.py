"""What decides the kernel's results, as a hash of its source."""

import hashlib
from functools import cache
from pathlib import Path

__all__ = ["kernel_hash"]

_FOLDER = Path(__file__).parent


@cache
def kernel_hash() -> str:
    """Hash of equations, loops, parameters, instruments and outcomes; the reference path plays no part.

    The text itself is hashed, comments too: what Python makes of it differs between Python versions.
    """
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.py")):
        if not path.name.startswith("reference"):
            digest.update(path.name.encode() + b"\n" + path.read_bytes())
    return digest.hexdigest()
