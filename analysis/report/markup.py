"""Builds HTML in which text is always escaped: only what `tag` returns is taken as markup."""

from html import escape

__all__ = ["Markup", "joined", "paragraphs", "table", "tag"]

VOID = {"img", "link", "meta"}


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


def table(title: str, note: str, heads: list[str], rows: list[list[str]], kind: str = "figures") -> Markup:
    """A titled table whose first column names the rows; wide tables scroll inside their box."""
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    body = [tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows]
    written = tag("table", tag("thead", head), tag("tbody", *body), class_=kind, aria_label=title)
    above = (tag("h3", title), *([tag("p", note, class_="note")] if note else []))
    return tag("div", *above, tag("div", written, class_="scroll"), class_="tabled")


def _safe(text: object) -> str:
    """Text with markup escaped and without characters that no HTML page may hold."""
    readable = str(text).encode("utf-8", "replace").decode()
    return escape("".join(letter for letter in readable if letter.isprintable() or letter in "\n\t"))
