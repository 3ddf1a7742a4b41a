"""Economies, draws and policies that the kernel's tests share. Numbers are invented unless a test says otherwise."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from sweep.kernel.economy import Economy
from sweep.kernel.instruments import Instruments, Timing
from sweep.kernel.reference_records import record

Floats = NDArray[Any]
Draws = dict[str, NDArray[np.float64]]

# Parameter -> median, and a wide range around what is plausible.
VALUES: dict[str, tuple[float, float, float]] = {
    "exposure_weight": (0.5, 0, 1),
    "worth_automating": (0.42, 0.1, 1),
    "cost_saving": (0.27, 0.1, 0.6),
    "saving_spread": (0.15, 0.08, 0.22),
    "automation_share": (0.43, 0.2, 0.95),
    "innovation_rate": (0.02, 0.005, 0.06),
    "imitation_rate": (0.45, 0.2, 1),
    "regional_lag": (0, 0, 4),
    "reinstatement": (0.5, 0, 0.95),
    "reinstatement_lag": (7.5, 5, 10),
    "rent_share": (0.5, 0, 1),
    "frontier_reach": (0, 0, 1),
    "frontier_rise": (0, 0, 0.4),
    "frontier_midpoint": (6, 3, 10),
    "frontier_width": (1.5, 0.5, 3),
    "displacement_layoffs": (0.5, 0, 1),
    "usage_base": (0.6, 0.1, 1),
    "displacement_tax_borne": (0.65, 0.3, 1),
    "profit_tax_distortion": (0, 0, 1),
    "profit_base_elasticity": (0.9, 0.3, 1.5),
    "job_finding": (0.42, 0.3, 0.55),
    "long_term_share": (0.24, 0.1, 0.4),
    "long_term_finding": (0.55, 0.3, 0.8),
    "matching_elasticity": (0.6, 0.5, 0.72),
    "exit_rate": (0.22, 0.16, 0.28),
    "exit_procyclicality": (0.8, 0.4, 1),
    "separation_to_inactivity": (0.3, 0.1, 0.5),
    "employment_adjustment": (0.25, 0.15, 0.35),
    "wage_curve": (-0.09, -0.14, -0.04),
    "wage_adjustment": (0.08, 0.04, 0.12),
    "wage_pass_through": (0, 0, 1),
    "demand_elasticity": (0.5, 0.2, 1.2),
    "productivity_demand": (1.3, 1, 1.75),
    "local_multiplier": (1.2, 0.3, 2.5),
    "migration_response": (0.008, 0.002, 0.03),
    "occupational_mixing": (0.1, 0, 0.3),
    "baseline_hours": (34.2, 30, 40),
    "supply_elasticity": (0.25, 0, 0.5),
    "labor_tax": (0.26, 0.2, 0.32),
    "capital_tax": (0.1, 0.01, 0.2),
    "interest_rate": (0.02, 0, 0.04),
    "scarring_low": (1.4, 0.8, 2),
    "scarring_high": (2.8, 1.6, 4),
    "basic_income_participation": (-2.8, -6, 0.5),
    "basic_income_hours": (-1.35, -2.4, -0.3),
    "equilibrium_offset": (0.57, 0, 1),
    "training_success": (0.45, 0.1, 0.9),
    "training_effect": (0.065, 0, 0.15),
    "training_fade": (10, 4, 16),
    "training_displacement": (0.4, 0, 1),
    "training_lock_in": (0.1, 0, 0.3),
    "training_months": (8, 4, 12),
    "training_cost": (8000, 2000, 20_000),
    "trainee_wage_pressure": (0.5, 0.3, 0.7),
    "hours_output_elasticity": (0.5, 0, 1),
    "work_sharing": (0.5, 0, 1),
    "voice_slowdown": (0.05, -0.1, 0.3),
    "voice_automation_shift": (-0.03, -0.1, 0.05),
    "guarantee_take_up_long": (0.8, 0.4, 0.95),
    "guarantee_take_up_short": (0.2, 0.05, 0.4),
    "guarantee_take_up_inactive": (0.05, 0.01, 0.1),
    "guarantee_overhead": (0.45, 0.2, 0.7),
    "guarantee_crowding": (-0.1, -0.5, 0.3),
    "guarantee_productivity": (0.65, 0.3, 1),
    "guarantee_search": (0.5, 0.2, 0.8),
    "guarantee_exit": (0.1, 0.02, 0.2),
    "wage_spread": (0.38, 0.3, 0.5),
    "minimum_wage": (7.25, 7, 12),
    "conditional_take_up": (0.5, 0.1, 0.8),
    "conditional_from_inactivity": (0.47, 0.2, 0.7),
    "conditional_administration": (0.1, 0.05, 0.15),
    "conditional_lock_in": (0.1, 0, 0.3),
    "training_success_older": (0.26, 0.1, 0.5),
    "training_success_young": (0.59, 0.3, 0.9),
    "matching_gain": (0.1, 0, 0.2),
    "place_cost_per_job": (55_000, 20_000, 120_000),
    "green_jobs_per_million": (14, 8, 20),
    "not_employable": (0.04, 0, 0.08),
    "informal_absorption": (0.6, 0.2, 0.95),
    "informal_productivity": (0.3, 0.15, 0.5),
    "mutual_aid_pooling": (0.25, 0, 0.5),
    "funds_cost": (1.2, 1, 1.4),
    "satisfaction_unemployed": (-0.65, -1, -0.3),
    "satisfaction_climate": (-0.02, -0.05, 0.01),
    "satisfaction_income": (0.3, 0.1, 0.6),
    "guarantee_satisfaction": (0.75, 0.4, 1),
    "income_spread": (0.55, 0.4, 0.8),
    "idle_income": (0.6, 0.2, 0.8),
    "poverty_line": (15_650, 8_000, 25_000),
    "population_demand": (0.55, 0, 1),
    "capital_charge": (0.15, 0.1, 0.2),
    "veto_leakage": (0.4, 0, 1),
    "matching_mobility": (0.5, 0, 2),
    "survey_income": (1, 0.4, 1.2),
}


def median_draws(n: int, **overrides: ArrayLike) -> Draws:
    """The same median values n times, but for overrides: numbers, (n,), or (n, R) for the regional lag."""
    draws: Draws = {name: np.full(n, float(value[0])) for name, value in VALUES.items()}
    for name, value in overrides.items():
        given = np.asarray(value, dtype=float)
        draws[name] = given if given.ndim else np.full(n, float(given))
    draws["regional_lag"] = draws["regional_lag"].reshape(n, -1)
    return draws


def varied_draws(n: int, seed: int, regions: int = 1, **overrides: ArrayLike) -> Draws:
    """Independent values from the wide ranges."""
    draws = {
        name: np.random.default_rng((seed, row)).uniform(low, high, n)
        for row, (name, (_, low, high)) in enumerate(VALUES.items())
    }
    lag = {"regional_lag": np.random.default_rng(seed).uniform(*VALUES["regional_lag"][1:], (n, regions))}
    return median_draws(n, **(draws | lag | overrides))


def build(employment: ArrayLike, **fields: ArrayLike) -> Economy:
    """An economy of any shape from its jobs (G, R); what isn't given is the same everywhere."""
    jobs = np.asarray(employment, dtype=float)
    groups, regions = jobs.shape

    def values(name: str, default: ArrayLike, *shape: int) -> Floats:
        return np.broadcast_to(np.asarray(fields.pop(name, default), dtype=float), shape).copy()

    rate, wage = values("unemployment_rate", 0.0425, regions), values("wage", 60_000, groups, regions)
    share = values("labor_share", 0.53, regions)
    everyone = jobs.sum(axis=0) + np.asarray(fields.get("informal", 0), dtype=float)
    population = values("population", everyone / (1 - rate) / 0.625, regions)
    informal = values("informal", 0, regions)
    economy = Economy(
        name="test",
        first_year=2025,
        regions=tuple(f"region {r}" for r in range(regions)),
        groups=tuple(f"group {g}" for g in range(groups)),
        employment=jobs,
        unemployment_rate=rate,
        population=population,
        residents=values("residents", 1.25 * population, regions),
        wage=wage,
        gdp=values("gdp", (jobs * wage).sum(axis=0) * 1.2 / share, regions),
        labor_share=share,
        production_tax_share=values("production_tax_share", 0.06, regions),
        narrow_human=values("narrow_human", 0.3, groups),
        narrow_model=values("narrow_model", 0.3, groups),
        wide_human=values("wide_human", 0.5, groups),
        wide_model=values("wide_model", 0.5, groups),
        nontradable=values("nontradable", 0.5, groups),
        demand_shock=values("demand_shock", 0, groups, regions),
        informal=informal,
    )
    assert not fields, f"unknown fields {list(fields)}"
    return economy


def random_economy(regions: int, groups: int, seed: int = 0, **fields: ArrayLike) -> Economy:
    """Uneven regions and groups."""
    random = np.random.default_rng(seed)
    narrow = random.uniform(0.05, 0.6, groups)
    return build(
        np.exp(random.normal(11, 1, (groups, regions))),
        unemployment_rate=random.uniform(0.02, 0.07, regions),
        wage=random.uniform(30_000, 130_000, (groups, regions)),
        labor_share=random.uniform(0.45, 0.6, regions),
        narrow_human=narrow,
        narrow_model=narrow * 1.1,
        wide_human=narrow * 1.4,
        wide_model=narrow * 1.6,
        nontradable=random.uniform(0, 1, groups),
        **fields,
    )


def tiny_economy() -> Economy:
    """Three regions of four groups."""
    return random_economy(3, 4)


def one_region(**fields: ArrayLike) -> Economy:
    """One region of one group: no migration, no mixing, no local multiplier."""
    return build([[1e6]], **fields)


def policy(closure: str = "debt", timing: Mapping[str, Timing] | None = None, **doses: float) -> Instruments:
    """A policy from its doses."""
    return Instruments(doses=doses, timing=timing or {}, closure=closure)


# Every instrument, closure, phase-in and mask at least once.
POLICIES = [
    Instruments(
        {
            "guarantee_offers": 0.5,
            "guarantee_wage": 12,
            "guarantee_long_only": 0.3,
            "basic_income_amount": 200,
            "basic_income_eligible": 0.6,
            "conditional_income_offers": 0.5,
            "conditional_income_amount": 600,
            "usage_tax_rate": 0.2,
            "regional_fund_share": 0.5,
            "regional_fund_training": 0.4,
            "regional_fund_amount": 900,
            "regional_fund_focus": 3,
            "green_care_spending": 1e8,
        },
        {"guarantee": Timing(12, 12), "basic_income": Timing(24), "regional_fund": Timing(12)},
        "labor_tax",
        {"guarantee": "debt", "green_care": "lump_sum", "regional_fund": "ai_tax", "basic_income": "ai_tax"},
    ),
    policy(
        "labor_tax",
        {"basic_income": Timing(24, 12)},
        basic_income_amount=500,
        basic_income_eligible=1,
        basic_income_dependents=0.3,
    ),
    policy(timing={"training": Timing(30, 6, (0, 2))}, training_budget=3e10),
    policy(
        timing={"usage_tax": Timing(48, 24)},
        usage_tax_rate=0.3,
        profit_tax_rate=0.3,
        displacement_tax_rate=0.5,
        dividend_share=1,
    ),
    policy("lump_sum", {"basic_income": Timing(36, 0, (1,))}, basic_income_amount=1000, basic_income_eligible=0.8),
    policy(
        "labor_tax",
        {"dividend": Timing(60, 0, (0, 1))},
        usage_tax_rate=0.5,
        dividend_share=0.5,
        training_budget=1e11,
    ),
    policy(
        "lump_sum",
        {"four_day_week": Timing(24, 36, (0, 1)), "worker_voice": Timing(12, 12)},
        four_day_week_coverage=0.4,
        four_day_week_cut=0.2,
        four_day_week_pay_kept=0.7,
        worker_voice_strength=0.6,
    ),
    policy(
        "labor_tax",
        {"guarantee": Timing(24, 12), "conditional_income": Timing(36, 6, (0, 2)), "training": Timing(12, 12)},
        guarantee_offers=1,
        guarantee_wage=15,
        conditional_income_offers=0.7,
        conditional_income_amount=1000,
        conditional_income_training=0.4,
        training_budget=1e10,
        training_older=0.4,
        training_young=0.3,
        training_matching=0.5,
    ),
    policy(
        "ai_tax",
        {"veto": Timing(24, 12, (0,)), "regional_fund": Timing(36, 0, (1, 2)), "place_investment": Timing(24, 24)},
        veto_cut=0.4,
        usage_tax_revenue=0.002,
        regional_fund_share=0.5,
        regional_fund_training=0.5,
        regional_fund_amount=800,
        place_investment_spending=5e9,
        green_care_spending=5e9,
    ),
    policy(
        "lump_sum",
        {"support": Timing(12, 12), "mutual_aid": Timing(24, 12, (0, 1)), "profit_tax": Timing(36, 12, (0, 1))},
        support_amount=800,
        mutual_aid_coverage=0.5,
        mutual_aid_top_up=50,
        data_dividend_share=0.3,
        profit_tax_revenue=0.001,
        displacement_tax_revenue=0.0005,
    ),
]


@contextmanager
def watched() -> Iterator[list[SimpleNamespace]]:
    """Collects a copy of the reference path's state at the end of each month."""
    states: list[SimpleNamespace] = []

    def spy(s: SimpleNamespace, *rest: SimpleNamespace) -> dict[str, NDArray[np.float64]]:
        states.append(SimpleNamespace(**vars(s)))
        return record(s, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.kernel.reference.record", spy)
        yield states
