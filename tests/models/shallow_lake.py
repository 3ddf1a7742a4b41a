"""The shallow-lake problem (Carpenter, Ludwig and Brock 1999, as a decision under uncertainty Quinn et al. 2017).

A town earns by releasing phosphorus, a year's a; in the lake X' = X + a + X^q / (1 + X^q) − b X + inflow. Beyond a
critical amount the lake recycles more than it loses, and tips into a turbid state.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sweep.model import Lever, Model, Outcome, Parameter

Numbers = Mapping[str, NDArray[np.float64]]
YEARS, BENEFIT, TURBID = 50, 0.4, 1.0
DISCOUNT = 0.98 ** np.arange(YEARS + 1)


def simulate(inputs: Numbers, levers: Numbers) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    b, q, inflow, release = inputs["b"], inputs["q"], inputs["inflow"], levers["release"]
    pollution = np.zeros((len(b), YEARS + 1))
    for year in range(YEARS):
        x = pollution[:, year]
        pollution[:, year + 1] = x + release + x**q / (1 + x**q) - b * x + inflow
    return {
        "pollution": pollution,
        "utility": np.cumsum(BENEFIT * release[:, None] * DISCOUNT, axis=1),
        "turbid": pollution[:, -1] > TURBID,
    }


MODEL = Model(
    name="shallow_lake",
    title="The shallow lake",
    parameters=[
        Parameter("b", "1/year", ["uniform", 0.35, 0.45], "phosphorus that leaves the lake", 0, 1),
        Parameter("q", "1", ["uniform", 2.0, 4.5], "steepness of recycling", 1, 10),
        Parameter("inflow", "1/year", ["log_normal", 0.02, 0.3], "phosphorus from nature", 0),
    ],
    levers=[Lever("release", "1/year", 0.0, 0.2, meaning="phosphorus that the town releases")],
    outcomes=[
        Outcome("pollution", "1", ("year",), "phosphorus in the lake"),
        Outcome("utility", "1", ("year",), "discounted benefit of releases so far"),
        Outcome("turbid", "1", (), "whether the lake ends up turbid"),
    ],
    years=range(YEARS + 1),
    simulate=simulate,
)
