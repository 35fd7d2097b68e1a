"""Policies that no other beats: NSGA-II (Deb et al. 2002) over levers, each policy tried in the same sampled futures.

All policies of a generation are arms of one design and share their worlds with the arm without controls. A design lies
in a folder named by its hash: a search that was killed replays what it had and goes on, with the same result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.analysis import AnalysisError
from experiments.design import Design, Factor, Floats
from experiments.drive import Driver, seed_of
from experiments.objectives import MOST_UNKNOWN, Objective, best, means, regrets, unknown, unsatisfied
from experiments.sampling import sobol

ROBUST = ("regret", "satisficing", "mean")
"""What is minimised over futures: a high quantile of regret, the share not satisfied, or the mean shortfall."""
NO_CANDIDATE = 1e9
"""Stands in the place of scores of a policy that is no candidate, beside a constraint that says so."""


@dataclass(frozen=True)
class Settings:
    """How long and by what measure to search."""

    generations: int = 8
    population: int = 16
    robust: str = "regret"


@dataclass(eq=False)
class Search:
    """A search over the levers of a study.

    Attributes
    ----------
    levers : settings in the units of the parameters, one row a policy tried, (policy, lever).
    values : (policy, future, objective), turned so that high is good.
    """

    design: Design
    driver: Driver
    objectives: tuple[Objective, ...]
    settings: Settings
    levers: Floats = field(init=False)
    values: Floats = field(init=False)
    reference: Floats | None = None
    designs: list[str] = field(default_factory=list)
    failed: int = 0

    def __post_init__(self) -> None:
        self.names = tuple(factor.name for factor in self.design.factors if factor.role == "lever")
        if not self.names:
            raise AnalysisError(f"study {self.design.name!r} has no levers; name them under [levers]")
        if len(self.design.arms) < 2:
            raise AnalysisError(f"study {self.design.name!r} needs two arms: the policy, and no controls")
        if self.settings.robust not in ROBUST:
            raise AnalysisError(f"robust: must be one of {', '.join(ROBUST)}, not {self.settings.robust!r}")
        if self.design.drawn is None and all(factor.role == "lever" for factor in self.design.factors):
            raise AnalysisError(
                f"study {self.design.name!r} has a single future; name [uncertainties] or give key 'design.others'"
            )
        self.factors = tuple(factor for factor in self.design.factors if factor.role == "lever")
        self.levers = np.zeros((0, len(self.names)))
        self.futures = self._futures()
        self.values = np.zeros((0, self.futures.points, len(self.objectives)))

    def _futures(self) -> Design:
        """The study over its uncertainties alone, measuring what the objectives need."""
        uncertain = tuple(factor for factor in self.design.factors if factor.role != "lever")
        outcomes = tuple(dict.fromkeys(one.outcome for one in self.objectives))
        horizons = tuple(dict.fromkeys(one.horizon for one in self.objectives))
        sampler = self.design.sampler if uncertain else self.design.others
        return replace(self.design, factors=uncertain, sampler=sampler, outcomes=outcomes, horizons=horizons)

    # --- one generation -----------------------------------------------------------------------------------------------

    def units(self, places: Floats) -> Floats:
        """From places in 0..1 to settings of the levers, (policy, lever)."""
        return np.stack([factor.values(places[:, k]) for k, factor in enumerate(self.factors)], axis=1)

    def evaluate(self, settings: Floats | None) -> Floats:
        """Values of policies in every future, (policy, future, objective), high is good; None for the law as it is."""
        law, nothing = self.design.arms[:2]
        if settings is None:
            policies = [law]
        else:
            policies = [
                replace(law.with_parameters(**_named(self.names, row)), name=f"policy_{k}")
                for k, row in enumerate(settings)
            ]
        design = replace(self.futures, arms=(nothing, *policies))
        table = self.driver.table(design, f"futures_{design.hash[:16]}")
        self.designs.append(design.hash)
        self.failed += int((table.status != 0).sum())
        found = [
            [one.sign * one.values(table, arm, 0) for one in self.objectives] for arm in range(1, len(design.arms))
        ]
        return np.moveaxis(np.array(found), 1, 2)

    def scores(self, values: Floats) -> Floats:
        """What is minimised, (policy, objective)."""
        if self.settings.robust == "mean":
            return -means(values)
        if self.settings.robust == "satisficing":
            return unsatisfied(values, self.satisfied)
        if self.reference is None:  # the best of the first generation; a fixed mark, so that scores can be compared
            self.reference = best(values)
        return regrets(values, self.reference)

    @property
    def satisfied(self) -> Floats:
        """What satisfies, turned so that high is good, (objective,)."""
        return np.array([one.sign * one.satisfied for one in self.objectives])

    def judge(self, places: Floats) -> tuple[Floats, Floats]:
        """Scores and constraint (at most 0) of policies at places in 0..1; they join the policies tried."""
        settings = self.units(places)
        values = self.evaluate(settings)
        scores, excess = self.scores(values), unknown(values) - MOST_UNKNOWN
        self.levers = np.concatenate([self.levers, settings])
        self.values = np.concatenate([self.values, values])
        none = (excess > 0)[:, None] | ~np.isfinite(scores)
        return np.where(none, NO_CANDIDATE, scores), np.maximum(excess, none.any(axis=1) * MOST_UNKNOWN)[:, None]

    # --- the search ---------------------------------------------------------------------------------------------------

    def run(self) -> Front:
        """Search; the same from the start, after a kill and on any number of workers."""
        from pymoo.algorithms.moo.nsga2 import NSGA2  # noqa: PLC0415  (slow to import)
        from pymoo.core.problem import Problem  # noqa: PLC0415
        from pymoo.optimize import minimize  # noqa: PLC0415

        search, size = self, len(self.names)

        class Policies(Problem):  # type: ignore[misc]  # pymoo is untyped
            """Levers in 0..1; pymoo hands over a generation at once."""

            def __init__(self) -> None:
                super().__init__(n_var=size, n_obj=len(search.objectives), n_ieq_constr=1, xl=0.0, xu=1.0)

            def _evaluate(self, x: Floats, out: dict[str, Any], *_args: Any, **_more: Any) -> None:
                out["F"], out["G"] = search.judge(x)

        first = sobol(size, seed_of(self.design.seed, "policies"), 0, self.settings.population)
        algorithm = NSGA2(pop_size=self.settings.population, sampling=first)
        seed = seed_of(self.design.seed, "search") % 2**31
        minimize(Policies(), algorithm, ("n_gen", self.settings.generations), seed=seed, verbose=False)
        return self.front()

    def front(self) -> Front:
        """Policies tried that no other beats in all scores, with every robust measure; the law as it is beside them."""
        enacted = self.evaluate(None)
        values = np.concatenate([self.values, enacted])
        scores = self.scores(values)
        good = np.isfinite(scores).all(axis=1) & (unknown(values) <= MOST_UNKNOWN)
        reference = best(values[good]) if good.any() else best(values)
        measures = {
            "mean": means(values) * np.array([one.sign for one in self.objectives]),
            "regret": regrets(values, reference),
            "satisfied": 1.0 - unsatisfied(values, self.satisfied),
        }
        settings = np.concatenate([self.levers, np.full((1, len(self.names)), np.nan)])
        pareto = undominated(np.where(good[:, None], scores, np.inf)) & good
        return Front(self.factors, self.objectives, settings, scores, measures, pareto, self)


def _named(names: tuple[str, ...], row: Floats) -> Mapping[str, float]:
    return dict(zip(names, row.tolist(), strict=True))


def undominated(scores: Floats) -> NDArray[np.bool_]:
    """Rows that no other row beats: at most as large in all scores and smaller in one; of equal rows the first."""
    keep = np.ones(len(scores), dtype=bool)
    for place, row in enumerate(scores):
        beaten = (scores <= row).all(axis=1) & (scores < row).any(axis=1)
        twin = (scores[:place] == row).all(axis=1)
        keep[place] = not beaten.any() and not twin.any()
    return keep


@dataclass(frozen=True, eq=False)
class Front:
    """What a search found; the last policy is the law as it is.

    Attributes
    ----------
    settings : (policy, lever); scores (policy, objective), what was minimised.
    measures : by name, (policy, objective): mean over futures, regret against the best policy tried, share satisfied.
    pareto : (policy,), policies that no other beats.
    """

    factors: tuple[Factor, ...]
    objectives: tuple[Objective, ...]
    settings: Floats
    scores: Floats
    measures: dict[str, Floats]
    pareto: NDArray[np.bool_]
    search: Search

    def rows(self) -> list[dict[str, Any]]:
        """Every policy tried, those that no other beats first, by their first score."""
        order = sorted(range(len(self.pareto)), key=lambda k: (not self.pareto[k], self.scores[k, 0], k))
        found = []
        for k in order:
            row: dict[str, Any] = {"policy": "enacted" if k == len(order) - 1 else k, "pareto": bool(self.pareto[k])}
            row |= {factor.name: float(self.settings[k, place]) for place, factor in enumerate(self.factors)}
            for name, measured in self.measures.items():
                row |= {f"{one.name}_{name}": float(measured[k, at]) for at, one in enumerate(self.objectives)}
            found.append(row)
        return found

    def provenance(self) -> dict[str, Any]:
        """What a figure or table made from it has to say."""
        futures = self.search.futures
        return {
            "designs": self.search.designs, "futures": futures.points, "replications": futures.replications,
            "policies": len(self.pareto), "robust": self.search.settings.robust, "failed": self.search.failed,
            "seed": futures.seed, "objectives": [one.name for one in self.objectives],
        }  # fmt: skip
