"""Writes the report of one store: has pictures drawn while it reads and tabulates, and puts the page together last."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.report.studio import Studio
from sweep.errors import ConfigError

if TYPE_CHECKING:
    from sweep.store import Where

__all__ = ["write_report"]


def write_report(
    where: "Where",
    folder: str | Path | None = None,
    policies: Sequence[str] | None = None,
    studio: Studio | None = None,
) -> Path:
    """Write pictures, tables and the page `index.html` into a folder, and return the path of the page.

    policies: those to show, by default all. Without `folder` it is `report_folder`. studio: what draws the pictures,
    where one was begun before; it is closed.
    """
    # Helpers load their libraries while this process loads its own.
    with studio or Studio() as drawing:
        from analysis.load import load
        from analysis.location import report_folder
        from analysis.report.contents import compose

        target = report_folder(where) if folder is None else Path(folder)
        data = load(where, policies)
        if (target / "zarr.json").exists():
            raise ConfigError(f"{target} is a store: choose another folder for the report")
        target.mkdir(parents=True, exist_ok=True)
        text = compose(data, target, drawing)
    (target / "index.html").write_text(text, encoding="utf-8")
    return target / "index.html"
