"""Worlds of drawn AI firms: log-normal sizes, traits of the default firms, sparse know-how network (MODEL 2, 3).

A firm is known by its slot. Its bloc follows from the slot alone; size, traits and date of entry from seed and slot,
so that firm 7 of a hundred is firm 7 of a thousand, smaller in proportion. Vendors, offers and supply nodes are those
of the default world, and so are the bloc totals of plans and of the chips of 2020Q1. Time and memory grow with firms.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from abm.draws import stream, uniforms
from abm.rules.numbers import exp, normal_quantile
from abm.shape import Synthetic
from abm.state import FIELDS, Floats, Ints
from abm.vocabulary import BLOCS, CUDA
from abm.world import Blueprint
from abm.worldfile import FirmEntry

SIZE, KIND, NETWORK = stream("firm_size"), stream("firm_kind"), stream("network")
DEGREE = 4
"""Firms whose know-how each firm sees (MODEL section 3)."""
RECORDED = 100
"""Firms whose own series are kept: those of the first slots."""
CITIES = {"CN": (0.35, 0.35, 0.2, 0.1), "US": (0.5, 0.3, 0.2), "ROW": (0.4, 0.3, 0.3)}
"""Parts of a bloc's firms by city, in China: Beijing; Shanghai and Hangzhou; Shenzhen and Guangzhou; others
(judgement)."""
SAME_CITY, SAME_ECOSYSTEM = 0.5, 0.3
"""Parts of links inside a bloc that stay in the city, and that stay in the ecosystem; the rest goes anywhere in the
bloc (judgement)."""
DRAWS_OF_A_LINK = 3


def synthetic_firms(plan: Blueprint, wanted: Synthetic) -> Blueprint:
    """The same world with drawn firms in the place of its own.

    A firm takes the traits of a default firm of its bloc (legal class, what it may buy, ownership by the state, open
    weights, lets, partner, date of entry), each with the probability of that firm's share of the bloc's plan. Nobody
    owns a vendor: firms like an owner build their stack with it as a partner. The first firm of a bloc exists from the
    start.
    """
    base: dict[str, Any] = plan.arrays
    slots = np.arange(wanted.firms)
    bloc = _blocs(base["bloc"], wanted.firms)
    like = _kinds(base, bloc, uniforms(wanted.seed, KIND, 0, slots))
    arrays = {name: _drawn(name, array, like) for name, array in base.items()}
    share = _shares(arrays["alive"], bloc, _sizes(wanted, slots))
    arrays.update(
        firms=slots,
        recorded=slots[:RECORDED],
        watched=np.zeros(1, dtype=np.int64),
        own_vendor=np.full(wanted.firms, -1),
        plan_share=share,
        neighbour=_network(base, bloc, like, wanted),
    )
    custom = _custom_start(share[0], bloc, plan.custom_share[like])
    firms = tuple(_entry(slot, plan.world.firms[kind]) for slot, kind in enumerate(like.tolist()))
    sizes = plan.sizes | {
        "firm": wanted.firms, "recorded": len(arrays["recorded"]), "link": arrays["neighbour"].shape[1],
    }  # fmt: skip
    return replace(
        plan, world=replace(plan.world, firms=firms), arrays=arrays, sizes=sizes, start_share=share[0].copy(),
        custom_share=custom,
    )  # fmt: skip


def _entry(slot: int, kind: FirmEntry) -> FirmEntry:
    return replace(kind, id=f"{kind.bloc}_{slot}", owns="", partner=kind.owns or kind.partner)


def _drawn(name: str, array: Any, like: Ints) -> Any:
    """An array of the default world with the rows of the firms that are taken as models."""
    dims = FIELDS[name].dims
    return np.ascontiguousarray(array.take(like, axis=dims.index("firm"))) if "firm" in dims else array


def _blocs(base: Ints, firms: int) -> Ints:
    """Bloc of each slot: the first of each bloc, then whichever lies furthest behind its part of the default firms."""
    part = np.bincount(base, minlength=len(BLOCS)) / len(base)
    pattern, count = [], np.zeros(len(BLOCS))
    for slot in range(min(firms, len(base))):
        behind = part * (slot + 1) - count
        behind[count == 0.0] += float(slot < len(BLOCS))
        pattern.append(int(np.argmax(behind)))
        count[pattern[-1]] += 1.0
    return np.resize(np.array(pattern), firms)


def _kinds(base: dict[str, Any], bloc: Ints, luck: Floats) -> Ints:
    """Default firm that each firm is like."""
    like = np.zeros(len(bloc), dtype=np.int64)
    for place in range(len(BLOCS)):
        kinds = np.flatnonzero(base["bloc"] == place)
        weight = base["plan_share"][-1, kinds]
        mine = np.flatnonzero(bloc == place)
        like[mine] = kinds[_choice(weight, luck[mine])]
        like[mine[0]] = kinds[_choice(weight * base["alive"][0, kinds], luck[mine[:1]])[0]]
    return like


def _choice(weight: Floats, luck: Floats) -> Ints:
    """Places drawn with these weights."""
    edges = np.cumsum(weight) / weight.sum()
    last = np.flatnonzero(weight)[-1]
    return np.asarray(np.minimum(np.searchsorted(edges, luck, side="right"), last), dtype=np.int64)


def _sizes(wanted: Synthetic, slots: Ints) -> Floats:
    """Size of each firm before it is scaled to its bloc: log-normal, median 1."""
    return np.array([exp(wanted.spread * normal_quantile(luck)) for luck in uniforms(wanted.seed, SIZE, 0, slots)])


def _shares(alive: Floats, bloc: Ints, size: Floats) -> Floats:
    """Share of each firm in its bloc's plan, by size among those that exist."""
    share = alive * size[None, :]
    for place in range(len(BLOCS)):
        mine = bloc == place
        share[:, mine] /= share[:, mine].sum(axis=1, keepdims=True)
    return share


def _custom_start(share: Floats, bloc: Ints, custom: Floats) -> Floats:
    """Parts of the captive US chips of 2020Q1: of firms like their owner; of all US firms if none of these exists."""
    held = share * custom
    if held.sum() == 0.0:
        held = share * (bloc == BLOCS.index("US"))
    part: Floats = held / held.sum()
    return part


# --- who knows whom ---------------------------------------------------------------------------------------------------


class _Circles:
    """Firms by group; members of a group stand one after the other."""

    def __init__(self, group: Ints) -> None:
        self.group, self.order = group, np.argsort(group, kind="stable")
        self.size = np.bincount(group)
        self.start = np.cumsum(self.size) - self.size


def _network(base: dict[str, Any], bloc: Ints, like: Ints, wanted: Synthetic) -> Ints:
    """Stochastic block network: every firm sees `DEGREE` others, drawn from its city, its ecosystem or its bloc.

    Blocs mix as in the default network. Each firm sees the same number and is seen by a random one with this mean, so
    nothing is padded to the largest degree.
    """
    firms, slots = len(bloc), np.arange(len(bloc))
    city, ecosystem = _cities(bloc, uniforms(wanted.seed, NETWORK, 0, slots)), _ecosystems(base, like)
    width = 1 + max(int(city.max()), int(ecosystem.max()))
    near, alike = _Circles(bloc * width + city), _Circles(bloc * width + ecosystem)
    at_large, everyone = _Circles(bloc), _Circles(np.zeros(firms, dtype=np.int64))
    mixing = np.cumsum(_mixing(base), axis=1)
    links = np.full((firms, min(DEGREE, firms - 1)), -1)
    for link in range(links.shape[1]):
        to, how, whom = (
            uniforms(wanted.seed, NETWORK, 1 + DRAWS_OF_A_LINK * link + part, slots) for part in range(DRAWS_OF_A_LINK)
        )
        aim = np.minimum((to[:, None] > mixing[bloc]).sum(axis=1), len(BLOCS) - 1)
        home = aim == bloc
        stays = home & (how < SAME_CITY)
        _meet(links, link, slots[stays], near, near.group[stays], whom)
        stays = home & ~stays & (how < SAME_CITY + SAME_ECOSYSTEM)
        _meet(links, link, slots[stays], alike, alike.group[stays], whom)
        for circle, group in ((at_large, aim), (everyone, everyone.group)):
            left = links[:, link] < 0
            _meet(links, link, slots[left], circle, group[left], whom)
    return links


def _cities(bloc: Ints, luck: Floats) -> Ints:
    """City of each firm, numbered inside its bloc."""
    city = np.zeros(len(bloc), dtype=np.int64)
    for place, name in enumerate(BLOCS):
        mine = bloc == place
        city[mine] = _choice(np.array(CITIES[name]), luck[mine])
    return city


def _ecosystems(base: dict[str, Any], like: Ints) -> Ints:
    """Ecosystem of the stack that a firm builds; CUDA for those without."""
    vendor = base["stack_vendor"][like]
    line = base["vendor_line"][np.maximum(vendor, 0)]
    return np.where(vendor >= 0, base["offer_ecosystem"][line], CUDA)


def _mixing(base: dict[str, Any]) -> Floats:
    """Share of the links of a bloc's firms that go to each bloc, in the default world."""
    found = np.zeros((len(BLOCS), len(BLOCS)))
    np.add.at(found, (base["bloc"][:, None], base["bloc"][base["neighbour"]]), 1.0)
    share: Floats = found / found.sum(axis=1, keepdims=True)
    return share


def _meet(links: Ints, link: int, who: Ints, circle: _Circles, group: Ints, luck: Floats) -> None:
    """Give each firm a member of a group that it does not know yet and is not itself, the next if need be."""
    size = circle.size[group]
    place = np.minimum((luck[who] * size).astype(np.int64), size - 1)
    for _ in range(DEGREE + 1):
        met = circle.order[circle.start[group] + place]
        known = (met == who) | (links[who] == met[:, None]).any(axis=1)
        links[who[~known], link] = met[~known]
        who, group, size, place = who[known], group[known], size[known], (place[known] + 1) % size[known]
