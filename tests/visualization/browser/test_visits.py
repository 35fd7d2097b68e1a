"""Visits in a real Chromium: links, several visitors, files, faults, closed tabs, other pages."""

from __future__ import annotations

import csv
import io
import time

import numpy as np
import pytest
from lab_server import FAILING_SEED
from page_states import ready

import abm
from abm.backfire import HORIZONS


def download(page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.locator("#takeaway a[download]", has_text=name).first.click()
    return waiting.value.path().read_bytes()


def test_two_visitors_share_nothing(visitor):
    first, second = visitor().open(), visitor().open()
    ready(first)
    ready(second)
    first.get_by_label("Scenario", exact=True).select_option("tight")
    first.wait_for_url("**scenario=tight**")
    ready(first)
    assert second.get_by_label("Scenario", exact=True).input_value() == "history"
    assert "tight" not in second.url
    second.reload()
    ready(second)
    assert second.get_by_label("Scenario", exact=True).input_value() == "history"


def test_a_share_link_shows_the_same_page(visitor):
    one = visitor()
    first = one.open("?v=1&scenario=tight&parameters=enforcement:0.9&law=us_2024_12_hbm!&horizon=2030&world=3")
    ready(first)
    assert "By 2030Q4" in first.locator(".lab-sentence").inner_text()
    second = visitor().open(first.url.removeprefix(one.lab.address))
    ready(second)
    assert second.url == first.url
    assert second.locator(".lab-sentence").inner_text() == first.locator(".lab-sentence").inner_text()
    assert "World 3 of seed 1" in second.locator("#network").inner_text()


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("?v=0&scenario=tight", "of version '0'"),
        ("?v=1&scenario=histry", "nearest valid name: 'history'"),
        ("?v=1&parameters=enforcement:9", "outside its range"),
        ("?v=1&law=us_2023_10_tools~2024Q1~2023Q1~1", "not after it starts"),
        ("?v=1&off=" + "a" * 7000, "at most 6,000"),
        ("?broken", "cut off"),
        ("?v=1&scenario=%3Cscript%3Ealert(1)%3C/script%3E", "unknown"),
    ],
)
def test_a_bad_link_is_told_in_the_page_and_the_page_lives(visitor, link, said):
    found = visitor().open(link)
    ready(found)
    assert said in found.locator(".lab-problems").inner_text()
    assert found.locator("section#verdict").count() == 1


def test_downloads_parse_and_equal_the_numbers_of_the_engine(visitor):
    found = visitor(accept_downloads=True).open("?v=1&seed=5&world=2")
    ready(found)
    pair = abm.compare("history", runs=200, seed=5, leverage=HORIZONS)
    rows = list(csv.DictReader(io.StringIO(download(found, "run.csv").decode())))
    mine = [float(row["capability_cn"]) for row in rows if row["arm"] == "controls"]
    assert np.array_equal(mine, pair.controls.series("capability_cn")[2])
    rows = list(csv.DictReader(io.StringIO(download(found, "regimes.csv").decode())))
    mine = [float(row["probability"]) for row in rows if row["horizon"] == "2028Q4"]
    assert mine == [row.probability for row in pair.regimes(2028).rows]
    told = max((row for row in pair.regimes(2028).rows if row.regime != "undefined"), key=lambda row: row.probability)
    found.locator("#verdict", has_text="leverage (a change").wait_for()
    assert f"“{told.regime}”: {100 * told.probability:.0f} %" in found.locator(".lab-sentence").inner_text()


def test_an_uploaded_scenario_is_run_and_a_bad_one_is_told(visitor, tmp_path):
    found = visitor().open()
    ready(found)
    good, bad = tmp_path / "mine.toml", tmp_path / "bad.toml"
    good.write_text('mode = "script"\n[parameters]\nenforcement = 0.9\n')
    bad.write_text('mode = "scrpt"\n')
    field = found.get_by_label("Open a scenario file (TOML)")
    field.set_input_files(bad)
    found.locator(".lab-problems", has_text="did you mean 'script'").wait_for()
    field.set_input_files(good)
    found.wait_for_url("**toml=**")
    ready(found)
    assert found.locator(".lab-problems").count() == 0
    bad.write_text("#" * 30_000)
    field.set_input_files(bad)
    found.locator(".lab-problems", has_text="30,000 bytes, at most 20,000").wait_for()


def test_a_part_that_fails_leaves_the_page(visitor):
    found = visitor().open(f"?v=1&seed={FAILING_SEED}")
    ready(found)
    failed = found.locator(".lab-failed")
    assert "Strategies" in failed.inner_text()
    assert "Traceback" not in found.locator("body").inner_text()
    assert "/work" not in found.locator(".lab-all").inner_html()
    found.get_by_label("Scenario", exact=True).select_option("tight")
    found.wait_for_url("**scenario=tight**")
    ready(found)


def test_a_closed_tab_stops_its_work(visitor, lab):
    found = visitor().open("?v=1&seed=77")
    ready(found)
    lab.idle()
    found.get_by_role("button", name="5,000 pairs").click()
    lab.busy()
    found.close()
    took = lab.idle(within=15.0)
    assert took < 5.0
    submitted = lab.work()["submitted"]
    time.sleep(1.0)
    assert lab.work()["submitted"] == submitted


def test_other_pages(visitor):
    one = visitor()
    found = one.open("compare")
    for name in ("history", "chips_only", "tools_only"):
        found.locator(".lab-column h3", has_text=name).wait_for()
    found.locator(".lab-column table").nth(2).wait_for(timeout=60_000)
    found.get_by_label("Scenario 4").select_option("frozen")
    found.locator(".lab-column table").nth(3).wait_for(timeout=60_000)
    found.goto(one.lab.address + "about")
    found.get_by_role("heading", name="About the laboratory").wait_for()
    found.goto(one.lab.address + "report")
    found.get_by_role("heading", name="Reproduction report").wait_for()


def test_pages_are_linked_and_carry_the_state(visitor):
    found = visitor().open("?v=1&scenario=tight")
    ready(found)
    found.get_by_role("link", name="Compare").click()
    found.locator(".lab-column h3", has_text="tight").first.wait_for()
    assert "scenario=tight" in found.url
