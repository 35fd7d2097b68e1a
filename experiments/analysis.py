"""What a finished sweep says: one row a world, levels of each arm, paired effects of the first two arms, regimes.

A run that failed has no value, and neither has anything made from it: a NaN never becomes a number. Sums run in the
order of run ids, so that the same sweep gives the same bits however it was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.beliefs import drawn
from abm.calendar import quarter_label
from abm.leverage import measured_step
from abm.outcomes import log_ratio
from abm.parameter_index import PARAMETERS
from abm.regimes import LEVERAGE_BAND, NAMES, OUTPUT_ALONE, UNDEFINED, regime_codes
from abm.results import horizon_step
from abm.scenario_values import nearest_of
from experiments.design import LEVERAGE, Design, Factor, Floats, Integers, beliefs_digest, drawn_from, unit_of
from experiments.evaluate import STATUSES
from experiments.sampling import SAMPLERS
from experiments.store import Store

EFFECT = "effect"
"""In the place of an arm: with the controls less without them, in pairs of worlds."""
LOGARITHMS = frozenset({"domestic_output_year", "us_revenue_present_value"})
"""Outcomes whose effect is the difference of logarithms, as regimes measure it (MODEL 9)."""
REGIME_OUTCOMES = ("lead", "domestic_output_year", "us_revenue_present_value")
"""Outcomes that the name of a regime rests on; where leverage was measured too, its second sign rests on it as well."""


class AnalysisError(ValueError):
    """A sweep that cannot be analysed as asked; one line with the cure."""


@dataclass(frozen=True, order=True)
class Output:
    """One measured quantity: outcome, arm or `EFFECT`, horizon."""

    outcome: str
    arm: str
    horizon: str

    @property
    def unit(self) -> str:
        """Unit of its values."""
        return "ln" if self.arm == EFFECT and self.outcome in LOGARITHMS else unit_of(self.outcome)

    @property
    def label(self) -> str:
        """Name for readers."""
        said = "effect on " if self.arm == EFFECT else ""
        return f"{said}{self.outcome} {self.horizon}" + ("" if said else f" ({self.arm})")


@dataclass(frozen=True, eq=False)
class Inputs:
    """What was varied: enough of a design to read its sweep.

    `factors` is empty where every parameter is drawn; `table` holds points of one's own; `drawn` names the beliefs that
    all other parameters were drawn from, None where they are held.
    """

    sampler: str
    asked: int | None
    seed: int
    points: int
    replications: int
    arms: tuple[str, ...]
    factors: tuple[Factor, ...]
    outcomes: tuple[str, ...]
    horizons: tuple[str, ...]
    drawn: str | None
    fixed: dict[str, float]
    table: dict[str, Floats]

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that differ between points."""
        given = [factor.name for factor in self.factors] or list(self.table)
        if self.drawn:
            given += [
                name for name, p in PARAMETERS.items()
                if name not in given and name not in self.fixed and p.prior != "fixed"
            ]  # fmt: skip
        return tuple(given)

    def unit_cube(self) -> Floats:
        """Places of the factors in 0..1 at every point, (point, factor)."""
        levels = [factor.levels for factor in self.factors]
        return SAMPLERS[self.sampler](len(self.factors), self.seed, self.asked or 1, levels, 0, self.points)

    def values(self) -> dict[str, Floats]:
        """Parameters that differ between points, each (point,)."""
        others = {} if self.drawn is None else drawn(self.drawn, self.seed, np.arange(self.points), self.fixed)
        if self.table:
            given = self.table
        elif self.factors:
            unit = self.unit_cube()
            given = {factor.name: factor.values(unit[:, place]) for place, factor in enumerate(self.factors)}
        else:
            given = {}
        return {name: (others | given)[name] for name in self.names}


def inputs_of(store: Store, design: Design | None = None) -> Inputs:
    """What a sweep varied, from its folder alone; only a table of one's own needs the study once more.

    Raises
    ------
    AnalysisError
        If priors or posterior are no longer those that the sweep drew from.
    """
    said: dict[str, Any] = store.described
    if design is not None:
        store.check(design)
    believed = drawn_from(said["sampler"], said["others"])
    if believed is not None and said.get("beliefs") != beliefs_digest(believed):
        raise AnalysisError(f"{store.folder}: drew parameters from other tables; analyse it with that version")
    if said["sampler"] == "table" and design is None:
        raise AnalysisError(f"{store.folder}: its points are a table of your own; name the study too: --study STUDY")
    return Inputs(
        sampler=said["sampler"],
        asked=said["asked"],
        seed=int(said["seed"]),
        points=int(said["points"]),
        replications=int(said["replications"]),
        arms=tuple(arm["name"] for arm in said["arms"]),
        factors=tuple(_factor(store, facts) for facts in said["factors"]),
        outcomes=tuple(said["outcomes"]),
        horizons=tuple(said["horizons"]),
        drawn=believed,
        fixed=dict(said["arms"][0]["fixed"]),
        table=dict((design and design.table) or {}),
    )


def _factor(store: Store, facts: dict[str, Any]) -> Factor:
    name = facts["name"]
    if name not in PARAMETERS:
        raise AnalysisError(f"{store.folder}: varied {name!r}, which this version of the model does not have")
    bounds = {key: facts[key] for key in ("prior", "low", "high", "default")}
    return Factor(replace(PARAMETERS[name], **bounds), facts["role"], facts["levels"])


@dataclass(frozen=True, eq=False)
class Table:
    """A finished sweep in memory.

    Attributes
    ----------
    status : (world, arm), a place in `STATUSES`.
    values : (world, arm, outcome, horizon), NaN where the run is not ok.
    hash : of the design.
    """

    inputs: Inputs
    status: NDArray[np.int8]
    values: Floats
    hash: str

    @property
    def worlds(self) -> int:
        """Points times replications."""
        return self.inputs.points * self.inputs.replications

    @cached_property
    def point(self) -> Integers:
        """Point of each world."""
        return np.arange(self.worlds) // self.inputs.replications

    @cached_property
    def parameters(self) -> dict[str, Floats]:
        """Parameters that differ between points, each (point,)."""
        return self.inputs.values()

    @cached_property
    def outputs(self) -> tuple[Output, ...]:
        """Everything measured: effects of the first two arms, then levels of each arm."""
        have = self.inputs
        arms = ([EFFECT] if len(have.arms) > 1 else []) + list(have.arms)
        return tuple(
            Output(outcome, arm, horizon) for arm in arms for outcome in have.outcomes for horizon in have.horizons
        )

    def output(self, asked: Output) -> Floats:
        """Values of one output, (world,).

        Raises
        ------
        AnalysisError
            If the sweep did not measure it; with the nearest name.
        """
        have = self.inputs
        for what, name, known in (
            ("outcome", asked.outcome, have.outcomes),
            ("arm", asked.arm, (EFFECT, *have.arms)),
            ("horizon", asked.horizon, have.horizons),
        ):
            if name not in known:
                raise AnalysisError(f"the sweep measured no {what} {name!r}{nearest_of(name, known)}")
        place, at = have.outcomes.index(asked.outcome), have.horizons.index(asked.horizon)
        if asked.arm != EFFECT:
            return np.asarray(self.values[:, have.arms.index(asked.arm), place, at])
        if len(have.arms) < 2:
            raise AnalysisError("an effect needs two arms, with the controls and without; the sweep has one")
        first, second = self.values[:, 0, place, at], self.values[:, 1, place, at]
        return log_ratio(first, second) if asked.outcome in LOGARITHMS else first - second

    def matrix(self, outputs: tuple[Output, ...] | None = None) -> Floats:
        """Values of outputs, by default all, (world, output)."""
        return np.stack([self.output(one) for one in outputs or self.outputs], axis=1)

    def by_point(self, values: Floats) -> Floats:
        """Mean over the replications of each point, (point, ...); NaN if any of them has no value."""
        shape = (self.inputs.points, self.inputs.replications, *values.shape[1:])
        return np.asarray(values.reshape(shape).mean(axis=1))

    def chance(self, values: Floats) -> Floats | None:
        """Variance between replications of one point, mean over the points known whole; None with one replication."""
        if self.inputs.replications < 2:
            return None
        shape = (self.inputs.points, self.inputs.replications, *values.shape[1:])
        usable = np.where(np.isfinite(values), values, np.nan).reshape(shape)
        within = usable.var(axis=1, ddof=1)
        known = np.isfinite(within)
        total = np.where(known, within, 0.0).sum(axis=0)
        mean = np.divide(total, known.sum(axis=0), out=np.full(total.shape, np.nan), where=known.any(axis=0))
        return np.asarray(mean)

    @cached_property
    def ok(self) -> NDArray[np.bool_]:
        """Worlds of which no run failed, (world,)."""
        return np.asarray((self.status == 0).all(axis=1))

    @property
    def failures(self) -> dict[str, int]:
        """Runs that are not ok, by status, and worlds lost by them."""
        found = np.bincount(self.status.ravel(), minlength=len(STATUSES)).tolist()
        lost = {name: number for name, number in zip(STATUSES, found, strict=True) if name != "ok" and number}
        return {**lost, "worlds": int((~self.ok).sum())}

    def regimes(self, horizon: str) -> Integers:
        """Regime of each world as a place in `abm.regimes.NAMES`, the last for unknown, (world,).

        The second sign rests on domestic output, and on leverage where it was measured (`decoupling_rests_on`).
        """
        missing = [name for name in REGIME_OUTCOMES if name not in self.inputs.outcomes]
        if missing:
            raise AnalysisError(
                f"regimes need the outcomes {', '.join(missing)}; add them to the study and sweep again"
            )
        lead, output, revenue = (self.output(Output(name, EFFECT, horizon)) for name in REGIME_OUTCOMES)
        change = self.output(Output(LEVERAGE, EFFECT, horizon)) if LEVERAGE in self.inputs.outcomes else None
        return regime_codes(lead, output, revenue, leverage=change)

    def decoupling_rests_on(self, horizon: str) -> str:
        """What the second sign of regimes is made of, in words."""
        if LEVERAGE not in self.inputs.outcomes:
            return OUTPUT_ALONE
        known = int(np.isfinite(self.output(Output(LEVERAGE, EFFECT, horizon))).sum())
        return (
            f"domestic output or leverage (a change of {LEVERAGE_BAND:.2f}, measured at "
            f"{quarter_label(measured_step(horizon_step(horizon)))}, defined in {known} of {self.worlds} worlds)"
        )

    def provenance(self) -> dict[str, Any]:
        """What a figure or table made from it has to say."""
        have = self.inputs
        named = len(have.arms) > 1 and set(REGIME_OUTCOMES) <= set(have.outcomes)
        regimes = {horizon: self.decoupling_rests_on(horizon) for horizon in have.horizons} if named else {}
        return {
            "design": self.hash, "sampler": have.sampler, "points": have.points, "replications": have.replications,
            "arms": list(have.arms), "runs": self.status.size, "failed": self.failures, "seed": have.seed,
            **({"decoupling_rests_on": regimes} if regimes else {}),
        }  # fmt: skip


def read_table(store: Store, design: Design | None = None) -> Table:
    """Read a finished sweep whole.

    Raises
    ------
    AnalysisError
        If it is not finished.
    """
    inputs = inputs_of(store, design)
    left = sum(hi - lo for lo, hi in store.missing())
    if left:
        raise AnalysisError(f"{store.folder}: {left:,} of {store.runs:,} runs are missing; finish the sweep first")
    rows = list(store.rows())
    status = np.concatenate([part.status for part in rows])
    values = np.concatenate([part.values for part in rows])
    arms, shape = len(inputs.arms), (len(inputs.outcomes), len(inputs.horizons))
    return Table(inputs, status.reshape(-1, arms), values.reshape(-1, arms, *shape), store.hash)


def regime_code(name: str) -> int:
    """Code of a regime by name.

    Raises
    ------
    AnalysisError
        Names the nearest one.
    """
    if name not in NAMES or name == UNDEFINED:
        raise AnalysisError(f"regime {name!r} is unknown{nearest_of(name, NAMES[:-1])}")
    return NAMES.index(name)
