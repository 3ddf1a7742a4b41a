"""Boxes that were found, as a dataset: their limits in the inputs' units, their measures, and the errors of these."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from analysis.boxes import REGIME, Box, Points, chances
from analysis.cases import told
from analysis.monte_carlo import design_of, standard_error, stratified_mean, weighted_mean
from analysis.peeling import Path
from analysis.regimes import Regimes
from analysis.shuffling import SHUFFLED_CHANCE, luck

__all__ = ["Found", "Space", "about", "box_table", "parameter_coordinates", "ways"]

MEASURES = ("coverage", "coverage_error", "density", "density_error", "mass", "mass_error", "draws", "cases")
OF_THE_REST = ("rest_coverage", "rest_mass", "rest_rate", "rest_rate_error", "p_value")
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Space:
    """The futures of a dataset, with the names of their parameters and their regimes."""

    data: xr.Dataset
    cases: xr.DataArray
    names: list[str]
    regimes: Regimes
    points: Points

    @property
    def parameters(self) -> list[str]:
        """All parameters that a box may restrict, the regime last."""
        return [*self.names, "regime"] if self.points.regimes > 1 else self.names

    @property
    def rows(self) -> list[int]:
        """The number by which limits know each of them."""
        return [*range(len(self.names)), REGIME[0]][: len(self.parameters)]

    def by_regime(self, regimes: Mask) -> Mask:
        """Which regimes are in a box, (regime,): all where the regime is no parameter."""
        return regimes if self.points.regimes > 1 else np.ones(len(self.regimes.names), dtype=bool)


@dataclass(frozen=True)
class Found:
    """A box among the draws that no earlier one holds, (draw,), and the way on which PRIM found it."""

    box: Box
    among: Mask
    path: Path | None = None
    step: int = 0

    def inside(self, points: Points) -> Mask:
        """The draws of the box, (draw,)."""
        return self.among & self.box.holds(points)


def box_table(space: Space, found: Sequence[Found]) -> xr.Dataset:
    """Limits and measures of boxes, as `prim` says."""
    points, columns, regimes = space.points, len(space.parameters), len(space.regimes.names)
    none = np.full(columns - len(space.names), np.inf)
    chance = _table([_chance(space, each) for each in found], columns)
    inside = [each.inside(points) for each in found]
    density = _table([_density_by_regime(space, each) for each in inside], 2 * regimes).reshape(len(found), regimes, 2)
    by_parameter, by_regime = ("box", "parameter"), ("box", "regime")
    values: dict[str, tuple[Any, Any]] = {
        "low": (by_parameter, _table([np.append(each.box.low, -none) for each in found], columns)),
        "high": (by_parameter, _table([np.append(each.box.high, none) for each in found], columns)),
        "restricted": (by_parameter, np.isfinite(chance)),
        "quasi_p": (by_parameter, chance),
        "in_box": (by_regime, _table([space.by_regime(each.box.regimes) for each in found], regimes).astype(bool)),
        "density_by_regime": (by_regime, density[:, :, 0]),
        "density_by_regime_error": (by_regime, density[:, :, 1]),
        "base_rate": ((), points.rate),
        "base_rate_error": ((), _of_all(space, points.wanted)[1]),
    }
    names = (*MEASURES, *OF_THE_REST)
    rows = [_measures(space, own) + _of_the_rest(space, each) for own, each in zip(inside, found, strict=True)]
    measures = _table(rows, len(names)).T
    values |= {name: ("box", own) for name, own in zip(names, measures, strict=True)}
    coordinates = parameter_coordinates(space) | {"box": np.arange(1, len(found) + 1)}
    table = xr.Dataset(values, coordinates, about(space))
    return table.assign(draws=table["draws"].astype(int), cases=table["cases"].astype(int))


def parameter_coordinates(space: Space) -> dict[str, Any]:
    """Parameters with unit, meaning, grade of evidence and range of their draws, and regimes."""
    attrs = [space.data[name].attrs for name in space.parameters]
    values = space.points.values
    ends = [np.append(own, np.nan)[: len(attrs)] for own in (values.min(axis=0), values.max(axis=0))]
    texts = {"units": "units", "meaning": "long_name", "grade": "grade"}
    stated = {key: ("parameter", np.array([str(own.get(name, "")) for own in attrs])) for key, name in texts.items()}
    return {
        "parameter": space.parameters,
        "regime": list(space.regimes.names),
        "least": ("parameter", ends[0]),
        "greatest": ("parameter", ends[1]),
        **stated,
    }


def about(space: Space) -> dict[str, Any]:
    """What the cases are, of how many draws, and how these were weighted."""
    draws = len(space.points.wanted)
    weighted = space.regimes.pooled_attributes if len(space.regimes.names) > 1 else {"weights": ""}
    return {"cases": told(space.cases), "draws": draws, **weighted}


def _table(rows: Sequence[Any], width: int) -> Floats:
    """A table of so many columns, also where there is no row."""
    return np.array(rows, dtype=float).reshape(len(rows), width)


def _chance(space: Space, found: Found) -> list[float]:
    """The largest quasi-p of each parameter's limits, NaN where it has none."""
    own = chances(space.points, found.among, found.box)
    return [max((p for (row, _), p in own.items() if row == number), default=np.nan) for number in space.rows]


def _density_by_regime(space: Space, inside: Mask) -> Floats:
    """Density of a box in each regime's draws and its error, one regime after another; NaN where it holds none."""
    held = [(inside & (weights > 0)).astype(np.float64) for weights in space.regimes.weights_by_regime]
    shares = [_share(space, space.points.wanted, own) if own.any() else (np.nan, np.nan) for own in held]
    return np.array(shares).ravel()


def _measures(space: Space, inside: Mask) -> tuple[float, ...]:
    """`MEASURES` of a box that holds the draws inside, (draw,)."""
    points = space.points
    shares = (
        _share(space, inside, points.case_weights),
        _share(space, points.wanted, points.weights * inside),
        _of_all(space, inside),
    )
    return (*shares[0], *shares[1], *shares[2], int(inside.sum()), int((points.wanted & inside).sum()))


def _of_the_rest(space: Space, found: Found) -> tuple[float, ...]:
    """`OF_THE_REST`: coverage and mass in the futures that no earlier box holds, their share of cases; the p-value."""
    points = space.points
    (weight, held), (whole, cases) = points.sums(found.inside(points)), points.sums(found.among)
    # Where no box is earlier, the rest is all futures, and regimes' weights in it are stated.
    everywhere = found.among.all()
    rate, error = (
        _of_all(space, points.wanted) if everywhere else _share(space, points.wanted, points.weights * found.among)
    )
    return held / cases, weight / whole, rate, error, min(luck(points, found.among, found.box), SHUFFLED_CHANCE)


def _of_all(space: Space, hits: Mask) -> tuple[float, float]:
    """Share of all futures that hit, (draw,), and its standard error, to which stated weights of regimes add none."""
    share, influence = stratified_mean(hits, space.regimes.strata(pooled=True)[0])
    return float(share), float(standard_error(influence, design_of(space.data)))


def _share(space: Space, hits: Mask, weights: Floats) -> tuple[float, float]:
    """Share that hit, (draw,), of draws with weights, (draw,), and its standard error."""
    share, influence = weighted_mean(hits, weights)
    if not 1e-12 < share < 1 - 1e-12:
        return float(share), _error_of_all(int(np.count_nonzero(weights)))
    return float(share), float(standard_error(influence, design_of(space.data)))


def _error_of_all(count: int) -> float:
    """Standard error of a share that all draws have, or none: as if of one draw more a half had it."""
    return float(np.sqrt(0.5 * (count + 0.5) / (count + 1) ** 3))


def ways(points: Points, found: Sequence[Found]) -> dict[str, tuple[Any, Any]]:
    """What PRIM went through, (box, peel), NaN after a box's last peel."""
    paths = [each.path for each in found if each.path]
    most, cases, weight = (
        max((len(path.boxes) for path in paths), default=0),
        points.case_weights.sum(),
        points.weights.sum(),
    )
    rows = {
        "peel_coverage": [path.cases / cases for path in paths],
        "peel_density": [path.cases / path.weight for path in paths],
        "peel_mass": [path.weight / weight for path in paths],
        "peel_restricted": [np.array([box.restricted for box in path.boxes], dtype=float) for path in paths],
    }
    padded = {
        key: [np.pad(row, (0, most - len(row)), constant_values=np.nan) for row in own] for key, own in rows.items()
    }
    values: dict[str, tuple[Any, Any]] = {key: (("box", "peel"), _table(own, most)) for key, own in padded.items()}
    return values | {"peels_taken": ("box", np.array([each.step for each in found], dtype=int))}
