"""Measure side by side in one run, print the table, write it to RESULTS.md, and what is expected of it to the README.

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

from tests.benchmarks.measuring import Row, cores

PARTS = (
    "kernel",
    "vectors",
    "c_loops",
    "peers",
    "scaling",
    "instruments",
    "floor",
    "memory",
    "analysis",
    "counting",
    "scaling_out",
)
RESULTS, README = Path(__file__).with_name("RESULTS.md"), Path(__file__).parents[2] / "README.md"
# Between these the README shows the lines of which something is expected.
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->\n"
COLUMNS = ("part", "case", "measured", "compared", "expected")
_PACKAGES = ("scenaria", "numpy", "numba", "ray", "zarr", "hydra-core", "ema-workbench", "joblib")


def machine() -> str:
    """The machine and the versions that the numbers belong to."""
    text = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    features = [name for name, has in sorted(binding.get_host_cpu_features().items()) if has and "avx" in name]
    installed = {each.name.lower().replace("_", "-"): each.version for each in metadata.distributions()}
    versions = [f"Python {platform.python_version()}", *(f"{name} {installed.get(name)}" for name in _PACKAGES)]
    name = f"{model[1] if model else platform.processor()} ({binding.get_host_cpu_name()}), {cores()} cores"
    return f"{date.today()}; {name}, {' '.join(features)}; {', '.join(versions)}"


def _measured(part: str, quick: bool, console: Console) -> list[Row]:
    console.print(f"measuring {part} …")
    try:
        rows: list[Row] = import_module(f"tests.benchmarks.{part}").measure(quick)
    except Exception as error:  # a peer or a compiler that isn't there is no reason to leave out the other parts
        said = " ".join(f"{error} {getattr(error, 'output', None) or ''}".split())
        rows = [Row("not measured", f"{type(error).__name__}: {said[:200]} … {said[-200:]}".replace("|", "/"))]
    table = Table(*COLUMNS[1:], title=part)
    for row in rows:
        table.add_row(*map(escape, (row.case, row.measured, row.compared, row.expected)))
    console.print(table)
    return rows


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write(rows: dict[str, list[Row]], about: str) -> None:
    """Write the table; parts that weren't measured now keep their lines where the machine and versions are the same."""
    old = RESULTS.read_text(encoding="utf-8").splitlines() if RESULTS.exists() else []
    kept = old if about in old else []
    lines = []
    for part in PARTS:
        new = [_line((part, row.case, row.measured, row.compared, row.expected)) for row in rows.get(part, ())]
        lines += new or [line for line in kept if line.startswith(f"| {part} |")]
    head = ["Written by `uv run --group benchmarks python -m tests.benchmarks`.", "", about, ""]
    title = [_line(COLUMNS), _line(["---"] * len(COLUMNS))]
    RESULTS.write_text("\n".join([*head, *title, *lines]) + "\n", encoding="utf-8")
    README.write_text(shown(README.read_text(encoding="utf-8"), [about, "", *title, *lines]), encoding="utf-8")


def shown(readme: str, table: Sequence[str]) -> str:
    """The README with those lines of the table of which something is expected, and what it says before the table."""
    chosen = [line for line in table if not (line.startswith("|") and line.endswith("|  |"))]
    before, _, rest = readme.partition(BEGIN)
    return f"{before}{BEGIN}{chr(10).join(chosen)}\n{END}{rest.partition(END)[2]}"


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
    rows = {}
    for part in given.parts or PARTS:
        rows[part] = _measured(part, given.quick, console)
        if not given.quick:
            write(rows, about)


if __name__ == "__main__":
    main()
