"""Go on from results: branches, continuations side by side, leverage, and the runs of an audit (MODEL 8, 9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from abm.audit import (
    CHANNELS,
    NO_REACTIONS,
    STATE_REACTIONS,
    Audit,
    AuditRow,
    Mediation,
    audit_row,
    mediation_rows,
)
from abm.backfire import HORIZONS, Comparison
from abm.branching import RECORDS, Line, Resume, Tree, first_difference, kind_of
from abm.calendar import quarter_index, quarter_label
from abm.leverage import Leverage, Stages, leverage_from, leverage_lines, measured_step
from abm.lineage import Lineage, lineage_from
from abm.machine import machine_of
from abm.regimes import NAMES
from abm.results import Results, ResultsError, horizon_step
from abm.running import Progress, Request
from abm.scenario import Scenario, ScenarioError
from abm.simulation import Builder, prepare, run_courses, run_tree, shipped_pack
from abm.vocabulary import FIRM_HETEROGENEITY, QUARTERS

RATED_ONCE = ("interconnect_weight", "bandwidth_weight")
"""Parameters that rate chip designs, once, in the first quarter."""


@dataclass(frozen=True)
class Variant:
    """A way in which the world goes on after the script, and the scenario that goes so."""

    name: str
    change: Callable[[Scenario], Scenario]


VARIANTS = (
    Variant("freeze_abs", lambda scenario: scenario.with_continuation("freeze_abs")),
    Variant("freeze_rel", lambda scenario: scenario.with_continuation("freeze_rel")),
    Variant("rule", lambda scenario: scenario.with_continuation("rule")),
)
"""Continuations that are shown side by side; one more is one more line."""


# --- branches ---------------------------------------------------------------------------------------------------------


def branch(
    results: Results, at: str, scenario: Scenario | str, until: str | None = None, threads: int | None = None
) -> Results:
    """Results that go on under another scenario from a quarter on (see `Results.branch`)."""
    lineage = lineage_of(results)
    start = _quarter(at, 0, QUARTERS - 1, "at")
    stop = QUARTERS if until is None else _quarter(until, start, QUARTERS - 1, "until") + 1
    past = lineage.at(max(start - 1, 0))
    arm = past.counterfactual(scenario) if isinstance(scenario, str) and _built_in(scenario) else scenario
    arm = arm if isinstance(arm, Scenario) else Scenario.load(arm)
    if start:
        check_branch(past, arm, results.seed)
    course = (*lineage.before(start), (start, arm))
    request = Request(results.world, results.seed, results.replications, threads, given=lineage.given)
    return run_courses([course], request, resume=_resume(results, lineage, start), stop=stop).results[0]


def _built_in(name: str) -> bool:
    from abm.scenario import list_scenarios  # noqa: PLC0415

    return name in list_scenarios()


def _quarter(label: str, first: int, last: int, key: str) -> int:
    try:
        step = quarter_index(label)
    except (ValueError, TypeError, AttributeError):
        raise ScenarioError(f"branch: {key}={label!r} is no quarter; write it such as 2027Q1") from None
    if not first <= step <= last:
        raise ScenarioError(
            f"branch: {key}={label!r} lies outside what can be run; choose {quarter_label(first)} to "
            f"{quarter_label(last)}"
        )
    return step


def lineage_of(results: Results) -> Lineage:
    """What results were made by: kept with them, or told by the manifest of a folder.

    Raises
    ------
    ScenarioError
        A manifest from which they cannot be run again, or one of other data.
    """
    if results.lineage is not None:
        return results.lineage
    lineage = lineage_from(results.manifest)
    if results.manifest.get("data_checksum") != shipped_pack().checksum:
        raise ScenarioError("results: they were made with other data, so they cannot be run again; simulate anew")
    return lineage


def _resume(results: Results, lineage: Lineage, start: int) -> Resume | None:
    """The last kept state before a quarter."""
    known = [quarter for quarter in lineage.kept if quarter <= start]
    if not known:
        return None
    past = tuple(getattr(results, name) for name in RECORDS)
    return Resume(max(known), [lineage.kept[max(known)]], [(past[0], past[1])], [results.designs])


def check_branch(past: Scenario, arm: Scenario, seed: int) -> None:
    """Refuse a branch that would need another past.

    Raises
    ------
    ScenarioError
        Other rules or agents, other firms, other draws of parameters, or parameters that set the start, with the cure.
    """
    cure = "; simulate that scenario from the start instead"
    if machine_of(past) != machine_of(arm):
        raise ScenarioError(f"branch to {arm.name!r}: rules and agents are those of the past{cure}")
    if (FIRM_HETEROGENEITY in past.off) != (FIRM_HETEROGENEITY in arm.off):
        raise ScenarioError(f"branch to {arm.name!r}: firms are those of the past, {FIRM_HETEROGENEITY} too{cure}")
    if past.shape != arm.shape:
        raise ScenarioError(f"branch to {arm.name!r}: firms and networks are those of the past{cure}")
    if (past.point, past.beliefs) != (arm.point, arm.beliefs):
        cure = "use with_point() and with_beliefs()"
        raise ScenarioError(f"branch to {arm.name!r}: parameters are central or drawn as in the past: {cure}")
    changed = {
        name
        for name in {*past.fixed, *arm.fixed}
        if past.fixed.get(name) != arm.fixed.get(name)
    }  # fmt: skip
    for name in sorted(changed):
        kept = {key: value for key, value in past.fixed.items() if key != name}
        other = replace(past, fixed={**kept, **({name: arm.fixed[name]} if name in arm.fixed else {})})
        if name in RATED_ONCE or _starts(past, seed) != _starts(other, seed):
            raise ScenarioError(f"branch to {arm.name!r}: parameter {name!r} sets what the world starts with{cure}")


def _starts(arm: Scenario, seed: int) -> bytes:
    """The state at the start of a world, parameters apart."""
    builder = Builder(prepare([arm]), [arm], seed, 1)
    made = builder.machine.start(builder.plan, builder.lanes(np.arange(1)), seed)
    return b"".join(np.ascontiguousarray(made[name]).tobytes() for name in sorted(made) if name != "parameter")


# --- continuations ----------------------------------------------------------------------------------------------------


def continuations(
    scenario: Scenario | str = "history",
    counterfactual: str = "none_0",
    runs: int = 256,
    seed: int = 1,
    leverage: Sequence[int | str] = HORIZONS,
    variants: Sequence[Variant] = VARIANTS,
) -> dict[str, Comparison]:
    """A scenario beside its counterfactual under every continuation; what they have in common is run once.

    Parameters
    ----------
    leverage : horizons at which leverage is measured in each.
    variants : continuations by name; the bits of each are those of a run of its own.
    """
    base = scenario if isinstance(scenario, Scenario) else Scenario.load(scenario)
    arms = [one.change(base) for one in variants]
    pairs = [(arm, arm.counterfactual(counterfactual)) for arm in arms]
    found = side_by_side(pairs, Request(runs, seed), [measured_step(horizon_step(one)) for one in leverage])
    return dict(zip((one.name for one in variants), found, strict=True))


def side_by_side(
    pairs: Sequence[tuple[Scenario, Scenario]], request: Request, steps: Sequence[int] = ()
) -> list[Comparison]:
    """Comparisons in the same worlds; each parts from the first where its law does, with the bits of its own run.

    Parameters
    ----------
    pairs : controls and counterfactual of each.
    steps : quarters at which leverage is measured.
    """
    first, starts = pairs[0], _partings(pairs)
    steps = tuple(dict.fromkeys(steps))
    lines: list[Line] = []
    extra: list[Line] = []  # leverage before a pair parts, under its own law
    measuring: list[dict[int, tuple[Line, ...]]] = []
    for arms, start in zip(pairs, starts, strict=True):
        mine = {step: leverage_lines([((0, arm),) for arm in arms], step) for step in steps}
        own = [line for step, three in mine.items() if step + 1 >= start for line in three]
        extra += [line for step, three in mine.items() if step + 1 < start for line in three]
        lines.append(Line(tuple(arms), start, branches=tuple(own), same_past=True))
        measuring.append(mine)
    root = replace(lines[0], arms=tuple(first), branches=(*lines[0].branches, *extra, *lines[1:]))
    tree = Tree(root)
    outcomes = dict(zip(map(id, tree.lines), run_tree(tree, request), strict=True))
    outcomes[id(lines[0])] = outcomes[id(root)]
    found = []
    for line, mine in zip(lines, measuring, strict=True):
        measured = {
            step: leverage_from(step, [outcomes[id(one)].measured for one in three], (0, 1))
            for step, three in mine.items()
        }
        controls, other = outcomes[id(line)].results
        found.append(Comparison(controls, other, measured))
    return found


def _partings(pairs: Sequence[tuple[Scenario, Scenario]]) -> list[int]:
    """First quarter in which each pair differs from the first one; 0 where they differ in more than law."""
    arms = [arm for pair in pairs for arm in pair]
    kinds: dict[Any, int] = {}
    rows = [kinds.setdefault(kind_of(arm), len(kinds)) for arm in arms]
    plan = prepare([arms[rows.index(kind)] for kind in range(len(kinds))])
    found = [0]
    for place in range(1, len(pairs)):
        alike = all(_alike(one, other) for one, other in zip(pairs[0], pairs[place], strict=True))
        quarters = [first_difference(plan, rows[side], rows[2 * place + side]) for side in range(2)]
        found.append(min(quarters) if alike else 0)
    return found


def _alike(one: Scenario, other: Scenario) -> bool:
    """Whether two scenarios differ in their law alone."""
    same = all(getattr(one, name) == getattr(other, name) for name in ("fixed", "off", "learning", "point", "beliefs"))
    return same and machine_of(one) == machine_of(other)


# --- leverage, audit, mediation ---------------------------------------------------------------------------------------


def measure_leverage(comparison: Comparison, steps: Sequence[int], threads: int | None = None) -> dict[int, Leverage]:
    """Leverage of a comparison at some quarters; both arms are run again."""
    return run_courses(_courses(comparison), _request(comparison, None, threads), steps).leverage[0]


def _courses(comparison: Comparison) -> list[Stages]:
    return [lineage_of(arm).stages for arm in (comparison.controls, comparison.counterfactual)]


def _request(comparison: Comparison, worlds: Any = None, threads: int | None = None) -> Request:
    controls = comparison.controls
    chosen, given = controls.world if worlds is None else worlds, lineage_of(controls).given
    return Request(chosen, controls.seed, controls.replications, threads, given=given)


def _without(course: Stages, off: Sequence[str]) -> Stages:
    """A course with mechanisms off all along."""
    return tuple((start, arm.without(*off)) for start, arm in course)


def audit(
    comparison: Comparison, horizon: int | str, regime: str, progress: Progress | None = None,
    threads: int | None = None,
) -> Audit:  # fmt: skip
    """Run the pairs of a regime again with each channel off (see `Comparison.audit`)."""
    table = comparison.regimes(horizon)
    asked = table[regime]
    place = NAMES.index(regime)
    mine = np.flatnonzero(table.codes == place)
    rows: list[AuditRow] = []
    changes = {**{name: (name,) for name in CHANNELS}, NO_REACTIONS: STATE_REACTIONS}
    if mine.size:
        worlds, groups = comparison.controls.world[mine], comparison.groups[mine]
        request, courses = _request(comparison, worlds, threads), _courses(comparison)
        step = measured_step(horizon_step(horizon))
        steps = [step] if step in comparison.measured else []
        for done, (name, off) in enumerate(changes.items()):
            again = run_courses([_without(course, off) for course in courses], request, steps).comparison()
            rows.append(audit_row(name, (again.regimes(horizon).codes == place).astype(np.int64), groups))
            if progress is not None:
                progress(done + 1, len(changes))
    return Audit(
        table.scenario, table.counterfactual, table.horizon, regime, _prior(comparison), table.runs, int(mine.size),
        asked.probability, asked.low, asked.high, tuple(rows), table.decoupling_rests_on,
    )  # fmt: skip


def _prior(comparison: Comparison) -> str:
    scenario = lineage_of(comparison.controls).stages[-1][1]
    return f"{scenario.continuation} after the script, parameters {scenario.believed}"


def mediation(comparison: Comparison, horizon: int | str, threads: int | None = None) -> Mediation:
    """Run the arm with controls again without state reactions (see `Comparison.mediation`)."""
    controls, _ = _courses(comparison)
    calm = run_courses([_without(controls, STATE_REACTIONS)], _request(comparison, None, threads)).results[0]
    direct = Comparison(calm, comparison.counterfactual)
    total = comparison.effects(horizon)
    rows = mediation_rows(total, direct.effects(horizon), comparison.groups)
    names = comparison.controls.scenario, comparison.counterfactual.scenario
    return Mediation(*names, total.horizon, STATE_REACTIONS, rows)


def same_scenario(results: Results, scenario: Scenario) -> Lineage:
    """The lineage of loaded results whose scenario is given (see `Results.with_scenario`)."""
    told: Mapping[str, Any] = results.manifest.get("scenario", {})
    if results.manifest.get("past"):
        raise ResultsError("results: they are a branch; load the results that they left and branch again")
    if scenario.describe() != dict(told):
        given, known = scenario.describe(), dict(told)
        differing = [key for key in given if given[key] != known.get(key)]
        raise ResultsError(f"results: the scenario differs from the one that made them in {', '.join(differing)}")
    return Lineage(((0, scenario),))
