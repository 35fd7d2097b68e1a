"""The tutorials run as they stand, without a warning, and print what their readers are told to look at."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import abm

FOLDER = Path(abm.__file__).parents[1] / "docs" / "tutorials"
SHOWN = {
    "first_answer.py": ("US lead", "full backfire", "bands twice as wide"),
    "own_rule.py": ("us_2023_12_bandwidth", "H20 in 2024", "against history"),
    "mechanisms.py": ("in the controlled arm", "threats alone"),
    "one_world.py": ("quarter 2023Q4", "believes in a cut-off", "thousand chips"),
    "against_data.py": ("NVDA_CHINA_REV_BILL", "periods inside the band"),
}


def test_every_tutorial_is_tried_and_listed():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.glob("*.py")} == set(SHOWN)
    for name in SHOWN:
        assert f"({name})" in listed


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_tutorials_run(name, capsys):
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    printed = capsys.readouterr().out
    for text in SHOWN[name]:
        assert text in printed
    assert "nan" not in printed
