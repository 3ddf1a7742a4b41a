"""The README says what the code does."""

import re
from pathlib import Path

from sweep.kernel.outcomes import OUTCOMES
from tests.benchmarks.__main__ import RESULTS, shown
from tests.readme_tables import rewritten

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_table_of_outcomes_is_the_codes() -> None:
    table = README.partition("<!-- outcomes")[2].partition("<!-- /outcomes -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (yes|) *\| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    expected = [(o.name, o.part, "yes" if o.regional else "", o.units, o.long_name) for o in OUTCOMES]
    assert rows == expected


def test_the_tables_of_parameters_and_policies_are_those_of_conf() -> None:
    assert rewritten(README) == README, "uv run python -m tests.readme_tables"


def test_the_table_of_measurements_is_that_of_the_benchmarks() -> None:
    assert shown(README, RESULTS.read_text(encoding="utf-8")) == README


def test_paths_in_the_readme_exist() -> None:
    root = Path(__file__).resolve().parents[1]
    paths = re.findall(r"`((?:sweep|conf|analysis|tests)/[\w./]*)`", README)
    assert len(paths) > 10
    for path in paths:
        assert (root / path).exists(), path
