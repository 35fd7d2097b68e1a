"""What the browser gets: the same run again, deliveries of the engine, numbers within the error of their codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import abm
from abm.edges import STATUSES
from abm.machine import kernel, machine_of
from abm.results import ResultsError
from abm.series import INDEX
from abm.simulation import Builder, prepare
from abm.supply_edges import supply
from abm.view import RunView
from visualization.codec import LARGEST, CodecError, Packer, unpack
from visualization.deliveries import ABSENT, Deliveries, Key
from visualization.payload import BANDS, LINES, encode, encode_fan, quantiles, spells, spread_out
from visualization.quantity import measure
from visualization.specs import CHARTS
from visualization.watch import watch

RUN = 3
PAIR_BYTES, FAN_BYTES = 100_000, 120_000


@pytest.fixture(scope="module")
def pair():
    return abm.compare("history", runs=8, seed=1, leverage=(2028,))


@pytest.fixture(scope="module")
def payload(pair):
    return encode(pair, RUN)


# --- the codec ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        [0.0, 1.0, 2.5, 1e6],
        [-3.0, 0.0, 7.0, np.nan],
        [1e-9, 2e-9, 3e-9, np.inf],
        [100.0, 100.5, 101.0, 100.25],
        [-5.0, -4.0, -3.0, -np.inf],
        [4.0, 4.0, 4.0, 4.0],
        [np.nan] * 4,
        [0.0] * 4,
    ],
)
def test_numbers_come_back_within_half_a_step_and_zero_stays_zero(row):
    values = np.asarray([row, row])
    packer = Packer()
    header, blocks = unpack(packer.pack({"entry": packer.block(values)}))
    back = blocks[header["entry"]["at"]]
    known = np.isfinite(values)
    reach = np.ptp(np.append(values[0][known[0]], 0.0)) if known.any() else 0.0
    assert np.all(np.abs(back - values)[known] <= 0.5 * reach / (LARGEST - 2) * (1 + 1e-6))
    assert np.isnan(back[~known]).all()
    assert np.all(back[values == 0.0] == 0.0)


def test_rows_have_scales_of_their_own():
    packer = Packer()
    header, blocks = unpack(packer.pack({"entry": packer.block(np.array([[1e-6, 2e-6], [1e6, 2e6]]))}))
    assert blocks[header["entry"]["at"]][0] == pytest.approx([1e-6, 2e-6], rel=1e-4)


def test_what_is_no_payload_is_refused_in_one_line():
    packer = Packer()
    entry = packer.block(np.zeros((2, 2)))
    cut = Packer().pack({"entry": entry})
    for data, words in (
        (b"", "damaged"),
        (b"nonsense", "damaged"),
        (Packer().pack({"format": 9}), "format 1"),
        (cut, "cut off"),
    ):
        with pytest.raises(CodecError, match=words) as found:
            unpack(data)
        assert "\n" not in str(found.value)


# --- the same run, and its deliveries ---------------------------------------------------------------------------------


def branched(pair):
    return pair.branch("2027Q1", "none_0")


@pytest.mark.parametrize("change", [lambda pair: pair, branched], ids=["as it is", "branched"])
def test_the_run_on_show_is_that_of_the_comparison_bit_for_bit(pair, change):
    pair = change(pair)
    found = watch(pair, RUN)
    for arm, results in enumerate((pair.controls, pair.counterfactual)):
        record = found.state["record"][:, :, arm].T
        np.testing.assert_array_equal(record, results.record[:, :, RUN])


@pytest.mark.parametrize("name", ["history", "script_then_rule"])
def test_deliveries_equal_those_of_the_network_edge_by_edge(name):
    arms = [abm.Scenario.load(name)]
    arms.append(arms[0].counterfactual("none_0"))
    found = Deliveries(watch(abm.compare(*arms, runs=2, seed=1), 1)).edges
    plan, machine = prepare(arms), machine_of(arms[0])
    handle = Builder(plan, arms, 1, 8, 1, machine).fill(np.array([0, 1]))
    for step in range(52):
        kernel(2, machine)(handle, step, step + 1)
        for lane in (0, 1):
            seen = set()
            for edge in supply(RunView(plan, handle.world, lane, arms[lane], step)):
                key = Key(edge.supplier, edge.customer, edge.stage, edge.unit)
                mine = found[key]
                seen.add(key)
                assert mine.flow[step, lane] == pytest.approx(edge.flow, rel=1e-12, abs=1e-12)
                assert mine.value[step, lane] == pytest.approx(edge.value, rel=1e-12, abs=1e-12)
                assert STATUSES[mine.status[step, lane]] == edge.status, (step, lane, key)
            extra = [key for key, flow in found.items() if key not in seen and flow.status[step, lane] != ABSENT]
            assert extra == []


def test_sums_of_edges_equal_what_the_model_recorded(pair):
    """Purchases by bloc, Ascend packages, tools by country of the maker: before quantisation."""
    watched = watch(pair, RUN)
    edges = Deliveries(watched).edges
    chinese = {firm.id for firm in watched.plan.world.firms if firm.bloc == "CN"}
    role = {node.id: node.role for node in watched.plan.world.nodes}
    lines = {name for name, one in role.items() if one in ("foundry_cn", "memory_cn")}

    def total(chosen, attribute="value"):
        return sum(getattr(flow, attribute) for key, flow in edges.items() if chosen(key))

    sums = {
        "value_cn": total(lambda key: key.stage == "accelerator" and key.customer in chinese),
        "value_abroad": total(lambda key: key.stage == "accelerator" and key.customer not in chinese),
        "ascend_packages": total(lambda key: key.stage == "packaging" and key.customer == "HUAWEI", "flow"),
        "ai_wafers": total(lambda key: key.stage == "foundry" and key.unit == "thousand wafers", "flow"),
    } | {
        f"tools_from_{country}": total(
            lambda key, country=country: key.customer in lines and role.get(key.supplier) == f"tools_{country}"
        )
        for country in ("us", "nl", "jp", "cn")
    }
    for name, found in sums.items():
        for arm, results in enumerate((pair.controls, pair.counterfactual)):
            recorded = results.record[INDEX[name], :, RUN]
            assert found[:, arm] == pytest.approx(recorded, rel=1e-9, abs=1e-9), name


# --- one paired run ---------------------------------------------------------------------------------------------------


def test_a_pair_is_small_and_holds_every_chart_within_the_error_of_its_codes(pair, payload):
    assert len(payload) < PAIR_BYTES
    header, blocks = unpack(payload)
    measured = measure(pair, tuple(CHARTS))
    assert set(header["charts"]) == set(CHARTS)
    for name, one in measured.items():
        entry = header["charts"][name]
        back, known = blocks[entry["values"]["at"]], one.values[:, RUN]
        assert entry["periods"] == list(one.periods)
        step = max(entry["values"]["scale"])
        np.testing.assert_allclose(back, known, rtol=0.0, atol=0.51 * step, equal_nan=True)
        assert len(entry["observed"]) == len(one.observed)


def test_edges_of_the_payload_are_those_of_the_run(pair, payload):
    header, blocks = unpack(payload)
    network = header["network"]
    value, amount = blocks[network["value"]["at"]], blocks[network["amount"]["at"]]
    found = Deliveries(watch(pair, RUN)).edges
    ids = [node["id"] for node in network["nodes"]]
    there = {key: flow for key, flow in found.items() if np.any(flow.status != ABSENT)}
    assert len(network["edges"]) == len(there)
    rows = {edge: row for row, edge in enumerate(network["amount"]["edges"])}
    for index, (supplier, customer, stage, unit) in enumerate(network["edges"]):
        flow = there[Key(ids[supplier], ids[customer], stage, unit)]
        np.testing.assert_allclose(value[index].T, flow.value, rtol=0.0, atol=0.51 * network["value"]["scale"][index])
        assert network["status"][index] == [spells(flow.status[:, arm]) for arm in (0, 1)]
        if unit != "USD bn":
            step = network["amount"]["scale"][rows[index]]
            np.testing.assert_allclose(amount[rows[index]].T, flow.flow, rtol=0.0, atol=0.51 * step)


def test_firms_and_dates_of_rules_are_in_it(pair, payload):
    header, blocks = unpack(payload)
    firms = header["firms"]
    entry = firms["series"]["firm_porting_share"]
    recorded = pair.controls["firm_porting_share"].values[RUN]
    np.testing.assert_allclose(blocks[entry["at"]][:, 0].T, recorded, atol=2e-5)
    assert firms["ids"] == list(pair.controls.firms)
    law = abm.Scenario.load("history").law
    assert {tick["id"] for tick in header["ticks"]} <= set(law.ids)
    october = next(tick for tick in header["ticks"] if tick["id"] == "us_2022_10_advanced_computing")
    assert 10.5 < october["at"] < 11.5
    assert header["quarters"][header["scripted"]] == "2026Q3"


def test_a_run_that_is_not_there_or_failed_is_refused(pair):
    for run in (-1, 8, True, 1.5):
        with pytest.raises(ResultsError, match="choose 0 to 7"):
            encode(pair, run)
    failed = pair.controls.failed_quarter.copy()
    failed[RUN] = 5
    broken = replace(pair, controls=replace(pair.controls, failed_quarter=failed))
    with pytest.raises(ResultsError, match="broke a law"):
        encode(broken, RUN)
    with pytest.raises(KeyError, match="nearest valid name: 'lead'"):
        encode(pair, RUN, charts=("leda",))


def test_only_what_is_asked_for_is_sent(pair, payload):
    small = encode(pair, RUN, charts=("lead",), network=False)
    header = unpack(small)[0]
    assert list(header["charts"]) == ["lead"]
    assert "network" not in header
    assert len(small) < 10_000
    assert header["id"] == unpack(payload)[0]["id"]
    assert header["id"] != unpack(encode(pair, 0, charts=("lead",), network=False))[0]["id"]


# --- an ensemble ------------------------------------------------------------------------------------------------------


def test_fans_hold_quantiles_over_pairs_and_the_same_runs_in_every_chart(pair):
    data = encode_fan(pair, lines=5)
    assert len(data) < FAN_BYTES
    header, blocks = unpack(data)
    measured = measure(pair, tuple(CHARTS))
    assert len(header["lines"]) == 5
    for name, entry in header["charts"].items():
        values = measured[name].values
        step = max(entry["bands"]["scale"])
        expected = np.stack([quantiles(arm) for arm in values])
        np.testing.assert_allclose(blocks[entry["bands"]["at"]], expected, rtol=0.0, atol=0.51 * step, equal_nan=True)
        lines = blocks[entry["lines"]["at"]]
        step = max(entry["lines"]["scale"])
        chosen = np.moveaxis(values[:, header["lines"]], 0, 1)
        np.testing.assert_allclose(lines, chosen, rtol=0.0, atol=0.51 * step, equal_nan=True)
    assert header["charts"]["leverage"]["periods"] == ["2028Q4"]


def test_failed_pairs_count_in_no_fan_and_are_no_line(pair):
    failed = pair.counterfactual.failed_quarter.copy()
    failed[2] = 7
    broken = replace(pair, counterfactual=replace(pair.counterfactual, failed_quarter=failed))
    header, _ = unpack(encode_fan(broken, ("lead",)))
    assert header["failed"] == 1
    assert header["runs"] == 7
    assert sorted(header["lines"]) == [0, 1, 3, 4, 5, 6, 7]


def test_quantiles_are_those_of_runs_with_a_value():
    values = np.array([[1.0, np.nan], [2.0, np.nan], [3.0, np.nan], [np.nan, np.nan]])
    found = quantiles(values)
    assert found[:, 0] == pytest.approx(np.quantile([1.0, 2.0, 3.0], BANDS))
    assert np.isnan(found[:, 1]).all()


def test_lines_are_spread_over_the_ranks():
    values = np.arange(100.0)[::-1, None]
    chosen = spread_out(values, np.ones(100, dtype=bool), LINES)
    assert len(set(chosen)) == LINES
    assert {chosen[0], chosen[-1]} == {99, 0}


def test_spells_name_each_change_once():
    assert spells(np.array([2, 2, 0, 0, 2])) == [[0, 2], [2, 0], [4, 2]]
