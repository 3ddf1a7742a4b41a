"""The variables of a study's store: outcomes that are kept by draw, and inputs, each with what it is."""

from collections.abc import Iterable, Sequence
from typing import Any

from sweep import store
from sweep.factors import levers, sampled
from sweep.fixed_designs import OWN_ROWS
from sweep.kernel.outcomes import Outcome
from sweep.study import Study

__all__ = ["variables"]


def _outcome(outcome: Outcome, keep_bits: int | None) -> store.Variable:
    """National outcomes take a fiftieth of the room, so that only regional ones are rounded."""
    about = {"units": outcome.units, "long_name": outcome.long_name, "kind": "outcome"}
    if not outcome.regional:
        return store.Variable(outcome.name, ("policy", "draw", "year"), "f4", about)
    rounding = {} if keep_bits is None else store.rounding_attributes(keep_bits)
    return store.Variable(outcome.name, ("policy", "draw", "region", "year"), "f4", {**about, **rounding})


def _named(values: Iterable[int], names: Sequence[str]) -> dict[str, Any]:
    """Attributes that name the values of an input, by the CF conventions; none where it has no names."""
    meanings = " ".join(name.replace(" ", "_") for name in names)
    return {"flag_values": list(values), "flag_meanings": meanings} if names else {}


def variables(study: Study, outputs: Sequence[str]) -> tuple[store.Variable, ...]:
    """Of the outcomes of some sets, those kept by draw, and of the inputs those that differ between draws."""
    chosen = [outcome for outcome in study.outcomes if outcome.part in outputs]
    kept = [outcome for outcome in chosen if study.keep == "draws" or not outcome.regional]
    outcomes = [_outcome(outcome, study.keep_bits) for outcome in kept]
    regime = {
        "long_name": "regime" if study.model else "AI adoption regime",
        "flag_values": list(range(len(study.regimes))),
        "flag_meanings": " ".join(study.regimes),
        "weights": list(study.regime_weights),
        "kind": "input",
    }
    inputs = [store.Variable("regime", ("draw",), "i1", regime)]
    for item in sampled(study):
        name, (evidence, _, source) = item.parameter.name, item.evidence.partition("; ")
        told = map(item.told, range(len(item.distributions)))
        attributes = {
            "units": item.parameter.unit,
            "long_name": item.parameter.meaning,
            "symbol": item.parameter.symbol,
            "distribution": OWN_ROWS if name in study.own else " | ".join(dict.fromkeys(told)),
            "grade": evidence,
            "grades": list(item.grades),
            "source": source,
            **_named(range(len(item.categories)), item.categories),
            "kind": "input",
        }
        dims = ("draw", item.per) if item.per else ("draw",)
        inputs.append(store.Variable(name, dims, "f8", attributes))
    for key, dose, distribution in levers(study.policies):
        about = {"units": study.lever_units[dose], "long_name": dose.replace("_", " ")}
        about["distribution"] = str(distribution)
        # What is written with names or parts isn't read back from its short form.
        exact = {} if distribution.is_plain else {"drawn_from": distribution.exact()}
        labels = distribution.labels if distribution.kind == "choice" else ()
        named = _named(map(int, distribution.arguments), labels) if labels else {}
        inputs.append(store.Variable(key, ("draw",), "f8", {**about, **exact, **named, "kind": "lever"}))
    return (*outcomes, *inputs)
