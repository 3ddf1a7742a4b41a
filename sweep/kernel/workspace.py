"""Arrays that the compiled kernel works on: the economy and policies as it reads them, and one draw's state."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.kernel.economy import Economy
from sweep.kernel.instruments import CLOSURES, DOSES, FAMILIES, Instruments
from sweep.kernel.outcomes import NATIONAL, REGIONAL
from sweep.kernel.parameters import BY_GROUP, BY_REGION

__all__ = [
    "ROWS",
    "Budget",
    "Derived",
    "Ledger",
    "Observed",
    "Policies",
    "Record",
    "State",
    "derived",
    "lanes",
    "ledger",
    "observed",
    "padded",
    "stack_policies",
    "state",
]

Floats = NDArray[Any]
# Numbers in the widest vector that all loops fill.
LANES = 16
CACHE_LINE = 64  # bytes


OBSERVED_CELLS = ("employed", "output", "compensation", "wage", "weight", "shock", "per_job")
OBSERVED_REGIONS = (
    "rate", "population", "others", "residents", "labor_share", "production_tax", "nontradable_share", "informal",
)  # fmt: skip
OBSERVED_GROUPS = ("narrow_human", "narrow_model", "wide_human", "wide_model", "nontradable")
DERIVED_GROUPS = ("narrow", "wide")
# A parameter by region is its row here, and by group the product with its row there: one of them is 1 everywhere.
GIVEN_GROUPS = tuple(f"{name}_of_group" for name in BY_GROUP)
DERIVED_REGIONS = (
    "total_employed", "safe", "separation", "force", "inactive", "entry", "local", "income", "slack", "jobless",
    "ratio", "finding", "exit", "ageing", "formal", "output", "informal_output", "excluded",
    "wait", "eagerness",
)  # fmt: skip
# What rounding leaves of a month without change; taken off every month, so that the baseline stands still exactly.
DERIVED_CELLS = ("employed_rounding", "short_rounding", "long_rounding", "mixing_rounding")
STATE_CELLS = (
    "employed", "short", "long", "training", "adoption", "lagged", "automated", "adopted", "desired", "layoffs",
    "finding", "leave", "jobs", "gained", "unvetoed", "lift", "shift",
)  # fmt: skip
STATE_REGIONS = (
    "total_employed", "total_short", "total_long", "total_training", "people", "entrants", "out", "idle", "withdrawn",
    "hours", "paid_hours", "produced", "automation", "laid_off", "response", "free", "active", "leak", "added",
    "usage_rate", "profit_rate", "levy_rate", "mobility",
    "adopted_mean", "gain", "drag", "intake", "graduates", "found", "arrivals", "wage", "value", "moving", "pay",
    "gdp", "labor", "paid", "tasks", "lost_pay", "fired", "transfers", "dividend", "income", "relative",
    "automated_jobs", "policy_drag", "unvetoed_mean", "fund", "informal", "excluded", "guarantee_unemployed",
    "guarantee_inactive", "conditional_unemployed", "conditional_inactive", "informal_output", "public_pay",
    "spending", "rents", "net_hires", "seeking", "joins_short", "joins_long", "kept_ageing", "offer_short",
    "offer_long", "conditional", "fallback", "success", "placed", "taken_short", "taken_long", "hiring", "given",
    "idle_pay", "poor", "cell_people", "cell_income", "cell_flat", "local_jobs", "demanded",
    "private", "basic", "benefit", "funded", "levied", "disposable", "elsewhere", "per_employed", "searching",
    "jobless", "guaranteed", "supported", "force",
    "idle_now", "scars", "uneven", "weekly", "usage", "profit", "levy", "data", "production", "capital", "residents",
    "conditional_pay", "support", "aid", "shared", "basic_cost", "supplied", "displaced", "reinstated",
    "by_displacement", "by_reinstatement", "by_income", "by_policy", "cell_spread", "cell_poor", "cell_floor",
    "cell_rest", "cell_amount", "unemployed", "fund_intake", "innovation", "imitation",
)  # fmt: skip
# The month's national amounts, USD a year; then rates that a target or the budget adds to AI
# taxes, and means of the log of adults' incomes, now and at baseline.
STATE_NATIONAL = (
    "basic_income_cost", "training_cost", "guarantee_cost", "conditional_cost", "investment_cost", "support_cost",
    "mutual_aid_cost", "dividend_cost", "data_dividend", "usage_revenue", "profit_revenue", "displacement_revenue",
    "labor_revenue", "capital_revenue", "production_revenue", "closure_revenue", "usage_base", "profit_base",
    "displacement_base", "green_cost", "fund_training_cost", "usage_added", "profit_added", "displacement_added",
    "closing", "log_income", "log_income0", "everyone", "wage_bill",
)  # fmt: skip
# Nothing pulls a region's population back, so its rounding would add up in single precision.
STATE_STOCKS = ("inactive", "population", "movers")


class Observed(NamedTuple):
    """The economy in the kernel's number type: one row by name in OBSERVED_*."""

    cells: Floats
    regions: Floats
    groups: Floats


class Derived(NamedTuple):
    """What follows from the economy and one draw: one row by name in DERIVED_*; and its parameters by place.

    given: parameters by region, one row by name in BY_REGION; grouped: by group, as in BY_GROUP.
    """

    regions: Floats
    groups: Floats
    cells: Floats
    given: Floats
    grouped: Floats


class State(NamedTuple):
    """One draw's stocks and the month's working arrays, one row by name in STATE_*; and what is in force."""

    cells: Floats
    regions: Floats
    stocks: Floats
    amounts: Floats
    mask: Floats
    ramp: Floats
    doses: Floats


class Ledger(NamedTuple):
    """What is written down by month, by year or for a budget: apart from the state, which every block is called with.

    costs: by family; due: by closure; pooled: a mixture's parts; twin, own: primary deficits without policy and of
    this run, by month; regional, national: outcomes by year.
    """

    costs: Floats
    due: Floats
    pooled: Floats
    twin: Floats
    own: Floats
    regional: Floats
    national: Floats


class Record(NamedTuple):
    """A year's outcomes: one row by name in outcomes.REGIONAL, and one of a single number by name in NATIONAL."""

    regional: Floats
    national: Floats


class Policies(NamedTuple):
    """Policies side by side: doses (policy, draw), ramps (policy, family, month), masks (policy, family, region)."""

    doses: Floats
    ramp: Floats
    mask: Floats
    payers: Floats


class Budget(NamedTuple):
    """National figures of a month that the record needs."""

    finding: float
    extra: float
    outlays: float
    ai_revenue: float
    debt: float
    tax: float
    per_head: float


# Which block of which structure holds a named row: the compiled source says `s.wage[r]` for it.
ROWS = {
    ("e", "cells"): OBSERVED_CELLS,
    ("e", "regions"): OBSERVED_REGIONS,
    ("e", "groups"): OBSERVED_GROUPS,
    ("z", "regions"): DERIVED_REGIONS,
    ("z", "groups"): DERIVED_GROUPS,
    ("z", "cells"): DERIVED_CELLS,
    ("z", "given"): BY_REGION,
    ("z", "grouped"): GIVEN_GROUPS,
    ("s", "cells"): STATE_CELLS,
    ("s", "regions"): STATE_REGIONS,
    ("s", "stocks"): STATE_STOCKS,
    ("s", "amounts"): STATE_NATIONAL,
    ("o", "regional"): REGIONAL,
    ("o", "national"): NATIONAL,
}


def lanes(regions: int) -> list[int]:
    """Which region each lane of whole vectors holds: all in order, then copies of the first.

    Rows of a multiple of 1 KB would share few sets of the cache: with 512 lanes a step takes half as long again.
    """
    count = -(-regions // LANES) * LANES
    count += LANES * (count % (16 * LANES) == 0)
    return [*range(regions), *([0] * (count - regions))]


def padded(economy: Economy) -> Economy:
    """The economy with regions that weigh nothing, so that loops over regions fill whole vectors.

    They are copies of the first region at 2^-60 of its size, which sums in double precision don't see: a loop over 51
    regions takes a fifth longer than one over 56.
    """
    regions = len(economy.regions)
    chosen = lanes(regions)
    scale = np.where(np.arange(len(chosen)) < regions, 1.0, 2.0**-60)

    def extended(values: Floats) -> Floats:
        return values[..., chosen] if values.shape[-1] == regions else values

    shares = ("unemployment_rate", "wage", "labor_share", "production_tax_share", "demand_shock")
    amounts = ("employment", "population", "residents", "gdp", "informal")
    changed: dict[str, Any] = {name: extended(getattr(economy, name)) for name in shares}
    changed |= {name: extended(getattr(economy, name)) * scale for name in amounts}
    return replace(economy, regions=tuple(economy.regions[each] for each in chosen), **changed)


def _aligned(shape: Sequence[int], real: Any) -> Floats:
    """Zeros that begin at a line of the cache, so that no vector of a row lies on two."""
    number = np.dtype(real)
    size = math.prod(shape) * number.itemsize
    room = np.zeros(size + CACHE_LINE, dtype=np.uint8)
    first = -room.ctypes.data % CACHE_LINE
    rows: Floats = room[first : first + size].view(number).reshape(shape)
    return rows


def _stacked(rows: Sequence[Any], real: type[np.floating[Any]]) -> Floats:
    """Rows of an array in the kernel's number type and in C order: for any other it would be compiled again."""
    result = _aligned((len(rows), *np.shape(rows[0])), real)
    for row, values in enumerate(rows):
        result[row] = values
    return result


def observed(economy: Economy, real: type[np.floating[Any]]) -> Observed:
    """The economy in the kernel's number type."""
    return Observed(
        cells=_stacked(
            [
                economy.employment,
                economy.output,
                economy.compensation,
                economy.wage,
                economy.wage_bill_share,
                economy.demand_shock,
                1.0 / np.maximum(economy.employment, 1e-20),
            ],
            real,
        ),
        regions=_stacked(
            [
                economy.unemployment_rate,
                economy.population,
                economy.residents - economy.population,
                economy.residents,
                economy.labor_share,
                economy.production_tax_share,
                economy.nontradable_share,
                economy.informal,
            ],
            real,
        ),
        groups=_stacked(
            [
                economy.narrow_human,
                economy.narrow_model,
                economy.wide_human,
                economy.wide_model,
                economy.nontradable,
            ],
            real,
        ),
    )


def derived(economy: Economy, real: type[np.floating[Any]]) -> Derived:
    """Room for what one draw derives from the economy."""
    groups, regions = economy.employment.shape
    return Derived(
        regions=_aligned((len(DERIVED_REGIONS), regions), real),
        groups=_aligned((len(DERIVED_GROUPS), groups), real),
        cells=_aligned((len(DERIVED_CELLS), groups, regions), real),
        given=_aligned((len(BY_REGION), regions), real),
        grouped=_aligned((len(BY_GROUP), groups), real),
    )


def state(economy: Economy, real: type[np.floating[Any]]) -> State:
    """Room for one draw's state, allocated once."""
    cells, regions = economy.employment.shape, economy.employment.shape[1]
    return State(
        cells=_aligned((len(STATE_CELLS), *cells), real),
        regions=_aligned((len(STATE_REGIONS), regions), real),
        stocks=_aligned((len(STATE_STOCKS), regions), np.float64),
        amounts=np.zeros((len(STATE_NATIONAL), 1)),
        mask=_aligned((len(FAMILIES), regions), real),
        ramp=np.zeros(len(FAMILIES), dtype=real),
        doses=_aligned((len(FAMILIES), regions), real),
    )


def ledger(economy: Economy, years: int, real: type[np.floating[Any]]) -> Ledger:
    """Room for what one run writes down, allocated once."""
    groups, regions = economy.employment.shape
    return Ledger(
        costs=np.zeros(len(FAMILIES)),
        due=np.zeros(len(CLOSURES)),
        pooled=_aligned((5, -(-2 * (groups + 5) // LANES) * LANES), real),
        twin=np.zeros(12 * years + 1),
        own=np.zeros(12 * years + 1),
        regional=_aligned((years + 1, len(REGIONAL), regions), real),
        national=np.zeros((years + 1, len(NATIONAL), 1)),
    )


def stack_policies(
    policies: Sequence[Instruments], draws: int, regions: int, years: int, real: type[np.floating[Any]]
) -> Policies:
    """Policies as the kernel reads them."""
    doses = np.zeros((len(policies), draws), dtype=[(name, real) for name in DOSES])
    for row, policy in enumerate(policies):
        for name, value in policy.doses.items():
            doses[name][row] = value
    return Policies(
        doses=doses,
        ramp=np.stack([policy.ramp(12 * years) for policy in policies]).astype(real, order="C"),
        mask=np.stack([policy.mask(regions)[:, lanes(regions)] for policy in policies]).astype(real, order="C"),
        payers=np.stack([policy.payers() for policy in policies]),
    )
