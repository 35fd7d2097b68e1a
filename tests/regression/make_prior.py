"""Write tests/regression/prior.json: what the prior-predictive report says of 64 worlds.

    .venv/bin/python -m tests.regression.make_prior

It changes with the model; a change that is meant to move results brings it up to date in the same commit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from experiments.prior import Prior, coverage
from experiments.prior_report import run_prior

PIN = Path(__file__).with_name("prior.json")
RUNS, SEED, REPLICATIONS = 64, 1, 2


def pinned(prior: Prior) -> dict[str, Any]:
    """What is pinned: coverage, medians at the facts, regimes, and the parameter that moves each statistic most."""
    regions = {name: prior.regions(name)[0] for name in prior.observed}
    return {
        "runs": prior.controls.runs,
        "points": prior.points,
        "coverage": {name: rest for name, *rest in coverage(prior.facts)},
        "medians": {f"{fact.statistic} {fact.period}": fact.quantiles[2] for fact in prior.facts},
        "regimes": {
            table.horizon: {row.regime: row.probability for row in table.rows if row.probability > 0.0}
            for table in prior.regimes
        },
        "regions": {name: [one.parameter, one.correlation] for name, one in regions.items()},
    }


def main() -> None:
    """Write the file."""
    found = pinned(run_prior(RUNS, SEED, REPLICATIONS))
    PIN.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
