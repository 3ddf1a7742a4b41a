"""How sure the report is of what it says: errors of medians, costs that are none, pairs, and what can't be told."""

import re

import numpy as np
import pytest
import xarray as xr

from analysis import cost_effectiveness, estimates, load, pairwise, variance_partition
from analysis.report.findings import Findings
from analysis.report.language import language
from analysis.report.markup import tag
from analysis.report.sections.beveridge import beveridge
from analysis.report.sections.cost_of_one import cost_of_one
from analysis.report.sections.pairs import pairs
from analysis.report.sections.regions import regions
from analysis.report.sections.summary import executive_summary
from analysis.report.verdicts import Verdicts
from tests.html_pages import Element, parsed
from tests.report_cases import deciding_case

RATE = "national_unemployment_rate"
EN, ZH = language("en"), language("zh")
# Few draws, which the page says.
pytestmark = pytest.mark.filterwarnings("ignore::analysis.caution.AnalysisWarning")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    return load(deciding_case().write(tmp_path_factory.mktemp("errors") / "run.zarr")).compute()


@pytest.fixture(scope="module")
def findings(data: xr.Dataset) -> Findings:
    return Findings(data)


def tables(markup: object) -> list[list[list[str]]]:
    """Cells of each table."""
    found: list[Element] = parsed(f"<div>{markup}</div>").all("table")
    return [[[cell.text for cell in row.all("th", "td")] for row in each.all("tr")] for each in found]


def test_a_share_that_nothing_would_fit_is_said_not_to_be_told(findings: Findings, data: xr.Dataset) -> None:
    told = Verdicts(findings, EN).decides()
    found = variance_partition(data.sel(policy=["none", "levy"]), RATE, "evidence", 2029)
    slow = found.sel(regime="slow", policy="none", factor="C").isel(year=0)
    # The only input of grade C decides nothing.
    assert slow["first_lower"] <= 0 < slow["first_error"]
    share = EN.percent(float(slow["first"]), float(slow["first_error"]))
    assert f"(grade C) explain there can't be told with these draws ({share})." in told
    assert "in the slow regime" in told and "all regimes pooled" in told
    assert "无法判断其中分布仅为假设（C 级）的输入解释了多少" in Verdicts(findings, ZH).decides()


def test_where_no_input_explains_anything_beyond_its_error_the_summary_says_so(data: xr.Dataset) -> None:
    generator = np.random.default_rng(3)
    names = ("automation_share", "innovation_rate", "reinstatement")
    mixed = data.assign({name: ("draw", generator.permutation(data[name]), data[name].attrs) for name in names})
    alone = mixed.isel(draw=mixed["regime"].to_numpy() == "slow")
    told = Verdicts(Findings(alone), EN).decides()
    assert told.startswith("What explains the variance of the unemployment rate without policy in 2029 can't be told")
    both = Verdicts(Findings(mixed), EN).decides()
    assert "without policy, all regimes pooled, in 2029, the regime of AI adoption explains" in both
    assert "without policy in the slow regime in 2029 can't be told with these draws" in both
    assert "以现有抽样无法判断什么解释了无政策时2029年失业率的方差" in Verdicts(Findings(alone), ZH).decides()


def test_the_strongest_policy_of_a_regime_is_named_only_where_draws_tell_it(data: xr.Dataset) -> None:
    noise = np.random.default_rng(4).normal(0, 0.05, data.sizes["draw"]) * (data["regime"].to_numpy() == "rapid")
    rate = data[RATE] + (data["policy"] != "none") * xr.DataArray(noise, dims="draw")
    told = str(executive_summary(Findings(data.assign({RATE: rate.transpose(*data[RATE].dims)})), EN).content)
    assert "The strongest by regime: slow: label of levy, rapid: can&#x27;t be told." in told
    plain = str(executive_summary(Findings(data), EN).content)
    assert "label of levy is the strongest in every regime." in plain


def test_medians_of_regions_and_of_the_loop_have_their_errors(findings: Findings, data: xr.Dataset) -> None:
    section = regions(findings, EN)
    assert section
    found = estimates(data, "unemployment_rate", (0.5,)).isel(quantile=0).sel(regime="slow", year=2029)
    rows = {row[0]: row[1:] for row in tables(section.content)[0]}
    for region in ("Ohio", "Maine"):
        own = found.sel(region=region, policy="levy")
        value, error = (float(part) for part in rows[region][1].split(" ± "))
        np.testing.assert_allclose(value, 100 * own["quantiles"], atol=0.051)
        np.testing.assert_allclose(error, 196 * own["quantiles_error"], atol=0.051)
    assert "± is 1.96 Monte Carlo standard errors, a 95 % interval." in str(section.content)
    (first, *_) = (each for each in parsed(f"<div>{section.content}</div>").all("title"))
    assert re.fullmatch(r"California: \d+\.\d+ ± \d+\.\d+ %", first.text)
    loop = beveridge(findings, EN)
    assert loop
    own = estimates(data, RATE, (0.5,)).isel(quantile=0).sel(regime="rapid", year=2029, policy="none")
    cell = tables(loop.content)[0][-1][2]
    rate, _, vacancies = cell.partition(" % | ")
    np.testing.assert_allclose(float(rate.split(" ± ")[0]), 100 * own["quantiles"], atol=0.051)
    np.testing.assert_allclose(float(rate.split(" ± ")[1]), 196 * own["quantiles_error"], atol=0.051)
    assert " ± " in vacancies


def test_costs_of_a_job_year_are_those_of_the_function_or_none(findings: Findings, data: xr.Dataset) -> None:
    (rows,) = tables(cost_of_one(findings, EN))
    assert rows[0] == ["Policy", "slow", "rapid", "all regimes, pooled"]
    found = cost_effectiveness(data).sel(effect="job_years")
    pooled = cost_effectiveness(data, pooled=True).sel(effect="job_years")
    for place, policy in enumerate(("levy", "ubi"), start=1):
        for view, one in enumerate([found.sel(regime="slow"), found.sel(regime="rapid"), pooled], start=1):
            own, cell = one.sel(policy=policy), rows[place][view]
            if own["verdict"] == "loss":
                assert cell.startswith("undefined: a loss −") and " ± " in cell
                continue
            value, low, high = (float(text.replace(",", "")) for text in re.findall(r"[\d,.]+", cell))
            unit = 1e6
            wide = 0.51 * 10 ** (np.floor(np.log10(float(own["upper"] - own["lower"]) / 2)) - 1)
            for shown, name in ((value, "cost_of_one"), (low, "lower"), (high, "upper")):
                np.testing.assert_allclose(unit * shown, own[name], atol=wide)
    # Employment falls under the levy, and rises under the basic income.
    assert all("undefined" in cell for cell in rows[1][1:]) and not any("undefined" in cell for cell in rows[2][1:])


def test_costs_within_noise_and_savings_are_told_apart(data: xr.Dataset) -> None:
    jobs, cost = data["national_employment"], data["net_cost"]
    noise = xr.DataArray(np.random.default_rng(5).normal(0, 100, data.sizes["draw"]), dims="draw")
    level = jobs.isel(policy=0, drop=True)
    unsure = level + (data["policy"] == "levy") * noise + (data["policy"] == "ubi") * 50
    changed = data.assign({
        "national_employment": unsure.transpose(*jobs.dims).assign_attrs(jobs.attrs),
        "net_cost": cost.where(data["policy"] != "ubi", -1e9).transpose(*cost.dims).assign_attrs(cost.attrs),
    })  # fmt: skip
    (rows,) = tables(cost_of_one(Findings(changed), EN))
    assert re.match(r"undefined: within noise .* ± ", rows[1][3])
    assert rows[2][3].startswith("saves +")
    (rows,) = tables(cost_of_one(Findings(changed), ZH))
    assert rows[1][3].startswith("无定义：在误差之内") and rows[2][3].startswith("节省 +")


def test_pairs_are_those_of_the_function(findings: Findings, data: xr.Dataset) -> None:
    shown = tables(pairs(findings, EN))
    found = pairwise(data, RATE)
    views = [pairwise(data, RATE, pooled=True), found.sel(regime="slow"), found.sel(regime="rapid")]
    assert len(shown) == len(views)
    for rows, view in zip(shown, views, strict=True):
        for place, policy in enumerate(("none", "levy", "ubi")):
            for other, versus in enumerate(("none", "levy", "ubi")):
                cell, own = rows[1 + place][1 + other], view.sel(policy=policy, versus=versus)
                if policy == versus:
                    assert cell == "–"
                    continue
                share = EN.percent(float(own["better"]), float(own["better_error"]))
                sign = "① " if own["first_order"] else "② " if own["second_order"] else ""
                assert cell == f"{sign}{share}"
    # A basic income takes 0.005 off in every draw.
    assert shown[0][3][1].startswith("① 100.0 ± ")
    page = parsed(str(tag("div", pairs(findings, EN))))
    assert {cell.attributes.get("class") for cell in page.all("td")} >= {"gain", "loss"}
