"""The table of chip designs: generations by vendor, and redesigns open to them (MODEL R6).

Redesigns start from existing die families: area fixed, compute, bandwidth and I/O at most the family's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import cast

from abm.calendar import quarter_index
from abm.generations import (
    Design,
    judged_values,
    memory_cost,
    package_cost,
    packaging_claim,
    read_numbers,
    roadmap,
)
from abm.law import Outcome, Sale, settle
from abm.policy import Policy
from abm.policy_schema import Clause
from abm.tables import DataPack

__all__ = ["Design", "Thresholds", "redesigns", "roadmap", "thresholds"]

_FAMILY_KEYS = {
    "bf16": "bf16_tflops_max",
    "tpp8": "tpp8_max",
    "tpp_law": "tpp_law_max",
    "area_mm2": "area_mm2",
    "memory_gb": "memory_gb",
    "dram_bw": "dram_bw_max_tbs",
    "link_io": "link_io_max_gbs",
    "total_io": "total_io_max_gbs",
}


@dataclass(frozen=True)
class Thresholds:
    """Bounds that any of the policies draws, by attribute; `sums` bounds bandwidth plus I/O."""

    tpp: tuple[float, ...]
    density: tuple[float, ...]
    total_io: tuple[float, ...]
    bandwidth: tuple[float, ...]
    sums: tuple[float, ...]


def thresholds(policies: Iterable[Policy]) -> Thresholds:
    """Collect the bounds of all clauses on sales in the policies."""
    found: dict[tuple[str, ...], set[float]] = {}
    for policy in policies:
        for one in policy:
            for clause in one.clauses:
                if clause.channel == "sale" and clause.status is not None:
                    for test in (*clause.when, *clause.any_of):
                        found.setdefault(tuple(sorted(test.terms)), set()).add(test.value)

    def of(*terms: str) -> tuple[float, ...]:
        return tuple(sorted(found.get(terms, ())))

    return Thresholds(
        of("tpp"), of("performance_density"), of("total_io"), of("dram_bandwidth"), of("dram_bandwidth", "total_io")
    )


def redesigns(pack: DataPack, policies: Iterable[Policy]) -> list[Design]:
    """Return designs that existing die families allow and some regime of the policies leaves open.

    Each candidate stands at the family's maximum or just below a threshold in compute, bandwidth and I/O (sums too).
    Kept are those that no other candidate of the family beats in all three while both are free, or both licensable,
    on some day. Chips that the family already sells are left out.
    """
    policies = list(policies)
    bounds = thresholds(policies)
    if not any((bounds.tpp, bounds.density, bounds.total_io, bounds.bandwidth, bounds.sums)):
        return []
    shipping = {design.family: design for designs in roadmap(pack).values() for design in designs}
    kept: list[Design] = []
    for name in judged_values()["redesign_families"]:
        full = _family(pack, name, shipping.get(name))
        for config in _configurations(full, shipping.get(name)):
            candidates = _candidates(config, bounds)
            kept += _undominated(candidates, policies, config)
    return kept


def _family(pack: DataPack, name: str, sold: Design | None) -> Design:
    """Return the die family at its limits."""
    row = pack.die_families.one(die_family=name)
    values, judged = read_numbers(name, row, _FAMILY_KEYS)
    data = judged_values()
    vendor = data["pooled_vendors"].get(row["vendor_id"], row["vendor_id"])
    chips = [chip for chip in pack.chips if chip["die_family"] == name]
    stacks = max((float(chip["hbm_stacks"] or 0) for chip in chips), default=0.0)
    stacks = max(stacks, sold.hbm_stacks if sold else 0.0)
    kind = next((str(chip["memory_type"]) for chip in chips if chip["hbm_stacks"] == stacks), "HBM2e")
    known = [
        (abs(float(chip["memory_gb"] or 0) - values["memory_gb"]), float(cell))
        for chip in chips
        if isinstance(cell := chip["unit_cost_usd"], int | float)
    ]
    computed = cast(float, row["unit_die_cost_usd"]) + package_cost(pack, row, vendor)
    computed += memory_cost(pack, kind, stacks, values["memory_gb"], domestic_memory=False)
    return Design(
        id=name,
        vendor=vendor,
        family=name,
        kind="redesign",
        line="compliance",
        available=max(0, quarter_index(str(row["mask_available_from"]))),
        hbm_stacks=stacks,
        dies_per_package=max((float(chip["dies_per_package"] or 1) for chip in chips), default=1.0),
        tdp_w=max((float(chip["tdp_w"] or 0) for chip in chips), default=0.0) or 400.0,
        unit_cost=(min(known)[1] if known else computed) / 1000.0,
        packaging=packaging_claim(row, values["area_mm2"]),
        node_nm=float(data["node_nm"][name]),
        foundry=str(row["foundry"]),
        firm=str(row["vendor_id"]),
        judged=judged,
        **values,
    )


def _configurations(full: Design, sold: Design | None) -> list[Design]:
    """Return the memory systems a redesign may keep: the shipping chip's (fuses suffice) and the family's largest."""
    if sold is None or (sold.dram_bw >= full.dram_bw and sold.memory_gb >= full.memory_gb):
        return [replace(full, fuse=sold is not None)]
    same = replace(
        full,
        fuse=True,
        dram_bw=sold.dram_bw,
        memory_gb=sold.memory_gb,
        hbm_stacks=sold.hbm_stacks,
        unit_cost=sold.unit_cost,
    )
    first = judged_values()["larger_memory_from"].get(full.family)
    later = replace(full, available=max(full.available, quarter_index(first))) if first else full
    return [same, later]


def _candidates(full: Design, bounds: Thresholds) -> list[Design]:
    """Return the corners of the region below the thresholds for one memory system."""
    below = 1.0 - cast(float, judged_values()["compliance_margin"])
    bandwidth_max = 1000.0 * full.dram_bw

    def under(limits: Iterable[float], top: float) -> list[float]:
        return [top, *sorted({below * limit for limit in limits if 0.0 < below * limit < top}, reverse=True)]

    tpp = under((*bounds.tpp, *(density * full.area_mm2 for density in bounds.density)), full.tpp_law)
    ios, widths = under(bounds.total_io, full.total_io), under(bounds.bandwidth, bandwidth_max)
    pairs = set(product(widths, ios))
    for limit in bounds.sums:
        room = below * limit
        pairs |= {(width, room - width) for width in widths if 0.0 < room - width < full.total_io}
        pairs |= {(room - io, io) for io in ios if 0.0 < room - io < bandwidth_max}
    return [_cut(full, compute, width, io) for compute in tpp for width, io in sorted(pairs, reverse=True)]


def _cut(full: Design, tpp: float, bandwidth: float, total_io: float) -> Design:
    """Return the family cut to limits: all formats scale together once narrower ones than 8 bits are off."""
    rate = min(1.0, tpp / max(16.0 * full.bf16, full.tpp8))
    host = full.total_io - full.link_io
    link = max(total_io - host, min(total_io, host)) if host > 0.0 else total_io
    floor = cast(float, judged_values()["power_floor_share"])
    width = bandwidth / 1000.0
    return replace(
        full,
        id=f"{full.family}/tpp{tpp:.0f}/bw{bandwidth:.0f}/io{total_io:.0f}/mem{full.memory_gb:.0f}",
        bf16=rate * full.bf16,
        tpp8=rate * full.tpp8,
        tpp_law=tpp,
        dram_bw=width,
        total_io=total_io,
        link_io=link,
        tdp_w=full.tdp_w * (floor + (1.0 - floor) * rate),
        fuse=full.fuse and width == full.dram_bw,
    )


def _undominated(candidates: list[Design], policies: Sequence[Policy], full: Design) -> list[Design]:
    """Keep candidates that are best somewhere on some day; drop the uncut family."""
    sale = Sale(seller=full.vendor) if full.us else Sale(seller="none")
    attributes = [design.spec().attributes() for design in candidates]
    truths: dict[Clause, list[bool | None]] = {}
    keep: set[int] = set()
    seen: set[tuple[Clause, ...]] = set()
    for policy in policies:
        for day in policy.turning_days:
            clauses = tuple(e for _, e in policy.in_force(day) if isinstance(e, Clause) and sale.meets(e))
            if not clauses or clauses in seen:
                continue
            seen.add(clauses)
            for clause in clauses:
                if clause not in truths:
                    truths[clause] = [clause.matches(known) for known in attributes]
            outcomes = [
                settle(clauses, [truths[clause][place] for clause in clauses]) for place in range(len(candidates))
            ]
            keep |= _best(candidates, outcomes)
    return [
        candidates[place]
        for place in sorted(keep)
        if candidates[place].tpp_law < full.tpp_law or _slower(candidates[place], full)
    ]


def _slower(design: Design, full: Design) -> bool:
    return design.total_io < full.total_io or design.dram_bw < full.dram_bw


def _best(candidates: Sequence[Design], outcomes: Sequence[Outcome]) -> set[int]:
    """Return the undominated among the free, and among those a licence may open."""
    free = [place for place, outcome in enumerate(outcomes) if outcome.status == "free"]
    licensed = [
        place for place, outcome in enumerate(outcomes) if outcome.status == "licence" and outcome.granted.mid > 0.0
    ]
    best: set[int] = set()
    for group in (free, licensed):
        points = [(candidates[place].tpp_law, candidates[place].dram_bw, candidates[place].total_io) for place in group]
        for place, point in zip(group, points, strict=True):
            beaten = any(other != point and all(a >= b for a, b in zip(other, point, strict=True)) for other in points)
            if not beaten:
                best.add(place)
    return best
