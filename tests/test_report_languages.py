"""The catalogues of the report: each says all, in its own words, and names all that ships."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from analysis import write_report
from analysis.costs import EFFECTS
from analysis.report.geography import TABLES, places
from analysis.report.language import language
from analysis.report.sections.robustness import CRITERIA
from analysis.report.write import LANGUAGES
from sweep.config import build_study
from sweep.errors import ConfigError
from sweep.kernel.instruments import DOSES
from sweep.kernel.outcomes import OUTCOMES
from sweep.kernel.parameters import PARAMETERS
from tests.html_pages import Element, parsed
from tests.report_cases import deciding_case, full_case
from tests.store_cases import StoreCase
from tests.studies import composed

ROOT = Path(__file__).resolve().parents[1]
EN, ZH = language("en").texts, language("zh").texts
# Names of what stands in a store in English, and steps of amounts: ten thousands and hundred millions in Chinese.
ONLY_ZH = {"title", "unit", "label", "meaning", "distribution", "evidence", "input_unit", "parameter", "dose", "region"}
OWN = {"amount", "policy_label"}
# Names that are written so in Chinese, and endings of file names and keys.
PROPER = {
    "Scenaria",
    "Sobol",
    "GDP",
    "PERT",
    "Apache",
    "Tab",
    "GPT",
    "PRIM",
    "Fieller",
    "CA",
    "OH",
    "TX",
    "NY",
    "ME",
    "IA",
}


def test_each_catalogue_has_the_keys_of_the_other() -> None:
    assert set(ZH) - set(EN) == ONLY_ZH and set(EN) - set(ZH) == {"policy_label"}
    for section in set(EN) - OWN:
        assert set(EN[section]) == set(ZH[section]), section


def test_each_sentence_has_the_same_gaps_in_both() -> None:
    for section in set(EN) - OWN:
        for key, text in EN[section].items():
            gaps = set(re.findall(r"\{(\w+)\}", text))
            assert gaps == set(re.findall(r"\{(\w+)\}", ZH[section][key])), f"{section}.{key}"


def test_every_sentence_is_used() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "analysis/report").rglob("*.py"))
    tables = {"policy", "policy_label", "outcome", "group", "regime", "design", "amount", "reading"}
    tables |= {"criterion", "criterion_about", "factor", "limit_unit", "gained", "verdict"}
    for section in set(EN) - tables:
        for key in EN[section]:
            stem = re.sub(r"_(one|gain|loss|even)$", "", key)
            assert re.search(rf"\b{stem}(\b|_)", code), f"{section}.{key}"


def test_criteria_have_a_name_and_are_explained() -> None:
    assert set(EN["criterion"]) == set(EN["criterion_about"]) == set(CRITERIA)
    assert set(EN["gained"]) == set(EFFECTS)


def _labels() -> dict[str, str]:
    """Labels of the policies that ship, by name."""
    files = (ROOT / "conf/policy").glob("*.yaml")
    return {path.stem: yaml.safe_load(path.read_text())[path.stem]["label"] for path in files}


def test_policies_have_a_short_name_and_their_label_in_both() -> None:
    labels = _labels()
    assert EN["policy_label"] == labels
    assert set(EN["policy"]) == set(labels)
    assert len(set(EN["policy"].values())) == len(labels) == len(set(ZH["policy"].values()))
    studies = "\n".join(path.read_text() for path in (ROOT / "conf/experiment").glob("*.yaml"))
    assert set(ZH["label"]) >= {*labels.values(), *re.findall(r"label: ([^,}]+)", studies)}


def test_all_that_the_model_names_is_translated() -> None:
    assert set(EN["outcome"]) == {outcome.name for outcome in OUTCOMES}
    assert set(ZH["unit"]) == {"person-years", *(outcome.units for outcome in OUTCOMES)} - {"1"}
    assert set(ZH["parameter"]) == {parameter.name for parameter in PARAMETERS}
    assert set(ZH["dose"]) == {dose.replace("_", " ") for dose in DOSES}
    assert set(ZH["input_unit"]) == {parameter.unit for parameter in PARAMETERS} | set(DOSES.values())


def test_regions_that_ship_have_names_and_places() -> None:
    for name in ("us_states", "world", "archetypes"):
        assert {row["region"] for row in _regions(name)} <= set(ZH["region"])
    for name in TABLES:
        rows = _regions(name)
        found = places([row["region"] for row in rows])
        assert [place.code for place in found] == [row["code"] for row in rows]
        assert len({(place.column, place.row) for place in found}) == len(rows)
        assert {place.group for place in found} <= set(EN["group"])
    world = _regions("world")
    assert [place.group for place in places([r["region"] for r in world])] == [r["income_group"] for r in world]
    european = _regions("eu_nuts2")
    strips = places([row["region"] for row in european])
    assert [place.group for place in strips] == [row["country"] for row in european]
    assert len({(place.column, place.row) for place in strips}) == len(european)
    assert {place.group for place in strips} <= set(EN["group"])
    titles = {yaml.safe_load(path.read_text())["title"] for path in (ROOT / "conf/regions").glob("*.yaml")}
    assert set(ZH["title"]) == titles


def _regions(name: str) -> list[dict[str, str]]:
    lines = (ROOT / f"sweep/regions/{name}/regions.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def test_numbers_are_written_as_readers_expect() -> None:
    zh, en = language("zh"), language("en")
    assert zh.measured("4.8", zh.scale("national_unemployment_rate", "1", [0.05])) == "4.8%"
    assert en.measured("4.8", en.scale("national_unemployment_rate", "1", [0.05])) == "4.8 %"
    assert zh.scale("national_unemployment_rate", "1", [0.05], difference=True).unit == "个百分点"
    cost = zh.scale("net_cost", "USD per year", [4.84e11])
    assert zh.measured(cost.show(4.84e11), cost) == "4,840亿美元/年"
    assert zh.scale("national_gdp", "USD per year", [2.9e13]).unit == "万亿美元/年"
    assert zh.scale("national_employment", "persons", [1.6e8]).unit == "亿人"
    assert zh.scale("trainees", "persons", [3e5]).unit == "万人"
    assert en.percent(-0.03, 0.06) == "−3 ± 12 %"
    assert en.percent(0.1234, 0.004) == "12.3 ± 0.8 %" and zh.percent(0.1234, 0.06) == "12 ± 12%"
    assert [en.percent(share) for share in (0, 0.0004, 0.034, 0.5, 0.995, 1)] == [
        "0 %", "<0.1 %", "3.4 %", "50 %", "99.5 %", "100 %",
    ]  # fmt: skip
    assert (
        en.percent(0.3, float("nan")) == "30 % (error not known)" and zh.percent(0.3, float("nan")) == "30%（误差未知）"
    )
    points = en.scale("national_unemployment_rate", "1", [0.01], difference=True)
    assert en.with_error(-0.0123, 0.00034, points) == "−1.230 ± 0.067"
    assert en.with_error(-0.0123, float("nan"), points) == "−1.23 (error not known)"
    assert zh.with_error(0.0123, float("nan"), points) == "+1.23（误差未知）"
    assert en.with_error(float("nan"), float("nan"), points) == "–"
    assert en.count("draws", 1) == "1 draw" and en.count("draws", 1024) == "1,024 draws"


def _foreign(element: Element | str, quoted: bool = False) -> set[str]:
    """Words in Latin letters in what a reader sees or hears, besides what is quoted as English."""
    if isinstance(element, str):
        return set() if quoted else set(re.findall(r"[A-Za-z]{2,}", element))
    if element.name in ("style", "script"):
        return set()
    quoted = quoted or element.attributes.get("lang") == "en"
    told = [element.attributes.get(name, "") for name in ("aria-label", "data-sentence", "title", "data-told")]
    words = {word for text in told for word in ([] if quoted else re.findall(r"[A-Za-z]{2,}", text))}
    return words.union(*(_foreign(each, quoted) for each in element.content))


@pytest.mark.parametrize("make", [full_case, deciding_case])
def test_a_chinese_page_has_no_english_left(make: Callable[..., StoreCase], tmp_path: Path) -> None:
    labels = _labels()
    policies = ("none", "job_guarantee", "ubi")
    attributes = {
        "title": "US states: 4 years of AI and policy",
        "policy_labels": json.dumps({name: labels[name] for name in policies}),
    }
    case = make(policies=policies, attributes=attributes, failed={(1, 0): 2}, complete=False)
    with pytest.warns(UserWarning):
        page = write_report(case.write(tmp_path / "run.zarr"), language="zh")
    tree = parsed(page.read_text(encoding="utf-8"))
    assert tree.one("html").attributes["lang"] == "zh-CN"
    assert _foreign(tree) <= PROPER
    told = json.loads(tree.one("script", type="application/json").raw)
    assert told["regions"][0] == "加利福尼亚州" and told["policies"] == ["无政策", "就业保障", "基本收入"]
    del told["measures"][0]["classes"]
    shown = [told["caption"], told["path"], told["measured"], *told["regimes"], *(m["title"] for m in told["measures"])]
    assert set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", " ".join(shown)))) <= PROPER
    assert "美国各州：人工智能与政策的4年" in tree.one("h1").text
    assert "失业率中位数由2025年的" in tree.one("section", id="summary").text


def test_a_language_that_there_is_none_of_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no report in 'zn': valid: en, zh"):
        write_report(tmp_path / "run.zarr", language="zn")


def test_the_configuration_names_the_language_or_no_report() -> None:
    config = composed("regions=archetypes", "policy=[]", "report.language=zh")

    def told(report: object) -> str | None:
        return build_study({**config, "report": report}).report

    assert build_study(config).report == "zh"
    assert [told({"language": code}) for code in LANGUAGES] == list(LANGUAGES)
    assert (told(False), told(True), told({})) == (None, "en", "en")
    with pytest.raises(ConfigError, match=r"^report.language: input should be 'en' or 'zh', got 'fr'$"):
        told({"language": "fr"})
    with pytest.raises(ConfigError, match=r"^report.langage: no such key"):
        told({"langage": "zh"})
    with pytest.raises(ConfigError, match=r"^report: expected settings, KEY: VALUE, got 'zh'$"):
        told("zh")
