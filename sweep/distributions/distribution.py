"""One uncertain number: its quantiles, density and cumulative probabilities, and how it is written."""

import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sweep.distributions import atoms, families, mixture, stated, truncation

__all__ = ["Distribution", "constant"]

Values = NDArray[np.float64]

_FORMS = {"quantiles": stated, "mixture": mixture, "truncated": truncation}
# Of those that are written with names, weights or parts, all but the first, which stores of old hold as it was.
_NESTED = ("choice", "quantiles", "mixture", "truncated", "empirical", "scipy")


@dataclass(frozen=True)
class Distribution:
    """One uncertain number: its kind, its arguments, and what its kind has besides.

    weights: of choices, of a column's values, of a mixture's parts; probabilities of stated quantiles, whose arguments
    begin and end with the bounds. labels: names of choices; name in scipy.stats and of its parameters; file, column
    and hash of a column's values. parts: of a mixture, or the one that is truncated.
    """

    kind: str
    arguments: tuple[float, ...]
    weights: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    parts: tuple["Distribution", ...] = ()

    @property
    def is_constant(self) -> bool:
        """Whether every draw gets the same value."""
        return self.kind == "constant"

    @property
    def is_discrete(self) -> bool:
        """Whether single values have probabilities, and `density` gives these."""
        return self.kind in ("constant", "choice", "empirical") or any(part.is_discrete for part in self.parts)

    @property
    def _form(self) -> ModuleType:
        return atoms if self.is_discrete else _FORMS.get(self.kind, families)

    def quantile(self, probability: Values) -> Values:
        """Values at probabilities strictly between 0 and 1, same shape."""
        result: Values = self._form.quantile(self, np.asarray(probability, dtype=np.float64))
        return result

    def density(self, values: Values) -> Values:
        """Probability density at values, of single values the probability of each; same shape."""
        result: Values = self._form.density(self, np.asarray(values, dtype=np.float64))
        return result

    def cumulative(self, values: Values) -> Values:
        """Probability of values at most these; same shape."""
        result: Values = self._form.cumulative(self, np.asarray(values, dtype=np.float64))
        return result

    @property
    def node(self) -> float | list[Any]:
        """The distribution as the configuration states it: what `parse` takes."""
        if self.is_constant:
            return self.arguments[0]
        return [self.kind, *_WRITTEN.get(self.kind, lambda own: own.arguments)(self)]

    @property
    def is_plain(self) -> bool:
        """Whether it is a number, or a kind and numbers."""
        return self.kind not in _NESTED

    def exact(self) -> str:
        """The distribution in full precision, for hashing: two that differ at all differ here."""
        if not self.is_plain and self.kind != "choice":
            return json.dumps(self._stored(), ensure_ascii=False)
        values = ", ".join(repr(value) for value in (*self.arguments, *self.weights))
        return values if self.is_constant else f"{self.kind}({values})"

    def _stored(self) -> Any:
        """The node with a column's hash in place of its file, which may move."""
        if self.kind == "empirical":
            return ["empirical", {"sha256": self.labels[-1]}]
        if self.kind == "mixture":
            return ["mixture", *([w, part._stored()] for w, part in zip(self.weights, self.parts, strict=True))]
        return ["truncated", self.parts[0]._stored(), *self.arguments] if self.kind == "truncated" else self.node

    def __str__(self) -> str:
        if self.is_constant:
            return f"{self.arguments[0]:g}"
        numbers = [f"{value:g}" for value in self.arguments]
        if self.kind == "truncated":
            return f"truncated({', '.join([str(self.parts[0]), *numbers])})"
        if self.kind == "empirical":
            return f"empirical({', '.join(self.labels[:-1]) or self.labels[-1][:12]})"
        if self.kind == "quantiles":
            names = ["min", *(f"{probability:g}" for probability in self.weights), "max"]
            pairs = [(name, number) for name, number in zip(names, numbers, strict=True) if "inf" not in number]
        elif self.kind == "scipy":
            pairs = list(zip(self.labels[1:], numbers, strict=True))
        elif self.kind == "mixture":
            pairs = [(f"{weight:g}", str(part)) for weight, part in zip(self.weights, self.parts, strict=True)]
        elif self.kind == "choice":
            pairs = [(name, f"{w:g}") for name, w in zip(self.labels or numbers, self.weights, strict=True)]
        else:
            return f"{self.kind}({', '.join(numbers)})"
        name = self.labels[0] if self.kind == "scipy" else self.kind
        return f"{name} {{{', '.join(f'{left}: {right}' for left, right in pairs)}}}"


def _stated_node(of: Distribution) -> list[Any]:
    keys = ["min", *of.weights, "max"]
    return [{key: value for key, value in zip(keys, of.arguments, strict=True) if np.isfinite(value)}]


# Kind -> what follows it in the configuration's list, where that isn't its arguments.
_WRITTEN: dict[str, Any] = {
    "choice": lambda of: [dict(zip(of.arguments, of.weights, strict=True))],
    "quantiles": _stated_node,
    "mixture": lambda of: [[weight, part.node] for weight, part in zip(of.weights, of.parts, strict=True)],
    "truncated": lambda of: [of.parts[0].node, *of.arguments],
    "empirical": lambda of: of.labels[:-1] or [{"sha256": of.labels[-1]}],
    "scipy": lambda of: [of.labels[0], dict(zip(of.labels[1:], of.arguments, strict=True))],
}


def constant(value: float) -> Distribution:
    """The distribution of a plain number."""
    return Distribution("constant", (float(value),))
