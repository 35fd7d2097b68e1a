"""Legal status of every offer for every class of buyers in all quarters of a paired run (MODEL R1, R2).

The law is asked once for each design, class and spell between two days on which it may change.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from abm.edges import STATUSES
from abm.generations import Design
from abm.law import classify
from abm.policy import Policy, last_day
from abm.vocabulary import BUYER_CLASSES, FOREIGN, GREY, US_NEST
from visualization.watch import Watched

type Codes = NDArray[np.int64]

KEPT_POLICIES = 32
"""Policies whose answers are remembered, the one used longest ago first out."""
FREE, DENIED, EVASION = (STATUSES.index(name) for name in ("free", "denied", "evasion"))

_answers: OrderedDict[int, tuple[Policy, dict[tuple[Design, str, int], int]]] = OrderedDict()
_lock = Lock()


def rulings(watched: Watched) -> Codes:
    """Places in `abm.edges.STATUSES`: (quarter, offer, class, arm).

    Foreign buyers are free; grey channels evade; what US decisions moved since the script is free or denied.
    """
    offers = len(watched.plan.world.offers)
    kinds, nests = watched.static("offer_kind"), watched.static("offer_nest")
    found = np.full((watched.quarters, offers, len(BUYER_CLASSES), len(watched.stages)), FREE, dtype=np.int64)
    for arm in range(len(watched.stages)):
        for quarter in range(watched.quarters):
            policy = watched.scenario(arm, quarter).law
            for offer in range(offers):
                design = int(watched.state["design"][quarter, offer, arm])
                if design >= 0 and nests[offer] == US_NEST and kinds[offer] != GREY:
                    found[quarter, offer, :FOREIGN, arm] = _ask(policy, watched.plan.designs[design], quarter)
    moved = watched.moved
    found[:, :, :FOREIGN] = np.where(moved > 0, FREE, np.where(moved < 0, DENIED, found[:, :, :FOREIGN]))
    found[:, kinds == GREY] = EVASION
    return found


def _ask(policy: Policy, design: Design, quarter: int) -> list[int]:
    """Status of a design at the end of a quarter for each class of buyers in China."""
    known, day = _remembered(policy), last_day(quarter)
    spell = bisect_right(policy.turning_days, day)
    statuses = []
    for buyer in BUYER_CLASSES[:FOREIGN]:
        key = design, buyer, spell
        if key not in known:
            known[key] = STATUSES.index(classify(design.spec(), day, buyer=buyer, policy=policy).status)
        statuses.append(known[key])
    return statuses


def _remembered(policy: Policy) -> dict[tuple[Design, str, int], int]:
    """Answers of a policy so far."""
    with _lock:
        entry = _answers.get(id(policy))
        if entry is None or entry[0] is not policy:
            entry = (policy, {})
            _answers[id(policy)] = entry
            if len(_answers) > KEPT_POLICIES:
                _answers.popitem(last=False)
        _answers.move_to_end(id(policy))
        return entry[1]
