"""Hydra's part: the command line to composed configurations, and its errors as short messages with the nearest name."""

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

# Hydra catches errors to print a traceback of its own; with this set it hands them on.
os.environ["HYDRA_FULL_ERROR"] = "1"

import hydra
import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.errors import MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf

from sweep.errors import ConfigError, nearest
from sweep.usage import config_folders

__all__ = ["Job", "compose", "explain"]


class Job(NamedTuple):
    """One composed configuration, the overrides that made it, and its text."""

    config: dict[str, Any]
    overrides: list[str]
    text: str


def _chain(error: BaseException | None) -> list[BaseException]:
    errors = []
    while error is not None and error not in errors:
        errors.append(error)
        error = error.__cause__ or error.__context__
    return errors


def _yaml_message(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{mark.name}, line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return f"{where}broken YAML: {getattr(error, 'problem', None) or error}"


def _keys(folder: Path) -> list[str]:
    """Dotted keys of the shipped configuration, as the command line spells them, for suggestions."""
    keys: list[str] = []

    def walk(node: object, prefix: str) -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                if name not in ("defaults", "about", "hydra"):
                    keys.append(f"{prefix}{name}")
                    walk(value, f"{prefix}{name}.")

    for path in sorted(folder.rglob("*.yaml")):
        group = path.relative_to(folder).parts[0] if path.parent != folder else ""
        if group != "hydra":
            walk(yaml.safe_load(path.read_text(encoding="utf-8")), f"{group}." if group else "")
    return keys


def _nearest_key(name: str, keys: list[str]) -> str:
    """A hint among all keys, or else the keys that stand beside the unknown one."""
    hint = nearest(name, keys)
    if hint.startswith("did you mean"):
        return hint
    parent = name.rpartition(".")[0]
    return nearest(name, {key for key in keys if key.rpartition(".")[0] == parent} or set(keys))


def _options(group: str, folder: Path, arguments: list[str]) -> list[str]:
    """Options of a group in the shipped configuration and in the user's own folders."""
    return [path.stem for each in config_folders(folder, arguments) for path in (each / group).glob("*.yaml")]


def _known_error(error: BaseException) -> str | None:
    """The message where the error, or what caused it, says enough by its type."""
    for part in _chain(error):
        if isinstance(part, ConfigError):
            return str(part)
        if isinstance(part, yaml.YAMLError):
            return _yaml_message(part)
        if isinstance(part, MissingConfigException) and part.options is not None and part.missing_cfg_file:
            group, _, option = str(part.missing_cfg_file).rpartition("/")
            return f"{group or 'config'}={option}: no such option; {nearest(option, part.options)}"
        if isinstance(part, OverrideParseException):
            return f"{part.override!r} can't be read as KEY=VALUE: {str(part).splitlines()[0]}"
    return None


def _message(error: BaseException, folder: Path, arguments: list[str]) -> str:
    """The message read from the error's text: an unknown key or option, or else its first line."""
    text = str(error)
    key = re.search(r"Could not override '([^']+)'", text)
    if key:
        groups = [path.name for path in folder.iterdir() if path.is_dir() and path.name not in ("hydra", "__pycache__")]
        return f"{key[1]}: no such key; {_nearest_key(key[1], [*groups, *_keys(folder)])}"
    absent = re.search(r"Could not (?:load|find) '([^']+)'", text)
    if absent:
        group, _, name = absent[1].rpartition("/")
        return f"{group}={name}: no such option; {nearest(name, _options(group, folder, arguments))}"
    merged = re.search(r"Error merging override (\S+?)=", text)
    if merged:
        return f"{merged[1]}: expected a number, a text, or a distribution as a list such as [uniform, 0, 1]"
    first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    where = re.search(r"full_key: (\S+)", text)
    return f"{where[1] + ': ' if where else ''}{first} (command line: {' '.join(arguments) or 'none'})"


def explain(error: BaseException, folder: Path, arguments: list[str]) -> ConfigError:
    """The message for an error of composition.

    folder: the configuration folder, for suggestions; arguments: the command line, to show what came.
    """
    return ConfigError(_known_error(error) or _message(error, folder, arguments))


def compose(folder: Path, arguments: list[str]) -> list[Job]:
    """Composed configurations, one a job, from the process's command line. Raises ConfigError."""
    jobs: list[tuple[DictConfig, list[str]]] = []

    def collect(config: DictConfig) -> None:
        jobs.append((config, list(HydraConfig.get().overrides.task)))

    # The work comes after Hydra is done: inside, it would print its own report of every error. Whatever goes wrong
    # here, by whichever exception of Hydra's, is the configuration's fault.
    try:
        hydra.main(version_base="1.3", config_path=str(folder), config_name="config")(collect)()
        return [Job(_plain(config), overrides, OmegaConf.to_yaml(config)) for config, overrides in jobs]
    except Exception as error:
        raise explain(error, folder, arguments) from error


def _plain(config: DictConfig) -> dict[str, Any]:
    container: Any = OmegaConf.to_container(config, resolve=True)
    return dict(container)
