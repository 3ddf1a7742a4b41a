"""What a study simulates: the labor model on its regions, or a model of the user's own; all that runs and stores ask.

Either travels to workers as a whole, since these may see neither a user's tables nor a user's file.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sweep.kernel.economy import Economy
from sweep.kernel.fingerprint import kernel_hash
from sweep.model import Model, ModelError
from sweep.model_source import Source, loaded
from sweep.paths import Path, monthly
from sweep.regions import load_regions, region_hash, source_notes
from sweep.study import Draws, Policy, Study

__all__ = ["Labor", "Own", "Simulated", "model_of"]

# Cell-steps a second and core that a sweep plans with: only to choose an executor.
_CELL_STEPS_PER_SECOND = 5e7

Block = Mapping[str, NDArray[np.float32]]


class Simulated(Protocol):
    """A model as a run sees it."""

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of regions, in the order of outcomes."""

    @property
    def years(self) -> tuple[int, ...]:
        """Labels of years, the baseline's first."""

    @property
    def hashes(self) -> tuple[str, str]:
        """Hashes of the equations, and of the data on regions."""

    @property
    def sources(self) -> str:
        """Who published what the model holds."""

    def seconds_a_run(self, draws: Callable[[], Draws]) -> float:
        """About what one draw takes under one policy, on one core. draws: gives some of them."""

    def warm_up(self, draws: Draws) -> None:
        """Have all that takes long done once; draws: a single one is enough."""

    def simulate(self, draws: Draws, policies: Sequence[Policy], outputs: Sequence[str]) -> Block:
        """Outcomes, (policy, draw, [region,] year), under policies in this order, `none` the first if it is there."""


@dataclass(frozen=True)
class Labor:
    """The labor model on an economy; path: of a user's own tables; by_group: parameters with a value by group."""

    economy: Economy
    length: int
    path: str | None = None
    by_group: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        """Regions of the economy."""
        return self.economy.regions

    @property
    def years(self) -> tuple[int, ...]:
        """The baseline year, and those that are simulated."""
        return tuple(range(self.economy.first_year, self.economy.first_year + self.length + 1))

    @property
    def hashes(self) -> tuple[str, str]:
        """Hashes of the kernel and of the tables."""
        return kernel_hash(), region_hash(self.economy.name, self.path)

    @property
    def sources(self) -> str:
        """The publishers named in the tables."""
        return source_notes(self.economy.name, self.path)

    def seconds_a_run(self, draws: Callable[[], Draws]) -> float:
        """By the number of cells and months."""
        return 12 * self.length * self.economy.employment.size / _CELL_STEPS_PER_SECOND

    def warm_up(self, draws: Draws) -> None:
        """Have the kernel compiled."""
        from sweep.kernel.compiled import warm_up

        warm_up(self.economy, self._inputs(draws))

    def simulate(self, draws: Draws, policies: Sequence[Policy], outputs: Sequence[str]) -> Block:
        """Outcomes by the compiled kernel, which always simulates `none` too."""
        from sweep.kernel.compiled import simulate

        names = [policy.name for policy in policies]
        wanted = [policy.instruments(draws) for policy in policies if policy.name != "none"]
        paths = monthly(self.paths, draws, 12 * self.length)
        block = simulate(self.economy, self._inputs(draws), wanted, self.length, outputs=outputs, paths=paths)
        return block if "none" in names else {name: values[1:] for name, values in block.items()}

    def _inputs(self, draws: Draws) -> Draws:
        """Draws as the kernel takes them: values by group along its axis of groups."""
        return {**draws, **{name: draws[name][:, :, None] for name in self.by_group}}


@dataclass(frozen=True)
class Own:
    """A model of the user's own; paths: of its parameters that move."""

    source: Source
    paths: tuple[Path, ...] = ()

    @property
    def model(self) -> Model:
        """The model, loaded where it isn't yet."""
        return loaded(self.source)

    @property
    def regions(self) -> tuple[str, ...]:
        """As declared."""
        return tuple(self.model.regions)

    @property
    def years(self) -> tuple[int, ...]:
        """As declared."""
        return tuple(self.model.years)

    @property
    def hashes(self) -> tuple[str, str]:
        """Hashes of the model's source, and of what it calls regions."""
        return self.source.sha256, hashlib.sha256("\n".join(self.regions).encode()).hexdigest()

    @property
    def sources(self) -> str:
        """As declared."""
        return self.model.sources

    def seconds_a_run(self, draws: Callable[[], Draws]) -> float:
        """By the clock."""
        some = draws()
        start = time.perf_counter()
        self.warm_up(some)
        return (time.perf_counter() - start) / len(some["regime"])

    def warm_up(self, draws: Draws) -> None:
        """Have the model loaded. Raises ModelError where it isn't what it declares."""
        try:
            self.simulate(draws, [Policy("none", "")], ())
        except ModelError:
            raise
        except Exception:
            # A draw that stops the model is for the task to tell.
            return

    def simulate(self, draws: Draws, policies: Sequence[Policy], outputs: Sequence[str]) -> Block:
        """Outcomes under one policy after the other; an outcome without years has the same value in each of them."""
        model = self.model
        first, last = self.years[0], self.years[-1]
        steps = np.array(self.years) - first
        moving = {name: values[:, steps] for name, values in monthly(self.paths, draws, last - first + 1).items()}
        found = [model.run(*arguments(model, {**draws, **moving}, policy)) for policy in policies]
        return {each.name: np.stack([self._filled(block, each) for block in found]) for each in model.outcomes}

    def _filled(self, block: Mapping[str, NDArray[Any]], outcome: Any) -> NDArray[np.float32]:
        """An outcome in each year, (draw, [region,] year)."""
        # What is too large for single precision becomes infinite, and its draw is told as not finite.
        with np.errstate(over="ignore"):
            values = block[outcome.name].astype(np.float32)
        if "year" in outcome.dims:
            return values
        return np.repeat(values[..., None], len(self.years), axis=-1)


def arguments(model: Model, draws: Draws, policy: Policy) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a model takes, copies, so that none changes what is stored: inputs and levers (draw,).

    Inputs per region or year are (draw, region or year).
    """
    count, doses = len(draws["regime"]), policy.amounts(draws)
    inputs = {}
    for each in model.parameters:
        values, sizes = draws[each.name], model.sizes(each)
        same = values[:, None] if sizes and values.ndim == 1 else values
        inputs[each.name] = np.array(np.broadcast_to(same, (count, *sizes)), np.float64)
    levers = {each.name: np.array(np.broadcast_to(doses.get(each.name, each.default), count)) for each in model.levers}
    return inputs, {name: values.astype(np.float64) for name, values in levers.items()}


def model_of(study: Study) -> Simulated:
    """What a study simulates. Raises ConfigError where it can't be loaded."""
    if study.model is not None:
        return Own(study.model, study.paths)
    economy = load_regions(study.regions, study.regions_path, study.baseline_year)
    by_group = tuple(item.parameter.name for item in study.uncertainties if item.per == "group")
    return Labor(economy, study.years, study.regions_path, by_group, study.paths)
