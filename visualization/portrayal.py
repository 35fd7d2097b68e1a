"""From a world and its deliveries to what is drawn: tiers, order, names, shapes and colours of the supply network.

Pure functions; nothing here knows about the browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from abm.calendar import quarter_days, quarter_of, quarter_start
from abm.edges import offer_key
from abm.policy import Policy, is_standing
from abm.supply_edges import BROKERS
from abm.tables import DataPack
from abm.world import Blueprint

TIERS = ("Tools and materials", "Foundries and memory", "Chip vendors", "Channels", "AI firms")
"""Columns of the network from left to right."""
SHORT_TIERS = ("Tools", "Foundries", "Vendors", "Channels", "AI firms")
"""The same where columns are narrow."""
BLOCS: Mapping[str, str] = {"US": "United States", "ROW": "other countries", "CN": "China"}
"""Blocs from the top of a column to its bottom."""
BLOC_COLOURS: Mapping[str, str] = {"US": "#CC79A7", "ROW": "#009E73", "CN": "#E69F00"}
"""Okabe-Ito; other than those of the two arms."""
BLOC_SHAPES: Mapping[str, str] = {"US": "circle", "ROW": "triangle", "CN": "square"}
ARM_COLOURS: Mapping[str, str] = {"controls": "#0072B2", "without": "#D55E00"}
"""Okabe-Ito, as in the static figures."""
STATUS_STROKES: Mapping[str, str] = {
    "free": "solid", "nac": "dash", "licence": "dash", "partly denied": "dash", "denied": "gap", "unknown": "dash",
    "evasion": "dots",
}  # fmt: skip
"""How the legal status of an edge is drawn: dash for what needs a licence or passes in part, gap for blocked."""

LABELS: Mapping[str, str] = {
    "AMAT": "Applied Materials", "LRCX": "Lam Research", "TEL": "Tokyo Electron", "JP_TOOLS": "Other Japanese",
    "PIOTECH_ACMR": "Piotech, ACM", "US_EDA": "US chip software", "EMPYREAN": "Chinese software",
    "JP_MATERIALS": "Japanese materials", "CN_MATERIALS": "Chinese materials", "SAMSUNG_FOUNDRY": "Samsung foundry",
    "SKHYNIX": "SK hynix HBM", "SAMSUNG": "Samsung HBM", "MICRON": "Micron HBM", "CXMT": "CXMT HBM",
    "COWOS": "TSMC packaging", "JCET_TFME": "JCET packaging", "US_CUSTOM": "In-house chips",
    "OTHER_CN": "Other Chinese", "THEAD": "T-Head", "KUNLUNXIN": "Kunlunxin",
    "HUAWEI": "Huawei", "CAMBRICON": "Cambricon", "HYGON": "Hygon",
    "TENCENT": "Tencent", "ALIBABA": "Alibaba", "BAIDU": "Baidu", "BYTEDANCE": "ByteDance", "DEEPSEEK": "DeepSeek",
    "CN_LABS": "Chinese labs", "CN_TAIL": "Smaller Chinese", "CN_LISTED": "Listed Chinese",
    "HUAWEI_CLOUD": "Huawei Cloud", "CN_TELCOS": "China's telcos", "MICROSOFT": "Microsoft", "GOOGLE": "Google",
    "META": "Meta", "AMAZON": "Amazon", "XAI": "xAI", "NEOCLOUDS": "Neoclouds", "US_OTHER": "Other US",
    "GULF_SEA_HOSTS": "Gulf, SE Asia", "ROW_BUYERS": "Rest of world",
    "offer:NVIDIA_FRONTIER": "NVIDIA frontier", "offer:NVIDIA_COMPLIANCE_A": "NVIDIA for China A",
    "offer:NVIDIA_COMPLIANCE_B": "NVIDIA for China B", "offer:AMD_FRONTIER": "AMD frontier",
    "offer:AMD_COMPLIANCE": "AMD for China", "offer:US_CUSTOM": "In-house", "offer:US_LOW_TIER": "US low tier",
    "offer:GREY_FRONTIER": "Grey market", "offer:HUAWEI": "Ascend", "offer:CAMBRICON": "Cambricon chips",
    "offer:HYGON": "Hygon chips", "offer:OTHER_CN": "Other Chinese chips", "offer:THEAD": "T-Head chips",
    "offer:KUNLUNXIN": "Kunlunxin chips", "offer:CN_LOW_TIER": "Chinese low tier", BROKERS: "Middlemen",
}  # fmt: skip
"""Names of nodes on the page; others are shown by their id."""
_OFFER_ORDER = ("frontier", "custom", "compliance", "low_tier", "grey", "domestic")
_OFFER_GROUPS = {
    "frontier": "Frontier", "custom": "In-house", "compliance": "Made for China", "grey": "Grey market",
    "domestic": "Chinese chips",
}  # fmt: skip
_ROLE_GROUPS = {
    "tools_us": "US tools", "tools_nl": "Dutch tools", "tools_jp": "Japan tools", "tools_cn": "China tools",
    "foundry_world": "Foundries", "foundry_cn": "China foundry", "memory_world": "HBM memory",
    "memory_cn": "China HBM", "packaging_world": "Packaging", "packaging_cn": "China packing",
}  # fmt: skip
"""Names of groups of supply nodes; those of other roles depend on the country."""
_FIRM_GROUPS = {
    ("CN", False): "Chinese firms", ("CN", True): "China's state", ("US", False): "US firms",
    ("ROW", False): "Elsewhere",
}  # fmt: skip
_VENDORS = ("NVIDIA", "AMD", "US_CUSTOM", "HUAWEI")
"""Vendors that are groups of their own."""


@dataclass(frozen=True)
class Node:
    """A node of the network as it is drawn.

    Attributes
    ----------
    label, group : names on the page, alone and together with others of its kind.
    tier : column, 0 to 4.
    kind : supply_node, channel, vendor, offer or ai_firm, as in `abm.network`.
    agent : id of the agent behind it that can be explained, "" for channels.
    """

    id: str
    label: str
    group: str
    tier: int
    bloc: str
    kind: str
    agent: str


def nodes(plan: Blueprint) -> tuple[Node, ...]:
    """All nodes in drawing order: column by column, in each the US on top, then other countries, then China."""
    found = [*_supply_nodes(plan), *_vendors(plan), *_offers(plan), *_firms(plan)]
    order = list(BLOCS)
    return tuple(sorted(found, key=lambda node: (node.tier, order.index(node.bloc))))


def label(name: str) -> str:
    """Name of a node on the page."""
    return LABELS.get(name, name.removeprefix("offer:"))


def bloc_of(country: str) -> str:
    """Bloc of a country."""
    return country if country in ("CN", "US") else "ROW"


def _countries(pack: DataPack) -> dict[str, str]:
    return {str(row["firm_id"]): str(row["country"]) for row in pack.firms}


def _supply_nodes(plan: Blueprint) -> list[Node]:
    countries = _countries(plan.pack)
    found = []
    for node in plan.world.nodes:
        bloc = bloc_of(countries.get(node.firm_id, ""))
        upstream = node.role.startswith(("tools", "design", "materials"))
        group = _ROLE_GROUPS.get(node.role) or f"{'China' if bloc == 'CN' else 'Other'} {node.role}"
        if node.role == "design":
            group = "China software" if bloc == "CN" else "US software"
        tier = 0 if upstream else 1
        found.append(Node(node.id, label(node.id), group, tier, bloc, "supply_node", node.id))
    found.append(Node(BROKERS, label(BROKERS), label(BROKERS), 1, "ROW", "channel", ""))
    return found


def _vendors(plan: Blueprint) -> list[Node]:
    us = plan.arrays["vendor_us"]
    found = []
    for place, vendor in enumerate(plan.world.vendors):
        group = label(vendor.id) if vendor.id in _VENDORS else "Other US" if us[place] > 0.0 else "Other Chinese"
        bloc = "US" if us[place] > 0.0 else "CN"
        found.append(Node(vendor.id, label(vendor.id), group, 2, bloc, "vendor", vendor.id))
    return found


def _offers(plan: Blueprint) -> list[Node]:
    """Offers as channels; grey chips are US chips, but what brings them is a channel of its own."""
    us = {vendor.id: plan.arrays["vendor_us"][place] > 0.0 for place, vendor in enumerate(plan.world.vendors)}
    offers = sorted(
        (offer for offer in plan.world.offers if offer.kind != "rental"),
        key=lambda offer: _OFFER_ORDER.index(offer.kind),
    )
    found = []
    for offer in offers:
        bloc, key = "US" if us[offer.vendor] else "CN", offer_key(offer.id)
        group = _OFFER_GROUPS.get(offer.kind) or ("US low tier" if us[offer.vendor] else "China low tier")
        found.append(Node(key, label(key), group, 3, bloc, "offer", offer.vendor))
    return found


def _firms(plan: Blueprint) -> list[Node]:
    return [
        Node(firm.id, label(firm.id), _FIRM_GROUPS[firm.bloc, bool(firm.state_owned)], 4, firm.bloc, "ai_firm", firm.id)
        for firm in plan.world.firms
    ]


# --- rules on the time axis -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tick:
    """A dated rule on the time axis; `at` in quarters, 0 the middle of 2020Q1, `end` None while it stays in force."""

    id: str
    at: float
    end: float | None
    day: str
    title: str
    jurisdiction: str
    side: str
    category: str


def position(day: date) -> float:
    """A day on the axis of quarters: −0.5 is the first day of 2020Q1, 0 its middle."""
    step = quarter_of(day)
    return step + (day - quarter_start(step)).days / quarter_days(step) - 0.5


def ticks(policy: Policy) -> tuple[Tick, ...]:
    """Instruments beyond the law that every arm has, by their first effect."""
    found = []
    for one in policy:
        if is_standing(one, policy) or not one.binds:
            continue
        ends = [effect.end for effect in one.effects]
        last = None if not ends or any(end is None for end in ends) else max(end for end in ends if end is not None)
        found.append(
            Tick(
                one.id,
                round(position(one.effective), 3),
                None if last is None else round(position(last), 3),
                one.effective.isoformat(),
                one.title,
                one.jurisdiction,
                one.side,
                one.category,
            )
        )
    return tuple(found)


def legend() -> dict[str, Any]:
    """Names, colours and shapes for the browser."""
    return {
        "tiers": list(TIERS),
        "short_tiers": list(SHORT_TIERS),
        "blocs": [{"id": bloc, "name": name, "shape": BLOC_SHAPES[bloc]} for bloc, name in BLOCS.items()],
        "strokes": dict(STATUS_STROKES),
    }
