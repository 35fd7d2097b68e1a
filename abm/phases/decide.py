"""Washington reviews its rules, and allies follow or not, once the script has ended (MODEL R2, R3)."""

from __future__ import annotations

from abm.draws import normal, stream, uniform
from abm.parameter_index import (
    ALLY_BASE,
    ALLY_BY_LOSS,
    ALLY_BY_PEERS,
    ALLY_BY_PRESSURE,
    ALLY_PACE,
    FDPR_REACH,
    US_LEAD_NOISE,
    US_NOTICE,
    US_PERSISTENCE,
    US_REVIEW_QUARTERS,
    US_TARGET_LEAD,
    US_THRESHOLD_STEP,
    US_TIER_STEP,
    US_WEIGHT_EVASION,
    US_WEIGHT_LOBBY,
    US_WEIGHT_RETALIATION,
    US_WEIGHT_SECURITY,
)
from abm.phases.thresholds import (
    hand_over,
    highest_ratio,
    rate_designs,
    rate_lines,
    ruled,
    set_thresholds,
    slide_thresholds,
)
from abm.phases.tiers import extreme_tiers
from abm.rules.numbers import clip
from abm.rules.regulators import (
    chosen_step,
    effective_alignment,
    moved_ratio,
    next_alignment,
    notice_quarters,
    taste,
    tightening_score,
)
from abm.state import World
from abm.vocabulary import SW_ALLY_ALIGNMENT, TOOLS_US

LANES = 32
LEAD_NOISE, OPTION, NOTICE = stream("us_lead_noise"), stream("us_option"), stream("us_notice")
TIGHTEN, HOLD, LOOSEN = range(3)


def decide(world: World, step: int) -> None:
    """Thresholds slide; where the script has ended, due decisions come into force, are reviewed, and allies answer."""
    slide_thresholds(world, step)
    for run in range(LANES):
        world.us_review[run], world.us_news[run] = 0.0, 0.0
        if ruled(world, step, run):
            govern(world, step, run)
        if world.law_us_rule[world.arm[run], step] > 0.0 and world.switch[SW_ALLY_ALIGNMENT, run] > 0.0:
            follow(world, run)


def govern(state: World, step: int, run: int) -> None:
    """A quarter of US policy: what was announced comes due, and every few quarters a review."""
    rate_lines(state, run)
    rate_designs(state, step, run)
    if state.us_start[run] == 0.0:
        hand_over(state, run)
        state.us_due[run] = step
    state.us_ratio_before[run] = state.us_ratio[run]
    if state.us_wait[run] > 0.0:
        state.us_wait[run] -= 1.0
        if state.us_wait[run] == 0.0:
            enforce(state, run)
    noise = normal(state.seed[0], LEAD_NOISE, state.world_id[run], step, 0)
    state.us_lead_seen[run] = state.lead_before[run] + state.parameter[US_LEAD_NOISE, run] * noise
    if step >= state.us_due[run]:
        review(state, step, run)
    set_thresholds(state, run)


def enforce(state: World, run: int) -> None:
    """What was announced binds: the threshold and the denial of tiers."""
    state.us_ratio[run], state.us_shift[run] = state.us_ratio_known[run], state.us_shift_known[run]


def review(state: World, step: int, run: int) -> None:
    """Tighten, hold or loosen by what agencies see; a change is announced at once and binds after its notice."""
    state.us_due[run] += state.parameter[US_REVIEW_QUARTERS, run]
    state.us_review[run] = 1.0
    state.us_score[run] = tightening_score(
        state.us_lead_seen[run],
        state.parameter[US_TARGET_LEAD, run],
        state.us_evasion[run],
        state.us_lost[run],
        state.counter_control[run],
        state.parameter[US_WEIGHT_SECURITY, run],
        state.parameter[US_WEIGHT_EVASION, run],
        state.parameter[US_WEIGHT_LOBBY, run],
        state.parameter[US_WEIGHT_RETALIATION, run],
    )
    state.us_step[run] = chosen_step(
        state.us_score[run],
        state.parameter[US_PERSISTENCE, run],
        taste(uniform(state.seed[0], OPTION, state.world_id[run], step, TIGHTEN)),
        taste(uniform(state.seed[0], OPTION, state.world_id[run], step, HOLD)),
        taste(uniform(state.seed[0], OPTION, state.world_id[run], step, LOOSEN)),
    )
    if state.us_step[run] == 0.0:
        return
    size = state.parameter[US_THRESHOLD_STEP, run]
    state.us_ratio_known[run] = moved_ratio(
        state.us_ratio_known[run], state.us_step[run], size, highest_ratio(state, run)
    )
    least, most = extreme_tiers(state, step, run)
    shift = state.us_shift_known[run] + state.us_step[run] * state.parameter[US_TIER_STEP, run]
    state.us_shift_known[run] = clip(shift, -most, 1.0 - least)
    state.us_news[run] = 1.0
    luck = uniform(state.seed[0], NOTICE, state.world_id[run], step, 0)
    state.us_wait[run] = notice_quarters(luck, state.parameter[US_NOTICE, run])
    if state.us_wait[run] == 0.0:
        enforce(state, run)


def follow(state: World, run: int) -> None:
    """Allies move towards what the last US step, their toolmakers' lost sales and their peers call for."""
    allies, every = 0.0, 0.0
    for ally in range(TOOLS_US + 1, state.alignment.shape[0]):
        allies += 1.0
        every += state.alignment[ally, run]
    for ally in range(TOOLS_US + 1, state.alignment.shape[0]):
        own = state.alignment[ally, run]
        state.alignment[ally, run] = next_alignment(
            own,
            state.us_step[run],
            state.ally_lost[ally, run],
            (every - own) / (allies - 1.0),
            state.parameter[ALLY_BASE, run],
            state.parameter[ALLY_BY_PRESSURE, run],
            state.parameter[ALLY_BY_LOSS, run],
            state.parameter[ALLY_BY_PEERS, run],
            state.parameter[ALLY_PACE, run],
        )
        reach, before = state.parameter[FDPR_REACH, run], state.ally_follows[ally, run]
        now = effective_alignment(state.alignment[ally, run], reach)
        state.ally_kept[ally, run] *= now / before
        state.ally_follows[ally, run] = now
