"""Opens a store for analysis, says what is missing, and keeps the draws that every policy completed.

Imports stand inside the functions because `analysis` imports this module at once and must stay fast.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.errors import ConfigError, nearest

if TYPE_CHECKING:
    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from sweep.store import Where

__all__ = ["StoreWarning", "load"]

MISSING, OK, NON_FINITE, KERNEL_ERROR = 0, 1, 2, 3
UNSEALED = "all draws are done, but the run ended before they were checked and sealed: the same command does so"


class StoreWarning(UserWarning):
    """Part of the store isn't used: the run was not finished, draws were dropped, or policies were left out."""


def load(path: Where, policies: Sequence[str] | None = None, labels: bool = True) -> xr.Dataset:
    """Open the store at `path` lazily with only the draws whose status is ok for every policy, or for `policies`.

    `regime` is a coordinate of names, so that `data.sel(draw=data.regime == "slow")` selects a regime.
    A draw that failed for one policy is dropped for all, so that comparisons stay paired. What was dropped
    is warned of and kept in the attributes `draws_dropped` (int) and `notice` (text, "" if all is well), and by
    reason in `draws_missing`, `draws_not_finite`, `draws_stopped` and `policies_left_out` (JSON: draws done by policy);
    `unsealed` says that an interrupted run has done all draws, so that the same command only has to check them.
    The attribute `regions` has all regions in the order by which policies know them. Without `labels`, draws have no
    numbers and regimes are codes, which spares most of what a million draws take before any outcome is read.

    The index that `sweep --multirun` writes (`multirun-….json`) opens all its jobs' stores as one dataset, lazily too:
    draws one after another, with `job` and each setting that jobs differ in (`seed`, `regions`, …) as coordinates on
    `draw`. It has the regions of any job, NaN where a job lacks one, and the policies, years, outcomes and inputs of
    all; the notice names what is left out. Jobs that differ in their seed alone are replicates of one design; draws of
    others are no sample until one job is chosen, `data.sel(draw=data.job == 0)`.

    >>> from analysis import example, load
    >>> store = example().drop_vars("regime").to_zarr("example.zarr", zarr_format=3, consolidated=False)
    >>> data = load("example.zarr")
    >>> data.sizes["draw"], data.attrs["notice"]
    (512, '')
    """
    import json

    import numpy as np

    from analysis.regimes import named_regimes

    if isinstance(path, str | Path) and str(path).endswith(".json"):
        from analysis.multirun import joined

        return joined(path, policies)
    data = _with_statistics(path, _open(path, labels))
    left_out = _left_out(data, policies)
    complete = bool(data.attrs.get("complete", True)) or bool(left_out)
    total = data.sizes["draw"]
    if policies is not None:
        data = data.sel(policy=[name for name in data["policy"].to_numpy() if name in policies])
    status = data["status"].transpose("policy", "draw").to_numpy()
    usable = (status == OK).all(axis=0)
    count = int(usable.sum())
    counts = _dropped(status)
    unsealed = not complete and not counts["draws_missing"] and data.attrs.get("keep") != "statistics"
    told = (_left_out_told(left_out, total), _notice(counts, total, complete, unsealed), _uncounted(data))
    notice = "; ".join(text for text in told if text)
    if not count:
        raise ConfigError(f"{path}: no draw is complete for every policy\n{notice}\nresume the run first")
    if notice:
        warnings.warn(f"{path}: {notice}", StoreWarning, stacklevel=2)
    dropped = total - count
    chosen = data.isel(draw=np.flatnonzero(usable)) if dropped else data
    regions = [str(name) for name in data["region"].to_numpy()] if "region" in data.coords else []
    facts = {
        "draws_dropped": dropped,
        "draws_loaded": count,
        **counts,
        "policies_left_out": json.dumps(left_out),
        "unsealed": unsealed,
        "regions": regions,
    }
    return (named_regimes(chosen) if labels else chosen).assign_attrs(facts, notice=notice)


def _open(path: Where, labels: bool) -> xr.Dataset:
    """Open a store and check that it has the dimensions and the status that every analysis needs."""
    from sweep.store import open_store

    data = open_store(path, labels)
    lacking = [name for name in ("policy", "draw", "year") if not data.sizes.get(name)]
    if lacking or "status" not in data:
        raise ConfigError(f"{path} can't be analyzed: it has no {', '.join(lacking) or 'status'}")
    # A store lists its arrays as they come, and of equals, as of two peels of PRIM, the first is taken.
    return data[sorted(map(str, data.data_vars))]


def _with_statistics(path: Where, data: xr.Dataset) -> xr.Dataset:
    """Add the statistics of outcomes whose draws aren't kept."""
    if "keep" not in data.attrs:
        return data
    from analysis.counted import with_statistics

    return with_statistics(path, data)


def _uncounted(data: xr.Dataset) -> str:
    """Say what statistics leave out; "" if nothing."""
    if data.attrs.get("statistics_missing"):
        return "regional outcomes are kept as statistics, which are written once the run is complete"
    left_out = max((int(each.attrs.get("draws_left_out", 0)) for each in data.data_vars.values()), default=0)
    return f"statistics leave out {left_out:,} draws that failed under a policy" if left_out else ""


def _left_out(data: xr.Dataset, policies: Sequence[str] | None) -> dict[str, int]:
    """How many draws are done of the policies that aren't among those asked for. Raises ConfigError."""
    names = [str(name) for name in data["policy"].to_numpy()]
    for name in policies or ():
        if name not in names:
            raise ConfigError(f"unknown policy {name!r}: {nearest(name, names)}")
    rest = [name for name in names if policies is not None and name not in policies]
    if not rest:
        return {}
    done = (data["status"] != MISSING).sum("draw").to_series()
    return {name: int(done[name]) for name in rest}


def _left_out_told(left_out: dict[str, int], draws: int) -> str:
    """Say which policies are left out; "" if none."""
    told = ", ".join(f"{name} ({done:,} of {draws:,} draws done)" for name, done in left_out.items())
    return f"left out: {told}" if told else ""


def _dropped(status: NDArray[np.int8]) -> dict[str, int]:
    """How many draws were dropped for which reason, from status (policy, draw)."""
    missing = (status == MISSING).any(axis=0)
    stopped = (status == KERNEL_ERROR).any(axis=0) & ~missing
    failed = (status != OK).any(axis=0) & ~missing & ~stopped
    return {
        "draws_missing": int(missing.sum()),
        "draws_not_finite": int(failed.sum()),
        "draws_stopped": int(stopped.sum()),
    }


def _notice(dropped: dict[str, int], draws: int, complete: bool, unsealed: bool) -> str:
    """Say which draws were dropped and why, and what finishes a run; "" if nothing is amiss."""
    parts = [] if complete else [UNSEALED if unsealed else "the run is incomplete: the same command finishes it"]
    missing, failed, stopped = dropped.values()
    if missing or failed or stopped:
        errors = f", {stopped:,} that stopped the kernel" if stopped else ""
        parts.append(
            f"{missing + failed + stopped:,} of {draws:,} draws dropped for every policy "
            f"({missing:,} missing, {failed:,} with results that are not finite{errors})"
        )
    return "; ".join(parts)
