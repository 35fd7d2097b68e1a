"""Generations and redesigns: specifications, and what vendors could build under each rule."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from abm.calendar import quarter_index
from abm.designs import Design, redesigns, roadmap, thresholds
from abm.generations import judged_values
from abm.law import Sale, classify, default_pack, settle
from abm.policy import Policy, load_policy, none_0, tight
from abm.policy_schema import Clause

VENDORS = ("NVIDIA", "AMD", "US_CUSTOM", "HUAWEI", "CAMBRICON", "HYGON", "OTHER_CN", "THEAD", "KUNLUNXIN")


@pytest.fixture(scope="module")
def history() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def generations() -> dict[str, list[Design]]:
    return roadmap(default_pack())


@pytest.fixture(scope="module")
def menu(history: Policy) -> list[Design]:
    return redesigns(default_pack(), [history])


def free_on(policy: Policy, day: date, design: Design) -> bool:
    sale = Sale(seller=design.vendor)
    clauses = [effect for _, effect in policy.in_force(day) if isinstance(effect, Clause) and sale.meets(effect)]
    known = design.spec().attributes()
    return settle(clauses, [clause.matches(known) for clause in clauses]).status == "free"


def best(policy: Policy, day: date, menu: list[Design], family: str) -> Design:
    open_now = [one for one in menu if one.family == family and free_on(policy, day, one)]
    return max(open_now, key=lambda one: (one.tpp_law, one.dram_bw, one.total_io))


def test_every_vendor_has_generations_in_order(generations: dict[str, list[Design]]) -> None:
    assert set(generations) == set(VENDORS)
    for designs in generations.values():
        quarters = [one.available for one in designs]
        assert quarters == sorted(quarters)
        assert quarters[0] >= 0
    frontier = [one.id for one in generations["NVIDIA"] if one.line == "frontier"]
    assert frontier == ["V100", "A100", "A100_H100", "H100", "H200", "B200", "B300"]
    assert {one.line for one in generations["OTHER_CN"]} == {"frontier", "low_tier"}


def test_specifications_are_those_of_the_data_pack(generations: dict[str, list[Design]]) -> None:
    by_name = {one.id: one for designs in generations.values() for one in designs}
    a100, h100, b300 = by_name["A100"], by_name["H100"], by_name["B300"]
    assert (a100.bf16, a100.tpp_law, a100.dram_bw, a100.total_io, a100.unit_cost) == (312, 4992, 2.04, 664, 3.0)
    assert (h100.available, h100.hbm_stacks, h100.us_available_2026) == (quarter_index("2023Q1"), 5, True)
    assert (b300.tpp_law, b300.tpp8) == (56000, 36000), "FP4 counts for the law, not as 8-bit work"
    assert by_name["V100"].tpp8 == 8 * 125, "8-bit work at the 16-bit rate"
    assert by_name["L20"].us_available_2026 is False
    assert by_name["Ascend910C"].dies_per_package == 2
    assert by_name["TPUv6e_Trainium2"].bf16 == pytest.approx((918 + 667) / 2)
    for one in by_name.values():
        numbers = [value for value in dataclasses.asdict(one).values() if isinstance(value, float)]
        assert all(value >= 0 for value in numbers), one.id
        assert min(one.bf16, one.tpp8, one.dram_bw, one.link_io, one.area_mm2, one.tdp_w, one.unit_cost) > 0, one.id
        assert 0.1 < one.unit_cost < 12, one.id
        assert one.tpp_law >= one.tpp8 * (1 - 1e-4), one.id


def test_judged_values_have_ranges_and_sources_and_fill_gaps_only() -> None:
    chips = {str(row["id"]) for row in default_pack().chips}
    families = {str(row["die_family"]) for row in default_pack().die_families}
    for name, entries in judged_values()["fill"].items():
        assert name in chips | families
        for key, entry in entries.items():
            assert entry["low"] <= entry["value"] <= entry["high"], (name, key)
            assert entry["source"], (name, key)
            assert entry["kind"], (name, key)
    filled = {one.id: one.judged for designs in roadmap(default_pack()).values() for one in designs}
    assert filled["A100"] == filled["H100"] == filled["Ascend910B"] == ()
    assert "area_mm2" in filled["MLU590"]


def test_october_2022_cuts_only_the_links(history: Policy, menu: list[Design]) -> None:
    for family, full in (("GA100", (4992, 2.04)), ("GH100", (15832, 4.0))):
        winner = best(history, date(2022, 11, 1), menu, family)
        assert (winner.tpp_law, winner.dram_bw) == full
        assert 400 <= winner.total_io < 600
        assert winner.link_io == pytest.approx(winner.total_io - (64 if family == "GA100" else 128))
    assert best(history, date(2022, 11, 1), menu, "GA100").fuse, "same memory: fuses suffice, as for the A800"
    h800 = [one for one in menu if one.family == "GH100" and one.fuse and one.tpp_law == 15832]
    assert [one.dram_bw for one in h800] == [3.35]


def test_october_2023_cuts_compute_and_keeps_bandwidth_and_links(history: Policy, menu: list[Design]) -> None:
    winner = best(history, date(2023, 12, 1), menu, "GH100")
    assert 2300 < winner.tpp_law < 2400
    assert winner.dram_bw == 4.0
    assert (winner.total_io, winner.link_io) == (1028, 900)
    assert winner.bf16 == pytest.approx(148, rel=0.01), "as the H20"
    assert winner.tdp_w == pytest.approx(400, rel=0.05)
    assert winner.memory_gb == 96
    assert not winner.fuse
    assert 3700 < best(history, date(2023, 12, 1), menu, "MI300X").tpp_law < 3840, "density 1.6 on 2,400 mm2"
    l20 = best(history, date(2023, 12, 1), menu, "AD102")
    assert l20.tpp_law / l20.area_mm2 < 3.2


def test_april_2025_cuts_bandwidth(history: Policy, menu: list[Design]) -> None:
    winner = best(history, date(2025, 5, 1), menu, "GB202")
    assert 1300 < 1000 * winner.dram_bw < 1400
    assert winner.total_io == 128
    assert winner.tpp_law < 2400
    for one in menu:
        if one.us and free_on(history, date(2025, 5, 1), one):
            assert 1000 * one.dram_bw + one.total_io < 1700


def test_redesigns_stay_inside_their_family(menu: list[Design]) -> None:
    rows = {str(row["die_family"]): row for row in default_pack().die_families}
    assert len({one.id for one in menu}) == len(menu)
    for one in menu:
        row = rows[one.family]
        assert one.tpp_law <= float(str(row["tpp_law_max"])) + 1e-9
        assert row["dram_bw_max_tbs"] is None or one.dram_bw <= float(str(row["dram_bw_max_tbs"])) + 1e-9
        assert row["area_mm2"] is None or one.area_mm2 == row["area_mm2"]
        assert max(16 * one.bf16, one.tpp8) <= one.tpp_law * 1.001
        assert one.kind == "redesign"
        assert one.datacentre
        assert not one.us_available_2026
        assert one.vendor in VENDORS


def test_the_menu_is_small_and_follows_the_law(history: Policy, menu: list[Design]) -> None:
    total = len(menu) + sum(len(designs) for designs in roadmap(default_pack()).values())
    assert total <= 120
    assert redesigns(default_pack(), [none_0(history)]) == []
    assert {one.id for one in redesigns(default_pack(), [history, tight(history)])} == {one.id for one in menu}
    assert thresholds([history]).sums == (1700.0,)


def test_a_new_threshold_brings_new_designs(history: Policy, tmp_path: Path) -> None:
    path = tmp_path / "io.toml"
    path.write_text(
        """
id = "io_rule"
title = "I/O of 300"
actor = "me"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "thought experiment"
effective = 2024-03-01

[[clause]]
name = "I/O"
status = "denied"
when = ["total_io >= 300", "tpp >= 1000"]
""",
        encoding="utf-8",
    )
    policy = history.with_instruments(load_policy(path))
    new = {one.id for one in redesigns(default_pack(), [policy])}
    assert any(name.startswith("GH100/") and "/io297/" in name and "/bw4000/" in name for name in new)


def test_real_redesigns_are_free_where_the_menu_is(history: Policy) -> None:
    for chip, day in (("A800", "2022-12-01"), ("H800", "2023-04-01"), ("H20", "2024-02-01"), ("MI308X", "2024-07-01")):
        assert classify(chip, day, policy=history).status == "free"
