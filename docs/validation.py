"""Bring the back-test on docs/validation.md up to date.

.venv/bin/python docs/validation.py
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from abm.scenario import Scenario
from experiments.validation.report import pooled_lines, series_lines
from experiments.validation.validation import Validation, run_ensemble, validate
from experiments.validation_commands import RUNS, backtest, backtest_beliefs

PAGE = Path(__file__).parent / "validation.md"
RESULTS = re.compile(r"(<!-- results: .*? -->\n)(.*?)(<!-- end of results -->)", re.DOTALL)
SEED = 1


def results(found: Validation) -> str:
    """Scores as they stand on the page."""
    ensemble = found.ensemble
    drawn = ensemble.scenario.believed
    text = (
        f"{ensemble.model.runs:,} worlds of `{ensemble.scenario.name}`, seed {ensemble.model.seed}, parameters "
        f"{drawn}; {len(found.scored)} observations, of which {len(found.pool)} are pooled. CRPS and bias over the "
        f"spread to {found.judging.cut_off}."
    )
    return "\n".join([text, "", *pooled_lines(found), "", *series_lines(found), ""])


def main() -> int:
    """Run the back-test and write the block."""
    observations, judging = backtest()
    scenario = Scenario.load("history").with_beliefs(backtest_beliefs())
    found = validate(observations, run_ensemble(scenario, RUNS, SEED), judging)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(RESULTS.sub(lambda old: f"{old[1]}{results(found)}{old[3]}", text), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
