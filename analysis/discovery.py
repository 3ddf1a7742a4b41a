"""Scenario discovery: in which futures something happens, as boxes in the uncertain inputs, by PRIM and by CART.

Bryant and Lempert 2010, doi 10.1016/j.techfore.2009.08.002. Of a box, coverage is the share of all cases that it holds,
density the share of its futures that are cases, and mass its share of all futures. Of cases that are independent of all
inputs, no box comes out in 95 % of searches: what is found has to be better than what is found in shuffled cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.arguments import is_number, refuse_count, refuse_no_sweep
from analysis.attributes import described
from analysis.boxes import Points, harmonic, simplified
from analysis.cases import told
from analysis.caution import cautioned
from analysis.classification_tree import leaf_boxes
from analysis.found_boxes import Found, Space, box_table, ways
from analysis.inputs import by_place, place_told
from analysis.monte_carlo import design_told
from analysis.peeling import Path, peel
from analysis.regimes import regimes_of
from analysis.shuffling import SHUFFLED_CHANCE, luck, shuffles
from sweep.errors import ConfigError, nearest

__all__ = ["FEWEST_CASES", "Search", "cart", "prim", "space_of", "uncertain_inputs", "without_places"]

FEWEST_CASES = 20
FEW_DRAWS = 30
SMALLEST = 0.05
# A chance so far below that of shuffles that these, which take time, aren't needed.
DECISIVE = SHUFFLED_CHANCE / 100
Mask = NDArray[np.bool_]


def uncertain_inputs(data: xr.Dataset) -> list[str]:
    """Names of the inputs, without the regime, that are one number a draw and differ between draws."""
    names = [str(name) for name, own in data.data_vars.items() if own.dims == ("draw",) and own.dtype.kind in "fiu"]
    return [name for name in names if name != "regime" and np.ptp(data[name].to_numpy()) != 0]


def without_places(data: xr.Dataset, found: xr.Dataset, over: Sequence[str] | None) -> tuple[xr.Dataset, str]:
    """What was found, with the inputs by place as attribute `left_out`, and a notice; none where inputs were chosen."""
    places = by_place(data) if over is None else {}
    told = place_told(data, places, "boxes have no limits of inputs by place, which are left out")
    return found.assign_attrs(left_out=", ".join(places)), told


def prim(
    data: xr.Dataset,
    cases: xr.DataArray,
    over: Sequence[str] | None = None,
    *,
    boxes: int = 3,
    most: int = 4,
    density: float | None = None,
    share: float = 0.05,
    smallest: float | None = None,
) -> xr.Dataset:
    """Boxes with as many of the cases and as few other futures as can be, by PRIM, each outside those before it.

    cases: boolean (draw,), as `exceeds` and `loses` give it. over: inputs to draw boxes in (default: all that are
    uncertain and one number a draw, and the regime; those by region or group are left out, as the attribute `left_out`
    says). share: of a box's draws, peeled at a time. smallest: least share of the futures in a box (default: 5 %, or
    half of the share of cases if that is less). Of the boxes on the way, the one with the best harmonic mean of
    coverage and density is taken, or with the most coverage that reaches a `density`; then limits are dropped that may
    be chance (a quasi-p above 0.05), that don't help, or are of more than `most` parameters. The search ends where a
    box is no denser than the futures it was sought in, which no earlier box holds (the rest), or no better than one
    found among these with cases shuffled.

    By (box, parameter): `low` and `high` in the parameter's units, infinite where there is no limit, `restricted`, and
    `quasi_p`, the largest of a parameter's limits: too small after a search among many, so see `resampled` too. By
    (box, regime): `in_box`, `density_by_regime`. By box: `coverage`, `density` and `mass` with their Monte Carlo
    errors, of a box given beforehand; `draws`; coverage and mass are shares of all, and `rest_coverage` and `rest_mass`
    of the rest. `base_rate` is the share of cases in all futures, and `rest_rate` in the rest, which density is to be
    compared with, both with errors. The chance of so good a box where cases are independent of inputs is at most
    `p_value`. By (box, peel): `peel_coverage`, `peel_density`, `peel_mass`, `peel_restricted`; `peels_taken` says which
    was chosen. Draws are weighted by regime, as the attribute `weights` says; of one regime, choose its draws first, as
    in `data.sel(draw=data.regime == "rapid")`.

    Raises ConfigError on cases of other draws, fewer than 20 cases or draws that are none, and unknown inputs.

    >>> from analysis import example, exceeds, prim
    >>> data = example()
    >>> box = prim(data, exceeds(data, "national_unemployment_rate", 0.1)).isel(box=0)
    >>> box["low"].sel(parameter="automation").round(2).item()
    0.52
    >>> box["coverage"].round(2).item(), box["density"].round(2).item()
    (0.91, 0.91)
    """
    refuse_no_sweep(data)
    refuse_count("boxes", boxes)
    space, search = space_of(data, cases, over), Search(most, density, share, smallest)
    points, found = space.points, list[Found]()
    among = np.ones_like(points.wanted)
    while len(found) < boxes and (among & points.wanted).sum() >= FEWEST_CASES:
        new = search.box(points, among)
        if new is None or not search.beyond_chance(points, new):
            break
        found.append(new)
        among = among & ~new.inside(points)
    aim = "harmonic mean of coverage and density" if density is None else f"coverage at a density of {density:.3g}"
    table = box_table(space, found).assign(ways(points, found))
    result = table.assign_attrs(method="PRIM", rule=f"best {aim}, at most {most} parameters")
    result, told = without_places(data, described(result, "", "low", "high"), over)
    return cautioned(result, *_cautions(result, density), told, design_told(data))


def cart(
    data: xr.Dataset,
    cases: xr.DataArray,
    over: Sequence[str] | None = None,
    *,
    leaves: int = 8,
    most: int = 4,
    smallest: float | None = None,
) -> xr.Dataset:
    """Boxes that are the leaves of a classification tree in which cases are denser than in all futures, densest first.

    The tree (CART, of scikit-learn) has at most so many leaves, and `most` limits on the way to each. Branches no
    stronger than the strongest of trees of shuffled cases are pruned, by cost complexity. Other arguments, results and
    errors are those of `prim`, without its peels; the rest is all futures.

    >>> from analysis import cart, example, exceeds
    >>> data = example(draws=2048)
    >>> boxes = cart(data, exceeds(data, "national_unemployment_rate", 0.1), leaves=4)
    >>> boxes["coverage"].values.round(2).tolist(), boxes["density"].values.round(2).tolist()
    ([0.69, 0.23], [1.0, 0.62])
    """
    refuse_no_sweep(data)
    refuse_count("leaves", leaves, 2)
    space, search = space_of(data, cases, over), Search(most, None, smallest=smallest)
    points, everywhere = space.points, np.ones_like(space.points.wanted)
    found = [Found(box, everywhere) for box in leaf_boxes(points, leaves, most, search.least(points))]
    sums = [points.sums(each.inside(points)) for each in found]
    density = np.array([held / weight for weight, held in sums])
    dense = [found[place] for place in np.argsort(-density, kind="stable") if density[place] > points.rate]
    rule = f"densest of {len(found)} {'leaf' if len(found) == 1 else 'leaves'}, at most {most} limits"
    result = box_table(space, dense).assign_attrs(method="CART", rule=rule)
    result, told = without_places(data, described(result, "", "low", "high"), over)
    return cautioned(result, *_cautions(result, None), told, design_told(data))


@dataclass(frozen=True)
class Search:
    """How PRIM looks for a box: the arguments of `prim`. Raises ConfigError on shares that are none."""

    most: int = 4
    density: float | None = None
    share: float = 0.05
    smallest: float | None = None

    def __post_init__(self) -> None:
        for name in ("density", "share", "smallest"):
            value = getattr(self, name)
            left_out = value is None and name != "share"
            if not left_out and not (is_number(value) and 0 < value < 1):
                raise ConfigError(f"{name}: expected a share between 0 and 1, got {value!r}")
        refuse_count("most", self.most)

    def least(self, points: Points) -> float:
        """Least share of the futures in a box: as stated, or 5 %, or half of the share of cases if that is less."""
        return min(SMALLEST, points.rate / 2) if self.smallest is None else self.smallest

    def box(self, points: Points, among: Mask, part: float = 1.0) -> Found | None:
        """The box found among some draws, (draw,), None where it is no denser than these.

        part: of all futures that these draws stand for, where they are a sample. What was peeled by chance on the way
        costs coverage: so it is peeled again over the parameters that the box needs, and over those of the last one.
        """
        smallest = part * self.least(points)
        path = peel(points, among, self.share, smallest, points.parameters)
        found = [self._best(points, among, path)]
        last = simplified(points, among, path.boxes[-1], self.most, dense=False)
        for box in (found[0].box, last):
            needed = {parameter for parameter, _ in box.limits}
            found.append(self._best(points, among, peel(points, among, self.share, smallest, needed)))
        best = max(found, key=lambda each: self._merit(points, each))
        (weight, held), (whole, cases) = points.sums(best.inside(points)), points.sums(among)
        return best if best.box.limits and held / weight > cases / whole else None

    def beyond_chance(self, points: Points, found: Found) -> bool:
        """Whether a box is better than all that are found with shuffled cases, or a bound says that it would be."""
        if luck(points, found.among, found.box) < DECISIVE:
            return True
        merit = self._merit(points, found)
        others = ((mixed, self.box(mixed, found.among)) for mixed in shuffles(points, found.among))
        return all(other is None or self._merit(mixed, other) < merit for mixed, other in others)

    def _best(self, points: Points, among: Mask, path: Path) -> Found:
        """The best box on a way, without the limits that it can do without."""
        coverage, density = path.cases / max(path.cases[0], np.finfo(float).tiny), path.cases / path.weight
        steps = [int(np.argmax(harmonic(coverage, density)))]
        if self.density is not None:
            steps = np.flatnonzero(density >= self.density).tolist() or [int(np.argmax(density))]
        found = []
        for step in steps:
            box = path.boxes[step].trimmed(points, among)
            found.append(Found(simplified(points, among, box, self.most, self.density is not None), among, path, step))
            # What was dense enough may not be, once limits are dropped: then the next is tried.
            if self._merit(points, found[-1])[0]:
                break
        return max(found, key=lambda each: self._merit(points, each))

    def _merit(self, points: Points, found: Found) -> tuple[bool, float]:
        """Whether a box is as dense as asked for, and what then or else counts."""
        weight, held = points.sums(found.inside(points))
        coverage, density = held / max(points.sums(found.among)[1], np.finfo(float).tiny), held / weight
        if self.density is None:
            return True, float(harmonic(np.array(coverage), np.array(density)))
        return density >= self.density, coverage if density >= self.density else density


def _cautions(result: xr.Dataset, density: float | None) -> list[str]:
    """What weakens boxes."""
    notices = []
    if not result.sizes["box"]:
        rate = float(result["base_rate"])
        hint = ": look for the futures that are none (~cases), or say which density" if rate > 0.5 else ""
        hint = f" by boxes of a density of {density:.3g}: try another" if density else hint
        notices.append(f"no box is better by more than chance than all futures, of which {rate:.0%} are cases{hint}")
    few = result["box"].to_numpy()[result["draws"].to_numpy() < FEW_DRAWS]
    if few.size:
        notices.append(f"box {', '.join(map(str, few))} holds fewer than {FEW_DRAWS} draws: run more draws")
    short = result["box"].to_numpy()[result["density"].to_numpy() < (density or 0)]
    if short.size:
        short_of = f"box {', '.join(map(str, short))} falls short of a density of {density:.3g}"
        notices.append(f"{short_of}: allow more parameters (most), or a smaller box (smallest)")
    return notices


def space_of(data: xr.Dataset, cases: xr.DataArray, over: Sequence[str] | None, fewest: int = FEWEST_CASES) -> Space:
    """The futures of a dataset. Raises ConfigError where they or the cases can't be used."""
    regimes, valid = regimes_of(data), uncertain_inputs(data)
    valid = [*valid, "regime"] if len(regimes.names) > 1 else valid
    chosen = valid if over is None else list(dict.fromkeys(over))
    for name in chosen:
        if name not in valid:
            raise ConfigError(f"{name!r} is no uncertain input with one number a draw: {nearest(name, valid)}")
    if not chosen:
        raise ConfigError("no input differs between draws: there is nothing to draw boxes in")
    names = [name for name in chosen if name != "regime"]
    draws = data.sizes["draw"]
    values = np.array([data[name].to_numpy() for name in names], dtype=float).reshape(len(names), draws).T
    if not np.isfinite(values).all():
        raise ConfigError("inputs have draws that are no numbers: take analysis.load, which leaves failed draws out")
    codes, by_regime = np.zeros(draws, dtype=np.intp), "regime" in chosen
    for code, members in enumerate(regimes.members if by_regime else ()):
        codes[members] = code
    count = len(regimes.names) if by_regime else 1
    points = Points(values, codes, count, _wanted(data, cases, fewest), regimes.draw_weights * draws)
    if not 0 < points.rate < 1:
        raise ConfigError("cases, or all other draws, are in regimes of no weight: give these some, or leave them out")
    return Space(data, cases, names, regimes, points)


def _wanted(data: xr.Dataset, cases: xr.DataArray, fewest: int) -> Mask:
    """Which draws are cases, (draw,). Raises ConfigError where they don't fit the data, or are too few."""
    if not isinstance(cases, xr.DataArray) or cases.dims != ("draw",) or cases.dtype != bool:
        came = f"{cases.dtype} by {cases.dims}" if isinstance(cases, xr.DataArray) else type(cases).__name__
        raise ConfigError(f"cases: expected True or False by (draw,), as `exceeds` gives them, got {came}")
    if not np.array_equal(cases["draw"].to_numpy(), data["draw"].to_numpy()):
        raise ConfigError("cases are of other draws than the data: make them from the same, after choosing its draws")
    held, draws = int(cases.sum()), cases.size
    if min(held, draws - held) < fewest:
        kind, other = ("cases", "wider") if held < fewest else ("no cases", "narrower")
        what = f" ({told(cases)})" if told(cases) else ""
        raise ConfigError(
            f"{min(held, draws - held):,} of {draws:,} draws are {kind}{what}, and boxes need {fewest}: "
            f"run more draws, or choose a {other} condition"
        )
    return np.asarray(cases.to_numpy())
