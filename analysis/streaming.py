"""Statistics over more draws than memory holds: one pass over the chunks, in constant memory.

Means, variances, extremes and shares below zero are exact. Quantiles, the inverse of the share of draws up to a value,
come from counts in bins, whose edges are set by the first draws: each is off by at most the width of its bin, which is
told beside it. Sums are by batches of consecutive draws, whose means tell the error of a mean.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from analysis.monte_carlo import error_of_batches
from analysis.regimes import Regimes

__all__ = ["Tally", "quantiles", "tally", "tally_above", "tally_differences", "tally_outcome"]

_BLOCK = 2048
# Cells from which on compiled loops, which take half a second and 60 MB to load, are worth it.
_MANY_CELLS = 8
# Counts that are turned into quantiles at a time.
_INVERTED = 2**18
_COUNT_BYTES = 2**28
_FEWEST_BINS, _MOST_BINS = 128, 1024
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """What a pass over draws counted, by regime and cell; cells are all that an outcome has besides draws.

    draws: (batch, regime), of `size` draws a batch, or one of all; low, width: of the bins, (cell,); counts: (regime,
    cell, bin), the first and last bin reach to the extremes; sums and squares: of deviations from `low`, (batch,
    regime, cell) and (regime, cell).
    """

    by_batch: NDArray[np.int64]
    size: int
    low: NDArray[np.float32]
    width: Floats
    counts: NDArray[np.uint32]
    sums: Floats
    squares: Floats
    smallest: NDArray[np.float32]
    largest: NDArray[np.float32]
    negative: NDArray[np.int64]

    @property
    def draws(self) -> NDArray[np.int64]:
        """Number of draws, (regime,)."""
        total: NDArray[np.int64] = self.by_batch.sum(axis=0)
        return total

    @property
    def mean(self) -> Floats:
        """Mean over draws, (regime, cell)."""
        result: Floats = self.low + self.sums.sum(axis=0) / self.draws[:, None]
        return result

    @property
    def variance(self) -> Floats:
        """Variance over draws, (regime, cell), NaN with one draw."""
        counted = self.draws[:, None].astype(float)
        spread = np.maximum(self.squares - self.sums.sum(axis=0) ** 2 / counted, 0)
        result: Floats = spread / np.where(counted > 1, counted - 1, np.nan)
        return result

    def mean_error(self, weights: Sequence[float] | None = None) -> Floats:
        """Standard error of the mean, (regime, cell), or of that pooled with stated weights of regimes, (cell,)."""
        draws = self.draws[:, None].astype(float)
        if not self.size:
            squares = self.variance / draws
            pooled = squares if weights is None else (np.square(weights)[:, None] * squares).sum(axis=0)
            return np.asarray(np.sqrt(pooled))
        total = int(self.draws.sum())
        whole = total // self.size
        moved = self.sums[:whole] - self.by_batch[:whole, :, None] * (self.sums.sum(axis=0) / draws)
        means = moved * total / (self.size * np.sqrt(draws * np.where(draws > 1, draws - 1, np.nan)))
        return error_of_batches(
            means if weights is None else (np.asarray(weights)[:, None] * means).sum(axis=1), total, self.size
        )

    @property
    def below_zero(self) -> Floats:
        """Share of draws below zero, (regime, cell)."""
        return np.where(np.isnan(self.smallest), np.nan, self.negative / self.draws[:, None])

    def shares(self, values: Floats) -> Floats:
        """Share of draws up to values, (…, cell, value), by regime, (regime, cell, value): linear within bins."""
        bins = self.counts.shape[2]
        wanted = np.broadcast_to(values, (len(self.counts), *values.shape[-2:]))
        found = np.empty(wanted.shape)
        for regime, counts in enumerate(self.counts):
            summed = np.concatenate([np.zeros((len(counts), 1)), np.cumsum(counts, axis=1)], axis=1)
            inside = np.clip((wanted[regime] - self.low[:, None]) / self.width[:, None], 0, bins)
            place = np.minimum(np.nan_to_num(inside), bins - 1).astype(np.intp)
            below, above = (np.take_along_axis(summed, place + step, axis=1) for step in (0, 1))
            found[regime] = (below + (inside - place) * (above - below)) / summed[:, -1:]
        return found

    def quantiles(self, probabilities: ArrayLike, weights: Sequence[float] | None = None) -> tuple[Floats, Floats]:
        """Quantiles by regime, or pooled by the regimes' weights, and the most that each may be off.

        Both ([regime,] cell, quantile), to which probabilities are broadcast; no regimes where weights are given.
        """
        wanted = np.asarray(probabilities, dtype=float)
        regimes, shape = range(len(self.counts)), (self.counts.shape[1], wanted.shape[-1])
        if weights is None:
            each = np.broadcast_to(wanted, (len(regimes), *shape))
            found = [self._quantiles([row], [1.0], each[row]) for row in regimes]
            return np.stack([each for each, _ in found]), np.stack([error for _, error in found])
        return self._quantiles(list(regimes), weights, np.broadcast_to(wanted, shape))

    def _quantiles(self, rows: list[int], weights: Sequence[float], probabilities: Floats) -> tuple[Floats, Floats]:
        result, error = np.empty((2, *probabilities.shape))
        shares = np.asarray(weights) / self.draws[rows]
        # Some cells at a time: as floating-point numbers counts take many times their room.
        step = max(1, _INVERTED // self.counts.shape[2])
        for first in range(0, len(self.low), step):
            own = slice(first, first + step)
            result[own], error[own] = self._inverted(rows, shares, own, probabilities[own])
        return result, error

    def _inverted(self, rows: list[int], shares: Floats, cells: slice, probabilities: Floats) -> tuple[Floats, Floats]:
        """Quantiles of some cells, (cell, quantile), and the most that each may be off; shares: a draw's, by regime."""
        low, high = (
            np.asarray(of(each[rows, cells], axis=0), dtype=float)
            for of, each in ((np.min, self.smallest), (np.max, self.largest))
        )
        masses = np.tensordot(shares, self.counts[rows, cells], axes=1)
        reached = np.concatenate([np.zeros((len(masses), 1)), np.cumsum(masses, axis=1)], axis=1)
        steps = self.width[cells, None] * np.arange(reached.shape[1])
        edges = np.clip(self.low[cells, None] + steps, low[:, None], high[:, None])
        edges[:, 0], edges[:, -1] = low, high
        # Sums of shares round: a draw's own share is not to fall short of itself.
        wanted = probabilities * reached[:, -1:] - 1e-12
        places = np.stack([np.searchsorted(own, each) for own, each in zip(reached, wanted, strict=True)])
        above = np.clip(places, 1, masses.shape[1])
        (under, over), (left, right) = (
            [np.take_along_axis(each, above - step, axis=1) for step in (1, 0)] for each in (reached, edges)
        )
        inside = np.clip((wanted - under) / np.maximum(over - under, 1e-300), 0, 1)
        return left + inside * (right - left), right - left


def _empty(pilot: NDArray[np.float32], by_batch: NDArray[np.int64], size: int, bins: int) -> Tally:
    """A tally with bins over twice the range of the first draws, (draw, cell)."""
    (batches, regimes), cells = by_batch.shape, pilot.shape[1]
    low, high = pilot.min(axis=0).astype(float), pilot.max(axis=0).astype(float)
    span = np.where(high > low, high - low, np.maximum(np.abs(low) * 1e-6, 1e-30))
    start = (low - span / 2).astype(np.float32)
    return Tally(
        by_batch,
        size,
        start,
        2 * span / bins,
        np.zeros((regimes, cells, bins), dtype=np.uint32),
        np.zeros((batches, regimes, cells)),
        np.zeros((regimes, cells)),
        np.full((regimes, cells), np.inf, dtype=np.float32),
        np.full((regimes, cells), -np.inf, dtype=np.float32),
        np.zeros((regimes, cells), dtype=np.int64),
    )


def _blocks(read: Callable[[int, int], Any], draws: int) -> Iterator[tuple[int, Any]]:
    """Blocks of draws with their first draw; the next one is read while one is counted."""
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(read, 0, min(_BLOCK, draws))
        for start in range(0, draws, _BLOCK):
            block, after = following.result(), start + _BLOCK
            if after < draws:
                following = reader.submit(read, after, min(after + _BLOCK, draws))
            yield start, block


class _Draws:
    """Draws in the order of their batches and regimes: what is counted together."""

    def __init__(self, draws: int, members: Sequence[NDArray[np.integer]], size: int) -> None:
        self.codes, self.size, self.length = np.empty(draws, dtype=np.int16), size, size or draws
        self.by_batch = np.zeros((-(-draws // self.length), len(members)), dtype=np.int64)
        ends = np.minimum(np.arange(0, draws + self.length, self.length), draws)
        for regime, positions in enumerate(members):
            self.codes[positions] = regime
            # Positions ascend; as other integers, those of a million draws would be most of what counting holds.
            self.by_batch[:, regime] = np.diff(np.searchsorted(positions, ends.astype(positions.dtype)))

    def parts(self, start: int, stop: int) -> Iterator[tuple[slice, int, NDArray[np.intp], NDArray[np.intp]]]:
        """Parts of draws start … stop − 1 that lie in one batch each.

        Of each where it is from `start` on, its batch, and an order of its draws in which regime r ends at ends[r].
        """
        for first, last in _pieces(start, stop, self.size):
            own = self.codes[first:last]
            ends = np.cumsum(np.bincount(own, minlength=self.by_batch.shape[1]))
            yield slice(first - start, last - start), first // self.length, np.argsort(own, kind="stable"), ends


def tally(
    read: Callable[[int, int], NDArray[np.float32]],
    draws: int,
    members: Sequence[NDArray[np.integer]],
    size: int = 0,
) -> list[Tally]:
    """Count all draws, read block by block.

    read: gives draws start … stop − 1 as (row, draw, …), rows being policies or differences between them; members:
    positions of each regime's draws; size: draws of a batch, 0 for one batch of all. Returns a tally for each row.
    """
    about, tallies = _Draws(draws, members, size), list[Tally]()
    with ThreadPoolExecutor() as pool:
        for start, block in _blocks(read, draws):
            rows = [row.reshape(len(row), -1).astype(np.float32, copy=False) for row in block]
            if not tallies:
                cells = len(rows) * len(members) * rows[0].shape[1]
                room = int(np.clip(_COUNT_BYTES // (4 * cells), _FEWEST_BINS, _MOST_BINS))
                tallies = [_empty(row, about.by_batch, size, room) for row in rows]
            for part, batch, order, ends in about.parts(start, start + block.shape[1]):
                count = partial(_count, order=order, ends=ends, batch=batch)
                list(pool.map(count, tallies, [row[part] for row in rows]))
    return tallies


def tally_above(
    read: Callable[[int, int], NDArray[np.float32]],
    draws: int,
    members: Sequence[NDArray[np.integer]],
    levels: Floats,
    size: int = 0,
) -> list[Tally]:
    """As `tally`, of what is 1 above a level and 0 elsewhere: cells are (level, …), and no bins are counted."""
    about, found = _Draws(draws, members, size), list[Floats]()
    from analysis.counting_loops import add_above

    with ThreadPoolExecutor() as pool:
        for start, block in _blocks(read, draws):
            rows = [row.reshape(len(row), -1) for row in block]
            found = found or [np.zeros((*about.by_batch.shape, len(levels), row.shape[1])) for row in rows]
            for part, batch, order, ends in about.parts(start, start + block.shape[1]):
                hits = [each[batch] for each in found]
                list(
                    pool.map(
                        lambda row, own, order=order, ends=ends, part=part: add_above(
                            row[part], order, ends, levels, own
                        ),
                        rows,
                        hits,
                    )
                )
    return [_of_hits(each.reshape(*about.by_batch.shape, -1), about) for each in found]


def _of_hits(hits: Floats, about: _Draws) -> Tally:
    """The tally of 0 and 1 by their sums, (batch, regime, cell)."""
    sums = hits.sum(axis=0)
    most, least = sums > 0, sums == about.by_batch.sum(axis=0)[:, None]
    low, none = np.zeros(hits.shape[-1], dtype=np.float32), np.zeros(sums.shape, dtype=np.int64)
    nothing = np.zeros((*sums.shape, 0), dtype=np.uint32)
    ends = least.astype(np.float32), most.astype(np.float32)
    return Tally(about.by_batch, about.size, low, low.astype(float), nothing, hits, sums, *ends, none)


def _pieces(start: int, stop: int, size: int) -> Iterator[tuple[int, int]]:
    """Draws start … stop − 1 in pieces that lie in one batch each."""
    while start < stop:
        end = min(stop, (start // size + 1) * size) if size else stop
        yield start, end
        start = end


def _count(
    into: Tally, values: NDArray[np.float32], order: NDArray[np.intp], ends: NDArray[np.intp], batch: int
) -> None:
    scale = (1 / into.width).astype(np.float32)
    if values.shape[1] < _MANY_CELLS:
        # What isn't finite is told by who asks.
        with np.errstate(invalid="ignore", over="ignore"):
            for regime, own in enumerate(np.split(order, ends[:-1])):
                _add_few(into, values[own], scale, batch, regime)
        return
    from analysis.counting_loops import add

    moments = (into.sums[batch], into.squares, into.smallest, into.largest, into.negative)
    add(values, order, ends, into.low, scale, into.counts, *moments)


def _add_few(into: Tally, rows: NDArray[np.float32], scale: NDArray[np.float32], batch: int, regime: int) -> None:
    """Add a regime's draws of a block, (draw, cell), as `analysis.counting_loops.add` does, up to rounding of sums."""
    deviations, last = rows.astype(float) - into.low, into.counts.shape[2] - 1
    sums = into.sums[batch, regime]
    sums += deviations.sum(axis=0)
    into.squares[regime] += (deviations**2).sum(axis=0)
    # What isn't a number makes all of its cell unknown, as everywhere.
    unknown, (least, most) = np.isnan(sums), (into.smallest[regime], into.largest[regime])
    least[:] = np.where(unknown, np.nan, np.minimum(least, rows.min(axis=0, initial=np.inf)))
    most[:] = np.where(unknown, np.nan, np.maximum(most, rows.max(axis=0, initial=-np.inf)))
    into.negative[regime] += (rows < 0).sum(axis=0)
    places = np.clip(np.nan_to_num((rows - into.low) * scale), 0, last).astype(np.intp)
    for cell, place in enumerate(places.T):
        into.counts[regime, cell] += np.bincount(place, minlength=last + 1).astype(np.uint32)


def tally_outcome(values: xr.DataArray, regimes: Regimes, size: int = 0) -> list[Tally]:
    """Count an outcome, (policy, draw, …), by policy; size: draws of a batch."""

    def read(start: int, stop: int) -> NDArray[np.float32]:
        return values.isel(draw=slice(start, stop)).to_numpy()

    return tally(read, values.sizes["draw"], regimes.members, size)


def tally_differences(
    values: xr.DataArray, regimes: Regimes, rows: Sequence[int], to: int, size: int = 0
) -> list[Tally]:
    """Count same-draw differences of policies, by row of an outcome (policy, draw, …), to that of row `to`."""

    def read(start: int, stop: int) -> NDArray[np.float32]:
        block = values.isel(draw=slice(start, stop)).to_numpy()
        return np.asarray(block[list(rows)] - block[[to]])

    return tally(read, values.sizes["draw"], regimes.members, size)


def quantiles(
    tallies: Sequence[Tally], probabilities: Sequence[float], weights: Sequence[float] | None = None
) -> tuple[Floats, float]:
    """Quantiles by regime and policy, or by policy where weights pool regimes, and the most that one may be off.

    The first are ([regime,] policy, cell, quantile).
    """
    found = [each.quantiles(probabilities, weights) for each in tallies]
    return np.stack([each for each, _ in found], axis=-3), float(max(error.max() for _, error in found))
