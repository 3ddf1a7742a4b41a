"""Files of tables: CSV, Parquet or LaTeX, by the file's ending."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from analysis.arguments import refuse_no_table
from analysis.latex import latex_document
from sweep.errors import ConfigError, nearest

__all__ = ["csv_text", "refuse_file", "writable", "write_table"]

# Whatever float32 can tell apart.
_DIGITS = "%.9g"


def write_table(found: xr.Dataset, file: str | Path) -> Path:
    """Write what `tabulated` or `compared` found, and return the path; folders are made.

    file: its ending says what it becomes. `.csv` and `.parquet` have a row for each number and its error, by outcome,
    regime, policy, region and year, in the units that stand beside them; `.tex` is a document with one table, rounded
    by its errors and in larger units, that compiles as it is. Raises ConfigError on other endings, and where the path
    is a folder.

    >>> from analysis import example, tabulated, write_table
    >>> found = tabulated(example(), ["national_unemployment_rate"], years=[2035], pooled=True)
    >>> print(write_table(found, "unemployment.csv"))
    unemployment.csv
    >>> print(write_table(found, "unemployment.tex"))
    unemployment.tex
    """
    refuse_no_table(found)
    target = refuse_file(file)
    content = _WRITERS[target.suffix.lower()](found)
    with writable(target):
        target.write_bytes(content)
    return target


@contextmanager
def writable(target: Path) -> Iterator[None]:
    """Make the folder of a file that is then written. Raises ConfigError where either can't be done."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ConfigError(f"{target} can't be written: {error.strerror or error}: name another file") from None


def refuse_file(file: str | Path) -> Path:
    """The path of a table's file. Raises ConfigError where its ending says no format, and on folders."""
    target = Path(file)
    if target.suffix.lower() not in _WRITERS:
        hint = nearest(target.suffix.lower(), _WRITERS) if target.suffix else f"as {target.name or 'table'}.csv"
        raise ConfigError(f"{target}: expected a file that ends in {', '.join(_WRITERS)}, got {target.name!r}: {hint}")
    if target.is_dir():
        raise ConfigError(f"{target} is a folder: name a file for the table, such as {target / 'table.csv'}")
    return target


def csv_text(found: xr.Dataset) -> str:
    """A table as CSV."""
    return str(_frame(found).to_csv(index=False, float_format=_DIGITS, lineterminator="\n"))


def _frame(found: xr.Dataset) -> Any:
    """A row for each cell of a table, without cells in which there is nothing."""
    table = found if "regime" in found.dims else found.expand_dims(regime=[found.attrs["weights"]])
    dims = [str(dim) for dim in ("outcome", "regime", "policy", "region", "year", "statistic") if dim in table.dims]
    frame = table.drop_vars("meaning").to_dataframe(dim_order=dims)
    values = [str(name) for name in table.data_vars]
    beside = [str(name) for name in frame.columns if name not in values]
    frame = frame.dropna(how="all", subset=values)[[*beside, *values]].reset_index()
    frame.attrs = {key: str(value) for key, value in found.attrs.items()}
    return frame


_WRITERS: dict[str, Callable[[xr.Dataset], bytes]] = {
    ".csv": lambda found: csv_text(found).encode(),
    ".parquet": lambda found: bytes(_frame(found).to_parquet(index=False)),
    ".tex": lambda found: latex_document(found).encode(),
}
