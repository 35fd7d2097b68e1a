"""Output of Chinese chips with and without the controls, split into denial and inducement, and by kind of rule."""

from __future__ import annotations

import numpy as np

from abm.backfire import Comparison
from abm.calendar import quarter_index
from abm.outcomes import FIRST_SIGNAL, log_ratio, share, year_sum
from abm.regimes import OUTPUT_BAND
from abm.results import Results
from experiments.reproducing.drawing import bands
from experiments.reproducing.findings import Columns, Findings, Floats, Integers, Number, median_of, share_of, worlds_of
from experiments.reproducing.setting import Setting

END = quarter_index("2028Q4")
NONE = "none_0"
SCENARIOS = {"history": "all rules", "chips_only": "chip rules alone", "tools_only": "tool rules alone"}
"""Scenarios that are set against `none_0`, and how they are called."""
YEARS = (2024, 2026, 2027, 2028)
SHORT = 2026
"""Year in which the stock of memory from before the rule of December 2024 is used up."""
PARTS = ("denial", "inducement")
PERCENT = 100.0


def measure(setting: Setting) -> Findings:
    """Induced output, the domestic share and its parts, performance and yield, and rules apart."""
    history = setting.scenario()
    arms = {"history": history, NONE: history.counterfactual(NONE)}
    arms |= {name: setting.scenario(name) for name in SCENARIOS if name != "history"}
    found = setting.run(arms)
    pair = Comparison(found["history"], found[NONE])
    points = found["history"].point
    output = pair.paths["domestic_output"].values
    parts = pair.decompose("self_reliance").parts
    induced, denied = (parts[name].values for name in reversed(PARTS))
    holds = (output[:, END] > OUTPUT_BAND) & (induced[:, END] > 0.0)
    known = pair.arms.ok & np.isfinite(output[:, END]) & np.isfinite(induced[:, END])
    numbers = (
        *_outputs(found, points),
        median_of("share_controls", "domestic share of compute bought in the year, controls", "%",
                  _level(pair, "controls"), points),
        median_of("share_none", "the same without controls", "%", _level(pair, "counterfactual"), points),
        median_of("denial", "rise of the share through denial", "pp", denied[:, END], points),
        median_of("inducement", "rise of the share through inducement", "pp", induced[:, END], points),
        share_of("more", "share of worlds with any more output than without controls", output[:, END] > 0.0, points,
                 known),
        *_quality(found, points),
        *_memory(found, points),
    )  # fmt: skip
    paths = {f"output_{name}": bands(PERCENT * np.expm1(_output(found[name], found[NONE])), FIRST_SIGNAL - 4, END + 1)
             for name in SCENARIOS}  # fmt: skip
    table = _table(pair, points)
    return Findings(numbers, {**paths, "table": table}, worlds_of(found["history"], holds, known), _notes(numbers))


def _output(results: Results, other: Results) -> Floats:
    """Change of a year's output, ln; not defined where one arm makes no chip at all or failed."""
    change = log_ratio(year_sum(results.series("domestic_output")), year_sum(other.series("domestic_output")))
    return np.where(np.isfinite(change), change, np.nan)


def _outputs(found: dict[str, Results], points: Integers) -> tuple[Number, ...]:
    return tuple(
        median_of(f"output_{name}", f"change of a year's output, {label}", "%",
                  PERCENT * np.expm1(_output(found[name], found[NONE])[:, END]), points)
        for name, label in SCENARIOS.items()
    )  # fmt: skip


def _level(pair: Comparison, arm: str) -> Floats:
    levels: Floats = getattr(pair.paths["self_reliance"], arm)[:, END]
    return levels


def _quality(found: dict[str, Results], points: Integers) -> tuple[Number, ...]:
    """How good the chips are: performance a package in the year, and yield."""
    per_package = {
        arm: share(year_sum(found[arm].series("domestic_output")), year_sum(found[arm].series("domestic_packages")))
        for arm in ("history", NONE)
    }
    grown = share(per_package["history"][:, END], per_package["history"][:, FIRST_SIGNAL])
    better = log_ratio(per_package["history"], per_package[NONE])[:, END]
    gained = found["history"].series("yield_domestic") - found[NONE].series("yield_domestic")
    return (
        median_of("grown", "performance a Chinese package, 2028 over 2022Q3, controls", "times", grown, points),
        median_of("performance", "effect of the controls on performance a package", "%", PERCENT * np.expm1(better),
                  points),
        median_of("yield", "effect on the yield of large dies", "pp", PERCENT * gained[:, END], points),
    )  # fmt: skip


def _memory(found: dict[str, Results], points: Integers) -> tuple[Number, ...]:
    """HBM that Chinese designers get once the stock is used up: the input that runs short first."""
    return tuple(
        median_of(f"memory_{arm}", f"HBM that Chinese designers got in {SHORT}, {label}", "million stacks",
                  year_sum(found[arm].series("hbm_imports"))[:, quarter_index(f"{SHORT}Q4")], points)
        for arm, label in (("history", "controls"), (NONE, "no controls"))
    )  # fmt: skip


def _table(pair: Comparison, points: Integers) -> Columns:
    """Medians by year: output and the parts of the share."""
    table: Columns = {"year": list(YEARS)}
    columns = {"output_change_percent": PERCENT * np.expm1(pair.paths["domestic_output"].values)}
    columns |= {f"share_{name}_pp": pair.paths[f"self_reliance_{name}"].values for name in PARTS}
    for column, values in columns.items():
        found = [median_of(column, column, "", values[:, quarter_index(f"{year}Q4")], points) for year in YEARS]
        table |= {column: [one.value for one in found], f"{column}_low": [one.low for one in found],
                  f"{column}_high": [one.high for one in found]}  # fmt: skip
    return table


def _notes(numbers: tuple[Number, ...]) -> tuple[str, ...]:
    by_name = {one.name: one for one in numbers}
    chips, tools = by_name["output_chips_only"], by_name["output_tools_only"]
    return (
        f"Rules on chips alone change output by {chips.value:+.0f} % in the median world, rules on tools alone by "
        f"{tools.value:+.0f} %, and both together by {by_name['output_history'].value:+.0f} %: what chip makers gain "
        "in demand they can use only as far as they get tools.",
        f"In {SHORT} Chinese designers get {by_name['memory_history'].value:.2g} million stacks of HBM under controls "
        f"and {by_name['memory_none_0'].value:.2g} million without. How output stands at the horizon therefore depends "
        "on how soon China makes its own memory.",
        f"Performance a package grows {by_name['grown'].value:.2g}-fold from 2022Q3 to 2028 under controls; what the "
        f"controls change about it is {by_name['performance'].text}.",
    )
