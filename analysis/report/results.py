"""What the report says of national outcomes, each read once."""

from dataclasses import dataclass

import xarray as xr

from analysis.paired import paired_difference
from analysis.statistics import fan, is_large, summary, tail_sentence

__all__ = ["Result", "result"]


@dataclass(frozen=True)
class Result:
    """One national outcome over all draws: its last year, its quantiles and its differences to the first policy.

    differs: whether any policy changes it in the last year, as AI taxes don't where nobody raises them.
    """

    outcome: str
    summary: xr.Dataset
    quantiles: xr.DataArray
    differences: xr.Dataset
    tail: str
    differs: bool


def result(data: xr.Dataset, outcome: str) -> Result:
    """Read an outcome and take all statistics of it; only they are kept, and of any number of draws they are few."""
    held = data[[outcome]] if is_large(data[outcome]) else data[[outcome]].compute()
    last = held[outcome].isel(year=-1)
    return Result(
        outcome,
        summary(held, outcome),
        fan(held, outcome),
        paired_difference(held, outcome, str(data["policy"].to_numpy()[0])),
        tail_sentence(held, outcome),
        bool((last != last.isel(policy=0)).any()),
    )
