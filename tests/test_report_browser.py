"""The report in a real browser: nothing it complains of, controls that work, all widths, keyboard, contrast, paper."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import estimates, load, paired_difference, write_report
from analysis.report.write import LANGUAGES
from analysis.statistics import fan
from tests.html_pages import parsed
from tests.report_cases import HOSTILE, STATES, deciding_case, full_case

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((found for name in NAMES if (found := shutil.which(name))), "")
# A machine without a network, and root, who may have no sandbox.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]

# Sections whose pictures are chosen.
CHOSEN = ("paths", "differences", "exceedance", "sensitivity", "scenarios", "beveridge", "costs", "convergence")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")

# Texts whose color has less than 4.5 of contrast to what is behind them.
FAINT = """() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    const tile = element.closest("g.tile");
    if (tile) return numbers(getComputedStyle(tile.querySelector("rect")).fill);
    for (let each = element; each; each = each.parentElement) {
      const color = numbers(getComputedStyle(each).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility() || element.closest("script, style, title")) continue;
    const style = getComputedStyle(element);
    const color = numbers(element.closest("svg") ? style.fill : style.color);
    const [one, other] = [light(color), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) faint.push(`${node.textContent.trim()} (${contrast.toFixed(2)})`);
  }
  return faint;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Eleven years, so that the slider has some, and effects that can be told from none.
    return deciding_case(years=11).write(tmp_path_factory.mktemp("browser") / "run.zarr")


@pytest.fixture(scope="module")
def files(store: Path) -> dict[str, Path]:
    """The report in each language."""
    return {code: write_report(store, language=code) for code in LANGUAGES}


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, browser: Any, files: dict[str, Path]) -> Iterator[Any]:
    """An open page in each language, on a wide screen, that has nothing to complain of."""
    shown = opened(browser, files[request.param])
    yield shown
    assert shown.complaints == []
    shown.context.close()


def opened(browser: Any, file: Path, **context: Any) -> Any:
    """A page as by a double click; its complaints are errors, messages, and requests besides the file itself."""
    shown = browser.new_context(viewport={"width": 1280, "height": 900}, **context).new_page()
    shown.complaints = []
    shown.on("console", lambda message: shown.complaints.append(message.text))
    shown.on("pageerror", lambda error: shown.complaints.append(str(error)))
    shown.on("dialog", lambda dialog: (shown.complaints.append(dialog.message), dialog.dismiss()))
    address = file.resolve().as_uri()
    shown.on("request", lambda request: shown.complaints.append(request.url) if request.url != address else None)
    shown.goto(address)
    return shown


def chooser(page: Any, section: str, place: int) -> Any:
    return page.locator(f"#{section} .controls").first.locator("select").nth(place)


def visible(page: Any, section: str) -> list[str]:
    """What the visible pictures of a section say."""
    told: list[str] = page.locator(f"#{section} svg[aria-label]:visible").evaluate_all(
        "found => found.map((each) => each.getAttribute('aria-label'))"
    )
    return told


def test_each_chooser_changes_the_pictures(page: Any) -> None:
    for section in CHOSEN:
        count = page.locator(f"#{section} .controls").first.locator("select:visible").count()
        assert count >= (1 if section == "scenarios" else 2)
        for place in range(count):
            select = chooser(page, section, place)
            before, chosen = visible(page, section), select.input_value()
            other = select.locator("option").nth(1).get_attribute("value")
            select.select_option(other if other != chosen else "0")
            after = visible(page, section)
            assert after and before != after, (section, place)
            select.select_option(chosen)
            assert visible(page, section) == before


def test_the_table_of_criteria_follows_its_choosers(page: Any) -> None:
    table = page.locator("#robustness .choice").first.locator("table:visible")
    for place in range(2):
        before, chosen = table.inner_text(), chooser(page, "robustness", place).input_value()
        chooser(page, "robustness", place).select_option("2")
        assert table.inner_text() != before
        chooser(page, "robustness", place).select_option(chosen)
        assert table.inner_text() == before


def test_the_map_shows_the_numbers_of_the_store(page: Any, store: Path) -> None:
    """Against medians and differences taken anew from the store, for every year."""
    data = load(store)
    medians = 100 * fan(data, "unemployment_rate", (0.5,)).isel(quantile=0)
    values = page.locator("#regions .tile .value")
    chooser(page, "regions", 1).select_option("2")
    chooser(page, "regions", 2).select_option("1")
    slider = page.locator("#regions [data-control=year]")
    for place, year in enumerate(data["year"].to_numpy().tolist()):
        slider.fill(str(place))
        wanted = medians.sel(policy="ubi", regime="rapid", year=year).to_numpy()
        # Rounded twice: the page holds one place more than a tile shows.
        np.testing.assert_allclose([float(text) for text in values.all_text_contents()], wanted, atol=0.0551)
        assert page.locator("#regions output").inner_text() == str(year)
    # Differences, in the last year.
    chooser(page, "regions", 0).select_option("1")
    change = 100 * paired_difference(data, "unemployment_rate")["mean"].sel(policy="ubi", regime="rapid").isel(year=-1)
    shown = [float(text.replace("−", "-")) for text in values.all_text_contents()]
    np.testing.assert_allclose(shown, change.to_numpy(), atol=0.0501)
    slider.fill("0")
    assert set(values.all_text_contents()) == {"≈ 0"}
    assert set(page.locator("#regions .tile").evaluate_all("all => all.map((each) => each.classList[1])")) == {"noise"}


def test_a_click_on_a_tile_and_the_list_choose_the_region_whose_path_is_drawn(page: Any) -> None:
    line = page.locator("#regions [data-line=chosen] polyline")
    path, title = line.get_attribute("points"), page.locator("#regions .path h4")
    chosen = page.locator("#regions [data-control=region]")
    before = chosen.input_value()
    page.locator("#regions .tile").nth(STATES.index("Maine")).click()
    assert chosen.input_value() == str(STATES.index("Maine")) != before
    assert line.get_attribute("points") != path
    assert title.inner_text().startswith(("Maine", "缅因州"))
    chosen.select_option(before)
    assert line.get_attribute("points") == path
    points = [point.split(",") for point in str(path).split()]
    assert len(points) == 11 and all(0 <= float(x) <= 330 and 0 <= float(y) <= 220 for x, y in points)


def test_the_keyboard_reaches_every_control_and_picture(page: Any) -> None:
    reached: set[str] = set()
    wanted = page.locator("a, summary, select:visible, input:visible, svg[tabindex]:visible").count()
    for _ in range(2 * wanted + 60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            """() => { const one = document.activeElement; one.dataset.seen = one.dataset.seen || String(Math.random());
            return one === document.body ? "" : `${one.tagName.toLowerCase()} ${one.dataset.seen}`; }"""
        )
        if not name or name in reached:
            break
        reached.add(name)
    kinds = [name.split()[0] for name in reached]
    for kind in ("a", "summary", "select", "input", "svg"):
        locator = {"a": "nav a", "svg": "svg[tabindex]", "input": "input"}.get(kind, kind)
        assert kinds.count(kind) == page.locator(f"{locator}:visible").count(), kind


def test_keys_change_a_chooser_and_walk_through_a_picture(page: Any) -> None:
    before = visible(page, "paths")
    chooser(page, "paths", 1).focus()
    page.keyboard.press("ArrowDown")
    assert visible(page, "paths") != before
    picture = page.locator("#paths svg:visible").first
    picture.focus()
    tip = page.locator(".tip")
    page.keyboard.press("ArrowRight")
    first = tip.inner_text()
    page.keyboard.press("ArrowRight")
    assert first.startswith("2025") and tip.inner_text().startswith("2026")
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_pointing_at_a_tile_tells_its_value_and_error(page: Any, store: Path) -> None:
    page.locator("#regions .tile").first.hover()
    tip = page.locator(".tip")
    found = estimates(load(store), "unemployment_rate", (0.5,)).isel(quantile=0, year=-1)
    own = found.sel(regime="slow", policy="none", region=STATES[0])
    told = [float(number) for number in re.findall(r"\d+\.\d+", tip.inner_text())]
    np.testing.assert_allclose(told, [100 * own["quantiles"], 196 * own["quantiles_error"]], atol=0.011)
    # And of a change, also where it can't be told from none.
    chooser(page, "regions", 0).select_option("1")
    page.locator("#regions .tile").nth(1).hover()
    assert re.search(r"\+0\.\d+ ± 0\.\d+", tip.inner_text())
    box = tip.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 1280


def test_no_width_makes_the_page_scroll_sideways(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for width in (390, 320, 768, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width


def test_letters_of_pictures_stay_readable_on_a_phone(page: Any) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    heights = page.locator("svg text:visible").evaluate_all(
        "found => found.map((each) => each.getBoundingClientRect().height)"
    )
    assert len(heights) > 50 and min(heights) > 10.5


def test_texts_have_contrast(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate(FAINT) == []
    for measure in ("1", "2"):
        chooser(page, "regions", 0).select_option(measure)
        chooser(page, "regions", 1).select_option("2")
        assert page.evaluate(FAINT) == []


def test_every_class_of_a_tile_has_contrast(page: Any) -> None:
    tile = page.locator("#regions .tile").first
    kinds = [
        "same",
        "noise",
        "unknown",
        *(f"s{n}" for n in range(7)),
        *(f"{kind}{n}" for kind in "bw" for n in (1, 2, 3)),
    ]
    for kind in kinds:
        tile.evaluate("(each, kind) => each.setAttribute('class', `tile ${kind}`)", kind)
        assert page.evaluate(FAINT) == [], kind


def test_on_paper_pictures_stand_and_controls_are_gone(page: Any) -> None:
    page.emulate_media(media="print")
    assert page.locator(".controls:visible, nav:visible").count() == 0
    assert page.locator("svg.plot:visible").count() >= 10
    printed = page.pdf(format="A4")
    assert printed.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", printed)) in range(4, 20)


def test_without_scripts_all_can_be_read(browser: Any, files: dict[str, Path]) -> None:
    page = opened(browser, files["en"], java_script_enabled=False)
    assert page.locator(".controls:visible").count() == 0
    assert page.locator("svg.plot:visible").count() >= 10
    assert page.locator(".tile:visible").count() == len(STATES)
    assert page.locator("#paths table").first.is_hidden()
    page.locator("#paths summary:visible").first.click()
    assert page.locator("#paths table:visible").count() == 1
    page.context.close()


def test_names_that_would_run_code_are_shown(browser: Any, tmp_path: Path) -> None:
    labels = {"policy_labels": json.dumps({"none": HOSTILE, HOSTILE: HOSTILE, "ubi": "{high}"})}
    regions = (HOSTILE, "]]>", "<!--", "{low}", "<img src=x onerror=alert(2)>", "East")
    case = full_case(policies=("none", HOSTILE, "ubi"), regions=regions, attributes={"title": HOSTILE, **labels})
    file = write_report(case.write(tmp_path / "run.zarr"))
    page = opened(browser, file)
    assert page.locator("h1").inner_text() == " ".join(HOSTILE.replace("\u0007", "").split())
    chooser(page, "regions", 1).select_option("1")
    page.locator("#regions .tile").first.hover()
    assert "<script>alert(1)</script>" in page.locator(".tip").inner_text()
    chooser(page, "regions", 1).select_option("2")
    assert "{high}" in page.locator("#regions .caption").inner_text()
    assert page.complaints == []
    assert len(parsed(file.read_text(encoding="utf-8")).all("script")) == 2
    page.context.close()
