"""Which parameters matter: elementary effects (Morris 1991) and variance-based indices (Sobol' 1993) of all outputs.

Rows of one base, A, (B) and A with one factor of B, stand together (`experiments.sampling.blocks`). A base with a
failed run is dropped whole and counted; above `MOST_DROPPED` there is no answer. Intervals resample bases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abm.intervals import LEVEL, resamples
from experiments.analysis import AnalysisError, Output, Table
from experiments.design import Floats, Integers
from experiments.sampling import block_length

type Bools = NDArray[np.bool_]

MOST_DROPPED = 0.05
"""Share of bases that may be dropped; indices of what is left could else be those of another model."""
PARTS = (4, 2, 1)
"""Convergence is shown on the first quarter, half and whole of the bases."""


@dataclass(frozen=True, eq=False)
class Indices:
    """Measures of each factor for each output, with 90 % intervals over bases.

    Attributes
    ----------
    method : "saltelli" or "morris".
    factors, outputs : names, in the order of the arrays.
    measures : by name (first, total; or mu_star, mu, sigma), each (factor, output).
    low, high : the same for the ends of the intervals.
    bases : bases used for each output, (output,); NaN in the measures where too many had no value.
    dropped : bases with a failed run, dropped for all outputs.
    chance : what chance alone adds, (output,), NaN without replications: to each total index its share of the variance
        of what was analysed; to each mu_star the value that a parameter without any effect would get.
    parts : convergence: number of bases, and the first measure by name on these alone, (factor, output).
    """

    method: str
    factors: tuple[str, ...]
    outputs: tuple[Output, ...]
    measures: dict[str, Floats]
    low: dict[str, Floats]
    high: dict[str, Floats]
    bases: Integers
    dropped: int
    chance: Floats
    parts: tuple[tuple[int, dict[str, Floats]], ...] = field(default=())

    @property
    def main(self) -> str:
        """Measure that factors are ranked by."""
        return "total" if self.method == "saltelli" else "mu_star"

    def ranking(self, output: Output) -> list[str]:
        """Factors, the most important first."""
        column = self.measures[self.main][:, self.outputs.index(output)]
        return [self.factors[place] for place in np.argsort(-np.nan_to_num(column, nan=-1.0), kind="stable")]

    def rows(self) -> list[dict[str, Any]]:
        """One row an output and factor, for tables."""
        found = []
        for j, output in enumerate(self.outputs):
            for i, factor in enumerate(self.factors):
                row: dict[str, Any] = {
                    "outcome": output.outcome, "arm": output.arm, "horizon": output.horizon, "unit": output.unit,
                    "parameter": factor, "bases": int(self.bases[j]), "chance": float(self.chance[j]),
                }  # fmt: skip
                for name, values in self.measures.items():
                    row[name] = float(values[i, j])
                    if name in self.low:
                        row |= {
                            f"{name}_low": float(self.low[name][i, j]),
                            f"{name}_high": float(self.high[name][i, j]),
                        }
                for bases, part in self.parts:
                    row[f"{self.main}_{bases}"] = float(part[self.main][i, j])
                found.append(row)
        return found


# --- sums over bases --------------------------------------------------------------------------------------------------

type Sums = dict[str, Floats]
"""Terms of one base: (base, ...); an estimate is a function of their weighted sums, which serves all resamples."""
type Estimate = Callable[[Sums], dict[str, Floats]]


def saltelli_terms(rows: Floats, known: Bools) -> Sums:
    """Terms of first-order and total indices.

    Parameters
    ----------
    rows : (base, 2 + factor, output), A, B, then A with one factor of B.
    known : (base, output), bases that count.
    """
    # about the mean, or products of large numbers would swallow the differences
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known[:, None], rows[:, :2], 0.0).sum(axis=(0, 1)) / (2 * count)
    y = np.where(known[:, None], rows - centre, 0.0)
    a, b, mixed = y[:, 0], y[:, 1], y[:, 2:]
    return {
        "n": known.astype(np.float64),
        "sum": a + b,
        "square": a * a + b * b,
        "first": b[:, None] * (mixed - a[:, None]),
        "total": 0.5 * (a[:, None] - mixed) ** 2,
    }


def saltelli_estimate(sums: Sums) -> dict[str, Floats]:
    """First-order indices after Saltelli et al. (2010), total ones after Jansen (1999), (..., factor, output)."""
    n = np.where(sums["n"] > 0, sums["n"], np.nan)
    mean = sums["sum"] / (2 * n)
    variance = sums["square"] / (2 * n) - mean * mean
    scale = np.where(variance > 0, n * variance, np.nan)[..., None, :]
    return {"first": sums["first"] / scale, "total": sums["total"] / scale}


def morris_terms(rows: Floats, known: Bools, step: Floats) -> Sums:
    """Terms of elementary effects.

    Parameters
    ----------
    rows : (base, 1 + factor, output), A, then A with one factor of B.
    known : (base, output).
    step : (base, factor), by how much the factor moves in its 0..1.
    """
    change = np.where(known[:, None], rows[:, 1:] - rows[:, :1], 0.0)
    moved = np.abs(step)[:, :, None] * known[:, None]
    directed = change * np.sign(step)[:, :, None]
    square = np.divide(change * change, moved, out=np.zeros_like(change), where=moved > 0)
    return {"moved": moved, "absolute": np.abs(change), "directed": directed, "square": square}


def morris_estimate(sums: Sums) -> dict[str, Floats]:
    """Mean absolute, mean and spread of elementary effects, weighted by the step, (..., factor, output).

    Radial steps differ in length. An effect over a short step is mostly chance over a small number; weights that are
    the steps make the mean effect the summed change over the summed step. With equal steps these are Morris' measures.
    """
    moved = np.where(sums["moved"] > 0, sums["moved"], np.nan)
    mu = sums["directed"] / moved
    variance = sums["square"] / moved - mu * mu
    return {"mu_star": sums["absolute"] / moved, "mu": mu, "sigma": np.sqrt(np.maximum(variance, 0.0))}


def estimate(terms: Sums, formula: Estimate) -> tuple[dict[str, Floats], dict[str, Floats], dict[str, Floats]]:
    """Estimates with the ends of their 90 % intervals over bases."""
    found = formula({name: term.sum(axis=0) for name, term in terms.items()})
    bases = len(next(iter(terms.values())))
    drawn: dict[str, list[Floats]] = {name: [] for name in found}
    for weight in resamples(bases):
        sums = {name: np.tensordot(weight, term, axes=1) for name, term in terms.items()}
        for name, values in formula(sums).items():
            drawn[name].append(values)
    tail = (1.0 - LEVEL) / 2.0
    low, high = {}, {}
    for name, parts in drawn.items():
        ends = np.quantile(np.concatenate(parts), [tail, 1.0 - tail], axis=0)
        unknown = np.isnan(found[name])
        low[name], high[name] = (np.where(unknown, np.nan, end) for end in ends)
    return found, low, high


# --- from a sweep -----------------------------------------------------------------------------------------------------


def indices(
    method: str,
    factors: tuple[str, ...],
    outputs: tuple[Output, ...],
    rows: Floats,
    step: Floats | None = None,
    failed: Bools | None = None,
) -> Indices:
    """Indices of all outputs at once.

    Parameters
    ----------
    method : "saltelli" or "morris".
    rows : (base, row of the base, output), means over replications.
    step : (base, factor), for morris.
    failed : (base,), bases with a failed run; by default those without any value.

    Raises
    ------
    AnalysisError
        If more than `MOST_DROPPED` of the bases are lost.
    """
    lost = ~np.isfinite(rows).any(axis=(1, 2)) if failed is None else failed
    if lost.mean() > MOST_DROPPED:
        raise AnalysisError(
            f"{int(lost.sum()):,} of {lost.size:,} bases hold failed runs, more than {MOST_DROPPED:.0%}: "
            "indices of the rest would be those of another model; look at the failures with curbs export"
        )
    known = np.isfinite(rows).all(axis=1) & ~lost[:, None]
    known &= known.mean(axis=0) >= 1.0 - MOST_DROPPED  # an output that is unknown more often has no index
    if method == "saltelli":
        terms, formula = saltelli_terms(rows, known), saltelli_estimate
    elif step is not None:
        terms, formula = morris_terms(rows, known, step), morris_estimate
    else:
        raise AnalysisError("elementary effects need the steps of the factors")
    found, low, high = estimate(terms, formula)
    parts = tuple(
        (size, formula({name: term[:size].sum(axis=0) for name, term in terms.items()}))
        for size in (len(rows) // part for part in PARTS)
    )
    nothing = np.full(len(outputs), np.nan)
    return Indices(method, factors, outputs, found, low, high, known.sum(axis=0), int(lost.sum()), nothing, parts)


def sensitivity(table: Table, outputs: tuple[Output, ...] | None = None) -> Indices:
    """Indices of a sweep with sampler "saltelli" or "morris", by default of all its outputs.

    Raises
    ------
    AnalysisError
        On another sampler, or more failures than `MOST_DROPPED`.
    """
    have = table.inputs
    if have.sampler not in ("saltelli", "morris"):
        raise AnalysisError(f"sensitivity needs a sweep with sampler 'saltelli' or 'morris', not {have.sampler!r}")
    if have.drawn:
        raise AnalysisError(
            "sensitivity needs key 'design.others' = \"default\": what is drawn beside it is chance here"
        )
    chosen = outputs or table.outputs
    second, size = have.sampler == "saltelli", len(have.factors)
    length = block_length(size, second)
    values = table.matrix(chosen)
    rows = table.by_point(values).reshape(-1, length, len(chosen))
    failed = ~table.ok.reshape(-1, length * have.replications).all(axis=1)
    step = None if second else _steps(have.unit_cube().reshape(-1, length, size))
    found = indices(have.sampler, tuple(factor.name for factor in have.factors), chosen, rows, step, failed)
    chance = _chance(table.chance(values), have.replications, rows, step)
    return found if chance is None else _with_chance(found, chance)


def _steps(unit: Floats) -> Floats:
    """By how much each factor moves, (base, factor); row i + 1 moves factor i alone."""
    places = np.arange(unit.shape[2])
    return unit[:, places + 1, places] - unit[:, 0]


def _chance(within: Floats | None, replications: int, rows: Floats, step: Floats | None) -> Floats | None:
    """What chance adds to each measure: see `Indices.chance`."""
    if within is None:
        return None
    noise = within / replications
    if step is None:
        y = np.where(np.isfinite(rows[:, :2]), rows[:, :2], np.nan).reshape(-1, rows.shape[2])
        known = np.isfinite(y)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, y, 0.0).sum(axis=0) / count
        variance = (np.where(known, y - mean, 0.0) ** 2).sum(axis=0) / count
        return np.asarray(np.divide(noise, variance, out=np.full_like(noise, np.nan), where=variance > 0))
    # the difference of two means has variance 2 x noise; a normal one is 2 sqrt(noise / pi) off in the mean
    return np.asarray(2.0 * np.sqrt(noise / np.pi) / np.abs(step).mean())


def _with_chance(found: Indices, chance: Floats) -> Indices:
    """The same with what chance adds, and total indices net of it."""
    measures = dict(found.measures)
    if found.method == "saltelli":
        left = np.where(chance < 1.0, 1.0 - chance, np.nan)
        measures["total_net"] = (measures["total"] - chance) / left
        measures["first_net"] = measures["first"] / left
    return replace(found, measures=measures, chance=chance)
