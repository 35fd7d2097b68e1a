"""The Mesa model: time, data collection, independence, bad input, and the bits of the engine."""

from __future__ import annotations

import subprocess
import sys

import mesa
import numpy as np
import pytest

from abm.agents import AIFirm, ChipVendor, Regulator, SupplyNode
from abm.calendar import quarter_label
from abm.link import link
from abm.model import AGENT_REPORTERS, MODEL_REPORTERS, PAIR, ChipCurbsModel
from abm.quarter import quarters
from abm.scenario import Scenario, ScenarioError
from abm.simulation import compare, simulate
from abm.vocabulary import QUARTERS

LAST = 15


def short(scenario: Scenario | str, seed: int, steps: int, world: int = 0) -> ChipCurbsModel:
    made = ChipCurbsModel(scenario, rng=seed, world=world, compiled=False)
    for _ in range(steps):
        made.step()
    return made


def test_importing_the_package_engine_and_networks_does_not_import_mesa() -> None:
    program = "import sys, abm, abm.simulation, abm.network; abm.simulate; sys.exit('mesa' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_model_is_a_mesa_model_that_counts_quarters(model: ChipCurbsModel) -> None:
    assert isinstance(model, mesa.Model)
    assert (model.step_index, model.quarter, model.time, model.running) == (LAST, "2023Q4", LAST + 1.0, True)
    fresh = ChipCurbsModel(compiled=False)
    assert (fresh.step_index, fresh.quarter, fresh.running) == (-1, "2019Q4", True)
    assert np.isnan(fresh.controls.latest("stringency"))
    assert len(fresh.controls.series("stringency")) == 0


def test_a_step_is_one_quarter_of_the_same_kernel(model: ChipCurbsModel) -> None:
    at_once = ChipCurbsModel(model.controls.scenario, rng=3, compiled=False)
    link(quarters, sizes={"LANES": PAIR}, plain=True)(at_once.controls.world, 0, LAST + 1)
    for name, mine, other in zip(
        model.controls.world._fields, model.controls.world, at_once.controls.world, strict=True
    ):
        np.testing.assert_array_equal(mine, other, err_msg=name)


def test_no_law_of_the_model_breaks_and_the_counterfactual_differs_after_the_first_rule(model: ChipCurbsModel) -> None:
    assert model.controls.failed is None
    assert model.counterfactual is not None
    assert model.counterfactual.failed is None
    assert model.counterfactual.scenario.name == "none_0"
    first_signal = 10
    mine, other = model.controls.record, model.counterfactual.record
    np.testing.assert_array_equal(mine[:, :first_signal], other[:, :first_signal])
    assert model.controls.latest("stringency") > model.counterfactual.latest("stringency") + 0.1


def test_the_data_collector_has_a_row_a_quarter_and_agents_by_type(model: ChipCurbsModel) -> None:
    table = model.datacollector.get_model_vars_dataframe()
    assert list(table.columns) == ["quarter", *MODEL_REPORTERS]
    assert list(table["quarter"]) == [quarter_label(t) for t in range(LAST + 1)]
    for name in MODEL_REPORTERS:
        np.testing.assert_array_equal(table[name].to_numpy(), model.controls.series(name))
    firms = model.datacollector.get_agenttype_vars_dataframe(AIFirm)
    assert list(firms.columns) == list(AGENT_REPORTERS[AIFirm])
    assert len(firms) == (LAST + 1) * len(model.agents_by_type[AIFirm])
    spent = firms[firms["name"] == "TENCENT"]["spent"].to_numpy()
    run = model.controls
    recorded = run.world.firm_record[0, : LAST + 1, run.plan.world.firm("TENCENT"), run.lane]
    np.testing.assert_array_equal(spent, recorded)
    assert (spent >= run.series("tencent_spending")).all(), "rent is no capital expenditure"


def test_an_own_data_collector_works(model: ChipCurbsModel) -> None:
    collector = mesa.DataCollector(
        model_reporters={"budget": lambda m: m.agents_by_type[AIFirm].agg("budget", sum)},
        agenttype_reporters={ChipVendor: {"revenue": "revenue"}},
    )
    collector.collect(model)
    assert collector.get_model_vars_dataframe()["budget"].iloc[0] > 0.0
    assert len(collector.get_agenttype_vars_dataframe(ChipVendor)) == len(model.agents_by_type[ChipVendor])


def test_two_models_stepped_in_turn_equal_models_stepped_alone() -> None:
    tight = Scenario.load("tight")
    one, other = ChipCurbsModel("history", rng=1, compiled=False), ChipCurbsModel(tight, rng=2, world=9, compiled=False)
    for _ in range(5):
        one.step()
        other.step()
    one.step()
    alone, beside = short("history", 1, 6), short(tight, 2, 5, world=9)
    for made, same in ((one, alone), (other, beside)):
        for name, mine, its in zip(made.controls.world._fields, made.controls.world, same.controls.world, strict=True):
            np.testing.assert_array_equal(mine, its, err_msg=name)


def test_two_models_share_no_memory() -> None:
    one, other = ChipCurbsModel(compiled=False), ChipCurbsModel(compiled=False)
    for name, mine, its in zip(one.controls.world._fields, one.controls.world, other.controls.world, strict=True):
        assert not np.shares_memory(mine, its), name
    assert not set(one.agents) & set(other.agents)


def test_without_a_counterfactual_there_is_one_run(model: ChipCurbsModel) -> None:
    alone = ChipCurbsModel(model.controls.scenario, rng=3, counterfactual=None, compiled=False)
    for _ in range(2):
        alone.step()
    assert alone.counterfactual is None
    assert alone.agent("TENCENT").counterfactual is None
    np.testing.assert_array_equal(alone.controls.record[0], model.controls.record[0, :2])


@pytest.mark.parametrize(("compiled", "before", "says"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_a_first_compile_is_announced(
    compiled: bool, before: bool, says: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("abm.model.compiled_before", lambda lanes, machine: before)
    ChipCurbsModel(compiled=compiled)
    assert [record.getMessage() for record in caplog.records].count(
        "the first step compiles the model for this machine, once: about a minute"
    ) == says


def test_seeds_and_worlds_differ() -> None:
    first, seed, world = short("history", 1, 2), short("history", 2, 2), short("history", 1, 2, world=1)
    assert first.controls.latest("budget_cn") != seed.controls.latest("budget_cn")
    assert first.controls.latest("budget_cn") != world.controls.latest("budget_cn")
    # worlds 0 and 1 are replications of one parameter point
    np.testing.assert_array_equal(first.controls.world.parameter, world.controls.world.parameter)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"rng": -1}, ValueError, "rng: seed must lie between"),
        ({"rng": None}, TypeError, "rng: seed must be a whole number"),
        ({"rng": 1.5}, TypeError, "rng: seed must be a whole number"),
        ({"world": -1}, ValueError, "world must be a whole number of at least 0"),
        ({"world": True}, ValueError, "world must be a whole number"),
        ({"replications": 0}, ValueError, "replications must be a whole number of at least 1"),
        ({"scenario": "histroy"}, ScenarioError, "history"),
        ({"scenario": 3}, ScenarioError, "a scenario is a name or a path"),
        ({"counterfactual": "none"}, ScenarioError, "none_0"),
        ({"counterfactual": 3}, ScenarioError, "counterfactual must be a Scenario"),
    ],
)
def test_bad_input_fails_with_one_clear_line(wrong: dict[str, object], error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        ChipCurbsModel(**wrong)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_unknown_names_are_refused_with_the_nearest(model: ChipCurbsModel) -> None:
    with pytest.raises(KeyError, match="TENCENT"):
        model.agent("TENCENTS")
    with pytest.raises(KeyError, match="stringency"):
        model.controls.series("stringensy")
    with pytest.raises(AttributeError, match=r"model\.controls\.scenario"):
        _ = model.scenario


def test_all_agents_are_there_and_named_once(model: ChipCurbsModel) -> None:
    world = model.controls.plan.world
    assert [one.name for one in model.agents_by_type[AIFirm]] == [firm.id for firm in world.firms]
    assert [one.name for one in model.agents_by_type[ChipVendor]] == [vendor.id for vendor in world.vendors]
    assert [one.name for one in model.agents_by_type[SupplyNode]] == [node.id for node in world.nodes]
    assert [one.jurisdiction for one in model.agents_by_type[Regulator]] == ["CN", "US", "NL", "JP", "KR", "TW"]
    names = [one.name for one in model.agents]
    assert len(names) == len(set(names))
    assert all(model.agent(name).name == name for name in names)


# --- with the compiled kernel -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished() -> ChipCurbsModel:
    """World 9 of seed 5 with drawn parameters, run to the end."""
    made = ChipCurbsModel("history", rng=5, world=9)
    made.run_model()
    return made


@pytest.mark.slow
def test_the_model_ends_after_2032_and_says_so_each_time(finished: ChipCurbsModel) -> None:
    assert (finished.quarter, finished.running) == ("2032Q4", False)
    for _ in range(2):
        with pytest.raises(RuntimeError, match=f"all {QUARTERS} quarters to 2032Q4"):
            finished.step()
    assert finished.time == QUARTERS


@pytest.mark.slow
def test_the_model_has_the_bits_of_compare(finished: ChipCurbsModel) -> None:
    pair = compare("history", "none_0", runs=11, seed=5)
    assert finished.counterfactual is not None
    for run, results in ((finished.controls, pair.controls), (finished.counterfactual, pair.counterfactual)):
        np.testing.assert_array_equal(run.record, results.record[:, :, 9])
        np.testing.assert_array_equal(run.firm_record, results.firm_record[:, :, :, 9])


@pytest.mark.slow
def test_alone_it_has_the_bits_of_simulate() -> None:
    made = ChipCurbsModel("history", rng=5, world=9, counterfactual=None)
    made.run_model()
    np.testing.assert_array_equal(made.controls.record, simulate("history", runs=10, seed=5).record[:, :, 9])


@pytest.mark.slow
def test_plain_and_compiled_quarters_have_the_same_bits(finished: ChipCurbsModel) -> None:
    plain = short("history", 5, 20, world=9)
    np.testing.assert_array_equal(plain.controls.record, finished.controls.record[:, :20])
