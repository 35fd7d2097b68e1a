"""How firms learn which research pays (MODEL R11): experience-weighted attraction (Camerer and Ho 1999)."""

from __future__ import annotations

from abm.rules.numbers import exp, larger

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


def mixed(own: float, neighbours: float, imitation: float) -> float:
    """Research share: own choice with some imitation of neighbours, never below the floor (MODEL R11)."""
    blended = (1.0 - imitation) * own + imitation * neighbours
    return LEAST + (1.0 - 3.0 * LEAST) * blended
