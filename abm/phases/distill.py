"""Firms train on the answers of better models, of any bloc and with a lag (MODEL 3, R12)."""

from __future__ import annotations

from abm.parameter_index import (
    CAPABILITY_ELASTICITY,
    DISTILLATION_DISCOUNT,
    DISTILLATION_LAG,
    DISTILLATION_START,
    DISTILLATION_TOKENS,
)
from abm.phases.knowledge import open_across, present
from abm.rules.ai_firm import distilled
from abm.rules.numbers import larger, select
from abm.state import World
from abm.vocabulary import RING, SW_DISTILLATION

LANES = 32


def distil(state: World, step: int) -> None:
    """Models of firms that exist, have trained one and serve; what they reached before is not lost."""
    for firm in state.firms:
        for run in range(LANES):
            state.best[run] = larger(state.capability[firm, run], state.trained[firm, run])
        for bloc in range(state.shown_open.shape[0]):
            across = 1.0 if state.bloc[firm] != bloc else 0.0
            for run in range(LANES):
                slot = (step + RING - int(state.parameter[DISTILLATION_LAG, run])) % RING
                # weights can be had anywhere; answers of closed models as far as controls leave access
                openly = followed(state, step, firm, state.shown_open[bloc, slot, run], 1.0, run)
                access = open_across(state, across, run)
                closed = followed(state, step, firm, state.shown_closed[bloc, slot, run], access, run)
                state.best[run] = larger(state.best[run], larger(openly, closed))
        for run in range(LANES):
            state.capability[firm, run] = state.best[run]


def followed(state: World, step: int, firm: int, teacher: float, access: float, run: int) -> float:
    """Capability that a firm reaches behind one teacher."""
    exists = present(state, step, firm, run) * select(state.trained[firm, run] > 0.0, 1.0, 0.0)
    return distilled(
        state.trained[firm, run],
        teacher,
        # what a discount in capability is in effective compute
        state.parameter[DISTILLATION_DISCOUNT, run] / state.parameter[CAPABILITY_ELASTICITY, run],
        exists * state.switch[SW_DISTILLATION, run] * access,
        state.served[firm, run],
        state.parameter[DISTILLATION_TOKENS, run],
    )


def show_models(state: World, step: int) -> None:
    """The best model of each bloc that can be queried from now on, open or through an interface."""
    slot = step % RING
    for bloc in range(state.shown_open.shape[0]):
        for run in range(LANES):
            state.shown_open[bloc, slot, run], state.shown_closed[bloc, slot, run] = 0.0, 0.0
    for firm in state.firms:
        bloc, is_open = state.bloc[firm], state.open_weights[firm] > 0.0
        for run in range(LANES):
            shown = present(state, step, firm, run) * state.capability[firm, run]
            shown = select(step >= state.parameter[DISTILLATION_START, run], shown, 0.0)
            openly, closed = select(is_open, shown, 0.0), select(is_open, 0.0, shown)
            state.shown_open[bloc, slot, run] = larger(state.shown_open[bloc, slot, run], openly)
            state.shown_closed[bloc, slot, run] = larger(state.shown_closed[bloc, slot, run], closed)
