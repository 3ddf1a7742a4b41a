"""What policies, regimes and regions of a store are called in a report."""

from collections.abc import Sequence

import xarray as xr

from analysis.counted import ALL_REGIMES
from analysis.labels import json_attribute
from analysis.regimes import Regimes
from analysis.report.language import Language
from analysis.report.language import language as english
from analysis.units import readable

__all__ = ["draws_told", "input_explained", "input_meaning", "input_name", "policy_meanings", "policy_names"]
__all__ += ["regime_names", "region_names", "weights_told"]


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


def input_name(data: xr.Dataset, name: str, language: Language) -> str:
    """What an input is called: by the catalogue, else by its name; a policy's dose also by the policy."""
    return _input(data, name, language)[0]


def input_meaning(data: xr.Dataset, name: str, language: Language) -> str:
    """What an input is: by the catalogue, else its name and its meaning in the store."""
    words, meaning = _input(data, name, language)
    return f"{words}: {meaning}" if meaning else words


def input_explained(data: xr.Dataset, name: str, language: Language) -> str:
    """The same as a part of a sentence."""
    words, meaning = _input(data, name, language)
    return language.say("form.explained", name=words, meaning=meaning) if meaning else words


def _input(data: xr.Dataset, name: str, language: Language) -> tuple[str, str]:
    """An input's name, and its meaning, "" where the name says it."""
    owner, meaning = _dose(data, name, language)
    if owner:
        return language.say("form.dose", policy=owner, dose=meaning), ""
    stated = language.name("parameter", name, "")
    return (stated, "") if stated else (name.replace("_", " ").replace(".", ": "), meaning)


def _dose(data: xr.Dataset, name: str, language: Language) -> tuple[str, str]:
    """The policy whose dose an input such as policy.ubi.amount is, "" of others, and what the store says of it."""
    stated = data.variables[name].attrs if name in data.variables else {}
    meaning = language.name("dose", str(stated.get("long_name", "")))
    first, *rest = name.split(".")
    policies = [str(each) for each in data["policy"].to_numpy()]
    if first != "policy" or len(rest) < 2 or rest[0] not in policies:
        return "", meaning
    return policy_names(data, language)[policies.index(rest[0])], meaning


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
