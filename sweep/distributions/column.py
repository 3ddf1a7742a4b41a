"""A column of a CSV file as data: numbers, with weights from another column where one is named."""

import csv
import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

__all__ = ["column", "content_hash"]

Values = NDArray[np.float64]
MOST_BYTES = 10_000_000


def column(path: str, names: Sequence[str], key: str) -> tuple[Values, Values]:
    """Different values of a CSV file's column in rising order, and the weight of each; both (n,).

    path: as seen from the working folder; names: of the column, and of one with weights; without, every row counts the
    same. key: where the file is named, for messages. Raises ConfigError with file, row and column.
    """
    values, *stated = _rows(path, names, key)
    weights = stated[0] if stated else np.ones(len(values))
    if weights.min(initial=0) < 0 or not weights.sum() > 0:
        raise ConfigError(f"{key}: {path}, column {names[-1]}: weights must be ≥ 0 with a positive sum")
    found, place = np.unique(values, return_inverse=True)
    summed = np.bincount(place, weights).astype(np.float64)
    return found[summed > 0], summed[summed > 0] / summed.sum()


def content_hash(values: Values, weights: Values) -> str:
    """SHA-256 of a column's values and weights, however the file writes them."""
    return hashlib.sha256(np.concatenate([values, weights]).astype("<f8").tobytes()).hexdigest()


def _rows(path: str, names: Sequence[str], key: str) -> list[Values]:
    """Columns of a file by name, each (rows,)."""
    file = Path(path).expanduser()
    # Messages quote what a file holds: a configuration of others isn't to point them at any file.
    if file.suffix.lower() != ".csv" or not file.is_file():
        raise ConfigError(f"{key}: expected a CSV file, seen from {Path.cwd()}, got {path!r}, which is none")
    if file.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{key}: {path}: expected at most {MOST_BYTES:,} bytes, got {file.stat().st_size:,}")
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            head, *body = csv.reader(text)
    except (OSError, UnicodeError, csv.Error, ValueError) as error:
        raise ConfigError(f"{key}: {path}: expected CSV text in UTF-8 with names in the first row; {error}") from None
    for name in names:
        if name not in head:
            raise ConfigError(f"{key}: {path}: no column {name!r}; {nearest(name, head)}")
    if not body:
        raise ConfigError(f"{key}: {path}: expected rows of numbers below the names, got none")
    return [_numbers(body, head.index(name), f"{key}: {path}, column {name}") for name in names]


def _numbers(body: list[list[str]], place: int, where: str) -> Values:
    found = np.empty(len(body))
    for row, cells in enumerate(body):
        cell = cells[place] if place < len(cells) else ""
        try:
            found[row] = float(cell)
        except ValueError:
            found[row] = math.nan
        if not math.isfinite(found[row]):
            # The names are row 1, as a spreadsheet shows it.
            raise ConfigError(f"{where}, row {row + 2}: expected a finite number, got {cell!r:.40}")
    return found
