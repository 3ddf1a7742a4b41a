"""What a store counts, as its attributes say it, and the pilot by whose grids it does."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweep.errors import DamageError, writing
from sweep.store.packing import PackingError, packed, unpacked_header, unpacked_parts
from sweep.store.place import Place
from sweep.store.tally import KINDS, SHARES, Counted, Pilot, Tally, counted_outcomes
from sweep.store.untrusted import is_name

__all__ = ["FOLDER", "PILOT_FILE", "Counting", "counting", "read_pilot", "write_pilot"]

FOLDER = "status/counts"
PILOT_FILE = f"{FOLDER}/pilot"
_MOST_COUNTS = 2**30


@dataclass(frozen=True)
class Counting:
    """What a store counts, as its attributes say: outcomes, sizes, and how many of its draws it keeps."""

    plan_hash: str
    keep: str
    outcomes: tuple[Counted, ...]
    names: tuple[str, ...]
    regions: int
    years: int
    draws: int
    block: int
    draws_kept: int

    @property
    def policies(self) -> int:
        """Number of policies."""
        return len(self.names)

    @property
    def cells(self) -> dict[bool, int]:
        """Cells of a regional and of a national outcome."""
        return {True: self.regions * self.years, False: self.years}

    def shapes(self, outcome: str) -> dict[str, tuple[tuple[int, ...], str]]:
        """Shape and type of each array that a tally has of an outcome. Raises PackingError where it isn't counted."""
        for each in self.outcomes:
            if each.name == outcome:
                return Tally.arrays(each, self.policies, self.cells[each.regional])
        raise PackingError(f"{outcome!r:.60} isn't counted in this store")

    def empty(self) -> Tally:
        """A tally of no draws."""
        return Tally.empty(self.outcomes, self.policies, self.cells)


def counting(attributes: Mapping[str, Any]) -> Counting | None:
    """What a store of these attributes counts, None where it keeps all draws.

    Raises DamageError where its attributes don't say it as a sweep does.
    """
    if "keep" not in attributes:
        return None
    try:
        told = json.loads(attributes["counted"])
        found = Counting(
            attributes["plan_hash"],
            attributes["keep"],
            counted_outcomes(told["outcomes"]),
            tuple(attributes["policies"]),
            told["regions"],
            told["years"],
            attributes["draws"],
            attributes["draws_per_chunk"],
            min(attributes["draws"], told["draws_kept"] or attributes["draws"]),
        )
        _check(found)
        return found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise DamageError("attribute 'counted' isn't as a sweep writes it; choose another store.path") from None


def _check(about: Counting) -> None:
    """Raise ValueError where names or sizes are none that a sweep writes: folders and memory follow from them."""
    sizes = [about.regions, about.years, *(outcome.bins for outcome in about.outcomes)]
    if not all(type(size) is int and 0 < size < 2**20 for size in sizes):
        raise ValueError
    bins = sum(about.cells[outcome.regional] * outcome.bins for outcome in about.outcomes)
    if bins * about.policies > _MOST_COUNTS or not all(is_name(outcome.name) for outcome in about.outcomes):
        raise ValueError


def write_pilot(at: Place, plan_hash: str, pilot: Pilot) -> None:
    """Write the pilot of a store."""
    parts = {name: {"values": values} for name, values in pilot.values.items()}
    with writing(at):
        at.write({PILOT_FILE: packed({"plan_hash": plan_hash}, parts)})


def read_pilot(at: Place, about: Counting) -> Pilot | None:
    """The pilot of a store, None where there is none that is sound."""
    cells = {outcome.name: about.cells[outcome.regional] for outcome in about.outcomes}

    def shapes(name: str) -> dict[str, tuple[tuple[int, ...], str]]:
        return {"values": ((len(SHARES), len(KINDS), about.policies, cells[name]), "<f8")}

    for data in at.read_all([PILOT_FILE]).values():
        try:
            header = unpacked_header(data)
            parts = dict(unpacked_parts(data, header, shapes))
            if header["plan_hash"] == about.plan_hash and parts.keys() == cells.keys():
                return Pilot({name: part["values"] for name, part in parts.items()})
        except (PackingError, KeyError):
            continue
    return None
