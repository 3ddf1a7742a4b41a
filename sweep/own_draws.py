"""A user's own table of draws, from CSV, Parquet or Zarr, as columns of numbers and names; errors name the place."""

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError

__all__ = ["NAMES", "read_draws"]

# The column that holds names; all others hold numbers.
NAMES = "regime"
# A user's table comes from anywhere: its file, and its numbers, 512 MB.
_MOST_BYTES, _MOST_CELLS, _MOST_TEXT = 2**31, 2**26, 200

Column = NDArray[np.float64] | NDArray[np.str_]


@contextmanager
def _readable(path: Path, kind: str) -> Iterator[None]:
    """Turn errors from a library's inside into ConfigError."""
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"design.path: {path}: can't be read as {kind}: {error}") from None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, NotImplementedError) as error:
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise ConfigError(f"design.path: {path}: can't be read as {kind}: {first[:_MOST_TEXT]}") from None


def _csv(path: Path) -> Any:
    """An Arrow table of text; lines at the top that start with # are notes."""
    import pyarrow
    from pyarrow import csv

    with path.open("rb") as lines:
        marked = (line.removeprefix(BOM_UTF8).startswith(b"#") for line in lines)
        notes = next((number for number, is_note in enumerate(marked) if not is_note), 0)
    top = csv.ReadOptions(skip_rows=notes)
    with csv.open_csv(path, read_options=top) as reader:
        kinds = dict.fromkeys(reader.schema.names, pyarrow.string())
    as_text = csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
    return csv.read_csv(path, read_options=top, convert_options=as_text)


def _parquet(path: Path) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        unpacked = sum(file.metadata.row_group(row).total_byte_size for row in range(file.metadata.num_row_groups))
        if max(unpacked, 8 * file.metadata.num_rows * file.metadata.num_columns) > _MOST_BYTES:
            raise ValueError(f"expected at most {_MOST_BYTES:,} bytes, got more")
        return file.read()


def _zarr(path: Path) -> dict[str, Any]:
    """Arrays of one dimension by name, without coordinates."""
    import xarray as xr

    from sweep.store import place
    from sweep.store.untrusted import check_arrays

    at = place(path)
    check_arrays(at)
    # What is of the format before isn't checked.
    data = xr.open_zarr(at.zarr(), consolidated=False, decode_times=False, zarr_format=3)
    if data.sizes and max(array.size for array in data.data_vars.values()) > _MOST_CELLS:
        raise ValueError(f"expected at most {_MOST_CELLS:,} numbers, got more")
    for name, array in data.data_vars.items():
        if array.ndim != 1 or len(data.sizes) != 1:
            raise ValueError(f"expected arrays of one and the same dimension, draws; {name} has {array.dims}")
    return {str(name): array.to_numpy() for name, array in data.data_vars.items()}


def _from_arrow(path: Path, table: Any) -> dict[str, Any]:
    """Columns by name, text as objects and numbers as they are, missing ones as NaN."""
    import pyarrow
    from pyarrow import compute

    names = [str(name).strip() for name in table.column_names]
    for name, count in Counter(names).items():
        if count > 1:
            raise ConfigError(f"design.path: {path}: column {name!r} is there {count} times; expected once")
    found = {}
    for name, column in zip(names, table.columns, strict=True):
        if pyarrow.types.is_string(column.type) or pyarrow.types.is_large_string(column.type):
            column = compute.utf8_trim_whitespace(column)
        found[name] = column.to_numpy()
    return found


def _numbers(path: Path, name: str, values: Any) -> NDArray[np.float64]:
    """A column as finite numbers. Raises ConfigError that names the row."""
    try:
        if values.dtype.kind in "bMmc":
            raise ValueError
        found = np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError):
        found = np.array([_number(value) for value in values])
    for row in np.flatnonzero(~np.isfinite(found))[:1]:
        raise ConfigError(
            f"design.path: {path}: row {row + 1}, column {name!r}: expected a finite number, got {values[row]!r:.60}"
        )
    return found


def _number(value: Any) -> float:
    try:
        return float(value) if isinstance(value, str | int | float | np.integer | np.floating) else np.nan
    except ValueError:
        return np.nan


def read_draws(path: str) -> dict[str, Column]:
    """Columns of a table by name, (draw,): finite numbers, and names in the column `regime`.

    Raises ConfigError where the file can't be read, and for columns that are there twice, empty tables and cells that
    aren't finite numbers, with row and column; the first row below the header is row 1.
    """
    at = Path(path).expanduser()
    readers = {".csv": _csv, ".parquet": _parquet, ".zarr": _zarr}
    if at.suffix not in readers:
        raise ConfigError(f"design.path: expected a table NAME.csv, NAME.parquet or NAME.zarr, got {path!r}")
    if not at.exists():
        raise ConfigError(f"design.path: {path}: no such file or folder; expected your table of draws")
    if at.is_file() and at.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"design.path: {path}: expected at most {_MOST_BYTES:,} bytes, got {at.stat().st_size:,}")
    with _readable(at, at.suffix[1:].capitalize() if at.suffix != ".csv" else "CSV"):
        table = readers[at.suffix](at)
    columns = table if isinstance(table, dict) else _from_arrow(at, table)
    rows = {len(values) for values in columns.values()} or {0}
    if 0 in rows:
        raise ConfigError(f"design.path: {path}: expected a header and rows, one for each draw, got an empty table")
    return {
        name: np.array([str(each).strip() for each in values]) if name == NAMES else _numbers(at, name, values)
        for name, values in columns.items()
    }
