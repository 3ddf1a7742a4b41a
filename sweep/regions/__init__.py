"""Region data sets: small tables of published figures, and the loader that makes an economy of them."""

import csv
import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest
from sweep.kernel.economy import Economy

__all__ = ["available", "load_regions", "read_table", "region_hash", "source_notes"]

_FOLDER = Path(__file__).parent


def available() -> list[str]:
    """Names of the region data sets that ship with the package."""
    return sorted(path.name for path in _FOLDER.iterdir() if (path / "regions.csv").is_file())


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def source_notes(name: str) -> str:
    """The publishers named at the top of a data set's tables."""
    tables = sorted((_FOLDER / name).glob("*.csv"))
    notes = [" ".join(line[1:].strip() for line in _lines(table) if line.startswith("#")) for table in tables]
    return "\n".join(note for note in notes if note)


def region_hash(name: str) -> str:
    """Hash of a data set's tables."""
    digest = hashlib.sha256()
    for table in sorted((_FOLDER / name).glob("*.csv")):
        digest.update(table.name.encode() + b"\n" + table.read_bytes())
    return digest.hexdigest()


def read_table(path: Path) -> dict[str, NDArray[np.str_]]:
    """Columns of one table as strings; lines that start with # name the publisher and are skipped."""
    rows = list(csv.reader(line for line in _lines(path) if not line.startswith("#")))
    header, body = rows[0], rows[1:]
    for number, row in enumerate(body, start=1):
        if len(row) != len(header):
            raise ConfigError(f"{path}: row {number} has {len(row)} fields, the header has {len(header)}")
    return {name: np.array([row[column] for row in body]) for column, name in enumerate(header)}


def _numbers(table: dict[str, NDArray[np.str_]], column: str, path: Path) -> NDArray[np.float64]:
    if column not in table:
        raise ConfigError(f"{path}: no column {column!r}; {nearest(column, table)}")
    values = np.empty(len(table[column]))
    for row, text in enumerate(table[column]):
        try:
            values[row] = float(text)
        except ValueError:
            raise ConfigError(f"{path}: row {row + 1}, column {column!r}: expected a number, got {text!r}") from None
        if not (np.isfinite(values[row]) and values[row] >= 0):
            raise ConfigError(f"{path}: row {row + 1}, column {column!r}: expected a number ≥ 0, got {text!r}")
    return values


def _matrix(path: Path, regions: NDArray[np.str_], groups: NDArray[np.str_]) -> NDArray[np.float64]:
    table = read_table(path)
    if list(table.get("region", [])) != list(regions):
        raise ConfigError(f"{path}: column 'region' must list the same regions, in the same order, as regions.csv")
    return np.stack([_numbers(table, group, path) for group in groups])


def load_regions(name: str) -> Economy:
    """The baseline economy of a data set that ships with the package.

    Employment by group is scaled to each region's employed persons, since job counts leave out the self-employed.
    Raises ConfigError for an unknown name or a table that can't be used.
    """
    if name not in available():
        raise ConfigError(f"regions.name: no data set {name!r}; {nearest(name, available())}")
    folder = _FOLDER / name
    path = folder / "regions.csv"
    table, groups = read_table(path), read_table(folder / "groups.csv")
    column = {key: _numbers(table, key, path) for key in table if key not in ("region", "code")}
    attribute = {key: _numbers(groups, key, folder / "groups.csv") for key in groups if key not in ("group", "title")}
    jobs = _matrix(folder / "employment.csv", table["region"], groups["group"])
    return Economy(
        name=name,
        first_year=2025,
        regions=tuple(str(region) for region in table["region"]),
        groups=tuple(str(title) for title in groups["title"]),
        employment=jobs * (column["employed"] / jobs.sum(axis=0)),
        unemployment_rate=column["unemployed"] / (column["unemployed"] + column["employed"]),
        population=column["population"],
        residents=column["residents"],
        wage=_matrix(folder / "wage.csv", table["region"], groups["group"]),
        gdp=1e6 * column["gdp"],
        labor_share=column["compensation_2022"] / column["gdp_2022"],
        production_tax_share=column["production_taxes_2022"] / column["gdp_2022"],
        narrow_human=attribute["narrow_human"],
        narrow_model=attribute["narrow_model"],
        wide_human=attribute["wide_human"],
        wide_model=attribute["wide_model"],
        nontradable=attribute["nontradable"],
    )
