"""A validated study: what is uncertain, which policies, how many draws; frozen, and all that runs below config see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.dependence import Dependence
from sweep.distributions import Distribution
from sweep.kernel.instruments import DOSES, Instruments, Timing
from sweep.kernel.outcomes import OUTCOMES, Outcome
from sweep.kernel.parameters import Parameter
from sweep.model_source import Source
from sweep.paths import Path

__all__ = [
    "KEEP",
    "Draws",
    "Execution",
    "Goal",
    "Lever",
    "Places",
    "Policy",
    "Precision",
    "Search",
    "StoreSettings",
    "Study",
]
__all__ += ["Subject", "Target", "Uncertainty"]

# What is kept draw by draw: all; national outcomes and inputs; these of the first draws. The rest is statistics.
KEEP = ("draws", "national", "statistics")
Draws = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Places:
    """Distributions of a parameter that each region, or occupation group, has its own value of.

    by: of those that are named; other: of all others; correlation: of values in two places, as normal scores: 0 where
    they are independent, 1 where all lie at the same probability.
    """

    by: tuple[tuple[str, Distribution], ...]
    other: Distribution | None
    correlation: float

    @property
    def stated(self) -> dict[str, Distribution]:
        """Distributions by name, those of all others last; of "" where none is named."""
        rest = {"other" if self.by else "": self.other} if self.other else {}
        return {**dict(self.by), **rest}

    def of(self, name: str) -> Distribution:
        """The distribution in a region or group."""
        found = dict(self.by).get(name, self.other)
        assert found is not None
        return found

    def definition(self) -> list[Any]:
        """What decides draws, for hashing and for messages."""
        return [self.correlation, {name: each.exact() for name, each in sorted(self.stated.items())}]


@dataclass(frozen=True)
class Uncertainty:
    """One parameter with its distribution, or one distribution by regime, and the evidence for it.

    dimension: of the Sobol point that it is drawn by, None for a stream of its own in every design; the first, 0, is
    the regime's where there is one. grades: of each distribution's evidence: A, B, C, "set by the user" or "not
    stated". per: region or group where each has its own value, "" for one in a draw; places: by regime what these are
    drawn from, where that is more than `distributions` say; groups: names of groups, where there is a value for each;
    categories: names of the values 0, 1, …, where these have names.
    """

    parameter: Parameter
    distributions: tuple[Distribution, ...]
    evidence: str
    dimension: int | None
    grades: tuple[str, ...] = ()
    per: str = ""
    places: tuple[Places, ...] = ()
    groups: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether every draw has the same value in every regime."""
        stated = [each.stated for each in self.by_regime]
        return all(d.is_constant for own in stated for d in own.values()) and all(own == stated[0] for own in stated)

    @property
    def by_regime(self) -> tuple[Places, ...]:
        """What each place's value is drawn from, by regime."""
        return self.places or tuple(Places((), each, 0.0) for each in self.distributions)

    @property
    def has_common(self) -> bool:
        """Whether a design draws it: one value in a draw, or what its places share in some regime."""
        return not self.per or any(each.correlation > 0 for each in self.places)

    def told(self, code: int) -> str:
        """In words, what it is drawn from in a regime."""
        own = self.by_regime[code]
        names = ", ".join(f"{name}: {each}" if name else str(each) for name, each in own.stated.items())
        if not self.places:
            return names
        alike = {0.0: "", 1.0: ", all alike"}.get(own.correlation, f", correlation {own.correlation:g}")
        return f"{names} by {self.per}{alike}"


@dataclass(frozen=True)
class Policy:
    """A named set of instrument doses, each with timing, and who pays: for the policy, or for one instrument."""

    name: str
    label: str
    closure: str = "debt"
    doses: Mapping[str, Distribution] = field(default_factory=dict)
    dose_keys: Mapping[str, str] = field(default_factory=dict)
    timing: Mapping[str, Timing] = field(default_factory=dict)
    closures: Mapping[str, str] = field(default_factory=dict)

    def amounts(self, draws: Draws) -> dict[str, float | NDArray[np.float64]]:
        """Doses by name, numbers or, where uncertain, columns of the draw table."""
        return {
            dose: distribution.arguments[0] if distribution.is_constant else draws[self.dose_keys[dose]]
            for dose, distribution in self.doses.items()
        }

    def instruments(self, draws: Draws) -> Instruments:
        """The policy as the kernel takes it."""
        return Instruments(self.amounts(draws), self.timing, self.closure, self.closures)

    def starts_after(self, years: int) -> bool:
        """Whether no instrument is in force within so many years after the baseline."""
        return bool(self.timing) and all(timing.start_month >= 12 * years for timing in self.timing.values())

    def definition(self) -> dict[str, Any]:
        """What decides this policy's results, for hashing and for messages."""
        return {
            "closure": self.closure,
            "closures": dict(sorted(self.closures.items())),
            "doses": {dose: value.exact() for dose, value in sorted(self.doses.items())},
            "timing": {
                family: [timing.start_month, timing.phase_in_months, timing.regions]
                for family, timing in sorted(self.timing.items())
            },
        }


@dataclass(frozen=True)
class Execution:
    """Which executor, with how many workers, on which cluster."""

    name: str = "auto"
    workers: int | None = None
    address: str | None = None


@dataclass(frozen=True)
class StoreSettings:
    """Where results go, how many draws make a chunk, and what to do about another study's store or another run."""

    path: str | None = None
    folder: str = "results"
    draws_per_chunk: int | None = None
    on_change: str = "refuse"
    lock: str = "respect"


@dataclass(frozen=True)
class Target:
    """The largest Monte Carlo standard error that a number may have: an outcome's mean, quantile or share of draws.

    Exactly one of quantile and above is stated, none for the mean. policy, region: None for all, of which the worst
    counts; regime: None for all regimes pooled; year: None for the last.
    """

    outcome: str
    se: float
    quantile: float | None = None
    above: float | None = None
    policy: str | None = None
    region: str | None = None
    regime: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Precision:
    """Targets that a sweep is extended to meet, with at most so many draws."""

    targets: tuple[Target, ...]
    most_draws: int


@dataclass(frozen=True)
class Lever:
    """A dose that a search may set: its key, such as ubi.amount, the kernel's name, and bounds."""

    key: str
    dose: str
    lower: float
    upper: float


@dataclass(frozen=True)
class Goal:
    """A number that a search judges policies by: of a national outcome, over draws, in a year or over years.

    sense: min or max of an objective, at_most or at_least of a constraint, which has a bound; quantile: over draws,
    None for the mean; over: last, or mean, of the years after the baseline.
    """

    outcome: str
    sense: str
    bound: float | None = None
    quantile: float | None = None
    over: str = "last"


@dataclass(frozen=True)
class Search:
    """A search for lever settings of a policy that no other betters in all objectives.

    candidates: by name of the policies so far, their generation and levers.
    """

    base: Policy
    levers: tuple[Lever, ...]
    objectives: tuple[Goal, ...]
    constraints: tuple[Goal, ...]
    population: int
    generations: int
    fresh_draws: int
    candidates: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def definition(self) -> dict[str, Any]:
        """What is searched, for the name of a store and for who reads it; how long it goes on is no part of it."""
        return {
            "levers": {lever.key: {"dose": lever.dose, "bounds": [lever.lower, lever.upper]} for lever in self.levers},
            "objectives": [vars(goal) for goal in self.objectives],
            "constraints": [vars(goal) for goal in self.constraints],
            "population": self.population,
            "base": self.base.definition(),
        }


@dataclass(frozen=True)
class Subject:
    """What is studied, as a model declares it and a configuration states it: all but draws, designs and stores.

    outputs: sets of outcomes that are computed; thresholds: as stated; limits: smallest and largest value by dose;
    source: of a model of the user's own.
    """

    name: str
    title: str
    regions: tuple[str, ...]
    years: tuple[int, ...]
    outputs: tuple[str, ...]
    thresholds: Mapping[str, Sequence[float]]
    regimes: tuple[str, ...]
    regime_weights: tuple[float, ...]
    uncertainties: tuple[Uncertainty, ...]
    policies: tuple[Policy, ...]
    limits: Mapping[str, tuple[float, float]]
    outcomes: tuple[Outcome, ...] = OUTCOMES
    lever_units: Mapping[str, str] = field(default_factory=lambda: DOSES)
    paths: tuple[Path, ...] = ()
    publishers: str = ""
    regions_path: str | None = None
    source: Source | None = None


@dataclass(frozen=True)
class Study:
    """Everything a run needs, checked."""

    draws: int
    seed: int
    years: int
    outputs: tuple[str, ...]
    regions: str
    design: str
    regimes: tuple[str, ...]
    regime_weights: tuple[float, ...]
    uncertainties: tuple[Uncertainty, ...]
    policies: tuple[Policy, ...]
    # Parameters that move, of which the value in the end is an input too.
    paths: tuple[Path, ...] = ()
    changed_policies: tuple[str, ...] = ()
    execution: Execution = field(default_factory=Execution)
    store: StoreSettings = field(default_factory=StoreSettings)
    # Language of the report; None where none is written.
    report: str | None = "en"
    keep_bits: int | None = None
    # One of KEEP, and by outcome values above which draws are counted.
    keep: str = "draws"
    # What a design in blocks moves together: parameter, evidence or group.
    by: str = "parameter"
    # By input its probabilities in all draws, (draws,), of a design that makes all at once.
    points: Draws = field(default_factory=dict)
    # By input its values in all draws, (draws,), of a user's own table, and whether its rows are a random sample.
    own: Draws = field(default_factory=dict)
    random_sample: bool = False
    # How columns of a Latin hypercube were spread together, "" where they weren't.
    optimization: str = ""
    thresholds: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    dependence: tuple[Dependence, ...] = ()
    precision: Precision | None = None
    search: Search | None = None
    config_text: str = ""
    title: str = ""
    publishers: str = ""
    regions_path: str | None = None
    baseline_year: int = 2025
    # Of the user's own, None: the labor model. What the model computes in all sets, and units of doses by name.
    model: Source | None = None
    outcomes: tuple[Outcome, ...] = OUTCOMES
    lever_units: Mapping[str, str] = field(default_factory=lambda: DOSES)

    @property
    def computed(self) -> tuple[Outcome, ...]:
        """Outcomes of the chosen sets."""
        return tuple(outcome for outcome in self.outcomes if outcome.part in self.outputs)
