"""What an error of composition means for a user: a short message with key, expectation and the nearest valid name."""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from hydra.errors import MissingConfigException, OverrideParseException

from sweep.errors import ConfigError, nearest

__all__ = ["SEVERAL", "explain", "groups", "of_labor", "options"]

# Groups of which several options may be chosen, as a list.
SEVERAL = ("outputs", "policy")
# Groups and keys of the labor model, which say nothing of another one.
_LABOR = ("adoption", "labor", "outputs", "policy", "regions", "years")


def groups(folder: Path) -> list[str]:
    """Groups of the configuration of which options are chosen on the command line."""
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and any(path.glob("*.yaml")))


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


def _dotted(node: object, prefix: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name not in ("defaults", "about", "hydra"):
                yield f"{prefix}{name}"
                yield from _dotted(value, f"{prefix}{name}.")


def _keys(folders: list[Path]) -> dict[str, tuple[str, str]]:
    """Dotted keys of the configuration, as the command line spells them, each with its group and option."""
    keys: dict[str, tuple[str, str]] = {}
    for folder in folders:
        # From last to first, so that outputs.fiscal is named as fiscal's and not as all's.
        chosen = sorted(folder.glob("*/*.yaml"), reverse=True)
        for path in [*folder.glob("config.yaml"), *chosen, *folder.glob("*/*/*.yaml")]:
            group, *inner = path.relative_to(folder).parts
            option = path.stem if len(inner) == 1 else ""
            if group not in ("hydra", "experiment"):
                prefix = f"{group}." if inner else ""
                for key in _dotted(_read(path), prefix):
                    keys.setdefault(key, (group, option))
    return keys


def _read(path: Path) -> object:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def options(group: str, folders: list[Path]) -> list[str]:
    """Options of a group in the shipped configuration and a user's own."""
    return sorted({path.stem for folder in folders for path in (folder / group).glob("*.yaml")})


def of_labor(experiment: str, folders: list[Path]) -> tuple[Path, list[str]]:
    """The file of an experiment, and which groups and keys in it are of the labor model; none where it isn't found."""
    for path in (folder / "experiment" / f"{experiment}.yaml" for folder in folders):
        node = _read(path) if path.is_file() else None
        if isinstance(node, dict):
            listed = node.get("defaults") or []
            chosen = {str(key).rpartition("/")[2]: value for each in listed if isinstance(each, dict)
                      for key, value in each.items()}  # fmt: skip
            stated = {key: value for key, value in node.items() if not _is_open(key, value)}
            return path, [key for key in _LABOR if chosen.get(key) or key in stated]
    return Path(f"experiment/{experiment}.yaml"), []


def _is_open(key: object, value: object) -> bool:
    """Whether settings of a group fit any model: policies that set levers, and what is kept of outcomes."""
    if not isinstance(value, dict):
        return False
    if key == "policy":
        return not any(name.rpartition(".")[2] == "instrument" for name in _dotted(value, ""))
    return key == "outputs" and set(value) <= {"keep", "keep_bits", "thresholds"}


def _regime_keys(keys: dict[str, tuple[str, str]], folders: list[Path]) -> set[str]:
    """Keys of single regimes, which exist only in the composed configuration."""
    inside = {key.partition(".")[2] for key in keys if key.startswith("adoption.") and key.count(".") == 1}
    parameters = inside - {"regime", "regimes", "weights"}
    regimes = [name for name in options("adoption", folders) if name != "regimes"]
    own = {f"adoption.regimes.{regime}.{parameter}" for regime in regimes for parameter in parameters}
    return own | {f"adoption.weights.{regime}" for regime in regimes}


def _not_settable(key: str, keys: dict[str, tuple[str, str]], folders: list[Path]) -> str | None:
    """Why a key that exists somewhere can't be set here, None for one that doesn't."""
    group, option = keys.get(key, ("", ""))
    if group == "config.yaml":
        return f"{key}: expected to be set or removed (~{key}), not both"
    if key == "adoption.regime":
        return f"{key}: chosen by name, as in adoption=slow; valid: {', '.join(options('adoption', folders))}"
    if group and not option:
        return f"{key}: every regime states its own; set one, {group}.regimes.slow.{key.partition('.')[2]}"
    if key.startswith("outputs.thresholds."):
        return f"{key}: none so far; add them with a plus, as in '+{key}=[0.1, 0.2]'"
    if option:
        chosen = f"'{group}=[…,{option}]'" if group in SEVERAL else f"{group}={option}"
        return f"{key}: {option} isn't chosen; choose it with {chosen}"
    return None


def _unknown_key(key: str, folders: list[Path]) -> str:
    """Why a key can't be overridden: no such group or key, or one of an option that isn't chosen."""
    shipped, keys = groups(folders[0]), _keys(folders)
    group, _, rest = key.partition("/")
    if rest and group in shipped:
        return f"{key}: no such group; choose an option of {group}: {', '.join(options(group, folders)[:12])}"
    if known := _not_settable(key, keys, folders):
        return known
    parts = key.split(".")
    if parts[0] == "precision":
        return f"{key}: stated as a whole, as in 'precision={{{parts[1]}: {{quantile: 0.95, se: 0.001}}}}'"
    if parts[0] == "search":
        return f"{key}: nothing is searched so far; start with experiment=policy_search, or state search as a whole"
    if parts[0] == "policy" and len(parts) > 1 and not any(name.startswith(f"policy.{parts[1]}.") for name in keys):
        return f"{key}: no policy {parts[1]!r}; {nearest(parts[1], options('policy', folders))}"
    names = {*shipped, *keys, *_regime_keys(keys, folders)}
    if parts[0] == "policy" and len(parts) > 2:
        names = {name for name in names if name.startswith(f"policy.{parts[1]}.")}
    if parts[:2] == ["adoption", "regimes"]:
        names = {name for name in names if name.startswith(("adoption.regimes.", "adoption.weights."))}
    hint = f"the chosen options don't state it, ++{key}=… adds it" if key in names else nearest(key, names)
    if not hint.startswith(("did you mean", "the chosen")):
        hint = nearest(key, {name for name in names if name.rpartition(".")[0] == key.rpartition(".")[0]} or names)
    return f"{key}: no such key; {hint}"


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
            names = ", names in {…} without quotes" if re.search(r"[{,]\s*[\"'][^{}]*?:", str(part.override)) else ""
            return f"{part.override!r} can't be read: expected KEY=VALUE, brackets and quotes closed{names}"
    return None


def _message(error: BaseException, folders: list[Path], arguments: list[str]) -> str:
    """The message read from the error's text: an unknown key or option, or else its first line."""
    text = str(error)
    if key := re.search(r"Could not override '([^'@]+)[^']*'", text):
        own = key[1].startswith("policy.") and any(each.startswith("model.") for each in arguments)
        return _unknown_key(key[1], folders) + own * "; of a model of your own: '+policy.NAME={LEVER: 0.5}'"
    if absent := re.search(r"Could not (?:load|find) '([^']+)'", text):
        group, _, name = absent[1].rpartition("/")
        return f"{group}={name}: no such option; {nearest(name, options(group, folders))}"
    if merged := re.search(r"Error merging override (\S+?)=", text):
        came = next((given.partition("=")[2] for given in arguments if given.startswith(f"{merged[1]}=")), "another")
        wanted = "a number or a distribution as a list such as [uniform, 0, 1]"
        uncertain = merged[1].startswith(("adoption.", "labor.", "policy."))
        return f"{merged[1]}: expected {wanted if uncertain else 'a plain value'}, got {came}"
    if several := re.search(r"Ambiguous value for argument '([^'=]+)=([^']*)'", text):
        return (
            f"{several[1]}: expected one value, got {several[2]}; a list is [{several[2]}], several sweeps --multirun"
        )
    if removed := re.search(r"Could not delete '([^'=]+)", text):
        return f"~{removed[1]}: can't be removed; name what you want instead, such as 'policy=[ubi]' or 'policy=[]'"
    first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    where = re.search(r"full_key: (\S+)", text)
    return f"{where[1] + ': ' if where else ''}{first} (command line: {' '.join(arguments) or 'none'})"


def explain(error: BaseException, folders: list[Path], arguments: list[str]) -> ConfigError:
    """The message for an error of composition.

    folders: the shipped configuration and the user's own, for suggestions; arguments: the command line, to show
    what came.
    """
    return ConfigError(_known_error(error) or _message(error, folders, arguments))
