"""Cases of interest: in which draws something happens, as a boolean (draw,) array that says in words what it is."""

from zlib import crc32

import numpy as np
import xarray as xr

from analysis.arguments import refuse_no_sweep
from analysis.caution import refuse_gaps
from analysis.futures import direction
from analysis.labels import policy_labels
from analysis.statistics import outcome_values, refuse_threshold
from analysis.units import readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["exceeds", "falls_below", "loses", "regrets", "told"]


def exceeds(
    data: xr.Dataset,
    outcome: str,
    threshold: float,
    policy: str = "none",
    year: int | None = None,
    region: str | None = None,
) -> xr.DataArray:
    """Draws in which an outcome is above a threshold, in the outcome's units, in a year (default: the last), (draw,).

    Raises ConfigError on unknown names, on outcomes kept as statistics and on values that aren't numbers.

    >>> from analysis import example, exceeds
    >>> cases = exceeds(example(), "national_unemployment_rate", 0.1, policy="none", year=2035)
    >>> int(cases.sum())
    74
    """
    refuse_no_sweep(data)
    return _beyond(data, outcome, threshold, policy, year, region, above=True)


def falls_below(
    data: xr.Dataset,
    outcome: str,
    threshold: float,
    policy: str = "none",
    year: int | None = None,
    region: str | None = None,
) -> xr.DataArray:
    """Draws in which an outcome is below a threshold, as `exceeds`.

    >>> from analysis import example, falls_below
    >>> int(falls_below(example(), "unemployment_rate", 0.05, region="North").sum())
    170
    """
    refuse_no_sweep(data)
    return _beyond(data, outcome, threshold, policy, year, region, above=False)


def loses(
    data: xr.Dataset,
    policy: str,
    to: str = "none",
    outcome: str = "national_unemployment_rate",
    year: int | None = None,
    region: str | None = None,
    better: str | None = None,
) -> xr.DataArray:
    """Draws in which a policy does worse than another, in the same draw, by an outcome in a year, (draw,).

    better: "low" or "high", where the outcome doesn't say which of it is better. Raises
    ConfigError as `exceeds`, and where it isn't known.

    >>> from analysis import example, loses
    >>> data = example()
    >>> int(loses(data, "ubi").sum()), int(loses(data, "ubi", outcome="national_poverty_rate").sum())
    (156, 0)
    """
    refuse_no_sweep(data)
    values = _values(data, outcome, year, region, [policy, to])
    high = direction(outcome, better) == "high"
    own, other = values.sel(policy=policy), values.sel(policy=to)
    if policy == to:
        raise ConfigError(f"to: expected another policy to compare {policy!r} with, got the same")
    labels = policy_labels(data)
    than = f"{'lower' if high else 'higher'} under {labels[policy]} than under {labels[to]}"
    return _cases(own < other if high else own > other, f"{_thing(values)} {than}{_when(values)}")


def regrets(
    data: xr.Dataset,
    policy: str,
    more_than: float = 0.0,
    outcome: str = "national_unemployment_rate",
    year: int | None = None,
    region: str | None = None,
    better: str | None = None,
) -> xr.DataArray:
    """Draws in which a policy is worse than the best policy of the same draw by more than so much, (draw,).

    more_than: in the outcome's units. Compared are all policies of `data`. Raises ConfigError as `loses`.

    >>> from analysis import example, regrets
    >>> int(regrets(example(), "none", more_than=0.01).sum())  # draws in which another policy saves a point
    121
    """
    refuse_no_sweep(data)
    refuse_threshold(more_than, outcome, "more_than")
    if more_than < 0:
        raise ConfigError(f"more_than: expected 0 or more, as regrets are, got {more_than!r}")
    values = _values(data, outcome, year, region, [policy])
    if values.sizes["policy"] < 2:
        raise ConfigError(f"regrets compares policies, and the dataset has {policy!r} alone")
    signed = values if direction(outcome, better) == "high" else -values
    regret = signed.max("policy") - signed.sel(policy=policy)
    scale = scale_for(outcome, str(values.attrs.get("units", "")), more_than, difference=True)
    amount = f"more than {scale.digits_for(more_than, 3).show(more_than)} {scale.unit}"
    words = f"{_thing(values)} under {policy_labels(data)[policy]} {amount} worse than under the best policy"
    return _cases(regret > more_than, f"{words}{_when(values)}")


def told(cases: xr.DataArray) -> str:
    """What cases are, in words; "" where they aren't as they were made, as after `~` or `&`, which keep attributes."""
    return str(cases.attrs.get("long_name", "")) if cases.attrs.get("checksum") == _checksum(cases) else ""


def _beyond(
    data: xr.Dataset, outcome: str, threshold: float, policy: str, year: int | None, region: str | None, above: bool
) -> xr.DataArray:
    refuse_threshold(threshold, outcome)
    values = _values(data, outcome, year, region, [policy])
    own = values.sel(policy=policy)
    side = "above" if above else "below"
    words = f"{_thing(values)} {side} {_amount(values, threshold)}{_when(values)} under {policy_labels(data)[policy]}"
    return _cases(own > threshold if above else own < threshold, words)


def _values(data: xr.Dataset, outcome: str, year: int | None, region: str | None, policies: list[str]) -> xr.DataArray:
    """An outcome in one year and place, (policy, draw)."""
    known = [str(name) for name in data["policy"].to_numpy()]
    for policy in policies:
        if policy not in known:
            raise ConfigError(f"unknown policy {policy!r}: {nearest(policy, known)}")
    values = outcome_values(data, outcome)
    if "region" in values.dims:
        places = [str(name) for name in data["region"].to_numpy()]
        if region not in places:
            raise ConfigError(f"{outcome} is regional: say region=, not {region!r}; {nearest(region or '', places)}")
        values = values.sel(region=region)
    elif region is not None:
        raise ConfigError(f"{outcome} is national: leave region= out, got {region!r}")
    years = [int(each) for each in data["year"].to_numpy()]
    if year is not None and year not in years:
        raise ConfigError(f"no year {year} in the store: it holds {years[0]} to {years[-1]}")
    found = values.sel(year=years[-1] if year is None else year).astype(float).load()
    refuse_gaps(outcome, found.to_numpy(), axis=found.get_axis_num("draw"))
    return found


def _cases(happens: xr.DataArray, words: str) -> xr.DataArray:
    """A boolean (draw,) array with its description; the checksum tells whether that still holds."""
    bare = happens.drop_vars([str(name) for name in happens.coords if name != "draw"]).transpose("draw")
    bare.attrs = {"long_name": words, "checksum": _checksum(bare)}
    return bare.rename("cases")


def _checksum(cases: xr.DataArray) -> int:
    return crc32(np.packbits(cases.to_numpy().astype(bool)).tobytes())


def _thing(values: xr.DataArray) -> str:
    place = f" of {values['region'].item()}" if "region" in values.coords else ""
    return f"{readable(str(values.name))}{place}"


def _amount(values: xr.DataArray, threshold: float) -> str:
    scale = scale_for(str(values.name), str(values.attrs.get("units", "")), threshold)
    shown = scale.digits_for(threshold, 3).show(threshold)
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return shown if scale.unit == "dimensionless" else f"{shown} {scale.unit}"


def _when(values: xr.DataArray) -> str:
    return f" in {int(values['year'])}"
