"""The negative control of a reproduction: a rule that no chip meets must change nothing, the same rule in reach must.

It guards against the two ways in which every verdict could be worthless: arms that differ without a rule, and a
comparison that cannot see a rule that bites.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from abm.scenario import Scenario
from abm.simulation import run_arms

OUT_OF_REACH, IN_REACH = 900_000_000, 1_000
"""Thresholds of total processing performance: far above every chip, and below most."""
WORLDS, SEED, REPLICATIONS = 32, 1, 1
PLACEBO = """
id = "placebo"
title = "A threshold of {threshold}"
actor = "US BIS"
jurisdiction = "US"
side = "us"
category = "chips"
citation = "negative control"
kind = "scenario"
effective = 2022-10-07

[[clause]]
name = "TPP of {threshold}"
status = "denied"
when = ["tpp >= {threshold}"]
"""


@dataclass(frozen=True)
class Control:
    """Worlds in which anything recorded differs from the same world without the rule.

    Attributes
    ----------
    worlds : worlds compared.
    placebo : of them, how many a rule out of reach changes; must be 0.
    bite : how many the same rule within reach changes; must be all.
    """

    worlds: int
    placebo: int
    bite: int

    @property
    def passed(self) -> bool:
        """Whether both are as they must be."""
        return self.placebo == 0 and self.bite == self.worlds

    @property
    def sentence(self) -> str:
        """The control in words."""
        state = "Passed" if self.passed else "FAILED: no verdict below can be trusted"
        return (
            f"{state}. A rule that no chip meets changes {self.placebo} of {self.worlds} worlds in any recorded "
            f"number, the same rule within reach {self.bite} of {self.worlds}."
        )


def negative_control(worlds: int = WORLDS) -> Control:
    """Run worlds without controls beside the same worlds with each of the two rules."""
    base = Scenario.load("none_0")
    arms = [base, _ruled(base, OUT_OF_REACH), _ruled(base, IN_REACH)]
    plain, *others = run_arms(arms, worlds, SEED, replications=REPLICATIONS)
    placebo, bite = (
        int((plain.record.view(np.int64) != one.record.view(np.int64)).any(axis=(0, 1)).sum()) for one in others
    )
    return Control(worlds, placebo, bite)


def _ruled(base: Scenario, threshold: int) -> Scenario:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "placebo.toml"
        path.write_text(PLACEBO.format(threshold=threshold), encoding="utf-8")
        return base.with_policy(path)
