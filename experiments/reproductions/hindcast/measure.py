"""The back-test: forecasts of 2024 from information to 2023Q4, scored beside naive forecasts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from abm.intervals import resamples
from experiments.reproducing.findings import Columns, Findings, Number
from experiments.reproducing.setting import Setting
from experiments.validation.summary import NAMES, pooled_summary, series_summary
from experiments.validation.validation import Scored, Validation, run_ensemble, validate
from experiments.validation_commands import backtest, backtest_beliefs

PERCENT = 100.0
PARTS = 4
"""Ensembles of a quarter of the worlds, whose scores tell how much chance is in that of all."""
TAIL = 0.05
RESAMPLED = 200
SHORT = {
    "last_value": "last value", "log_linear_trend": "trend", "logistic_share": "flattening trend",
    "no_adaptation": "no adaptation of firms",
}  # fmt: skip

NAMES_OF_SERIES = {
    "ASCEND_UNITS": "Huawei's Ascend packages",
    "TENCENT_CAPEX_Y": "Tencent's capital expenditure",
    "CN_NVDA_UNITS_FLOW": "NVIDIA chips to China, number",
    "NVDA_CHINA_REV_FY": "NVIDIA's billing in China, year",
    "NVDA_CHINA_REV_BILL": "NVIDIA's billing in China",
    "IDC_SHARE_DOM": "Chinese share of cards",
    "NVDA_DC_REV": "NVIDIA's data-centre revenue",
    "NVDA_DC_REV_FY": "NVIDIA's data-centre revenue, year",
    "IDC_UNITS": "cards sold in China",
    "WORLD_NVDA_H100E_CUM": "NVIDIA compute, world, cumulated",
    "CN3_CAPEX_H1": "three platforms' capital expenditure",
    "CN_NVDA_H100E_FLOW": "NVIDIA compute to China",
    "ECI_LAG": "lag of Chinese models",
    "CN_NVDA_H100E_CUM": "NVIDIA compute to China, cumulated",
    "SMIC_ADV_WPM_BG": "SMIC's advanced wafers",
    "IDC_LOWTIER_NV": "US low-tier cards in China",
    "IDC_SHARE_NVDA": "NVIDIA's share of cards",
    "NVDA_CHINA_RESID": "NVIDIA's other sales in China",
    "CN_SHARE_OF_NVDA_CUM": "China's share of NVIDIA compute",
}
"""Words for series of `observations.csv`; others keep their id."""


def measure(setting: Setting) -> Findings:
    """Scores of the pool and of each series, with intervals over series."""
    whole = _validated(setting, setting.worlds, setting.seed)
    parts = [_validated(setting, setting.worlds // PARTS, setting.seed + 1 + place).pool for place in range(PARTS)]
    numbers = [_number(name, label, unit, made, whole.pool, parts) for name, label, unit, made in _measures()]
    count = Number("observations", "observations of 2024 that are pooled", "", float(len(whole.pool)))
    tables = {"table": _forecasts(whole.pool), "series": _series(whole)}
    return Findings((*numbers, count), tables, notes=_notes(whole, setting))


def _validated(setting: Setting, worlds: int, seed: int) -> Validation:
    observations, judging = backtest()
    scenario = setting.scenario().with_beliefs(backtest_beliefs())
    return validate(observations, run_ensemble(scenario, worlds, seed, setting.threads), judging)


type Made = Callable[[Sequence[Scored]], float]


def _measures() -> list[tuple[str, str, str, Made]]:
    """Name, label, unit of every number and how it is made of a pool."""
    found: list[tuple[str, str, str, Made]] = [
        ("crps", "score of the model (CRPS over the spread of each series)", "", _score),
        ("ratio_best", "score over that of the best naive forecast", "", lambda pool: max(_ratios(pool).values())),
        *(
            (f"ratio_{name}", f"score over that of “{SHORT[name]}”", "", _ratio(name))
            for name in NAMES
        ),
        ("coverage_50", "observations inside 50 % intervals", "%", lambda pool: _percent(pool, "coverage_50")),
        ("coverage_90", "observations inside 90 % intervals", "%", lambda pool: _percent(pool, "coverage_90")),
        ("bias", "median forecast less observation, in spreads", "", lambda pool: _of(pool, "bias")),
        ("sign", "changes from the last value forecast with the right sign", "%", lambda pool: _percent(pool, "sign")),
    ]  # fmt: skip
    return found


def _of(pool: Sequence[Scored], key: str) -> float:
    value = getattr(pooled_summary(pool), key)
    return float("nan") if value is None else float(value)


def _percent(pool: Sequence[Scored], key: str) -> float:
    return PERCENT * _of(pool, key)


def _score(pool: Sequence[Scored]) -> float:
    return _of(pool, "crps")


def _ratios(pool: Sequence[Scored]) -> dict[str, float]:
    """The model's score over that of each naive forecast."""
    found = pooled_summary(pool)
    own = float("nan") if found.crps is None else found.crps
    return {name: own / value for name, value in found.naive.items() if value}


def _ratio(name: str) -> Made:
    return lambda pool: _ratios(pool).get(name, float("nan"))


def _number(
    name: str, label: str, unit: str, made: Made, pool: Sequence[Scored], parts: Sequence[Sequence[Scored]]
) -> Number:
    """A number with its 90 % interval over series and its standard error over worlds."""
    series = list(dict.fromkeys(one.observation.series_id for one in pool))
    mine = [[one for one in pool if one.observation.series_id == name] for name in series]
    drawn = []
    for weight in np.concatenate(list(resamples(len(series))))[:RESAMPLED]:
        again = [
            replace(one, weight=one.weight * times) for times, rows in zip(weight, mine, strict=True) for one in rows
        ]
        drawn.append(made([one for one in again if one.weight > 0.0]))
    low, high = np.nanquantile(drawn, [TAIL, 1.0 - TAIL])
    apart = float(np.std([made(part) for part in parts], ddof=1)) / float(np.sqrt(PARTS))
    return Number(name, label, unit, made(pool), float(low), float(high), len(pool), apart, "90 % over series")


def _forecasts(pool: Sequence[Scored]) -> Columns:
    """Score of each forecast."""
    found = pooled_summary(pool)
    own = float("nan") if found.crps is None else found.crps
    known = {name: float("nan") if found.naive[name] is None else found.naive[name] for name in NAMES}
    return {
        "forecast": ["the model", *(SHORT[name] for name in NAMES)],
        "score": [own, *(known[name] for name in NAMES)],
        "models_score_over_it": [1.0, *(_ratios(pool).get(name, float("nan")) for name in NAMES)],
    }


def _series(found: Validation) -> Columns:
    """Scores of every series of the pool, the worst of the model first."""
    by_series: dict[str, list[Scored]] = {}
    for one in found.pool:
        by_series.setdefault(one.observation.series_id, []).append(one)
    told = {name: series_summary(rows) for name, rows in by_series.items()}
    order = sorted(told, key=lambda name: -(told[name].crps or 0.0))
    return {
        "series": order,
        "name": [NAMES_OF_SERIES.get(name, name) for name in order],
        "observations": [told[name].n for name in order],
        "model": [told[name].crps for name in order],
        **{name: [told[one].naive[name] for one in order] for name in NAMES},
        "in_90_percent": [told[name].coverage_90 for name in order],
    }


def _notes(found: Validation, setting: Setting) -> tuple[str, ...]:
    """What is given, and where the model does worst."""
    ratios = _ratios(found.pool)
    best = max(ratios, key=lambda name: ratios[name])
    told = _series(found)
    worst = ", ".join(
        f"{name} ({score:.1f})" for name, score in list(zip(told["name"], told["model"], strict=True))[:3]
    )
    side = "below" if _of(found.pool, "bias") < 0.0 else "above"
    return (
        f"The best naive forecast is “{SHORT[best]}”. Parameters are drawn from '{backtest_beliefs()}'"
        f"{', changed as asked' if setting.changed else ''}; nothing observed after 2023Q4 moves a world.",
        f"Median forecasts lie {abs(_of(found.pool, 'bias')):.1f} spreads {side} the observations on average, and the "
        f"inner half of the forecasts holds {_percent(found.pool, 'coverage_50'):.0f} % of them instead of 50 %.",
        f"Series with the worst scores of the model: {worst}.",
    )
