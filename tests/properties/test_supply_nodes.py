"""Supply nodes and Chinese designers: each mechanism by its direction against its own ablation (MODEL 3, R6, R9)."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.designs import redesigns, roadmap
from abm.lawtables import compile_law
from abm.parameter_index import NAMES
from abm.scenario import Scenario
from abm.series import at
from abm.simulation import shipped_pack
from abm.slide import Slide
from abm.vocabulary import SW_REDESIGN
from abm.world import blueprint
from abm.worldfile import load_world_file

HISTORY, BEFORE, WITHOUT_BANKS, WITHOUT_REDESIGN = range(4)


@pytest.fixture(scope="module")
def course():
    """A world to 2026Q2 under history, rules of 2022Q2, history without stockpiling and history without redesigns."""
    arms = [Scenario.load("history").with_beliefs("prior"), Scenario.load("none_0").with_beliefs("prior")]
    arms += [arms[0].without("stockpiling"), arms[0].without("redesign")]
    world = market.builder_of([arm.with_point(True) for arm in arms]).fill(np.arange(4)).world
    market.advance(world, 0, quarter_index("2026Q3"))
    assert (world.failed_quarter == -1).all()
    return SimpleNamespace(world=world, series=lambda name, arm: world.record[at(name), :, arm])


def test_lines_buy_tools_ahead_of_rules_that_they_see_coming(course):
    """Dutch sales surge between the announcement of early 2023 and the rule of September; so do US ones in 2022Q3."""
    first, last = quarter_index("2023Q1"), quarter_index("2023Q3")
    ahead, plain = (course.series("tools_from_nl", arm)[first:last].sum() for arm in (HISTORY, WITHOUT_BANKS))
    assert ahead > 1.2 * plain
    leak = quarter_index("2022Q3")
    assert course.series("tools_from_us", HISTORY)[leak] > 1.2 * course.series("tools_from_us", WITHOUT_BANKS)[leak]
    assert course.series("tool_bank", HISTORY)[leak] > 0.0
    assert (course.series("tool_bank", WITHOUT_BANKS) == 0.0).all()


def test_banks_put_off_the_day_on_which_a_rule_bites(course):
    for quarter in ("2022Q4", "2023Q3", "2023Q4"):
        t = quarter_index(quarter)
        assert course.series("tool_access", HISTORY)[t] > course.series("tool_access", WITHOUT_BANKS)[t], quarter
    late = quarter_index("2025Q4")
    assert course.series("tool_access", HISTORY)[late] == pytest.approx(
        course.series("tool_access", WITHOUT_BANKS)[late], rel=0.02
    ), "a bank is used up: pull-forward, no supply of its own"
    assert course.series("advanced_wafers", HISTORY)[late] > course.series("advanced_wafers", WITHOUT_BANKS)[late]


def test_denied_tools_and_service_slow_chinas_memory(course):
    """The plan is the same in both arms: its ramp is judged under rules, so an arm without them passes it."""
    start, later = quarter_index("2026Q1"), quarter_index("2026Q2")
    denied, free = (course.series("home_memory", arm) for arm in (HISTORY, BEFORE))
    rows = [NAMES.index(name) for name in ("cxmt_hbm_2026", "memory_ramp_access")]
    ramp, access = course.world.parameter[rows, HISTORY]
    assert 0.0 < denied[start] < 0.9 * free[start]
    assert free[start] == pytest.approx(ramp / access / 4.0, rel=0.02)
    assert denied[later] / denied[start] < free[later] / free[start]


def test_a_plan_that_shrinks_buys_tools_for_wear_alone(course):
    """Eight million stacks in 2027 and five after: in 2027Q1 (lag four) nothing is added, and no law breaks."""
    world = market.copy_of(course.world)
    world.parameter[NAMES.index("cxmt_hbm_2027")], world.parameter[NAMES.index("cxmt_hbm_2028")] = 8.0, 5.0
    step = quarter_index("2027Q1")
    market.advance(world, quarter_index("2026Q3"), step + 1)
    assert (world.failed_quarter == -1).all()
    wear = world.parameter[NAMES.index("tool_wear")] * world.node_tools[world.line_node[1]]
    assert world.tools_wanted[1] == pytest.approx(wear)


def test_tool_sales_by_country_are_what_toolmakers_are_paid_by_chinese_lines(course):
    world, countries = course.world, ("tools_from_us", "tools_from_nl", "tools_from_jp", "tools_from_cn")
    last = quarter_index("2026Q2")
    for arm in (HISTORY, BEFORE):
        sold = [course.series(name, arm)[last] for name in countries]
        assert sum(sold) == pytest.approx(world.node_bought[world.line_node, arm].sum())
        abroad = world.tool_source @ world.node_bought[:, arm]
        for maker, money in enumerate(sold):
            mine = world.node_role == maker
            assert world.node_sales[mine, arm].sum() == pytest.approx(money + abroad[mine].sum())


def test_a_lost_supplier_costs_more_where_others_replace_it_less(course):
    """SK hynix (53 % of HBM) stops for a quarter: fewer packages, and fewer still at substitution 2 than at 10."""
    nodes = [node.id for node in load_world_file().nodes]
    sound = market.copy_of(course.world)
    sound.parameter[NAMES.index("supplier_substitution")] = np.array([2.0, 10.0, 2.0, 10.0])
    sound.world_stock[:] = 0.0
    broken = market.copy_of(sound)
    broken.node_capacity[nodes.index("SKHYNIX")] = 0.0
    broken.node_stock[nodes.index("SKHYNIX")] = 0.0
    step = quarter_index("2026Q3")
    for one in (sound, broken):
        market.advance(one, step, step + 1)
    left = broken.world_made / sound.world_made
    assert left[0] < left[1] < 0.9
    assert left[2] < left[3]
    assert (broken.node_backlog[nodes.index("SAMSUNG")] > 0.0).all()


def test_designers_cut_down_chips_while_foreign_foundries_make_those(course):
    """After October 2023 some chips are cut to what TSMC may make; the letter of November 2024 ends it."""
    share = course.series("cut_down_share", HISTORY)
    assert share[quarter_index("2023Q3")] == 0.0
    assert share[quarter_index("2024Q2") : quarter_index("2024Q4") + 1].max() > 0.05
    assert share[quarter_index("2025Q3")] == 0.0
    for arm in (BEFORE, WITHOUT_REDESIGN):
        assert (course.series("cut_down_share", arm) == 0.0).all()


# --- October 2022: a designer with a die family above the threshold ---------------------------------------------------


def designer_with_br100(vendor):
    """A world in which a vendor's only chip from 2022Q3 is Biren's BR100 uncut (TPP 16,384, total I/O 640 GB/s)."""
    pack, policy = shipped_pack(), Scenario.load("history").with_beliefs("prior").policy
    cut = [one for one in redesigns(pack, [policy]) if one.family == "BR100x2"]
    whole = replace(
        cut[0], id="BR100", kind="roadmap", line="frontier", bf16=1024.0, tpp8=16384.0, tpp_law=16384.0,
        link_io=512.0, total_io=640.0, available=quarter_index("2022Q3"),
    )  # fmt: skip
    others = [one for line in roadmap(pack).values() for one in line if one.vendor != vendor or one.line == "low_tier"]
    firm = cut[0].firm if vendor == "OTHER_CN" else vendor
    designs = [*others, *(replace(one, vendor=vendor, firm=firm) for one in (whole, *cut))]
    laws = [compile_law(policy, designs, pack)]
    ids = frozenset(one.id for one in designs)
    plan = blueprint(load_world_file(), pack, designs, laws, [Slide()], [ids])
    line = next(place for place, one in enumerate(plan.world.offers) if one.vendor == vendor and one.kind == "domestic")
    return plan, line


def designs_on_sale(vendor, *quarters, redesigns_on=True):
    """Ids of the designs on a vendor's main line in some quarters of history."""
    plan, line = designer_with_br100(vendor)
    builder = market.builder_of([Scenario.load("history").with_beliefs("prior").with_point(True)])
    drawn = builder.lanes(np.arange(1))
    switch = drawn.switch.copy()
    switch[SW_REDESIGN] = float(redesigns_on)
    world, step, found = market.world_of(plan, replace(drawn, switch=switch)), 0, []
    for quarter in quarters:
        market.advance(world, step, quarter_index(quarter) + 1)
        step = quarter_index(quarter) + 1
        found.append(plan.designs[int(world.design[line, 0])].id)
    return found


def test_an_unlisted_designer_above_the_threshold_cuts_its_links_and_stays_with_tsmc():
    """As Biren did: compute whole, I/O below 600 GB/s; its listing of October 2023 sends it back to the full chip."""
    before, after, listed = designs_on_sale("OTHER_CN", "2022Q3", "2023Q2", "2024Q2")
    assert before == "BR100"
    assert after.startswith("BR100x2/tpp16384/bw1640/io594")
    assert listed == "BR100"


def test_a_listed_designer_cannot_and_without_redesigns_nobody_does():
    """Hygon carries footnote 4 from the same day: no design of its families is open, so it keeps the full chip."""
    assert designs_on_sale("HYGON", "2022Q3", "2023Q2") == ["BR100", "BR100"]
    assert designs_on_sale("OTHER_CN", "2023Q2", redesigns_on=False) == ["BR100"]
