"""The tutorials run as they stand, without a warning, and print what their readers are told to look at."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import abm

NEEDS = {"with_salib.py": "SALib", "with_ema.py": "ema_workbench"}
"""Libraries that are no dependencies of the model."""
FOLDER = Path(abm.__file__).parents[1] / "docs" / "tutorials"
SHOWN = {
    "first_answer.py": ("US lead", "full backfire", "bands twice as wide"),
    "own_rule.py": ("us_2023_12_bandwidth", "H20 in 2024", "against history"),
    "mechanisms.py": ("in the controlled arm", "threats alone"),
    "one_world.py": ("quarter 2023Q4", "believes in a cut-off", "thousand chips"),
    "against_data.py": ("NVDA_CHINA_REV_BILL", "periods inside the band"),
    "plain_mesa.py": ("quarter by quarter to 2024Q4", "of what lax enforcement does"),
    "regime_table.py": ("full backfire", "worth", "bands x 2"),
    "own_sweep.py": ("64 points x 2 worlds x 2 arms", "where strict", "standard error"),
    "with_salib.py": ("160 rows of 4 pairs of worlds", "algorithmic_progress", "first-order"),
    "with_ema.py": ("experiments in one call", "coverage", "density"),
}


def test_every_tutorial_is_tried_and_listed():
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.name for path in FOLDER.glob("*.py")} == set(SHOWN)
    for name in SHOWN:
        assert f"({name})" in listed


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:ipyparallel not installed")
@pytest.mark.parametrize("name", SHOWN)
def test_tutorials_run(name, capsys):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    runpy.run_path(str(FOLDER / name), run_name="__main__")
    printed = capsys.readouterr().out
    for text in SHOWN[name]:
        assert text in printed
    assert "nan" not in printed
