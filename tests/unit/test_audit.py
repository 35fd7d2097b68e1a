"""Cause audit and mediation: on made pairs of a known regime, and on a regime that occurs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from made_results import made

from abm import compare, continuing
from abm.audit import CHANNELS, NO_REACTIONS, STATE_REACTIONS
from abm.backfire import Comparison
from abm.lineage import Lineage
from abm.results import UnknownNameError
from abm.scenario import Scenario
from abm.simulation import Ran, run_arms
from abm.vocabulary import MECHANISMS
from experiments import cli

HISTORY = Scenario.load("history")
QUARTERS = 52
US = np.linspace(50, 70, QUARTERS)


def arms(backfires):
    """Pairs that are a full backfire where asked, neutral elsewhere: lead lost, output induced, revenue lost."""
    hit = np.array(backfires)[:, None]
    runs = len(backfires)
    controls = made(runs, capability_us=US, capability_cn=US - 3.0 + 2.0 * hit, domestic_output=1.0 + hit,
                    us_vendor_revenue=100.0 - 10.0 * hit)  # fmt: skip
    free = made(runs, capability_us=US, capability_cn=US - 3.0, domestic_output=1.0, us_vendor_revenue=100.0)
    return [controls, free]


@pytest.fixture
def comparison():
    """Six pairs, of which the first four are a full backfire."""
    made_arms = arms([1, 1, 1, 1, 0, 0])
    for one in made_arms:
        object.__setattr__(one, "lineage", Lineage(((0, HISTORY),)))
    return Comparison(*made_arms)


def test_channels_are_mechanisms_of_the_model():
    assert set(CHANNELS) | set(STATE_REACTIONS) <= set(MECHANISMS)
    assert {"hazard", "full_stack", "learning_by_doing", "network_effects", "shortage_to_research"} <= set(CHANNELS)
    assert "chinas_steps" in STATE_REACTIONS


def test_an_audit_of_made_pairs(comparison, monkeypatch):
    """Learning by doing alone takes two of four out, states take out all but one; only that one emerges."""
    asked = []

    def again(courses, request, steps):
        off = [set(arm.off) for course in courses for _, arm in course]
        asked.append((off, request.worlds.tolist(), list(steps)))
        assert off[0] == off[1], "off in both arms"
        stays = {"learning_by_doing": [1, 1, 0, 0]}.get(next(iter(off[0])), [1, 1, 1, 1])
        return Ran(arms([0, 0, 0, 1] if set(STATE_REACTIONS) <= off[0] else stays), [{}])

    monkeypatch.setattr(continuing, "run_courses", again)
    monkeypatch.setattr(continuing, "CHANNELS", ("learning_by_doing", "hazard"))
    seen = []
    found = comparison.audit(2028, progress=lambda done, total: seen.append((done, total)))
    assert [(row.channel, row.stay) for row in found.rows] == [
        ("learning_by_doing", 2), ("hazard", 4), (NO_REACTIONS, 1),
    ]  # fmt: skip
    assert all(worlds == [0, 1, 2, 3] and steps == [] for _, worlds, steps in asked), "only the pairs of the regime"
    assert seen[-1] == (3, 3)
    assert (found.runs, found.pairs) == (6, 4)
    assert found.rows[1].share == 1.0
    told = (
        "'full backfire' in 4 pairs",
        "of 6 pairs",
        "2028Q4",
        "freeze_abs after the script",
        "parameters drawn from 'posterior'",
        "emerges in 1 of them (25 %",
        "rests most on learning_by_doing: without it 2 stay",
    )
    for words in told:
        assert words in found.sentence


def test_without_survivors_nothing_emerges(comparison, monkeypatch):
    monkeypatch.setattr(continuing, "run_courses", lambda *_: Ran(arms([0, 0, 0, 0]), [{}]))
    assert "emerges in none of them" in comparison.audit(2028).sentence


def test_without_pairs_there_is_nothing_to_audit(comparison, monkeypatch):
    monkeypatch.setattr(continuing, "run_courses", lambda *_: pytest.fail("nothing needs to run"))
    found = comparison.audit(2030, "win-win for the controller")
    assert found.rows == ()
    assert found.sentence.startswith("No pair is in 'win-win for the controller' (0 % (0-")
    assert "2030Q4" in found.sentence
    assert "emerges" not in found.sentence
    with pytest.raises(UnknownNameError, match="nearest valid name: 'full backfire'"):
        comparison.audit(2028, "full backfires")


# --- the model --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair():
    """History against none_0 with leverage at 2028."""
    return compare(HISTORY, runs=16, seed=2, leverage=(2028,))


def test_an_audit_of_a_regime_that_occurs(pair):
    table = pair.regimes(2028)
    top = max(table.rows, key=lambda row: row.probability).regime
    found = pair.audit(2028, top)
    assert found.pairs == round(found.probability * found.runs) > 0
    assert [row.channel for row in found.rows] == [*CHANNELS, NO_REACTIONS]
    assert all(0 <= row.stay <= found.pairs and row.low <= row.share <= row.high for row in found.rows)
    assert "measured at 2028Q4" in found.decoupling_rests_on
    by_hand = [arm.without("hazard") for arm in (HISTORY, HISTORY.counterfactual("none_0"))]
    whole = Comparison(*run_arms(by_hand, 16, 2)).with_leverage((2028,)).regimes(2028).codes
    stayed = int(np.sum((table.codes == table.names.index(top)) & (whole == table.names.index(top))))
    assert found.rows[[row.channel for row in found.rows].index("hazard")].stay == stayed


def test_mediation_adds_up_and_is_policy_answering_policy(pair):
    found = pair.mediation(2032)
    for row in found.rows:
        assert row.total[0] == pytest.approx(row.direct[0] + row.mediated[0])
        assert row.mediated[1] <= row.mediated[0] <= row.mediated[2]
    assert found["us_revenue_china"].mediated[2] < 0.0, "China's steps cost US vendors revenue"
    assert found["self_reliance"].mediated[1] > 0.0, "and raise its self-reliance"
    calm = HISTORY.without(*STATE_REACTIONS)
    none = Comparison(*run_arms([calm, HISTORY.counterfactual("none_0")], 16, 2)).mediation(2032)
    assert all(abs(row.mediated[0]) == 0.0 for row in none.rows), "nothing is mediated where nobody reacts"


# --- command line -----------------------------------------------------------------------------------------------------


def test_the_command_tells_sentence_table_and_mediation(capsys):
    words = ["audit", "--runs", "8", "--regime", "contained at a cost", "--horizon", "2026", "--seed", "2"]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert "contained at a cost" in printed
    assert "through reactions" in printed
    assert cli.main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["audit"]["regime"] == "contained at a cost"
    assert len(found["mediation"]["rows"]) == 6


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["--regime", "full backfires"], "nearest valid name: 'full backfire'"),
        (["--horizon", "soon"], "neither a year"),
        (["--against", "none0"], "did you mean 'none_0'"),
        (["histroy"], "did you mean 'history'"),
    ],
)
def test_bad_words_are_named_before_anything_runs(words, needed, capsys):
    assert cli.main(["audit", *words]) == 2
    captured = capsys.readouterr()
    assert needed in captured.err
    assert captured.err.count("\n") == 1
