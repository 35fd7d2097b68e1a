"""The check on synthetic truths: how often intervals of the calibration hold what the facts were made from.

Every data set is made by the model itself at a draw from the prior, with the error of observation, and calibrated by
regression-adjusted rejection from one table of runs: two hundred populations of ABC-SMC would take days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from abm.scenario import Scenario
from experiments.calibration.adjustment import reference_table
from experiments.calibration.coverage import Coverage, check_coverage, table_method
from experiments.calibration.pipeline import Effort, single_problem
from experiments.calibration.protocol import Progress, quiet
from experiments.calibration.targets import TargetSet


@dataclass(frozen=True)
class Checked:
    """Coverage with what it rests on."""

    coverage: Coverage
    table: int

    @property
    def passes(self) -> bool:
        """Whether the intervals hold as often as they say."""
        return self.coverage.passes

    def as_dict(self) -> dict[str, Any]:
        """Plain values: pooled and by parameter, with rank histograms of ten bins."""
        nine, half = self.coverage.shares(0.9), self.coverage.shares(0.5)
        bins, even = self.coverage.histogram(), self.coverage.uniform()
        return {
            "data_sets": len(self.coverage.ranks),
            "runs_of_the_table": self.table,
            "passes": self.passes,
            "coverage_90": {"pooled": nine.pooled, "low": nine.pooled_low, "high": nine.pooled_high},
            "coverage_50": {"pooled": half.pooled, "low": half.pooled_low, "high": half.pooled_high},
            "parameters": {
                name: {
                    "coverage_90": float(nine.share[place]), "coverage_50": float(half.share[place]),
                    "ranks": bins[place].tolist(), "p_uniform": float(even[place]),
                }
                for place, name in enumerate(self.coverage.names)
            },
        }  # fmt: skip


def check(
    scenario: Scenario, targets: TargetSet, effort: Effort, sets: int, folder: Path, seed: int,
    progress: Progress = quiet,
) -> Checked:  # fmt: skip
    """Calibrate to `sets` data sets that the model made."""
    problem = single_problem(scenario, targets, folder, seed).under("check")
    reference = reference_table(problem, effort.table, effort.adjustment, progress)
    method = table_method(reference, effort.adjustment)
    return Checked(check_coverage(problem, method, sets, progress=progress), effort.table)


def check_lines(found: Checked) -> Iterator[str]:
    """What the command prints."""
    told = found.as_dict()
    yield f"{told['data_sets']} synthetic data sets, one table of {told['runs_of_the_table']:,} runs."
    for level in (90, 50):
        found_in = {key: 100.0 * value for key, value in told[f"coverage_{level}"].items()}
        yield (
            f"{level} % intervals hold the truth in {found_in['pooled']:.1f} % "
            f"({found_in['low']:.1f} to {found_in['high']:.1f})."
        )
    outside = ", ".join(found.coverage.outside) or "none"
    yield f"Parameters whose 90 % intervals hold in less than 84 or more than 96 %: {outside}."
    yield "The calibration holds." if found.passes else "The calibration does NOT hold."
