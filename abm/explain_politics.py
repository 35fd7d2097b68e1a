"""What Washington and its allies decided by rule in a quarter, in words."""

from __future__ import annotations

from abm.calendar import QUARTERS, quarter_label
from abm.recording import Call
from abm.telling import Case, number, paragraph, terms, told
from abm.vocabulary import JURISDICTIONS

PHASES = ("decide", "regulate")
"""Phases in which regulators act."""
DECIDED = {1.0: "tightens", 0.0: "holds", -1.0: "loosens"}
SCRIPTED = "by dated instruments of the scenario's script; what binds or is known on the quarter's last day"
RULED = "by rule: the script has ended and stands as it was left, moved by the decisions below"


def by_rule(case: Case) -> bool:
    """Whether the US and its allies decide by rule in this quarter."""
    return bool(case.run.world.law_us_rule[case.run.arm, case.recording.step] > 0.0)


def tell_rule(case: Case, jurisdiction: str, shown: list[Call]) -> list[str]:
    """Decisions by rule of a jurisdiction, and the calls behind them."""
    if not by_rule(case):
        return []
    if jurisdiction == "US":
        return _review(case, shown) + _pending(case)
    return _alignment(case, jurisdiction, shown) if jurisdiction in JURISDICTIONS else []


def _review(case: Case, shown: list[Call]) -> list[str]:
    """What speaks for tighter rules, what each option is worth, and the choice."""
    score, chosen = case.recording.last("tightening_score"), case.recording.last("chosen_step")
    if score is None or chosen is None:
        due = int(case.after("us_due"))
        when = quarter_label(due) if due < QUARTERS else "after the end"
        ruled = case.after("us_start") > 0.0
        return paragraph("Review", f"none this quarter; the next: {when}" if ruled else "switched off (us_rule)")
    shown += [score, chosen]
    given = chosen.arguments
    worth = {
        "tighten": given["score"] + given["tighten"],
        "hold": given["hold"],
        "loosen": -given["score"] - given["persistence"] + given["loosen"],
    }
    options = ", ".join(f"{name} {number(value)}" for name, value in worth.items())
    lines = paragraph("Review", told(score, "score for tighter rules"))
    text = f"worth of the options, luck included: {options}; it {DECIDED[chosen.result]} ({terms(chosen)})"
    lines += paragraph("Decision", text)
    for rule, what in (("moved_ratio", "announced threshold"), ("notice_quarters", "notice in quarters")):
        call = case.recording.last(rule)
        if call is not None:
            shown.append(call)
            lines += paragraph("", told(call, what))
    return lines


def _pending(case: Case) -> list[str]:
    """Thresholds and tiers in force, and what is announced and does not bind yet."""
    now, known = case.after("us_ratio"), case.after("us_ratio_known")
    shift, coming = case.after("us_shift"), case.after("us_shift_known")
    text = f"threshold at {number(now)} of the best US line, denial of tiers {shift:+.2f} on the script's"
    lines = paragraph("By rule", text)
    wait = int(case.after("us_wait"))
    if wait:
        when = case.recording.step + wait
        label = quarter_label(when) if when < QUARTERS else "after the end"
        lines += paragraph("Pending", f"threshold at {number(known)}, tiers {coming:+.2f}, binding from {label}")
    return lines


def _alignment(case: Case, jurisdiction: str, shown: list[Call]) -> list[str]:
    """How far an ally follows the US, and why."""
    place = JURISDICTIONS.index(jurisdiction)
    calls = case.recording.of("next_alignment")
    if not calls:
        return paragraph("Alignment", f"{number(case.after('alignment', place))}, fixed (ally_alignment is off)")
    call = calls[place - 1]
    shown.append(call)
    reach = f"; its makers follow at {number(case.after('ally_follows', place))}, by US law's reach at least"
    return paragraph("Alignment", f"{told(call, 'moves to')}{reach}")
