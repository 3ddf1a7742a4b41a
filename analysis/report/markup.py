"""Builds HTML in which text is always escaped: only what `tag` returns is taken as markup."""

from collections.abc import Sequence
from html import escape

__all__ = ["Markup", "folded", "joined", "paragraphs", "row", "scrolled", "table", "tag"]

VOID = {"input", "link", "meta"}


class Markup(str):
    """Text that is HTML already."""


def tag(name: str, /, *children: str, **attributes: str) -> Markup:
    """One element; attributes as in class_="note" for class and aria_label="..." for aria-label."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_safe(value)}"' for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{written} />")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Elements and texts one after the other."""
    return Markup("".join(child if isinstance(child, Markup) else _safe(child) for child in children))


def paragraphs(*texts: str) -> Markup:
    """Each text as a paragraph."""
    return joined(*(tag("p", text) for text in texts))


def row(*cells: str, kind: str = "") -> Markup:
    """A row of a table, headed by its first cell; what is a cell already is taken as it is."""
    rest = [each if isinstance(each, Markup) and each.startswith("<td") else tag("td", each) for each in cells[1:]]
    return tag("tr", tag("th", cells[0], scope="row"), *rest, **({"class_": kind} if kind else {}))


def scrolled(title: str, heads: Sequence[str], rows: Sequence[Markup], kind: str) -> Markup:
    """A table in a box in which it scrolls sideways where it is wide."""
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    written = tag("table", tag("thead", head), tag("tbody", *rows), class_=kind, aria_label=title)
    return tag("div", written, class_="scroll", tabindex="0", role="region", aria_label=title)


def table(title: str, note: str, heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "figures") -> Markup:
    """A titled table whose first column names the rows."""
    above = (tag("h3", title), *([tag("p", note, class_="note")] if note else []))
    return tag("div", *above, scrolled(title, heads, [row(*each) for each in rows], kind), class_="tabled")


def folded(heading: str, *content: str) -> Markup:
    """Content that opens on a click."""
    return tag("details", tag("summary", heading), *content)


def _safe(text: object) -> str:
    """Text with markup escaped and without characters that no HTML page may hold."""
    words = str(text)
    if words.isascii() and words.isalnum():
        return words
    if not words.replace("\n", "").isprintable():
        readable = words.encode("utf-8", "replace").decode()
        words = "".join(letter for letter in readable if letter.isprintable() or letter in "\n\t")
    return escape(words)
