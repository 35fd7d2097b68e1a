"""Verdicts come from numbers by rule; the parameter that decides is named only if it stands out."""

from __future__ import annotations

import numpy as np
import pytest

from experiments.reproducing.deciding import Deciding, deciding
from experiments.reproducing.findings import Number, Worlds
from experiments.reproducing.study import Condition, Study
from experiments.reproducing.verdicts import judge_numbers, judge_shares, word_of

STUDY = Study("x", 1, "X", "claim", "exports fall", "2028Q4", "share", {"quick": 8, "full": 8})
NUMBERS = Study(
    "y", 2, "Y", "method", "forecasts are good", "2024Q4", "numbers", {"quick": 8, "full": 8},
    conditions=(Condition("ratio", below=1.0, text="CRPS ratio"), Condition("coverage", above=0.8, below=0.97)),
)  # fmt: skip


def share(value, low, high):
    return Number("s", "s", "", value, low, high, 100)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (1.0, "virtually certain"), (0.99, "virtually certain"), (0.9, "very likely"), (0.66, "likely"),
        (0.5, "about as likely as not"), (0.32, "unlikely"), (0.09, "very unlikely"), (0.0, "exceptionally unlikely"),
    ],
)  # fmt: skip
def test_words_are_those_of_the_ipcc(probability, word):
    assert word_of(probability) == word


def test_a_verdict_tells_horizon_probability_interval_number_and_beliefs():
    found = judge_shares(STUDY, share(0.2, 0.15, 0.27), share(0.4, 0.3, 0.5), None)
    assert found.word == "unlikely"
    assert found.tone < 0
    assert found.sentence == (
        "Unlikely: by 2028Q4, exports fall in 20 % (15–27) of 100 pairs of worlds drawn from the posterior, and in "
        "40 % (30–50) of 100 drawn from the prior. No single parameter stands out as deciding it."
    )


def test_an_interval_from_unlikely_to_likely_is_unclear():
    assert judge_shares(STUDY, share(0.5, 0.2, 0.8), share(0.5, 0.2, 0.8), None).word == "unclear"


def test_a_claim_that_a_parameter_turns_round_depends_on_it():
    found = judge_shares(STUDY, share(0.5, 0.4, 0.6), share(0.5, 0.4, 0.6), Deciding("k", 0.1, 0.9, 1.0, 2.0, 40))
    assert found.word == "depends on an assumption"
    assert "k: 10 % of worlds where it is below 1, 90 % where it is above 2" in found.sentence


def test_nothing_known_is_no_verdict():
    nan = float("nan")
    assert judge_shares(STUDY, share(nan, nan, nan), share(nan, nan, nan), None).word == "not defined"


@pytest.mark.parametrize(
    ("ratio", "coverage", "word"),
    [(0.5, 0.9, "met"), (1.5, 0.9, "met in part"), (1.0, 0.99, "not met"), (float("nan"), 0.7, "not met")],
)
def test_conditions_on_numbers(ratio, coverage, word):
    numbers = {"ratio": Number("ratio", "r", "", ratio), "coverage": Number("coverage", "coverage", "", coverage)}
    found = judge_numbers(NUMBERS, numbers)
    assert found.word == word
    assert "CRPS ratio is" in found.sentence
    assert "asked above 0.8 and below 0.97" in found.sentence


def worlds(points, parameters, holds):
    size = len(holds)
    return Worlds(np.asarray(holds), np.ones(size, dtype=bool), points, parameters)


def test_the_parameter_that_decides_is_found_among_many():
    rng = np.random.default_rng(3)
    parameters = {f"p{i}": rng.random(120) for i in range(60)}
    found = deciding(worlds(np.arange(120), parameters, parameters["p7"] > 0.5))
    assert found is not None
    assert (found.parameter, found.tried) == ("p7", 60)
    assert found.low == 0.0
    assert found.high == 1.0


def test_chance_decides_nothing():
    named = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        parameters = {f"p{i}": rng.random(100) for i in range(60)}
        named += deciding(worlds(np.arange(100), parameters, rng.random(100) > 0.5)) is not None
    assert named <= 6  # 5 % of 40 are 2; more than 6 have a chance of 0.3 %


def test_few_points_and_one_answer_decide_nothing():
    few = np.arange(20)
    assert deciding(worlds(few, {"a": few / 20.0}, few > 10)) is None
    many = np.arange(100)
    assert deciding(worlds(many, {"a": many / 100.0}, many >= 0)) is None
