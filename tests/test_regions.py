"""Region data sets: those that ship, a user's own, and what is said of tables that can't be used."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import xarray as xr

from sweep import __main__ as entry
from sweep import plan, regions
from sweep.errors import ConfigError
from sweep.kernel.economy import Economy
from sweep.regions import available, load_regions, read_table, region_hash, source_notes
from tests.studies import finish, study

SHIPPED = Path(regions.__file__).parent
TABLES = ("regions", "groups", "employment", "wage")


@pytest.fixture(params=available())
def economy(request: pytest.FixtureRequest) -> Economy:
    return load_regions(request.param)


def _unemployed(economy: Economy) -> np.ndarray:
    """Unemployed persons by region, from the rate in formal and informal employment and unemployment."""
    working = economy.employment.sum(axis=0) + economy.informal
    return np.asarray(working * economy.unemployment_rate / (1 - economy.unemployment_rate))


def test_the_sets_that_ship() -> None:
    assert available() == ["archetypes", "eu_nuts2", "us_states", "world"]
    for name in available():
        assert "BLS" in source_notes(name) or "tylized" in source_notes(name) or "Invented" in source_notes(name)


def test_a_set_is_an_economy(economy: Economy) -> None:
    """Identities that hold in any economy: finite, no persons beyond the population, shares within bounds."""
    for field in dataclasses.fields(economy):
        value = getattr(economy, field.name)
        assert not isinstance(value, np.ndarray) or np.isfinite(value).all(), field.name
    count, groups = len(economy.regions), len(economy.groups)
    assert economy.employment.shape == economy.wage.shape == (groups, count)
    assert np.all(economy.employment >= 0) and np.all(economy.wage > 0)
    assert np.all(economy.employment.sum(axis=0) + economy.informal + _unemployed(economy) <= economy.population + 2)
    assert np.all(economy.population < economy.residents)
    assert np.all((economy.unemployment_rate > 0) & (economy.unemployment_rate < 0.4))
    assert np.all((economy.labor_share > 0.02) & (economy.labor_share + economy.production_tax_share < 1))
    np.testing.assert_allclose(economy.wage_bill_share.sum(axis=0), 1, rtol=0, atol=1e-12)
    for rating in ("human", "model"):
        assert np.all(getattr(economy, f"narrow_{rating}") <= getattr(economy, f"wide_{rating}"))
    # Pay adds up to compensation of employees, but for non-wage costs and the self-employed.
    pay = (economy.employment * economy.wage).sum() / economy.compensation.sum()
    assert 0.75 < pay < 1.01


def test_us_states_counts_no_informal_employment() -> None:
    economy = load_regions("us_states")
    assert economy.first_year == 2025
    assert np.array_equal(economy.informal, np.zeros(1))


def test_world_against_published_totals() -> None:
    """World Bank 2022: 7.95 bn people, 164 tn PPP dollars; ILO 2023: 58 % of employment is informal."""
    economy = load_regions("world")
    formal, informal = economy.employment.sum(), economy.informal.sum()
    assert 0.8 < economy.residents.sum() / 7.95e9 < 0.9
    assert 0.8 < economy.gdp.sum() / 164e12 < 0.95
    assert informal / (informal + formal) == pytest.approx(0.58, abs=0.02)
    # ILO, Trends 2024: world unemployment of 5.3 % in 2022.
    unemployed = _unemployed(economy).sum()
    assert unemployed / (unemployed + formal + informal) == pytest.approx(0.053, abs=0.005)
    # BLS: US employment of 158.3 m in 2022, 16 and older.
    united_states = economy.regions.index("United States")
    employed = economy.employment.sum(axis=0)[united_states] + economy.informal[united_states]
    assert employed == pytest.approx(158.3e6, rel=0.06)


def test_world_spans_incomes_and_continents() -> None:
    table = read_table(SHIPPED / "world" / "regions.csv")
    assert len(table["region"]) >= 40
    assert {"low", "lower_middle", "upper_middle", "high"} == set(table["income_group"].tolist())
    assert {"Nigeria", "India", "Brazil", "Germany", "United States"} <= set(table["region"].tolist())
    share = {name: i / (i + e) for name, e, i in zip(table["region"].tolist(), table["employed"].astype(float).tolist(),
             table["informal"].astype(float).tolist(), strict=True)}  # fmt: skip
    assert share["India"] == pytest.approx(0.88759, abs=1e-4), "ILOSTAT, 2023"
    assert share["South Africa"] == pytest.approx(0.34013, abs=1e-4), "ILOSTAT, 2023"


def test_europe_against_published_totals() -> None:
    """Eurostat, EU-28, 2018: 16.9 m (6.8 %) unemployed, 224 m employed at 15-64, 512.4 m residents, 15.9 tn EUR GDP."""
    economy = load_regions("eu_nuts2")
    employed, unemployed = economy.employment.sum(), _unemployed(economy).sum()
    assert unemployed == pytest.approx(16.9e6, rel=0.01)
    assert unemployed / (employed + unemployed) == pytest.approx(0.068, abs=0.002)
    assert employed == pytest.approx(224e6, rel=0.02)
    assert economy.residents.sum() == pytest.approx(512.4e6, rel=0.001)
    assert economy.gdp.sum() / 1.181 == pytest.approx(15.9e12, rel=0.01)


@pytest.mark.parametrize("folder", ["world", "eu_nuts2", "archetypes"])
def test_stylized_structures_add_up(folder: str) -> None:
    table = read_table(SHIPPED / folder / "employment.csv")
    shares = np.stack([column.astype(float) for name, column in table.items() if name != "region"])
    np.testing.assert_array_equal(shares.sum(axis=0), 100)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A user's own folder: two regions, two groups."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "regions.csv").write_text(
        "# My office, 2024\nregion,population,employed,informal,unemployed,residents,gdp,labor_share,"
        "production_tax_share\nNorth,1000,600,100,50,1500,40.5,0.5,0.1\nSouth,2000,900,400,100,2500,60,0.45,0.1\n"
    )
    (folder / "groups.csv").write_text(
        "group,title,narrow_human,narrow_model,wide_human,wide_model,nontradable\n"
        "desk,Desk work,0.4,0.5,0.6,0.7,0.2\nhand,Manual work,0.1,0.1,0.2,0.2,0.5\n"
    )
    (folder / "employment.csv").write_text("region,desk,hand\nNorth,30,70\nSouth,25,75\n")
    (folder / "wage.csv").write_text("region,desk,hand\nSouth,35000,20000\nNorth,40000,22000\n")
    return folder


def _as_parquet(folder: Path) -> Path:
    """The same tables as Parquet, numbers as numbers."""
    target = folder.with_name("parquet")
    target.mkdir()
    for path in folder.glob("*.csv"):
        columns: dict[str, list[str] | list[float]] = {}
        for name, values in read_table(path).items():
            numeric = name not in ("region", "group", "title")
            columns[name] = values.astype(float).tolist() if numeric else values.tolist()
        pyarrow.parquet.write_table(pyarrow.table(columns), target / f"{path.stem}.parquet")
    return target


def _same(one: Economy, other: Economy) -> bool:
    fields = [field.name for field in dataclasses.fields(one)]
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in fields)


def test_a_users_folder(own: Path) -> None:
    economy = load_regions("own", str(own), 2024)
    assert (economy.first_year, economy.regions, economy.groups) == (
        2024,
        ("North", "South"),
        ("Desk work", "Manual work"),
    )
    np.testing.assert_allclose(economy.employment, [[180, 225], [420, 675]])
    np.testing.assert_array_equal(economy.informal, [100, 400])
    np.testing.assert_allclose(economy.unemployment_rate, [50 / 750, 100 / 1400])
    np.testing.assert_array_equal(economy.wage, [[40000, 35000], [22000, 20000]])
    assert source_notes("own", str(own)) == "My office, 2024"
    assert _same(economy, load_regions("own", str(_as_parquet(own)), 2024))


def test_a_shipped_set_is_an_example_to_copy(tmp_path: Path) -> None:
    for name in available():
        shutil.copytree(SHIPPED / name, tmp_path / name)
        copied = load_regions(name, str(tmp_path / name))
        assert _same(load_regions(name), copied)


def test_informal_and_title_may_be_left_out(own: Path) -> None:
    for table, dropped in (("regions", "informal"), ("groups", "title")):
        path = own / f"{table}.csv"
        columns = {name: values.tolist() for name, values in read_table(path).items() if name != dropped}
        rows = zip(*columns.values(), strict=True)
        path.write_text("\n".join(",".join(row) for row in [tuple(columns), *rows]))
    economy = load_regions("own", str(own))
    assert economy.groups == ("desk", "hand")
    np.testing.assert_allclose(economy.unemployment_rate, [50 / 650, 100 / 1000])


def _edit(table: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / f"{table}.csv"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


BAD: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "GDP in USD": (_edit("regions", "60,0.45", "60e6,0.45"),
                   ("regions.csv", "row 2 (South)", "'gdp'", "expected millions a year, got 60e6", "is 3.6e-07")),
    "GDP in billions": (_edit("regions", "40.5,0.5", "0.0405,0.5"), ("row 1 (North)", "'gdp'", "got 0.0405")),
    "pay by month": (_edit("wage", "35000,20000", "2917,1667"),
                     ("row 2 (South)", "1,980 each", "labor_share says 0.45", "wage by year")),
    "thousands of persons": (_edit("regions", "North,1000,600,100,50", "North,1,.6,.1,.05"),
                             ("row 1 (North)", "is 0.00041", "employed in persons")),
    "typo in a column": (_edit("regions", "labor_share", "labour_share"),
                         ("regions.csv", "'labor_share'", "'labour_share'")),
    "typo in an optional column": (_edit("regions", "informal", "infromal"),
                                   ("regions.csv", "'infromal'", "'informal'")),
    "text": (_edit("regions", "South,2000", "South,many"),
             ("regions.csv", "row 2 (South)", "'population'", "a number > 0", "'many'")),
    "missing value": (_edit("regions", "60,0.45", ",0.45"), ("row 2 (South)", "'gdp'", "an empty cell")),
    "negative": (_edit("wage", "22000", "-1"), ("wage.csv", "row 2 (North)", "'hand'", "'-1'")),
    "not a number": (_edit("employment", "25", "nan"), ("employment.csv", "row 2 (South)", "'desk'", "'nan'")),
    "infinite": (_edit("employment", "25", "1e999"), ("employment.csv", "'1e999'")),
    "rate above 1": (_edit("groups", "0.7,0.2", "70,0.2"),
                     ("groups.csv", "row 1 (desk)", "'wide_model'", "≤ 1", "'70'")),
    "percent": (_edit("regions", "0.45", "45"), ("row 2 (South)", "'labor_share'", "≤ 1", "'45'")),
    "shares above 1": (_edit("regions", "0.45,0.1", "0.45,0.6"), ("row 2 (South)", "'labor_share'", "0.45 and 0.6")),
    "zero population": (_edit("regions", "North,1000", "North,0"), ("row 1 (North)", "'population'", "> 0", "'0'")),
    "more workers than people": (_edit("regions", "South,2000", "South,1300"),
                                 ("row 2 (South)", "'population'", "1,400", "1,300")),
    "duplicate region": (_edit("regions", "South", "North"), ("row 2", "'region'", "'North' is in row 1 already")),
    "duplicate group": (_edit("groups", "hand", "desk"), ("groups.csv", "'desk' is in row 1 already")),
    "duplicate column": (_edit("wage", "desk,hand", "desk,desk"), ("wage.csv", "'desk' is there 2 times")),
    "unknown region": (_edit("wage", "South", "Sooth"), ("wage.csv", "row 1", "'Sooth'", "'South'")),
    "region left out": (_edit("employment", "South,25,75\n", ""), ("employment.csv", "no row for 'South'")),
    "unknown group": (_edit("employment", "desk", "dusk"), ("employment.csv", "'dusk'", "groups.csv", "'desk'")),
    "group left out": (_edit("employment", ",hand", ""), ("employment.csv", "row 1 has 3 fields", "has 2")),
    "no jobs": (_edit("employment", "30,70", "0,0"), ("employment", "North", "0 in every group")),
    "empty name": (_edit("regions", "South", ""), ("row 2", "'region'", "an empty cell")),
    "long cell": (_edit("groups", "Desk work", "d" * 300), ("row 1", "'title'", "at most 200 characters", "300")),
    "no rows": (lambda folder: (folder / "wage.csv").write_text("region,desk,hand\n"), ("wage.csv", "no rows")),
    "empty file": (lambda folder: (folder / "wage.csv").write_text(""), ("wage.csv", "empty table")),
    "no table": (lambda folder: (folder / "wage.csv").rename(folder / "wages.csv"),
                 ("no table wage.csv", "'wages.csv'")),
    "two tables": (lambda folder: (folder / "wage.parquet").write_bytes(b""), ("wage.csv and wage.parquet",)),
    "not text": (lambda folder: (folder / "wage.csv").write_bytes(b"region\xff\xfe"), ("wage.csv", "UTF-8", "byte 6")),
    "not Parquet": (lambda folder: (folder / "wage.csv").rename(folder / "wage.parquet"),
                    ("wage.parquet", "as Parquet")),
    "too large": (lambda folder: (folder / "wage.csv").write_bytes(b"#" * 50_000_001), ("at most 50,000,000 bytes",)),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_table_that_cant_be_used_is_told_with_its_place(case: str, own: Path) -> None:
    spoil, parts = BAD[case]
    spoil(own)
    with pytest.raises(ConfigError) as error:
        load_regions("own", str(own))
    for part in parts:
        assert part in str(error.value), str(error.value)
    assert len(str(error.value).splitlines()) < 4


def test_parquet_is_checked_like_csv(own: Path) -> None:
    folder = _as_parquet(own)
    path = folder / "regions.parquet"
    table = pyarrow.parquet.read_table(path)
    gdp = table.column_names.index("gdp")
    pyarrow.parquet.write_table(table.set_column(gdp, "gdp", pyarrow.array([None, 60.0])), path)
    with pytest.raises(ConfigError, match=r"regions.parquet: row 1 \(North\), column 'gdp': .* an empty cell"):
        load_regions("own", str(folder))
    rows = 2_000_001
    pyarrow.parquet.write_table(pyarrow.table({"region": pyarrow.nulls(rows, pyarrow.string())}), path)
    with pytest.raises(ConfigError, match="at most 2,000,000 cells"):
        load_regions("own", str(folder))


def test_identity_covers_a_users_tables_and_first_year(own: Path) -> None:
    def identity(year: int) -> str:
        chosen = study("regions=own", f"regions.path={own}", f"regions.baseline_year={year}", "policy=[]")
        hashed = region_hash(chosen.regions, chosen.regions_path)
        return plan.digest(plan.identity(chosen, "version", "kernel", hashed, "randomness"))

    before = identity(2025)
    assert identity(2025) == before
    assert identity(2024) != before
    _edit("wage", "22000", "22001")(own)
    assert identity(2025) != before


@pytest.mark.parametrize(
    "overrides",
    [("regions=world", "labor=world"), ("regions=eu_nuts2", "labor=eu"), ("regions=archetypes",)],
    ids=lambda overrides: overrides[0],
)
def test_a_set_composes_with_the_default_policies(overrides: tuple[str, ...]) -> None:
    chosen = study(*overrides)
    assert len(chosen.policies) == 7
    assert chosen.regions == overrides[0].partition("=")[2]
    assert chosen.publishers and chosen.title


def test_another_first_year_moves_the_calendar_and_not_the_policy(own: Path) -> None:
    """A policy of 2027 starts in month 12 x (2027 - first year - 1); a store's years begin with the first year."""
    for year in (2018, 2024):
        chosen = study("regions=own", f"regions.path={own}", f"regions.baseline_year={year}", "policy=[ubi]")
        assert chosen.policies[1].timing["basic_income"].start_month == 12 * (2027 - year - 1)
    with pytest.raises(ConfigError, match=r"policy.ubi.start: expected 2028"):
        study("regions=own", f"regions.path={own}", "regions.baseline_year=2027", "policy=[ubi]")


def test_a_tiny_sweep_of_archetypes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["regions=archetypes", "draws=4", "years=2", "policy=[ubi]", "executor=serial", "report=false"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep", *arguments])
    with pytest.raises(SystemExit, match="0"):
        entry.main()
    assert "archetypes, 2 years" in capsys.readouterr().out
    store = next((tmp_path / "results").glob("archetypes-*.zarr"))
    data = xr.open_zarr(store, consolidated=False)
    assert data["region"].to_numpy().tolist() == ["Tech Hub", "Industrial Belt", "Rural", "Service City"]
    assert np.isfinite(data["national_gdp"].to_numpy()).all()


def test_a_sweep_of_a_users_folder(own: Path, tmp_path: Path) -> None:
    store = finish(
        tmp_path / "own.zarr", "regions=own", f"regions.path={own}", "regions.baseline_year=2024", "draws=4", "years=2",
        "policy=[]", "executor=serial",
    )  # fmt: skip
    data = xr.open_zarr(store, consolidated=False)
    assert data["year"].to_numpy().tolist() == [2024, 2025, 2026]
    assert data.attrs["region_source"] == "My office, 2024"
    assert np.isfinite(data["employment"].to_numpy()).all()
