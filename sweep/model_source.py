"""Where a model of a user's own comes from, whether the user trusts it, and what it is once it is loaded.

A model is code: it is run only where its user says so, and no store and no pickle ever names one. A file and the
modules beside it travel to workers by their texts, so that all run the same; of an entry point each machine has its
own, which must be the same.
"""

import hashlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from sweep.ema_model import adopted, run_until_experiments
from sweep.errors import ConfigError, nearest
from sweep.model import Model
from sweep.neighbors import Module, beside, serve

__all__ = ["ENTRY_POINTS", "Source", "found_source", "fresh", "loaded"]

ENTRY_POINTS = "scenaria.models"
_MOST_BYTES = 2**22


@dataclass(frozen=True)
class Source:
    """A trusted model: key and value of the configuration that name it, its hash, the text of a file, and modules.

    modules: those beside the file that it imports.
    """

    key: str
    name: str
    sha256: str
    text: str | None = None
    modules: tuple[Module, ...] = ()

    @property
    def about(self) -> str:
        """In words, for who reads a store."""
        beside = "".join(f"; {each.name}, sha256 {each.sha256}" for each in self.modules)
        return f"{self.key}={self.name}, sha256 {self.sha256}{beside}"


def found_source(path: str | None, entry_point: str | None, trust: bool) -> Source:
    """The model of a file or an entry point, which nothing has been run of so far.

    Raises ConfigError where it isn't there, or where the user hasn't said that it is trusted.
    """
    if path is not None and entry_point is not None:
        raise ConfigError(f"model: expected a path or an entry point, got both, {path!r} and {entry_point!r}")
    if path is not None:
        return _file(path, trust)
    chosen = _entry_point(str(entry_point))
    owner = f"{chosen.dist.name} {chosen.dist.version}" if chosen.dist else "an installed package"
    _refuse_untrusted(trust, "model.entry_point", f"{chosen.value} of {owner}")
    return Source("model.entry_point", chosen.name, _hash_of(chosen))


def _file(path: str, trust: bool) -> Source:
    at = Path(path).expanduser().absolute()
    if not at.is_file() or at.suffix != ".py":
        what = "a folder" if at.is_dir() else "another kind of file" if at.exists() else "no such file"
        raise ConfigError(f"model.path: expected a Python file that defines MODEL, such as mine.py; {path} is {what}")
    if at.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"model.path: {path}: expected at most {_MOST_BYTES:,} bytes, got {at.stat().st_size:,}")
    content = at.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"model.path: {path}: expected a text in UTF-8") from None
    modules = beside(at, text)
    others = f" and what it imports beside it ({', '.join(each.name for each in modules)})" if modules else ""
    _refuse_untrusted(trust, "model.path", f"{at} (sha256 {digest[:16]}…){others}")
    return Source("model.path", str(at), digest, text, modules)


def _refuse_untrusted(trust: bool, key: str, what: str) -> None:
    if not trust:
        raise ConfigError(
            f"{key}: {what} would be run as Python on this machine and all workers, with all your rights; read it, and "
            "if you trust it, add model.trust=true"
        )


def _entry_point(name: str) -> EntryPoint:
    known = {each.name: each for each in entry_points(group=ENTRY_POINTS)}
    if name not in known:
        hint = nearest(name, known) if known else "none is installed"
        raise ConfigError(f"model.entry_point: no {name!r} in the group {ENTRY_POINTS}; {hint}")
    return known[name]


def _hash_of(chosen: EntryPoint) -> str:
    """Hash of a distribution's name and version, and of the module itself, which may be under way between versions."""
    dist = f"{chosen.dist.name}=={chosen.dist.version}" if chosen.dist else ""
    try:
        spec = importlib.util.find_spec(chosen.module)
    except ImportError as error:
        raise ConfigError(f"model.entry_point: {chosen.name}: {error}") from None
    origin = Path(spec.origin) if spec and spec.origin else None
    text = origin.read_bytes() if origin and origin.is_file() else b""
    return hashlib.sha256(f"{dist}\n{chosen.value}\n".encode() + text).hexdigest()


@cache
def loaded(source: Source) -> Model:
    """The model, loaded once a process. Raises ConfigError where it can't be, or is another than was trusted."""
    if source.text is not None:
        return fresh(source, f"scenaria_model_{source.sha256[:16]}")
    chosen = _entry_point(source.name)
    if _hash_of(chosen) != source.sha256:
        raise ConfigError(
            f"{source.key}: {source.name}: this machine has another version than the run began with; install the same "
            "on all machines"
        )
    try:
        return _checked(source, chosen.load())
    except ConfigError:
        raise
    except Exception as error:
        raise _stopped(source, error) from None


def fresh(source: Source, name: str) -> Model:
    """The model of a file, run as a module of that name. Raises ConfigError that names the line."""
    module = ModuleType(name)
    module.__file__ = source.name
    # Where dataclasses and pickles look for what a module defines.
    sys.modules[name] = module
    if serve(source.modules):
        # Models of before, whose modules made way, load theirs again.
        loaded.cache_clear()
    try:
        run_until_experiments(str(source.text), source.name, vars(module))
        model = adopted(vars(module))
    except Exception as error:
        raise _stopped(source, error) from None
    return _checked(source, model)


def _stopped(source: Source, error: Exception) -> ConfigError:
    """What a model's own code raised while it was loaded, with the line."""
    files = {source.name, *(each.path for each in source.modules)}
    places = [(each.filename, each.lineno) for each in traceback.extract_tb(error.__traceback__)]
    own = [place for place in places if place[0] in files]
    if isinstance(error, SyntaxError):
        own = [(str(error.filename), error.lineno)]
    file, line = own[-1] if own else (source.name, None)
    where = f", {Path(file).name}" * (file != source.name) + (f", line {line}" if line else "")
    kind = "" if isinstance(error, ConfigError) else f"{type(error).__name__}: "
    return ConfigError(f"{source.key}: {source.name}{where}: {kind}{error}")


def _checked(source: Source, model: Any) -> Model:
    if not isinstance(model, Model):
        came = "none" if model is None else f"a {type(model).__name__}"
        raise ConfigError(
            f"{source.key}: {source.name}: expected MODEL = Model(…), with Model from sweep.model; got {came}"
        )
    return model
