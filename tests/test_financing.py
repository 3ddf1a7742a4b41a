"""A labor tax at its limit is told: the budget of that policy doesn't close."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console

from analysis import limit_sentences, load, write_report
from analysis.financing import tax_limit
from sweep.command import _print_summary
from sweep.kernel.accounts import labor_tax_step
from tests.store_cases import StoreCase
from tests.studies import finish

TOLD = "Labor tax at its limit under ubi in 44 % of draws in 2027: there the budget doesn't close, and debt grows."


def _taxed(path: Path, **rates: tuple[str, NDArray[np.float64]]) -> Path:
    """A store in which ubi raises the tax by 60 points in the last four of nine draws, and levy by 59 in all."""
    asked = np.zeros((3, 9, 3), dtype=np.float32)
    asked[2, 5:] = 0.6
    asked[1] = 0.59
    identity = {"identity": json.dumps({"parameters": {"labor.labor_tax": ["0.26"]}})}
    further = {"labor_tax_change": (("policy", "draw", "year"), asked), **rates}
    return StoreCase(attributes=identity, further=further).write(path)


def test_the_limit_is_that_of_the_model() -> None:
    rates = np.linspace(0, 0.6, 25)
    np.testing.assert_allclose(tax_limit(rates), labor_tax_step(np.zeros(25), np.full(25, 1e9), np.ones(25), rates))


def test_draws_at_the_limit_are_counted_by_policy(tmp_path: Path) -> None:
    assert limit_sentences(load(_taxed(tmp_path / "run.zarr"))) == [TOLD]
    assert limit_sentences(load(StoreCase().write(tmp_path / "untaxed.zarr"))) == []


def test_a_high_rate_leaves_less_room(tmp_path: Path) -> None:
    told = limit_sentences(load(_taxed(tmp_path / "run.zarr", labor_tax=("draw", np.full(9, 0.36)))))
    assert [line.split(" of draws")[0].partition("under ")[2] for line in told] == ["levy in 100 %", "ubi in 44 %"]


def test_taxes_on_ai_that_fall_short_are_told(tmp_path: Path) -> None:
    """In three of nine draws ubi leaves debt of 2 % of GDP, and levy, set to raise .1 % of it, raises half of that."""
    gdp = StoreCase().dataset()["national_gdp"].to_numpy()
    debt, revenue = np.zeros((3, 9, 3)), np.zeros((3, 9, 3))
    debt[2, 6:], revenue[1], revenue[1, :3] = 0.02 * gdp[2, 6:], 0.001 * gdp[1], 0.0005 * gdp[1, :3]
    dims = ("policy", "draw", "year")
    definitions = {
        "ubi": {"closure": "lump_sum", "closures": {"basic_income": "ai_tax"}, "doses": {}},
        "levy": {"closure": "debt", "closures": {}, "doses": {"usage_tax_revenue": "0.001", "usage_tax_rate": "0"}},
    }
    case = StoreCase(
        attributes={"policy_definitions": json.dumps(definitions)},
        further={"debt": (dims, debt), "ai_tax_revenue": (dims, revenue)},
    )
    assert limit_sentences(load(case.write(tmp_path / "run.zarr"))) == [
        "The tax on AI doesn't raise what ubi costs in 33 % of draws in 2027: there debt grows.",
        "levy raises less than it is set to in 33 % of draws in 2027: no rate would raise it.",
    ]


def test_the_report_says_so_at_its_top(tmp_path: Path) -> None:
    page = write_report(_taxed(tmp_path / "run.zarr"), tmp_path / "report.html").read_text(encoding="utf-8")
    told = TOLD.partition(":")[0].replace("under ubi", "under label of ubi")
    assert told in page.partition("<main>")[0]


@pytest.mark.parametrize(("amount", "told"), [("amount=1200", True), ("amount=100", False)])
def test_the_command_says_so_after_the_table(amount: str, told: bool, tmp_path: Path) -> None:
    store = finish(tmp_path / "s.zarr", "draws=8", "years=8", "policy=[ubi]", f"policy.ubi.{amount}", "adoption=slow")
    printed = StringIO()
    _print_summary(store, Console(file=printed, width=200))
    assert ("Labor tax at its limit under ubi in" in printed.getvalue()) == told
