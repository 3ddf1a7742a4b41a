"""Figures with several states: Python draws all of them, native controls choose, and one is shown without scripts."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.report.markup import Markup, tag

__all__ = ["SIDE_BY_SIDE", "Choice", "Chooser"]

# The choice of all regimes at once.
SIDE_BY_SIDE = "all"


@dataclass(frozen=True)
class Chooser:
    """A control that picks one of some options, (value, words)."""

    label: str
    options: Sequence[tuple[str, str]]
    chosen: str

    @staticmethod
    def numbered(label: str, words: Sequence[str], chosen: int = 0) -> "Chooser":
        """A control whose values are the options' positions."""
        return Chooser(label, [(str(place), each) for place, each in enumerate(words)], str(chosen))

    def draw(self) -> Markup:
        """The control."""
        options = [
            tag("option", words, value=value, **({"selected": ""} if value == self.chosen else {}))
            for value, words in self.options
        ]
        return tag("label", tag("span", self.label), tag("select", *options, data_chooser=""))


@dataclass(frozen=True)
class Choice:
    """Some choosers, and what is shown for which of their values."""

    choosers: tuple[Chooser, ...]

    def when(self, content: Markup, *values: str, kind: str = "state") -> Markup:
        """Content that is shown for one value of each chooser: "*" stands for all, "1,all" for either of two."""
        stands = all(
            value == "*" or chooser.chosen in value.split(",")
            for value, chooser in zip(values, self.choosers, strict=True)
        )
        return tag("div", content, class_=kind, data_when=" ".join(values), **({} if stands else {"hidden": ""}))

    def draw(self, *content: str, further: Sequence[Markup] = ()) -> Markup:
        """Choosers that have more than one option, and further controls, above the content that they choose from."""
        controls = [
            tag("div", chooser.draw(), **({} if len(chooser.options) > 1 else {"hidden": ""}))
            for chooser in self.choosers
        ]
        shown = [*controls, *(tag("div", control) for control in further)]
        return tag("div", tag("div", *shown, class_="controls", hidden=""), *content, class_="choice")
