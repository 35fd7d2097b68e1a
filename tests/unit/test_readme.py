"""The README says what is so: its code runs, its commands are those of CI, its links and its numbers hold."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from code_blocks import Page

import abm
from experiments.cli import main

ROOT = Path(abm.__file__).parents[1]
PAGE = Page(ROOT / "README.md")
README, blocks = PAGE.text, PAGE.blocks


def shell_lines():
    """Lines of all shell blocks."""
    return [line for code in blocks("bash") for line in code.splitlines() if line.strip()]


def test_every_block_is_of_a_kind_that_is_checked():
    assert {name for name, _ in PAGE.all} == {"bash", "python", "pycon", "toml", "text"}


@pytest.mark.slow
def test_python_blocks_run(capsys):
    """In order and in one session, as a reader would type them; each prints something."""
    session = PAGE.run_python(lambda: capsys.readouterr().out)
    assert session["frame"].shape == (32 * 52, 5)
    assert session["model"].quarter == "2023Q4"


def test_answers_of_the_law_are_those_shown():
    PAGE.check_answers()


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in shell_lines() if line.startswith("curbs ")])
def test_commands_of_the_command_line_section_work(line, tmp_path, monkeypatch, capsys):
    """As written, with the files of the README at hand and 4 pairs for speed."""
    monkeypatch.chdir(tmp_path)
    PAGE.write_files(tmp_path)
    words = re.findall(r'"[^"]*"|\S+', line)[1:]
    arguments = [word.strip('"') for word in words] + (["--runs", "4"] if words[0] == "run" else [])
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip()


def test_the_two_commands_are_those_of_ci():
    """What a newcomer types is what is tried on a clean checkout."""
    commands = [line for line in shell_lines() if line.startswith("python3 -m venv")]
    tried = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert len(commands) == 2
    assert [line for line in tried if line.startswith("python3 -m venv")] == commands


def test_the_other_commands_start_something_that_exists():
    others = [line for line in shell_lines() if line.startswith(".venv/bin/python ")]
    assert len(others) == 3
    for line in others:
        module = re.search(r"-m (\S+)", line)
        path = module[1].replace(".", "/") + ".py" if module else line.split()[1]
        assert (ROOT / path).is_file(), f"{line}: no {path}"


def test_links_lead_somewhere():
    assert PAGE.dead_links() == []


def test_the_table_of_scenarios_is_complete():
    section = README.split("| scenario | law |")[1].split("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", section)) == set(abm.list_scenarios())


@pytest.mark.slow
def test_printed_results_are_those_of_the_model():
    """256 pairs, seed 1, bit for bit: `docs/refresh.py` brings them up to date."""
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    shown = refresh.RESULTS.search(README)
    assert shown is not None
    wanted = refresh.request()
    assert shown[2] == refresh.printed(refresh.run_pairs(wanted, quiet=True), wanted), "run docs/refresh.py"


def test_no_verdict_without_horizon_and_probability():
    """The word stands only where it is defined."""
    for paragraph in README.split("\n"):
        if re.search(r"\bbackfires?\b", paragraph):
            assert "horizon" in paragraph
            assert "probability" in paragraph
            assert "prior" in paragraph
