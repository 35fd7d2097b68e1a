"""Intervals by number of worlds and replications; effects by number of firms with fixed bloc totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from abm.backfire import Comparison
from abm.intervals import LEVEL
from abm.scenario import Scenario
from experiments.convergence import DRAWN, REPLICATIONS, RUNS, SIZES, VARIANTS, YEAR, Convergence
from experiments.reproducing.findings import Columns, Findings, Floats, Integers, Number, median_of
from experiments.reproducing.setting import Setting

HORIZON = str(YEAR)
EFFECTS = {"lead": "the US lead", "us_revenue": "US vendors' revenue"}
FIRM_EFFECTS = {
    "lead": ("the US lead", "months", 1.0), "us_revenue": ("US vendors' revenue", "%", 100.0),
    "self_reliance": ("China's self-reliance", "pp", 1.0),
}  # fmt: skip
"""Words, unit and factor of effects that are followed over the number of firms; a ln of 100 is called percent."""
ALL = next(iter(VARIANTS))
USED = 256
"""Worlds of the tables of the project."""
FEWEST, FEWEST_POINTS = 64, 8
"""Worlds and parameter points below which no interval is made."""
MANY = 8
"""Worlds a point of the shipped commands."""
QUICK_SIZES, QUICK_DRAWN, QUICK_RUNS = SIZES[:3], DRAWN[:2], 24
NORMAL_90 = 1.645
PERCENT = 100.0


def measure(setting: Setting) -> Findings:
    """Both kinds of convergence."""
    few = setting.compare(setting.scenario())
    worlds = USED if setting.quick else setting.worlds
    many = replace(setting, replications=MANY, worlds=worlds).compare(setting.scenario())
    by_worlds = _by_worlds(few, setting.replications)
    by_worlds_many = _by_worlds(many, MANY)
    firms = _by_firms(setting)
    numbers = (*_run_numbers(by_worlds, by_worlds_many), *_firm_numbers(firms))
    tables = {"worlds": _joined(by_worlds, by_worlds_many), "firms": _firms(firms), "table": _steps(firms)}
    return Findings(numbers, tables, notes=_notes(firms))


# --- in the number of worlds ------------------------------------------------------------------------------------------


def _by_worlds(pairs: Comparison, replications: int) -> Columns:
    """Median effect and half-width of its interval by effect and number of worlds, mean over blocks of so many."""
    rows = []
    for effect in EFFECTS:
        values = pairs.effects(HORIZON)[effect].values
        whole = abs(_median(values, pairs.groups).value)
        size = max(FEWEST, FEWEST_POINTS * replications)
        while size <= values.size:
            halves = np.array([
                NORMAL_90 * _median(values[first : first + size], pairs.groups[first : first + size]).error
                for first in range(0, values.size - size + 1, size)
            ])  # fmt: skip
            half = float(halves.mean())
            apart = float(halves.std() / half)
            rows.append((effect, replications, size, half, PERCENT * half / whole, halves.size, apart))
            size *= 2
    heads = ("effect", "worlds_a_point", "worlds", "half_width", "percent_of_effect", "blocks", "relative_deviation")
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _median(values: Floats, points: Integers) -> Number:
    return median_of("median", "", "", values, points)


def _joined(one: Columns, other: Columns) -> Columns:
    return {name: [*one[name], *other[name]] for name in one}


def _at(table: Columns, effect: str, worlds: int) -> tuple[float, float]:
    """Relative half-width of an effect at a number of worlds, and its standard error."""
    mine = [at for at, name in enumerate(table["effect"]) if name == effect]
    found = next(at for at in mine if table["worlds"][at] == worlds)
    half = float(table["percent_of_effect"][found])
    return half, half * _relative_error(table, mine, found)


def _relative_error(table: Columns, mine: Sequence[int], at: int) -> float:
    """Relative standard error of a half-width, from how blocks of the fewest worlds differ.

    The error of the bootstrap of a median falls with the fourth root of the sample (Hall and Martin 1988).
    """
    first = mine[0]
    fall = (float(table["worlds"][first]) / float(table["worlds"][at])) ** 0.25
    error: float = float(table["relative_deviation"][first]) * fall / float(np.sqrt(table["blocks"][at]))
    return error


def _run_numbers(few: Columns, many: Columns) -> list[Number]:
    """Half-widths at the number of worlds in use, how they fall, and what replications cost."""
    numbers = []
    for name, effect in (("lead", "lead"), ("revenue", "us_revenue")):
        half, error = _at(few, effect, USED)
        label = f"half-width of the {LEVEL:.0%} interval of the median effect on {EFFECTS[effect]} at {USED} worlds"
        numbers.append(Number(f"half_{name}", f"{label}, of the effect", "%", half, n=USED, error=error))
    mine = [at for at, name in enumerate(few["effect"]) if name == "lead"]
    size, half_widths = (np.log([few[name][at] for at in mine]) for name in ("worlds", "half_width"))
    slope = float(np.polyfit(size, half_widths, 1)[0])
    ends = float(np.hypot(_relative_error(few, mine, mine[0]), _relative_error(few, mine, mine[-1])))
    numbers.append(
        Number("slope", "exponent of the half-width for the lead in the number of worlds", "", slope, n=size.size,
               error=ends / float(size[-1] - size[0]))
    )  # fmt: skip
    (one, error_one), (other, error_other) = _at(few, "lead", USED), _at(many, "lead", USED)
    label = f"half-width for the lead with {MANY} worlds a point over that with {few['worlds_a_point'][0]}"
    error = other / one * float(np.hypot(error_one / one, error_other / other))
    numbers.append(Number("replications", f"{label}, at {USED} worlds", "", other / one, n=USED, error=error))
    return numbers


# --- in the number of firms -------------------------------------------------------------------------------------------


def _by_firms(setting: Setting) -> Convergence:
    """Effects in drawn worlds of several sizes, as `experiments.convergence`, under the beliefs of the setting."""
    sizes, drawn, runs = (QUICK_SIZES, QUICK_DRAWN, QUICK_RUNS) if setting.quick else (SIZES, DRAWN, RUNS)
    small = replace(setting, worlds=runs, replications=REPLICATIONS)
    values: dict[tuple[str, str, int], Floats] = {}
    points = np.zeros(0, dtype=np.int64)
    for size in sizes:
        found: dict[str, list[Floats]] = {name: [] for name in FIRM_EFFECTS}
        for world in drawn:
            pairs = small.compare(setting.apply(Scenario.synthetic(size, world)))
            points, effects = pairs.groups, pairs.effects(HORIZON)
            for name, (_, _, factor) in FIRM_EFFECTS.items():
                found[name].append(factor * effects[name].values)
        values |= {(ALL, name, size): np.stack(rows) for name, rows in found.items()}
    return Convergence(sizes, values, points, {})


def _firm_numbers(found: Convergence) -> list[Number]:
    """Change of each mean effect over the last step in size, and the end of its interval that lies further from 0."""
    numbers = []
    last = found.sizes[-2:]
    for name, (words, unit, _) in FIRM_EFFECTS.items():
        gap = found.gap(ALL, name, *last)
        low, high = float(gap.low[0]), float(gap.high[0])
        short = name.removeprefix("us_")
        numbers.append(
            Number(f"step_{short}", f"change of the mean effect on {words} from {last[0]:,} to "
                   f"{last[1]:,} firms", unit, float(gap.mean[0]), low, high, int(gap.n[0]),
                   (high - low) / (2.0 * NORMAL_90), f"{LEVEL:.0%} over parameter points")
        )  # fmt: skip
        numbers.append(
            Number(f"bound_{short}", f"largest change of the mean effect on {words} that this interval allows", unit,
                   max(abs(low), abs(high)), n=int(gap.n[0]), error=(high - low) / (2.0 * NORMAL_90))
        )  # fmt: skip
    return numbers


def _firms(found: Convergence) -> Columns:
    """Mean effect in each drawn world."""
    rows = [
        (name, size, float(np.nanmean(one)))
        for name in FIRM_EFFECTS
        for size in found.sizes
        for one in found.values[ALL, name, size]
    ]
    return {head: [row[place] for row in rows] for place, head in enumerate(("effect", "firms", "mean"))}


def _steps(found: Convergence) -> Columns:
    """Mean effects by size and what the drawing of firms does."""
    columns: dict[str, Sequence[float | int]] = {"firms": list(found.sizes)}
    for name, (_, unit, _) in FIRM_EFFECTS.items():
        short = f"{name.removeprefix('us_')}_{'percent' if unit == '%' else unit}"
        columns[short] = [float(np.nanmean(found.values[ALL, name, size])) for size in found.sizes]
        columns[f"sd_between_drawn_worlds_{short}"] = [found.between(ALL, name, size) for size in found.sizes]
    return dict(columns)


def _notes(found: Convergence) -> tuple[str, ...]:
    last = found.sizes[-1]
    apart = found.between(ALL, "lead", last)
    return (
        f"Firms are drawn {len(found.values[ALL, 'lead', last])} times at each size, {found.points.size} pairs each, "
        f"bloc totals fixed. At {last:,} firms the mean effect on the lead differs between drawings by a standard "
        f"deviation of {apart:.1f} months.",
    )
