"""Equations in code and in MODEL.md are the same set, and the page's tables cover every parameter and dose."""

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

import sweep.kernel
from sweep.kernel.instruments import DOSES
from sweep.kernel.parameters import PARAMETERS

FOLDER = Path(sweep.kernel.__file__).parent
PAGE = (FOLDER / "MODEL.md").read_text(encoding="utf-8")
MODULES = (
    "baseline", "adoption", "demand", "supply", "flows", "wages", "migration", "accounts", "programs", "informality",
    "distribution",
)  # fmt: skip


def tree(module: str) -> ast.Module:
    return ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))


def functions(module: str) -> list[ast.FunctionDef]:
    return [node for node in tree(module).body if isinstance(node, ast.FunctionDef)]


def numbers() -> list[int]:
    text = [ast.get_docstring(function) or "" for module in MODULES for function in functions(module)]
    return [int(number) for docstring in text for number in re.findall(r"Eq\. (\d+)", docstring)]


def test_code_and_page_have_the_same_equations() -> None:
    defined = Counter(int(number) for number in re.findall(r"\*\*Eq\. (\d+)\*\* `", PAGE))
    assert defined == Counter(numbers())
    assert set(defined.values()) == {1}


def test_equations_are_numbered_without_gaps() -> None:
    assert sorted(numbers()) == list(range(1, len(numbers()) + 1))


def test_page_names_no_other_equation() -> None:
    assert len(re.findall(r"\bEq\.? ?\d", PAGE)) == len(numbers())


@pytest.mark.parametrize("module", MODULES)
def test_every_function_is_one_listed_equation(module: str) -> None:
    listed = next(
        ast.literal_eval(node.value)
        for node in tree(module).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert sorted(listed) == sorted(function.name for function in functions(module))
    for function in functions(module):
        assert re.match(r"Eq\. \d+: ", ast.get_docstring(function) or ""), function.name


@pytest.mark.parametrize("module", MODULES)
def test_modules_name_their_section(module: str) -> None:
    section = re.search(r"MODEL\.md, section (\d+)", ast.get_docstring(tree(module)) or "")
    assert section is not None
    body = PAGE.split(f"\n## {section[1]}. ")[1].split("\n## ")[0]
    docstrings = [ast.get_docstring(function) or "" for function in functions(module)]
    assert all(f"**{docstring.split(':')[0]}**" in body for docstring in docstrings)


def test_symbol_table_covers_parameters_and_doses() -> None:
    rows = [row.split("|")[2] for row in PAGE.splitlines() if row.startswith("| `")]
    for parameter in PARAMETERS:
        assert sum(f"`{parameter.name}`" in row for row in rows) == 1, parameter.name
    for dose in DOSES:
        assert sum(f"`{dose}`" in row or f"`…{dose[12:]}`" in row for row in rows) == 1, dose
