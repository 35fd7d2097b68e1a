"""Read a world file: which agents, offers and supply nodes exist, and who knows whom (MODEL section 2)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from abm.calendar import quarter_index
from abm.schema import nearest
from abm.vocabulary import BLOCS, ECOSYSTEMS, HAZARD_FLOORS, OFFER_KINDS

DEFAULT_WORLD = Path(__file__).parent / "data" / "worlds" / "default.toml"
ROLES = (
    "tools_us", "tools_nl", "tools_jp", "tools_cn", "design", "foundry_world", "foundry_cn", "memory_world",
    "memory_cn", "packaging_world", "packaging_cn", "materials",
)  # fmt: skip
"""Flows that pay supply nodes."""


class WorldError(ValueError):
    """A world file names something that does not exist or lacks something; one line with file, entry, key and cure."""


@dataclass(frozen=True)
class FirmEntry:
    """An AI firm: `members` are firms of the data pack, `owns` a vendor of the world."""

    id: str
    bloc: str
    members: tuple[str, ...]
    owns: str = ""
    hazard_floor: str = "other"
    state_owned: bool = False
    open_weights: bool = False
    us_chips: bool = True


@dataclass(frozen=True)
class VendorEntry:
    """A chip vendor; `reference_share` of the planned spending of `market` is what its R&D plan rests on."""

    id: str
    market: str
    reference_share: float
    cash: str = ""
    cash_share: float = 1.0
    merchant: bool = False
    diverts: bool = False
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class OfferEntry:
    """A product line on sale through one channel."""

    id: str
    vendor: str
    kind: str
    ecosystem: str
    buyers: str


@dataclass(frozen=True)
class NodeEntry:
    """A supply node and the flow that pays it."""

    id: str
    role: str


@dataclass(frozen=True)
class WorldFile:
    """A checked world file."""

    path: str
    firms: tuple[FirmEntry, ...]
    vendors: tuple[VendorEntry, ...]
    offers: tuple[OfferEntry, ...]
    nodes: tuple[NodeEntry, ...]
    foundry_plan: tuple[tuple[int, float], ...]
    neighbours: Mapping[str, tuple[str, ...]]

    def firm(self, name: str) -> int:
        """Index of an AI firm by id."""
        return self._place(name, [one.id for one in self.firms], "ai_firm")

    def vendor(self, name: str) -> int:
        """Index of a chip vendor by id."""
        return self._place(name, [one.id for one in self.vendors], "vendor")

    def offer(self, name: str) -> int:
        """Index of an offer by id."""
        return self._place(name, [one.id for one in self.offers], "offer")

    def _place(self, name: str, names: list[str], kind: str) -> int:
        if name not in names:
            raise WorldError(f"{self.path}: no {kind} {name!r}; nearest valid name: {nearest(name, names)!r}")
        return names.index(name)


def _entries[T](path: str, section: str, rows: list[dict[str, Any]], kind: type[T]) -> tuple[T, ...]:
    valid = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]
    made = []
    for place, row in enumerate(rows):
        name = row.get("id", f"number {place + 1}")
        for key in row:
            if key not in valid:
                hint = nearest(key, list(valid))
                raise WorldError(f"{path}, {section} {name}: unknown key {key!r}; nearest: {hint!r}")
        values = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
        try:
            made.append(kind(**values))
        except TypeError as error:
            missing = str(error).split("missing")[-1].strip()
            raise WorldError(f"{path}, {section} {name}: missing {missing}") from None
    return tuple(made)


def _choice(path: str, what: str, key: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise WorldError(f"{path}, {what}: {key} {value!r} is not valid; nearest: {nearest(value, list(valid))!r}")


def load_world_file(path: Path | str | None = None) -> WorldFile:
    """Read and check a world file.

    Raises
    ------
    WorldError
        One line with file, entry, key and the nearest valid name.
    """
    source = Path(path) if path is not None else DEFAULT_WORLD
    try:
        with source.open("rb") as stream:
            raw = tomllib.load(stream)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise WorldError(f"{source.name}: cannot be read: {error}") from None
    sections = ("ai_firm", "vendor", "offer", "node", "foundry_plan", "neighbours")
    for key in raw:
        _choice(source.name, "file", "section", key, sections)
    for key in sections:
        if key not in raw:
            raise WorldError(f"{source.name}: section {key!r} is missing")
    name = source.name
    world = WorldFile(
        name,
        _entries(name, "ai_firm", raw["ai_firm"], FirmEntry),
        _entries(name, "vendor", raw["vendor"], VendorEntry),
        _entries(name, "offer", raw["offer"], OfferEntry),
        _entries(name, "node", raw["node"], NodeEntry),
        tuple((quarter_index(label), float(value)) for label, value in raw["foundry_plan"].items()),
        {firm: tuple(others) for firm, others in raw["neighbours"].items()},
    )
    _check(world)
    return world


def _check(world: WorldFile) -> None:
    for firm in world.firms:
        _choice(world.path, f"ai_firm {firm.id}", "bloc", firm.bloc, BLOCS)
        _choice(world.path, f"ai_firm {firm.id}", "hazard_floor", firm.hazard_floor, HAZARD_FLOORS)
        if firm.owns:
            world.vendor(firm.owns)
        count = len(world.neighbours.get(world.firms[0].id, ()))
        if len(world.neighbours.get(firm.id, ())) != count or count == 0:
            raise WorldError(f"{world.path}, neighbours: {firm.id} needs as many neighbours as {world.firms[0].id}")
        for other in world.neighbours[firm.id]:
            world.firm(other)
    for vendor in world.vendors:
        _choice(world.path, f"vendor {vendor.id}", "market", vendor.market, ("WORLD", *BLOCS))
    for offer in world.offers:
        world.vendor(offer.vendor)
        _choice(world.path, f"offer {offer.id}", "kind", offer.kind, OFFER_KINDS)
        _choice(world.path, f"offer {offer.id}", "ecosystem", offer.ecosystem, ECOSYSTEMS)
        _choice(world.path, f"offer {offer.id}", "buyers", offer.buyers, ("all", "cn", "owners"))
    for node in world.nodes:
        _choice(world.path, f"node {node.id}", "role", node.role, ROLES)
    for ids, what in (
        ([one.id for one in world.firms], "ai_firm"),
        ([one.id for one in world.vendors], "vendor"),
        ([one.id for one in world.offers], "offer"),
        ([one.id for one in world.nodes], "node"),
    ):
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise WorldError(f"{world.path}: {what} {min(twice)!r} is given twice")
