"""Demonstrations of MODEL 11, each against its ablation: directions, never magnitudes.

128 worlds, 64 parameter points drawn from the priors with 2 replications each, seed 1. A direction holds if it does in
at least three quarters of the worlds; docs/demonstrations.md has the numbers, those that do not hold too.
"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import pytest

from experiments import demonstrations as demonstrations_module
from experiments.demonstrations import Demonstration, Ensemble, Row, run_ensemble
from experiments.further import every

pytestmark = pytest.mark.slow

SHOWN = (
    "Surge before a rule", "Trough in the quarter of a rule", "Redesign, cat and mouse", "Hysteresis of software",
    "Hysteresis of purchases", "Grey premium", "Bloc assortativity", "Threats alone",
    "Compute share falls while the lag holds", "Ecosystem tipping", "Distillation",
)  # fmt: skip
OPEN = ("Rationing: listed firms", "Rationing: small private firms", "Heterogeneity matters")
"""What the page may also find not shown; then it must say why."""


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return run_ensemble()


@pytest.fixture(scope="module")
def found(ensemble) -> dict[str, Demonstration]:
    return {one.name: one for one in every(ensemble)}


def rows(one: Demonstration) -> dict[str, Row]:
    return {row.label: row for row in one.rows}


def test_every_demonstration_is_one_of_those_expected(found):
    assert set(found) == {*SHOWN, *OPEN}
    assert all(math.isfinite(row.median) for one in found.values() for row in one.rows)


@pytest.mark.parametrize("name", SHOWN)
def test_the_direction_holds_in_most_worlds(found, name):
    assert found[name].shown, f"{found[name].share:.2f} of worlds: {found[name].rows}"


@pytest.mark.parametrize("name", OPEN)
def test_what_is_not_shown_says_why(found, name):
    assert found[name].shown or found[name].why


def test_the_page_shows_what_comes_out(found):
    root = Path(demonstrations_module.__file__).parents[1]
    spec = importlib.util.spec_from_file_location("demonstrations_page", root / "docs" / "demonstrations.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    text = "\n".join(page.lines(list(found.values()))) + "\n"
    assert page.PAGE.read_text(encoding="utf-8").startswith(text), "run docs/demonstrations.py"
    assert page.PICTURE.is_file()


def test_ablations_take_the_effect_away(found):
    """Medians: without the mechanism the effect is smaller or gone."""
    surge, depth = rows(found["Surge before a rule"]), rows(found["Trough in the quarter of a rule"])
    assert surge["history"].median > surge["no stockpiling"].median
    assert depth["history"].median < depth["none_0"].median
    threats = rows(found["Threats alone"])
    fixed = threats["the same with beliefs that do not move"].median
    assert threats["none_threat less none_0"].median > abs(fixed)
    lines = rows(found["Redesign, cat and mouse"])
    assert lines["no redesign: flagships in 2024, thousand"].high == 0.0
    grey = rows(found["Grey premium"])
    assert grey["no grey market: chips, thousand"].high == 0.0


def test_spill_overs_are_what_lets_the_lag_hold(found):
    lag = rows(found["Compute share falls while the lag holds"])
    assert lag["no spill-overs: growth of the lag, months"].median > lag["history: growth of the lag, months"].median
    assert lag["history: change of the share, percentage points"].high < 0.0


def test_priority_of_large_buyers_takes_from_the_small(found):
    small = rows(found["Rationing: small private firms"])
    assert small["history"].median < small["pro rata"].median


def test_equal_firms_change_more_regimes_than_luck_does(found):
    regimes = rows(found["Heterogeneity matters"])
    luck = regimes["another regime by luck alone, % of pairs of worlds of a point"].median
    assert regimes["another regime with equal firms, % of worlds"].median > luck


def test_the_graph_agrees_with_the_recorded_series(ensemble, found):
    """NetworkX on 16 worlds and the record of all: the same side of the comparison."""
    last = [ensemble.series(arm, "assortativity")[:, 19].mean() for arm in ("history", "none_0")]
    graph = rows(found["Bloc assortativity"])
    assert (last[0] > last[1]) == (graph["history"].median > graph["none_0"].median)
