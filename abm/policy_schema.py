"""What a legal instrument is: dated facts, thresholds and effects, all frozen (MODEL R1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

STATUSES = ("free", "nac", "licence", "denied")
"""From loosest to strictest; `nac` is a sale after notification (licence exception NAC)."""

RANK = {name: place for place, name in enumerate(STATUSES)}

ATTRIBUTES = {
    "tpp": "TPP, tera-operations a second times bit length, dense, the highest over all formats",
    "performance_density": "TPP per mm2 of applicable die area",
    "total_io": "GB/s, all input and output of the package, host link included",
    "dram_bandwidth": "GB/s, memory bandwidth",
    "node_nm": "nm, process node",
    "transistors_bn": "billion transistors of the package",
    "datacentre": "true or false, designed or marketed for data centres",
    "us_available": "true or false, sold in the United States on the day the rule of January 2026 appeared",
}
"""What a clause may test, with its unit."""

FLAGS = ("datacentre", "us_available")
SIDES = ("us", "allied", "china")
CATEGORIES = ("chips", "tools", "entity", "foundry", "licences", "china")
BUYER_CLASSES = ("private", "listed", "state")
END_USES = ("datacentre", "consumer", "supercomputer")
LISTS = ("entity_list", "footnote_1", "footnote_4", "footnote_5")
BARRING_LISTS = ("footnote_1", "footnote_4")
TOOL_JURISDICTIONS = ("US", "NL", "JP", "CN")
TOOL_CLASSES = ("litho", "etch_dep", "metrology")

_CONDITION = re.compile(r"^\s*([a-z_]+(?:\s*\+\s*[a-z_]+)*)\s*(>=|<=|==|=|<|>)\s*(\S+)\s*$")


@dataclass(frozen=True, slots=True)
class Level:
    """A judged number with its range; `at(.5)` is the middle, `at(0)` and `at(1)` the ends."""

    low: float
    mid: float
    high: float

    def at(self, level: float) -> float:
        """Return the value at `level` in 0–1, linear on each side of the middle."""
        if level <= 0.5:
            return self.low + (self.mid - self.low) * 2.0 * level
        return self.mid + (self.high - self.mid) * (2.0 * level - 1.0)


NOTHING = Level(0.0, 0.0, 0.0)
ALL = Level(1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a clause, `attribute [+ attribute] operator number`."""

    terms: tuple[str, ...]
    operator: str
    value: float

    def holds(self, chip: Mapping[str, float | None]) -> bool | None:
        """Tell whether the chip meets the test; `None` if an attribute is missing and could decide.

        All attributes are non-negative, so a sum that already reaches its bound decides although a term is missing.
        """
        known = [value for term in self.terms if (value := chip.get(term)) is not None]
        total = sum(known)
        if len(known) == len(self.terms):
            return _compare(total, self.operator, self.value)
        if _compare(total, ">=" if self.operator in (">=", "<") else ">", self.value):
            return self.operator in (">=", ">")
        return None

    def __str__(self) -> str:
        return f"{' + '.join(self.terms)} {self.operator} {self.value:g}"


def _compare(left: float, operator: str, right: float) -> bool:
    if operator == ">=":
        return left >= right
    if operator == "<=":
        return left <= right
    if operator == "<":
        return left < right
    if operator == ">":
        return left > right
    return left == right


def parse_condition(text: str) -> Condition:
    """Read `"dram_bandwidth + total_io >= 1700"`; raise ValueError with the cure if it cannot be read."""
    match = _CONDITION.match(text)
    if match is None:
        raise ValueError(f"cannot read condition {text!r}; write it as 'tpp >= 4800' or 'datacentre = true'")
    terms = tuple(term.strip() for term in match.group(1).split("+"))
    operator = "==" if match.group(2) == "=" else match.group(2)
    word = match.group(3).lower()
    for term in terms:
        if term not in ATTRIBUTES:
            raise KeyError(term)
        if term in FLAGS and (operator != "==" or word not in ("true", "false") or len(terms) > 1):
            raise ValueError(f"condition {text!r}: {term} is a flag; write '{term} = true' or '{term} = false'")
    if terms[0] in FLAGS:
        return Condition(terms, operator, 1.0 if word == "true" else 0.0)
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"condition {text!r}: {match.group(3)!r} is not a number") from None
    if not 0.0 <= value < 1e9:
        raise ValueError(f"condition {text!r}: the number must lie in 0 to 1e9")
    return Condition(terms, operator, value)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something an instrument does from `effective` (inclusive) to `end` (exclusive)."""

    effective: date
    end: date | None = None

    def on(self, day: date) -> bool:
        """Tell whether the effect's own dates cover the day."""
        return self.effective <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, kw_only=True)
class Clause(Effect):
    """A test of chips and what follows from it.

    A clause with a status restricts: of all clauses that match, the strictest decides. With `relaxes` it is an
    exception instead: it replaces a result whose status it names (the newest exception wins). Without a status it
    only attaches a duty, a revenue share or a volume cap. With `headquarters` it also binds sales abroad to firms with
    headquarters in China. `channel` is `sale` (chips to a buyer) or `foundry` (a foreign foundry makes the design of
    a Chinese firm).
    """

    name: str
    status: str | None = None
    when: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    relaxes: tuple[str, ...] = ()
    granted: Level = NOTHING
    channel: str = "sale"
    destinations: tuple[str, ...] = ("CN",)
    headquarters: bool = False
    end_uses: tuple[str, ...] = ()
    buyers: tuple[str, ...] = ()
    sellers: tuple[str, ...] = ()
    foundries: tuple[str, ...] = ()
    volume_cap: float | None = None
    duty: float = 0.0
    revenue_share: float = 0.0

    def matches(self, chip: Mapping[str, float | None]) -> bool | None:
        """Evaluate all of `when` and one of `any_of` in three-valued logic."""
        return _all_of(_all_of(True, *(test.holds(chip) for test in self.when)), _one_of(self.any_of, chip))


def _all_of(*values: bool | None) -> bool | None:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _one_of(tests: tuple[Condition, ...], chip: Mapping[str, float | None]) -> bool | None:
    if not tests:
        return True
    values = [test.holds(chip) for test in tests]
    if any(values):
        return True
    return None if any(value is None for value in values) else False


@dataclass(frozen=True, kw_only=True)
class ToolStep(Effect):
    """Denial of chip-making tools of one jurisdiction and class to advanced Chinese fabs.

    `models` names the group of machines (statements on one group are levels, the highest counts), `covers` the share
    of the class that the group makes up, `node_floor_nm` the finest node left without these machines.
    """

    jurisdiction: str
    tool_class: str
    models: str
    denial: Level
    covers: Level = ALL
    recipients: str = "chinese_fabs"
    node_floor_nm: float = 0.0


@dataclass(frozen=True, kw_only=True)
class ServiceStep(Effect):
    """Denial of service and spare parts for installed tools of one jurisdiction."""

    jurisdiction: str
    denial: Level


@dataclass(frozen=True, kw_only=True)
class EdaStep(Effect):
    """Denial of chip-design software; `covers` is the share of Chinese designs that need it."""

    scope: str
    denial: Level
    covers: Level = ALL


@dataclass(frozen=True, kw_only=True)
class HbmStep(Effect):
    """Share of high-bandwidth memory, sold as separate stacks, that may still be imported."""

    open: Level
    co_packaged_open: Level = ALL


@dataclass(frozen=True, kw_only=True)
class Listing(Effect):
    """Firms put on a list; footnotes 1 and 4 close foreign foundries and chips made with US tools to them.

    `buyer_class` marks the listing that stands for the model's class of listed buyers.
    """

    firms: tuple[str, ...]
    list: str
    buyer_class: str | None = None


@dataclass(frozen=True, kw_only=True)
class GateStep(Effect):
    """China's own limit: share of orders for US chips that a class of buyers may place. The latest step counts."""

    buyers: tuple[str, ...]
    allowed: Level


@dataclass(frozen=True, kw_only=True)
class MandateStep(Effect):
    """Share of purchases that must be domestic for a class of buyers. The latest step counts."""

    buyers: tuple[str, ...]
    floor: Level


@dataclass(frozen=True, kw_only=True)
class CloudStep(Effect):
    """Share of rented compute abroad that firms with headquarters in China may no longer use. The strictest counts."""

    coverage: Level


@dataclass(frozen=True, kw_only=True)
class SubsidyStep(Effect):
    """A fund of `usd_bn` paid out evenly over `years` from its date."""

    usd_bn: float
    years: float


@dataclass(frozen=True, kw_only=True)
class DiversionEnd(Effect):
    """The path by which foundry dies reached listed designers through intermediaries is closed."""


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """One dated legal act with its effects, sources and status in the counterfactuals.

    `known` is the day from which firms expect it: the announcement less the lead of the leak. `supersedes` names
    instruments whose clauses it replaces; `enforces` an older instrument that it only carries out, so that it stays
    wherever that one stays. With `binds=False` (the arm `none_threat`) it is expected but never takes effect.
    """

    id: str
    title: str
    actor: str
    jurisdiction: str
    side: str
    category: str
    citation: str
    effective: date
    announced: date
    leak_lead_months: float = 0.0
    rows: tuple[str, ...] = ()
    kind: str = "scenario"
    china_side: str | None = None
    note: str = ""
    supersedes: tuple[str, ...] = ()
    enforces: str | None = None
    effects: tuple[Effect, ...] = ()
    binds: bool = True

    @property
    def known(self) -> date:
        """First day on which the instrument is leaked or announced."""
        return self.announced - timedelta(days=round(30.44 * self.leak_lead_months))

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """The tests of chips."""
        return tuple(effect for effect in self.effects if isinstance(effect, Clause))

    @property
    def replaces_from(self) -> date:
        """First day on which its own clauses hold, and those of the instruments it supersedes no longer do."""
        return min((clause.effective for clause in self.clauses), default=self.effective)

    def conditions(self) -> Iterator[Condition]:
        """Every single test in the instrument's clauses."""
        for clause in self.clauses:
            yield from clause.when
            yield from clause.any_of
