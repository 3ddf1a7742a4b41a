"""Measure side by side, print the tables, write them to RESULTS.md, and what is expected of them to the README.

Run: uv run --group benchmarks python -m tests.benchmarks [PART ...] [--quick]
"""

import argparse
import platform
import re
from collections.abc import Sequence
from datetime import date
from importlib import import_module, metadata
from pathlib import Path

from llvmlite import binding
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sweep.provenance import git_revision
from tests.benchmarks.measuring import Row, cores

PARTS = (
    "kernel",
    "accuracy",
    "vectors",
    "c_loops",
    "peers",
    "peers_policies",
    "scaling",
    "instruments",
    "floor",
    "memory",
    "commands",
    "analysis",
    "counting",
    "scaling_out",
)
RESULTS, README = Path(__file__).with_name("RESULTS.md"), Path(__file__).parents[2] / "README.md"
# Between these the README shows the lines of which something is expected.
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
COLUMNS = ("case", "measured", "compared", "expected")
_PACKAGES = ("scenaria", "numpy", "numba", "ray", "zarr", "hydra-core", "ema-workbench", "joblib")


def machine() -> str:
    """The machine and the versions that the numbers belong to."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    features = [name for name, has in sorted(binding.get_host_cpu_features().items()) if has and "avx" in name]
    installed = {each.name.lower().replace("_", "-"): each.version for each in metadata.distributions()}
    versions = [f"Python {platform.python_version()}", *(f"{name} {installed.get(name)}" for name in _PACKAGES)]
    name = f"{model[1] if model else platform.processor()} ({binding.get_host_cpu_name()}), {cores()} cores"
    return f"{date.today()}, revision {git_revision()[:10]}; {name}, {' '.join(features)}; {', '.join(versions)}"


def _measured(part: str, quick: bool, console: Console) -> list[Row]:
    console.print(f"measuring {part} …")
    try:
        rows: list[Row] = import_module(f"tests.benchmarks.{part}").measure(quick)
    except Exception as error:  # a peer or a compiler that isn't there is no reason to leave out the other parts
        said = " ".join(f"{error} {getattr(error, 'output', None) or ''}".split())
        rows = [Row("not measured", f"{type(error).__name__}: {said[:200]} … {said[-200:]}".replace("|", "/"))]
    table = Table(*COLUMNS, title=part)
    for row in rows:
        table.add_row(*map(escape, (row.case, row.measured, row.compared, row.expected)))
    console.print(table)
    return rows


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _parts(text: str) -> dict[str, list[str]]:
    """What RESULTS.md holds of each part: on what it was measured, then the lines of its table."""
    sections = (section.partition("\n") for section in text.split("\n## ")[1:])
    return {name: [line for line in body.splitlines() if line] for name, _, body in sections}


def write(part: str, rows: Sequence[Row], about: str) -> None:
    """Write a part's table; the others stay, each with what it was measured on."""
    parts = _parts(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    table = [_line((row.case, row.measured, row.compared, row.expected)) for row in rows]
    parts[part] = [about, _line(COLUMNS), _line(["---"] * len(COLUMNS)), *table]
    head = ["Written by `uv run --group benchmarks python -m tests.benchmarks`, part by part."]
    for name in sorted(parts, key=PARTS.index):
        said, *lines = parts[name]
        head += ["", f"## {name}", "", said, "", *lines]
    text = "\n".join(head) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    README.write_text(shown(README.read_text(encoding="utf-8"), text), encoding="utf-8")


def shown(readme: str, results: str) -> str:
    """The README with those lines of all tables of which something is expected, and what each part was measured on."""
    abouts: dict[str, list[str]] = {}
    lines = [_line(("part", *COLUMNS)), _line(["---"] * (1 + len(COLUMNS)))]
    for part, (about, _, _, *table) in _parts(results).items():
        chosen = [line for line in table if not line.endswith("|  |")]
        lines += [f"| {part} {line}" for line in chosen]
        if chosen:
            abouts.setdefault(about, []).append(part)
    told = [f"- {', '.join(parts)}: {about}" for about, parts in abouts.items()]
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{chr(10).join([*told, '', *lines])}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Measure the parts named on the command line, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--quick", action="store_true", help="small sizes, rough numbers, and nothing written")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown parts {', '.join(sorted(unknown))}: expected some of {', '.join(PARTS)}")
    console = Console()
    about = machine()
    console.print(about)
    for part in given.parts or PARTS:
        rows = _measured(part, given.quick, console)
        if not given.quick:
            write(part, rows, about)


if __name__ == "__main__":
    main()
