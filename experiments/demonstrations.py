"""What the model has to show before anyone believes it, each against its own ablation (MODEL 11).

Every demonstration compares arms that share their worlds. It says in which share of worlds the direction holds, and is
*shown* if that is at least `MOST`; if it is not, the page says so and why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from abm.calendar import quarter_index
from abm.intervals import cluster_shares, spread
from abm.network import bloc_assortativity, procurement_network
from abm.results import Results
from abm.scenario import Scenario
from abm.simulation import Builder, kernel, prepare, run_arms
from abm.view import RunView

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MOST = 0.75
"""Share of worlds from which a direction counts as shown."""
RUNS, SEED, REPLICATIONS = 128, 1, 2
NETWORK_WORLDS = 16
PAIR = 2
RULE = quarter_index("2023Q4")
"""Quarter in which the rules of October 2023 took effect."""
YEAR_2024 = slice(quarter_index("2024Q1"), quarter_index("2024Q4") + 1)
LAG_HOLDS = 3.0
"""Months by which a lag may grow and still count as holding: the range of the observed lags is 12 to 14."""


@dataclass(frozen=True)
class Row:
    """One number over worlds: median and 90 % of worlds."""

    label: str
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Demonstration:
    """One demonstration.

    Attributes
    ----------
    name, claim, measure : str
    rows : tuple of Row
        The measure in the arms, ablations included, and what is compared.
    share, low : float
        Share of worlds in which the direction holds, and the lower end of its 90 % interval over points.
    runs, points : int
    why : str
        Why the model does not show it; printed only then.
    """

    name: str
    claim: str
    measure: str
    rows: tuple[Row, ...]
    share: float
    low: float
    runs: int
    points: int
    why: str = ""

    @property
    def shown(self) -> bool:
        """Whether the direction holds in most worlds."""
        return self.share >= MOST

    def markdown(self) -> Iterator[str]:
        """Name, claim and rows, line by line; the verdict is for the page to word."""
        yield f"## {self.name}"
        yield ""
        yield self.claim
        yield ""
        yield f"| {self.measure} | median | 90 % of worlds |"
        yield "|---|---:|---:|"
        for row in self.rows:
            ends = "" if np.isnan(row.low) else f"{row.low:.3g} to {row.high:.3g}"
            yield f"| {row.label} | {row.median:.3g} | {ends} |"
        yield ""


def scenarios() -> dict[str, Scenario]:
    """Arms by name; all share their worlds."""
    history = Scenario.load("history")
    none, lifted = history.counterfactual("none_0"), Scenario.load("lifted_2027")
    threat = history.counterfactual("none_threat")
    return {
        "history": history,
        "none_0": none,
        "lifted_2027": lifted,
        "none_threat": threat,
        "no stockpiling": history.without("stockpiling"),
        "no redesign": history.without("redesign"),
        "no grey market": history.without("grey_market"),
        "no spill-overs": history.without("knowledge_spillovers"),
        "no distillation": history.without("distillation"),
        "no network effects": history.without("network_effects"),
        "none_0, no network effects": none.without("network_effects"),
        "pro rata": history.with_parameters(size_priority=0.0),
        "lifted_2027, no porting": lifted.without("porting"),
        "none_0, no porting": none.without("porting"),
        "none_threat, beliefs fixed": threat.with_parameters(hazard_step=0.0),
        "none_0, beliefs fixed": none.with_parameters(hazard_step=0.0),
    }


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The arms, run in the same worlds."""

    arms: Mapping[str, Results]

    def series(self, arm: str, name: str) -> Floats:
        """A recorded series of an arm, (run, quarter)."""
        return self.arms[arm].series(name)

    def level(self, arm: str, name: str) -> Floats:
        """A recorded series or an outcome of an arm, quarters behind runs."""
        values: Floats = np.asarray(self.arms[arm][name].values, dtype=np.float64)
        return values

    @cached_property
    def ok(self) -> Bools:
        """Worlds that broke no law in any arm."""
        return np.all([results.ok for results in self.arms.values()], axis=0)

    def row(self, label: str, values: Floats) -> Row:
        """Spread over the worlds that count."""
        found = spread(np.asarray(values, dtype=np.float64)[self.ok])
        return Row(label, found.median, found.low, found.high)

    def demonstration(
        self, texts: tuple[str, str, str], rows: tuple[Row, ...], holds: Bools, why: str = ""
    ) -> Demonstration:
        """Count the worlds in which a direction holds."""
        points = next(iter(self.arms.values())).point[self.ok]
        shares = cluster_shares(holds[self.ok].astype(np.int64), points, 2)
        share, low = float(shares.probability[1]), float(shares.low[1])
        return Demonstration(*texts, rows, share, low, int(self.ok.sum()), shares.clusters, why)


def run_ensemble(runs: int = RUNS, seed: int = SEED, replications: int = REPLICATIONS) -> Ensemble:
    """Run all arms."""
    arms = scenarios()
    return Ensemble(dict(zip(arms, run_arms(list(arms.values()), runs, seed, replications=replications), strict=True)))


def demonstrations(ensemble: Ensemble, seed: int = SEED) -> tuple[Demonstration, ...]:
    """All of them, in the order of MODEL 11."""
    return (
        surge(ensemble), trough(ensemble), redesign(ensemble), porting_stays(ensemble), self_reliance_stays(ensemble),
        grey_premium(ensemble), assortativity(seed), threats(ensemble),
        share_falls_lag_holds(ensemble),
    )  # fmt: skip


# --- around rules -----------------------------------------------------------------------------------------------------


def surge(ensemble: Ensemble) -> Demonstration:
    """Firms buy ahead of a rule that they expect."""
    before = slice(RULE - 3, RULE)
    flow = {arm: ensemble.series(arm, "nvidia_china_units")[:, before].sum(axis=1)
            for arm in ("history", "no stockpiling", "none_0")}  # fmt: skip
    rows = tuple(ensemble.row(arm, values) for arm, values in flow.items())
    texts = (
        "Surge before a rule",
        "Before the rules of October 2023, firms buy more than they would without stockpiling.",
        "NVIDIA flagships delivered to China in 2023Q1 to 2023Q3, thousand",
    )
    return ensemble.demonstration(texts, rows, flow["history"] > flow["no stockpiling"])


def trough(ensemble: Ensemble) -> Demonstration:
    """Sales break down in the quarter of a rule."""
    depth = {arm: _depth(ensemble.series(arm, "nvidia_china_units")) for arm in ("history", "none_0")}
    rows = tuple(ensemble.row(arm, values) for arm, values in depth.items())
    texts = (
        "Trough in the quarter of a rule",
        "In 2023Q4 sales fall below both neighbouring quarters, and further than without rules.",
        "NVIDIA flagships delivered to China in 2023Q4 over those of the lower neighbour",
    )
    return ensemble.demonstration(texts, rows, (depth["history"] < 1.0) & (depth["history"] < depth["none_0"]))


def _depth(units: Floats) -> Floats:
    beside = np.minimum(units[:, RULE - 1], units[:, RULE + 1])
    depth: Floats = np.divide(units[:, RULE], beside, out=np.full(len(units), np.inf), where=beside > 0.0)
    return depth


def redesign(ensemble: Ensemble) -> Demonstration:
    """Cat and mouse: vendors cut chips to the threshold and go on selling."""
    flow = {arm: ensemble.series(arm, "nvidia_china_units")[:, YEAR_2024].sum(axis=1)
            for arm in ("history", "no redesign", "none_0")}  # fmt: skip
    rows = [ensemble.row(f"{arm}: flagships in 2024, thousand", values) for arm, values in flow.items()]
    designs = {arm: _designs(ensemble.arms[arm]) for arm in ("history", "no redesign")}
    rows += [ensemble.row(f"{arm}: designs on the two lines to 2024", values) for arm, values in designs.items()]
    texts = (
        "Redesign, cat and mouse",
        "Vendors answer each rule with designs just below its thresholds and keep selling; without redesigns not.",
        "NVIDIA's lines for China",
    )
    holds = (flow["history"] > flow["no redesign"]) & (designs["history"] > designs["no redesign"])
    return ensemble.demonstration(texts, tuple(rows), holds)


def _designs(results: Results) -> Floats:
    """Designs that NVIDIA's two lines for China have sold by the end of 2024."""
    lines = [
        results.design_on_sale(name)[:, : YEAR_2024.stop] for name in ("design_compliance_a", "design_compliance_b")
    ]
    return np.asarray([len({*one, *other} - {""}) for one, other in zip(*lines, strict=True)], dtype=np.float64)


# --- what lifting does not restore ------------------------------------------------------------------------------------


def porting_stays(ensemble: Ensemble) -> Demonstration:
    """Software that moved does not move back when the rules are lifted."""
    gaps = {
        "at the end of 2026, rules in force": _gap(ensemble, "lifted_2027", "none_0", "2026Q4"),
        "at the end of 2032, lifted since 2027": _gap(ensemble, "lifted_2027", "none_0", "2032Q4"),
        "the same without porting research in both arms": _gap(
            ensemble, "lifted_2027, no porting", "none_0, no porting", "2032Q4"
        ),
    }
    rows = tuple(ensemble.row(label, values) for label, values in gaps.items())
    texts = (
        "Hysteresis of software",
        "Six years after all rules are lifted, software for Chinese chips is still more mature than if there had been "
        "none.",
        "maturity of CANN in China, lifted_2027 less none_0",
    )
    return ensemble.demonstration(texts, rows, gaps["at the end of 2032, lifted since 2027"] > 0.0)


def _gap(ensemble: Ensemble, arm: str, other: str, quarter: str) -> Floats:
    t = quarter_index(quarter)
    return ensemble.series(arm, "porting_cann")[:, t] - ensemble.series(other, "porting_cann")[:, t]


def self_reliance_stays(ensemble: Ensemble) -> Demonstration:
    """Purchases do not go back either."""
    share = {arm: 100.0 * ensemble.arms[arm]["self_reliance_year"].values for arm in ("lifted_2027", "none_0")}
    gap = share["lifted_2027"] - share["none_0"]
    early, late = gap[:, quarter_index("2026Q4")], gap[:, quarter_index("2032Q4")]
    rows = (
        ensemble.row("at the end of 2026, rules in force", early),
        ensemble.row("at the end of 2032, lifted since 2027", late),
    )
    texts = (
        "Hysteresis of purchases",
        "Lifting the rules does not restore what China bought before them.",
        "domestic share of compute bought in the year, lifted_2027 less none_0, percentage points",
    )
    return ensemble.demonstration(texts, rows, late > 0.0)


# --- grey market, blocs -----------------------------------------------------------------------------------------------


def grey_premium(ensemble: Ensemble) -> Demonstration:
    """Denied chips cost more on the grey market."""
    span = slice(quarter_index("2022Q4"), YEAR_2024.stop)
    premium = {arm: 100.0 * ensemble.series(arm, "grey_premium")[:, span].mean(axis=1) for arm in ("history", "none_0")}
    chips = {arm: ensemble.series(arm, "smuggled_chips")[:, span].sum(axis=1)
             for arm in ("history", "none_0", "no grey market")}  # fmt: skip
    rows = [ensemble.row(f"{arm}: premium, %", values) for arm, values in premium.items()]
    rows += [ensemble.row(f"{arm}: chips, thousand", values) for arm, values in chips.items()]
    texts = (
        "Grey premium",
        "Rules make grey chips dearer and more; with the grey market off none pass.",
        "premium over the list price, mean 2022Q4 to 2024Q4, and chips in these quarters",
    )
    holds = (premium["history"] > premium["none_0"]) & (chips["history"] > chips["none_0"])
    return ensemble.demonstration(texts, tuple(rows), holds & (chips["no grey market"] == 0.0))


def assortativity(seed: int = SEED) -> Demonstration:
    """Trade in chips falls into blocs: the procurement network of 2024Q4 as a NetworkX graph, pair by pair."""
    history = Scenario.load("history")
    arms = [history, history.counterfactual("none_0")]
    plan = prepare(arms)
    builder, run = Builder(plan, arms, seed, 1), kernel(PAIR)
    found = np.empty((NETWORK_WORLDS, PAIR))
    for world in range(NETWORK_WORLDS):
        handle = builder.fill(PAIR * world + np.arange(PAIR, dtype=np.int64))
        run(handle, 0, YEAR_2024.stop)
        for lane, arm in enumerate(arms):
            view = RunView(plan, handle.world, lane, arm, YEAR_2024.stop - 1)
            found[world, lane] = bloc_assortativity(procurement_network(view))
    holds = found[:, 0] > found[:, 1]
    shares = cluster_shares(holds.astype(np.int64), np.arange(NETWORK_WORLDS), 2)
    rows = []
    for lane, arm in enumerate(arms):
        values = spread(found[:, lane])
        rows.append(Row(arm.name, values.median, values.low, values.high))
    return Demonstration(
        "Bloc assortativity",
        "With the rules each bloc buys more of its own chips than without.",
        "assortativity by bloc of the procurement network in 2024Q4, by value, -1 to 1",
        tuple(rows), float(shares.probability[1]), float(shares.low[1]), NETWORK_WORLDS, NETWORK_WORLDS,
    )  # fmt: skip


# --- threats, compute and the lag -------------------------------------------------------------------------------------


def threats(ensemble: Ensemble) -> Demonstration:
    """Announcements that never take effect move software all the same."""
    t = quarter_index("2026Q4")
    level = {arm: ensemble.series(arm, "porting_cann")[:, t] for arm in
             ("none_threat", "none_0", "none_threat, beliefs fixed", "none_0, beliefs fixed")}  # fmt: skip
    rows = (
        ensemble.row("none_threat less none_0", level["none_threat"] - level["none_0"]),
        ensemble.row(
            "the same with beliefs that do not move",
            level["none_threat, beliefs fixed"] - level["none_0, beliefs fixed"],
        ),
    )
    texts = (
        "Threats alone",
        "Leaks and announcements without any rule in force make Chinese firms port more.",
        "maturity of CANN in China at the end of 2026",
    )
    why = "Fear moves purchases more than research, and learning by use is small while few domestic chips can be had."
    return ensemble.demonstration(texts, rows, level["none_threat"] > level["none_0"], why)


def share_falls_lag_holds(ensemble: Ensemble) -> Demonstration:
    """China loses compute and keeps its distance, in the same runs."""
    first, last = quarter_index("2022Q3"), YEAR_2024.stop - 1
    rows, both = [], {}
    for arm in ("history", "none_0", "no spill-overs", "no distillation"):
        share = 100.0 * ensemble.arms[arm]["compute_share_cn"].values
        lag = ensemble.arms[arm].observe("ECI_LAG")
        grown = lag.at("2024Q4") - lag.at("2022Q3")
        both[arm] = (share[:, last] < share[:, first]) & (grown <= LAG_HOLDS)
        rows.append(ensemble.row(f"{arm}: change of the share, percentage points", share[:, last] - share[:, first]))
        rows.append(ensemble.row(f"{arm}: growth of the lag, months", grown))
        joint = 100.0 * float(both[arm][ensemble.ok].mean())
        rows.append(Row(f"{arm}: both at once, % of worlds", joint, np.nan, np.nan))
    texts = (
        "Compute share falls while the lag holds",
        f"From 2022Q3 to 2024Q4 China's share of the world's training compute falls while its lag grows by at most "
        f"{LAG_HOLDS:g} months, in the same runs.",
        "share of installed training compute; lag as observed (ECI_LAG)",
    )
    why = (
        "The share falls everywhere, but the lag grows with it in most worlds: compute enters both the largest run and "
        "research, and spill-overs under these priors make up for only part of it. Where they are strong both hold; "
        "with spill-overs off hardly ever."
    )
    return ensemble.demonstration(texts, tuple(rows), both["history"], why)
