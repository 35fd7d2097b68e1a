"""What governments decided this quarter, and what they saw when they did."""

from __future__ import annotations

from abm.rules.numbers import select
from abm.series import at
from abm.state import World
from abm.vocabulary import TOOLS_JP, TOOLS_NL

LANES = 32
REVIEW, DECISION, NOTICE = at("us_review"), at("us_decision"), at("us_notice")
THRESHOLD, SHIFT, SCORE = at("us_threshold_ratio"), at("us_tier_shift"), at("us_score")
LEAD_SEEN, EVASION_SEEN, LOST_SEEN = at("us_lead_seen"), at("us_evasion_seen"), at("us_lost_seen")
ALIGNMENT_NL, ALIGNMENT_JP = at("alignment_nl"), at("alignment_jp")


def observe_politics(world: World, step: int) -> None:
    """Record the reviews of the US and the alignment of its allies."""
    for run in range(LANES):
        world.record[REVIEW, step, run] = world.us_review[run]
        world.record[DECISION, step, run] = world.us_review[run] * world.us_step[run]
        world.record[NOTICE, step, run] = world.us_wait[run]
        world.record[THRESHOLD, step, run] = select(world.us_start[run] > 0.0, world.us_ratio[run], 0.0)
        world.record[SHIFT, step, run] = world.us_shift[run]
        world.record[SCORE, step, run] = world.us_score[run]
        world.record[LEAD_SEEN, step, run] = world.us_lead_seen[run]
        world.record[EVASION_SEEN, step, run] = world.us_evasion[run]
        world.record[LOST_SEEN, step, run] = world.us_lost[run]
        world.record[ALIGNMENT_NL, step, run] = world.alignment[TOOLS_NL, run]
        world.record[ALIGNMENT_JP, step, run] = world.alignment[TOOLS_JP, run]
