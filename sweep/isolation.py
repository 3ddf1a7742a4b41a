"""One draw that the kernel can't take costs that draw, not its batch: halve the batch until the culprit is alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["isolated"]

Block = Mapping[str, NDArray[Any]]
# (first draw, number of draws, policies) -> outcome -> (policies, draws, …).
Simulate = Callable[[int, int, Sequence[str]], Block]
_LONGEST = 200


def _pieces(
    simulate: Simulate, start: int, count: int, policies: Sequence[str]
) -> Iterator[tuple[int, int, Sequence[str], Block | str]]:
    """Parts of a batch with their outcomes, or with why there are none."""
    try:
        yield start, count, policies, simulate(start, count, policies)
        return
    except (MemoryError, OSError):
        # The machine's fault, not the draw's.
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:_LONGEST]
    if count > 1:
        half = count // 2
        yield from _pieces(simulate, start, half, policies)
        yield from _pieces(simulate, start + half, count - half, policies)
    elif len(policies) > 1:
        for policy in policies:
            yield from _pieces(simulate, start, 1, [policy])
    else:
        yield start, 1, policies, reason


def isolated(
    simulate: Simulate, count: int, policies: Sequence[str]
) -> tuple[dict[str, NDArray[Any]], dict[tuple[str, int], str]]:
    """Outcomes of a batch, NaN where the kernel failed, and the reasons by policy and place in the batch."""
    pieces = list(_pieces(simulate, 0, count, policies))
    reasons = {(each[2][0], each[0]): each[3] for each in pieces if isinstance(each[3], str)}
    blocks = [(first, number, names, block) for first, number, names, block in pieces if not isinstance(block, str)]
    if not reasons and len(blocks) == 1:
        return dict(blocks[0][3]), {}
    whole: dict[str, NDArray[Any]] = {}
    for first, number, names, block in blocks:
        rows, place = [policies.index(name) for name in names], slice(first, first + number)
        for name, values in block.items():
            if name not in whole:
                whole[name] = np.full((len(policies), count, *values.shape[2:]), np.nan, dtype=values.dtype)
            whole[name][rows, place] = values
    return whole, reasons
