"""States explain what they saw and what they set: the numbers are those of the run."""

from __future__ import annotations

import pytest

from abm.explanation import explain
from abm.scenario import Scenario

RESPONSES = {
    "subsidy_response": 2.0, "mandate_response": 0.8, "gate_response": 1.2, "counter_control_response": 0.6,
    "mobilisation_cn": 0.2, "mobilisation_us": 0.3, "us_target_lead": 24.0, "readiness_threshold": 0.05,
}  # fmt: skip


@pytest.fixture(scope="module")
def told():
    """China in the first quarter after the script, every answer on, the gate by rule."""
    scenario = Scenario.load("history").with_point(True).with_china_gate("rule").with_parameters(**RESPONSES)
    return explain("CN_GOV", "2026Q4", scenario)


def words(told):
    return " ".join(" ".join(told.lines).split())


def test_china_says_what_it_saw_set_and_paid(told):
    text, case = words(told), told.case
    assert {"Saw", "Sets", "In"} <= {line.split()[0] for line in told.lines if not line.startswith(" ")}
    assert f"readiness of its chip makers {case.after('readiness'):.3g}" in text
    assert f"subsidies of {case.after('subsidy'):.3g} set aside" in text
    assert f"minerals withheld {100 * case.after('counter_control'):.0f} %" in text
    assert "mandate and counter-controls answer by rule, gate: rule after it" in text
    assert f"AI firms get {case.after('mobilised', 0):.3g} of public money" in text
    assert "state_answer" in text
    assert case.after("counter_control") > 0.0


def test_its_decisions_are_those_of_the_rules_and_no_other_state_is_among_them(told):
    results = {call.rule: call.result for call in told.calls if call.phase == "react"}
    assert results["public_money"] == told.case.after("mobilised", 0)
    assert results["readiness_effect"] > 0.0
    assert {call.place.get("bloc", 0) for call in told.calls if call.phase == "react"} == {0}
    decisions = told.as_dict()["decisions"]
    answers = [one for one in decisions if one["rule"] == "state_answer"]
    assert len(answers) == 3, "mandate, gate, counter-controls"
    assert all("stringency_smooth" in one["arguments"]["stringency"]["state"] for one in answers)


def test_the_us_says_which_lead_it_saw_and_others_say_nothing_of_it():
    scenario = Scenario.load("history").with_point(True).with_parameters(**RESPONSES)
    american = explain("US_BIS", "2020Q3", scenario)
    assert f"a lead of {american.case.before('lead'):.3g} months" in words(american)
    assert american.case.after("mobilised", 1) > 0.0
    assert "public_money" in {call.rule for call in american.calls}
    dutch = explain("NL_GOV", "2020Q3", scenario)
    assert "Saw" not in words(dutch)
    assert "public_money" not in {call.rule for call in dutch.calls}
