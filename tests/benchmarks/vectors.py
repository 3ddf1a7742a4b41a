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

# Loops over regions, cells or incomes, which take most of a run.
HOT = (
    "adopt_block", "shift_block", "supply_block", "demand_block", "hire_block", "move_block", "pay_block",
    "income_block", "enroll_block", "demand_income_block", "offer_block", "tax_block", "budget_block", "record_block",
    "sum_groups", "status_block", "decomposition_block", "below_line",
)  # fmt: skip
_ARITHMETIC = re.compile(r"\s+v?(?:fn?m(?:add|sub)\d*|add|sub|mul|div|max|min|sqrt)([ps])[sd]\s+(.*)")
_FUNCTION = re.compile(r"_ZN\d+kernel_float32_[0-9a-f]{16}\d+(\w+?)B\d+v\d+\S*:")


def assembly() -> str:
    """Text of the whole kernel's machine code, compiled anew, since what comes from the cache has none."""
    cached = compiled._source
    with (
        TemporaryDirectory() as folder,
        mock.patch.object(compiled, "_CACHE", Path(folder)),
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
    """Instructions of each block of some size; those that run every month are to have whole vectors."""
    rows = []
    for name, counts in sorted(count(assembly()), key=lambda item: -item[1].total()):
        if counts.total() > (100 if quick else 20):
            told = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
            reached = "" if counts["whole vectors"] else ": not reached"
            rows.append(Row(name, told, "", f"whole vectors{reached}" if name in HOT else ""))
    return rows
