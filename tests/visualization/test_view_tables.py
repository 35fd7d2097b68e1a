"""Verdict, tornado, triangle and timeline as plain values: the numbers of the comparison, N and intervals with them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import ttest_ind

import abm
from abm.regimes import NAMES
from abm.weights import AIMS
from experiments.figures import REGIME_COLOURS
from visualization.instruments import check_change, editable
from visualization.parts.policy import changes_of
from visualization.session import Session
from visualization.tables import (
    FEWEST_POINTS,
    PAIN,
    REGIMES,
    SHOWN,
    STEPS,
    ternary_table,
    tornado_table,
    triangle,
    verdict_table,
)
from visualization.timeline import ROWS, timeline_rows


@pytest.fixture(scope="module")
def pair():
    return abm.compare("history", runs=30, seed=1, replications=1)


def test_regimes_have_the_colours_of_the_static_figures_and_a_meaning():
    assert sorted(REGIMES) == sorted(NAMES)
    assert {name: colour for name, (colour, _) in REGIMES.items()} == dict(REGIME_COLOURS)
    assert list(REGIMES) == list(REGIME_COLOURS), "from good for the controller to bad"
    assert len({text for _, text in REGIMES.values()}) == len(REGIMES)


def test_the_verdict_is_that_of_the_comparison(pair):
    table = json.loads(json.dumps(verdict_table(pair)))
    assert [one["year"] for one in table["horizons"]] == ["2026", "2028", "2030", "2032"]
    for one in table["horizons"]:
        known = pair.regimes(one["quarter"])
        assert one["runs"] == known.runs
        assert one["points"] == known.points
        for regime, (probability, low, high) in zip(table["regimes"], one["rows"], strict=True):
            row = known[regime["name"]]
            assert (probability, low, high) == pytest.approx((row.probability, row.low, row.high), abs=1e-4)
        assert sum(row[0] for row in one["rows"]) == pytest.approx(1.0, abs=1e-3)


def test_a_tornado_holds_means_by_fifths_the_strongest_first(pair):
    table = tornado_table(pair, 2028, "lead")
    assert (table["points"], table["runs"], table["unit"]) == (30, 30, "months")
    assert len(table["rows"]) == SHOWN
    spans = [abs(row["high"] - row["low"]) for row in table["rows"]]
    assert spans == sorted(spans, reverse=True)
    effect = pair.effects(2028)["lead"].values
    row = table["rows"][0]
    at = pair.controls.parameters[row["name"]]
    low, high = np.quantile(at, [0.2, 0.8])
    assert row["low"] == pytest.approx(effect[at <= low].mean(), abs=1e-4)
    assert row["high"] == pytest.approx(effect[at >= high].mean(), abs=1e-4)
    assert table["middle"] == pytest.approx(effect.mean(), abs=1e-4)
    assert row["error"] > 0.0


def test_differences_have_welchs_interval_and_are_sure_only_beyond_chance_among_all(pair):
    table, effect = tornado_table(pair, 2028, "lead"), pair.effects(2028)["lead"].values
    for row in table["rows"]:
        at = pair.controls.parameters[row["name"]]
        low, high = np.quantile(at, [0.2, 0.8])
        known = ttest_ind(effect[at >= high], effect[at <= low], equal_var=False)
        ends = known.confidence_interval(0.9)
        assert row["error"] == pytest.approx((ends.high - ends.low) / 2, abs=1e-3)
        assert row["sure"] == (known.pvalue < 1.0 - 0.9 ** (1.0 / table["varied"]))
    assert table["varied"] > 100


def test_a_tornado_can_be_about_a_regime(pair):
    table = tornado_table(pair, 2030, "bite with decoupling")
    assert table["unit"] == "%"
    assert table["middle"] == pytest.approx(100.0 * pair.regimes(2030)["bite with decoupling"].probability, abs=1e-3)
    with pytest.raises(KeyError, match="nearest valid name: 'lead'"):
        tornado_table(pair, 2028, "leed")


def test_few_points_give_no_tornado():
    few = tornado_table(abm.compare("history", runs=4, seed=1, replications=1), 2028)
    assert few["rows"] == []
    assert few["points"] < few["needed"] == FEWEST_POINTS


def test_the_triangle_holds_the_share_of_pairs_in_which_the_controls_lose(pair):
    table = json.loads(json.dumps(ternary_table(pair, 2028)))
    net = pair.net_strategic_effect(2028)
    weights = triangle(STEPS)
    assert table["aims"] == list(AIMS[:3])
    assert len(table["shares"]) == len(PAIN)
    for pain, shares in zip(PAIN, table["shares"], strict=True):
        assert len(shares) == len(weights) == (STEPS + 1) * (STEPS + 2) // 2
        for place in (0, 57, len(weights) - 1):
            full = np.append(weights[place] * (1.0 - pain), pain)
            assert shares[place] == pytest.approx(np.mean(net.scores @ full < 0.0), abs=1e-3)
    assert table["runs"] == 30


def test_weights_of_the_triangle_add_up_to_one():
    found = triangle(STEPS)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(found)))
    assert len({tuple(row) for row in found}) == len(found)
    assert list(found[0]) == [0.0, 0.0, 1.0]
    assert list(found[-1]) == [1.0, 0.0, 0.0]


def test_the_timeline_has_a_row_for_every_rule_that_can_be_changed():
    rows = json.loads(json.dumps(timeline_rows("history")))
    law = abm.Scenario.load("history").law
    assert {row["id"] for row in rows} == {one.id for one in editable()} & set(law.ids)
    order = list(ROWS.values())
    assert [order.index(row["group"]) for row in rows] == sorted(order.index(row["group"]) for row in rows)
    assert all(row["title"] and row["citation"] for row in rows)
    assert timeline_rows("none_0") == []


def test_changes_of_the_editor_are_changes_that_the_law_takes():
    rows = timeline_rows("history")
    policy = {rows[0]["id"]: {"start": "2023Q1", "severity": 0.5}, rows[1]["id"]: {"off": True}}
    for name, change in changes_of(policy).items():
        check_change(name, change)
    assert Session(law=changes_of(policy)).law[rows[0]["id"]].start == "2023Q1"
