"""Leverage as an outcome of sweeps: levels of every arm, the bits of all else, regimes as a comparison names them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made import small

from abm import simulation
from abm.branching import EMBARGOES
from abm.scenario import Scenario
from abm.simulation import compare
from experiments.analysis import EFFECT, Output, read_table
from experiments.design import LEVERAGE, Design
from experiments.evaluate import OK, evaluate
from experiments.pools import ThreadPool
from experiments.runner import Runner
from experiments.store import Store

OUTCOMES = ("lead", "domestic_output_year", LEVERAGE, "us_revenue_present_value")
HORIZONS = ("2026", "2031", "2032")


def drawn(points=12, names=("history", "none_0"), **more):
    """Points from the priors with two worlds each."""
    arms = tuple(Scenario.load(name) for name in names)
    given = {"outcomes": OUTCOMES, "horizons": HORIZONS, "replications": 2, "seed": 5, **more}
    return Design("drawn", arms, "prior", points, **given)


def by_outcome(design, rows):
    """Values as (world, arm, outcome, horizon)."""
    return rows.values.reshape(-1, len(design.arms), len(design.outcomes), len(design.horizons))


@pytest.fixture(scope="module")
def whole():
    """A design of three arms, an odd number, and its rows."""
    design = drawn(names=("history", "none_0", "tight"))
    return design, evaluate(design, 0, design.runs)


def test_leverage_changes_no_bit_of_any_other_outcome(whole):
    design, rows = whole
    bare = replace(design, outcomes=tuple(name for name in OUTCOMES if name != LEVERAGE))
    assert (design.leverage_steps, bare.leverage_steps) == ((27, 47), ())
    plain, place = evaluate(bare, 0, bare.runs), OUTCOMES.index(LEVERAGE)
    with_it = np.delete(by_outcome(design, rows), place, axis=2)
    assert with_it.tobytes() == by_outcome(bare, plain).tobytes()
    assert rows.status.tolist() == plain.status.tolist() == [OK] * design.runs


def test_a_world_alone_has_the_bits_of_a_batch(whole):
    design, rows = whole
    for world in (0, 7, design.worlds - 1):
        lo, hi = 3 * world, 3 * world + 3
        assert evaluate(design, lo, hi).values.tobytes() == rows.values[lo:hi].tobytes()


def test_an_arm_has_its_level_whatever_stands_beside_it(whole):
    design, rows = whole
    levels = by_outcome(design, rows)[:, :, OUTCOMES.index(LEVERAGE)]
    assert np.isfinite(levels).all()
    assert (levels < 1.0).all()
    for place, arm in enumerate(design.arms):
        alone = replace(design, arms=(arm,), outcomes=(LEVERAGE,))
        assert evaluate(alone, 0, alone.runs).values.tobytes() == levels[:, place].tobytes()


def test_2031_and_2032_share_the_last_quarter_with_a_year_behind_it(whole):
    levels = by_outcome(*whole)[:, :, OUTCOMES.index(LEVERAGE)]
    assert (levels[..., 1] == levels[..., 2]).all()
    assert (levels[..., 0] != levels[..., 1]).any()


def test_levels_and_regimes_are_those_of_a_comparison(tmp_path):
    design = drawn(60)
    store = Store.begin(tmp_path / "s", design, 40)
    assert Runner(design, store, ThreadPool(design, 2)).run()
    history = Scenario.load("history").with_beliefs("prior")
    table, pair = read_table(store), compare(history, runs=120, seed=5, replications=2, leverage=HORIZONS)
    moved = 0
    for horizon in HORIZONS:
        measured = pair.leverage(horizon)
        for arm, level in zip(("history", "none_0"), measured.level(), strict=True):
            np.testing.assert_array_equal(table.output(Output(LEVERAGE, arm, horizon)), level)
        np.testing.assert_array_equal(table.output(Output(LEVERAGE, EFFECT, horizon)), measured.change())
        codes = pair.regimes(horizon).codes
        assert table.regimes(horizon).tolist() == codes.tolist()
        assert measured.quarter in table.decoupling_rests_on(horizon)
        moved += int((replace(pair, measured={}).regimes(horizon).codes != codes).sum())
    assert moved > 0


def test_a_stopped_sweep_ends_like_one_that_was_not(tmp_path):
    design = drawn(8, outcomes=(LEVERAGE,), horizons=("2028",))
    once = Store.begin(tmp_path / "once", design, design.runs)
    assert Runner(design, once, ThreadPool(design, 1)).run()
    again = Store.begin(tmp_path / "again", design, 8)
    assert not Runner(design, again, ThreadPool(design, 1), limit=0.0).run()
    assert Runner(design, again, ThreadPool(design, 2)).run()
    assert again.verify()["fingerprint"] == once.verify()["fingerprint"]


@pytest.mark.parametrize("branch", range(len(EMBARGOES)))
def test_a_branch_that_fails_costs_the_level_of_its_arm_alone(monkeypatch, branch):
    design = small(4, 1, outcomes=(LEVERAGE, "lead"), horizons=("2028",))
    expected, true = evaluate(design, 0, design.runs), simulation.run_tree

    def one_fails(tree, request):
        found = true(tree, request)
        found[1 + branch].measured[1]["failed_quarter"][2] = 38
        return found

    monkeypatch.setattr("abm.simulation.run_tree", one_fails)
    rows = evaluate(design, 0, design.runs)
    lost = np.zeros_like(rows.values, dtype=bool)
    lost[2 * 2 + 1, 0] = True
    assert np.isnan(rows.values[lost]).all()
    assert (rows.values[~lost] == expected.values[~lost]).all()
    assert rows.status.tolist() == expected.status.tolist()


def test_a_failed_run_has_no_level(monkeypatch):
    design, true = small(4, 1, outcomes=(LEVERAGE,), horizons=("2028",)), simulation.run_tree

    def one_fails(tree, request):
        found = true(tree, request)
        found[0].results[0].failed_quarter[1] = 50
        return found

    monkeypatch.setattr("abm.simulation.run_tree", one_fails)
    rows = evaluate(design, 0, design.runs)
    assert np.flatnonzero(np.isnan(rows.values[:, 0])).tolist() == np.flatnonzero(rows.status != OK).tolist() == [2]
