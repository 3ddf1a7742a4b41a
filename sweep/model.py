"""What a model of your own declares: parameters, outcomes, levers, and how a batch of draws becomes outcomes.

A file that defines `MODEL = Model(...)` is run by `sweep model.path=FILE model.trust=true`, and tested by
`sweep check-model FILE`.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError, nearest

__all__ = ["TAKEN", "Lever", "Model", "ModelError", "Outcome", "Parameter"]

Values = NDArray[np.float64]
Numbers = Mapping[str, Values]
_DIMS: tuple[tuple[str, ...], ...] = ((), ("region",), ("year",), ("region", "year"))
# What a store names itself.
TAKEN = ("draw", "policy", "region", "regime", "status", "weight", "year")
_MOST = 10_000


class ModelError(ConfigError):
    """A model that isn't what it declares, or declares what can't be."""


class _Named(dict[str, Any]):
    """What a model is given, by name; a name that it doesn't declare is told with the nearest that it does."""

    def __missing__(self, name: str) -> Any:
        raise ModelError(f"expected a declared parameter or lever, got {name!r}; {nearest(str(name), self)}")


@dataclass(frozen=True)
class Parameter:
    """One uncertain input, a number in each draw.

    distribution: as a configuration states it, a number or a list such as ["uniform", 0, 1]; lower, upper: the values
    that it may have, in its unit; categories: names of the values 0, 1, … where it is one of several; is_whole: whether
    it has whole numbers alone; per: "region" where each region of the model has a value of its own in each draw, "year"
    where the value may move over the model's years.
    """

    name: str
    unit: str
    distribution: Any
    meaning: str = ""
    lower: float = -math.inf
    upper: float = math.inf
    categories: tuple[str, ...] = ()
    is_whole: bool = False
    per: str = ""


@dataclass(frozen=True)
class Outcome:
    """One result; dims: what it has a value for besides draws, any of "region" and "year", in this order."""

    name: str
    unit: str
    dims: tuple[str, ...] = ()
    long_name: str = ""


@dataclass(frozen=True)
class Lever:
    """What a policy may set, between bounds; default: its value where a policy doesn't, and without policy.

    categories, is_whole: as of a parameter.
    """

    name: str
    unit: str
    lower: float
    upper: float
    default: float = 0.0
    meaning: str = ""
    categories: tuple[str, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True)
class Model:
    """A model: what it takes, what it gives, and one of two functions.

    simulate: of a batch, (inputs, levers) -> outcomes; both are by name arrays (draws,), inputs per region or year
    (draws, region or year), and outcomes are by name arrays (draws, [region,] [year]) of NumPy or like them.
    simulate_one: of a single draw, from numbers by name (per region or year arrays) to a number or an array ([region,]
    [year]) for each outcome; slower, since Python calls it draw by draw.
    The order of parameters is part of what is drawn: new ones go to the end. years: labels, rising; sources: where
    numbers in the model come from; framework: whose model this is, where it is another one's, in which parameters have
    one value in a draw. There are no occupation groups, which are the labor model's. Raises ModelError on declarations
    that can't be.
    """

    name: str
    parameters: Sequence[Parameter]
    outcomes: Sequence[Outcome]
    simulate: Callable[[Numbers, Numbers], Mapping[str, Any]] | None = None
    simulate_one: Callable[[Mapping[str, float], Mapping[str, float]], Mapping[str, Any]] | None = None
    levers: Sequence[Lever] = ()
    regions: Sequence[str] = ("all",)
    years: Sequence[int] = (0,)
    title: str = ""
    sources: str = ""
    framework: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", self.name):
            raise ModelError(f"Model.name: expected letters, digits, - and _, as a store's name has; got {self.name!r}")
        for field, kind in (("parameters", Parameter), ("outcomes", Outcome), ("levers", Lever)):
            _check_kinds(field, getattr(self, field), kind)
        names = [*(each.name for each in self.parameters), *(each.name for each in self.outcomes)]
        _check_names("parameters and outcomes", names)
        _check_names("levers", [each.name for each in self.levers])
        for outcome in self.outcomes:
            if tuple(outcome.dims) not in _DIMS:
                raise ModelError(
                    f"outcome {outcome.name}: dims: expected (), ('region',), ('year',) or ('region', 'year'), got "
                    f"{outcome.dims!r}"
                )
        bounds = {each.name: (each.lower, each.upper) for each in self.parameters}
        for name, (lower, upper) in (*bounds.items(), *((each.name, (each.lower, each.upper)) for each in self.levers)):
            if not lower < upper:
                raise ModelError(f"{name}: expected lower < upper, got {lower!r} and {upper!r}")
        for lever in self.levers:
            if not lever.lower <= lever.default <= lever.upper:
                raise ModelError(
                    f"lever {lever.name}: default: expected {lever.lower:g} to {lever.upper:g}, got {lever.default!r}"
                )
        for each in self.parameters:
            _check_categories(each)
            _check_per(each)
        for lever in self.levers:
            _check_categories(lever)
        self._check_labels()
        if (self.simulate is None) == (self.simulate_one is None):
            raise ModelError("expected one of simulate, of a batch of draws, and simulate_one, of one draw")

    def _check_labels(self) -> None:
        regions, years = list(self.regions), list(self.years)
        named = all(isinstance(each, str) and each for each in regions)
        if not regions or not named or len(set(regions)) < len(regions):
            raise ModelError(f"regions: expected different names, got {regions!r:.200}")
        if not years or not all(type(each) is int for each in years) or years != sorted(set(years)):
            raise ModelError(f"years: expected whole numbers that rise, such as range(2025, 2041), got {years!r:.200}")

    @property
    def is_scalar(self) -> bool:
        """Whether it takes one draw at a time."""
        return self.simulate is None

    def shape(self, outcome: Outcome) -> tuple[int, ...]:
        """Lengths of an outcome's dimensions besides draws."""
        return tuple(len(self.regions) if dim == "region" else len(self.years) for dim in outcome.dims)

    def sizes(self, parameter: Parameter) -> tuple[int, ...]:
        """Lengths of a parameter's dimensions besides draws."""
        return {"": (), "region": (len(self.regions),), "year": (len(self.years),)}[parameter.per]

    def run(self, inputs: Numbers, levers: Numbers) -> dict[str, NDArray[Any]]:
        """Outcomes of a batch, (draws, [region,] [year]), as the model gave them.

        inputs, levers: by name arrays (draws,), of inputs per region or year (draws, region or year). Raises ModelError
        where these aren't what the model declares.
        """
        count = len(next(iter((*inputs.values(), *levers.values())), np.zeros(1)))
        if self.simulate is None:
            return self._one_by_one(inputs, levers, count)
        found = self._returned(self.simulate(_Named(inputs), _Named(levers)))
        return {each.name: self._shaped(found[each.name], each, (count, *self.shape(each))) for each in self.outcomes}

    def _one_by_one(self, inputs: Numbers, levers: Numbers, count: int) -> dict[str, NDArray[Any]]:
        """Outcomes of a batch by a function of one draw."""
        function = self.simulate_one
        assert function is not None
        columns = [
            {name: values.tolist() if values.ndim == 1 else list(values) for name, values in each.items()}
            for each in (inputs, levers)
        ]
        rows: dict[str, list[NDArray[Any]]] = {each.name: [] for each in self.outcomes}
        for draw in range(count):
            given = (_Named({name: values[draw] for name, values in each.items()}) for each in columns)
            found = self._returned(function(*given))
            for each in self.outcomes:
                rows[each.name].append(self._shaped(found[each.name], each, self.shape(each)))
        return {name: np.stack(values) for name, values in rows.items()}

    def _returned(self, found: Any) -> Mapping[str, Any]:
        """What the function returned, where it has the declared outcomes and no others."""
        names = [each.name for each in self.outcomes]
        if not isinstance(found, Mapping):
            raise ModelError(f"expected a mapping of outcomes by name, such as {{{names[0]!r}: …}}, got {_told(found)}")
        for name in names:
            if name not in found:
                came = ", ".join(map(str, found))
                raise ModelError(f"outcome {name} is declared and wasn't returned; returned: {came}")
        for name in found:
            if name not in names:
                raise ModelError(f"{name!r} was returned and isn't declared as an outcome; {nearest(str(name), names)}")
        return found

    def _shaped(self, value: Any, outcome: Outcome, shape: tuple[int, ...]) -> NDArray[Any]:
        """A value as an array of numbers of that shape."""
        dims = ("draw", *outcome.dims)[-len(shape) :] if shape else ()
        sizes = ", ".join(f"{dim} {size}" for dim, size in zip(dims, shape, strict=True))
        wanted = f"({sizes})" if shape else "a number"
        try:
            array = np.asarray(value) if hasattr(value, "__array__") or not hasattr(value, "__dlpack__") else None
            array = np.from_dlpack(value) if array is None else array
        except (ValueError, TypeError, RuntimeError, BufferError) as error:
            raise ModelError(f"outcome {outcome.name}: expected {wanted}, got {_told(value)}: {error!s:.200}") from None
        if array.dtype.kind not in "fiub":
            raise ModelError(f"outcome {outcome.name}: expected numbers, got values of type {array.dtype}")
        if array.shape != shape:
            raise ModelError(f"outcome {outcome.name}: expected {wanted}, got shape {array.shape}")
        return array


def _told(value: Any) -> str:
    return f"a {type(value).__name__}"


def _check_kinds(field: str, given: Any, kind: type) -> None:
    if not isinstance(given, Iterable) or isinstance(given, str | Mapping):
        raise ModelError(f"Model.{field}: expected a list of {kind.__name__}, got {_told(given)}")
    items = list(given)
    if field != "levers" and not items:
        raise ModelError(f"Model.{field}: expected at least one {kind.__name__}, got none")
    if len(items) > _MOST:
        raise ModelError(f"Model.{field}: expected at most {_MOST:,}, got {len(items):,}")
    for item in items:
        if not isinstance(item, kind):
            raise ModelError(f"Model.{field}: expected {kind.__name__}(…), got {_told(item)}")


def _check_categories(of: Parameter | Lever) -> None:
    names = of.categories
    if isinstance(names, str) or not all(isinstance(each, str) and each for each in names):
        raise ModelError(f"{of.name}: categories: expected names, such as ('slow', 'fast'), got {names!r:.200}")
    if len(set(names)) < len(names):
        raise ModelError(f"{of.name}: categories: expected different names, got {', '.join(names):.200}")
    if names and (of.lower, of.upper) != (0, len(names) - 1):
        raise ModelError(
            f"{of.name}: categories: expected lower=0 and upper={len(names) - 1}, the places of {len(names)} names, "
            f"got {of.lower:g} and {of.upper:g}"
        )


def _check_per(of: Parameter) -> None:
    if of.per not in ("", "region", "year"):
        raise ModelError(f"parameter {of.name}: per: expected '', 'region' or 'year', got {of.per!r}")
    if of.per == "year" and (of.categories or of.is_whole):
        raise ModelError(f"parameter {of.name}: per: what moves takes any number on its way, and this whole ones alone")


def _check_names(what: str, names: Sequence[Any]) -> None:
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name):
            raise ModelError(f"{what}: expected names of letters, digits and _, got {name!r:.80}")
        if name in TAKEN:
            raise ModelError(f"{what}: {name!r} is a name of the store's own; choose another")
        if names.count(name) > 1:
            raise ModelError(f"{what}: {name!r} is there {names.count(name)} times; each name stands for one thing")
