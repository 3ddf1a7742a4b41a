"""Mixes of policies as sets: where a store has them, and what each set adds beyond its parts.

In each draw the effect of a mix is the sum of one dividend for each set of policies in it: of a single policy what it
does alone; of two, what both do together beyond that; and so on. Arrays over all sets have 2^policies rows: a set's
place has bit i for policy i.

Sources: Harsanyi 1963 (dividends); Shapley 1953 (shares); Box, Hunter and Hunter 2005, ch. 5 (averages).
"""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

__all__ = ["JOINT", "REFERENCE", "averaged", "combined_policies", "dividends", "factorial_rows", "shapley", "subsets"]

Floats = NDArray[np.float64]

# As sweeps with `combine=true` name mixes.
JOINT, REFERENCE = "+", "none"
MOST_NAMED = 6


def combined_policies(data: xr.Dataset, policies: Sequence[str] | None) -> list[str]:
    """The policies of the factorial, in the store's order. Raises ConfigError."""
    names = [str(name) for name in data["policy"].to_numpy()]
    single = [name for name in names if JOINT not in name and name != REFERENCE]
    if policies is None:
        mixes = [name for name in names if JOINT in name]
        largest = [name for name in mixes if name.count(JOINT) == max(mix.count(JOINT) for mix in mixes)]
        if not largest:
            raise ConfigError(f"no mixes of policies in this store; {_advice(single[:3])}")
        if len(largest) > 1:
            raise ConfigError(f"several factorials: say policies=[…] of one, such as those of {' or '.join(largest)}")
        policies = largest[0].split(JOINT)
    for name in policies:
        if name not in single:
            raise ConfigError(f"unknown policy {name!r}: {nearest(name, single)}; {_advice(policies)}")
    if len(set(policies)) < 2:
        raise ConfigError(f"policies: expected two or more, got {', '.join(policies) or 'none'}")
    return [name for name in single if name in policies]


def _advice(policies: Sequence[str]) -> str:
    return f"run the sweep again with 'policy=[{','.join(policies)}]' combine=true, which adds the mixes to its store"


def factorial_rows(data: xr.Dataset, policies: Sequence[str]) -> list[int]:
    """Rows of the store, by place of the set of policies. Raises ConfigError where a mix is missing."""
    rows = {frozenset(str(name).split(JOINT)): row for row, name in enumerate(data["policy"].to_numpy())}
    wanted = [subset or (REFERENCE,) for subset in subsets(policies)]
    missing = [JOINT.join(subset) for subset in wanted if frozenset(subset) not in rows]
    if missing:
        named = ", ".join(missing[:MOST_NAMED]) + (" …" if len(missing) > MOST_NAMED else "")
        raise ConfigError(
            f"the factorial of {', '.join(policies)} lacks {len(missing)} of its {len(wanted)} mixes: {named}; "
            f"{_advice(policies)}"
        )
    return [rows[frozenset(subset)] for subset in wanted]


def subsets(policies: Sequence[str]) -> list[tuple[str, ...]]:
    """All sets of the policies; the place of a set has bit i for policy i."""
    places = range(1 << len(policies))
    return [tuple(name for bit, name in enumerate(policies) if place >> bit & 1) for place in places]


def dividends(effects: Floats) -> Floats:
    """What each set adds beyond all that its parts add, from the effects of sets, both (2^policies, …)."""
    found = np.array(effects, dtype=np.float64)
    for bit in range(_count(found)):
        pairs = found.reshape(-1, 2, 1 << bit, *found.shape[1:])
        pairs[:, 1] -= pairs[:, 0]
    return found


def averaged(dividend: Floats) -> Floats:
    """What each set adds beyond its parts as a mean over all mixes of the others, from dividends (2^policies, …)."""
    found = np.array(dividend, dtype=np.float64)
    for bit in range(_count(found)):
        pairs = found.reshape(-1, 2, 1 << bit, *found.shape[1:])
        pairs[:, 0] += 0.5 * pairs[:, 1]
    return found


def shapley(dividend: Floats) -> Floats:
    """Each policy's Shapley value, (policies, …), from dividends (2^policies, …): an equal part of each it is in."""
    policies = _count(dividend)
    inside = (np.arange(1 << policies) >> np.arange(policies)[:, None]) & 1
    return np.tensordot(inside / np.maximum(inside.sum(axis=0), 1), dividend, axes=1)


def _count(values: Floats) -> int:
    return len(values).bit_length() - 1
