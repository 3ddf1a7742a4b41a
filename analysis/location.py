"""Where what is made of a store goes by default."""

from pathlib import Path

from sweep.store import Folder, Where, place

__all__ = ["report_folder"]


def report_folder(where: Where) -> Path:
    """The folder of a store's report: run.zarr gives run_report beside it, or here if it is in a bucket."""
    at = place(where)
    return (at.path.parent if isinstance(at, Folder) else Path()) / f"{Path(at.name).stem}_report"
