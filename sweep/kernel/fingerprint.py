"""What decides the kernel's results, as a hash that comments and formatting don't change."""

import ast
import hashlib
from functools import cache
from pathlib import Path

__all__ = ["kernel_hash"]

_FOLDER = Path(__file__).parent


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return tree


@cache
def kernel_hash() -> str:
    """Hash of equations, loops, parameters, instruments and outcomes; the reference path plays no part."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.py")):
        if path.name not in ("reference.py", "fingerprint.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            digest.update(f"{path.name}\n{ast.unparse(_without_docstrings(tree))}\n".encode())
    return digest.hexdigest()
