"""Chance of a quarter (phase `chance`): the engine's draws, one number at a time."""

from __future__ import annotations

from abm.draws import normal, stream, uniform
from abm.rules.numbers import exp, log, sqrt
from abm.vocabulary import BLOCS, GREY_PATHS

LEAST = 1e-12
DEMAND_BLOC, RESIDUAL, SERVING_JUMP = stream("demand_bloc"), stream("residual"), stream("serving_jump")
YIELD, GREY, GREY_PATH = stream("yield"), stream("grey"), stream("grey_path")


class Chance:
    """Shocks that concern nobody in particular; firms draw their own."""

    def __init__(self, p, seed: int, world_id: int) -> None:
        self.p, self.seed, self.world_id = p, seed, world_id
        self.demand_bloc = [0.0 for _ in BLOCS]
        self.residual = self.yield_luck = self.grey_luck = 0.0
        self.jump = 1.0
        self.path_caught, self.path_open = [0.0 for _ in GREY_PATHS], [0.0 for _ in GREY_PATHS]
        self.seized_share = 0.0

    def normal(self, number: int, step: int, slot: int) -> float:
        """A standard normal draw of this world."""
        return normal(self.seed, number, self.world_id, step, slot)

    def draw(self, step: int) -> None:
        """Demand of blocs, luck of foundry and grey market, NVIDIA's other Chinese sales, jumps of serving demand."""
        p, demand = self.p, self.demand_bloc
        for bloc, before in enumerate(demand):
            shock = p.demand_shock_bloc * self.normal(DEMAND_BLOC, step, bloc)
            demand[bloc] = p.demand_persistence * before + shock
        self.yield_luck = exp(p.yield_shock * self.normal(YIELD, step, 0))
        self.grey_luck = exp(p.grey_shock * self.normal(GREY, step, 0))
        self.watch_paths(step)
        self.draw_market(step)

    def watch_paths(self, step: int) -> None:
        """A smuggling path in use may be found out: it loses what it carries now and rests for a quarter."""
        found = self.p.enforcement * self.p.grey_detection
        self.path_open = [1.0 - caught for caught in self.path_caught]
        self.path_caught = [
            in_use if uniform(self.seed, GREY_PATH, self.world_id, step, path) < found else 0.0
            for path, in_use in enumerate(self.path_open)
        ]
        # counts of paths: whole numbers add in any order
        self.seized_share = sum(self.path_caught) / max(1.0, sum(self.path_open))

    def draw_market(self, step: int) -> None:
        """AR(1) in logarithms of the residual; a jump of serving demand if one happens."""
        p = self.p
        shock = self.normal(RESIDUAL, step, 0) * p.residual_shock
        if step > 0:
            shock = p.residual_persistence * log(max(LEAST, self.residual / p.residual_mean)) + shock
        self.residual = p.residual_mean * exp(shock)
        if uniform(self.seed, SERVING_JUMP, self.world_id, step, 0) < p.serving_jump_rate / 4.0:
            size = self.normal(SERVING_JUMP, step, 1)
            self.jump *= exp(p.serving_jump_size * sqrt(size * size))
