"""From an analysis to what is printed and written: lines for a terminal, facts for JSON, tables and pictures."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from abm.regimes import NAMES
from experiments.adaptive import Adapted
from experiments.analysis import EFFECT, AnalysisError, Output, Table
from experiments.discovery import Box, Cases, Discovery, cases_of, discover, regime_shares
from experiments.interactions import Interactions, interactions
from experiments.phase import PhaseDiagram
from experiments.policy_search import Front
from experiments.products import write_csv, write_json, write_picture
from experiments.sensitivity import Indices, sensitivity

TOP = 10
"""Parameters that a terminal shows."""


@dataclass(frozen=True)
class Answer:
    """What a command says."""

    facts: dict[str, Any]
    lines: list[str]


# --- sensitivity ------------------------------------------------------------------------------------------------------


def sensitivity_answer(table: Table, output: Output, out: Path | None) -> Answer:
    """Indices of all outputs; the terminal shows one of them."""
    table.output(output)  # an unknown name is refused before any work
    found = sensitivity(table)
    facts = {**table.provenance(), "method": found.method, "dropped_bases": found.dropped, "indices": found.rows()}
    together = interactions(table, output, float(found.chance[found.outputs.index(output)])) if _pairs(found) else None
    if together is not None:
        facts["interactions"] = [
            dict(zip(("a", "b", "share", "low", "high"), pair, strict=True)) for pair in together.pairs()
        ]
    if out is not None:
        write_csv(out / "indices.csv", found.rows())
        write_json(out / "sensitivity.json", facts)
        _draw_sensitivity(table, found, together, output, out)
    return Answer(facts, _ranking(found, output, together))


def _pairs(found: Indices) -> bool:
    return found.method == "saltelli" and len(found.factors) > 1


def _ranking(found: Indices, output: Output, together: Interactions | None) -> list[str]:
    """The most important parameters for one output."""
    column = found.outputs.index(output)
    said = ", ".join(f"{name} {size}" for name, size in (("bases", found.bases[column]), ("dropped", found.dropped)))
    lines = [f"{output.label}: {found.method}, {said}; chance alone: {found.chance[column]:.3g}"]
    for name in found.ranking(output)[:TOP]:
        row = found.factors.index(name)
        parts = []
        for measure, values in found.measures.items():
            part = f"{measure} {values[row, column]:.3g}"
            if measure in found.low:
                part += f" ({found.low[measure][row, column]:.3g} to {found.high[measure][row, column]:.3g})"
            parts.append(part)
        lines.append(f"  {name:28} {'  '.join(parts)}")
    drift = [f"{size}: {np.nanmax(np.abs(part[found.main][:, column] - found.measures[found.main][:, column])):.3g}"
             for size, part in found.parts[:-1]]  # fmt: skip
    lines.append(f"convergence, largest change of {found.main} to all bases from the first {', '.join(drift)}")
    if together is not None:
        strong = [f"{a} x {b} {share:.3f}" for a, b, share, low, _ in together.pairs()[:3] if low > 0]
        lines.append(f"strongest interactions: {'; '.join(strong) or 'none above chance'}")
    return lines


def _draw_sensitivity(table: Table, found: Indices, together: Interactions | None, output: Output, out: Path) -> None:
    from experiments.plots import index_bars, interaction_network, tornado  # noqa: PLC0415  (slow to import)

    facts = {**table.provenance(), "dropped_bases": found.dropped, "interval_over": "bases"}
    caption = _caption(table, f"{found.dropped} of {len_bases(found)} bases dropped for failed runs.")
    shown = [one for one in found.outputs if (one.outcome, one.arm) == (output.outcome, output.arm)]
    write_picture(out, "indices", index_bars(found, shown, caption), facts | {"outputs": [one.label for one in shown]})
    write_picture(out, "tornado", tornado(found, table, output, caption), facts | {"output": output.label})
    if together is not None:
        names = found.ranking(output)[:12]
        rows = [found.factors.index(name) for name in names]
        first = found.measures["first"][rows, found.outputs.index(output)]
        sure = np.where(together.low > 0, together.importance, 0.0)[np.ix_(rows, rows)]
        figure = interaction_network(names, first, sure, f"Interactions: {output.label}", caption)
        write_picture(out, "interactions", figure, facts | {"output": output.label, "strongest": float(sure.max())})


def len_bases(found: Indices) -> int:
    """Bases of a design, dropped ones too."""
    return found.parts[-1][0]


def _caption(table: Table, more: str) -> str:
    have = table.inputs
    return (
        f"{' against '.join(have.arms[:2])}; {have.points:,} points ({have.sampler}) x {have.replications} worlds x "
        f"{len(have.arms)} arms, seed {have.seed}; {table.failures['worlds']} worlds failed. {more} Intervals: 90 %, "
        f"bootstrap. Design {table.hash[:12]}."
    )


# --- discovery --------------------------------------------------------------------------------------------------------


def discovery_answer(
    table: Table, regime: str | None, horizon: str, density: float | None, boxes: int, out: Path | None
) -> Answer:
    """Boxes of a regime by PRIM and CART."""
    from experiments.trees import leaves  # noqa: PLC0415  (slow to import)

    table.output(Output("lead", EFFECT, horizon))
    shares = regime_shares(table, horizon)
    if regime is None:
        regime = [name for name in shares if name != NAMES[-1]][1]
    cases = cases_of(table, regime, horizon)
    found = discover(cases, regime, horizon, density, boxes)
    tree = leaves(cases)
    facts = {
        **table.provenance(), "regime": regime, "horizon": horizon, "share": found.share, "regimes": shares,
        "unknown_worlds": found.unknown, "points_used": found.points, "boxes": [_box(box) for box in found.boxes],
        "stability": asdict(found.stability), "leaves": [_box(box) for box in tree],
    }  # fmt: skip
    if out is not None:
        from experiments.region_plots import box_picture  # noqa: PLC0415  (slow to import)

        write_json(out / "boxes.json", facts)
        write_csv(out / "boxes.csv", [*_box_rows("prim", found.boxes), *_box_rows("cart", tree)])
        more = {key: facts[key] for key in ("design", "runs", "replications", "seed", "failed", "regime", "horizon")}
        write_picture(out, "box", box_picture(found, cases, _caption(table, "")), more | {"interval_over": "points"})
    return Answer(facts, _box_lines(found, tree, cases))


def _box(box: Box) -> dict[str, Any]:
    limits = [dict(zip(("parameter", "sign", "bound", "quasi_p"), one, strict=True)) for one in box.limits]
    return {"coverage": box.coverage, "density": box.density, "mass": box.mass, "limits": limits}


def _box_rows(kind: str, boxes: tuple[Box, ...]) -> list[dict[str, Any]]:
    """One row a restriction."""
    found = []
    for number, box in enumerate(boxes, start=1):
        facts = _box(box)
        limits = facts.pop("limits")
        found += [{"method": kind, "box": number, **facts, **limit} for limit in limits]
    return found


def _box_lines(found: Discovery, tree: tuple[Box, ...], cases: Cases) -> list[str]:
    """Boxes as sentences."""
    lines = [f"'{found.regime}' at {found.horizon}: {found.share:.1%} of {int(cases.weight.sum()):,} worlds"]
    for number, box in enumerate(found.boxes, start=1):
        lines.append(f"PRIM box {number}: coverage {box.coverage:.0%}, density {box.density:.0%}, mass {box.mass:.0%}")
        for name, sign, bound, p in box.limits:
            often = found.stability.share.get(f"{name} {sign}", 0.0)
            again = f", in {often:.0%} of resamples" if number == 1 else ""
            lines.append(f"  {name} {sign} {bound:.4g} (quasi-p {p:.2g}{again})")
    stable = found.stability
    lines.append(f"on points not used: coverage {stable.coverage:.0%}, density {stable.density:.0%}")
    for box in tree[:2]:
        where = ", ".join(f"{name} {sign} {bound:.4g}" for name, sign, bound, _ in box.limits)
        lines.append(f"CART: {where}: coverage {box.coverage:.0%}, density {box.density:.0%}")
    return lines


# --- phase, policy, waves ---------------------------------------------------------------------------------------------


def phase_answer(found: PhaseDiagram, out: Path) -> Answer:
    """Phase diagram as table and picture."""
    from experiments.region_plots import phase_picture  # noqa: PLC0415  (slow to import)

    rows = found.rows()
    counted = {name: sum(row["regime"] == name for row in rows) for name in NAMES}
    facts: dict[str, Any] = {
        "x": found.x.name, "y": found.y.name, "horizon": found.horizon, "points": len(rows),
        "rounds": list(found.rounds),
        "worlds_a_point": int(found.worlds[0]), "runs": 2 * int(found.worlds.sum()), "failed": found.failed,
        "regimes": {name: number for name, number in counted.items() if number},
        "bistable": int(found.bistable.sum()), "designs": list(found.designs),
    }  # fmt: skip
    write_csv(out / "phase.csv", rows)
    write_json(out / "phase_facts.json", facts)
    caption = (
        f"{found.worlds[0]} worlds a point; {found.failed} runs failed; a ring marks points whose second regime has "
    )
    caption += f"at least 35 % of worlds. Design {found.designs[0][:12]}."
    write_picture(out, "phase", phase_picture(found, caption), {**facts, "interval": "none; share of worlds"})
    lines = [
        f"{len(rows)} points in rounds of {', '.join(map(str, found.rounds))}; {facts['bistable']} split about evenly"
    ]
    lines += [f"  {name}: {number} points" for name, number in facts["regimes"].items()]
    return Answer(facts, lines)


def policy_answer(front: Front, out: Path) -> Answer:
    """Pareto set as table and picture."""
    from experiments.region_plots import pareto_picture  # noqa: PLC0415  (slow to import)

    rows, facts = front.rows(), front.provenance()
    best = [row for row in rows if row["pareto"]]
    if not best:
        raise AnalysisError("every policy tried has too many futures with failed runs; there is no set to report")
    write_csv(out / "policies.csv", rows)
    write_csv(out / "pareto.csv", best)
    write_json(out / "pareto_facts.json", {**facts, "pareto": best})
    caption = (
        f"{facts['policies']} policies in {facts['futures']} futures x {facts['replications']} replications, seed "
    )
    caption += f"{facts['seed']}; {facts['failed']} runs failed. Design {facts['designs'][0][:12]}."
    write_picture(out, "pareto_set", pareto_picture(front, caption), {**facts, "interval": "none; means over futures"})
    lines = [f"{len(best)} of {len(rows)} policies are beaten by none ({facts['robust']}, {facts['futures']} futures)"]
    shown = [*(factor.name for factor in front.factors), *(f"{one.name}_mean" for one in front.objectives)]
    lines += ["  " + ", ".join(f"{key} {row[key]:.3g}" for key in shown) for row in best[:TOP]]
    return Answer({**facts, "pareto": best}, lines)


def adaptive_answer(found: Adapted, out: Path) -> Answer:
    """Waves as table."""
    rows = [{**asdict(wave), "half_width": wave.half_width} for wave in found.waves]
    facts = {"output": found.output.label, "target": found.target, "reached": found.reached, "waves": rows}
    write_csv(out / "waves.csv", rows)
    write_json(out / "waves.json", facts)
    lines = [
        f"  {wave.points:,} points: {wave.mean:.4g} ({wave.low:.4g} to {wave.high:.4g}), "
        f"half-width {wave.half_width:.3g}, {wave.failed} of {wave.worlds:,} worlds failed"
        for wave in found.waves
    ]
    said = "reached" if found.reached else "not reached; give more points with --most"
    return Answer(facts, [f"{found.output.label}: half-width {found.target:g} {said}", *lines])
