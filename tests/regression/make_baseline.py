"""Make the regression baseline again, after a change that is meant to move results.

    .venv/bin/python -m tests.regression.make_baseline

The change of baseline.json belongs in the same commit as its cause, with a line "Results:" in CHANGELOG.md.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from abm.scenario import Scenario
from abm.simulation import compare, simulate

BASELINE = Path(__file__).with_name("baseline.json")
COMMAND = ".venv/bin/python -m tests.regression.make_baseline"
RUNS, SEED = 8, 1
QUARTERS = ("2022Q2", "2022Q4", "2023Q4", "2024Q4", "2026Q4", "2028Q4", "2032Q4")
DIGESTS = (
    "capability_cn", "capability_us", "compute_cn", "compute_us", "domestic_value", "value_cn", "ascend_packages",
    "us_vendor_revenue", "us_vendor_revenue_china", "us_vendor_rd", "nvidia_china_units", "domestic_cards",
    "smuggled_chips", "tencent_spending", "stock_orders_cn", "hazard_cn", "stringency", "porting_cann", "revenue_cn",
    "tool_share_domestic", "yield_domestic", "design_compliance_a",
)  # fmt: skip
"""Series whose bits are kept: each phase moves at least one of them."""
MEDIANS = (
    "capability_cn", "capability_us", "compute_cn", "compute_us", "domestic_value", "value_cn", "ascend_packages",
    "us_vendor_revenue", "us_vendor_revenue_china", "smuggled_chips", "hazard_cn", "stringency", "yield_domestic",
)  # fmt: skip
"""Series whose medians are kept, so that a change of bits can be told from a change of results."""


def cases():
    """The runs of the baseline, by name: central parameters both arms of pairs; posterior and priors."""
    found = {}
    for beliefs in ("posterior", "prior"):
        history = Scenario.load("history").with_beliefs(beliefs)
        pair = compare(history, runs=RUNS, seed=SEED, replications=1)
        found |= {
            f"history, centre of {beliefs}": simulate(history.with_point(True), runs=RUNS, seed=SEED),
            f"history, {beliefs}": pair.controls,
            f"none_0, {beliefs}": pair.counterfactual,
        }
    return found


def digests(results):
    """SHA-256 of each series' values [run, quarter] as little-endian doubles, and of all series by firm."""
    found = {name: _digest(results.series(name)) for name in DIGESTS}
    return found | {"firm_record": _digest(results.firm_record)}


def _digest(values):
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()


def medians(results):
    """Median over runs of each series in each of `QUARTERS`."""
    return {name: {quarter: float(np.median(results[name].at(quarter))) for quarter in QUARTERS} for name in MEDIANS}


def baseline():
    """All that is kept, as plain values."""
    found = cases()
    return {
        "made_by": COMMAND,
        "runs": RUNS,
        "seed": SEED,
        "cases": {name: {"digests": digests(one), "medians": medians(one)} for name, one in found.items()},
    }


def main():
    """Write the baseline and say which series moved; then the pin of the prior-predictive report."""
    from tests.regression import make_prior  # noqa: PLC0415  (found when this runs as a module)

    before = json.loads(BASELINE.read_text()) if BASELINE.exists() else {"cases": {}}
    after = baseline()
    for name, one in after["cases"].items():
        old = before["cases"].get(name, {}).get("digests", {})
        moved = [series for series, digest in one["digests"].items() if old.get(series) != digest]
        sys.stdout.write(f"{name}: {len(moved)} of {len(one['digests'])} digests moved\n")
    BASELINE.write_text(json.dumps(after, indent=1) + "\n")
    make_prior.main()


if __name__ == "__main__":
    main()
