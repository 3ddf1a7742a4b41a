"""Tables of a data set, CSV or Parquet, as columns of text, and numbers read from them; errors name the place."""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

__all__ = ["Table", "find_table", "read_columns"]

# A user's tables come from anywhere: far above any real data set, far below what exhausts memory.
_MAX_BYTES, _MAX_CELLS, _MAX_TEXT = 50_000_000, 2_000_000, 200

Columns = dict[str, NDArray[np.str_]]


def _small_enough(path: Path, size: int, limit: int, what: str) -> None:
    if size > limit:
        raise ConfigError(f"{path}: expected at most {limit:,} {what}, got {size:,}")


def find_table(folder: Path, name: str) -> Path:
    """The file of one table: NAME.csv or NAME.parquet."""
    found = [folder / f"{name}{suffix}" for suffix in (".csv", ".parquet") if (folder / f"{name}{suffix}").is_file()]
    if not found:
        tables = [path.name for path in folder.iterdir() if path.suffix in (".csv", ".parquet")]
        hint = nearest(f"{name}.csv", tables) if tables else "the folder has no CSV or Parquet files"
        raise ConfigError(f"{folder}: no table {name}.csv or {name}.parquet; {hint}")
    if len(found) > 1:
        raise ConfigError(f"{folder}: expected one table of {name}, got {name}.csv and {name}.parquet")
    return found[0]


def _csv_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a CSV file; lines that start with # name the publisher and are skipped."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        rows = [row for row in csv.reader(line for line in lines if not line.startswith("#")) if row]
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected text in UTF-8, got another encoding at byte {error.start}") from None
    except csv.Error as error:
        raise ConfigError(f"{path}: can't be read as CSV: {error}") from None
    if not rows:
        raise ConfigError(f"{path}: expected a header and rows, got an empty table")
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(rows[0]):
            raise ConfigError(f"{path}: row {number} has {len(row)} fields, the header has {len(rows[0])}")
    return rows[0], rows[1:]


def _parquet_rows(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a Parquet file as text, so that both formats meet the same checks."""
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            about = file.metadata
            _small_enough(path, about.num_rows * about.num_columns, _MAX_CELLS, "cells")
            unpacked = sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
            _small_enough(path, unpacked, _MAX_BYTES, "bytes")
            data = file.read()
            columns = [column.to_pylist() for column in data.columns]
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise ConfigError(f"{path}: can't be read as Parquet: {first[:_MAX_TEXT]}") from None
    text = [["" if value is None else str(value) for value in column] for column in columns]
    return list(data.column_names), [list(row) for row in zip(*text, strict=True)]


def read_columns(path: Path) -> Columns:
    """Columns of one table as text without surrounding blanks."""
    _small_enough(path, path.stat().st_size, _MAX_BYTES, "bytes")
    header, rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
    _small_enough(path, len(header) * len(rows), _MAX_CELLS, "cells")
    header = [name.strip() for name in header]
    for name, count in Counter(header).items():
        if count > 1:
            raise ConfigError(f"{path}: column {name!r} is there {count} times; expected once")
    for number, row in enumerate(rows, start=1):
        for name, text in zip(header, row, strict=True):
            if len(text) > _MAX_TEXT:
                where = f"{path}: row {number}, column {name!r}"
                raise ConfigError(f"{where}: expected at most {_MAX_TEXT} characters, got {len(text):,}")
    return {name: np.array([row[place].strip() for row in rows], dtype=np.str_) for place, name in enumerate(header)}


@dataclass(frozen=True)
class Table:
    """One table of a data set; `key` is the column that names its rows."""

    path: Path
    key: str
    columns: Columns

    @classmethod
    def read(cls, folder: Path, name: str, key: str) -> "Table":
        """Read a table whose rows have names, each once."""
        path = find_table(folder, name)
        table = cls(path, key, read_columns(path))
        names = table.names
        if not names:
            raise ConfigError(f"{path}: expected a header and rows, got no rows")
        first: dict[str, int] = {}
        for row, each in enumerate(names):
            if not each:
                raise ConfigError(f"{path}: row {row + 1}, column {key!r}: expected a name, got an empty cell")
            if first.setdefault(each, row) < row:
                raise ConfigError(
                    f"{path}: row {row + 1}, column {key!r}: {each!r} is in row {first[each] + 1} already"
                )
        return table

    @property
    def names(self) -> list[str]:
        """Names of the rows."""
        return [str(name) for name in self.text(self.key)]

    def text(self, column: str) -> NDArray[np.str_]:
        """A column as text. Raises ConfigError with the nearest column that the table has."""
        if column not in self.columns:
            raise ConfigError(f"{self.path}: no column {column!r}; {nearest(column, self.columns)}")
        return self.columns[column]

    def place(self, row: int, column: str) -> str:
        """Where a value stands, for messages."""
        return f"{self.path}: row {row + 1} ({self.names[row]}), column {column!r}"

    def numbers(self, column: str, upper: float = math.inf, positive: bool = False) -> NDArray[np.float64]:
        """A column as finite numbers from 0, or above 0, to an upper bound."""
        expected = "a number > 0" if positive else "a number ≥ 0"
        expected += f" and ≤ {upper:g}" if upper < math.inf else ""
        values = np.empty(len(self.text(column)))
        for row, text in enumerate(self.columns[column]):
            try:
                values[row] = float(text)
            except ValueError:
                values[row] = math.nan
            if not (math.isfinite(values[row]) and (values[row] > 0 if positive else values[row] >= 0)):
                got = repr(str(text)) if text else "an empty cell"
                raise ConfigError(f"{self.place(row, column)}: expected {expected}, got {got}")
            if values[row] > upper:
                raise ConfigError(f"{self.place(row, column)}: expected {expected}, got {str(text)!r}")
        return values

    def matrix(self, names: Sequence[str], groups: "Table", positive: bool = False) -> NDArray[np.float64]:
        """Numbers by (group, region): one column for each of `groups`, rows in the order of `names`, none missing."""
        own, wanted = {name: row for row, name in enumerate(self.names)}, set(names)
        for name, row in own.items():
            if name not in wanted:
                where = f"{self.path}: row {row + 1}, column {self.key!r}"
                raise ConfigError(f"{where}: {name!r} is not in the table of regions; {nearest(name, names)}")
        for name in names:
            if name not in own:
                raise ConfigError(f"{self.path}: no row for {name!r}, which is in the table of regions")
        for column in self.columns:
            if column not in (self.key, *groups.names):
                hint = nearest(column, groups.names)
                raise ConfigError(f"{self.path}: column {column!r} is no group of {groups.path.name}; {hint}")
        order = [own[name] for name in names]
        return np.stack([self.numbers(group, positive=positive)[order] for group in groups.names])

    def refuse_near_misses(self, optional: Iterable[str]) -> None:
        """Refuse a column that looks like an optional one that is absent: a typo would silently drop it."""
        absent = [name for name in optional if name not in self.columns]
        for column in self.columns:
            close = get_close_matches(column, absent, n=1, cutoff=0.75)
            if close:
                raise ConfigError(f"{self.path}: no such column {column!r}; did you mean {close[0]!r}?")
