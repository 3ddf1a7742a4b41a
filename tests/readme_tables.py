"""The README's tables of parameters and policies, made from conf.

Run: uv run python -m tests.readme_tables
"""

from pathlib import Path

import yaml

from sweep.__main__ import config_folder
from sweep.study import Uncertainty
from tests.studies import study

__all__ = ["README", "rewritten"]

README = Path(__file__).resolve().parents[1] / "README.md"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")


def _drawn(item: Uncertainty, regimes: tuple[str, ...]) -> str:
    """What a parameter is drawn from, by regime where regimes differ."""
    if len(set(item.distributions)) == 1:
        return str(item.distributions[0])
    return "; ".join(f"{regime} {each}" for regime, each in zip(regimes, item.distributions, strict=True))


def _parameters() -> list[str]:
    chosen = study()
    rows = ["| parameter | unit | default | grade | meaning |", "|---|---|---|---|---|"]
    for item in chosen.uncertainties:
        about, grades = item.parameter, "/".join(dict.fromkeys(item.grades))
        cells = (f"`{about.group}.{about.name}`", about.unit, _drawn(item, chosen.regimes), grades, about.meaning)
        rows.append(f"| {' | '.join(map(_cell, cells))} |")
    return rows


def _policies() -> list[str]:
    rows = ["| policy | what it is | instruments |", "|---|---|---|"]
    for path in sorted((config_folder() / "policy").glob("*.yaml")):
        for name, about in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            members = [about] if "instrument" in about else [each for each in about.values() if isinstance(each, dict)]
            instruments = ", ".join(dict.fromkeys(f"`{each['instrument']}`" for each in members)) or "none"
            rows.append(f"| {' | '.join(map(_cell, (f'`{name}`', about.get('label', name), instruments)))} |")
    return rows


_TABLES = {"parameters": _parameters, "policies": _policies}


def rewritten(text: str) -> str:
    """The README's text with its tables as conf has them."""
    for name, rows in _TABLES.items():
        before, begin, rest = text.partition(f"<!-- {name}: kept true by tests/test_readme.py -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->\n")
        if not begin or not end:
            raise ValueError(f"README.md: no place for the table of {name}")
        text = "".join([before, begin, *(f"{row}\n" for row in rows()), end, after])
    return text


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
