"""Inputs that move together: groups with a copula, by which independent probabilities become dependent ones."""

from sweep.dependence.copulas import COPULAS, Dependence

__all__ = ["COPULAS", "Dependence"]
