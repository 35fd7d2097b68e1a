"""What governments decided this quarter, and what they saw when they did."""

from __future__ import annotations

from abm.rules.numbers import select, smaller
from abm.series import at
from abm.state import World
from abm.vocabulary import TOOLS_JP, TOOLS_NL

LANES = 32
REVIEW, DECISION, NOTICE = at("us_review"), at("us_decision"), at("us_notice")
THRESHOLD, SHIFT, SCORE = at("us_threshold_ratio"), at("us_tier_shift"), at("us_score")
LEAD_SEEN, EVASION_SEEN, LOST_SEEN = at("us_lead_seen"), at("us_evasion_seen"), at("us_lost_seen")
ALIGNMENT_NL, ALIGNMENT_JP = at("alignment_nl"), at("alignment_jp")


def observe_politics(state: World, step: int) -> None:
    """Record the reviews of the US and the alignment of its allies."""
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
