"""Monte Carlo error of whatever is made of draws: as that of the mean of its influence values.

The influence value of a draw says how far that draw moved the result: of a mean, its distance from the mean. Draws of
`monte_carlo` are independent. Those of `sobol` aren't: each run of consecutive draws fills the cube evenly by itself,
and what the means of such batches differ by is the error of one batch.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["BATCHES", "standard_error", "weighted_mean"]

BATCHES = 16
Floats = NDArray[np.float64]


def weighted_mean(values: NDArray[np.floating], weights: Floats) -> tuple[Floats, Floats]:
    """Mean over draws, (…), and influence values, (draw, …), of values (draw, …) with weights (draw,).

    With weights of 1 in a regime and 0 outside, it is the regime's mean.
    """
    shares = (weights / weights.sum()).reshape(-1, *[1] * (values.ndim - 1))
    mean: Floats = (shares * values).sum(axis=0)
    return mean, len(weights) * shares * (values - mean)


def standard_error(influence: Floats, design: str) -> Floats:
    """Standard error, (…), of a result whose influence values are (draw, …), in the order of the design's draws."""
    draws = len(influence)
    if design != "sobol" or draws < 2 * BATCHES:
        squares = ((influence - influence.mean(axis=0)) ** 2).sum(axis=0)
        return np.asarray(np.sqrt(squares / (draws * (draws - 1 or np.nan))))
    means = np.stack([batch.mean(axis=0) for batch in np.array_split(influence, BATCHES)])
    return np.asarray(means.std(axis=0, ddof=1) / np.sqrt(BATCHES))
