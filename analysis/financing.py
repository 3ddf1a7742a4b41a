"""Whether a policy's budget closes: in how many draws the labor tax or the tax on AI that pays for it falls short."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.labels import json_attribute

__all__ = ["MOST_CHANGE", "MOST_RATE", "ai_tax_gap_shares", "limit_sentences", "tax_limit", "tax_limit_shares"]

# Eq. 57 of the model: the tax may rise by so much, and to so much with the rate of the draw.
MOST_CHANGE, MOST_RATE = 0.6, 0.95
# The stored change is a mean of twelve float32 months.
_NEAR = 1e-4
# Net cost is after the revenue of the AI tax, whose rate follows with a lag.
MOST_UNPAID = 0.1


def tax_limit(rate: NDArray[np.floating]) -> NDArray[np.floating]:
    """The most by which the labor tax may rise from a draw's own rate."""
    most: NDArray[np.floating] = np.minimum(MOST_CHANGE, MOST_RATE - rate)
    return most


def tax_limit_shares(data: xr.Dataset) -> dict[str, float]:
    """By policy, the share of draws whose labor tax was at its limit through the last year; only policies above 0."""
    if "labor_tax_change" not in data:
        return {}
    change = data["labor_tax_change"].isel(year=-1).transpose("policy", "draw").to_numpy()
    shares = (change >= tax_limit(_rates(data)) - _NEAR).mean(axis=1)
    names = [str(name) for name in data["policy"].to_numpy()]
    return {name: float(share) for name, share in zip(names, shares, strict=True) if share > 0}


def ai_tax_gap_shares(data: xr.Dataset) -> dict[str, float]:
    """By policy that a tax on AI pays for, the share of draws that leave a tenth of its cost unpaid, if above 0."""
    definitions = json_attribute(data, "policy_definitions")
    names = [str(name) for name in data["policy"].to_numpy() if _by_ai_tax(definitions.get(str(name)))]
    if not names or "net_cost" not in data or "gross_cost" not in data:
        return {}
    last = data[["net_cost", "gross_cost"]].isel(year=-1).sel(policy=names).transpose("policy", "draw")
    shares = (last["net_cost"] > MOST_UNPAID * last["gross_cost"]).mean("draw").to_numpy()
    return {name: float(share) for name, share in zip(names, shares, strict=True) if share > 0}


def limit_sentences(data: xr.Dataset, labels: Mapping[str, str] | None = None) -> list[str]:
    """One sentence for each policy whose budget doesn't close in some draws; labels: what to call policies."""
    year, called = int(data["year"][-1]), labels or {}
    return [
        f"Labor tax at its limit under {called.get(name, name)} in {_percent(share)} of draws in {year}: "
        "there the budget doesn't close, and debt grows."
        for name, share in tax_limit_shares(data).items()
    ] + [
        f"The tax on AI doesn't raise what {called.get(name, name)} costs in {_percent(share)} of draws in {year}: "
        "there debt grows."
        for name, share in ai_tax_gap_shares(data).items()
    ]


def _by_ai_tax(definition: object) -> bool:
    """Whether a tax on AI pays all that a policy costs in net, by its stored definition."""
    return isinstance(definition, dict) and definition.get("closure") == "ai_tax" and not definition.get("closures")


def _rates(data: xr.Dataset) -> NDArray[np.floating]:
    """The labor tax of each draw before any change: an input that differs, or the run's one value."""
    if "labor_tax" in data:
        return np.asarray(data["labor_tax"].to_numpy(), dtype=float)
    parameters = json_attribute(data, "identity").get("parameters", {})
    (rate,) = parameters.get("labor.labor_tax", ["0"])[:1]
    return np.full(data.sizes["draw"], float(rate))


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
