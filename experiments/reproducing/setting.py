"""In which worlds a study is measured: how many, from which seed, with which beliefs, and on what changed model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from abm.backfire import Comparison
from abm.results import Results
from abm.scenario import Scenario
from abm.simulation import compare, run_arms


@dataclass(frozen=True)
class Setting:
    """What a study may use.

    Attributes
    ----------
    worlds, seed, replications : worlds, root seed, worlds per parameter point.
    beliefs : where the parameters are drawn from, "posterior" or "prior".
    quick : True for the five-minute reproduction; studies with costs of their own do less then.
    changed : parameters that are held at other values, as a negative control.
    folder : place for what a study keeps while it is measured (sweeps that resume).
    threads : None for one a core.
    """

    worlds: int
    seed: int
    replications: int
    beliefs: str
    quick: bool
    folder: Path
    changed: Mapping[str, float] = field(default_factory=dict)
    threads: int | None = None

    def scenario(self, name: str = "history") -> Scenario:
        """A built-in scenario under the beliefs of the study."""
        return self.apply(Scenario.load(name))

    def apply(self, scenario: Scenario) -> Scenario:
        """Any scenario under the beliefs of the study, with the changes of a negative control."""
        return scenario.with_beliefs(self.beliefs).with_parameters(**self.changed)

    def run(self, arms: Mapping[str, Scenario], worlds: int | None = None) -> dict[str, Results]:
        """Run arms side by side in the same worlds; results by the names of the arms."""
        found = run_arms(
            list(arms.values()),
            self.worlds if worlds is None else worlds,
            self.seed,
            threads=self.threads,
            replications=self.replications,
        )
        return dict(zip(arms, found, strict=True))

    def compare(
        self, scenario: Scenario, counterfactual: Scenario | str = "none_0", leverage: Sequence[int | str] = ()
    ) -> Comparison:
        """Pairs of a scenario and its counterfactual."""
        other = counterfactual if isinstance(counterfactual, Scenario) else scenario.counterfactual(counterfactual)
        return compare(
            scenario, other, self.worlds, self.seed, threads=self.threads, replications=self.replications,
            leverage=leverage,
        )  # fmt: skip
