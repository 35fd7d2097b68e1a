"""Decisions of chip vendors and their supply nodes (MODEL R6, R7)."""

from __future__ import annotations

from abm.rules.numbers import clip, exp, larger, log, select, smaller

TINY = 1e-12
LEAST_MARGIN = 0.01
"""Relative margin that a product sold at a loss counts with when packaging is scarce."""
LEAST_ACCESS = 0.001
"""Access to a class of tools below which its scarcity is not told apart."""
LEAST_EXPERIENCE = 0.05
"""Share of reference experience that counts before the first wafer."""


def research_ratio(revenue: float, reference: float, elasticity: float, deviation: float, harder: float) -> float:
    """R&D over the R&D that the reference pace needs: rises with revenue, ideas get harder ahead of plan (MODEL R6).

    `deviation` is ln of own performance over its plan; `harder` the exponent of Bloom et al. (2020).
    """
    return exp(elasticity * log(larger(revenue / larger(reference, TINY), TINY)) - harder * deviation)


def design_pace(growth: float, ratio: float, elasticity: float) -> float:
    """Growth of design performance, ln a quarter, at a given ratio of R&D to required R&D (MODEL R6)."""
    return growth * exp(elasticity * log(larger(ratio, TINY)))


def catch_up(rate: float, gap: float, node_gap: float) -> float:
    """Growth of a follower's designs, ln a quarter: part of the distance to what its node can reach (MODEL R7)."""
    return rate * larger(gap - node_gap, 0.0)


def price_in_china(list_price: float, unit_cost: float, rival_share: float, markup_fall: float) -> float:
    """Price to Chinese buyers, thousand USD: the mark-up falls with the rivals' share, never below cost (MODEL R6)."""
    return unit_cost + larger(list_price - unit_cost, 0.0) * (1.0 - markup_fall * rival_share)


def scarce_claim(wanted: float, margin: float, margin_weight: float) -> float:
    """Weight of a product in the allocation of scarce packaging: orders times relative margin to a power (MODEL 3)."""
    return wanted * exp(margin_weight * log(larger(margin, LEAST_MARGIN)))


def fill_by_size(fill: float, priority: float, size: float, mean: float) -> float:
    """Part of its order that a buyer gets where `fill` of all orders is filled: the larger sooner (MODEL R8).

    `size` and their `mean`, weighted by orders, lie between 0 and 1. Buyers together get `fill` of what they ordered,
    none gets more than it ordered, and nothing moves where all orders are filled or none.
    """
    return fill + priority * fill * (1.0 - fill) * (size - mean)


def planned_output(capacity: float, orders: float, growth: float, buffer: float, unsold: float) -> float:
    """Output a node plans: last orders grown as usual with a buffer, less unsold, within capacity (MODEL 3)."""
    return smaller(capacity, larger(orders * exp(growth) * (1.0 + buffer) - unsold, 0.0))


def bank_need(orders: float, hazard: float, foreign: float, own_share: float) -> float:
    """Chips a quarter for which a designer keeps dies and memory: its orders and those it would win by a cut.

    `foreign`: US chips bought in China a quarter; `own_share`: its part of orders for Chinese chips (MODEL R9).
    """
    return orders + hazard * foreign * own_share


def capacity_step(orders: float, growth: float, lead: float, capacity_due: float, cap: float) -> float:
    """Growth of capacity ordered now, ln: what orders will need after the lead time beyond what is due, capped (R6)."""
    needed = log(larger(orders, TINY)) + growth * lead - log(larger(capacity_due, TINY))
    return clip(needed, 0.0, cap)


def tool_class_access(imported: float, denied_us: float, us: float, denied_nl: float, nl: float, denied_jp: float,
                      jp: float, domestic: float) -> float:  # fmt: skip
    """Share of a class of tools that can be had: what each jurisdiction still sells plus domestic makers (MODEL 3).

    `us`, `nl`, `jp` and `domestic` are shares of the class; `imported` scales foreign supply (1 = as usual).
    """
    foreign = us * (1.0 - denied_us) + nl * (1.0 - denied_nl) + jp * (1.0 - denied_jp)
    return smaller(imported * foreign + domestic, 1.0)


def complements(first: float, second: float, third: float, share_first: float, share_second: float,
                substitution: float) -> float:  # fmt: skip
    """CES of three classes of tools that a line all needs; `substitution` below 1, so the scarcest binds (MODEL 3)."""
    power = (substitution - 1.0) / substitution
    total = share_first * exp(power * log(larger(first, LEAST_ACCESS)))
    total += share_second * exp(power * log(larger(second, LEAST_ACCESS)))
    total += (1.0 - share_first - share_second) * exp(power * log(larger(third, LEAST_ACCESS)))
    return exp(log(total) / power)


def worn_tools(stock: float, wear: float, service_wear: float, service_denied: float) -> float:
    """Tool stock after a quarter's wear; lines without foreign service wear faster (MODEL 3)."""
    return stock * (1.0 - wear - service_wear * service_denied)


def defect_density(yield_reference: float, area_reference: float, experience: float, experience_reference: float,
                   learning_rate: float) -> float:  # fmt: skip
    """Defects per mm2: from the reference yield, falling by `learning_rate` per doubling of experience (MODEL R7)."""
    start = -log(yield_reference) / area_reference
    slope = log(1.0 - learning_rate) / log(2.0)
    return start * exp(slope * log(larger(experience / experience_reference, LEAST_EXPERIENCE)))


def die_yield(density: float, area: float) -> float:
    """Share of good dies, Poisson: exp(−D0·area), area in mm2 (MODEL 4)."""
    return exp(-density * area)


def yield_of_area(known: float, area_known: float, area: float) -> float:
    """Yield of a die of another area at the same defect density: y^(area / known area) (MODEL 4)."""
    return exp(area / area_known * log(larger(known, TINY)))


def packages(dies: float, dies_each: float, stacks: float, stacks_each: float, capacity: float, wanted: float) -> float:
    """Packages started, thousands: least of dies, HBM, packaging capacity and demand (MODEL R7)."""
    by_dies = dies / larger(dies_each, TINY)
    by_memory = select(stacks_each > 0.0, stacks / larger(stacks_each, TINY), wanted)
    return larger(smaller(smaller(by_dies, by_memory), smaller(capacity, wanted)), 0.0)


def vendor_credit(cash: float, debt: float, room: float) -> float:
    """USD bn that a vendor draws on its credit (negative: pays back) at a cash balance before it; owners come after.

    `room` is the most that lenders give. Debt is paid back before owners get anything (MODEL 7, R9).
    """
    drawn = smaller(larger(-cash, 0.0), larger(room - debt, 0.0))
    return drawn - smaller(debt, larger(cash, 0.0))


def grey_supply(enforcement: float, base: float, abroad: float, premium: float, elasticity: float) -> float:
    """Thousand chips that leak from sales in third countries: less with enforcement, more at a premium (MODEL 3)."""
    return (1.0 - enforcement) * base * abroad * exp(elasticity * log(1.0 + premium))


def grey_price_premium(premium: float, wanted: float, supply: float, slope: float) -> float:
    """Premium on the grey market: half way to slope·ln((orders + 1)/(supply + 1)) a quarter, at least 0 (MODEL 3).

    Orders and supply in thousand chips; the 1 keeps a market of a few chips from moving prices without bound.
    """
    excess = log(larger(wanted, TINY) + 1.0) - log(larger(supply, TINY) + 1.0)
    return larger(premium + (slope * excess - premium) / 2.0, 0.0)
