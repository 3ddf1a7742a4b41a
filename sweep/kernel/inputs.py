"""A batch of draws as the compiled kernel reads it: numbers, values by region and by group, and what moves."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.kernel.parameters import BY_GROUP, BY_REGION, PARAMETERS
from sweep.kernel.workspace import lanes

__all__ = ["STILL", "Inputs", "stack_draws"]

# No parameter moves.
STILL: Mapping[str, NDArray[np.float64]] = MappingProxyType({})
_NUMBERS = [each.name for each in PARAMETERS if each.name not in BY_REGION]
_ORDER = (*_NUMBERS, *BY_REGION)


class Inputs(NamedTuple):
    """Draws side by side.

    records: (draw,) of one number a parameter, and the same memory as numbers (draw, parameter); given: (draw,
    parameter, region); grouped: (draw, parameter, group), 1 where given has the values, and the reverse; moving: place
    of each parameter that moves, in numbers or, beyond them, in given; paths: their values (draw, parameter, month);
    placed: whether any but the lag differs by region.
    """

    records: NDArray[Any]
    numbers: NDArray[Any]
    given: NDArray[Any]
    grouped: NDArray[Any]
    moving: NDArray[np.intp]
    paths: NDArray[Any]
    placed: bool


def stack_draws(
    draws: Mapping[str, NDArray[np.float64]],
    cells: tuple[int, ...],
    paths: Mapping[str, NDArray[np.float64]],
    months: int,
    real: type[np.floating[Any]],
) -> Inputs:
    """Draws as the kernel reads them.

    draws: (D,), by region (D, R) or by group (D, G, 1); cells: groups and regions; paths: (D, months).
    """
    count, (groups, regions) = len(draws[_NUMBERS[0]]), cells
    records = np.zeros(count, dtype=[(name, real) for name in _NUMBERS])
    for name in _NUMBERS:
        records[name] = draws[name]
    given = np.ones((count, len(BY_REGION), regions), dtype=real)
    grouped = np.ones((count, len(BY_GROUP), groups), dtype=real)
    for row, name in enumerate(BY_REGION):
        if draws[name].ndim == 3:
            grouped[:, BY_GROUP.index(name)] = draws[name][:, :, 0]
        else:
            given[:, row] = draws[name].reshape(count, -1)
    values = np.zeros((count, len(paths), max(months, 1)), dtype=real)
    for row, path in enumerate(paths.values()):
        values[:, row] = path
    return Inputs(
        records,
        records.view(real).reshape(count, -1),
        np.ascontiguousarray(given[..., lanes(regions)]),
        grouped,
        np.array([_ORDER.index(name) for name in paths], dtype=np.intp),
        values,
        any(draws[name].ndim == 2 and draws[name].shape[1] > 1 for name in BY_REGION[1:]),
    )
