"""The store: one Zarr group that plain xarray opens; what is in it is on disk, checked, and known to be whole."""

from sweep.store.folder import Folder
from sweep.store.frame import (
    KERNEL_ERROR,
    MISSING,
    NON_FINITE,
    OK,
    Layout,
    Variable,
    create,
    extent,
    grow,
    read_attributes,
    stored_layout,
    unseal,
)
from sweep.store.holding import beat_age, locked, owner
from sweep.store.lock import Held, Owner, unheld
from sweep.store.markers import Failure, Marker
from sweep.store.place import Place, Where, place
from sweep.store.reading import failure_lines, failures, open_store
from sweep.store.rounding import rounding_attributes
from sweep.store.seal import frame_hashes, read_seal, seal, told
from sweep.store.survey import Survey, reconcile, survey
from sweep.store.tasks import TaskWriter

__all__ = [
    "KERNEL_ERROR",
    "MISSING",
    "NON_FINITE",
    "OK",
    "Failure",
    "Folder",
    "Held",
    "Layout",
    "Marker",
    "Owner",
    "Place",
    "Survey",
    "TaskWriter",
    "Variable",
    "Where",
    "beat_age",
    "create",
    "extent",
    "failure_lines",
    "failures",
    "frame_hashes",
    "grow",
    "locked",
    "open_store",
    "owner",
    "place",
    "read_attributes",
    "read_seal",
    "reconcile",
    "rounding_attributes",
    "seal",
    "stored_layout",
    "survey",
    "told",
    "unheld",
    "unseal",
]
