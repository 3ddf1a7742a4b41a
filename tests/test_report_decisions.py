"""What a report says of robustness, sensitivity, scenarios and convergence: the functions' numbers, or why none."""

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from analysis import (
    convergence,
    exceeds,
    first_order_given_data,
    load,
    loses,
    prim,
    resampled,
    robustness_table,
    satisficing,
    variance_partition,
    write_report,
)
from analysis.monte_carlo import NORMAL_95
from analysis.report.findings import Findings
from analysis.report.language import language
from analysis.report.markup import tag
from analysis.report.questions import HALVES
from analysis.report.sections.scenarios import scenarios
from analysis.report.sections.sensitivity import _averaged
from analysis.report.svg import shortened
from analysis.report.verdicts import Verdicts
from tests.html_pages import Element, parsed
from tests.report_cases import deciding_case, full_case
from tests.store_cases import StoreCase

RATE, YEAR = "national_unemployment_rate", 2029
EN = language("en")
# Few draws, which the page says.
pytestmark = pytest.mark.filterwarnings("ignore::analysis.caution.AnalysisWarning")


def read(case: StoreCase, path: Path) -> Element:
    return parsed(write_report(case.write(path / "run.zarr")).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return deciding_case().write(tmp_path_factory.mktemp("decisions") / "run.zarr")


@pytest.fixture(scope="module")
def data(store: Path) -> xr.Dataset:
    return load(store).compute()


@pytest.fixture(scope="module")
def tree(store: Path) -> Element:
    return parsed(write_report(store).read_text(encoding="utf-8"))


def state(tree: Element, section: str, when: str) -> Element:
    """What a section shows for one value of each chooser."""
    return tree.one("section", id=section).one("div", class_="state", data_when=when)


def rows(element: Element) -> list[list[str]]:
    """The cells of an element's only table."""
    return [[cell.text for cell in row.all("th", "td")] for row in element.one("table").all("tr")]


def numbers(text: str) -> list[float]:
    """Numbers in a text, in its order."""
    return [float(found.replace("−", "-").replace(",", "")) for found in re.findall(r"[−]?\d[\d,]*\.?\d*", text)]


def assert_told(text: str, value: Any, error: Any, unit: float) -> None:
    """That a text tells a value ± 1.96 standard errors, in a unit, as precisely as it is written."""
    wanted = [float(value) / unit, NORMAL_95 * float(error) / unit]
    decimals = max(len(part.partition(".")[2]) for part in re.findall(r"\d+\.?\d*", text))
    # Of percent no error is told as less than a tenth.
    wanted[1] = max(wanted[1], 0.1 if "%" in text else 0.0)
    np.testing.assert_allclose(numbers(text), wanted, atol=0.51 * 10.0**-decimals, rtol=1e-3)


def test_regret_and_thresholds_are_those_of_the_functions(tree: Element, data: xr.Dataset) -> None:
    reached = 0.02 + 0.02
    for place, (criterion, unit) in enumerate({"regret_q90": 0.01, "regret_max": 0.01, "regret_mean": 0.01}.items()):
        for view, chosen in enumerate((None, "slow", "rapid")):
            found = robustness_table(data, RATE, {RATE: reached}, pooled=chosen is None).sel(criterion=criterion)
            own = found if chosen is None else found.sel(regime=chosen)
            head, *body = rows(state(tree, "robustness", f"{place} {view}"))
            assert head[1] == "Unemployment rate, percentage points"
            for cells, value, error in zip(body, own["value"].to_numpy(), own["error"].to_numpy(), strict=True):
                text = cells[1].removeprefix("● ")
                if np.isfinite(error) and (value or error):
                    assert_told(text, value, error, unit)
                else:
                    assert numbers(text) == pytest.approx([value / unit], abs=0.01)
            marked = [cells[1].startswith("●") for cells in body]
            assert marked == own["as_good"].to_numpy().tolist()
    thresholds = {RATE: reached, "national_jobless_rate": 0.01 + 0.02, "national_employment": 2100.0}
    # GDP and cost of draws that don't start alike have a threshold that all draws share.
    first = load_first(data, ("national_gdp", "net_cost"))
    shares = satisficing(data, {**thresholds, **first}, pooled=True)
    head, *body = rows(state(tree, "robustness", "3 0"))
    assert head[1] == "Unemployment rate at most 4.00 %" and head[-1] == "All of these at once"
    assert len(head) == 2 + len(shares["outcome"])
    for cells, row in zip(body, range(3), strict=True):
        assert_told(cells[-1].removeprefix("● "), shares["share"][row], shares["share_error"][row], 0.01)
        for column, name in enumerate(shares["outcome"].to_numpy(), start=1):
            one = shares.sel(outcome=name)
            assert_told(cells[column].removeprefix("● "), one["share_each"][row], one["share_each_error"][row], 0.01)


def load_first(data: xr.Dataset, names: tuple[str, ...]) -> dict[str, float]:
    """Means of outcomes in the first year without policy, over the draws of the regime that stands first."""
    slow = data.isel(policy=0, year=0, draw=slice(0, data.sizes["draw"] // 2))
    return {name: float(slow[name].mean(dtype=float)) for name in names}


@pytest.mark.parametrize("policy", ["none", "levy"])
def test_shares_of_the_variance_are_those_of_the_functions(tree: Element, data: xr.Dataset, policy: str) -> None:
    place = ["none", "levy"].index(policy)
    own = data.sel(policy=["none", "levy"])
    by_input = [
        first_order_given_data(own, RATE, YEAR).sel(policy=policy, year=YEAR),
        first_order_given_data(own, RATE, YEAR, pooled=True).sel(policy=policy, year=YEAR),
    ]
    table = {cells[0]: cells[1:] for cells in rows(state(tree, "sensitivity", f"0 {place} 0 *"))}
    for name, words in (("automation_share", "Automation share: AI use that replaces"), ("regime", "Regime of AI")):
        (cells,) = (cells for key, cells in table.items() if key.startswith(words))
        for column, regime in enumerate(("slow", "rapid")):
            if name != "regime":
                found = by_input[0].sel(regime=regime, factor=name)
                assert_told(cells[column], found["first"], found["first_error"], 0.01)
        found = by_input[1].sel(factor=name)
        assert_told(cells[2], found["first"], found["first_error"], 0.01)
    by_evidence = variance_partition(own, RATE, "evidence", YEAR, pooled=True).sel(policy=policy, year=YEAR)
    table = {cells[0]: cells[1:] for cells in rows(state(tree, "sensitivity", f"0 {place} 1 *"))}
    for name, words in (("B", "B: one study or transferred"), ("C", "C: assumption"), ("interactions", "Interactions")):
        found = by_evidence.sel(factor=name)
        assert_told(table[words][2], found["first"], found["first_error"], 0.01)
    assert set(table) >= {"Regime of AI adoption"}
    assert by_evidence.attrs["fixed"] == ["interest_rate"]
    assert "however little is known of it: interest rate." in tree.one("section", id="sensitivity").text
    groups = {cells[0] for cells in rows(state(tree, "sensitivity", f"0 {place} 2 *"))}
    assert groups >= {"AI adoption", "Labor market", "Interactions"}


def test_an_outcome_without_spread_has_nothing_to_decide(tree: Element) -> None:
    assert "No spread to explain." in tree.one("section", id="sensitivity").text


def test_boxes_are_those_of_prim_with_their_stability(tree: Element, data: xr.Dataset) -> None:
    section = tree.one("section", id="scenarios")
    options = [each.text for each in section.all("option")]
    assert options == [
        "Unemployment rate above 10 % in 2029 under “label of none”",
        "Unemployment rate above 15 % in 2029 under “label of none”",
        "Unemployment rate above 10 % in 2029 under “label of levy”",
        "Unemployment rate worse under “label of levy” than under “label of none” in 2029",
        "Another policy than “label of levy” is best by the unemployment rate in 2029",
    ]
    for place, cases in ((0, exceeds(data, RATE, 0.1)), (3, loses(data, "levy"))):
        boxes, stability = prim(data, cases), resampled(data, cases, resamples=HALVES)
        told = state(tree, "scenarios", str(place))
        sentences = [each.text for each in told.all("p")]
        shown = [each for each in sentences if "it happens in" in each and "Of all futures" in each]
        assert len(shown) == boxes.sizes["box"]
        for sentence, box in zip(shown, range(boxes.sizes["box"]), strict=True):
            own = boxes.isel(box=box)
            density, coverage = (
                re.search(r"it happens in ([^%]+)%", sentence),
                re.search(r"these are ([^%]+)%", sentence),
            )
            assert density and coverage
            assert_told(density[1], own["density"], own["density_error"], 0.01)
            assert_told(coverage[1], own["coverage"], own["coverage_error"], 0.01)
        (found,) = (each for each in sentences if "Found anew" in each)
        shares = stability[["density", "density_outside"]].mean()
        inside, outside = re.findall(r"in (\d+\.?\d*) % (?:of the box|in the other)", found)
        assert float(inside) == pytest.approx(100 * float(shares["density"]), abs=0.51)
        assert float(outside) == pytest.approx(100 * float(shares["density_outside"]), abs=0.51)
    limits = rows(state(tree, "scenarios", "3"))[1]
    assert limits[1] == "Automation share: AI use that replaces" and limits[-1] == "100 %"
    # A peel takes a twentieth of the draws that are left, so that a box may be a few draws too large.
    assert numbers(limits[3]) == pytest.approx([30], abs=1.5)


@pytest.mark.parametrize(
    ("code", "told", "without", "means"),
    [
        (
            "en",
            "may have nothing to do with these inputs",
            "Left out are those with a value by region",
            "the mean over",
        ),
        ("zh", "可能与这些输入无关", "未计入按地区或职业组各有取值的输入", "以其平均值计"),
    ],
)
def test_where_inputs_decide_nothing_no_box_is_told(
    data: xr.Dataset, code: str, told: str, without: str, means: str
) -> None:
    slow, generator = data.isel(draw=data["regime"].to_numpy() == "slow"), np.random.default_rng(5)
    names = ("automation_share", "innovation_rate")
    mixed = slow.assign({name: ("draw", generator.permutation(slow[name]), slow[name].attrs) for name in names})
    lags = generator.uniform(size=(mixed.sizes["draw"], mixed.sizes["region"]))
    findings = Findings(mixed.assign(own_lag=(("draw", "region"), lags, mixed["innovation_rate"].attrs)))
    page = parsed(str(tag("div", scenarios(findings, language(code)).content)))
    assert without in page.text and "own lag" in page.text
    assert means in _averaged(findings, language(code)) and not _averaged(Findings(mixed), language(code))
    asked = [each.text for each in page.all("option")]
    assert len(asked) == 3 and not page.all("svg") and not page.all("table")
    assert page.text.count(told) == len(asked)
    # The summary counts what happens, and says no more.
    assert Verdicts(findings, language(code)).fails()


def test_what_happens_too_rarely_for_boxes_is_counted(tree: Element) -> None:
    told = tree.one("section", id="scenarios").text
    assert "Too few: unemployment rate above 15 % in 2029 under “label of levy” (" in told


def test_estimates_from_half_of_the_draws_and_all_are_those_of_convergence(tree: Element, data: xr.Dataset) -> None:
    for view, chosen in enumerate((None, "slow", "rapid")):
        found = convergence(data, RATE, (0.95,), pooled=chosen is None).isel(quantile=0)
        own = found if chosen is None else found.sel(regime=chosen)
        head, *body = rows(state(tree, "convergence", f"0 * {view}"))
        assert head[1:] == [
            "Mean, 128 draws",
            "Mean, 256 draws",
            "95 % quantile, 128 draws",
            "95 % quantile, 256 draws",
        ]
        for policy, cells in enumerate(body):
            for column, (name, draws) in enumerate((n, d) for n in ("mean", "quantiles") for d in (128, 256)):
                each = own.isel(policy=policy).sel(first_draws=draws)
                if np.isfinite(each[name]) and np.isfinite(each[f"{name}_error"]):
                    assert_told(cells[1 + column], each[name], each[f"{name}_error"], 0.01)
                else:
                    assert "–" in cells[1 + column]


def test_the_summary_says_which_holds_up_what_decides_and_where_it_goes_wrong(tree: Element) -> None:
    told = tree.one("section", id="summary").text
    number, share = r"[\d.]+ ± [\d.]+", r"[\d.]+ ± [\d.]+ %"
    for sentence in (
        "label of levy comes closest to the best policy of each future, all regimes pooled, by the unemployment rate",
        f"it is within {number} percentage points of it, “label of none” within {number} percentage points.",
        f"With it the unemployment rate is at most 4.00 % in {share} of futures; without policy in {share}.",
        "Of the variance of the unemployment rate without policy, all regimes pooled, in 2029, automation share "
        f"explains {share}",
        f"Of what varies in the slow regime, automation share explains {share}",
        f"Unemployment rate above 10 % in 2029 under “label of none”: in {share} of futures. Most often where",
        f"label of levy makes the unemployment rate worse than “label of none” in {share} of futures.",
    ):
        assert re.search(sentence, told), sentence


def told_of(tree: Element, section: str) -> str:
    """The only paragraph of a section that shows nothing."""
    assert not tree.one("section", id=section).all("svg", "table", "select")
    return tree.one("section", id=section).one("p").text


def test_with_few_draws_sections_say_what_they_lack(tmp_path: Path) -> None:
    tree = read(full_case(), tmp_path)
    assert told_of(tree, "sensitivity") == (
        "At least 64 draws of a regime are needed; there are too few in slow (5), rapid (4)."
    )
    assert told_of(tree, "scenarios").startswith("Boxes need 20 draws in which something happens, and as many")
    assert told_of(tree, "convergence") == "At least 32 draws are needed; there are 9."
    assert tree.one("section", id="robustness").all("table")
    assert "What decides." not in tree.text


def test_draws_that_share_inputs_are_refused(tmp_path: Path) -> None:
    tree = read(deciding_case(128, attributes={"design": "saltelli"}), tmp_path)
    for section in ("robustness", "sensitivity", "scenarios"):
        assert told_of(tree, section).startswith(
            "Draws of this design (Saltelli blocks, for sensitivity) share inputs or were chosen, so that shares of"
        )
    assert told_of(tree, "sensitivity").endswith("analysis.sobol_indices tells from it.")
    assert not {"Which policy holds up.", "What decides.", "In which futures."} & {
        each.text for each in tree.all("strong")
    }


def test_one_policy_has_thresholds_and_worst_futures_but_no_regret(tmp_path: Path) -> None:
    tree = read(deciding_case(policies=("none",)), tmp_path)
    section = tree.one("section", id="robustness")
    assert "There is one policy, so that none can be regretted." in section.text
    assert [each.text for each in section.all("option")][:3] == [
        "share of futures that meet a threshold",
        "mean of the worst 5 % of futures",
        "the worst future",
    ]
    assert "●" not in section.text
    assert [each.text for each in tree.one("section", id="scenarios").all("option")] == [
        "Unemployment rate above 10 % in 2029 under “label of none”",
        "Unemployment rate above 15 % in 2029 under “label of none”",
    ]


def test_regimes_with_enough_draws_are_shown_and_others_named(tmp_path: Path) -> None:
    tree = read(replace(deciding_case(160), regimes=("slow",) * 110 + ("rapid",) * 50), tmp_path)
    section = tree.one("section", id="sensitivity")
    assert "there are too few in rapid (50)." in section.text
    shown = section.one("div", class_="state", data_when="0 0 0 *")
    cells = {row[0]: row[1:] for row in rows(shown)}
    (own,) = (each for name, each in cells.items() if name.startswith("Automation share"))
    assert "±" in own[0] and own[1:] == ["–", "–"]
    assert shown.text.count("Too few draws.") == 2


def test_of_many_draws_the_first_are_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.report.findings.SAMPLE", 200)
    path = deciding_case().write(tmp_path / "run.zarr")
    tree = parsed(write_report(path).read_text(encoding="utf-8"))
    first = load(path).isel(draw=slice(0, 200))
    found = first_order_given_data(first, RATE, YEAR, pooled=True).sel(policy="none", factor="automation_share")
    table = {cells[0]: cells[1:] for cells in rows(state(tree, "sensitivity", "0 0 0 *"))}
    (cells,) = (cells for name, cells in table.items() if name.startswith("Automation share"))
    assert_told(cells[2], found["first"].item(), found["first_error"].item(), 0.01)
    assert "Rapid 72 draws" in state(tree, "sensitivity", "0 0 0 *").text
    for section in ("sensitivity", "scenarios"):
        assert "Of the first 200 draws." in tree.one("section", id=section).text


def test_without_inputs_nothing_decides(tmp_path: Path) -> None:
    made = deciding_case().dataset().drop_vars(["automation_share", "innovation_rate", "reinstatement", "regime"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.to_zarr(tmp_path / "run.zarr", zarr_format=3, consolidated=False)
    tree = parsed(write_report(tmp_path / "run.zarr").read_text(encoding="utf-8"))
    for section in ("sensitivity", "scenarios"):
        assert told_of(tree, section) == "No input differs between draws."


def test_outcomes_of_which_some_draws_are_none_are_left_out(tmp_path: Path) -> None:
    made = deciding_case().dataset()
    for name in (RATE, "national_jobless_rate"):
        made[name][{"draw": 0, "policy": 1}] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made.to_zarr(tmp_path / "run.zarr", zarr_format=3, consolidated=False)
        tree = parsed(write_report(tmp_path / "run.zarr").read_text(encoding="utf-8"))
    heads = rows(state(tree, "robustness", "0 0"))[0]
    assert [head.partition(",")[0] for head in heads[1:]] == ["Employment", "GDP", "Net cost"]
    assert "Which policy holds up." not in {each.text for each in tree.all("strong")}


def test_the_strongest_policy_is_the_one_that_surely_does_most(data: xr.Dataset) -> None:
    assert Findings(data).strongest == 1
    assert Findings(data.sel(policy=["none", "ubi"])).strongest == 1
    assert Findings(data.sel(policy=["none"])).strongest is None
    same = data.assign({RATE: data[RATE] * 0 + data[RATE].isel(policy=0, drop=True)})
    assert Findings(same).strongest is None


def test_words_are_cut_by_their_width() -> None:
    assert shortened("automation share", 16) == "automation share"
    assert shortened("automation shares", 16) == "automation shar…"
    assert shortened("自动化任务节省的成本", 20) == "自动化任务节省的成本"
    assert shortened("自动化任务节省的成本", 15) == "自动化任务节省…"
    assert shortened("", 3) == ""
