"""Explanations: the numbers are the engine's, the words name rule, terms and source, bad input is one clear line."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from abm.explanation import ExplainError, _calls, _explanation, _names, explain, explain_agent
from abm.link import link, rules_of
from abm.origins import origins, rule_source
from abm.quarter import quarters
from abm.recording import lane_of, record_quarter
from abm.rules.ai_firm import offer_value, utilisation
from abm.scenario import Scenario
from abm.simulation import Builder, prepare
from abm.state import FIELDS, World
from abm.view import RunView
from abm.vocabulary import SERVE, TRAIN
from experiments import cli

STEP = 14
"""2023Q3: letters have been announced, firms store, vendors redesign."""
MOST_LINES = 50


@pytest.fixture(scope="module")
def scenario():
    return Scenario.load("history").with_point(True)


@pytest.fixture(scope="module")
def before(scenario):
    """State of world 0 before 2023Q3, run in plain Python."""
    plan = prepare([scenario])
    start = Builder(plan, [scenario], 1, 8, 0).fill(np.array([0])).world
    link(quarters, sizes={"LANES": 1}, plain=True)(start, 0, STEP)
    return RunView(plan, start, 0, scenario, STEP)


@pytest.fixture(scope="module")
def recording(before):
    return record_quarter(before.world, STEP)


def firm(before, name):
    return before.names("firm").index(name)


# --- the numbers are the engine's -------------------------------------------------------------------------------------


def test_the_recorded_quarter_is_that_of_the_engine_bit_for_bit(before, recording):
    alone = lane_of(before.world, 0)
    link(quarters, sizes={"LANES": 1}, plain=True)(alone, STEP, STEP + 1)
    differ = [
        name for name, mine, other in zip(World._fields, recording.after, alone, strict=True)
        if mine.tobytes() != other.tobytes()
    ]  # fmt: skip
    assert differ == []


def test_recording_leaves_the_state_before_as_it_was(before):
    kept = [array.tobytes() for array in before.world]
    record_quarter(before.world, STEP)
    assert [array.tobytes() for array in before.world] == kept


def test_results_of_rules_are_what_the_state_holds_after_the_quarter(before, recording):
    after, checked = recording.after, 0
    for place in range(len(before.names("firm"))):
        renewed = recording.before.replaced[place, 0]  # hosts buy anew what their tenants wore out
        assert recording.last("planned_budget", firm=place).result + renewed == after.budget[place, 0]
        assert recording.last("research_budget", firm=place).result == after.research_money[place, 0]
        hazard = recording.last("cutoff_hazard", firm=place)
        if hazard is not None:
            assert hazard.result == after.hazard[place, 0]
            assert hazard.arguments["hazard"] == recording.before.hazard[place, 0]
            checked += 1
    assert checked > 3


def test_every_call_gives_its_result_again(recording):
    assert all(call.instead() == call.result for call in recording.calls)


def test_the_risk_of_a_value_is_what_the_rule_itself_loses_by_fear(before, recording):
    call = recording.last("offer_value", firm=firm(before, "TENCENT"), offer=1, workload=TRAIN)
    risk = call.result - call.instead(hazard=0.0)
    assert risk == pytest.approx(-call.arguments["cutoff_aversion"] * call.arguments["hazard"])
    assert risk < 0.0


def test_orders_of_the_passes_end_in_deliveries(before, recording):
    """What a firm had on order in the first two passes covers what it paid for."""
    place = firm(before, "TENCENT")
    first = sum(float(one.sum()) for one in recording.orders[place][:2])
    assert len(recording.orders[place]) == 4
    assert 0.0 < recording.after.spent[place, 0] <= first + 1e-9


# --- for whom, and from where -----------------------------------------------------------------------------------------


def test_a_loop_that_is_over_leaves_nobody_behind(recording):
    """`expect` asks for firms, then vendors, then fabs; the last firm is not a place of the vendors' calls."""
    calls = recording.of("cutoff_hazard")
    asked = [("firm" in call.place, "vendor" in call.place) for call in calls]
    assert set(asked) == {(True, False), (False, True), (False, False)}
    assert asked[-1] == (False, False)
    assert all("workload" not in call.place for call in recording.of("stock_cover"))


def test_arguments_lead_back_to_parameters_and_state(before, recording):
    place = firm(before, "TENCENT")
    value = origins(recording.last("offer_value", firm=place, workload=TRAIN))
    assert value["sensitivity"].parameters == ("price_sensitivity",)
    assert value["performance"].state == ("performance",)
    assert "unit_cost" in value["cost"].state
    assert value["cost"].expression == "state.owning[side, offer, run] - saved"
    fear = origins(recording.last("cutoff_hazard", firm=place))
    assert set(fear["floor"].parameters) == {"hazard_floor", "hazard_floor_listed", "hazard_floor_huawei"}
    assert fear["signal"].state == ("signal",)
    for workload, name in ((TRAIN, "utilisation_train_unported"), (SERVE, "utilisation_serve_unported")):
        used = origins(recording.last("utilisation", firm=place, workload=workload))
        assert used["unported"].parameters == (name,)


def test_every_rule_names_a_section_of_the_model(recording):
    asked = {call.rule: call for call in recording.calls}
    assert len(asked) > 30
    assert [name for name, call in asked.items() if not rule_source(call).references] == []


# --- replaced rules ---------------------------------------------------------------------------------------------------


def dearer(performance, used, cost, reference, sensitivity, cutoff_aversion, hazard, favour):
    return offer_value(performance, used, 2.0 * cost, reference, sensitivity, cutoff_aversion, hazard, favour)


def test_a_replaced_rule_is_recorded_as_it_acts(before):
    found = record_quarter(before.world, STEP, {offer_value: dearer})
    call = found.last("offer_value", firm=firm(before, "TENCENT"))
    assert call.result == dearer(**call.arguments)
    assert call.replaced_by == f"{__name__}.dearer"
    assert found.last("utilisation").replaced_by is None


def test_a_scenario_with_rules_of_its_own_is_explained_with_them():
    told = explain("TENCENT", "2020Q2", Scenario.load("history").with_rules(offer_value=dearer).with_point(True))
    assert {call.replaced_by for call in told.calls if call.rule == "offer_value"} == {f"{__name__}.dearer"}


# --- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["firm", "vendor", "node", "regulator"])
def test_every_agent_of_a_kind_is_explained_in_few_lines(before, recording, kind):
    for place, name in enumerate(_names(before, kind)):
        if kind == "firm" and before.world.alive[STEP, place] == 0.0:
            continue
        text = str(_explanation(before, kind, place, recording)).splitlines()
        assert text[0].startswith(f"{name}, ")
        assert "2023Q3: history (freeze_abs), world 0, seed 1" in text[0]
        assert 4 <= len(text) <= MOST_LINES, name
        assert max(map(len, text)) <= 132, name
        assert not any(re.search(r"\b(nan|inf)\b", line) for line in text), name


def test_a_firm_tells_belief_budget_choice_market_stock_and_research(before, recording):
    place = firm(before, "TENCENT")
    told = _explanation(before, "firm", place, recording)
    labels = {line.split()[0] for line in told.lines if not line.startswith(" ")}
    assert {"Belief", "Budget", "Offer", "Choice", "Market", "Stock", "Research", "Outcome", "Rules"} <= labels
    text = " ".join(" ".join(told.lines).split())
    assert "a rule is announced that would take performance from lines on sale" in text
    assert "cutoff_hazard (MODEL R5)" in text
    assert "price_sensitivity" in text


def test_all_of_it_is_plain_values_with_units_and_sources(before, recording):
    found = _explanation(before, "firm", firm(before, "TENCENT"), recording).as_dict()
    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["state"]["hazard"]["unit"] == "1/quarter"
    assert again["state"]["mix"]["after"]["porting"] > 0.0
    assert set(again["state"]) == {name for name, one in FIELDS.items() if one.dims[0] == "firm" and "run" in one.dims}
    decision = next(one for one in again["decisions"] if one["rule"] == "offer_value")
    assert decision["for"]["firm"] == "TENCENT"
    assert decision["arguments"]["sensitivity"]["parameters"] == ["price_sensitivity"]
    assert again["parameters"]["price_sensitivity"]["source"]
    assert again["rules"]["stock_money"]["references"] == ["MODEL R9"]
    assert len(again["orders"]) == 4


def test_calls_of_an_agent_are_its_own(before, recording):
    names = before.names("firm")
    counted = 0
    for place, name in enumerate(names):
        told = SimpleNamespace(recording=recording, index=place, name=name, run=before)
        mine = _calls(told, "firm")
        assert all(call.place["firm"] == place for call in mine)
        counted += len(mine)
    assert counted == sum("firm" in call.place for call in recording.calls)
    assert utilisation in rules_of(quarters).values()


# --- bad input and the command ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "quarter", "line"),
    [
        ("TENCNT", "2020Q1", "no agent is called 'TENCNT'; nearest valid name: 'TENCENT'"),
        ("TENCENT", "2023", "quarter: '2023' is not a quarter such as 2022Q4"),
        ("TENCENT", "2040Q1", "quarter 2040Q1 lies outside the model, 2020Q1 to 2032Q4"),
        ("DEEPSEEK", "2021Q1", "DEEPSEEK does not exist in 2021Q1: the world has it from 2023Q2 to 2032Q4"),
    ],
)
def test_what_cannot_be_explained_is_one_clear_line(agent, quarter, line):
    with pytest.raises(ExplainError) as error:
        explain(agent, quarter)
    assert str(error.value).startswith(line)


def test_a_view_without_its_past_says_so(before):
    with pytest.raises(ExplainError, match=r"use abm\.explain"):
        explain_agent(before, "TENCENT")


def test_the_command_prints_text_or_json(capsys):
    assert cli.main(["explain", "tencent", "--quarter", "2020Q2", "--scenario", "none_0", "--world", "3"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("TENCENT, AI firm, 2020Q2: none_0 (freeze_abs), world 3, seed 1\n")
    assert cli.main(["explain", "TENCENT", "--quarter", "2020Q2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["agent"], found["kind"], found["run"]["world"]) == ("TENCENT", "firm", 0)
    assert cli.main(["explain", "TENCNT", "--quarter", "2020Q2"]) == cli.USAGE
    assert capsys.readouterr().err == "curbs: no agent is called 'TENCNT'; nearest valid name: 'TENCENT'\n"


def test_the_us_that_decides_by_rule_tells_score_options_and_choice():
    """The first review of `rule` in world 2 of the point: a hold."""
    told = explain("US", "2023Q1", Scenario.load("rule").with_point(True), world=2)
    text = str(told)
    assert told.agent == "US_BIS"
    for words in ("by rule: the script has ended", "score for tighter rules", "worth of the options", "it holds"):
        assert words in text
    decided = next(one for one in told.as_dict()["decisions"] if one["rule"] == "tightening_score")
    assert decided["arguments"]["security"]["parameters"] == ["us_weight_security"]
    assert "us_weight_security" in told.as_dict()["parameters"]


def test_an_ally_tells_why_it_follows():
    text = str(explain("NL", "2023Q1", Scenario.load("rule").with_point(True)))
    assert "moves to" in text
    assert "next_alignment (MODEL R3)" in text
    assert "by dated instruments" in str(explain("NL", "2020Q2"))
