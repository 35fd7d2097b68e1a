"""Policy search on made sweeps: what it finds, that it replays, what it refuses."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made import small

from abm.calendar import quarter_label
from abm.parameter_index import PARAMETERS
from abm.scenario import Scenario
from experiments.analysis import AnalysisError, Inputs, Table
from experiments.design import Factor
from experiments.objectives import best, load_objectives, means, regrets, unknown, unsatisfied
from experiments.policy_search import Search, Settings, undominated
from experiments.runfolder import plain

ROOT = Path(__file__).parents[2]
OBJECTIVES = load_objectives()


def study(**more):
    """Two levers over futures of one uncertainty."""
    factors = (
        Factor(PARAMETERS["enforcement"], "lever"),
        Factor(PARAMETERS["max_cover"], "lever"),
        Factor(PARAMETERS["learning_rate"]),
    )
    return small(8, 1, factors=factors, **more)


class MadeDriver:
    """Enforcement raises the lead and costs revenue; the other lever only costs."""

    def __init__(self, broken=lambda enforcement: False, stop_after=None):
        self.names, self.broken, self.left = [], broken, stop_after

    def table(self, design, name="sweep"):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
        self.names.append(name)
        shape = (design.worlds, len(design.arms), len(design.outcomes), len(design.horizons))
        values = np.ones(shape)
        future = design.values(np.arange(design.points))["learning_rate"]
        for place, arm in enumerate(design.arms[1:], start=1):
            effort, waste = arm.fixed.get("enforcement", 0.7), arm.fixed.get("max_cover", 5.0)
            lead = 10 * effort - waste + 20 * future
            values[:, place, design.outcomes.index("lead"), :] = np.nan if self.broken(effort) else lead[:, None]
            values[:, place, design.outcomes.index("us_revenue_present_value"), :] = np.exp(-effort)
        inputs = Inputs(
            "sobol", 8, 1, design.points, 1, tuple(arm.name for arm in design.arms), design.factors, design.outcomes,
            design.horizons, None, {}, {},
        )  # fmt: skip
        return Table(inputs, np.zeros(shape[:2], dtype=np.int8), values, design.hash)


def search(driver=None, robust="regret", **more):
    return Search(study(**more), driver or MadeDriver(), OBJECTIVES, Settings(6, 12, robust))


@pytest.mark.parametrize("robust", ["regret", "mean"])
def test_the_useless_lever_is_left_and_the_other_trades_off(robust):
    front = search(robust=robust).run()
    p = PARAMETERS["max_cover"]
    kept, tried = front.settings[front.pareto], front.settings
    assert np.nanmean(kept[:, 1]) < np.nanmean(tried[:, 1]) < p.high
    assert np.nanmax(kept[:, 0]) - np.nanmin(kept[:, 0]) > 0.3
    lead, revenue = (front.measures["mean"][front.pareto, k] for k in (0, 2))
    order = np.argsort(lead)
    assert np.all(np.diff(revenue[order]) <= 1e-12)


def test_a_search_replays_from_what_is_stored():
    """All designs of a second search are those of the first, in order; so a killed one goes on with the same result."""
    first, second = MadeDriver(), MadeDriver()
    one, two = search(first).run(), search(second).run()
    assert first.names == second.names
    assert len(set(first.names)) == 7
    assert plain(one.rows()) == plain(two.rows())
    cut = MadeDriver(stop_after=3)
    with pytest.raises(KeyboardInterrupt):
        search(cut).run()
    assert cut.names == first.names[:3]


def test_policies_share_their_worlds_with_the_arm_without_controls():
    driver = MadeDriver()
    made = search(driver)
    places = np.array([[0.1, 0.2], [0.9, 0.2]])
    values = made.evaluate(made.units(places))
    assert values.shape == (2, 8, len(OBJECTIVES))
    assert made.futures.factors[0].name == "learning_rate"
    gap = values[1, :, 0] - values[0, :, 0]
    p = PARAMETERS["enforcement"]
    np.testing.assert_allclose(gap, 10 * 0.8 * (p.high - p.low))


def test_a_policy_with_failed_futures_is_no_candidate():
    front = search(MadeDriver(broken=lambda effort: effort > 0.6), "mean").run()
    broken = np.nan_to_num(front.settings[:, 0], nan=0.7) > 0.6
    assert broken[:-1].any()
    assert not front.pareto[broken].any()
    assert front.pareto.any()
    rows = {row["policy"]: row for row in front.rows()}
    assert np.isnan(rows["enacted"]["lead_2028_mean"])


def test_measures_over_futures():
    values = np.array([[[1.0], [5.0], [np.nan]], [[3.0], [4.0], [2.0]]])
    np.testing.assert_array_equal(means(values)[:, 0], [3.0, 3.0])
    reference = best(values)
    np.testing.assert_array_equal(reference[:, 0], [3.0, 5.0, 2.0])
    np.testing.assert_array_equal(regrets(values, reference)[:, 0], [2.0, 1.0])
    np.testing.assert_array_equal(unsatisfied(values, np.array([2.5]))[:, 0], [0.5, 1 / 3])
    np.testing.assert_array_equal(unknown(values), [1 / 3, 0.0])


def test_undominated_rows():
    scores = np.array([[1.0, 4.0], [2.0, 2.0], [2.0, 3.0], [2.0, 2.0], [np.inf, np.inf]])
    assert undominated(scores).tolist() == [True, True, False, False, False]


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(AnalysisError, match=r"has no levers; name them under \[levers\]"):
        Search(small(), MadeDriver(), OBJECTIVES, Settings())
    with pytest.raises(AnalysisError, match="needs two arms"):
        Search(replace(study(), arms=(Scenario.load("history"),)), MadeDriver(), OBJECTIVES, Settings())
    with pytest.raises(AnalysisError, match="robust: must be one of"):
        search(robust="best")


LINES = '[a]\noutcome = "lead"\nhorizon = "2028"\nmeasure = "effect"\nwanted = "high"\nsatisfied = 1.0\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LINES.replace("lead", "leed"), r"key 'a.outcome': 'leed' is unknown.*'lead'"),
        (LINES.replace("wanted", "wantet"), r"unknown key 'a.wantet'.*'wanted'"),
        (LINES.replace('"effect"', '"effekt"'), r"key 'a.measure': .*effekt"),
        (LINES.replace("satisfied = 1.0\n", ""), r"key 'a.satisfied' is missing"),
        (LINES, r"holds 1 objectives; a trade-off needs at least two"),
    ],
)
def test_objectives_are_checked(text, said, tmp_path):
    file = tmp_path / "objectives.toml"
    file.write_text(text)
    with pytest.raises(AnalysisError, match=said) as raised:
        load_objectives(file)
    assert str(raised.value).startswith(str(file))


def test_shipped_objectives():
    assert [one.name for one in OBJECTIVES] == ["lead_2028", "lead_2032", "us_revenue", "smuggled_chips", "leverage"]
    assert [one.sign for one in OBJECTIVES] == [1.0, 1.0, 1.0, -1.0, 1.0]
    assert [one.unit for one in OBJECTIVES] == ["months", "months", "ln", "thousand chips", "share"]
    futures = search().futures
    assert futures.outcomes == ("lead", "us_revenue_present_value", "smuggled_year", "leverage")
    assert [quarter_label(step) for step in futures.leverage_steps] == ["2028Q4", "2031Q4"]


@pytest.mark.parametrize("others", ["prior", "posterior"])
def test_futures_without_uncertainties_are_drawn_as_the_study_draws(others, made_posterior):
    levers = study().factors[:2]
    made = Search(replace(study(others=others), factors=levers), MadeDriver(), OBJECTIVES, Settings())
    assert (made.futures.sampler, made.futures.drawn, made.futures.points) == (others, others, 8)
    assert {arm.beliefs for arm in made.futures.arms} == {others}
    with pytest.raises(AnalysisError, match=r"a single future; name \[uncertainties\]"):
        Search(replace(study(), factors=levers), MadeDriver(), OBJECTIVES, Settings())


def test_a_made_table_is_enough_for_an_objective():
    table = SimpleNamespace(
        inputs=SimpleNamespace(outcomes=("lead",), horizons=("2028",)),
        values=np.array([[[[5.0]], [[2.0]]]]), by_point=lambda values: values,
    )  # fmt: skip
    assert OBJECTIVES[0].values(table, 0, 1).tolist() == [3.0]


STUDY = """
arms = ["history", "none_0"]
[levers]
enforcement = [0.3, 0.95]
[design]
sampler = "sobol"
others = "prior"
points = 32
"""


def command(folder, out):
    file = folder / "levers.toml"
    file.write_text(STUDY)
    words = ["optimise", str(file), "--out", str(out), "--generations", "6", "--population", "8"]
    return subprocess.Popen([sys.executable, "-m", "experiments.cli", *words], cwd=ROOT, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_killed_search_ends_like_one_that_was_not(tmp_path):
    assert command(tmp_path, tmp_path / "whole").wait() == 0
    killed = command(tmp_path, tmp_path / "killed")
    deadline = time.monotonic() + 300
    while not list((tmp_path / "killed").rglob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(killed.pid, signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not (tmp_path / "killed" / "policies.csv").exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "killed").rglob("*.parquet")}
    assert command(tmp_path, tmp_path / "killed").wait() == 0
    for name in ("policies.csv", "pareto.csv", "pareto_set.png"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert kept
    assert all(path.stat().st_mtime_ns == written for path, written in kept.items())
