"""A search on the same engine as every sweep: each generation's candidates are policies of one store, on common draws.

What a store has of a generation is read and not computed again, so that the same command continues a search that was
cut short, and proposes what it would have proposed.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sweep import store
from sweep.errors import ConfigError
from sweep.run import Progress, execute, remaining, run
from sweep.search.evolution import Generation, evolve
from sweep.study import Policy, Search, Study

__all__ = ["Engine"]

Floats = NDArray[np.float64]


@dataclass
class Engine:
    """Runs the candidates of a study's search into a store, generation by generation.

    held: makes sure that the store still is this run's; progress: called with the report of each task; study: with the
    candidates so far; runs: draws times candidates that were computed; best: candidates that stand for the front.
    """

    study: Study
    at: store.Where
    progress: Progress
    held: store.Held = store.unheld
    runs: int = 0
    best: tuple[str, ...] = ()
    _finished: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def search(self) -> Search:
        """The search, with the candidates so far."""
        if self.study.search is None:
            raise ConfigError("search: expected levers and objectives, got none")
        return self.study.search

    def generations(self) -> Iterator[Generation]:
        """Generations of the search, each in the store before the next is proposed."""
        self._finished = store.survey(store.place(self.at)).finished
        for generation in evolve(self.search, self.study.seed, self.evaluate):
            self.best = generation.best
            yield generation

    def evaluate(self, number: int, candidates: Sequence[Policy]) -> tuple[Floats, Floats]:
        """Objectives, less is better, and by how much constraints are broken, (candidate, …), of a generation."""
        from analysis import StoreWarning, load
        from analysis.goals import Goal, excess, judged

        self._add(number, candidates)
        names = list(dict.fromkeys(policy.name for policy in candidates))
        if not all(name in self._finished and self._finished[name][: self.study.draws].all() for name in names):
            tasks = remaining(self.study, self.at, self.held)
            self.runs += sum(task.runs for task in tasks)
            execute(self.study, self.at, tasks, self.progress)
        objectives, constraints = (
            [Goal(**vars(goal)) for goal in goals] for goals in (self.search.objectives, self.search.constraints)
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", StoreWarning)
            # Of this generation alone, so that draws which fail under later candidates change nothing here.
            found = judged(load(self.at, ["none", *names]), objectives, constraints)
        found = found.sel(candidate=[policy.name for policy in candidates])
        signs = np.array([goal.sign for goal in objectives])
        return found["objectives"].to_numpy() * signs, excess(found["constraints"].to_numpy(), constraints)

    def finish(self) -> None:
        """Have the store complete: everything is read back, and what is damaged is done again."""
        tasks = remaining(self.study, self.at, self.held)
        if tasks or not store.seal(self.at, self.held):
            run(self.study, self.at, tasks, self.progress, self.held)

    def _add(self, number: int, candidates: Sequence[Policy]) -> None:
        """Take a generation's candidates into the study."""
        known = dict(self.search.candidates)
        for policy in candidates:
            levers = {lever.key: policy.doses[lever.dose].arguments[0] for lever in self.search.levers}
            known.setdefault(policy.name, {"generation": number, "levers": levers})
        policies = {policy.name: policy for policy in (*self.study.policies, *candidates)}
        search = replace(self.search, candidates=known)
        self.study = replace(self.study, policies=tuple(policies.values()), search=search)

    def again(self, front: Sequence[str]) -> Study:
        """The study that runs a front again, beside the store, on draws that no candidate was chosen by.

        Of a front of more candidates than a population, those that the optimizer spread over it.
        """
        names = front if len(front) <= self.search.population else [name for name in front if name in self.best]
        path = f"{str(self.at).removesuffix('.zarr')}-fresh.zarr"
        return replace(
            self.study,
            seed=(self.study.seed + 1) % 2**63,
            draws=self.search.fresh_draws,
            policies=tuple(policy for policy in self.study.policies if policy.name in ("none", *names)),
            store=replace(self.study.store, path=path),
            search=None,
        )
