"""From comparisons to the picture: which quantity each panel shows, with the observation it is held against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import FIRST_YEAR, periods_of, quarter_of, quarter_start
from abm.operators import OPERATORS
from abm.policy import Policy, is_standing
from abm.policy_schema import Clause, HbmStep, Instrument
from abm.results import Results
from abm.scenario import Scenario
from experiments.figures import Bars, Caption, Fan, Observed, picture, quantiles, save
from experiments.politics import CONTINUATION_NAMES
from experiments.report import HORIZONS, prior_text, regime_shares
from experiments.runfolder import write_json
from experiments.runs import Pair

Floats = NDArray[np.float64]

ZOOM = (2021.0, 2026.0)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
QUANTILES_HEADER = (
    "continuation", "arm", "quantity", "unit", "period", "runs", "p05", "p25", "median", "p75", "p95",
    "observed", "observed_low", "observed_high",
)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """What one panel shows: an observation operator, or a recorded series or outcome."""

    quantity: str
    title: str
    unit: str
    options: Mapping[str, Any] = field(default_factory=dict)


PANELS = (
    Panel("NVDA_CHINA_REV_BILL", "NVIDIA's sales billed to China", "USD bn a quarter, all products",
          {"span": ZOOM, "marked": True}),
    Panel("CN_NVDA_H100E_FLOW", "NVIDIA compute sold to China", "thousand H100e a quarter, legal sales", {"log": True}),
    Panel("IDC_SHARE_DOM", "Chinese share of AI cards sold in China", "% of cards a year, low tier included"),
    Panel("ASCEND_UNITS", "Ascend packages finished", "thousand a year", {"log": True}),
    Panel("ECI_LAG", "US lead over China", "months, as observed: with release delay", {"floor": None}),
    Panel("us_vendor_revenue", "US chip vendors' revenue, world", "USD bn a quarter", {"log": True}),
    Panel("CN_COMPUTE_SHARE", "China's share of training compute", "% of the world, installed"),
)  # fmt: skip
"""Panels of the picture in reading order; the first is wide."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One quantity in one arm: values [run, period] of the pairs in which both arms ran to the end."""

    unit: str
    periods: tuple[str, ...]
    values: Floats
    observed: tuple[tuple[str, float, float, float], ...] = ()


def measure(results: Results, quantity: str, usable: NDArray[np.bool_]) -> Measured:
    """Look a quantity up, by observation operator or by name; `usable` [run] picks the runs."""
    if quantity not in OPERATORS:
        found = results[quantity]
        return Measured(found.unit, tuple(found.coords["quarter"]), found.values[usable])
    seen = results.observe(quantity)
    rows = zip(seen.periods, seen.observed.value, seen.observed.low, seen.observed.high, strict=True)
    known = tuple((period, float(v), float(a), float(b)) for period, v, a, b in rows if not np.isnan(v))
    return Measured(seen.unit, seen.periods, seen.values[usable], known)


def usable_runs(pair: Pair) -> NDArray[np.bool_]:
    """Pairs of which neither arm failed, [run]."""
    return pair.comparison.arms.ok


def middle(period: str) -> float:
    """Middle of a quarter, half year or year on the axis of years: 2024Q3 is 2024.625."""
    span = periods_of(period)
    return FIRST_YEAR + (span[0] + span[-1] + 1) / 8


def fan(panel: Panel, pairs: Sequence[Pair]) -> Fan:
    """Panel of the first continuation, with the median of the second where there is one."""
    first = pairs[0]
    usable = usable_runs(first)
    controls = measure(first.comparison.controls, panel.quantity, usable)
    without = measure(first.comparison.counterfactual, panel.quantity, usable)
    regular = _regular(controls.periods)
    sliding = None
    if len(pairs) > 1:
        other = measure(pairs[1].comparison.controls, panel.quantity, usable_runs(pairs[1])).values[:, regular]
        sliding = quantiles(other, (0.5,))[0]
    return Fan(
        title=panel.title,
        unit=panel.unit,
        at=np.asarray([middle(controls.periods[place]) for place in regular]),
        controls=controls.values[:, regular],
        without=without.values[:, regular],
        observed=tuple(
            Observed(middle(period), value, None if np.isnan(low) else low, None if np.isnan(high) else high)
            for period, value, low, high in controls.observed
        ),
        sliding=sliding,
        **panel.options,
    )


def _regular(periods: Sequence[str]) -> list[int]:
    """Places of the periods of the usual length: half years stand among years for the data's sake alone."""
    lengths = [len(periods_of(period)) for period in periods]
    usual = max(set(lengths), key=lengths.count)
    return [place for place, length in enumerate(lengths) if length == usual]


def policy_marks(policy: Policy) -> tuple[tuple[date, str], ...]:
    """Days from which US rules restrict chips or memory for China more, beyond the standing law, with their month."""
    days = {day for one in policy if one.binds and not is_standing(one, policy) and (day := _restricts_from(one))}
    return tuple((day, f"{day:%b %Y}") for day in sorted(days))


def _restricts_from(one: Instrument) -> date | None:
    """First day on which a US instrument on chips closes sales to China, or memory imports; None if it does not."""
    if one.side != "us" or one.category != "chips":
        return None
    days = [
        effect.effective
        for effect in one.effects
        if isinstance(effect, HbmStep)
        or (
            isinstance(effect, Clause)
            and effect.status in ("denied", "licence")
            and effect.channel == "sale"
            and "CN" in effect.destinations
            and not effect.relaxes
        )
    ]
    return min(days, default=None)


def bars(pairs: Sequence[Pair]) -> list[Bars]:
    """Regime probabilities of each continuation."""
    return [
        Bars(CONTINUATION_NAMES[pair.continuation], {year: regime_shares(pair, year) for year in HORIZONS})
        for pair in pairs
    ]


def caption(pairs: Sequence[Pair], seed: int) -> Caption:
    """Caption of the picture."""
    pair = pairs[0]
    usable = usable_runs(pair)
    controls = pair.comparison.controls
    return Caption(
        scenario=pair.scenario.name,
        counterfactual=pair.counterfactual.name,
        runs=controls.runs,
        points=len(set(controls.point.tolist())),
        failed=int((~usable).sum()),
        seed=seed,
        prior=prior_text(pair.scenario),
        scenario_from=_script_end(pair.scenario),
        marks=policy_marks(pair.scenario.law),
        sliding=len(pairs) > 1,
    )


def _script_end(scenario: Scenario) -> float:
    """Year at which the script has ended: what follows is scenario."""
    last = quarter_start(scenario.timeline.last_quarter("script") + 1)
    return min(FIRST_YEAR + quarter_of(last) / 4, 2026.75)


def draw(pairs: Sequence[Pair], folder: Path, facts: Mapping[str, Any]) -> list[Path]:
    """Draw the picture into the folder, with its provenance beside it."""
    text = caption(pairs, int(facts["seed"]))
    figure = picture([fan(panel, pairs) for panel in PANELS], bars(pairs), text)
    paths = save(figure, folder, "picture")
    sidecar = {
        "caption": text.text(),
        "panels": [{"quantity": panel.quantity, "title": panel.title, "unit": panel.unit} for panel in PANELS],
        "interval": "50 and 90 % of worlds",
        "regimes": list(HORIZONS),
        "continuations": [CONTINUATION_NAMES[pair.continuation] for pair in pairs],
        "made_by": dict(facts),
    }
    write_json(folder / "picture.json", sidecar)
    return paths


def quantile_rows(pairs: Sequence[Pair]) -> Iterator[tuple[Any, ...]]:
    """Quantiles over worlds of every observed quantity and panel, by period, with the observation beside them."""
    names = [*OPERATORS, *(panel.quantity for panel in PANELS if panel.quantity not in OPERATORS), "lead"]
    for pair in pairs:
        usable = usable_runs(pair)
        for arm, results in (
            ("controls", pair.comparison.controls),
            ("counterfactual", pair.comparison.counterfactual),
        ):
            absent = set(OPERATORS) - set(results.observations)
            for name in (one for one in names if one not in absent):
                found = measure(results, name, usable)
                seen = {period: (value, low, high) for period, value, low, high in found.observed}
                spread = quantiles(found.values, QUANTILES)
                for place, period in enumerate(found.periods):
                    runs = int(np.isfinite(found.values[:, place]).sum())
                    real = seen.get(period, (None, None, None))
                    yield (pair.continuation, arm, name, found.unit, period, runs, *spread[:, place].tolist(), *real)
