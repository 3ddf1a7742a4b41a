"""Copulas: from independent probabilities of inputs to dependent ones, each still uniform.

All are in conditional form (Rosenblatt 1952, Ann. Math. Stat. 23, 470–472): the first input keeps its probabilities,
and each further one takes its own as those of its distribution given the inputs before it. So draws stay a function of
the point in the unit cube, of a Sobol one too. Formulas: Joe 2014, Dependence Modeling with Copulas, ch. 4.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from sweep.distributions.inversion import inverted

__all__ = ["COPULAS", "Dependence", "one_factor"]

Values = NDArray[np.float64]
_SMALLEST, _LARGEST = 2.0**-54, 1 - 2.0**-53


@dataclass(frozen=True)
class Dependence:
    """Inputs by their keys, and their copula: of the correlation of its normal or t scores, or of Kendall's tau.

    rank_correlation: Spearman's, as stated, of each pair; correlation: of the scores; both (inputs, inputs).
    """

    inputs: tuple[str, ...]
    copula: str
    rank_correlation: tuple[tuple[float, ...], ...] = ()
    correlation: tuple[tuple[float, ...], ...] = ()
    degrees_of_freedom: float | None = None
    kendall_tau: float | None = None

    def together(self, probabilities: Values) -> Values:
        """Dependent probabilities from independent ones, both (draws, inputs) and strictly between 0 and 1."""
        return np.clip(COPULAS[self.copula](self, probabilities), _SMALLEST, _LARGEST)

    def definition(self) -> dict[str, Any]:
        """What decides results, for hashing and for messages."""
        stated = {"rank_correlation": [list(row) for row in self.rank_correlation]}
        further = {"degrees_of_freedom": self.degrees_of_freedom, "kendall_tau": self.kendall_tau}
        chosen = {name: value for name, value in (stated | further).items() if value}
        return {"inputs": list(self.inputs), "copula": self.copula, **chosen}


def one_factor(common: Values, own: Values, correlation: float) -> Values:
    """Probabilities whose normal scores correlate by what they have in common, of the shape of own.

    common, own: independent probabilities, of the same shape or one that fits; correlation: 0 for own, 1 for common.
    """
    from scipy.special import ndtr, ndtri

    if correlation in (0, 1):
        return np.broadcast_to(common, own.shape) if correlation else own
    scores = np.sqrt(correlation) * ndtri(common) + np.sqrt(1 - correlation) * ndtri(own)
    return np.asarray(np.clip(ndtr(scores), _SMALLEST, _LARGEST))


def _gaussian(of: Dependence, probabilities: Values) -> Values:
    from scipy.special import ndtr, ndtri

    # Row by row and not as one product, whose last bits would depend on how many draws there are.
    return np.asarray(ndtr(_mixed(of, ndtri(probabilities))))


def _mixed(of: Dependence, scores: Values) -> Values:
    """Scores of the given correlation from uncorrelated ones, (draws, inputs)."""
    root = np.linalg.cholesky(np.asarray(of.correlation))
    columns = [sum(scores[:, k] * row[k] for k in range(place + 1)) for place, row in enumerate(root)]
    return np.stack([np.asarray(column) for column in columns], axis=1)


def _student(of: Dependence, probabilities: Values) -> Values:
    """An uncorrelated t score has more degrees of freedom given those before it, and is wider if they are far out."""
    from scipy.special import stdtr, stdtrit

    freedom = of.degrees_of_freedom or 0.0
    scores, squares = np.empty_like(probabilities), np.zeros(len(probabilities))
    for place, own in enumerate(probabilities.T):
        wider = np.sqrt((freedom + squares) / (freedom + place))
        scores[:, place] = stdtrit(freedom + place, own) * wider
        squares += scores[:, place] ** 2
    return np.asarray(stdtr(freedom, _mixed(of, scores)))


def _clayton(of: Dependence, probabilities: Values) -> Values:
    """Low values together: theta = 2 tau / (1 − tau)."""
    tau = of.kendall_tau or 0.0
    theta = 2 * tau / (1 - tau)
    found, total = np.empty_like(probabilities), np.zeros(len(probabilities))
    for place, own in enumerate(probabilities.T):
        # On the scale u^−theta − 1 a value adds up with those before it.
        added = (1 + total) * np.expm1(-np.log(own) / (1 / theta + place))
        found[:, place] = np.exp(-np.log1p(added) / theta)
        total += added
    return found


def _gumbel(of: Dependence, probabilities: Values) -> Values:
    """High values together: theta = 1 / (1 − tau).

    The kth derivative of the generator's inverse exp(−t^a), a = 1/theta, is itself times (−t)^−k and a polynomial in
    t^a with positive coefficients, each of which follows from the one before.
    """
    power = 1 - (of.kendall_tau or 0.0)
    found, total = probabilities.copy(), np.zeros(len(probabilities))
    derivative, x = Polynomial([1.0]), Polynomial([0.0, 1.0])
    for place, own in enumerate(probabilities.T):
        if place:
            derivative = power * x * derivative + (place - 1) * derivative - power * x * derivative.deriv()
            given = _log_derivative(total, power, place, derivative)

            def conditional(
                value: Values, before: Values = total, given: Values = given, k: int = place, p: Polynomial = derivative
            ) -> Values:
                return _log_derivative(before + (-np.log(value)) ** (1 / power), power, k, p) - given

            low, high = (np.full(len(own), end) for end in (_SMALLEST, _LARGEST))
            found[:, place] = inverted(conditional, np.log(own), low, high)
        total = total + (-np.log(found[:, place])) ** (1 / power)
    return found


def _log_derivative(total: Values, power: float, order: int, polynomial: Polynomial) -> Values:
    """Log of the absolute derivative of exp(−t^power), up to a constant of its order."""
    reach = total**power
    return np.asarray(np.log(polynomial(reach)) - reach - order * np.log(total))


# Name -> independent probabilities to dependent ones.
COPULAS: dict[str, Callable[[Dependence, Values], Values]] = {
    "gaussian": _gaussian,
    "t": _student,
    "clayton": _clayton,
    "gumbel": _gumbel,
}
