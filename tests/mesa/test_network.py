"""Networks of a quarter: well-formed, conserved against the state, closed where law closes them; measures by hand."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest

from abm.edges import STATUSES, Links, offer_key
from abm.model import ChipCurbsModel
from abm.network import (
    TIERS,
    bloc_assortativity,
    communities,
    concentration,
    knowledge_network,
    modularity,
    procurement_network,
    supply_network,
)
from abm.parameter_index import DESIGN_COST_SHARE, DIFFUSION
from abm.supply_edges import BROKERS, split_foreign, tool_purchases
from abm.view import RunView
from abm.vocabulary import MATERIALS


def runs(model: ChipCurbsModel) -> Iterator[RunView]:
    """The run and its counterfactual."""
    yield model.controls
    if model.counterfactual is not None:
        yield model.counterfactual


@pytest.fixture(scope="module")
def supply(model: ChipCurbsModel) -> Any:
    return model.supply_network()


@pytest.fixture(scope="module")
def procurement(model: ChipCurbsModel) -> Any:
    return model.procurement_network()


def test_networks_are_well_formed(model: ChipCurbsModel) -> None:
    for run in runs(model):
        for graph in (supply_network(run), procurement_network(run), knowledge_network(run)):
            assert isinstance(graph, nx.DiGraph)
            assert (graph.graph["quarter"], graph.graph["scenario"]) == (run.quarter, run.scenario.name)
            assert all(data["kind"] and data["tier"] in TIERS for _, data in graph.nodes(data=True))
            assert all(data["bloc"] in ("CN", "US", "ROW") for _, data in graph.nodes(data=True))
            for supplier, customer, data in graph.edges(data=True):
                where = f"{run.scenario.name}: {supplier} to {customer}"
                assert 0.0 <= data["flow"] < math.inf, where
                assert data["flow"] <= data["capacity"] * (1.0 + 1e-9) + 1e-12, where
                assert 0.0 <= data["legal"] <= 1.0, where
                assert data["status"] in STATUSES, where
                assert data["unit"], where


def test_closed_edges_carry_nothing_but_evasion(model: ChipCurbsModel) -> None:
    assert count_closed_edges(model) > 0


def count_closed_edges(model: ChipCurbsModel) -> int:
    """Edges that law closes; each is checked to carry nothing."""
    closed = 0
    for run in runs(model):
        for graph in (supply_network(run), procurement_network(run)):
            for supplier, customer, data in graph.edges(data=True):
                if data["legal"] == 0.0 and data["status"] != "evasion":
                    closed += 1
                    assert data["flow"] == data["value"] == data["capacity"] == 0.0, (supplier, customer)
    return closed


def test_suppliers_stand_upstream_of_customers(supply: Any) -> None:
    rank = {tier: place for place, tier in enumerate(TIERS)}
    for supplier, customer in supply.edges:
        assert BROKERS in (supplier, customer) or (
            rank[supply.nodes[supplier]["tier"]] < rank[supply.nodes[customer]["tier"]]
        )
    assert nx.is_directed_acyclic_graph(supply)
    assert nx.has_path(supply, "ASML", "TENCENT")
    assert nx.has_path(supply, "SKHYNIX", "MICROSOFT")


def test_shares_add_to_one_for_each_customer_and_input(supply: Any) -> None:
    total: dict[tuple[str, str, str], list[float]] = {}
    for _, customer, data in supply.edges(data=True):
        total.setdefault((customer, data["stage"], data["unit"]), []).append(data["share"])
    assert total
    for shares in total.values():
        assert sum(shares) == pytest.approx(1.0) or sum(shares) == 0.0


def test_rows_are_rows_of_the_data_pack_on_these_pairs(model: ChipCurbsModel, supply: Any) -> None:
    rows = {str(row["edge_id"]): row for row in model.controls.plan.pack.supply_links}
    for supplier, _, data in supply.edges(data=True):
        for name in data["rows"]:
            assert rows[name]["stage"] == data["stage"] or data["stage"] in ("line", "accelerator")
            if data["stage"] not in ("line", "accelerator"):
                assert rows[name]["supplier"] == supplier.removesuffix("_FOUNDRY")
    assert supply.edges["ASML", "SMIC"]["rows"] == ("E301",)
    assert supply.edges["SMIC", "OTHER_CN"]["rows"] == ("E106", "E107", "E108")
    assert supply.edges[offer_key("NVIDIA_FRONTIER"), "MICROSOFT"]["rows"] == ("E154",)


def test_purchases_add_to_the_state(model: ChipCurbsModel) -> None:
    for run in runs(model):
        graph, world = procurement_network(run), run.world
        rental, grey = run.plan.world.offer("OFFSHORE_RENTAL"), run.plan.world.offer("GREY_FRONTIER")
        for index, firm in enumerate(run.plan.world.firms):
            bought = graph.in_edges(firm.id, data=True)
            rented = world.delivered[index, rental, :, run.lane].sum()
            rent = rented * run.number("price_china", rental) / 1000.0
            paid = sum(data["value"] for _, _, data in bought) + rent
            assert paid == pytest.approx(run.number("spent", index), rel=1e-9)
            chips = world.delivered[index, :, :, run.lane].sum() - rented
            assert sum(data["chips"] for _, _, data in bought) == pytest.approx(chips, rel=1e-12, abs=1e-12)
        for place, offer in enumerate(run.plan.world.offers):
            if graph.has_node(offer_key(offer.id)):
                sold = run.number("sold_china", place) + run.number("sold_abroad", place)
                sold -= run.number("seized") if place == grey else 0.0
                out = graph.out_edges(offer_key(offer.id), data=True)
                assert sum(data["chips"] for _, _, data in out) == pytest.approx(sold, rel=1e-9)


def test_supply_flows_add_to_the_state(model: ChipCurbsModel) -> None:
    for run in runs(model):
        graph, world, lane = supply_network(run), run.world, run.lane

        def inflow(unit: str, graph: Any = graph, stage: str = "") -> float:
            edges = graph.edges(data=True)
            return sum(data["flow"] for _, _, data in edges if data["unit"] == unit and stage in ("", data["stage"]))

        bought = world.node_bought[:, lane].sum()
        assert inflow("USD bn", stage="fab_equipment") == pytest.approx(bought, rel=1e-12)
        software = run.number("parameter", DESIGN_COST_SHARE) * world.vendor_rd[:, lane].sum()
        assert inflow("USD bn", stage="design") == pytest.approx(software, rel=1e-12)
        makers = world.node_role == MATERIALS
        assert inflow("USD bn", stage="materials") == pytest.approx(world.node_sales[makers, lane].sum(), rel=1e-12)
        assert inflow("thousand wafers") == pytest.approx(world.wafers[:, lane].sum(), rel=1e-12)
        packaged = run.number("world_sold") + run.number("packaging_scrapped")
        assert inflow("thousand packages, H100 = 1") == pytest.approx(packaged, rel=1e-9)
        assert inflow("thousand packages") == pytest.approx(world.made[:, lane].sum(), rel=1e-12)
        for place, vendor in enumerate(run.plan.world.vendors):
            into = graph.in_edges(vendor.id, data=True)
            stacks = sum(data["flow"] for _, _, data in into if data["stage"] == "memory")
            dies = sum(data["flow"] for _, _, data in into if data["unit"] == "thousand dies")
            if world.vendor_us[place] < 1.0:
                assert stacks == pytest.approx(world.hbm_arrived[place, lane], rel=1e-12)
                assert dies == pytest.approx(world.foreign_wafers[place, lane], rel=1e-12)


def test_the_bills_of_vendors_are_the_values_of_their_inputs(model: ChipCurbsModel) -> None:
    run = model.controls
    graph = supply_network(run)
    for name in ("NVIDIA", "HUAWEI", "CAMBRICON"):
        bill = model.agent(name).inputs_paid
        inputs = sum(data["value"] for _, _, data in graph.in_edges(name, data=True) if data["stage"] != "design")
        assert inputs == pytest.approx(bill, rel=1e-6), name


def test_diverted_dies_go_through_brokers(supply: Any) -> None:
    assert supply.edges["TSMC", "HUAWEI"]["status"] == "denied"
    assert supply.edges["TSMC", "HUAWEI"]["flow"] == 0.0
    hidden = supply.edges[BROKERS, "HUAWEI"]
    assert (hidden["status"], hidden["legal"]) == ("evasion", 0.0)
    sources = sum(data["flow"] for _, _, data in supply.in_edges(BROKERS, data=True))
    assert hidden["flow"] == pytest.approx(sources, rel=1e-12)
    assert supply.edges["TSMC", BROKERS]["flow"] > 0.9 * hidden["flow"] > 0.0


@pytest.mark.parametrize(
    ("wanted", "legal", "limit"),
    [(100.0, 0.0, 30.0), (100.0, 0.0, 400.0), (100.0, 0.6, 30.0), (100.0, 1.0, 30.0), (0.0, 0.0, 0.0)],
)
def test_dies_from_abroad_are_split_as_they_were_ordered(wanted: float, legal: float, limit: float) -> None:
    openly = wanted * legal
    hidden = min(wanted - openly, limit)
    assert split_foreign(openly + hidden, legal, limit) == pytest.approx((openly, hidden))


def bought_by_smic(run: Any) -> float:
    """Tools that China's advanced foundry bought in the quarter."""
    return float(run.number("node_bought", int(run.world.line_node[0])))


def test_a_seller_that_denies_tools_delivers_only_its_legal_share(model: ChipCurbsModel) -> None:
    before, after = model.counterfactual, model.controls
    assert before is not None
    for run in (before, after):
        found = tool_purchases(run)
        assert sum(one.bought for one in found) == pytest.approx(bought_by_smic(run))
        assert all(one.bought <= one.open * (1.0 + 1e-12) for one in found)
        had = {one.tool: 0.0 for one in found}
        for one in found:
            had[one.tool] += one.bought
        assert all(size > 0.0 for size in had.values())
    denied = next(one for one in tool_purchases(after) if (one.country, one.tool) == ("US", "metrology"))
    free = next(one for one in tool_purchases(before) if (one.country, one.tool) == ("US", "metrology"))
    assert denied.legal < free.legal
    share = [one.bought / bought_by_smic(run) for one, run in ((denied, after), (free, before))]
    assert share[0] < share[1]


def test_the_status_of_sales_is_that_of_the_law(procurement: Any) -> None:
    assert procurement.edges[offer_key("NVIDIA_FRONTIER"), "TENCENT"]["status"] == "denied"
    assert procurement.edges[offer_key("NVIDIA_FRONTIER"), "MICROSOFT"]["status"] == "free"
    assert procurement.edges[offer_key("GREY_FRONTIER"), "TENCENT"]["status"] == "evasion"
    assert procurement.edges[offer_key("HUAWEI"), "TENCENT"]["status"] == "free"
    assert not procurement.has_edge(offer_key("NVIDIA_FRONTIER"), "HUAWEI_CLOUD")
    assert not procurement.has_edge(offer_key("HUAWEI"), "MICROSOFT")


def test_assortativity_is_the_recorded_series(model: ChipCurbsModel) -> None:
    for run in runs(model):
        assert bloc_assortativity(procurement_network(run)) == pytest.approx(run.latest("assortativity"), abs=1e-9)


def test_before_the_first_quarter_nothing_flows() -> None:
    fresh = ChipCurbsModel(compiled=False)
    for graph in (fresh.supply_network(), fresh.procurement_network()):
        assert sum(data["flow"] for _, _, data in graph.edges(data=True)) == 0.0
        assert math.isnan(concentration(graph))
        assert math.isnan(modularity(graph))
        assert math.isnan(bloc_assortativity(graph))
    assert fresh.knowledge_network().number_of_nodes() == len(fresh.controls.plan.world.firms)


@pytest.mark.slow
def test_networks_hold_in_every_quarter_of_a_drawn_world() -> None:
    made = ChipCurbsModel("history", rng=7, world=8)
    while made.running:
        made.step()
        test_networks_are_well_formed(made)
        count_closed_edges(made)
        test_purchases_add_to_the_state(made)
        test_supply_flows_add_to_the_state(made)
        test_assortativity_is_the_recorded_series(made)


# --- knowledge --------------------------------------------------------------------------------------------------------


def test_knowledge_flows_from_the_best_source_alone_and_explains_the_spill(model: ChipCurbsModel) -> None:
    for run in runs(model):
        graph, world, lane = knowledge_network(run), run.world, run.lane
        for index, firm in enumerate(run.plan.world.firms):
            into = list(graph.in_edges(firm.id, data=True))
            reach = [data["access"] * data["lead"] for _, _, data in into]
            flows = [data["flow"] for _, _, data in into]
            assert sum(flow > 0.0 for flow in flows) <= 1
            assert sum(flows) == pytest.approx(run.number("parameter", DIFFUSION) * max(reach, default=0.0))
            gain = world.algorithm[index, 0, lane] - world.algorithm_before[index, lane]
            if world.alive[run.law_step, index] > 0.0:
                assert gain >= sum(flows) - 1e-12


def test_porting_links_are_those_of_the_world_file(model: ChipCurbsModel) -> None:
    graph = model.knowledge_network()
    for firm in model.controls.plan.world.firms:
        near = {other for other, _, data in graph.in_edges(firm.id, data=True) if data["porting"]}
        assert near == set(model.controls.plan.world.neighbours[firm.id]) == set(model.agent(firm.id).neighbours)


def test_controls_cut_access_across_blocs_only(model: ChipCurbsModel) -> None:
    graph = model.knowledge_network()
    across = [
        data for one, other, data in graph.edges(data=True) if graph.nodes[one]["bloc"] != graph.nodes[other]["bloc"]
    ]
    inside = [
        data for one, other, data in graph.edges(data=True) if graph.nodes[one]["bloc"] == graph.nodes[other]["bloc"]
    ]
    assert across
    assert all(0.0 < data["legal"] < 1.0 for data in across)
    assert all(data["legal"] == 1.0 for data in inside)


# --- measures ---------------------------------------------------------------------------------------------------------


def small() -> Any:
    """Two Chinese buyers and one other: 6 of their 8 from home, 2 from abroad; 4 abroad."""
    graph = nx.DiGraph()
    for name, bloc in (("home", "CN"), ("far", "US"), ("farther", "US"), ("a", "CN"), ("b", "CN"), ("c", "US")):
        graph.add_node(name, bloc=bloc, vendor="one" if name.startswith("far") else "two")
    graph.add_edge("home", "a", value=4.0)
    graph.add_edge("home", "b", value=2.0)
    graph.add_edge("far", "b", value=2.0)
    graph.add_edge("farther", "c", value=4.0)
    return graph


def test_concentration_by_hand() -> None:
    graph = small()
    assert concentration(graph) == pytest.approx((6 / 12) ** 2 + (2 / 12) ** 2 + (4 / 12) ** 2)
    assert concentration(graph, by="vendor") == pytest.approx(0.5)
    assert concentration(graph, bloc="CN") == pytest.approx((6 / 8) ** 2 + (2 / 8) ** 2)
    assert math.isnan(concentration(graph, bloc="ROW"))


def test_assortativity_by_hand() -> None:
    # made at home 6/12, bought at home 8/12: expected 1/2; observed inside 10/12
    assert bloc_assortativity(small()) == pytest.approx((10 / 12 - 0.5) / 0.5)


def test_modularity_by_hand() -> None:
    graph = small()
    assert communities(graph) == [["home", "a"], ["far", "b"], ["farther", "c"]]
    # 10 of 12 inside; the groups have 10, 6 and 8 of the 24 ends of edges
    assert modularity(graph) == pytest.approx(10 / 12 - (10**2 + 6**2 + 8**2) / 24**2)


def test_measures_do_not_depend_on_the_hashes_of_names() -> None:
    program = (
        "from abm.model import ChipCurbsModel; from abm.network import communities, modularity\n"
        "m = ChipCurbsModel(compiled=False, rng=3); [m.step() for _ in range(3)]; g = m.supply_network()\n"
        "print(list(g), list(g.edges), communities(g), modularity(g).hex())"
    )
    printed = [
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PATH": ""}, check=True,
                       capture_output=True, text=True).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert printed[0] == printed[1]


def test_shares_of_suppliers() -> None:
    row = {"edge_id": "E1", "supplier": "A", "customer": "X", "stage": "memory", "tool_class": None, "share_pct": 30.0}
    found = Links(
        [row, {**row, "edge_id": "E2", "supplier": "B", "share_pct": 10.0}, {**row, "supplier": "C", "share_pct": None}]
    )
    assert found.shares("ABCD", ["X"], "memory") == {"A": 0.75, "B": 0.25}
    assert found.shares("CD", ["X"], "memory") == {"C": 1.0}
    assert found.shares("DE", ["X"], "memory") == {"D": 0.5, "E": 0.5}
    assert found.rows("A", ["X", "X"], "memory") == ("E1",)
    assert np.isclose(sum(found.shares("AB", ["X"], "memory").values()), 1.0)
