"""How two sweeps differ, as text for a terminal."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import xarray as xr
from rich import box
from rich.console import Console
from rich.table import Table

from analysis.labels import printable
from analysis.tabulation import STATISTICS
from analysis.units import INTERVAL, readable, scale_for

__all__ = ["comparison_told"]

MOST_ROWS = 20
HEADLINE = "national_unemployment_rate"
# Of what isn't read on a terminal.
WIDTH = 160


def comparison_told(found: xr.Dataset, names: tuple[str, str]) -> str:
    """What `compared` found in two stores of these names: configuration, draws, and the surest differences."""
    differs = [f"  {line}" for line in found.attrs["differs"]] or ["  nothing"]
    lines = [f"first:  {names[0]}", f"second: {names[1]}", "", "What differs in configuration:", *differs, ""]
    lines.append(f"Draws: {found.attrs['draws_told']}.")
    if not found["paired"].all():
        kept = ", ".join(str(name) for name in found["outcome"].to_numpy()[~found["paired"].to_numpy()][:3])
        lines += [f"Errors of both add up for {kept} …"] if found["paired"].any() else []
    if "weights" in found.attrs:
        lines.append(f"Regimes: {found.attrs['weights']}.")
    lines.append(f"{found.attrs['comparisons'][:1].upper()}{found.attrs['comparisons'][1:]}.")
    lines, rows = [printable(line) for line in lines], list(_rows(found))
    if rows:
        lines += ["", _table(rows[:MOST_ROWS]), f"{INTERVAL}."]
    if len(rows) > MOST_ROWS:
        lines.append(f"… and {len(rows) - MOST_ROWS:,} more, by how sure they are: --out FILE.csv has all")
    return "\n".join(lines)


def _rows(found: xr.Dataset) -> Iterator[dict[str, str]]:
    """What is beyond noise, the surest first; else the means of one outcome."""
    dims = [str(dim) for dim in found["difference"].dims]
    real = found["beyond_noise"].to_numpy()
    if real.any():
        with np.errstate(divide="ignore"):
            sure = np.where(real, np.abs(found["difference"]) / found["difference_error"], -np.inf)
        places = np.argsort(-sure, axis=None, kind="stable")[: int(real.sum())]
    else:
        means = np.zeros(real.shape, dtype=bool)
        outcomes = [str(name) for name in found["outcome"].to_numpy()]
        first = outcomes.index(HEADLINE) if HEADLINE in outcomes else 0
        means[first, ..., list(found["statistic"].to_numpy()).index("mean")] = True
        places = np.flatnonzero(means & np.isfinite(found["difference"].to_numpy()))
    for place in places:
        cell = dict(zip(dims, np.unravel_index(place, real.shape), strict=True))
        yield _row(found.isel({dim: int(own) for dim, own in cell.items()}), dims, found.sizes["year"] > 1)


def _row(one: xr.Dataset, dims: list[str], years: bool) -> dict[str, str]:
    """One comparison in words and readable units."""
    outcome, units = str(one["outcome"].item()), str(one["units"].item())
    keys = {dim: str(one[dim].item()) for dim in dims if dim not in ("outcome", "year") or (dim == "year" and years)}
    keys["statistic"] = STATISTICS[keys["statistic"]][1]
    levels = scale_for(outcome, units, [float(one["first"]), float(one["second"])])
    change = scale_for(outcome, units, float(one["difference"]), difference=True)
    shown = {key: levels.show(float(one[key])) for key in ("first", "second")}
    difference = change.show_with_error(float(one["difference"]), float(one["difference_error"]))
    return {
        "outcome": readable(outcome), **keys, **shown,
        "unit": levels.unit, "difference": f"{difference} {change.unit if change.unit != levels.unit else ''}".strip(),
    }  # fmt: skip


def _table(rows: list[dict[str, str]]) -> str:
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0), show_edge=False)
    for name in rows[0]:
        table.add_column(name, justify="right" if name in ("first", "second", "difference") else "left")
    for row in rows:
        table.add_row(*map(printable, row.values()))
    options: dict[str, Any] = {} if sys.stdout.isatty() else {"width": WIDTH}
    console = Console(highlight=False, markup=False, **options)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip()
