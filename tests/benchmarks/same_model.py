"""The labor model as other tools run it: the project's draw table, equations and core outcomes, and one policy."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from sweep.draw_table import draw_table
from sweep.kernel.compiled import simulate
from sweep.kernel.economy import Economy
from sweep.kernel.outcomes import OUTCOMES
from sweep.kernel.reference import simulate_reference
from sweep.regions import load_regions
from sweep.study import Study
from tests.studies import study

__all__ = ["CORE", "POLICIES", "POLICY", "Draws", "Model", "compiled", "compiled_alone", "economy", "numpy_reference"]
__all__ += ["one", "table"]

Draws = Mapping[str, NDArray[np.float64]]
Model = Callable[[str, Draws], dict[str, NDArray[Any]]]

POLICY, YEARS = "ubi", 15
_DEFAULT = study().policies
POLICIES = tuple(policy.name for policy in _DEFAULT)  # of the default study, none included
CORE = [outcome.name for outcome in OUTCOMES if outcome.part == "core"]


@cache
def economy(regions: str) -> Economy:
    """The economy, loaded once a process."""
    return load_regions(regions)


@cache
def _study(regions: str) -> Study:
    return study(f"regions={regions}", f"policy=[{POLICY}]")


def table(regions: str, start: int, count: int) -> dict[str, NDArray[np.float64]]:
    """The project's draw table for some draws of the default uncertainties."""
    return draw_table(_study(regions), economy(regions).regions, start, count)


def one(draws: Draws, draw: int) -> dict[str, NDArray[np.float64]]:
    """A table of one draw."""
    return {name: values[draw : draw + 1] for name, values in draws.items()}


def _nothing(*_: object) -> dict[str, NDArray[np.float64]]:
    return {}


def numpy_reference(regions: str, draws: Draws, years: int = YEARS) -> dict[str, NDArray[Any]]:
    """No policy and the policy by NumPy in float64, spared the outcomes beyond the core."""
    policies = [policy.instruments(draws) for policy in _study(regions).policies if policy.name != "none"]
    with mock.patch.multiple("sweep.kernel.reference", record_distribution=_nothing, record_decomposition=_nothing):
        block = simulate_reference(economy(regions), draws, policies, years)
    return {name: block[name] for name in CORE}


def compiled(regions: str, draws: Draws, years: int = YEARS) -> dict[str, NDArray[Any]]:
    """No policy and the policy by the compiled kernel in float32."""
    policies = [policy.instruments(draws) for policy in _study(regions).policies if policy.name != "none"]
    return dict(simulate(economy(regions), draws, policies, years, outputs=("core",)))


def compiled_alone(regions: str, draws: Draws, policy: str, years: int = YEARS) -> dict[str, NDArray[Any]]:
    """One of the default study's policies by the compiled kernel, without no policy, which is simulated beside it."""
    chosen = [each.instruments(draws) for each in _DEFAULT if each.name == policy != "none"]
    block = simulate(economy(regions), draws, chosen, years, outputs=("core",))
    return {name: values[-1:] for name, values in block.items()}
