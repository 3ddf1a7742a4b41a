"""Which blocks of equations the compiler turned into vector instructions, counted in the kernel's assembly."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from sweep.kernel import compiled
from sweep.regions import load_regions
from tests.benchmarks.measuring import Row
from tests.kernel_cases import policy, varied_draws

__all__ = ["measure"]

# Loops over regions, cells or incomes, which take most of a run: how many instructions on whole vectors each has.
# One loop less that is vectorized takes away a tenth or more.
HOT = {
    "adopt_block": 84, "shift_block": 18, "supply_block": 66, "demand_block": 128, "hire_block": 66,
    "move_block": 56, "pay_block": 68, "income_block": 95, "enroll_block": 34, "demand_income_block": 57,
    "offer_block": 74, "tax_block": 45, "budget_block": 35, "record_block": 112, "sum_groups": 23,
    "status_block": 120, "decomposition_block": 121, "below_line": 58,
}  # fmt: skip
KEPT = 0.95
_ARITHMETIC = re.compile(r"\s+v?(?:fn?m(?:add|sub)\d*|add|sub|mul|div|max|min|sqrt)([ps])[sd]\s+(.*)")
_FUNCTION = re.compile(r"_ZN\d+kernel_float32_[0-9a-f]{16}\d+(\w+?)B\d+v\d+\S*:")


def assembly() -> str:
    """Text of the whole kernel's machine code, compiled anew, since what comes from the cache has none."""
    cached = compiled._source
    with (
        TemporaryDirectory() as folder,
        mock.patch.object(compiled, "_CACHE", Path(folder)),
        mock.patch.object(compiled, "_ready"),
        mock.patch.object(compiled, "_source", lambda real: cached(real).replace("cache=True", "cache=False")),
    ):
        compiled._module.cache_clear()
        compiled.simulate(load_regions("us_states"), varied_draws(1, 1, 51), [policy("debt")], 1)
        (text,) = compiled.compile_kernel().run_policy.inspect_asm().values()
    compiled._module.cache_clear()
    return str(text)


def count(text: str) -> Iterator[tuple[str, Counter[str]]]:
    """Arithmetic instructions of each function, on whole vectors (256 or 512 bits), short ones, and single numbers."""
    found: dict[str, Counter[str]] = {}
    counts = Counter[str]()
    for line in text.splitlines():
        function = _FUNCTION.match(line)
        if function:
            counts = found.setdefault(function[1], Counter())
        instruction = _ARITHMETIC.match(line)
        if instruction:
            wide = "%ymm" in instruction[2] or "%zmm" in instruction[2]
            counts["scalar" if instruction[1] == "s" else "whole vectors" if wide else "short vectors"] += 1
    yield from found.items()


def measure(quick: bool) -> list[Row]:
    """Instructions of each block of some size; those that run every month on whole vectors as far as is known."""
    found = dict(count(assembly()))
    rows = [Row(name, "not found", "", "whole vectors: not reached") for name in sorted(HOT.keys() - found.keys())]
    for name, counts in sorted(found.items(), key=lambda item: -item[1].total()):
        if counts.total() > (100 if quick else 20):
            told = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
            least = round(KEPT * HOT.get(name, 0))
            reached = "" if counts["whole vectors"] >= least else ": not reached"
            rows.append(Row(name, told, "", f"≥ {least} whole vectors{reached}" if least else ""))
    return rows
