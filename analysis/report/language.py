"""The languages of a report: each is one catalogue of sentences and labels, of two levels, [section] key = text."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import ArrayLike

from analysis.monte_carlo import NORMAL_95
from analysis.report.write import LANGUAGES
from analysis.units import Scale, UnitWords, readable, scale_for
from sweep.errors import ConfigError, nearest

__all__ = ["Language", "language"]


@dataclass(frozen=True)
class Language:
    """What a report says, in one language.

    texts: by section and key; sentences have named gaps such as {year}.
    """

    code: str
    texts: Mapping[str, Mapping[str, str]]
    units: UnitWords

    def say(self, key: str, **values: object) -> str:
        """The sentence `section.key` with its gaps filled; what fills them is taken as it is."""
        section, _, name = key.partition(".")
        return self.texts[section][name].format_map(values)

    def name(self, section: str, name: str, otherwise: str | None = None) -> str:
        """What a thing of a store is called: by its entry in the catalogue, else as it is called there."""
        stated = self.texts.get(section, {}).get(name)
        return stated if stated is not None else name if otherwise is None else otherwise

    def count(self, key: str, number: int) -> str:
        """A number of things, such as 1 draw or 1,024 draws; `key` has a form for one and one for many."""
        return self.say(f"count.{key}_one" if number == 1 else f"count.{key}", number=f"{number:,}")

    def outcome(self, name: str) -> str:
        """What an outcome is called within a sentence."""
        return self.name("outcome", name, readable(name))

    def title(self, text: str) -> str:
        """Text as it begins a sentence or stands alone."""
        return text[:1].upper() + text[1:]

    def listed(self, texts: Iterable[str]) -> str:
        """Texts one after the other, as the language lists them."""
        return self.say("form.comma").join(texts)

    def sentences(self, *texts: str) -> str:
        """Sentences one after the other, without those that are empty."""
        return self.say("form.between_sentences").join(text for text in texts if text)

    def scale(self, name: str, units: str, values: ArrayLike, difference: bool = False) -> Scale:
        """The scale that shows these values of an outcome."""
        return scale_for(name, units, values, difference, self.units)

    def measured(self, number: str, scale: Scale) -> str:
        """A number that was written already, with its unit."""
        return self.say("form.measured", number=number, unit=scale.unit)

    def percent(self, share: float, error: float | None = None) -> str:
        """A share in percent, with 1.96 standard errors where one is given."""
        if error is None or not np.isfinite(share):
            return self.say("form.percent", number=_percent(share))
        if not np.isfinite(error):
            return self.say("form.percent", number=_percent(share)) + self.say("form.unknown")
        wide = NORMAL_95 * error
        digits = 1 if wide < 0.0995 else 0
        number = f"{100 * share:.{digits}f} ± {max(100 * wide, 10.0**-digits):.{digits}f}"
        return self.say("form.percent", number=number.replace("-", "−"))

    def with_error(self, mean: float, error: float, scale: Scale, signed: bool = True) -> str:
        """A mean with 1.96 standard errors, or with words where these aren't known, without its unit."""
        return scale.show_with_error(float(mean), float(error), signed, self.say("form.unknown"))

    def heading(self, outcome: str, scale: Scale) -> str:
        """An outcome with its unit, as a title."""
        return self.say("form.heading", outcome=self.title(self.outcome(outcome)), unit=scale.unit)


def _percent(share: float) -> str:
    """A share as a number of percent, such as 12, 0.4 or <0.1."""
    if not np.isfinite(share):
        return "–"
    if 0 < share < 0.001:
        return "<0.1"
    return f"{100 * share:.1f}" if 0 < share < 0.0995 or 0.9905 < share < 1 else f"{100 * share:.0f}"


@cache
def language(code: str) -> Language:
    """The language of a code. Raises ConfigError for one that there is no catalogue of."""
    if code not in LANGUAGES:
        raise ConfigError(f"no report in {code!r}: {nearest(code, LANGUAGES)}")
    texts = tomllib.loads(files("analysis.report").joinpath(f"languages/{code}.toml").read_text(encoding="utf-8"))
    steps = sorted(((float(size), word) for size, word in texts["amount"].items()), reverse=True)
    words = texts["unit_word"]
    units = UnitWords(
        words["percent"],
        words["points"],
        words["plain"],
        # Thousands begin at a hundred of them.
        tuple((size * (100 if size == 1e3 else 10 if size == 1e4 else 1), size, word) for size, word in steps),
        texts.get("unit", {}),
    )
    return Language(code, texts, units)
