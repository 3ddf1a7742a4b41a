"""Puts the report's page together, section by section, without scripts or anything from a network."""

from dataclasses import dataclass
from importlib.resources import files

import xarray as xr

from analysis.counted import kept_sentence
from analysis.financing import limit_sentences
from analysis.labels import draws_told, policy_labels
from analysis.regimes import regimes_of
from analysis.report.markup import Markup, joined, paragraphs, table, tag
from analysis.report.pictures import Picture
from analysis.report.provenance import provenance, text_attribute, what_was_run
from analysis.report.reading import READING
from analysis.report.results import Result
from analysis.report.tables import paired_rows, summary_rows
from analysis.units import readable

__all__ = ["Findings", "page"]

# Below the first, tails rest on a handful of draws; below the second, the spread that errors are made of does too.
FEW_DRAWS, TOO_FEW_DRAWS = 100, 10


@dataclass(frozen=True)
class Findings:
    """What the page shows: outcomes in tables, pictures, and CSV files with what they hold."""

    headlines: list[Result]
    compared: list[Result]
    fans: list[Picture]
    differences: list[Picture]
    regions: list[Picture]
    tables: dict[str, str]


def page(data: xr.Dataset, findings: Findings) -> str:
    """The whole page as text."""
    title = text_attribute(data, "title", "Scenaria sweep")
    sections = {
        "What was run": what_was_run(data),
        f"Summary, {_last_year(data)}": _summary(data, findings),
        "Outcomes by regime and policy": joined(*map(_figure, findings.fans)),
        "What policies change": _differences(data, findings),
        "Regions": _regions(data, findings),
        "How to read this page": paragraphs(*READING),
        "Sources and provenance": provenance(data, findings.tables),
    }
    shown = {heading: content for heading, content in sections.items() if content}
    links = [tag("a", heading, href=f"#{_anchor(heading)}") for heading in shown]
    header = tag("header", tag("h1", title), tag("p", _extent(data)), *_notices(data), tag("nav", *links))
    main = [tag("section", tag("h2", heading), content, id=_anchor(heading)) for heading, content in shown.items()]
    return "<!DOCTYPE html>\n" + tag("html", _head(title), tag("body", header, tag("main", *main)), lang="en") + "\n"


def _head(title: str) -> Markup:
    """The page's head: style inside, and no script may run."""
    style = files("analysis.report").joinpath("style.css").read_text(encoding="utf-8")
    policy = "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", **{"http-equiv": "Content-Security-Policy", "content": policy}),
        tag("title", title),
        tag("style", Markup(style)),
    )


def _extent(data: xr.Dataset) -> str:
    """How much was run, in one line."""
    policies, regions = data.sizes["policy"], data.sizes.get("region")
    words = [f"{policies:,} {'policy' if policies == 1 else 'policies'}", draws_told(data)]
    words += [f"{regions:,} region{'' if regions == 1 else 's'}"] if regions else []
    return f"{', '.join(words)}, {int(data['year'][0])} to {_last_year(data)}"


def _last_year(data: xr.Dataset) -> int:
    return int(data["year"][-1])


def _notices(data: xr.Dataset) -> list[Markup]:
    """What a reader must know first: dropped draws, an unfinished run, regimes with few draws, open budgets."""
    texts = [text for text in [str(data.attrs.get("notice", ""))] if text]
    if few := _regimes_below(FEW_DRAWS, data):
        texts.append(f"Fewer than {FEW_DRAWS} draws in {few}: 5 % and 95 % quantiles rest on very few.")
    if too_few := _regimes_below(TOO_FEW_DRAWS, data):
        texts.append(f"Fewer than {TOO_FEW_DRAWS} draws in {too_few}: Monte Carlo standard errors are not meaningful.")
    texts += limit_sentences(data, policy_labels(data))
    return [tag("p", _sentence(text), class_="notice", role="note") for text in texts]


def _regimes_below(limit: int, data: xr.Dataset) -> str:
    """Regimes with fewer draws than a limit, each with its number of draws."""
    regimes = regimes_of(data)
    return ", ".join(
        f"{name} ({count})" for name, count in zip(regimes.names, regimes.draws, strict=True) if count < limit
    )


def _summary(data: xr.Dataset, findings: Findings) -> Markup:
    """One table for each headline outcome, with the weights that pooled it."""
    parts = [
        tag("p", f"Medians over draws by regime, then all regimes {regimes_of(data).sentence}."),
    ]
    for result in findings.headlines:
        scale, heads, rows = summary_rows(data, result.summary)
        meaning = _sentence(str(result.quantiles.attrs.get("long_name", "")))
        note = ". ".join(text for text in (meaning, result.tail) if text)
        parts.append(table(f"{_sentence(readable(result.outcome))}, {scale.unit}", note, heads, rows))
    return joined(*parts)


def _differences(data: xr.Dataset, findings: Findings) -> Markup:
    """Forest plots of differences, and their means and errors as tables; nothing for a single policy."""
    if not findings.differences:
        return Markup("")
    to = str(data["policy"].to_numpy()[0])
    note = "Mean over draws of the difference in the same draw ± 1.96 Monte Carlo standard errors."
    parts: list[Markup] = []
    for result, picture in zip(findings.compared, findings.differences, strict=True):
        scale, heads, rows = paired_rows(data, result.differences)
        title = f"{_sentence(readable(result.outcome))}: difference to {policy_labels(data)[to]}, {scale.unit}"
        parts += [_figure(picture), table(title, note, heads, rows)]
    return joined(*parts)


def _regions(data: xr.Dataset, findings: Findings) -> Markup:
    """Pictures by region, and over which draws they are where these weren't kept."""
    kept = kept_sentence(data)
    told = [tag("p", f"Kept: {kept}; there are no pictures of regions by regime.", class_="note")] if kept else []
    return joined(*(told if findings.regions else []), *map(_figure, findings.regions))


def _sentence(text: str) -> str:
    """Text that begins with a capital letter."""
    return text[:1].upper() + text[1:]


def _figure(picture: Picture) -> Markup:
    """A picture that opens in full size; small screens scroll it sideways."""
    image = tag("img", src=picture.file, alt=picture.description)
    return tag("figure", tag("a", image, href=picture.file, title="Open in full size"), class_="scroll")


def _anchor(heading: str) -> str:
    """A heading as the target of links."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in heading.lower()).split())
