"""Generations of chips on each line: four slots, oldest first; the two oldest become one (MODEL section 4)."""

from __future__ import annotations

from abm.parameter_index import DESIGN_GROWTH
from abm.rules.chips import merged_performance
from abm.rules.numbers import larger, log, select
from abm.state import World
from abm.vocabulary import GREY, NEWEST, RENTAL, SERVE, TRAIN, US_NEST

LANES = 32
TINY = 1e-12


def open_slots(state: World) -> None:
    """A generation or redesign that came on a line this quarter takes its newest slot; the older ones move up."""
    find_frontier(state)
    for offer in range(state.available.shape[1]):
        changed = 0
        for run in range(LANES):
            train = state.performance[offer, TRAIN, run] == state.slot_performance[offer, NEWEST, TRAIN, run]
            serve = state.performance[offer, SERVE, run] == state.slot_performance[offer, NEWEST, SERVE, run]
            state.fresh[offer, run] = select(train and serve, 0.0, 1.0)
            changed += not (train and serve)
        if changed > 0:
            for firm in state.firms:
                if state.holds[firm, offer] > 0.0:
                    merge_oldest(state, firm, offer)
                    move_up(state, firm, offer)
            rename_slots(state, offer)


def find_frontier(state: World) -> None:
    """Training performance of the best US line on sale anywhere, into `state.best`."""
    for run in range(LANES):
        state.best[run] = TINY
    for offer in range(state.available.shape[1]):
        if state.offer_nest[offer] == US_NEST and state.offer_kind[offer] not in (GREY, RENTAL):
            for run in range(LANES):
                state.best[run] = larger(state.best[run], state.performance[offer, TRAIN, run])


def merge_oldest(state: World, firm: int, offer: int) -> None:
    """Mean performance of the two oldest slots, where a slot is needed: chips and compute of the firm stay."""
    for workload in range(2):
        for run in range(LANES):
            oldest = state.slot_deployed[firm, offer, 0, run] + state.slot_stored[firm, offer, 0, run]
            second = state.slot_deployed[firm, offer, 1, run] + state.slot_stored[firm, offer, 1, run]
            before = state.oldest_performance[firm, offer, workload, run]
            both = merged_performance(before, oldest, state.slot_performance[offer, 1, workload, run], second)
            state.oldest_performance[firm, offer, workload, run] = select(state.fresh[offer, run] > 0.0, both, before)


def move_up(state: World, firm: int, offer: int) -> None:
    """Chips move one slot towards the oldest, which keeps its own; the newest is empty."""
    for slot in range(NEWEST):
        kept = 1.0 if slot == 0 else 0.0
        for run in range(LANES):
            fresh = state.fresh[offer, run] > 0.0
            halls, store = state.slot_deployed[firm, offer, slot, run], state.slot_stored[firm, offer, slot, run]
            next_halls = kept * halls + state.slot_deployed[firm, offer, slot + 1, run]
            next_store = kept * store + state.slot_stored[firm, offer, slot + 1, run]
            state.slot_deployed[firm, offer, slot, run] = select(fresh, next_halls, halls)
            state.slot_stored[firm, offer, slot, run] = select(fresh, next_store, store)
    for run in range(LANES):
        older = 1.0 - state.fresh[offer, run]
        state.slot_deployed[firm, offer, NEWEST, run] *= older
        state.slot_stored[firm, offer, NEWEST, run] *= older


def rename_slots(state: World, offer: int) -> None:
    """Performance of the line's generations, and how far the best US line was when each came (from an A100)."""
    for slot in range(NEWEST):
        for run in range(LANES):
            fresh = state.fresh[offer, run] > 0.0
            then, later = state.slot_frontier[offer, slot, run], state.slot_frontier[offer, slot + 1, run]
            state.slot_frontier[offer, slot, run] = select(fresh, later, then)
            for workload in range(2):
                before = state.slot_performance[offer, slot, workload, run]
                after = state.slot_performance[offer, slot + 1, workload, run]
                state.slot_performance[offer, slot, workload, run] = select(fresh, after, before)
    for run in range(LANES):
        before = state.slot_frontier[offer, NEWEST, run]
        now = log(state.best[run]) / state.parameter[DESIGN_GROWTH, run]
        state.slot_frontier[offer, NEWEST, run] = select(state.fresh[offer, run] > 0.0, now, before)
        for workload in range(2):
            state.slot_performance[offer, NEWEST, workload, run] = state.performance[offer, workload, run]
