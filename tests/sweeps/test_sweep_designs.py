"""Designs: tables that are functions, what they refuse, what their hash covers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made import small
from scipy.stats import qmc

from abm import beliefs
from abm.parameter_index import PARAMETERS
from abm.parameters import draw
from abm.scenario import Scenario
from experiments.design import Design, Factor, _tokens
from experiments.sampling import SAMPLERS, DesignError, block_length, blocks

POINTS = np.arange(30)


def table(design, lo, hi):
    rows = design.rows(lo, hi)
    return {name: column.tolist() for name, column in rows.items()}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_any_slice_of_the_table_alone_is_the_same(sampler):
    design = small(8, sampler=sampler)
    whole = table(design, 0, design.runs)
    for lo, hi in ((0, 3), (5, 17), (design.runs - 2, design.runs)):
        assert table(design, lo, hi) == {name: column[lo:hi] for name, column in whole.items()}


def test_run_id_is_point_replication_arm():
    rows = small(3, 2).rows(0, 12)
    assert rows["point"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert rows["replication"].tolist() == [0, 0, 1, 1] * 3
    assert rows["arm"].tolist() == ["history", "none_0"] * 6


def test_values_lie_between_their_bounds_and_follow_their_prior():
    design = small(256)
    values = design.values(np.arange(256))
    p = PARAMETERS["learning_rate"]
    assert p.low <= values["learning_rate"].min()
    assert values["learning_rate"].max() <= p.high
    # Sobol' points fill the range evenly: the mean of a uniform prior is met to 1 % of its width
    assert values["learning_rate"].mean() == pytest.approx((p.low + p.high) / 2, abs=0.01 * (p.high - p.low))


def test_hypercube_has_one_point_in_each_row_of_each_factor():
    unit = np.sort(small(16, sampler="lhs").values(np.arange(16))["enforcement"])
    p = PARAMETERS["enforcement"]
    assert np.floor((unit - p.low) / (p.high - p.low) * 16).tolist() == list(range(16))


def test_grid_has_every_combination_once():
    factors = (Factor(PARAMETERS["learning_rate"], levels=3), Factor(PARAMETERS["enforcement"], levels=4))
    design = small(sampler="grid", factors=factors)
    values = design.values(np.arange(design.points))
    assert design.points == 12
    assert len(set(zip(values["learning_rate"].tolist(), values["enforcement"].tolist(), strict=True))) == 12


def test_blocks_change_one_factor_at_a_time():
    size = 3
    rows = blocks(size, True, 7, 0, 2 * block_length(size, True)).reshape(2, -1, size)
    for a, b, *mixed in rows:
        for factor, row in enumerate(mixed):
            expected = a.copy()
            expected[factor] = b[factor]
            assert row.tolist() == expected.tolist()
    assert np.all((rows >= 0) & (rows < 1))


def test_sobol_points_are_those_of_scipy():
    ours = small(8).values(np.arange(8))["learning_rate"]
    p = PARAMETERS["learning_rate"]
    assert ours == pytest.approx(p.low + qmc.Sobol(2, rng=1).random(8)[:, 0] * (p.high - p.low), rel=1e-15)


def test_parameters_drawn_by_the_model_are_in_the_table():
    design = small(6, sampler="prior", factors=())
    rows = design.rows(0, design.runs)
    expected = draw(PARAMETERS, 1, range(6))["price_sensitivity"]
    assert rows["price_sensitivity"][::4].tolist() == expected.tolist()
    assert "hazard_step" not in rows  # fixed parameters are no columns


@pytest.mark.parametrize("change", [{"others": "prior"}, {"sampler": "prior", "factors": ()}])
def test_drawn_from_the_priors_whatever_the_scenarios_believe(change):
    arms = tuple(Scenario.load(name).with_beliefs("hawk").with_point(True) for name in ("history", "none_0"))
    design = small(6, arms=arms, **change)
    assert {(arm.beliefs, arm.point) for arm in design.arms} == {("prior", False)}
    assert design.hash == small(6, **change).hash
    expected = draw(PARAMETERS, 1, range(6))
    varied = {factor.name for factor in design.factors}
    for name in ("cross_bloc_access_loss", "price_sensitivity"):
        assert name not in varied
        assert design.rows(0, design.runs)[name][::4].tolist() == expected[name].tolist()


def test_others_are_held_at_the_centre_of_what_the_scenarios_believe():
    arms = tuple(Scenario.load(name).with_beliefs("hawk") for name in ("history", "none_0"))
    design = small(6, arms=arms)
    assert {(arm.beliefs, arm.point) for arm in design.arms} == {("hawk", True)}
    assert set(design.parameters(np.arange(6))) == {"learning_rate", "enforcement"}
    assert design.hash != small(6).hash


def test_drawn_from_the_posterior_but_for_the_factors(made_posterior):
    names, rows = made_posterior
    design = small(40, others="posterior")
    found = design.parameters(np.arange(40))
    assert "enforcement" in names
    assert np.array_equal(found["enforcement"], design.values(np.arange(40))["enforcement"])
    one, other = (names.index(name) for name in ("price_sensitivity", "attrition"))
    pairs = set(zip(found["price_sensitivity"].tolist(), found["attrition"].tolist(), strict=True))
    assert pairs == {(row[one], row[other]) for row in rows}  # whole rows: what trades off stays together
    drawn = draw(PARAMETERS, 1, range(40))
    assert np.array_equal(found["domestic_price_ratio"], drawn["domestic_price_ratio"])  # not fitted
    whole = small(40, sampler="posterior", factors=()).parameters(np.arange(40))
    assert np.array_equal(whole["price_sensitivity"], found["price_sensitivity"])
    assert set(whole["enforcement"]) == {row[names.index("enforcement")] for row in rows}


def test_another_posterior_is_another_design(made_posterior):
    drawn, held = small(others="posterior").hash, small(others="prior").hash
    table = beliefs.FOLDER / "posterior.csv"
    table.write_text(table.read_text().replace("0.5,", "0.25,", 1))
    assert small(others="posterior").hash != drawn
    assert small(others="prior").hash == held


def test_a_posterior_that_is_not_there_is_named(monkeypatch, tmp_path):
    design = small(others="prior")
    monkeypatch.setattr(beliefs, "FOLDER", tmp_path)
    with pytest.raises(DesignError, match=r"key 'design.others': unknown beliefs 'posterior'"):
        replace(design, others="posterior")
    with pytest.raises(DesignError, match=r"key 'design.sampler': unknown beliefs 'posterior'"):
        replace(design, sampler="posterior", factors=(), others="default")


def test_hash_covers_what_changes_a_result_and_nothing_else():
    design = small()
    same = replace(design, description="other words")
    assert same.hash == design.hash
    for change in (
        {"seed": 2}, {"replications": 3}, {"asked": 13}, {"horizons": ("2028",)}, {"sampler": "lhs"},
        {"factors": design.factors[:1]}, {"arms": (Scenario.load("frozen"), Scenario.load("none_0"))},
        {"arms": (Scenario.load("history").with_parameters(grey_shock=0.1), Scenario.load("none_0"))},
    ):  # fmt: skip
        assert replace(design, **change).hash != design.hash, change


def test_digest_of_the_model_ignores_comments_and_layout():
    assert _tokens("def f(x):\n    return x + 1  # why\n") == _tokens("def f(x):\n\n    return x + 1\n")
    assert _tokens("x = 1\n") != _tokens("x = 2\n")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sampler": "sobl"}, "did you mean 'sobol'"),
        ({"outcomes": ("leed",)}, "did you mean 'lead'"),
        ({"horizons": ("1999",)}, "1999"),
        ({"replications": 0}, "design.replications"),
        ({"factors": ()}, "needs parameters under"),
        ({"sampler": "prior"}, "draws every parameter"),
        ({"sampler": "prior", "factors": (), "others": "posterior"}, "differ; drop the key"),
        ({"others": "priors"}, "did you mean 'prior'"),
        ({"arms": (Scenario.load("history").with_beliefs("hawk"), Scenario.load("none_0"))}, "differ in key 'beliefs'"),
        ({"sampler": "table"}, "belong together"),
        ({"arms": ()}, "at least one arm"),
        ({"arms": (Scenario.load("history").with_parameters(enforcement=0.5),)}, "fixed by scenario 'history'"),
        ({"sampler": "lhs", "asked": 2_000_000}, "take 'sobol'"),
    ],
)
def test_designs_that_do_not_fit_together_are_refused(change, said):
    with pytest.raises(ValueError, match=said):
        replace(small(), **change)


def test_a_table_of_own_points_is_used_as_it_is():
    own = {"enforcement": np.array([0.4, 0.8, 0.5])}
    design = Design("own", (Scenario.load("history"),), "table", 1, table=own, outcomes=("lead",), horizons=("2028",))
    assert design.points == 3
    assert design.rows(0, 3)["enforcement"].tolist() == [0.4, 0.8, 0.5]
