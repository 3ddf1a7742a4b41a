"""Mixtures of distributions over ranges: one of several, each with a weight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sweep.distributions.inversion import inverted

if TYPE_CHECKING:
    from sweep.distributions.distribution import Distribution

__all__ = ["cumulative", "density", "quantile"]

Values = NDArray[np.float64]


def quantile(of: Distribution, probability: Values) -> Values:
    """Values at probabilities, same shape: where the mixed cumulative probability is this."""
    ends = np.stack([part.quantile(probability) for part in of.parts])
    return inverted(of.cumulative, probability, ends.min(axis=0), ends.max(axis=0))


def _mixed(of: Distribution, of_parts: list[Values]) -> Values:
    weights = np.asarray(of.weights) / sum(of.weights)
    return np.asarray(np.tensordot(weights, np.stack(of_parts), axes=1))


def density(of: Distribution, values: Values) -> Values:
    """Density at values, same shape."""
    return _mixed(of, [part.density(values) for part in of.parts])


def cumulative(of: Distribution, values: Values) -> Values:
    """Probability of values at most these, same shape."""
    return _mixed(of, [part.cumulative(values) for part in of.parts])
