"""Decisions of an AI firm: what a chip is worth to it, what it fears, stores and researches (MODEL R5, R8-R13)."""

from __future__ import annotations

from abm.rules.numbers import clip, exp, larger, log, select, smaller, sqrt

TINY = 1e-12
LEAST_SERVED = 0.05
"""Share of needed tokens below which bad service costs a firm no more customers."""
HOURS = 8766.0
LIFE = 4.0
"""Years over which power is counted in the cost of ownership."""
PUE = 1.2
"""Power usage effectiveness between the US and the Chinese mid value (input_prices PUE_US, PUE_CN)."""


def cost_of_ownership(price: float, server_share: float, host_cost: float, power: float, electricity: float) -> float:
    """Thousand USD to own and run one chip: price, server and network, slot in a hall, power for four years.

    `power` kW, `electricity` USD per kWh (so kW x hours x USD/kWh / 1000 = thousand USD). MODEL R6, R8.
    """
    return price * (1.0 + server_share) + host_cost + power * PUE * HOURS * LIFE * electricity / 1000.0


def utilisation(unported: float, porting: float, integration: float) -> float:
    """Share of hardware performance that the firm's software reaches, CUDA = 1.

    Rises from `unported` to 1 with porting maturity; a firm's own stack also with integration (MODEL 2, R10).
    """
    return unported + (1.0 - unported) * larger(porting, integration)


def offer_value(performance: float, used: float, cost: float, reference: float, sensitivity: float,
                cutoff_aversion: float, hazard: float, favour: float) -> float:  # fmt: skip
    """Value of one offer to one firm: useful performance per dollar owned, less the risk of being cut off (MODEL R8).

    `reference` is performance per cost of the best US line, so that values are near 0; `favour` is what policy adds.
    """
    useful = performance * used / (cost * reference)
    return sensitivity * log(useful) - cutoff_aversion * hazard + favour


def choice_weight(value: float, best: float, window: float, dissimilarity: float) -> float:
    """Weight of an offer inside its nest; offers worse than the best by more than `window` drop out (MODEL R8)."""
    near = select(value >= best - window, 1.0, 0.0)
    return near * exp((value - best) / dissimilarity)


def nest_value(total: float, dissimilarity: float) -> float:
    """Weight exp(inclusive value) of a nest; its members' weights, relative to the best offer, add to `total` (R8)."""
    full = select(total > 0.0, 1.0, 0.0)
    return full * exp(dissimilarity * log(larger(total, TINY)))


def inclusive_value(best: float, every: float, home: float, mandate: float, sensitivity: float) -> float:
    """What all of a firm's offers together are worth, ln of money; 0 is the best US line alone (MODEL 9.5).

    The log-sum of its choice over the price sensitivity: by so many ln could prices rise on whoever has the best US
    line alone. `every` and `home` are weights of all nests and of the domestic one relative to the offer of value
    `best`; money under a mandate has the domestic nest alone.
    """
    free = (1.0 - mandate) * log(larger(every, TINY))
    return (best + free + mandate * log(larger(home, TINY))) / sensitivity


def cutoff_hazard(hazard: float, cut: float, signal: float, signal_weight: float, step: float,
                  decay: float, floor: float) -> float:  # fmt: skip
    """Believed quarterly probability of losing US supply: jumps on cuts and signals, else fades (MODEL R5)."""
    event = larger(cut, signal_weight * signal)
    jumped = hazard + step * larger(event - hazard, 0.0)
    faded = floor + (hazard - floor) * (1.0 - decay)
    return larger(select(event > 0.0, jumped, faded), floor)


def stock_cover(hazard: float, calm: float, shortage_to_holding: float, max_cover: float) -> float:
    """Quarters of need to hold in lines that can be cut: newsvendor fractile above the one of calm times (MODEL R9)."""
    fractile = shortage_to_holding * hazard / (shortage_to_holding * hazard + 1.0)
    usual = shortage_to_holding * calm / (shortage_to_holding * calm + 1.0)
    return max_cover * larger(fractile - usual, 0.0)


def stock_money(cover: float, need: float, held: float, price: float, cash: float, credit_room: float) -> float:
    """USD bn of extra orders for the warehouse: half of the gap to target, as far as cash and credit go (MODEL R9).

    `need` thousand chips a quarter, `held` thousand chips, `price` thousand USD (thousand x thousand = million).
    Half a gap a quarter is the partial adjustment of an (s, S) stock with a lead time of one quarter.
    """
    gap = larger(cover * need - held, 0.0) / 2.0
    return smaller(gap * price / 1000.0, larger(cash, 0.0) + larger(credit_room, 0.0))


def planned_budget(
    plan: float, share: float, feedback: float, revenue: float, revenue_base: float, shock: float
) -> float:
    """Accelerator budget, USD bn: latent plan times share, pulled by revenue against its reference (MODEL R13).

    Revenue counts up to twice its reference; a firm that has no reference yet begins with its plan.
    """
    earned = select(revenue_base > 0.0, revenue / larger(revenue_base, TINY), 1.0)
    return plan * share * exp(shock) * ((1.0 - feedback) + feedback * smaller(earned, 2.0))


def research_budget(intensity: float, budget: float, unspent: float, diverted: float) -> float:
    """Research money, USD bn: a share of budget plus part of the money that found no chips (MODEL R10)."""
    return intensity * budget + diverted * smaller(unspent, budget / 4.0)


def efficiency_gain(progress: float, effort: float, money: float, reference: float, compute: float,
                    compute_reference: float, elasticity: float, compute_elasticity: float) -> float:  # fmt: skip
    """Own gain in algorithmic efficiency, ln a quarter: money and compute are both inputs of ideas (MODEL R10).

    `effort` is the share of efficiency in the research mix; `reference` the money of a leading lab.
    """
    people = exp(elasticity * log(larger(effort * money / larger(reference, TINY), TINY)))
    machines = exp(compute_elasticity * log(larger(compute / larger(compute_reference, TINY), TINY)))
    return progress * people * machines


def compute_shortage(have: float, planned: float) -> float:
    """Share of the training compute that the firm's plan would have bought and that it lacks, 0 to 1 (MODEL R10)."""
    return select(planned > 0.0, larger(1.0 - have / larger(planned, TINY), 0.0), 0.0)


def induced_progress(strength: float, shortage: float) -> float:
    """Factor on own progress in algorithms: scarce compute directs ideas to what saves compute (MODEL 1, R10)."""
    return exp(strength * shortage)


def distilled(trained: float, teacher: float, discount: float, access: float, served: float, tokens: float) -> float:
    """Capability, ln FLOP, of a firm that trains on the answers of a better model (MODEL 3, R12).

    With full `access`, and if it has `served` at least the share `tokens` of what it needs, it reaches `teacher` -
    `discount`, else that part of the way from what it has `trained` itself; so it never passes its teacher.
    """
    return trained + access * smaller(served / tokens, 1.0) * larger(teacher - discount - trained, 0.0)


def serving_gain(pace: float, relative: float, quarters: float, efficiency: float, spill: float) -> float:
    """Gain in serving efficiency, ln a quarter: own research, and a part of the distance to common practice.

    `relative` is own progress over that of a leading lab; common practice is `pace` for `quarters` (MODEL R10, R12).
    """
    return pace * smaller(relative, 2.0) + spill * larger(pace * quarters - efficiency, 0.0)


def porting_gain(maturity: float, rate: float, own: float, network: float, spill: float, effort: float, money: float,
                 reference: float, adoption: float, neighbours: float) -> float:  # fmt: skip
    """Gain in software maturity on an ecosystem: own work, learning by use, know-how of neighbours (MODEL R10)."""
    work = sqrt(larger(effort * money / larger(reference, TINY), 0.0))
    learned = own * smaller(work, 2.0) + network * adoption + spill * larger(neighbours - maturity, 0.0)
    return (1.0 - maturity) * rate * learned


def integration_gain(integration: float, rate: float, effort: float) -> float:
    """Gain in full-stack integration from chip to app (MODEL R10)."""
    return rate * sqrt(effort) * (1.0 - integration)


def book_value(book: float, bought: float, life: float) -> float:
    """USD bn of chips at cost less depreciation: a part 1 / `life` of the value goes each quarter (MODEL R14)."""
    return book * (1.0 - 1.0 / life) + bought


def losing_quarters(losing: float, cash: float, room: float, revenue: float, running: float) -> float:
    """Quarters in a row without free cash, without credit and with revenue below running cost (MODEL R14).

    `room` is the credit that lenders still give; all money in USD bn.
    """
    broke = cash <= TINY and room <= TINY and revenue < running
    return select(broke, losing + 1.0, 0.0)


def own_stack_orders(integration: float, budget: float, price: float) -> float:
    """Thousand chips a quarter that a firm plans on its own line: the integrated part of its budget (MODEL R10).

    `budget` USD bn, `price` thousand USD (USD bn / thousand USD = million chips).
    """
    return 1000.0 * integration * budget / larger(price, TINY)


def economic_exit(progress: float, economic_age: float, pace: float) -> float:
    """Share of a generation that leaves in a quarter because new chips earn more in its place (MODEL 6).

    `progress` is how far the best chip that the firm can buy lies ahead, in quarters of ordinary progress: at
    `economic_age` of them what a chip gives beside a new one no longer pays its power, slot and host. Half of `pace`
    leaves then, nothing 1 / `pace` quarters before, all of `pace` 1 / `pace` quarters after.
    """
    return pace * clip(((progress - economic_age) * pace + 1.0) / 2.0, 0.0, 1.0)


def retired_share(attrition: float, economic: float, supplied: float) -> float:
    """Share of a generation's chips that leaves: failures, then those of the rest that new chips replace (MODEL 6).

    `supplied` is the part of the firm's money that found chips: in a shortage old chips still pay.
    """
    return attrition + (1.0 - attrition) * economic * supplied


def largest_run(share: float, training: float, before: float) -> float:
    """Compute of the largest run, thousand A100: half a share of training compute, half its past (MODEL R12)."""
    return (share * training + before) / 2.0


def ai_revenue(market: float, weight: float, all_weights: float) -> float:
    """AI revenue, USD bn: logit share of the bloc's market, with an outside good of weight 1 (MODEL R13)."""
    return market * weight / (1.0 + all_weights)


def market_weight(share: float, capability_value: float, ahead: float, service_value: float, served: float) -> float:
    """Attraction of a firm's AI to customers: size, capability against the reference, and service (MODEL R13)."""
    return share * exp(capability_value * ahead + service_value * log(larger(smaller(served, 1.0), LEAST_SERVED)))
