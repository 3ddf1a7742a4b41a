"""The walls of the house: which room may import what, read from the code."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
STANDARD = set(sys.stdlib_module_names)

# Room (file or folder, the longest match counts) -> what it may import besides the standard library and itself.
ROOMS: dict[str, set[str]] = {
    "sweep/kernel": {"numpy", "numba", "llvmlite"},
    "sweep/designs": {"numpy", "scipy"},
    "sweep/distributions.py": {"numpy", "scipy", "sweep.errors"},
    "sweep/draw_table.py": {"numpy", "sweep.designs", "sweep.distributions", "sweep.kernel", "sweep.study"},
    "sweep/study.py": {"numpy", "sweep.distributions", "sweep.kernel"},
    "sweep/plan.py": {"numpy", "sweep.study"},
    "sweep/executors": {"sweep.errors"},
    "sweep/executors/ray.py": {"ray", "sweep.errors", "sweep.executors.base"},
    "sweep/store.py": {"zarr", "xarray", "numpy", "sweep.errors", "sweep.plan"},
    "sweep/regions": {"numpy", "pyarrow", "sweep.errors", "sweep.kernel"},
    "sweep/provenance.py": {"sweep"},
    "sweep/errors.py": set(),
    "sweep/config.py": {
        "pydantic", "numpy", "sweep.designs", "sweep.distributions", "sweep.errors", "sweep.kernel", "sweep.regions",
        "sweep.study",
    },
    "sweep/usage.py": set(),
    "sweep/composition.py": {"hydra", "omegaconf", "yaml", "sweep.errors", "sweep.usage"},
    "sweep/__main__.py": {"sweep.command", "sweep.composition", "sweep.errors", "sweep.usage"},
    "sweep/command.py": {"rich", "analysis", "sweep"},
    "sweep/run.py": {"sweep"},
    "analysis": {"numpy", "xarray", "scipy", "matplotlib", "sweep.store", "sweep.errors"},
}  # fmt: skip


def _modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            assert node.module is not None
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files() -> list[str]:
    return [str(path.relative_to(ROOT)) for room in ("sweep", "analysis") for path in (ROOT / room).rglob("*.py")
            if "__pycache__" not in path.parts]  # fmt: skip


@pytest.mark.parametrize("name", _files())
def test_room_imports_only_what_it_may(name: str) -> None:
    rooms = [room for room in ROOMS if name == room or name.startswith(f"{room}/")]
    if name in ("sweep/__init__.py",):
        assert not list(_modules(ROOT / name))
        return
    assert rooms, f"{name} belongs to no room"
    room = max(rooms, key=len)
    own = room.removesuffix(".py").replace("/", ".")
    for module in _modules(ROOT / name):
        allowed = [*ROOMS[room], own]
        inside = any(module == each or module.startswith(f"{each}.") for each in allowed)
        assert inside or module.split(".")[0] in STANDARD, f"{name} may not import {module}"
