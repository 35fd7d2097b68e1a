"""Read a world file: which agents, offers and supply nodes exist, and who knows whom (MODEL section 2)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from typing import Any

from abm.calendar import quarter_index
from abm.schema import nearest
from abm.tables import DataPack
from abm.vocabulary import BLOCS, ECOSYSTEMS, HAZARD_FLOORS, OFFER_KINDS, ROLES

DEFAULT_WORLD = Path(__file__).parent / "data" / "worlds" / "default.toml"
LONE_ROLES = ("foundry_cn", "memory_cn", "packaging_cn")
"""Roles of one node each: the model follows China's own foundry, memory maker and packaging as single nodes."""
MAIN_KINDS = ("frontier", "custom", "domestic")
"""Kinds of offers that can be a vendor's main line."""
MOST_LET = 0.9
"""Largest share of a host's chips that tenants can have: what wears out within the quarter cannot be let."""


class WorldError(ValueError):
    """A world file names something that does not exist or lacks something; one line with file, entry, key and cure."""


@dataclass(frozen=True)
class FirmEntry:
    """An AI firm: `members` are firms of the data pack, `owns` a vendor, `partner` one to build a line with.

    `lets` is the share of its frontier chips that it offers to tenants from China.
    """

    id: str
    bloc: str
    members: tuple[str, ...]
    owns: str = ""
    partner: str = ""
    hazard_floor: str = "other"
    state_owned: bool = False
    open_weights: bool = False
    us_chips: bool = True
    lets: float = 0.0


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
    """A supply node and the flow that pays it.

    `firm` is its name in the data pack if not `id`; `share` its part in its role, instead of supply_links.csv;
    `cash` an entity of initial_2020q1.csv, "" if it starts with nothing.
    """

    id: str
    role: str
    firm: str = ""
    share: float = 0.0
    cash: str = ""

    @property
    def firm_id(self) -> str:
        """Name in the data pack."""
        return self.firm or self.id


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
            raise WorldError(f"{self.path}: no {kind} {name!r}{nearest(name, names)}")
        return names.index(name)


def _fault(path: str, what: str, key: str, problem: str) -> WorldError:
    return WorldError(f"{path}, {what}: {key} {problem}")


_FORMS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "float": (int, float),
    "bool": (bool,),
    "tuple[str, ...]": (list,),
}
_WORDS = {"str": "a text", "float": "a number", "bool": "true or false", "tuple[str, ...]": "a list of texts"}


def _value(path: str, what: str, key: str, form: str, value: Any) -> Any:
    """A value of the declared form; booleans are no numbers, members are never empty, shares never negative."""
    wrong = not isinstance(value, _FORMS[form]) or (form == "float" and isinstance(value, bool))
    if wrong or (isinstance(value, list) and not all(isinstance(one, str) for one in value)):
        raise _fault(path, what, key, f"must be {_WORDS[form]}, not {value!r}")
    if isinstance(value, list) and not value:
        raise _fault(path, what, key, "must name at least one")
    if form == "float" and not (isfinite(value) and value >= 0.0):
        raise _fault(path, what, key, f"must be a number of at least 0, not {value!r}")
    return tuple(value) if isinstance(value, list) else value


def _entries[T](path: str, section: str, rows: Any, kind: type[T]) -> tuple[T, ...]:
    if not isinstance(rows, list):
        raise WorldError(f"{path}: section {section!r} must be a list of entries: write [[{section}]]")
    valid = {one.name: str(one.type) for one in fields(kind)}  # type: ignore[arg-type]
    made = []
    for place, row in enumerate(rows):
        what = f"{section} {row.get('id', f'number {place + 1}')}"
        for key in row:
            if key not in valid:
                raise WorldError(f"{path}, {what}: unknown key {key!r}{nearest(key, list(valid))}")
        values = {key: _value(path, what, key, valid[key], value) for key, value in row.items()}
        try:
            made.append(kind(**values))
        except TypeError as error:
            missing = str(error).split("missing")[-1].strip()
            raise WorldError(f"{path}, {what}: missing {missing}") from None
    return tuple(made)


def _choice(path: str, what: str, key: str, value: str, valid: Iterable[str]) -> None:
    names = list(valid)
    if value not in names:
        raise _fault(path, what, key, f"{value!r} is not valid{nearest(value, names)}")


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
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WorldError(f"{source.name}: cannot be read: {error}") from None
    sections = ("ai_firm", "vendor", "offer", "node", "foundry_plan", "neighbours")
    name = source.name
    for key in raw:
        _choice(name, "file", "section", key, sections)
    for key in sections:
        if key not in raw:
            raise WorldError(f"{name}: section {key!r} is missing")
    for key in sections[4:]:
        if not isinstance(raw[key], dict):
            raise WorldError(f"{name}: section {key!r} must be a table: write [{key}]")
    world = WorldFile(
        name,
        _entries(name, "ai_firm", raw["ai_firm"], FirmEntry),
        _entries(name, "vendor", raw["vendor"], VendorEntry),
        _entries(name, "offer", raw["offer"], OfferEntry),
        _entries(name, "node", raw["node"], NodeEntry),
        _capacity_plan(name, raw["foundry_plan"]),
        {
            firm: _value(name, "neighbours", firm, "tuple[str, ...]", others)
            for firm, others in raw["neighbours"].items()
        },
    )
    _check(world)
    return world


def _capacity_plan(path: str, rows: Mapping[str, Any]) -> tuple[tuple[int, float], ...]:
    plan: list[tuple[int, float]] = []
    for label, value in rows.items():
        try:
            quarter = quarter_index(label)
        except ValueError as error:
            raise _fault(path, "foundry_plan", label, f"is no quarter: {error}") from None
        if plan and quarter <= plan[-1][0]:
            raise _fault(path, "foundry_plan", label, "comes too late: write quarters in order, each once")
        plan.append((quarter, float(_value(path, "foundry_plan", label, "float", value))))
    return tuple(plan)


def _check(world: WorldFile) -> None:
    vendors = [vendor.id for vendor in world.vendors]
    for firm in world.firms:
        _choice(world.path, f"ai_firm {firm.id}", "bloc", firm.bloc, BLOCS)
        _choice(world.path, f"ai_firm {firm.id}", "hazard_floor", firm.hazard_floor, HAZARD_FLOORS)
        for key, vendor in (("owns", firm.owns), ("partner", firm.partner)):
            if vendor:
                _choice(world.path, f"ai_firm {firm.id}", key, vendor, vendors)
        if firm.owns and firm.partner:
            raise _fault(world.path, f"ai_firm {firm.id}", "partner", "is for a firm without a vendor of its own")
        if firm.lets > MOST_LET or (firm.lets > 0.0 and firm.bloc == "CN"):
            raise _fault(world.path, f"ai_firm {firm.id}", "lets", f"must be 0 in China and at most {MOST_LET} abroad")
    for entry in world.vendors:
        _choice(world.path, f"vendor {entry.id}", "market", entry.market, ("WORLD", *BLOCS))
    for offer in world.offers:
        _choice(world.path, f"offer {offer.id}", "vendor", offer.vendor, vendors)
        _choice(world.path, f"offer {offer.id}", "kind", offer.kind, OFFER_KINDS)
        _choice(world.path, f"offer {offer.id}", "ecosystem", offer.ecosystem, ECOSYSTEMS)
        _choice(world.path, f"offer {offer.id}", "buyers", offer.buyers, ("all", "cn", "owners"))
    for node in world.nodes:
        _choice(world.path, f"node {node.id}", "role", node.role, ROLES)
    for ids, what in (
        ([one.id for one in world.firms], "ai_firm"),
        (vendors, "vendor"),
        ([one.id for one in world.offers], "offer"),
        ([one.id for one in world.nodes], "node"),
    ):
        twice = {one for one in ids if ids.count(one) > 1}
        if twice:
            raise WorldError(f"{world.path}: {what} {min(twice)!r} is given twice")
    _check_nodes(world)
    _check_neighbours(world)


def _check_nodes(world: WorldFile) -> None:
    """Every role is taken, some by one node alone; shares are given for all nodes of a role or for none."""
    for role in ROLES:
        mine = [node for node in world.nodes if node.role == role]
        if not mine:
            raise WorldError(f"{world.path}: no node with role {role!r}: add a [[node]] with it")
        if role in LONE_ROLES and len(mine) > 1:
            raise _fault(
                world.path, f"node {mine[1].id}", "role", f"{role!r} is taken by {mine[0].id}: drop one of them"
            )
        given = [node for node in mine if node.share > 0.0]
        if given and len(given) < len(mine):
            without = next(node for node in mine if node.share == 0.0)
            raise _fault(
                world.path, f"node {without.id}", "share", f"is missing: {given[0].id} of the same role has one"
            )


def _check_neighbours(world: WorldFile) -> None:
    firms = [firm.id for firm in world.firms]
    for name in world.neighbours:
        _choice(world.path, "neighbours", "firm", name, firms)
    count = len(world.neighbours.get(firms[0], ()))
    for name in firms:
        others = world.neighbours.get(name, ())
        for other in others:
            _choice(world.path, "neighbours", name, other, firms)
        if name in others or len(set(others)) < len(others):
            raise _fault(world.path, "neighbours", name, "must name other firms, each once")
        if len(others) != count or count == 0:
            raise _fault(world.path, "neighbours", name, f"needs as many neighbours as {firms[0]}: {count}")


def check_against_pack(world: WorldFile, pack: DataPack) -> None:
    """Refuse a world that the data pack cannot fill: unknown members or cash rows, an idle vendor, an empty bloc.

    Raises
    ------
    WorldError
        One line with file, entry, key and the nearest valid name.
    """
    known = [str(row["firm_id"]) for row in pack.firms]
    cash = [str(row["entity"]) for row in pack.initial.where(quantity="cash")]
    for firm in world.firms:
        for member in firm.members:
            _choice(world.path, f"ai_firm {firm.id}", "members", member, known)
    for node in world.nodes:
        key = "firm" if node.firm else "id"
        _choice(world.path, f"node {node.id}", key, node.firm_id, known)
        if node.cash:
            _choice(world.path, f"node {node.id}", "cash", node.cash, cash)
    for vendor in world.vendors:
        if vendor.cash:
            _choice(world.path, f"vendor {vendor.id}", "cash", vendor.cash, cash)
        lines = [one for one in world.offers if one.vendor == vendor.id and one.kind in MAIN_KINDS]
        if not lines:
            raise _fault(world.path, f"vendor {vendor.id}", "offer", f"of kind {' or '.join(MAIN_KINDS)} is missing")
    for bloc in BLOCS:
        if all(firm.bloc != bloc for firm in world.firms):
            raise WorldError(f"{world.path}: no ai_firm of bloc {bloc!r}, which the demand paths give money to")
