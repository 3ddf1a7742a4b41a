"""The same labor model under other tools, each in a process of its own: TOOL MODEL DRAWS REGIONS FILE.

Every tool keeps all core outcomes and writes them to one file, as its users would.
"""

import sys
import warnings
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.same_model import (
    CORE,
    POLICIES,
    Draws,
    Model,
    compiled,
    compiled_alone,
    numpy_reference,
    one,
    table,
)

__all__ = ["TOOLS", "main"]

MODELS: dict[str, Model] = {"numpy": numpy_reference, "kernel": compiled}
BLOCK = 256  # draws that the plain script holds at once


def _joined(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in CORE}


def plain(model: str, draws: int, regions: str, block: int = BLOCK) -> dict[str, NDArray[Any]]:
    """A script that runs the model on arrays of many draws."""
    starts = range(0, draws, block)
    return _joined([MODELS[model](regions, table(regions, first, min(block, draws - first))) for first in starts])


def _call(model: str, regions: str, draws: Draws) -> dict[str, NDArray[Any]]:
    return MODELS[model](regions, draws)


def joblib(model: str, draws: int, regions: str) -> dict[str, NDArray[Any]]:
    """joblib's processes, one draw a call."""
    from joblib import Parallel, delayed

    everything = table(regions, 0, draws)
    return _joined(Parallel(n_jobs=-1)(delayed(_call)(model, regions, one(everything, i)) for i in range(draws)))


@cache
def _median(regions: str) -> dict[str, NDArray[np.float64]]:
    return table(regions, 0, 1)


def _experiment(model: Callable[[Draws], dict[str, NDArray[Any]]], regions: str, **values: float) -> dict[str, Any]:
    """One experiment: named numbers in, arrays of at most two dimensions out, which is what EMA Workbench takes."""
    draws = dict(_median(regions))
    for name, constant in draws.items():
        width = constant.shape[1] if constant.ndim == 2 else 0
        if f"{name}_0" in values:
            draws[name] = np.array([[values[f"{name}_{r}"] for r in range(width)]])
        elif name in values:
            draws[name] = np.array([values[name]])
    return {name: value.reshape(-1, value.shape[-1]) for name, value in model(draws).items()}


def _both(model: str, regions: str, **values: float) -> dict[str, Any]:
    """No policy and the policy in one experiment."""
    return _experiment(partial(MODELS[model], regions), regions, **values)


def _alone(model: str, regions: str, number: int, **values: float) -> dict[str, Any]:
    """One of several policies in an experiment of its own."""
    del model
    return _experiment(partial(compiled_alone, regions, policy=POLICIES[number]), regions, **values)


def _uncertain(draws: Draws) -> dict[str, NDArray[np.float64]]:
    """A column for each number that differs between draws."""
    columns = {name: values for name, values in draws.items() if values.ndim == 1}
    for name, values in draws.items():
        if values.ndim == 2:
            columns |= {f"{name}_{r}": values[:, r] for r in range(values.shape[1])}
    return {name: values for name, values in columns.items() if name != "regime" and np.ptp(values) > 0}


def ema(
    model: str, draws: int, regions: str, parallel: bool = False, policies: bool = False
) -> dict[str, NDArray[Any]]:
    """EMA Workbench, one experiment a draw, or one for each draw under each policy of the default study."""
    warnings.simplefilter("ignore")
    from ema_workbench import ArrayOutcome, IntegerParameter, RealParameter, SequentialEvaluator
    from ema_workbench import Model as Wrapped
    from ema_workbench.em_framework import MultiprocessingEvaluator, points

    # Two kinds before its version 3, one since.
    sample, policy = (getattr(points, name, None) or points.Sample for name in ("Scenario", "Policy"))
    columns = _uncertain(table(regions, 0, draws))
    wrapped = Wrapped("labor", function=partial(_alone if policies else _both, model, regions))
    wrapped.uncertainties = [RealParameter(name, values.min(), values.max()) for name, values in columns.items()]
    wrapped.levers = [IntegerParameter("number", 0, len(POLICIES) - 1)] if policies else []
    wrapped.outcomes = [ArrayOutcome(name) for name in CORE]
    samples = [sample(str(i), **{name: float(values[i]) for name, values in columns.items()}) for i in range(draws)]
    chosen = [policy(name, number=number) for number, name in enumerate(POLICIES)] if policies else 0
    with MultiprocessingEvaluator(wrapped) if parallel else SequentialEvaluator(wrapped) as evaluator:
        _, outcomes = evaluator.perform_experiments(scenarios=samples, policies=chosen)
    return dict(outcomes)


TOOLS: dict[str, Callable[[str, int, str], dict[str, NDArray[Any]]]] = {
    "plain": plain,
    "blocks": partial(plain, block=32),
    "joblib": joblib,
    "ema": ema,
    "ema_parallel": partial(ema, parallel=True),
    "ema_policies": partial(ema, policies=True),
    "ema_policies_parallel": partial(ema, parallel=True, policies=True),
}


def main() -> None:
    """Run one tool as its arguments say."""
    tool, model, draws, regions, file = sys.argv[1:]
    outcomes: dict[str, Any] = TOOLS[tool](model, int(draws), regions)
    np.savez(file, **outcomes)


if __name__ == "__main__":
    main()
