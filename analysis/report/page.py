"""Puts the report together as one file: style and script inside, nothing from a network."""

import base64
import hashlib
from importlib.resources import files

import xarray as xr

from analysis.report.findings import Findings
from analysis.report.language import Language
from analysis.report.markup import Markup, tag
from analysis.report.naming import draws_told
from analysis.report.notices import notices
from analysis.report.section import Section
from analysis.report.sections import GENERAL, SECTIONS

__all__ = ["page"]


def page(data: xr.Dataset, language: Language) -> str:
    """The whole page as text."""
    findings = Findings(data)
    made = [make(findings, language) for make in (GENERAL if findings.own else SECTIONS)]
    sections = [section for section in made if section is not None]
    title = _title(data, language)
    told = [tag("p", text, class_="notice", role="note") for text in notices(findings, language)]
    links = [tag("a", each.heading, href=f"#{each.anchor}") for each in sections]
    nav = tag("nav", *links, aria_label=language.say("page.contents"))
    header = tag("header", tag("h1", title), tag("p", _extent(findings, language)), *told, nav)
    body = tag("body", header, tag("main", *map(_section, sections)), tag("script", _file("page.js")))
    return "<!DOCTYPE html>\n" + tag("html", _head(title), body, lang=language.say("page.language")) + "\n"


def _section(section: Section) -> Markup:
    heading = f"{section.anchor}-heading"
    content = (tag("h2", section.heading, id=heading), section.content)
    return tag("section", *content, id=section.anchor, aria_labelledby=heading)


def _head(title: str) -> Markup:
    """The page's head: only its own style and script may run, and nothing may be loaded."""
    policy = (
        f"default-src 'none'; style-src '{_hash('page.css')}'; script-src '{_hash('page.js')}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", **{"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", _file("page.css")),
    )


def _file(name: str) -> Markup:
    return Markup(files("analysis.report").joinpath(name).read_text(encoding="utf-8"))


def _hash(name: str) -> str:
    """What lets a file's text run where it stands in the page."""
    digest = hashlib.sha256(_file(name).encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _title(data: xr.Dataset, language: Language) -> str:
    """The store's title; of region sets that ship, in the page's language."""
    written = str(data.attrs.get("title") or language.say("page.title"))
    what, _, rest = written.rpartition(": ")
    years, _, tail = rest.partition(" ")
    if tail != "years of AI and policy" or not years.isdigit():
        return written
    return language.say("page.title_of", regions=language.name("title", what), years=years)


def _extent(findings: Findings, language: Language) -> str:
    """How much was run, in one line."""
    regions = findings.data.sizes.get("region")
    words = [language.count("policies", len(findings.policies)), draws_told(findings.data, language)]
    words += [language.count("regions", regions)] if regions else []
    return language.say("page.extent", listed=language.listed(words), first=findings.years[0], last=findings.years[-1])
