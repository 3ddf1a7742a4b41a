"""Distributions by quantiles, as experts state them: exact at each, smooth and with a positive density between.

Between the stated values, normal scores Φ⁻¹(p) are a rising cubic (Hermite) curve over values, with slopes that are
harmonic means of the neighboring secants (Fritsch and Butland 1984, SIAM J. Sci. Stat. Comput. 5, 300–304); beyond
them it goes on straight. Without bounds tails are therefore those of a normal distribution; with `min` or `max` the
curve is over the log of the distance to the bound, and with both over the log odds between them. So the quantiles of a
normal distribution give just this distribution, and with min: 0 those of a log-normal one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.distributions.inversion import inverted

if TYPE_CHECKING:
    from sweep.distributions.distribution import Distribution

__all__ = ["cumulative", "density", "quantile"]

Values = NDArray[np.float64]


def _unbound(lower: float, upper: float, values: Values) -> Values:
    """Values between bounds on a scale without any, (n,)."""
    if np.isfinite(lower) and np.isfinite(upper):
        return np.log((values - lower) / (upper - values))
    if np.isfinite(lower):
        return np.log(values - lower)
    return -np.log(upper - values) if np.isfinite(upper) else values


def _bound(lower: float, upper: float, scores: Values) -> Values:
    """The inverse of `_unbound`."""
    from scipy.special import expit

    if np.isfinite(lower) and np.isfinite(upper):
        return np.asarray(lower + (upper - lower) * expit(scores))
    if np.isfinite(lower):
        return lower + np.exp(scores)
    return upper - np.exp(-scores) if np.isfinite(upper) else scores


def _stretch(lower: float, upper: float, values: Values) -> Values:
    """The slope of `_unbound`."""
    ends = [1 / abs(values - end) for end in (lower, upper) if np.isfinite(end)]
    return np.asarray(sum(ends)) if ends else np.ones_like(values)


class _Curve(NamedTuple):
    """Normal scores over unbound values: ends of what is stated, (2,) each, and the curve with its slope between."""

    values: Values
    scores: Values
    score: Callable[[Values], Values]
    slope: Callable[[Values], Values]


def _curve(of: Distribution) -> _Curve:
    from scipy.interpolate import CubicHermiteSpline
    from scipy.special import ndtri

    lower, *stated, upper = of.arguments
    scores: Values = ndtri(np.asarray(of.weights))
    values = _unbound(lower, upper, np.asarray(stated))
    secants = np.diff(scores) / np.diff(values)
    inner = 2 / (1 / secants[:-1] + 1 / secants[1:])
    spline: Any = CubicHermiteSpline(values, scores, np.concatenate([secants[:1], inner, secants[-1:]]))
    return _Curve(values[[0, -1]], scores[[0, -1]], spline, spline.derivative())


def quantile(of: Distribution, probability: Values) -> Values:
    """Values at probabilities, same shape."""
    from scipy.special import ndtri

    curve, scores = _curve(of), ndtri(probability)
    inside = np.clip(scores, *curve.scores)
    low, high = (np.full(scores.shape, end) for end in curve.values)
    values = inverted(curve.score, inside, low, high)
    return _bound(of.arguments[0], of.arguments[-1], values + (scores - inside) / curve.slope(values))


def _told(of: Distribution, values: Values) -> tuple[Values, Values, NDArray[np.bool_]]:
    """Normal scores and their slopes, (n,), of those values that are within the bounds, and which these are."""
    lower, upper = of.arguments[0], of.arguments[-1]
    within, curve = (values > lower) & (values < upper), _curve(of)
    unbound = _unbound(lower, upper, values[within])
    inside = np.clip(unbound, *curve.values)
    slopes = curve.slope(inside)
    return curve.score(inside) + (unbound - inside) * slopes, slopes, within


def density(of: Distribution, values: Values) -> Values:
    """Density at values, same shape; 0 beyond the bounds."""
    (scores, slopes, within), found = _told(of, values), np.zeros(values.shape)
    normal = np.exp(-(scores**2) / 2) / np.sqrt(2 * np.pi)
    found[within] = normal * slopes * _stretch(of.arguments[0], of.arguments[-1], values[within])
    return found


def cumulative(of: Distribution, values: Values) -> Values:
    """Probability of values at most these, same shape."""
    from scipy.special import ndtr

    scores, _, within = _told(of, values)
    found = np.where(values >= of.arguments[-1], 1.0, 0.0)
    found[within] = ndtr(scores)
    return found
