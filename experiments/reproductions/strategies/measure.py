"""Benefit, money and time of four strategies, and their order against the article's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from scipy.stats import rankdata

from abm.calendar import quarter_index
from abm.outcomes import FIRST_SIGNAL, log_ratio
from abm.results import Results
from abm.scenario import Scenario
from experiments.reproducing.findings import (
    Bools,
    Columns,
    Findings,
    Floats,
    Integers,
    Number,
    median_of,
    share_of,
    worlds_of,
)
from experiments.reproducing.setting import Setting

END = quarter_index("2028Q4")
HISTORY, NONE = "history", "none_0"
AGREES = 0.5
"""Rank correlation above which two orders of four agree."""
LEAST = 0.01
"""ln effective compute: without a benefit of this size there is no time to half of it."""
PERCENT = 100.0


@dataclass(frozen=True)
class Strategy:
    """A strategy of Chinese firms, in the article's order.

    Attributes
    ----------
    key, label, words : for files, for readers, the article's words for benefit and challenge.
    off : mechanisms without which it is not followed.
    money : recorded series of money, each with the series of the share of it that counts, "" for all.
    """

    key: str
    label: str
    words: str
    off: tuple[str, ...]
    money: tuple[tuple[str, str], ...]


STRATEGIES = (
    Strategy("stockpiling", "stockpiling", "low to medium", ("stockpiling",), (("stock_orders_cn", ""),)),
    Strategy("efficiency", "software efficiency", "medium", ("efficiency",), (("research_cn", "mix_efficiency_cn"),)),
    Strategy("home_grown", "home-grown chips", "medium to high", ("porting", "learning_by_doing"),
             (("research_cn", "mix_porting_cn"), ("tool_spending", ""))),
    Strategy("full_stack", "full stack", "high", ("full_stack",), (("research_cn", "mix_full_stack_cn"),)),
)  # fmt: skip


def measure(setting: Setting) -> Findings:
    """Benefits by strategy and world, and how far their order is the article's."""
    history = setting.scenario()
    arms: dict[str, Scenario] = {HISTORY: history, NONE: history.counterfactual(NONE)}
    for one in STRATEGIES:
        arms[one.key] = history.without(*one.off)
        arms[f"{NONE}, {one.key}"] = arms[one.key].counterfactual(NONE)
    found = setting.run(arms)
    points, known = found[HISTORY].point, np.all([one.ok for one in found.values()], axis=0)
    benefit = {one.key: _benefit(found, one.key) for one in STRATEGIES}
    answer = {one.key: benefit[one.key] - _benefit(found, one.key, f"{NONE}, ", NONE) for one in STRATEGIES}
    agreement = _agreement([values[:, END] for values in benefit.values()])
    others = {
        "answer": ("the answer to the controls alone", [values[:, END] for values in answer.values()]),
        "compute": ("what they add to installed training compute", [_compute(found, one.key) for one in STRATEGIES]),
    }
    known &= np.isfinite(agreement)
    numbers = [
        median_of("agreement", "rank correlation of the model's order with the article's", "", agreement, points),
        *(_agrees(f"agrees_{key}", told, _agreement(values), points, known) for key, (told, values) in others.items()),
    ]  # fmt: skip
    table: dict[str, list[object]] = {}
    for one in STRATEGIES:
        row = _strategy(one, found, benefit[one.key], points)
        numbers.append(row["benefit"])
        numbers.append(median_of(f"answer_{one.key}", f"of it answer to the controls: {one.label}", "ln",
                                 answer[one.key][:, END], points))  # fmt: skip
        for column, value in _cells(one, row).items():
            table.setdefault(column, []).append(value)
    most = np.argmax(np.stack([values[:, END] for values in benefit.values()], axis=1), axis=1)
    firsts = [
        share_of(f"first_{one.key}", f"share of worlds in which {one.label} adds most", most == place, points, known)
        for place, one in enumerate(STRATEGIES)
    ]
    numbers += firsts[1::2]  # software efficiency, and full stack, which the article ranks first
    table["computed_rank"] = [int(rank) for rank in rankdata([-float(str(value)) for value in table["benefit_ln"]])]
    complete: Columns = {**table}
    worlds = worlds_of(found[HISTORY], agreement > AGREES, known)
    return Findings(tuple(numbers), {"table": complete}, worlds, _notes(firsts, complete))


def _benefit(found: dict[str, Results], key: str, prefix: str = "", whole: str = HISTORY) -> Floats:
    """Capability with a strategy less without, ln effective compute, beyond that before the first signal."""
    path = found[whole].series("capability_cn") - found[f"{prefix}{key}"].series("capability_cn")
    return np.asarray(path - path[:, FIRST_SIGNAL - 1 : FIRST_SIGNAL])


def _agreement(benefits: list[Floats]) -> Floats:
    """Spearman's rank correlation with the article's order, world by world; NaN where all are equal."""
    ranks = rankdata(np.stack(benefits, axis=1), axis=1) - (len(STRATEGIES) + 1) / 2.0
    article = np.arange(len(STRATEGIES)) - (len(STRATEGIES) - 1) / 2.0
    size = np.sqrt(np.sum(ranks**2, axis=1) * np.sum(article**2))
    return np.asarray(np.divide(ranks @ article, size, out=np.full(len(size), np.nan), where=size > 0.0))


def _agrees(name: str, told: str, agreement: Floats, points: Integers, known: Bools) -> Number:
    """Share of worlds in which another reading of benefit gives the article's order."""
    label = f"share of worlds that agree with the article by {told}"
    return share_of(name, label, agreement > AGREES, points, known & np.isfinite(agreement))


def _compute(found: dict[str, Results], key: str) -> Floats:
    """What a strategy adds to installed training compute at the horizon, ln."""
    return log_ratio(found[HISTORY].series("compute_cn"), found[key].series("compute_cn"))[:, END]


def _strategy(
    one: Strategy, found: dict[str, Results], benefit: Floats, points: Integers
) -> dict[str, Number]:  # fmt: skip
    """Benefit, effect on compute, money and time of one strategy."""
    history = found[HISTORY]
    spent = np.zeros(history.runs)
    for name, share in one.money:
        flow = history.series(name) * (history.series(share) if share else 1.0)
        spent = spent + flow[:, FIRST_SIGNAL : END + 1].sum(axis=1)
    return {
        "benefit": median_of(f"benefit_{one.key}", f"benefit of {one.label}", "ln", benefit[:, END], points),
        "compute": median_of(f"compute_{one.key}", f"its effect on installed training compute: {one.label}", "%",
                             PERCENT * np.expm1(_compute(found, one.key)), points),
        "money": median_of(f"money_{one.key}", f"money it takes: {one.label}", "USD bn", spent, points),
        "time": median_of(f"time_{one.key}", f"quarters until half of its benefit: {one.label}", "quarters",
                          _half(benefit), points),
    }  # fmt: skip


def _half(benefit: Floats) -> Floats:
    """Quarters from the first signal until half of the largest benefit is there; NaN without one."""
    path = benefit[:, FIRST_SIGNAL : END + 1]
    most = path.max(axis=1)
    first = np.argmax(path >= most[:, None] / 2.0, axis=1).astype(np.float64)
    return np.where(most > LEAST, first, np.nan)


def _cells(one: Strategy, row: dict[str, Number]) -> dict[str, object]:
    """A row of the table."""
    return {
        "strategy": one.label,
        "article": one.words,
        "benefit_ln": row["benefit"].value,
        "benefit_low": row["benefit"].low,
        "benefit_high": row["benefit"].high,
        "compute_percent": row["compute"].value,
        "money_bn": row["money"].value,
        "money_low": row["money"].low,
        "money_high": row["money"].high,
        "quarters_to_half": row["time"].value,
        "time_low": row["time"].low,
        "time_high": row["time"].high,
        "worlds_with_time": row["time"].n,
    }


def _at_best(first: int) -> float:
    """Largest rank correlation with the article's order that is possible if one strategy adds most."""
    ranks = [order for order in permutations(range(len(STRATEGIES))) if order[first] == len(STRATEGIES) - 1]
    return float(np.max(_agreement(list(np.asarray(ranks, dtype=np.float64).T))))


def _notes(firsts: list[Number], table: Columns) -> tuple[str, ...]:
    """Orders by benefit and by money in the median world."""

    def ordered(column: str) -> str:
        values = np.asarray(table[column], dtype=np.float64)
        return ", ".join(str(table["strategy"][place]) for place in np.argsort(-values, kind="stable"))

    leader = int(np.argmax(np.asarray(table["benefit_ln"], dtype=np.float64)))
    share = firsts[leader].value
    return (
        f"By benefit in the median world, largest first: {ordered('benefit_ln')}. By money: {ordered('money_bn')}. "
        f"The article's order, largest first: {', '.join(one.label for one in reversed(STRATEGIES))}.",
        f"{STRATEGIES[leader].label.capitalize()} adds most in {PERCENT * share:.0f} % of worlds; where it does, no "
        f"order of the others brings the rank correlation above {_at_best(leader):.1f}.",
    )
