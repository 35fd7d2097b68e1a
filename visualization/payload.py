"""What the browser gets: one whole paired run, and the fans of an ensemble, as compact bytes (`visualization.codec`).

A paired run is about 65 kB and the fans of all charts are 80 kB; after that a run is played and scrubbed without the
server. The scripts in `visualization/assets` read the same headers (`codec.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from abm.backfire import Comparison
from abm.calendar import quarter_index
from abm.continuing import lineage_of
from abm.edges import STATUSES
from abm.outcomes import FIRST_SIGNAL
from abm.timeline import SCRIPT_END
from visualization.codec import Packer
from visualization.deliveries import ABSENT, Deliveries
from visualization.portrayal import legend, nodes, ticks
from visualization.quantity import Measured, measure
from visualization.specs import CHARTS
from visualization.watch import Watched, check_run, watch

type Floats = NDArray[np.float64]

ARMS = ("controls", "without")
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles of a fan: the ends of 90 and 50 % of pairs, and the median."""
LINES = 24
"""Runs of an ensemble that are sent as lines to be clicked."""
FIRM_SERIES = ("firm_spending", "firm_training", "firm_efficiency_share", "firm_porting_share")
"""Series by firm that the views use."""


def encode(pair: Comparison, run: int = 0, charts: Sequence[str] | None = None, network: bool = True) -> bytes:
    """One paired run: series of the charts, deliveries of every edge, firms, dates of rules; every quarter, both arms.

    The run is repeated from its seed to read the deliveries, about 20 ms, and is the same bit for bit.

    Parameters
    ----------
    pair : a comparison.
    run : place of the pair in it, from 0.
    charts : ids of `visualization.specs.CHARTS`; all by default.
    network : False leaves deliveries and firms out, for views that show charts only.

    Raises
    ------
    ResultsError, ScenarioError
        A run that is not there, failed, or cannot be run again.
    KeyError
        An unknown chart.
    """
    check_run(pair, run)
    packer, stages = Packer(), lineage_of(pair.controls).stages
    header = {
        "kind": "pair",
        **_about(pair, slice(run, run + 1)),
        "run": int(run),
        "world": int(pair.controls.world[run]),
        "ticks": [asdict(tick) for tick in ticks(stages[-1][1].law)],
        "branch": [start for start, _ in stages[1:]],
        "charts": _charts(packer, pair, run, charts),
    }
    if network:
        watched = watch(pair, run)
        header |= {"firms": _firms(packer, pair, run, watched), "network": _network(packer, watched)}
    return packer.pack(header)


def encode_fan(pair: Comparison, charts: Sequence[str] | None = None, lines: int = LINES) -> bytes:
    """Fans of an ensemble: quantiles over pairs in both arms for each chart, and some runs as lines.

    The same runs are lines in every chart: those at equal steps of rank in the last value of the first chart.

    Parameters
    ----------
    lines : how many runs are sent as lines.
    """
    names = list(CHARTS if charts is None else charts)
    packer, measured = Packer(), measure(pair, names)
    chosen = spread_out(measured[names[0]].values[0], pair.arms.ok, lines)
    found = {}
    for name, one in measured.items():
        if one.values.shape[2]:
            bands = np.stack([quantiles(arm) for arm in one.values])
            picked = np.moveaxis(one.values[:, chosen], 0, 1)
            found[name] = {**_axis(one), "n": int(np.isfinite(one.values[0]).any(axis=1).sum())}
            found[name] |= {"bands": _joint(packer, bands), "lines": _joint(packer, picked)}
    header = {
        "kind": "fan", **_about(pair), "runs": int(pair.arms.ok.sum()), "failed": pair.failed,
        "points": int(np.unique(pair.controls.point[pair.arms.ok]).size), "lines": [int(run) for run in chosen],
        "worlds": [int(pair.controls.world[run]) for run in chosen], "charts": found,
    }  # fmt: skip
    return packer.pack(header)


def quantiles(values: Floats) -> Floats:
    """`BANDS` over pairs of values (run, period): (band, period); NaN where no pair has a value."""
    known = np.isfinite(values).any(axis=0)
    found = np.full((len(BANDS), values.shape[1]), np.nan)
    if known.any():
        found[:, known] = np.nanquantile(values[:, known], BANDS, axis=0)
    return found


def spread_out(values: Floats, ok: NDArray[np.bool_], count: int) -> list[int]:
    """Places of runs at equal steps of rank in their last value (run, period); failed ones are left out."""
    places = np.flatnonzero(ok)
    last = values[places, -1] if values.shape[1] else np.zeros(places.size)
    order = places[np.argsort(np.nan_to_num(last, nan=-np.inf), kind="stable")]
    if order.size <= count:
        return [int(run) for run in order]
    steps = np.linspace(0, order.size - 1, count).round().astype(np.int64)
    return [int(order[step]) for step in steps]


# --- parts ------------------------------------------------------------------------------------------------------------


def _about(pair: Comparison, runs: slice = slice(None)) -> dict[str, Any]:
    """What all payloads say of their comparison; `id` tells comparisons of other numbers apart."""
    controls = pair.controls
    digest = 0
    for results in (controls, pair.counterfactual):
        digest = crc32(np.ascontiguousarray(results.record[..., runs]), digest)
    return {
        "id": digest,
        "scenario": controls.scenario,
        "counterfactual": pair.counterfactual.scenario,
        "seed": controls.seed,
        "arms": list(ARMS),
        "quarters": list(controls.quarters),
        "signal": FIRST_SIGNAL,
        "scripted": quarter_index(SCRIPT_END),
    }


def _axis(one: Measured) -> dict[str, Any]:
    dots = [[dot.at, dot.value, dot.low, dot.high, dot.period] for dot in one.observed]
    return {"periods": list(one.periods), "at": [round(float(at), 4) for at in one.at], "observed": dots}


def _joint(packer: Packer, values: Floats) -> dict[str, Any]:
    """A block with one scale for all of it."""
    entry = packer.block(values.reshape(1, -1))
    return {**entry, "shape": list(values.shape)}


def _charts(packer: Packer, pair: Comparison, run: int, names: Sequence[str] | None) -> dict[str, Any]:
    found = measure(pair, tuple(CHARTS if names is None else names), run)
    return {
        name: {**_axis(one), "values": _joint(packer, one.values[:, 0])}
        for name, one in found.items()
        if one.values.shape[2]
    }


def _firms(packer: Packer, pair: Comparison, run: int, watched: Watched) -> dict[str, Any]:
    """Series by firm, each (firm, arm, quarter)."""
    results = pair.controls, pair.counterfactual
    bloc = {firm.id: firm.bloc for firm in watched.plan.world.firms}
    first = [int(np.argmax(watched.static("alive")[:, index])) for index in range(len(watched.plan.world.firms))]
    begins = {firm.id: first[index] for index, firm in enumerate(watched.plan.world.firms)}
    series = {}
    for name in FIRM_SERIES:
        both = np.stack([one[name].values[run] for one in results])  # arm, quarter, firm
        about = results[0][name]
        series[name] = {**packer.block(np.moveaxis(both, 2, 0)), "unit": about.unit, "meaning": about.meaning}
    ids = list(pair.controls.firms)
    return {
        "ids": ids, "blocs": [bloc[firm] for firm in ids], "begins": [begins[firm] for firm in ids], "series": series,
    }  # fmt: skip


def _network(packer: Packer, watched: Watched) -> dict[str, Any]:
    """Nodes, and edges that ever carry or would carry something; flows by (edge, arm, quarter)."""
    found, drawn = Deliveries(watched), nodes(watched.plan)
    place = {node.id: index for index, node in enumerate(drawn)}
    edges = [(key, flow) for key, flow in found.edges.items() if np.any(flow.status != ABSENT)]
    value, amount = (
        np.stack([getattr(flow, name) for _, flow in edges]).transpose(0, 2, 1) for name in ("value", "flow")
    )
    apart = [index for index, (key, _) in enumerate(edges) if key.unit != "USD bn"]
    return {
        **legend(),
        "nodes": [asdict(node) for node in drawn],
        "edges": [[place[key.supplier], place[key.customer], key.stage, key.unit] for key, _ in edges],
        "status": [[spells(flow.status[:, arm]) for arm in range(len(ARMS))] for _, flow in edges],
        "statuses": list(STATUSES),
        "value": packer.block(value),
        "amount": {**packer.block(amount[apart]), "edges": apart},
    }


def spells(codes: NDArray[np.int64]) -> list[list[int]]:
    """A row of codes as [first quarter, code] of each spell."""
    changes = np.flatnonzero(np.diff(codes, prepend=codes[0] - 1))
    return [[int(step), int(codes[step])] for step in changes]
