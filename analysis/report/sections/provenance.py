"""Where results come from: publishers, identity of the run, versions, uncertain inputs, configuration."""

import numpy as np
import xarray as xr

from analysis.labels import json_attribute
from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import Markup, folded, joined, table, tag
from analysis.report.naming import input_meaning
from analysis.report.section import Section

__all__ = ["facts", "provenance", "stated"]


def provenance(findings: Findings, language: Language) -> Section:
    """Everything that tells one run from another; what others wrote is quoted as it is."""
    data, say = findings.data, language.say
    versions = ", ".join(f"{name} {version}" for name, version in json_attribute(data, "versions").items())
    told = {
        say("provenance.publishers"): quoted(stated(data, "publishers", language)),
        **({say("provenance.model"): quoted(stated(data, "model", language))} if findings.own else {}),
        say("provenance.plan"): quoted(stated(data, "plan_hash", language)),
        say("provenance.version"): quoted(stated(data, "scenaria_version", language)),
        say("provenance.revision"): quoted(stated(data, "git_revision", language)),
        say("provenance.packages"): quoted(versions or say("provenance.not_stated")),
        say("provenance.license"): say("provenance.licensed"),
    }
    content = joined(
        facts(told),
        folded(say("provenance.tables"), tag("pre", stated(data, "region_source", language), lang="en")),
        _inputs(data, language),
        folded(say("provenance.configuration"), tag("pre", stated(data, "config", language), lang="en")),
    )
    return Section("provenance", say("provenance.heading"), content)


def stated(data: xr.Dataset, name: str, language: Language) -> str:
    """One attribute of the store as text."""
    value = data.attrs.get(name)
    return language.say("provenance.not_stated") if value is None or value == "" else str(value)


def quoted(words: str) -> Markup:
    """Names and texts of others, in the language in which they were written."""
    return tag("span", words, lang="en")


def facts(told: dict[str, str]) -> Markup:
    """Names and values as a description list."""
    return tag("dl", *(joined(tag("dt", name), tag("dd", value)) for name, value in told.items()))


def _inputs(data: xr.Dataset, language: Language) -> Markup:
    """The uncertain inputs with distribution, unit, grade and source; nothing if the store has none."""
    inputs = sorted(str(name) for name, array in data.data_vars.items() if _is_input(array))
    rows = [_input(name, data, language) for name in inputs]
    if not rows:
        return Markup("")
    heads = [language.say(f"provenance.{key}") for key in ("input", "unit", "distribution", "grade", "source")]
    heading = language.say("provenance.inputs", number=len(rows))
    return folded(heading, table(heading, language.say("provenance.grades"), heads, rows, "words"))


def _is_input(array: xr.DataArray) -> bool:
    return "draw" in array.dims and "policy" not in array.dims and np.issubdtype(array.dtype, np.floating)


def _input(name: str, data: xr.Dataset, language: Language) -> list[str]:
    """One input's row."""
    about = {key: str(data[name].attrs.get(key, "")) for key in ("units", "distribution", "grade", "source")}
    return [
        language.title(input_meaning(data, name, language)),
        language.name("input_unit", about["units"]),
        _distribution(about["distribution"], language),
        about["grade"],
        quoted(language.name("evidence", about["source"])),
    ]


def _distribution(written: str, language: Language) -> str:
    """A distribution such as beta(2, 8), or those of several regimes, with its kind in words."""
    parts = []
    for part in written.split(" | "):
        kind = part.partition("(")[0].partition(" {")[0]
        parts.append(f"{language.name('distribution', kind)}{part.removeprefix(kind)}")
    return " | ".join(parts)
