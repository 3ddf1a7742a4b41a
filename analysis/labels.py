"""What policies are called on pictures and pages: their labels, as the configuration states them."""

import json
from typing import Any

import xarray as xr

from analysis.units import readable

__all__ = ["json_attribute", "policy_labels"]


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
