"""The elementary functions that equations are built from; the compiled kernel binds its own in their place."""

import numpy as np
from numpy import exp, log, maximum, minimum
from numpy.typing import NDArray

__all__ = ["Array", "exp", "log", "maximum", "minimum"]

Array = NDArray[np.float64]
