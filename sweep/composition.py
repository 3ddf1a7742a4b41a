"""Hydra's part: the command line to composed configurations, from files that are safe to read."""

import io
import os
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

# Hydra catches errors to print a traceback of its own; with this set it hands them on.
os.environ["HYDRA_FULL_ERROR"] = "1"

import hydra
import yaml
from hydra._internal.hydra import Hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from sweep.errors import ConfigError, nearest
from sweep.explanation import SEVERAL, explain, groups, of_labor, options
from sweep.usage import LOG_JSON, QUIET

__all__ = ["Job", "compose", "composed"]

MOST_BYTES = 200_000


class Job(NamedTuple):
    """One composed configuration, the overrides that made it, its text, and what to say before it is run."""

    config: dict[str, Any]
    overrides: list[str]
    text: str
    notice: str = ""


def _flags(arguments: list[str]) -> Namespace:
    """The command line's flags as Hydra reads them; without its usage text where one is unknown."""
    parser, told = get_args_parser(), io.StringIO()
    try:
        with redirect_stderr(told), redirect_stdout(io.StringIO()):
            return parser.parse_intermixed_args(arguments)
    except SystemExit as stop:
        if not stop.code:
            return Namespace()
    message = told.getvalue().strip().splitlines()[-1].partition("error: ")[2]
    unknown = re.fullmatch(r"unrecognized arguments: (\S+).*", message)
    if unknown:
        known = [flag for action in parser._actions for flag in action.option_strings if flag.startswith("--")]
        known += [QUIET, LOG_JSON]
        message = f"{unknown[1]}: no such flag; {nearest(unknown[1].partition('=')[0], known)}"
    raise ConfigError(f"{message}; sweep --help shows what there is")


def _in_order(arguments: list[str], flags: Namespace) -> list[str]:
    """The command line with flags last: after a flag, Hydra reads no overrides where it has read some before."""
    overrides: list[str] = getattr(flags, "overrides", [])
    return [*overrides, *(argument for argument in arguments if argument not in (*overrides, "--"))]


def _open(argument: str) -> str:
    """An override as Hydra takes it: which inputs a model of the user's own has, no shipped file can know."""
    return f"++{argument}" if argument.startswith(("inputs.", "inputs=")) else argument


def _into(folder: str) -> str:
    """An override that has Hydra note its jobs in this folder; one of the user's own comes after it, and counts."""
    return "hydra.sweep.dir='{}'".format(folder.replace("'", "\\'"))


def _check_file(path: Path) -> None:
    """Refuse a file that could fill the memory: a huge one, or one whose aliases multiply what they stand for."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ConfigError(f"{path}: expected at most {MOST_BYTES:,} bytes, got {size:,}")
    # A file that breaks off says so when Hydra reads it.
    with path.open(encoding="utf-8") as text, suppress(yaml.YAMLError, UnicodeError):
        for event in yaml.parse(text):
            if isinstance(event, yaml.AliasEvent):
                line = f", line {event.start_mark.line + 1}" if event.start_mark else ""
                raise ConfigError(f"{path}{line}: *{event.anchor}: aliases aren't read; write the value out")


def _own_folders(flags: Namespace) -> list[Path]:
    """The user's own configuration folders, whose files are checked before Hydra reads any of them."""
    places = [getattr(flags, name, None) for name in ("config_dir", "config_path")]
    for place in filter(None, places):
        if not Path(place).is_dir():
            raise ConfigError(f"--config-dir: expected a folder with your configuration, got {place}, which isn't one")
    folders = [Path(place) for place in places if place]
    for folder in folders:
        inside = (each for each in folder.iterdir() if each.is_dir() and not each.name.startswith("."))
        for path in [*folder.glob("config.yaml"), *(path for each in inside for path in each.rglob("*.yaml"))]:
            if path.is_file():
                _check_file(path)
    return folders


def _forbid_resolvers(node: Any, key: str = "") -> None:
    """Refuse interpolation by a resolver, which could bring the environment's secrets into a store."""
    if isinstance(node, Mapping):
        for name, value in node.items():
            _forbid_resolvers(value, f"{key}.{name}" if key else str(name))
    elif isinstance(node, list):
        for value in node:
            _forbid_resolvers(value, key)
    elif isinstance(node, str):
        text, plain = node, None
        while text != plain:
            plain, text = text, re.sub(r"\$\{[^{}:]*\}", "", text)
        if re.search(r"\$\{[^{}]*:", text):
            raise ConfigError(f"{key}: expected a value or ${{key}}, got {node!r}; resolvers (${{name:…}}) aren't read")


def _plain(config: DictConfig) -> dict[str, Any]:
    _forbid_resolvers(OmegaConf.to_container(config, resolve=False))
    container: Any = OmegaConf.to_container(config, resolve=True)
    return dict(container)


def _check_choices(choices: Mapping[str, Any], folder: Path) -> None:
    """Refuse several options of a group that takes one: the last would win without a word."""
    for group in groups(folder):
        if group not in SEVERAL and group not in choices:
            option = min(path.stem for path in (folder / group).glob("*.yaml"))
            raise ConfigError(f"{group}: expected one option, such as {group}={option}, not several and not none")


def _check_experiment(config: Mapping[str, Any], choices: Mapping[str, Any], folders: list[Path]) -> None:
    """Refuse an experiment of the labor model with a model of the user's own, which would pass over what is in it."""
    model, experiment = config.get("model"), choices.get("experiment")
    if experiment is None or not isinstance(model, Mapping) or not (model.get("path") or model.get("entry_point")):
        return
    path, keys = of_labor(experiment, folders)
    if keys:
        what = "is" if len(keys) == 1 else "are"
        raise ConfigError(
            f"experiment={experiment}: {', '.join(keys)} in {path} {what} of the labor model, and this study has a "
            "model of its own; leave the experiment out, or state the rest of it by itself"
        )


def _misfit(config: Mapping[str, Any], choices: Mapping[str, Any], folder: Path) -> str:
    """A notice where regions are run with labor parameters made for others; a user's own set is taken as meant."""
    regions = config.get("regions")
    fits, labor = regions.get("labor") if isinstance(regions, Mapping) else None, choices.get("labor")
    if fits in (None, labor) or labor not in options("labor", [folder]):
        return ""
    return f"labor={labor} was made for other regions than {choices['regions']}: labor={fits} fits"


@contextmanager
def _composing_once(own: list[Path], arguments: list[str]) -> Iterator[None]:
    """Hydra composes a configuration once more, to learn whether it asks for several jobs by itself.

    Ours doesn't: only a user's own files, or Hydra's own keys, can do that.
    """
    asked = Hydra.get_mode
    if not own and not any("hydra" in argument for argument in arguments):
        Hydra.get_mode = lambda *_, **__: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hydra.get_mode = asked  # type: ignore[method-assign]


def compose(folder: Path, arguments: list[str]) -> list[Job]:
    """Composed configurations, one a job, from the process's command line. Raises ConfigError."""
    composed: list[tuple[DictConfig, Any]] = []

    def collect(config: DictConfig) -> None:
        composed.append((config, HydraConfig.get()))

    # The work comes after Hydra is done: inside, it would print its own report of every error. Whatever goes wrong
    # here, by whichever exception of Hydra's, is the configuration's fault.
    flags = _flags(arguments)
    own = _own_folders(flags)
    try:
        with _composing_once(own, arguments), TemporaryDirectory() as scratch:
            sys.argv[1:] = [_into(scratch), *(_open(argument) for argument in _in_order(arguments, flags))]
            hydra.main(version_base="1.3", config_path=str(folder), config_name="config")(collect)()
        return [_job(config, chosen, folder, own) for config, chosen in composed]
    except Exception as error:
        raise explain(error, [folder, *own], arguments) from error


def composed(folder: Path, overrides: Sequence[str]) -> dict[str, Any]:
    """The plain configuration that overrides give, away from a command line. Raises ConfigError."""
    try:
        with hydra.initialize_config_dir(version_base="1.3", config_dir=str(folder)):
            return _plain(hydra.compose("config", [_open(each) for each in overrides]))
    except Exception as error:
        raise explain(error, [folder], list(overrides)) from error


def _job(config: DictConfig, chosen: Any, folder: Path, own: list[Path]) -> Job:
    choices = chosen.runtime.choices
    _check_choices(choices, folder)
    plain = _plain(config)
    _check_experiment(plain, choices, [folder, *own])
    return Job(plain, list(chosen.overrides.task), OmegaConf.to_yaml(config), _misfit(plain, choices, folder))
