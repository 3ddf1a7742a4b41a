"""What the README tells a newcomer to type: commands, and a policy, regions, a model and an analysis of one's own."""

import doctest
import importlib
import re
import shlex
import shutil
from pathlib import Path

import pytest

import analysis
from sweep.__main__ import config_folder
from sweep.check_model import check_model
from sweep.composition import compose
from sweep.config import build_study
from sweep.study import Study

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# A command of another kind, or one that makes its draws for half a minute.
NO_STUDY = ("status", "verify", "check-model", "--help")
FEWER = {"design.optimization=random-cd": ["draws=8"]}


def _blocks(section: str) -> list[str]:
    """Code of a section, block by block."""
    text = README.split(f"\n{section}\n", 1)[1]
    level = section.split(maxsplit=1)[0]
    return re.findall(r"```\w*\n(.*?)```", re.split(rf"\n#{{2,{len(level)}}} ", text)[0], re.DOTALL)


def _commands() -> list[list[str]]:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    shown = "".join(text for language, text in blocks if not language).replace("\\\n", " ")
    found = [shlex.split(line, comments=True) for line in shown.splitlines() if line.startswith("uv run sweep")]
    return [words[3:] for words in found if not {*words[3:4]} & {*NO_STUDY}]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a newcomer who has copied what the README shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["sweep"])
    (tmp_path / "mine" / "policy").mkdir(parents=True)
    (tmp_path / "mine" / "policy" / "small_ubi.yaml").write_text(_blocks("### Your own policy")[0])
    _, source, copy = _blocks("### Your own regions")[0].splitlines()[0].rsplit(" ", 2)
    shutil.copytree(ROOT / source, tmp_path / copy)
    (tmp_path / "my_model.py").write_text(_blocks("## Your own model")[0])
    (tmp_path / "draws.csv").write_text("regime,wage_curve\nslow,-0.1\nrapid,-0.08\n")
    return tmp_path


def _studies(arguments: list[str]) -> list[Study]:
    fewer = [each for key, more in FEWER.items() if key in arguments for each in more]
    jobs = compose(config_folder(), [*arguments, *fewer])
    return [build_study(job.config, job.overrides, job.text) for job in jobs]


@pytest.mark.usefixtures("folder")
def test_every_command_is_of_a_valid_study() -> None:
    commands = _commands()
    assert len(commands) > 20
    for arguments in commands:
        assert "--cfg" in arguments or _studies(arguments), arguments


@pytest.mark.usefixtures("folder")
def test_a_policy_and_regions_of_ones_own() -> None:
    (arguments,) = (each for each in _commands() if "mine" in each)
    (study,) = _studies(arguments)
    own = next(policy for policy in study.policies if policy.name == "small_ubi")
    assert [policy.name for policy in study.policies] == ["none", "small_ubi", "ubi"]
    assert (own.label, own.regions) == ("Basic income of $200 in two states", ("Ohio", "Texas"))
    (arguments,) = (each for each in _commands() if "regions=own" in each)
    assert _studies(arguments)[0].regions


@pytest.mark.usefixtures("folder")
def test_a_model_of_ones_own_passes_its_test() -> None:
    text, code = check_model("my_model.py")
    assert code == 0, text


def test_an_analysis_of_ones_own_gives_what_its_example_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rising.py").write_text(_blocks("### Your own analysis")[0])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(analysis._HOMES, "rise", "rising")
    found = doctest.testmod(importlib.import_module("rising"))
    assert (found.failed, found.attempted) == (0, 3)


def test_imports_and_links_lead_somewhere() -> None:
    lines = re.findall(r"^from (analysis[\w.]*) import (.*)$", README, re.MULTILINE)
    names = {(module, name) for module, shown in lines for name in shown.split(", ")} - {("analysis", "rise")}
    assert len(names) > 20
    for module, name in names:
        assert hasattr(importlib.import_module(module), name), f"{module}.{name}"
    heads = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in re.findall(r"^##+ (.*)$", README, re.M)}
    links = re.findall(r"\]\(#([\w-]+)\)", README)
    assert len(links) > 10 and set(links) <= heads
