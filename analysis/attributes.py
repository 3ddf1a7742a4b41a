"""What each number of a result is, and in which unit, where pictures and notebooks look for it: in its attributes."""

import re

import xarray as xr

__all__ = ["described"]

_OF = {
    "error": "standard error of {}",
    "lower": "{}, lower end of 95 % interval",
    "upper": "{}, upper end of 95 % interval",
    "by_regime": "{} by regime",
}
_ENDS = re.compile(rf"(.+)_({'|'.join(_OF)})")


def described(found: xr.Dataset, units: str, *names: str, **others: str) -> xr.Dataset:
    """The result with a `long_name` for each variable, and with `units` for each number that has none yet.

    units: of the variables with these names and of what is told of them (`…_error`, `…_lower`, …), or of all where no
    name is given; others: units of other names; all the rest has none, "1". "" leaves units to a coordinate that says
    them by outcome, parameter or the like.
    """
    told = found.copy()
    for key in told.data_vars:
        # A variable of its own is named in place: to assign each anew takes xarray ten times as long.
        variable = told.variables[key]
        base, title = _taken_apart(str(key))
        own = others.get(base, units if not names or base in names else "1")
        variable.attrs["long_name"] = title
        if variable.dtype.kind in "fiu" and own:
            variable.attrs.setdefault("units", own)
    return told


def _taken_apart(name: str) -> tuple[str, str]:
    """The name of the number that a variable tells something of, and what that is in words."""
    if name == "standard_error" or not (match := _ENDS.fullmatch(name)):
        return name, name.replace("_", " ")
    base, title = _taken_apart(match[1])
    return base, _OF[match[2]].format(title)
