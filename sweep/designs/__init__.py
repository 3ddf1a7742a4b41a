"""Designs: where in the unit cube each draw lies; one file a design."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sweep.designs import monte_carlo, sobol

__all__ = ["DESIGNS", "FIXED", "Uniforms"]

# (seed, parameter name, dimension, first draw, number of draws) -> probabilities in (0, 1).
Uniforms = Callable[[int, str, int, int, int], NDArray[np.float64]]

DESIGNS: dict[str, Uniforms] = {"monte_carlo": monte_carlo.uniforms, "sobol": sobol.uniforms}

# Designs whose draws depend on how many there are -> why more of them would be others; such a store can't be extended.
FIXED: dict[str, str] = {}
