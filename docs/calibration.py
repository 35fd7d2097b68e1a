"""Write docs/calibration.md from what `curbs calibrate` found, and the picture of the shipped ensemble.

    .venv/bin/python docs/calibration.py

The reports in docs/calibration are those of the calibrations that made the shipped posteriors.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt

from abm.beliefs import POSTERIOR
from abm.calendar import periods_of
from abm.results import Results
from abm.scenario import Scenario
from abm.simulation import simulate
from experiments.calibration.targets import Target, load_targets

DOCS = Path(__file__).parent
REPORTS, PAGE, PICTURE = DOCS / "calibration", DOCS / "calibration.md", DOCS / "calibration.png"
RUNS = 1024
SHOWN = (
    "NVDA_CHINA_REV_BILL", "CN_NVDA_UNITS_FLOW", "CN_NVDA_H100E_FLOW", "NVDA_DC_REV", "IDC_SHARE_DOM",
    "ASCEND_UNITS", "TENCENT_CAPEX_Y", "ECI_LAG", "WORLD_NVDA_H100E_CUM",
)  # fmt: skip


def report(name: str) -> dict[str, Any]:
    """A committed report."""
    read: dict[str, Any] = json.loads((REPORTS / f"{name}.json").read_text(encoding="utf-8"))
    return read


def table(header: Sequence[str], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    """A Markdown table."""
    yield "| " + " | ".join(header) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
    yield ""


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    found = report("posterior")
    manifest = found["manifest"]
    yield "# Calibrated to 2024"
    yield ""
    yield (
        "The default parameters are draws from a posterior that knows facts to 2024Q4 and nothing later. Written by "
        "`python docs/calibration.py` from the reports in docs/calibration; the method is that of"
    )
    yield ""
    yield "```sh\ncurbs calibrate --out calibration            # --quick: fewer particles\n```"
    yield ""
    yield (
        f"{manifest['draws']:,} draws of {len(found['parameters'])} parameters, {manifest['facts']} facts, seed "
        f"{manifest['seed']}, {manifest['points']:,} points. History matching in {manifest['waves']} waves left "
        f"10^{manifest['log10_share_left_by_history_matching']:g} of the prior; ABC-SMC ended at "
        f"{manifest['tolerance_reached']:g} times the error of observation ({manifest['stopped']}), a regression goes "
        "the rest of the way. All other parameters are drawn from their priors."
    )
    yield ""
    yield (
        "The shipped tables are what these commands gave: the posterior `curbs calibrate`, that for the back-test "
        "the same with `--facts-to 2023Q4`, both in full."
    )
    yield ""
    yield "![Every series against the ensemble](calibration.png)"
    yield ""
    yield from _fit(found)
    yield from _known(found)
    yield from _coverage(report("coverage"))
    yield from _structure(report("structure"))


REASONS = {
    "rush": "the model orders by the quarter and meets a rule by the days that it leaves open; firms rush in the weeks "
    "before a date that they know, and NVIDIA ships what it has. The surge before October 2023 is too flat, and what "
    "was under way when the rule came is too little",
    "other": "gaming and low-tier sales jump by half a billion from one quarter to the next for reasons of their own",
    "boom": "yearly plans cannot date a boom that came within one quarter of 2023",
    "low tier": "low-tier cards are the same in every year; in the slump of 2022 and early 2023 fewer were sold",
    "Chinese chips": "packaging and yield of the model's Chinese chain grow somewhat too late in 2024; analysts count "
    "sales to state projects and chips from dies in store that its designers do not have",
    "one firm": "one firm's capital expenditure comes in lumps; its share for accelerators is known by year at most",
    "lag": "the model's Chinese leaders follow by spill-overs and distillation somewhat faster than those observed",
}
"""Why the median misses facts, in short."""
WHY = {
    "NVDA_CHINA_REV_BILL": "rush, other", "NVDA_CHINA_REV_FY": "rush, other", "CN_NVDA_H100E_FLOW": "rush",
    "CN_NVDA_UNITS_FLOW": "rush", "H20_UNITS_SA": "rush", "CN_NVDA_H100E_CUM": "rush", "NVDA_DC_REV": "boom",
    "NVDA_DC_REV_FY": "boom", "WORLD_NVDA_H100E_CUM": "boom", "IDC_UNITS": "low tier",
    "IDC_SHARE_DOM": "low tier, Chinese chips", "IDC_DOM_UNITS": "Chinese chips", "MS_SELFSUFF": "Chinese chips",
    "MS_GPU_REV": "Chinese chips", "BERN_SHARE_NVDA": "Chinese chips", "ASCEND_UNITS": "Chinese chips",
    "ASCEND910B_YIELD": "Chinese chips", "TENCENT_CAPEX_Q": "one firm", "TENCENT_CAPEX_Y": "one firm",
    "ALIBABA_CAPEX_Q": "one firm", "BYTEDANCE_CAPEX": "one firm", "BAIDU_CAPEX": "one firm", "ECI_LAG": "lag",
}  # fmt: skip
"""Reason for a miss by series; a series that comes to be missed needs one."""


def _fit(found: Mapping[str, Any]) -> Iterator[str]:
    short = found["summary"]
    yield "## How it fits"
    yield ""
    yield (
        f"The median of single worlds lies within the tolerance of {short['inside_tolerance']} of {short['facts']} "
        f"facts; {short['inside_90']} lie in the 90 % band of single worlds, {short['inside_50']} in the 50 % band. "
        f"NVIDIA's billing in China 2022Q4 to 2024Q4 has a mean absolute percentage error of "
        f"{100 * short['billing_mape']:.0f} %; its trough after the rule of October 2023 is {short['trough']['model']} "
        f"(it was {short['trough']['observed']}). Missed by more than twice the tolerance: "
        f"{', '.join(short['missed_by_more_than_twice']) or 'none'}."
    )
    yield ""
    yield "Facts that the median misses, in the unit of the series; all others are in docs/calibration/posterior.json."
    yield ""
    rows = (
        (f"`{row['series']}`", row["period"], f"{row['observed']:g} {row['unit']}", f"{row['median']:g}",
         f"{row['p05']:g} to {row['p95']:g}", f"{row['miss_in_tolerances']:+.1f}", WHY[row["series"]])
        for row in found["fit"] if row["verdict"] != "fit"
    )  # fmt: skip
    yield from table(("series", "period", "fact", "median", "90 %", "miss, tolerances", "why"), rows)
    yield "Reasons: " + "; ".join(f"({mark}) {text}" for mark, text in REASONS.items()) + "."
    yield ""


def _known(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## What is known of each parameter"
    yield ""
    yield (
        "Width: of the 90 % interval over the prior's. Slice: standard deviation if all others were known, over the "
        "prior's; a small slice beside a wide interval is a combination that facts know. Shift: of the mean, in "
        "standard deviations of the prior. The last column names the facts that the knowledge rests on."
    )
    yield ""
    rows = (
        (f"`{one['parameter']}`", one["width_over_prior"], one["sliced_sd_over_prior"],
         f"{one['shift_in_prior_sd']:+g}", one["label"], one["moved_by"] or "-")
        for one in found["parameters"]
    )  # fmt: skip
    yield from table(("parameter", "width", "slice", "shift", "known", "by"), rows)
    if found["trade_offs"]:
        told = (f"`{one['first']}` and `{one['second']}` ({one['correlation']:+g})" for one in found["trade_offs"])
        yield "Pairs that trade off: " + ", ".join(told) + "."
    else:
        yield "No pair has a correlation of .5 or more."
    yield ""


def _coverage(check: Mapping[str, Any]) -> Iterator[str]:
    nine, half = check["coverage_90"], check["coverage_50"]
    yield "## Whether intervals hold"
    yield ""
    yield (
        f"Of {check['data_sets']} synthetic data sets, made by the model at draws from the priors, 90 % intervals hold "
        f"the truth in {_percent(nine)}, 50 % intervals in {_percent(half)}; by regression from one table of "
        f"{check['runs_of_the_table']:,} runs (`curbs calibrate --check`)."
    )
    worst = sorted(check["parameters"].items(), key=lambda one: one[1]["coverage_90"])
    yield (
        f"Lowest by parameter: `{worst[0][0]}` {100 * worst[0][1]['coverage_90']:.0f} %, highest: `{worst[-1][0]}` "
        f"{100 * worst[-1][1]['coverage_90']:.0f} %. That says that the method is right if the model is; the misses "
        "above say where it is not."
    )
    yield ""


def _percent(share: Mapping[str, float]) -> str:
    """A share with its interval."""
    low, middle, high = (100.0 * share[key] for key in ("low", "pooled", "high"))
    return f"{middle:.1f} % ({low:.1f} to {high:.1f})"


def _structure(found: Mapping[str, Any]) -> Iterator[str]:
    yield "## What it rests on"
    yield ""
    yield (
        f"Other models fitted to the same facts, each by regression from a table of {found['table']:,} runs of its own "
        "(`curbs calibrate --structure`), and what the controls do in them: medians of "
        f"{found['pairs']} pairs in 2032Q4, thresholds fixed after 2026Q3, with 5 and 95 %. Distance: weighted mean "
        "squared miss of a world in errors; 1 would be a model as good as the errors allow. This is rougher than the "
        "shipped posterior: compare rows with each other, not with the README."
    )
    yield ""
    rows = (
        (one["name"], one["inside"], f"{one['distance']:.2f}",
         *("{1:+.1f} ({0:+.1f} to {2:+.1f})".format(*one[key])
           for key in ("lead_months", "self_reliance_points", "us_revenue_percent")))
        for one in found["models"]
    )  # fmt: skip
    header = ("model", "facts inside", "distance", "lead, months", "self-reliance, points", "US revenue, %")
    yield from table(header, rows)


# --- the picture ------------------------------------------------------------------------------------------------------


def draw() -> None:
    """The ensemble of the shipped posterior around the facts."""
    mpl.use("Agg")
    ensemble = simulate(Scenario.load("history").with_beliefs(POSTERIOR), runs=RUNS, seed=1, replications=1)
    targets = load_targets().targets
    figure, axes = plt.subplots(3, 3, figsize=(13, 9), constrained_layout=True)
    for axis, series in zip(axes.flat, SHOWN, strict=True):
        _panel(axis, ensemble, [one for one in targets if one.series == series])
    figure.savefig(PICTURE, dpi=110)
    plt.close(figure)


def _panel(axis: Any, ensemble: Results, facts: Sequence[Target]) -> None:
    seen = ensemble.observe(facts[0].series)
    quarterly = "Q" in facts[-1].period
    kept = [place for place, period in enumerate(seen.periods)
            if ("Q" in period) == quarterly and 2021 <= _middle(period) < 2025.1]  # fmt: skip
    when = [_middle(seen.periods[place]) for place in kept]
    low, first, middle, third, high = np.nanquantile(seen.values[:, kept], (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    axis.fill_between(when, low, high, color="#56B4E9", alpha=0.3, linewidth=0)
    axis.fill_between(when, first, third, color="#56B4E9", alpha=0.5, linewidth=0)
    axis.plot(when, middle, color="#0072B2", linewidth=1.6)
    axis.plot(
        [_middle(one.period) for one in facts], [one.observed for one in facts], "o", color="#D55E00", markersize=4
    )
    axis.set_title(f"{facts[0].series}, {facts[0].unit}", fontsize=10, loc="left")
    for date in (2022.77, 2023.8):
        axis.axvline(date, color="grey", linewidth=0.7, linestyle=":")
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_ylim(bottom=0)


def _middle(period: str) -> float:
    """Middle of a period in years."""
    span = periods_of(period)
    return 2020.0 + (span[0] + span[-1] + 1) / 8.0


def main() -> int:
    """Write picture and page."""
    draw()
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
