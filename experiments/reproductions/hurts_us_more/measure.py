"""Losses of both sides, which is larger, and what slack in the world's supply of chips does to that."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

import numpy as np

from abm.backfire import Comparison
from abm.beliefs import POSTERIOR
from abm.calendar import quarter_index
from abm.intervals import RESAMPLES, resamples
from abm.outcomes import present_value
from abm.pain import CHINA_BASE, QUADRANTS, SCOPES, US_BASE, WHOLE, RelativePain, losses
from abm.parameter_index import PARAMETERS
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import (
    Columns,
    Findings,
    Floats,
    Integers,
    Number,
    Worlds,
    median_of,
    share_of,
    worlds_of,
)
from experiments.reproducing.setting import Setting

YEAR = "2028"
VENDORS = next(iter(SCOPES))
FIRST, END = quarter_index("2022Q4"), quarter_index("2028Q4") + 1
PERCENT = 100.0
DRAWN_ONLY = ("more_1", "slack", "pain_scarce", "pain_ample", "pain_small", "pain_large")
"""Numbers for the figure alone."""
THIRDS = ("tightest third", "middle third", "slackest third")
TIGHT = {"capacity_growth_cap": "low", "capacity_lead": "high", "start_slack": "low", "memory_slack": "low"}
"""End of its range at which each parameter makes the world's supply of chips scarce; the other end makes it ample."""
OTHER = {"low": "high", "high": "low"}
SPLIT_WORLDS = 2
"""The worlds of the experiments are this many times fewer, since there are several of them."""


def measure(setting: Setting) -> Findings:
    """Relative pain at the horizon by scope, by slack as it came, and with slack set."""
    main = setting.compare(setting.scenario())
    pain = {scope: main.relative_pain(YEAR, scope) for scope in SCOPES}
    worlds = _worlds(main, pain[WHOLE])
    if setting.beliefs != POSTERIOR:
        return Findings((), {}, worlds)
    slack = _slack(main)
    experiments = _experiments(setting)
    thirds = _by_slack(pain[WHOLE], slack)
    numbers = [
        *_sizes(main, pain), *thirds, _correlation(slack, pain[WHOLE]), median_of(
            "slack", "idle share of world packaging capacity without controls, 2022Q4 to 2028Q4", "%",
            PERCENT * slack, main.groups),
        *_set(experiments),
    ]  # fmt: skip
    path = {scope: losses(main.arms, scope)[2] for scope in SCOPES}
    tables: dict[str, Columns] = {
        "table": _quadrants(main),
        "rows": {
            "name": [one.name for one in numbers],
            "value": [one.value for one in numbers],
            "low": [one.low for one in numbers],
            "high": [one.high for one in numbers],
        },
        "whole": bands(path[WHOLE], FIRST, END + 16),
        "vendors": bands(path[VENDORS], FIRST, END + 16),
        "worlds": {"slack": PERCENT * slack, "us": pain[WHOLE].us_loss, "china": pain[WHOLE].china_loss},
        "idle": bands(PERCENT * _idle(main), FIRST, END + 16),
    }
    told = tuple(one for one in numbers if one.name not in DRAWN_ONLY)
    return Findings(told, tables, worlds, _notes(thirds, numbers, pain))


def _worlds(main: Comparison, pain: RelativePain) -> Worlds:
    return worlds_of(main.controls, np.nan_to_num(pain.value) > 0.0, np.isfinite(pain.value))


# --- slack ------------------------------------------------------------------------------------------------------------


def _idle(main: Comparison) -> Floats:
    """Share of the world's packaging capacity that no sale claims, without controls, (world, quarter)."""
    capacity, sold = (main.counterfactual.series(name) for name in ("world_capacity", "world_sold"))
    idle: Floats = np.clip(1.0 - sold / capacity, 0.0, None)
    return idle


def _slack(main: Comparison) -> Floats:
    """The same over the years in which losses count, each quarter weighted alike."""
    mean: Floats = _idle(main)[:, FIRST:END].mean(axis=1)
    return mean


def _by_slack(pain: RelativePain, slack: Floats) -> list[Number]:
    """Share of worlds with the US hurt more, by thirds of slack."""
    cuts = np.quantile(slack, [1.0 / 3.0, 2.0 / 3.0])
    third = np.digitize(slack, cuts)
    known = np.isfinite(pain.value)
    return [
        share_of(f"more_{place}", f"share of worlds with the US hurt more, {name} of world supply",
                 pain.value > 0.0, pain.groups, known & (third == place))
        for place, name in enumerate(THIRDS)
    ]  # fmt: skip


def _correlation(slack: Floats, pain: RelativePain) -> Number:
    """Rank correlation of slack and relative pain, with a bootstrap over points."""
    known = np.isfinite(pain.value) & np.isfinite(slack)
    x, y, groups = slack[known], pain.value[known], pain.groups[known]
    drawn = _resampled(x, y, groups)
    low, high = np.quantile(drawn, [0.05, 0.95])
    label = "rank correlation of slack and relative pain over worlds"
    return Number("correlation", label, "", _rank(x, y), float(low), float(high), x.size, float(np.std(drawn)),
                  "90 % over parameter points")  # fmt: skip


def _resampled(x: Floats, y: Floats, groups: Integers, times: int = RESAMPLES // 10) -> Floats:
    """Rank correlations of samples of whole points."""
    _, cluster = np.unique(groups, return_inverse=True)
    found = []
    for counts in islice((row for block in resamples(int(cluster.max()) + 1) for row in block), times):
        rows = np.repeat(np.arange(x.size), counts[cluster].astype(np.int64))
        found.append(_rank(x[rows], y[rows]))
    return np.asarray(found)


def _rank(x: Floats, y: Floats) -> float:
    from scipy.stats import spearmanr  # noqa: PLC0415  (slow to import)

    return float(spearmanr(x, y).statistic)


def _experiments(setting: Setting) -> dict[str, Comparison]:
    """The same worlds with the world's supply of chips made scarce or ample, and China a small or large customer."""
    history = setting.scenario()
    share = PARAMETERS["china_share"]
    settings: Mapping[str, Mapping[str, float]] = {
        "scarce": {name: getattr(PARAMETERS[name], end) for name, end in TIGHT.items()},
        "ample": {name: getattr(PARAMETERS[name], OTHER[end]) for name, end in TIGHT.items()},
        "small": {"china_share": share.low},
        "large": {"china_share": share.high},
    }
    size = max(setting.worlds // SPLIT_WORLDS, setting.replications)
    arms = {name: history.with_parameters(**{**values, **setting.changed}) for name, values in settings.items()}
    both = {f"{name}, none": arm.counterfactual("none_0") for name, arm in arms.items()}
    found = setting.run({**arms, **both}, size)
    return {name: Comparison(found[name], found[f"{name}, none"]) for name in settings}


# --- numbers, table, notes --------------------------------------------------------------------------------------------


def _sizes(main: Comparison, pain: Mapping[str, RelativePain]) -> list[Number]:
    """Relative pain by scope, both losses in dollars, and both over what they are losses of."""
    whole, vendors = pain[WHOLE], pain[VENDORS]
    step = END - 1
    bases = {
        name: present_value(main.counterfactual.series(series))[:, step]
        for name, series in (("us", US_BASE), ("china", CHINA_BASE))
    }
    groups = whole.groups
    return [
        median_of("pain", "relative pain, AI firms and treasury counted (1: the US alone is hurt, −1: China alone)", "",
                  whole.value, groups),
        median_of("pain_vendors", "the same, vendors alone on the US side", "", vendors.value, groups),
        share_of("more_vendors", "share of worlds with the US hurt more, vendors alone on the US side",
                 vendors.value > 0.0, groups, np.isfinite(vendors.value)),
        median_of("us_loss", "US loss, present value", "USD bn", whole.us_loss, groups),
        median_of("china_loss", "China's loss, present value", "USD bn", whole.china_loss, groups),
        median_of("us_share", "US loss over vendors' revenue without controls", "%",
                  PERCENT * whole.us_loss / bases["us"], groups),
        median_of("china_share", "China's loss over its AI firms' budgets without controls", "%",
                  PERCENT * whole.china_loss / bases["china"], groups),
    ]  # fmt: skip


def _set(experiments: Mapping[str, Comparison]) -> list[Number]:
    """Relative pain where slack, or China's part of demand, is set at an end of its range, in the same worlds."""
    labels = {
        "scarce": "relative pain where world supply is made scarce",
        "ample": "relative pain where world supply is made ample",
        "small": "relative pain where China is a small customer",
        "large": "relative pain where China is a large customer",
    }
    values = {name: one.relative_pain(YEAR, WHOLE) for name, one in experiments.items()}
    numbers = [median_of(f"pain_{name}", labels[name], "", one.value, one.groups) for name, one in values.items()]
    numbers += [
        share_of(f"more_{name}", f"share of worlds with the US hurt more, world supply made {name}",
                 values[name].value > 0.0, values[name].groups, np.isfinite(values[name].value))
        for name in ("scarce", "ample")
    ]  # fmt: skip
    for first, second, label in (
        ("ample", "scarce", "change of relative pain from scarce to ample supply, in the same world"),
        ("large", "small", "change of relative pain from a small to a large customer, in the same world"),
    ):
        change = values[first].value - values[second].value
        numbers.append(median_of(f"change_{first}", label, "", change, values[first].groups))
    return numbers


def _quadrants(main: Comparison) -> Columns:
    """Who loses and who gains, by horizon and scope, per cent of pairs."""
    rows = []
    for scope in SCOPES:
        for year in ("2026", YEAR, "2032"):
            found = main.relative_pain(year, scope)
            shares = found.quadrants
            rows.append((scope, year, found.spread.median, *(PERCENT * shares.probability)))
    heads = ("counted_in_the_US", "year", "median_relative_pain", *(name.replace(" ", "_") for name in QUADRANTS))
    return {head: [row[place] for row in rows] for place, head in enumerate(heads)}


def _notes(thirds: list[Number], numbers: list[Number], pain: Mapping[str, RelativePain]) -> tuple[str, ...]:
    """The claim in one sentence for each state of world supply, as far as the numbers carry it."""
    told = {one.name: one for one in numbers}
    tight, slack = thirds[0], thirds[-1]
    apart = tight.high < slack.low or slack.high < tight.low
    crosses = (tight.value - 0.5) * (slack.value - 0.5) < 0.0
    first = (
        f"Where world supply is tightest the US is hurt more in {PERCENT * tight.value:.0f} % of worlds, where it is "
        f"slackest in {PERCENT * slack.value:.0f} %"
    )
    first += ": " + (
        "the answer turns with slack." if apart and crosses
        else "slack moves the answer and does not turn it." if apart
        else "slack as it comes in these worlds does not settle the answer."
    )  # fmt: skip
    change = told["change_ample"]
    clear = change.low > 0.0 or change.high < 0.0
    scarce, ample = told["more_scarce"], told["more_ample"]
    second = (
        f"Made scarce, world supply leaves the US hurt more in {PERCENT * scarce.value:.0f} % of worlds; made ample, "
        f"in {PERCENT * ample.value:.0f} %. In the same world the step from scarce to ample changes relative pain by "
        f"{change.text}, {'of one sign' if clear else 'of either sign'} over 90 % of worlds."
    )
    undefined = int(np.isnan(pain[WHOLE].value).sum())
    third = f"Relative pain is undefined in {undefined} pairs, where both losses are below half a per cent."
    us, china = told["us_share"], told["china_share"]
    fourth = (
        f"Held against what it is taken from, the US loss is {us.text} of its vendors' revenue, China's {china.text} "
        "of its AI firms' budgets (medians, 90 % of worlds)."
    )
    return first, second, fourth, third
