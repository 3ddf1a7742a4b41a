"""Whether a number differs from zero by more than Monte Carlo noise, also where many are looked at together."""

import numpy as np
from numpy.typing import NDArray

from analysis.monte_carlo import batch_draws

__all__ = ["RESOLUTION", "SIGNIFICANCE", "freedom", "holm", "p_value"]

Floats = NDArray[np.float64]

# Chance of calling any of several numbers real where none is.
SIGNIFICANCE = 0.05
# Of an outcome's largest value: what the kernel's single precision can tell.
RESOLUTION = 1e-5


def holm(p_values: Floats) -> Floats:
    """P-values, (test,), adjusted for their number, whatever their dependence; NaN stays, and counts as no test.

    Source: Holm 1979.
    """
    found, known = np.full(p_values.shape, np.nan), np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known])]
    steps = np.arange(len(order), 0, -1) * p_values[order]
    found[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return found


def freedom(weights: Floats, design: str) -> int:
    """Degrees of freedom of a standard error: of the batches or of the draws that it is from."""
    own, size = int(np.count_nonzero(weights)), batch_draws(len(weights), design)
    return min(own, len(weights) // size if size else own) - 1


def p_value(mean: Floats, error: Floats, degrees: int | NDArray[np.int_]) -> Floats:
    """Chance of a mean at least so far from zero were it zero, by Student's t; NaN where there is no error."""
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((mean == 0) & (error == 0), 0.0, np.abs(mean) / error)
    return np.asarray(2 * stdtr(np.maximum(degrees, 1), -ratio))
