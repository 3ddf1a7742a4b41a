"""What the README tells a newcomer to type: commands, and a policy, regions, a model and an analysis of one's own."""

import doctest
import importlib
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import analysis
from sweep.__main__ import config_folder
from sweep.check_model import check_model
from sweep.composition import compose
from sweep.config import build_study
from sweep.models import model_of
from sweep.study import Study

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# A command of another kind, or one that makes its draws for half a minute.
NO_STUDY = ("status", "verify", "check-model", "--help")
# Of files that the README doesn't show whole.
NOT_SHOWN = "their_file.py"
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of a newcomer who has copied what the README shows."""
    place = tmp_path_factory.mktemp("newcomer")
    (place / "mine" / "policy").mkdir(parents=True)
    (place / "mine" / "policy" / "small_ubi.yaml").write_text(_blocks("### Your own policy")[0])
    _, source, copy = _blocks("### Your own regions")[0].splitlines()[0].rsplit(" ", 2)
    shutil.copytree(ROOT / source, place / copy)
    (place / "my_model.py").write_text(_blocks("## Your own model")[0])
    (place / "draws.csv").write_text("regime,wage_curve\nslow,-0.1\nrapid,-0.08\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr("sys.argv", ["sweep"])
        yield place


@pytest.fixture(scope="module")
def studies(folder: Path) -> dict[str, Study]:
    """The study of each command; of `-m`, of which other tests make sure, none."""
    found = {}
    for arguments in _commands():
        if not {"-m", "--cfg"} & {*arguments} and NOT_SHOWN not in " ".join(arguments):
            fewer = [each for key, more in FEWER.items() if key in arguments for each in more]
            (job,) = compose(config_folder(), [*arguments, *fewer])
            found[" ".join(arguments)] = build_study(job.config, job.overrides, job.text)
    return found


def test_every_command_is_of_a_valid_study(studies: dict[str, Study]) -> None:
    assert len(studies) > 20
    assert studies[""].draws == 1024 and len(studies[""].policies) == 7


def test_a_policy_and_regions_of_ones_own(studies: dict[str, Study]) -> None:
    (study,) = (each for command, each in studies.items() if "--config-dir mine" in command)
    assert [policy.name for policy in study.policies] == ["none", "small_ubi", "ubi"]
    own = study.policies[1]
    assert own.label == "Basic income of $200 in two states"
    names = model_of(study).regions
    assert [names[place] for timing in own.timing.values() for place in timing.regions or ()] == ["Ohio", "Texas"]
    (study,) = (each for command, each in studies.items() if "regions=own" in command)
    assert model_of(study).regions == model_of(studies["regions=archetypes draws=64"]).regions


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
