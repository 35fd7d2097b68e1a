"""Contributions of mechanisms: the same worlds with a mechanism and without it, in both arms and in one."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from abm import Scenario, ScenarioError, compare
from experiments.ablations import HEADER, contributions, markdown, rows, write
from experiments.cli import main

RUNS, YEAR = 8, 2026


@pytest.fixture(scope="module")
def found():
    return contributions(Scenario.load("history"), runs=RUNS, year=YEAR, mechanisms=("redesign", "firm_heterogeneity"))


@pytest.mark.slow
def test_a_contribution_is_the_median_of_paired_differences(found):
    history = Scenario.load("history")
    with_it = compare(history, runs=RUNS, seed=1).effects(YEAR)["lead"].values
    without = history.without("redesign")
    off = compare(without, history.counterfactual("none_0"), runs=RUNS, seed=1).effects(YEAR)["lead"].values
    (one,) = [row for row in found if (row.off, row.arms, row.effect) == ("redesign", "controls", "lead")]
    assert one.change.median == np.median(with_it - off)
    assert (one.complete, one.ablated) == (np.median(with_it), np.median(off))
    assert one.change.n == RUNS
    assert one.unit == "months"


@pytest.mark.slow
def test_equal_firms_are_a_matter_of_both_arms(found):
    assert {row.arms for row in found if row.off == "firm_heterogeneity"} == {"both"}
    assert "firm_heterogeneity" in markdown(found, "both")
    assert "firm_heterogeneity" not in markdown(found, "controls")


@pytest.mark.slow
def test_the_table_is_written_once(found, tmp_path):
    path = tmp_path / "table.csv"
    write(found, path)
    with path.open(encoding="utf-8") as file:
        read = list(csv.reader(file))
    assert tuple(read[0]) == HEADER
    assert len(read) == 1 + len(rows(found)) == 1 + 3 * 4
    with pytest.raises(FileExistsError, match="exists; name another file"):
        write(found, path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write(found, tmp_path / "none" / "table.csv")


def test_an_unknown_mechanism_is_refused_before_anything_runs(monkeypatch):
    monkeypatch.setattr("abm.simulation.compare", lambda *_, **__: pytest.fail("something ran"))
    with pytest.raises(ScenarioError, match="did you mean 'redesign'"):
        contributions(Scenario.load("history"), mechanisms=("stockpiling", "redesgin"))


@pytest.mark.slow
def test_the_command_prints_tables_or_json(capsys):
    asked = ["ablate", "--only", "waiting", "--runs", "4", "--year", "2026"]
    assert main(asked) == 0
    assert capsys.readouterr().out.count("| `waiting` |") == 2
    assert main([*asked, "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert {row["effect"] for row in read} == {"lead", "self_reliance", "domestic_output", "us_revenue"}
    assert tuple(read[0]) == HEADER
