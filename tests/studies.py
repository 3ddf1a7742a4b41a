"""Studies composed as the command line composes them, for tests."""

from pathlib import Path
from typing import Any

from sweep import composition
from sweep.__main__ import config_folder
from sweep.config import build_study
from sweep.plan import Task
from sweep.run import begin, remaining, run
from sweep.study import Study

__all__ = ["composed", "finish", "prepare", "study"]


def composed(*overrides: str) -> dict[str, Any]:
    """The plain configuration that a command line gives."""
    return composition.composed(config_folder(), overrides)


def study(*overrides: str) -> Study:
    """The validated study that a command line gives."""
    return build_study(composed(*overrides), overrides, "")


def prepare(chosen: Study) -> tuple[Path, list[Task]]:
    """The store of a study, made or grown as needed, and the tasks that it lacks."""
    path = Path(str(begin(chosen)))
    return path, remaining(chosen, path)


def finish(path: Path, *overrides: str) -> Path:
    """Run a study to its end in a store at a path."""
    chosen = study(f"store.path={path}", *overrides)
    place, tasks = prepare(chosen)
    run(chosen, place, tasks, lambda report: None)
    return place
