"""Observed tables that the tests of published figures share, and outside demand that changes from month to month."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from sweep.kernel import reference
from sweep.regions import read_table

_FOLDER = Path(__file__).parent / "data"
# Last good years: employment per head of the nation fell in the years that followed.
PEAKS = (1979, 1989, 2000, 2007, 2019)

Floats = NDArray[np.float64]


def labels(table: str, column: str) -> NDArray[np.str_]:
    """One column of a table as it stands."""
    return read_table(_FOLDER / f"{table}.csv")[column]


def column(table: str, name: str) -> Floats:
    """One column of a table as numbers; an empty field is not a number."""
    return np.array([float(value) if value else np.nan for value in labels(table, name)])


def nation(name: str) -> dict[int, float]:
    """A national series by year."""
    return {
        int(year): float(value) for year, value in zip(column("nation", "year"), column("nation", name), strict=True)
    }


def national_rate() -> dict[int, float]:
    """Unemployment rate of the nation by year, share of the labor force."""
    employed, unemployed = nation("employed"), nation("unemployed")
    return {year: unemployed[year] / (unemployed[year] + employed[year]) for year in employed}


def employment_per_head() -> dict[int, float]:
    """Log of the nation's employed per person 16+, by year."""
    employed, population = nation("employed"), nation("population")
    return {year: float(np.log(employed[year] / population[year])) for year in employed}


def participation() -> dict[int, float]:
    """Labor force of the nation per person 16+, by year."""
    employed, unemployed, population = nation("employed"), nation("unemployed"), nation("population")
    return {year: (employed[year] + unemployed[year]) / population[year] for year in employed}


def state_rates() -> tuple[list[int], Floats]:
    """Years, and unemployment rates by state and year, share of the labor force."""
    table = read_table(_FOLDER / "state_unemployment.csv")
    years = [name for name in table if name != "state"]
    return [int(year) for year in years], np.array([[float(value) for value in table[year]] for year in years]).T / 100


def relative_rates() -> tuple[list[int], Floats]:
    """Years, and state unemployment less the nation's, by state and year, share of the labor force."""
    years, rates = state_rates()
    whole = national_rate()
    return years, rates - np.array([whole[year] for year in years])


def states(name: str, year: int) -> Floats:
    """One column of the states in 2007 or 2009, persons."""
    chosen: Floats = column("states_2007_2009", name)[column("states_2007_2009", "year") == year]
    return chosen


def persistence(relative: Floats) -> float:
    """Yearly autocorrelation of relative rates (state, year), pooled, each state about its own mean."""
    now, then = relative[:, 1:], relative[:, :-1]
    now, then = now - now.mean(axis=1, keepdims=True), then - then.mean(axis=1, keepdims=True)
    return float((now * then).sum() / (then * then).sum())


def left_of(gap: Floats, later: Floats) -> float:
    """Share of the states' gaps that is left later: slope through the origin."""
    return float((gap * later).sum() / (gap * gap).sum())


@contextmanager
def demand_path(path: Floats) -> Iterator[None]:
    """Outside log demand by month and region, (months, R), imposed on one run of the reference path."""
    move = reference._move
    months = iter(path)

    def shifted(s: SimpleNamespace, z: SimpleNamespace, *rest: SimpleNamespace) -> None:
        z.shock = next(months)[None, None]
        move(s, z, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "_move", shifted)
        yield
