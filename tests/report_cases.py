"""Synthetic stores that fill every section of a report."""

import json
from dataclasses import replace
from typing import Any

import numpy as np

from tests.store_cases import StoreCase

__all__ = ["HOSTILE", "STATES", "full_case"]

HOSTILE = "</script><script>alert(1)</script> & \"quoted\" onload='x' {year} {0} $x^$ \u0007"
STATES = ("California", "Ohio", "Texas", "New York", "Maine", "Iowa")


def full_case(**changed: Any) -> StoreCase:
    """Six US states, three policies, two regimes, five years; employment falls under levy and rises under ubi.

    Employment in region r is 100 (r + 1) persons without policy, and 1 % p less (levy) or 3 % more (ubi) in draw 0, in
    others by a hundredth of that times the draw more.
    """
    case: dict[str, Any] = {"policies": ("none", "levy", "ubi"), "regions": STATES, "years": 5} | changed
    made = StoreCase(**case)
    p, d, r, t = np.ogrid[: len(made.policies), : made.draws, : len(made.regions), : made.years]
    effect = np.array([0.0, -0.01, 0.03] + [0.0] * len(made.policies))[p] * (1 + 0.01 * d) * (t > 0)
    by_region = (100.0 * (r + 1) * (1 + effect)).astype(np.float32)
    national = by_region.sum(axis=2)
    regional_dims, dims = ("policy", "draw", "region", "year"), ("policy", "draw", "year")
    vacancies = (1 - 0.02 * t[:, :, 0] - 0.01 * d[:, :, 0] + 0 * p[:, :, 0]).astype(np.float32)
    jobless = (0.05 + 0.001 * p[:, :, 0] * t[:, :, 0] + 0.01 * d[:, :, 0]).astype(np.float32)
    further = {
        "employment": (regional_dims, by_region, {"units": "persons", "long_name": "employed persons"}),
        "national_employment": (dims, national, {"units": "persons", "long_name": "employed persons"}),
        "vacancies": (dims, vacancies, {"units": "1", "long_name": "vacancies against baseline"}),
        "national_jobless_rate": (dims, jobless, {"units": "1", "long_name": "without a job"}),
    }
    return StoreCase(**{**case, "further": {**further, **made.further}})


def deciding_case(draws: int = 256, **changed: Any) -> StoreCase:
    """Independent draws in two regimes, of which the automation share a, the first of two inputs, decides.

    Unemployment in the last year is 0.03 + 0.1 a, and half as much again in the second regime: without policy. A levy
    takes 0.02 off, but adds 0.01 where a is below 0.3; a basic income takes 0.005 off. So the levy is the best where a
    is above 0.3, and there alone it doesn't lose.
    """
    regimes = ("slow",) * (draws // 2) + ("rapid",) * (draws - draws // 2)
    generator = np.random.default_rng(1)
    share, speed = generator.uniform(0, 1, (2, draws))
    made = full_case(regimes=regimes, **changed)
    ramp = np.arange(made.years) / max(made.years - 1, 1)
    levy = np.where(share < 0.3, 0.01, -0.02)
    effect = np.stack([0 * share, levy, 0 * share - 0.005, *[0 * share] * len(made.policies)])[: len(made.policies)]
    without = (0.01 + 0.1 * share) * np.where(np.arange(draws) < draws // 2, 1, 1.5)
    rate = (0.02 + (without + effect)[:, :, None] * ramp).astype(np.float32)
    regional = rate[:, :, None] + 0.01 * np.arange(len(made.regions), dtype=np.float32)[:, None]
    gdp = 1e12 * (1 + speed)[None, :, None] + 0 * rate
    dims, regional_dims = ("policy", "draw", "year"), ("policy", "draw", "region", "year")
    about = {"units": "1", "long_name": "unemployed in the labor force"}
    grades = {"automation_share": "B", "innovation_rate": "C"}
    inputs = {
        name: ("draw", values, {"units": units, "long_name": meaning, "grade": grades[name], "source": "Nobody 2020"})
        for name, values, units, meaning in (
            ("automation_share", share, "share", "AI use that replaces"),
            ("innovation_rate", speed, "1/year", "of a Bass curve"),
        )
    }
    for each in inputs.values():
        each[2]["distribution"] = "uniform(0, 1)"
    # The last one has one value in all draws.
    names = ("adoption.automation_share", "labor.innovation_rate", "labor.interest_rate")
    identity = {"parameters": {name: [""] for name in names}}
    further = {
        **made.further,
        "national_unemployment_rate": (dims, rate, about),
        "unemployment_rate": (regional_dims, regional, about),
        "national_jobless_rate": (dims, rate / 2, about),
        "national_gdp": (dims, gdp, {"units": "USD per year", "long_name": "gross domestic product"}),
        **inputs,
    }
    stated = {"design": "monte_carlo", "identity": json.dumps(identity), **made.attributes}
    return replace(made, further=further, attributes=stated)
