"""Says what was run and where it comes from: policies, regimes, design, inputs, versions, configuration."""

import numpy as np
import xarray as xr

from analysis.counted import kept_sentence
from analysis.labels import draws_told, json_attribute
from analysis.regimes import regimes_of
from analysis.report.markup import Markup, joined, table, tag
from analysis.units import readable

__all__ = ["provenance", "text_attribute", "what_was_run"]


def text_attribute(data: xr.Dataset, name: str, otherwise: str = "not stated") -> str:
    """One attribute of the store as text."""
    value = data.attrs.get(name)
    return otherwise if value is None or value == "" else str(value)


def what_was_run(data: xr.Dataset) -> Markup:
    """Design and seed, the policies with their labels, and the regimes with draws and weights."""
    labels = json_attribute(data, "policy_labels")
    names = [str(name) for name in data["policy"].to_numpy()]
    policies = [[readable(name), str(labels.get(name, ""))] for name in names]
    regimes = regimes_of(data)
    beliefs = [f"{100 * weight:.3g} %" for weight in regimes.weights]
    rows = [[readable(n), f"{d:,}", b] for n, d, b in zip(regimes.names, regimes.draws, beliefs, strict=True)]
    heads = ["regime", "draws", "weight when pooled"]
    kind = "stated beliefs, not estimates" if regimes.stated else "none stated, so shares of draws"
    return joined(
        _facts(
            {
                "Design": text_attribute(data, "design"),
                "Seed": text_attribute(data, "seed"),
                "Draws used": f"{draws_told(data).rpartition(' ')[0]} for every policy",
                **({"Kept": kept} if (kept := kept_sentence(data)) else {}),
                "Draws dropped": f"{int(data.attrs.get('draws_dropped', 0)):,}",
                "Complete": "yes" if data.attrs.get("complete", True) else "no: the run was not finished",
            }
        ),
        table("Policies", "", ["policy", "what it does"], policies, "words"),
        table("Regimes of AI adoption", f"Weights: {kind}", heads, rows),
    )


def provenance(data: xr.Dataset, tables: dict[str, str]) -> Markup:
    """Publishers, identity of the run, versions, the uncertain inputs, the configuration, the CSV files."""
    versions = json_attribute(data, "versions")
    files = [tag("li", tag("a", name, href=name), f": {holds}") for name, holds in tables.items()]
    return joined(
        _facts(
            {
                "Regional data": text_attribute(data, "region_source"),
                "Plan": text_attribute(data, "plan_hash"),
                "Scenaria": text_attribute(data, "scenaria_version"),
                "Code revision": text_attribute(data, "git_revision"),
                "Versions": ", ".join(f"{name} {version}" for name, version in versions.items()) or "not stated",
            }
        ),
        tag("h3", "Tables with all digits"),
        tag("ul", *files),
        _inputs(data),
        _folded("Configuration", tag("pre", text_attribute(data, "config"))),
    )


def _inputs(data: xr.Dataset) -> Markup:
    """The uncertain inputs with distribution, unit, source and grade; nothing if the store has none."""
    rows = []
    for name, array in data.data_vars.items():
        if "draw" in array.dims and "policy" not in array.dims and np.issubdtype(array.dtype, np.floating):
            keys = ("long_name", "units", "distribution", "grade", "source")
            rows.append([readable(str(name)), *(str(array.attrs.get(key, "")) for key in keys)])
    if not rows:
        return Markup("")
    heads = ["input", "meaning", "unit", "distribution", "grade", "source"]
    note = "Grades of evidence: A causal or meta-analytic, B one study or transferred, C an assumption."
    return _folded(f"Uncertain inputs ({len(rows)})", table("Uncertain inputs", note, heads, rows, "words"))


def _facts(facts: dict[str, str]) -> Markup:
    """Names and values as a description list."""
    return tag("dl", *(joined(tag("dt", name), tag("dd", value)) for name, value in facts.items()))


def _folded(heading: str, content: Markup) -> Markup:
    """Content that opens on a click."""
    return tag("details", tag("summary", heading), content)
