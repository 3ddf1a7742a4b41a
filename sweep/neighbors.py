"""Modules beside a model's file that it imports: found by reading the files, and run from their texts on all machines.

What a model imports decides its results as its own text does. Nothing is run to find it, so that it is known before
the model is trusted; what a file imports by a name that it makes up while it runs can't be found so, and isn't served.
"""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

from sweep.errors import ConfigError

__all__ = ["Module", "beside", "serve"]

_MOST_BYTES, _MOST = 2**22, 500
# Of this package, whose version is part of every identity, and of Python.
_KNOWN = {"sweep", "analysis", *sys.stdlib_module_names}


class Module(NamedTuple):
    """A module of the user's own: dotted name, where it was found, its text, and whether it may hold others."""

    name: str
    path: str
    text: str
    is_package: bool

    @property
    def sha256(self) -> str:
        """Hash of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def beside(at: Path, text: str) -> tuple[Module, ...]:
    """Modules in the folder of a file that it imports, and that these import, by name; text: the file's.

    Raises ConfigError where they are too large, too many or no text.
    """
    found: dict[str, Module] = {}
    waiting = list(_imported(at, text, ""))
    while waiting:
        name = waiting.pop()
        module = None if name in found or name.partition(".")[0] in _KNOWN else _module(at.parent, name)
        if module:
            found[name] = module
            package = name if module.is_package else name.rpartition(".")[0]
            waiting += _imported(Path(module.path), module.text, package)
        if len(found) > _MOST:
            raise ConfigError(f"model.path: {at}: expected at most {_MOST} modules beside it that it imports, got more")
    return tuple(found[name] for name in sorted(found))


def _module(folder: Path, name: str) -> Module | None:
    """A module by its name in a folder; a folder without __init__.py is one where nothing that is installed is."""
    path = folder.joinpath(*name.split("."))
    inside, single = path / "__init__.py", path.with_name(f"{path.name}.py")
    if inside.is_file() or single.is_file():
        at = inside if inside.is_file() else single
        if at.stat().st_size > _MOST_BYTES:
            raise ConfigError(f"model.path: {at}: expected at most {_MOST_BYTES:,} bytes, got {at.stat().st_size:,}")
        try:
            return Module(name, str(at), at.read_text(encoding="utf-8"), at == inside)
        except UnicodeDecodeError:
            raise ConfigError(f"model.path: {at}: expected a text in UTF-8") from None
    if path.is_dir() and ("." in name or _is_free(name)):
        return Module(name, str(path), "", True)
    return None


def _is_free(name: str) -> bool:
    """Whether no installed package has a name."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    return spec is None or spec.origin is None


def _imported(at: Path, text: str, package: str) -> Iterator[str]:
    """Names of modules that a text may import anywhere in it, each after those that hold it."""
    try:
        tree = ast.parse(text, str(at))
    except (SyntaxError, ValueError):
        # Told with its line when it is run.
        return
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            # What is imported from a package is a module of it, or a name in it.
            names = [f"{base}.{alias.name}" for alias in node.names] if base else []
        for name in names:
            places = name.split(".")
            yield from (".".join(places[:count]) for count in range(1, len(places) + 1))


class _Served(MetaPathFinder, InspectLoader):
    """Finds modules by name among texts; those of the model that was loaded last."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Where a module comes from, None where it isn't one of these."""
        module = self.modules.get(fullname)
        if module is None:
            return None
        spec = importlib.util.spec_from_loader(fullname, self, origin=module.path, is_package=module.is_package)
        if spec:
            # So that it knows its own __file__, as when Python finds it.
            spec.has_location = True
        return spec

    def is_package(self, fullname: str) -> bool:
        """Whether a module may hold others."""
        return self.modules[fullname].is_package

    def get_source(self, fullname: str) -> str:
        """The text of a module."""
        return self.modules[fullname].text

    def get_code(self, fullname: str) -> CodeType:
        """The code of a module, whose errors name its file."""
        module = self.modules[fullname]
        return compile(module.text, module.path, "exec")


_SERVED = _Served()


def serve(modules: Sequence[Module]) -> bool:
    """Have imports find these modules, and run them anew; returns whether others of the same name had to make way."""
    if _SERVED not in sys.meta_path:
        sys.meta_path.insert(0, _SERVED)
    displaced = any(_SERVED.modules.get(module.name, module) != module for module in modules)
    for module in modules:
        sys.modules.pop(module.name, None)
        _SERVED.modules[module.name] = module
    return displaced
