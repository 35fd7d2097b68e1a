"""Views in Chromium on a page of their own: drawn without errors, by keyboard, at three widths, in both themes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from views.harness import CHROMIUM, WIDTHS, answers, browser, opened, served

import abm

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
CLOCK = "globalThis[Symbol.for('chip-curbs.hubs')].get('main')"
SMALLEST = """() => Math.min(...[...document.querySelectorAll('.cc *')]
  .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length)
  .map((e) => parseFloat(getComputedStyle(e).fontSize)))"""
OVERLAPS = """(selector) => {
  const boxes = [...document.querySelectorAll(selector)].filter((e) => e.textContent)
    .map((e) => ({ text: e.textContent, box: e.getBoundingClientRect() }));
  const found = [];
  boxes.forEach((one, i) => boxes.slice(i + 1).forEach((two) => {
    const [a, b] = [one.box, two.box];
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const tall = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && tall > 3) found.push(`${one.text} | ${two.text}`);
  }));
  return found;
}"""


@pytest.fixture(scope="module")
def chromium():
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing; CI looks at the views")
        pytest.skip("Chromium is not installed")
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def address():
    pair = abm.compare("history", runs=24, seed=1, replications=1, leverage=(2028, 2030))
    with served(answers(pair)) as found:
        yield found


@pytest.fixture
def visit(chromium, address):
    """Opens pages; at the end nothing may have gone wrong on any of them."""
    pages = []

    def go(width=1280, query=""):
        pages.append(opened(chromium, address, width, query))
        return pages[-1][0]

    yield go
    for page, wrong in pages:
        page.close()
        assert wrong == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_views_are_drawn_and_fit(visit, width, theme):
    page = visit(width, f"theme={theme}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALLEST) >= 11.0
    assert page.locator(".cc-flow").count() > 50
    assert page.locator(".cc-median").count() >= 30
    assert page.locator(".cc-segment").count() >= 2
    assert page.locator(".cc-cell").count() == 400
    assert page.locator(".cc-block").count() > 20


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "selector", [".cc-node text", "#timeline .cc-law-name, #timeline .cc-group", "#tornado .cc-bar-name"]
)
def test_labels_do_not_overlap(visit, width, selector):
    assert visit(width).evaluate(OVERLAPS, selector) == []


@pytest.mark.parametrize("width", WIDTHS)
def test_names_of_lines_and_dots_do_not_overlap(visit, width):
    page = visit(width, "only=fan")
    for name in page.evaluate("Object.keys(models).filter((name) => name.startsWith('fan-'))"):
        assert page.evaluate(OVERLAPS, f"#{name} .cc-names text") == [], name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(visit, theme):
    page = visit(1280, f"theme={theme}")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document.querySelector('main')).then((result) => result.violations)")
    serious = [
        f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_views_joined_to_one_module_share_clock_and_data(visit):
    page = visit(1280, "joined=1")
    page.locator("#transport input[type=range]").focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(100)
    assert "2020Q1" in page.locator("#network .cc-said").inner_text()
    assert "2020Q1" in page.locator("#fan-lead .cc-said").inner_text()


def test_the_clock_obeys_the_keyboard(visit):
    page = visit()
    slider = page.locator("#transport input[type=range]")
    slider.focus()
    for key, label in (("Home", "2020Q1"), ("ArrowRight", "2020Q2"), ("End", "2032Q4"), ("ArrowLeft", "2032Q3")):
        page.keyboard.press(key)
        assert page.locator("#transport output").inner_text() == label
        assert slider.get_attribute("aria-valuetext") == label
    page.wait_for_timeout(300)
    assert page.evaluate("models.transport.get('quarter')") == "2032Q3"


def test_playing_reaches_the_end_and_scrubbing_back_gives_the_same_widths(visit):
    page = visit(1280, "only=network,transport")
    widths = "() => [...document.querySelectorAll('.cc-flows .cc-flow')].map((path) => path.style.strokeWidth)"
    page.locator("#transport input[type=range]").focus()
    page.evaluate(f"{CLOCK}.seekLabel('2023Q1')")
    before = page.evaluate(widths)
    saved = page.evaluate("models.network.saved")
    page.evaluate(f"{CLOCK}.speed = 40")
    page.keyboard.press(" ")
    page.wait_for_function(f"{CLOCK}.time === 51 && !{CLOCK}.playing")
    assert page.evaluate(widths) != before
    page.evaluate(f"{CLOCK}.seekLabel('2023Q1')")
    assert page.evaluate(widths) == before
    assert page.evaluate("models.network.saved") == saved, "nothing was sent while it played"


def test_a_node_is_isolated_by_enter_and_by_click_and_freed_by_escape(visit):
    page = visit(1280, "only=network")
    page.locator(".cc-node[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    chosen = page.evaluate("models.network.get('selected')")
    assert chosen
    assert page.locator(".cc-node[aria-pressed='true']").count() == 1
    assert page.locator(".cc-flow.cc-far").count() > 100
    assert (
        chosen.split("_")[0].lower()[:4]
        in page.locator(".cc-node[aria-pressed='true']").get_attribute("aria-label").lower()
    )
    page.keyboard.press("Escape")
    assert page.evaluate("models.network.get('selected')") == ""
    assert page.locator(".cc-flow.cc-far").count() == 0
    page.locator(".cc-node", has_text="NVIDIA frontier").click()
    assert page.evaluate("models.network.get('selected')") == "offer:NVIDIA_FRONTIER"


def test_widths_follow_the_payload(visit):
    """The sum over drawn edges into Chinese firms is what the header's numbers say."""
    page = visit(1280, "only=network")
    page.evaluate(f"{CLOCK}.seekLabel('2024Q2')")
    told = page.evaluate(
        f"""() => {{
          const network = {CLOCK}.pair.network;
          const step = {CLOCK}.quarter;
          return network.edges.map((edge, place) => network.value.data[place * 104 + step]);
        }}"""
    )
    drawn = page.evaluate(
        "[...document.querySelectorAll('.cc-flows .cc-flow')].map((path) => parseFloat(path.style.strokeWidth))"
    )
    largest = max(told)
    assert len(told) == len(drawn)
    thick = [(value, width) for value, width in zip(told, drawn, strict=True) if value > 0.01 * largest]
    ratios = [width / value**0.5 for value, width in thick]
    assert max(ratios) / min(ratios) < 1.02


def test_a_run_is_chosen_by_click_and_by_button(visit):
    page = visit(1280, "only=fan")
    page.locator("#fan-lead").get_by_role("button", name="Next run").click()
    first = page.evaluate("models['fan-lead'].get('run')")
    assert first in page.evaluate(f"{CLOCK}.fan.lines")
    box = page.locator("#fan-lead .cc-fan").bounding_box()
    for share in (0.2, 0.35, 0.5, 0.65, 0.8):
        page.mouse.move(box["x"] + 0.8 * box["width"] * 0.9, box["y"] + share * box["height"])
        if page.locator("#fan-lead .cc-tip").is_visible():
            break
    said = page.locator("#fan-lead .cc-tip").inner_text()
    page.mouse.down()
    page.mouse.up()
    assert f"Run {page.evaluate('''models['fan-lead'].get('run')''')}:" in said


@pytest.mark.parametrize("name", ["network", "fan-lead", "strategy", "tornado", "ternary"])
def test_a_chart_is_also_a_table(visit, name):
    page = visit()
    button = page.locator(f"#{name}").get_by_role("button", name="Show as a table")
    button.click()
    assert page.locator(f"#{name} .cc-chart").is_hidden()
    rows = page.locator(f"#{name} tbody tr")
    assert rows.count() > 8
    assert page.locator(f"#{name} th[scope=col]").count() == rows.first.locator("th, td").count()
    button.click()
    assert page.locator(f"#{name} .cc-chart").is_visible()


@pytest.mark.parametrize(
    ("kind", "begins"), [("CSV", "series,arm,period,value"), ("SVG", "<svg xmlns"), ("PNG", "\x89PNG")]
)
def test_a_chart_can_be_taken_away(visit, kind, begins):
    page = visit(1280, "only=fan")
    with page.expect_download() as download:
        page.locator("#fan-lead .cc-tools").get_by_text(kind, exact=True).click()
    content = Path(download.value.path()).read_bytes()
    assert content.decode("latin-1").startswith(begins)
    assert len(content) > 5_000


def test_the_horizon_of_the_verdict_is_chosen_by_keyboard(visit):
    page = visit(1280, "only=verdict")
    page.locator("#verdict input[value='2028']").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("models.verdict.get('horizon')") == "2030"
    assert page.evaluate("document.activeElement.value") == "2030", "the focus stays where the reader is"
    page.get_by_role("button", name="Table of all horizons").click()
    assert page.locator("#verdict tbody tr").count() == 12


def test_rules_move_by_arrow_keys_by_mouse_and_by_form(visit):
    page = visit(1280, "only=timeline")
    rule = "us_2022_10_advanced_computing"
    page.locator(f"[data-keep='{rule} block']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("models.timeline.get('policy')") == {rule: {"start": "2023Q2"}}
    assert page.evaluate("document.activeElement.dataset.keep") == f"{rule} block"
    page.locator(f"[data-keep='form {rule} severity']").fill("50")
    page.locator(f"[data-keep='form {rule} severity']").dispatch_event("change")
    assert page.evaluate("models.timeline.get('policy')")[rule] == {"start": "2023Q2", "severity": 0.5}
    page.locator(f"[data-keep='form {rule} reset']").click()
    assert page.evaluate("models.timeline.get('policy')") == {}
    box = page.locator(f"[data-keep='{rule} end']").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] - 200, box["y"] + 8, steps=5)
    page.mouse.up()
    end = page.evaluate("models.timeline.get('policy')")[rule]["end"]
    assert "2027Q1" < end < "2032Q1"


def test_the_triangle_is_read_by_arrow_keys(visit):
    page = visit(1280, "only=ternary")
    page.locator(".cc-ternary").focus()
    before = page.locator("#ternary .cc-said").inner_text()
    page.keyboard.press("ArrowUp")
    after = page.locator("#ternary .cc-said").inner_text()
    assert before != after
    assert "the controls lose in" in after
    page.locator("#ternary input[type=radio]").nth(2).check(force=True)
    assert page.locator("#ternary input[type=radio]").nth(2).is_checked()


def test_motion_is_reduced_where_the_reader_asks_for_it(chromium, address):
    context = chromium.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}?only=network,transport")
    page.wait_for_function("window.ready === true")
    page.wait_for_timeout(300)
    widths = "() => [...document.querySelectorAll('.cc-flows .cc-flow')].map((path) => path.style.strokeWidth).join()"
    page.evaluate(f"{CLOCK}.seek(10)")
    whole = page.evaluate(widths)
    page.evaluate(f"{CLOCK}.seek(10.4)")
    assert page.evaluate(widths) == whole, "between quarters nothing moves"
    context.close()


def test_a_view_that_ends_leaves_nothing_behind(visit):
    page = visit()
    page.evaluate("Object.values(ends).forEach((end) => end())")
    assert page.locator(".cc").count() == 0
    assert page.evaluate("globalThis[Symbol.for('chip-curbs.hubs')].size") == 0
    assert page.evaluate(
        "Object.values(models).every((model) => Object.values(model.listeners).every((one) => !one.length))"
    )


def test_data_that_cannot_be_read_is_told_in_place(visit):
    page = visit(1280, "only=network")
    page.evaluate("models.feed.set('pair', new DataView(new Uint8Array([1, 2, 3]).buffer))")
    page.wait_for_selector("#feed .cc-trouble:not([hidden])")
    assert page.locator(".cc-flow").count() > 50, "what was on show stays"
