"""Distributions of single values, each of which has a probability: numbers, choices, columns, and what is made of them.

A column is drawn from as it is, value by value (Efron's bootstrap), not smoothed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError

if TYPE_CHECKING:
    from sweep.distributions.distribution import Distribution

__all__ = ["atoms", "cumulative", "density", "quantile"]

Values = NDArray[np.float64]


def atoms(of: Distribution) -> tuple[Values, Values]:
    """Values that have probabilities and their weights, both (n,); in rising order, but for choices in that stated."""
    if of.kind == "truncated":
        values, weights = atoms(of.parts[0])
        inside = (values >= of.arguments[0]) & (values <= of.arguments[1])
        order = np.argsort(values[inside], kind="stable")
        return values[inside][order], weights[inside][order]
    if of.kind == "mixture":
        parts = [atoms(part) for part in of.parts]
        shares = [share * own / own.sum() for share, (_, own) in zip(of.weights, parts, strict=True)]
        values, place = np.unique(np.concatenate([values for values, _ in parts]), return_inverse=True)
        return values, np.bincount(place, np.concatenate(shares)).astype(np.float64)
    if not of.arguments:
        raise ConfigError(
            f"{of} was drawn from a column of a file of which the store holds the hash alone: it can't be weighed anew"
        )
    return np.asarray(of.arguments), np.asarray(of.weights or (1.0,))


def quantile(of: Distribution, probability: Values) -> Values:
    """Values at probabilities, same shape."""
    values, weights = atoms(of)
    edges = np.cumsum(weights) / np.sum(weights)
    return np.asarray(values[np.searchsorted(edges[:-1], probability, side="right")])


def density(of: Distribution, values: Values) -> Values:
    """Probability of each value, same shape."""
    own, weights = atoms(of)
    order = np.argsort(own)
    place = np.minimum(np.searchsorted(own[order], values), len(own) - 1)
    return np.asarray(np.where(own[order][place] == values, weights[order][place] / weights.sum(), 0.0))


def cumulative(of: Distribution, values: Values) -> Values:
    """Probability of values at most these, same shape."""
    own, weights = atoms(of)
    order = np.argsort(own)
    edges = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    return np.asarray(edges[np.searchsorted(own[order], values, side="right")])
