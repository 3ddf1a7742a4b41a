"""Where what is made of a store goes by default."""

from pathlib import Path

from sweep.store import Folder, Where, place

__all__ = ["report_file"]


def report_file(where: Where, language: str = "en") -> Path:
    """The page of a store's report: run.zarr gives run_report.html beside it, or here if it is in a bucket.

    >>> from analysis import report_file
    >>> report_file("results/us_states.zarr", language="zh").name
    'us_states_report_zh.html'
    """
    at = place(where)
    name = "report" if language == "en" else f"report_{language}"
    return (at.path.parent if isinstance(at, Folder) else Path()) / f"{Path(at.name).stem}_{name}.html"
