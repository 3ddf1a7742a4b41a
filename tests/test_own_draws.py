"""A user's own table of draws: its values to the bit, the rest as drawn, and what is told of tables that can't be."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import xarray as xr
from pyarrow import parquet

from analysis import estimates, load, reweighted
from analysis.caution import AnalysisWarning
from analysis.same_draws import pairing
from sweep import plan
from sweep.draw_table import draw_table
from sweep.errors import ConfigError
from sweep.fixed_designs import points_hash, told
from sweep.own_draws import read_draws
from tests.studies import finish, study

REGIMES = ["rapid", "slow", "slow", "central", "transformative", "rapid"]
NUMBERS = {
    "wage_curve": np.random.default_rng(1).uniform(-0.2, 0, 6),
    "regional_lag": np.random.default_rng(2).uniform(0, 2, 6),
}
COLUMNS: dict[str, Any] = {"regime": REGIMES, **NUMBERS}


def _written(folder: Path, kind: str) -> Path:
    path = folder / f"draws.{kind}"
    if kind == "csv":
        rows = ["# drawn elsewhere", ", ".join(COLUMNS)]
        rows += [", ".join(map(str, row)) for row in zip(*COLUMNS.values(), strict=True)]
        path.write_text("\n".join(rows), encoding="utf-8-sig")
    elif kind == "parquet":
        parquet.write_table(pa.table({name: list(values) for name, values in COLUMNS.items()}), path)
    else:
        text = np.array(REGIMES, dtype=np.dtypes.StringDType())
        found = xr.Dataset({name: ("draw", values) for name, values in {**NUMBERS, "regime": text}.items()})
        found.assign_coords(draw=np.arange(6)).to_zarr(path, zarr_format=3, consolidated=False)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet", "zarr"])
def test_values_of_a_table_come_back_to_the_bit_and_the_rest_is_drawn(kind: str, tmp_path: Path) -> None:
    path = _written(tmp_path, kind)
    chosen = study("design=table", f"design.path={path}", "policy=[none]")
    assert chosen.draws == 6
    # Workers on other machines don't see it.
    path.rename(tmp_path / "moved")
    table = draw_table(chosen, ("North", "South"), 2, 3)
    np.testing.assert_array_equal(table["wage_curve"], NUMBERS["wage_curve"][2:5])
    np.testing.assert_array_equal(table["regional_lag"], np.stack([NUMBERS["regional_lag"][2:5]] * 2, axis=1))
    assert [chosen.regimes[int(code)] for code in table["regime"]] == REGIMES[2:5]
    drawn = draw_table(study("design=monte_carlo", "policy=[none]"), ("North", "South"), 2, 3)
    shared = [item.parameter.name for item in chosen.uncertainties if len(set(item.distributions)) == 1]
    for name in set(shared) - set(NUMBERS):
        np.testing.assert_array_equal(table[name], drawn[name], err_msg=name)
    (given,) = (item for item in chosen.uncertainties if item.parameter.name == "wage_curve")
    assert set(given.grades) == {"set by the user"}


def test_a_table_belongs_to_its_contents_and_not_to_its_place(tmp_path: Path) -> None:
    def named(kind: str, *more: str) -> str:
        chosen = study("design=table", f"design.path={_written(tmp_path, kind)}", *more)
        return plan.digest(plan.identity(chosen, "1", "k", "r", "p", {}, points_hash(chosen)))

    assert named("csv") == named("parquet") == named("zarr") == named("csv", "labor.wage_curve=-0.1")
    assert len({named("csv"), named("csv", "draws=5"), named("csv", "design.sample=true"), named("csv", "seed=2")}) == 4


def test_a_store_holds_the_table_and_shares_are_no_probabilities_unless_it_is_a_sample(tmp_path: Path) -> None:
    arguments = ("regions=archetypes", "policy=[none]", "years=1", "executor=serial", "design=table")
    path = finish(
        tmp_path / "s.zarr", *arguments, f"design.path={_written(tmp_path, 'csv')}", "store.draws_per_chunk=4"
    )
    data = load(path)
    np.testing.assert_array_equal(data["wage_curve"], NUMBERS["wage_curve"])
    np.testing.assert_array_equal(data["regional_lag"], np.stack([NUMBERS["regional_lag"]] * 4, axis=1))
    assert data["regime"].to_numpy().tolist() == REGIMES
    assert data["wage_curve"].attrs["distribution"] == "rows of a table"
    with pytest.warns(AnalysisWarning, match="rows of a table that nobody called a random sample .*no probabilities"):
        estimates(data, "national_unemployment_rate", (), pooled=True)
    told = estimates(data.assign_attrs(random_sample=True), "national_unemployment_rate", (), pooled=True)
    assert told.attrs["errors"] == "as of independent draws" and "design" not in told.attrs["notice"]
    with pytest.raises(ConfigError, match="its values are rows of a table and of no distribution"):
        reweighted(data, {"labor.wage_curve": ["uniform", -0.1, 0]})
    sample = ("design.sample=true", "store.path=" + str(tmp_path / "t.zarr"))
    sampled = finish(tmp_path / "t.zarr", *arguments, f"design.path={tmp_path / 'draws.csv'}", *sample)
    assert load(sampled).attrs["random_sample"] is True and pairing(data, load(sampled)).same


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wage_curv\n-0.1", "column 'wage_curv': no such input; did you mean 'wage_curve'?"),
        ("wage_curve\n-0.1\n-9", "row 2, column 'wage_curve': expected -1 to 0 (elasticity), got -9.0"),
        ("wage_curve\n-0.1\nx", "row 2, column 'wage_curve': expected a finite number, got 'x'"),
        ("wage_curve,regional_lag\n,1\n-0.1,1", "row 1, column 'wage_curve': expected a finite number, got ''"),
        ("wage_curve\nnan", "row 1, column 'wage_curve': expected a finite number, got 'nan'"),
        ("wage_curve,wage_curve\n-0.1,-0.1", "column 'wage_curve' is there 2 times; expected once"),
        ("wage_curve,regional_lag\n-0.1", "can't be read as CSV: CSV parse error: Expected 2 columns, got 1"),
        ("wage_curve\n", "expected a header and rows, one for each draw, got an empty table"),
        ("", "can't be read as CSV: "),
        ("wage_curve,weight\n-0.1,1", "column 'weight': draws of a regime all count alike"),
        ("regime\nslow\nquick", "row 2, column 'regime': no such regime 'quick'; valid: central, rapid, slow"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "draws.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"^design.path: {re.escape(str(path))}.*{re.escape(message)}"):
        study("design=table", f"design.path={path}")


def test_what_a_table_cannot_do_is_told(tmp_path: Path) -> None:
    path = _written(tmp_path, "csv")
    table = ("design=table", f"design.path={path}")
    assert told(study(*table, "draws=2")) == (
        "design=table: 2 rows of regime, wage_curve, regional_lag; all other uncertain inputs are drawn"
    )
    for arguments, message in (
        ((*table, "draws=7"), "has 6 rows, got 7"),
        ((*table, "outputs.keep=national"), "design=table takes outputs.keep=draws, got national"),
        (("design=table",), "expected your table of draws"),
        (("design=table", "design.path=none.csv"), "no such file or folder"),
        (("design=table", "design.path=draws.xlsx"), "expected a table NAME.csv, NAME.parquet or NAME.zarr"),
        (("design=sobol", f"+design.path={path}"), "design.path: design=sobol takes none; it is of design=table"),
        (
            (*table, "precision={net_cost: {mean: true, se: 1}}"),
            "design=table can't be extended: its draws are the rows",
        ),
    ):
        with pytest.raises(ConfigError, match=re.escape(message)):
            study(*arguments)


def test_files_that_are_no_tables_are_refused_without_a_traceback(tmp_path: Path) -> None:
    xr.Dataset({"wage_curve": ("draw", [-0.1])}).to_zarr(tmp_path / "old.zarr", zarr_format=2, consolidated=False)
    with pytest.raises(ConfigError, match=r"old\.zarr: can't be read as Zarr"):
        read_draws(str(tmp_path / "old.zarr"))
    for name in ("a.parquet", "a.csv", "a.zarr"):
        path = tmp_path / name
        if name == "a.zarr":
            (path / "x").mkdir(parents=True)
            (path / "x" / "zarr.json").write_text('{"zarr_format": 3, "node_type": "array"}')
        else:
            path.write_bytes(b"\xff\xfe\x00PAR1")
        with pytest.raises(ConfigError, match=re.escape(f"design.path: {path}")):
            read_draws(str(path))
