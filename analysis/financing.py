"""Whether a policy's budget closes: in how many draws the labor tax or the tax on AI that pays for it falls short."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.labels import json_attribute

__all__ = [
    "MOST_CHANGE",
    "MOST_RATE",
    "ai_tax_gap_shares",
    "limit_sentences",
    "revenue_gap_shares",
    "tax_limit",
    "tax_limit_shares",
]

_AT_ONCE = 2**16  # draws in memory
# Eq. 57 of the model: the tax may rise by so much, and to so much with the rate of the draw.
MOST_CHANGE, MOST_RATE = 0.6, 0.95
# The stored change is a mean of twelve float32 months.
_NEAR = 1e-4
# Of GDP: the rate of the AI tax follows what it pays for with a lag of months.
MOST_UNPAID = 0.01
# Of the revenue that a tax is set to raise.
LEAST_RAISED = 0.99


def tax_limit(rate: NDArray[np.floating]) -> NDArray[np.floating]:
    """The most by which the labor tax may rise from a draw's own rate."""
    most: NDArray[np.floating] = np.minimum(MOST_CHANGE, MOST_RATE - rate)
    return most


def tax_limit_shares(data: xr.Dataset) -> dict[str, float]:
    """By policy, the share of draws whose labor tax was at its limit through the last year; only policies above 0."""
    if "labor_tax_change" not in data:
        return {}
    last = data[["labor_tax_change", *({"labor_tax"} & set(data.data_vars))]].isel(year=-1)
    hits = dict.fromkeys(_names(data), 0)
    for first in range(0, last.sizes["draw"], _AT_ONCE):
        part = last.isel(draw=slice(first, first + _AT_ONCE))
        most = tax_limit(_rates(part)) - _NEAR
        for name in hits:
            hits[name] += int((part["labor_tax_change"].sel(policy=name).to_numpy() >= most).sum())
    return {name: hit / last.sizes["draw"] for name, hit in hits.items() if hit}


def ai_tax_gap_shares(data: xr.Dataset) -> dict[str, float]:
    """By policy for which a tax on AI pays, the share of draws whose debt grew by over a percent of GDP, if above 0.

    Only where nothing is meant to be paid for by debt.
    """
    if "debt" not in data or "national_gdp" not in data:
        return {}
    last = data[["debt", "national_gdp"]].isel(year=-1)

    def short(name: str) -> float:
        own = last.sel(policy=name)
        more = own["debt"].to_numpy() - last["debt"].isel(policy=0).to_numpy()
        return float((more > MOST_UNPAID * own["national_gdp"].to_numpy()).mean())

    payers = {name: _payers(definition) for name, definition in json_attribute(data, "policy_definitions").items()}
    chosen = [name for name in _names(data) if "ai_tax" in payers.get(name, ()) and "debt" not in payers[name]]
    shares = {name: short(name) for name in chosen}
    return {name: share for name, share in shares.items() if share > 0}


def revenue_gap_shares(data: xr.Dataset) -> dict[str, float]:
    """By policy with AI taxes set to raise a share of GDP, the share of draws that raise less in the last year."""
    if "ai_tax_revenue" not in data or "national_gdp" not in data:
        return {}
    last, shares = data[["ai_tax_revenue", "national_gdp"]].isel(year=-1), {}
    for name in _names(data):
        target = _target(json_attribute(data, "policy_definitions").get(name))
        if target > 0:
            own = last.sel(policy=name)
            raised = own["ai_tax_revenue"] / own["national_gdp"]
            shares[name] = float((raised < LEAST_RAISED * target).mean("draw"))
    return {name: share for name, share in shares.items() if share > 0}


def _names(data: xr.Dataset) -> list[str]:
    """Names of the policies, one of which is in memory at a time."""
    return [str(name) for name in data["policy"].to_numpy()]


def limit_sentences(data: xr.Dataset) -> list[str]:
    """One sentence for each policy whose budget doesn't close in some draws.

    >>> from analysis import example, limit_sentences
    >>> print(limit_sentences(example().sel(policy=["none", "ubi"]))[0])
    Labor tax at its limit under ubi in 44 % of draws in 2035: there the budget doesn't close, and debt grows.
    """
    refuse_no_sweep(data)
    year = int(data["year"][-1])

    def told(shares: Mapping[str, float], sentence: str) -> list[str]:
        return [
            sentence.format(name=name, share=f"{_percent(share)} of draws in {year}") for name, share in shares.items()
        ]

    return [
        *told(
            tax_limit_shares(data),
            "Labor tax at its limit under {name} in {share}: there the budget doesn't close, and debt grows.",
        ),
        *told(ai_tax_gap_shares(data), "The tax on AI doesn't raise what {name} costs in {share}: there debt grows."),
        *told(revenue_gap_shares(data), "{name} raises less than it is set to in {share}: no rate would raise it."),
    ]


def _payers(definition: object) -> set[object]:
    """Who pays for a policy and its instruments, by its stored definition."""
    if not isinstance(definition, dict):
        return set()
    closures = definition.get("closures")
    return {definition.get("closure"), *(closures.values() if isinstance(closures, dict) else ())}


def _target(definition: object) -> float:
    """Share of GDP that a policy's AI taxes are set to raise, by its stored definition; 0 where it is uncertain."""
    doses = definition.get("doses") if isinstance(definition, dict) else None
    stated = [str(value) for dose, value in (doses or {}).items() if str(dose).endswith("_tax_revenue")]
    try:
        return sum(map(float, stated))
    except ValueError:
        return 0.0


def _rates(data: xr.Dataset) -> NDArray[np.floating]:
    """The labor tax of each draw before any change: an input that differs, (draw,), or the run's one value."""
    if "labor_tax" in data:
        return np.asarray(data["labor_tax"].to_numpy(), dtype=float)
    parameters = json_attribute(data, "identity").get("parameters", {})
    (rate,) = parameters.get("labor.labor_tax", ["0"])[:1]
    return np.asarray(float(rate))


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
