"""Boxes in plain sentences, with units and percent."""

import numpy as np
import xarray as xr

from analysis.units import NORMAL_95, UNKNOWN, Scale, readable
from sweep.errors import ConfigError

__all__ = ["in_words", "parameter_words", "restricted_parameters", "share_words", "shown_limit", "shown_number"]

PERIODS = {"1/year": " a year", "1/month": " a month"}
# Units that say nothing in a sentence.
BARE = ("", "1", "elasticity", "semi-elasticity", "ratio", "log", "weight")
PERCENT = Scale(0.01, "%", 0)


def in_words(boxes: xr.Dataset, stability: xr.Dataset | None = None) -> list[str]:
    """What `prim` or `cart` found, a sentence a box; then how stable it is, if `resampled` says so, and all weights.

    >>> from analysis import example, exceeds, in_words, prim
    >>> data = example()
    >>> boxes = prim(data, exceeds(data, "national_unemployment_rate", 0.1), boxes=1)
    >>> print(in_words(boxes)[0])
    In futures where the regime is rapid and automation (tasks that AI takes over) is above 52 %, 91 ± 5 % have
    national unemployment rate above 10 % in 2035 under No policy (density), against 15 ± 1 % of all futures; these are
    91 ± 5 % of all such futures (coverage; ±: 95 % intervals).
    """
    if not isinstance(boxes, xr.Dataset) or "base_rate" not in boxes:
        raise ConfigError(f"boxes: expected what prim or cart found, got {type(boxes).__name__}")
    sentences = [_sentence(boxes.isel(box=place), place) for place in range(boxes.sizes["box"])]
    if not sentences:
        share, rule = share_words(boxes["base_rate"], boxes["base_rate_error"]), boxes.attrs["rule"]
        none = f"no box is better than all of them by more than chance ({rule})"
        sentences = [f"{share} of all futures {_have(boxes)}; {none}."]
    if stability is not None and boxes.sizes["box"]:
        sentences.append(_stability(boxes.isel(box=0), stability))
    return [*sentences, f"Futures are {boxes.attrs['weights']}."] if boxes.attrs["weights"] else sentences


def _sentence(box: xr.Dataset, place: int) -> str:
    conditions = [_condition(box.sel(parameter=name)) for name in restricted_parameters(box)]
    listed = " and ".join([", ".join(conditions[:-1]), conditions[-1]] if len(conditions) > 1 else conditions)
    later = place and box.attrs["method"] == "PRIM"
    start = "Outside these, in futures where" if later else "In futures where"
    density, coverage, base, rest = (
        share_words(box[name], box[f"{name}_error"]) for name in ("density", "coverage", "base_rate", "rest_rate")
    )
    others = f"{rest} of all outside these and {base} of all futures" if later else f"{base} of all futures"
    return (
        f"{start} {listed}, {density} {_have(box)} (density), against {others}; "
        f"these are {coverage} of all such futures (coverage; ±: 95 % intervals)."
    )


def _have(boxes: xr.Dataset) -> str:
    return f"have {boxes.attrs['cases']}" if boxes.attrs["cases"] else "are cases"


def restricted_parameters(box: xr.Dataset) -> list[str]:
    """Names of the parameters that a box restricts, those that could least be done without first."""
    order, names = np.argsort(box["quasi_p"].to_numpy(), kind="stable"), box["parameter"].to_numpy()
    restricted = box["restricted"].to_numpy()
    return [str(names[place]) for place in order if restricted[place]]


def _condition(own: xr.Dataset) -> str:
    """What a box says of one of its parameters."""
    name = str(own["parameter"].item())
    if name == "regime":
        inside = own["regime"].to_numpy()[own["in_box"].to_numpy()]
        return f"the regime is {' or '.join(map(str, inside))}"
    meaning, units = str(own["meaning"].item()), str(own["units"].item())
    subject = (
        f"{parameter_words(name)} ({meaning})"
        if meaning and meaning != parameter_words(name)
        else parameter_words(name)
    )
    low, high = float(own["low"]), float(own["high"])
    if np.isfinite(low) and np.isfinite(high):
        return f"{subject} is between {shown_limit(low, units)} and {shown_limit(high, units)}"
    side = f"above {shown_limit(low, units)}" if np.isfinite(low) else f"below {shown_limit(high, units)}"
    return f"{subject} is {side}"


def parameter_words(name: str) -> str:
    """An input's name as words; of a policy's dose, such as policy.ubi.amount, the dose and whose it is."""
    first, *rest = name.split(".")
    if first != "policy" or len(rest) < 2:
        return readable(name)
    return f"{readable(rest[-1])} of {' '.join(map(readable, rest[:-1]))}"


def shown_limit(value: float, units: str) -> str:
    """A value of an input with three digits and its unit, shares as percent."""
    if units.startswith("share") or units in ("rate", "probability"):
        return f"{shown_number(100 * value)} %"
    return shown_number(value) + (PERIODS.get(units) or ("" if units in BARE else f" {units}"))


def shown_number(value: float) -> str:
    """A number with three digits."""
    text = Scale(1.0, "", 0).digits_for(value, 3).show(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def share_words(share: xr.DataArray, error: xr.DataArray | None = None) -> str:
    """A share in percent, with 1.96 standard errors where it has one."""
    if error is None or not np.isfinite(error):
        plain = f"{PERCENT.show(float(share))} %" if share > 0.1 else f"{shown_number(100 * float(share))} %"
        return plain if error is None else f"{plain}{UNKNOWN}"
    wide = NORMAL_95 * float(error)
    scale = PERCENT if wide >= 0.0095 else Scale(0.01, "%", 1)
    return f"{scale.show(float(share))} ± {scale.show(max(wide, 0.001))} %"


def _stability(box: xr.Dataset, stability: xr.Dataset) -> str:
    shares = stability["restricted"]
    names = [name for name in restricted_parameters(box) if name in shares["parameter"]]
    listed = ", ".join(f"{parameter_words(name)} in {share_words(shares.sel(parameter=name))}" for name in names)
    own, other = stability["density"].mean(), stability["density_outside"].mean()
    return (
        f"In {stability.sizes['resample']} random halves of the draws, the first box has a limit of {listed}; "
        f"its density is {share_words(own)} in those halves, and {share_words(other)} in the others."
    )
