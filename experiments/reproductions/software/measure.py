"""The loss of China's capability through the controls, with and without each kind of software progress."""

from __future__ import annotations

import numpy as np

from abm.calendar import quarter_index
from abm.outcomes import FIRST_SIGNAL, log_ratio
from abm.results import Results
from abm.scenario import Scenario
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import Bools, Columns, Findings, Floats, Number, median_of, share_of, worlds_of
from experiments.reproducing.setting import Setting

END = quarter_index("2028Q4")
CHIPS, ALONE, WHOLE, OWN = "chips alone", "+ own research", "+ distillation = whole", "whole, no own research"
ACCESS = "whole, access kept"
NO_LOSS = {"cross_bloc_access_loss": 0.0}
"""Chinese firms see as much of foreign algorithms under controls as without them."""
OFF: dict[str, tuple[str, ...]] = {
    CHIPS: ("efficiency", "knowledge_spillovers", "distillation"),
    ALONE: ("knowledge_spillovers", "distillation"),
    "+ spill-overs": ("distillation",),
    WHOLE: (),
    OWN: ("efficiency",),
    ACCESS: (),
}
"""What is off in both arms: software progress is added kind by kind, then own research taken out of the whole."""
KEYS = dict(zip(OFF, ("chips", "own", "spill_overs", "whole", "no_own", "access"), strict=True))
HALF = 0.5
LEAST = 0.1
"""ln effective compute: below a loss of this size there is nothing to make up for."""
PERCENT = 100.0
SHARE_UNIT = "% of the loss"


def measure(setting: Setting) -> Findings:
    """Losses at the horizon, what each kind of progress wins back, and the paths behind it."""
    arms: dict[str, Scenario] = {}
    for name, off in OFF.items():
        history = setting.scenario().without(*off)
        history = history.with_parameters(**NO_LOSS) if name == ACCESS else history
        arms |= {name: history, f"{name}, none_0": history.counterfactual("none_0")}
    found = setting.run(arms)
    known = np.all([one.ok for one in found.values()], axis=0)
    results = found[WHOLE]
    loss = {name: -_change(found, name, "capability_cn")[:, END] for name in OFF}
    kept = {name: np.where(known, values, np.nan) for name, values in loss.items()}
    judged = known & (kept[OWN] > LEAST)
    offset = _offset(kept[WHOLE], kept[OWN])
    worlds = worlds_of(results, offset >= HALF, judged)
    losses = [median_of(f"loss_{KEYS[name]}", f"effective compute lost: {name}", "%", _percent(values), results.point)
              for name, values in kept.items()]  # fmt: skip
    alone = _offset(kept[ALONE], kept[CHIPS])
    shares = (
        median_of("offset", "part of the loss that own research wins back", SHARE_UNIT, PERCENT * offset,
                  results.point),
        median_of("offset_alone", "the same with nothing to learn from others", SHARE_UNIT, PERCENT * alone,
                  results.point),
        share_of("worse", "share of worlds in which own research makes the loss larger", offset < 0.0, results.point,
                 judged),
        share_of("half_alone", "share of worlds in which it wins back half, with nothing to learn from others",
                 alone >= HALF, results.point, known & (kept[CHIPS] > LEAST)),
    )  # fmt: skip
    paths = _paths(found)
    table: Columns = {
        "software_progress": list(OFF),
        "loss_percent": [one.value for one in losses],
        "low": [one.low for one in losses],
        "high": [one.high for one in losses],
        "worlds": [one.n for one in losses],
    }
    tables = {name: bands(values, FIRST_SIGNAL - 4, END + 1) for name, values in paths.items()}
    numbers = (*losses, *shares, *_growth(found))
    return Findings(numbers, {**tables, "table": table}, worlds, _notes(numbers, judged))


def _change(found: dict[str, Results], name: str, series: str) -> Floats:
    """Controls less none, of a series in logarithms."""
    return found[name].series(series) - found[f"{name}, none_0"].series(series)


def _offset(whole: Floats, without: Floats) -> Floats:
    """Part of the loss without something that is won back with it; not defined where there is next to no loss."""
    enough = without > LEAST
    return np.where(enough, 1.0 - whole / np.where(enough, without, 1.0), np.nan)


def _percent(loss: Floats) -> Floats:
    return PERCENT * -np.expm1(-loss)


def _paths(found: dict[str, Results]) -> dict[str, Floats]:
    """Changes through the controls, %: chips, software, and what comes of both."""
    whole, other = found[WHOLE], found[f"{WHOLE}, none_0"]
    compute = log_ratio(whole.series("compute_cn"), other.series("compute_cn"))
    changes = {"compute": compute, "efficiency": _change(found, WHOLE, "algorithm_cn"),
               "capability": _change(found, WHOLE, "capability_cn")}  # fmt: skip
    return {name: PERCENT * np.expm1(change) for name, change in changes.items()}


def _growth(found: dict[str, Results]) -> tuple[Number, ...]:
    """How much training efficiency grows anyway, and what the controls change about it and about the chips."""
    points = found[WHOLE].point
    grown = {
        arm: np.exp(found[name].series(series)[:, END] - found[name].series(series)[:, FIRST_SIGNAL])
        for arm, name, series in (("controls", WHOLE, "algorithm_cn"), ("none", f"{WHOLE}, none_0", "algorithm_cn"),
                                  ("us", WHOLE, "algorithm_us"))
    }  # fmt: skip
    paths = _paths(found)
    return (
        median_of("growth_controls", "growth of China's best training efficiency since 2022Q3, controls", "times",
                  grown["controls"], points),
        median_of("growth_none", "the same without controls", "times", grown["none"], points),
        median_of("growth_us", "the same of US firms, controls", "times", grown["us"], points),
        median_of("compute", "change of installed training compute", "%", paths["compute"][:, END], points),
        median_of("efficiency", "change of China's best training efficiency", "%", paths["efficiency"][:, END],
                  points),
    )  # fmt: skip


def _notes(numbers: tuple[Number, ...], judged: Bools) -> tuple[str, ...]:
    by_name = {one.name: one for one in numbers}
    efficiency = by_name["efficiency"].value
    chips, own, spilled, whole = (by_name[f"loss_{name}"].value for name in ("chips", "own", "spill_overs", "whole"))
    return (
        f"In the median world the controls cost {chips:.0f} % of effective compute through chips alone, {own:.0f} % "
        f"once own research answers, {spilled:.0f} % once firms also learn from others (to whom controls cut access), "
        f"and {whole:.0f} % in the whole model.",
        f"With access to foreign algorithms kept the loss is {by_name['loss_access'].value:.0f} %, against "
        f"{whole:.0f} % in the whole model: how much access the controls cost is an assumption "
        f"({next(iter(NO_LOSS))}).",
        f"Training efficiency of China's leading firm grows {by_name['growth_controls'].text} under controls and "
        f"{by_name['growth_none'].text} without them: in the median world the controls "
        f"{'slow' if efficiency < 0.0 else 'speed'} it by {abs(efficiency):.2g} %.",
        f"{int(judged.sum()):,} of {judged.size:,} worlds have a loss to be made up for and are counted.",
    )
