"""Where regions stand on a map of tiles: as countries and states lie, or in strips by group."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby

__all__ = ["Place", "is_map", "places"]

TABLES = ("us_states", "world")
# European regions begin with their code, whose first two letters are the country.
_NUTS = re.compile(r"^([A-Z]{2})[0-9A-Z]{2} ")
# Tiles in a row of a strip.
STRIP = 18


@dataclass(frozen=True)
class Place:
    """A region's tile: a short code on it, the group of regions that it belongs to ("" for none), column and row."""

    code: str
    group: str
    column: int
    row: int


@cache
def _table(name: str) -> dict[str, Place]:
    """A table of places by the regions' names."""
    text = files("analysis.report").joinpath(f"places/{name}.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["region"]: Place(row["code"], row["group"], int(row["column"]), int(row["row"])) for row in rows}


def is_map(regions: Sequence[str]) -> bool:
    """Whether a table knows where all of these regions lie."""
    return any(set(regions) <= set(_table(name)) for name in TABLES)


def places(regions: Sequence[str]) -> list[Place]:
    """The place of each region: of a table that has all of them, else strips by group in the order given."""
    for name in TABLES:
        if set(regions) <= set(_table(name)):
            return [_table(name)[region] for region in regions]
    return _strips(regions)


def _strips(regions: Sequence[str]) -> list[Place]:
    """Regions in rows, each group from a new row on."""
    known = [_NUTS.match(region) for region in regions]
    coded = all(known)
    groups = [found.group(1) if found and coded else "" for found in known]
    found: dict[int, Place] = {}
    row = 0
    for group, members in groupby(sorted(range(len(regions)), key=lambda place: groups[place]), groups.__getitem__):
        chosen = list(members)
        for step, place in enumerate(chosen):
            code = regions[place][2:4] if coded else regions[place][:3]
            found[place] = Place(code, group, step % STRIP, row + step // STRIP)
        row += -(-len(chosen) // STRIP)
    return [found[place] for place in range(len(regions))]
