"""Synthetic control: a treated region beside the mix of untreated ones that was most like it before the start."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_count, refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.futures import few_draws
from analysis.pilot import over_draws, pilot_of
from sweep.errors import ConfigError, nearest

__all__ = ["synthetic_control"]

FEWEST_YEARS = 3
# Against the variance of untreated paths: of mixes that fit alike, the most even one is taken.
_EVEN = 1e-6
# Weight of the condition that shares add up to 1.
_FIRM = 1e3
Floats = NDArray[np.float64]


def synthetic_control(
    data: xr.Dataset,
    policy: str,
    outcome: str,
    region: str | None = None,
    to: str = "none",
    log: bool = False,
    pooled: bool = False,
    most_draws: int = 512,
) -> xr.Dataset:
    """What a comparison of a treated region with its synthetic control would find, and what is true.

    The control is the mix of untreated regions, with shares of 0 or more that add up to 1, whose path before the start
    is nearest to the region's (default: to the mean of all treated regions), found in each draw by least squares. By
    ([regime,] part, year): `estimate`, region less control; `effect`, what the policy does in the same draw; `bias`,
    their difference; each with `mean`, `standard_error`, `lower`, `upper` as `difference_in_differences`. `share` of
    donors is their mean share by ([regime,] donor), `misfit` the root mean square before the start, both with errors as
    `…_error`. Of the first
    `most_draws` draws only, since each is a problem of its own.

    Raises ConfigError as `difference_in_differences`, and with fewer than three years before the start.
    Source: Abadie, Diamond and Hainmueller 2010.

    >>> from analysis import example, synthetic_control
    >>> found = synthetic_control(example(draws=64), "pilot", "unemployment_rate", pooled=True)
    >>> dict(zip(found["part"].values.tolist(), found["mean"].sel(year=2035).values.round(4).tolist()))
    {'estimate': -0.0144, 'effect': -0.0034, 'bias': -0.011}
    """
    refuse_no_sweep(data)
    refuse_count("most_draws", most_draws)
    sample = data.isel(draw=slice(most_draws))
    pilot = pilot_of(sample, policy, outcome, to, log)
    if pilot.start < FEWEST_YEARS:
        raise ConfigError(
            f"{policy} starts after {pilot.start} years, and a synthetic control needs {FEWEST_YEARS} to fit: start it "
            f"later, as in policy.{policy}.start={int(data['year'][0]) + FEWEST_YEARS + 2}, of a mix each member"
        )
    names = [str(name) for name in data["region"].to_numpy()]
    chosen = pilot.treated if region is None else np.array([name == region for name in names])
    if not (chosen & pilot.treated).any():
        treated = [name for name, own in zip(names, pilot.treated, strict=True) if own]
        raise ConfigError(f"{region} is not treated: {nearest(str(region), treated)}")
    own, donors = pilot.observed[:, chosen].mean(axis=1), pilot.observed[:, ~pilot.treated]
    shares = np.stack([_shares(*pair) for pair in zip(own[:, : pilot.start], donors[:, :, : pilot.start], strict=True)])
    gap = own - (shares[:, :, None] * donors).sum(axis=1)
    effect = pilot.effect[:, chosen].mean(axis=1)
    years = {"part": ["estimate", "effect", "bias"], "year": data["year"].to_numpy()}
    found = over_draws(sample, np.stack([gap, effect, gap - effect], axis=1), years, pooled)
    mix = over_draws(sample, shares, {"donor": data["region"].to_numpy()[~pilot.treated]}, pooled)
    misfit = over_draws(sample, np.sqrt((gap[:, : pilot.start] ** 2).mean(axis=1)), {}, pooled)
    result = found.assign_attrs(pilot.about)
    for name, moments in (("share", mix), ("misfit", misfit)):
        result = result.assign({name: moments["mean"], f"{name}_error": moments["standard_error"]})
    result = described(result, pilot.about.get("units", "1"), "mean", "standard_error", "lower", "upper", "misfit")
    return cautioned(result, few_draws(result), found.attrs["notice"])


def _shares(own: Floats, donors: Floats) -> Floats:
    """Shares of donors, (donor,), whose mix is nearest to a path, (year,), of paths (donor, year)."""
    from scipy.optimize import nnls

    scale = donors.std() or 1.0
    ones = np.ones(len(donors))
    rows = np.concatenate([(donors - own).T / scale, np.sqrt(_EVEN) * np.eye(len(donors)), _FIRM * ones[None]])
    wanted = np.concatenate([np.zeros(len(own) + len(donors)), [_FIRM]])
    found: Floats = nnls(rows, wanted)[0]
    return np.asarray(found / found.sum())
