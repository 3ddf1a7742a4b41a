"""What the reader of a result must know: warned of once, and kept beside the numbers."""

import warnings
from typing import TypeVar

import xarray as xr

__all__ = ["AnalysisWarning", "cautioned"]

T = TypeVar("T", xr.Dataset, xr.DataArray)


class AnalysisWarning(UserWarning):
    """A result is weaker than it looks: few draws, a design that doesn't fit, regimes pooled without stated weights."""


def cautioned(result: T, *notices: str) -> T:
    """The result with what is to be known of it as attribute `notice`, "" if nothing; warns of it as well."""
    told = "; ".join(text for text in notices if text)
    if told:
        warnings.warn(told, AnalysisWarning, stacklevel=3)
    return result.assign_attrs(notice=told)
