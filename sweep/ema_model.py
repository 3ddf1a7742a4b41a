"""A model of EMA Workbench as it is: its parameters, levers and outcomes as a model declares them, run by its own code.

Its `Model` is run as the workbench runs it, one experiment at a time, so that constants, names of variables, categories
and functions of outcomes mean what they mean there. Source: ema_workbench 2.5 and 3.0, em_framework (model, parameters,
samplers, experiment_runner).
"""

import ast
import inspect
import math
import random
import re
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from sweep.errors import ConfigError
from sweep.model import TAKEN, Lever, Model, ModelError, Outcome, Parameter

__all__ = ["adopted", "run_until_experiments"]

# Whole numbers that a parameter may be one of, and what of a distribution without an end is left out.
_MOST_VALUES, _TAIL = 10_000, 1e-9
# A Model keeps what it runs in itself, and may keep more: the workbench runs one experiment at a time in a process.
_ONE_AT_A_TIME = threading.RLock()

Function = Callable[[Mapping[str, float], Mapping[str, float]], Mapping[str, Any]]


class _Experiments(BaseException):
    """A file is about to run experiments of its own; no `except Exception` of the file's stops it."""


def run_until_experiments(text: str, file: str, names: dict[str, Any]) -> None:
    """Run a model's file; one of the workbench's until it first makes an evaluator, which would run experiments.

    Where its top level leaves no `Model`, the block under `if __name__ == "__main__":` is run too. names: of the
    module, which are filled. Raises ConfigError where the workbench isn't installed, and what the file raises.
    """
    tree = ast.parse(text, file)
    if "ema_workbench" not in text:
        exec(compile(tree, file, "exec"), names)
        return
    with _without_experiments():
        exec(compile(tree, file, "exec"), names)
        if not _models(names) and names.get("MODEL") is None:
            blocks = [node.body for node in tree.body if isinstance(node, ast.If) and _is_main(node.test)]
            for block in blocks:
                exec(compile(ast.Module(block, []), file, "exec"), names)


def _is_main(test: ast.expr) -> bool:
    return ast.unparse(test) in ("__name__ == '__main__'", "'__main__' == __name__")


@contextmanager
def _without_experiments() -> Iterator[None]:
    """Leave the block where an evaluator is made, or experiments are set up for one.

    Outcomes of models that were loaded before are forgotten: another class by a known name would be refused.
    """
    framework = _workbench().em_framework
    evaluators, framework.outcomes.register.outcomes = framework.evaluators, {}
    # The second is of version 2, the third of version 3.
    places = [(evaluators.BaseEvaluator, "__init__"), (evaluators, "setup_scenarios"), (evaluators, "_setup")]
    before = [(place, name, getattr(place, name)) for place, name in places if hasattr(place, name)]

    def stop(*_: Any, **__: Any) -> None:
        raise _Experiments

    for place, name, _ in before:
        setattr(place, name, stop)
    try:
        yield
    except _Experiments:
        pass
    finally:
        for place, name, own in before:
            setattr(place, name, own)


def _workbench() -> Any:
    try:
        # It warns of packages for clusters that nobody asked for.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ema_workbench
    except ImportError:
        raise ConfigError(
            "this is a model of EMA Workbench, and its package ema-workbench isn't installed: add it by "
            "`uv pip install ema-workbench`, or take `uv run --with ema-workbench sweep …`"
        ) from None
    return ema_workbench


def _models(names: Mapping[str, Any]) -> dict[str, Any]:
    """Models of the workbench among names, each once."""
    framework = sys.modules.get("ema_workbench.em_framework.model")
    found: dict[int, tuple[str, Any]] = {}
    for name, value in names.items():
        if framework and isinstance(value, framework.AbstractModel):
            found.setdefault(id(value), (name, value))
    return dict(found.values())


def adopted(names: Mapping[str, Any]) -> Any:
    """What a file's names hold as MODEL, or else the one model of the workbench among them, as a `Model`.

    Raises ConfigError where there are several, or one that can't be run so.
    """
    chosen, found = names.get("MODEL"), _models(names)
    if isinstance(chosen, Model) or not found:
        return chosen
    if all(chosen is not each for each in found.values()):
        if len(found) > 1:
            raise ModelError(
                f"expected one Model of EMA Workbench, got {', '.join(found)}; add MODEL = {next(iter(found))}"
            )
        chosen = next(iter(found.values()))
    return _converted(chosen)


@dataclass(frozen=True)
class _Input:
    """A parameter or lever of the workbench: its name here, and by code the values that it stands for, if any."""

    name: str
    theirs: Any
    values: tuple[Any, ...] = ()
    is_whole: bool = False

    @property
    def categories(self) -> tuple[str, ...]:
        """Names of the values."""
        if self.values == (False, True):
            return ("False", "True")
        return tuple(str(each.name) for each in self.theirs.categories) if self.values else ()

    @property
    def bounds(self) -> tuple[float, float]:
        """Smallest and largest value, or code."""
        if self.values:
            return 0.0, len(self.values) - 1.0
        return float(self.theirs.lower_bound), float(self.theirs.upper_bound)

    def value(self, number: float) -> Any:
        """What the model takes for a number of ours."""
        if self.values:
            return self.values[int(number)]
        return int(number) if self.is_whole else float(number)

    def code(self, value: Any) -> float | None:
        """The number of ours for what a model takes, None where it is none."""
        if self.values:
            places = [place for place, each in enumerate(self.values) if each is value or each == value]
            places += [place for place, each in enumerate(self.categories) if each == value]
            return float(places[0]) if places else None
        fits = isinstance(value, int | float) and self.bounds[0] <= value <= self.bounds[1]
        return float(value) if fits else None


def _inputs(theirs: Sequence[Any]) -> list[_Input]:
    parameters = sys.modules["ema_workbench.em_framework.parameters"]
    found = []
    for each in theirs:
        if shape := getattr(each, "shape", None):
            raise ModelError(
                f"{each.name}: expected one value, got an array of shape {shape}; declare its elements one by one, "
                f"{each.name}_0, {each.name}_1, …, and make the array in the model"
            )
        values: tuple[Any, ...] = ()
        if isinstance(each, parameters.BooleanParameter):
            values = (False, True)
        elif isinstance(each, parameters.CategoricalParameter):
            values = tuple(category.value for category in each.categories)
        found.append(_Input(_named(each.name), each, values, isinstance(each, parameters.IntegerParameter)))
    return found


def _named(name: str) -> str:
    """A name as stores have it: letters, digits and _, none of those that a store uses itself."""
    fit = re.sub(r"[^A-Za-z0-9_]", "_", name)
    fit = fit if re.match(r"[A-Za-z]", fit) else f"x{fit}"
    return f"{fit}_" if fit in TAKEN else fit


def _distribution(of: _Input) -> Any:
    """What a parameter is drawn from, as a configuration states it."""
    if of.values:
        return ["choice", dict.fromkeys(range(len(of.values)), 1 / len(of.values))]
    law = of.theirs.dist
    if not of.is_whole:
        shapes, loc, scale = law.dist._parse_args(*law.args, **law.kwds)
        if law.dist.name == "uniform":
            return ["uniform", float(loc), float(loc + scale)]
        names = [each.strip() for each in (law.dist.shapes or "").split(",") if each.strip()]
        named = dict(zip(names, map(float, shapes), strict=True))
        return ["scipy", law.dist.name, {**named, "loc": float(loc), "scale": float(scale)}]
    lower, upper = (
        int(end if math.isfinite(end) else law.ppf(tail))
        for end, tail in zip(of.bounds, (_TAIL, 1 - _TAIL), strict=True)
    )
    if upper - lower >= _MOST_VALUES:
        raise ModelError(
            f"{of.theirs.name}: expected a whole number of at most {_MOST_VALUES:,}, got {lower} to {upper}; make it a "
            "RealParameter, and round it in the model"
        )
    values = np.arange(lower, upper + 1)
    weights = np.asarray(law.pmf(values))
    return ["choice", dict(zip(values.tolist(), (weights / weights.sum()).tolist(), strict=True))]


def _default(of: _Input, function: Any) -> float:
    """A lever's value where no policy sets it: its default, or its argument's, or its lower bound or first category."""
    stated = of.theirs.default
    if stated is None:
        (name, *_), arguments = of.theirs.variable_name, inspect.signature(function).parameters
        stated = arguments[name].default if name in arguments else None
    code = None if stated is None else of.code(stated)
    return of.bounds[0] if code is None else code


def _converted(ema: Any) -> Model:
    """A model of the workbench as ours; it is run once to learn the shapes of its outcomes."""
    framework = sys.modules["ema_workbench.em_framework.model"]
    if not isinstance(ema, framework.BaseModel):
        raise ModelError(f"expected a Model of EMA Workbench with a function, got a {type(ema).__name__}")
    inputs, levers = _inputs(ema.uncertainties), _inputs(ema.levers)
    outcomes = {_named(each.name): each for each in ema.outcomes}
    declared = [
        Parameter(each.name, "1", _distribution(each), each.theirs.name, *each.bounds, each.categories, each.is_whole)
        for each in inputs
    ]
    settable = [
        Lever(
            each.name, "1", *each.bounds, _default(each, ema.function), each.theirs.name, each.categories, each.is_whole
        )
        for each in levers
    ]
    function = _function(ema, inputs, levers, {name: each.name for name, each in outcomes.items()})
    middle = {each.name: float(np.ravel(each.theirs.dist.ppf(0.5))[0]) for each in inputs}
    trial = function(middle, {each.name: each.default for each in settable})
    shapes = {name: np.shape(value) for name, value in trial.items()}
    series = sys.modules["ema_workbench.em_framework.outcomes"].TimeSeriesOutcome
    dims, items, steps = _dims(shapes, [name for name, each in outcomes.items() if isinstance(each, series)])
    return Model(
        name=re.sub(r"[^A-Za-z0-9_-]", "_", ema.name),
        title=ema.name,
        parameters=declared,
        levers=settable,
        outcomes=[Outcome(name, "1", dims[name], each.name) for name, each in outcomes.items()],
        regions=[str(place) for place in range(items)] if items else ("all",),
        years=_labels(trial.get("TIME"), steps),
        simulate_one=function,
        framework="EMA Workbench",
    )


def _function(ema: Any, inputs: Sequence[_Input], levers: Sequence[_Input], names: Mapping[str, str]) -> Function:
    """A function of one draw that runs one experiment; names: of outcomes, here and there."""
    points = sys.modules["ema_workbench.em_framework.points"]
    # From version 3 on constants are given too, and all are of one kind.
    kinds = [points.Sample] * 3 if hasattr(points, "Sample") else [points.Scenario, points.Policy]

    def simulate_one(drawn: Mapping[str, float], set_: Mapping[str, float]) -> dict[str, Any]:
        numbers = [float(drawn[each.name]) for each in inputs]
        with _ONE_AT_A_TIME:
            _seed(numbers)
            # Of a new name each, since a policy of a name that the model has seen isn't looked at again.
            scenario, policy, *constants = (kind() for kind in kinds)
            scenario.data.update((each.theirs.name, each.value(drawn[each.name])) for each in inputs)
            policy.data.update((each.theirs.name, each.value(set_[each.name])) for each in levers)
            for point in constants:
                point.data.update((each.name, each.value) for each in ema.constants)
            ema.run_model(scenario, policy, *constants)
            found = dict(ema.outcomes_output)
            ema.reset_model()
        return {name: found[theirs] for name, theirs in names.items()}

    return simulate_one


def _seed(numbers: Sequence[float]) -> None:
    """Seed Python's and NumPy's own generators by the inputs of a draw: the same under each policy, and again."""
    digest = np.frombuffer(sha256(np.asarray(numbers, "<f8").tobytes()).digest(), "<u4")
    random.seed(int(digest[0]))
    np.random.seed(digest)


def _dims(shapes: Mapping[str, tuple[int, ...]], series: Sequence[str]) -> tuple[dict[str, tuple[str, ...]], int, int]:
    """Dimensions of each outcome, and how many items and steps there are, 0 where there are none.

    Time series, and arrays as long in their last dimension, are along years; other dimensions of arrays are regions.
    """
    lengths = dict.fromkeys(shapes[name][-1] for name in series if shapes[name])
    steps, dims, items = next(iter(lengths), 0), {}, 0
    for name, shape in shapes.items():
        by_year = bool(shape) and (name in series or shape[-1] == steps)
        rest = shape[:-1] if by_year else shape
        items = items or (rest[0] if rest else 0)
        if len(rest) > 1 or (rest and rest[0] != items) or (by_year and shape[-1] != steps):
            told = ", ".join(f"{each} {of}" for each, of in shapes.items() if of)
            raise ModelError(
                f"outcome {name}: a store has one length of time series and one of other arrays for all outcomes, and "
                f"this is another; shapes in a trial run: {told}; leave it out, or make it a ScalarOutcome by function="
            )
        dims[name] = ("region",) * len(rest) + ("year",) * by_year
    return dims, items, steps


def _labels(time: Any, steps: int) -> Sequence[int]:
    """Labels of steps: the outcome TIME where it has whole numbers that rise, else 0, 1, …; of none a single 0."""
    if time is not None and np.shape(time) == (steps,):
        values = np.asarray(time, dtype=np.float64)
        if (values == np.round(values)).all() and (np.diff(values) > 0).all():
            return [int(value) for value in values]
    return range(max(steps, 1))
