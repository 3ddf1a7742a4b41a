"""Sensitivity from the draws of an ordinary store: what means, and what distributions, differ by along an input.

What the mean of an outcome varies by along an input is what the input explains alone (`additive.py`); what its
distributions differ by between slices says more of tails (Pianosi and Wagener 2018, Environ. Model. Softw. 108,
197–207).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.additive import Alone, Columns, Places, ranked
from analysis.arguments import refuse_no_sweep
from analysis.attributes import described
from analysis.caution import cautioned
from analysis.inputs import averaged, input_names, input_values, moving_together, with_evidence
from analysis.monte_carlo import DRAWN, design_of, standard_error, undrawn, weighted_mean
from analysis.regimes import Regimes, regimes_of
from analysis.shares import Floats, Found, View, chosen, intervals, level, measured, share, views
from sweep.errors import ConfigError

__all__ = ["FEWEST_DRAWS", "FEW_DRAWS", "first_order_given_data", "given_shares", "pawn", "plain_regimes"]

FEWEST_DRAWS, FEW_DRAWS = 64, 500
# What a factor explains of each draw's squared distance, (draw, lane), and doubt about its mean, (regime, lane).
Top = tuple[Floats, Floats]
# Arrays of draws and lanes that are in use at a time.
_COPIES = 8
# Of PAWN: slices of some 50 draws, and shuffles that tell what an input without effect would show.
_MOST_SLICES, _DRAWS_A_SLICE, _SHUFFLES = 10, 50, 200


def plain_regimes(data: xr.Dataset, fewest: int = FEWEST_DRAWS) -> tuple[Regimes, str]:
    """The regimes of a store whose draws are a sample, and what is to be known of them.

    Raises ConfigError where draws come in blocks or were chosen, or where a regime has too few.
    """
    if why := undrawn(design_of(data)):
        raise ConfigError(
            f"this needs a sample, of design={DRAWN}; {why}: take sobol_indices of saltelli, morris_screening of morris"
        )
    regimes = regimes_of(data)
    told = ", ".join(f"{count:,} in {name}" for name, count in zip(regimes.names, regimes.draws, strict=True))
    if min(regimes.draws) < fewest:
        raise ConfigError(
            f"expected at least {fewest} draws in each regime, got {told}: run the sweep with more draws, or take "
            "the regimes that have them, data.sel(draw=data.regime == ...)"
        )
    few = (
        f"few draws: {told}; small effects are lost in noise below {FEW_DRAWS}"
        if min(regimes.draws) < FEW_DRAWS
        else ""
    )
    return regimes, "; ".join(filter(None, [few, _together(data)]))


def _together(data: xr.Dataset) -> str:
    """What is to be known of inputs that move together, "" where there are none."""
    told = "; ".join(
        ", ".join(key if key in data else key.rpartition(".")[2] for key in own) for own in moving_together(data)
    )
    return f"inputs move together ({told}): what one of them explains, the others do in part" if told else ""


def given_shares(
    data: xr.Dataset,
    stored: xr.DataArray,
    regimes: Regimes,
    pooled: bool,
    sums: Mapping[str, Mapping[str, Floats]],
    everything: str = "",
) -> xr.Dataset:
    """`first` with errors, (regime, policy, [region,] year, factor); pooled, the regime comes first.

    sums: by factor its inputs, each with 1 for draws in which it belongs to the factor, (draw,), and 0 for others;
    everything: name of a last factor that is the sum of all, "" for none.
    """
    design, several = design_of(data), pooled and len(regimes.names) > 1
    names = [*(["regime"] if several else []), *sums, *([everything] if everything else [])]
    inputs = list(dict.fromkeys(name for own in sums.values() for name in own))
    values = [input_values(data, name) for name in inputs]
    columns = [Columns.of(_each_once([each[members] for each in values])) for members in regimes.members]

    def tops(values: Floats) -> Iterator[Top]:
        distances = values - level(values, regimes)
        even = design != "monte_carlo"
        parts = [Alone(distances[members], own, even) for members, own in zip(regimes.members, columns, strict=True)]

        def alone(name: str, belongs: Floats) -> Top:
            found, place = np.empty_like(values), inputs.index(name)
            doubts = np.empty((len(parts), values.shape[1]))
            for regime, (members, part) in enumerate(zip(regimes.members, parts, strict=True)):
                found[members], doubts[regime] = part.explained(place)
                doubts[regime] *= belongs[members].mean()
            return (found if belongs.all() else belongs[:, None] * found), doubts

        whole, doubt = np.zeros_like(values), np.zeros((len(parts), values.shape[1]))
        if several:
            whole = _between(values, regimes)
            yield whole, doubt
        for own in sums.values():
            top, of_top = _added(alone(name, belongs) for name, belongs in own.items())
            if everything:
                whole, doubt = whole + top, doubt + of_top
            yield top, of_top
        if everything:
            yield whole, doubt

    def measure(values: Floats) -> Found:
        rows = views(regimes, pooled)
        of_regimes = np.array([regimes.weights]) if pooled else np.eye(len(regimes.names))
        own = [values[view.members] for view in rows]
        means = [view.mean(each)[0] for view, each in zip(rows, own, strict=True)]
        spreads = [(each - mean) ** 2 for each, mean in zip(own, means, strict=True)]

        def shared(found: Top) -> Floats:
            top, doubt = found
            shares = []
            for weights, view, mean, spread in zip(of_regimes, rows, means, spreads, strict=True):
                value, influence = share(top.take(view.members, axis=0), spread, view, mean)
                # Relative to what is there, if anything; a share of nothing is NaN already.
                apart = weights @ doubt / np.maximum(view.weights @ spread, np.finfo(float).tiny)
                shares.append((value, np.hypot(standard_error(influence, design), apart)))
            return np.array(shares)

        first, error = np.moveaxis(np.array([shared(top) for top in tops(values)]), (0, 2), (2, 0))
        return {"first": first, "first_error": error}

    return measured(stored, regimes, pooled, names, measure, _COPIES)


def _each_once(inputs: Sequence[Floats]) -> list[Floats]:
    """Inputs of the draws of one regime, those constant that are another one again, as the end of what doesn't move."""
    seen = set[bytes]()
    found = []
    for values in inputs:
        content = values.tobytes()
        found.append(np.zeros_like(values) if content in seen else values)
        seen.add(content)
    return found


def _added(found: Iterator[Top]) -> Top:
    """Sum of what several inputs explain, and of what is in doubt of it."""
    return reduce(lambda one, other: (one[0] + other[0], one[1] + other[1]), found)


def _between(values: Floats, regimes: Regimes) -> Floats:
    """What the regime explains of each draw's squared distance from the pooled mean, (draw, lane)."""
    means, mean = level(values, regimes), weighted_mean(values, regimes.draw_weights)[0]
    return np.asarray((means - mean) ** 2 + 2 * (means - mean) * (values - means))


def first_order_given_data(data: xr.Dataset, outcome: str, year: int | None = None, pooled: bool = False) -> xr.Dataset:
    """First-order Sobol indices from a store of ordinary draws, (regime, policy, [region,] year, factor).

    `first` is the share of an outcome's variance that an input explains alone, with its standard `first_error` and the
    ends `first_lower` and `first_upper` of a 95 % interval. It is what a smooth curve along the input shows, of eight
    bends from 512 draws and twenty from 8,192: of an effect with more ups and downs, too little; of one with steps,
    somewhat too little, and its error says so. Intervals hold the truth in some 95 % of cases; of `design=sobol` nearly
    always, since chance moves less there than they say; where a few outcomes lie far out, as of exp of a normal sum,
    from hundreds of draws in some 90 %. What inputs do together, total indices, takes a store of `design=saltelli`. An
    input by region or group counts by its mean over these, as the attribute `averaged` says; one that is
    another one again in a regime, as the end of a path there that stays, as constant.

    If `pooled`, shares are of the variance over all regimes, with the weights in the attributes; `regime` is a factor,
    and what others explain within regimes counts as their `first`.

    Raises ConfigError where draws come in blocks, or a regime has fewer than 64.

    >>> from analysis import example, first_order_given_data
    >>> found = first_order_given_data(example(draws=2048), "national_unemployment_rate", 2035, pooled=True)
    >>> found = found.sel(policy="none", year=2035)
    >>> dict(zip(found["factor"].values.tolist(), found["first"].values.round(2).tolist()))
    {'regime': 0.37, 'automation': 0.5, 'reinstatement': 0.09, 'take_up': 0.0}
    """
    refuse_no_sweep(data)
    regimes, notice = plain_regimes(data)
    each, all_draws = input_names(data), np.ones(sum(regimes.draws))
    sums = {name: {name: all_draws} for name in each}
    found = intervals(given_shares(data, chosen(data, outcome, year), regimes, pooled, sums), "first")
    found, of_places = averaged(data, with_evidence(data, described(found, "1"), {name: name for name in each}), each)
    return cautioned(found, notice, of_places)


def pawn(
    data: xr.Dataset, outcome: str, year: int | None = None, pooled: bool = False, tail: float = 0.0
) -> xr.Dataset:
    """PAWN indices of a store of ordinary draws, (regime, policy, [region,] year, factor), between 0 and 1.

    An input is cut into at most ten slices; `pawn` is the median over slices, `pawn_most` the largest, of the distance
    (Kolmogorov and Smirnov's) between an outcome's distribution in a slice and in all draws, with the standard errors
    `pawn_error` and `pawn_most_error`: rather too large, by half on average of `monte_carlo` and two or three times of
    `sobol`, since slices lie as draws do. With `tail` above 0 only the part of the distribution above that quantile
    counts, so that 0.9 says what decides the worst tenth. `noise`, (regime, policy, [region,] year), is what `pawn` of
    an input without any effect stays below in 95 % of cases (of `design=sobol` in more): what is less tells nothing,
    and by up to so much few draws make any distance too large, which errors don't hold.

    An input by region or group counts by its mean over these, as the attribute `averaged` says. If
    `pooled`, draws have the weights in the attributes, inputs are cut within regimes, and `regime` is a factor.
    Raises ConfigError where draws come in blocks, a regime has fewer than 100, or `tail` isn't in [0, 1).

    >>> from analysis import example, pawn
    >>> found = pawn(example(draws=2048), "national_unemployment_rate", 2035, pooled=True, tail=0.9)
    >>> found = found.sel(policy="none", year=2035)
    >>> dict(zip(found["factor"].values.tolist(), found["pawn"].values.round(2).tolist()))
    {'regime': 0.17, 'automation': 0.1, 'reinstatement': 0.06, 'take_up': 0.01}
    """
    refuse_no_sweep(data)
    if not 0 <= tail < 1:
        raise ConfigError(f"tail: expected a share of draws between 0 and 1, such as 0.9, got {tail!r}")
    regimes, notice = plain_regimes(data, 2 * _DRAWS_A_SLICE)
    most = min(_MOST_SLICES, min(regimes.draws) // _DRAWS_A_SLICE)
    names, design = input_names(data), design_of(data)
    codes = [_sliced(input_values(data, name), regimes, most) for name in names]
    if pooled and len(regimes.names) > 1:
        names, codes = ["regime", *names], _across(regimes, codes, most)
    rows = [(view, _shuffled(view, most)) for view in views(regimes, pooled)]
    known: dict[int, float] = {}

    def measure(values: Floats) -> Found:
        found = np.array([_distances(values[view.members], codes, view, tail, design) for view, _ in rows])
        noise = np.array([_noise(values[view.members], shuffled, view, tail, known) for view, shuffled in rows])
        return {
            "pawn": found[:, 0, 0],
            "pawn_error": found[:, 1, 0],
            "pawn_most": found[:, 0, 1],
            "pawn_most_error": found[:, 1, 1],
            "noise": np.broadcast_to(noise[:, None], found[:, 0, 0].shape),
        }

    result = measured(chosen(data, outcome, year), regimes, pooled, names, measure)
    result = result.assign(noise=result["noise"].isel(factor=0, drop=True)).assign_attrs(tail=tail, slices=most)
    result, of_places = averaged(data, with_evidence(data, described(result, "1"), {n: n for n in names}), names)
    return cautioned(result, notice, of_places)


def _sliced(values: Floats, regimes: Regimes, slices: int) -> Places:
    """Slice of each draw along an input within its regime, (draw,)."""
    codes = np.empty(len(values), dtype=np.intp)
    for members in regimes.members:
        order, new = ranked(values[members])
        by_value = new.cumsum() - 1
        # One a value where there are few, else of equal count.
        codes[members[order]] = by_value if by_value[-1] < slices else np.arange(len(order)) * slices // len(order)
    return codes


def _across(regimes: Regimes, inputs: Sequence[Places], slices: int) -> list[Places]:
    """Slices of the regime and of inputs, by their place within each regime; of a constant, in order of draws."""
    own, codes = np.empty(sum(regimes.draws), dtype=np.intp), [each.copy() for each in inputs]
    for regime, members in enumerate(regimes.members):
        own[members] = regime
        for each in codes:
            if not each[members].any():
                each[members] = np.arange(len(members)) * slices // len(members)
    return [own, *codes]


def _distances(values: Floats, codes: Sequence[Places], view: View, tail: float, design: str) -> Floats:
    """Median and largest distance over slices of each input, and their errors, (2, 2, factor, lane).

    values: of draws, (draw, lane).
    """
    found = np.full((2, 2, len(codes), values.shape[1]), np.nan)
    for lane, places, ends in _rising(values):
        weights = view.weights[places]
        for factor, each in enumerate(codes):
            own = each[view.members]
            distances, farthest = _kolmogorov(own[places], weights, ends, tail)
            order = np.argsort(distances, kind="stable")
            # The median of an even number is the mean of the two in the middle.
            middle = (order[(len(order) - 1) // 2], order[len(order) // 2])
            below = np.empty((len(own), 3))
            below[places] = np.arange(len(own))[:, None] <= farthest[[*middle, order[-1]]]
            slices = np.unique(own)[[*middle, order[-1]]]
            one, other, most = (_moved(at, own == code, view) for at, code in zip(below.T, slices, strict=True))
            errors = standard_error(np.stack([(one + other) / 2, most], axis=1), design)
            found[:, :, factor, lane] = (np.median(distances), distances.max()), errors
    return found


def _moved(below: Floats, inside: NDArray[np.bool_], view: View) -> Floats:
    """Influence values, (draw,), of a slice's distance from all draws at the place where it is largest.

    below: 1 for draws up to that place, (draw,), else 0; inside: which are in the slice, (draw,).
    """
    share, moved = weighted_mean(below, view.weights * inside)
    # As in `View.mean`: how many of a slice are of each regime is stated.
    for places in view.regimes if len(view.regimes) > 1 else ():
        own = places[inside[places]]
        moved[own] -= moved[own].mean() if own.size else 0.0
    everywhere, of_all = view.mean(below)
    return np.asarray(np.sign(share - everywhere) * (moved - of_all))


def _rising(values: Floats) -> Iterator[tuple[int, Places, NDArray[np.bool_]]]:
    """Lanes that have a spread: each with its draws by rising outcome, and whether the next draw's is larger."""
    for lane, places in enumerate(np.argsort(values, axis=0).T):
        ends = np.append(np.diff(values[places, lane]) > 0, True)
        if ends.sum() > 1:
            yield lane, places, ends


def _kolmogorov(codes: Places, weights: Floats, ends: NDArray[np.bool_], tail: float) -> tuple[Floats, Places]:
    """Distance of each slice's distribution from that of all, (slice,), and the last draw below the place of it.

    codes, weights, ends: of draws by rising outcome, (draw,).
    """
    everywhere = np.cumsum(weights)
    inside = np.where(codes == np.unique(codes)[:, None], weights, 0).cumsum(axis=1)
    apart = np.abs(inside / inside[:, -1:] - everywhere / everywhere[-1])
    allowed = np.flatnonzero(ends & (everywhere >= tail * everywhere[-1]))
    farthest = apart[:, allowed].argmax(axis=1)
    return apart[np.arange(len(apart)), allowed[farthest]], allowed[farthest]


def _shuffled(view: View, slices: int) -> Places:
    """Slices of inputs without effect, (shuffle, draw): by chance, but as many of each regime in each slice."""
    random, codes = np.random.default_rng(0), np.empty((_SHUFFLES, len(view.members)), dtype=np.intp)
    for places in view.regimes:
        even = np.tile(np.arange(len(places)) * slices // len(places), (_SHUFFLES, 1))
        codes[:, places] = random.permuted(even, axis=1)
    return codes


def _noise(values: Floats, shuffled: Places, view: View, tail: float, known: dict[int, float]) -> Floats:
    """What the median distance of an input without effect stays below in 95 % of cases, (lane,).

    Where outcomes of regimes lie apart there is less of it, since each slice has all of them. So it depends on the
    order of regimes by rising outcome, and on ties, and is known where these were met before.
    """
    found, regimes = np.full(values.shape[1], np.nan), np.empty(len(values), dtype=np.uint8)
    for regime, places in enumerate(view.regimes):
        regimes[places] = regime
    for lane, places, ends in _rising(values):
        key = hash((regimes[places].tobytes(), ends.tobytes()))
        if key not in known:
            weights = view.weights[places]
            medians = [np.median(_kolmogorov(codes, weights, ends, tail)[0]) for codes in shuffled[:, places]]
            known[key] = float(np.quantile(medians, 0.95))
        found[lane] = known[key]
    return found
