"""The command `sweep` with a small model in closed form, little patience, and the faults that the environment asks for.

FAULT_PAUSE: seconds that a batch takes; FAULT_DEADLY: first draw of a batch that kills its worker. Run as a script, so
that what is defined here travels to workers by value: they have the package and nothing else.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

import sweep.run
from sweep import executors
from sweep.__main__ import main
from sweep.executors.dispatch import Patience
from sweep.executors.ray import RayExecutor
from sweep.executors.serial import SerialExecutor
from sweep.kernel.outcomes import OUTCOMES

_FEW = tuple(
    outcome
    for outcome in OUTCOMES
    if outcome.name in ("gdp", "wage", "national_gdp", "national_unemployment_rate", "national_jobless_rate")
)


def _closed_form(economy: Any, draws: Any, policies: Sequence[Any], years: int, outputs: Sequence[str]) -> Any:
    """Outcomes that differ between draws, policies, regions, years and outcomes, as the kernel returns them."""
    own = draws["reinstatement"][None, :, None, None] + np.arange(1 + len(policies))[:, None, None, None]
    whole = own * (1 + np.arange(len(economy.regions))[:, None]) + np.arange(years + 1)
    return {
        outcome.name: (whole * number if outcome.regional else whole[:, :, 0] * number).astype(np.float32)
        for number, outcome in enumerate(_FEW, start=1)
    }


@dataclass(frozen=True)
class _Disturbed:
    factory: Any
    pause: float
    deadly: int

    def __call__(self) -> Callable[[Any], Any]:
        from sweep.kernel import compiled

        with mock.patch.multiple(compiled, simulate=_closed_form, compile_kernel=lambda real: None):
            work = self.factory()

        def disturbed(task: Any) -> Any:
            if task.start == self.deadly:
                os._exit(1)
            time.sleep(self.pause)
            return work(task)

        return disturbed


def _choose(name: str, workers: int | None, address: str | None, seconds: float) -> tuple[str, Any]:
    patience = Patience(tick=1, batch=6, times=1, first=60, head=10)
    executor = RayExecutor(workers, address, patience) if name == "ray" else SerialExecutor(1)

    def run(factory: Any, tasks: Sequence[Any]) -> Iterator[Any]:
        pause, deadly = os.environ.get("FAULT_PAUSE", "0"), os.environ.get("FAULT_DEADLY", "-1")
        return executor(_Disturbed(factory, float(pause), int(deadly)), tasks)

    return name, run


if __name__ == "__main__":
    with mock.patch.object(executors, "choose", _choose), mock.patch.object(sweep.run, "OUTCOMES", _FEW):
        main()
