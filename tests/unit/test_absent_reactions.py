"""The prior of reactions that may be absent, and how scenarios say what becomes of China's answers."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from abm.calendar import quarter_index
from abm.parameters import Parameter, ParameterError, draw, load_parameters, with_ranges
from abm.policy import load_policy
from abm.scenario import Scenario, ScenarioError
from abm.slide import CHINA_GATES

MANY = 20_000
TOLERANCE = 4 * 0.5 / math.sqrt(MANY)
"""Four standard errors of a share of a half."""
REACTIONS = {
    "subsidy_response": 2.5, "mandate_response": 1.0, "gate_response": 1.5, "counter_control_response": 1.0,
    "mobilisation_us": 0.5, "mobilisation_cn": 0.5,
}  # fmt: skip


def sample(parameter: Parameter, seed: int = 11) -> np.ndarray:
    return draw({parameter.name: parameter}, seed=seed, points=range(MANY))[parameter.name]


# --- the prior


def test_reactions_are_absent_by_default_and_in_half_of_the_points() -> None:
    """Every reaction of a state has this prior, and nothing else has it."""
    table = load_parameters()
    assert {name: p.high for name, p in table.items() if p.prior == "zero_or_uniform"} == REACTIONS
    for name in REACTIONS:
        p = table[name]
        assert (p.low, p.default, p.kind) == (0.0, 0.0, "scenario")
        values = sample(p)
        assert np.mean(values == 0.0) == pytest.approx(0.5, abs=TOLERANCE)
        given = values[values > 0.0] / p.high
        assert given.max() <= 1.0
        for share in (0.1, 0.5, 0.9):
            assert np.mean(given < share) == pytest.approx(share, abs=2 * TOLERANCE)


def test_reactions_are_absent_independently_of_each_other() -> None:
    """All six at once in one point of 64."""
    drawn = draw(load_parameters(), seed=2, points=range(MANY))
    nothing = np.all([drawn[name] == 0.0 for name in REACTIONS], axis=0)
    assert nothing.mean() == pytest.approx(1 / 64, abs=4 * math.sqrt(1 / 64 / MANY))


def test_a_narrower_range_keeps_the_half_at_zero_unless_zero_is_ruled_out() -> None:
    table = load_parameters()
    half = with_ranges(table, {"subsidy_response": (0.0, 1.0)})["subsidy_response"]
    assert half.prior == "zero_or_uniform"
    assert np.array_equal(sample(half) == 0.0, sample(table["subsidy_response"]) == 0.0), "the same points"
    assert sample(half).max() <= 1.0
    surely = with_ranges(table, {"subsidy_response": (0.5, 1.0)})["subsidy_response"]
    assert surely.prior == "uniform"
    assert sample(surely).min() >= 0.5
    assert with_ranges(table, {"subsidy_response": (0.0, 0.0)})["subsidy_response"].prior == "fixed"


def test_the_prior_begins_at_zero(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[answer]\nmeaning = "An answer."\nsymbol = "a"\nunit = "share"\ndefault = 0.5\nlow = 0.2\nhigh = 1\n'
        'prior = "zero_or_uniform"\nkind = "scenario"\nsource = "judgement"\nmoved_by = "none"\n'
    )
    with pytest.raises(ParameterError, match=r"key 'low': 0\.2 must be 0 for prior 'zero_or_uniform'"):
        load_parameters(file)


@pytest.mark.parametrize("name", ["mobilisation_ceiling_us", "mobilisation_ceiling_cn"])
def test_a_negative_ceiling_is_refused(name: str) -> None:
    with pytest.raises(ScenarioError, match=rf"scenario 'history': parameter '{name}': -5 lies outside its range \[10"):
        Scenario.load("history").with_parameters(**{name: -5.0})


def test_an_unknown_class_of_buyers_names_instrument_and_key(tmp_path: Path) -> None:
    file = tmp_path / "my_gate.toml"
    file.write_text(
        'id = "my_gate"\ntitle = "A gate"\nactor = "China"\njurisdiction = "CN"\nside = "china"\n'
        'china_side = "reaction"\ncategory = "china"\ncitation = "invented for a test"\nkind = "scenario"\n'
        'effective = 2028-01-01\n\n[[gate]]\nbuyers = ["privat"]\nallowed = { low = 0.1, mid = 0.2, high = 0.3 }\n'
    )
    with pytest.raises(Exception, match=r"my_gate.*'privat'.*'private'") as caught:
        load_policy(file)
    assert "\n" not in str(caught.value)


# --- scenarios


def test_what_becomes_of_the_gate_is_a_key_of_the_scenario(tmp_path: Path) -> None:
    history = Scenario.load("history")
    assert history.china_gate == CHINA_GATES[0] == "on"
    ruled = history.with_china_gate("rule")
    assert ruled.describe()["china_gate"] == "rule"
    assert ruled.counterfactual("none_0").china_gate == "rule", "both arms"
    assert ruled.slide.answers == quarter_index("2026Q4")
    assert history.with_continuation("freeze_rel").with_china_gate("off").slide.gate == "off"
    file = tmp_path / "mine.toml"
    file.write_text('mode = "script"\nscript_until = "2025Q4"\nchina_gate = "off"\n')
    mine = Scenario.load(file)
    assert (mine.china_gate, mine.slide.answers) == ("off", quarter_index("2026Q1"))


def test_another_word_for_the_gate_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="scenario 'history': unknown china_gate 'rules'; did you mean 'rule'"):
        Scenario.load("history").with_china_gate("rules")
    file = tmp_path / "mine.toml"
    file.write_text('mode = "script"\nchina_gate = "of"\n')
    with pytest.raises(ScenarioError, match=r"mine.toml: key 'china_gate': 'of' is unknown; did you mean 'off'"):
        Scenario.load(file)


def test_results_are_told_without_mobilisation_first_and_arms_agree_on_it() -> None:
    """Shipped scenarios hold it at 0; what a user asks for holds in both arms; `mobilised` leaves it to the priors."""
    assert Scenario.load("history").fixed == {"mobilisation_us": 0.0, "mobilisation_cn": 0.0}
    asked = Scenario.load("history").with_parameters(mobilisation_cn=0.2)
    assert asked.counterfactual("none_0").fixed == asked.fixed
    drawn = Scenario.load("mobilised")
    assert drawn.fixed == {}
    assert drawn.counterfactual("none_0").fixed == {}
