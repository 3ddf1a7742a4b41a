"""README's table of designs is what the code does with each: found by doing it."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from analysis import (
    estimates,
    example,
    first_order_given_data,
    morris_screening,
    paired_difference,
    pawn,
    robustness_table,
    shapley_effects,
    sobol_indices,
    tail_probability,
)
from analysis.caution import AnalysisWarning
from analysis.monte_carlo import design_told
from sweep.designs import BLOCKS, DESIGNS, FIXED
from sweep.errors import ConfigError
from sweep.preview import allowed
from tests.studies import study

README = Path(__file__).resolve().parents[1] / "README.md"
RATE = "national_unemployment_rate"
ANALYSES: dict[str, list[Callable[[xr.Dataset], Any]]] = {
    "estimates, boxes": [
        lambda data: estimates(data, RATE, pooled=True),
        lambda data: paired_difference(data, RATE, pooled=True),
    ],
    "decisions": [
        lambda data: robustness_table(data, RATE, pooled=True),
        lambda data: tail_probability(data, RATE, 0.1, pooled=True),
    ],
    "given data": [lambda data: first_order_given_data(data, RATE, 2035), lambda data: pawn(data, RATE, 2035)],
    "`shapley_effects`": [lambda data: shapley_effects(data, RATE, ["automation"], 2035)],
    "`sobol_indices`": [lambda data: sobol_indices(data, RATE, 2035)],
    "`morris_screening`": [lambda data: morris_screening(data, RATE, 2035)],
}
GROWING = {
    "`precision=`": ("precision={net_cost: {mean: true, se: 1}}",),
    "`search=`": ("experiment=policy_search",),
}
HEADS = ["`design=`", "extends", *ANALYSES, *GROWING]


def _data(design: str) -> xr.Dataset:
    drawn = design if design in DESIGNS or design in BLOCKS else "monte_carlo"
    return example(drawn).sel(policy=["none", "ubi"]).assign_attrs(design=design)


def _can(analysis: Callable[[xr.Dataset], Any], data: xr.Dataset) -> str:
    """What becomes of an analysis: yes, warns of the design, no."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", AnalysisWarning)
        try:
            analysis(data)
        except ConfigError as error:
            assert "design=" in str(error)
            return "no"
    warned = [str(each.message) for each in caught if each.category is AnalysisWarning]
    return "warns" if any(f"design={data.attrs['design']}" in each for each in warned) else "yes"


def _grows(design: str, arguments: tuple[str, ...], own: str) -> str:
    try:
        study(f"design={design}", *([own] if own else []), *arguments)
    except ConfigError as error:
        assert f"design={design}" in str(error)
        return "no"
    return "yes"


def _row(design: str, folder: Path) -> list[str]:
    (folder / "draws.csv").write_text("wage_curve\n-0.1\n")
    own = {"factorial": "design.levels={wage_curve: 2}", "table": f"design.path={folder / 'draws.csv'}"}.get(design, "")
    extends = "yes" if design in DESIGNS else "in whole blocks" if design in BLOCKS else f"no: {FIXED[design]}"
    data, cells = _data(design), []
    for analyses in ANALYSES.values():
        (found,) = {_can(analysis, data) for analysis in analyses}
        cells.append(found)
    assert list(allowed(design).values()) == cells
    return [f"`{design}`", extends, *cells, *(_grows(design, each, own) for each in GROWING.values())]


def test_the_table_of_designs_is_what_the_code_does(tmp_path: Path) -> None:
    rows = [_row(design, tmp_path) for design in (*sorted(DESIGNS), *sorted(FIXED), *sorted(BLOCKS))]
    lines = [f"| {' | '.join(cells)} |" for cells in (HEADS, ["---"] * len(HEADS), *rows)]
    assert README.read_text(encoding="utf-8").split("<!-- designs -->")[1].split("<!-- /designs -->")[0].strip() == (
        "\n".join(lines)
    )


@pytest.mark.parametrize("design", [*BLOCKS, *FIXED])
def test_every_notice_of_a_design_names_those_that_fit(design: str) -> None:
    told = design_told(_data(design))
    assert (told == "") == (design == "latin_hypercube")
    assert all(name in told for name in DESIGNS) or not told
