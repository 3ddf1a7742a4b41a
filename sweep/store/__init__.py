"""The store: one Zarr group that plain xarray opens; what is in it is on disk, checked, and known to be whole."""

from sweep.store.counting import Counting, counting, read_pilot, write_pilot
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
from sweep.store.histogram import histogram_quantiles
from sweep.store.holding import beat_age, locked, owner
from sweep.store.lock import Held, Owner, unheld
from sweep.store.markers import Failure, Marker
from sweep.store.multirun import MOST_TEXT, MultirunJob, read_multirun, write_multirun
from sweep.store.place import Place, Where, place
from sweep.store.reading import failure_lines, failures, open_statistics, open_store
from sweep.store.records import compact, failed_lines
from sweep.store.rounding import rounding_attributes
from sweep.store.seal import frame_hashes, read_seal, seal, told
from sweep.store.survey import Readers, Survey, reconcile, survey
from sweep.store.tally import KINDS, SHARES, Counted, Grid, Pilot, Tally
from sweep.store.tasks import TaskWriter, judged

__all__ = [
    "KERNEL_ERROR",
    "KINDS",
    "MISSING",
    "MOST_TEXT",
    "NON_FINITE",
    "OK",
    "SHARES",
    "Counted",
    "Counting",
    "Failure",
    "Folder",
    "Grid",
    "Held",
    "Layout",
    "Marker",
    "MultirunJob",
    "Owner",
    "Pilot",
    "Place",
    "Readers",
    "Survey",
    "Tally",
    "TaskWriter",
    "Variable",
    "Where",
    "beat_age",
    "compact",
    "counting",
    "create",
    "extent",
    "failed_lines",
    "failure_lines",
    "failures",
    "frame_hashes",
    "grow",
    "histogram_quantiles",
    "judged",
    "locked",
    "open_statistics",
    "open_store",
    "owner",
    "place",
    "read_attributes",
    "read_multirun",
    "read_pilot",
    "read_seal",
    "reconcile",
    "rounding_attributes",
    "seal",
    "stored_layout",
    "survey",
    "told",
    "unheld",
    "unseal",
    "write_multirun",
    "write_pilot",
]
