"""The walk's state under the names of `abm.state`, for comparison with one lane of the engine's arrays."""

from __future__ import annotations

import numpy as np

from abm.series import SERIES

FIRM = (
    "budget", "cash", "free_cash", "credit", "waiting", "borrowed", "wallet", "stock_money", "spent", "unspent",
    "need", "room", "arrived", "halls", "revenue", "revenue_smooth", "revenue_base", "equity", "research_money",
    "diverted", "reference_compute", "run_compute", "training", "serving", "served", "algorithm", "algorithm_before",
    "trained", "capability", "porting", "porting_before", "integration", "attraction", "mix", "mix_before", "payoff",
    "hazard", "idea", "porting_luck", "plan_now", "exited", "losing", "leaving", "inherits", "book", "lendable", "lent",
    "rent", "replaced", "own_plan", "leads", "size", "ideas", "inclusive",
)  # fmt: skip
LINE = {
    "weight": "weight", "orders": "orders", "delivered": "delivered", "deployed": "deployed", "warehouse": "warehouse",
    "backlog": "backlog", "mean_performance": "mean", "chips_before": "before", "retired": "retired",
    "stock_weight": "stock_weight", "acquired": "acquired", "slot_deployed": "in_halls", "slot_stored": "in_store",
    "oldest_performance": "oldest",
}  # fmt: skip
OFFER = (
    "scale", "opening", "generation", "next_step", "performance", "accounting", "price", "price_china", "packaging",
    "unit_cost", "redesign_wait", "scrapped", "supply", "cap_room", "wanted", "fill", "asked", "stock", "sold_china",
    "sold_abroad", "legal", "legal_next", "expected", "diverted_now", "fresh", "slot_performance", "slot_frontier",
)  # fmt: skip
VENDOR = {
    "technology": "technology", "technology_due": "technology_due", "vendor_cash": "cash", "vendor_debt": "debt",
    "vendor_revenue": "revenue", "vendor_revenue_china": "revenue_china", "vendor_profit": "profit", "vendor_rd": "rd",
    "vendor_smooth": "smooth", "orders_smooth": "orders_smooth", "us_sales": "us_sales", "us_now": "us_now",
    "billed": "billed", "input_cost": "input_cost", "made": "made",
}  # fmt: skip
DESIGNER = {
    "vendor_hazard": "hazard", "die_bank": "die_bank", "dies_before": "dies_before", "dies_used": "dies_used",
    "dies_arrived": "dies_arrived", "hbm_bank": "hbm_bank", "hbm_before": "hbm_before", "hbm_used": "hbm_used",
    "hbm_arrived": "hbm_arrived", "wafers": "wafers", "foreign_wafers": "foreign_wafers",
    "dies_coming": "dies_coming",
}  # fmt: skip
NODE = (
    "capacity", "coming", "orders", "backlog", "made", "before", "stock", "used", "tools", "bought", "sales", "cash",
    "credit",
)  # fmt: skip
FAB = (
    "tools_coming", "tools_wanted", "tools_need", "tool_access", "tool_bank", "bank_before", "tools_placed",
    "tools_stored", "tools_sold", "tool_grant",
)  # fmt: skip
PLACES = {
    "chance": (
        "demand_bloc", "residual", "yield_luck", "grey_luck", "jump", "path_caught", "path_open", "seized_share",
    ),
    "regulator": (
        "stringency", "stringency_known", "stringency_smooth", "relative", "best_tpp", "cut", "signal", "inputs_cut",
        "inputs_signal", "tools_cut", "tools_signal", "relative_known", "inputs_denied", "tools_denied",
    ),
    "market": (
        "reference", "self_reliance", "grey_premium", "row_sales", "us_units_china", "home_orders", "third_wanted",
        "third_left", "seized",
    ),
    "states": (
        "readiness", "mandate", "gate", "gate_known", "counter_control", "subsidy", "subsidy_paid", "subsidy_total",
        "price_support", "mobilised", "mobilised_total",
    ),
    "rental": ("rentable", "tenant_capacity", "lendable_all"),
    "packaging": (
        "world_orders", "world_stock", "world_made", "stock_before", "packaging_scrapped", "world_left", "world_sold",
    ),
    "china": ("tool_hazard",),
    "foundry": ("experience", "experience_reference", "yield_domestic", "home_fill"),
    "memory_maker": ("stacks_foreign",),
    "gap": ("lead", "lead_before"),
    "services": ("leader_money", "leader_compute", "leader_open", "leader_closed", "shown_open", "shown_closed"),
    "books": ("cash_before", "flows"),
    "audit": ("failed_quarter", "failed_law"),
}  # fmt: skip

WASHINGTON = {
    "us_lead_seen": "lead_seen", "us_evasion": "evasion", "us_lost": "lost", "us_score": "score", "us_step": "step",
    "us_review": "review", "us_due": "due", "us_wait": "wait", "us_news": "news", "us_start": "start",
    "us_ratio": "ratio", "us_ratio_known": "ratio_known", "us_ratio_before": "ratio_before", "us_best": "best",
    "us_reach": "reach", "us_shift": "shift", "us_shift_known": "shift_known",
}  # fmt: skip
ALLIES = {"alignment": "alignment", "ally_lost": "lost", "ally_follows": "follows", "ally_kept": "kept"}


def snapshot(model) -> dict[str, np.ndarray]:
    """State after the last quarter: arrays named and shaped as in `abm.state`, without the axis of runs."""
    found = {name: [getattr(firm, name) for firm in model.firms] for name in FIRM}
    found["demand_firm"] = [firm.demand for firm in model.firms]
    found |= {name: [getattr(offer, name) for offer in model.offers] for name in OFFER}
    for name in ("paying", "chips_per_bn", "owning"):
        found[name] = list(zip(*(getattr(offer, name) for offer in model.offers), strict=True))
    for name in ("shipped", "wanted_by", "mean_size"):
        found[name] = list(zip(*(getattr(offer, name) for offer in model.offers), strict=True))
    found["design"] = [index(offer.design) for offer in model.offers]
    found["redesign_target"] = [index(offer.target) for offer in model.offers]
    found["train_of"], found["serve_of"] = (
        [getattr(one, name) for one in model.designs] for name in ("train", "serve")
    )
    found |= {name: [getattr(vendor, own) for vendor in model.vendors] for name, own in VENDOR.items()}
    found |= {f"node_{name}": [getattr(node, name) for node in model.nodes] for name in NODE}
    found |= {name: [getattr(line, name) for line in model.lines] for name in FAB}
    found |= {name: getattr(model.regulator.washington, own) for name, own in WASHINGTON.items()}
    found |= {name: getattr(model.regulator.allies, own) for name, own in ALLIES.items()}
    found["us_quality"] = [model.regulator.washington.quality.get(offer, 0.0) for offer in model.offers]
    found["us_design"] = max(0, index(model.regulator.washington.design))
    for place, names in PLACES.items():
        found |= {name: getattr(getattr(model, place), name) for name in names}
    arrays = {name: np.array(value) for name, value in found.items()}
    arrays |= {name: lines(model, own) for name, own in LINE.items()}
    arrays |= {name: designers(model, own) for name, own in DESIGNER.items()}
    return arrays


def records(model) -> tuple[np.ndarray, np.ndarray]:
    """Series of the last quarter in the order of `SERIES`, and series by firm."""
    row = model.records.series[-1]
    return np.array([row[series.name] for series in SERIES]), np.array(model.records.by_firm[-1]).T


def index(design) -> int:
    """Index of a design, -1 for none."""
    return -1 if design is None else design.index


def lines(model, own: str) -> np.ndarray:
    """A number, or a list of them, of every firm in every offer; zero where the firm may not hold the offer."""
    first = np.array(getattr(next(iter(model.firms)).held[0], own))
    table = np.zeros((len(model.firms), len(model.offers), *first.shape))
    for firm in model.firms:
        for line in firm.every:
            table[firm.index, line.offer.index] = getattr(line, own)
    return table


def designers(model, own: str) -> np.ndarray:
    """A number, or a list of them, of every vendor; zero for those that are no Chinese designers."""
    first = np.array(getattr(next(iter(model.designers)), own))
    table = np.zeros((len(model.vendors), *first.shape))
    for one in model.designers:
        table[one.index] = getattr(one, own)
    return table


def differences(model, world, lane: int) -> list[str]:
    """What differs in any bit between the walk and a lane of the engine after the same quarter."""
    step, found = model.quarter, []
    for name, mine in snapshot(model).items():
        other = getattr(world, name)[..., lane]
        if mine.shape != other.shape or mine.astype(other.dtype).tobytes() != other.tobytes():
            found.append(f"{name} in quarter {step}: {furthest(mine, other)}")
    series, by_firm = records(model)
    for name, mine, other in zip((one.name for one in SERIES), series, world.record[:, step, lane], strict=True):
        if mine.tobytes() != other.tobytes():
            found.append(f"series {name} in quarter {step}: {mine} and {other}")
    if by_firm.tobytes() != np.ascontiguousarray(world.firm_record[:, step, :, lane]).tobytes():
        found.append(f"series by firm in quarter {step}")
    return found


def furthest(mine: np.ndarray, other: np.ndarray) -> str:
    """Where two arrays are furthest apart."""
    if mine.shape != other.shape:
        return f"shapes {mine.shape} and {other.shape}"
    place = np.unravel_index(np.argmax(np.abs(mine - other)), mine.shape)
    return f"{mine[place]} and {other[place]} at {tuple(int(one) for one in place)}"
