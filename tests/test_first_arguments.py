"""What analyses are given in place of a sweep: told in words, with what came and how to come to one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import analysis
from analysis import example
from sweep.errors import ConfigError

RATE = "national_unemployment_rate"
DATA = example(draws=64)
CASES = analysis.exceeds(DATA, RATE, 0.1)
# What functions are given besides their first argument, none where they need nothing.
FURTHER: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("prim", "cart", "resampled"), (CASES,)),
    **dict.fromkeys(("exceeds", "falls_below"), (RATE, 0.1)),
    **dict.fromkeys(("tail_probability", "tilt"), (RATE, 0.1)),
    **dict.fromkeys(("loses",), ("ubi",)),
    **dict.fromkeys(("regrets",), ("ubi", 0.1)),
    **dict.fromkeys(("difference_in_differences", "spill_over", "synthetic_control"), ("pilot", "unemployment_rate")),
    **dict.fromkeys(("kept_sentence", "limit_sentences", "pareto", "salib_problem", "cost_effectiveness"), ()),
    **dict.fromkeys(("tabulated", "to_datatree", "to_ema"), ()),
    "compared": (DATA,),
    "exceedance": (RATE, [0.1]),
    "power": ("pilot", "unemployment_rate", 0.01),
    "reweighted": ({"slow": 0.5, "rapid": 0.5},),
    "satisficing": ({RATE: 0.1},),
    "shapley_effects": (RATE, ["automation"]),
    "write_ema": ("sweep.tar.gz",),
}
# Functions of something else than a sweep.
OTHERS = {"StoreWarning", "example", "in_words", "load", "report_file", "write_report", "write_table"}
OF_SWEEPS = sorted(set(analysis.__all__) - OTHERS)
WRONG: dict[str, tuple[Any, str]] = {
    "None": (None, r"got None: open a store first, data = analysis\.load"),
    "a number": (5, r"got int: open a store first"),
    "a path": ("run.zarr", r"got the path or name 'run\.zarr': open a store first, data = analysis\.load\('run\.zarr'"),
    "a Path": (Path("run.zarr"), r"analysis\.load\('run\.zarr'\)"),
    "a mapping": ({"a": 1}, r"got dict: open a store first"),
    "an array": (DATA[RATE], f"got the array {RATE} alone: give the whole dataset, and an outcome by its name"),
    "one draw": (DATA.isel(draw=0), r"got one draw of it, without .*: choose by a list, data\.sel\(draw=\[0\]\)"),
    "one policy": (DATA.sel(policy="ubi"), r"got one policy of it, .* data\.sel\(policy=\['ubi'\]\)"),
    "one year": (DATA.sel(year=2035), r"got one year of it, .* data\.sel\(year=\[2035\]\)"),
    "a result": (analysis.fan(DATA, RATE).to_dataset(), "with the dimensions policy, draw, year; got a dataset with"),
    "nothing": (xr.Dataset(), "with the dimensions policy, draw, year; got a dataset with none"),
}


def _asked(function: str) -> Callable[[Any], Any]:
    return lambda first: getattr(analysis, function)(first, *FURTHER.get(function, (RATE,)))


@pytest.mark.parametrize("function", OF_SWEEPS)
def test_what_is_no_sweep_is_told(function: str) -> None:
    for given, message in WRONG.values():
        with pytest.raises(ConfigError, match=rf"expected a sweep as analysis\.load gives one.*{message}"):
            _asked(function)(given)


def test_the_second_of_two_sweeps_is_told_by_its_name() -> None:
    nothing: Any = None
    with pytest.raises(ConfigError, match=r"^second: expected a sweep as analysis\.load gives one, got None"):
        analysis.compared(DATA, nothing)
    with pytest.raises(ConfigError, match=r"^fresh: expected a sweep as analysis\.load gives one, got the path"):
        analysis.pareto(DATA, "fresh.zarr")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (DATA, r"got a sweep: write_table\(tabulated\(data\), …\) makes a table of it first"),
        (None, "got None"),
        (DATA[RATE], "got the array"),
        (analysis.fan(DATA, RATE).to_dataset(), "got a dataset of national_unemployment_rate: tabulated puts outcomes"),
    ],
)
def test_what_is_no_table_is_not_written(given: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"found: expected what tabulated or compared gives, {message}"):
        analysis.write_table(given, tmp_path / "table.csv")
    assert not list(tmp_path.iterdir())


def _of_paths() -> Iterator[Any]:
    for name in ("load", "report_file", "write_report"):
        for given, came in ((5, "int"), (None, "NoneType"), (["a"], "list"), (DATA, "Dataset"), ("", "''")):
            yield pytest.param(name, given, came, id=f"{name}-{came}")


@pytest.mark.parametrize(("function", "given", "came"), list(_of_paths()))
def test_what_is_no_path_is_told(function: str, given: Any, came: str) -> None:
    with pytest.raises(ConfigError, match=rf"expected the path of a store, such as results/NAME\.zarr, got {came}"):
        getattr(analysis, function)(given)


@pytest.mark.parametrize("given", [None, 5, [], DATA, DATA[RATE], "sobl"])
def test_what_is_no_design_or_no_boxes_is_told(given: Any) -> None:
    with pytest.raises(ConfigError, match=r"^design: .*: (valid: halton|did you mean 'sobol')"):
        example(given)
    with pytest.raises(ConfigError, match=r"^boxes: expected what prim or cart found, got"):
        analysis.in_words(given)
