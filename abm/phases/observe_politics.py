"""What governments decided this quarter, and what they saw when they did."""

from __future__ import annotations

from abm.rules.numbers import select, smaller
from abm.series import at
from abm.state import World
from abm.vocabulary import CN, PRIVATE, STATE, TOOLS_JP, TOOLS_NL, US

LANES = 32
REVIEW, DECISION, NOTICE = at("us_review"), at("us_decision"), at("us_notice")
THRESHOLD, SHIFT, SCORE = at("us_threshold_ratio"), at("us_tier_shift"), at("us_score")
LEAD_SEEN, EVASION_SEEN, LOST_SEEN = at("us_lead_seen"), at("us_evasion_seen"), at("us_lost_seen")
READINESS, SUBSIDY, COUNTER_CONTROL = at("readiness"), at("subsidy"), at("counter_control")
MANDATE_STATE, MANDATE_PRIVATE = at("mandate_state"), at("mandate_private")
GATE_STATE, GATE_PRIVATE = at("gate_state"), at("gate_private")
MOBILISED_CN, MOBILISED_US = at("mobilised_cn"), at("mobilised_us")
ALIGNMENT_NL, ALIGNMENT_JP = at("alignment_nl"), at("alignment_jp")


def observe_politics(state: World, step: int) -> None:
    """Record the reviews of the US, the alignment of its allies, and what states answer and pay."""
    observe_answers(state, step)
    for run in range(LANES):
        state.record[REVIEW, step, run] = state.us_review[run]
        state.record[DECISION, step, run] = state.us_review[run] * state.us_step[run]
        state.record[NOTICE, step, run] = state.us_wait[run]
        state.record[THRESHOLD, step, run] = select(state.us_start[run] > 0.0, smaller(state.us_ratio[run], 1.0), 0.0)
        state.record[SHIFT, step, run] = state.us_shift[run]
        state.record[SCORE, step, run] = state.us_score[run]
        state.record[LEAD_SEEN, step, run] = state.us_lead_seen[run]
        state.record[EVASION_SEEN, step, run] = state.us_evasion[run]
        state.record[LOST_SEEN, step, run] = state.us_lost[run]
        state.record[ALIGNMENT_NL, step, run] = state.alignment[TOOLS_NL, run]
        state.record[ALIGNMENT_JP, step, run] = state.alignment[TOOLS_JP, run]


def observe_answers(state: World, step: int) -> None:
    """Record what China answers and what both blocs mobilise."""
    for run in range(LANES):
        state.record[READINESS, step, run] = state.readiness[run]
        state.record[SUBSIDY, step, run] = state.subsidy_paid[run]
        state.record[MANDATE_STATE, step, run] = state.mandate[STATE, run]
        state.record[MANDATE_PRIVATE, step, run] = state.mandate[PRIVATE, run]
        state.record[GATE_STATE, step, run] = state.gate[STATE, run]
        state.record[GATE_PRIVATE, step, run] = state.gate[PRIVATE, run]
        state.record[COUNTER_CONTROL, step, run] = state.counter_control[run]
        state.record[MOBILISED_CN, step, run] = state.mobilised[CN, run]
        state.record[MOBILISED_US, step, run] = state.mobilised[US, run]
