"""How precise the numbers of a store are, and how many draws would make them as precise as a study asks for."""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sweep.study import Precision, Study, Target
from sweep.targets import EACH

if TYPE_CHECKING:
    import xarray as xr

    from sweep.store import Where

__all__ = ["Reached", "aims", "next_draws", "reached", "verdict"]

# An error is itself off by some fifth: a prediction from it leads to no more than so many times the draws, and aims at
# a little less than what is asked for.
_MOST_GROWTH, _AIM = 4.0, 0.95


@dataclass(frozen=True)
class Reached:
    """The largest standard error of what a target names, and whose it is.

    NaN where draws are too few to tell it, infinite where none will do: of a quantile between two regimes.
    """

    target: Target
    error: float
    whose: str = ""

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        return self.error <= self.target.se

    def __str__(self) -> str:
        error = "not known from so few" if math.isnan(self.error) else f"{self.error:.3g}"
        if math.isinf(self.error):
            error = "none, with more draws too, since it lies between regimes and their weights alone decide it"
        return f"{told(self.target)}: standard error {error}{self.whose}, wanted {self.target.se:g}"


def told(target: Target) -> str:
    """The number that a target is of, in words."""
    kind = "mean"
    if target.quantile is not None:
        kind = f"{100 * target.quantile:g} % quantile"
    elif target.above is not None:
        kind = f"probability above {target.above:g}"
    return f"{kind} of {target.outcome}{'' if target.year is None else f' in {target.year}'}"


def aims(wanted: Precision) -> str:
    """What a sweep is extended for, in words."""
    targets = "; ".join(f"{told(target)}, standard error {target.se:g}" for target in wanted.targets)
    return f"Draws are added until this is reached, up to {wanted.most_draws:,}: {targets}"


def reached(study: Study, at: "Where") -> tuple[list[Reached], int]:
    """How precise a store is by each target of a study, over the draws that its policies completed, and its draws."""
    from analysis import StoreWarning, load
    from analysis.caution import AnalysisWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        warnings.simplefilter("ignore", AnalysisWarning)
        data = load(at, [policy.name for policy in study.policies])
        targets = study.precision.targets if study.precision else ()
        found = [_worst(target, _errors(data, target)) for target in targets]
    return found, data.sizes["draw"] + int(data.attrs["draws_dropped"])


def _errors(data: "xr.Dataset", target: Target) -> "xr.DataArray":
    """Standard errors of what a target names, ([regime,] policy, [region]); one policy in memory at a time."""
    import xarray as xr

    names = [target.outcome, *({"regime"} & set(data.data_vars))]
    chosen = data[names].sel(year=data["year"].to_numpy()[-1:] if target.year is None else [target.year])
    chosen = chosen if target.region is None else chosen.sel(region=[target.region])
    policies = data["policy"].to_numpy() if target.policy is None else [target.policy]
    errors = xr.concat([_of_policy(chosen.sel(policy=[policy]), target) for policy in policies], "policy")
    return errors if target.regime in (None, EACH) else errors.isel(regime=errors["regime"].to_numpy() == target.regime)


def _of_policy(data: "xr.Dataset", target: Target) -> "xr.DataArray":
    """Standard errors of one policy and year, ([regime,] policy, [region])."""
    from analysis import estimates, exceedance
    from analysis.regimes import regimes_of

    pooled = target.regime is None
    if target.above is not None:
        found = exceedance(data, target.outcome, [target.above], pooled)["probability_error"].isel(threshold=0)
    elif target.quantile is not None:
        table = estimates(data, target.outcome, [target.quantile], pooled=pooled).isel(quantile=0)
        found = table["quantiles_error"]
        if pooled and _is_sum(target.quantile, regimes_of(data).weights):
            found = found.where(~table["between_regimes"], math.inf)
    else:
        found = estimates(data, target.outcome, (), pooled=pooled)["mean_error"]
    return found.isel(year=0, drop=True)


def _is_sum(share: float, weights: Sequence[float]) -> bool:
    """Whether the weights of some regimes add up to a share, so that it may lie between these and the others."""
    sums = (sum(chosen) for count in range(len(weights)) for chosen in combinations(weights, count))
    return any(math.isclose(each, share, abs_tol=1e-9) for each in sums)


def _worst(target: Target, errors: "xr.DataArray") -> Reached:
    """The largest error, and whose it is; one that isn't known is larger than any."""
    if not errors.size:
        return Reached(target, math.nan, f" (no draws of regime {target.regime})")
    flat = int(np.argmax(np.nan_to_num(errors.to_numpy(), nan=np.inf)))
    worst = errors[np.unravel_index(flat, errors.shape)]
    return Reached(target, float(worst), f" ({', '.join(str(worst[dim].item()) for dim in errors.dims)})")


def _growth(each: Reached) -> float:
    """By how much draws are to grow for a target: errors fall with the root of draws, of Sobol designs faster."""
    return 1.0 if each.met else (each.error / (_AIM * each.target.se)) ** 2


def next_draws(found: Sequence[Reached], draws: int, most: int) -> int:
    """Draws to extend a store of so many to, at most `most`; as many as it has where that is all, or targets are met.

    Steps are a quarter of a power of two, as suits Sobol designs.
    """
    within_reach = [each for each in found if not math.isinf(each.error)]
    if draws >= most or all(each.met for each in within_reach):
        return draws
    growth = max(_MOST_GROWTH if math.isnan(each.error) else min(_MOST_GROWTH, _growth(each)) for each in within_reach)
    step = max(1, (1 << draws.bit_length() - 1) // 4)
    return min(most, math.ceil(draws * growth / step) * step)


def verdict(found: Sequence[Reached], draws: int, added: int, seconds: float) -> str:
    """What was reached with how many draws, what that took, and what would take more, in words."""
    spent = f"; {added:,} of them added in {seconds:.1f} s" if added else ""
    if all(each.met for each in found):
        return f"Precision reached with {draws:,} draws{spent}."
    if hopeless := [each for each in found if math.isinf(each.error)]:
        asked = "; ".join(map(str, hopeless))
        return f"Precision not reached with {draws:,} draws{spent}, since no draws will do: {asked}."
    growth = max(_growth(each) for each in found)
    about = f", some {float(f'{draws * growth:.2g}'):,.0f} would do" if math.isfinite(growth) else ""
    return f"Precision not reached with {draws:,} draws{spent}: state most_draws in precision{about}."
