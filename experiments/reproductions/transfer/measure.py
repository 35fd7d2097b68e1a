"""Both cases in worlds with parameters of the chip case, and again with one rule off at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from abm.simulation import parameter_values
from experiments.drive import seed_of
from experiments.reproducing.findings import Columns, Findings, Floats, Number, median_of
from experiments.reproducing.setting import Setting
from experiments.reproductions.transfer.buyer import VARIANTS, Law, shares
from experiments.reproductions.transfer.cases import Case, load_cases, number_of
from experiments.sampling import sobol

RANGES = 3
"""Quantities of a case that are drawn from ranges: the law's strictness, lead and spare capacity."""
ABLATED = {True: 32, False: 256}
"""Worlds with one rule off, by quick or not."""
PERCENT = 100.0
LEVELS = (0.05, 0.5, 0.95)


def measure(setting: Setting) -> Findings:
    """Shares of imports after both controls, held against what was observed."""
    numbers: list[Number] = []
    paths, table = _empty("case", "year", "low", "median", "high"), _empty("case", "rules", "share_percent", "observed")
    for case in load_cases():
        found = _worlds(setting, case, setting.worlds)
        numbers += _numbers(case, found)
        _add_path(paths, case, found)
        for variant in VARIANTS:
            kept = _worlds(setting, case, min(ABLATED[setting.quick], setting.worlds), variant)
            row = (case.name, variant, float(np.median(_last_year(kept))), PERCENT * case.share_after)
            _append(table, row)
    facts = _empty("case", "name", "sender", "year_before", "before", "year_after", "after", "after_low", "after_high")
    for case in load_cases():
        _append(facts, _observed(case))
    return Findings(tuple(numbers), {"paths": paths, "facts": facts, "table": table}, notes=_notes(numbers, table))


def _worlds(setting: Setting, case: Case, worlds: int, variant: str = VARIANTS[0]) -> Floats:
    """Sender's share of imports, percent, (world, quarter), the first before the rule."""
    points = np.arange(worlds)
    values = parameter_values(setting.scenario(), setting.seed, points)
    luck = sobol(RANGES, seed_of(setting.seed, case.id), 0, worlds)
    found = []
    for world in points:
        rules = {name: float(column[world]) for name, column in values.items()}
        path, lead, spare = case.drawn(luck[world])
        found.append(shares(rules, Law(case.share_before, path, lead, spare), variant))
    return PERCENT * np.asarray(found)


def _last_year(found: Floats) -> Floats:
    """Mean share of the last four quarters: statistics are yearly."""
    mean: Floats = found[:, -4:].mean(axis=1)
    return mean


def _numbers(case: Case, found: Floats) -> Iterator[Number]:
    """Share at the end, its place against the observed one, and how fast it fell."""
    points = np.arange(len(found))
    end, observed = _last_year(found), PERCENT * case.share_after
    share = median_of(f"{case.id}_share", f"{case.name}: share of {case.sender} at the end", "%", end, points)
    yield share
    yield Number(
        f"{case.id}_miss", f"{case.name}: median share less the observed one", "pp", share.value - observed,
        share.low - observed, share.high - observed, share.n, share.error, "90 % of worlds",
    )  # fmt: skip
    rank = float(np.mean(end < observed))
    error = float(np.sqrt(max(rank * (1.0 - rank), 1.0 / end.size) / end.size))
    label = f"{case.name}: worlds in which the share falls further than observed"
    yield Number(f"{case.id}_rank", label, "%", PERCENT * rank, n=end.size, error=PERCENT * error)
    before = PERCENT * case.share_before
    part = PERCENT * (before - end) / (before - observed)
    yield median_of(f"{case.id}_part", f"{case.name}: part of the observed fall", "%", part, points)
    yield median_of(
        f"{case.id}_half",
        f"{case.name}: quarters until half of the fall for good",
        "quarters",
        _half_time(found),
        points,
    )


def _half_time(found: Floats) -> Floats:
    """Quarters until the share is half way to that of the last year for good; NaN where it does not fall."""
    end = _last_year(found)
    middle = (found[:, 0] + end) / 2.0
    above = found > middle[:, None]
    last = found.shape[1] - 1 - np.argmax(above[:, ::-1], axis=1)
    return np.where((end < found[:, 0]) & (last < found.shape[1] - 1), last + 1.0, np.nan)


# --- tables -----------------------------------------------------------------------------------------------------------


def _empty(*names: str) -> Columns:
    return {name: [] for name in names}


def _append(table: Columns, row: tuple[float | str, ...]) -> None:
    for name, value in zip(list(table), row, strict=True):
        table[name] = [*table[name], value]


def _middle(quarter: str) -> float:
    """Middle of a quarter in years."""
    return (number_of(quarter) + 0.5) / 4.0


def _add_path(paths: Columns, case: Case, found: Floats) -> None:
    low, middle, high = np.quantile(found, LEVELS, axis=0)
    for place in range(found.shape[1]):
        year = _middle(case.before) + place / 4.0
        _append(paths, (case.id, year, float(low[place]), float(middle[place]), float(high[place])))


def _observed(case: Case) -> tuple[float | str, ...]:
    low, high = (PERCENT * end for end in case.after_range)
    return (
        case.id, case.name, case.sender, _middle(case.before), PERCENT * case.share_before, _middle(case.measured),
        PERCENT * case.share_after, low, high,
    )  # fmt: skip


def _notes(numbers: list[Number], table: Columns) -> tuple[str, ...]:
    """What the rules give, and which of them does most."""
    values = {one.name: one for one in numbers}
    told = []
    for case in load_cases():
        found = {
            variant: share
            for name, variant, share in zip(table["case"], table["rules"], table["share_percent"], strict=True)
            if name == case.name
        }
        most = max(VARIANTS[1:], key=lambda variant: abs(found[variant] - found[VARIANTS[0]]))
        share = values[f"{case.id}_share"]
        low, high = (PERCENT * end for end in case.after_range)
        meets = "overlaps" if low <= share.high and share.low <= high else "lies outside"
        told.append(
            f"{case.name}: the rules give {values[f'{case.id}_part'].value:.0f} % of the observed fall in the median "
            f"world. Of the rules left out one at a time, “{most}” changes the share most ({found[most]:.0f} % instead "
            f"of {found[VARIANTS[0]]:.0f} %). The range of what was reported ({low:.0f} to {high:.0f} %) {meets} the "
            f"90 % of worlds ({share.low:.0f} to {share.high:.0f} %)."
        )
    told.append(
        "Shares are means of the last four quarters; nothing after the first quarter of a rule but its law is given."
    )
    return tuple(told)
