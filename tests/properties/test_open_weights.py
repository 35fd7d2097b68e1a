"""Open weights teach both ways: a Chinese lead in open algorithms raises US ones as an American one raises China's."""

from __future__ import annotations

import market
import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.scenario import Scenario
from abm.vocabulary import CN, TRAIN, US

AT = quarter_index("2022Q1")
AHEAD = 6.0
"""ln by which the algorithms of one firm are put ahead: more than any gap between the blocs."""


@pytest.fixture(scope="module")
def start():
    """No controls, with spill-overs (lane 0) and without from the first quarter on (lane 1)."""
    usual = Scenario.load("none_0").with_beliefs("prior").with_point(True)
    builder = market.builder_of([usual, usual.without("knowledge_spillovers")], seed=5, replications=1)
    world = builder.fill(np.arange(2)).world
    market.advance(world, 0, AT)
    return builder, world


def gained(start, teacher):
    """What one quarter adds to all training algorithms because a firm was put ahead [firm, lane], and its place."""
    builder, world = start
    place = [firm.id for firm in builder.plan.world.firms].index(teacher)
    after = []
    for ahead in (0.0, AHEAD):
        twin = type(world)(*(array.copy() for array in world))
        twin.algorithm[place, TRAIN] += ahead
        market.advance(twin, AT, AT + 1)
        after.append(twin.algorithm[:, TRAIN].copy())
    return after[1] - after[0], place


@pytest.mark.parametrize(("teacher", "learners"), [("ALIBABA", US), ("META", CN)])
def test_a_lead_in_open_algorithms_raises_those_of_the_other_bloc(start, teacher, learners):
    difference, place = gained(start, teacher)
    world = start[1]
    there = (world.bloc == learners) & (world.alive[AT] > 0.0)
    assert world.open_weights[place] > 0.0
    assert there.sum() >= 3
    assert difference[there, 0].min() > 0.1, "every firm of the other bloc learns"
    assert np.all(difference[there, 1] == 0.0), "without spill-overs nobody does"


def test_a_closed_lead_teaches_less(start):
    """The same lead of Tencent, which is closed: `closed_access` of what Alibaba's gives, at most."""
    american = start[1].bloc == US
    opened, closed = (gained(start, teacher)[0][american, 0] for teacher in ("ALIBABA", "TENCENT"))
    assert np.all(closed < opened)
    assert closed.max() > 0.0
