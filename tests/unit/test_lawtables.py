"""The law compiled to arrays: shares of quarters, arms of the comparison, and instruments of users."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.designs import Design, redesigns, roadmap
from abm.law import default_pack
from abm.lawtables import LawTables, compile_law
from abm.policy import (
    Policy,
    chips_only,
    frozen,
    lifted,
    load_policy,
    none_0,
    none_threat,
    script_until,
    tight,
    tools_only,
)
from abm.policy_toml import PolicyError, read_instrument


@pytest.fixture(scope="module")
def history() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def designs(history: Policy) -> list[Design]:
    pack = default_pack()
    return [one for line in roadmap(pack).values() for one in line] + redesigns(pack, [history])


@pytest.fixture(scope="module")
def tables(history: Policy, designs: list[Design]) -> LawTables:
    return compile_law(history, designs, default_pack())


def at(designs: list[Design], name: str) -> int:
    return next(place for place, one in enumerate(designs) if one.id == name)


ARRAYS = [name for name, kind in LawTables.__annotations__.items() if kind == "Floats"]


def test_shares_of_a_quarter(tables: LawTables, designs: list[Design]) -> None:
    h100, l20 = at(designs, "H100"), at(designs, "L20")
    t = quarter_index("2022Q3")
    assert tables.open[t, h100, 0] == pytest.approx(56 / 92), "1 July to 25 August are 56 days"
    assert tables.announced[t, h100, 0] == 0.0
    assert tables.open[t + 1, h100, 0] == 0.0
    assert (tables.open[:, l20, 0] == 1.0).all()
    assert (tables.open[:, :, 3] == 1.0).all()
    assert tables.hbm_open[quarter_index("2024Q4")] == pytest.approx(91 / 92)
    assert tables.announced_hbm_open[quarter_index("2024Q3")] == 0.0, "leaked in August 2024"
    assert tables.hbm_open[quarter_index("2024Q3")] == 1.0
    assert tables.instrument_of[t, h100].startswith("us_2022_08_letters")


def test_leak_of_october_2023_reaches_chips_that_are_still_legal(tables: LawTables, designs: list[Design]) -> None:
    a800 = at(designs, "GA100/tpp4992/bw2040/io594/mem80")
    t = quarter_index("2023Q3")
    assert (tables.open[t, a800, 0], tables.announced[t, a800, 0]) == (1.0, 0.0)
    assert tables.open[t + 1, a800, 0] == pytest.approx(22 / 92)


def test_tools_service_foundry_diversion(tables: LawTables, designs: list[Design]) -> None:
    litho, etch = 0, 1
    end = quarter_index("2025Q1")
    assert tables.tool_denial[end, 1, litho] == pytest.approx(0.55 * 1.0 + 0.35 * 0.5)
    assert tables.tool_denial[end, 0, etch] == 0.6, "levels on the same tools: the maximum, not 1 - prod(1 - x)"
    assert tables.tool_denial[end, 2, etch] == 0.25
    assert (tables.tool_denial[: quarter_index("2020Q4")] == 0.0).all()
    assert tables.service_denial[end] == pytest.approx(1 - 0.8 * 0.85 * 0.95)
    assert (tables.node_floor_nm == 5.0).all()
    q = {label: quarter_index(label) for label in ("2020Q2", "2020Q4", "2022Q3", "2023Q1", "2024Q3", "2025Q2")}
    huawei, cambricon = at(designs, "Ascend910B"), at(designs, "MLU590")
    assert list(tables.foundry_open[[q["2020Q2"], q["2020Q4"]], huawei]) == [1.0, 0.0]
    assert list(tables.foundry_open[[q["2022Q3"], q["2023Q1"]], cambricon]) == [1.0, 0.0]
    kunlun = at(designs, "KunlunP800/tpp2059/bw1600/io464/mem96")
    assert tables.foundry_open[q["2024Q3"], kunlun] == 1.0
    assert tables.foundry_open[q["2025Q2"], kunlun] == 0.0
    assert tables.foundry_open[q["2024Q3"], at(designs, "KunlunP800")] == 0.0, "TPP 5,520 is over 4,800"
    pooled = at(designs, "MetaXC500/tpp2218/bw1800/io264/mem64")
    assert tables.foundry_open[q["2024Q3"], pooled] == pytest.approx(0.6), "Biren and Moore Threads are named"
    assert tables.diversion_open[q["2020Q4"]] == 1.0
    assert tables.diversion_open[q["2024Q3"]] == 1.0
    assert tables.diversion_open[q["2025Q2"]] == 0.0
    assert tables.eda[q["2025Q2"]] == pytest.approx((39 + 52 * 0.02) / 91), "23 May to 30 June; gate-all-around before"
    assert (tables.foundry_open[:, [one.us for one in designs]] == 1.0).all()


def test_gate_mandate_duty_cap_share(tables: LawTables, designs: list[Design]) -> None:
    h200 = at(designs, "H200")
    t = quarter_index("2026Q3")
    assert (tables.gate[: quarter_index("2025Q3")] == 1.0).all()
    assert tables.gate[t, 2] == 0.05
    assert tables.gate[t, 3] == 1.0
    assert tables.mandate[t, 2] == 0.95
    assert (tables.mandate[:, 3] == 0.0).all()
    assert (tables.duty[t, h200], tables.volume_cap[t, h200]) == (0.25, 0.5)
    assert tables.volume_cap[quarter_index("2026Q1"), h200] == 0.5, "the cap of the days on which it could be sold"
    assert tables.duty[quarter_index("2026Q1"), h200] == 0.25
    assert tables.revenue_share[quarter_index("2025Q4")].max() == 0.15
    assert (tables.volume_cap[: quarter_index("2026Q1")] == 9.0).all()


def test_buyers_named_by_a_footnote(tables: LawTables, designs: list[Design]) -> None:
    assert list(tables.buyer_open["HUAWEI_CLOUD"][[1, 3]]) == [1.0, 0.0]
    assert list(tables.buyer_open["IFLYTEK"][[10, 12]]) == [1.0, 0.0]
    us = [one.us for one in designs]
    assert (tables.open[12, us, 1] == 0.0).all()
    assert (tables.open[9, us, 1] == 1.0).all()


def test_compiles_in_time(history: Policy, designs: list[Design]) -> None:
    assert len(designs) <= 120
    began = time.process_time()
    compile_law(history, designs)
    assert time.process_time() - began < 2.0


def test_no_signal_before_the_first_rule(history: Policy, designs: list[Design], tables: LawTables) -> None:
    assert tables.first_signal == quarter_index("2022Q3")
    calm = compile_law(none_0(history), designs)
    assert calm.first_signal == -1
    first = tables.first_signal
    for name in ARRAYS:
        assert np.array_equal(getattr(calm, name)[:first], getattr(tables, name)[:first]), name
    us = [one.us for one in designs]
    assert (calm.open[:, us, :][:, :, [0, 2, 3]] == 1.0).all()
    assert (calm.hbm_open == 1.0).all()
    assert calm.foundry_open[-1, at(designs, "Ascend910B")] == 0.0, "the rule of 2020 stays"
    assert calm.diversion_open[-1] == 0.0, "it enforces the rule of 2020"
    assert calm.subsidy[-1] > 0.0


def test_none_threat_keeps_signals_without_rules(history: Policy, designs: list[Design], tables: LawTables) -> None:
    threat, calm = compile_law(none_threat(history), designs), compile_law(none_0(history), designs)
    for name in ("open", "tool_denial", "hbm_open", "foundry_open", "gate", "service_denial"):
        assert np.array_equal(getattr(threat, name), getattr(calm, name)), name
    h100 = at(designs, "H100")
    t = quarter_index("2022Q3")
    assert threat.first_signal == t == tables.first_signal
    assert list(threat.announced[t : t + 3, h100, 0]) == [0.0, 0.0, 1.0], "a threat lapses with its quarter"
    assert threat.announced_hbm_open[quarter_index("2024Q3")] == 0.0


def test_arms_of_the_comparison(history: Policy, designs: list[Design], tables: LawTables) -> None:
    h100, l20 = at(designs, "H100"), at(designs, "L20")
    chips, tools = compile_law(chips_only(history), designs), compile_law(tools_only(history), designs)
    calm = compile_law(none_0(history), designs)
    assert np.array_equal(chips.open, tables.open)
    assert np.array_equal(chips.tool_denial, calm.tool_denial)
    assert np.array_equal(tools.open, calm.open)
    assert np.array_equal(tools.tool_denial, tables.tool_denial)
    still = compile_law(frozen(history), designs)
    a800 = at(designs, "GA100/tpp4992/bw2040/io594/mem80")
    assert (still.open[12:, a800, 0] == 1.0).all()
    assert (still.open[12:, h100, 0] == 0.0).all()
    assert np.array_equal(still.subsidy, tables.subsidy), "China's baseline goes on"
    freed = compile_law(lifted(history), designs)
    t = quarter_index("2027Q1")
    for name in ("open", "gate", "tool_denial", "hbm_open", "foundry_open", "announced"):
        assert np.array_equal(getattr(freed, name)[t:], getattr(calm, name)[t:]), name
        assert np.array_equal(getattr(freed, name)[: t - 1], getattr(tables, name)[: t - 1]), name
    strict = compile_law(tight(history), designs)
    assert strict.open[12, a800, 0] == 0.0
    assert set(np.unique(strict.open[12:21, :, 0])) == {0.0, 1.0}, "no NAC"
    assert (strict.open[:, l20, 0] == 1.0).all()


def test_frozen_from_a_quarter(history: Policy, designs: list[Design], tables: LawTables) -> None:
    t = quarter_index("2023Q1")
    still = compile_law(history, designs, freeze_from="2023Q1")
    assert np.array_equal(still.open[:t], tables.open[:t])
    assert (still.open[t:] == still.open[t]).all()
    assert still.open[-1, at(designs, "GA100/tpp4992/bw2040/io594/mem80"), 0] == 1.0
    with pytest.raises(PolicyError, match="freeze_from"):
        compile_law(history, designs, freeze_from=99)


def test_script_ends_with_its_last_quarter(history: Policy, designs: list[Design], tables: LawTables) -> None:
    script = compile_law(script_until(history, "2026Q3"), designs)
    for name in ARRAYS:
        assert np.array_equal(getattr(script, name), getattr(tables, name)), name


def test_a_threshold_no_chip_reaches_equals_no_threshold(
    history: Policy, designs: list[Design], tables: LawTables, tmp_path: Path
) -> None:
    path = tmp_path / "far.toml"
    path.write_text(USER.replace("tpp >= 2000", "tpp >= 1000000").split("[[tools]]")[0], encoding="utf-8")
    more = history.with_instruments(load_policy(path))
    assert [one.id for one in redesigns(default_pack(), [more])] == [
        one.id for one in redesigns(default_pack(), [history])
    ]
    same = compile_law(more, designs)
    assert same.first_signal == tables.first_signal
    for name in ARRAYS:
        assert np.array_equal(getattr(same, name), getattr(tables, name)), name


USER = """
id = "user_rule"
title = "A rule of my own"
actor = "me"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "thought experiment"
kind = "scenario"
announced = 2021-02-01
effective = 2021-05-16

[[clause]]
name = "TPP 2000"
status = "licence"
review = "case_by_case"
granted = 0.25
when = ["tpp >= 2000"]
duty = 0.1
volume_cap = 0.3

[[tools]]
jurisdictions = ["US", "JP"]
classes = ["etch_dep"]
models = "all"
denial = 0.9
"""


def test_a_users_instrument_changes_the_tables(history: Policy, designs: list[Design], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(USER, encoding="utf-8")
    mine = compile_law(none_0(history).with_instruments(load_policy(path)), designs, default_pack())
    a100, l20 = at(designs, "A100"), at(designs, "L20")
    t = quarter_index("2021Q2")
    assert mine.first_signal == t - 1
    assert mine.announced[t - 1, a100, 0] == 0.25
    assert mine.open[t, a100, 0] == pytest.approx((45 + 46 * 0.25) / 91)
    assert (mine.open[t + 1 :, a100, 0] == 0.25).all()
    assert (mine.duty[t + 1, a100], mine.volume_cap[t + 1, a100]) == (0.1, 0.3)
    assert (mine.open[:, l20, 0] == 1.0).all()
    assert list(mine.tool_denial[t + 1, :, 1]) == [0.9, 0.0, 0.9], "the allies it covers are named in the file"


def test_levels_of_judged_shares(history: Policy, designs: list[Design]) -> None:
    h200, t = at(designs, "H200"), quarter_index("2026Q3")
    low, high = (compile_law(history, designs, denial_level=x, grant_level=x) for x in (0.0, 1.0))
    assert (low.open[t, h200, 0], high.open[t, h200, 0]) == (0.3, 0.9)
    assert (low.tool_denial[t, 0, 1], high.tool_denial[t, 0, 1]) == (0.4, 0.8)


def test_unknown_designs_are_closed_and_named(history: Policy, designs: list[Design]) -> None:
    bare = replace(designs[at(designs, "MI250")], id="bare", area_mm2=float("nan"), tpp_law=2000.0)
    assert compile_law(history, designs).unknown == ()
    hidden = compile_law(history, [bare])
    assert hidden.unknown == ("bare",)
    assert hidden.open[quarter_index("2024Q1"), 0, 0] == 0.0


CLOUD = """
id = "cloud"
title = "Remote access"
actor = "US BIS"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "made up"
announced = 2027-01-10
effective = 2027-05-16

[[cloud]]
coverage = { low = 0.4, mid = 0.6, high = 0.9 }
"""


def test_a_cloud_rule_is_data_and_history_has_none(
    tmp_path: Path, history: Policy, designs: list[Design], tables: LawTables
) -> None:
    assert (tables.cloud == 0.0).all()
    assert (tables.announced_cloud == 0.0).all()
    path = tmp_path / "cloud.toml"
    path.write_text(CLOUD, encoding="utf-8")
    ruled = history.with_instruments(read_instrument(path))
    middle, strict = compile_law(ruled, designs), compile_law(ruled, designs, denial_level=1.0)
    t = quarter_index("2027Q2")
    assert middle.cloud[t - 1] == 0.0
    assert middle.announced_cloud[t - 1] == 0.6
    assert middle.cloud[t] == pytest.approx(0.6 * 46 / 91), "16 May to 30 June are 46 days"
    assert middle.cloud[t + 1] == 0.6
    assert strict.cloud[t + 1] == 0.9
    assert (compile_law(none_0(ruled), designs).cloud == 0.0).all()


def test_a_wrong_key_of_a_cloud_rule_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cloud.toml"
    path.write_text(CLOUD.replace("coverage", "cover"), encoding="utf-8")
    with pytest.raises(PolicyError, match=r"cloud.toml: \[\[cloud\]\] 1: unknown key 'cover'; did you mean 'coverage'"):
        read_instrument(path)
