"""Build the walk from the arrays with which the engine starts a run: every number becomes a float or an int once."""

from __future__ import annotations

from types import SimpleNamespace

from mesa.agent import AgentSet

from abm.parameter_index import NAMES
from abm.vocabulary import BLOCS, COMPLIANCE, DOMESTIC, SWITCHES

from .accounts import Books
from .audit import Audit
from .buying import wait_factor
from .chance import Chance
from .china import ChineseDesigner
from .exits import Exits
from .firm import AIFirm
from .gap import Gap
from .market import Market
from .node_start import build_nodes
from .offer import Design, Offer
from .offshore import Rental
from .records import Records
from .regulator import Law, Regulator
from .services import Services
from .states import States
from .vendor import ChipVendor


def build(model, plan, world, lane: int) -> None:
    """Everything of one lane of a world that stands at the start of 2020Q1."""
    model.p = SimpleNamespace(**dict(zip(NAMES, world.parameter[:, lane].tolist(), strict=True)))
    model.on = SimpleNamespace(**dict(zip(SWITCHES, world.switch[:, lane].tolist(), strict=True)))
    model.plan, model.plan_factor = world.plan.tolist(), world.plan_factor[:, :, lane].tolist()
    model.residual_path = world.residual_path.tolist()
    model.learning_rule = int(world.learning_rule[lane])
    model.wait_factor = wait_factor(model.p.wait_value)
    model.chance = Chance(model.p, int(world.seed[0]), int(world.world_id[lane]))
    model.designs = [Design(world, index) for index in range(len(plan.designs))]
    model.law = Law(world, int(world.arm[lane]), model.designs)
    model.regulator = Regulator(model, model.law)
    build_offers(model, world, lane)
    build_vendors(model, plan, world, lane)
    build_nodes(model, world, lane)
    build_firms(model, plan, world, lane)
    model.market, model.books = Market(model), Books(model)
    model.exits, model.rental = Exits(model), Rental(model)
    model.states = States(model)
    model.services = Services(model, world.start_capability[:, lane].tolist())
    model.records, model.audit = Records(model), Audit(model)
    model.gap = Gap(model, world.past_capability[:, :, lane].tolist())


def build_offers(model, world, lane: int) -> None:
    """Offers with their road maps."""
    kinds, nests, ecosystems = (getattr(world, f"offer_{name}").tolist() for name in ("kind", "nest", "ecosystem"))
    model.offers = []
    for index, kind in enumerate(kinds):
        offer = Offer(model, index, kind, nests[index], ecosystems[index])
        length = int(world.roadmap_length[index])
        offer.roadmap = [model.designs[place] for place in world.roadmap[index, :length].tolist()]
        offer.dates = world.roadmap_quarter[index, :length].tolist()
        offer.next_step = world.next_step[index, lane].item()
        offer.slot_performance = world.slot_performance[index, :, :, lane].tolist()
        offer.slot_frontier = world.slot_frontier[index, :, lane].tolist()
        model.offers.append(offer)
    model.compliance = [one for one in model.offers if one.kind == COMPLIANCE]
    model.redesigned = [one for one in model.offers if one.kind in (COMPLIANCE, DOMESTIC)]
    model.grey_lines = [one for one in model.offers if one.grey]


def build_vendors(model, plan, world, lane: int) -> None:
    """Vendors with their main lines."""
    model.vendors = []
    for index, vendor in enumerate(plan.world.vendors):
        kind = ChipVendor if world.vendor_us[index] > 0.0 else ChineseDesigner
        one = kind(model, index, vendor.id)
        one.merchant, one.diverts = world.vendor_merchant[index].item(), world.diverts[index].item()
        one.line = model.offers[int(world.vendor_line[index])]
        one.reference = world.vendor_reference[:, index].tolist()
        one.cash, one.smooth = world.vendor_cash[index, lane].item(), world.vendor_smooth[index, lane].item()
        model.vendors.append(one)
    for offer, index in zip(model.offers, world.offer_vendor.tolist(), strict=True):
        offer.vendor = model.vendors[index]
    model.designers = model.agents_by_type[ChineseDesigner]


def build_firms(model, plan, world, lane: int) -> None:
    """AI firms, what they hold, and who learns from whom."""
    blocs, own_vendors, stacks = world.bloc.tolist(), world.own_vendor.tolist(), world.stack_vendor.tolist()
    for index, firm in enumerate(plan.world.firms):
        one = AIFirm(model, index, firm.id, blocs[index])
        one.side, one.buyer_class = int(world.side[index]), world.buyer_class[:, index].tolist()
        one.state_owned, one.open_weights = bool(world.state_owned[index]), bool(world.open_weights[index])
        one.alive, one.plan_share = world.alive[:, index].tolist(), world.plan_share[:, index].tolist()
        one.own_vendor = model.vendors[own_vendors[index]] if own_vendors[index] >= 0 else None
        one.stack_vendor = model.vendors[stacks[index]] if stacks[index] >= 0 else None
        one.lets = world.lets[index].item()
        floors = (model.p.hazard_floor, model.p.hazard_floor_listed, model.p.hazard_floor_huawei)
        one.hazard_floor = floors[int(world.floor_kind[index])]
        for name in ("hazard", "hazard_start", "cash", "reference_compute"):
            setattr(one, name, getattr(world, name)[index, lane].item())
        one.porting, one.mix = world.porting[index, :, lane].tolist(), world.mix[index, :, lane].tolist()
        for offer in model.offers:
            build_line(one, offer, world, lane)
        one.find_use()
    model.firms = model.agents_by_type[AIFirm]
    firms = list(model.firms)
    model.blocs = [
        AgentSet([one for one in firms if one.bloc == bloc], random=model.random) for bloc in range(len(BLOCS))
    ]
    model.watched = firms[int(world.watched[0])]
    for one in firms:
        one.neighbours = [firms[near] for near in world.neighbour[one.index].tolist()]


def build_line(firm, offer, world, lane: int) -> None:
    """What a firm may buy or own of an offer, with the chips of 2020Q1."""
    place = firm.index, offer.index
    holds, buys = world.holds[place] > 0.0, world.available[place] > 0.0
    if not (holds or buys):
        return
    line = firm.line_of(offer)
    line.deployed, line.mean, line.oldest = (
        getattr(world, name)[(*place, slice(None), lane)].tolist()
        for name in ("deployed", "mean_performance", "oldest_performance")
    )
    line.in_halls = world.slot_deployed[(*place, slice(None), lane)].tolist()
    if holds:
        line.held = True
        firm.held.append(line)
        offer.holders.append(line)
    if buys:
        firm.lines.append(line)
        if firm.chinese:
            offer.customers.append(line)
