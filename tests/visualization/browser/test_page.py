"""The first page in a real Chromium: load, keyboard, play and scrub, sliders, ensembles, undo, widths, themes."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from page_states import ready

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text(encoding="utf-8")
PARTS = (
    "verdict", "tour", "network", "series", "policy", "assumptions", "why", "strategies", "branch", "takeaway",
)  # fmt: skip


def sentence(page) -> str:
    return page.locator(".lab-sentence").inner_text()


def select(page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).first.select_option(value)


def open_assumptions(page) -> None:
    page.get_by_role("button", name="Show the assumptions").click()
    page.locator("[data-name=enforcement]").wait_for(state="attached")


def find(page, name: str) -> None:
    """Show the slider of one assumption."""
    page.get_by_label("Find").fill(name.replace("_", " "))
    page.locator(f"#a-{name}").wait_for()


def hold(page, name: str, value: float) -> None:
    """Move a slider as a person would: set it and let the page know."""
    find(page, name)
    slider = page.locator(f"#a-{name}")
    slider.evaluate(
        "(one, value) => { one.value = value; one.dispatchEvent(new Event('input', { bubbles: true })); }", value
    )


def fingerprints(page) -> dict[str, str]:
    """What each view draws, as text."""
    return page.evaluate(
        "(parts) => Object.fromEntries(parts.map((part) => [part, document.getElementById(part).innerHTML]))",
        ["verdict", "network", "series", "strategies"],
    )


def test_all_parts_are_there(page):
    assert page.locator("html").get_attribute("lang") == "en"
    for name in PARTS:
        assert page.locator(f"section#{name} h2").count() == 1, name
    text = sentence(page)
    assert re.search(
        r"By 2028Q4 the most likely outcome is “.+”: \d+ % of worlds \(90 % interval \d+ % to \d+ %\)", text
    )
    assert "200 pairs of worlds, parameters drawn from" in text
    assert page.locator(".lab-failed").count() == 0


def test_the_verdict_rests_on_leverage_once_it_is_measured(page):
    page.locator("#verdict", has_text="leverage (a change of 0.10").wait_for()


def test_the_clock_plays_to_the_end_and_scrubs_back_to_the_same_picture(page):
    clock = page.locator("#network input[type=range]").first
    clock.focus()
    page.keyboard.press("Home")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    before = page.locator("#network svg").first.inner_html()
    page.keyboard.press("End")
    page.wait_for_function("before => document.querySelector('#network svg').innerHTML !== before", arg=before)
    page.keyboard.press("Home")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('#network svg').innerHTML === before", arg=before)


def test_a_slider_changes_every_view(page):
    open_assumptions(page)
    page.wait_for_timeout(300)
    before = fingerprints(page)
    hold(page, "price_sensitivity", 4.4)
    page.locator("[data-name=price_sensitivity].lab-changed").wait_for()
    ready(page)
    page.wait_for_function(
        """([before, parts]) => parts.every((part) => document.getElementById(part).innerHTML !== before[part])""",
        arg=[before, list(before)],
    )
    page.locator(".lab-badge", has_text="1 assumption changed").wait_for()
    assert "parameters=price_sensitivity" in page.url


def test_undo_redo_and_reset(page):
    open_assumptions(page)
    hold(page, "enforcement", 0.9)
    page.wait_for_url("**enforcement**")
    page.locator("h1").click()  # in a field of text the same keys undo typing
    page.keyboard.press("Control+z")
    page.wait_for_function("!location.search.includes('enforcement')")
    page.get_by_role("button", name="Redo").click()
    page.wait_for_url("**enforcement**")
    page.get_by_role("button", name="Reset: enforcement", exact=True).click()
    page.wait_for_function("!location.search.includes('enforcement')")


def test_a_value_outside_its_prior_is_refused_in_words(page):
    open_assumptions(page)
    find(page, "enforcement")
    exact = page.get_by_label("enforcement: exact value", exact=True)
    exact.fill("7")
    exact.press("Enter")
    problem = page.locator(".lab-problems")
    problem.wait_for()
    assert "outside its range [0.3, 0.95]" in problem.inner_text()
    problem.get_by_role("button", name="Close").click()
    problem.wait_for(state="hidden")
    assert "enforcement" not in page.url


def test_more_pairs_with_progress_and_cancel(page, lab):
    lab.idle()
    page.get_by_role("button", name="5,000 pairs").click()
    page.locator("#verdict progress").wait_for()
    page.locator("#verdict .lab-progress", has_text="of").wait_for()
    page.get_by_role("button", name="Cancel").click()
    assert lab.idle() < 5.0
    page.get_by_role("button", name="1,000 pairs").click()
    page.locator(".lab-sentence", has_text="1,000 pairs of worlds").wait_for(timeout=60_000)


def test_a_branch_and_the_horizon_change_the_verdict(page):
    select(page, "From", "2024Q1")
    page.get_by_role("button", name="Branch", exact=True).click()
    page.wait_for_url("**branch=2024Q1**")
    ready(page)
    page.locator("#branch", has_text="goes on under").wait_for()


def test_the_tour_has_five_steps_with_numbers(page):
    page.get_by_role("button", name="Start the tour").click()
    for place in range(1, 6):
        page.locator("#tour h3", has_text=f"{place} of 5").wait_for()
        page.locator("#tour .lab-strong", has_text="median, 90 % of worlds").wait_for()
        if place < 5:
            page.locator("#tour").get_by_role("button", name="Next").click()
    page.locator("#tour").get_by_role("button", name="End").click()
    page.get_by_role("button", name="Start the tour").wait_for()


def test_an_agent_is_inspected_by_keyboard(page):
    node = page.locator("#network svg [tabindex='0']").first
    node.focus()
    page.keyboard.press("Enter")
    inspector = page.locator(".lab-inspector")
    inspector.locator("h3").wait_for()
    assert "MODEL" in inspector.inner_text()
    inspector.get_by_role("button", name="Close the inspector").click()
    inspector.wait_for(state="detached")


def test_every_control_can_be_reached_by_keyboard(page):
    page.evaluate("document.activeElement.blur()")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, a[href], summary")]
            .filter((one) => !one.disabled && one.offsetParent !== null && one.type !== "hidden").length"""
    )
    reached = set()
    for _ in range(wanted + 400):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => { const one = document.activeElement; if (one === document.body) return null;
            window.__reached ??= new WeakMap(); window.__count ??= 0;
            if (!window.__reached.has(one)) window.__reached.set(one, window.__count++);
            return [window.__reached.get(one), one.matches("button, select, input, a[href], summary")]; }"""
        )
        if found is None:
            break
        if found[1]:
            reached.add(found[0])
    # radio buttons of one group and arrow-key sets count as one stop
    assert len(reached) >= 0.9 * wanted, f"{len(reached)} of {wanted}"


@pytest.mark.parametrize("width", [390, 1280, 1920])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_overflow_and_no_serious_fault_of_accessibility(visitor, width, theme):
    found = visitor(viewport={"width": width, "height": 900}, color_scheme=theme).open()
    ready(found)
    found.wait_for_timeout(1_000)
    assert found.evaluate("document.documentElement.dataset.theme") == theme
    assert found.evaluate("document.documentElement.scrollWidth") <= width
    found.evaluate(AXE)
    result = found.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    worst = [
        (one["id"], node["target"], node["failureSummary"])
        for one in result["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]
    assert worst == [], json.dumps(worst, indent=1)


def test_the_theme_can_be_chosen_and_is_kept(visitor):
    one = visitor(color_scheme="light")
    found = one.open()
    ready(found)
    light = found.evaluate("getComputedStyle(document.body).backgroundColor")
    select(found, "Theme", "dark")
    assert found.evaluate("getComputedStyle(document.body).backgroundColor") != light
    found.reload()
    ready(found)
    assert found.evaluate("document.documentElement.dataset.theme") == "dark"


def test_reduced_motion_is_respected(visitor):
    found = visitor(reduced_motion="reduce").open()
    ready(found)
    moving = found.evaluate(
        """() => [...document.querySelectorAll(".lab-all *")].filter((one) => {
            const style = getComputedStyle(one);
            return style.animationName !== "none" && parseFloat(style.animationDuration) > 0; }).length"""
    )
    assert moving == 0


def test_the_page_is_usable_soon(visitor):
    began = time.monotonic()
    found = visitor().open()
    ready(found)
    assert time.monotonic() - began < 25.0
