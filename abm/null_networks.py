"""Null models of the networks: what is left of an effect if who knows or supplies whom were otherwise (MODEL 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from abm.draws import stream, uniforms
from abm.shape import WorldShape
from abm.state import Floats, Ints
from abm.world import Blueprint

REWIRING = stream("rewiring")
TRIES = 10
"""Swaps that are tried for each link."""
OUTSIDE_SHARE = 0.25
"""Part of each country's tool sales that the extra supplier takes over (judgement: the size of Japan's share)."""
DENIALS = ("law_tools", "law_tools_announced")


def null_network(plan: Blueprint, shape: WorldShape) -> Blueprint:
    """The world with the network that the shape names.

    - rewired: links of know-how between other firms; everybody sees and is seen by as many as before.
    - bloc_shuffled: the same network, but firms change places in it at random, across blocs.
    - extra_tool_supplier: a maker in a country that denies nothing sells and services a part of all foreign tools.
    - one_hub_tools: all foreign tools come from one country, which denies of each class what the strictest one does.
    """
    arrays: dict[str, Any] = dict(plan.arrays)
    if shape.network == "rewired":
        arrays["neighbour"] = rewired(arrays["neighbour"], shape.network_seed)
    elif shape.network == "bloc_shuffled":
        arrays["neighbour"] = relabelled(arrays["neighbour"], shape.network_seed)
    elif shape.network == "extra_tool_supplier":
        for name in (*DENIALS, "law_service"):
            arrays[name] = (1.0 - OUTSIDE_SHARE) * arrays[name]
    elif shape.network == "one_hub_tools":
        for name in DENIALS:
            arrays[name] = _strictest(arrays[name])
    return replace(plan, arrays=arrays)


def _strictest(denial: Floats) -> Floats:
    """Every country denies of a class what the one that denies most does; axes: arm, quarter, country, class."""
    most: Floats = np.broadcast_to(denial.max(axis=2, keepdims=True), denial.shape).copy()
    return most


def rewired(neighbour: Ints, seed: int) -> Ints:
    """Links after random swaps of their ends, (firm, link); no loop, no link twice, all degrees kept."""
    firms, degree = neighbour.shape
    links: list[int] = neighbour.ravel().tolist()
    luck = uniforms(seed, REWIRING, 0, np.arange(2 * TRIES * len(links)))
    picks = (luck * len(links)).astype(np.int64).tolist()
    for one, other in zip(picks[::2], picks[1::2], strict=True):
        first, second = one // degree, other // degree
        mine, theirs = links[one], links[other]
        if mine in (theirs, second) or first in (second, theirs):
            continue
        if theirs in links[first * degree : (first + 1) * degree]:
            continue
        if mine in links[second * degree : (second + 1) * degree]:
            continue
        links[one], links[other] = theirs, mine
    return np.array(links, dtype=np.int64).reshape(firms, degree)


def relabelled(neighbour: Ints, seed: int) -> Ints:
    """The same network in which each firm stands where another one stood, (firm, link)."""
    seat = np.argsort(uniforms(seed, REWIRING, 1, np.arange(len(neighbour))), kind="stable")
    stands = np.empty_like(seat)
    stands[seat] = np.arange(len(seat))
    return np.asarray(stands[neighbour[seat]], dtype=np.int64)
