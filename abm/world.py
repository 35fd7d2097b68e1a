"""Build the arrays of a world from the data pack, the world file, the law of each arm and the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.calendar import quarter_index
from abm.candidates import families, foundry_candidates, foundry_news, masks_from, news, sale_candidates
from abm.generations import Design
from abm.lawtables import LawTables
from abm.node_arrays import node_arrays
from abm.policy_schema import BARRING_LISTS
from abm.slide import Slide
from abm.state import FIELDS, Floats, Ints
from abm.tables import DataPack, number, observed_series
from abm.vocabulary import (
    BLOCS,
    CN,
    COMPLIANCE,
    DOMESTIC_NEST,
    ECOSYSTEMS,
    FOREIGN,
    GREY,
    HAZARD_FLOORS,
    LISTED,
    OFFER_KINDS,
    PRIVATE,
    QUARTERS,
    RENTAL,
    STATE,
    US_NEST,
)
from abm.worldfile import MAIN_KINDS, WorldFile, check_against_pack

CUSTOM_START = "GOOGLE"
"""Firm that the TPUs of 2020Q1 stand with (initial_2020q1.csv)."""
GAMING = "NVDA_GAMING_REV"
"""Series of observations.csv that NVIDIA's other sales in China follow."""
US_VENDORS = ("NVIDIA", "AMD", "US_CUSTOM")


@dataclass(frozen=True, eq=False)
class Blueprint:
    """What all runs of a set of arms share: arrays without a run axis, sizes, names.

    `start_share` and `custom_share` are each firm's part of its bloc's chips of 2020Q1, bought and of its own make.
    """

    world: WorldFile
    pack: DataPack
    designs: tuple[Design, ...]
    arrays: dict[str, Floats | Ints]
    sizes: dict[str, int]
    start_share: Floats
    custom_share: Floats


def blueprint(
    world: WorldFile,
    pack: DataPack,
    designs: Sequence[Design],
    laws: Sequence[LawTables],
    slides: Sequence[Slide],
    allowed: Sequence[frozenset[str]],
) -> Blueprint:
    """Arrays without a run axis for one world and the laws of its arms.

    Parameters
    ----------
    laws, slides : law tables of each arm, and how its thresholds move with the best US line.
    allowed : designs that the rules of each arm bring about; others belong to other arms.
    """
    check_against_pack(world, pack)
    arrays: dict[str, Any] = {}
    arrays.update(_firm_arrays(world, pack))
    arrays.update(_offer_arrays(world, designs))
    arrays.update(_vendor_arrays(world, arrays["plan"]))
    arrays.update(_design_arrays(world, designs))
    arrays.update(node_arrays(world, pack))
    start_share = arrays.pop("start_share")
    arrays["residual_path"] = _residual_path(pack)
    arrays.update(_law_arrays(pack, designs, laws, slides, allowed, [one.id for one in world.vendors]))
    shapes: dict[str, int] = {}
    for name, array in arrays.items():
        kind = np.int64 if FIELDS[name].integer else np.float64
        arrays[name] = np.ascontiguousarray(array, dtype=kind)
        shapes.update(zip(FIELDS[name].dims, arrays[name].shape, strict=True))
    custom = np.array([float(CUSTOM_START in firm.members) for firm in world.firms])
    return Blueprint(world, pack, tuple(designs), arrays, shapes, start_share, custom)


def _member_value(world: WorldFile, values: dict[str, float]) -> Floats:
    return np.array([sum(values.get(member, 0.0) for member in firm.members) for firm in world.firms])


def _firm_arrays(world: WorldFile, pack: DataPack) -> dict[str, Any]:
    count = len(world.firms)
    bloc = np.array([BLOCS.index(firm.bloc) for firm in world.firms])
    mid = {str(row["firm_id"]): number(row, "share_mid") for row in pack.firm_shares}
    entered = [row for row in pack.firms if row["entry_quarter"]]
    entry = {str(row["firm_id"]): quarter_index(str(row["entry_quarter"])) for row in entered}
    shares = pack.initial.where(quantity="share_of_bloc_installed_compute")
    start = {str(row["entity"]): number(row, "value") for row in shares}
    share = np.zeros((QUARTERS, count))
    alive = np.zeros((QUARTERS, count))
    for t in range(QUARTERS):
        present = {name: value for name, value in mid.items() if entry.get(name, 0) <= t}
        share[t] = _member_value(world, present)
        alive[t] = [float(any(entry.get(member, 0) <= t for member in firm.members)) for firm in world.firms]
        for b in range(len(BLOCS)):
            share[t, bloc == b] /= share[t, bloc == b].sum()
    return {
        "firms": np.arange(count),
        "recorded": np.arange(count),
        "watched": np.array([world.firm("TENCENT")]),
        "bloc": bloc,
        "side": np.where(bloc == CN, 0, 1),
        "buyer_class": _buyer_classes(world, pack, mid),
        "alive": alive,
        "floor_kind": np.array([HAZARD_FLOORS.index(firm.hazard_floor) for firm in world.firms]),
        "own_vendor": np.array([world.vendor(firm.owns) if firm.owns else -1 for firm in world.firms]),
        "stack_vendor": np.array(
            [world.vendor(firm.owns or firm.partner) if firm.owns or firm.partner else -1 for firm in world.firms]
        ),
        "state_owned": np.array([float(firm.state_owned) for firm in world.firms]),
        "plan_share": share,
        "plan": _plan(pack),
        "start_share": _member_value(world, start),
        "neighbour": np.array([[world.firm(other) for other in world.neighbours[firm.id]] for firm in world.firms]),
        "open_weights": np.array([float(firm.open_weights) for firm in world.firms]),
        "lets": np.array([firm.lets for firm in world.firms]),
    }


def _plan(pack: DataPack) -> Floats:
    plan = np.zeros((QUARTERS, len(BLOCS)))
    for row in pack.demand_paths:
        t = quarter_index(str(row["quarter"]))
        if 0 <= t < QUARTERS:
            plan[t, BLOCS.index(str(row["bloc"]))] = number(row, "mid_usd_bn")
    return plan


def _residual_path(pack: DataPack) -> Floats:
    """NVIDIA's gaming revenue over its mean; the last year's mean holds afterwards, the first quarter's before."""
    known = {quarter_index(period): value for period, value, _, _ in observed_series(pack, GAMING)}
    first, last = min(known), max(known)
    after = np.mean([known[t] for t in range(last - 3, last + 1)])
    path = np.array([known[max(t, first)] if t <= last else after for t in range(QUARTERS)])
    return np.asarray(path / np.mean(list(known.values())))


def _buyer_classes(world: WorldFile, pack: DataPack, share: dict[str, float]) -> Ints:
    listed_from: dict[str, int] = {}
    for row in pack.firm_legal:
        if row["list"] in BARRING_LISTS and row["listed_from"]:
            name, first = str(row["firm_id"]), quarter_index(str(row["listed_from"]))
            listed_from[name] = min(first, listed_from.get(name, first))
    classes = np.zeros((QUARTERS, len(world.firms)), dtype=np.int64)
    for place, firm in enumerate(world.firms):
        total = sum(share.get(member, 0.0) for member in firm.members)
        for t in range(QUARTERS):
            barred = sum(share.get(member, 0.0) for member in firm.members if listed_from.get(member, QUARTERS) <= t)
            kind = LISTED if barred > total / 2.0 else STATE if firm.state_owned else PRIVATE
            classes[t, place] = kind if firm.bloc == "CN" else FOREIGN
    return classes


def _offer_arrays(world: WorldFile, designs: Sequence[Design]) -> dict[str, Any]:
    kinds = np.array([OFFER_KINDS.index(offer.kind) for offer in world.offers])
    vendors = [world.vendor(offer.vendor) for offer in world.offers]
    nests = [US_NEST if offer.vendor in US_VENDORS else DOMESTIC_NEST for offer in world.offers]
    available = np.zeros((len(world.firms), len(world.offers)))
    for place, offer in enumerate(world.offers):
        for number_, firm in enumerate(world.firms):
            owner = firm.owns == offer.vendor
            allowed = offer.buyers == "all" or (offer.buyers == "cn" and firm.bloc == "CN")
            allowed = allowed and (firm.us_chips or nests[place] == DOMESTIC_NEST)
            available[number_, place] = float(allowed or (offer.buyers == "owners" and owner))
    lines = [_line_designs(offer.vendor, offer.kind, designs) for offer in world.offers]
    longest = max(len(line) for line in lines)
    roadmap = np.full((len(world.offers), longest), -1)
    dates = np.full((len(world.offers), longest), QUARTERS)
    for place, line in enumerate(lines):
        for generation, index in enumerate(line):
            roadmap[place, generation] = index
            dates[place, generation] = max(designs[index].available, 0)
    rental = kinds == RENTAL
    holds = np.where(rental[None, :], 0.0, available)  # tenants own nothing
    for bloc in BLOCS:  # whoever stays takes over what a leaving firm of its bloc bought
        members = [firm.bloc == bloc for firm in world.firms]
        holds[members] = holds[members].max(axis=0)
    holds[:, 0] = 1.0  # chips of 2020Q1 are NVIDIA's
    return {
        "available": available,
        "holds": holds,
        "offer_vendor": vendors,
        "offer_kind": kinds,
        "offer_nest": nests,
        "offer_ecosystem": [ECOSYSTEMS.index(offer.ecosystem) for offer in world.offers],
        "roadmap": roadmap,
        "roadmap_length": [len(line) for line in lines],
        "roadmap_quarter": dates,
    }


def _line_designs(vendor: str, kind: str, designs: Sequence[Design]) -> list[int]:
    if OFFER_KINDS.index(kind) in (COMPLIANCE, GREY, RENTAL):
        return []
    line = "low_tier" if kind == "low_tier" else "frontier"
    found = [
        (one.available, index)
        for index, one in enumerate(designs)
        if one.vendor == vendor and one.kind == "roadmap" and one.line == line
    ]
    return [index for _, index in sorted(found)]


def _vendor_arrays(world: WorldFile, plan: Floats) -> dict[str, Any]:
    reference = np.zeros((QUARTERS, len(world.vendors)))
    for place, vendor in enumerate(world.vendors):
        market = plan.sum(axis=1) if vendor.market == "WORLD" else plan[:, BLOCS.index(vendor.market)]
        reference[:, place] = vendor.reference_share * market
    main = []
    for vendor in world.vendors:
        main.append(next(i for i, o in enumerate(world.offers) if o.vendor == vendor.id and o.kind in MAIN_KINDS))
    return {
        "vendor_us": [float(vendor.id in US_VENDORS) for vendor in world.vendors],
        "vendor_merchant": [float(vendor.merchant) for vendor in world.vendors],
        "vendor_reference": reference,
        "vendor_line": main,
        "diverts": [float(vendor.diverts) for vendor in world.vendors],
    }


def _design_arrays(world: WorldFile, designs: Sequence[Design]) -> dict[str, Any]:
    return {
        "spec_bf16": [one.bf16 for one in designs],
        "spec_tpp": [one.tpp8 for one in designs],
        "spec_bandwidth": [one.dram_bw for one in designs],
        "spec_link": [one.link_io for one in designs],
        "spec_memory": [one.memory_gb for one in designs],
        "spec_area": [one.area_mm2 for one in designs],
        "spec_stacks": [one.hbm_stacks for one in designs],
        "spec_dies": [max(one.dies_per_package, 1.0) for one in designs],
        "spec_power": [one.tdp_w / 1000.0 for one in designs],
        "spec_cost": [one.unit_cost for one in designs],
        "spec_packaging": [one.packaging for one in designs],
        "spec_vendor": [world.vendor(one.vendor) for one in designs],
        "spec_family": families(designs),
        "spec_from": [masks_from(one) for one in designs],
        # a chip that exists as it is ships as fast as one with blown fuses
        "spec_fuse": [float(one.fuse or one.kind == "roadmap") for one in designs],
    }


def _diversion_from(pack: DataPack) -> int:
    """First quarter in which intermediaries passed on dies made abroad for a listed designer (vendor_banks.csv)."""
    banks = pack.vendor_banks.where(vendor="HUAWEI", bank="die")
    rows = [row for row in banks if "intermediaries" in str(row["source_node"])]
    return min(quarter_index(str(row["first_inflow_quarter"])) for row in rows)


def _law_arrays(
    pack: DataPack,
    designs: Sequence[Design],
    laws: Sequence[LawTables],
    slides: Sequence[Slide],
    allowed: Sequence[frozenset[str]],
    vendors: Sequence[str],
) -> dict[str, Any]:
    diversion = np.arange(QUARTERS) >= _diversion_from(pack)
    candidates = sale_candidates(designs, laws, allowed)
    return {
        "law_open": np.stack([law.open for law in laws]),
        "law_announced": np.stack([law.announced for law in laws]),
        "law_published": np.stack([law.published for law in laws]),
        "law_duty": np.stack([law.duty for law in laws]),
        "law_share": np.stack([law.revenue_share for law in laws]),
        "law_cap": np.stack([law.volume_cap for law in laws]),
        "law_gate": np.stack([_gate(law.gate, one) for law, one in zip(laws, slides, strict=True)]),
        "law_gate_announced": np.stack([_gate(law.announced_gate, one) for law, one in zip(laws, slides, strict=True)]),
        "law_mandate": np.stack([law.mandate for law in laws]),
        "law_china_rule": np.stack([slide.answering for slide in slides]),
        "law_gate_rule": np.stack([slide.answering * (slide.gate == "rule") for slide in slides]),
        "law_subsidy": np.stack([law.subsidy for law in laws]),
        "law_tools": np.stack([law.tool_denial for law in laws]),
        "law_service": np.stack([law.service_denial for law in laws]),
        "law_hbm": np.stack([law.hbm_open for law in laws]),
        "law_tools_announced": np.stack([law.announced_tool_denial for law in laws]),
        "law_eda": np.stack([law.eda for law in laws]),
        "law_hbm_announced": np.stack([law.announced_hbm_open for law in laws]),
        "law_foundry": np.stack([law.foundry_open for law in laws]),
        "law_foundry_announced": np.stack([law.announced_foundry_open for law in laws]),
        "law_foundry_candidate": foundry_candidates(designs, laws, allowed),
        "law_foundry_news": foundry_news(designs, laws, allowed, vendors),
        "law_diversion": np.stack([law.diversion_open * diversion for law in laws]),
        "law_candidate": candidates,
        "law_news": news(candidates, designs, laws, allowed),
        "law_cloud": np.stack([law.cloud for law in laws]),
        "law_cloud_announced": np.stack([law.announced_cloud for law in laws]),
        "law_us_rule": np.stack([slide.ruled for slide in slides]),
        "law_relative": np.stack([slide.active * (slide.ratio is None) for slide in slides]),
        "law_slide": np.stack([_per_tpp(*one, designs) for one in zip(slides, laws, allowed, strict=True)]),
    }


def _gate(shares: Floats, slide: Slide) -> Floats:
    """China's import gate by quarter and class: as scripted, after the script open unless it is kept."""
    opened = (slide.answering > 0.0) & (slide.gate != "on")
    kept: Floats = np.where(opened[:, None], 1.0, shares)
    return kept


def _per_tpp(slide: Slide, law: LawTables, allowed: frozenset[str], designs: Sequence[Design]) -> Floats:
    """Factor on licence-free designs per TPP of the best US line, (quarter,); 0 where the scenario gives no ratio."""
    if slide.ratio is None:
        return np.zeros(QUARTERS)
    mine = [place for place, one in enumerate(designs) if one.us and one.datacentre and one.id in allowed]
    free = (law.licence_free[:, mine] > 0.0) & (law.open[:, mine, PRIVATE] > 0.0)
    reach: Floats = np.where(free, [designs[place].tpp8 for place in mine], 1.0).max(axis=1)
    return slide.active * slide.ratio / reach
