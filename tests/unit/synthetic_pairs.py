"""Invented comparisons with plausible shapes, for tests of tables and figures without the engine."""

from __future__ import annotations

import numpy as np

from abm.backfire import Comparison
from abm.leverage import Leverage
from abm.parameters import draw, load_parameters
from abm.results import Results
from abm.scenario import Scenario
from abm.series import FIRM_SERIES, SERIES, at
from experiments.runs import Pair

QUARTERS = 52
FIRMS = ("TENCENT", "MICROSOFT")
YEARS = 2020.125 + np.arange(QUARTERS) / 4


def path(*knots: tuple[float, float]) -> np.ndarray:
    """Piecewise exponential path through (year, value)."""
    years, values = zip(*knots, strict=True)
    return np.exp(np.interp(YEARS, years, np.log(values)))


BILLING = path(
    (2020, 0.5), (2022.6, 0.8), (2022.9, 0.15), (2023.5, 2.6), (2023.9, 0.8), (2024.9, 4.5), (2025.4, 0.5), (2033, 0.4)
)
FREE_BILLING = path((2020, 0.5), (2022.6, 0.8), (2024, 5), (2026, 14), (2033, 45))
PATHS = {
    "capability_cn": (52.0 + 0.34 * np.arange(QUARTERS) - 0.02 * np.clip(np.arange(QUARTERS) - 11, 0, None), 0.3),
    "capability_us": (54.0 + 0.35 * np.arange(QUARTERS), 0.2),
    "compute_cn": (path((2020, 60), (2023, 300), (2033, 20_000)), 0.3),
    "compute_us": (path((2020, 250), (2023, 1500), (2033, 190_000)), 0.2),
    "compute_world": (path((2020, 400), (2023, 2200), (2033, 250_000)), 0.2),
    "domestic_compute_bought": (path((2020, 1), (2024, 60), (2033, 4000)), 0.5),
    "compute_bought_cn": (path((2020, 15), (2024, 200), (2033, 5000)), 0.3),
    "domestic_output": (path((2020, 2), (2024, 80), (2033, 5000)), 0.5),
    "ascend_packages": (path((2020, 5), (2023.5, 25), (2024.5, 110), (2033, 1500)), 0.5),
    "us_vendor_revenue": (path((2020, 1.5), (2023, 5), (2024.9, 38), (2033, 190)), 0.25),
    "us_vendor_revenue_china": (BILLING, 0.3),
    "nvidia_china_flagship": (BILLING, 0.3),
    "nvidia_china_residual": (np.full(QUARTERS, 1.3), 0.2),
    "nvidia_china_h100e": (BILLING * 12, 0.3),
    "nvidia_china_units": (BILLING * 70, 0.3),
    "nvidia_china_first_month": (np.full(QUARTERS, 1.0 / 3.0), 0.0),
    "us_low_tier_cards": (np.full(QUARTERS, 230.0), 0.2),
    "domestic_cards": (path((2020, 15), (2023, 40), (2024.9, 240), (2033, 1700)), 0.4),
}
UNCONTROLLED = {
    "capability_cn": (52.0 + 0.345 * np.arange(QUARTERS), 0.3),
    "compute_cn": (path((2020, 60), (2023, 300), (2033, 40_000)), 0.3),
    "domestic_compute_bought": (path((2020, 1), (2024, 30), (2033, 2000)), 0.5),
    "compute_bought_cn": (path((2020, 15), (2024, 300), (2033, 14_000)), 0.3),
    "domestic_output": (path((2020, 2), (2024, 50), (2033, 2500)), 0.5),
    "ascend_packages": (path((2020, 5), (2023.5, 25), (2024.5, 70), (2033, 800)), 0.5),
    "us_vendor_revenue": (path((2020, 1.5), (2023, 5), (2024.9, 42), (2033, 215)), 0.25),
    "nvidia_china_flagship": (FREE_BILLING, 0.3),
    "us_vendor_revenue_china": (FREE_BILLING, 0.3),
    "nvidia_china_h100e": (FREE_BILLING * 20, 0.3),
    "nvidia_china_units": (FREE_BILLING * 45, 0.3),
}


def results(scenario: Scenario, runs: int = 32, seed: int = 1, failed: tuple[int, ...] = ()) -> Results:
    """Results of a scenario with invented series; runs in `failed` broke a law in quarter 9."""
    generator = np.random.default_rng(seed)
    worlds = np.arange(runs)
    spread = generator.normal(0, 1, (len(PATHS), runs))
    paths = PATHS | (UNCONTROLLED if scenario.mode == "none_0" else {})
    drift = generator.normal(0, 1, (len(PATHS), runs))
    record = np.exp(generator.normal(0, 0.1, (len(SERIES), QUARTERS, runs)))
    own = np.random.default_rng([seed, len(scenario.policy)]).normal(0, 1, (len(PATHS), runs))
    extra = 1.3 if scenario.continuation == "freeze_rel" else 1.0
    for place, name in enumerate(PATHS):
        level, width = paths[name]
        late = np.clip(YEARS - 2022.6, 0, None)[:, None] / 10
        noise = width * (0.4 * spread[place] + (drift[place] + 0.5 * own[place]) * late)
        if name.startswith("capability"):
            record[at(name)] = np.maximum.accumulate(level[:, None] + noise * 3, axis=0)
            continue
        factor = np.where(YEARS > 2026.75, extra if "nvidia_china" in name else 1.0, 1.0)
        record[at(name)] = (level * factor)[:, None] * np.exp(noise)
    broken = np.full(runs, -1)
    broken[list(failed)] = 9
    return Results(
        scenario=scenario.name,
        seed=seed,
        replications=8,
        world=worlds,
        parameters=draw(load_parameters(), seed, worlds // 8, scenario.fixed),
        record=record,
        firm_record=np.ones((len(FIRM_SERIES), QUARTERS, len(FIRMS), runs)),
        firms=FIRMS,
        designs=("H100", "H20"),
        failed_quarter=broken,
        failed_law=np.where(broken >= 0, 0, -1),
        manifest={"data_checksum": "0" * 64},
    )


def leverage(steps, runs: int = 32) -> dict[int, Leverage]:
    """Invented leverage at some quarters: half of open supply with controls, seven tenths without."""
    shares = {"deny": (0.5, 0.3), "open": (1.0, 1.0), "open_gate": (1.0, 1.0)}
    return {
        step: Leverage(step, {name: 1000.0 * np.outer(share, np.ones(runs)) for name, share in shares.items()})
        for step in steps
    }


def pair(continuation: str = "freeze_abs", runs: int = 32, failed: tuple[int, ...] = ()) -> Pair:
    """A pair of history and none_0."""
    scenario = Scenario.load("history").with_continuation(continuation)
    other = scenario.counterfactual("none_0")
    arms = Comparison(results(scenario, runs, failed=failed), results(other, runs))
    return Pair(continuation, scenario, other, arms, 0.5)


def pairs(runs: int = 32) -> list[Pair]:
    """Both continuations."""
    return [pair("freeze_abs", runs), pair("freeze_rel", runs)]
