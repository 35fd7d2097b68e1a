"""Carry out `curbs audit`: what a regime is owed to, and how much of the effects is policy answering policy."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.progress import Progress

from abm import simulation
from abm.audit import Audit, Mediation
from abm.regimes import NAMES
from abm.results import UnknownNameError, horizon_step
from abm.scenario import Scenario, ScenarioError
from abm.schema import nearest
from experiments.runs import COMPILING


def run_audit(args: argparse.Namespace, quiet: bool) -> tuple[Audit, Mediation]:
    """Compare, audit and mediate as the command line asks; its words are checked before anything runs."""
    if args.regime not in NAMES:
        raise ScenarioError(str(UnknownNameError(f"regime {args.regime!r} is unknown{nearest(args.regime, NAMES)}")))
    horizon_step(args.horizon)
    console = Console(stderr=True)
    if not simulation.compiled_before():
        console.print(COMPILING)
    scenario = Scenario.load(args.scenario).with_point(args.point)
    scenario = scenario if args.beliefs is None else scenario.with_beliefs(args.beliefs)
    with Progress(console=console, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("pairs of worlds", total=args.runs)
        comparison = simulation.compare(
            scenario,
            args.against,
            runs=args.runs,
            seed=args.seed,
            threads=args.threads,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            replications=args.replications,
            leverage=(args.horizon,),
        )
        channels = bar.add_task("channels", total=None)
        found = comparison.audit(
            args.horizon, args.regime, lambda done, total: bar.update(channels, completed=done, total=total)
        )
        return found, comparison.mediation(args.horizon)


def lines(audit: Audit, mediation: Mediation) -> list[str]:
    """The audit's sentence and table, then the parts of the effects."""
    told = [audit.sentence, f"Decoupling rests on {audit.decoupling_rests_on}."]
    if audit.rows:
        told += ["", f"{'off in both arms':<24}{'stay':>6}{'%':>6}   90 % interval"]
        told += [
            f"{row.channel:<24}{row.stay:>6}{100 * row.share:>6.0f}   {100 * row.low:.0f}-{100 * row.high:.0f}"
            for row in audit.rows
        ]
    reactions = ", ".join(mediation.reactions)
    told += ["", f"Policy answering policy by {mediation.horizon} (off: {reactions}), means and 90 % intervals:"]
    told.append(f"{'effect':<20}{'unit':<9}{'total':>24}{'direct':>24}{'through reactions':>24}")
    for one in mediation.rows:
        cells = "".join(
            f"{f'{mean:+.2f} ({low:+.2f} to {high:+.2f})':>24}"
            for mean, low, high in (one.total, one.direct, one.mediated)
        )
        told.append(f"{one.effect:<20}{one.unit:<9}{cells}")
    return told


def as_dict(audit: Audit, mediation: Mediation) -> dict[str, Any]:
    """Both as plain values."""
    return {"audit": {**asdict(audit), "sentence": audit.sentence}, "mediation": asdict(mediation)}
