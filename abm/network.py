"""The three networks of a quarter as NetworkX graphs, and measures of them (MODEL 3).

Nodes and edges come in a fixed order: tier by tier in the order of the world file. Firms, vendors and supply nodes are
keyed by their id, offers by `offer:<id>`, intermediaries by `channel:<name>`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import networkx as nx
import numpy as np

from abm.edges import UNLIMITED, Edge, countries, offer_key, purchases
from abm.parameter_index import CLOSED_ACCESS, CROSS_BLOC_ACCESS_LOSS, DIFFUSION
from abm.supply_edges import BROKERS, MONEY, node_place, parameter, supply
from abm.view import RunView
from abm.vocabulary import CN_OTHER, ROCM, SW_SPILLOVERS

TIERS = ("tools", "design", "materials", "foundry", "memory", "packaging", "vendor", "offer", "ai_firm")
"""Tiers of the supply network, from upstream to downstream."""
UNITS = {
    "foundry_world": "thousand wafers",
    "foundry_cn": "thousand wafers",
    "memory_world": "million stacks",
    "memory_cn": "million stacks",
    "packaging_world": "thousand packages, H100 = 1",
    "packaging_cn": "thousand packages",
}
"""Unit of capacity, output, orders and stock of the nodes that have them, by role."""


def supply_network(run: RunView) -> Any:
    """Deliveries of the quarter from toolmakers through foundries, memory, packaging, vendors and offers to AI firms.

    Returns
    -------
    networkx.DiGraph
        Nodes: kind (supply_node, channel, vendor, offer, ai_firm), tier, bloc, country; supply nodes also role,
        capacity, output, orders, backlog, stock (in unit), tools, sales and cash (USD bn). Edges: stage, flow and
        capacity in unit, value (USD bn), legal (share that law lets through), status, share (of the customer's inputs
        of the same stage and unit), rows (of supply_links.csv); see `abm.edges.Edge`.
    """
    graph = _graph(run, "supply")
    for node in run.plan.world.nodes:
        graph.add_node(node.id, **_supply_node(run, node.id, node.role))
    if any(BROKERS in (edge.supplier, edge.customer) for edge in supply(run)):
        graph.add_node(BROKERS, kind="channel", tier="foundry", bloc="ROW", country="")
    _add_vendors(graph, run)
    _add_offers(graph, run)
    _add_firms(graph, run)
    return _with_edges(graph, supply(run))


def procurement_network(run: RunView) -> Any:
    """Chips that AI firms bought in the quarter, offer by offer (MODEL 3).

    Returns
    -------
    networkx.DiGraph
        Nodes: offers on sale (kind offer, vendor, bloc, ecosystem, design) and AI firms (kind ai_firm, bloc). Edges,
        one for each offer on sale that is meant for the firm: chips (thousand; also as flow, with capacity and unit),
        value (USD bn), legal, status, share (of the firm's chips), rows.
    """
    graph = _graph(run, "procurement")
    _add_offers(graph, run)
    _add_firms(graph, run)
    graph = _with_edges(graph, purchases(run))
    for _, _, data in graph.edges(data=True):
        data["chips"] = data["flow"]
    return graph


def knowledge_network(run: RunView) -> Any:
    """Who can learn from whom: porting know-how of neighbours, and algorithms of firms that are ahead (MODEL 3, R10).

    Returns
    -------
    networkx.DiGraph
        Nodes: AI firms with algorithm (ln training efficiency), porting (mean maturity of the rivals of CUDA, 0-1) and
        open_weights. Edges from the firm that knows to the one that may learn:
        porting (whether they are neighbours), know_how (lead in mean maturity at the start of the quarter, 0-1),
        access (share of the lead in algorithms that can be reached), lead (ln), legal (what the controls leave of
        access), flow (ln of efficiency that spilled over this quarter, from the best source alone).
    """
    graph = _graph(run, "knowledge")
    world, lane, firms = run.world, run.lane, run.plan.world.firms
    _add_firms(graph, run)
    maturity = world.porting_before[:, ROCM : CN_OTHER + 1, lane].mean(axis=1)
    for index, firm in enumerate(firms):
        graph.nodes[firm.id].update(
            algorithm=run.number("algorithm", index, 0),
            porting=float(world.porting[index, ROCM : CN_OTHER + 1, lane].mean()),
            open_weights=firm.open_weights,
        )
    leaders = set(np.flatnonzero(world.leads[:, lane] > 0.0).tolist())
    rate = parameter(run, DIFFUSION) * run.number("switch", SW_SPILLOVERS)
    for index, firm in enumerate(firms):
        near = {int(other) for other in world.neighbour[index]}
        # nobody else can be learnt from
        reach = {other: _reachable(run, other, index, near) for other in sorted(near | leaders)}
        best = max(reach, key=lambda other: reach[other][0] * reach[other][1])
        for other, (access, lead, legal) in reach.items():
            if other == index or (other not in near and access * lead <= 0.0):
                continue
            graph.add_edge(
                firms[other].id,
                firm.id,
                porting=other in near,
                know_how=max(float(maturity[other] - maturity[index]), 0.0) if other in near else 0.0,
                access=access,
                lead=lead,
                legal=legal,
                flow=rate * access * lead if other == best else 0.0,
                capacity=rate * access * lead,
                unit="ln",
                status="free" if legal >= 1.0 else "partly denied" if legal > 0.0 else "denied",
            )
    return graph


def _reachable(run: RunView, teacher: int, pupil: int, near: set[int]) -> tuple[float, float, float]:
    """Access to another firm's algorithms, its lead at the start of the phase (ln), what controls leave of access.

    Algorithms spread from the leaders of each bloc and from neighbours alone.
    """
    world, lane = run.world, run.lane
    across = world.bloc[teacher] != world.bloc[pupil]
    lost = parameter(run, CROSS_BLOC_ACCESS_LOSS) * run.number("stringency_smooth") if across else 0.0
    access = 1.0 if world.open_weights[teacher] > 0.0 else parameter(run, CLOSED_ACCESS)
    source = world.leads[teacher, lane] > 0.0 or teacher in near
    known = source and world.trained[teacher, lane] > 0.0 and world.alive[run.law_step, teacher] > 0.0
    lead = float(world.algorithm_before[teacher, lane] - world.algorithm_before[pupil, lane])
    return (access * (1.0 - lost) if known else 0.0), max(lead, 0.0), 1.0 - lost


# --- nodes and edges --------------------------------------------------------------------------------------------------


def _graph(run: RunView, name: str) -> Any:
    return nx.DiGraph(name=name, quarter=run.quarter, scenario=run.scenario.name, world=run.world_id)


def _bloc(country: str) -> str:
    return country if country in ("CN", "US") else "ROW"


def _add_vendors(graph: Any, run: RunView) -> None:
    for place, vendor in enumerate(run.plan.world.vendors):
        bloc = "US" if run.world.vendor_us[place] > 0.0 else "CN"
        graph.add_node(vendor.id, kind="vendor", tier="vendor", bloc=bloc, country=bloc)


def _add_offers(graph: Any, run: RunView) -> None:
    world = run.plan.world
    for place, offer in enumerate(world.offers):
        design = run.design(place)
        if design is not None and offer.kind != "rental":
            bloc = "US" if run.world.vendor_us[world.vendor(offer.vendor)] > 0.0 else "CN"
            about = {
                "vendor": offer.vendor,
                "offer_kind": offer.kind,
                "ecosystem": offer.ecosystem,
                "design": design.id,
            }
            graph.add_node(offer_key(offer.id), kind="offer", tier="offer", bloc=bloc, country=bloc, **about)


def _add_firms(graph: Any, run: RunView) -> None:
    for index, firm in enumerate(run.plan.world.firms):
        alive = bool(run.world.alive[run.law_step, index])
        graph.add_node(firm.id, kind="ai_firm", tier="ai_firm", bloc=firm.bloc, country=firm.bloc, alive=alive)


def _supply_node(run: RunView, name: str, role: str) -> dict[str, Any]:
    place = node_place(run, name)
    country = countries(run).get(run.plan.world.nodes[place].firm_id, "")
    capacity, output, unit = node_output(run, name, role)
    return {
        "kind": "supply_node",
        "tier": role.split("_", maxsplit=1)[0],
        "bloc": _bloc(country),
        "country": country,
        "role": role,
        "capacity": capacity,
        "output": output,
        "unit": unit,
        "orders": run.number("node_orders", place),
        "backlog": run.number("node_backlog", place),
        "stock": run.number("node_stock", place),
        "tools": run.number("node_tools", place),
        "sales": run.number("node_sales", place),
        "cash": run.number("node_cash", place),
    }


def node_output(run: RunView, name: str, role: str) -> tuple[float, float, str]:
    """Capacity and output of a supply node in the quarter, and their unit; capacity is inf where the model sets none.

    Capacity is that of the whole node; edges have what phones leave of it to AI chips. Toolmakers, makers of software
    and of materials sell what is ordered: their output is their sales.
    """
    if role not in UNITS:
        return UNLIMITED, run.number("node_sales", node_place(run, name)), MONEY
    place = node_place(run, name)
    return run.number("node_capacity", place), run.number("node_made", place), UNITS[role]


def _with_edges(graph: Any, edges: Iterable[Edge]) -> Any:
    """Add edges between nodes of the graph, each with its share of the customer's inputs of the same kind."""
    found, total = list(edges), dict[tuple[str, str, str], float]()
    for edge in found:
        group = edge.customer, edge.stage, edge.unit
        total[group] = total.get(group, 0.0) + edge.flow
    for edge in found:
        if not (graph.has_node(edge.supplier) and graph.has_node(edge.customer)):
            raise ValueError(f"edge {edge.supplier} to {edge.customer}: no such node in the world")
        bought = total[edge.customer, edge.stage, edge.unit]
        graph.add_edge(
            edge.supplier,
            edge.customer,
            stage=edge.stage,
            flow=edge.flow,
            capacity=edge.capacity,
            unit=edge.unit,
            value=edge.value,
            legal=edge.legal,
            status=edge.status,
            share=edge.flow / bought if bought > 0.0 else 0.0,
            rows=edge.rows,
        )
    return graph


# --- measures ---------------------------------------------------------------------------------------------------------


def concentration(graph: Any, weight: str = "value", by: str | None = None, **customer: Any) -> float:
    """Herfindahl–Hirschman index of suppliers, 0 to 1: the sum of their squared shares; NaN if nothing flows.

    Parameters
    ----------
    weight : attribute of edges that is summed.
    by : attribute of suppliers that makes one of several, such as "vendor" for offers; None: each node for itself.
    customer : attributes that customers must have, such as ``kind="ai_firm", bloc="CN"``.
    """
    sizes: dict[Any, float] = {}
    for supplier, buyer, data in graph.edges(data=True):
        if all(graph.nodes[buyer].get(key) == value for key, value in customer.items()):
            name = supplier if by is None else graph.nodes[supplier].get(by, supplier)
            sizes[name] = sizes.get(name, 0.0) + data[weight]
    total = sum(sizes.values())
    return sum((size / total) ** 2 for size in sizes.values()) if total > 0.0 else math.nan


def communities(graph: Any, weight: str = "value") -> list[list[str]]:
    """Groups of nodes that trade with each other more than by chance (greedy modularity), largest first.

    Nodes without flow are left out. The result depends on the graph alone: nodes are numbered in its order.
    """
    number, flows = _undirected(graph, weight)
    if flows.number_of_edges() == 0:
        return []
    names = list(number)
    groups = [sorted(group) for group in nx.community.greedy_modularity_communities(flows, weight="weight")]
    return [[names[place] for place in group] for group in sorted(groups, key=lambda group: (-len(group), group))]


def modularity(graph: Any, weight: str = "value") -> float:
    """Newman's modularity of `communities`, −0.5 to 1: how far trade stays inside groups; NaN if nothing flows."""
    number, flows = _undirected(graph, weight)
    if flows.number_of_edges() == 0:
        return math.nan
    groups = [{number[name] for name in group} for group in communities(graph, weight)]
    return float(nx.community.modularity(flows, groups, weight="weight"))


def _undirected(graph: Any, weight: str) -> tuple[dict[str, int], Any]:
    """Flows both ways between numbered nodes, those without flow left out; numbers, not texts, whose hashes vary."""
    number: dict[str, int] = {}
    flows = nx.Graph()
    positive = [(one, other, data[weight]) for one, other, data in graph.edges(data=True) if data[weight] > 0.0]
    active = {name for one, other, _ in positive for name in (one, other)}
    for name in graph:
        if name in active:
            number[name] = len(number)
            flows.add_node(number[name])
    for one, other, size in positive:
        before = flows.get_edge_data(number[one], number[other], {"weight": 0.0})["weight"]
        flows.add_edge(number[one], number[other], weight=before + size)
    return number, flows


def bloc_assortativity(graph: Any, weight: str = "value", home: str = "CN") -> float:
    """Preference of trade for the own side, −1 to 1, with the blocs `home` and all others; NaN if nothing flows.

    Share of trade inside a side over what independent buying would give, scaled to 1 (Newman). In the procurement
    network it is the recorded series `assortativity`.
    """
    inside, at_home, bought, total = 0.0, 0.0, 0.0, 0.0
    for supplier, buyer, data in graph.edges(data=True):
        made, used = graph.nodes[supplier]["bloc"] == home, graph.nodes[buyer]["bloc"] == home
        total += data[weight]
        inside += data[weight] if made == used else 0.0
        at_home += data[weight] if made else 0.0
        bought += data[weight] if used else 0.0
    if total <= 0.0:
        return math.nan
    made, used = at_home / total, bought / total
    expected = made * used + (1.0 - made) * (1.0 - used)
    return (inside / total - expected) / (1.0 - expected) if expected < 1.0 else math.nan
