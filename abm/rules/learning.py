"""How firms learn which research pays (MODEL R11): experience-weighted attraction (Camerer and Ho 1999), and rivals."""

from __future__ import annotations

from abm.rules.numbers import exp, larger, log, select

TINY = 1e-12

LEAST = 0.02
"""Floor of each research share, so that no strategy dies out (MODEL R11)."""


def attraction(before: float, share: float, payoff: float, mean_payoff: float, memory: float, foregone: float) -> float:
    """Attraction of a strategy: what it paid against the firm's mean, strategies in use counting fully (MODEL R11)."""
    relative = payoff / larger(mean_payoff, TINY)
    return memory * before + (1.0 - memory) * (foregone + (1.0 - foregone) * 3.0 * share) * relative


def choice(score: float, best: float, sharpness: float) -> float:
    """Unnormalised logit weight of a strategy (MODEL R11)."""
    return exp(sharpness * (score - best))


def replicated(share: float, payoff: float, mean_payoff: float, memory: float) -> float:
    """Unnormalised share under replicator dynamics: grows by its pay over the mean of the firm's effort (MODEL R11).

    The part 1 - `memory` of the effort moves in a quarter, as attractions do.
    """
    return share * (memory + (1.0 - memory) * payoff / larger(mean_payoff, TINY))


def best_reply(payoff: float, best_before: float, best_after: float) -> float:
    """1 for the strategy that pays most now, the first in order of those that pay alike, else 0 (MODEL R11).

    `best_before` and `best_after` are the highest payoffs of the strategies before and after it.
    """
    return select(payoff > best_before, 1.0, 0.0) * select(payoff >= best_after, 1.0, 0.0)


def random_weight(chance: float) -> float:
    """Unnormalised share from a uniform draw: three of them make every mix equally likely (MODEL R11)."""
    return -log(chance)


def mixed(own: float, neighbours: float, imitation: float) -> float:
    """Research share: own choice with some imitation of neighbours, never below the floor (MODEL R11)."""
    blended = (1.0 - imitation) * own + imitation * neighbours
    return LEAST + (1.0 - 3.0 * LEAST) * blended
