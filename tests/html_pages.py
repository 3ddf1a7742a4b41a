"""Reads an HTML page as a browser does, and complains where its tags don't fit."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

__all__ = ["Element", "parsed"]

VOID = {"meta", "input", "br", "img"}
# Of SVG, where a page closes them at once.
SELF_CLOSED = {"path", "circle", "rect", "polyline", "polygon"}


@dataclass
class Element:
    """One element: its attributes, and what it holds in order."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: "list[Element | str]" = field(default_factory=list)

    def all(self, *names: str, **attributes: str) -> "list[Element]":
        """Elements inside it of some names (of any, if none is given) that have these attributes."""
        wanted = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
        return [
            each
            for each in self._inside()
            if (not names or each.name in names)
            and all(each.attributes.get(key) == value for key, value in wanted.items())
        ]

    def one(self, *names: str, **attributes: str) -> "Element":
        """The only such element."""
        (found,) = self.all(*names, **attributes)
        return found

    @property
    def text(self) -> str:
        """All text in it, with single blanks between words; scripts and styles are no text."""
        parts = [each if isinstance(each, str) else each.text for each in self.content]
        return "" if self.name in ("script", "style") else " ".join(" ".join(parts).split())

    @property
    def raw(self) -> str:
        """The text directly in it, as it is."""
        return "".join(each for each in self.content if isinstance(each, str))

    def _inside(self) -> "list[Element]":
        return [found for each in self.content if isinstance(each, Element) for found in (each, *each._inside())]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID | SELF_CLOSED, f"<{tag} /> doesn't close itself in HTML"
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.name == tag, f"</{tag}> closes <{closed.name}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def parsed(text: str) -> Element:
    """The page as a tree. Raises AssertionError where it isn't well-formed."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert [each.name for each in reader.open] == [""], "not all elements are closed"
    return reader.root
