"""The table of decisions: scripted steps, reviews of the US with what they saw, allies that move."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic_pairs import results

from abm.scenario import Scenario
from abm.series import at
from abm.storage import ResultsError


@pytest.fixture
def found():
    """One tightening with two quarters' notice and an ally that follows, in world 3 alone."""
    made = results(Scenario.load("script_then_rule"), runs=4)
    for name in ("us_review", "us_decision", "us_notice", "us_tier_shift"):
        made.record[at(name)] = 0.0
    for name in ("us_threshold_ratio", "alignment_nl", "alignment_jp"):
        made.record[at(name)] = 0.8
    step = 28
    for name, value in (("us_review", 1.0), ("us_decision", 1.0), ("us_notice", 2.0), ("us_lead_seen", 9.5)):
        made.record[at(name), step, 3] = value
    made.record[at("us_threshold_ratio"), step + 2 :, 3] = 0.62
    made.record[at("us_tier_shift"), step + 2 :, 3] = 0.1
    made.record[at("alignment_nl"), step + 1 :, 3] = 0.87
    made.record[at("us_review"), step + 4, 3] = 1.0
    made.manifest["scenario"] = {"script": [["2022Q4", "US", "us_2022_10_advanced_computing"]]}
    return made


def test_who_changed_what_when_and_what_they_saw(found):
    table = found.decisions(3)
    assert [(row.quarter, row.regulator) for row in table] == [
        ("2022Q4", "US"), ("2027Q1", "US"), ("2027Q2", "NL"), ("2028Q1", "US"),
    ]  # fmt: skip
    scripted, tightens, follows, holds = table
    assert scripted.reasons == "script"
    assert tightens.change == "tightens, binds 2027Q3: threshold at 0.62 of the best line, tiers +0.10"
    assert tightens.seeing["lead in months"] == 9.5
    assert follows.change == "follows the US more: 0.80 to 0.87"
    assert follows.seeing == {"last US step": 1.0}
    assert holds.change == "holds"
    assert table.by("NL") == (follows,)
    assert len(str(table).splitlines()) == 5


def test_a_run_without_decisions_shows_the_script_alone(found):
    assert [row.change for row in found.decisions(0)] == ["us_2022_10_advanced_computing takes effect"]


def test_an_unknown_run_is_refused_in_one_line(found):
    with pytest.raises(ResultsError, match=r"decisions: key 'run': there is no run 9; worlds here are 0 to 3"):
        found.decisions(9)


def test_what_binds_after_the_end_says_so(found):
    found.record[at("us_review"), 51, 0] = 1.0
    found.record[at("us_decision"), 51, 0] = -1.0
    found.record[at("us_notice"), 51, 0] = 2.0
    assert found.decisions(0)[-1].change == "loosens, binds after the end"
    assert np.isfinite(found.decisions(0)[-1].seeing["score"])
