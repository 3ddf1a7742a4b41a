"""Differences between policies in the same draw, with the Monte Carlo error of their mean."""

import numpy as np
import xarray as xr

from analysis.regimes import regimes_of
from analysis.statistics import outcome_values
from sweep.errors import ConfigError, nearest

__all__ = ["paired_difference"]

NOTE = (
    "standard_error treats draws as independent; for Sobol and Latin hypercube designs, whose draws "
    "are spread more evenly, it is conservative (too large rather than too small)"
)


def paired_difference(data: xr.Dataset, outcome: str, to: str = "none") -> xr.Dataset:
    """Same-draw difference of every other policy to policy `to`, by (regime, policy, [region,] year).

    `mean` with its Monte Carlo `standard_error` (NaN with one draw), `lower` and `upper` (5 and 95 % of
    draws) in the outcome's units, `below_zero` as a share of draws; `draws` counts draws by regime.
    """
    values = outcome_values(data, outcome).load().astype(np.float64)
    policies = [str(name) for name in data["policy"].to_numpy()]
    if to not in policies:
        raise ConfigError(f"unknown policy {to!r}: {nearest(to, policies)}")
    others = [name for name in policies if name != to]
    difference = values.sel(policy=others) - values.sel(policy=to, drop=True)
    regimes = regimes_of(data)
    parts = [_moments(difference.isel(draw=members)) for members in regimes.members]
    result = xr.concat(parts, "regime").assign_coords(regime=list(regimes.names))
    kept = {key: values.attrs[key] for key in ("units", "long_name") if key in values.attrs}
    return result.assign_coords(draws=("regime", list(regimes.draws))).assign_attrs(
        kept, outcome=outcome, to=to, note=NOTE
    )


def _moments(difference: xr.DataArray) -> xr.Dataset:
    """Mean, standard error, 5 and 95 %, share below zero, over draws of (policy, draw, [region,] year)."""
    draws = difference.sizes["draw"]
    mean = difference.mean("draw", skipna=False)
    variance = ((difference - mean) ** 2).sum("draw", skipna=False) / (draws - 1 or np.nan)
    known = difference.notnull().all("draw")
    return xr.Dataset(
        {
            "mean": mean,
            "standard_error": np.sqrt(variance / draws),
            "lower": difference.quantile(0.05, "draw", skipna=False).drop_vars("quantile"),
            "upper": difference.quantile(0.95, "draw", skipna=False).drop_vars("quantile"),
            "below_zero": (difference < 0).mean("draw").where(known),
        }
    )
