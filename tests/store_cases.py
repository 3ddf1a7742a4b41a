"""Small synthetic stores with closed-form content, written by xarray alone and not by the code under test.

Of policy p (0 is the reference), draw d, region r and year index t, with n draws:
unemployment = 0.04 + 0.01 d + 0.001 p (d + 1) t / (years − 1) (+ 0.1 r by region); GDP = 1e12 (1 + d);
net cost = 1e9 p for t > 0.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

__all__ = ["StoreCase"]

REGIMES = ("slow", "central", "rapid", "transformative")


@dataclass(frozen=True)
class StoreCase:
    """What a store holds.

    regimes: each draw's regime; failed: status by (policy, draw); further: variables to add.
    """

    policies: Sequence[str] = ("none", "levy", "ubi")
    regimes: Sequence[str] = ("slow",) * 5 + ("rapid",) * 4
    regions: Sequence[str] = ("North", "South", "West", "East")
    years: int = 3
    weights: Sequence[float] = (0.25, 0.25, 0.25, 0.25)
    failed: Mapping[tuple[int, int], int] = field(default_factory=dict)
    complete: bool = True
    attributes: Mapping[str, Any] = field(default_factory=dict)
    further: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.regimes)

    def write(self, path: Path) -> Path:
        """Write the store to a path and return the path."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.dataset().to_zarr(path, zarr_format=3, consolidated=False)
        return path

    def dataset(self) -> xr.Dataset:
        """The store's content in memory."""
        p, d, t = np.ogrid[: len(self.policies), : self.draws, : self.years]
        rate = 0.04 + 0.01 * d + 0.001 * p * (d + 1) * t / max(self.years - 1, 1)
        regional = rate[:, :, None, :] + 0.1 * np.arange(len(self.regions))[:, None]
        one = np.ones_like(rate)
        national = ("policy", "draw", "year")
        outcomes = {
            "national_unemployment_rate": _outcome(national, rate, "1", "unemployed in the labor force"),
            "national_gdp": _outcome(national, 1e12 * (1 + d) * one, "USD per year", "gross domestic product"),
            "net_cost": _outcome(national, 1e9 * p * (t > 0) * one, "USD per year", "primary deficit"),
            "unemployment_rate": _outcome(("policy", "draw", "region", "year"), regional, "1", "unemployed"),
        }
        coordinates = {
            "policy": list(self.policies),
            "draw": np.arange(self.draws),
            "region": list(self.regions),
            "year": 2025 + np.arange(self.years),
        }
        return xr.Dataset(outcomes | self._inputs() | dict(self.further), coordinates, self._attributes())

    def _inputs(self) -> dict[str, tuple[Any, ...]]:
        """Regime, one uncertain input, and the status of each run."""
        codes = np.array([REGIMES.index(name) for name in self.regimes], dtype=np.int8)
        flags = {
            "flag_values": list(range(4)),
            "flag_meanings": " ".join(REGIMES),
            "weights": list(self.weights),
        }
        status = np.ones((len(self.policies), self.draws), dtype=np.int8)
        for place, state in self.failed.items():
            status[place] = state
        about = {"units": "share", "long_name": "an input", "source": "Nobody 2020", "grade": "C"}
        return {
            "regime": ("draw", codes, flags),
            "reinstatement": (
                "draw",
                np.linspace(0.1, 0.9, self.draws),
                about | {"distribution": "uniform(0, 1)"},
            ),
            "status": (("policy", "draw"), status),
        }

    def _attributes(self) -> dict[str, Any]:
        """Attributes of the store as a run writes them."""
        return {
            "title": "Synthetic study",
            "plan_hash": "0123456789abcdef" * 4,
            "config": "draws: 9\nseed: 7",
            "seed": 7,
            "design": "sobol",
            "scenaria_version": "0.1.0",
            "versions": json.dumps({"python": "3.11"}),
            "region_source": "Nowhere Statistics Office, 2025",
            "policy_labels": json.dumps({name: f"label of {name}" for name in self.policies}),
            "complete": self.complete,
        } | dict(self.attributes)


def _outcome(dims: tuple[str, ...], values: Any, units: str, meaning: str) -> tuple[Any, ...]:
    """One outcome as a run stores it: float32 with its unit and meaning."""
    return (dims, np.asarray(values, dtype=np.float32), {"units": units, "long_name": meaning})
