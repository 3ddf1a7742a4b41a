"""Opens a store for reading, and tells which runs failed, and why."""

from collections import Counter
from collections.abc import Iterable

import xarray as xr

from sweep.errors import ConfigError
from sweep.store.frame import KERNEL_ERROR, read_attributes
from sweep.store.markers import Failure, read_markers
from sweep.store.place import Where, place
from sweep.store.untrusted import GROUP, check_arrays, check_group

__all__ = ["failure_lines", "failures", "open_statistics", "open_store"]


def open_store(where: Where, labels: bool = True) -> xr.Dataset:
    """A store as a lazy dataset. Raises ConfigError when the path holds no store, or one that could do harm.

    labels: whether draws have their numbers.
    """
    at = place(where)
    if read_attributes(at, advice="expected the path that a sweep prints, such as results/NAME.zarr") is None:
        raise ConfigError(f"{at}: no such store")
    check_arrays(at)
    try:
        # Hours are numbers; older xarray would take them for spans of time.
        data: xr.Dataset = xr.open_zarr(
            at.zarr(), consolidated=False, decode_times=False, drop_variables=() if labels else "draw"
        )
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{at}: can't be opened as a store: {error}") from None
    return data


def open_statistics(where: Where, outcome: str, without: Iterable[str] = ()) -> xr.Dataset | None:
    """The statistics of an outcome, lazily, None where there are none; without: variables that aren't needed.

    Raises DamageError where they could do harm.
    """
    at = place(where)
    if not check_group(at, outcome):
        return None
    found: xr.Dataset = xr.open_zarr(
        at.zarr(), group=f"{GROUP}/{outcome}", consolidated=False, decode_times=False, drop_variables=without
    )
    return found


def failures(where: Where) -> list[Failure]:
    """The runs that failed, with their reasons, as the tasks' markers have them."""
    at = place(where)
    attributes = read_attributes(at) or {}
    markers, _ = read_markers(at, str(attributes.get("plan_hash")))
    found = {failure[:2]: failure for marker in markers for failure in marker.failures}
    return sorted(found.values())


def failure_lines(failed: Iterable[Failure]) -> list[str]:
    """A line for each policy and kind of failure: how many runs, and the commonest reason."""
    kinds: dict[tuple[str, int], Counter[str]] = {}
    for failure in failed:
        kinds.setdefault((failure.policy, failure.status), Counter())[failure.reason] += 1
    return [
        f"{reasons.total():,} {'run' if reasons.total() == 1 else 'runs'} of {policy} "
        f"{'stopped the kernel' if status == KERNEL_ERROR else 'gave no finite result'} "
        f"({reasons.most_common(1)[0][0]}{', …' if len(reasons) > 1 else ''}); marked in `status`"
        for (policy, status), reasons in sorted(kinds.items())
    ]
