"""Generations of candidates: an optimizer proposes lever settings, and learns what became of them.

NSGA-II (Deb et al. 2002), and NSGA-III (Deb and Jain 2014) for four objectives and more, by pymoo. All that is chance
in them follows from the seed, so that a search done again with the same results proposes the same candidates.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.distributions import constant
from sweep.plan import digest
from sweep.study import Lever, Policy, Search

__all__ = ["Evaluate", "Generation", "candidate", "evolve"]

Floats = NDArray[np.float64]

# More places would only hide that candidates are samples, and make policies that nobody could write down.
_DIGITS = 3
# From so many objectives on NSGA-II selects hardly better than chance, since few candidates are dominated.
_MANY_OBJECTIVES = 4

# (generation, candidates) -> what is minimized (candidate, objective), and what may not be positive (…, constraint).
Evaluate = Callable[[int, Sequence[Policy]], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Generation:
    """What one step of a search proposed, and what became of it; arrays are by candidate.

    best: names of candidates so far that stand for the front, a population at most, spread over it.
    """

    number: int
    candidates: tuple[Policy, ...]
    levers: Floats
    minimized: Floats
    violated: Floats
    best: tuple[str, ...]


def evolve(search: Search, seed: int, evaluate: Evaluate) -> Iterator[Generation]:
    """Generations of a search, each evaluated before the next is proposed."""
    algorithm = _algorithm(search, seed)
    for number in range(1, search.generations + 1):
        proposed = algorithm.ask()
        values = rounded(proposed.get("X"), search.levers)
        candidates = tuple(candidate(search, row) for row in values)
        minimized, violated = evaluate(number, candidates)
        proposed.set("X", values, "F", minimized, "G", violated)
        algorithm.tell(infills=proposed)
        best = dict.fromkeys(candidate(search, row).name for row in algorithm.pop.get("X"))
        yield Generation(number, candidates, values, minimized, violated, tuple(best))


def rounded(values: Floats, levers: Sequence[Lever]) -> Floats:
    """Lever settings, (candidate, lever), to three digits, within bounds."""
    lower, upper = (np.array([getattr(lever, end) for lever in levers]) for end in ("lower", "upper"))
    short = np.array([[float(f"{value:.{_DIGITS}g}") for value in row] for row in values])
    return np.asarray(np.clip(short, lower, upper))


def candidate(search: Search, values: Sequence[float] | Floats) -> Policy:
    """The policy with these lever settings, named by what decides its results."""
    doses = {lever.dose: constant(float(value)) for lever, value in zip(search.levers, values, strict=True)}
    policy = replace(search.base, doses={**search.base.doses, **doses})
    label = ", ".join(f"{lever.key} {float(value):g}" for lever, value in zip(search.levers, values, strict=True))
    return replace(policy, name=f"candidate-{digest(policy.definition())[:10]}", label=label)


def _algorithm(search: Search, seed: int) -> Any:
    """The optimizer, set up."""
    from pymoo.algorithms.moo.nsga2 import NSGA2
    from pymoo.algorithms.moo.nsga3 import NSGA3
    from pymoo.core.problem import Problem
    from pymoo.operators.sampling.lhs import LHS

    objectives = len(search.objectives)
    if objectives < _MANY_OBJECTIVES:
        algorithm: Any = NSGA2(pop_size=search.population, sampling=LHS())
    else:
        directions = _directions(objectives, search.population)
        algorithm = NSGA3(directions, pop_size=search.population, sampling=LHS())
    problem = Problem(
        n_var=len(search.levers),
        n_obj=objectives,
        n_ieq_constr=len(search.constraints),
        xl=np.array([lever.lower for lever in search.levers]),
        xu=np.array([lever.upper for lever in search.levers]),
    )
    algorithm.setup(problem, termination=("n_gen", search.generations), seed=seed, verbose=False)
    return algorithm


def _directions(objectives: int, population: int) -> Floats:
    """Directions in which NSGA-III keeps the front spread: as fine a lattice as the population fills."""
    from pymoo.util.ref_dirs import get_reference_directions

    parts = 1
    while math.comb(objectives + parts, parts + 1) <= population:
        parts += 1
    return np.asarray(get_reference_directions("das-dennis", objectives, n_partitions=parts))
