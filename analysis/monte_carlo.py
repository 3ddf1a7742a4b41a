"""Monte Carlo error of whatever is made of draws: as that of the mean of its influence values.

The influence value of a draw says how far that draw moved the result: of a mean, its distance from the mean. Draws of
`monte_carlo` are independent. Those of `sobol` and `halton` aren't: each run of consecutive draws fills the cube evenly
by itself, and what the means of such batches differ by is the error of one batch. Batches together fill the cube more
evenly than independent ones would, so that this error is rather too large than too small: for smooth results of few
inputs by far, for shares, quantiles and results of many inputs by little; `standard_error` tells the exception. Draws
of `latin_hypercube` are taken as independent: their error is at most that, and far less where a result is a sum of what
single inputs do.

Source: Owen 1997 (scrambled nets; Latin hypercubes); L'Ecuyer, Nakayama, Owen and Tuffin 2023 (intervals from few
replicates).
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.labels import json_attribute
from analysis.regimes import Strata, pooled_weights
from analysis.units import NORMAL_95

__all__ = ["BATCHES", "DESIGNS", "DRAWN", "NORMAL_95", "batch_draws", "between_regimes", "design_of", "design_told"]
__all__ += ["error_of_batches", "error_of_replicates"]
__all__ += ["error_of_probability", "error_of_quantile", "errors_told", "few_decide", "few_told", "in_the_middle"]
__all__ += ["seam_told", "share_beside", "standard_error", "stratified_mean", "undrawn", "weighted_mean"]

# Those whose draws are all drawn from the stated distributions; of some, errors are taken as of independent draws.
DESIGNS = ("monte_carlo", "sobol", "halton", "latin_hypercube")
DRAWN = f"{', '.join(DESIGNS[:-1])} or {DESIGNS[-1]}"
_AS_INDEPENDENT = ("monte_carlo", "latin_hypercube")
# What draws of other designs are, of which shares, quantiles and errors are no probabilities.
_CHOSEN = {
    "factorial": "are combinations of chosen levels, and no sample",
    "table": "are rows of a table that nobody called a random sample (design.sample=true)",
    "multirun": "are of jobs with settings of your choice, and no sample; take one, data.sel(draw=data.job == 0)",
}
BATCHES = 16
Floats = NDArray[np.float64]


def weighted_mean(values: NDArray[np.floating] | NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Mean over draws, (…), and influence values, (draw, …), of values (draw, …) with weights (draw,).

    With weights of 1 in a regime and 0 outside, it is the regime's mean. Influence values are so scaled that the error
    of few draws is unbiased; a single draw has none, NaN.
    """
    used = slice(None) if weights.all() else np.flatnonzero(weights)
    shares = (weights[used] / weights[used].sum()).reshape(-1, *[1] * (values.ndim - 1))
    own = values[used].astype(np.float64, copy=False)
    mean: Floats = (shares * own).sum(axis=0)
    left = 1 - float((shares**2).sum())
    influence = np.zeros(values.shape)
    influence[used] = (len(weights) / np.sqrt(left) if left > 1e-12 else np.nan) * shares * (own - mean)
    return mean, influence


def stratified_mean(values: NDArray[np.floating] | NDArray[np.bool_], strata: Strata) -> tuple[Floats, Floats]:
    """As `weighted_mean`, of strata with stated shares, which chance doesn't touch."""
    if len(strata) == 1:
        # That of one is all there is, and adding it up would take twice as long.
        return weighted_mean(values, strata[0][1])
    mean, influence = np.zeros(values.shape[1:]), np.zeros(values.shape)
    for share, weights in strata:
        own, moved = weighted_mean(values, weights)
        mean += share * own
        influence += share * moved
    return mean, influence


def design_of(data: xr.Dataset) -> str:
    """The design of a store's draws; those of anything else, and rows that are a random sample, are independent.

    Of jobs of a multirun it is that of the only job whose draws there are, or that of all together.
    """
    if "job_designs" in data.attrs and "job" in data.coords:
        jobs = np.unique(data["job"].to_numpy())
        if len(jobs) == 1:
            return str(json_attribute(data, "job_designs").get(str(jobs[0]), "multirun"))
    return "monte_carlo" if data.attrs.get("random_sample") else str(data.attrs.get("design", "monte_carlo"))


def undrawn(design: str) -> str:
    """Why draws of a design aren't a sample from the stated distributions, in words; "" where they are."""
    return "" if design in DESIGNS else f"draws of design={design} {_CHOSEN.get(design, 'share inputs')}"


def design_told(data: xr.Dataset) -> str:
    """A notice on what is made of draws that aren't a sample from the stated distributions; "" of others."""
    design = design_of(data)
    rough = (
        "shares, quantiles and errors are no probabilities" if design in _CHOSEN else "estimates and errors are rough"
    )
    return f"{undrawn(design)}: {rough}; {DRAWN} tells them" if undrawn(design) else ""


def batch_draws(draws: int, design: str) -> int:
    """Draws of a batch, 0 where draws are taken as independent.

    Of `sobol` the largest power of two of which there are `BATCHES` or more. Designs in blocks share inputs between
    draws that are near each other, so that batches hold most of what draws have in common.
    """
    if design in _AS_INDEPENDENT or draws < 2 * BATCHES:
        return 0
    return 1 << (draws // BATCHES).bit_length() - 1 if design == "sobol" else draws // BATCHES


def error_of_batches(means: Floats, draws: int, size: int) -> Floats:
    """Standard error, (…), of a result of so many draws from means of influence over batches of `size`, (batch, …)."""
    return np.asarray(means.std(axis=0, ddof=1) * np.sqrt(size / draws))


def standard_error(influence: Floats, design: str) -> Floats:
    """Standard error, (…), of a result whose influence values are (draw, …), in the order of the design's draws.

    With the few batches there are, it is itself off by a fifth or so; times 1.96 it covers some 93 to 95 % of cases,
    and more where it is too large. Of means of Sobol draws it was, of 2 to 30 inputs and 256 to 4,096 draws: 2 to 7
    times for sums of normals and exp of them, 2 to 20 for sums of uniforms, exp and squares of them, 1 to 2.5 for the
    share beyond a threshold of a sum, 1 to 2 for products of 6 normals or more, and 3 to 6 for those of 2 or 3. Of
    results that are what two inputs do together and nothing else it was too small by a fifth or more in 6 to 11 % of
    pairs of the first 64 dimensions, by half in 3 to 7 %, and by ten times or more in a few: there these two fill the
    square badly, in all batches alike, which no batches tell. Independent scramblings would, as designs in blocks have.
    """
    draws = len(influence)
    size = batch_draws(draws, design)
    if not size:
        return np.asarray(np.sqrt(((influence - influence.mean(axis=0)) ** 2).sum(axis=0)) / draws)
    whole = influence[: draws // size * size]
    return error_of_batches(whole.reshape(-1, size, *influence.shape[1:]).mean(axis=1), draws, size)


def error_of_replicates(influence: Floats, replicate: NDArray[np.intp]) -> Floats:
    """Standard error, (…), of a result whose influence values are (block, …), from replicates, (block,), of its design.

    Replicates are independent, however blocks of one are: of 16 of them, the error is itself off by a fifth or so.
    """
    own = np.unique(replicate)[:, None] == replicate
    if len(own) < 2:
        return np.full(influence.shape[1:], np.nan)
    sums = own.astype(float) @ influence.reshape(len(influence), -1)
    return np.asarray(np.sqrt(len(own) * sums.var(axis=0, ddof=1)) / len(influence)).reshape(influence.shape[1:])


def error_of_probability(probability: Floats, error: Floats, draws: float | Floats) -> Floats:
    """Standard errors of probabilities, which so many draws can't tell apart by less than half of one.

    Of those that no draw or every draw makes up, it is as if there were one draw more of each kind.
    """
    # Sums of weights round.
    certain = (probability <= 1e-12) | (probability >= 1 - 1e-12)
    return np.where(certain, np.sqrt((draws + 1) / draws) / (draws + 2), np.maximum(error, 0.5 / draws))


def error_of_quantile(probability: Floats, share_error: Floats, quantile: Callable[[Floats], Floats]) -> Floats:
    """Standard error of a quantile from that of the share of draws up to it, brought back by `quantile`.

    Half of what lies between the quantiles at the ends of the share's interval; NaN where one end has no draws. Where
    one end is a value that many draws share, the truth may lie as far as the farther end. Source: Woodruff 1952,
    https://doi.org/10.1080/01621459.1952.10483443.
    """
    reach = NORMAL_95 * share_error
    low, high = probability - reach, probability + reach
    known = (low >= 0) & (high <= 1) & (probability > 0) & (probability < 1)
    # All at once: of few draws, each call of its own takes longer than what it does.
    shares = np.stack([low - reach, low, np.broadcast_to(probability, low.shape), high, high + reach])
    found = quantile(np.clip(np.moveaxis(shares, 0, -2).reshape(*low.shape[:-1], -1), 0, 1))
    beneath, below, at, above, over = np.moveaxis(found.reshape(*found.shape[:-1], 5, low.shape[-1]), -2, 0)
    shared = (beneath == below) | (above == over)
    half = np.where(shared, np.maximum(at - below, above - at), (above - below) / 2)
    return np.where(known, half / NORMAL_95, np.nan)


def few_decide(squares: Floats, largest: Floats) -> NDArray[np.bool_]:
    """Whether so few draws decide a share that an interval of it would reach beyond all that they can decide.

    squares: sum of the squares of influence values; largest: the largest square. Of a share of equal draws, it is as
    where the interval of `error_of_quantile` goes below 0 or above 1.
    """
    return np.asarray((squares < NORMAL_95**2 * largest) | (largest < 1e-18))


def between_regimes(influence: Floats, strata: Strata) -> NDArray[np.bool_]:
    """Whether a quantile lies on a seam, where the draws of some regimes end and those of others begin, (…).

    influence: (draw, …) of the share of draws up to it. Stated weights then decide it, and few draws or none, so that
    its error can't be told; at what weights add up to, not with any number of draws.
    """
    if len(strata) < 2:
        return np.zeros(influence.shape[1:], dtype=bool)
    squares = influence**2
    return few_decide(squares.sum(axis=0), squares.max(axis=0))


def share_beside(
    values: NDArray[np.floating], quantile: Floats, probability: float, strata: Strata
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Share of draws, (…), up to a quantile of values (draw, …), influence values, and whether it is between regimes.

    Of a value that many draws share, the share below it where that is nearer to the probability: that all draws lie up
    to the largest value tells no error.
    """
    share, influence = stratified_mean(values <= quantile, strata)
    # What draws decide by themselves is nearer.
    margin = 2 * float(pooled_weights(strata).max())
    beyond, shared = share - probability > margin, np.zeros(share.shape, dtype=bool)
    if beyond.any():
        below, moved = stratified_mean(values < quantile, strata)
        nearer = beyond & (np.abs(below - probability) < share - probability)
        share, influence = np.where(nearer, below, share), np.where(nearer, moved, influence)
        # Of such a value no draw more or less decides: that is no seam.
        shared = beyond & (probability - below > margin)
    return share, influence, between_regimes(influence, strata) & ~shared


def in_the_middle(probability: Floats, draws: float) -> NDArray[np.bool_]:
    """Whether quantiles have so many of all draws to both sides that no lack of draws leaves them without an error."""
    return np.asarray(np.minimum(probability, 1 - probability) * draws >= NORMAL_95**2)


def few_told(wanting: bool) -> str:
    """A notice where errors of quantiles are wanting for lack of draws; "" elsewhere."""
    few = "draws are too few for the error of some quantiles, which is NaN: take more draws, or quantiles less extreme"
    return few if wanting else ""


def seam_told(outcome: str, between: bool) -> str:
    """A notice where quantiles lie between regimes; "" elsewhere."""
    if not between:
        return ""
    return (
        f"{outcome}: some quantiles lie between regimes, where stated weights decide them and few draws or none, so "
        "that their error is NaN: take quantiles farther from what weights add up to, or each regime by itself"
    )


def errors_told(data: xr.Dataset, draws: int, heeded_by: Literal["all", "means", "only means", "none"] = "all") -> str:
    """How standard errors of so many draws of a store were made, in words; heeded_by: those that heed what these share.

    Draws of a Latin hypercube whose columns were optimized together are no longer uniform in several inputs at once.
    """
    design, alone = design_of(data), "as of independent draws"
    batches = f"from {BATCHES} batches or more of consecutive draws"
    if design == "monte_carlo":
        return alone
    if design == "latin_hypercube" and (spread := data.attrs.get("design_optimization")):
        return (
            f"{alone}: rough, since {spread} spread them: too large for sums of what single inputs do, and too small "
            "for products of many"
        )
    if design == "latin_hypercube":
        return f"{alone}: rather too large than too small"
    how = {"all": batches, "means": f"of means {batches}, of quantiles {alone}", "none": alone}
    how["only means"] = f"of means {batches}, of quantiles and shares {alone}"
    made = how[heeded_by] if batch_draws(draws, design) else alone
    return f"{made}: {'rather too large than too small' if design in DESIGNS else 'rough'}"
