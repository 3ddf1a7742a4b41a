"""What `sweep check-model` says of a user's own model: whether it keeps the promises that a sweep is built on.

A draw's results may depend on its inputs and levers alone: then batches, workers, the order of work, an interruption
and an extension change nothing.
"""

import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sweep.errors import ConfigError
from sweep.model import Lever, Model
from sweep.model_source import Source, found_source, fresh, loaded
from sweep.own_inputs import drawn_from
from sweep.study import Places

__all__ = ["check_model", "checked"]

_DRAWS, _SEED = 256, 20_210_898
# Of calls with a single draw, which may be slow; calls at the same time.
_SINGLE, _THREADS = 16, 8
# Relative differences that another order of the same sums makes.
_ROUNDING = 1e-6

_DECLARED = ("parameters", "outcomes", "levers", "regions", "years")

Block = dict[str, NDArray[Any]]


class Finding(NamedTuple):
    """What one test found: failure is empty where the model passed; notes are no failures."""

    test: str
    failure: str = ""
    note: str = ""


@dataclass(frozen=True)
class _Case:
    """Inputs, (draw, [region or year]), and levers, (draw,), that tests run a model with."""

    inputs: Mapping[str, NDArray[np.float64]]
    levers: Mapping[str, NDArray[np.float64]]

    def take(self, places: Any) -> "_Case":
        """Some of the draws."""
        return _Case(*({name: values[places] for name, values in each.items()} for each in (self.inputs, self.levers)))

    def run(self, model: Model) -> Block:
        """Outcomes, of copies of inputs and levers, as copies: a model may write into what it returned before."""
        given = ({name: values.copy() for name, values in each.items()} for each in (self.inputs, self.levers))
        found = model.run(*given)
        return {name: np.array(values) for name, values in found.items()}

    def told(self, draw: int) -> str:
        """The inputs and levers of one draw."""
        shown = {name: np.round(values[draw], 6) for name, values in {**self.inputs, **self.levers}.items()}
        return ", ".join(f"{name}={value.tolist()}" for name, value in shown.items())


def check_model(name: str) -> tuple[str, int]:
    """What the command says of a file or an entry point, and its exit code. Raises ConfigError on bad input."""
    is_file = name.endswith(".py") or "/" in name or Path(name).is_file()
    source = found_source(name if is_file else None, None if is_file else name, trust=True)
    model = loaded(source)
    findings = list(checked(model, source))
    counts = (f"{field} {len(getattr(model, field))}" for field in _DECLARED)
    lines = [f"{model.name}: {', '.join(counts)}"]
    if model.is_scalar:
        lines.append("it takes one draw at a time (simulate_one): simulate, of a batch, would be faster")
    for each in findings:
        lines.append(f"{'FAILED' if each.failure else 'ok'}  {each.test}{f': {each.failure}' if each.failure else ''}")
        lines += [f"    note: {each.note}"] if each.note else []
    failed = sum(bool(each.failure) for each in findings)
    lines.append(f"{failed} of {len(findings)} tests failed" if failed else "it keeps the contract of a sweep")
    return "\n".join(lines), 1 if failed else 0


def checked(model: Model, source: Source | None = None) -> Iterator[Finding]:
    """Findings of all tests; after a failure that leaves nothing to test, no more. source: loaded anew where stated."""
    try:
        case, default = _cases(model)
    except ConfigError as error:
        yield Finding("declarations", str(error))
        return
    yield Finding("declarations")
    file = source.name if source and source.text else ""
    try:
        first, base = case.run(model), default.run(model)
    except Exception as error:
        yield Finding("names, shapes and types", _stopped(error, file))
        return
    yield Finding("names, shapes and types")
    tests: dict[str, Callable[[], str]] = {
        "finite numbers": lambda: _finite(case, first) or _finite(default, base),
        "inputs are left as they are": lambda: _unchanged(model, case),
        "the same again": lambda: _again(model, case, first),
        "no state between calls": lambda: _interleaved(model, case, first, default, base),
        "any batches": lambda: _batches(model, case, first),
        "several threads at once": lambda: _threads(model, case, first),
    }
    if source and source.text:
        tests["loaded anew"] = lambda: _anew(source, case, first, default)
    for name, test in tests.items():
        try:
            yield Finding(name, test())
        except Exception as error:
            yield Finding(name, _stopped(error, file))
    yield Finding("levers", note=_idle(model, default, base)) if model.levers else Finding("levers")


def _cases(model: Model) -> tuple[_Case, _Case]:
    """Draws of the inputs, under levers anywhere between their bounds, and under levers at their defaults."""
    random = np.random.Generator(np.random.Philox(_SEED))
    inputs = {}
    for each in model.parameters:
        key = f"parameter {each.name}: distribution"
        own, uniforms = drawn_from(each.distribution, key, each, model), random.random((_DRAWS, *model.sizes(each)))
        drawn = _by_region(own.places[0], model, uniforms) if own.places else own.distribution.quantile(uniforms)
        inputs[each.name] = np.clip(drawn, each.lower, each.upper)
    levers = {each.name: _anywhere(each, random) for each in model.levers}
    defaults = {each.name: np.full(_DRAWS, float(each.default)) for each in model.levers}
    return _Case(inputs, levers), _Case(inputs, defaults)


def _by_region(places: Places, model: Model, uniforms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of an input that has distributions by region, (draw, region)."""
    own = zip(model.regions, uniforms.T, strict=True)
    return np.stack([places.of(region).quantile(each) for region, each in own], axis=1)


def _anywhere(lever: Lever, random: np.random.Generator) -> NDArray[np.float64]:
    """Values of a lever between its bounds, (draw,)."""
    if lever.categories or lever.is_whole:
        return random.integers(int(lever.lower), int(lever.upper), _DRAWS, endpoint=True).astype(np.float64)
    return random.uniform(lever.lower, lever.upper, _DRAWS)


def _stopped(error: Exception, file: str) -> str:
    """What the model raised, with the line of its file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f"line {lines[-1]}: " if lines else ""
    return f"{where}{error}" if isinstance(error, ConfigError) else f"{where}{type(error).__name__}: {error}"


def _finite(case: _Case, block: Block) -> str:
    for name, values in block.items():
        with np.errstate(over="ignore"):
            known = np.isfinite(values.astype(np.float32)).reshape(len(values), -1)
        bad: NDArray[np.bool_] = ~np.all(known, axis=1, keepdims=True)[:, 0]
        if bad.any():
            draw = int(np.flatnonzero(bad)[0])
            return (
                f"{name}: expected numbers that single precision holds, got others in {int(bad.sum())} of {len(bad)} "
                f"draws, first at {case.told(draw)}; narrow the distributions or mend the formula there"
            )
    return ""


def _unchanged(model: Model, case: _Case) -> str:
    given = [{name: values.copy() for name, values in each.items()} for each in (case.inputs, case.levers)]
    model.run(*given)
    for each, before in zip(given, (case.inputs, case.levers), strict=True):
        for name, values in before.items():
            if name not in each or not np.array_equal(each[name], values):
                return f"expected {name} as it was given, got it changed; work on a copy of it"
    return ""


def _again(model: Model, case: _Case, first: Block) -> str:
    found = _apart(first, case.run(model))
    mend = "draw no random numbers in the model: declare what is uncertain as a parameter"
    return found and f"expected the same bits for the same inputs, got {found}; {mend}"


def _interleaved(model: Model, case: _Case, first: Block, default: _Case, base: Block) -> str:
    few, back = slice(0, 3), slice(None, None, -1)
    every = slice(None)
    calls: list[tuple[_Case, Block, slice]] = [(default, base, every), (case, first, back), (case, first, every)]
    calls += [(default, base, few), (case, first, every)]
    for own, before, places in calls:
        if found := _apart(_rows(before, places), own.take(places).run(model)):
            mend = "keep nothing between calls: no globals, caches or attributes that a call changes"
            return f"expected the same bits after calls with other inputs, got {found}; {mend}"
    return ""


def _batches(model: Model, case: _Case, first: Block) -> str:
    half, order = _DRAWS // 2 + 1, np.random.Generator(np.random.Philox(_SEED + 1)).permutation(_DRAWS)
    single = [slice(draw, draw + 1) for draw in range(_SINGLE)]
    ways: dict[str, list[Any]] = {
        "halves": [slice(0, half), slice(half, None)],
        "another order": [order],
        "one by one": single,
    }
    for how, places in ways.items():
        for place in places:
            if found := _apart(_rows(first, place), case.take(place).run(model)):
                return f"expected the same bits in {how} as in one batch, got {found}"
    return ""


def _threads(model: Model, case: _Case, first: Block) -> str:
    """An executor on one machine calls the model from several threads."""
    places = [slice(start, start + _DRAWS // _THREADS) for start in range(0, _DRAWS, _DRAWS // _THREADS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        blocks = list(pool.map(lambda place: case.take(place).run(model), places))
    for place, block in zip(places, blocks, strict=True):
        if found := _apart(_rows(first, place), block):
            return f"expected the same bits from calls at the same time, got {found}; share no arrays between calls"
    return ""


def _anew(source: Source, case: _Case, first: Block, default: _Case) -> str:
    model = fresh(source, f"scenaria_model_{source.sha256[:16]}_again")
    # What a first call leaves behind shows where the first one is another.
    default.take(slice(0, 2)).run(model)
    found = _apart(first, case.run(model))
    mend = "keep no state from import or from first calls"
    return found and f"expected the same bits from the file loaded once more, got {found}; {mend}"


def _idle(model: Model, default: _Case, base: Block) -> str:
    """Which levers change nothing in any draw, at either bound."""
    idle = []
    for lever in model.levers:
        ends = ({**default.levers, lever.name: np.full(_DRAWS, float(end))} for end in (lever.lower, lever.upper))
        if not any(_apart(base, _Case(default.inputs, levers).run(model)) for levers in ends):
            idle.append(lever.name)
    return f"no outcome changes with {', '.join(idle)}, from bound to bound" if idle else ""


def _rows(block: Block, places: Any) -> Block:
    return {name: values[places] for name, values in block.items()}


def _apart(one: Block, other: Block) -> str:
    """In which outcome two blocks differ, and by how much; "" where they are the same."""
    for name, values in one.items():
        found = other[name]
        if not np.array_equal(values, found, equal_nan=values.dtype.kind == "f"):
            own, its = (each.astype(np.float64) for each in (values, found))
            size = np.abs(own - its).max() / max(float(np.abs(own).max()), np.finfo(float).tiny)
            if size < _ROUNDING:
                return (
                    f"{name} off by {size:.1e} of its size: sums in another order; matrix products (@, dot) depend on "
                    "the size of a batch, np.einsum and sums over the last axis don't"
                )
            return f"{name} off by {size:.2g} of its size: a draw depends on more than its own inputs and levers"
    return ""
