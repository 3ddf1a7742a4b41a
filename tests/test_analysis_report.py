"""The report: one sound and escaped file, what it says in both languages, and the command around it."""

import base64
import hashlib
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from analysis import estimates, load, paired_difference, write_report
from analysis.labels import policy_labels
from analysis.report.findings import Findings
from analysis.report.language import language
from analysis.report.measures import measures
from analysis.report.sections.differences import differences
from analysis.report.sections.exceedance import chance_above
from sweep.errors import ConfigError
from tests.html_pages import Element, parsed
from tests.report_cases import HOSTILE, STATES, full_case
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"
SECTIONS = ["summary", "study", "paths", "differences", "exceedance", "robustness", "sensitivity", "scenarios"]
SECTIONS += ["regions", "winners", "beveridge", "costs", "convergence", "reading", "provenance"]


def read(page: Path) -> Element:
    """The page as a tree; raises where it is not well-formed."""
    return parsed(page.read_text(encoding="utf-8"))


def notices(page: Path) -> list[str]:
    return [node.text for node in read(page).all("p", role="note")]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a store that fills all sections."""
    return write_report(full_case().write(tmp_path_factory.mktemp("report") / "run.zarr"))


@pytest.fixture(scope="module")
def tree(page: Path) -> Element:
    return read(page)


def test_report_is_one_file_beside_the_store_with_all_sections(page: Path, tree: Element) -> None:
    assert page.name == "run_report.html"
    assert sorted(each.name for each in page.parent.iterdir()) == ["run.zarr", "run_report.html"]
    assert tree.one("html").attributes["lang"] == "en"
    assert [each.attributes["id"] for each in tree.all("section")] == SECTIONS
    assert [each.attributes["href"] for each in tree.one("nav").all("a")] == [f"#{name}" for name in SECTIONS]


def test_page_needs_nothing_besides_itself(page: Path, tree: Element) -> None:
    assert not {"img", "link", "iframe", "object", "embed", "base"} & {each.name for each in tree.all()}
    linking = [each for each in tree.all() if {"src", "href", "xlink:href", "action"} & set(each.attributes)]
    assert all(each.attributes["href"].startswith("#") for each in linking)
    css = tree.one("style").raw
    assert "@import" not in css and "url(" not in css


def test_only_the_pages_own_style_and_script_may_run(tree: Element) -> None:
    (told,) = (each.attributes["content"] for each in tree.all("meta") if "http-equiv" in each.attributes)
    policy = dict(part.strip().split(" ", 1) for part in told.split(";"))
    assert policy["default-src"] == "'none'"
    (script,) = (each for each in tree.all("script") if each.attributes.get("type") != "application/json")
    for element, name in ((tree.one("style"), "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(element.raw.encode()).digest()).decode()
        assert policy[name] == f"'sha256-{digest}'"
    attributes = {name for each in tree.all() for name in each.attributes}
    assert "style" not in attributes and not any(name.startswith("on") for name in attributes)


def test_every_id_is_there_once_and_every_control_has_a_label(tree: Element) -> None:
    ids = [each.attributes["id"] for each in tree.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    controls = tree.all("select", "input")
    labeled = [control for label in tree.all("label") for control in label.all("select", "input")]
    assert len(labeled) == len(controls) > 15
    assert all(label.one("span").text for label in tree.all("label"))


def test_every_picture_is_told_in_numbers_and_has_a_table_beside_it(tree: Element) -> None:
    pictures = [each for each in tree.all("svg") if each.attributes.get("aria-hidden") != "true"]
    assert len(pictures) > 30
    for each in pictures:
        told = each.attributes["aria-label"]
        assert each.attributes["role"] == "img" and len(told) > 10
        assert re.search(r"\d", told) or "path" in told or ":" in told, told
    for section in ("paths", "differences", "exceedance", "regions", "beveridge", "costs"):
        assert tree.one("section", id=section).all("details"), section
    fans = tree.one("section", id="paths").all("svg")
    assert (
        "Unemployment rate, %; label of levy; slow. Median 6.00 ± 1.92 in 2025, 6.30 ± 2.11 in 2029, when 90 % of "
        "draws lie between 4.32 ± ? and 8.28 ± ?. Under “label of none” the median is 6.00 ± 1.92 in 2029."
    ) in [each.attributes["aria-label"] for each in fans]


def test_without_scripts_one_state_of_each_figure_stands(tree: Element) -> None:
    for choice in tree.all("div", class_="choice"):
        states = [each for each in choice.all("div") if "data-when" in each.attributes]
        shown = [each for each in states if "hidden" not in each.attributes]
        assert 0 < len(shown) < len(states)
        assert "hidden" in choice.all("div", class_="controls")[0].attributes


def test_page_states_weights_draws_seed_plan_and_sources(tree: Element) -> None:
    weights = "Pooled with stated weights scaled up to 1 (no draws: central, transformative): slow 0.5, rapid 0.5."
    for stated in (weights, "label of levy", "0123456789abcdef", "scrambled Sobol", "Nobody 2020", "seed: 7"):
        assert stated in tree.text, stated
    assert "Nowhere Statistics Office, 2025" in tree.text


def test_differences_are_given_with_the_digits_of_their_error(tree: Element) -> None:
    forest = tree.one("section", id="differences")
    rows = [[cell.text for cell in row.all("th", "td")] for row in forest.all("tr")]
    assert ["label of levy", "+0.30 ± 0.14", "+0.75 ± 0.13", "+0.525 ± 0.094", "0 ± 31 %", "0 ± 37 %"] in rows


def test_summary_says_what_the_numbers_say_and_no_more(tree: Element) -> None:
    told = tree.one("section", id="summary").text
    for sentence in (
        "From 6.00 % in 2025, the median unemployment rate comes to 6.00 % (interval not known) in the slow regime",
        "Nine of ten draws in the slow regime end between 4.20 % (error not known) and 7.80 % (error not known).",
        "No policy lowers the unemployment rate in the slow regime by more than the Monte Carlo error.",
        "It is raised by label of ubi +0.60 ± 0.28 percentage points, label of levy +0.30 ± 0.14 percentage points.",
    ):
        assert sentence in told, sentence


def _lowering(**effects: tuple[float, float]) -> StoreCase:
    """Policies that change unemployment by so many points in each draw, plus or minus a spread."""
    policies = ("none", *effects)
    draws = 64
    rate = np.full((len(policies), draws, 2), 0.05) + 0.0001 * np.arange(draws)[:, None]
    for place, (mean, spread) in enumerate(effects.values(), start=1):
        rate[place, :, 1] += mean + spread * np.where(np.arange(draws) % 2, 1, -1)
    dims = ("policy", "draw", "year")
    about = {"units": "1", "long_name": "unemployed in the labor force"}
    further = {RATE: (dims, rate.astype(np.float32), about)}
    independent = {"design": "monte_carlo"}
    return StoreCase(policies=policies, regimes=("slow",) * draws, years=2, further=further, attributes=independent)


def test_what_cannot_be_told_apart_is_said_so(tmp_path: Path) -> None:
    case = _lowering(a=(-0.01, 0.001), b=(-0.0099, 0.003), c=(-0.0001, 0.0), d=(0.0, 0.02))
    told = read(write_report(case.write(tmp_path / "run.zarr"))).one("section", id="summary").text
    assert "label of a lowers the unemployment rate most: −1.000 ± 0.025 percentage points in 2026." in told
    assert "It is lower than without policy in 100.0 ± 3.0 % of these draws." in told
    assert "Then come label of b −0.990 ± 0.074 percentage points; the first two can't be told apart" in told
    assert "By less than a twentieth of that, it is changed by label of c" in told
    assert "Can't be told from no effect: label of d." in told
    apart = _lowering(a=(-0.01, 0.001), b=(-0.004, 0.001))
    told = read(write_report(apart.write(tmp_path / "apart.zarr"))).one("section", id="summary").text
    assert "Then come label of b −0.400 ± 0.025 percentage points. " in told


def test_chances_above_a_value_are_shares_of_weight_with_the_error_of_a_share(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 10 + ("rapid",) * 10, attributes={"design": "monte_carlo"})
    findings = Findings(load(case.write(tmp_path / "run.zarr")))
    last, together = findings.last(RATE)[:1], [(1.0, np.full(20, 1 / 20))]
    share, error = chance_above(findings, last, 0.195, together)
    assert share == pytest.approx(4 / 20)
    assert error == pytest.approx(np.sqrt(0.2 * 0.8 / 19))
    share, _ = chance_above(findings, last, 0.195, [(1.0, np.repeat([0.0, 0.1], 10))])
    assert share == pytest.approx(4 / 10)
    # Stated weights of regimes are no chance: all four are of the second.
    share, error = chance_above(
        findings, last, 0.195, [(0.9, np.repeat([0.1, 0.0], 10)), (0.1, np.repeat([0.0, 0.1], 10))]
    )
    assert share == pytest.approx(0.1 * 4 / 10)
    effective = 1 / (10 * (0.09**2 + 0.01**2))
    assert error == pytest.approx(max(0.1 * np.sqrt(0.4 * 0.6 / 9), 0.5 / effective))
    # Of what none of twenty draws exceeds, as of one draw more of each kind.
    share, error = chance_above(findings, last, 9.0, together)
    assert share == 0
    assert error == pytest.approx(np.sqrt(21 / 20) / 22)


@pytest.mark.parametrize(("design", "told"), [("factorial", True), ("morris", True), ("sobol", False)])
def test_draws_that_are_no_sample_are_said_to_be_none(design: str, told: bool, tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 10 + ("rapid",) * 10, attributes={"design": design})
    page = read(write_report(case.write(tmp_path / "run.zarr")))
    assert (f"Draws of this design ({design}) share inputs or were chosen" in page.text) is told


def test_pooled_differences_are_those_of_the_analysis(tmp_path: Path) -> None:
    # Of a Sobol design regimes share batches, so that their errors aren't independent.
    mixed = ("slow", "slow", "slow", "rapid") * 32
    case = StoreCase(regimes=mixed, weights=(0.75, 0, 0.25, 0), attributes={"design": "sobol"})
    data = load(case.write(tmp_path / "run.zarr"))
    findings = Findings(data)
    expected = paired_difference(data, RATE, pooled=True).isel(year=[-1])
    found = findings.pooled_difference(RATE)
    xr.testing.assert_allclose(found, expected)
    alone = findings.difference(RATE).isel(year=-1)["standard_error"].to_numpy()
    assert (np.abs(np.hypot(0.75 * alone[0], 0.25 * alone[1]) / found["standard_error"][:, 0] - 1) > 0.1).all()
    section = differences(findings, language("en"))
    assert section
    rows = [[cell.text for cell in row.all("th", "td")] for row in parsed(str(section.content)).all("tr")]
    # Of the first outcome.
    shown = next(row[3] for row in rows if row[0] == "label of levy")
    mean, error = (100 * float(expected[key].sel(policy="levy")[0]) for key in ("mean", "standard_error"))
    assert shown == f"{mean:+.1f} ± {1.96 * error:.1f}"


def test_gains_and_losses_by_group_are_relative_and_add_up(tree: Element) -> None:
    rows = [[cell.text for cell in row.all("th", "td")] for row in tree.one("section", id="winners").all("tr")]
    # One percent less in draw 0, a hundredth of that more in each other draw; all regions alike.
    for name in ("All regions", "West", "Midwest", "South", "Northeast"):
        assert any(
            row[0] == name and row[1].startswith("▼ −1.020 ± 0.01") and row[2].startswith("▲ +3.060 ± 0.0")
            for row in rows
        ), name
    assert ["gain", "0 regions", "6 regions"] in rows
    assert ["lose", "6 regions", "0 regions"] in rows


def test_a_map_shows_medians_and_changes_in_classes(tmp_path: Path) -> None:
    findings = Findings(load(full_case().write(tmp_path / "run.zarr")))
    level, change, employment = measures(findings, language("en"), 5)
    found = estimates(findings.data, "unemployment_rate", (0.5,)).isel(quantile=0)
    found = found.transpose("regime", "policy", "year", "region")
    np.testing.assert_allclose(level.values, 100 * found["quantiles"])
    np.testing.assert_allclose(level.errors, 100 * found["quantiles_error"])
    np.testing.assert_allclose(employment.values[0, 1, -1], -1.02, rtol=1e-4)
    assert not change.values[:, 0].any() and not change.noise[:, 0].any()
    assert change.breaks == tuple(sorted(change.breaks)) and len(change.classes) == len(change.breaks) + 1
    assert change.class_of(max(change.breaks), noise=False) == "w3"
    assert change.class_of(min(change.breaks) - 1e-9, noise=False) == "b3"
    assert change.class_of(0.0, noise=False) == "same" and change.class_of(1.0, noise=True) == "noise"
    assert employment.class_of(9.0, noise=False) == "b3"
    assert level.class_of(float("nan"), noise=False) == "unknown"


def test_numbers_of_the_map_are_those_of_its_measures(tree: Element, tmp_path: Path) -> None:
    told = json.loads(tree.one("script", type="application/json").raw)
    findings = Findings(load(full_case().write(tmp_path / "run.zarr")))
    assert told["regions"] == list(STATES)
    for written, measure in zip(told["measures"], measures(findings, language("en"), 5), strict=True):
        packed = np.array(written["values"]).reshape(measure.values.shape)
        np.testing.assert_array_equal(packed % 2 == 1, measure.noise)
        size = 10.0 ** written["further"]
        np.testing.assert_allclose(packed // 2 / size, measure.values, atol=0.51 / size)
        errors = np.array(written["errors"], dtype=float).reshape(measure.values.shape)
        # Of an error something is told, however small it is.
        assert ((errors > 0) == (measure.errors > 0)).all()
        np.testing.assert_allclose(errors / size, 1.96 * measure.errors, atol=1.01 / size)


def _hostile_case() -> StoreCase:
    names = {"title": HOSTILE, "region_source": HOSTILE, "config": HOSTILE, "design": HOSTILE, "versions": "no json"}
    labels = {"policy_labels": json.dumps({"none": HOSTILE, HOSTILE: HOSTILE, "ubi": HOSTILE})}
    regions = (HOSTILE, "$\\frac{", "North]]>", "South<!--", "West", "East")
    return full_case(policies=("none", HOSTILE, "ubi"), regions=regions, attributes={**names, **labels})


def test_text_from_a_store_is_escaped_and_shown_as_it_is(tmp_path: Path) -> None:
    for code in ("en", "zh"):
        page = write_report(_hostile_case().write(tmp_path / f"{code}.zarr"), tmp_path / f"{code}.html", language=code)
        tree = read(page)
        assert len(tree.all("script")) == 2
        shown = HOSTILE.replace(" \u0007", "")
        assert tree.text.count(shown) >= 20
        told = json.loads(tree.one("script", type="application/json").raw)
        assert told["regions"][0] == HOSTILE and told["regions"][2] == "North]]>"


@pytest.mark.parametrize(
    "case",
    [
        StoreCase(policies=("none",), regimes=("central",), years=1),
        StoreCase(policies=("none", "levy"), regimes=("transformative",) * 2),
        StoreCase(regions=tuple(f"Region {number}" for number in range(300))),
        full_case(regimes=("slow",), years=1),
        StoreCase(policies=("none", *(f"policy_{number}" for number in range(14)))),
    ],
    ids=["one policy, draw and year", "one regime", "300 regions", "one draw and year", "15 policies"],
)
def test_report_of_unusual_sizes(case: StoreCase, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = write_report(case.write(tmp_path / "run.zarr"), tmp_path / "elsewhere" / "page.html")
    assert page == tmp_path / "elsewhere" / "page.html"
    sections = {each.attributes["id"] for each in read(page).all("section")}
    assert ("differences" in sections) == (len(case.policies) > 1 < case.years)
    assert page.stat().st_size < 3e6


def test_a_store_without_regional_outcomes_or_regimes_has_a_report(tmp_path: Path) -> None:
    data = full_case().dataset().drop_vars(["unemployment_rate", "employment", "regime"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.to_zarr(tmp_path / "run.zarr", zarr_format=3, consolidated=False)
    tree = read(write_report(tmp_path / "run.zarr"))
    assert not {"regions", "winners"} & {each.attributes["id"] for each in tree.all("section")}
    assert "regime" not in tree.one("section", id="summary").text


def test_outcomes_too_large_for_memory_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = full_case().write(tmp_path / "run.zarr")
    exact = read(write_report(path))
    monkeypatch.setattr("analysis.statistics._AT_ONCE", 500)
    counted = read(write_report(path))
    assert [each.attributes["id"] for each in counted.all("section")] == SECTIONS
    assert len(measures(Findings(load(path)), language("en"), 5)) == 2
    # Means are exact, and what needs all draws of an amount by region at once is left out.
    for tree, several in ((exact, True), (counted, False)):
        forest = tree.one("section", id="differences").text
        assert "label of levy +0.30 ± 0.14 +0.75 ± 0.13" in forest
        assert ("Employment: change" in tree.one("section", id="winners").text) == several


def test_a_value_that_is_none_is_shown_as_none(tmp_path: Path) -> None:
    data = full_case().dataset()
    for name in ("national_unemployment_rate", "unemployment_rate"):
        data[name][{"draw": 0, "policy": 1}] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data.to_zarr(tmp_path / "run.zarr", zarr_format=3, consolidated=False)
        text = write_report(tmp_path / "run.zarr").read_text(encoding="utf-8")
    tree = parsed(text)
    assert not re.search(r"\bnan\b", tree.text, re.IGNORECASE)
    assert not re.search(r"[^a-z]nan[^a-z]", text.partition("</style>")[2].partition("<script")[0])
    assert "Infinity" not in text and "NaN" not in tree.one("script", type="application/json").raw


def test_dropped_draws_and_few_draws_stand_at_the_top(tmp_path: Path) -> None:
    case = StoreCase(failed={(1, 0): 2}, complete=False)
    with pytest.warns(UserWarning, match="all draws are done, but the run ended before"):
        page = write_report(case.write(tmp_path / "run.zarr"))
    told = notices(page)
    assert told[0].startswith("All draws are done, but the run ended before they were checked")
    assert told[0].endswith("the same command does that and computes nothing again.")
    assert told[1] == (
        "1 of 9 draws dropped for every policy (0 missing, 1 with results that are not finite, 0 that stopped the "
        "kernel)."
    )
    assert "slow (4), rapid (4)" in told[2]


def test_a_run_that_lacks_draws_is_finished_by_its_command(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="the run is incomplete: the same command finishes it; 1 of 9 draws dropped"):
        page = write_report(StoreCase(failed={(1, 0): 0}, complete=False).write(tmp_path / "run.zarr"))
    assert notices(page)[0] == "The run is incomplete: the same command finishes it."


def test_policies_that_are_left_out_are_named(tmp_path: Path) -> None:
    path = StoreCase(failed={(1, draw): 0 for draw in range(4, 9)}, complete=False).write(tmp_path / "run.zarr")
    with pytest.warns(UserWarning, match="left out"):
        page = write_report(path, policies=["none", "ubi"])
    assert notices(page)[0] == "Left out: levy (4 of 9 draws done)."
    assert "2 policies, 9 draws, 4 regions, 2025 to 2027" in read(page).one("header").text


def test_with_a_handful_of_draws_standard_errors_are_said_to_mean_nothing(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 12 + ("rapid",) * 3)
    told = notices(write_report(case.write(tmp_path / "run.zarr")))
    assert "Fewer than 100 draws in slow (12), rapid (3): 5 % and 95 % quantiles rest on very few." in told
    assert "Fewer than 10 draws in rapid (3): Monte Carlo standard errors are not meaningful." in told


def test_report_never_writes_into_a_folder(tmp_path: Path) -> None:
    store = StoreCase().write(tmp_path / "run.zarr")
    with pytest.raises(ConfigError, match="is a folder: name a file"):
        write_report(store, store)


def test_policies_are_called_as_they_ship_unless_they_have_another_label(tmp_path: Path) -> None:
    labels = {"none": "No policy", "levy": "My levy", "ubi": "Basic income, a monthly amount for every adult"}
    case = StoreCase(attributes={"policy_labels": json.dumps(labels)})
    tree = read(write_report(case.write(tmp_path / "run.zarr")))
    rows = [[cell.text for cell in row.all("th", "td")] for row in tree.one("section", id="study").all("tr")]
    assert ["Basic income", labels["ubi"]] in rows and ["My levy", "My levy"] in rows


def test_policies_of_the_same_label_stay_apart(tmp_path: Path) -> None:
    labels = {"policy_labels": json.dumps({"levy": "A tax", "ubi": "A tax"})}
    path = StoreCase(attributes=labels).write(tmp_path / "run.zarr")
    assert policy_labels(load(path)) == {"none": "none", "levy": "A tax (levy)", "ubi": "A tax (UBI)"}
    assert {"A tax (levy)", "A tax (UBI)"} <= {each.text for each in read(write_report(path)).all("option")}
