"""A table as a LaTeX document: names escaped, numbers in readable units and rounded by their errors."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from analysis.labels import printable
from analysis.tabulation import STATISTICS
from analysis.units import INTERVAL, Scale, readable, scale_for

__all__ = ["escaped", "latex_document"]

_SIGNS = {
    **{sign: f"\\{sign}" for sign in "#$%&_{}"},
    "\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "−": "$-$", "±": r"$\pm$", "≤": r"$\leq$", "≥": r"$\geq$", "×": r"$\times$", "–": "--", "…": r"\ldots{}",
}  # fmt: skip
_PREAMBLE = r"""% Compiles as it is. In a paper that loads booktabs, longtable and standalone, \input this file.
\documentclass{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
\fi
\usepackage{booktabs,longtable}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\begin{document}
"""
_END = "\\end{document}\n"
_KEYS = ("regime", "policy", "region", "year", "statistic")
# Rows of one page; longer tables are broken over pages, whose columns LaTeX knows the second time it runs.
_PAGE = 45


def latex_document(found: xr.Dataset) -> str:
    """A document with one table of what `tabulated` or `compared` found: rows below each outcome, ± 1.96 errors."""
    keys = [name for name in _KEYS if name in found.dims]
    wide = [name for name in map(str, found.data_vars) if not name.startswith("difference_")]
    shown = [name for name in wide if f"{name}_error" in found or found[name].dtype == bool]
    heads = [*keys, *(str(found[name].attrs.get("long_name", name)) for name in shown)]
    rows = [row for place in range(found.sizes["outcome"]) for row in _rows(found.isel(outcome=place), keys, shown)]
    kind, ends = ("tabular", (r"\bottomrule",)) if len(rows) <= _PAGE else ("longtable", ())
    top = (r"\toprule", " & ".join(map(escaped, heads)) + r" \\", r"\midrule")
    repeated = () if ends else (r"\endhead", r"\bottomrule", r"\endfoot")
    told = [str(found.attrs[key]) for key in ("weights", "errors", "draws_told", "notice") if found.attrs.get(key)]
    note = " ".join(f"{text[:1].upper()}{text[1:]}." for text in (INTERVAL, *told))
    lines = [
        r"\small",
        rf"\noindent\begin{{{kind}}}{{{'l' * len(keys)}{'r' * len(shown)}}}",
        *top, *repeated, *rows, *ends,
        rf"\end{{{kind}}}",
        "", rf"\medskip\noindent {escaped(note)}", "",
    ]  # fmt: skip
    return _PREAMBLE + "\n".join(lines) + _END


def _rows(found: xr.Dataset, keys: list[str], shown: list[str]) -> Iterator[str]:
    """The heading and the rows of one outcome."""
    outcome, units = str(found["outcome"].item()), str(found["units"].item())
    own = [name for name in shown if not name.startswith("difference") and found[name].dtype != bool]
    changes = [name for name in shown if name.startswith("difference")]
    scale, change = (
        scale_for(
            outcome, units, np.concatenate([np.zeros(1), *(found[name].to_numpy().ravel() for name in names)]), differ
        )
        for names, differ in ((own, False), (changes, True))
    )
    heading = f"{readable(outcome)}, {scale.unit}"
    if any(abs(found[name]).max() > 0 for name in changes) and change.unit != scale.unit:
        heading += f"; differences in {change.unit}"
    yield r"\addlinespace"
    yield rf"\multicolumn{{{len(keys) + len(shown)}}}{{l}}{{\textit{{{escaped(heading)}}}}} \\*"
    stacked = found.stack(row=keys)
    for place in range(stacked.sizes["row"]):
        row = stacked.isel(row=place)
        names = [_named(key, str(row[key].item())) for key in keys]
        numbers = [_cell(row, name, change if name in changes else scale) for name in shown]
        if set(numbers) != {"–"}:
            yield " & ".join(map(escaped, (*names, *numbers))) + r" \\"


def _named(key: str, name: str) -> str:
    return readable(name) if key == "policy" else STATISTICS[name][1] if key == "statistic" else name


def _cell(row: xr.Dataset, name: str, scale: Scale) -> str:
    """A number and its error, or a word of what is true or not."""
    if row[name].dtype == bool:
        return "yes" if bool(row[name]) else "no"
    mean, error = float(row[name]), float(row[f"{name}_error"])
    return scale.show_with_error(mean, error, signed=name.startswith("difference")) if np.isfinite(mean) else "–"


def escaped(text: str) -> str:
    """Text as LaTeX shows it; what isn't printed is left out."""
    return "".join(_SIGNS.get(sign, sign) for sign in printable(text))
