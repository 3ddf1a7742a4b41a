"""What policies are called on pictures and pages: their labels, as the configuration states them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import xarray as xr

from analysis.units import readable

__all__ = ["Legend", "counted_draws", "draws_told", "json_attribute", "legend", "policy_labels", "printable"]


def json_attribute(data: xr.Dataset, name: str) -> dict[str, Any]:
    """An attribute that holds a JSON object, empty if it doesn't."""
    try:
        value = json.loads(str(data.attrs.get(name, "{}")))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def policy_labels(data: xr.Dataset) -> dict[str, str]:
    """Label of each policy by name: its name in words where it has none, both where another has the same label."""
    names, stated = [str(name) for name in data["policy"].to_numpy()], json_attribute(data, "policy_labels")
    labels = {name: str(stated.get(name) or readable(name)) for name in names}
    return {
        name: f"{label} ({readable(name)})" if list(labels.values()).count(label) > 1 else label
        for name, label in labels.items()
    }


def printable(text: str) -> str:
    """A text without what moves cursors, rings bells or breaks files: a store's names may be anybody's."""
    return "".join(sign for sign in text if sign.isprintable())


def counted_draws(count: int) -> str:
    """A number of draws in words."""
    return f"{count:,} draw" if count == 1 else f"{count:,} draws"


def draws_told(data: xr.Dataset) -> str:
    """The number of draws in words; of a store that keeps the first ones, also of how many they are the first."""
    count = data.sizes["draw"]
    total = int(data.attrs["draws"]) if data.attrs.get("keep") == "statistics" else count
    return counted_draws(count) if total <= count else f"{count:,} of {total:,} draws"


@dataclass(frozen=True)
class Legend:
    """What pictures say of a run beside numbers: what its policies are called, and the footer with its sources."""

    labels: Mapping[str, str]
    sources: str


def legend(data: xr.Dataset) -> Legend:
    """Labels by policy; which run a picture shows, and who published the data behind it."""
    attrs = data.attrs
    run = f"plan {str(attrs.get('plan_hash', 'unknown'))[:12]}, seed {attrs.get('seed', 'unknown')}"
    made = f"Scenaria {attrs.get('scenaria_version', '')}, {run}, {draws_told(data)}."
    publishers = str(attrs.get("publishers", attrs.get("region_source", "not stated"))).rstrip(". ")
    return Legend(policy_labels(data), f"{made} Data: {publishers}.")
