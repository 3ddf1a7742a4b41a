"""Parameters that move over the years: from the value a draw starts with to another one, on a curve; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHAPES", "Curve", "Path", "monthly"]

Values = NDArray[np.float64]
# How steep a logistic curve is over its whole time; its ends are cut off, so that it begins and ends exactly.
_STEEPNESS = 10.0


def _logistic(time: Values) -> Values:
    low, now, high = (1 / (1 + np.exp(_STEEPNESS * (0.5 - each))) for each in (0.0, time, 1.0))
    return np.asarray((now - low) / (high - low))


# Shape -> share of the way by the share of the time, both from 0 to 1.
SHAPES: dict[str, Callable[[Values], Values]] = {
    "linear": lambda time: time,
    "logistic": _logistic,
    "step": lambda time: np.where(time >= 1, 1.0, 0.0),
}


@dataclass(frozen=True)
class Curve:
    """A shape, and the months since the simulation's first between which a parameter moves."""

    shape: str
    first: int
    last: int

    def share(self, months: int) -> Values:
        """Share of the way in each of so many months, (months,)."""
        time = (np.arange(months) - self.first) / max(self.last - self.first, 1)
        return np.asarray(SHAPES[self.shape](np.clip(time, 0.0, 1.0)))


@dataclass(frozen=True)
class Path:
    """A parameter that moves, the input that holds its last value, and its curve by regime, None where it stays."""

    name: str
    end: str
    curves: tuple[Curve | None, ...]

    def moves(self, regime: Values) -> NDArray[np.bool_]:
        """Whether it moves in draws of these regimes, by number, (draw,)."""
        return np.array([curve is not None for curve in self.curves])[self._place(regime)]

    def _place(self, regime: Values) -> NDArray[np.intp]:
        return regime.astype(np.intp) if len(self.curves) > 1 else np.zeros(len(regime), dtype=np.intp)

    def values(self, draws: Mapping[str, Values], months: int) -> Values:
        """Values by month, (draw, month)."""
        shares = np.stack([curve.share(months) if curve else np.zeros(months) for curve in self.curves])
        start, end = draws[self.name][:, None], draws[self.end][:, None]
        return np.asarray(start + (end - start) * shares[self._place(draws["regime"])])


def monthly(paths: tuple[Path, ...], draws: Mapping[str, Values], months: int) -> dict[str, Values]:
    """Values by month, or whatever curves count, of all parameters that move, by name (draw, month)."""
    return {path.name: path.values(draws, months) for path in paths}
