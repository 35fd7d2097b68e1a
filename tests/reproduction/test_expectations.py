"""What was recorded against what is found."""

from __future__ import annotations

import tomllib

import pytest

from experiments.reproducing.expectations import bless, compare, load_expected
from experiments.reproducing.findings import Number
from experiments.reproducing.study import EXPECTED, ReproductionError, load_study


def numbers(**values):
    return {name: Number(name, name, "", value, n=8, error=0.1) for name, value in values.items()}


@pytest.fixture
def study(folder):
    return load_study(folder)


def test_what_is_recorded_is_found_again(study):
    found = numbers(a=1.0, b=float("nan"))
    bless(study, "quick", found, "likely", "first")
    assert load_expected(study, "full") is None
    status, rows = compare(load_expected(study, "quick"), found, "likely")
    assert status == "reproduced"
    assert {row.status for row in rows} == {"reproduced"}


@pytest.mark.parametrize(
    ("value", "verdict", "status"),
    [(1.0, "likely", "reproduced"), (1.29, "likely", "within tolerance"), (1.31, "likely", "differs"),
     (float("nan"), "likely", "differs"), (1.0, "unlikely", "differs")],
)  # fmt: skip
def test_states(study, value, verdict, status):
    bless(study, "quick", numbers(a=1.0), "likely", "first")
    assert compare(load_expected(study, "quick"), numbers(a=value), verdict)[0] == status


def test_a_number_that_is_missing_or_new_differs(study):
    bless(study, "quick", numbers(a=1.0), "likely", "first")
    expected = load_expected(study, "quick")
    assert compare(expected, numbers(a=1.0, b=2.0), "likely")[0] == "differs"
    assert compare(expected, {}, "likely")[0] == "differs"
    assert compare(None, numbers(a=1.0), "likely") == ("not run", ())


def test_tolerances_set_by_hand_and_the_other_mode_are_kept(study):
    bless(study, "full", numbers(a=3.0), "likely", "full first")
    bless(study, "quick", numbers(a=1.0), "likely", "first")
    path = study.folder / EXPECTED
    text = path.read_text(encoding="utf-8")
    quick, full = text.split("[full]")
    told = tomllib.loads(quick)["quick"]["numbers"]["a"]
    assert told["tolerance"] == pytest.approx(0.3)
    assert "3 standard errors" in told["reason"]
    edited = quick.replace("tolerance = 0.3", "tolerance = 0.5").replace(told["reason"], "read off a figure")
    path.write_text(f"{edited}[full]{full}", encoding="utf-8")
    bless(study, "quick", numbers(a=2.0), "unlikely", "refitted")
    now = tomllib.loads(path.read_text(encoding="utf-8"))
    assert now["quick"]["why"] == "refitted"
    assert now["quick"]["numbers"]["a"] == {"value": 2.0, "tolerance": 0.5, "reason": "read off a figure"}
    assert now["full"]["numbers"]["a"]["value"] == 3.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[quick", "not valid TOML"),
        ("[fast]\nverdict = 'likely'\nwhy = ''", r"not \[fast\]"),
        ("[quick]\nverdict = 'likely'", r"not \[quick\]"),
        ("[quick]\nverdict = 'likely'\nwhy = ''\n[quick.numbers.a]\nvalue = 1.0", "keys value, tolerance, reason"),
        (
            "[quick]\nverdict = 'likely'\nwhy = ''\n[quick.numbers.a]\nvalue = 'x'\ntolerance = 0\nreason = ''",
            "a number",
        ),
        (
            "[quick]\nverdict = 'likely'\nwhy = ''\n[quick.numbers.a]\nvalue = 1\ntolerance = -1\nreason = ''",
            "at least 0",
        ),
    ],
)
def test_unusable_expectations_are_named(study, text, message):
    (study.folder / EXPECTED).write_text(text, encoding="utf-8")
    with pytest.raises(ReproductionError, match=message) as caught:
        load_expected(study, "quick")
    assert EXPECTED in str(caught.value)
