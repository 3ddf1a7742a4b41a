"""Synthetic stores that fill every section of a report."""

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
