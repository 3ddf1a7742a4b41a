"""The shape of a config: which keys there are and what kind of value each takes, with errors in a user's words."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from sweep.errors import ConfigError, nearest

__all__ = ["MOST_DRAWS", "Config", "DependenceSettings", "DesignSettings", "GoalSettings", "ModelSettings"]
__all__ += ["OutputSettings"]
__all__ += ["PrecisionSettings", "RegionSettings", "SearchSettings", "TargetSettings", "TimingSettings"]
__all__ += ["checked_settings"]

MOST_DRAWS = 10**7

_M = TypeVar("_M", bound=BaseModel)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DesignSettings(_Strict):
    """Where draws lie."""

    name: str
    # Of designs that move factors: what is a factor.
    by: Literal["parameter", "evidence", "group"] | None = None
    # Of latin_hypercube.
    optimization: str | None = None
    # Of factorial: a number for all inputs, or by input a number or probabilities.
    levels: Any = None
    # Of table.
    path: str | None = None
    sample: bool | None = None


class RegionSettings(_Strict):
    """The region set."""

    # The name begins that of the store.
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    title: str
    publishers: str
    path: str | None
    labor: str | None = None
    baseline_year: Annotated[int, Field(ge=1900, le=2200)]


class OutputSettings(_Strict):
    """Outcomes to keep, and how."""

    keep_bits: Annotated[int, Field(ge=4, le=22)] | None
    keep: str = "draws"
    thresholds: dict[str, Annotated[list[float], Field(max_length=32)]] = {}
    core: bool = True
    fiscal: bool = False
    distribution: bool = False
    decomposition: bool = False


class _Executor(_Strict):
    name: Literal["auto", "serial", "ray"]
    workers: Annotated[int, Field(ge=1, le=100_000)] | None
    address: str | None


class _Store(_Strict):
    path: Annotated[str, Field(min_length=1)] | None
    folder: str
    draws_per_chunk: Annotated[int, Field(ge=1, le=65_536)] | None
    on_change: Literal["refuse", "new", "recompute"]
    lock: Literal["respect", "take"]


class ModelSettings(_Strict):
    """A model of the user's own, by one of path and entry point, and whether the user has it run."""

    path: Annotated[str, Field(min_length=1)] | None = None
    entry_point: Annotated[str, Field(min_length=1)] | None = None
    trust: bool = False


class _Report(_Strict):
    language: Literal["en", "zh"] = "en"


class Config(_Strict):
    """The composed configuration, of which distributions and policies are checked by what they mean."""

    model: ModelSettings = ModelSettings()
    inputs: dict[str, Any] = {}
    adoption: dict[str, Any]
    labor: dict[str, Any]
    policy: dict[str, dict[str, Any]] = {}
    dependence: dict[str, dict[str, Any]] | None = None
    combine: bool = False
    search: dict[str, Any] | None = None
    regions: RegionSettings
    outputs: OutputSettings
    design: DesignSettings
    executor: _Executor
    store: _Store
    # None where they follow from the design.
    draws: Annotated[int, Field(ge=1, le=MOST_DRAWS)] | None
    precision: dict[str, Any] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    years: Annotated[int, Field(ge=1, le=100)]
    report: _Report | None

    @field_validator("report", mode="before")
    @classmethod
    def _switched(cls, value: Any) -> Any:
        """The group may be switched as a whole: report=false, report=true."""
        return {False: None, True: {}}[value] if isinstance(value, bool) else value


class DependenceSettings(_Strict):
    """Inputs that move together, and how."""

    inputs: Annotated[list[str], Field(min_length=2, max_length=32)]
    copula: str = "gaussian"
    rank_correlation: Any = None
    degrees_of_freedom: Annotated[float, Field(ge=1, le=1000)] | None = None
    kendall_tau: Annotated[float, Field(gt=0, le=0.9)] | None = None


class PrecisionSettings(_Strict):
    """How far a sweep may be extended to meet its targets, which stand beside this by outcome."""

    most_draws: Annotated[int, Field(ge=1, le=MOST_DRAWS)] | None = None


class TargetSettings(_Strict):
    """How precise one number of an outcome is to be."""

    se: Annotated[float, Field(gt=0)]
    mean: Literal[True] | None = None
    quantile: Annotated[float, Field(gt=0, lt=1)] | None = None
    above: float | None = None
    policy: str | None = None
    region: str | None = None
    regime: str | None = None
    year: int | None = None


class SearchSettings(_Strict):
    """A search over doses of the chosen policies."""

    levers: Annotated[dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]], Field(min_length=1)]
    objectives: Annotated[dict[str, str | dict[str, Any]], Field(min_length=1, max_length=8)]
    constraints: dict[str, dict[str, Any]] = {}
    population: Annotated[int, Field(ge=4, le=1000)]
    generations: Annotated[int, Field(ge=1, le=10_000)]
    fresh_draws: Annotated[int, Field(ge=1, le=MOST_DRAWS)] | None = None


class GoalSettings(_Strict):
    """A number that a search judges by: over draws their mean or a quantile, of the last year or over years."""

    goal: Literal["min", "max"] | None = None
    at_most: float | None = None
    at_least: float | None = None
    of: Literal["mean"] | Annotated[float, Field(gt=0, lt=1)] = "mean"
    over: Literal["last", "mean"] = "last"


class TimingSettings(_Strict):
    """When and where an instrument applies."""

    start: int
    phase_in: Annotated[float, Field(ge=0, le=100)]
    regions: Literal["all"] | Annotated[list[str], Field(min_length=1)]


def _message(problem: Any, prefix: str, model: type[BaseModel]) -> str:
    location = [str(part) for part in problem["loc"] if not str(part).startswith(("literal[", "list[", "int", "none"))]
    key = ".".join([part for part in [prefix, *location] if part])
    if problem["type"] == "extra_forbidden":
        return f"{key}: no such key; {nearest(location[-1], model.model_fields)}"
    if problem["type"] == "missing":
        return f"{key}: missing; {_wanted(model, location)} is needed"
    if problem["type"] in ("dict_type", "model_type", "model_attributes_type"):
        return f"{key}: expected settings, KEY: VALUE, got {problem['input']!r}"
    return f"{key}: {problem['msg'][0].lower()}{problem['msg'][1:]}, got {problem['input']!r}"


def _wanted(model: type[BaseModel], location: list[str]) -> str:
    """What a field takes, in words."""
    field: Any = model
    for part in location:
        field = field.model_fields[part].annotation
    return {int: "an integer", float: "a number", bool: "true or false", str: "a text"}.get(field, "its group")


def checked_settings(model: type[_M], value: Any, prefix: str = "") -> _M:
    """A group's settings as the model has them; prefix: the group's key. Raises ConfigError."""
    try:
        return TypeAdapter(model).validate_python(value)
    except ValidationError as error:
        problems = list(dict.fromkeys(_message(problem, prefix, model) for problem in error.errors()))
        raise ConfigError("\n".join(problems[:4])) from None
