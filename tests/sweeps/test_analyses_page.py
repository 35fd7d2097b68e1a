"""docs/analyses.md is carried out as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from code_blocks import Page

import experiments
from experiments import cli
from experiments.sampling import DesignError
from experiments.study import load_study, studies

ROOT = Path(experiments.__file__).parents[1]

PAGE = Page(ROOT / "docs" / "analyses.md")


@pytest.mark.slow
def test_the_commands_of_the_page_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (commands,) = PAGE.blocks("bash")
    for line in commands.splitlines():
        assert cli.main(shlex.split(line)[1:]) == 0, line
        assert capsys.readouterr().out.strip()
    for picture in tmp_path.rglob("*.png"):
        assert picture.with_suffix(".json").is_file()
        assert picture.with_suffix(".svg").is_file()
    drawn = {picture.stem for picture in tmp_path.rglob("*.png")}
    assert drawn == {"indices", "tornado", "interactions", "box", "phase", "pareto_set"}


def test_the_page_lists_every_study_and_its_runs():
    assert set(studies()) == {"screening", "sensitivity", "discovery", "phase", "policy"}
    assert all(len(said) > 20 for said in studies().values())
    assert f"{load_study('sensitivity').runs:,}" in PAGE.text
    assert f"{load_study('discovery').runs:,}" in PAGE.text
    assert f"{load_study('phase').runs:,}" in PAGE.text
    screening = load_study("screening")
    assert screening.runs == 64 * (len(screening.factors) + 1) * 4 * 2
    assert PAGE.dead_links() == []


def test_screening_varies_every_parameter_that_is_drawn_alone():
    names = {factor.name for factor in load_study("screening").factors}
    assert {"enforcement", "learning_rate", "cross_bloc_access_loss"} <= names
    assert not {name for name in names if name.startswith("porting_") and name != "porting_rate"}


def test_another_word_than_all_is_refused(tmp_path):
    file = tmp_path / "some.toml"
    file.write_text('uncertainties = "some"\n[design]\nsampler = "morris"\npoints = 4\n')
    with pytest.raises(DesignError, match="'uncertainties' must be a table of parameters or 'all', not 'some'"):
        load_study(file)
