"""Writes the report of one store."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.errors import ConfigError

if TYPE_CHECKING:
    from sweep.store import Where

__all__ = ["LANGUAGES", "write_report"]

LANGUAGES = ("en", "zh")


def write_report(
    where: "Where",
    file: str | Path | None = None,
    policies: Sequence[str] | None = None,
    language: str = "en",
) -> Path:
    """Write a page that needs nothing besides itself, and return its path, by default that of `report_file`.

    policies: those to show, by default all. language: en or zh. Raises ConfigError where a store can't be read, or
    there is none of that language.

    >>> from analysis import example, write_report
    >>> store = example().drop_vars("regime").to_zarr("invented.zarr", zarr_format=3, consolidated=False)
    >>> print(write_report("invented.zarr", "invented.html"))
    invented.html
    """
    from analysis.caution import AnalysisWarning
    from analysis.load import load
    from analysis.location import report_file
    from analysis.report.language import language as known
    from analysis.report.page import page

    words = known(language)
    target = report_file(where, language) if file is None else Path(file)
    if target.is_dir():
        raise ConfigError(f"{target} is a folder: name a file for the report, such as {target / 'report.html'}")
    data = load(where, policies)
    if "job_designs" in data.attrs:
        raise ConfigError(f"{where}: a report is of one store, and this is the index of several; name one of them")
    with warnings.catch_warnings():
        # The page itself tells how regimes were weighted, and what weakens its numbers.
        warnings.simplefilter("ignore", AnalysisWarning)
        text = page(data, words)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return target
