"""Further demonstrations of MODEL 11: tipping, equal firms, distillation, and who gets chips when they are scarce."""

from __future__ import annotations

import numpy as np

from abm.backfire import Comparison
from abm.calendar import quarter_index
from abm.intervals import cluster_shares, spread
from abm.regimes import Codes
from abm.scenario import Scenario
from abm.simulation import compare, prepare
from abm.vocabulary import BLOCS, BUYER_CLASSES, FIRM_HETEROGENEITY, HAZARD_FLOORS
from experiments.demonstrations import (
    REPLICATIONS,
    RULE,
    RUNS,
    SEED,
    YEAR_2024,
    Bools,
    Demonstration,
    Ensemble,
    Floats,
    Row,
    demonstrations,
)

LAST = "2032Q4"
YEAR = 2032
TAIL = "CN_TAIL"
FACT = "2024Q2"
"""Quarter of the observed lag of 14 months."""


def every(ensemble: Ensemble, seed: int = SEED) -> tuple[Demonstration, ...]:
    """All demonstrations of the page."""
    return (
        *demonstrations(ensemble, seed), listed_last(ensemble), small_last(ensemble), tipping(ensemble),
        distillation(ensemble),
        heterogeneity(int(ensemble.arms["history"].runs), seed),
    )  # fmt: skip


def tipping(ensemble: Ensemble) -> Demonstration:
    """Use teaches users, and what they learn makes them use it more."""
    t = quarter_index(LAST)
    gap = {
        label: ensemble.series(first, "porting_cann")[:, t] - ensemble.series(second, "porting_cann")[:, t]
        for label, first, second in (
            ("history less none_0", "history", "none_0"),
            ("the same without learning by use", "no network effects", "none_0, no network effects"),
        )
    }
    rows = [ensemble.row(label, values) for label, values in gap.items()]
    whole, without = gap.values()
    rows.append(ensemble.row("how much more with it", whole - without))
    texts = (
        "Ecosystem tipping",
        "A push by the rules grows by itself: with learning by use they move software for Chinese chips further.",
        f"maturity of CANN in China at the end of {LAST[:4]}",
    )
    why = (
        "Learning by use raises maturity in both arms. Where CANN is common without rules too, it is mature in both "
        "and the rules move it less: the push matters where the ecosystem would not have tipped anyway."
    )
    return ensemble.demonstration(texts, tuple(rows), whole > without, why)


def distillation(ensemble: Ensemble) -> Demonstration:
    """Who trains on the answers of a better model follows sooner, and never leads by it."""
    arms = ("history", "no distillation")
    lag = {arm: ensemble.arms[arm].observe("ECI_LAG").at(FACT) for arm in arms}
    t = quarter_index(FACT)
    gain = {arm: ensemble.series(arm, "distilled_cn")[:, t] for arm in arms}
    rows = [ensemble.row(f"{arm}: lag, months", values) for arm, values in lag.items()]
    rows += [ensemble.row(f"{arm}: above what China's top three trained, ln", values) for arm, values in gain.items()]
    texts = (
        "Distillation",
        "Chinese firms that train on the answers of better models lag less; without distillation capability is what "
        "firms trained.",
        f"{FACT}; observed lag 14 months (ECI_LAG)",
    )
    holds = (lag["history"] < lag["no distillation"]) & (gain["no distillation"] == 0.0)
    why = "In the other worlds China's leaders are closer to the US than distillation brings anyone."
    return ensemble.demonstration(texts, tuple(rows), holds, why)


# --- who gets chips when they are scarce ------------------------------------------------------------------------------


def listed_last(ensemble: Ensemble) -> Demonstration:
    """Entity-listed firms find fewer chips for their money than private ones."""
    groups = rationing_groups()
    return _rationed(ensemble, "listed", groups["listed"], groups["private"], "private")


def small_last(ensemble: Ensemble) -> Demonstration:
    """Small private firms find fewer chips for their money than large ones."""
    groups = rationing_groups()
    return _rationed(ensemble, "small private", groups["small"], groups["large"], "large private")


def _rationed(ensemble: Ensemble, kind: str, last: list[int], first: list[int], others: str) -> Demonstration:
    span = slice(RULE, YEAR_2024.stop)
    fill = {arm: ensemble.arms[arm]["firm_fill"].values[:, span] for arm in ("history", "pro rata", "none_0")}
    gap = {arm: 100.0 * (values[:, :, last].mean(axis=(1, 2)) - values[:, :, first].mean(axis=(1, 2)))
           for arm, values in fill.items()}  # fmt: skip
    rows = tuple(ensemble.row(arm, values) for arm, values in gap.items())
    texts = (
        f"Rationing: {kind} firms",
        f"Rationing hits {kind} firms in China before {others} ones.",
        f"share of the budget that bought chips, {kind} less {others} firms, 2023Q4 to 2024Q4, percentage points",
    )
    why = (
        "Priority of large customers (`size_priority`, prior 0 to 1; *pro rata* is without) takes a point or "
        "two from small firms: lines are mostly open or closed, and money that one line turns away finds "
        "another in the same quarter. Independent labs find as much for their money as Tencent, and DeepSeek, "
        "founded in 2023 with cash from its parent, more. Listing gives no place in the queue, since the law "
        "does not bar listed firms from chips that are free; what gap there is comes from Huawei's cloud, "
        "which may buy Chinese chips only."
    )
    return ensemble.demonstration(texts, rows, (gap["history"] < 0.0) & (gap["history"] < gap["none_0"]), why)


def rationing_groups() -> dict[str, list[int]]:
    """Chinese firms alive in 2023Q4: on the Entity List, the private others, among these single firms by size.

    Small and large are the lower and upper half by plan of private firms without a chip line of their own. The tail of
    platforms is left out: it sums many firms of middle size.
    """
    plan = prepare([Scenario.load("history")])
    arrays = plan.arrays
    chinese = np.flatnonzero((arrays["bloc"] == BLOCS.index("CN")) & (arrays["alive"][RULE] > 0.0)).tolist()
    on_list = arrays["floor_kind"] > HAZARD_FLOORS.index("other")
    private = arrays["buyer_class"][RULE] == BUYER_CLASSES.index("private")
    others = [place for place in chinese if private[place] and not on_list[place]]
    single = [place for place in others if arrays["own_vendor"][place] < 0 and plan.world.firms[place].id != TAIL]
    by_size = sorted(single, key=lambda place: (float(arrays["plan_share"][RULE, place]), place))
    half = len(by_size) // 2
    listed = [place for place in chinese if on_list[place]]
    return {"listed": listed, "private": others, "small": by_size[:half], "large": by_size[half:]}


# --- equal firms ------------------------------------------------------------------------------------------------------


def heterogeneity(runs: int = RUNS, seed: int = SEED, replications: int = REPLICATIONS) -> Demonstration:
    """Making all firms of a bloc alike changes what the rules do; luck alone does so less often."""
    usual = _effect_of_rules(runs, seed, replications, ())
    equal = _effect_of_rules(runs, seed, replications, (FIRM_HETEROGENEITY,))
    codes = usual.regimes(YEAR).codes, equal.regimes(YEAR).codes
    ok: Bools = (codes[0] >= 0) & (codes[1] >= 0)
    point = usual.controls.point
    moved = codes[0] != codes[1]
    shares = cluster_shares(moved[ok].astype(np.int64), point[ok], 2)
    by_luck = _by_luck(codes[0], point)
    leads = [one.effects(YEAR)["lead"].values[ok] for one in (usual, equal)]
    rows = (
        _row("effect on the lead, months: firms as they are", leads[0]),
        _row("effect on the lead, months: equal firms", leads[1]),
        Row("another regime with equal firms, % of worlds", 100.0 * float(moved[ok].mean()), np.nan, np.nan),
        Row("another regime by luck alone, % of pairs of worlds of a point", 100.0 * by_luck, np.nan, np.nan),
    )
    return Demonstration(
        "Heterogeneity matters",
        "Making firms alike changes the regime.",
        f"history against none_0 at the end of {YEAR}",
        rows, float(shares.probability[1]), float(shares.low[1]), int(ok.sum()), shares.clusters,
        "Equal firms change regimes about three times as often as luck does, but not in most worlds: a regime is a "
        "cell of wide bands, and at this horizon effects lie deep inside it.",
    )  # fmt: skip


def _effect_of_rules(runs: int, seed: int, replications: int, off: tuple[str, ...]) -> Comparison:
    history = Scenario.load("history").without(*off)
    return compare(history, runs=runs, seed=seed, replications=replications)


def _by_luck(codes: Codes, point: Codes) -> float:
    """Share of neighbouring worlds of one point whose regimes differ."""
    pairs = (point[1:] == point[:-1]) & (codes[1:] >= 0) & (codes[:-1] >= 0)
    return float(np.mean(codes[1:][pairs] != codes[:-1][pairs]))


def _row(label: str, values: Floats) -> Row:
    found = spread(values)
    return Row(label, found.median, found.low, found.high)
