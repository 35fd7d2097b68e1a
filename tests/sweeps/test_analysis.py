"""Reading a sweep: pairs, effects, regimes, means, failures; a NaN never becomes a number."""

from __future__ import annotations

import numpy as np
import pytest
from made import made_rows, small

from abm import beliefs
from abm.regimes import LEVERAGE_BAND, NAMES, OUTPUT_ALONE
from abm.scenario import Scenario
from experiments.analysis import EFFECT, AnalysisError, Output, inputs_of, read_table, regime_code
from experiments.evaluate import CRASHED, FAILED, Rows, blank
from experiments.interactions import superset_importance
from experiments.products import write_csv
from experiments.sampling import blocks
from experiments.sensitivity import sensitivity
from experiments.store import Store

OUTCOMES = ("lead", "domestic_output_year", "us_revenue_present_value")


def stored(folder, design, values=None, failed=()):
    """A finished sweep with these values (run, metric), some runs failed."""
    store = Store.begin(folder, design, design.runs // 2 // len(design.arms) * len(design.arms) or design.runs)
    rows = made_rows(design, 0, design.runs)
    table = rows.values if values is None else values
    status = rows.status.copy()
    for run in failed:
        status[run], table[run] = FAILED, np.nan
    for lo, hi in store.missing():
        none = np.full(hi - lo, -1, dtype=np.int8)
        store.commit(Rows(lo, status[lo:hi], none, none.copy(), table[lo:hi], {}))
    return store, table


def test_effects_are_pairs_of_one_world(tmp_path):
    design = small(outcomes=OUTCOMES)
    store, values = stored(tmp_path / "s", design)
    table = read_table(store, design)
    shaped = values.reshape(design.worlds, 2, 3, 2)
    lead = table.output(Output("lead", EFFECT, "2032"))
    np.testing.assert_array_equal(lead, shaped[:, 0, 0, 1] - shaped[:, 1, 0, 1])
    revenue = table.output(Output("us_revenue_present_value", EFFECT, "2028"))
    np.testing.assert_allclose(revenue, np.log(shaped[:, 0, 2, 0] / shaped[:, 1, 2, 0]))
    np.testing.assert_array_equal(table.output(Output("lead", "none_0", "2028")), shaped[:, 1, 0, 0])
    assert [one.unit for one in table.outputs[:3:2]] == ["months", "ln"]
    assert len(table.outputs) == 3 * 3 * 2


def test_a_failed_run_takes_its_world_and_its_point_and_is_counted(tmp_path):
    design = small(outcomes=OUTCOMES)
    store, _ = stored(tmp_path / "s", design, failed=(9,))
    table = read_table(store)
    effect = table.matrix()
    assert np.isnan(effect[4, :6]).all()
    assert np.isfinite(np.delete(effect, 4, axis=0)).all()
    assert np.flatnonzero(np.isnan(table.by_point(effect[:, 0]))).tolist() == [2]
    assert table.failures == {"failed": 1, "worlds": 1}
    assert table.regimes("2028")[4] == NAMES.index("undefined")
    assert np.sum(table.regimes("2028") == NAMES.index("undefined")) == 1
    known = np.delete(effect[:, 0].reshape(-1, 2), 2, axis=0)
    assert table.chance(effect)[0] == pytest.approx(known.var(axis=1, ddof=1).mean())


def test_regimes_rest_on_leverage_where_it_was_measured_and_say_so(tmp_path):
    design = small(3, 1, outcomes=(*OUTCOMES, "leverage"), horizons=("2032",))
    values = np.ones((3, 2, 4))
    values[:, 0, 0] += 5.0  # longer lead, output and revenue as without controls: win-win, if leverage holds
    values[:, 0, 3] += [-2 * LEVERAGE_BAND, -LEVERAGE_BAND / 2, np.nan]
    store, _ = stored(tmp_path / "s", design, values.reshape(6, 4))
    table = read_table(store)
    kept, lost = NAMES.index("win-win for the controller"), NAMES.index("bite with decoupling")
    assert table.regimes("2032").tolist() == [lost, kept, kept]
    said = "domestic output or leverage (a change of 0.10, measured at 2031Q4, defined in 2 of 3 worlds)"
    assert table.provenance()["decoupling_rests_on"] == {"2032": said}
    alone, _ = stored(tmp_path / "a", small(3, 1, outcomes=OUTCOMES, horizons=("2032",)), values[..., :3].reshape(6, 3))
    assert read_table(alone).regimes("2032").tolist() == [kept] * 3
    assert read_table(alone).provenance()["decoupling_rests_on"] == {"2032": OUTPUT_ALONE}
    assert "decoupling_rests_on" not in read_table(stored(tmp_path / "o", small())[0]).provenance()


def test_crashed_runs_count_under_their_own_name(tmp_path):
    design = small()
    store = Store.begin(tmp_path / "s", design, design.runs)
    store.commit(blank(design, 0, design.runs, CRASHED, "its worker died"))
    table = read_table(store)
    assert table.failures == {"crashed": design.runs, "worlds": design.worlds}


def test_the_folder_alone_says_what_was_varied(tmp_path):
    design = small(5)
    store, _ = stored(tmp_path / "s", design)
    inputs = inputs_of(store)
    for name, values in design.values(np.arange(5)).items():
        np.testing.assert_array_equal(inputs.values()[name], values)
    assert inputs.names == ("learning_rate", "enforcement")
    drawn = small(5, sampler="prior", factors=(), arms=(Scenario.load("history"), Scenario.load("none_0")))
    same_parameters(stored(tmp_path / "p", drawn)[0], drawn)


def same_parameters(store, design):
    given, expected = inputs_of(store).values(), design.parameters(np.arange(design.points))
    assert given.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(given[name], expected[name])


@pytest.mark.parametrize("change", [{"others": "posterior"}, {"sampler": "posterior", "factors": ()}])
def test_parameters_from_the_posterior_are_known_until_it_is_another(tmp_path, made_posterior, change):
    design = small(20, **change)
    store, _ = stored(tmp_path / "p", design)
    same_parameters(store, design)
    table = beliefs.FOLDER / "posterior.csv"
    table.write_text(table.read_text() + table.read_text().splitlines()[-1] + "\n")
    with pytest.raises(AnalysisError, match="drew parameters from other tables"):
        inputs_of(store)


def test_a_table_of_ones_own_needs_the_study(tmp_path):
    design = small(sampler="table", factors=(), table={"enforcement": np.array([0.4, 0.8])})
    store, _ = stored(tmp_path / "s", design)
    with pytest.raises(AnalysisError, match="name the study too: --study"):
        read_table(store)
    assert read_table(store, design).parameters["enforcement"].tolist() == [0.4, 0.8]


def test_what_was_not_measured_is_named_with_the_nearest(tmp_path):
    store, _ = stored(tmp_path / "s", small())
    table = read_table(store)
    with pytest.raises(AnalysisError, match=r"no outcome 'leed'.*'lead'"):
        table.output(Output("leed", EFFECT, "2028"))
    with pytest.raises(AnalysisError, match=r"no horizon '2027'"):
        table.output(Output("lead", EFFECT, "2027"))
    with pytest.raises(AnalysisError, match="add them to the study"):
        table.regimes("2028")
    with pytest.raises(AnalysisError, match=r"'ful backfire' is unknown.*'full backfire'"):
        regime_code("ful backfire")


def test_an_unfinished_sweep_is_refused(tmp_path):
    design = small()
    store = Store.begin(tmp_path / "s", design, design.runs)
    with pytest.raises(AnalysisError, match="48 of 48 runs are missing; finish the sweep first"):
        read_table(store)


def saltelli(tmp_path, chance, replications, failed=()):
    """A Saltelli sweep in which the lead of the first arm is 2a + b plus chance, that of the second nothing."""
    design = small(256, replications, sampler="saltelli")
    unit = blocks(2, True, design.seed, 0, design.points)
    noise = np.random.default_rng(2).normal(0.0, chance, (design.points, replications))
    values = np.zeros((design.points, replications, 2, 2))
    values[:, :, 0, :] = (2 * unit[:, 0] + unit[:, 1])[:, None, None] + noise[:, :, None]
    store, _ = stored(tmp_path / "s", design, values.reshape(design.runs, 2), failed)
    return read_table(store), Output("lead", EFFECT, "2028")


def test_indices_of_a_sweep(tmp_path):
    table, output = saltelli(tmp_path, 0.0, 1)
    found = sensitivity(table)
    column = found.outputs.index(output)
    np.testing.assert_allclose(found.measures["total"][:, column], [0.8, 0.2], atol=0.03)
    np.testing.assert_allclose(found.measures["first"][:, column], [0.8, 0.2], atol=0.03)
    assert np.isnan(found.chance).all()
    constant = found.outputs.index(Output("lead", "none_0", "2028"))
    assert np.isnan(found.measures["total"][:, constant]).all()
    assert len(found.rows()) == 2 * len(found.outputs)


def test_chance_is_told_from_the_replications_and_taken_off(tmp_path):
    table, output = saltelli(tmp_path, 0.5, 4)
    found = sensitivity(table, (output,))
    signal, noise = 5 / 12, 0.25 / 4
    assert found.chance[0] == pytest.approx(noise / (signal + noise), abs=0.02)
    assert found.measures["total"][1, 0] > 0.26
    np.testing.assert_allclose(found.measures["total_net"][:, 0], [0.8, 0.2], atol=0.05)
    np.testing.assert_allclose(found.measures["first_net"][:, 0], [0.8, 0.2], atol=0.08)


def test_a_base_with_a_failed_run_is_dropped_whole(tmp_path):
    runs_of_a_base = 4 * 2
    table, output = saltelli(tmp_path, 0.0, 1, failed=(runs_of_a_base * 3 + 5,))
    found = sensitivity(table, (output,))
    assert (found.dropped, found.bases[0]) == (1, 255)


def test_superset_importance_of_a_product_and_of_a_sum():
    """x y - x/2 - y/2 has nothing but the interaction; x + y has none."""
    unit = blocks(2, True, 3, 0, 4 * 4096).reshape(-1, 4, 2)
    product = (unit[..., 0] - 0.5) * (unit[..., 1] - 0.5)
    share, low, high = superset_importance(product)
    assert share[0, 1] == share[1, 0] == pytest.approx(1.0, abs=0.03)
    assert low[0, 1] < 1.0 < high[0, 1]
    share, _, _ = superset_importance(unit[..., 0] + unit[..., 1])
    assert share[0, 1] == pytest.approx(0.0, abs=0.03)


def test_unknown_values_are_empty_cells(tmp_path):
    write_csv(tmp_path / "t.csv", [{"a": 1.5, "b": float("nan")}, {"a": 2.0, "b": 3}])
    assert (tmp_path / "t.csv").read_text() == "a,b\n1.5,\n2.0,3\n"
