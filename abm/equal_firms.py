"""Firms without differences: the mechanism `firm_heterogeneity` switched off (MODEL section 11)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from abm.vocabulary import CN, CUSTOM, FOREIGN, PRIVATE, US
from abm.world import Blueprint


def equal_firms(plan: Blueprint) -> Blueprint:
    """The same world with firms of a bloc alike: size, chips of 2020Q1, legal class, weights, ownership, what they buy.

    Dates of entry stay, and so do vendors, offers and the network of know-how. No firm owns a vendor or builds with
    one; captive US chips are open to all US firms. Models are closed. Hosts let what their bloc lets on average.
    """
    arrays: dict[str, Any] = dict(plan.arrays)
    bloc, alive = arrays["bloc"], arrays["alive"]
    count = len(bloc)
    share = np.zeros_like(alive)
    lets = np.zeros(count)
    for place in np.unique(bloc):
        mine = bloc == place
        share[:, mine] = alive[:, mine] / alive[:, mine].sum(axis=1, keepdims=True)
        lets[mine] = arrays["plan_share"][-1, mine] @ arrays["lets"][mine]
    start = share[0].copy()
    kinds = arrays["offer_kind"]
    available = arrays["available"].copy()
    custom = (bloc == US)[:, None] & (kinds == CUSTOM)[None, :]
    at_home = (bloc == CN)[:, None]
    bought = available[bloc == CN].max(axis=0) if (bloc == CN).any() else 0.0
    available = np.where(custom, 1.0, np.where(at_home, np.where((kinds == CUSTOM)[None, :], 0.0, bought), available))
    holds = available.copy()
    holds[:, 0] = 1.0
    arrays.update(
        plan_share=share,
        buyer_class=np.where(bloc == CN, PRIVATE, FOREIGN)[None, :] + np.zeros_like(arrays["buyer_class"]),
        open_weights=np.zeros(count),
        lets=lets,
        state_owned=np.zeros(count),
        floor_kind=np.zeros(count, dtype=np.int64),
        own_vendor=np.full(count, -1, dtype=np.int64),
        stack_vendor=np.full(count, -1, dtype=np.int64),
        available=available,
        holds=holds,
    )
    us = (bloc == US).astype(np.float64) * start
    return replace(plan, arrays=arrays, start_share=start, custom_share=us)
