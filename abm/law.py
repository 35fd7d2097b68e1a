"""Classification of chips under export law at a date (MODEL R1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from itertools import product
from math import isfinite

from abm.calendar import as_date
from abm.policy import Policy, load_policy
from abm.policy_schema import (
    BARRING_LISTS,
    END_USES,
    FLAGS,
    NOTHING,
    RANK,
    Clause,
    Effect,
    Instrument,
    Level,
    Listing,
)
from abm.scenario_values import nearest_of
from abm.tables import DataPack, Row, load_pack
from abm.vocabulary import BUYER_CLASSES, NO_CAP

GROUPS = {"CN_LABS": "private", "CN_TAIL": "private", "CN_LISTED": "listed", "NEOCLOUDS": "foreign"}
"""Buyer class of the pooled firms of the default world; single firms follow firm_legal.csv."""

STATE_FIRMS = ("CN_TELCOS",)


class LawError(ValueError):
    """A question the law cannot answer; the message names the nearest valid name."""


@dataclass(frozen=True)
class ChipSpec:
    """What the law looks at in a chip; None means unknown.

    Units: `tpp` TPP, `area_mm2` mm2, `total_io` and `dram_bandwidth` GB/s, `node_nm` nm. Performance density is TPP
    over area where both are known, else what is given.
    """

    name: str = "chip"
    tpp: float | None = None
    area_mm2: float | None = None
    performance_density: float | None = None
    total_io: float | None = None
    dram_bandwidth: float | None = None
    datacentre: bool | None = True
    node_nm: float | None = None
    transistors_bn: float | None = None
    us_available: bool | None = None
    vendor: str | None = None
    foundry: str | None = None
    origin: str = "US"

    def attributes(self) -> dict[str, float | None]:
        """Return the attributes a clause may test, flags as 0 and 1."""
        density = self.performance_density
        if self.tpp is not None and self.area_mm2:
            density = self.tpp / self.area_mm2
        values = {
            "tpp": self.tpp,
            "performance_density": density,
            "total_io": self.total_io,
            "dram_bandwidth": self.dram_bandwidth,
            "node_nm": self.node_nm,
            "transistors_bn": self.transistors_bn,
            "datacentre": self.datacentre,
            "us_available": self.us_available,
        }
        return {key: float(value) if value is not None and isfinite(value) else None for key, value in values.items()}

    @classmethod
    def from_row(cls, row: Row) -> ChipSpec:
        """Read a row of chips.csv."""
        bandwidth = _number(row, "memory_bw_tbs")
        available = str(row["commercially_available_2026_01_15"])
        return cls(
            name=str(row["chip"]),
            tpp=_number(row, "tpp"),
            area_mm2=_number(row, "die_area_mm2"),
            performance_density=_number(row, "performance_density"),
            total_io=_number(row, "total_io_gbs"),
            dram_bandwidth=None if bandwidth is None else round(1000.0 * bandwidth, 6),
            datacentre=row["datacentre_marketed"] != "no",
            node_nm=_number(row, "process_nm"),
            us_available=available == "yes",
            vendor=str(row["vendor_id"]),
            foundry=None if row["foundry"] is None else str(row["foundry"]),
            origin="CN" if row["origin_country"] == "CN" else "US",
        )


def _number(row: Row, key: str) -> float | None:
    value = row[key]
    return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True)
class Outcome:
    """What a set of clauses comes to; `clause` is the one that decides, None if no clause does."""

    status: str
    clause: Clause | None = None
    granted: Level = NOTHING
    duty: float = 0.0
    revenue_share: float = 0.0
    volume_cap: float = NO_CAP

    def open(self, grant_level: float) -> float:
        """Share of orders that may be delivered."""
        if self.status == "free":
            return 1.0
        return self.granted.at(grant_level) if self.status in ("nac", "licence") else 0.0


@dataclass(frozen=True)
class Ruling:
    """Answer of `classify`: `status` is free, nac, licence, denied or unknown; `clause` is the one that decides.

    `granted` is the judged share of orders under `nac` or `licence`; `duty`, `revenue_share` and `volume_cap` (China
    sales over US sales of the product, 9 = none) are what the sale carries with it.
    """

    status: str
    clause: str | None
    reason: str
    granted: Level = NOTHING
    duty: float = 0.0
    revenue_share: float = 0.0
    volume_cap: float = NO_CAP


@dataclass(frozen=True)
class Sale:
    """To whom a chip goes, for what, and who sells it."""

    destination: str = "CN"
    end_use: str = "datacentre"
    buyer_class: str = "private"
    buyer: str | None = None
    seller: str | None = None

    def meets(self, clause: Clause) -> bool:
        """Tell whether the clause speaks about this sale at all."""
        chinese = clause.headquarters and self.buyer_class != "foreign"
        return (
            clause.channel == "sale"
            and (self.destination in clause.destinations or chinese)
            and (not clause.end_uses or self.end_use in clause.end_uses)
            and (not clause.buyers or self.buyer_class in clause.buyers or self.buyer in clause.buyers)
            and (not clause.sellers or self.seller is None or self.seller in clause.sellers)
        )

    def barred(self, listing: Listing) -> bool:
        """Tell whether a footnote of the entity list closes chips made with US tools to the buyer."""
        met = listing.buyer_class == self.buyer_class if self.buyer is None else self.buyer in listing.firms
        return listing.list in BARRING_LISTS and met


def settle(clauses: Sequence[Clause], truths: Sequence[bool | None]) -> Outcome:
    """Decide from clauses (oldest first) and whether each matches; unknown only if a missing attribute could decide."""
    open_places = [place for place, truth in enumerate(truths) if truth is None and clauses[place].status is not None]
    if not open_places:
        return _decide(clauses, [truth is True for truth in truths])
    outcomes = []
    for guess in product((False, True), repeat=len(open_places)):
        filled = [truth is True for truth in truths]
        for place, value in zip(open_places, guess, strict=True):
            filled[place] = value
        outcomes.append(_decide(clauses, filled))
        if outcomes[-1].status != outcomes[0].status:
            return Outcome("unknown", clauses[open_places[0]])
    return outcomes[0]


def _decide(clauses: Sequence[Clause], matches: Sequence[bool]) -> Outcome:
    decisive: Clause | None = None
    duty, share, cap = 0.0, 0.0, NO_CAP
    for clause, match in zip(clauses, matches, strict=True):
        if not match or clause.relaxes:
            continue
        if clause.status is None:
            duty, share = max(duty, clause.duty), max(share, clause.revenue_share)
            cap = min(cap, NO_CAP if clause.volume_cap is None else clause.volume_cap)
        elif decisive is None or _strictness(clause) > _strictness(decisive):
            decisive = clause
    status = "free" if decisive is None else str(decisive.status)
    for clause, match in sorted(zip(clauses, matches, strict=True), key=lambda pair: pair[0].effective):
        if match and status in clause.relaxes:
            decisive, status = clause, str(clause.status)
    if decisive is not None:
        duty, share = max(duty, decisive.duty), max(share, decisive.revenue_share)
        cap = min(cap, NO_CAP if decisive.volume_cap is None else decisive.volume_cap)
    return Outcome(status, decisive, NOTHING if decisive is None else decisive.granted, duty, share, cap)


def _strictness(clause: Clause) -> tuple[int, float]:
    return RANK[str(clause.status)], -clause.granted.mid


@lru_cache(maxsize=1)
def default_pack() -> DataPack:
    """Return the data pack without the non-commercial tables, loaded once."""
    return load_pack(cset=False)


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """Return the history of the data pack, loaded once."""
    return load_policy()


def find_chip(name: str, pack: DataPack | None = None) -> ChipSpec:
    """Look a chip up by name, by id, or by the part of its name that is unique ("H20", "MI308X", "910B")."""
    rows = (pack or default_pack()).chips.rows
    wanted = name.strip().lower()
    for row in rows:
        if wanted in (str(row["chip"]).lower(), str(row["id"]).lower()):
            return ChipSpec.from_row(row)
    words = re.findall(r"[\w.]+", wanted)
    found = [row for row in rows if _contains(re.findall(r"[\w.]+", str(row["chip"]).lower()), words)]
    if len(found) == 1:
        return ChipSpec.from_row(found[0])
    if found:
        raise LawError(f"chip {name!r} is ambiguous: {', '.join(str(row['chip']) for row in found)}")
    by_word = {word: str(row["chip"]) for row in reversed(rows) for word in str(row["chip"]).split()}
    close = get_close_matches(name.strip().upper(), by_word, n=1, cutoff=0.5)
    hint = f"; did you mean {by_word[close[0]]!r}?" if close else ""
    raise LawError(f"chip {name!r} is not in chips.csv{hint}")


def _contains(words: list[str], part: list[str]) -> bool:
    return bool(part) and any(words[place : place + len(part)] == part for place in range(len(words)))


def as_chip(chip: str | ChipSpec | Mapping[str, object], pack: DataPack | None = None) -> ChipSpec:
    """Accept a name, a `ChipSpec` or a mapping of its attributes."""
    if isinstance(chip, ChipSpec):
        return chip
    if isinstance(chip, str):
        return find_chip(chip, pack)
    if not isinstance(chip, Mapping):
        raise LawError(f"chip must be a name, a ChipSpec or a mapping of attributes, not {type(chip).__name__}")
    names = [field.name for field in fields(ChipSpec)]
    for key, value in chip.items():
        if key not in names:
            raise LawError(f"unknown attribute {key!r} of a chip{nearest_of(str(key), names)}")
        if value is None:
            continue
        if key in ("name", "vendor", "foundry", "origin"):
            if not isinstance(value, str):
                raise LawError(f"attribute {key!r} of a chip must be text, not {value!r}")
        elif key in FLAGS:
            if not isinstance(value, bool):
                raise LawError(f"attribute {key!r} of a chip must be True or False, not {value!r}")
        elif isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise LawError(f"attribute {key!r} of a chip must be a number from 0 to 1e9, not {value!r}")
    return ChipSpec(**dict(chip))  # type: ignore[arg-type]


def buyer_class(buyer: str | None, destination: str, pack: DataPack | None = None) -> str:
    """Return private, listed, state or foreign for a class name, a firm id or None (the usual buyer there)."""
    if buyer is None:
        return "private" if destination in ("CN", "MO") else "foreign"
    if buyer in BUYER_CLASSES:
        return buyer
    if buyer in GROUPS:
        return GROUPS[buyer]
    rows = [row for row in (pack or default_pack()).firm_legal.rows if row["firm_id"] == buyer]
    if not rows:
        known = [str(row["firm_id"]) for row in (pack or default_pack()).firm_legal.rows]
        raise LawError(
            f"buyer {buyer!r} is unknown{nearest_of(buyer, [*BUYER_CLASSES, *GROUPS, *dict.fromkeys(known)])}"
        )
    if rows[0]["hq_country"] != "CN":
        return "foreign"
    if any(row["list"] != "none" for row in rows):
        return "listed"
    return "state" if buyer in STATE_FIRMS else "private"


def classify(
    chip: str | ChipSpec | Mapping[str, object],
    date: str | date,
    destination: str = "CN",
    end_use: str = "datacentre",
    buyer: str | None = None,
    policy: Policy | None = None,
) -> Ruling:
    """Say whether a chip may be sold, and which clause decides.

    Parameters
    ----------
    chip
        Name in chips.csv, a `ChipSpec`, or a mapping of its attributes.
    date
        Day of the sale, as a date or "2023-10-23".
    destination
        Country code; HK counts as CN.
    end_use
        datacentre, consumer or supercomputer.
    buyer
        private, listed, state, foreign, or the id of a firm; None is the usual buyer at the destination.
    policy
        Default: the history of the data pack.

    Raises
    ------
    LawError
        Unknown chip, attribute, buyer, destination or end use, with the nearest valid name.

    Notes
    -----
    Buyers on the entity list without a footnote may buy foreign-made chips below de minimis that no chip rule
    catches; footnotes 1 (Huawei, 2020) and 4 (October 2022) close everything made with US tools. US law does not bind
    Chinese chips sold in China; `design_class` classifies their design.
    """
    day, spec = _day(date), as_chip(chip)
    sale = _sale(destination, end_use, buyer, spec.vendor)
    if spec.origin == "CN" and sale.destination == "CN":
        return Ruling("free", None, f"{spec.name} is Chinese and sold in China: US law does not bind domestic sales")
    return _rule(spec, day, sale, (policy or default_policy()).in_force(day))


def _sale(destination: str, end_use: str, buyer: str | None, seller: str | None) -> Sale:
    if not isinstance(destination, str) or len(destination) != 2 or not destination.isupper():
        raise LawError(f"destination {destination!r} is not a country code such as CN")
    if end_use not in END_USES:
        raise LawError(f"end use {end_use!r} is unknown{nearest_of(str(end_use), END_USES)}")
    place = "CN" if destination == "HK" else destination
    pooled = buyer in BUYER_CLASSES or buyer in GROUPS
    return Sale(place, end_use, buyer_class(buyer, place), None if pooled else buyer, seller)


def _day(value: str | date) -> date:
    try:
        return as_date(value)
    except (ValueError, TypeError):
        raise LawError(f"date {value!r} is not a day such as 2023-10-23") from None


def _rule(spec: ChipSpec, day: date, sale: Sale, effects: Sequence[tuple[Instrument, Effect]]) -> Ruling:
    """Apply listings first, then the clauses that speak about the sale."""
    for one, effect in effects:
        if isinstance(effect, Listing) and sale.barred(effect):
            label = f"{one.id}: {effect.list}"
            return Ruling("denied", label, f"the buyer carries {effect.list.replace('_', ' ')} of the entity list")
    pairs = [(one, effect) for one, effect in effects if isinstance(effect, Clause) and sale.meets(effect)]
    clauses = [clause for _, clause in pairs]
    outcome = settle(clauses, [clause.matches(spec.attributes()) for clause in clauses])
    decisive = next((f"{one.id}: {clause.name}" for one, clause in pairs if clause is outcome.clause), None)
    return Ruling(
        outcome.status,
        decisive,
        _reason(spec, day, outcome),
        outcome.granted,
        outcome.duty,
        outcome.revenue_share,
        outcome.volume_cap,
    )


def _reason(spec: ChipSpec, day: date, outcome: Outcome) -> str:
    if outcome.clause is None:
        return f"no clause in force on {day} catches {spec.name}"
    if outcome.status == "unknown":
        known = spec.attributes()
        tested = (term for test in (*outcome.clause.when, *outcome.clause.any_of) for term in test.terms)
        missing = [term for term in dict.fromkeys(tested) if known[term] is None]
        return f"clause '{outcome.clause.name}' could decide, but {', '.join(missing)} of {spec.name} is unknown"
    tests = "; ".join(str(test) for test in (*outcome.clause.when, *outcome.clause.any_of)) or "any chip"
    return f"{spec.name} falls under '{outcome.clause.name}' ({tests}) on {day}"


def design_class(
    chip: str | ChipSpec | Mapping[str, object], date: str | date, policy: Policy | None = None, letters: bool = True
) -> Ruling:
    """Classify the design itself, whoever makes or buys it: what a foundry or a flag in a table looks at.

    With `letters=False` the letters that bind named vendors only are left out.
    """
    day, spec = _day(date), as_chip(chip)
    effects = [
        (one, effect)
        for one, effect in (policy or default_policy()).in_force(day)
        if isinstance(effect, Clause) and (letters or not effect.sellers)
    ]
    return _rule(spec, day, Sale(), effects)
