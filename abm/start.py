"""The state at the start of 2020Q1: chips, cash, knowledge and capacity in each lane (MODEL section 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from abm.calendar import quarter_index
from abm.node_arrays import start_nodes
from abm.outcomes import PAST, capability_past
from abm.parameter_index import NAMES, PARAMETERS
from abm.phases.world_supply import WAFER_AREA
from abm.rules.chips import list_price, quality, serve_performance, train_performance
from abm.rules.numbers import LOWEST, log, power
from abm.state import Floats, Ints
from abm.tables import DataPack, number
from abm.vocabulary import (
    BLOCS,
    CN,
    CUSTOM,
    ECOSYSTEMS,
    EWA,
    FLOWS,
    FOUNDRY_WORLD,
    GREY_PATHS,
    MEMORY_WORLD,
    NEWEST,
    OFFER_KINDS,
    PACKAGING_WORLD,
    PURPOSES,
    QUARTERS,
    RESEARCH,
    RING,
    SECTORS,
    SLOTS,
    SWITCHES,
    US,
    WORKLOADS,
)
from abm.world import Blueprint

GROWTH = ("2022Q3", "2024Q4")
"""Quarters over which China's plan takes another growth than its path."""
RAMP = ("2024Q4", "2027Q4")
"""Quarters over which the prior of China's no-control share replaces what observed spending tells (DECISIONS)."""
SLUMP = (("2021Q3", "2022Q3"), ("2022Q4", "2023Q2"))
"""Quarters over which Chinese firms cut what they planned, and over which they come back to it."""
BOOM = (("2022Q2", "2022Q4"), ("2023Q1", "2024Q1"))
"""Quarters over which plans fall behind their path by the delay of the boom, and over which they catch up."""


@dataclass(frozen=True, eq=False)
class Lanes:
    """What differs between lanes: arm, world, parameters, switches, rule of learning (None: the model's own)."""

    arm: Ints
    world_id: Ints
    parameter: Floats
    switch: Floats
    learning_rule: Ints | None = None


def start_arrays(plan: Blueprint, lanes: Lanes, seed: int) -> dict[str, Floats | Ints]:
    """Arrays with a run axis at the start of 2020Q1; all others start at zero.

    Parameters
    ----------
    lanes : arrays with the run last: arm, world, parameter (parameter, run), switch (switch, run).
    """
    runs = lanes.arm.shape[0]
    value = {name: lanes.parameter[row] for row, name in enumerate(NAMES)}
    arrays: dict[str, Any] = {
        "arm": lanes.arm,
        "world_id": lanes.world_id,
        "seed": np.array([seed], dtype=np.int64),
        "parameter": lanes.parameter,
        "switch": lanes.switch,
        "learning_rule": np.full(runs, EWA) if lanes.learning_rule is None else lanes.learning_rule,
        "failed_quarter": np.full(runs, -1),
        "failed_law": np.full(runs, -1),
        "jump": np.ones(runs),
        "opening": np.ones((len(plan.world.offers), runs)),
        "expected": np.ones((len(plan.world.offers), runs)),
        "relative": np.ones(runs),
        "relative_known": np.ones(runs),
        "design": np.full((len(plan.world.offers), runs), -1),
        "redesign_target": np.full((len(plan.world.offers), runs), -1),
        "generation": np.full((len(plan.world.offers), runs), -1),
        "next_step": np.repeat(plan.arrays["roadmap_quarter"][:, :1].astype(np.float64), runs, axis=1),
        "scale": np.ones((len(plan.world.offers), runs)),
        "mix": np.full((len(plan.world.firms), 3, runs), 1.0 / 3.0),
        "vendor_smooth": np.repeat(plan.arrays["vendor_reference"][0][:, None], runs, axis=1),
    }
    arrays.update(_start_rules(value, runs))
    arrays.update(_start_firms(plan, value, runs))
    arrays.update(_start_supply(plan, value, runs))
    return arrays


def _start_rules(value: dict[str, Floats], runs: int) -> dict[str, Any]:
    """Thresholds where the script puts them, and how far each jurisdiction follows the US."""
    own = np.stack([np.ones(runs), value["ally_alignment_nl"], value["ally_alignment_jp"]])
    follows = np.maximum(own, value["fdpr_reach"])
    ratios: dict[str, Any] = {name: np.ones(runs) for name in ("us_ratio", "us_ratio_known", "us_ratio_before")}
    return {**ratios, "alignment": own, "ally_follows": follows, "ally_kept": np.ones_like(own)}


def _start_firms(plan: Blueprint, value: dict[str, Floats], runs: int) -> dict[str, Any]:
    world, static = plan.world, plan.arrays
    ecosystems = {"CUDA": "CUDA", "ROCm": "ROCM", "CANN": "CANN", "CN_OTHER": "CN_OTHER"}
    porting = np.zeros((len(world.firms), len(ECOSYSTEMS), runs))
    for row in plan.pack.initial.where(quantity="ecosystem_maturity"):
        porting[:, ECOSYSTEMS.index(ecosystems[str(row["entity"])]), :] = number(row, "value")
    floors = np.stack([value["hazard_floor"], value["hazard_floor_listed"], value["hazard_floor_huawei"]])
    home = (static["bloc"] == CN)[:, None]
    hazard = np.where(home, floors[static["floor_kind"]], 0.0)
    deployed, mean, compute = _installed(plan, value, runs)
    halls, performance, frontier = _slots(plan, value, deployed, mean)
    share = static["plan_share"][0][:, None] * static["plan"][0, static["bloc"]][:, None]
    return {
        "porting": porting,
        "hazard": hazard,
        "hazard_start": hazard.copy(),
        "deployed": deployed,
        "mean_performance": mean,
        "slot_deployed": halls,
        "slot_performance": performance,
        "slot_frontier": frontier,
        "reference_compute": compute,
        "cash": share * value["liquidity"][None, :],
        "plan_factor": _plan_factor(plan, value),
        "start_capability": _start_capability(plan.pack, runs),
        **_start_frontier(value, runs),
    }


def _start_frontier(value: dict[str, Floats], runs: int) -> dict[str, Any]:
    """Capability of the blocs before 2020, from which the lead is measured."""
    past = np.stack([capability_past(bloc, value["algorithmic_progress"]).T for bloc in BLOCS])
    below = np.full((len(BLOCS), runs), LOWEST)
    return {"past_capability": past, "frontier_best": past.max(axis=1), "passed_best": below}


def _plan_factor(plan: Blueprint, value: dict[str, Floats]) -> Floats:
    """Uncertainty about latent plans: levels, growth, China's slump, the date of the boom, its share of world supply.

    Facts to 2024 tell China's level and growth; after that its share of world supply takes over by degrees.
    """
    factor = _delayed(np.asarray(plan.arrays["plan"], dtype=np.float64), value["boom_delay"])
    factor[:, US:] *= value["planned_spending_abroad"]
    held = _ramp(*SLUMP[0]) - _ramp(*SLUMP[1])
    factor[:, CN] *= 1.0 - held[:, None] * value["slump_cn"]
    mid = PARAMETERS["china_share"].default
    odds = value["china_share"] / (1.0 - value["china_share"]) / (mid / (1.0 - mid))
    for quarter, (grown, taken) in enumerate(zip(_ramp(*GROWTH).tolist(), _ramp(*RAMP).tolist(), strict=True)):
        told = value["planned_spending_ratio"] * _raised(value["planned_spending_growth"], grown)
        factor[quarter, CN, :] *= _raised(told, 1.0 - taken) * _raised(odds, taken)
    return factor


def _raised(base: Floats, exponent: float) -> Floats:
    """A power of each lane."""
    if exponent in (0.0, 1.0):
        return base if exponent else np.ones_like(base)
    return _each(lambda one: power(one, exponent), base)


def _delayed(path: Floats, delay: Floats) -> Floats:
    """Paths whose boom comes later, over the paths, (quarter, bloc, run): read at a date up to `delay` before."""
    behind = _ramp(*BOOM[0]) - _ramp(*BOOM[1])
    when = np.clip(np.arange(QUARTERS)[:, None] - delay * behind[:, None], 0.0, QUARTERS - 1.0)
    before = np.minimum(when.astype(np.int64), QUARTERS - 2)
    part = (when - before)[:, None, :]
    read = path[before].transpose(0, 2, 1) * (1.0 - part) + path[before + 1].transpose(0, 2, 1) * part
    return np.asarray(read / path[:, :, None])


def _ramp(first: str, last: str) -> Floats:
    """0 until a quarter, 1 from another on, even steps between."""
    start, end = quarter_index(first), quarter_index(last)
    return np.asarray(np.clip((np.arange(QUARTERS) - start) / (end - start), 0.0, 1.0))


def _each(rule: Callable[..., float], *columns: Floats) -> Floats:
    """A scalar rule on each lane, once for lanes of the same point; NumPy's own last bits differ between processors."""
    known: dict[tuple[float, ...], float] = {}
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    for row in rows:
        if row not in known:
            known[row] = rule(*row)
    return np.array([known[row] for row in rows])


def _start_capability(pack: DataPack, runs: int) -> Floats:
    """ln effective training compute of each bloc's leaders in 2020Q1, between the observed runs around it."""
    start = np.zeros((len(BLOCS), runs))
    for place, bloc in enumerate(BLOCS):
        rows = pack.initial.where(entity=bloc, quantity="ln_best_training_compute")
        points = sorted((quarter_index(str(row["quarter"])), number(row, "value")) for row in rows)
        start[place] = np.interp(0.0, [t for t, _ in points], [level for _, level in points])
    return start


def _installed(plan: Blueprint, value: dict[str, Floats], runs: int) -> tuple[Floats, Floats, Floats]:
    """Chips of 2020Q1 by firm: V100-class on NVIDIA's line, TPUs on Google's own."""
    world, bloc = plan.world, plan.arrays["bloc"]
    unit = _old_chip(plan)[0]
    deployed = np.zeros((len(world.firms), len(world.offers), 2, runs))
    mean = np.zeros_like(deployed)
    compute = np.zeros((len(world.firms), runs))
    rows = plan.pack.initial.where(quantity="installed_compute_a100_train")
    installed = np.array([number(rows.one(entity=name), "value") for name in BLOCS])
    own = number(plan.pack.initial.one(entity="US", quantity="installed_compute_tpu_a100_train"), "value")
    custom = next(i for i, offer in enumerate(world.offers) if offer.kind == OFFER_KINDS[CUSTOM])
    train = np.where((bloc == CN)[:, None], value["training_share_cn"], value["training_share_us"])
    for offer, amount in ((0, installed[bloc] * plan.start_share), (custom, own * plan.custom_share)):
        chips = (amount / unit)[:, None]
        deployed[:, offer, 0] = chips * train
        deployed[:, offer, 1] = chips * (1.0 - train)
        mean[:, offer] = np.where(amount > 0.0, unit, 0.0)[:, None, None]
        compute += amount[:, None]
    return deployed, mean, compute


def _slots(plan: Blueprint, value: dict[str, Floats], deployed: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
    """Chips of 2020Q1 stand in the newest slot of their line; they were the best of their time."""
    firms, offers, workloads, runs = deployed.shape
    halls = np.zeros((firms, offers, SLOTS, runs))
    halls[:, :, NEWEST] = deployed[:, :, 0] + deployed[:, :, 1]
    performance = np.zeros((offers, SLOTS, workloads, runs))
    performance[:, NEWEST] = mean.max(axis=0)
    frontier = np.zeros((offers, SLOTS, runs)) + log(_old_chip(plan)[0]) / value["design_growth"]
    return halls, performance, frontier


def _old_chip(plan: Blueprint) -> tuple[float, float]:
    """Training performance and quality of the first generation on NVIDIA's line, at default weights."""
    chip = plan.designs[int(plan.arrays["roadmap"][0, 0])]
    table = PARAMETERS
    train = train_performance(chip.bf16, chip.dram_bw, chip.link_io, table["interconnect_weight"].default)
    serve = serve_performance(chip.tpp8, chip.dram_bw, chip.memory_gb, table["bandwidth_weight"].default)
    return train, quality(train, serve, table["training_money_share"].default)


def _start_supply(plan: Blueprint, value: dict[str, Floats], runs: int) -> dict[str, Any]:
    cash = np.zeros((len(plan.world.vendors), runs))
    for place, vendor in enumerate(plan.world.vendors):
        if vendor.cash:
            row = plan.pack.initial.one(entity=vendor.cash, quantity="cash")
            cash[place] = vendor.cash_share * number(row, "value")
    worth = _old_chip(plan)[1]
    price_of = value["reference_price"], value["price_exponent"]
    prices = _each(lambda price, exponent: list_price(worth, price, exponent), *price_of)
    orders = plan.arrays["plan"][0].sum() * 1000.0 / prices
    chip = plan.designs[int(plan.arrays["roadmap"][0, 0])]
    tiers = {
        FOUNDRY_WORLD: orders * chip.area_mm2 / WAFER_AREA,
        MEMORY_WORLD: orders * chip.hbm_stacks / 1000.0,
        PACKAGING_WORLD: orders,
    }
    slack = {
        FOUNDRY_WORLD: value["wafer_slack"],
        MEMORY_WORLD: value["memory_slack"],
        PACKAGING_WORLD: value["start_slack"],
    }
    built = plan.arrays["foundry_plan"][:16].sum() * 3.0 * value["smic_wafers_2024"]
    return {
        "vendor_cash": cash,
        "world_orders": orders,
        "experience_reference": built * (1.0 - value["phone_share"]) * value["wafer_ramp"],
        "tool_hazard": value["hazard_floor"].copy(),
        **start_nodes(plan.world, plan.pack, plan.arrays, tiers, slack),
    }


def dimension_sizes(plan: Blueprint, runs: int, series: int, firm_series: int) -> dict[str, int]:
    """Length of every dimension of `World`."""
    return {
        **plan.sizes,
        "run": runs,
        "parameter": len(NAMES),
        "one": 1,
        "side": 2,
        "switch": len(SWITCHES),
        "ring": RING,
        "workload": len(WORKLOADS),
        "purpose": len(PURPOSES),
        "slot": SLOTS,
        "research": len(RESEARCH),
        "ecosystem": len(ECOSYSTEMS),
        "flow": len(FLOWS),
        "sector": len(SECTORS),
        "path": len(GREY_PATHS),
        "past": -PAST,
        "series": series,
        "firm_series": firm_series,
    }
