"""What policies, regimes and regions of a store are called in a report."""

from collections.abc import Sequence

import xarray as xr

from analysis.counted import ALL_REGIMES
from analysis.labels import json_attribute
from analysis.regimes import Regimes
from analysis.report.language import Language
from analysis.report.language import language as english
from analysis.units import readable

__all__ = ["draws_told", "policy_meanings", "policy_names", "regime_names", "region_names", "weights_told"]


def policy_names(data: xr.Dataset, language: Language) -> list[str]:
    """Short names of policies: the catalogue's where a policy is as it ships, else the label that it was given."""
    policies, stated = [str(name) for name in data["policy"].to_numpy()], json_attribute(data, "policy_labels")
    labels = [str(stated.get(policy) or "") for policy in policies]
    names = [_policy_name(policy, label, language) for policy, label in zip(policies, labels, strict=True)]
    return [
        f"{name} ({readable(policy)})" if names.count(name) > 1 else name
        for policy, name in zip(policies, names, strict=True)
    ]


def _policy_name(policy: str, label: str, language: Language) -> str:
    """A short name where the label is the one that a policy of that name ships with."""
    # The labels that policies ship with stand in one catalogue.
    if label and label != english("en").name("policy_label", policy, ""):
        return language.name("label", label)
    return language.name("policy", policy, language.title(readable(policy)))


def policy_meanings(data: xr.Dataset, language: Language) -> list[str]:
    """What policies do: their labels."""
    stated = json_attribute(data, "policy_labels")
    return [language.name("label", str(stated.get(str(name), ""))) for name in data["policy"].to_numpy()]


def regime_names(names: Sequence[str], language: Language) -> list[str]:
    """What regimes are called."""
    return [
        language.say("regime.every") if name == ALL_REGIMES else language.name("regime", name, readable(name))
        for name in names
    ]


def region_names(names: Sequence[str], language: Language) -> list[str]:
    """What regions are called: names of places are translated where the catalogue has them."""
    return [language.name("region", str(name)) for name in names]


def weights_told(regimes: Regimes, language: Language) -> str:
    """How regimes are weighted where they are pooled, as a part of a sentence."""
    pairs = zip(regime_names(regimes.names, language), regimes.weights, strict=True)
    listed = language.listed(language.say("weights.one", regime=name, weight=f"{weight:.3g}") for name, weight in pairs)
    if not regimes.stated:
        return language.say("weights.shares", listed=listed)
    if regimes.absent:
        absent = language.listed(regime_names(regimes.absent, language))
        return language.say("weights.scaled", listed=listed, absent=absent)
    return language.say("weights.stated", listed=listed)


def draws_told(data: xr.Dataset, language: Language) -> str:
    """The number of draws in words; of a store that keeps the first ones, also of how many they are the first."""
    count = data.sizes["draw"]
    total = int(data.attrs["draws"]) if data.attrs.get("keep") == "statistics" else count
    if total <= count:
        return language.count("draws", count)
    return language.say("count.draws_of", number=f"{count:,}", total=f"{total:,}")
