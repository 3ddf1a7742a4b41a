"""What the reader of a result must know: warned of once, and kept beside the numbers."""

import warnings
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from sweep.errors import ConfigError

__all__ = ["AnalysisWarning", "cautioned", "gaps_told", "refuse_gaps", "refuse_nothing"]

T = TypeVar("T", xr.Dataset, xr.DataArray)
_AS_LOADED = "take the store by analysis.load, which leaves out draws that are missing or failed"


class AnalysisWarning(UserWarning):
    """A result is weaker than it looks: few draws, a design that doesn't fit, regimes pooled without stated weights."""


def cautioned(result: T, *notices: str) -> T:
    """The result with what is to be known of it as attribute `notice`, "" if nothing; warns of it as well.

    To what is given, it adds what is to be known of the weights that regimes were pooled with.
    """
    every = dict.fromkeys((*notices, str(result.attrs.get("weights_caution", ""))))
    told = "; ".join(text for text in every if text)
    if told:
        warnings.warn(told, AnalysisWarning, stacklevel=3)
    return result.assign_attrs(notice=told)


def refuse_nothing(sizes: Mapping[Any, int]) -> None:
    """Raise ConfigError on data of which a choice left nothing; sizes: by dimension."""
    for dim, size in sizes.items():
        if not size:
            raise ConfigError(
                f"the dataset holds no {dim}: what was chosen of it isn't there; look at the {dim} of analysis.load"
            )


def refuse_gaps(outcome: str, values: NDArray[Any], axis: int = 0) -> None:
    """Raise ConfigError where an outcome has draws, along an axis of its values, that aren't finite."""
    finite = np.isfinite(values)
    if not finite.all():
        gaps = ~np.moveaxis(finite, axis, 0).reshape(values.shape[axis], -1).all(axis=1)
        raise ConfigError(
            f"{outcome}: {int(gaps.sum()):,} of {len(gaps):,} draws aren't finite under every policy, the first at "
            f"position {int(np.argmax(gaps))}: {_AS_LOADED}"
        )


def gaps_told(outcome: str, found: NDArray[Any]) -> str:
    """A notice where what was found over draws isn't finite, since some of these aren't; "" elsewhere.

    For what is to be fast, and so doesn't look at every draw.
    """
    return "" if np.isfinite(found).all() else f"{outcome}: some draws, and so results, aren't finite: {_AS_LOADED}"
