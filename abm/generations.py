"""Chip designs and each vendor's generations (MODEL R6).

Generations follow what was sold or announced by the end of 2024; later product specifications are exogenous.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from abm.calendar import quarter_index
from abm.law import ChipSpec
from abm.policy_toml import PolicyError
from abm.tables import DataPack, Row

JUDGED = Path(__file__).parent / "data" / "designs.toml"

US_VENDORS = ("NVIDIA", "AMD", "US_CUSTOM")

H100_AREA = 814.0
"""mm2; the package on an H100-size interposer is the unit of packaging claims."""


@dataclass(frozen=True)
class Design:
    """One chip that can be sold. One chip is one package.

    Units: `bf16` TFLOPS dense; `tpp8` TPP on formats of at most 8 bits; `tpp_law` TPP over all formats; `dram_bw`
    TB/s; `link_io` and `total_io` GB/s; `memory_gb` GB; `area_mm2` mm2 of active silicon in the package; `tdp_w` W;
    `unit_cost` thousand USD; `packaging` claim on advanced packaging, H100 = 1; `available` first quarter of sale, or
    of masks for a redesign. `fuse` marks a redesign that differs from a shipping chip by fuses or firmware only (memory
    uncut). `firm` is the firm of a pooled vendor whose die family it is, "" for typical chips of the whole pool.
    `judged` names the values that are judgement because the pack lacks them.
    """

    id: str
    vendor: str
    family: str
    kind: str
    line: str
    available: int
    bf16: float
    tpp8: float
    tpp_law: float
    dram_bw: float
    link_io: float
    total_io: float
    memory_gb: float
    area_mm2: float
    hbm_stacks: float
    dies_per_package: float
    tdp_w: float
    unit_cost: float
    packaging: float
    datacentre: bool = True
    us_available_2026: bool = False
    fuse: bool = False
    node_nm: float = 0.0
    foundry: str = ""
    firm: str = ""
    judged: tuple[str, ...] = ()

    @property
    def us(self) -> bool:
        """Tell whether a US vendor sells it."""
        return self.vendor in US_VENDORS

    def spec(self) -> ChipSpec:
        """Return what the law looks at."""
        return ChipSpec(
            name=self.id,
            tpp=self.tpp_law,
            area_mm2=self.area_mm2,
            total_io=self.total_io,
            dram_bandwidth=round(1000.0 * self.dram_bw, 6),
            datacentre=self.datacentre,
            node_nm=self.node_nm,
            transistors_bn=self.area_mm2 * _density(self.node_nm) / 1000.0,
            us_available=self.us_available_2026,
            vendor=self.vendor,
            foundry=self.foundry,
            origin="US" if self.us else "CN",
        )


@lru_cache(maxsize=1)
def judged_values() -> Mapping[str, Any]:
    """Return the parsed designs.toml."""
    return tomllib.loads(JUDGED.read_text(encoding="utf-8"))


def _density(node_nm: float) -> float:
    """Million transistors per mm2 of the closest node in designs.toml."""
    table = judged_values()["transistor_density"]
    return cast(float, table[min(table, key=lambda node: abs(float(node) - node_nm))])


_CHIP_KEYS = {
    "bf16": "bf16_dense_tflops",
    "tpp_law": "tpp",
    "area_mm2": "die_area_mm2",
    "memory_gb": "memory_gb",
    "dram_bw": "memory_bw_tbs",
    "link_io": "link_io_gbs",
    "total_io": "total_io_gbs",
    "tdp_w": "tdp_w",
    "hbm_stacks": "hbm_stacks",
    "dies_per_package": "dies_per_package",
    "node_nm": "process_nm",
}

_DEFAULTS = {"hbm_stacks": 0.0, "dies_per_package": 1.0, "node_nm": 7.0}


def read_numbers(name: str, row: Row, keys: Mapping[str, str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Read a row's specification; what is empty comes from designs.toml and is named."""
    fills, values, judged = judged_values().get("fill", {}).get(name, {}), {}, []
    for key, column in keys.items():
        cell = row[column]
        if isinstance(cell, int | float):
            values[key] = float(cell)
        elif key in fills:
            values[key] = float(fills[key]["value"])
            judged.append(key)
        elif key == "total_io" and "link_io" in values:
            values[key] = values["link_io"] + judged_values()["host_io_gbs"]
            judged.append(key)
        elif key in _DEFAULTS:
            values[key] = _DEFAULTS[key]
            judged.append(key)
        else:
            raise PolicyError(f"designs.toml: [fill.{name}] needs key {key!r}, which the data pack leaves empty")
    return values, tuple(judged)


def _price(pack: DataPack, name: str) -> float:
    return cast(float, pack.input_prices.one(input_id=name)["mid"])


def memory_cost(pack: DataPack, memory_type: str, stacks: float, memory_gb: float, domestic_memory: bool) -> float:
    """USD of memory in a package."""
    if stacks == 0:
        return memory_gb * cast(float, judged_values()["gddr_usd_per_gb"])
    generation = memory_type.upper()
    name = "HBM3E_STACK" if "HBM3E" in generation else "HBM3_STACK" if "HBM3" in generation else "HBM2E_STACK"
    return stacks * _price(pack, "CN_HBM3_STACK" if domestic_memory else name)


def package_cost(pack: DataPack, family: Row, vendor: str) -> float:
    """USD of packaging, test and assembly."""
    cost = _price(pack, "TEST_ASSEMBLY")
    if family["needs_cowos"]:
        large = cast(float, family["area_mm2"] or 0.0) > 1.5 * H100_AREA
        foreign = "COWOS_PACKAGE_LARGE" if large else "COWOS_PACKAGE"
        cost += _price(pack, foreign if vendor in US_VENDORS else "CN_25D_PACKAGE")
    return cost


def packaging_claim(family: Row, area: float) -> float:
    """Claim on advanced packaging relative to one H100."""
    return min(area / H100_AREA, cast(float, judged_values()["max_packaging_claim"])) if family["needs_cowos"] else 0.0


def _eight_bit_tpp(row: Row, bf16: float) -> float:
    """TPP at 8 bits; a chip without 8-bit units does 8-bit work at its 16-bit rate."""
    rates = [
        float(cell) for key in ("int8_dense_tops", "fp8_dense_tflops") if isinstance(cell := row[key], int | float)
    ]
    return 8.0 * max(rates, default=bf16)


def _one_chip(pack: DataPack, chip_id: str, entry: Mapping[str, Any]) -> Design:
    row = pack.chips.one(id=chip_id)
    family = pack.die_families.one(die_family=row["die_family"])
    values, judged = read_numbers(chip_id, row, _CHIP_KEYS)
    vendor = str(entry["vendor"])
    cost = row["unit_cost_usd"]
    if not isinstance(cost, int | float):
        own_memory = "own" in str(row["memory_type"]).lower() or "hibl" in str(row["memory_type"]).lower()
        memory = memory_cost(pack, str(row["memory_type"]), values["hbm_stacks"], values["memory_gb"], own_memory)
        cost = cast(float, family["unit_die_cost_usd"]) + memory + package_cost(pack, family, vendor)
    return Design(
        id=str(entry["id"]),
        vendor=vendor,
        family=str(row["die_family"]),
        kind="roadmap",
        line=str(entry["line"]),
        available=max(0, quarter_index(str(entry["available"]))),
        tpp8=_eight_bit_tpp(row, values["bf16"]),
        unit_cost=cost / 1000.0,
        packaging=packaging_claim(family, values["area_mm2"]),
        datacentre=row["datacentre_marketed"] != "no",
        us_available_2026=row["commercially_available_2026_01_15"] == "yes",
        foundry=str(row["foundry"] or ""),
        judged=judged,
        **values,
    )


_BLENDED = (
    "bf16", "tpp8", "tpp_law", "dram_bw", "link_io", "total_io", "memory_gb", "area_mm2", "hbm_stacks",
    "dies_per_package", "tdp_w", "unit_cost", "packaging",
)  # fmt: skip


def _blend(parts: Sequence[tuple[Design, float]]) -> Design:
    """Weighted mean of designs: one typical chip of a pooled vendor."""
    first = parts[0][0]
    means = {key: sum(weight * getattr(design, key) for design, weight in parts) for key in _BLENDED}
    judged = tuple(dict.fromkeys(name for design, _ in parts for name in design.judged))
    family = "+".join(dict.fromkeys(design.family for design, _ in parts))
    return replace(first, family=family, judged=judged, **means)


def roadmap(pack: DataPack) -> dict[str, list[Design]]:
    """Return each vendor's generations in order of availability; `line` tells frontier from low tier."""
    found: dict[str, list[Design]] = {}
    for entry in judged_values()["generation"]:
        parts = [(_one_chip(pack, chip, entry), weight) for chip, weight in entry["chips"].items()]
        design = parts[0][0] if len(parts) == 1 else _blend(parts)
        found.setdefault(design.vendor, []).append(design)
    return {vendor: sorted(designs, key=lambda one: one.available) for vendor, designs in found.items()}
