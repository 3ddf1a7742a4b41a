"""The report: what it writes, that its page is sound and escaped, and the command around it."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from analysis import load, write_report
from analysis.__main__ import main
from analysis.labels import policy_labels
from analysis.plots import plot_fan, plot_heat_map, plot_paired
from analysis.plots.sheet import Panel
from analysis.plots.style import Box, Canvas
from analysis.plots.ticks import number_texts, round_numbers
from analysis.units import readable, scale_for
from sweep.errors import ConfigError
from tests.store_cases import StoreCase

RATE = "national_unemployment_rate"
HOSTILE = '<script>alert(1)</script> & "quoted" $x^$ \u0007'


def parsed(page: Path) -> ElementTree.Element:
    """The page as a tree; raises where it is not well-formed."""
    return ElementTree.fromstring(page.read_text(encoding="utf-8"))


def words(page: Path) -> str:
    """All text of a page."""
    return " ".join(" ".join(parsed(page).itertext()).split())


@pytest.fixture(autouse=True, scope="module")
def drawn_here() -> Iterator[None]:
    """Pictures are drawn in this process, where their warnings are seen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.report.studio.cores", lambda: 1)
        yield


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an ordinary store."""
    return write_report(StoreCase().write(tmp_path_factory.mktemp("report") / "run.zarr"))


def test_report_stands_beside_the_store_with_pictures_and_tables(page: Path) -> None:
    assert page.parent.name == "run_report" and page.name == "index.html"
    tree = parsed(page)
    assert tree.get("lang") == "en"
    linked = [node.get("src") or node.get("href") or "" for node in tree.iter() if node.tag in ("img", "a")]
    files = {name for name in linked if not name.startswith("#")}
    assert {
        "summary.csv",
        "fans.csv",
        "differences.csv",
        "regions.png",
        "fan_1.png",
        "difference_1.png",
        "regional_differences.png",
    } <= files
    # Nobody raises a tax on AI in this store.
    assert not any("AI tax revenue: difference" in text for text in tree.itertext())
    for name in files:
        assert (page.parent / name).stat().st_size > 100


def test_every_picture_is_described_in_numbers(page: Path) -> None:
    descriptions = [image.get("alt") or "" for image in parsed(page).iter("img")]
    assert "Median under label of none in 2027, %: slow 6.00, rapid 10.50." in descriptions[0]
    assert all(len(text) > 60 for text in descriptions)
    by_region = next(text for text in descriptions if "by region, policy and regime" in text)
    assert "in 2027, regime slow, percentage points: label of levy: " in by_region


def test_page_needs_no_network_and_no_script(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "://" not in text and "<script" not in text and "@import" not in text


def test_page_states_weights_draws_seed_plan_and_sources(page: Path) -> None:
    text = words(page)
    for stated in (
        "pooled with stated weights scaled up to 1 (no draws: central, transformative): slow 0.5, rapid 0.5",
        "label of levy",
        "0123456789abcdef",
        "sobol",
    ):
        assert stated in text
    assert "Nowhere Statistics Office, 2025" in text and "Nobody 2020" in text and "seed: 7" in text


def test_differences_are_given_with_the_digits_of_their_error(page: Path) -> None:
    assert "label of levy +0.30 ± 0.14 +0.75 ± 0.13" in words(page)


def test_text_from_a_store_is_escaped_and_drawn_as_it_is(tmp_path: Path) -> None:
    case = StoreCase(
        policies=("none", HOSTILE),
        regions=(HOSTILE, "$\\frac{", "North", "South"),
        attributes={
            "title": HOSTILE,
            "region_source": HOSTILE,
            "config": HOSTILE,
            "design": HOSTILE,
            "versions": "no json",
            "policy_labels": json.dumps({"none": HOSTILE}),
        },
    )
    page = write_report(case.write(tmp_path / "run.zarr"))
    assert "<script" not in page.read_text(encoding="utf-8")
    assert words(page).count("<script>alert(1)</script>") >= 6


@pytest.mark.parametrize(
    "case",
    [
        StoreCase(policies=("none",), regimes=("central",), years=1),
        StoreCase(policies=("none", "levy"), regimes=("transformative",) * 2),
        StoreCase(regions=tuple(f"Region {number}" for number in range(300))),
        StoreCase(policies=("none", *(f"policy_{number}" for number in range(14)))),
    ],
    ids=["one policy, draw and year", "one regime", "300 regions", "15 policies"],
)
def test_report_of_unusual_sizes(case: StoreCase, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = write_report(case.write(tmp_path / "run.zarr"), tmp_path / "elsewhere")
    assert page == tmp_path / "elsewhere" / "index.html"
    assert ("difference_1.png" in page.read_text(encoding="utf-8")) == (len(case.policies) > 1)


def test_dropped_draws_and_few_draws_stand_at_the_top(tmp_path: Path) -> None:
    case = StoreCase(failed={(1, 0): 2}, complete=False)
    with pytest.warns(UserWarning, match="incomplete"):
        page = write_report(case.write(tmp_path / "run.zarr"))
    notices = [node.text or "" for node in parsed(page).iter("p") if node.get("role") == "note"]
    assert "1 of 9 draws dropped for every policy" in notices[0]
    assert "slow (4), rapid (4)" in notices[1]


def test_with_a_handful_of_draws_standard_errors_are_said_to_mean_nothing(tmp_path: Path) -> None:
    case = StoreCase(regimes=("slow",) * 12 + ("rapid",) * 3)
    notices = [node.text or "" for node in parsed(write_report(case.write(tmp_path / "run.zarr"))).iter("p")]
    assert "Fewer than 100 draws in slow (12), rapid (3): 5 % and 95 % quantiles rest on very few." in notices
    assert "Fewer than 10 draws in rapid (3): Monte Carlo standard errors are not meaningful." in notices


def test_report_never_writes_into_a_store(tmp_path: Path) -> None:
    store = StoreCase().write(tmp_path / "run.zarr")
    with pytest.raises(ConfigError, match="is a store"):
        write_report(store, store)


def _texts(figure: Figure) -> list[str]:
    """All that a picture says, in the order in which it was written."""
    return [text.get_text() for text in (*(text for axes in figure.axes for text in axes.texts), *figure.texts)]


def test_a_panel_puts_values_where_its_box_is() -> None:
    panel = Panel(Box(left=2, bottom=3, width=4, height=1), across=(2025, 2045), up=(-1, 1))
    np.testing.assert_allclose(panel.at([2025, 2035, 2045], [-1, 0, 1]), [(2, 3), (4, 3.5), (6, 4)])


def test_boxes_of_a_canvas_fill_it_between_its_margins() -> None:
    canvas = Canvas(3, 4, row_height=1.1, left=2, right=0.5, top=1, bottom=0.7, gaps=(0.2, 0.3))
    rows = canvas.boxes
    assert rows[0][0].left == 2 and rows[-1][0].bottom == 0.7
    assert rows[0][-1].left + rows[0][-1].width == pytest.approx(canvas.width - 0.5)
    assert rows[0][0].bottom + 1.1 == pytest.approx(canvas.height - 1)
    assert rows[0][1].left - rows[0][0].left == pytest.approx(rows[0][0].width + 0.3)
    assert rows[0][0].bottom - rows[1][0].bottom == pytest.approx(1.1 + 0.2)


def test_pictures_of_many_regions_and_pooled_fans_say_what_they_show(tmp_path: Path) -> None:
    regions = tuple(f"Region {number}" for number in range(100))
    data = load(StoreCase(regions=regions, weights=(0.5, 0, 0.5, 0)).write(tmp_path / "run.zarr"))
    heat_map = plot_heat_map(data, "unemployment_rate")
    assert any("30 highest and 30 lowest of 100" in text.get_text() for text in heat_map.texts)
    pooled = plot_fan(data, RATE, policies=["levy"], pooled=True)
    assert "pooled with stated weights: slow 0.5, rapid 0.5" in _texts(pooled)
    assert len(plot_paired(data, RATE, to="ubi").axes) == 2


def test_panels_of_a_heat_map_share_one_labeled_color_scale(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    heat_map = plot_heat_map(data, "unemployment_rate")
    *panels, bar = heat_map.axes
    assert [panel.get_title() for panel in panels] == ["slow (5 draws)", "rapid (4 draws)"]
    norms = [panel.images[0].norm for panel in panels]
    assert norms[0] is norms[1]
    assert isinstance(norms[0], LogNorm)
    assert bar.get_xlabel() == "median unemployment rate, %"
    even = plot_heat_map(data.assign(unemployment_rate=data["unemployment_rate"] - 0.2), "unemployment_rate")
    assert not isinstance(even.axes[0].images[0].norm, LogNorm)


def test_pictures_call_policies_by_their_labels_and_name_their_axis(tmp_path: Path) -> None:
    data = load(StoreCase().write(tmp_path / "run.zarr"))
    fans, forest = plot_fan(data, RATE), plot_paired(data, RATE)
    assert [text for text in _texts(fans) if text.startswith("label")] == [
        "label of none",
        "label of levy",
        "label of ubi",
    ]
    assert "national unemployment rate, %" in _texts(fans)
    assert [tick.get_text() for tick in forest.axes[0].get_yticklabels()] == ["label of levy", "label of ubi"]
    assert any("difference to label of none in 2027" in text.get_text() for text in forest.texts)
    heat_map = plot_heat_map(data, "unemployment_rate", "ubi")
    assert any(text.get_text().endswith("under label of ubi") for text in heat_map.texts)


@pytest.mark.parametrize(
    ("years", "named"),
    [(1, ["2025"]), (6, ["2026", "2028", "2030"]), (16, ["2025", "2030", "2035", "2040"])],
)
def test_ticks_name_whole_years(years: int, named: list[str], tmp_path: Path) -> None:
    fans = plot_fan(load(StoreCase(years=years).write(tmp_path / "run.zarr")), RATE)
    columns = 2
    assert [text for text in _texts(fans) if text.startswith("20")] == columns * named


def test_ticks_are_round_numbers_with_as_many_digits_as_they_need() -> None:
    assert number_texts(round_numbers((2.3, 5.0), 4)) == ["2.4", "3.2", "4.0", "4.8"]
    assert number_texts(round_numbers((-0.031, 0.004), 2)) == ["−0.02", "0.00"]
    assert number_texts(round_numbers((6, 33), 4)) == ["8", "16", "24", "32"]
    assert number_texts([1e-9, 2e-9]) == ["1e−09", "2e−09"]


def test_policies_of_the_same_label_stay_apart(tmp_path: Path) -> None:
    labels = {"policy_labels": json.dumps({"levy": "A tax", "ubi": "A tax"})}
    data = load(StoreCase(attributes=labels).write(tmp_path / "run.zarr"))
    assert policy_labels(data) == {"none": "none", "levy": "A tax (levy)", "ubi": "A tax (UBI)"}


def test_pictures_refuse_what_they_cannot_show(tmp_path: Path) -> None:
    data = load(StoreCase(policies=("none",)).write(tmp_path / "run.zarr"))
    with pytest.raises(ConfigError, match="regional"):
        plot_fan(data, "unemployment_rate")
    with pytest.raises(ConfigError, match="not regional"):
        plot_heat_map(data, RATE)
    with pytest.raises(ConfigError, match="nothing to compare"):
        plot_paired(data, RATE)
    with pytest.raises(ConfigError, match="did you mean 'none'"):
        plot_fan(data, RATE, policies=["nones"])


def test_numbers_are_shown_in_units_that_fit() -> None:
    assert scale_for(RATE, "1", [0.0425]).show(0.0425) == "4.250"
    assert scale_for("national_gdp", "USD per year", [2.9e13]).unit == "trillion USD per year"
    assert scale_for("wage", "USD", [65_000.0]).show(65_000.0) == "65,000"
    assert scale_for(RATE, "1", [0.01], difference=True).unit == "percentage points"
    assert scale_for("net_cost", "USD", [float("nan")]).show(float("nan")) == "–"
    assert scale_for(RATE, "1", [0.01]).show_with_error(-0.0123, 0.00034) == "−1.230 ± 0.034"
    assert readable("national_gdp") == "national GDP"


def test_command_prints_the_page_and_warnings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = StoreCase(complete=False).write(tmp_path / "run.zarr")
    assert main([str(store), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "out" / "index.html")
    assert told.err.startswith("warning: ") and "incomplete" in told.err


def test_command_tells_errors_in_few_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("no folder")
    store = StoreCase().write(tmp_path / "run.zarr")
    for arguments in (
        [str(tmp_path / "nowhere.zarr")],
        [str(tmp_path)],
        [str(store), "--out", str(tmp_path / "file")],
    ):
        assert main(arguments) == 2
        told = capsys.readouterr()
        assert told.out == "" and told.err.startswith("analyze: ")
        assert len(told.err.splitlines()) < 10 and "Traceback" not in told.err


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom analysis.__main__ import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'xarray', 'matplotlib', 'zarr', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
