"""Branches: the same bits as a run without them, whatever else leaves a run; public branches of results."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from abm import compare, simulate
from abm.backfire import Comparison
from abm.branching import DESIGN_SERIES, LAW, Block, Line, Tree, changing_fields, first_difference, plan_of
from abm.calendar import quarter_index
from abm.continuing import VARIANTS, Variant, continuations, side_by_side
from abm.kinds import AgentKind
from abm.results import Results, ResultsError
from abm.running import Request
from abm.scenario import Scenario, ScenarioError
from abm.series import SERIES
from abm.simulation import Builder, prepare, run_arms, run_tree
from abm.vocabulary import QUARTERS

RUNS, SEED = 6, 3
HISTORY = Scenario.load("history")
NONE = HISTORY.counterfactual("none_0")
TIGHT = HISTORY.counterfactual("tight")
OTHERS = [place for place in range(len(SERIES)) if place not in DESIGN_SERIES]
DESIGNS = [SERIES[place].name for place in DESIGN_SERIES]


def same_bits(one, other):
    """Whether results agree in every bit up to the end of the shorter; designs by name, since tables may differ."""
    stop = min(len(one.quarters), len(other.quarters))
    agree = [one.record[OTHERS][:, :stop].tobytes() == other.record[OTHERS][:, :stop].tobytes()]
    agree.append(one.firm_record[:, :stop].tobytes() == other.firm_record[:, :stop].tobytes())
    agree += [np.array_equal(one.design_on_sale(n)[:, :stop], other.design_on_sale(n)[:, :stop]) for n in DESIGNS]
    return all(agree)


@pytest.fixture(scope="module")
def usual():
    """History and none_0 without a branch."""
    return run_arms([HISTORY, NONE], RUNS, SEED)


@pytest.fixture(scope="module")
def history():
    """History alone, with kept states."""
    return simulate(HISTORY, runs=RUNS, seed=SEED, checkpoints=("2022Q3", "2026Q4"))


# --- the engine -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("threads", "lanes_of"), [(1, RUNS), (2, 40)])
def test_a_branch_with_unchanged_rules_continues_bit_for_bit(usual, threads, lanes_of):
    """Branches in the first quarter, early, amid, late; beside them other laws leave and leave again."""
    tight = Line((TIGHT, HISTORY), 20, branches=(Line((HISTORY, TIGHT), 30, 40),))
    measured = Line((HISTORY, NONE), 27, 31, embargo="deny", series=("compute_bought_cn",))
    same = tuple(Line((HISTORY, NONE), start) for start in (0, 1, 26, 51))
    tree = Tree(Line((HISTORY, NONE), branches=(*same, tight, measured)))
    outcomes = run_tree(tree, Request(lanes_of, SEED, threads=threads))
    checked = 0
    for line, outcome in zip(tree.lines, outcomes, strict=True):
        if line.arms == (HISTORY, NONE) and line.series is None:
            cut = [worlds_of(one, RUNS) for one in outcome.results]
            assert [same_bits(*both) for both in zip(cut, usual, strict=True)] == [True, True], line.start
            checked += 1
    assert checked == 5
    outer, inner = (outcomes[[line.start for line in tree.lines].index(start)].results[1] for start in (20, 30))
    assert len(inner.quarters) == 40
    assert same_bits(inner.up_to("2027Q2"), outer), "the inner branch has the past of the outer one"
    assert not same_bits(inner, outer)
    assert same_bits(worlds_of(outer.up_to("2024Q4"), RUNS), usual[1])
    assert not same_bits(worlds_of(outer, RUNS), usual[1])


def worlds_of(results, count):
    """The first worlds of results."""
    cut = {name: getattr(results, name)[..., :count] for name in ("world", "failed_quarter", "failed_law")}
    records = {name: getattr(results, name)[..., :count] for name in ("record", "firm_record")}
    parameters = {name: values[:count] for name, values in results.parameters.items()}
    return replace(results, **cut, **records, parameters=parameters)


def test_chosen_worlds_have_the_bits_of_the_whole(usual):
    chosen = np.array([4, 1])
    some = run_arms([HISTORY, NONE], 1, SEED, worlds=chosen)
    for one, all_of_them in zip(some, usual, strict=True):
        assert one.world.tolist() == [4, 1]
        assert one.record.tobytes() == np.ascontiguousarray(all_of_them.record[..., chosen]).tobytes()
        for name, values in one.parameters.items():
            assert np.array_equal(values, all_of_them.parameters[name][chosen])


@pytest.mark.parametrize("worlds", [[], [[1]], [-1], [0.5]])
def test_worlds_that_are_no_ids_are_refused(worlds):
    with pytest.raises(ValueError, match="world ids"):
        run_arms([HISTORY], 1, SEED, worlds=np.array(worlds))


def test_a_branch_has_the_law_of_its_past_and_then_its_own():
    tree = Tree(Line((HISTORY,), branches=(Line((TIGHT,), 20),)))
    plan, own = plan_of(tree, prepare), prepare([HISTORY, TIGHT])
    for name in LAW:
        branch = plan.arrays[name][1]
        assert np.array_equal(branch[:20], own.arrays[name][0][:20])
        later = slice(21, None) if name.endswith("news") else slice(20, None)
        assert np.array_equal(branch[later], own.arrays[name][1][later]), name
    assert plan.arrays["law_news"][1, 20] == 1.0, "vendors think again when the law changes under them"
    assert plan.sizes["arm"] == 2


def test_firms_of_one_world_are_alike_in_all_arms_whatever_their_law():
    with pytest.raises(ScenarioError, match="both arms share"):
        run_arms([HISTORY, HISTORY.without("firm_heterogeneity")], 1, SEED)


def test_where_laws_part_is_read_from_the_law():
    rel = HISTORY.with_continuation("freeze_rel")
    plan = prepare([HISTORY, rel, HISTORY, TIGHT])
    assert first_difference(plan, 0, 1) == quarter_index("2026Q3")
    assert first_difference(plan, 0, 2) == QUARTERS
    assert first_difference(plan, 0, 3) == quarter_index("2022Q3")


# --- continuations ----------------------------------------------------------------------------------------------------


def test_continuations_share_their_past_and_have_the_bits_of_their_own_runs():
    found = continuations(HISTORY, runs=RUNS, seed=SEED, leverage=(2024, 2030))
    assert list(found) == ["freeze_abs", "freeze_rel", "rule"]
    for name, both in found.items():
        alone = compare(HISTORY.with_continuation(name), runs=RUNS, seed=SEED, leverage=(2024, 2030))
        assert same_bits(both.controls, alone.controls)
        assert same_bits(both.counterfactual, alone.counterfactual)
        assert both.controls.manifest["scenario"] == alone.controls.manifest["scenario"]
        assert "past" not in both.controls.manifest
        for step, leverage in alone.measured.items():
            for kind, values in leverage.delivered.items():
                assert values.tobytes() == both.measured[step].delivered[kind].tobytes()


def test_what_differs_in_more_than_law_is_run_from_the_start():
    stocks = HISTORY.without("stockpiling")
    pairs = [(HISTORY, NONE), (stocks, stocks.counterfactual("none_0"))]
    second = side_by_side(pairs, Request(RUNS, SEED))[1]
    assert same_bits(second.controls, run_arms([stocks], RUNS, SEED)[0])


def test_a_further_continuation_is_one_line(usual):
    lifted = Variant("lifted", lambda scenario: scenario.counterfactual("lifted_2027"))
    found = continuations(HISTORY, runs=RUNS, seed=SEED, leverage=(), variants=(*VARIANTS, lifted))
    assert same_bits(found["lifted"].controls, run_arms([HISTORY.counterfactual("lifted_2027")], RUNS, SEED)[0])


# --- results ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["2020Q1", "2022Q4", "2027Q1", "2029Q3", "2032Q4"])
def test_results_go_on_as_they_were(history, at):
    assert same_bits(history.branch(at, HISTORY), history)
    assert same_bits(history.branch(at, "history"), history)


def test_a_kept_state_saves_the_past_and_changes_nothing(history):
    bare = replace(history, lineage=replace(history.lineage, kept={}))
    kept, again = (one.branch("2027Q2", "tight") for one in (history, bare))
    assert kept.record.tobytes() == again.record.tobytes()
    assert kept.designs == again.designs
    before = quarter_index("2027Q2")
    assert np.array_equal(kept.record[OTHERS][:, :before], history.record[OTHERS][:, :before])
    assert not np.array_equal(kept.series("stringency")[:, before:], history.series("stringency")[:, before:])
    assert kept.manifest["branched_at"] == "2027Q2"
    assert kept.manifest["past"][0]["scenario"]["name"] == "history"


def test_a_branch_branches_and_ends_where_it_is_told(history):
    back = history.branch("2027Q1", "tight").branch("2029Q1", HISTORY, until="2030Q2")
    assert back.quarters[-1] == "2030Q2"
    assert [start for start, _ in back.lineage.stages] == [0, 28, 36]
    earlier = back.branch("2028Q1", "none_0", until="2028Q4")
    assert [start for start, _ in earlier.lineage.stages] == [0, 28, 32]


def test_mechanisms_and_parameters_may_change_on_the_way(history):
    calm = history.branch("2028Q1", HISTORY.without("stockpiling").with_parameters(enforcement=0.5))
    assert same_bits(calm.up_to("2027Q4"), history.up_to("2027Q4"))
    assert not same_bits(calm, history)
    assert calm.parameters["enforcement"].tolist() == [0.5] * RUNS


def test_a_comparison_branches_in_one_arm_or_in_both():
    pair = compare(HISTORY, runs=RUNS, seed=SEED)
    lifted = pair.branch("2027Q1", "none_0", until="2030Q4")
    assert lifted.controls.quarters == lifted.counterfactual.quarters
    assert same_bits(lifted.counterfactual, pair.counterfactual)
    both = pair.branch("2027Q1", HISTORY, pair.counterfactual.lineage.at(0))
    assert same_bits(both.controls, pair.controls)
    assert same_bits(both.counterfactual, pair.counterfactual)


def test_saved_results_branch_by_running_again(history, tmp_path):
    folder = history.save(tmp_path / "kept")
    loaded = Results.load(folder)
    assert loaded.lineage is None
    assert same_bits(loaded.branch("2027Q2", "tight"), history.branch("2027Q2", "tight"))
    branched = Results.load(history.branch("2027Q2", "tight").save(tmp_path / "branched"))
    assert same_bits(branched.branch("2030Q1", "tight"), branched)


def test_results_of_a_file_need_the_scenario_itself(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('mode = "chips_only"\n')
    mine = Scenario.load(file)
    loaded = Results.load(simulate(mine, runs=2, seed=SEED).save(tmp_path / "kept"))
    with pytest.raises(ScenarioError, match=r"'mine'.*with_scenario"):
        loaded.branch("2027Q1", "history")
    assert loaded.with_scenario(mine).branch("2027Q1", mine).quarters == loaded.quarters
    with pytest.raises(ResultsError, match="differs from the one that made them in name"):
        loaded.with_scenario(HISTORY)
    shutil.rmtree(tmp_path / "kept")


@pytest.mark.parametrize(
    ("at", "scenario", "until", "says"),
    [
        ("2033Q1", HISTORY, None, "at='2033Q1' lies outside what can be run; choose 2020Q1 to 2032Q4"),
        ("next year", HISTORY, None, "at='next year' is no quarter; write it such as 2027Q1"),
        ("2028Q1", HISTORY, "2027Q4", "until='2027Q4' lies outside"),
        ("2028Q1", "histroy", None, "did you mean 'history'"),
        ("2028Q1", HISTORY.without("firm_heterogeneity"), None, "firms are those of the past"),
        ("2028Q1", HISTORY.with_point(True), None, "use with_point()"),
        (
            "2028Q1",
            HISTORY.with_parameters(china_share=0.1),
            None,
            "parameter 'china_share' sets what the world starts",
        ),
        ("2028Q1", HISTORY.with_parameters(bandwidth_weight=0.9), None, "parameter 'bandwidth_weight' sets"),
        ("2028Q1", HISTORY.with_rules(nest_value=lambda total, dissimilarity: total), None, "rules and agents are"),
    ],
)
def test_a_branch_that_needs_another_past_is_refused(history, at, scenario, until, says):
    with pytest.raises(ScenarioError) as error:
        history.branch(at, scenario, until)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("label", "says"), [("2026", "is no quarter"), ("2032Q4", "must lie from"), (7, "is no quar")])
def test_a_checkpoint_that_is_no_quarter_is_refused(label, says):
    with pytest.raises(ScenarioError, match=says):
        simulate(HISTORY, runs=1, checkpoints=(label,))


def test_a_saved_comparison_keeps_its_leverage(tmp_path):
    pair = compare(HISTORY, runs=2, seed=SEED, leverage=(2026, 2032))
    loaded = Comparison.load(pair.save(tmp_path / "pair"))
    assert set(loaded.measured) == {27, 47}
    for step, found in pair.measured.items():
        for kind, values in found.delivered.items():
            assert loaded.measured[step].delivered[kind].tobytes() == values.tobytes()
    assert "measured at 2026Q4" in loaded.regimes(2026).decoupling_rests_on


# --- added agents -----------------------------------------------------------------------------------------------------


def insure(world, step):
    """An insurer whose reserve grows, and which writes to an array that the model itself only reads."""
    for run in range(world.reserve.shape[1]):
        world.reserve[0, run] += 1.0
        world.reserves[0, step, run] = world.reserve[0, run]
    world.lets[0] += 0.25


def test_added_agents_branch_with_all_that_they_have_changed():
    kind = AgentKind(
        name="insurer",
        rows=({"id": "FIRST", "reserve": 5.0},),
        fields={
            "reserve": "insurer run | USD bn | money to pay from",
            "reserves": "insurer quarter run | USD bn | reserve at the end of the quarter",
        },
        phase=insure,
        after="earn",
    )
    mine = HISTORY.with_point(True).with_agents(kind)
    tree = Tree(Line((mine,), stop=3, branches=(Line((mine,), 1, 3), Line((mine,), 2, 3))))
    builder = Builder(plan_of(tree, prepare), tree.arms, 1, 8)
    machine, ids = builder.machine, np.arange(2)
    plain = machine.plain(2)
    block = Block(
        tree,
        [builder.beside([place]).lanes for place in range(3)],
        lambda handle, start, stop: plain(handle.world, start, stop),
        changing_fields(machine.fields, builder.plan.arrays, True),
        ("record", "reserve", "reserves", "lets"),
        builder.fill(ids),
        ids,
        2,
    )
    with np.errstate(all="ignore"):
        whole, first, second = block.run().found
    assert whole["reserves"][0, :4, 0].tolist() == [6.0, 7.0, 8.0, 0.0]
    for name, values in whole.items():
        assert values.tobytes() == first[name].tobytes() == second[name].tobytes(), name
