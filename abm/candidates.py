"""Designs among which vendors may choose in each quarter of an arm's law, and when they think again (MODEL R6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abm.generations import Design
from abm.lawtables import LawTables
from abm.state import Floats, Ints
from abm.vocabulary import PRIVATE, QUARTERS


def sale_candidates(designs: Sequence[Design], laws: Sequence[LawTables], allowed: Sequence[frozenset[str]]) -> Ints:
    """Designs of US vendors that law admits to China and no other of the same family as free beats.

    A leak tells that a rule comes, not its thresholds: only a published rule can be designed for.
    """
    rows = [i for i, one in enumerate(designs) if one.us and _for_main_lines(one)]
    tables = [(law.published[:, :, PRIVATE], law.open[:, :, PRIVATE]) for law in laws]
    return _undominated(designs, rows, tables, allowed)


def foundry_candidates(designs: Sequence[Design], laws: Sequence[LawTables], allowed: Sequence[frozenset[str]]) -> Ints:
    """Designs of Chinese vendors that foreign foundries may make, chosen in the same way."""
    rows = [i for i, one in enumerate(designs) if not one.us and _for_main_lines(one)]
    tables = [(law.announced_foundry_open, law.foundry_open) for law in laws]
    return _undominated(designs, rows, tables, allowed)


def _for_main_lines(one: Design) -> bool:
    return one.datacentre and one.line in ("frontier", "compliance")


def _undominated(
    designs: Sequence[Design],
    rows: Sequence[int],
    tables: Sequence[tuple[Floats, Floats]],
    allowed: Sequence[frozenset[str]],
) -> Ints:
    """By arm and quarter: designs admitted by the published law or the one in force, ascending, then -1."""
    specs = np.array([[designs[i].bf16, designs[i].tpp8, designs[i].dram_bw, designs[i].link_io,
                       designs[i].memory_gb] for i in rows])  # fmt: skip
    family = np.array(families(designs))[rows]
    first = np.array([masks_from(designs[i]) for i in rows])
    found: list[list[list[int]]] = []
    for both, own in zip(tables, allowed, strict=True):
        mine = np.array([designs[i].id in own for i in rows])
        by_quarter = []
        for t in range(QUARTERS):
            kept: set[int] = set()
            for table in both:
                share = table[t, rows]
                live = np.flatnonzero((share > 0.0) & (first <= t) & mine)
                kept |= {rows[int(i)] for i in live if not _beaten(int(i), live, specs, share, family)}
            by_quarter.append(sorted(kept))
        found.append(by_quarter)
    width = max(1, *(len(one) for arm in found for one in arm))
    chosen: Ints = np.full((len(tables), QUARTERS, width), -1, dtype=np.int64)
    for arm, by_quarter in enumerate(found):
        for t, one in enumerate(by_quarter):
            chosen[arm, t, : len(one)] = one
    return chosen


def masks_from(one: Design) -> int:
    """First quarter in which a design can be had in volume: masks are in volume production a quarter late."""
    return one.available + (1 if one.kind == "redesign" else 0)


def news(
    candidates: Ints, designs: Sequence[Design], laws: Sequence[LawTables], allowed: Sequence[frozenset[str]]
) -> Floats:
    """Quarters in which US vendors have reason to think again about designs for China: the arm's own designs alone."""
    found = np.ones((len(laws), QUARTERS))
    for arm, law in enumerate(laws):
        mine = [i for i, one in enumerate(designs) if one.id in allowed[arm]]
        for t in range(1, QUARTERS):
            same = np.array_equal(candidates[arm, t], candidates[arm, t - 1])
            known, before = law.published[t, mine, PRIVATE], law.published[t - 1, mine, PRIVATE]
            found[arm, t] = 0.0 if same and np.array_equal(known, before) else 1.0
    return found


def foundry_news(
    designs: Sequence[Design], laws: Sequence[LawTables], allowed: Sequence[frozenset[str]], vendors: Sequence[str]
) -> Floats:
    """The same for Chinese designers, each for itself: access of its designs moved, or one of them arrived."""
    found = np.zeros((len(laws), QUARTERS, len(vendors)))
    for arm, law in enumerate(laws):
        for place, vendor in enumerate(vendors):
            mine = [i for i, one in enumerate(designs) if one.vendor == vendor and not one.us]
            mine = [i for i in mine if designs[i].id in allowed[arm]]
            arrivals = {masks_from(designs[i]) for i in mine}
            for t in range(QUARTERS):
                before = max(t - 1, 0)
                moved = any(
                    not np.array_equal(table[t, mine], table[before, mine])
                    for table in (law.foundry_open, law.announced_foundry_open)
                )
                found[arm, t, place] = float(bool(mine) and (moved or t in arrivals))
    return found


def families(designs: Sequence[Design]) -> list[int]:
    """Die family of each design, numbered in alphabetical order."""
    names = sorted({one.family for one in designs})
    return [names.index(one.family) for one in designs]


def _beaten(i: int, live: Ints, specs: Floats, share: Floats, family: Ints) -> bool:
    rivals = live[(family[live] == family[i]) & (live != i)]
    better = (specs[rivals] >= specs[i]).all(axis=1) & (share[rivals] >= share[i])
    strictly = better & ((specs[rivals] > specs[i]).any(axis=1) | (share[rivals] > share[i]) | (rivals < i))
    return bool(strictly.any())
