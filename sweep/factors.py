"""What is uncertain in a study: inputs that differ between draws, and which of them a design moves together."""

from collections.abc import Iterator

from sweep.designs import BLOCKS
from sweep.distributions import Distribution
from sweep.study import Policy, Study, Uncertainty

__all__ = ["blocks_told", "factors", "levers", "sampled", "whole_blocks"]

# Blocks from which results of a design are of use.
_ENOUGH = {"morris": 64, "saltelli": 512}


def sampled(study: Study) -> list[Uncertainty]:
    """The uncertainties that differ between draws."""
    return [uncertainty for uncertainty in study.uncertainties if not uncertainty.is_constant]


def levers(policies: tuple[Policy, ...]) -> Iterator[tuple[str, str, Distribution]]:
    """Uncertain doses of policies: config key, dose, distribution."""
    for policy in policies:
        for dose, distribution in policy.doses.items():
            if not distribution.is_constant:
                yield policy.dose_keys[dose], dose, distribution


def _factor(item: Uncertainty, by: str) -> str:
    names = {"group": item.parameter.group, "evidence": item.weakest_grade}
    return names.get(by, item.parameter.name)


def factors(study: Study) -> dict[str, tuple[str, ...]]:
    """Name and inputs of each factor that a design in blocks moves, in order; empty for other designs.

    The regime is a factor of its own and comes first, where there are several. Factors are parameters in their order
    and then doses of policies, or by name what the parameters have in common, with all doses as the factor `policy`.
    """
    if study.design not in BLOCKS:
        return {}
    apart = study.by == "parameter"
    owners = [(_factor(item, study.by), item.parameter.name) for item in sampled(study)]
    owners += [(key if apart else "policy", key) for key in sorted(key for key, _, _ in levers(study.policies))]
    names = dict.fromkeys(owner for owner, _ in owners)
    found = {name: tuple(key for owner, key in owners if owner == name) for name in (names if apart else sorted(names))}
    return {"regime": ("regime",), **found} if len(study.regimes) > 1 else found


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
