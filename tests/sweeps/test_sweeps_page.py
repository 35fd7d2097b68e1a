"""docs/sweeps.md is carried out as it stands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from code_blocks import Page

import experiments
from experiments import cli

ROOT = Path(experiments.__file__).parents[1]

PAGE = Page(ROOT / "docs" / "sweeps.md")


@pytest.mark.slow
def test_the_study_and_the_commands_of_the_page_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    PAGE.write_files(tmp_path)
    (commands,) = PAGE.blocks("bash")
    for line in commands.splitlines():
        assert cli.main(shlex.split(line)[1:]) == 0, line
        assert capsys.readouterr().out.strip()
    session = PAGE.run_python(lambda: capsys.readouterr().out)
    assert session["store"].verify()["statuses"]["ok"] == session["design"].runs == 128
    assert len((tmp_path / "sweep.csv").read_text().splitlines()) == 129


def test_commands_that_the_page_names_exist():
    named = set(re.findall(r"`?curbs (\w+)", PAGE.text))
    assert named <= set(cli.ACTS)
    assert len(named) >= 5
