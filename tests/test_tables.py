"""Tables of estimates: against closed forms and the functions they come from, as files, and by the command."""

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis import estimates, load, paired_difference, tabulated, write_table
from analysis.__main__ import main
from analysis.export import csv_text
from analysis.latex import escaped
from sweep.errors import ConfigError
from tests.report_cases import HOSTILE
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = StoreCase(
        regimes=("slow", "rapid", "slow") * 100, weights=(0.5, 0, 0.5, 0), attributes={"design": "monte_carlo"}
    )
    return case.write(tmp_path_factory.mktemp("stores") / "run.zarr")


def test_a_table_holds_what_estimates_and_paired_differences_say(store: Path) -> None:
    data = load(store)
    for outcome, pooled in ((RATE, True), (RATE, False), ("unemployment_rate", False)):
        found = tabulated(data, [outcome], [2026, 2027], pooled=pooled).sel(outcome=outcome)
        probabilities = {"lower": 0.05, "median": 0.5, "upper": 0.95}
        own = estimates(data.sel(year=[2026, 2027]), outcome, list(probabilities.values()), pooled=pooled)
        np.testing.assert_allclose(found["mean"], own["mean"])
        for name, probability in probabilities.items():
            np.testing.assert_allclose(found[name], own["quantiles"].sel(quantile=probability))
            np.testing.assert_allclose(found[f"{name}_error"], own["quantiles_error"].sel(quantile=probability))
        paired = paired_difference(data, outcome, pooled=pooled).sel(year=[2026, 2027])
        others = found.sel(policy=["levy", "ubi"])
        for name, key in (
            ("", "mean"),
            ("_error", "standard_error"),
            ("_upper", "upper"),
            ("_upper_error", "upper_error"),
            ("_below_zero", "below_zero"),
            ("_below_zero_error", "below_zero_error"),
        ):
            np.testing.assert_allclose(others[f"difference{name}"], paired[key])
        assert found["difference"].sel(policy="none").isnull().all()
        assert ("weights" in found.attrs) == pooled
    assert found["mean"].dims == ("regime", "policy", "region", "year")


def test_differences_have_their_closed_form(store: Path) -> None:
    found = tabulated(load(store), [RATE], to="levy", pooled=False).sel(regime="slow", year=2027, outcome=RATE)
    slow = np.array([draw for draw in range(300) if draw % 3 != 1])
    np.testing.assert_allclose(found["difference"].sel(policy="ubi"), 0.001 * (slow + 1).mean(), rtol=1e-5)
    np.testing.assert_allclose(found["difference"].sel(policy="none"), -0.001 * (slow + 1).mean(), rtol=1e-5)


def test_all_national_outcomes_stand_side_by_side_with_their_units(store: Path) -> None:
    found = tabulated(load(store), pooled=True)
    assert found["outcome"].to_numpy().tolist() == ["national_gdp", RATE, "net_cost"]
    assert str(found["units"].sel(outcome="net_cost").item()) == "USD per year"
    assert found.sizes["year"] == 3
    alone = tabulated(load(store).sel(policy=["ubi"]), [RATE], pooled=True)
    assert "difference" not in alone and "mean" in alone


def test_csv_and_parquet_have_a_row_for_each_number(store: Path, tmp_path: Path) -> None:
    found = tabulated(load(store), pooled=False)
    rows = list(csv.DictReader(io.StringIO(csv_text(found))))
    assert len(rows) == 3 * 2 * 3 * 3
    assert list(rows[0])[:8] == ["outcome", "regime", "policy", "year", "draws", "effective_draws", "units", "mean"]
    table = pq.read_table(write_table(found, tmp_path / "new" / "table.parquet")).to_pylist()
    assert len(table) == len(rows)
    for row, other in zip(rows, table, strict=True):
        cell = found.sel(outcome=row["outcome"], regime=row["regime"], policy=row["policy"], year=int(row["year"]))
        assert other["mean"] == float(cell["mean"])
        assert float(row["upper"]) == pytest.approx(float(cell["upper"]), rel=1e-8)
        assert (row["difference"] == "") == (row["policy"] == "none")
        assert row["units"] == other["units"] == str(cell["units"].item())
    written = write_table(found, tmp_path / "table.CSV").read_text(encoding="utf-8")
    assert written == csv_text(found)


def test_what_is_pooled_says_with_which_weights_in_each_row(store: Path) -> None:
    rows = csv.DictReader(io.StringIO(csv_text(tabulated(load(store), [RATE], [2027], pooled=True))))
    assert {row["regime"] for row in rows} == {"pooled with stated weights: slow 0.5, rapid 0.5"}


def _rows(document: str) -> list[list[str]]:
    """Cells of the table's rows, headings of outcomes left out."""
    body = document.partition(r"\addlinespace")[2].partition(r"\end{")[0]
    return [line.removesuffix(r" \\").split(" & ") for line in body.splitlines() if " & " in line]


def test_latex_rounds_by_the_error_and_says_units(store: Path, tmp_path: Path) -> None:
    found = tabulated(load(store), ["national_gdp", RATE], [2027], pooled=True)
    document = write_table(found, tmp_path / "table.tex").read_text(encoding="utf-8")
    assert r"\usepackage{booktabs,longtable}" in document and r"\begin{tabular}{llrrrrr}" in document
    assert document.count("rule\n") == 3 and r"\begin{longtable}" not in document
    assert r"\textit{national GDP, trillion USD per year}" in document
    assert r"\textit{national unemployment rate, \%; differences in percentage points}" in document
    head = next(line for line in document.splitlines() if line.startswith("policy & "))
    assert head == r"policy & year & mean & 5 \% & median & 95 \% & difference to none \\"
    rows = _rows(document)
    assert len(rows) == 6 and all(len(row) == 7 for row in rows)
    mean, error = (float(100 * found[name].sel(outcome=RATE, policy="ubi").item()) for name in ("mean", "mean_error"))
    assert rows[-1][:3] == ["UBI", "2027", rf"{mean:.0f} $\pm$ {1.96 * error:.0f}"]
    assert r"$\pm$: 95 \% intervals, 1.96 Monte Carlo standard errors." in document
    assert rows[0][-1] == "--"
    assert "pooled with stated weights: slow 0.5, rapid 0.5" in document.lower()


def test_latex_compiles_whatever_names_are(tmp_path: Path) -> None:
    regions = ("a_b & 50 % #1 $x^2$ {y} ~ \\z", "Île-de-France", 'Łódź <>|"', HOSTILE)
    data = load(StoreCase(regions=regions, policies=("none", "levy_2")).write(tmp_path / "run.zarr"))
    path = write_table(tabulated(data, ["unemployment_rate"]), tmp_path / "table.tex")
    rows = _rows(path.read_text(encoding="utf-8"))
    assert len(rows) == 2 * 2 * 4 * 3 and all(len(row) == 9 for row in rows)
    assert r"\begin{longtable}{llllrrrrr}" in path.read_text(encoding="utf-8")
    assert escaped("50_% & \\ \u0007−1") == r"50\_\% \& \textbackslash{} $-$1"
    if shutil.which("pdflatex") is None:
        pytest.skip("no pdflatex on this machine: rows are checked, and not compiled")
    options = ["-interaction=nonstopmode", "-halt-on-error", path.name]
    done = subprocess.run(["pdflatex", *options], cwd=tmp_path, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_wrong_choices_are_told_with_the_nearest_one(store: Path, tmp_path: Path) -> None:
    data = load(store)
    for arguments, message in (
        ({"outcomes": ["national_gpd"]}, "did you mean 'national_gdp'"),
        ({"outcomes": [RATE, "unemployment_rate"]}, "two tables"),
        ({"outcomes": []}, "expected one or more"),
        ({"years": [2050]}, "2025 to 2027"),
        ({"to": "levi"}, "did you mean 'levy'"),
    ):
        with pytest.raises(ConfigError, match=message):
            tabulated(data, **arguments)
    found = tabulated(data, [RATE])
    (tmp_path / "file").write_text("no folder")
    for name, message in (
        ("table.xlsx", r"expected a file that ends in \.csv, \.parquet, \.tex, got 'table.xlsx'"),
        ("table.parket", r"did you mean '\.parquet'"),
        ("table", r"as table\.csv"),
        ("file/table.csv", "can't be written: .*: name another file"),
    ):
        with pytest.raises(ConfigError, match=message):
            write_table(found, tmp_path / name)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ConfigError, match="is a folder"):
        write_table(found, tmp_path / "folder.csv")


def test_the_command_prints_csv_or_writes_a_file(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", str(store), "--outcomes", RATE, "--years", "2027", "--policies", "ubi"]) == 0
    told = capsys.readouterr()
    (row,) = csv.DictReader(io.StringIO(told.out))
    assert (row["policy"], row["year"]) == ("ubi", "2027") and float(row["difference"]) > 0
    assert "left out: levy" in told.err
    file = tmp_path / "table.parquet"
    assert main(["table", str(store), "--by", "region", "regime", "--out", str(file)]) == 0
    assert capsys.readouterr().out.strip() == str(file)
    assert {"regime", "region"} <= set(pq.read_table(file).column_names)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outcomes", "unemployment_rat"], "did you mean 'unemployment_rate'?"),
        (["--outcomes", "unemployment_rate"], "unemployment_rate is regional: add --by region"),
        (["--outcomes", RATE, "--by", "region"], f"{RATE} is national, and has no regions: leave out --by region"),
        (["--policies", "lewy"], "did you mean 'levy'?"),
        (["--to", "lewy"], "did you mean 'levy'?"),
        (["--years", "1999"], "it holds 2025 to 2027"),
        (["--out", "table.doc"], "expected a file that ends in"),
        (["--out", "/dev/null/table.csv"], "can't be written"),
    ],
)
def test_the_command_tells_what_is_wrong(
    store: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["table", str(store), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == "" and message in told.err and "Traceback" not in told.err


def test_whoever_reads_the_output_may_stop(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            return file.fileno()

    with (tmp_path / "closed").open("w") as file:
        monkeypatch.setattr("sys.stdout", Closed())
        assert main(["table", str(store), "--outcomes", RATE]) == 0
        # What is written later goes nowhere.
        os.write(file.fileno(), b"more")
    assert (tmp_path / "closed").read_text() == ""
