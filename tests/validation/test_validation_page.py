"""docs/validation.md: its code runs, its commands and its table are understood, its links lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from code_blocks import Page

from experiments.arguments import Parser
from experiments.validation.observations import read_observations
from experiments.validation.summary import NAMES
from experiments.validation_commands import add_validation_command

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


@pytest.fixture(scope="module")
def page():
    return Page(PAGE)


def test_the_code_of_the_page_runs(page, capsys):
    session = page.run_python(lambda: capsys.readouterr().out)
    assert len(session["found"].pool) == 1


def test_the_commands_of_the_page_are_understood(page):
    parser = Parser(prog="curbs")
    add_validation_command(parser.add_subparsers(required=True, dest="command"))
    (block,) = page.blocks("sh")
    for line in block.splitlines():
        assert parser.parse_args(line.split()[1:]).command == "validate"


def test_the_table_of_the_page_is_read(page, tmp_path):
    (table,) = page.blocks("csv")
    path = tmp_path / "later.csv"
    path.write_text(table)
    assert [one.value for one in read_observations(path).rows] == [60.0, 1500.0, 40.0]


def test_links_lead_somewhere_and_every_naive_forecast_is_told(page):
    assert page.dead_links() == []
    assert all(f"| `{name}` |" in page.text for name in NAMES)


def test_results_stand_in_their_block(page):
    block = re.search(
        r"<!-- results: made by docs/validation.py -->\n(.*?)<!-- end of results -->", page.text, re.DOTALL
    )
    assert block
    assert re.search(r"^[\d,]+ worlds of `history`, seed 1, ", block[1])
    assert re.search(r"\| `pooled` \| \d+ \| \d\.\d\d \|", block[1])
