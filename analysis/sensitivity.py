"""Sensitivity from designs made for it: Sobol indices of `design=saltelli`, Morris's effects of `design=morris`.

Within a regime inputs are independent. Between regimes their distributions differ, so that indices are by regime;
pooled ones are shares of the whole variance, of which the regime takes what lies between regimes' means. SALib, beside
which tests put both, takes one function's values at a time and knows neither regimes, which leave out rows of a block,
nor replicates, which tell the errors.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.inputs import input_values, with_evidence
from analysis.labels import json_attribute
from analysis.monte_carlo import design_of, error_of_replicates
from analysis.regimes import Regimes, named_regimes, regimes_of
from analysis.shares import Floats, Found, View, chosen, intervals, level, measured, share, views
from sweep.errors import ConfigError

__all__ = ["Blocks", "blocks_of", "morris_screening", "replicates_of", "saltelli_shares"]
__all__ += ["sobol_indices"]

_INSTEAD = {"saltelli": "first_order_given_data takes a store of draws, ", "morris": ""}
_ROWS_BESIDE = {"saltelli": 2, "morris": 1}
_FEWEST, _FEW = 8, 100


@dataclass(frozen=True)
class Blocks:
    """The whole blocks of a store: their factors, each with its inputs, positions of their draws, and regimes.

    positions: (block, row); replicates: of the design, (block,); regimes: of blocks, by their last row.
    """

    factors: dict[str, tuple[str, ...]]
    positions: NDArray[np.intp]
    replicates: NDArray[np.intp]
    regimes: Regimes
    notice: str

    @property
    def apart(self) -> bool:
        """Whether the first factor is the regime, which only pooled results have."""
        return "regime" in self.factors

    def shown(self, pooled: bool) -> list[str]:
        """Factors that a result has."""
        return list(self.factors)[0 if pooled else int(self.apart) :]

    @property
    def alone(self) -> dict[str, str]:
        """The input of each factor that is one."""
        return {name: inputs[0] for name, inputs in self.factors.items() if len(inputs) == 1}

    def error(self, influence: Floats, view: View) -> Floats:
        """Standard error, (…), of a result over a view whose influence values are (block, …)."""
        return error_of_replicates(influence, self.replicates[view.members])

    @property
    def reach(self) -> float:
        """How many errors an interval of 95 % reaches to both sides, by Student's t: errors of few replicates vary."""
        from scipy.special import stdtrit

        return float(stdtrit(len(np.unique(self.replicates)) - 1, 0.975))

    def of(self, stored: xr.DataArray) -> xr.DataArray:
        """An outcome in the draws of whole blocks, (policy, draw, …)."""
        is_whole = self.positions.size == stored.sizes["draw"]
        return stored if is_whole else stored.isel(draw=self.positions.ravel())


def blocks_of(data: xr.Dataset, design: str) -> Blocks:
    """The blocks of a design in a store. Raises ConfigError where the store has another design, or too few of them."""
    held = design_of(data)
    if held != design:
        raise ConfigError(
            f"this needs a store of design={design}, got one of design={held}: {_INSTEAD[design]}"
            f"or run `uv run sweep design={design}`"
        )
    factors = {name: tuple(inputs) for name, inputs in json_attribute(data, "factors").items()}
    rows = len(factors) + _ROWS_BESIDE[design]
    numbers = data["draw"].to_numpy()
    whole = np.isin(numbers // rows, np.flatnonzero(np.bincount(numbers // rows) == rows))
    positions = np.flatnonzero(whole).reshape(-1, rows)
    few = data.drop_vars([name for name in data.data_vars if name != "regime"])
    regimes = regimes_of(few.isel(draw=positions[:, -1])) if len(positions) else None
    if regimes is None or min(regimes.draws) < _FEWEST:
        had = "none" if regimes is None else _counts(regimes)
        wanted = _wanted(few.get("regime"), regimes) * rows
        one = ", or of one regime, as adoption=central" if "regime" in few else ""
        raise ConfigError(
            f"whole blocks of {rows} draws: expected at least {_FEWEST} in each regime, got {had}; "
            f"run the sweep with draws={wanted}{one}"
        )
    lost = -(-len(numbers) // rows) - len(positions)
    notices = [f"{lost:,} blocks are left out, since some of their draws are"] if lost else []
    if min(regimes.draws) < _FEW:
        notices.append(f"few blocks: {_counts(regimes)}; intervals are wide and rough below {_FEW}")
    replicates = replicates_of(data, design)[positions[:, 0]]
    return Blocks(factors, positions, replicates, regimes, "; ".join(notices))


def replicates_of(data: xr.Dataset, design: str) -> NDArray[np.intp]:
    """The replicate of a design in blocks that each draw is of, (draw,). Raises ConfigError where none is stored."""
    if "replicates" not in data.attrs:
        raise ConfigError(
            f"this store doesn't say of how many replicates its blocks are, without which errors of design={design} "
            f"can't be told: run `uv run sweep design={design}` once more"
        )
    rows = len(json_attribute(data, "factors")) + _ROWS_BESIDE[design]
    return np.asarray(data["draw"].to_numpy() // rows % int(data.attrs["replicates"]))


def _wanted(regime: xr.DataArray | None, found: Regimes | None) -> int:
    """Blocks of which there will be enough in the rarest regime, of those without any too; of no stated weight, found.

    Twice as many as are enough, since chance deals blocks to regimes.
    """
    stated = [] if regime is None else np.atleast_1d(regime.attrs.get("weights", [])).astype(float).tolist()
    shares = [share for share in stated if share > 0] or (found.weights if found else [1.0])
    return math.ceil(2 * _FEWEST * sum(shares) / max(min(shares), 1e-3 * sum(shares)))


def _counts(regimes: Regimes) -> str:
    return ", ".join(f"{count:,} in {name}" for name, count in zip(regimes.names, regimes.draws, strict=True))


def _explained(
    block: Floats, blocks: Blocks, view: View, apart: bool, parts: Floats | None
) -> dict[str, tuple[Floats, Floats]]:
    """Shares `first` and `total`, (factor, lane), with errors, of blocks (block, row, lane).

    apart: whether the first factor is the regime, of which `first` is what lies between regimes' means. parts: sums to
    take of factors, (block, sum, factor), None: each factor by itself. Estimators are those of Saltelli et al. 2010:
    of first the best mixture of (b), which is sure of small shares, and (c), Jansen's, which is sure of large ones; of
    total Jansen's (f).
    """
    means = level((block[:, 0] + block[:, -1]) / 2, blocks.regimes)[view.members]
    block = block[view.members]
    here, there, moved = block[:, 0], block[:, -1], block[:, 1:-1]
    middle, within = (here + there) / 2, ((here - means) ** 2 + (there - means) ** 2) / 2
    mean = view.mean(middle)[0]
    spread = ((here - mean) ** 2 + (there - mean) ** 2) / 2

    def shared(top: Floats) -> tuple[Floats, Floats]:
        return share(top, spread, view, mean)

    small, large = (
        (there - means)[:, None] * (moved - here[:, None]),
        within[:, None] - (there[:, None] - moved) ** 2 / 2,
    )
    first, total = (
        small + _mixture(shared(small)[1], shared(large)[1]) * (large - small),
        (moved - here[:, None]) ** 2 / 2,
    )
    if apart:
        first[:, 0] = (means - mean) ** 2 + 2 * (means - mean) * (middle - means)
    tops = {"first": first, "total": total}
    if parts is not None:
        tops = {name: parts[view.members] @ each for name, each in tops.items()}
    found = {name: shared(each) for name, each in tops.items()}
    return {name: (value, blocks.error(influence, view)) for name, (value, influence) in found.items()}


def _mixture(one: Floats, other: Floats) -> Floats:
    """How much of the other of two estimates makes the error of their mixture least, (…), of influence values."""
    apart = one - other
    squares = (apart**2).sum(axis=0)
    best = (one * apart).sum(axis=0) / np.where(squares > 0, squares, np.inf)
    return np.asarray(np.clip(best, 0, 1))


def sobol_indices(data: xr.Dataset, outcome: str, year: int | None = None, pooled: bool = False) -> xr.Dataset:
    """First and total Sobol indices of a store of `design=saltelli`, (regime, policy, [region,] year, factor).

    `first` is the share of an outcome's variance that a factor explains alone, `total` the share that would be left if
    all others were known; each with its standard `…_error` and the ends `…_lower` and `…_upper` of a 95 % interval
    (slightly below 0 where an index is 0). `blocks` counts them by regime. NaN where an outcome has no spread. Factors
    are what the sweep moved, by `design.by`.

    If `pooled`, shares are of the variance over all regimes, with the weights in the attributes; `regime` is a factor,
    and what others explain within regimes counts as their `first`, with what depends on the regime.

    Raises ConfigError for a store of another design, or of too few blocks. Source: Saltelli et al. 2010.

    >>> from analysis import example, sobol_indices
    >>> found = sobol_indices(example("saltelli", draws=3072), "national_unemployment_rate", 2035, pooled=True)
    >>> found = found.sel(policy="none", year=2035)
    >>> dict(zip(found["factor"].values.tolist(), found["total"].values.round(2).tolist()))
    {'regime': 0.53, 'automation': 0.58, 'reinstatement': 0.14, 'take_up': 0.0}
    """
    refuse_no_sweep(data)
    blocks = blocks_of(data, "saltelli")
    found = saltelli_shares(blocks, chosen(data, outcome, year), pooled)
    found = intervals(found, "first", "total", reach_in_errors=blocks.reach)
    return cautioned(with_evidence(data, described(found, "1"), blocks.alone), blocks.notice)


def saltelli_shares(
    blocks: Blocks, stored: xr.DataArray, pooled: bool, sums: Mapping[str, Floats] | None = None
) -> xr.Dataset:
    """`first` and `total` with errors, (regime, policy, [region,] year, factor), of each factor.

    sums: sums of factors to take instead, by name, (block, factor), where blocks of a regime may have their own.
    """
    names = blocks.shown(pooled) if sums is None else list(sums)
    parts = None if sums is None else np.stack(list(sums.values()), axis=1)
    skipped = 0 if sums is not None or pooled else int(blocks.apart)

    def measure(values: Floats) -> Found:
        block, apart = values.reshape(*blocks.positions.shape, -1), pooled and blocks.apart
        found = _stacked([_explained(block, blocks, view, apart, parts) for view in views(blocks.regimes, pooled)])
        return {name: each[:, skipped:] for name, each in found.items()}

    return measured(blocks.of(stored), blocks.regimes, pooled, names, measure, counted="blocks")


def _stacked(found: Sequence[dict[str, tuple[Floats, Floats]]]) -> Found:
    """Estimates and errors of some views as arrays (view, factor, lane)."""
    pairs = {name: [each[name] for each in found] for name in found[0]}
    values = {name: np.stack([value for value, _ in each]) for name, each in pairs.items()}
    return values | {f"{name}_error": np.stack([error for _, error in each]) for name, each in pairs.items()}


def morris_screening(data: xr.Dataset, outcome: str, year: int | None = None, pooled: bool = False) -> xr.Dataset:
    """Morris's elementary effects of a store of `design=morris`, (regime, policy, [region,] year, factor).

    An effect is the change of an outcome, in its units, as one factor moves up by half of its distribution, over 1/2.
    `mu` is the mean of effects, `mu_star` of their sizes; `sigma`, their standard deviation, says how much an effect
    depends on the other inputs; each has its standard `…_error`. A factor of several inputs has `mu_star` alone, since
    they move up and down as they lie. `blocks` counts trajectories by regime.

    If `pooled`, with the weights in the attributes, `regime` is a factor: from each regime to the one half of all
    weight away. Raises ConfigError for a store of another design, or of too few trajectories.

    Source: Morris 1991; Campolongo, Cariboni, Saltelli 2007.

    >>> from analysis import example, morris_screening
    >>> found = morris_screening(example("morris", draws=2048), "national_unemployment_rate", 2035, pooled=True)
    >>> found = found.sel(policy="none", year=2035)
    >>> dict(zip(found["factor"].values.tolist(), found["mu_star"].values.round(3).tolist()))
    {'regime': 0.05, 'automation': 0.067, 'reinstatement': 0.028, 'take_up': 0.0}
    """
    refuse_no_sweep(data)
    blocks = blocks_of(data, "morris")
    names = blocks.shown(pooled)
    signs = np.stack([_direction(data, blocks, name) for name in names], axis=1)

    def measure(values: Floats) -> Found:
        block = values.reshape(*blocks.positions.shape, -1)
        effects = np.diff(block, axis=1)[:, -len(names) :] / 0.5
        found = [_effects(effects, signs, blocks, view) for view in views(blocks.regimes, pooled)]
        return {name: np.stack([each[name] for each in found]) for name in found[0]}

    stored = chosen(data, outcome, year)
    result = measured(blocks.of(stored), blocks.regimes, pooled, names, measure, counted="blocks")
    result = result.assign_attrs(units=stored.attrs.get("units", ""))
    result = described(result, result.attrs["units"])
    return cautioned(with_evidence(data, result, blocks.alone), blocks.notice)


def _direction(data: xr.Dataset, blocks: Blocks, name: str) -> Floats:
    """Whether a factor moves up (1) or down (−1) in each trajectory, (block,); NaN of a factor of several inputs."""
    place, inputs = list(blocks.factors).index(name), blocks.factors[name]
    if name == "regime":
        order = str(data["regime"].attrs.get("flag_meanings", "")).split()
        named = [order.index(str(each)) for each in named_regimes(data)["regime"].to_numpy()]
        values = np.array(named, dtype=np.float64)
    elif name not in blocks.alone or data[inputs[0]].ndim > 1:
        return np.full(len(blocks.positions), np.nan)
    else:
        values = input_values(data, inputs[0])
    return np.sign(values[blocks.positions[:, place + 1]] - values[blocks.positions[:, place]])


def _effects(effects: Floats, signs: Floats, blocks: Blocks, view: View) -> dict[str, Floats]:
    """Means of effects and of their sizes, with errors, and the standard deviation, of (block, factor, lane)."""
    own = effects[view.members]
    signed = signs[view.members, :, None] * own
    mean, influence = view.mean(signed)
    size, moves = view.mean(np.abs(own))
    count = len(own)
    variance, spread = view.mean((signed - mean) ** 2)
    deviation = np.sqrt(variance * count / (count - 1))
    errors = {"mu_error": blocks.error(influence, view), "mu_star_error": blocks.error(moves, view)}
    errors["sigma_error"] = blocks.error(spread, view) / np.where(deviation > 0, 2 * deviation, np.inf)
    return {"mu": mean, "mu_star": size, "sigma": deviation, **errors}
