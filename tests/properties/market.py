"""Worlds for property tests: the default market under any law, parameters and switches, plain or compiled."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from abm.allocation import allocate
from abm.handle import Handle
from abm.link import link
from abm.parameter_index import NAMES
from abm.parameters import draw, load_parameters
from abm.quarter import quarters
from abm.scenario import Scenario
from abm.series import FIRM_SERIES, SERIES
from abm.simulation import Builder, kernel, prepare
from abm.start import Lanes, dimension_sizes, start_arrays
from abm.state import FIELDS, World
from abm.vocabulary import FOREIGN, QUARTERS, SWITCHES

SHARES = (
    "law_open",
    "law_announced",
    "law_gate",
    "law_mandate",
    "law_china_rule",
    "law_gate_rule",
    "law_tools",
    "law_service",
    "law_hbm",
    "law_tools_announced",
    "law_hbm_announced",
    "law_foundry",
    "law_foundry_announced",
    "law_eda",
    "law_diversion",
    "law_cloud",
    "law_cloud_announced",
)
"""Law tables whose entries are shares; duty, revenue share, cap and candidates have ranges of their own."""

STYLES = ("shipped", "open", "shut", "any", "flips")
"""How a law table is made: as in history, all 1, all 0, any share, or 0 and 1 changing from time to time."""


@lru_cache(maxsize=4)
def plan_of(*names, world=None):
    """Blueprint of shipped scenarios, parameters at their defaults."""
    return prepare([Scenario.load(name).with_beliefs("prior").with_point(True) for name in names], world=world)


def builder_of(arms, seed=1, replications=8, first_world=0):
    """Builder of lanes for scenarios, as the simulation uses it."""
    return Builder(prepare(arms), arms, seed, replications, first_world)


@lru_cache(maxsize=4)
def plain_kernel(lanes):
    """The quarters in plain Python."""
    return link(quarters, sizes={"LANES": lanes}, plain=True)


def advance(world, start, stop, compiled=False, strict=False):
    """Run the quarters `start` to `stop` - 1 of a world, in plain Python or compiled.

    Compiled code evaluates both sides of `select` without a word; plain Python does the same here unless `strict`.
    """
    lanes = world.arm.shape[0]
    if compiled:
        kernel(lanes)(Handle(world), start, stop)
        return
    how = "warn" if strict else "ignore"
    with np.errstate(divide=how, invalid=how, over=how):
        plain_kernel(lanes)(world, start, stop)


def world_of(plan, lanes, seed=1):
    """A world at the start of 2020Q1 that owns all its arrays."""
    start = start_arrays(plan, lanes, seed)
    given = {**plan.arrays, **start}
    typed = {name: np.array(array, np.int64 if FIELDS[name].integer else np.float64) for name, array in given.items()}
    return allocate(dimension_sizes(plan, len(lanes.arm), len(SERIES), len(FIRM_SERIES)), typed)


def copy_of(world):
    """The same world in arrays of its own."""
    return World(*(array.copy() for array in world))


def any_values(rng, points, corner):
    """Parameters anywhere in their ranges, a share `corner` at an end of it; also those that are never drawn."""
    table = load_parameters()
    values = draw(table, int(rng.integers(2**31)), np.arange(points))
    for name, p in table.items():
        if p.group:
            continue
        if p.prior == "fixed":
            values[name] = p.low + rng.random(points) * (p.high - p.low)
        at_end = rng.random(points) < corner
        values[name] = np.where(at_end, np.where(rng.random(points) < 0.5, p.low, p.high), values[name])
    return values


def any_lanes(rng, runs, corner, off):
    """Lanes with a law of their own each: parameters anywhere, a share `off` of the mechanisms switched off."""
    values = any_values(rng, runs, corner)
    switch = (rng.random((len(SWITCHES), runs)) >= off).astype(np.float64)
    return Lanes(np.arange(runs), np.arange(runs), np.stack([values[name] for name in NAMES]), switch)


def any_table(rng, shipped, style):
    """Shares by arm and quarter in one of the styles; `shipped` has one arm and gives the shape of the rest."""
    shape = shipped.shape
    if style == "shipped":
        return shipped
    if style in ("open", "shut"):
        return np.full(shape, 1.0 if style == "open" else 0.0)
    if style == "any":
        return rng.random(shape)
    flips = rng.random(shape) < 0.1
    return (np.cumsum(flips, axis=1) + rng.integers(2, size=shape)) % 2.0


def any_law(plan, rng, arms, styles):
    """The blueprint with `arms` laws that nobody has written: `styles` maps tables of `SHARES` to styles."""
    arrays = dict(plan.arrays)
    for name in (one for one in arrays if one.startswith("law_")):
        arrays[name] = np.repeat(arrays[name][:1], arms, axis=0)
    for name in SHARES:
        arrays[name] = np.ascontiguousarray(any_table(rng, arrays[name], styles.get(name, "any")))
    for name in ("law_open", "law_announced"):
        arrays[name][..., FOREIGN] = 1.0
    shape = arrays["law_duty"].shape
    arrays["law_duty"] = 0.5 * rng.random(shape) * (rng.random(shape) < 0.5)
    arrays["law_share"] = 0.5 * rng.random(shape) * (rng.random(shape) < 0.5)
    arrays["law_cap"] = np.where(rng.random(shape) < 0.5, 9.0, 1.2 * rng.random(shape))
    arrays["law_candidate"] = any_candidates(plan, rng, arrays["law_candidate"].shape)
    arrays["law_news"] = (rng.random(arrays["law_news"].shape) < 0.5).astype(np.float64)
    for name in ("law_foundry_candidate", "law_foundry_news"):
        arrays[name] = np.ascontiguousarray(np.repeat(plan.arrays[name][:1], arms, axis=0))
    arrays["law_foundry_news"] = (rng.random(arrays["law_foundry_news"].shape) < 0.5).astype(np.float64)
    begins = rng.integers(0, 2 * QUARTERS, size=(arms, 1))
    arrays["law_relative"] = (np.arange(QUARTERS)[None, :] >= begins).astype(np.float64)
    anchored = (rng.random((arms, 1)) < 0.5) * rng.uniform(1e-5, 5e-4, (arms, 1))
    arrays["law_slide"] = anchored * (np.arange(QUARTERS)[None, :] >= rng.integers(0, 2 * QUARTERS, size=(arms, 1)))
    return replace(plan, arrays=arrays, sizes={**plan.sizes, "arm": arms})


def any_candidates(plan, rng, shape):
    """Rows of designs of US vendors for China, each row ending in -1."""
    us = [place for place, one in enumerate(plan.designs) if one.us and one.datacentre]
    table = np.full(shape, -1, dtype=np.int64)
    for arm in range(shape[0]):
        for step in range(shape[1]):
            count = min(int(rng.integers(0, shape[2] + 1)), len(us))
            table[arm, step, :count] = np.sort(rng.choice(us, size=count, replace=False))
    return table


def same_bits(left, right):
    """Whether two arrays hold the same bits."""
    return left.shape == right.shape and np.ascontiguousarray(left).tobytes() == np.ascontiguousarray(right).tobytes()
