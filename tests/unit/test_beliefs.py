"""Where parameters come from: priors, posteriors, packs; whole rows, shared by the arms, the same in any batch."""

from __future__ import annotations

import numpy as np
import pytest

from abm import beliefs
from abm.beliefs import BeliefError, Posterior, central, drawn, list_beliefs, load_posterior, medoid_of
from abm.parameter_index import NAMES, PARAMETERS
from abm.scenario import Scenario, ScenarioError
from abm.simulation import compare, run_arms

POINTS = np.arange(4000)


@pytest.fixture(scope="module")
def shipped() -> Posterior:
    return load_posterior("posterior")


def test_a_point_takes_a_whole_row(shipped):
    found = drawn("posterior", 1, POINTS, {})
    rows = np.stack([found[name] for name in shipped.names], axis=1)
    known = {row.tobytes() for row in shipped.values}
    assert all(row.tobytes() in known for row in rows)
    assert list(found) == list(NAMES)


def test_rows_come_as_often_as_they_weigh(shipped):
    weight = np.array([0.0, 0.7, 0.3])
    one = Posterior("made", ("wait_value",), np.array([[-1.0], [0.0], [0.4]]), weight, 1, {})
    counts = np.bincount(one.rows((np.arange(1000) + 0.5) / 1000), minlength=3)
    assert counts.tolist() == [0, 700, 300]
    assert shipped.weight.sum() == pytest.approx(1.0)


def test_what_was_not_fitted_keeps_its_prior_and_what_is_fixed_holds(shipped):
    prior, found = (drawn(name, 1, POINTS, {"wait_value": 0.1}) for name in ("prior", "posterior"))
    assert (found["wait_value"] == 0.1).all()
    for name in PARAMETERS:
        if name not in shipped.names:
            assert found[name].tobytes() == prior[name].tobytes(), name


def test_a_point_is_the_same_in_any_batch():
    some = drawn("posterior", 5, np.array([7, 3]), {})
    whole = drawn("posterior", 5, np.arange(20), {})
    for name in NAMES:
        assert some[name].tolist() == [whole[name][7], whole[name][3]]


def test_the_central_point_is_the_medoid(shipped):
    found = central("posterior", np.arange(3), {})
    for place, name in enumerate(shipped.names):
        assert set(found[name].tolist()) == {shipped.values[shipped.medoid, place]}
    assert central("prior", np.arange(1), {})["wait_value"][0] == PARAMETERS["wait_value"].default
    assert shipped.medoid == medoid_of(shipped.values, shipped.weight)


def test_packs_weigh_the_posterior_anew(shipped):
    hawk = drawn("hawk_posterior", 1, POINTS, {})
    dove = drawn("dove_posterior", 1, POINTS, {})
    assert np.mean(hawk["enforcement"]) > np.mean(dove["enforcement"])
    assert np.mean(drawn("hawk", 1, POINTS, {})["diffusion"]) < np.mean(drawn("dove", 1, POINTS, {})["diffusion"])
    for name, pack in (("hawk", hawk), ("dove", dove)):
        assert not np.array_equal(
            pack["cross_bloc_access_loss"], drawn("prior", 1, POINTS, {})["cross_bloc_access_loss"]
        )
        assert f"{name}_posterior" in list_beliefs()


def test_arms_share_beliefs_and_a_counterfactual_keeps_them():
    hawk = Scenario.load("history").with_beliefs("hawk")
    assert hawk.counterfactual().beliefs == "hawk"
    with pytest.raises(ScenarioError, match="'beliefs' is a matter of the world that both arms share"):
        run_arms([hawk, Scenario.load("none_0")], 2, 1)
    pair = compare(hawk, runs=2, seed=1)
    assert pair.controls.parameters["diffusion"].tolist() == pair.counterfactual.parameters["diffusion"].tolist()


def test_unknown_beliefs_are_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(ScenarioError, match="unknown beliefs 'posteriour'; nearest valid name: 'posterior'"):
        Scenario.load("history").with_beliefs("posteriour")
    path = tmp_path / "mine.toml"
    path.write_text('mode = "script"\nbeliefs = "doves"\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match="'dove'"):
        Scenario.load(path)


@pytest.mark.parametrize(
    ("header", "row", "told"),
    [
        ("weight,wait_valu", "1,0", "unknown parameter 'wait_valu'; nearest valid name: 'wait_value'"),
        ("weight,wait_value", "1,9", "column 'wait_value' leaves the range"),
        ("weight,wait_value", "-1,0", "column 'weight' must not be negative"),
        ("wait_value", "0", "the first column must be 'weight'"),
        ("weight,wait_value", "1,x", "cannot be read as a posterior"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path, header, row, told):
    (tmp_path / "made.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    (tmp_path / "made.toml").write_text('facts_to = "2024Q4"\nmedoid = 0\n', encoding="utf-8")
    with pytest.raises(BeliefError, match=r"made\.csv") as error:
        beliefs.load_posterior("made", tmp_path)
    assert told in str(error.value)
