"""Region data sets: small tables of published figures or a user's own, and the loader that makes an economy of them."""

import hashlib
import re
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest
from sweep.kernel.economy import Economy
from sweep.regions.tables import Table, find_table, read_columns

__all__ = ["available", "load_regions", "read_table", "region_hash", "source_notes"]

_FOLDER = Path(__file__).parent
# Graduates find work where tasks aren't exposed, so that some must be left.
_MOST_NARROW = 0.999
# Pay of all employed over compensation of employees: .36 to 1.6 in the sets that ship, a twelfth of that by month.
_PAY_BOUNDS = (0.2, 5)
_TABLES = ("regions", "groups", "employment", "wage")


def available() -> list[str]:
    """Names of the region data sets that ship with the package."""
    return sorted(path.name for path in _FOLDER.iterdir() if (path / "regions.csv").is_file())


def _folder(name: str, path: str | None) -> Path:
    """The folder of a shipped data set, or of a user's own."""
    if path is not None:
        if not Path(path).is_dir():
            raise ConfigError(f"regions.path: expected a folder with the tables {', '.join(_TABLES)}, got {path!r}")
        return Path(path)
    if name not in available():
        raise ConfigError(f"regions.name: no data set {name!r}; {nearest(name, available())}")
    return _FOLDER / name


def _files(folder: Path) -> list[Path]:
    """Files of a data set; those that ship with the package may hold tables besides the four that are loaded."""
    shipped = sorted(folder.glob("*.csv")) if folder.parent == _FOLDER else []
    return shipped or sorted(find_table(folder, table) for table in _TABLES)


def source_notes(name: str, path: str | None = None) -> str:
    """The publishers named at the top of a data set's tables."""
    tables = [table for table in _files(_folder(name, path)) if table.suffix == ".csv"]
    lines = [table.read_text(encoding="utf-8-sig").splitlines() for table in tables]
    notes = [" ".join(line[1:].strip() for line in each if line.startswith("#")) for each in lines]
    return "\n".join(note for note in notes if note)


def region_hash(name: str, path: str | None = None) -> str:
    """Hash of the contents of a data set's tables."""
    digest = hashlib.sha256()
    for table in _files(_folder(name, path)):
        digest.update(table.name.encode() + b"\n" + table.read_bytes())
    return digest.hexdigest()


def read_table(path: Path) -> dict[str, NDArray[np.str_]]:
    """Columns of one table as strings; lines of a CSV that start with # name the publisher and are skipped."""
    return read_columns(path)


def _share_of_gdp(regions: Table, share: str, amount: str) -> NDArray[np.float64]:
    """A column of shares, or else amounts over GDP of the same year, such as compensation_2022 over gdp_2022."""
    for column in regions.columns:
        if share not in regions.columns and re.fullmatch(rf"{amount}(_\d{{4}})?", column):
            gdp = regions.numbers(f"gdp{column.removeprefix(amount)}", positive=True)
            return np.asarray(regions.numbers(column) / gdp)
    return regions.numbers(share, upper=1)


def _check_totals(regions: Table, persons: NDArray[np.float64], population: NDArray[np.float64]) -> None:
    for row in np.flatnonzero(persons > population)[:1]:
        raise ConfigError(
            f"{regions.place(row, 'population')}: expected at least the {persons[row]:,.0f} persons employed, "
            f"informally employed and unemployed, got {population[row]:,.0f}"
        )


def _check_shares(regions: Table, labor: NDArray[np.float64], taxes: NDArray[np.float64]) -> None:
    for row in np.flatnonzero((labor <= 0) | (labor + taxes > 1))[:1]:
        raise ConfigError(
            f"{regions.place(row, 'labor_share')}: expected a share > 0 that adds up to at most 1 with "
            f"that of taxes on production, got {labor[row]:.4g} and {taxes[row]:.4g}"
        )


def _check_units(
    regions: Table,
    employed: NDArray[np.float64],
    pay: NDArray[np.float64],
    gdp: NDArray[np.float64],
    labor_share: NDArray[np.float64],
) -> None:
    """Refuse money or persons in other units than expected: GDP in USD, monthly pay, thousands of persons."""
    paid, (low, high) = employed * pay / gdp, _PAY_BOUNDS
    for row in np.flatnonzero((paid < low * labor_share) | (paid > high * labor_share))[:1]:
        raise ConfigError(
            f"{regions.place(row, 'gdp')}: expected millions a year, got {regions.text('gdp')[row]}, of which the pay "
            f"of {employed[row]:,.0f} employed, {pay[row]:,.0f} each, is {paid[row]:.2g}, and labor_share says "
            f"{labor_share[row]:.2g}; give gdp in millions, employed in persons, wage by year"
        )


def load_regions(name: str, path: str | None = None, first_year: int = 2025) -> Economy:
    """The baseline economy of a data set that ships with the package, or of a user's own in a folder.

    first_year: the calendar year that the tables are taken to describe. Employment by group is scaled to each region's
    employed persons, since job counts leave out the self-employed. Raises ConfigError for an unknown name or a table
    that can't be used.
    """
    folder = _folder(name, path)
    # What ships doesn't change, and is asked for several times by all that a run does.
    return (_shipped if folder.parent == _FOLDER else _economy)(folder, name, first_year)


def _economy(folder: Path, name: str, first_year: int) -> Economy:
    regions, groups = Table.read(folder, "regions", "region"), Table.read(folder, "groups", "group")
    regions.refuse_near_misses(["informal"])
    employed, unemployed = regions.numbers("employed", positive=True), regions.numbers("unemployed", positive=True)
    informal = regions.numbers("informal") if "informal" in regions.columns else np.zeros(1)
    population = regions.numbers("population", positive=True)
    _check_totals(regions, employed + informal + unemployed, population)
    labor_share = _share_of_gdp(regions, "labor_share", "compensation")
    production_tax_share = _share_of_gdp(regions, "production_tax_share", "production_taxes")
    _check_shares(regions, labor_share, production_tax_share)
    jobs = Table.read(folder, "employment", "region").matrix(regions.names, groups)
    wage = Table.read(folder, "wage", "region").matrix(regions.names, groups, positive=True)
    for row in np.flatnonzero(jobs.sum(axis=0) <= 0)[:1]:
        raise ConfigError(f"{folder}: employment: expected jobs in {regions.names[row]}, got 0 in every group")
    employment, gdp = jobs * (employed / jobs.sum(axis=0)), 1e6 * regions.numbers("gdp", positive=True)
    _check_units(regions, employed, (employment * wage).sum(axis=0) / employed, gdp, labor_share)
    return Economy(
        name=name,
        first_year=first_year,
        regions=tuple(regions.names),
        groups=tuple(str(title) for title in groups.columns.get("title", groups.text("group"))),
        employment=employment,
        unemployment_rate=unemployed / (unemployed + employed + informal),
        population=population,
        residents=regions.numbers("residents", positive=True),
        wage=wage,
        gdp=gdp,
        labor_share=labor_share,
        production_tax_share=production_tax_share,
        informal=informal,
        narrow_human=groups.numbers("narrow_human", upper=_MOST_NARROW),
        narrow_model=groups.numbers("narrow_model", upper=_MOST_NARROW),
        wide_human=groups.numbers("wide_human", upper=1),
        wide_model=groups.numbers("wide_model", upper=1),
        nontradable=groups.numbers("nontradable", upper=1),
    )


_shipped = cache(_economy)
