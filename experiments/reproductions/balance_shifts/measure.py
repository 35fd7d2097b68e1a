"""US lead with and without the controls to 2032 under three continuations, and how often China draws level."""

from __future__ import annotations

import numpy as np

from abm.backfire import Comparison
from abm.calendar import quarter_index
from abm.intervals import cluster_means
from abm.outcomes import FIRST_SIGNAL
from abm.regimes import LEAD_BAND
from abm.scenario import Scenario
from abm.timeline import CONTINUATIONS
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import Bools, Columns, Findings, Floats, Number, median_of, share_of, worlds_of
from experiments.reproducing.setting import Setting

YEARS = (2028, 2030, 2032)
END = quarter_index(f"{YEARS[-1]}Q4")
FIRST = quarter_index("2021Q1")
MAIN = CONTINUATIONS[0]
"""The continuation of `history` as shipped; the verdict rests on it."""
NONE, ACCESS = "none_0", "access kept"
NO_LOSS = {"cross_bloc_access_loss": 0.0}
"""Chinese firms see as much of foreign algorithms under controls as without them."""
PERCENT = 100.0


def measure(setting: Setting) -> Findings:
    """Paths of the lead, quarters in which China draws level, and the effect of the controls on both."""
    pairs = _pairs(setting)
    kept = pairs.pop(ACCESS)
    main = pairs[MAIN]
    points, known = main.groups, np.all([pair.arms.ok for pair in (*pairs.values(), kept)], axis=0)
    level = {name: _levels(pair) for name, pair in pairs.items()}
    mine, other = level[MAIN]
    earlier = mine.sum(axis=1) > other.sum(axis=1)  # more quarters after the crossing: it came earlier
    worlds = worlds_of(main.controls, earlier, known)
    numbers: list[Number] = []
    tables: dict[str, Columns] = {}
    for name, pair in pairs.items():
        numbers += _numbers(name, pair, level[name], known)
        lead = pair.paths["lead"]
        tables |= {f"lead_{name}": bands(_known(lead.controls, known), FIRST, END + 1),
                   f"lead_none_{name}": bands(_known(lead.counterfactual, known), FIRST, END + 1),
                   f"effect_{name}": bands(_known(lead.values, known), FIRST, END + 1)}  # fmt: skip
    shorter = main.paths["lead"].values[:, END] < -LEAD_BAND
    numbers += [
        median_of("effect_access", "effect on the lead with access to foreign algorithms kept", "months",
                  _known(kept.paths["lead"].values, known)[:, END], points),
        median_of("china_share", "China's share of the world's training compute, controls", "%",
                  PERCENT * main.controls["compute_share_cn"].values[:, END], points),
        median_of("china_share_none", "the same without controls", "%",
                  PERCENT * main.counterfactual["compute_share_cn"].values[:, END], points),
        share_of("shorter", "share of worlds in which the lead is at least a month shorter with controls", shorter,
                 points, known),
    ]  # fmt: skip
    tables["table"] = _table(pairs, level, known)
    return Findings(tuple(numbers), tables, worlds, _notes(numbers))


def _pairs(setting: Setting) -> dict[str, Comparison]:
    """Controls against none under each continuation, and with access kept; what is the same is run once."""
    arms: dict[str, Scenario] = {}
    others = {}
    for name in CONTINUATIONS:
        arms[name] = setting.scenario().with_continuation(name)
        other = arms[name].counterfactual(NONE)
        others[name] = f"{NONE}, {other.continuation}"
        arms.setdefault(others[name], other)
    arms[ACCESS] = arms[MAIN].with_parameters(**NO_LOSS)
    others[ACCESS] = f"{NONE}, {ACCESS}"
    arms[others[ACCESS]] = arms[ACCESS].counterfactual(NONE)
    found = setting.run(arms)
    return {name: Comparison(found[name], found[other]) for name, other in others.items()}


def _levels(pair: Comparison) -> tuple[Bools, Bools]:
    """Whether China has drawn level by each quarter, with and without the controls, (run, quarter)."""
    lead = pair.paths["lead"]
    found = []
    for months in (lead.controls, lead.counterfactual):
        assert months is not None
        reached = (months <= 0.0) & (np.arange(months.shape[1]) >= FIRST_SIGNAL)
        found.append(np.logical_or.accumulate(reached, axis=1)[:, : END + 1])
    return found[0], found[1]


def _known(values: Floats | None, known: Bools) -> Floats:
    assert values is not None
    return np.where(known[:, None], values, np.nan)


def _numbers(name: str, pair: Comparison, level: tuple[Bools, Bools], known: Bools) -> list[Number]:
    """Effect and chance of drawing level by the horizon under one continuation; more of the main one."""
    lead, points = pair.paths["lead"], pair.groups
    controls, none = (values[:, END] for values in level)
    told = name.replace("_", " ")
    found = [
        median_of(f"effect_{name}", f"effect of the controls on the lead, {told}", "months",
                  _known(lead.values, known)[:, END], points),
        share_of(f"level_{name}", f"share of worlds in which China draws level, controls, {told}", controls, points,
                 known),
    ]  # fmt: skip
    if name != MAIN:
        return found
    return [
        median_of("lead_controls", f"US lead at the end of {YEARS[-1]}, controls", "months",
                  _known(lead.controls, known)[:, END], points),
        median_of("lead_none", "the same without controls", "months", _known(lead.counterfactual, known)[:, END],
                  points),
        *found,
        share_of("level_none", f"the same without controls, {told}", none, points, known),
        _difference("level_effect", f"effect of the controls on that share, {told}", controls, none, pair, known),
    ]  # fmt: skip


def _difference(name: str, label: str, controls: Bools, none: Bools, pair: Comparison, known: Bools) -> Number:
    """Difference of two shares in the same worlds, with an interval over parameter points."""
    change = np.where(known, controls.astype(np.float64) - none.astype(np.float64), np.nan)
    found = cluster_means(PERCENT * change[:, None], pair.groups)
    low, high = float(found.low[0]), float(found.high[0])
    error = (high - low) / (2.0 * 1.645)
    return Number(name, label, "pp", float(found.mean[0]), low, high, int(found.n[0]), error,
                  "90 % over parameter points")  # fmt: skip


def _table(pairs: dict[str, Comparison], level: dict[str, tuple[Bools, Bools]], known: Bools) -> Columns:
    rows = []
    for name, pair in pairs.items():
        lead = pair.paths["lead"]
        for year in YEARS:
            step = quarter_index(f"{year}Q4")
            paths = (lead.controls, lead.counterfactual, lead.values)
            medians = [float(np.nanmedian(_known(path, known)[:, step])) for path in paths]
            shares = [PERCENT * float(reached[known, step].mean()) for reached in level[name]]
            rows.append((name.replace("_", " "), year, *medians, *shares))
    columns = ("continuation", "year", "lead_controls", "lead_none", "effect_months", "level_controls_percent",
               "level_none_percent")  # fmt: skip
    return dict(zip(columns, zip(*rows, strict=True), strict=True))


def _notes(numbers: list[Number]) -> tuple[str, ...]:
    by_name = {one.name: one for one in numbers}
    gained = [name.replace("_", " ") for name in CONTINUATIONS if by_name[f"effect_{name}"].value < 0.0]
    return (
        f"By the end of {YEARS[-1]} China has drawn level at some time in "
        f"{PERCENT * by_name[f'level_{MAIN}'].value:.0f} % of worlds with the controls and in "
        f"{PERCENT * by_name['level_none'].value:.0f} % without (thresholds fixed).",
        "In the median world the controls shorten the US lead under "
        + (f"{', '.join(gained)}." if gained else "none of the three continuations."),
        f"The effect on the lead is {by_name[f'effect_{MAIN}'].text} as it is and {by_name['effect_access'].text} with "
        f"access to foreign algorithms kept (assumption {next(iter(NO_LOSS))} set to 0).",
    )
