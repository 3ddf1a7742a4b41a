"""Distributions over ranges, cut off at bounds: what lies between keeps its proportions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sweep.distributions.distribution import Distribution

__all__ = ["cumulative", "density", "edges", "quantile"]

Values = NDArray[np.float64]


def edges(whole: Distribution, lower: float, upper: float) -> tuple[float, float]:
    """Probabilities of the whole distribution at the bounds."""
    first, last = whole.cumulative(np.array([lower, upper]))
    return float(first), float(last)


def quantile(of: Distribution, probability: Values) -> Values:
    """Values at probabilities, same shape."""
    (first, last), (lower, upper) = edges(of.parts[0], *of.arguments), of.arguments
    return np.clip(of.parts[0].quantile(first + probability * (last - first)), lower, upper)


def density(of: Distribution, values: Values) -> Values:
    """Density at values, same shape; 0 beyond the bounds."""
    (first, last), (lower, upper) = edges(of.parts[0], *of.arguments), of.arguments
    inside = (values >= lower) & (values <= upper)
    return np.asarray(np.where(inside, of.parts[0].density(values) / (last - first), 0.0))


def cumulative(of: Distribution, values: Values) -> Values:
    """Probability of values at most these, same shape."""
    first, last = edges(of.parts[0], *of.arguments)
    return np.clip((of.parts[0].cumulative(values) - first) / (last - first), 0.0, 1.0)
