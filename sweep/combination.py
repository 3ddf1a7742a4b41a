"""Mixes of the chosen policies: every set of two or more of them becomes a policy, so that a sweep is a factorial."""

from collections.abc import Sequence
from itertools import combinations

from sweep.errors import ConfigError
from sweep.study import Policy

__all__ = ["JOINT", "MOST_COMBINED", "check_instruments", "combined", "joined"]

# Joins the names of the policies in a mix.
JOINT = "+"
# Of which there are 256 mixes, `none` among them.
MOST_COMBINED = 8
# Who pays what no instrument costs by itself, where policies of a mix differ: the first of these that one of them has.
_PAYERS = ("labor_tax", "lump_sum", "ai_tax", "debt")


def combined(policies: Sequence[Policy]) -> tuple[Policy, ...]:
    """The policies and every mix of two or more of them, small mixes first.

    Raises ConfigError where there are too few or too many, or where two of them hold the same instrument.
    """
    names = sorted(policy.name for policy in policies)
    if not 2 <= len(names) <= MOST_COMBINED:
        raise ConfigError(
            f"combine: expected 2 to {MOST_COMBINED} policies, got {', '.join(names) or 'none'}; "
            "choose some, as in 'policy=[ubi,job_guarantee,retraining]'"
        )
    check_instruments(policies, "combine")
    ordered = sorted(policies, key=lambda policy: policy.name)
    mixes = [joined(chosen) for size in range(2, len(names) + 1) for chosen in combinations(ordered, size)]
    return (*policies, *mixes)


def check_instruments(policies: Sequence[Policy], key: str) -> None:
    """Raise ConfigError where two policies hold the same instrument; key: of the setting that mixes them."""
    for one, other in combinations(policies, 2):
        for instrument in (one.timing.keys() & other.timing.keys()) or (one.doses.keys() & other.doses.keys()):
            raise ConfigError(
                f"{key}: {one.name} and {other.name} both hold {instrument}, and a mix holds each instrument once; "
                f"leave one of them out of policy=[…], or run them without {key}"
            )


def joined(policies: Sequence[Policy]) -> Policy:
    """One policy that holds the instruments of several, each with its own doses, timing and payer.

    Doses keep their keys, so that in each draw they are those of the policy alone.
    """
    closure = min((policy.closure for policy in policies), key=_PAYERS.index)
    payers = {family: policy.closures.get(family, policy.closure) for policy in policies for family in policy.timing}
    return Policy(
        name=JOINT.join(policy.name for policy in policies),
        label=f" {JOINT} ".join(policy.label for policy in policies),
        closure=closure,
        doses={dose: value for policy in policies for dose, value in policy.doses.items()},
        dose_keys={dose: key for policy in policies for dose, key in policy.dose_keys.items()},
        timing={family: timing for policy in policies for family, timing in policy.timing.items()},
        closures={family: payer for family, payer in payers.items() if payer != closure},
    )
