"""How many jobs a command line asks for, and how often a configuration is composed for one."""

from pathlib import Path
from typing import Any

import pytest
from hydra._internal.hydra import Hydra

from sweep import __main__ as entry
from sweep.composition import compose

FOLDER = entry.config_folder()


@pytest.mark.parametrize(
    ("arguments", "seeds", "compositions"),
    [
        (["seed=3"], [3], 1),
        (["seed=3,4", "--multirun"], [3, 4], None),
        (["seed=3,4", "hydra.mode=MULTIRUN"], [3, 4], None),
        (["+own=several", "seed=3,4", "--config-dir=."], [3, 4], None),
        (["seed=3,4", "-m", "hydra.sweep.dir=there"], [3, 4], None),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and isinstance(value[0], str) else "",
)
def test_one_job_is_composed_once_and_several_are_several(
    arguments: list[str], seeds: list[int], compositions: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "several.yaml").write_text("# @package _global_\nhydra: {mode: MULTIRUN}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep", *arguments])
    composed, original = [], Hydra.compose_config

    def counted(*given: Any, **named: Any) -> Any:
        composed.append(given)
        return original(*given, **named)

    monkeypatch.setattr(Hydra, "compose_config", counted)
    assert [job.config["seed"] for job in compose(FOLDER, arguments)] == seeds
    assert compositions in (None, len(composed))
    # Hydra leaves nothing, but where a user says so.
    there = {"own"} | {argument.partition("hydra.sweep.dir=")[2] for argument in arguments} - {""}
    assert {path.name for path in tmp_path.iterdir()} == there
