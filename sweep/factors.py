"""What is uncertain in a study: inputs that differ between draws, and which of them a design moves together."""

from collections.abc import Iterator

from sweep.designs import BLOCKS
from sweep.distributions import Distribution
from sweep.study import Policy, Study, Uncertainty

__all__ = ["blocks_told", "factors", "levers", "members", "owners", "sampled", "whole_blocks"]

# Blocks from which results of a design are of use.
_ENOUGH = {"morris": 64, "saltelli": 512}


def sampled(study: Study) -> list[Uncertainty]:
    """The uncertainties that differ between draws, and those that a user's own table holds."""
    return [item for item in study.uncertainties if not item.is_constant or item.parameter.name in study.own]


def levers(policies: tuple[Policy, ...]) -> Iterator[tuple[str, str, Distribution]]:
    """Uncertain doses of policies: config key, dose, distribution; once where mixes share them."""
    found = {
        policy.dose_keys[dose]: (dose, distribution)
        for policy in policies
        for dose, distribution in policy.doses.items()
        if not distribution.is_constant
    }
    for key, (dose, distribution) in found.items():
        yield key, dose, distribution


def owners(study: Study) -> dict[str, tuple[str, ...]]:
    """Factor to which each uncertain input belongs, by regime: evidence may be of another grade in each.

    The regime comes first, where there are several, and is a factor of its own; then parameters in their order, and
    doses of policies, which are the factor `policy` where parameters aren't moved one by one.
    """
    apart, every = study.by == "parameter", len(study.regimes)
    found = {"regime": ("regime",) * every} if every > 1 else {}
    for item in sampled(study):
        name, group = item.parameter.name, item.parameter.group
        own = item.grades if study.by == "evidence" else (name if apart else group,)
        found[name] = own * every if len(own) == 1 else own
    doses = sorted(key for key, _, _ in levers(study.policies))
    return found | {key: (key if apart else "policy",) * every for key in doses}


def factors(study: Study) -> list[str]:
    """Names of the factors that a design moves, in order: as their inputs stand, or by name; the regime first."""
    names = dict.fromkeys(factor for each in owners(study).values() for factor in each)
    return list(names) if study.by == "parameter" else sorted(names, key=lambda name: (name != "regime", name))


def members(study: Study) -> dict[str, list[str]]:
    """Inputs of each factor of a design in blocks, empty for other designs.

    An input that belongs to it in some regimes alone stands with their names.
    """
    found: dict[str, list[str]] = {name: [] for name in factors(study)} if study.design in BLOCKS else {}
    for name, own in owners(study).items() if found else ():
        for factor in dict.fromkeys(own):
            where = [regime for regime, each in zip(study.regimes, own, strict=True) if each == factor]
            found[factor].append(name if len(where) == len(own) else f"{name} in {', '.join(where)}")
    return found


def whole_blocks(study: Study) -> int:
    """Draws of a study in whole blocks of its design: as many as wanted, or the next larger number."""
    if study.design not in BLOCKS:
        return study.draws
    rows = BLOCKS[study.design].rows(len(factors(study)))
    return -(-study.draws // rows) * rows


def blocks_told(study: Study) -> str:
    """In words, the blocks of a design that has them, "" for others, and how many draws make enough of them."""
    if study.design not in BLOCKS:
        return ""
    moving, enough = factors(study), _ENOUGH[study.design]
    rows = BLOCKS[study.design].rows(len(moving))
    blocks = study.draws // rows
    what = "" if study.by == "parameter" else f" by {study.by} ({', '.join(moving)})"
    few = f"; that is few, {enough} blocks are draws={enough * rows}" if blocks < enough else ""
    told = "1 block" if blocks == 1 else f"{blocks:,} blocks"
    return f"design={study.design}: {told} of {rows} draws, {len(moving)} factors{what}{few}"
