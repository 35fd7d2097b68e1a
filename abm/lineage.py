"""What results were made by, so that they can be run again or branch: scenarios by first quarter, and kept states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.calendar import quarter_index
from abm.scenario import Scenario, ScenarioError
from abm.shape import shape_from


@dataclass(frozen=True, eq=False)
class Lineage:
    """The past of results.

    Attributes
    ----------
    stages : scenarios with the first quarter of each, the first from quarter 0.
    kept : states before some quarters, {quarter: {array: values with the run last}}.
    given : parameters that a design set at each point.
    """

    stages: tuple[tuple[int, Scenario], ...]
    kept: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    given: Callable[[NDArray[np.int64]], dict[str, NDArray[np.float64]]] | None = None

    def before(self, quarter: int) -> tuple[tuple[int, Scenario], ...]:
        """Stages that begin before a quarter."""
        return tuple(stage for stage in self.stages if stage[0] < quarter)

    def at(self, quarter: int) -> Scenario:
        """The scenario of a quarter."""
        return [arm for start, arm in self.stages if start <= quarter][-1]


def lineage_from(manifest: Mapping[str, Any]) -> Lineage:
    """The lineage that a manifest tells, of built-in scenarios and changes of them that it holds in full.

    Raises
    ------
    ScenarioError
        A scenario that cannot be made again from its name and settings, with the cure.
    """
    if "scenario" not in manifest:
        raise ScenarioError("results: their manifest names no scenario, so they cannot be run again; simulate anew")
    if "given" in manifest:
        raise ScenarioError(
            "results: a design set parameters by point; simulate a scenario of its own to branch from it"
        )
    told = [*((one["from"], one["scenario"]) for one in manifest.get("past", ()))]
    told.append((manifest.get("branched_at", "2020Q1"), manifest["scenario"]))
    return Lineage(tuple((quarter_index(quarter), scenario_from(facts)) for quarter, facts in told))


def scenario_from(facts: Mapping[str, Any]) -> Scenario:
    """The scenario that `Scenario.describe` described."""
    name = str(facts.get("name"))
    try:
        made = Scenario.load(name).with_beliefs(facts["beliefs"]).with_point(facts["point"])
        made = made.with_parameters(**facts["fixed"])
        made = replace(made, off=frozenset(facts["off"]), learning=facts["strategy_learning"], shape=shape_from(facts))
        made = made.with_china_gate(facts["china_gate"])
        made = made.with_continuation(facts["continuation"])
    except (ScenarioError, KeyError, TypeError):
        raise ScenarioError(_cure(name)) from None
    if made.describe() != dict(facts):
        raise ScenarioError(_cure(name))
    return made


def _cure(name: str) -> str:
    return (
        f"results: scenario {name!r} of their manifest is not a built-in one with other settings, so it cannot be run "
        "again from the manifest; give the scenario itself: results.with_scenario(scenario)"
    )


def continuing() -> Any:
    """The module that runs results again; it stands above them, so it is looked up when it is needed."""
    return import_module("abm.continuing")
