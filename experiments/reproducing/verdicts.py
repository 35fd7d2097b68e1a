"""Verdicts, by rule from the numbers. Never typed in, never without horizon, probability and what it rests on.

Words for probabilities are those of the IPCC (Mastrandrea et al. 2010, Guidance Note on the treatment of
uncertainties): likely from 66 %, very likely from 90 %, virtually certain from 99 %, and the same downward.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan

from experiments.reproducing.deciding import Deciding
from experiments.reproducing.findings import Number
from experiments.reproducing.study import Study

WORDS = (
    (0.99, "virtually certain"),
    (0.90, "very likely"),
    (0.66, "likely"),
    (0.33, "about as likely as not"),
    (0.10, "unlikely"),
    (0.01, "very unlikely"),
    (0.0, "exceptionally unlikely"),
)
"""Least probability of each word; the ends of the middle word are open as in the guidance."""
LIKELY, UNLIKELY = 0.66, 0.33
UNKNOWN, UNCLEAR, DEPENDS = "not defined", "unclear", "depends on an assumption"
MET, PARTLY, UNMET = "met", "met in part", "not met"
TONE = {
    "virtually certain": 2, "very likely": 2, "likely": 1, "about as likely as not": 0, "unlikely": -1,
    "very unlikely": -2, "exceptionally unlikely": -2, UNKNOWN: 0, UNCLEAR: 0, DEPENDS: 0, MET: 2, PARTLY: 0, UNMET: -2,
}  # fmt: skip
"""From -2 (the claim fails) to 2 (it holds): colours of the report, never without the word."""


@dataclass(frozen=True)
class Verdict:
    """What is found of a claim.

    Attributes
    ----------
    word : on the scale of `WORDS`, or what stands in its place.
    sentence : the verdict with horizon, probability, interval, N and beliefs.
    """

    word: str
    sentence: str

    @property
    def tone(self) -> int:
        """From -2, the claim fails, to 2, it holds."""
        return TONE[self.word]


def word_of(probability: float) -> str:
    """The word for a probability."""
    return next(word for least, word in WORDS if probability >= least)


def judge_shares(study: Study, posterior: Number, prior: Number, decides: Deciding | None) -> Verdict:
    """Verdict on a statement about worlds, by the share of worlds in which it holds."""
    p = posterior.value
    if isnan(p):
        return Verdict(UNKNOWN, f"Not defined: in no world can it be said whether {study.statement}.")
    if decides is not None and _splits(decides):
        word = DEPENDS
    elif posterior.low < UNLIKELY and posterior.high > LIKELY:
        word = UNCLEAR
    else:
        word = word_of(p)
    told = (
        f"{word.capitalize()}: by {study.horizon}, {study.statement} in {_percent(posterior)} of {posterior.n:,} pairs "
        f"of worlds drawn from the posterior, and in {_percent(prior)} of {prior.n:,} drawn from the prior."
    )
    if decides is not None:
        told += f" What decides it is {decides.text}."
    else:
        told += " No single parameter stands out as deciding it."
    return Verdict(word, told)


def _splits(decides: Deciding) -> bool:
    """Whether the claim is likely at one end of a parameter and unlikely at the other."""
    ends = sorted((decides.low, decides.high))
    return ends[0] < UNLIKELY and ends[1] > LIKELY


def _percent(share: Number) -> str:
    if isnan(share.value):
        return "none that can be judged"
    value, low, high = (_digits(100.0 * one) for one in (share.value, share.low, share.high))
    return f"{value} % ({low}–{high})"


def _digits(percent: float) -> str:
    """Whole percents, but tenths near the ends, where they make the difference."""
    return f"{percent:.1f}" if 0.0 < percent < 1.0 or 99.0 < percent < 100.0 else f"{percent:.0f}"


def judge_numbers(study: Study, numbers: dict[str, Number]) -> Verdict:
    """Verdict by bounds on numbers: met, met in part, or not met."""
    kept = [condition.holds(numbers[condition.number].value) for condition in study.conditions]
    word = MET if all(kept) else PARTLY if any(kept) else UNMET
    told = "; ".join(
        f"{condition.text or numbers[condition.number].label} is {numbers[condition.number].text} "
        f"(asked {condition.asked}: {'yes' if met else 'no'})"
        for condition, met in zip(study.conditions, kept, strict=True)
    )
    count = f"{sum(kept)} of {len(kept)} condition{'s' if len(kept) > 1 else ''}"
    kept_by = f"keeps {count} by {study.horizon}, under the {study.rests_on}"
    return Verdict(word, f"{word.capitalize()}: “{study.statement}” {kept_by}: {told}.")
