"""The Ishigami function (Ishigami and Homma 1990): nonlinear, with an interaction, and Sobol indices in closed form."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sweep.model import Model, Outcome, Parameter

Numbers = Mapping[str, NDArray[np.float64]]
A, B = 7.0, 0.1


def simulate(inputs: Numbers, levers: Numbers) -> Numbers:
    x1, x2, x3 = inputs["x1"], inputs["x2"], inputs["x3"]
    return {"y": np.sin(x1) + A * np.sin(x2) ** 2 + B * x3**4 * np.sin(x1)}


MODEL = Model(
    name="ishigami",
    title="Ishigami function",
    parameters=[Parameter(name, "rad", ["uniform", -np.pi, np.pi]) for name in ("x1", "x2", "x3")],
    outcomes=[Outcome("y", "1", long_name="value of the function")],
    simulate=simulate,
)
