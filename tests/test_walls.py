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
    "sweep/distributions": {"numpy", "scipy", "sweep.errors"},
    "sweep/dependence": {"numpy", "scipy", "sweep.distributions"},
    "sweep/dependence/settings.py": {
        "numpy", "sweep.dependence", "sweep.designs", "sweep.distributions", "sweep.errors", "sweep.schema",
        "sweep.study",
    },
    "sweep/factors.py": {"sweep.designs", "sweep.distributions", "sweep.study"},
    "sweep/own_draws.py": {"numpy", "pyarrow", "xarray", "sweep.errors", "sweep.store"},
    "sweep/fixed_designs.py": {
        "numpy", "sweep.designs", "sweep.distributions", "sweep.errors", "sweep.factors", "sweep.own_draws",
        "sweep.schema", "sweep.study",
    },
    "sweep/draw_table.py": {
        "numpy", "sweep.dependence", "sweep.designs", "sweep.distributions", "sweep.factors", "sweep.study",
    },
    "sweep/paths.py": {"numpy"},
    "sweep/study.py": {
        "numpy", "sweep.dependence", "sweep.distributions", "sweep.kernel", "sweep.model_source", "sweep.paths",
    },
    "sweep/places.py": {"sweep.distributions", "sweep.errors", "sweep.nodes", "sweep.study"},
    "sweep/path_nodes.py": {"sweep.distributions", "sweep.errors", "sweep.nodes", "sweep.paths", "sweep.places"},
    "sweep/own_inputs.py": {
        "sweep.distributions", "sweep.errors", "sweep.model", "sweep.nodes", "sweep.path_nodes", "sweep.paths",
        "sweep.places", "sweep.study",
    },
    "sweep/uncertainties.py": {
        "sweep.distributions", "sweep.errors", "sweep.kernel", "sweep.nodes", "sweep.path_nodes", "sweep.paths",
        "sweep.places", "sweep.study",
    },
    "sweep/model.py": {"numpy", "sweep.errors"},
    "sweep/model_source.py": {"sweep.ema_model", "sweep.errors", "sweep.model", "sweep.neighbors"},
    "sweep/ema_model.py": {"numpy", "ema_workbench", "sweep.errors", "sweep.model"},
    "sweep/neighbors.py": {"sweep.errors"},
    "sweep/models.py": {
        "numpy", "sweep.kernel", "sweep.model", "sweep.model_source", "sweep.paths", "sweep.regions", "sweep.study",
    },
    "sweep/nodes.py": {"numpy", "sweep.distributions", "sweep.errors", "sweep.model"},
    "sweep/own_study.py": {
        "yaml", "sweep.combination", "sweep.distributions", "sweep.errors", "sweep.kernel", "sweep.model",
        "sweep.model_source", "sweep.nodes", "sweep.own_inputs", "sweep.paths", "sweep.schema", "sweep.study",
    },
    "sweep/check_model.py": {
        "numpy", "sweep.errors", "sweep.model", "sweep.model_source", "sweep.own_inputs", "sweep.study",
    },
    "sweep/outcome_table.py": {"rich", "analysis"},
    "sweep/plan.py": {"numpy", "sweep.study"},
    "sweep/executors": {"sweep.errors"},
    "sweep/executors/ray.py": {"ray", "sweep.errors", "sweep.executors"},
    "sweep/store": {"zarr", "numcodecs", "xarray", "numpy", "pydantic", "sweep.errors", "sweep.plan"},
    "sweep/store/bucket.py": {"obstore", "zarr", "sweep.errors", "sweep.store"},
    "sweep/isolation.py": {"numpy"},
    "sweep/counting.py": {"numpy", "numba", "sweep.errors", "sweep.isolation", "sweep.plan", "sweep.store"},
    "sweep/simulation.py": {"numpy", "sweep"},
    "sweep/statistics.py": {"sweep.kernel", "sweep.store", "sweep.study"},
    "sweep/regions": {"numpy", "pyarrow", "sweep.errors", "sweep.kernel"},
    "sweep/provenance.py": {"llvmlite", "sweep"},
    "sweep/inspection.py": {"sweep"},
    "sweep/disk.py": {
        "sweep.errors", "sweep.factors", "sweep.models", "sweep.statistics", "sweep.store", "sweep.study",
    },
    "sweep/memory.py": {"sweep.executors", "sweep.statistics", "sweep.study"},
    "sweep/preview.py": {"numpy", "rich", "sweep"},
    "sweep/errors.py": set(),
    "sweep/allocator.py": set(),
    "sweep/config.py": {
        "numpy", "sweep.combination", "sweep.dependence", "sweep.designs", "sweep.distributions", "sweep.errors",
        "sweep.factors", "sweep.fixed_designs", "sweep.kernel", "sweep.nodes", "sweep.own_study", "sweep.regions",
        "sweep.schema", "sweep.search.settings", "sweep.study", "sweep.targets", "sweep.uncertainties",
    },
    "sweep/targets.py": {"sweep.designs", "sweep.errors", "sweep.schema", "sweep.study"},
    "sweep/precision.py": {"numpy", "xarray", "analysis", "sweep.store", "sweep.study", "sweep.targets"},
    "sweep/search/settings.py": {
        "sweep.combination", "sweep.designs", "sweep.distributions", "sweep.errors", "sweep.schema", "sweep.study",
    },
    "sweep/search/evolution.py": {"numpy", "pymoo", "sweep.distributions", "sweep.plan", "sweep.study"},
    "sweep/search/engine.py": {"numpy", "analysis", "sweep"},
    "sweep/search/telling.py": {"numpy", "rich", "xarray", "analysis", "sweep.search", "sweep.study"},
    "sweep/search": set(),
    "analysis/fronts.py": {"numpy", "pymoo", "xarray", "analysis", "sweep.errors"},
    "sweep/combination.py": {"sweep.errors", "sweep.study"},
    "sweep/schema.py": {"pydantic", "sweep.errors"},
    "sweep/usage.py": set(),
    "sweep/composition.py": {"hydra", "omegaconf", "yaml", "sweep.errors", "sweep.explanation", "sweep.usage"},
    "sweep/explanation.py": {"hydra", "yaml", "sweep.errors"},
    "sweep/__main__.py": {
        "sweep.allocator", "sweep.check_model", "sweep.command", "sweep.composition", "sweep.description",
        "sweep.errors", "sweep.inspection", "sweep.jobs", "sweep.preview", "sweep.screen", "sweep.usage",
    },
    "sweep/description.py": {"numpy", "rich", "sweep"},
    "sweep/prior_picture.py": {"numpy", "matplotlib", "analysis", "sweep.description"},
    "sweep/command.py": {"rich", "analysis", "sweep"},
    "sweep/jobs.py": {"sweep"},
    "sweep/screen.py": {"rich", "sweep.study"},
    "sweep/run.py": {"numpy", "sweep"},
    "sweep/variables.py": {"sweep.factors", "sweep.fixed_designs", "sweep.kernel", "sweep.store", "sweep.study"},
    "sweep/salib.py": {"sweep.__main__", "sweep.composition", "sweep.distributions", "sweep.errors", "sweep.kernel"},
    "analysis/ema.py": {"numpy", "xarray", "ema_workbench", "analysis", "sweep.errors"},
    "analysis/salib.py": {"numpy", "xarray", "analysis", "sweep.distributions", "sweep.errors"},
    "analysis/beliefs.py": {"numpy", "xarray", "analysis", "sweep.distributions", "sweep.errors"},
    "analysis/tilting.py": {"numpy", "xarray", "scipy", "analysis", "sweep.distributions", "sweep.errors"},
    "analysis/counting_loops.py": {"numpy", "numba"},
    "analysis/streaming.py": {"numpy", "xarray", "analysis", "sweep.store"},
    "analysis/classification_tree.py": {"numpy", "sklearn", "analysis"},
    "analysis/configurations.py": {"xarray", "analysis", "sweep.plan"},
    "analysis/invented.py": {"numpy", "xarray", "analysis", "sweep.__version__", "sweep.designs", "sweep.errors"},
    "analysis/telling.py": {"numpy", "rich", "xarray", "analysis"},
    "analysis": {"numpy", "xarray", "scipy", "matplotlib", "sweep.store", "sweep.errors"},
}  # fmt: skip


def _modules(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _breaches(name: str, text: str) -> list[str]:
    """Modules that the file of that name and text imports and may not."""
    room = max((room for room in ROOMS if name == room or name.startswith(f"{room}/")), key=len, default="")
    allowed = [*ROOMS.get(room, ()), *([room.removesuffix(".py").replace("/", ".")] if room else [])]
    return [
        module
        for module in _modules(text)
        if not any(module == each or module.startswith(f"{each}.") for each in allowed)
        and (module.split(".")[0] not in STANDARD or not room)
    ]


def _files() -> list[str]:
    return [str(path.relative_to(ROOT)) for room in ("sweep", "analysis") for path in (ROOT / room).rglob("*.py")
            if "__pycache__" not in path.parts]  # fmt: skip


@pytest.mark.parametrize("name", _files())
def test_room_imports_only_what_it_may(name: str) -> None:
    assert _breaches(name, (ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("name", "text", "breach"),
    [
        ("sweep/kernel/new.py", "from sweep.store import create", "sweep.store.create"),
        ("sweep/kernel/new.py", "def late():\n    import ray", "ray"),
        ("sweep/executors/serial.py", "import ray.util", "ray.util"),
        ("sweep/executors/new.py", "from sweep import kernel", "sweep.kernel"),
        ("analysis/new.py", "from sweep.kernel.outcomes import OUTCOMES", "sweep.kernel.outcomes.OUTCOMES"),
        ("analysis/new.py", "import ray", "ray"),
        ("sweep/plan.py", "from hydra import compose", "hydra.compose"),
        ("sweep/store/new.py", "from . import plan", "..plan"),
        ("sweep/roomless.py", "import json", "json"),
        ("sweep/config_more.py", "import pydantic", "pydantic"),
    ],
)
def test_a_breach_of_a_wall_is_seen(name: str, text: str, breach: str) -> None:
    assert _breaches(name, text) == [breach]


def test_what_a_room_may_import_is_no_breach() -> None:
    text = "import json\nimport numpy as np\nfrom sweep.kernel.flows import hires\nimport numba"
    assert _breaches("sweep/kernel/new.py", text) == []


def test_files_are_named_for_what_they_hold() -> None:
    paths = [path for room in ("conf", "sweep", "analysis", "tests") for path in (ROOT / room).rglob("*.*")]
    banned = {"common", "core", "helpers", "manager", "misc", "shared", "utils"}
    # `outputs=core` is a word that users type.
    assert not [path for path in paths if path.stem in banned and path.parent.name != "outputs"]
