"""The order of firms in the world file is a matter of taste: results follow their firm to 1e-9 (MODEL section 7)."""

from __future__ import annotations

import re

import market
import numpy as np
import pytest

from abm.scenario import Scenario
from abm.series import SERIES
from abm.simulation import Builder, prepare
from abm.worldfile import DEFAULT_WORLD

QUIET = {"demand_shock_firm": 0.0, "idea_shock": 0.0, "porting_shock": 0.0}
"""Shocks of firms are drawn by place in the file, so they are off here."""
LENGTH = 24
"""Quarters, to the end of 2025: rules, redesigns and shortage are all behind by then."""


def permuted(folder, order):
    """A world file with its firms in another order."""
    text = DEFAULT_WORLD.read_text(encoding="utf-8")
    start = text.index("[[ai_firm]]")
    end = text.index("# reference_share:")
    blocks = re.split(r"(?=^\[\[ai_firm\]\])", text[start:end], flags=re.MULTILINE)[1:]
    path = folder / "permuted.toml"
    path.write_text(text[:start] + "".join(blocks[place].rstrip() + "\n" for place in order) + "\n" + text[end:])
    return path, len(blocks)


def simulated(world_path, point):
    """Records of the pair history and none_0, without shocks of firms."""
    arms = [
        Scenario.load(name).with_beliefs("prior").with_point(point).with_parameters(**QUIET)
        for name in ("history", "none_0")
    ]
    plan = prepare(arms, world=world_path)
    world = Builder(plan, arms, 3, 1).fill(np.arange(2)).world
    market.advance(world, 0, LENGTH)
    return world, [firm.id for firm in plan.world.firms]


def order_of(name, count):
    places = np.arange(count)
    return {"backwards": places[::-1], "shuffled": np.random.default_rng(2).permutation(count)}[name]


@pytest.mark.parametrize("point", [True, False])
@pytest.mark.parametrize("name", ["backwards", "shuffled"])
def test_permuting_firms_permutes_results(tmp_path, name, point):
    usual, firms = simulated(None, point)
    path, count = permuted(tmp_path, order_of(name, len(firms)))
    other, moved = simulated(path, point)
    assert count == len(firms)
    assert moved != firms
    assert sorted(moved) == sorted(firms)
    place = [moved.index(firm) for firm in firms]
    left, right = usual.firm_record[:, :LENGTH], other.firm_record[:, :LENGTH, place]
    assert np.allclose(left, right, rtol=1e-9, atol=1e-9), "series by firm"
    wrong = []
    for row, series in enumerate(SERIES):
        one, two = usual.record[row, :LENGTH], other.record[row, :LENGTH]
        if np.abs(one - two).max() > 1e-9 * max(np.abs(one).max(), 1e-3):  # profits are small differences
            wrong.append(series.name)
    assert wrong == []
